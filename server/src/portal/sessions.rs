//! Where one is signed in, and ending it: here, there, everywhere.

use axum::{
    Json,
    extract::{Path, State as AxumState},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use wire::{
    id::SessionId,
    portal::{SignOut, SignedIn, Stay},
};

use crate::{
    auth::{Caller, sessions::Live},
    clock,
    error::Error,
    http::extract::{self, Json as JsonBody},
    state::State,
};

/// Every live session of the person, the current one first, then the latest seen.
///
/// # Errors
/// The store's.
pub async fn list(state: &State, caller: &Caller) -> Result<Vec<SignedIn>, Error> {
    let zone = state.store.preferences(caller.person).await?.zone;
    let idle = i64::from(state.config.sessions.idle_minutes) * 60_000;
    let mut sessions = state.store.sessions(caller.person, idle).await?;
    sessions.sort_by_key(|session| (Some(session.id) != caller.session, -session.seen_at));
    let signed_in = |session: store::Session| SignedIn {
        id: session.id,
        current: Some(session.id) == caller.session,
        created_local: clock::local_minutes(session.created_at, &zone),
        seen_local: clock::local_minutes(session.seen_at, &zone),
        agent: session.agent,
    };
    Ok(sessions.into_iter().map(signed_in).collect())
}

/// Ends one session of the caller.
///
/// # Errors
/// `NotFound` when it is nobody's or someone else's; the store's.
pub async fn revoke(state: &State, caller: &Caller, session: SessionId) -> Result<(), Error> {
    if state.store.session_revoke(caller.actor(), caller.person, session).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// Ends the caller's own session, or all of them.
///
/// # Errors
/// `Forbidden` for a caller without a session, unless everywhere; the store's.
pub async fn end(state: &State, caller: &Caller, everywhere: bool) -> Result<(), Error> {
    if everywhere {
        return Ok(state.store.sessions_revoke_all(caller.actor(), caller.person).await?);
    }
    revoke(state, caller, caller.session.ok_or(Error::Forbidden)?).await
}

/// `GET /api/sessions`.
pub async fn get(AxumState(state): AxumState<State>, caller: Caller) -> Result<Json<Vec<SignedIn>>, Error> {
    Ok(Json(list(&state, &caller).await?))
}

/// `DELETE /api/sessions/{session}`.
pub async fn delete(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<StatusCode, Error> {
    revoke(&state, &caller, session.parse().map_err(|_| Error::NotFound)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/session/stay`: an act of the person that only extends the session.
pub async fn stay(live: Live) -> Json<Stay> {
    Json(Stay { idle_seconds: live.idle_seconds, absolute_seconds: live.absolute_seconds })
}

/// `POST /api/sign-out`.
pub async fn sign_out(
    AxumState(state): AxumState<State>,
    caller: Caller,
    JsonBody(what): JsonBody<SignOut>,
) -> Result<Response, Error> {
    end(&state, &caller, what.everywhere).await?;
    let gone = extract::set_cookie(extract::SESSION_COOKIE, "", 0)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}
