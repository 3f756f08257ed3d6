//! Notices to the holder of a BAL about a message sent from it: it failed, it is
//! late, it was delivered (RFC 3464), in French, with what to do next.

use mail::Address;
use mail::build::{BuildError, HeaderValue};
use mail::header::DateTime;
use mail::report::{About, Action, DeliveryReport, NoticeHead, RecipientStatus, Status, build_delivery};

use super::french;
use super::reason::Reason;
use crate::send::Trouble;
use crate::smtp::Reply;

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Some recipients will not have the message.
    Failed,
    /// Some do not have it yet; it is still being tried.
    Late {
        /// Hours after which it is given up.
        hours_left: i64,
    },
    /// Delivered, where the sender wanted to know.
    Delivered,
}

/// One recipient in a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How the sender knows the recipient: a name, else the address. For a patient
    /// the caller gives the name: the address holds the INS (`domain.md` §4).
    pub shown: String,
    /// The address.
    pub address: String,
    /// Why; `None` for [`Kind::Delivered`].
    pub trouble: Option<Trouble>,
    /// The host that answered.
    pub host: Option<String>,
    /// The address of ORCPT as the sender's system gave it (RFC 3461 §4.2).
    pub original: Option<String>,
    /// It is a patient's: what happened means something else at Mon espace santé.
    pub patient: bool,
}

/// What a notice needs besides its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub kind: Kind,
    /// Our host, as Reporting-MTA and sender (`postmaster@…` is `from`).
    pub hostname: String,
    /// From: the service.
    pub from: Address,
    /// To: the BAL, or the reverse-path of a message from outside.
    pub to: Address,
    /// Subject of the message.
    pub subject: String,
    /// When it was sent, as the reader's wall clock shows it.
    pub sent: String,
    /// Message-ID of the message.
    pub original_id: String,
    /// ENVID of the message.
    pub envelope_id: Option<String>,
    /// Message-ID of the notice.
    pub message_id: String,
    /// Date of the notice.
    pub date: DateTime,
    /// X-MSS-NIL and the like.
    pub headers: Vec<(String, HeaderValue)>,
}

/// Writes a notice. `returned` is the header of the message ([`mail::report::returned_headers`]).
///
/// # Errors
/// A value that cannot stand in a message.
pub fn compose(notice: &Notice, recipients: &[Told], returned: Option<&[u8]>) -> Result<Vec<u8>, BuildError> {
    let prefix = match notice.kind {
        Kind::Failed => "Non remis",
        Kind::Late { .. } => "Pas encore remis",
        Kind::Delivered => "Remis",
    };
    let head = NoticeHead {
        from: notice.from.clone(),
        to: notice.to.clone(),
        subject: format!("{prefix} : {}", notice.subject),
        text: text(notice, recipients),
        message_id: notice.message_id.clone(),
        in_reply_to: Some(notice.original_id.clone()),
        date: notice.date,
        headers: notice.headers.clone(),
    };
    let report = DeliveryReport {
        reporting_mta: Some(notice.hostname.clone()),
        recipients: recipients.iter().map(|told| status(notice.kind, told)).collect(),
        about: About { message_ids: vec![notice.original_id.clone()], envelope_id: notice.envelope_id.clone() },
    };
    build_delivery(&head, &report, returned)
}

fn text(notice: &Notice, recipients: &[Told]) -> String {
    let subject = if notice.subject.is_empty() { "(sans objet)" } else { &notice.subject };
    let many = recipients.len() > 1;
    let mut out = match notice.kind {
        Kind::Failed => format!("Votre message « {subject} » du {} n’a pas été remis à", notice.sent),
        Kind::Late { .. } => format!("Votre message « {subject} » du {} n’est pas encore remis à", notice.sent),
        Kind::Delivered => format!("Votre message « {subject} » du {} a été remis à", notice.sent),
    };
    out.push_str(if many { " ces destinataires :\n" } else { " ce destinataire :\n" });
    for told in recipients {
        out.push_str(&format!("\n- {}\n", told.shown));
        let Some(trouble) = &told.trouble else { continue };
        let reason = Reason::of_trouble(trouble);
        let patient = told.patient.then(|| french::of_patient(reason)).flatten();
        let (what, next) = patient.unwrap_or_else(|| (french::what(reason), french::next_step(reason)));
        out.push_str(&format!("  {what}\n"));
        if !matches!(notice.kind, Kind::Late { .. }) {
            out.push_str(&format!("  À faire : {next}\n"));
        }
        if let Trouble::Infected(file) = trouble {
            out.push_str(&format!("  Fichier : {file}\n"));
        }
        if let Trouble::Reply(reply) = trouble {
            out.push_str(&format!("  Réponse de l’opérateur : « {} »\n", quoted(reply)));
        }
    }
    if let Kind::Late { hours_left } = notice.kind {
        out.push_str(&format!(
            "\nL’envoi continue pendant {hours_left} heures encore ; vous n’avez rien à faire. \
             Si c’est pressé, utilisez un autre moyen.\n"
        ));
    }
    out
}

/// The words of the other side, short and on one line.
fn quoted(reply: &Reply) -> String {
    let text: String = reply.text().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    if text.trim().is_empty() { reply.code.to_string() } else { text.trim().to_owned() }
}

fn status(kind: Kind, told: &Told) -> RecipientStatus {
    let (action, class) = match kind {
        Kind::Failed => (Action::Failed, 5),
        Kind::Late { .. } => (Action::Delayed, 4),
        Kind::Delivered => (Action::Delivered, 2),
    };
    let reply = match &told.trouble {
        Some(Trouble::Reply(reply)) => Some(reply),
        _ => None,
    };
    let (subject, detail) = match (&told.trouble, reply.and_then(|r| r.enhanced)) {
        (_, Some(enhanced)) => (enhanced.subject, enhanced.detail),
        (None, None) => (1, 5),
        (Some(trouble), None) => codes(Reason::of_trouble(trouble)),
    };
    RecipientStatus {
        recipient: told.address.clone(),
        original: told.original.clone(),
        action,
        status: Status(class, subject, detail),
        diagnostic: reply.map(ToString::to_string),
        remote_mta: told.host.clone(),
    }
}

/// The status code of a reason (RFC 3463 §3).
fn codes(reason: Reason) -> (u16, u16) {
    match reason {
        Reason::NoSuchAddress => (1, 1),
        Reason::NoSuchDomain => (1, 2),
        Reason::Closed => (2, 1),
        Reason::Full => (2, 2),
        Reason::TooLarge => (3, 4),
        Reason::Unreachable => (4, 1),
        Reason::Busy => (4, 5),
        Reason::Loop => (4, 6),
        Reason::Uncertain => (4, 2),
        Reason::Unsupported => (6, 3),
        Reason::Content => (6, 0),
        Reason::OutsideTrust | Reason::Forbidden => (7, 1),
        Reason::Certificate => (7, 5),
        Reason::NoTls => (7, 10),
        Reason::OurSide | Reason::Gone | Reason::Cancelled => (3, 0),
        Reason::NoRight | Reason::Opposed => (7, 1),
        Reason::Infected => (6, 0),
        Reason::Other => (0, 0),
    }
}
