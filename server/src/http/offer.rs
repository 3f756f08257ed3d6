//! `/delegation/{token}`: what the link of an invitation shows, and the answer. The token is the secret of whoever got the
//! link; accepting takes a session besides.

use app::{
    pages::delegation::{Next, OfferPage, Offered},
    public::PublicPage,
};
use axum::{
    extract::{Path, State as AxumState},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::delegations::Delegation;

use super::{
    account_pages::personal,
    extract::{ClientAddress, Form, Nonce, Visitor},
    public::{self, Spoken},
};
use crate::{
    auth::{
        Caller, limits,
        means::{self, SignedBy},
    },
    clock,
    error::Error,
    portal::cgu,
    service::delegation::{
        DelegationError,
        offer::{self, Fit},
    },
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AnswerForm {
    op: String,
    engagement: String,
    signature: String,
    password: String,
    again: String,
}

/// What a page of the link is made with.
struct Door<'a> {
    state: &'a State,
    caller: Option<&'a Caller>,
    token: &'a str,
    spoken: Spoken,
    nonce: &'a Nonce,
}

impl Door<'_> {
    async fn shown(&self, status: StatusCode, page: OfferPage) -> Result<Response, Error> {
        let context = match self.caller {
            Some(caller) => personal(self.state, caller, self.spoken, self.nonce, Default::default()).await?,
            None => public::context(self.state, self.spoken, self.nonce),
        };
        Ok(public::page(status, PublicPage::Offer(Box::new(page)), context))
    }

    async fn next(&self, found: &Delegation) -> Result<Option<Next>, Error> {
        let state = self.state;
        let Some(caller) = self.caller else {
            let psc = state.psc.is_some() && means::is_on(state, SignedBy::Psc);
            let join = found.email.clone().filter(|_| offer::may_join(state, found));
            return Ok(Some(Next::SignIn { psc, join }));
        };
        Ok(match offer::fits(state, found, caller.person).await? {
            Fit::No => None,
            Fit::Yes { bound: true } => Some(Next::Answer { sign: None }),
            Fit::Yes { bound: false } => Some(Next::Answer { sign: Some(state.store.person(caller.person).await?.name) }),
        })
    }

    async fn page(&self, error: Option<(&str, &str)>) -> Result<Response, Error> {
        let Some(found) = offer::find(self.state, self.token).await? else {
            return self.shown(StatusCode::GONE, OfferPage::Gone).await;
        };
        let Some(next) = self.next(&found).await? else { return self.shown(StatusCode::FORBIDDEN, OfferPage::Other).await };
        let account = self.state.store.account(found.account).await?;
        let local = |ms: i64| clock::local_minutes(ms, cgu::ZONE);
        let offered = Offered {
            token: self.token.to_owned(),
            holder: account.name,
            address: account.address,
            role: found.role,
            from_local: local(found.from_at),
            to_local: local(found.to_at - 1),
            reason: found.reason,
        };
        let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let error = error.map(|(field, code)| (field.to_owned(), code.to_owned()));
        self.shown(status, OfferPage::Offer { offered, next, error }).await
    }

    async fn refused(&self, error: DelegationError) -> Result<Response, Error> {
        match error {
            DelegationError::Field { field, code } => self.page(Some((field, code))).await,
            DelegationError::Gone => self.shown(StatusCode::GONE, OfferPage::Gone).await,
            DelegationError::Store(error) if error.is_not_found() => self.shown(StatusCode::GONE, OfferPage::Gone).await,
            DelegationError::Store(error) => Err(error.into()),
            DelegationError::Internal(error) => Err(error.into()),
        }
    }
}

/// `GET /delegation/{token}`.
pub async fn show(
    AxumState(state): AxumState<State>,
    Path(token): Path<String>,
    Visitor(caller): Visitor,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    if let Some(caller) = &caller {
        // First the terms, so that nothing typed here is lost to them.
        cgu::accepted(&state, caller).await?;
    }
    Door { state: &state, caller: caller.as_ref(), token: &token, spoken, nonce: &nonce }.page(None).await
}

/// `POST /delegation/{token}`: makes a means of sign-in, accepts or refuses.
pub async fn answer(
    AxumState(state): AxumState<State>,
    Path(token): Path<String>,
    Visitor(caller): Visitor,
    address: ClientAddress,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Error> {
    let door = Door { state: &state, caller: caller.as_ref(), token: &token, spoken, nonce: &nonce };
    let result = match form.op.as_str() {
        "refuser" => offer::refuse(&state, caller.as_ref(), &token).await.map(|()| "/?dit=delegation-refused".to_owned()),
        "creer" => {
            // Hashing a password costs: so many links of one network and no more.
            limits::ceremony(&state, address.0).await.map_err(|refused| match refused {
                limits::Refused::Wait(seconds) => Error::TooMany { seconds },
                limits::Refused::Store(error) => error.into(),
            })?;
            let back = format!("/connexion?retour=/delegation/{token}&dit=delegation-joined");
            offer::join(&state, &token, &form.password, &form.again).await.map(|()| back)
        }
        "accepter" => {
            let caller = caller.as_ref().ok_or(Error::Unauthenticated)?;
            // Software cannot accept for a person; and nobody gets in anywhere before the terms are accepted.
            if caller.session.is_none() {
                return Err(Error::Forbidden);
            }
            cgu::accepted(&state, caller).await?;
            let agreed = !form.engagement.is_empty();
            let done = offer::accept(&state, caller, &token, agreed, &form.signature).await;
            done.map(|account| format!("/courrier/{account}?dit=delegation-accepted"))
        }
        _ => return Err(Error::BadRequest("bad-form")),
    };
    match result {
        Ok(path) => Ok(Redirect::to(&path).into_response()),
        Err(error) => door.refused(error).await,
    }
}
