//! The lean subset of RFC 8621 that our pages read, with our extension `urn:pli:mail`.

use serde::{Deserialize, Serialize};

use crate::{id::*, pairs::Pairs};

/// Keywords our pages know (RFC 8621 §4.1.1).
pub mod keyword {
    pub const SEEN: &str = "$seen";
    pub const FLAGGED: &str = "$flagged";
    pub const DRAFT: &str = "$draft";
    pub const ANSWERED: &str = "$answered";
    pub const FORWARDED: &str = "$forwarded";
    /// Ours: what matters of the message was copied to the patient's record.
    pub const FILED: &str = "pli-filed";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetAnswer<T> {
    pub state: String,
    pub list: Vec<T>,
    #[serde(rename = "notFound", default)]
    pub not_found: Vec<String>,
}

/// RFC 8621 §2 with `role` as it is there (`inbox`, `archive`, `drafts`, `sent`, `trash`, `junk`) or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mailbox {
    pub id: MailboxId,
    pub name: String,
    pub parent_id: Option<MailboxId>,
    pub role: Option<String>,
    pub sort_order: u32,
    pub total_emails: u32,
    pub unread_emails: u32,
    pub total_threads: u32,
    pub unread_threads: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    #[serde(default)]
    pub name: Option<String>,
    pub email: String,
}

/// Email/query with our `cursor`: see `QueryCursor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryAnswer {
    pub query_state: String,
    pub ids: Vec<EmailId>,
    #[serde(default)]
    pub position: u64,
    #[serde(default)]
    pub total: Option<u64>,
    /// Give it back as `cursor` to get the rows after these (older), or null.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// Give it back as `cursor` to get the rows before these (newer), or null.
    #[serde(default)]
    pub previous_cursor: Option<String>,
}

/// Who the other one is, as far as this server can tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// `professional`, `organisation`, `patient`, `system` or `unknown`.
    pub kind: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub profession: Option<String>,
    #[serde(default)]
    pub speciality: Option<String>,
    #[serde(default)]
    pub place: Option<String>,
    /// How the identity was established: `directory` (this operator's own, checked), `domain` (its domain is trusted) or none.
    #[serde(default)]
    pub verified: Option<String>,
    /// The displayed name shows another address or hides characters.
    #[serde(default)]
    pub deceptive: bool,
}

/// `conversation` of an Email in our extension: the whole thread as this account sees it (trash and spam apart).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub total: u32,
    pub unread: u32,
    pub flagged: bool,
    pub has_attachment: bool,
    /// Senders, oldest first, without repetition; own messages have `me`.
    pub senders: Vec<Sender>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    pub name: String,
    #[serde(default)]
    pub me: bool,
    #[serde(default)]
    pub unread: bool,
}

/// One row of a list: Email/get with `ROW_PROPERTIES`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub id: EmailId,
    pub thread_id: ThreadId,
    pub mailbox_ids: Pairs<MailboxId, bool>,
    pub keywords: Pairs<String, bool>,
    pub from: Option<Vec<Address>>,
    pub to: Option<Vec<Address>>,
    pub subject: Option<String>,
    pub received_at: String,
    /// Extension: wall clock of the person's zone, `2026-11-22T09:05`.
    pub received_local: String,
    pub size: u64,
    pub has_attachment: bool,
    /// Extension: `pdf`, `image`, `document`, `xdm`, `archive`, `other` of the most telling attachment.
    #[serde(default)]
    pub attachment_kind: Option<String>,
    #[serde(default)]
    pub preview: String,
    #[serde(default)]
    pub conversation: Option<Conversation>,
    #[serde(default)]
    pub card: Option<Card>,
    /// Extension: who has the conversation in hand and how far it is.
    #[serde(default)]
    pub work: Option<crate::team::Work>,
    /// Extension: the exchange with a patient that the conversation is.
    #[serde(default)]
    pub patient: Option<crate::patient::Exchange>,
}

/// Properties of `Row`.
pub const ROW_PROPERTIES: &[&str] = &[
    "id",
    "threadId",
    "mailboxIds",
    "keywords",
    "from",
    "to",
    "subject",
    "receivedAt",
    "receivedLocal",
    "size",
    "hasAttachment",
    "attachmentKind",
    "preview",
    "conversation",
    "card",
    "work",
    "patient",
];

/// An attachment of an opened message (RFC 8621 §4.1.4 EmailBodyPart, lean).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    pub part_id: Option<String>,
    pub blob_id: Option<String>,
    pub size: u64,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub cid: Option<String>,
    #[serde(default)]
    pub disposition: Option<String>,
}

/// An opened message: Email/get with `MESSAGE_PROPERTIES`. The body is shown by the frame at `/corps/{account}/{email}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: EmailId,
    pub blob_id: String,
    pub thread_id: ThreadId,
    pub mailbox_ids: Pairs<MailboxId, bool>,
    pub keywords: Pairs<String, bool>,
    pub message_id: Option<Vec<String>>,
    pub references: Option<Vec<String>>,
    pub from: Option<Vec<Address>>,
    pub sender: Option<Vec<Address>>,
    pub to: Option<Vec<Address>>,
    pub cc: Option<Vec<Address>>,
    pub bcc: Option<Vec<Address>>,
    pub reply_to: Option<Vec<Address>>,
    pub subject: Option<String>,
    pub received_at: String,
    pub received_local: String,
    pub size: u64,
    pub preview: String,
    pub attachments: Vec<Part>,
    /// Extension: remote contents the frame leaves out.
    #[serde(default)]
    pub remote_removed: u32,
    /// Extension: kept whole but could not be read as it should.
    #[serde(default)]
    pub damaged: bool,
    #[serde(default)]
    pub card: Option<Card>,
    /// Extension: the submission of a sent message that can still be called back, and for how many seconds.
    #[serde(default)]
    pub pending: Option<Pending>,
    /// Extension: what became of a sent message, per recipient.
    #[serde(default)]
    pub delivery: Vec<Delivered>,
    /// Extension: to whom a receipt of reading would go, where the reader is to be asked.
    #[serde(default)]
    pub receipt_to: Vec<String>,
    /// Extension: the exchange with a patient that the conversation is.
    #[serde(default)]
    pub patient: Option<crate::patient::Exchange>,
}

pub const MESSAGE_PROPERTIES: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "messageId",
    "references",
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "receivedAt",
    "receivedLocal",
    "size",
    "preview",
    "attachments",
    "remoteRemoved",
    "damaged",
    "card",
    "pending",
    "delivery",
    "receiptTo",
    "patient",
];

/// What became of a sent message at one recipient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    pub email: String,
    #[serde(default)]
    pub name: Option<String>,
    /// `queued`, `late`, `handed-over` (to another operator), `delivered` (into the BAL) or `refused`.
    pub state: String,
    /// The operator that took it over.
    #[serde(default)]
    pub operator: Option<String>,
    /// Wall clock of when that came to be.
    #[serde(default)]
    pub at_local: Option<String>,
    /// Code of why not, or not yet.
    #[serde(default)]
    pub reason: Option<String>,
    /// What a receipt said: `displayed`, `deleted`, `dispatched`, `processed` or `error`.
    #[serde(default)]
    pub receipt: Option<String>,
    #[serde(default)]
    pub receipt_local: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    pub submission_id: SubmissionId,
    pub seconds: u32,
}

/// RFC 8621 §6.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub id: IdentityId,
    pub name: String,
    pub email: String,
    #[serde(default)]
    pub text_signature: String,
}

/// RFC 8621 §5; `<mark>` in both strings, everything else escaped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snippet {
    pub email_id: EmailId,
    pub subject: Option<String>,
    pub preview: Option<String>,
}

/// RFC 8620 §5.3, as much as our pages read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAnswer {
    #[serde(default)]
    pub old_state: String,
    #[serde(default)]
    pub new_state: String,
    #[serde(default)]
    pub created: Option<Pairs<String, Created>>,
    #[serde(default)]
    pub updated: Option<Pairs<String, serde_json::Value>>,
    #[serde(default)]
    pub destroyed: Option<Vec<String>>,
    #[serde(default)]
    pub not_created: Option<Pairs<String, SetError>>,
    #[serde(default)]
    pub not_updated: Option<Pairs<String, SetError>>,
    #[serde(default)]
    pub not_destroyed: Option<Pairs<String, SetError>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    pub id: String,
    #[serde(default)]
    pub blob_id: Option<String>,
    #[serde(default)]
    pub thread_id: Option<String>,
    #[serde(default)]
    pub send_at: Option<String>,
    /// Extension: seconds during which EmailSubmission can be cancelled.
    #[serde(default)]
    pub undo_seconds: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetError {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub properties: Option<Vec<String>>,
    /// Of `invalidRecipients` (RFC 8621 §7.5).
    #[serde(default)]
    pub invalid_recipients: Option<Vec<String>>,
}

/// Correspondent/query of our extension: people this BAL wrote with, then holders of this server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorrespondentAnswer {
    pub list: Vec<Correspondent>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Correspondent {
    #[serde(default)]
    pub name: Option<String>,
    pub email: String,
    #[serde(default)]
    pub card: Option<Card>,
}

/// Recipient/check of our extension: what would become of mail to each address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipientAnswer {
    pub list: Vec<Recipient>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    pub email: String,
    /// `ok`, `invalid` (see `fault`), `unknown` (no such BAL here), `outside` (domain not on the white list).
    pub state: String,
    #[serde(default)]
    pub fault: Option<String>,
    #[serde(default)]
    pub card: Option<Card>,
    /// A patient whose parents read what is written to them.
    #[serde(default)]
    pub minor: bool,
    /// A patient with whom a message begins an exchange, and of whom no information or no consent is noted.
    #[serde(default)]
    pub untold: Option<PatientId>,
}

/// A saved search: Search/get of our extension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Search {
    pub id: SearchId,
    pub words: String,
    /// `text`, `from`, `to` or `subject`.
    pub field: String,
}
