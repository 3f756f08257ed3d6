//! Sections `[relay]`, `[trust]` and `[scan]`: mail between operators, whom it is exchanged with, what looks for viruses.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::bail;
use relay::trust::{Name, domain};
use serde::Deserialize;

use super::Config;
use crate::outside;

/// What a process does. Several processes may share the work over one PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Pages and APIs.
    Web,
    /// Hands mail over to other operators.
    RelayOut,
    /// Takes mail from other operators.
    RelayIn,
    /// The outbox, notices, what recurs, the fetching of the white list.
    Jobs,
}

/// Mail between operators. Off without `certificate_file`.
#[derive(Debug, Clone, Deserialize)]
pub struct Relay {
    pub certificate_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    pub hostname: String,
    pub postmaster: String,
    pub listen: Vec<SocketAddr>,
    pub routes: Vec<String>,
    pub check_seconds: u32,
    pub message_octets: usize,
    pub memory_octets: usize,
    pub recipients: usize,
    pub connections: usize,
    pub connections_per_address: usize,
    pub connections_per_peer: usize,
    pub command_seconds: u32,
    pub message_seconds: u32,
    pub grace_seconds: u32,
}

/// Whom mail is exchanged with.
#[derive(Debug, Clone, Deserialize)]
pub struct Trust {
    pub list: String,
    pub list_ca_file: Option<PathBuf>,
    pub signer: String,
    pub roots_file: Option<PathBuf>,
    pub intermediates_file: Option<PathBuf>,
    pub crls: Vec<String>,
    pub every_minutes: u32,
    pub retry_minutes: u32,
    pub alarm_hours: u32,
    pub unusable_hours: u32,
    pub certificate_alarm_days: u32,
}

/// The scanner of attachments. Off without `clamd`.
#[derive(Debug, Clone, Deserialize)]
pub struct Scan {
    pub clamd: String,
    pub timeout_seconds: u32,
}

impl Relay {
    /// Is mail exchanged with other operators?
    pub fn is_on(&self) -> bool {
        self.certificate_file.is_some()
    }

    /// `domain=host:port` of each configured route; several of one domain are tried in order.
    pub fn routes(&self) -> impl Iterator<Item = (&str, (String, u16))> {
        self.routes.iter().filter_map(|route| {
            let (domain, to) = route.split_once('=')?;
            let (host, port) = to.trim().rsplit_once(':')?;
            Some((domain.trim(), (host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?)))
        })
    }
}

impl Config {
    /// Does this process have the role?
    pub fn has(&self, role: Role) -> bool {
        self.server.roles.contains(&role)
    }

    pub(super) fn check_relay(&self) -> anyhow::Result<()> {
        if self.server.roles.is_empty() {
            bail!("`server.roles` must name at least one of web, relay-out, relay-in, jobs");
        }
        if self.scan.timeout_seconds == 0 {
            bail!("`scan.timeout_seconds` must be more than zero");
        }
        if domain::normalise(&self.mss.patient_domain).as_deref() != Some(self.mss.patient_domain.as_str()) {
            bail!("`mss.patient_domain` must be a domain in lower case, such as patient.mssante.fr");
        }
        if self.quota.mailbox_octets != 0 && self.quota.mailbox_octets < self.limits.message_octets {
            bail!("`quota.mailbox_octets` must hold one message at least (`limits.message_octets`), or be 0");
        }
        if !self.relay.is_on() {
            if !self.relay.listen.is_empty() {
                bail!("`relay.listen` needs `relay.certificate_file`: other operators are spoken to over TLS only");
            }
            return Ok(());
        }
        self.check_trust()?;
        let relay = &self.relay;
        if relay.key_file.is_none() || domain::normalise(&relay.hostname).is_none_or(|name| !name.contains('.')) {
            bail!("`relay.key_file` and `relay.hostname` (a whole host name) are needed with `relay.certificate_file`");
        }
        if relay.routes().count() != relay.routes.len() || relay.routes().any(|(to, _)| domain::normalise(to).is_none()) {
            bail!("`relay.routes` holds a route that cannot be read: write domain=host:port");
        }
        let zeros = [relay.message_octets, relay.recipients, relay.connections, relay.connections_per_address];
        if zeros.contains(&0) || relay.connections_per_peer == 0 || relay.check_seconds == 0 {
            bail!("the limits of `[relay]` must be more than zero");
        }
        if relay.command_seconds == 0 || relay.message_seconds == 0 || relay.recipients < 100 {
            bail!("`relay.recipients` must be 100 at least (RFC 5321, 4.5.3.1.8), and times more than zero");
        }
        if relay.memory_octets < relay.message_octets {
            bail!("`relay.memory_octets` must hold one message at least (`relay.message_octets`)");
        }
        Ok(())
    }

    fn check_trust(&self) -> anyhow::Result<()> {
        let trust = &self.trust;
        if trust.list.is_empty() || trust.roots_file.is_none() || trust.crls.is_empty() {
            bail!("`trust.list`, `trust.roots_file` and `trust.crls` are needed with `relay.certificate_file`");
        }
        if trust.list.contains("://") && !outside::is_safe(&trust.list) {
            bail!("`trust.list` must be a file, or begin with https:// (http:// on this machine only)");
        }
        let readable =
            |place: &String| !place.contains("://") || ["http://", "https://"].iter().any(|s| place.starts_with(s));
        if !trust.crls.iter().all(readable) {
            bail!("`trust.crls` must hold files, or addresses that begin with http:// or https://");
        }
        if Name::parse(&trust.signer).is_none() {
            bail!("`trust.signer` must be a certificate's name or a part of it, such as CN=alb.mssante.fr");
        }
        if trust.every_minutes == 0 || trust.retry_minutes == 0 || trust.alarm_hours == 0 {
            bail!("`trust.every_minutes`, `trust.retry_minutes` and `trust.alarm_hours` must be more than zero");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Loaded};

    fn config(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
        Loaded::read(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))?.config()
    }

    const ON: [(&str, &str); 7] = [
        ("PLI_RELAY__CERTIFICATE_FILE", "mx.pem"),
        ("PLI_RELAY__KEY_FILE", "mx.key"),
        ("PLI_RELAY__HOSTNAME", "mx.pli.mssante.example"),
        ("PLI_TRUST__LIST", "https://liste.example/liste.xml"),
        ("PLI_TRUST__SIGNER", "CN=alb.mssante.example"),
        ("PLI_TRUST__ROOTS_FILE", "racine.pem"),
        ("PLI_TRUST__CRLS", "http://crl.example/a.crl, /srv/b.crl"),
    ];

    fn with(more: &[(&'static str, &'static str)]) -> anyhow::Result<Config> {
        config(&[&ON[..], more].concat())
    }

    #[test]
    fn off_until_there_is_a_certificate_and_then_whole() {
        assert!(!config(&[]).unwrap().relay.is_on());
        assert!(config(&[("PLI_RELAY__LISTEN", "127.0.0.1:25")]).is_err());
        assert!(with(&[]).unwrap().relay.is_on());
        for missing in 1..ON.len() {
            let rest: Vec<_> = ON.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, pair)| *pair).collect();
            // The signer's name has a default: the real one.
            assert_eq!(config(&rest).is_ok(), ON[missing].0 == "PLI_TRUST__SIGNER", "{}", ON[missing].0);
        }
    }

    #[test]
    fn routes_and_roles_are_read() {
        let config = with(&[
            ("PLI_RELAY__ROUTES", "autre.mssante.example=127.0.0.1:2526, a.fr=[::1]:25"),
            ("PLI_SERVER__ROLES", "relay-in"),
        ])
        .unwrap();
        let routes: Vec<_> = config.relay.routes().collect();
        assert_eq!(routes, [("autre.mssante.example", ("127.0.0.1".into(), 2526)), ("a.fr", ("::1".into(), 25))]);
        assert!(config.has(super::Role::RelayIn) && !config.has(super::Role::Web));
        for bad in [
            ("PLI_RELAY__ROUTES", "autre.mssante.example"),
            ("PLI_SERVER__ROLES", "everything"),
            ("PLI_SERVER__ROLES", ""),
            ("PLI_TRUST__LIST", "http://liste.example/liste.xml"),
            ("PLI_TRUST__CRLS", "ldap://x"),
            ("PLI_TRUST__SIGNER", "alb"),
            ("PLI_MSS__PATIENT_DOMAIN", "Patient"),
        ] {
            assert!(with(&[bad]).is_err(), "{bad:?}");
        }
    }
}
