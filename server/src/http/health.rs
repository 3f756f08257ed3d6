//! Is the process alive, and can it serve? Without details: these pages are open to everyone.

use axum::{
    extract::State as AxumState,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::state::State;

/// `GET /healthz`.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers.
pub async fn ready(AxumState(state): AxumState<State>) -> (StatusCode, &'static str) {
    match state.store.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::warn!(error = ?error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}

/// `GET /metrics`, on its own listener.
pub async fn metrics(AxumState(state): AxumState<State>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.text()).into_response()
}
