//! `/courrier/{account}/imprimer/{thread}`: a conversation for paper, with or without JavaScript.

use app::{
    format::{date, name, size},
    i18n::{self, Lang},
    pages::impression::{Conversation, Sheet},
    public::PublicPage,
};
use axum::{
    extract::{Path, State as AxumState},
    http::StatusCode,
    response::Response,
};
use wire::{id::ThreadId, ins, mail::Address};

use super::{
    account_pages::personal,
    extract::Nonce,
    public::{self, Spoken},
};
use crate::{
    auth::rights::{Acting, Read},
    clock,
    error::Error,
    service::paper,
    state::State,
};

fn people(list: &[Address]) -> String {
    let all: Vec<String> = list.iter().map(|one| name::whole(one.name.as_deref(), &ins::shown(&one.email))).collect();
    all.join(", ")
}

fn drawn(sheet: paper::Sheet, lang: Lang, zone: &str) -> Sheet {
    let file = |(name, octets): (Option<String>, u64)| {
        let name = name.filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| i18n::attachment::unnamed(lang).to_owned());
        format!("{name} ({})", size::bytes(lang, octets))
    };
    Sheet {
        from: people(&sheet.from),
        to: people(&sheet.to),
        cc: people(&sheet.cc),
        when: date::full(lang, &clock::local_minutes(sheet.received_at, zone)),
        subject: sheet.subject,
        text: sheet.text,
        files: sheet.files.into_iter().map(file).collect(),
    }
}

/// Draws the conversation; that it is printed is traced.
///
/// # Errors
/// The store's; not found.
pub async fn conversation(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    Path((_, thread)): Path<(String, String)>,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let thread: ThreadId = thread.parse().map_err(|_| Error::NotFound)?;
    let paper = paper::conversation(&state, &acting, thread).await?;
    let context = personal(&state, acting.caller(), spoken, &nonce, Default::default()).await?;
    let (lang, zone) = (context.lang, state.store.preferences(acting.caller().person).await?.zone);
    let account = acting.account();
    let page = Conversation {
        mailbox: state.store.account(account).await?.address,
        sheets: paper.sheets.into_iter().map(|sheet| drawn(sheet, lang, &zone)).collect(),
        back: match paper.folder {
            Some(folder) => format!("/courrier/{account}/{folder}/{thread}"),
            None => format!("/courrier/{account}"),
        },
    };
    Ok(public::page(StatusCode::OK, PublicPage::Print(Box::new(page)), context))
}
