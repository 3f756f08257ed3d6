//! The provider as it describes itself: its document fetched from the path it really has, its issuer compared, its keys.

use std::{
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail};
use jsonwebtoken::{Algorithm, jwk::JwkSet};
use serde::Deserialize;

use super::PscError;
use crate::{config, outside};

/// Metadata and keys are believed for so long.
const FRESH_MS: i64 = 10 * 60_000;
/// Keys are fetched again for an unknown key at most this often.
const KEYS_AGAIN_MS: i64 = 5_000;
/// Documents of the provider, at most.
const DOCUMENT: usize = 256 * 1024;

/// What we use of the provider's metadata (OpenID Connect Discovery 1.0 §3).
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    #[serde(default)]
    pub end_session_endpoint: Option<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 8705 §5.
    #[serde(default)]
    mtls_endpoint_aliases: Option<Aliases>,
}

#[derive(Debug, Clone, Deserialize)]
struct Aliases {
    #[serde(default)]
    token_endpoint: Option<String>,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(i64, Arc<Metadata>)>,
    keys: Option<(i64, Arc<JwkSet>)>,
}

/// The provider and how we are known there. What is remembered of it is only a copy of its documents.
pub struct Psc {
    pub issuer: String,
    pub(super) client_id: String,
    pub(super) secret: config::Secret,
    pub(super) certificate: bool,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) http: reqwest::Client,
    discovery: String,
    levels: Vec<String>,
    known: Mutex<Known>,
}

impl Psc {
    /// Takes the section `[psc]`; none when the provider is not configured. Nothing is connected yet.
    ///
    /// # Errors
    /// If a file or a value cannot be used.
    pub fn new(config: &config::Psc) -> anyhow::Result<Option<Self>> {
        let Some(discovery) = config.discovery_url.clone() else { return Ok(None) };
        let mut http = outside::builder(Duration::from_secs(u64::from(config.timeout_seconds)));
        if let Some(path) = &config.ca_file {
            let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).context("`psc.ca_file` cannot be used")? {
                http = http.add_root_certificate(certificate);
            }
        }
        if let Some(path) = &config.client_certificate_file {
            let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            http = http.identity(reqwest::Identity::from_pem(&pem).context("`psc.client_certificate_file` cannot be used")?);
        }
        let algorithms = config.algorithms.iter().map(|name| signing(name)).collect::<Result<_, _>>()?;
        Ok(Some(Self {
            issuer: config.issuer(),
            client_id: config.client_id.clone(),
            secret: config.client_secret.clone(),
            certificate: config.client_certificate_file.is_some(),
            algorithms,
            http: http.build().context("the HTTP client of `[psc]` cannot be made")?,
            discovery,
            levels: config.acr_accepted.clone(),
            known: Mutex::default(),
        }))
    }

    /// Is the person known surely enough?
    pub(super) fn accepts_level(&self, acr: &str) -> bool {
        self.levels.iter().any(|level| level == acr)
    }

    /// The provider's metadata, with its issuer compared.
    ///
    /// # Errors
    /// `Down`, or `Issuer` when the document is somebody else's.
    pub async fn metadata(&self, now: i64) -> Result<Arc<Metadata>, PscError> {
        let known = self.known().metadata.clone();
        if let Some((at, metadata)) = known
            && (0..FRESH_MS).contains(&(now - at))
        {
            return Ok(metadata);
        }
        let mut metadata: Metadata = self.document(&self.discovery, "metadata").await?;
        if metadata.issuer != self.issuer {
            return Err(PscError::Issuer);
        }
        if let (true, Some(aliases)) = (self.certificate, metadata.mtls_endpoint_aliases.take()) {
            metadata.token_endpoint = aliases.token_endpoint.unwrap_or(metadata.token_endpoint);
            metadata.userinfo_endpoint = aliases.userinfo_endpoint.unwrap_or(metadata.userinfo_endpoint);
        }
        let used = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.userinfo_endpoint,
            &metadata.jwks_uri,
            metadata.end_session_endpoint.as_ref().unwrap_or(&metadata.token_endpoint),
        ];
        if !used.into_iter().all(|address| outside::is_safe(address)) {
            return Err(PscError::Down("an endpoint without TLS"));
        }
        let metadata = Arc::new(metadata);
        self.known().metadata = Some((now, metadata.clone()));
        Ok(metadata)
    }

    /// The provider's keys; `unknown`: a key was not among them, so they may have changed.
    ///
    /// # Errors
    /// `Down`.
    pub(super) async fn keys(&self, now: i64, unknown: bool) -> Result<Arc<JwkSet>, PscError> {
        let metadata = self.metadata(now).await?;
        let known = self.known().keys.clone();
        let fresh = if unknown { KEYS_AGAIN_MS } else { FRESH_MS };
        if let Some((at, keys)) = known
            && (0..fresh).contains(&(now - at))
        {
            return Ok(keys);
        }
        let keys: Arc<JwkSet> = Arc::new(self.document(&metadata.jwks_uri, "keys").await?);
        self.known().keys = Some((now, keys.clone()));
        Ok(keys)
    }

    /// Never held while something is fetched: a provider that is slow holds back only who asks it.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn document<T: serde::de::DeserializeOwned>(&self, url: &str, what: &'static str) -> Result<T, PscError> {
        let answer = self.http.get(url).send().await.map_err(|_| PscError::Down(what))?;
        if !answer.status().is_success() {
            return Err(PscError::Down(what));
        }
        let body = outside::body(answer, DOCUMENT).await.map_err(|_| PscError::Down(what))?;
        serde_json::from_slice(&body).map_err(|_| PscError::Down(what))
    }
}

/// An algorithm that only the provider can sign with: never one with a shared secret.
fn signing(name: &str) -> anyhow::Result<Algorithm> {
    match name.parse() {
        Ok(Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) | Err(_) => {
            bail!("`psc.algorithms` may hold RS256, PS256, ES256 and their like, not `{name}`")
        }
        Ok(algorithm) => Ok(algorithm),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_secrets_sign_nothing() {
        assert!(signing("RS256").is_ok() && signing("ES384").is_ok());
        assert!(signing("HS256").is_err() && signing("none").is_err());
    }
}
