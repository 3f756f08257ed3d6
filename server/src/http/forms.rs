//! Forms of the mail pages, which work without JavaScript: everything posts to `/courrier/faire` or
//! `/courrier/chercher`, does the same use cases as the API, and answers 303 with a confirmation (`?dit=`).

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State as AxumState},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use wire::id::{AccountId, MailboxId};

use super::{extract, pages::Page};
use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Read, Right, Sort},
    },
    error::Error,
    service::{
        actions::{self, Act, Target},
        compose::Voice,
        folders, receipts, search,
    },
    state::State,
};

mod composing;
mod team;

/// Fields of one form at most.
const FIELDS: usize = 2_000;

/// A file of a form.
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) content: Bytes,
}

/// A posted form, whichever way it is encoded.
#[derive(Default)]
pub(super) struct Posted {
    fields: Vec<(String, String)>,
    files: Vec<File>,
}

impl Posted {
    pub(super) async fn read(state: &State, request: Request) -> Result<Self, Error> {
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

    /// Its files, taken out.
    pub(super) fn take_files(&mut self) -> Vec<File> {
        std::mem::take(&mut self.files)
    }

    /// Every value of a repeated field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn get(&self, name: &str) -> &str {
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
    page: Page,
}

impl Desk {
    async fn acting<R: Right>(&self) -> Result<Acting<R>, Error> {
        Ok(rights::acting::<R>(&self.state, &self.caller, self.account).await?)
    }

    async fn voice(&self) -> Result<Voice, Error> {
        let preferences = self.state.store.preferences(self.caller.person).await?;
        Ok(Voice { lang: preferences.language.unwrap_or_else(|| self.page.spoken.0.code().into()), zone: preferences.zone })
    }
}

/// `POST /courrier/faire`.
pub async fn act(
    AxumState(state): AxumState<State>,
    caller: Caller,
    page: Page,
    request: Request,
) -> Result<Response, Error> {
    let form = Posted::read(&state, request).await?;
    let desk = Desk { account: form.account()?, state, caller, page };
    // Before anything is said about the form: whose account is this?
    desk.acting::<Read>().await?;
    let done = match form.get("op") {
        "save" => return composing::save(&desk, &form).await,
        "send" => return composing::send(&desk, &form).await,
        "ask" => return composing::ask(&desk, &form).await,
        "folder-create" | "folder-rename" | "folder-delete" => folder(&desk, &form).await,
        "send-apart" | "send-together" => composing::apart(&desk, &form).await,
        "discard" => composing::discard(&desk, &form).await,
        "unsend" => composing::unsend(&desk, &form).await,
        "work-set" | "work-hand-over" | "note-add" | "note-delete" => team::act(&desk, &form).await,
        "receipt-send" | "receipt-decline" => receipt(&desk, &form).await,
        "move" if team::is_given(&form) => team::act(&desk, &form).await,
        op => sort(&desk, &form, op).await,
    };
    done.map(IntoResponse::into_response)
}

async fn sort(desk: &Desk, form: &Posted, op: &str) -> Result<Redirect, Error> {
    let act = match op {
        "read" => Act::Read,
        "unread" => Act::Unread,
        "star" => Act::Star,
        "unstar" => Act::Unstar,
        "file" => Act::File,
        "unfile" => Act::Unfile,
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

/// Sends the receipt that a message asks for, or declines it.
async fn receipt(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<rights::Send>().await?;
    let email = form.get("email").parse().map_err(|_| Error::NotFound)?;
    let op = form.get("op");
    let done = receipts::answer(&desk.state, &acting, email, op == "receipt-send").await?;
    Ok(form.back(desk.account, if done { op } else { "receipt-done" }))
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
