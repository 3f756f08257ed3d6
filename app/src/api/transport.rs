//! How a request travels: `fetch` in the browser, the server's own functions in process while it renders.

use async_trait::async_trait;
use serde_json::Value;
use wire::{Problem, jmap};

use super::compose::Composer;

/// What the server gives the pages it renders (by context, as `Arc<dyn Backend>`), for the person who asks.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Answers a JMAP request (RFC 8620 §3.3) with the rights of the person.
    async fn jmap(&self, request: jmap::Request) -> Result<jmap::Response, Problem>;
    /// What a composer of the page being rendered starts with.
    fn composer(&self) -> Composer;
    /// Answers a portal request (`GET /api/me`).
    async fn portal(&self, method: &'static str, path: String, body: Option<Value>) -> Result<Value, Problem>;
}

/// True where pages are rendered before they reach the browser.
pub const ON_SERVER: bool = cfg!(feature = "ssr");

#[cfg(feature = "ssr")]
pub use server::Api;

#[cfg(feature = "ssr")]
mod server {
    use super::*;
    use std::sync::Arc;

    /// The client: in process on the server.
    #[derive(Clone)]
    pub struct Api(Option<Arc<dyn Backend>>);

    impl Api {
        /// Takes the backend from the context of the page being rendered.
        pub fn from_context() -> Self {
            Self(leptos::prelude::use_context())
        }

        /// The same client for what no act of a person caused; on the server the page itself was asked for.
        pub fn automatic(&self) -> Self {
            self.clone()
        }

        /// Sends a JMAP batch; fails with what the backend answers.
        pub async fn jmap(&self, request: jmap::Request) -> Result<jmap::Response, Problem> {
            self.backend()?.jmap(request).await
        }

        /// Sends a portal request; fails with what the backend answers.
        pub async fn portal(&self, method: &'static str, path: &str, body: Option<Value>) -> Result<Value, Problem> {
            self.backend()?.portal(method, path.to_owned(), body).await
        }

        /// What a composer drawn now starts with besides its draft.
        pub fn composer(&self) -> Composer {
            self.0.as_ref().map(|backend| backend.composer()).unwrap_or_default()
        }

        fn backend(&self) -> Result<Arc<dyn Backend>, Problem> {
            self.0.clone().ok_or_else(|| Problem::new("no-backend", 500, "No backend in the page's context"))
        }
    }
}

#[cfg(not(feature = "ssr"))]
pub use browser::Api;

#[cfg(not(feature = "ssr"))]
mod browser {
    use super::*;

    /// The client: `fetch` in the browser.
    #[derive(Clone, Copy, Default)]
    pub struct Api {
        automatic: bool,
    }

    impl Api {
        /// The browser needs nothing from the context: the session is in its cookie.
        pub fn from_context() -> Self {
            Self::default()
        }

        /// Nothing: what is written here is sent by the page itself.
        pub fn composer(&self) -> Composer {
            Composer::default()
        }

        /// The same client for what no act of a person caused: it does not extend the session.
        pub fn automatic(&self) -> Self {
            Self { automatic: true }
        }

        /// Sends a JMAP batch; fails with the problem document answered, or with status 0 when nothing was.
        pub async fn jmap(&self, request: jmap::Request) -> Result<jmap::Response, Problem> {
            let body = serde_json::to_string(&request).map_err(unreadable)?;
            let text = self.fetch("POST", "/jmap", Some(body)).await?;
            jmap::Response::read(&text).map_err(unreadable)
        }

        /// Sends a portal request; fails as `jmap` does.
        pub async fn portal(&self, method: &'static str, path: &str, body: Option<Value>) -> Result<Value, Problem> {
            let text = self.fetch(method, path, body.map(|body| body.to_string())).await?;
            if text.is_empty() {
                return Ok(Value::Null);
            }
            serde_json::from_str(&text).map_err(unreadable)
        }

        async fn fetch(&self, method: &str, path: &str, body: Option<String>) -> Result<String, Problem> {
            let (status, text) = crate::browser::net::fetch(method, path, body, self.automatic)
                .await
                .ok_or_else(|| Problem::new("offline", 0, "No answer"))?;
            if (200..300).contains(&status) {
                if !self.automatic {
                    crate::browser::clock::touch();
                }
                return Ok(text);
            }
            let problem = wire::read::<Problem>(&text);
            Err(problem.unwrap_or_else(|_| Problem::new("http", status, format!("HTTP {status}"))))
        }
    }

    fn unreadable(error: serde_json::Error) -> Problem {
        Problem::new("unreadable-answer", 502, error.to_string())
    }
}
