//! Writing: drafts, recipients, sending and calling back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::{
    FieldError, Problem,
    id::{AccountId, EmailId, IdentityId, MailboxId, SubmissionId},
    jmap::Request,
    limits::UNDO_SECONDS,
    mail::{Address, Correspondent, CorrespondentAnswer, GetAnswer, Part, Recipient, RecipientAnswer, SetAnswer},
    pairs::Pairs,
    patient::{Template, TemplateAnswer},
};

use super::{
    Api,
    change::{accepted, created},
};

/// A file of a draft, already with the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attached {
    pub blob: String,
    pub name: String,
    pub kind: String,
    pub size: u64,
}

/// A message being written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Draft {
    /// The draft's message on the server; each save makes a new one.
    pub id: Option<EmailId>,
    pub identity: Option<IdentityId>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    pub text: String,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub attachments: Vec<Attached>,
    /// A receipt of reading is asked for; none: as the BAL wishes.
    #[serde(default)]
    pub receipt: Option<bool>,
    /// Patients may not answer it, nor anything before.
    #[serde(default)]
    pub ends: bool,
    /// Names the drawing of the form for those who post it as it is: posted twice, it does once what it says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub form: String,
    /// Why the form that was posted is drawn again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FieldError>,
}

/// What the server adds to a composer that it draws.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Composer {
    pub form: String,
    /// What was posted and refused: drawn instead of what the address starts with.
    pub refused: Option<Draft>,
}

/// A message as one starts from it: to go on writing, to answer or to forward.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Original {
    pub id: EmailId,
    pub keywords: Pairs<String, bool>,
    pub message_id: Option<Vec<String>>,
    pub in_reply_to: Option<Vec<String>>,
    pub references: Option<Vec<String>>,
    pub from: Option<Vec<Address>>,
    pub to: Option<Vec<Address>>,
    pub cc: Option<Vec<Address>>,
    pub bcc: Option<Vec<Address>>,
    pub reply_to: Option<Vec<Address>>,
    pub subject: Option<String>,
    pub received_local: String,
    #[serde(default, rename = "header:Disposition-Notification-To:asAddresses")]
    pub receipt_to: Option<Vec<Address>>,
    #[serde(default, rename = "header:X-MSS-MES:asText")]
    pub ends: Option<String>,
    #[serde(default)]
    pub attachments: Vec<Part>,
    #[serde(default)]
    text_body: Vec<Part>,
    #[serde(default)]
    body_values: Pairs<String, BodyValue>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct BodyValue {
    value: String,
}

/// The field that asks for a receipt of reading (RFC 8098 §2.1).
const RECEIPT: &str = "header:Disposition-Notification-To:asAddresses";

/// The field that ends an exchange with patients.
const ENDS: &str = "header:X-MSS-MES:asText";

const ORIGINAL_PROPERTIES: &[&str] = &[
    "id",
    "keywords",
    "messageId",
    "inReplyTo",
    "references",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "receivedLocal",
    RECEIPT,
    ENDS,
    "attachments",
    "textBody",
    "bodyValues",
];

impl Original {
    /// The body as (text, whether it is HTML), part by part.
    pub fn body(&self) -> impl Iterator<Item = (&str, bool)> {
        self.text_body.iter().filter_map(|part| {
            let value = self.body_values.get(part.part_id.as_ref()?)?;
            Some((value.value.as_str(), part.kind == "text/html"))
        })
    }
}

/// A draft that was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedDraft {
    pub id: EmailId,
    /// State of the messages before and after.
    pub states: (String, String),
}

/// A message accepted for sending.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub submission: SubmissionId,
    /// Seconds during which it can be called back, by the server's clock.
    pub seconds: u32,
}

/// The folders that sending moves a message between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Desk {
    pub drafts: MailboxId,
    pub sent: MailboxId,
}

impl Api {
    /// A message with its text (RFC 8621 §4.2 `fetchTextBodyValues`). Fails with 404 when it is not there.
    pub async fn original(&self, account: AccountId, email: EmailId) -> Result<Original, Problem> {
        let get = json!({
            "accountId": account, "ids": [email], "properties": ORIGINAL_PROPERTIES,
            "fetchTextBodyValues": true, "bodyProperties": ["partId", "blobId", "size", "name", "type", "cid", "disposition"],
        });
        let found = self.jmap(Request::new().call("Email/get", get)).await?;
        let found = found.answer::<GetAnswer<Original>>(0)?.list.into_iter().next();
        found.ok_or_else(|| Problem::new("not-found", 404, "No such message"))
    }

    /// Saves a draft: a new message, then the old one goes (a message never changes, RFC 8621 §4.6).
    pub async fn save_draft(
        &self,
        account: AccountId,
        from: &Address,
        drafts: MailboxId,
        draft: &Draft,
    ) -> Result<SavedDraft, Problem> {
        let mut set = json!({"accountId": account, "create": {"d": email_of(from, drafts, draft)}});
        if let Some(old) = draft.id {
            set["destroy"] = json!([old]);
        }
        let answer: SetAnswer = self.jmap(Request::new().call("Email/set", set)).await?.answer(0)?;
        let states = (answer.old_state.clone(), answer.new_state.clone());
        let id = created(answer, "d")?.id;
        let id = id.parse().map_err(|_| Problem::new("unreadable-answer", 502, "Not an id"))?;
        Ok(SavedDraft { id, states })
    }

    /// Sends a saved draft with the delay during which it can be called back (RFC 8621 §7.5, RFC 4865). The same draft
    /// sent twice gives the first submission. Fails with `invalidRecipients` and one field error per address refused.
    pub async fn send(&self, account: AccountId, from: &Address, desk: Desk, draft: &Draft) -> Result<Sent, Problem> {
        let all = draft.to.iter().chain(&draft.cc).chain(&draft.bcc);
        let recipients: Vec<Value> = all.map(|address| json!({"email": address.email})).collect();
        let hold = json!({"HOLDFOR": UNDO_SECONDS.to_string()});
        let create = json!({
            "emailId": draft.id, "identityId": draft.identity,
            "envelope": {"mailFrom": {"email": from.email, "parameters": hold}, "rcptTo": recipients},
        });
        let set = json!({
            "accountId": account, "create": {"s": create},
            "onSuccessUpdateEmail": {"#s": moved(desk.drafts, desk.sent, false)},
        });
        let answer: SetAnswer = self.jmap(Request::new().call("EmailSubmission/set", set)).await?.answer(0)?;
        let made = created(answer, "s")?;
        let submission = made.id.parse().map_err(|_| Problem::new("unreadable-answer", 502, "Not an id"))?;
        Ok(Sent { submission, seconds: made.undo_seconds.unwrap_or_default() })
    }

    /// Calls a message back while it waits (RFC 8621 §7.5 `undoStatus`); it is a draft again. Fails with
    /// `cannotUnsend` when it has left.
    pub async fn call_back(&self, account: AccountId, submission: SubmissionId, desk: Desk) -> Result<(), Problem> {
        let id = submission.to_string();
        let set = json!({
            "accountId": account, "update": {&id: {"undoStatus": "canceled"}},
            "onSuccessUpdateEmail": {&id: moved(desk.sent, desk.drafts, true)},
        });
        accepted(&self.jmap(Request::new().call("EmailSubmission/set", set)).await?.answer(0)?)
    }

    /// Sends the receipt of reading that a message asks for, or declines it (Receipt/answer of our extension).
    pub async fn answer_receipt(&self, account: AccountId, email: EmailId, send: bool) -> Result<(), Problem> {
        let answer = json!({"accountId": account, "emailId": email, "send": send});
        self.jmap(Request::new().call("Receipt/answer", answer)).await?.answer::<Value>(0).map(drop)
    }

    /// People whose name or address begins so, best first.
    pub async fn correspondents(&self, account: AccountId, text: &str) -> Result<Vec<Correspondent>, Problem> {
        let query = json!({"accountId": account, "text": text, "limit": 8});
        Ok(self.jmap(Request::new().call("Correspondent/query", query)).await?.answer::<CorrespondentAnswer>(0)?.list)
    }

    /// What would become of mail to each address.
    pub async fn check_recipients(&self, account: AccountId, addresses: &[String]) -> Result<Vec<Recipient>, Problem> {
        let check = json!({"accountId": account, "addresses": addresses});
        Ok(self.jmap(Request::new().call("Recipient/check", check)).await?.answer::<RecipientAnswer>(0)?.list)
    }

    /// The templates to write to a patient with, their fields filled in.
    pub async fn patient_templates(&self, account: AccountId, email: &str) -> Result<Vec<Template>, Problem> {
        let query = json!({"accountId": account, "email": email});
        Ok(self.jmap(Request::new().call("PatientTemplate/query", query)).await?.answer::<TemplateAnswer>(0)?.list)
    }
}

fn moved(from: MailboxId, to: MailboxId, draft: bool) -> Value {
    let mark = if draft { json!(true) } else { Value::Null };
    json!({format!("mailboxIds/{from}"): null, format!("mailboxIds/{to}"): true, "keywords/$draft": mark})
}

fn email_of(from: &Address, drafts: MailboxId, draft: &Draft) -> Value {
    let files: Vec<Value> = draft
        .attachments
        .iter()
        .map(|file| json!({"blobId": file.blob, "type": file.kind, "name": file.name, "disposition": "attachment"}))
        .collect();
    let mut email = json!({
        "mailboxIds": {drafts.to_string(): true},
        "keywords": {"$draft": true, "$seen": true},
        "from": [from], "to": draft.to, "cc": draft.cc, "bcc": draft.bcc,
        "subject": draft.subject,
        "bodyValues": {"1": {"value": draft.text}},
        "textBody": [{"partId": "1", "type": "text/plain"}],
        "attachments": files,
    });
    if draft.receipt == Some(true) {
        email[RECEIPT] = json!([{"email": from.email}]);
    }
    if draft.ends {
        email[ENDS] = json!("FIN");
    }
    if !draft.in_reply_to.is_empty() {
        email["inReplyTo"] = json!(draft.in_reply_to);
    }
    if !draft.references.is_empty() {
        email["references"] = json!(draft.references);
    }
    email
}
