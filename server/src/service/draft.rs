//! A draft as people type it, to and from the bytes of a message.

use bytes::Bytes;
use mail::build::{Draft as MailDraft, DraftAttachment, HeaderValue, build};
use mail::header::DateTime;
use store::emails::NewEmail;
use store::mailboxes::Role;
use wire::id::AccountId;
use wire::mail::{Address, keyword};
use wire::{FieldError, limits};

use super::content::{BlobName, Content};
use super::prepare::{Place, parties, prepare, with_patient};
use super::send::new_message_id;
use super::structure::Structure;
use crate::state::State;

/// The field that asks for a receipt of reading.
const RECEIPT: &str = "Disposition-Notification-To";

/// The field that ends an exchange with patients, and its value (`domain.md` §2.3).
pub const ENDS: (&str, &str) = ("X-MSS-MES", "FIN");

/// What stands in the composer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftInput {
    /// As typed: `A <a@b>, c@d`.
    pub to: String,
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    pub text: String,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub attachments: Vec<AttachmentRef>,
    /// A receipt of reading is asked for.
    pub receipt: bool,
    /// Patients may not answer it, nor anything before.
    pub ends: bool,
    /// Written by the server (RFC 3834).
    pub automatic: bool,
}

/// A file of a draft: uploaded, or a part of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachmentRef {
    /// Blob id as on the wire.
    pub blob: String,
    pub name: String,
    pub kind: String,
    pub size: u64,
}

/// Why a draft was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// What is wrong with which field.
    #[error("refused fields")]
    Fields(Vec<FieldError>),
    #[error("no draft of this id")]
    NotADraft,
    #[error(transparent)]
    Submit(#[from] super::send::SubmitError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Writes and prepares a draft for the drafts folder. `sender`: who writes on behalf of the holder.
///
/// # Errors
/// The fields that cannot be written.
pub async fn prepared(
    state: &State,
    account: AccountId,
    sender: Option<mail::Address>,
    input: &DraftInput,
) -> Result<NewEmail, ComposeError> {
    let holder = state.store.account(account).await?;
    let mut faults = Vec::new();
    let mut field = |name: &str, text: &str| addresses(name, text, &mut faults);
    let (to, cc, bcc) = (field("to", &input.to), field("cc", &input.cc), field("bcc", &input.bcc));
    lengths(state, input, to.len() + cc.len() + bcc.len(), &mut faults);
    if !faults.is_empty() {
        return Err(ComposeError::Fields(faults));
    }
    let identity = state.store.identities(account).await?.into_iter().next();
    let (name, email) = identity.map_or((holder.name, holder.address.clone()), |identity| (identity.name, identity.email));
    let now = state.clock.now_ms();
    let from = mail::Address { name: Some(name), email };
    // RFC 8098 §2.1; to the bare address, which is also the reverse-path.
    let to_sender = || HeaderValue::Addresses(vec![mail::Address::bare(&from.email)]);
    let receipt = input.receipt.then(|| (RECEIPT.to_owned(), to_sender()));
    let ends = input.ends.then(|| (ENDS.0.to_owned(), HeaderValue::Text(ENDS.1.to_owned())));
    let automatic = input.automatic.then(|| ("Auto-Submitted".to_owned(), HeaderValue::Raw("auto-replied".into())));
    let headers = receipt.into_iter().chain(ends).chain(automatic).collect();
    let draft = MailDraft {
        from: vec![from.clone()],
        sender,
        to,
        cc,
        bcc,
        subject: input.subject.trim().to_owned(),
        text: input.text.clone(),
        attachments: attachments(state, account, &input.attachments).await?,
        in_reply_to: input.in_reply_to.clone(),
        references: input.references.clone(),
        message_id: Some(new_message_id(state, &holder.address)),
        date: Some(DateTime { unix_ms: now, offset_minutes: 0 }),
        headers,
        ..MailDraft::default()
    };
    let raw = build(&draft)
        .map_err(|error| ComposeError::Fields(vec![fault(&error.field.to_lowercase(), "bad-character", Vec::new())]))?;
    if raw.len() as u64 > state.config.limits.message_octets {
        return Err(ComposeError::Fields(vec![fault(
            "attachments",
            "message-too-large",
            vec![state.config.limits.message_octets.to_string()],
        )]));
    }
    let drafts = state.store.mailbox_by_role(account, Role::Drafts).await?.ok_or(store::Error::NotFound)?;
    let place = Place {
        received_at: now,
        mailboxes: vec![drafts],
        keywords: vec![keyword::DRAFT.into(), keyword::SEEN.into()],
        dedup_key: None,
    };
    let domain = state.config.mss.patient_domain.clone();
    let prepared = tokio::task::spawn_blocking(move || {
        let all = parties(&raw);
        with_patient(prepare(Bytes::from(raw), place).0, &all, &domain)
    });
    prepared.await.map_err(|_| ComposeError::Store(store::Error::Busy("preparing stopped".into())))
}

fn fault(field: &str, code: &str, params: Vec<String>) -> FieldError {
    FieldError { field: field.into(), code: code.into(), params }
}

fn addresses(field: &str, text: &str, faults: &mut Vec<FieldError>) -> Vec<mail::Address> {
    let mut out = Vec::new();
    for piece in mail::address::parse_list(text) {
        match piece {
            Ok(address) => out.push(address),
            Err((typed, _)) => {
                let code =
                    wire::check::address(wire::check::bare_address(&typed)).err().map_or("address-bad-domain", |f| f.code());
                faults.push(fault(field, code, vec![typed]));
            }
        }
    }
    out
}

fn lengths(state: &State, input: &DraftInput, recipients: usize, faults: &mut Vec<FieldError>) {
    let max = state.config.limits.recipients;
    let mut check = |field: &str, code: &str, length: usize, max: usize| {
        if length > max {
            faults.push(fault(field, code, vec![max.to_string()]));
        }
    };
    check("to", "too-many-recipients", recipients, max);
    check("subject", "too-long", input.subject.chars().count(), limits::SUBJECT_CHARS);
    check("text", "too-long", input.text.chars().count(), limits::TEXT_CHARS);
}

async fn attachments(
    state: &State,
    account: AccountId,
    refs: &[AttachmentRef],
) -> Result<Vec<DraftAttachment>, ComposeError> {
    let mut out = Vec::with_capacity(refs.len());
    for file in refs {
        let gone = || ComposeError::Fields(vec![fault("attachments", "attachment-gone", vec![file.name.clone()])]);
        let name: BlobName = file.blob.parse().map_err(|()| gone())?;
        let data = match name.read(&state.store, account).await {
            Err(error) if error.is_not_found() => return Err(gone()),
            other => other?,
        };
        let kind = if file.kind.split('/').count() == 2 { file.kind.clone() } else { "application/octet-stream".into() };
        out.push(DraftAttachment {
            name: file.name.clone(),
            content_type: kind,
            data: data.to_vec(),
            cid: None,
            inline: false,
        });
    }
    Ok(out)
}

/// A kept draft as it is typed again.
///
/// # Errors
/// The store's.
pub async fn typed(structure: &Structure, content: &Content) -> Result<DraftInput, store::Error> {
    Ok(DraftInput {
        to: list(&structure.to),
        cc: list(&structure.cc),
        bcc: list(&structure.bcc),
        subject: structure.subject.clone().unwrap_or_default(),
        text: plain_text(structure, content).await?,
        in_reply_to: structure.in_reply_to.clone(),
        references: structure.references.clone(),
        attachments: files(structure, content),
        receipt: !structure.receipt_to.is_empty(),
        ends: structure.ends,
        automatic: false,
    })
}

/// Recipients as one types them.
pub fn list(addresses: &Option<Vec<Address>>) -> String {
    let shown = |a: &Address| mail::Address { name: a.name.clone(), email: a.email.clone() }.display();
    addresses.iter().flatten().map(shown).collect::<Vec<_>>().join(", ")
}

/// The attachments of a message, to be sent again.
pub fn files(structure: &Structure, content: &Content) -> Vec<AttachmentRef> {
    let parts = structure.attachments.iter().filter_map(|&index| structure.parts.get(index));
    parts
        .map(|part| AttachmentRef {
            blob: content.part_blob(part),
            name: part.name.clone().unwrap_or_else(|| "message.eml".into()),
            kind: part.kind.clone(),
            size: part.size as u64,
        })
        .collect()
}

/// The text of a message: its text parts, HTML as text.
///
/// # Errors
/// The store's.
pub async fn plain_text(structure: &Structure, content: &Content) -> Result<String, store::Error> {
    let mut text = String::new();
    for &index in &structure.text {
        let Some(part) = structure.parts.get(index).filter(|part| part.kind.starts_with("text/")) else { continue };
        let value = content.text(part).await?.value;
        if !text.is_empty() {
            text.push('\n');
        }
        match part.kind.as_str() {
            "text/html" => text.push_str(&mail::body::html_to_text(&value)),
            _ if part.flowed => text.push_str(&mail::quote::unflow(&value, part.delsp)),
            _ => text.push_str(&value),
        }
    }
    Ok(text)
}
