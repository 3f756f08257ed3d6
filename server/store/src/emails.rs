//! Messages: a narrow row for sorting, a sealed one for what is readable, one row per folder.

use bytes::Bytes;
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use wire::id::{AccountId, EmailId, MailboxId, SubmissionId, ThreadId};

use crate::blobs::BlobId;
use crate::error::{Error, Result};
use crate::keys::Owner;
use crate::traces::Actor;
use crate::{Store, correspondents};

pub mod export;
pub(crate) mod insert;
pub(crate) mod keywords;
mod prepare;
mod read;
pub mod receive;
pub(crate) mod write;

/// Neither seen nor a draft (RFC 8621 §2).
pub(crate) fn is_unread(flags: i64) -> bool {
    flags & (flag::SEEN | flag::DRAFT) == 0
}

/// Flags in clear: the system keywords (RFC 8621 §4.1.1) and whether there are attachments.
pub mod flag {
    pub const SEEN: i64 = 1;
    pub const FLAGGED: i64 = 2;
    pub const DRAFT: i64 = 4;
    pub const ANSWERED: i64 = 8;
    pub const FORWARDED: i64 = 16;
    /// Not a keyword: the message has an attachment.
    pub const ATTACHMENT: i64 = 32;
    /// There are other keywords, sealed.
    pub const OTHERS: i64 = 64;
}

/// The parts of a message a search word may be in.
pub mod field {
    pub const FROM: u8 = 1;
    pub const TO: u8 = 2;
    pub const SUBJECT: u8 = 4;
    pub const BODY: u8 = 8;
    pub const ATTACHMENT: u8 = 16;
    pub const CC: u8 = 32;
    pub const BCC: u8 = 64;
    pub const ALL: u8 = 127;
}

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Addr {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub email: String,
}

/// What a list shows of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Addr>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Addr>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Addr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub preview: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_kind: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachment_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Kept whole but could not be read as it should.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

/// A message to keep, prepared by the caller (parsed, terms taken).
#[derive(Debug, Clone, PartialEq)]
pub struct NewEmail {
    pub raw: Bytes,
    pub received_at: i64,
    pub sent_at: Option<i64>,
    pub mailboxes: Vec<MailboxId>,
    pub keywords: Vec<String>,
    pub summary: Summary,
    /// The parsed structure, opaque here.
    pub structure: Vec<u8>,
    /// Own Message-ID first, then those it answers and refers to, nearest first.
    pub message_ids: Vec<String>,
    /// The subject without `Re:` and the like: only messages of the same one share a thread (RFC 8621 §3).
    pub base_subject: String,
    /// Folded words with the fields they stand in (`field`).
    pub terms: Vec<(String, u8)>,
    pub has_attachment: bool,
    /// To be remembered for completion: name (maybe empty), address.
    pub correspondents: Vec<(String, String)>,
    /// Says that two imports are of the same message.
    pub dedup_key: Option<String>,
    /// A patient's conversation, winning over references (a code made by the caller).
    pub conversation: Option<Vec<u8>>,
}

/// How `emails_insert` behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InsertOptions {
    /// A message whose `dedup_key` is there already is not added again.
    pub skip_existing: bool,
    /// This message goes in the same transaction; `NotFound` when it is not there.
    pub replaces: Option<EmailId>,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    New(EmailRecord),
    Existing(EmailId),
}

impl Inserted {
    pub fn id(&self) -> EmailId {
        match self {
            Self::New(record) => record.id,
            Self::Existing(id) => *id,
        }
    }
}

/// A message just kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailRecord {
    pub id: EmailId,
    pub blob: BlobId,
    pub thread: ThreadId,
    pub size: u64,
}

/// A delivery from the outbox: done once per (submission, recipient) whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryKey {
    pub submission: SubmissionId,
    pub recipient: u32,
}

/// What is in clear of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailRow {
    pub id: EmailId,
    pub blob: BlobId,
    pub thread: ThreadId,
    pub size: u64,
    pub received_at: i64,
    pub sent_at: Option<i64>,
    /// System keywords and others, sorted.
    pub keywords: Vec<String>,
    pub mailboxes: Vec<MailboxId>,
    pub has_attachment: bool,
    pub created_modseq: i64,
    pub modseq: i64,
}

/// How keywords or folders change: replaced by, added, removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetChange<T> {
    pub set: Option<Vec<T>>,
    pub add: Vec<T>,
    pub remove: Vec<T>,
}

impl<T> Default for SetChange<T> {
    fn default() -> Self {
        Self { set: None, add: Vec::new(), remove: Vec::new() }
    }
}

/// Changes to one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmailChange {
    pub id: EmailId,
    pub keywords: SetChange<String>,
    pub mailboxes: SetChange<MailboxId>,
}

/// Why one message of several was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailFault {
    NotFound,
    /// It would be in no folder.
    NoMailbox,
    /// A folder that is not there.
    UnknownMailbox,
    TooManyMailboxes,
    TooManyKeywords,
    BadKeyword,
}

impl Store {
    /// Keeps one message. `Refused("unknown-mailbox")`, `Refused("no-mailbox")`, `Refused("bad-keyword")`.
    pub async fn email_insert(&self, actor: Actor, account: AccountId, new: NewEmail) -> Result<EmailRecord> {
        match self.emails_insert(actor, account, vec![new], InsertOptions::default()).await?.pop() {
            Some(Inserted::New(record)) => Ok(record),
            _ => Err(Error::Corrupt("insert")),
        }
    }

    /// Keeps one message in place of another, which is destroyed in the same transaction: of two callers who replace the
    /// same message one succeeds. `NotFound` when the old one is gone; then nothing is kept.
    pub async fn email_replace(&self, actor: Actor, account: AccountId, old: EmailId, new: NewEmail) -> Result<EmailRecord> {
        let options = InsertOptions { replaces: Some(old), ..InsertOptions::default() };
        match self.emails_insert(actor, account, vec![new], options).await?.pop() {
            Some(Inserted::New(record)) => Ok(record),
            _ => Err(Error::Corrupt("replace")),
        }
    }

    /// The message that was kept with this `dedup_key`, if it is still there.
    pub async fn email_of_key(&self, account: AccountId, dedup_key: &str) -> Result<Option<EmailId>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let code = prepare::origin_code(&keys, dedup_key);
        insert::of_origin(&mut self.read().await?, account, code).await
    }

    /// Keeps several in one transaction (batches of 50 or so keep it short); answers in order.
    pub async fn emails_insert(
        &self,
        actor: Actor,
        account: AccountId,
        new: Vec<NewEmail>,
        options: InsertOptions,
    ) -> Result<Vec<Inserted>> {
        self.insert_batch(actor, account, new, options, None).await
    }

    /// Keeps a message delivered by the outbox, once per key.
    pub async fn email_deliver(
        &self,
        actor: Actor,
        account: AccountId,
        key: DeliveryKey,
        new: NewEmail,
    ) -> Result<Inserted> {
        let options = InsertOptions::default();
        self.insert_batch(actor, account, vec![new], options, Some(key)).await?.pop().ok_or(Error::Corrupt("insert"))
    }

    async fn insert_batch(
        &self,
        actor: Actor,
        account: AccountId,
        new: Vec<NewEmail>,
        options: InsertOptions,
        delivery: Option<DeliveryKey>,
    ) -> Result<Vec<Inserted>> {
        let batch = self.email_batch(actor, account, new, options, delivery).await?;
        self.write(batch, |tx, batch| insert::run(tx, batch).boxed()).await
    }

    /// Messages ready to be written by `insert::run` in whatever transaction.
    pub(crate) async fn email_batch(
        &self,
        actor: Actor,
        account: AccountId,
        new: Vec<NewEmail>,
        options: InsertOptions,
        delivery: Option<DeliveryKey>,
    ) -> Result<insert::Batch> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let seen = new.iter().flat_map(|email| email.correspondents.iter().map(|who| (who, email.received_at)));
        let correspondents = correspondents::prepare(&keys, self.random(), seen)?;
        let mut emails = Vec::with_capacity(new.len());
        for email in new {
            emails.push(prepare::prepare(self, &keys, account.0, email).await?);
        }
        Ok(insert::Batch { actor, account, emails, options, delivery, correspondents, operator: None })
    }

    /// Changes keywords and folders; per message what became of it, in order.
    pub async fn emails_update(
        &self,
        actor: Actor,
        account: AccountId,
        changes: Vec<EmailChange>,
    ) -> Result<Vec<(EmailId, Result<(), EmailFault>)>> {
        let update = write::Update { actor, account, changes };
        self.write(update, |tx, update| write::update(tx, update).boxed()).await
    }

    /// Destroys messages for good; those that were there.
    pub async fn emails_destroy(&self, actor: Actor, account: AccountId, ids: Vec<EmailId>) -> Result<Vec<EmailId>> {
        let destroy = write::Destroy { actor, account, ids };
        self.write(destroy, |tx, destroy| write::destroy(tx, destroy).boxed()).await
    }
}
