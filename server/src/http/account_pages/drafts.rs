//! Drafts that wait for an approval, and those one handed in.

use app::pages::compte::{
    account::AccountPage,
    drafts::{DraftLine, Drafts},
};
use axum::{
    extract::{Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use store::drafts::Review;
use wire::id::{AccountId, EmailId};

use super::{Asked, Said, done};
use crate::{
    auth::{
        Caller,
        rights::{self, Draft, Send},
    },
    clock,
    error::Error,
    http::{
        extract::{Form, Nonce},
        public::Spoken,
    },
    service::{
        draft::ComposeError,
        review::{self, ReviewError},
        send::SubmitError,
    },
    state::State,
};

const HOME: &str = "/compte/brouillons";
/// Recipients that are named.
const NAMED: usize = 3;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReviewForm {
    boite: String,
    brouillon: String,
    op: String,
    mot: String,
}

async fn line(state: &State, review: &Review, zone: &str) -> Result<DraftLine, Error> {
    let summary = state.store.summaries(review.account, &[review.email]).await?.pop().map(|(_, summary)| summary);
    let summary = summary.unwrap_or_default();
    let named = summary.to.iter().chain(&summary.cc).take(NAMED);
    let to: Vec<String> = named.map(|one| one.name.clone().unwrap_or_else(|| one.email.clone())).collect();
    let returned = match &review.returned {
        Some((by, word)) => Some((state.store.person(*by).await?.name, word.clone())),
        None => None,
    };
    Ok(DraftLine {
        account: review.account.to_string(),
        email: review.email.to_string(),
        mailbox: state.store.account(review.account).await?.name,
        subject: summary.subject.unwrap_or_default(),
        to: to.join(", "),
        by: state.store.person(review.person).await?.name,
        asked_local: clock::local_minutes(review.asked_at, zone),
        returned,
    })
}

async fn page(asked: Asked<'_>, error: Option<(String, &str)>, said: Said) -> Result<Response, Error> {
    let zone = asked.zone().await?;
    let mut page = Drafts { error: error.map(|(id, code)| (id, code.to_owned())), ..Drafts::default() };
    for (review, decides) in review::list(asked.state, asked.caller).await? {
        let line = line(asked.state, &review, &zone).await?;
        match decides && review.returned.is_none() {
            true => page.waiting.push(line),
            false => page.mine.push(line),
        }
    }
    let status = if page.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    asked.page(status, AccountPage::Drafts(Box::new(page)), said).await
}

/// `GET /compte/brouillons`.
pub async fn list(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, said).await
}

/// `POST /compte/brouillons`: approves, returns with a word, takes back.
pub async fn act(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ReviewForm>,
) -> Result<Response, Error> {
    let account: AccountId = form.boite.parse().map_err(|_| Error::NotFound)?;
    let email: EmailId = form.brouillon.parse().map_err(|_| Error::NotFound)?;
    let (said, result) = match form.op.as_str() {
        "approuver" => {
            let acting = rights::acting::<Send>(&state, &caller, account).await?;
            ("draft-approved", review::approve(&state, &acting, email).await.map(drop))
        }
        "rendre" => {
            let acting = rights::acting::<Send>(&state, &caller, account).await?;
            ("draft-returned", review::give_back(&state, &acting, email, &form.mot).await)
        }
        "reprendre" => {
            let acting = rights::acting::<Draft>(&state, &caller, account).await?;
            ("draft-withdrawn", review::withdraw(&state, &acting, email).await)
        }
        _ => return Err(Error::BadRequest("bad-form")),
    };
    match result {
        Ok(()) => Ok(done(HOME, said)),
        Err(error) => {
            let code = refused(error)?;
            let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
            page(asked, Some((form.brouillon, code)), Said::default()).await
        }
    }
}

/// The code of a refusal; other failures pass.
pub(crate) fn refused(error: ReviewError) -> Result<&'static str, Error> {
    match error {
        ReviewError::Gone | ReviewError::Compose(ComposeError::NotADraft) => Ok("review-gone"),
        ReviewError::Store(error)
        | ReviewError::Compose(ComposeError::Store(error) | ComposeError::Submit(SubmitError::Store(error))) => {
            Err(error.into())
        }
        ReviewError::Compose(_) => Ok("review-refused"),
    }
}
