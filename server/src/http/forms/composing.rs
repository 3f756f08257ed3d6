//! The composer's form: kept, sent, thrown away, called back. Each drawing of the form has an id of its own, so that
//! posting it twice does once what it says; a refusal draws it again with what is wrong and all that was typed.

use app::api::compose::{Attached, Composer, Draft as Drawn};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use mail::address;
use wire::{
    FieldError,
    id::{AccountId, EmailId},
    limits::{SUBJECT_CHARS, TEXT_CHARS},
    mail::{Address, keyword},
    patient::Answering,
};

use super::{Desk, File, Posted, say};
use crate::{
    auth::rights::{Draft, Read, Send},
    error::Error,
    http::{account_pages::drafts, pages},
    service::{
        compose::{self, Mode},
        draft::{AttachmentRef, ComposeError, DraftInput},
        reading, review,
        send::SubmitError,
        team,
    },
};

/// Characters of a form's id at most: ours have 43.
const FORM_CHARS: usize = 64;

/// What was typed, and where it is kept.
struct Typed {
    input: DraftInput,
    draft: Option<EmailId>,
    faults: Vec<FieldError>,
}

/// What became of what was typed.
enum Kept {
    Draft(EmailId, DraftInput),
    /// The same form was sent before.
    Sent,
    Refused(Typed),
}

/// The message that is answered or forwarded, and how.
fn origin(form: &Posted) -> Option<(EmailId, Mode)> {
    let mode = match form.get("mode") {
        "repondre" => Mode::Reply,
        "tous" => Mode::ReplyAll,
        "transferer" => Mode::Forward,
        _ => return None,
    };
    Some((form.get("de").parse().ok()?, mode))
}

fn form_id(form: &Posted) -> Option<&str> {
    Some(form.get("form")).filter(|id| !id.is_empty() && id.len() <= FORM_CHARS)
}

fn fault(field: &str, code: &str, params: Vec<String>) -> FieldError {
    FieldError { field: field.into(), code: code.into(), params }
}

/// What the form does not carry: references of the answer, files of the draft.
async fn before(desk: &Desk, form: &Posted, draft: Option<EmailId>) -> Result<Option<DraftInput>, Error> {
    let read = desk.acting::<Read>().await?;
    match (draft, origin(form)) {
        (Some(draft), _) => match compose::open(&desk.state, &read, draft).await {
            Ok(before) => Ok(Some(before)),
            Err(ComposeError::NotADraft) => Ok(None),
            Err(ComposeError::Store(error)) if error.is_not_found() => Ok(None),
            Err(error) => Err(failed(error)),
        },
        (None, Some((source, mode))) => {
            Ok(Some(compose::prefill(&desk.state, &read, source, mode, &desk.voice().await?).await?))
        }
        (None, None) => Ok(Some(DraftInput::default())),
    }
}

/// What was typed over what was before, with the files that are added.
async fn typed(desk: &Desk, form: &Posted, before: DraftInput, faults: &mut Vec<FieldError>) -> Result<DraftInput, Error> {
    let kept: Vec<&str> = form.fields.iter().filter(|(key, _)| key == "attachment").map(|(_, v)| v.as_str()).collect();
    let mut attachments = before.attachments;
    attachments.retain(|file| kept.contains(&file.blob.as_str()));
    if attachments.len() < kept.len() {
        faults.push(fault("attachments", "attachments-gone", Vec::new()));
    }
    for file in &form.files {
        if file.content.len() as u64 > desk.state.config.limits.upload_octets {
            faults.push(fault("attachments", "attachment-too-large", vec![file.name.clone()]));
        } else {
            attachments.push(attach(desk, file).await?);
        }
    }
    let text = |name: &str| form.get(name).to_owned();
    Ok(DraftInput {
        to: text("to"),
        cc: text("cc"),
        bcc: text("bcc"),
        subject: text("subject"),
        text: form.get("text").replace("\r\n", "\n"),
        in_reply_to: before.in_reply_to,
        references: before.references,
        attachments,
        receipt: !form.get("receipt").is_empty(),
        ends: match Answering::from_code(form.get("reponse")) {
            Some(choice) => choice != Answering::Allowed,
            None => before.ends,
        },
        automatic: false,
    })
}

async fn attach(desk: &Desk, file: &File) -> Result<AttachmentRef, Error> {
    let acting = desk.acting::<Draft>().await?;
    let blob = desk.state.store.blob_put(acting.account(), file.content.clone()).await?;
    let (name, size) = (file.name.clone(), file.content.len() as u64);
    Ok(AttachmentRef { blob: blob.to_string(), name, kind: file.kind.clone(), size })
}

fn failed(error: ComposeError) -> Error {
    match error {
        ComposeError::Fields(fields) => Error::Fields(fields),
        ComposeError::NotADraft => Error::NotFound,
        ComposeError::Store(error) => error.into(),
        ComposeError::Submit(error) => Error::Internal(anyhow::Error::new(error)),
    }
}

/// Keeps what was typed. Of several posts of one form one makes the draft; a form that was sent is known again.
async fn keep(desk: &Desk, form: &Posted) -> Result<Kept, Error> {
    let acting = desk.acting::<Draft>().await?;
    let posted: Option<EmailId> = form.get("draft").parse().ok();
    let made = match form_id(form) {
        Some(id) => compose::of_form(&desk.state, &desk.acting::<Read>().await?, id).await?,
        None => None,
    };
    let old = match made {
        Some((_, false)) => return Ok(Kept::Sent),
        Some((draft, true)) => Some(draft),
        None => posted,
    };
    let mut faults = Vec::new();
    let Some(earlier) = before(desk, form, old).await? else {
        // Sent, thrown away or changed elsewhere: what was typed here is drawn again as a message of its own.
        faults.push(fault("", "draft-gone", Vec::new()));
        let input = typed(desk, form, DraftInput::default(), &mut faults).await?;
        return Ok(Kept::Refused(Typed { input, draft: None, faults }));
    };
    let files = earlier.attachments.clone();
    let input = typed(desk, form, earlier, &mut faults).await?;
    let saved = compose::save(&desk.state, &acting, old, form_id(form), &input).await;
    match saved {
        Ok(draft) if faults.is_empty() => Ok(Kept::Draft(draft, input)),
        Ok(draft) => refused(desk, input, Some(draft), faults).await,
        Err(ComposeError::NotADraft) => twin(desk, form, input).await,
        Err(ComposeError::Fields(wrong)) => {
            faults.extend(wrong);
            let rest = writable(&input, &faults, files);
            // What can be written is safe already; the form shows the rest.
            let draft = compose::save(&desk.state, &acting, old, form_id(form), &rest).await.ok().or(old);
            refused(desk, DraftInput { attachments: rest.attachments, ..input }, draft, faults).await
        }
        Err(error) => Err(failed(error)),
    }
}

/// The form is drawn again, its files under the names that they have in the draft.
async fn refused(
    desk: &Desk,
    mut input: DraftInput,
    draft: Option<EmailId>,
    faults: Vec<FieldError>,
) -> Result<Kept, Error> {
    if let Some(draft) = draft {
        match compose::open(&desk.state, &desk.acting::<Read>().await?, draft).await {
            Ok(kept) => input.attachments = kept.attachments,
            // Sent or thrown away meanwhile by another post: what was typed stays on the page.
            Err(ComposeError::NotADraft) => {}
            Err(ComposeError::Store(error)) if error.is_not_found() => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(Kept::Refused(Typed { input, draft, faults }))
}

/// Another post of the same form was quicker: its draft is the one.
async fn twin(desk: &Desk, form: &Posted, input: DraftInput) -> Result<Kept, Error> {
    let read = desk.acting::<Read>().await?;
    let made = match form_id(form) {
        Some(id) => compose::of_form(&desk.state, &read, id).await?,
        None => None,
    };
    Ok(match made {
        Some((draft, true)) => Kept::Draft(draft, input),
        Some((_, false)) => Kept::Sent,
        None => Kept::Refused(Typed { input, draft: None, faults: vec![fault("", "draft-gone", Vec::new())] }),
    })
}

/// The part of what was typed that a message can hold.
fn writable(input: &DraftInput, faults: &[FieldError], files: Vec<AttachmentRef>) -> DraftInput {
    let good = |text: &str| {
        let all = address::parse_list(text).into_iter().flatten();
        all.map(|a| a.display()).collect::<Vec<_>>().join(", ")
    };
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let clean = |text: String, field: &str| match faults.iter().any(|f| f.field == field && f.code == "bad-character") {
        true => text.chars().filter(|c| !c.is_control()).collect(),
        false => text,
    };
    let files_refused = faults.iter().any(|fault| fault.field == "attachments");
    DraftInput {
        to: good(&input.to),
        cc: good(&input.cc),
        bcc: good(&input.bcc),
        subject: clean(cut(&input.subject, SUBJECT_CHARS), "subject"),
        text: cut(&input.text, TEXT_CHARS),
        attachments: if files_refused { files } else { input.attachments.clone() },
        ..input.clone()
    }
}

fn draft_path(account: AccountId, draft: EmailId) -> String {
    format!("/courrier/{account}/ecrire/{draft}")
}

/// Keeps a draft and comes back to it.
pub(super) async fn save(desk: &Desk, form: &Posted) -> Result<Response, Error> {
    match keep(desk, form).await? {
        Kept::Draft(draft, _) => Ok(say(&draft_path(desk.account, draft), "save").into_response()),
        Kept::Sent => Ok(form.back(desk.account, "sending").into_response()),
        Kept::Refused(typed) => again(desk, form, typed).await,
    }
}

/// Sends once: a second post of the same form finds it sent and says what the first said.
pub(super) async fn send(desk: &Desk, form: &Posted) -> Result<Response, Error> {
    let acting = desk.acting::<Send>().await?;
    let (draft, input) = match keep(desk, form).await? {
        Kept::Draft(draft, input) => (draft, input),
        Kept::Sent => return Ok(form.back(desk.account, "sending").into_response()),
        Kept::Refused(typed) => return again(desk, form, typed).await,
    };
    if let Some(warning) = double(desk, form, draft).await? {
        return again(desk, form, Typed { input, draft: Some(draft), faults: vec![warning] }).await;
    }
    let answered = origin(form).map(|(source, mode)| match mode {
        Mode::Forward => (source, keyword::FORWARDED),
        Mode::Reply | Mode::ReplyAll => (source, keyword::ANSWERED),
    });
    match compose::send(&desk.state, &acting, draft, answered, !form.get("ensemble").is_empty()).await {
        Ok(_) => {
            // It has left: a sign that stays a minute longer is no failure.
            if let Err(error) = over(desk, form, draft).await {
                tracing::warn!(%error, "the sign of answering stays until it ends by itself");
            }
            Ok(form.back(desk.account, "sending").into_response())
        }
        Err(ComposeError::Submit(SubmitError::Store(error))) => Err(error.into()),
        Err(ComposeError::Submit(error)) => {
            let faults = refusals(&input, error);
            again(desk, form, Typed { input, draft: Some(draft), faults }).await
        }
        Err(error) => Err(failed(error)),
    }
}

/// Sends a kept draft to each of its patients apart, or to all together though they see each other.
pub(super) async fn apart(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let (acting, writing) = (desk.acting::<Send>().await?, desk.acting::<Draft>().await?);
    let draft: EmailId = form.get("draft").parse().map_err(|_| Error::NotFound)?;
    let sent = match form.get("op") {
        "send-apart" => compose::send_apart(&desk.state, &acting, &writing, draft).await.map(drop),
        _ => compose::send(&desk.state, &acting, draft, None, true).await.map(drop),
    };
    match sent {
        Ok(()) => Ok(form.back(desk.account, "sending")),
        Err(ComposeError::NotADraft) => Ok(form.back(desk.account, "failed")),
        Err(ComposeError::Submit(SubmitError::Store(error))) => Err(error.into()),
        // The composer says why when it is sent from there.
        Err(ComposeError::Submit(_) | ComposeError::Fields(_)) => Ok(say(&draft_path(desk.account, draft), "failed")),
        Err(error) => Err(failed(error)),
    }
}

/// Another of the team answers at this moment, or did since the last message came in: said once, sent when it is wanted
/// all the same.
async fn double(desk: &Desk, form: &Posted, draft: EmailId) -> Result<Option<FieldError>, Error> {
    let forward = matches!(origin(form), Some((_, Mode::Forward)));
    if forward || !form.get("quand-meme").is_empty() {
        return Ok(None);
    }
    let (read, me) = (desk.acting::<Read>().await?, desk.caller.person);
    let asked = conversation(form, draft);
    let thread = match team::thread_of(&desk.state.store, desk.account, asked).await {
        Err(error) if error.is_not_found() => return Ok(None),
        found => found?,
    };
    let others = team::others(&desk.state, &read, me, thread).await?;
    Ok(others.warning().map(|(code, name)| fault("", code, vec![name])))
}

/// A message of the conversation that is answered: an answer with another subject is in another one.
fn conversation(form: &Posted, draft: EmailId) -> EmailId {
    origin(form).map_or(draft, |(source, _)| source)
}

/// What was being answered is answered: the others see it at once.
async fn over(desk: &Desk, form: &Posted, draft: EmailId) -> Result<(), Error> {
    let thread = match team::thread_of(&desk.state.store, desk.account, conversation(form, draft)).await {
        Err(error) if error.is_not_found() => return Ok(()),
        found => found?,
    };
    Ok(team::sign(&desk.state, &desk.acting::<Draft>().await?, thread, false).await?)
}

/// Hands a draft in, for somebody who may send.
pub(super) async fn ask(desk: &Desk, form: &Posted) -> Result<Response, Error> {
    let acting = desk.acting::<Draft>().await?;
    let draft = match keep(desk, form).await? {
        Kept::Draft(draft, _) => draft,
        Kept::Sent => return Ok(form.back(desk.account, "sending").into_response()),
        Kept::Refused(typed) => return again(desk, form, typed).await,
    };
    match review::ask(&desk.state, &acting, draft).await {
        Ok(()) => Ok(form.back(desk.account, "draft-asked").into_response()),
        Err(error) => drafts::refused(error).map(|_| form.back(desk.account, "failed").into_response()),
    }
}

/// Why a message is not sent, at the fields it comes from.
fn refusals(input: &DraftInput, error: SubmitError) -> Vec<FieldError> {
    match error {
        SubmitError::NoRecipients => vec![fault("to", "no-recipients", Vec::new())],
        SubmitError::TooManyRecipients(most) => vec![fault("to", "too-many-recipients", vec![most.to_string()])],
        SubmitError::TooLarge(most) => vec![fault("attachments", "message-too-large", vec![most.to_string()])],
        SubmitError::InvalidRecipients(refused) => {
            let holds = |text: &str, email: &str| {
                let mut all = address::parse_list(text).into_iter().flatten();
                all.any(|a| address::normalise(&a.email).eq_ignore_ascii_case(email))
            };
            let field = |email: &str| match (holds(&input.to, email), holds(&input.cc, email)) {
                (true, _) => "to",
                (false, true) => "cc",
                (false, false) => "bcc",
            };
            let one = |(email, state): (String, String)| fault(field(&email), &format!("recipient-{state}"), vec![email]);
            refused.into_iter().map(one).collect()
        }
        SubmitError::TooMuch(what, most) => vec![fault("", &format!("rate-{what}"), vec![most.to_string()])],
        SubmitError::Patient(wrong) => vec![fault("", wrong.code(), wrong.params())],
        _ => vec![fault("", "forbiddenToSend", Vec::new())],
    }
}

/// The composer again, with what is wrong and all that was typed. It has no address of its own, so it stays a plain form.
async fn again(desk: &Desk, form: &Posted, typed: Typed) -> Result<Response, Error> {
    let Typed { input, draft, faults } = typed;
    let list = |text: &str| address::parse_list(text).into_iter().map(recipient).collect();
    let files = input.attachments.into_iter();
    let drawn = Drawn {
        id: draft,
        to: list(&input.to),
        cc: list(&input.cc),
        bcc: list(&input.bcc),
        subject: input.subject,
        text: input.text,
        in_reply_to: input.in_reply_to,
        references: input.references,
        attachments: files.map(|f| Attached { blob: f.blob, name: f.name, kind: f.kind, size: f.size }).collect(),
        faults,
        receipt: Some(input.receipt),
        ends: input.ends,
        ..Drawn::default()
    };
    let path = match (origin(form), draft) {
        (Some((source, _)), _) => format!("/courrier/{}/ecrire?de={source}&mode={}", desk.account, form.get("mode")),
        (None, Some(draft)) => draft_path(desk.account, draft),
        (None, None) => format!("/courrier/{}/ecrire", desk.account),
    };
    let composer = Composer { refused: Some(drawn), ..pages::new_composer(&desk.state) };
    let request = axum::http::Request::builder().uri(path).body(axum::body::Body::empty());
    let request = request.map_err(|error| Error::Internal(error.into()))?;
    let mut response = pages::draw(&desk.state, &desk.caller, &desk.page, composer, request).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// A recipient as typed: what is no address stays as it is.
fn recipient(typed: Result<mail::Address, (String, address::AddressFault)>) -> Address {
    match typed {
        Ok(mail::Address { name, email }) => Address { name, email },
        Err((text, _)) => Address { name: None, email: text },
    }
}

/// Throws a draft away.
pub(super) async fn discard(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<Draft>().await?;
    if let Ok(draft) = form.get("draft").parse() {
        match compose::discard(&desk.state, &acting, draft).await {
            Err(ComposeError::NotADraft) => return Ok(form.back(desk.account, "failed")),
            other => other.map_err(failed)?,
        }
    }
    Ok(form.back(desk.account, "discard"))
}

/// Calls a message back.
pub(super) async fn unsend(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<Send>().await?;
    let email: EmailId = form.get("email").parse().map_err(|_| Error::NotFound)?;
    let row = desk.state.store.emails(desk.account, &[email]).await?.pop().ok_or(Error::NotFound)?;
    let Some(pending) = reading::pending(&desk.state, desk.account, &row).await? else {
        return Ok(form.back(desk.account, "too-late"));
    };
    match compose::unsend(&desk.state, &acting, pending.submission_id).await? {
        Some(draft) => Ok(say(&draft_path(desk.account, draft), "unsend")),
        None => Ok(form.back(desk.account, "too-late")),
    }
}
