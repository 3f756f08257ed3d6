//! Reports about messages: delivery status notifications (RFC 3464) and
//! disposition notifications, the receipts of reading (RFC 8098), read and made.
//!
//! [`read`] takes apart what came in; [`DeliveryReport`] and [`Disposition`] are
//! also what [`build_delivery`] and [`build_disposition`] write. The words for
//! people are the caller's; the fields for programs are made here.

mod delivery;
mod disposition;
mod fields;
mod make;

pub use delivery::{Action, DeliveryReport, RecipientStatus, Status};
pub use disposition::{Disposition, DispositionType, IntegrationError};
pub use make::{NoticeHead, build_delivery, build_disposition, returned_headers};

use crate::limits::Limits;
use crate::parse::{self, Parsed, Part, decode_part};
use crate::thread;

/// A report, as read from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// What became of a message on its way.
    Delivery(DeliveryReport),
    /// What became of it at its recipient.
    Disposition(Disposition),
}

/// What a report is about: by these a sender finds its own message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Message-IDs without brackets: of the returned header, Original-Message-ID, In-Reply-To.
    pub message_ids: Vec<String>,
    /// Original-Envelope-Id: the ENVID that the sender gave (RFC 3461 §4.4).
    pub envelope_id: Option<String>,
}

impl Report {
    /// What it is about.
    pub fn about(&self) -> &About {
        match self {
            Report::Delivery(report) => &report.about,
            Report::Disposition(report) => &report.about,
        }
    }
}

/// Reads the report that a message is, if it is one: `multipart/report` (RFC 6522)
/// with the part that programs read. Never fails otherwise.
pub fn read(raw: &[u8], limits: &Limits) -> Option<Report> {
    of_parsed(raw, &parse::parse(raw, limits))
}

/// As [`read`], of a message that is parsed already.
pub fn of_parsed(raw: &[u8], parsed: &Parsed) -> Option<Report> {
    let root = parsed.parts.first().filter(|p| p.content_type == "multipart/report")?;
    let inner = |wanted: &[&str]| -> Option<&Part> {
        let mut children = root.children.iter().filter_map(|&i| parsed.parts.get(i));
        children.find(|p| wanted.contains(&p.content_type.as_str()))
    };
    let mut about = About::default();
    let returned = ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"];
    if let Some(part) = inner(&returned) {
        add_ids(&mut about, parse::parse_head(&decode_part(raw, part)).message_id);
    }
    if let Some(part) = inner(&["message/delivery-status", "message/global-delivery-status"]) {
        add_ids(&mut about, parsed.in_reply_to.clone());
        return DeliveryReport::read(&decode_part(raw, part), about).map(Report::Delivery);
    }
    let part = inner(&["message/disposition-notification", "message/global-disposition-notification"])?;
    let mut report = Disposition::read(&decode_part(raw, part), about)?;
    add_ids(&mut report.about, parsed.in_reply_to.clone());
    Some(Report::Disposition(report))
}

/// Adds ids, each once, at most twenty.
fn add_ids(about: &mut About, ids: Vec<String>) {
    for id in ids.iter().map(|id| thread::normalise_id(id)) {
        if !id.is_empty() && about.message_ids.len() < 20 && !about.message_ids.contains(&id) {
            about.message_ids.push(id);
        }
    }
}

#[cfg(test)]
mod tests;
