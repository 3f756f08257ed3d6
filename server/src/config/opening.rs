//! Sections `[psc]` and `[opening]`: the national identity provider, and who may open a BAL where.

use std::path::PathBuf;

use anyhow::bail;
use serde::Deserialize;

use super::{Config, Secret};
use crate::outside;

/// The identity provider (Pro Santé Connect). Off without `discovery_url`.
#[derive(Debug, Clone, Deserialize)]
pub struct Psc {
    pub discovery_url: Option<String>,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    pub client_certificate_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    pub scope: String,
    pub acr_values: String,
    pub acr_accepted: Vec<String>,
    pub algorithms: Vec<String>,
    pub timeout_seconds: u32,
}

impl Psc {
    /// Can one sign in with it?
    pub fn is_on(&self) -> bool {
        self.discovery_url.is_some()
    }

    /// The configured issuer, or what stands before `/.well-known/` in the address of its document.
    pub fn issuer(&self) -> String {
        let from_document = self.discovery_url.as_deref().unwrap_or_default().split("/.well-known/").next();
        if self.issuer.is_empty() { from_document.unwrap_or_default().to_owned() } else { self.issuer.clone() }
    }
}

/// Who may open a BAL, where.
#[derive(Debug, Clone, Deserialize)]
pub struct Opening {
    pub domains: Vec<String>,
    pub refused_categories: Vec<String>,
    pub hours: u32,
}

impl Opening {
    /// The domain of a profession, by its code.
    pub fn domain(&self, profession: &str) -> Option<&str> {
        self.pairs().find_map(|(code, domain)| (code == profession).then_some(domain))
    }

    /// Every domain in which BALs are opened.
    pub fn all_domains(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(_, domain)| domain)
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.domains.iter().filter_map(|pair| pair.split_once('=')).map(|(code, domain)| (code.trim(), domain.trim()))
    }
}

impl Config {
    /// Can people open a BAL by themselves?
    pub fn is_open(&self) -> bool {
        self.psc.is_on() && !self.opening.domains.is_empty()
    }

    pub(super) fn check_opening(&self) -> anyhow::Result<()> {
        let psc = &self.psc;
        if let Some(url) = &psc.discovery_url {
            if !outside::is_safe(url) || !outside::is_safe(&psc.issuer()) {
                bail!("`psc.discovery_url` and `psc.issuer` must begin with https:// (http:// on this machine only)");
            }
            if psc.client_id.is_empty() || psc.client_secret.reveal().is_empty() && psc.client_certificate_file.is_none() {
                bail!(
                    "`psc.client_id` and `psc.client_secret` or `psc.client_certificate_file` are needed with `psc.discovery_url`"
                );
            }
            if psc.timeout_seconds == 0 || psc.algorithms.is_empty() || psc.acr_accepted.is_empty() {
                bail!("`psc.timeout_seconds`, `psc.algorithms` and `psc.acr_accepted` may not be empty");
            }
        }
        let whole =
            |domain: &str| domain.contains('.') && !domain.contains(['@', ' ', '*']) && domain == domain.to_lowercase();
        let wrong = |pair: &&String| {
            pair.split_once('=').is_none_or(|(code, domain)| code.trim().is_empty() || !whole(domain.trim()))
        };
        if let Some(bad) = self.opening.domains.iter().find(wrong) {
            bail!("`opening.domains` holds `{bad}`: write code=domain, such as 10=medecin.mssante.example");
        }
        if self.opening.hours == 0 {
            bail!("`opening.hours` must be more than zero");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Loaded;

    fn config(pairs: &[(&str, &str)]) -> anyhow::Result<crate::config::Config> {
        Loaded::read(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))?.config()
    }

    const ON: [(&str, &str); 3] = [
        ("PLI_PSC__DISCOVERY_URL", "https://auth.example/realms/x/.well-known/wallet-openid-configuration"),
        ("PLI_PSC__CLIENT_ID", "pli"),
        ("PLI_PSC__CLIENT_SECRET", "s"),
    ];

    #[test]
    fn the_issuer_stands_before_the_well_known_path() {
        assert_eq!(config(&ON).unwrap().psc.issuer(), "https://auth.example/realms/x");
        assert!(!config(&[]).unwrap().psc.is_on());
        assert!(config(&ON[..2]).is_err());
        assert!(config(&[ON[1], ON[2], (ON[0].0, "http://auth.example/.well-known/x")]).is_err());
    }

    #[test]
    fn professions_have_their_domain() {
        let config = |text| config(&[("PLI_OPENING__DOMAINS", text)]);
        let good = config("10=medecin.mssante.example, 60 = infirmier.mssante.example").unwrap();
        assert_eq!(good.opening.domain("60"), Some("infirmier.mssante.example"));
        assert_eq!(good.opening.domain("6"), None);
        for bad in ["medecin.mssante.example", "10=", "10=Medecin.fr", "=a.fr", "10=a@b.fr"] {
            assert!(config(bad).is_err(), "{bad}");
        }
    }
}
