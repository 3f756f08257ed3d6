//! Forms of the mail pages, which work without JavaScript: everything posts to `/courrier/faire` or
//! `/courrier/chercher`, does the same use cases as the API, and answers 303 with a confirmation (`?dit=`).

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State as AxumState},
    http::header,
    response::Redirect,
};
use wire::{
    id::{AccountId, EmailId, MailboxId},
    mail::keyword,
};

use super::extract;
use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Draft, Read, Right, Send, Sort},
    },
    error::Error,
    service::{
        actions::{self, Act, Target},
        compose::{self, Mode, Voice},
        draft::{AttachmentRef, ComposeError, DraftInput},
        folders, reading, search,
    },
    state::State,
};

/// Fields of one form at most.
const FIELDS: usize = 2_000;

/// A file of a form.
struct File {
    name: String,
    kind: String,
    content: Bytes,
}

/// A posted form, whichever way it is encoded.
#[derive(Default)]
struct Posted {
    fields: Vec<(String, String)>,
    files: Vec<File>,
}

impl Posted {
    async fn read(state: &State, request: Request) -> Result<Self, Error> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            let multipart = Multipart::from_request(request, state).await.map_err(|_| Error::BadRequest("bad-form"))?;
            return Self::multipart(multipart).await;
        }
        let extract::Form(fields) = extract::Form::<Vec<(String, String)>>::from_request(request, state).await?;
        if fields.len() > FIELDS {
            return Err(Error::TooLarge);
        }
        Ok(Self { fields, files: Vec::new() })
    }

    async fn multipart(mut multipart: Multipart) -> Result<Self, Error> {
        let mut posted = Self::default();
        let bad = |error: axum::extract::multipart::MultipartError| match error.status().as_u16() {
            413 => Error::TooLarge,
            _ => Error::BadRequest("bad-form"),
        };
        while let Some(field) = multipart.next_field().await.map_err(bad)? {
            if posted.fields.len() + posted.files.len() >= FIELDS {
                return Err(Error::TooLarge);
            }
            let name = field.name().unwrap_or_default().to_owned();
            match field.file_name().map(str::to_owned) {
                Some(file) => {
                    let kind = field.content_type().unwrap_or("application/octet-stream").to_owned();
                    let content = field.bytes().await.map_err(bad)?;
                    if !file.is_empty() {
                        posted.files.push(File { name: file, kind, content });
                    }
                }
                None => posted.fields.push((name, field.text().await.map_err(bad)?)),
            }
        }
        Ok(posted)
    }

    fn get(&self, name: &str) -> &str {
        self.fields.iter().find_map(|(key, value)| (key == name).then_some(value.as_str())).unwrap_or_default()
    }

    /// Every value of a repeated field that is an id of this type; others make the form bad.
    fn ids<T: std::str::FromStr>(&self, name: &str) -> Result<Vec<T>, Error> {
        let values = self.fields.iter().filter(|(key, _)| key == name);
        values.map(|(_, value)| value.parse().map_err(|_| Error::BadRequest("bad-form"))).collect()
    }

    fn account(&self) -> Result<AccountId, Error> {
        self.get("account").parse().map_err(|_| Error::NotFound)
    }

    /// Where to go after, with a confirmation.
    fn back(&self, account: AccountId, said: &str) -> Redirect {
        let home = format!("/courrier/{account}");
        say(extract::return_path(self.get("retour")).unwrap_or(&home), said)
    }

    /// The folder that the page shows, from the path to come back to.
    fn folder(&self) -> Option<MailboxId> {
        self.get("retour").split(['/', '?']).nth(3)?.parse().ok()
    }
}

/// The path with `dit=` set to a code.
fn say(path: &str, said: &str) -> Redirect {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("dit="));
    let pairs: Vec<String> = kept.map(str::to_owned).chain([format!("dit={said}")]).collect();
    Redirect::to(&format!("{path}?{}", pairs.join("&")))
}

/// Who posted, and where.
struct Desk {
    state: State,
    caller: Caller,
    account: AccountId,
}

impl Desk {
    async fn acting<R: Right>(&self) -> Result<Acting<R>, Error> {
        Ok(rights::acting::<R>(&self.state, &self.caller, self.account).await?)
    }

    async fn voice(&self) -> Result<Voice, Error> {
        let preferences = self.state.store.preferences(self.caller.person).await?;
        Ok(Voice { lang: preferences.language.unwrap_or_else(|| "fr".into()), zone: preferences.zone })
    }
}

/// `POST /courrier/faire`.
pub async fn act(AxumState(state): AxumState<State>, caller: Caller, request: Request) -> Result<Redirect, Error> {
    let form = Posted::read(&state, request).await?;
    let desk = Desk { account: form.account()?, state, caller };
    // Before anything is said about the form: whose account is this?
    desk.acting::<Read>().await?;
    match form.get("op") {
        "folder-create" | "folder-rename" | "folder-delete" => folder(&desk, &form).await,
        "save" => save(&desk, &form).await,
        "send" => send(&desk, &form).await,
        "discard" => discard(&desk, &form).await,
        "unsend" => unsend(&desk, &form).await,
        op => sort(&desk, &form, op).await,
    }
}

async fn sort(desk: &Desk, form: &Posted, op: &str) -> Result<Redirect, Error> {
    let act = match op {
        "read" => Act::Read,
        "unread" => Act::Unread,
        "star" => Act::Star,
        "unstar" => Act::Unstar,
        "archive" => Act::Archive,
        "trash" => Act::Trash,
        "spam" => Act::Spam,
        "inbox" => Act::Inbox,
        "destroy" => Act::Destroy,
        "move" => Act::Move(form.get("to").parse().map_err(|_| Error::BadRequest("bad-form"))?),
        _ => return Err(Error::BadRequest("bad-form")),
    };
    let acting = desk.acting::<Sort>().await?;
    let (threads, emails) = (form.ids("thread")?, form.ids("email")?);
    if threads.is_empty() && emails.is_empty() {
        return Ok(form.back(desk.account, "nothing-selected"));
    }
    if !threads.is_empty() {
        actions::act(&desk.state, &acting, act, Target::Threads(threads), form.folder()).await?;
    }
    if !emails.is_empty() {
        actions::act(&desk.state, &acting, act, Target::Emails(emails), form.folder()).await?;
    }
    Ok(form.back(desk.account, op))
}

async fn folder(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<Sort>().await?;
    let (op, name) = (form.get("op"), form.get("name"));
    let to = || form.get("to").parse().map_err(|_| Error::NotFound);
    let done = match op {
        "folder-create" => folders::create(&desk.state, &acting, name, None).await.map(drop),
        "folder-rename" => folders::rename(&desk.state, &acting, to()?, name).await,
        _ => folders::delete(&desk.state, &acting, to()?).await,
    };
    match done {
        Ok(()) => Ok(form.back(desk.account, op)),
        Err(folders::FolderError::Store(error)) if error.is_not_found() => Err(Error::NotFound),
        Err(folders::FolderError::Store(error)) if error.is_transient() => Err(error.into()),
        Err(_) => Ok(form.back(desk.account, "failed")),
    }
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

/// What was typed, with what the form does not carry: references of the answer, attachments kept, files added. None
/// when the draft was already sent or discarded.
async fn typed(desk: &Desk, form: &Posted, draft: Option<EmailId>) -> Result<Option<DraftInput>, Error> {
    let read = desk.acting::<Read>().await?;
    let before = match (draft, origin(form)) {
        (Some(draft), _) => match compose::open(&desk.state, &read, draft).await {
            Ok(before) => before,
            Err(ComposeError::NotADraft) => return Ok(None),
            Err(ComposeError::Store(error)) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(refused(error)),
        },
        (None, Some((source, mode))) => compose::prefill(&desk.state, &read, source, mode, &desk.voice().await?).await?,
        (None, None) => DraftInput::default(),
    };
    let kept: Vec<&str> = form.fields.iter().filter(|(key, _)| key == "attachment").map(|(_, v)| v.as_str()).collect();
    let mut attachments = before.attachments;
    attachments.retain(|file| kept.contains(&file.blob.as_str()));
    for file in &form.files {
        attachments.push(attach(desk, file).await?);
    }
    let text = |name: &str| form.get(name).to_owned();
    Ok(Some(DraftInput {
        to: text("to"),
        cc: text("cc"),
        bcc: text("bcc"),
        subject: text("subject"),
        text: form.get("text").replace("\r\n", "\n"),
        in_reply_to: before.in_reply_to,
        references: before.references,
        attachments,
    }))
}

async fn attach(desk: &Desk, file: &File) -> Result<AttachmentRef, Error> {
    if file.content.len() as u64 > desk.state.config.limits.upload_octets {
        return Err(Error::TooLarge);
    }
    let acting = desk.acting::<Draft>().await?;
    let blob = desk.state.store.blob_put(acting.account(), file.content.clone()).await?;
    let (name, size) = (file.name.clone(), file.content.len() as u64);
    Ok(AttachmentRef { blob: blob.to_string(), name, kind: file.kind.clone(), size })
}

fn refused(error: ComposeError) -> Error {
    match error {
        ComposeError::Fields(fields) => Error::Fields(fields),
        ComposeError::NotADraft => Error::NotFound,
        ComposeError::Store(error) => error.into(),
        ComposeError::Submit(error) => Error::Internal(anyhow::Error::new(error)),
    }
}

fn draft_path(account: AccountId, draft: EmailId) -> String {
    format!("/courrier/{account}/ecrire/{draft}")
}

/// Keeps what was typed; answers the new draft, or none when the old one is gone.
async fn keep(desk: &Desk, form: &Posted) -> Result<Option<EmailId>, Error> {
    let acting = desk.acting::<Draft>().await?;
    let old = form.get("draft").parse().ok();
    let Some(input) = typed(desk, form, old).await? else { return Ok(None) };
    compose::save(&desk.state, &acting, old, &input).await.map(Some).map_err(refused)
}

async fn save(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    match keep(desk, form).await? {
        Some(draft) => Ok(say(&draft_path(desk.account, draft), "save")),
        None => Ok(form.back(desk.account, "failed")),
    }
}

/// Sends once: a second post of the same draft finds it gone and says what the first said.
async fn send(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<Send>().await?;
    let Some(draft) = keep(desk, form).await? else { return Ok(form.back(desk.account, "sending")) };
    let answered = origin(form).map(|(source, mode)| match mode {
        Mode::Forward => (source, keyword::FORWARDED),
        Mode::Reply | Mode::ReplyAll => (source, keyword::ANSWERED),
    });
    match compose::send(&desk.state, &acting, draft, answered).await {
        Ok(_) => Ok(form.back(desk.account, "sending")),
        // The draft holds all that was typed: it opens again.
        Err(ComposeError::Submit(_) | ComposeError::Fields(_)) => Ok(say(&draft_path(desk.account, draft), "failed")),
        Err(error) => Err(refused(error)),
    }
}

async fn discard(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<Draft>().await?;
    if let Ok(draft) = form.get("draft").parse() {
        compose::discard(&desk.state, &acting, draft).await.map_err(refused)?;
    }
    Ok(form.back(desk.account, "discard"))
}

async fn unsend(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
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

/// `POST /courrier/chercher`: the words are saved, so that the address of the results holds none.
pub async fn seek(AxumState(state): AxumState<State>, caller: Caller, request: Request) -> Result<Redirect, Error> {
    let form = Posted::read(&state, request).await?;
    let account = form.account()?;
    rights::acting::<Read>(&state, &caller, account).await?;
    let field = Some(form.get("field")).filter(|field| !field.is_empty()).unwrap_or("text");
    match search::save(&state, &caller, account, form.get("words"), field).await? {
        Some(search) => Ok(Redirect::to(&format!("/courrier/{account}/recherche/{search}"))),
        None => Ok(Redirect::to(&format!("/courrier/{account}"))),
    }
}
