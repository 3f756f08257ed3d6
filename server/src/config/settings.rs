//! The list of all settings.

use anyhow::{Context, bail};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// In the environment: separated by commas.
    List,
}

impl Kind {
    /// Is a value of the file of this kind?
    pub(super) fn check(self, value: &toml::Value) -> anyhow::Result<()> {
        match (self, value) {
            (Self::Text, toml::Value::String(_)) | (Self::Number, toml::Value::Integer(0..)) => Ok(()),
            (Self::List, toml::Value::Array(items)) if items.iter().all(toml::Value::is_str) => Ok(()),
            (Self::Text, _) => bail!("must be text between quotes"),
            (Self::Number, _) => bail!("must be a whole number"),
            (Self::List, _) => bail!("must be a list of texts: [\"…\", \"…\"]"),
        }
    }

    /// Reads a value from the environment or the command line.
    pub(super) fn parse(self, text: &str) -> anyhow::Result<toml::Value> {
        Ok(match self {
            Self::Text => toml::Value::String(text.into()),
            Self::Number => {
                let number: i64 = text.trim().parse().with_context(|| format!("`{text}` is not a whole number"))?;
                let value = toml::Value::Integer(number);
                self.check(&value).with_context(|| format!("`{text}`"))?;
                value
            }
            Self::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                toml::Value::Array(items.map(|item| toml::Value::String(item.into())).collect())
            }
        })
    }
}

/// One setting: `section.key`, its default (`{data}` stands for the data directory), what it does.
#[derive(Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    /// Empty means none.
    pub optional: bool,
    pub secret: bool,
    pub about: &'static str,
}

const fn text(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, kind: Kind::Text, default, optional: false, secret: false, about }
}

const fn number(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, kind: Kind::Number, default, optional: false, secret: false, about }
}

const fn list(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, kind: Kind::List, default, optional: false, secret: false, about }
}

const fn optional(setting: Setting) -> Setting {
    Setting { optional: true, ..setting }
}

const fn secret(setting: Setting) -> Setting {
    Setting { secret: true, ..setting }
}

/// Every setting, in the order of `Config`.
pub const SETTINGS: &[Setting] = &[
    list("server.listen", "127.0.0.1:3000", "Addresses the web service listens on."),
    list(
        "server.roles",
        "web,relay-out,relay-in,jobs",
        "What this process does: web (pages and APIs), relay-out (hands mail over), relay-in (takes mail), jobs (the rest).",
    ),
    optional(text("server.metrics", "", "Address of a listener for Prometheus (/metrics); empty: none.")),
    text("server.data_dir", "pli-data", "Directory of the database and the blobs."),
    secret(text("server.database", "sqlite:{data}/pli.db", "sqlite:PATH or postgres://user:password@host/name.")),
    text("server.blobs", "file:{data}/blobs", "Where large blobs are kept, encrypted: file:PATH."),
    optional(text("server.site_dir", "", "Folder of the built site; empty: the one inside the program.")),
    text("keys.master_file", "{data}.key", "File of the master key, outside the data directory; made at first start."),
    text("keys.anchor_file", "{data}.anchor.key", "File of the key that signs the anchors of the traces."),
    text("web.public_url", "http://127.0.0.1:3000", "Address by which browsers reach the service, without a path."),
    list("web.trusted_proxies", "", "Addresses of proxies whose X-Forwarded-For is believed."),
    secret(text(
        "smtp.url",
        "",
        "Server for mail to ordinary addresses (codes): smtp://host:port or smtps://user:password@host.",
    )),
    text("smtp.from", "Pli <ne-pas-repondre@pli.example>", "Sender of that mail."),
    optional(text(
        "relay.certificate_file",
        "",
        "PEM file of our operator's certificate (IGC-Santé) and its chain; empty: no mail to or from other operators.",
    )),
    optional(text("relay.key_file", "", "PEM file of its private key. Both files are read again when they change.")),
    text("relay.hostname", "", "Our name as other operators see it, the host that the certificate names."),
    text(
        "relay.postmaster",
        "",
        "BAL of this server that gets what is written to postmaster of our domains; empty: nobody.",
    ),
    list("relay.listen", "", "Addresses on which mail of other operators is taken (SMTP with STARTTLS): 0.0.0.0:25."),
    list("relay.routes", "", "Where a domain's mail goes instead of its MX, each domain=host:port."),
    number("relay.check_seconds", "5", "How often the files of the certificate are looked at."),
    number("relay.message_octets", "52428800", "Largest message taken from an operator. Source: not found; our choice."),
    number("relay.memory_octets", "1073741824", "Memory for all messages that are being received at once."),
    number("relay.recipients", "100", "Recipients of one message from an operator (RFC 5321, 4.5.3.1.8: 100 at least)."),
    number("relay.connections", "1000", "Connections of operators at once."),
    number("relay.connections_per_address", "100", "Of these from one address."),
    number("relay.connections_per_peer", "50", "Of these with one certificate's name."),
    number("relay.command_seconds", "300", "A command must arrive within so long (RFC 5321, 4.5.3.2.7: five minutes)."),
    number("relay.message_seconds", "1800", "A whole message must arrive within so long."),
    number("relay.grace_seconds", "10", "Messages on their way get so long when the process is asked to stop."),
    number(
        "relay_out.first_seconds",
        "60",
        "Mail that could not be handed over is tried again after so long; then it doubles.",
    ),
    number("relay_out.longest_minutes", "60", "The longest wait between two attempts."),
    number("relay_out.late_hours", "4", "The sender is told after so long that a message is late."),
    number("relay_out.fail_hours", "48", "And after so long that it failed."),
    number(
        "relay_out.lease_seconds",
        "60",
        "Another process takes a message over that a process did not finish for so long.",
    ),
    number(
        "relay_out.answer_seconds",
        "600",
        "So long an operator may take to say whether it took a message (RFC 5321, 4.5.3.2.6: ten minutes).",
    ),
    number("relay_out.uncertain_seconds", "900", "If it never said, the message goes out again after so long at least."),
    number("relay_out.at_once", "20", "Messages that a process hands over at once."),
    number("relay_out.per_domain", "5", "Connections of a process to one domain."),
    number("relay_out.in_all", "50", "Connections of a process to all domains."),
    number("rates.messages_hour", "500", "Messages that one mailbox may send in an hour; 0: without limit."),
    number("rates.messages_day", "3000", "Messages that one mailbox may send in a day; 0: without limit."),
    number("rates.recipients_hour", "2000", "Recipients that one mailbox may write to in an hour; 0: without limit."),
    number("rates.recipients_day", "10000", "Recipients that one mailbox may write to in a day; 0: without limit."),
    text("trust.list", "", "The signed white list of the trust space: an address or a file (domain → certificates)."),
    optional(text("trust.list_ca_file", "", "PEM file of authorities believed for the server of the list.")),
    text("trust.signer", "CN=alb.mssante.fr", "Name, or part of it, of the certificate that signs the list."),
    optional(text("trust.roots_file", "", "PEM file of the authorities that certificates must come from (IGC-Santé).")),
    optional(text("trust.intermediates_file", "", "PEM file of intermediate authorities that peers may leave out.")),
    list("trust.crls", "", "Revocation lists of all these authorities: addresses or files."),
    number("trust.every_minutes", "60", "The white list and the revocation lists are fetched again after so long."),
    number("trust.retry_minutes", "5", "And after so long when that failed."),
    number("trust.alarm_hours", "24", "The operator is warned when the list was not confirmed for so long."),
    number("trust.unusable_hours", "0", "No mail is exchanged by a list not confirmed for so long; 0: it stays in use."),
    number("trust.certificate_alarm_days", "30", "The operator is warned so long before a certificate ends."),
    text("scan.clamd", "", "Where clamd looks for viruses in mail: host:port or unix:PATH; empty: nothing looks."),
    number("scan.timeout_seconds", "60", "It answers within so long, or mail waits."),
    text(
        "mss.product",
        "DEV000000",
        "Reference of this product for the field X-MSS-NIL of every message. Source: given by convergence.esante.gouv.fr.",
    ),
    text("mss.patient_domain", "patient.mssante.fr", "Domain of the patients' addresses (Mon espace santé)."),
    number(
        "mss.patient_octets",
        "25000000",
        "Largest message to a patient, attachments encoded. Source: guide of the CNAM, 25 Mo in all.",
    ),
    number(
        "mss.patient_close_days",
        "30",
        "An exchange with a patient closes after so many days without a message, where its BAL sets nothing; 0: never.",
    ),
    number(
        "mss.test_identities",
        "0",
        "1: INS matricules of tests and demonstrations are taken, with a warning. Never in production.",
    ),
    number("quota.mailbox_octets", "0", "What one mailbox may hold before mail to it is refused; 0: without limit."),
    number(
        "limits.message_octets",
        "36700160",
        "Largest message, attachments encoded. Source: the operator's choice under wire::limits.",
    ),
    number("limits.upload_octets", "26214400", "Largest uploaded file."),
    number("limits.recipients", "200", "Recipients of one message."),
    number("limits.hashing_at_once", "2", "Passwords checked at the same time (19 MiB of memory each)."),
    number("limits.slow_step_ms", "250", "First delay after repeated wrong passwords or codes; it doubles."),
    number("limits.slow_max_ms", "8000", "Longest delay: attempts are slowed down, an address is never locked."),
    number("sessions.idle_minutes", "30", "A session ends after so long without an act of the person."),
    number("sessions.absolute_hours", "12", "A session ends after so long anyway."),
    number("codes.minutes", "10", "A one-time code is valid for so long."),
    number("codes.tries", "5", "Wrong codes before a new sign-in is needed."),
    number("codes.resend_seconds", "60", "A new code may be asked for after so long."),
    optional(text(
        "psc.discovery_url",
        "",
        "Address of Pro Santé Connect's own description (…/.well-known/wallet-openid-configuration); empty: off.",
    )),
    text("psc.issuer", "", "Its issuer; empty: what stands before /.well-known/ in that address."),
    text("psc.client_id", "", "The identifier of this service there."),
    secret(text("psc.client_secret", "", "Its secret there.")),
    optional(text(
        "psc.client_certificate_file",
        "",
        "PEM file of a TLS client certificate with its private key (RFC 8705), instead of or beside the secret.",
    )),
    optional(text("psc.ca_file", "", "PEM file of certificate authorities believed for it, besides the system's.")),
    text("psc.scope", "openid scope_all", "What is asked of it."),
    text("psc.acr_values", "eidas1", "How surely people are to be known (its documentation: eidas1)."),
    list("psc.acr_accepted", "eidas1, eidas2, eidas3", "How surely people are known is accepted when it is one of these."),
    list("psc.algorithms", "RS256, PS256, ES256", "Signatures of its tokens that are believed; never with a shared secret."),
    number("psc.timeout_seconds", "10", "It answers within so long, or people are told that it does not."),
    list(
        "opening.domains",
        "",
        "Where professionals open a BAL by themselves: code of the profession (TRE_G15) = domain, such as 10=medecin.mssante.example. Empty: nobody does.",
    ),
    list("opening.refused_categories", "E", "Categories of professionals who may not (E: students)."),
    number("opening.hours", "24", "A BAL that somebody began to open is forgotten after so long."),
    number("delegation.days", "366", "A delegation lasts so long at most; then its holder renews it."),
    number("delegation.invitation_days", "14", "An invitation to a BAL may be answered for so long."),
    number("delegation.waiting", "20", "Invitations of one BAL that wait at the same time, at most."),
    number("organisation.review_days", "365", "Who has which access in a structure is reviewed so often."),
    number("organisation.remind_days", "7", "While a review waits, the administrators are reminded so often."),
    number("organisation.grace_days", "30", "What nobody confirmed after so long is suspended until somebody does."),
    number("organisation.invitation_days", "14", "An invitation into a structure may be answered for so long."),
    number("organisation.waiting", "100", "Invitations of one structure that wait, or were made within a day, at most."),
    number("organisation.secrets", "10", "Tokens and certificates of one program that live at the same time, at most."),
    number("organisation.overlap_hours", "168", "A secret that was replaced still works for so long."),
    optional(text(
        "tls.certificate_file",
        "",
        "PEM file of the certificate and its chain; with it the service speaks HTTPS by itself (TLS 1.2 and 1.3).",
    )),
    optional(text("tls.key_file", "", "PEM file of its private key. Both files are read again when they change.")),
    number("tls.check_seconds", "5", "How often the files are looked at (SIGHUP: at once)."),
    list(
        "tls.software_listen",
        "",
        "Addresses of the API for programs with a client certificate, judged by `trust.roots_file`; the certificate is the same.",
    ),
    text("legal.editor", "", "Who publishes the service, for the legal notice: `French // English`."),
    text("legal.address", "", "Its postal address."),
    text("legal.registration", "", "Its registration: SIREN, RCS, FINESS."),
    text("legal.director", "", "The director of publication (loi 2004-575, art. 6 III)."),
    text("legal.host", "", "The certified host of health data (Code de la santé publique, art. L1111-8)."),
    text("legal.dpo", "", "How the data protection officer is reached: an e-mail or postal address (RGPD, art. 13)."),
    list("legal.processors", "", "Processors (RGPD, art. 28), each `name | what for | where`."),
    list(
        "support.contacts",
        "",
        "Contacts, each `name | what for | e-mail | telephone | hours`; hours as `lun-ven 08:30-18:00; sam 09:00-12:00` or 24/7.",
    ),
    list("support.closed", "", "Days they are closed, besides French public holidays: 2026-12-24."),
    text("support.notify", "", "Address told that a pressing message waits in the support queue; empty: nobody."),
    number("support.keep_days", "365", "A closed message of the support queue is removed after so long."),
    text("maintenance.text", "", "Announcement on all pages, `French // English`; empty: none."),
    optional(text(
        "maintenance.from",
        "",
        "When the maintenance begins, Paris time: 2026-12-01T22:00. Shown as planned until then.",
    )),
    optional(text("maintenance.to", "", "When it ends; the announcement goes away then.")),
    list(
        "sign_in.means",
        "psc,email,sms,totp,approval,passkey",
        "Means of sign-in that are on: psc (Pro Santé Connect), passkey, and password with email, sms, totp or approval.",
    ),
    number("sign_in.fresh_minutes", "10", "Password, contacts, devices and closing want a proof of identity not older."),
    number("sign_in.link_minutes", "30", "A link of recovery is valid for so long."),
    text("sms.url", "", "Gateway for text messages: receives POST {\"to\", \"text\"} as JSON; empty: none are sent."),
    secret(text("sms.secret", "", "What the gateway gets as Authorization: Bearer.")),
    number(
        "closing.days",
        "30",
        "An account that its holder closes is erased after so long; until then it can be taken back.",
    ),
    text("log.level", "info,sqlx=warn", "What is logged: error, warn, info, debug, or per module."),
    text("log.format", "auto", "auto (text for a terminal, else JSON lines), json or text."),
];
