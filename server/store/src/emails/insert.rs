//! Keeping messages, within one transaction.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use wire::id::{AccountId, EmailId, ThreadId};

use super::prepare::Prepared;
use super::write::remove;
use super::{DeliveryKey, EmailRecord, InsertOptions, Inserted, flag};
use crate::changes::Type;
use crate::correspondents;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::index;
use crate::keys::Owner;
use crate::ledger::Ledger;
use crate::query::sql::{insert_rows, select_in};
use crate::threads::assign::{Clue, assign};
use crate::threads::recount::recount;
use crate::traces::{self, Actor, Chain, Class, Trace};

statements! {
    INSERT = "INSERT INTO email (account_id, email_id, number, thread_id, received_at, sent_at, size, flags, blob_id,
        created_modseq, modseq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
    INSERT_SEALED = "INSERT INTO email_sealed (account_id, email_id, summary, keywords, structure, terms)
        VALUES ($1, $2, $3, $4, $5, $6)";
    TAKE_UIDS = "UPDATE mailbox SET uidnext = uidnext + $3 WHERE account_id = $1 AND mailbox_id = $2 RETURNING uidnext";
    ORIGIN = "INSERT INTO email_origin (account_id, origin_code, email_id) VALUES ($1, $2, $3)
        ON CONFLICT (account_id, origin_code) DO UPDATE SET email_id = excluded.email_id";
    OF_ORIGIN = "SELECT email_id FROM email_origin WHERE account_id = $1 AND origin_code = $2";
    DELIVERED = "SELECT email_id FROM delivery WHERE account_id = $1 AND submission_id = $2 AND recipient = $3";
    DELIVER = "INSERT INTO delivery (account_id, submission_id, recipient, email_id, at) VALUES ($1, $2, $3, $4, $5)";
}

/// What one transaction keeps.
pub(crate) struct Batch {
    pub(super) actor: Actor,
    pub(super) account: AccountId,
    pub(super) emails: Vec<Prepared>,
    pub(super) options: InsertOptions,
    pub(super) delivery: Option<DeliveryKey>,
    pub(super) correspondents: Vec<correspondents::Prepared>,
    /// The operator that brought them; none: they are from here.
    pub(super) operator: Option<String>,
}

impl Batch {
    /// Nothing to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.emails.is_empty()
    }
}

/// Runs the batch; answers in order.
pub(crate) async fn run(tx: &mut Tx, batch: &Batch) -> Result<Vec<Inserted>> {
    let mut ledger = Ledger::lock(tx, batch.account.0).await?;
    if let Some(key) = batch.delivery {
        let args = args![batch.account, key.submission, key.recipient];
        if let Some(row) = tx.fetch_optional(DELIVERED, args).await? {
            return Ok(vec![Inserted::Existing(EmailId(row.int(0)?))]);
        }
    }
    let existing = match batch.options.skip_existing {
        true => known(tx, batch.account.0, &batch.emails).await?,
        false => BTreeMap::new(),
    };
    let mut first_of: BTreeMap<i64, i64> = existing.clone();
    let mut fresh: Vec<&Prepared> = Vec::with_capacity(batch.emails.len());
    for email in &batch.emails {
        let twin = email.origin.filter(|_| batch.options.skip_existing).and_then(|origin| first_of.get(&origin));
        if twin.is_none() {
            fresh.push(email);
            if let Some(origin) = email.origin {
                first_of.insert(origin, email.id);
            }
        }
    }
    let records = insert(tx, &mut ledger, &fresh).await?;
    if let Some(old) = batch.options.replaces {
        let keys = tx.keys(Owner::Account(ledger.account)).await?;
        if remove(tx, &mut ledger, &keys, &[old.0]).await?.is_empty() {
            return Err(Error::NotFound);
        }
    }
    if !fresh.is_empty() {
        correspondents::save(tx, batch.account.0, &batch.correspondents).await?;
        leave_trace(tx, batch, &fresh).await?;
    }
    // What comes from others is to be done, also where the conversation was done or waited for it.
    if batch.delivery.is_some() || batch.operator.is_some() {
        let threads: BTreeSet<i64> = records.values().map(|record| record.thread.0).collect();
        crate::team::wake(tx, &mut ledger, threads).await?;
    }
    if let (Some(key), Some(email)) = (batch.delivery, fresh.first()) {
        let now = tx.now();
        tx.execute(DELIVER, args![batch.account, key.submission, key.recipient, email.id, now]).await?;
    }
    ledger.save(tx).await?;
    let answer = |email: &Prepared| match records.get(&email.id) {
        Some(record) => Ok(Inserted::New(record.clone())),
        None => {
            let twin = email.origin.and_then(|origin| first_of.get(&origin)).ok_or(Error::Corrupt("insert"))?;
            Ok(Inserted::Existing(EmailId(*twin)))
        }
    };
    batch.emails.iter().map(answer).collect()
}

/// The message of an origin.
pub(super) async fn of_origin(tx: &mut Tx, account: AccountId, code: i64) -> Result<Option<EmailId>> {
    let row = tx.fetch_optional(OF_ORIGIN, args![account, code]).await?;
    row.map(|row| row.int(0).map(EmailId)).transpose()
}

/// The messages already there, by origin.
async fn known(tx: &mut Tx, account: i64, emails: &[Prepared]) -> Result<BTreeMap<i64, i64>> {
    let origins: Vec<i64> = emails.iter().filter_map(|email| email.origin).collect();
    let head = "SELECT origin_code, email_id FROM email_origin WHERE account_id = ";
    let mut known = BTreeMap::new();
    for row in select_in(tx, head, account, " AND origin_code IN ", &origins, "").await? {
        known.insert(row.int(0)?, row.int(1)?);
    }
    Ok(known)
}

async fn insert(tx: &mut Tx, ledger: &mut Ledger, fresh: &[&Prepared]) -> Result<BTreeMap<i64, EmailRecord>> {
    let mut records = BTreeMap::new();
    if fresh.is_empty() {
        return Ok(records);
    }
    let account = ledger.account;
    let keys = tx.keys(Owner::Account(account)).await?;
    let mut uids = take_uids(tx, account, fresh).await?;
    let clues: Vec<Clue<'_>> =
        fresh.iter().map(|email| Clue { refs: &email.refs, conversation: email.conversation.as_deref() }).collect();
    let threads = assign(tx, ledger, &clues).await?;
    let messages: Vec<_> = fresh.iter().map(|email| (ledger.number(), email.terms.as_slice())).collect();
    let packed = index::add(tx, ledger, &keys, &messages).await?;
    let (mut places, mut keywords) = (Vec::new(), Vec::new());
    for ((email, thread), ((number, _), packed)) in fresh.iter().zip(threads).zip(messages.iter().zip(packed)) {
        crate::blobs::record(tx, account, &email.blob).await?;
        let modseq = ledger.next(Type::Email);
        let (size, blob) = (email.blob.size, email.blob.id);
        let row = args![
            account,
            email.id,
            *number,
            thread,
            email.received_at,
            email.sent_at,
            size as i64,
            email.flags,
            blob.0.to_vec(),
            modseq
        ];
        tx.execute(INSERT, row).await?;
        let sealed = args![account, email.id, &email.summary, email.keywords.clone(), &email.structure, packed];
        tx.execute(INSERT_SEALED, sealed).await?;
        for mailbox in &email.mailboxes {
            let uid = uids.get_mut(mailbox).ok_or(Error::Refused("unknown-mailbox"))?;
            places.push(args![account, *mailbox, email.received_at, email.id, thread, email.flags, *uid]);
            *uid += 1;
        }
        keywords.extend(email.keyword_codes.iter().map(|code| args![account, *code, email.id]));
        if let Some(origin) = email.origin {
            tx.execute(ORIGIN, args![account, origin, email.id]).await?;
        }
        records.insert(email.id, EmailRecord { id: EmailId(email.id), blob, thread: ThreadId(thread), size });
    }
    let head = "INSERT INTO email_mailbox (account_id, mailbox_id, received_at, email_id, thread_id, flags, uid) VALUES ";
    insert_rows(tx, head, "", places).await?;
    insert_rows(tx, "INSERT INTO email_keyword (account_id, keyword_code, email_id) VALUES ", "", keywords).await?;
    let touched: BTreeSet<i64> = records.values().map(|record| record.thread.0).collect();
    recount(tx, ledger, &touched).await?;
    Ok(records)
}

/// The first uid of each folder for these messages; `Refused("unknown-mailbox")`.
async fn take_uids(tx: &mut Tx, account: i64, fresh: &[&Prepared]) -> Result<BTreeMap<i64, i64>> {
    let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
    for mailbox in fresh.iter().flat_map(|email| &email.mailboxes) {
        *wanted.entry(*mailbox).or_default() += 1;
    }
    let mut uids = BTreeMap::new();
    for (mailbox, count) in wanted {
        uids.insert(mailbox, next_uid(tx, account, mailbox, count).await?);
    }
    Ok(uids)
}

/// Takes `count` uids of a folder: the first.
pub(super) async fn next_uid(tx: &mut Tx, account: i64, mailbox: i64, count: i64) -> Result<i64> {
    let row = tx.fetch_optional(TAKE_UIDS, args![account, mailbox, count]).await?;
    Ok(row.ok_or(Error::Refused("unknown-mailbox"))?.int(0)? - count)
}

async fn leave_trace(tx: &mut Tx, batch: &Batch, fresh: &[&Prepared]) -> Result<()> {
    const NAMED: usize = 100;
    let ids: Vec<EmailId> = fresh.iter().take(NAMED).map(|email| EmailId(email.id)).collect();
    let (kind, detail) = match (batch.delivery, &batch.operator) {
        (Some(key), _) => {
            ("email-deliver", json!({"emails": ids, "submission": key.submission, "recipient": key.recipient}))
        }
        (None, Some(operator)) => ("email-receive", json!({"emails": ids, "operator": operator})),
        (None, None) => ("email-insert", json!({"emails": ids, "count": fresh.len()})),
    };
    let entry = Trace::done(kind, batch.actor, Some(batch.account), detail);
    let drafts = fresh.iter().all(|email| email.flags & flag::DRAFT != 0);
    if drafts && batch.delivery.is_none() {
        return draft_trace(tx, batch.account, entry).await;
    }
    traces::trace(tx, Chain::Account(batch.account), entry).await
}

/// Draft saves are technical, at most one every five seconds.
async fn draft_trace(tx: &mut Tx, account: AccountId, entry: Trace) -> Result<()> {
    const QUIET_MS: i64 = 5000;
    let entry = Trace { kind: "draft-save", ..entry }.technical();
    let last = traces::last(tx, Chain::Account(account), Class::Technical).await?;
    let recent = last.is_some_and(|(at, kind)| kind == entry.kind && at > tx.now() - QUIET_MS);
    if recent {
        return Ok(());
    }
    traces::trace(tx, Chain::Account(account), entry).await
}
