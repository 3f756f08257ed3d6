//! Where a public document comes from: a file, or an address. What is signed need not come over TLS.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::outside;

/// A document arrives within so long.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Octets of a document.
const MOST: usize = 64 << 20;

/// A file or an address.
pub enum Source {
    File(PathBuf),
    Address { url: String, http: reqwest::Client },
}

impl Source {
    /// Takes a setting, with authorities believed for the server besides the system's.
    ///
    /// # Errors
    /// When the file of authorities cannot be used.
    pub fn of(place: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        if !place.contains("://") {
            return Ok(Self::File(place.into()));
        }
        let mut http = outside::builder(TIMEOUT);
        if let Some(path) = ca {
            let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).context("`trust.list_ca_file` cannot be used")? {
                http = http.add_root_certificate(certificate);
            }
        }
        Ok(Self::Address { url: place.to_owned(), http: http.build()? })
    }

    /// As it was configured.
    pub fn name(&self) -> &str {
        match self {
            Self::File(path) => path.to_str().unwrap_or("?"),
            Self::Address { url, .. } => url,
        }
    }

    /// The document as it is now.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub async fn read(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::File(path) => {
                let bytes = tokio::fs::read(path).await.with_context(|| format!("cannot read {}", path.display()))?;
                if bytes.len() > MOST {
                    bail!("{} is larger than {MOST} octets", path.display());
                }
                Ok(bytes)
            }
            Self::Address { url, http } => {
                let answer = http.get(url).send().await.context("no answer")?;
                if !answer.status().is_success() {
                    bail!("the server answered {}", answer.status());
                }
                outside::body(answer, MOST).await
            }
        }
    }
}
