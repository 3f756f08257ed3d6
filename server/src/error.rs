//! The one error of the edge: what a handler may answer instead of a result, as a problem document (RFC 9457).
//!
//! What is inside an error (SQL, files, addresses) is logged beside the request id and never sent.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use wire::{FieldError, Problem};

use crate::{auth::rights::RightError, portal, telemetry};

/// The code of `Error::ProofNeeded`.
pub const PROOF_NEEDED: &str = "proof-needed";

/// Everything a handler may refuse or fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No session, an expired one, or a token that is not one.
    #[error("not signed in")]
    Unauthenticated,
    /// A write with a cookie that does not come from our pages.
    #[error("the request does not come from this site")]
    CrossSite,
    /// Nothing here, or not for this person: both look the same.
    #[error("not found")]
    NotFound,
    /// The BAL may be read but not this way changed.
    #[error("this account may only be read")]
    ReadOnly,
    /// Signed in, but not with what this asks for.
    #[error("not allowed")]
    Forbidden,
    /// Signed in, but the terms of service in force wait for their acceptance.
    #[error("the terms of service are not accepted")]
    CguNotAccepted,
    /// A request that cannot be understood; the code is for screens.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// Understood, but some fields are refused.
    #[error("refused fields")]
    Fields(Vec<FieldError>),
    #[error("too large")]
    TooLarge,
    #[error("unsupported type of content")]
    UnsupportedType,
    #[error("no such method here")]
    MethodNotAllowed,
    #[error("changed by someone else meanwhile")]
    Conflict,
    /// Ask again after so many seconds.
    #[error("too many requests")]
    TooMany { seconds: u32 },
    #[error("took too long")]
    Timeout,
    /// Signed in, but too long ago for what concerns the access itself.
    #[error("a fresh proof of identity is needed")]
    ProofNeeded,
    /// A part of the service is away for now.
    #[error("not available now: {0}")]
    Unavailable(&'static str),
    /// A problem made elsewhere (JMAP's request level errors, RFC 8620 §3.6.1).
    #[error("{0}")]
    Problem(Problem),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl From<RightError> for Error {
    fn from(error: RightError) -> Self {
        match error {
            RightError::NotFound => Self::NotFound,
            RightError::ReadOnly => Self::ReadOnly,
            RightError::Store(error) => Self::from(error),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Error {
    /// The stable code that screens translate, and the HTTP status.
    pub fn code(&self) -> (&str, StatusCode) {
        match self {
            Self::Unauthenticated => ("unauthenticated", StatusCode::UNAUTHORIZED),
            Self::CrossSite => ("bad-origin", StatusCode::FORBIDDEN),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND),
            Self::ReadOnly => ("account-read-only", StatusCode::FORBIDDEN),
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN),
            Self::CguNotAccepted => (portal::cgu::NOT_ACCEPTED, StatusCode::FORBIDDEN),
            Self::BadRequest(code) => (code, StatusCode::BAD_REQUEST),
            Self::Fields(_) => ("invalid-fields", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedType => ("unsupported-type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::MethodNotAllowed => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::Conflict => ("conflict", StatusCode::CONFLICT),
            Self::TooMany { .. } => ("too-many", StatusCode::TOO_MANY_REQUESTS),
            Self::ProofNeeded => (PROOF_NEEDED, StatusCode::FORBIDDEN),
            Self::Timeout => ("timeout", StatusCode::SERVICE_UNAVAILABLE),
            Self::Unavailable(code) => (code, StatusCode::SERVICE_UNAVAILABLE),
            Self::Problem(problem) => {
                (problem.code(), StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST))
            }
            Self::Store(store::Error::NotFound) => ("not-found", StatusCode::NOT_FOUND),
            Self::Store(store::Error::Conflict { .. }) => ("conflict", StatusCode::CONFLICT),
            Self::Store(store::Error::Limit { .. }) => ("too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::Store(error) if error.is_transient() => ("busy", StatusCode::SERVICE_UNAVAILABLE),
            Self::Store(_) | Self::Internal(_) => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The problem document, with the id of the request being served.
    pub fn into_problem(self) -> Problem {
        let (code, status) = self.code();
        if status.is_server_error() {
            tracing::error!(error = %self.inside(), code, "request failed");
        }
        let title = status.canonical_reason().unwrap_or("Error");
        let mut problem = Problem::new(code, status.as_u16(), title);
        match self {
            Self::Fields(errors) => problem.errors = errors,
            Self::Problem(inner) => problem = inner,
            _ => {}
        }
        problem.request_id = telemetry::request_id();
        problem
    }

    /// What happened, for the log only. Store errors never carry content.
    fn inside(&self) -> String {
        match self {
            Self::Store(error) => format!("{error:?}"),
            Self::Internal(error) => format!("{error:#}"),
            other => other.to_string(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let wait = match &self {
            Self::TooMany { seconds } => Some(*seconds),
            Self::Store(error) if error.is_transient() => Some(1),
            _ => None,
        };
        let unauthenticated = matches!(self, Self::Unauthenticated);
        let problem = self.into_problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"pli\""));
        }
        response.extensions_mut().insert(problem);
        response
    }
}
