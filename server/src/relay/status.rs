//! How it stands with trust: for the operator's command line, for Prometheus, for the hourly reminder.

use std::fmt::Write as _;

use super::Relay;
use crate::config::Config;

const DAY_MS: i64 = 86_400_000;

/// One certificate or revocation list with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// What it is, in French.
    pub what: &'static str,
    pub name: String,
    pub until: i64,
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
    /// Our certificate and the signer's.
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
        what: "Notre certificat",
        name: peer.name.to_string(),
        until: peer.not_after,
    });
    relay.keeper.with(|known| {
        let list = known.refresh.list();
        let signer = list.map(|list| Dated {
            what: "Certificat du signataire de la liste",
            name: list.signer.to_string(),
            until: list.signer_until,
        });
        let crl = |held: &relay::trust::crl::Held| Dated {
            what: "Liste de révocation",
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
            certificates: own.into_iter().chain(signer).collect(),
            crls: known.crls.iter().map(crl).collect(),
            failing: known.failing.clone(),
            warn_days: i64::from(config.trust.certificate_alarm_days),
        }
    })
}

impl Status {
    /// What the operator must act on, one sentence each.
    pub fn alarms(&self) -> Vec<String> {
        let mut alarms = Vec::new();
        match (self.domains, self.age_ms) {
            (None, _) => alarms.push("aucune liste blanche utilisable : aucun message n’est échangé".to_owned()),
            (Some(_), Some(age)) if self.late => {
                alarms.push(format!("la liste blanche n’a pas été confirmée depuis {} h", age / 3_600_000));
            }
            _ => {}
        }
        for dated in &self.certificates {
            let days = days(dated.until, self.now);
            if days < self.warn_days {
                alarms.push(format!("{} ({}) : fin dans {days} jours", dated.what.to_lowercase(), dated.name));
            }
        }
        for dated in self.crls.iter().filter(|dated| dated.until <= self.now) {
            alarms.push(format!("liste de révocation périmée ({}) : les messages sont remis à plus tard", dated.name));
        }
        for source in &self.failing {
            alarms.push(format!("liste de révocation non obtenue : {source}"));
        }
        alarms
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
            let _ = writeln!(out, "{} : jusqu’au {} ({})", dated.what, day(dated.until), dated.name);
        }
        for alarm in self.alarms() {
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
fn days(until: i64, now: i64) -> i64 {
    (until - now).div_euclid(DAY_MS)
}

fn day(at: i64) -> String {
    crate::clock::local_minutes(at, "Europe/Paris").replace('T', " ")
}
