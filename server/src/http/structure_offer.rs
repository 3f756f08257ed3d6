//! `/structure/{token}`: what the link of an invitation into a structure shows, and the answer. The token is the secret of
//! whoever got the link; accepting takes a session besides.

use app::{
    pages::{
        delegation::{Next, OfferPage},
        structure::StructureOffer,
    },
    public::PublicPage,
};
use axum::{
    extract::{Path, State as AxumState},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::organisations::{Admin, Member};

use super::{
    account_pages::{personal, structures},
    extract::{ClientAddress, Form, Nonce, Visitor},
    public::{self, Spoken},
};
use crate::{
    auth::{
        Caller, limits,
        means::{self, SignedBy},
    },
    error::Error,
    portal::cgu,
    service::{
        delegation::offer::Fit,
        organisation::{
            OrganisationError,
            offer::{self, Answer},
        },
    },
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AnswerForm {
    op: String,
    engagement: String,
    signature: String,
    finalite: String,
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

    async fn next(&self, found: &Member) -> Result<Option<Next>, Error> {
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
        let structure = self.state.store.organisation(found.organisation).await?;
        let administers = match found.admin {
            Admin::No => None,
            _ => Some(structures::purposes(self.state, found.organisation).await?),
        };
        let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let offer = StructureOffer {
            token: self.token.to_owned(),
            structure: structure.name,
            finess: structure.finess,
            function: found.function,
            administers,
            next,
            error: error.map(|(field, code)| (field.to_owned(), code.to_owned())),
        };
        self.shown(status, OfferPage::Structure(Box::new(offer))).await
    }

    async fn refused(&self, error: OrganisationError) -> Result<Response, Error> {
        match error {
            OrganisationError::Field { field, code } => self.page(Some((field, code))).await,
            OrganisationError::Gone => self.shown(StatusCode::GONE, OfferPage::Gone).await,
            OrganisationError::Store(error) if error.is_not_found() => self.shown(StatusCode::GONE, OfferPage::Gone).await,
            OrganisationError::Store(error) => Err(error.into()),
            OrganisationError::Internal(error) => Err(error.into()),
        }
    }
}

/// `GET /structure/{token}`.
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

/// `POST /structure/{token}`: makes a means of sign-in, accepts or refuses.
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
        "refuser" => offer::refuse(&state, caller.as_ref(), &token).await.map(|()| "/?dit=structure-refused".to_owned()),
        "creer" => {
            // Hashing a password costs: so many links of one network and no more.
            limits::ceremony(&state, address.0).await.map_err(|refused| match refused {
                limits::Refused::Wait(seconds) => Error::TooMany { seconds },
                limits::Refused::Store(error) => error.into(),
            })?;
            let back = format!("/connexion?retour=/structure/{token}&dit=structure-joined");
            offer::join(&state, &token, &form.password, &form.again).await.map(|()| back)
        }
        "accepter" => {
            let caller = caller.as_ref().ok_or(Error::Unauthenticated)?;
            // Software cannot accept for a person; and nobody gets in anywhere before the terms are accepted.
            if caller.session.is_none() {
                return Err(Error::Forbidden);
            }
            cgu::accepted(&state, caller).await?;
            let answer = Answer {
                agreed: !form.engagement.is_empty(),
                signature: &form.signature,
                purposes: !form.finalite.is_empty(),
            };
            let done = offer::accept(&state, caller, &token, answer).await;
            done.map(|_| "/compte/structure?dit=structure-accepted".to_owned())
        }
        _ => return Err(Error::BadRequest("bad-form")),
    };
    match result {
        Ok(path) => Ok(Redirect::to(&path).into_response()),
        Err(error) => door.refused(error).await,
    }
}
