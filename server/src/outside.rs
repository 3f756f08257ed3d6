//! How this server speaks to services outside by HTTP: within a time, over TLS unless they stand on the loopback,
//! following no redirection and no proxy, and never reading more than expected.

use std::time::Duration;

use anyhow::{Context, bail};

/// A client's beginning: times and security are set.
pub fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("Pli/", env!("CARGO_PKG_VERSION")))
}

/// May this address be spoken to: over TLS, or on this very machine.
pub fn is_safe(address: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(address) else { return false };
    let here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    url.username().is_empty() && (url.scheme() == "https" || url.scheme() == "http" && here)
}

/// The body of an answer, of `most` octets at most.
///
/// # Errors
/// When the connection breaks or more comes.
pub async fn body(mut answer: reqwest::Response, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.context("the answer broke off")? {
        if body.len() + piece.len() > most {
            bail!("the answer is larger than {most} octets");
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine() {
        for good in ["https://auth.example/a", "http://127.0.0.1:3800/token", "http://localhost:1/", "http://[::1]:2/x"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in
            ["http://auth.example/", "ftp://127.0.0.1/", "auth.example", "http://127.0.0.1.evil.example/", "https://a@b.fr/"]
        {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
