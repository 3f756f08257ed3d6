//! Configuration: a TOML file, each setting also as `PLI_SECTION__KEY` in the environment, which wins.
//!
//! `SETTINGS` lists every setting with what it does: unknown keys are refused with it, `pli config check` explains
//! with it.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::Deserialize;

pub mod delegation;
pub mod opening;
pub mod organisation;
pub mod portal;
pub mod relay;
pub mod relay_out;
mod settings;

pub use delegation::Delegations;
pub use opening::{Opening, Psc};
pub use organisation::Organisations;
pub use relay::{Relay, Role, Scan, Trust};
pub use relay_out::{RatesConfig, RelayOut};
pub use settings::{Kind, SETTINGS, Setting};

/// A setting that is not for eyes: `Debug` hides it.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself. Never log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(none)" } else { "(hidden)" })
    }
}

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    pub server: Server,
    pub keys: Keys,
    pub web: Web,
    pub smtp: Smtp,
    pub relay: Relay,
    pub relay_out: RelayOut,
    pub rates: RatesConfig,
    pub trust: Trust,
    pub scan: Scan,
    pub mss: Mss,
    pub quota: Quota,
    pub limits: Limits,
    pub sessions: Sessions,
    pub codes: Codes,
    pub sign_in: SignIn,
    pub sms: Sms,
    pub closing: Closing,
    pub psc: Psc,
    pub opening: Opening,
    pub delegation: Delegations,
    pub organisation: Organisations,
    pub tls: portal::Tls,
    pub legal: portal::Legal,
    pub support: portal::Support,
    pub maintenance: portal::Maintenance,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    pub roles: Vec<Role>,
    pub listen: Vec<SocketAddr>,
    /// Empty: no counters.
    pub metrics: Option<SocketAddr>,
    pub data_dir: PathBuf,
    pub database: Secret,
    pub blobs: String,
    pub site_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Keys {
    pub master_file: PathBuf,
    pub anchor_file: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Web {
    pub public_url: String,
    pub trusted_proxies: Vec<IpAddr>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Smtp {
    pub url: Secret,
    pub from: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Mss {
    pub product: String,
    pub patient_domain: String,
    /// What Mon espace santé takes at most.
    pub patient_octets: u64,
    /// 0: never by itself.
    pub patient_close_days: u32,
    /// 1: matricules of tests and demonstrations are taken, with a warning.
    pub test_identities: u32,
}

impl Mss {
    /// Are matricules that stand for nobody taken?
    pub fn takes_tests(&self) -> bool {
        self.test_identities != 0
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Quota {
    /// 0: without limit.
    pub mailbox_octets: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Limits {
    pub message_octets: u64,
    pub upload_octets: u64,
    pub recipients: usize,
    pub hashing_at_once: usize,
    pub slow_step_ms: u64,
    pub slow_max_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Sessions {
    pub idle_minutes: u32,
    pub absolute_hours: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Codes {
    pub minutes: u32,
    pub tries: u32,
    pub resend_seconds: u32,
}

/// Which means of sign-in are on. Sources: PGSSI-S, référentiel d'identification électronique (arrêté of 28/03/2022): from
/// 01/01/2026 professionals enter by Pro Santé Connect, an eIDAS substantial means or one homologated by the structure;
/// CNIL and ANSSI advise against SMS. What is allowed differs by date and user: so it is a list.
#[derive(Debug, Clone, Deserialize)]
pub struct SignIn {
    pub means: Vec<String>,
    pub fresh_minutes: u32,
    pub link_minutes: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Sms {
    pub url: String,
    pub secret: Secret,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Closing {
    pub days: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Json,
    Text,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    File(PathBuf),
    Environment(String),
    /// An option of the command line.
    Command,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Command => f.write_str("command line"),
        }
    }
}

/// The values as they were found, before they become a `Config`.
#[derive(Debug, Clone)]
pub struct Loaded {
    values: BTreeMap<&'static str, (toml::Value, Source)>,
}

impl Loaded {
    /// Reads the file, if any, then the environment.
    ///
    /// # Errors
    /// One sentence that names the key, its place and what would be right.
    pub fn read(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut loaded = Self { values: BTreeMap::new() };
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            loaded.add_file(&text, path).with_context(|| format!("in {}", path.display()))?;
        }
        loaded.add_environment(environment)?;
        Ok(loaded)
    }

    fn add_file(&mut self, text: &str, path: &Path) -> anyhow::Result<()> {
        let table: toml::Table = text.parse()?;
        for (section, entries) in table {
            let toml::Value::Table(entries) = entries else {
                bail!("`{section}` must be a section: write [{section}] and its keys below");
            };
            for (key, value) in entries {
                let setting = known(&format!("{section}.{key}"))?;
                setting.kind.check(&value).with_context(|| format!("`{}`", setting.name))?;
                self.values.insert(setting.name, (value, Source::File(path.to_owned())));
            }
        }
        Ok(())
    }

    fn add_environment(&mut self, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<()> {
        for (name, text) in environment {
            let Some(rest) = name.strip_prefix("PLI_") else { continue };
            let Some((section, key)) = rest.split_once("__") else { continue };
            let key = format!("{}.{}", section.to_lowercase(), key.to_lowercase());
            let setting = known(&key).with_context(|| format!("environment variable {name}"))?;
            let value = setting.kind.parse(&text).with_context(|| format!("environment variable {name}"))?;
            self.values.insert(setting.name, (value, Source::Environment(name)));
        }
        Ok(())
    }

    /// Sets a value from an option of the command line.
    ///
    /// # Errors
    /// If there is no such setting or the text is not of its kind.
    pub fn set(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        let setting = known(name)?;
        self.values.insert(setting.name, (setting.kind.parse(text)?, Source::Command));
        Ok(())
    }

    /// The value of a setting: set, or its default (which may depend on the data directory).
    fn value(&self, setting: &Setting) -> (toml::Value, Source) {
        if let Some(found) = self.values.get(setting.name) {
            return found.clone();
        }
        let data = match self.values.get("server.data_dir") {
            Some((toml::Value::String(path), _)) => path.trim_end_matches('/').to_owned(),
            _ => "pli-data".to_owned(),
        };
        let text = setting.default.replace("{data}", &data);
        let value = setting.kind.parse(&text).unwrap_or(toml::Value::String(text));
        (value, Source::Default)
    }

    /// The configuration these values make.
    ///
    /// # Errors
    /// One sentence: which setting cannot be used, and why.
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut table = toml::Table::new();
        for setting in SETTINGS {
            let (value, _) = self.value(setting);
            let (section, key) = setting.name.split_once('.').unwrap_or((setting.name, ""));
            if setting.optional && value.as_str() == Some("") {
                continue;
            }
            let entry = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(entries) = entry {
                entries.insert(key.into(), value);
            }
        }
        let config: Config = toml::Value::Table(table).try_into().context("a setting has a value it cannot have")?;
        config.check()?;
        Ok(config)
    }

    /// Every setting with its value, its source and what it does, for `pli config check`. Secrets are hidden.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        for setting in SETTINGS {
            let (value, source) = self.value(setting);
            let shown = match (&value, setting.secret) {
                (toml::Value::String(text), _) if text.is_empty() => "(none)".into(),
                (toml::Value::String(text), true) if !is_bare_address(text) => "(hidden)".into(),
                (value, _) => value.to_string(),
            };
            out.push_str(&format!("{} = {shown}\n    {source}. {}\n", setting.name, setting.about));
        }
        out
    }
}

/// A secret setting that holds no secret: the address of a database or of a mail server without anybody's password.
fn is_bare_address(text: &str) -> bool {
    let address = ["sqlite:", "postgres://", "smtp://", "smtps://"].iter().any(|scheme| text.starts_with(scheme));
    address && !text.contains(['@', '?'])
}

fn known(name: &str) -> anyhow::Result<&'static Setting> {
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
        return Ok(setting);
    }
    let section = name.split('.').next().unwrap_or_default();
    let near: Vec<_> = SETTINGS.iter().map(|s| s.name).filter(|s| s.split('.').next() == Some(section)).collect();
    if near.is_empty() {
        let mut sections: Vec<_> = SETTINGS.iter().filter_map(|s| s.name.split('.').next()).collect();
        sections.dedup();
        bail!("unknown setting `{name}`: there is no section [{section}] (there are {})", sections.join(", "));
    }
    bail!("unknown setting `{name}`: [{section}] has {}", near.join(", "))
}

impl Config {
    /// Reads the file and this process's environment.
    ///
    /// # Errors
    /// As `Loaded::read` and `Loaded::config`.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Loaded::read(file, std::env::vars())?.config()
    }

    /// Scheme and authority of the public address, as browsers send it in `Origin`.
    pub fn origin(&self) -> &str {
        self.web.public_url.trim_end_matches('/')
    }

    /// Is the service reached over TLS (so that browsers may be told to insist)?
    pub fn is_https(&self) -> bool {
        self.web.public_url.starts_with("https://")
    }

    fn check(&self) -> anyhow::Result<()> {
        let rest = self.web.public_url.strip_prefix("https://").or(self.web.public_url.strip_prefix("http://"));
        let authority = rest.map(|rest| rest.trim_end_matches('/'));
        if authority.is_none_or(|a| a.is_empty() || a.contains(['/', '?', '#', ' ', '@'])) {
            bail!("`web.public_url` must be http(s)://host[:port] without a path, as browsers reach the service");
        }
        if self.server.listen.is_empty() {
            bail!("`server.listen` must name at least one address, such as 127.0.0.1:3000");
        }
        let database = self.server.database.reveal();
        if !database.starts_with("sqlite:") && !database.starts_with("postgres://") {
            bail!("`server.database` must begin with sqlite: or postgres://");
        }
        if !self.server.blobs.starts_with("file:") {
            bail!("`server.blobs` must begin with file:");
        }
        let data = &self.server.data_dir;
        if self.keys.master_file.starts_with(data) || self.keys.anchor_file.starts_with(data) {
            bail!(
                "`keys.master_file` and `keys.anchor_file` must stand outside `server.data_dir`: a backup never holds them"
            );
        }
        let smtp = self.smtp.url.reveal();
        if !smtp.is_empty() && !smtp.starts_with("smtp://") && !smtp.starts_with("smtps://") {
            bail!("`smtp.url` must begin with smtp:// or smtps://");
        }
        wire::check::address(wire::check::bare_address(&self.smtp.from))
            .map_err(|fault| anyhow::anyhow!("`smtp.from` is not an address ({})", fault.code()))?;
        let known = crate::auth::means::SignedBy::CONFIGURED;
        if let Some(bad) = self.sign_in.means.iter().find(|word| !known.iter().any(|means| means.code() == word.as_str())) {
            bail!("`sign_in.means` holds `{bad}`: psc, email, sms, totp, approval and passkey can stand there");
        }
        if self.sign_in.means.is_empty() || self.sign_in.fresh_minutes == 0 || self.sign_in.link_minutes == 0 {
            bail!("`sign_in` must name one means at least, and times above zero");
        }
        if !self.sms.url.is_empty() && !crate::outside::is_safe(&self.sms.url) {
            bail!("`sms.url` must begin with https:// (or http:// on this machine)");
        }
        let product = &self.mss.product;
        if product.is_empty() || product.len() > 64 || !product.bytes().all(|b| b.is_ascii_alphanumeric()) {
            bail!("`mss.product` must be a reference of letters and digits, such as DEV935997");
        }
        if self.sessions.idle_minutes == 0 || self.sessions.absolute_hours == 0 || self.codes.tries == 0 {
            bail!("`sessions` and `codes` must be more than zero");
        }
        if self.limits.message_octets > wire::limits::MESSAGE_OCTETS
            || self.limits.upload_octets > wire::limits::UPLOAD_OCTETS
            || self.limits.recipients > wire::limits::RECIPIENTS
        {
            bail!(
                "`limits` may not be larger than {} (message_octets), {} (upload_octets), {} (recipients)",
                wire::limits::MESSAGE_OCTETS,
                wire::limits::UPLOAD_OCTETS,
                wire::limits::RECIPIENTS
            );
        }
        self.check_transport()?;
        self.check_relay()?;
        self.check_relay_out()?;
        self.check_opening()?;
        self.check_delegation()?;
        self.check_organisation()?;
        self.check_portal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(file: &str, environment: &[(&str, &str)]) -> anyhow::Result<Loaded> {
        let mut loaded = Loaded { values: BTreeMap::new() };
        loaded.add_file(file, Path::new("pli.toml"))?;
        loaded.add_environment(environment.iter().map(|(k, v)| ((*k).into(), (*v).into())))?;
        Ok(loaded)
    }

    fn fault(file: &str, environment: &[(&str, &str)]) -> String {
        match loaded(file, environment).and_then(|loaded| loaded.config()) {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn nothing_configured_is_sqlite_and_local_files() {
        let config = loaded("", &[]).unwrap().config().unwrap();
        assert_eq!(config.server.database.reveal(), "sqlite:pli-data/pli.db");
        assert_eq!(config.keys.master_file, Path::new("pli-data.key"));
        assert_eq!((config.sessions.idle_minutes, config.sessions.absolute_hours), (30, 12));
        assert_eq!((config.codes.minutes, config.codes.tries, config.codes.resend_seconds), (10, 5, 60));
    }

    #[test]
    fn the_environment_wins_and_is_said() {
        let loaded = loaded(
            "[server]\ndata_dir = '/srv/pli'\nlisten = ['127.0.0.1:1']",
            &[("PLI_SERVER__LISTEN", "127.0.0.1:2, [::1]:2"), ("PLI_CODES__TRIES", "3"), ("HOME", "/root")],
        )
        .unwrap();
        let config = loaded.config().unwrap();
        assert_eq!(config.server.listen.len(), 2);
        assert_eq!(config.codes.tries, 3);
        assert_eq!(config.server.blobs, "file:/srv/pli/blobs");
        let text = loaded.explain();
        assert!(text.contains("codes.tries = 3\n    environment PLI_CODES__TRIES."), "{text}");
        assert!(text.contains("server.data_dir = \"/srv/pli\"\n    pli.toml."), "{text}");
    }

    #[test]
    fn mistakes_are_one_clear_sentence() {
        assert!(
            fault("[server]\nlissten = 'x'", &[]).contains("unknown setting `server.lissten`: [server] has server.listen")
        );
        assert!(fault("[serveur]\nx = 1", &[]).contains("there is no section [serveur]"));
        assert!(fault("listen = 1", &[]).contains("must be a section"));
        assert!(fault("", &[("PLI_CODES__TRIES", "many")]).contains("PLI_CODES__TRIES"));
        assert!(fault("[codes]\ntries = 'five'", &[]).contains("`codes.tries`"));
        assert!(fault("[web]\npublic_url = 'https://a.fr/pli'", &[]).contains("without a path"));
        assert!(fault("[keys]\nmaster_file = 'pli-data/key'", &[]).contains("outside"));
        assert!(fault("[limits]\nrecipients = 100000", &[]).contains("larger"));
    }

    #[test]
    fn secrets_are_never_shown() {
        let loaded = loaded("[smtp]\nurl = 'smtp://u:s3cret@mail.example.org'", &[]).unwrap();
        assert!(!loaded.explain().contains("s3cret"));
        assert!(!format!("{:?}", loaded.config().unwrap()).contains("s3cret"));
    }
}
