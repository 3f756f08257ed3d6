//! Delivery status (RFC 3464).

use std::fmt;

use super::fields::{self, Group, get, typed};
use super::{About, add_ids};

/// What was done with a recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It could not be delivered, and will not be.
    Failed,
    /// Not yet; it is still being tried.
    Delayed,
    /// It lies in the recipient's BAL.
    Delivered,
    /// It was given to a system that makes no notices.
    Relayed,
    /// It was delivered and given on to several addresses.
    Expanded,
}

impl Action {
    const NAMES: [(Action, &'static str); 5] = [
        (Action::Failed, "failed"),
        (Action::Delayed, "delayed"),
        (Action::Delivered, "delivered"),
        (Action::Relayed, "relayed"),
        (Action::Expanded, "expanded"),
    ];

    fn read(text: &str) -> Option<Action> {
        let word = text.split([' ', '(']).next().unwrap_or("");
        Action::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(word)).map(|(action, _)| *action)
    }

    fn name(self) -> &'static str {
        Action::NAMES.iter().find(|(action, _)| *action == self).map_or("failed", |(_, name)| name)
    }
}

/// A status code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u8, pub u16, pub u16);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Status {
    fn read(text: &str) -> Option<Status> {
        let word = text.split([' ', '(']).next()?;
        let mut numbers = word.split('.').map(|n| n.parse::<u16>().ok().filter(|n| *n < 1000));
        let status = Status(u8::try_from(numbers.next()??).ok()?, numbers.next()??, numbers.next()??);
        (numbers.next().is_none() && matches!(status.0, 2 | 4 | 5)).then_some(status)
    }
}

/// One recipient of a delivery report (RFC 3464 §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientStatus {
    /// Final-Recipient: the address that the reporting system knows.
    pub recipient: String,
    /// Original-Recipient: the address that the sender gave, where told.
    pub original: Option<String>,
    /// Action.
    pub action: Action,
    /// Status.
    pub status: Status,
    /// Diagnostic-Code without its type: the reply of the other system.
    pub diagnostic: Option<String>,
    /// Remote-MTA without its type.
    pub remote_mta: Option<String>,
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Reporting-MTA without its type.
    pub reporting_mta: Option<String>,
    /// The recipients it speaks of.
    pub recipients: Vec<RecipientStatus>,
    /// What it is about.
    pub about: About,
}

impl DeliveryReport {
    /// Reads the content of a `message/delivery-status` part. `None` when it speaks of no recipient.
    pub(super) fn read(bytes: &[u8], mut about: About) -> Option<DeliveryReport> {
        let mut groups = fields::groups(bytes);
        // Some systems leave out the empty line after the fields of the message.
        let head: Group = if groups.first().is_some_and(|g| get(g, "final-recipient").is_some()) {
            groups.first().cloned().unwrap_or_default()
        } else if groups.is_empty() {
            return None;
        } else {
            groups.remove(0)
        };
        about.envelope_id = get(&head, "original-envelope-id").map(str::to_owned);
        if let Some(id) = get(&head, "x-original-message-id") {
            add_ids(&mut about, crate::header::message_ids(id));
        }
        let recipients: Vec<RecipientStatus> = groups.iter().filter_map(recipient).collect();
        let reporting_mta = typed(&head, "reporting-mta");
        (!recipients.is_empty()).then_some(DeliveryReport { reporting_mta, recipients, about })
    }

    /// Writes the content of the part (RFC 3464 §2.2, §2.3).
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        if let Some(id) = &self.about.envelope_id {
            fields::write(&mut out, "Original-Envelope-Id", id);
        }
        fields::write(&mut out, "Reporting-MTA", &format!("dns; {}", self.reporting_mta.as_deref().unwrap_or("localhost")));
        for recipient in &self.recipients {
            out.push_str("\r\n");
            if let Some(original) = &recipient.original {
                fields::write(&mut out, "Original-Recipient", &format!("rfc822; {original}"));
            }
            fields::write(&mut out, "Final-Recipient", &format!("rfc822; {}", recipient.recipient));
            fields::write(&mut out, "Action", recipient.action.name());
            fields::write(&mut out, "Status", &recipient.status.to_string());
            if let Some(mta) = &recipient.remote_mta {
                fields::write(&mut out, "Remote-MTA", &format!("dns; {mta}"));
            }
            if let Some(text) = &recipient.diagnostic {
                fields::write(&mut out, "Diagnostic-Code", &format!("smtp; {text}"));
            }
        }
        out
    }
}

fn recipient(group: &Group) -> Option<RecipientStatus> {
    let action = Action::read(get(group, "action")?)?;
    let implied = match action {
        Action::Failed => Status(5, 0, 0),
        Action::Delayed => Status(4, 0, 0),
        _ => Status(2, 0, 0),
    };
    Some(RecipientStatus {
        recipient: typed(group, "final-recipient").or_else(|| typed(group, "original-recipient"))?,
        original: typed(group, "original-recipient"),
        action,
        status: get(group, "status").and_then(Status::read).unwrap_or(implied),
        diagnostic: typed(group, "diagnostic-code"),
        remote_mta: typed(group, "remote-mta"),
    })
}
