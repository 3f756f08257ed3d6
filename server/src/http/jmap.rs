//! The JMAP endpoints (RFC 8620): session, API, uploads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Json,
    body::Body,
    extract::State as AxumState,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde_json::{Value, json};
use wire::{Problem, id::PersonId};

use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Draft},
    },
    error::Error,
    jmap::{self, request, session},
    state::State,
};

/// Uploads of one person at the same time.
pub const MAX_CONCURRENT_UPLOAD: usize = 4;
/// How long an upload waits to be used.
const UPLOAD_MS: i64 = 24 * 3600 * 1000;

/// How many requests and uploads of each person run now, in this process.
#[derive(Debug, Clone, Default)]
pub struct Gates(Arc<Mutex<HashMap<(PersonId, bool), usize>>>);

/// A place taken in a gate; given back when dropped.
pub struct Place {
    gates: Gates,
    key: (PersonId, bool),
}

impl Gates {
    fn enter(&self, person: PersonId, upload: bool, max: usize) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (person, upload);
        let count = counts.entry(key).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Place { gates: self.clone(), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.gates.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

/// `GET /.well-known/jmap` and `GET /jmap/session`.
pub async fn session(AxumState(state): AxumState<State>, caller: Caller) -> Result<Response, Error> {
    let object = session::object(&state, &caller).await?;
    let mut response = Json(object).into_response();
    let cache = HeaderValue::from_static("no-cache, no-store, must-revalidate");
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    Ok(response)
}

/// A refusal at the level of the request (RFC 8620 §3.6.1).
fn refused(problem: Problem) -> Error {
    Error::Problem(problem)
}

/// `POST /jmap`.
pub async fn api(
    AxumState(state): AxumState<State>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Error> {
    let place = state.gates.enter(caller.person, false, request::MAX_CONCURRENT);
    let _place = place.ok_or_else(|| refused(request::limit("maxConcurrentRequests")))?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let body = collect(body, request::MAX_SIZE).await.map_err(|fault| match fault {
        BodyFault::TooLarge => refused(request::limit("maxSizeRequest")),
        BodyFault::Broken => refused(request::refusal("notJSON", 400, "The body did not arrive whole")),
    })?;
    let request = request::read(content_type, &body).map_err(refused)?;
    let response = jmap::handle(&state, &caller, request).await.map_err(refused)?;
    serde_json::to_value(response).map(Json).map_err(|error| Error::Internal(error.into()))
}

enum BodyFault {
    TooLarge,
    Broken,
}

async fn collect(body: Body, max: usize) -> Result<Bytes, BodyFault> {
    let mut stream = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| BodyFault::Broken)?;
        if whole.len() + piece.len() > max {
            return Err(BodyFault::TooLarge);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// `POST /jmap/upload/{account}` (RFC 8620 §6.1).
pub async fn upload(
    AxumState(state): AxumState<State>,
    acting: Acting<Draft>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let place = state.gates.enter(acting.caller().person, true, MAX_CONCURRENT_UPLOAD);
    let _place = place.ok_or_else(|| refused(request::limit("maxConcurrentUpload")))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("application/octet-stream");
    let kind: String = kind.chars().take(200).collect();
    let max = state.config.limits.upload_octets as usize;
    let content = collect(body, max).await.map_err(|fault| match fault {
        BodyFault::TooLarge => refused(too_large()),
        BodyFault::Broken => Error::BadRequest("upload-broken"),
    })?;
    let (account, size) = (acting.account(), content.len());
    // It may have taken minutes to arrive.
    rights::acting::<Draft>(&state, acting.caller(), account).await?;
    let blob = state.store.blob_put(account, content).await?;
    state.store.upload_record(account, blob, &kind, state.clock.now_ms() + UPLOAD_MS).await?;
    let answer = json!({"accountId": account, "blobId": blob.to_string(), "type": kind, "size": size});
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn too_large() -> Problem {
    let mut problem = request::limit("maxSizeUpload");
    problem.status = 413;
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let gates = Gates::default();
        let person = PersonId(1);
        let first = gates.enter(person, false, 1);
        assert!(first.is_some());
        assert!(gates.enter(person, false, 1).is_none());
        assert!(gates.enter(person, true, 1).is_some());
        drop(first);
        assert!(gates.enter(person, false, 1).is_some());
    }
}
