//! How it stands with trust: for the operator's command line, for Prometheus, for the hourly reminder.

use std::fmt::Write as _;

use super::Relay;
use crate::config::Config;

const DAY_MS: i64 = 86_400_000;

/// What has an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    OwnCertificate,
    SignerCertificate,
    AuthorityCertificate,
    RevocationList,
}

impl What {
    fn french(self) -> &'static str {
        match self {
            Self::OwnCertificate => "Notre certificat",
            Self::SignerCertificate => "Certificat du signataire de la liste",
            Self::AuthorityCertificate => "Certificat d’autorité",
            Self::RevocationList => "Liste de révocation",
        }
    }
}

/// One certificate or revocation list with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    pub what: What,
    pub name: String,
    pub until: i64,
}

/// What the operator must act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// There is no list that may be used.
    NoList,
    /// The list was not confirmed for so many hours.
    Late(i64),
    /// A certificate ends in so many days.
    Ends(Dated, i64),
    /// A revocation list (its issuer) is out of date.
    Stale(String),
    /// A source of revocation lists gave nothing good.
    Failing(String),
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub now: i64,
    pub hostname: String,
    /// Domains of the list in force; none: there is no list that may be used.
    pub domains: Option<usize>,
    pub generated_at: Option<i64>,
    /// How long ago the list was last confirmed.
    pub age_ms: Option<i64>,
    /// It was not confirmed for too long.
    pub late: bool,
    pub last_failure: Option<String>,
    /// Our certificate, the signer's, the authorities'.
    pub certificates: Vec<Dated>,
    pub crls: Vec<Dated>,
    /// Sources of revocation lists that gave nothing good.
    pub failing: Vec<String>,
    /// Days before a certificate's end from which on the operator is warned.
    pub warn_days: i64,
}

/// Reads how it stands now.
pub fn read(relay: &Relay, config: &Config, now: i64) -> Status {
    let own = relay.identity.shown().map(|peer| Dated {
        what: What::OwnCertificate,
        name: peer.name.to_string(),
        until: peer.not_after,
    });
    let authorities = relay
        .issuers
        .iter()
        .filter_map(|der| relay::trust::name_and_end(der).ok())
        .map(|(name, until)| Dated { what: What::AuthorityCertificate, name: name.to_string(), until });
    relay.keeper.with(|known| {
        let list = known.refresh.list();
        let signer = list.map(|list| Dated {
            what: What::SignerCertificate,
            name: list.signer.to_string(),
            until: list.signer_until,
        });
        let crl = |held: &relay::trust::crl::Held| Dated {
            what: What::RevocationList,
            name: held.issuer.to_string(),
            until: held.until,
        };
        Status {
            now,
            hostname: relay.hostname.clone(),
            domains: list.filter(|_| known.refresh.usable(now)).map(|list| list.domains().count()),
            generated_at: list.map(|list| list.generated_at),
            age_ms: known.refresh.age(now),
            late: known.refresh.alarm(now),
            last_failure: known.refresh.last_failure().map(|event| format!("{event:?}")),
            certificates: own.into_iter().chain(signer).chain(authorities).collect(),
            crls: known.crls.iter().map(crl).collect(),
            failing: known.failing.clone(),
            warn_days: i64::from(config.trust.certificate_alarm_days),
        }
    })
}

impl Status {
    /// What the operator must act on.
    pub fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        match (self.domains, self.age_ms) {
            (None, _) => alarms.push(Alarm::NoList),
            (Some(_), Some(age)) if self.late => alarms.push(Alarm::Late(age / 3_600_000)),
            _ => {}
        }
        for dated in &self.certificates {
            let days = days(dated.until, self.now);
            if days < self.warn_days {
                alarms.push(Alarm::Ends(dated.clone(), days));
            }
        }
        let stale = self.crls.iter().filter(|dated| dated.until <= self.now);
        alarms.extend(stale.map(|dated| Alarm::Stale(dated.name.clone())));
        alarms.extend(self.failing.iter().cloned().map(Alarm::Failing));
        alarms
    }

    /// The same, one sentence each, in French.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |alarm: Alarm| match alarm {
            Alarm::NoList => "aucune liste blanche utilisable : aucun message n’est échangé".to_owned(),
            Alarm::Late(hours) => format!("la liste blanche n’a pas été confirmée depuis {hours} h"),
            Alarm::Ends(dated, days) => {
                format!("{} ({}) : fin dans {days} jours", dated.what.french().to_lowercase(), dated.name)
            }
            Alarm::Stale(name) => format!("liste de révocation périmée ({name}) : les messages sont remis à plus tard"),
            Alarm::Failing(source) => format!("liste de révocation non obtenue : {source}"),
        };
        self.alarms().into_iter().map(sentence).collect()
    }

    /// In words and numbers, in French.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "Nom                {}", self.hostname);
        match (self.domains, self.generated_at, self.age_ms) {
            (Some(domains), Some(at), Some(age)) => {
                let _ = writeln!(out, "Liste blanche      {domains} domaines, générée le {}", day(at));
                let _ = writeln!(out, "Confirmée          il y a {} min", age / 60_000);
            }
            _ => out.push_str("Liste blanche      aucune qui puisse servir\n"),
        }
        if let Some(failure) = &self.last_failure {
            let _ = writeln!(out, "Dernier échec      {failure}");
        }
        for dated in self.certificates.iter().chain(&self.crls) {
            let _ = writeln!(out, "{} : jusqu’au {} ({})", dated.what.french(), day(dated.until), dated.name);
        }
        for alarm in self.sentences() {
            let _ = writeln!(out, "ALARME : {alarm}");
        }
        out
    }

    /// As Prometheus reads it.
    pub fn metrics(&self) -> String {
        let mut out = String::new();
        let mut gauge = |name: &str, value: i64| {
            let _ = writeln!(out, "# TYPE {name} gauge\n{name} {value}");
        };
        gauge("pli_trust_list_domains", self.domains.and_then(|n| i64::try_from(n).ok()).unwrap_or(0));
        // No list: as old as can be.
        gauge("pli_trust_list_age_seconds", self.age_ms.unwrap_or(self.now) / 1000);
        gauge("pli_trust_list_alarm", i64::from(self.late));
        gauge("pli_trust_crl_failing", i64::try_from(self.failing.len()).unwrap_or(0));
        for (name, list) in [("pli_trust_certificate_days", &self.certificates), ("pli_trust_crl_days", &self.crls)] {
            let _ = writeln!(out, "# TYPE {name} gauge");
            for dated in list {
                let label: String = dated.name.chars().filter(|c| !matches!(c, '"' | '\\' | '\n')).collect();
                let _ = writeln!(out, "{name}{{name=\"{label}\"}} {}", days(dated.until, self.now));
            }
        }
        out
    }
}

/// Whole days left; negative when it is over.
pub fn days(until: i64, now: i64) -> i64 {
    (until - now).div_euclid(DAY_MS)
}

fn day(at: i64) -> String {
    crate::clock::local_minutes(at, "Europe/Paris").replace('T', " ")
}
