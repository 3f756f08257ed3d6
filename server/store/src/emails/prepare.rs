//! All that is heavy, before the transaction: encryption, codes of terms and references, the blob's file.

use std::sync::Arc;

use super::{NewEmail, flag, keywords};
use crate::Store;
use crate::blobs;
use crate::error::{Error, Result};
use crate::index;
use crate::keys::Keys;

pub(crate) const SUMMARY: &str = "email_summary";
pub(crate) const STRUCTURE: &str = "email_structure";
pub(crate) const KEYWORDS: &str = "email_keywords";

/// References of one message that lead to a thread at most: its own id and the nearest.
const REFS: usize = 50;

/// A message ready to be written.
pub(crate) struct Prepared {
    pub(super) id: i64,
    pub(super) blob: blobs::Prepared,
    pub(super) received_at: i64,
    pub(super) sent_at: Option<i64>,
    pub(super) mailboxes: Vec<i64>,
    pub(super) flags: i64,
    pub(super) keyword_codes: Vec<i64>,
    pub(super) keywords: Option<Vec<u8>>,
    pub(super) summary: Vec<u8>,
    pub(super) structure: Vec<u8>,
    pub(super) refs: Vec<i64>,
    pub(super) conversation: Option<Vec<u8>>,
    pub(super) origin: Option<i64>,
    pub(super) terms: Vec<index::Term>,
}

/// How two imports of the same message are recognised.
pub(super) fn origin_code(keys: &Keys, dedup_key: &str) -> i64 {
    keys.lookup_code("origin", dedup_key.as_bytes())
}

fn ref_codes(keys: &Keys, new: &NewEmail) -> Vec<i64> {
    let mut codes = Vec::with_capacity(new.message_ids.len().min(REFS));
    for id in new.message_ids.iter().filter(|id| !id.is_empty()).take(REFS) {
        let code = keys.lookup_code("thread", format!("{id}\0{}", new.base_subject).as_bytes());
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// Prepares one message. `Refused("no-mailbox")`, `Refused("bad-keyword")`.
pub(crate) async fn prepare(store: &Store, keys: &Arc<Keys>, account: i64, new: NewEmail) -> Result<Prepared> {
    let mut mailboxes: Vec<i64> = new.mailboxes.iter().map(|mailbox| mailbox.0).collect();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    if mailboxes.is_empty() {
        return Err(Error::Refused("no-mailbox"));
    }
    if new.keywords.len() > keywords::MOST || !new.keywords.iter().all(|keyword| keywords::valid(keyword)) {
        return Err(Error::Refused("bad-keyword"));
    }
    let (mut flags, others) = keywords::split(new.keywords.iter().map(String::as_str));
    if new.has_attachment {
        flags |= flag::ATTACHMENT;
    }
    let (id, random) = (store.new_id(), store.random());
    let sealed_keywords = match others.is_empty() {
        true => None,
        false => Some(keys.seal_json(random, KEYWORDS, id, &others)?),
    };
    Ok(Prepared {
        id,
        received_at: new.received_at,
        sent_at: new.sent_at,
        mailboxes,
        flags,
        keyword_codes: others.iter().map(|keyword| keywords::code(keys, keyword)).collect(),
        keywords: sealed_keywords,
        summary: keys.seal_json(random, SUMMARY, id, &new.summary)?,
        structure: keys.seal(random, STRUCTURE, id, &new.structure)?,
        refs: ref_codes(keys, &new),
        conversation: new.conversation.as_ref().map(|code| keys.lookup("conversation", code).to_vec()),
        origin: new.dedup_key.as_deref().map(|key| origin_code(keys, key)),
        terms: index::prepare(keys, &new.terms),
        blob: blobs::prepare(store, keys, account, new.raw).await?,
    })
}
