//! Delegations for programs: who may open a BAL, what one was given, and ending an access. Giving one is done by people,
//! on the pages: it wants a fresh proof of who asks.

use axum::{
    Json,
    extract::{Path, State as AxumState},
    http::StatusCode,
};
use serde::Deserialize;
use store::delegations::{Delegation, State as Standing};
use wire::{FieldError, delegation::DelegationInfo, id::DelegationId};

use crate::{
    auth::{
        Caller,
        rights::{Acting, Draft, Manage},
    },
    error::Error,
    http::{account_pages::drafts, extract::Json as JsonBody},
    service::{
        delegation::{self, DelegationError},
        review,
    },
    state::State,
};

fn info(one: Delegation, name: String, now: i64) -> DelegationInfo {
    let state = match one.state_at(now) {
        Standing::Invited => "invited",
        Standing::Active => "active",
        Standing::Refused => "refused",
        Standing::Ended => "ended",
    };
    DelegationInfo {
        id: one.id,
        account_id: one.account,
        name,
        role: one.role,
        state: state.into(),
        from: one.from_at,
        to: one.to_at,
        used_at: one.used_at,
        ended_at: one.end_at(now),
        reason: one.reason,
    }
}

/// `GET /api/accounts/{account}/delegations`.
pub async fn given(AxumState(state): AxumState<State>, acting: Acting<Manage>) -> Result<Json<Vec<DelegationInfo>>, Error> {
    let now = state.clock.now_ms();
    let list = state.store.delegations(acting.account()).await?.into_iter();
    Ok(Json(list.map(|one| (one.name.clone(), one)).map(|(name, one)| info(one, name, now)).collect()))
}

/// `GET /api/delegations`.
pub async fn received(AxumState(state): AxumState<State>, caller: Caller) -> Result<Json<Vec<DelegationInfo>>, Error> {
    let now = state.clock.now_ms();
    let mut list = Vec::new();
    for one in state.store.delegations_received(caller.person).await? {
        let name = state.store.account(one.account).await?.name;
        list.push(info(one, name, now));
    }
    Ok(Json(list))
}

/// `DELETE /api/accounts/{account}/delegations/{delegation}`.
pub async fn end(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let id: DelegationId = id.parse().map_err(|_| Error::NotFound)?;
    match delegation::end(&state, &acting, id).await {
        Ok(()) | Err(DelegationError::Gone | DelegationError::Field { .. }) => Ok(StatusCode::NO_CONTENT),
        // Asked twice, or never there: what was wanted is so.
        Err(DelegationError::Store(error)) if error.is_not_found() => Ok(StatusCode::NO_CONTENT),
        Err(DelegationError::Store(error)) => Err(error.into()),
        Err(DelegationError::Internal(error)) => Err(error.into()),
    }
}

/// A draft for somebody who may send.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HandIn {
    email_id: Option<String>,
}

/// `POST /api/accounts/{account}/reviews`: hands a draft in.
pub async fn hand_in(
    AxumState(state): AxumState<State>,
    acting: Acting<Draft>,
    JsonBody(asked): JsonBody<HandIn>,
) -> Result<StatusCode, Error> {
    let draft = asked.email_id.and_then(|id| id.parse().ok()).ok_or_else(|| {
        let (field, code) = ("emailId".into(), "required".into());
        Error::Fields(vec![FieldError { field, code, params: Vec::new() }])
    })?;
    match review::ask(&state, &acting, draft).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => drafts::refused(error).and(Err(Error::NotFound)),
    }
}
