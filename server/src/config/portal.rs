//! What the public pages say of the operator: who it is, whom to turn to and when, what is planned.
//!
//! Texts are written `French // English`; without the second part the first serves both.

use std::{fmt, str::FromStr};

use anyhow::{Context, bail};
use app::i18n::Lang;
use serde::Deserialize;

use crate::portal::opening::Hours;

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Both {
    fr: String,
    en: String,
}

impl From<String> for Both {
    fn from(text: String) -> Self {
        match text.split_once(" // ") {
            Some((fr, en)) => Self { fr: fr.trim().into(), en: en.trim().into() },
            None => Self { fr: text.trim().into(), en: text.trim().into() },
        }
    }
}

impl Both {
    /// The text in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fr => &self.fr,
            Lang::En => &self.en,
        }
    }
}

/// Who runs the service, as the law wants it said.
#[derive(Debug, Clone, Deserialize)]
pub struct Legal {
    pub editor: Both,
    pub address: String,
    pub registration: String,
    pub director: String,
    pub host: Both,
    pub dpo: String,
    pub processors: Vec<Processor>,
}

/// Who else sees data, for what, where: `Name | what for | where`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Processor {
    pub name: String,
    pub purpose: Both,
    pub place: Both,
}

impl TryFrom<String> for Processor {
    type Error = Wrong;

    fn try_from(text: String) -> Result<Self, Wrong> {
        match parts(&text)[..] {
            [name, purpose, place] if !name.is_empty() => {
                Ok(Self { name: name.into(), purpose: purpose.to_owned().into(), place: place.to_owned().into() })
            }
            _ => Err(Wrong(format!("`legal.processors` holds `{text}`: write `name | what for | where`"))),
        }
    }
}

/// Whom to turn to.
#[derive(Debug, Clone, Deserialize)]
pub struct Support {
    pub contacts: Vec<Contact>,
    /// Days closed besides Sundays and public holidays, `2026-12-24`.
    pub closed: Vec<Day>,
    /// Told by mail that something pressing waits, without what it says.
    pub notify: String,
    pub keep_days: u32,
}

/// `name | what for | e-mail | telephone | hours`, each but the name may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Contact {
    pub name: Both,
    pub purpose: Both,
    pub email: String,
    pub phone: String,
    pub hours: Option<Hours>,
}

impl TryFrom<String> for Contact {
    type Error = Wrong;

    fn try_from(text: String) -> Result<Self, Wrong> {
        let [name, purpose, email, phone, hours] = parts(&text)[..] else {
            let how = "write `name | what for | e-mail | telephone | hours`";
            return Err(Wrong(format!("`support.contacts` holds `{text}`: {how}")));
        };
        let hours = match hours {
            "" => None,
            hours => Some(Hours::from_str(hours).map_err(|error| Wrong(format!("`support.contacts`: {error}")))?),
        };
        Ok(Self {
            name: name.to_owned().into(),
            purpose: purpose.to_owned().into(),
            email: email.into(),
            phone: phone.into(),
            hours,
        })
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(pub jiff::civil::Date);

impl TryFrom<String> for Day {
    type Error = Wrong;

    fn try_from(text: String) -> Result<Self, Wrong> {
        text.parse().map(Self).map_err(|_| Wrong(format!("`support.closed` holds `{text}`: write days as 2026-12-24")))
    }
}

/// An announcement shown on all pages until it is over.
#[derive(Debug, Clone, Deserialize)]
pub struct Maintenance {
    pub text: Both,
    pub from: Option<Moment>,
    pub to: Option<Moment>,
}

/// A minute of the wall clock in Paris, `2026-12-01T22:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment(pub jiff::civil::DateTime);

impl TryFrom<String> for Moment {
    type Error = Wrong;

    fn try_from(text: String) -> Result<Self, Wrong> {
        text.parse().map(Self).map_err(|_| Wrong(format!("`{text}` is not a moment: write 2026-12-01T22:00")))
    }
}

/// Certificate and key of the web listeners.
#[derive(Debug, Clone, Deserialize)]
pub struct Tls {
    pub certificate_file: Option<std::path::PathBuf>,
    pub key_file: Option<std::path::PathBuf>,
    pub check_seconds: u32,
    /// Where client certificates are asked for: a browser would show its user a list of theirs.
    pub software_listen: Vec<std::net::SocketAddr>,
}

impl Tls {
    /// Both files, when TLS is spoken.
    ///
    /// # Errors
    /// When one is named without the other.
    pub fn files(&self) -> anyhow::Result<Option<(&std::path::Path, &std::path::Path)>> {
        match (&self.certificate_file, &self.key_file) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            _ => bail!("`tls.certificate_file` and `tls.key_file` go together: set both, or neither"),
        }
    }
}

/// What a value should have been.
#[derive(Debug)]
pub struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn parts(text: &str) -> Vec<&str> {
    text.split('|').map(str::trim).collect()
}

impl super::Config {
    /// Plain HTTP never crosses a network by itself: TLS, the loopback, or a proxy that we know in front of us.
    pub(super) fn check_transport(&self) -> anyhow::Result<()> {
        let url = &self.web.public_url;
        let tls = self.tls.files()?.is_some();
        if !tls && !self.tls.software_listen.is_empty() {
            bail!("`tls.software_listen` wants `tls.certificate_file`: certificates are shown over TLS only");
        }
        if !self.is_https() {
            if tls {
                bail!("`web.public_url` is {url}, but the service speaks TLS: it must begin with https://");
            }
            let host = url.trim_start_matches("http://").trim_end_matches('/');
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
            let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
            if !loopback {
                bail!("`web.public_url` is {url}: outside the loopback the service is reached by https:// only");
            }
        }
        if tls {
            return Ok(());
        }
        let Some(open) = self.server.listen.iter().find(|address| !address.ip().to_canonical().is_loopback()) else {
            return Ok(());
        };
        if self.web.trusted_proxies.is_empty() || !self.is_https() {
            bail!(
                "`server.listen` {open} would speak plain HTTP to the network: set `tls.certificate_file` and \
                 `tls.key_file`, or listen on the loopback, or name the proxy that speaks TLS in `web.trusted_proxies` \
                 (with an https:// `web.public_url`)"
            );
        }
        Ok(())
    }

    /// What the operator wrote for the public pages can be used.
    pub(super) fn check_portal(&self) -> anyhow::Result<()> {
        let addresses = self.support.contacts.iter().map(|contact| &contact.email).chain([&self.support.notify]);
        for address in addresses.filter(|address| !address.is_empty()) {
            wire::check::address(address)
                .map_err(|fault| anyhow::anyhow!("`support`: {address} is not an address ({})", fault.code()))?;
        }
        if let (Some(from), Some(to)) = (self.maintenance.from, self.maintenance.to)
            && to.0 <= from.0
        {
            bail!("`maintenance.to` must come after `maintenance.from`");
        }
        if self.tls.check_seconds == 0 {
            bail!("`tls.check_seconds` must be more than zero");
        }
        self.tls.files().map(drop).context("TLS")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    fn fault(settings: &[(&str, &str)]) -> String {
        let environment = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        match Loaded::read(None, environment).and_then(|loaded| loaded.config()) {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn plain_http_stays_on_the_loopback_or_behind_a_known_proxy() {
        let (open, https) = (("PLI_SERVER__LISTEN", "0.0.0.0:80"), ("PLI_WEB__PUBLIC_URL", "https://pli.example"));
        let proxy = ("PLI_WEB__TRUSTED_PROXIES", "192.0.2.1");
        assert!(fault(&[open]).contains("would speak plain HTTP to the network"), "{}", fault(&[open]));
        assert!(fault(&[open, https]).contains("would speak plain HTTP to the network"));
        assert!(fault(&[open, proxy]).contains("would speak plain HTTP to the network"));
        assert_eq!(fault(&[open, proxy, https]), "");
        assert_eq!(fault(&[("PLI_SERVER__LISTEN", "[::1]:1, 127.0.0.9:2"), https]), "");
        assert!(fault(&[("PLI_WEB__PUBLIC_URL", "http://pli.example")]).contains("https:// only"));
        let (certificate, key) = (("PLI_TLS__CERTIFICATE_FILE", "/a.pem"), ("PLI_TLS__KEY_FILE", "/b.pem"));
        assert_eq!(fault(&[open, https, certificate, key]), "");
        assert!(fault(&[certificate, key]).contains("must begin with https://"));
        assert!(fault(&[https, certificate]).contains("set both, or neither"));
    }

    #[test]
    fn the_operator_is_told_how_to_write_things() {
        assert!(fault(&[("PLI_LEGAL__PROCESSORS", "Hébergeur")]).contains("name | what for | where"));
        assert!(fault(&[("PLI_SUPPORT__CONTACTS", "A | b | c")]).contains("e-mail | telephone | hours"));
        assert!(fault(&[("PLI_SUPPORT__CONTACTS", "A | b | | | tous les jours")]).contains("hours"));
        assert!(fault(&[("PLI_SUPPORT__CLOSED", "24/12")]).contains("2026-12-24"));
        assert!(fault(&[("PLI_SUPPORT__CONTACTS", "A | b | nulle part | | ")]).contains("is not an address"));
        assert!(fault(&[("PLI_MAINTENANCE__FROM", "demain")]).contains("2026-12-01T22:00"));
        let over = [("PLI_MAINTENANCE__FROM", "2026-12-01T22:00"), ("PLI_MAINTENANCE__TO", "2026-12-01T21:00")];
        assert!(fault(&over).contains("must come after"));
    }

    #[test]
    fn texts_have_two_languages_or_one() {
        let both = Both::from("Bonjour // Hello".to_owned());
        assert_eq!((both.get(Lang::Fr), both.get(Lang::En)), ("Bonjour", "Hello"));
        assert_eq!(Both::from("Pli".to_owned()).get(Lang::En), "Pli");
    }
}
