//! Disposition notifications (RFC 8098), with the errors of automatic integration
//! that French software puts in them (`domain.md` §2.6).

use super::fields::{self, get, typed};
use super::{About, add_ids};

/// What became of the message at its recipient (RFC 8098 §3.2.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispositionType {
    /// Shown to a person.
    Displayed,
    /// Deleted, perhaps unread.
    Deleted,
    /// Given on.
    Dispatched,
    /// Handled by a program.
    Processed,
}

impl DispositionType {
    const NAMES: [(DispositionType, &'static str); 4] = [
        (DispositionType::Displayed, "displayed"),
        (DispositionType::Deleted, "deleted"),
        (DispositionType::Dispatched, "dispatched"),
        (DispositionType::Processed, "processed"),
    ];
}

/// `code^libellé` of a failed integration (`domain.md` §2.6: 900 to 906).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationError {
    /// The code, when there is one.
    pub code: Option<u16>,
    /// The words.
    pub text: String,
}

/// A disposition notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// Reporting-UA.
    pub reporting_ua: Option<String>,
    /// Final-Recipient: who speaks.
    pub recipient: String,
    /// Original-Recipient: the address that the sender gave, where told.
    pub original: Option<String>,
    /// What became of the message.
    pub kind: DispositionType,
    /// A person asked for it (`manual-action`), not a rule or program.
    pub manual_action: bool,
    /// A person allowed the notice (`MDN-sent-manually`).
    pub sent_manually: bool,
    /// The `Error` modifier or the Error field, where there is one.
    pub error: Option<IntegrationError>,
    /// What it is about.
    pub about: About,
}

impl Disposition {
    /// Reads the content of a `message/disposition-notification` part (RFC 8098 §3).
    pub(super) fn read(bytes: &[u8], mut about: About) -> Option<Disposition> {
        let group = fields::groups(bytes).into_iter().flatten().collect::<Vec<_>>();
        let value = get(&group, "disposition")?;
        let (mode, rest) = value.split_once(';').unwrap_or(("", value));
        let (kind, modifiers) = rest.trim().split_once('/').unwrap_or((rest.trim(), ""));
        let kind = kind.split([' ', '(']).next().unwrap_or("").trim();
        let kind = DispositionType::NAMES.iter().find(|(_, n)| n.eq_ignore_ascii_case(kind)).map(|(k, _)| *k)?;
        let mode = mode.to_ascii_lowercase();
        let original_ids = get(&group, "original-message-id").map(crate::header::message_ids).unwrap_or_default();
        add_ids(&mut about, original_ids);
        Some(Disposition {
            reporting_ua: get(&group, "reporting-ua").map(str::to_owned),
            recipient: typed(&group, "final-recipient").or_else(|| typed(&group, "original-recipient"))?,
            original: typed(&group, "original-recipient"),
            kind,
            manual_action: mode.contains("manual-action"),
            sent_manually: mode.contains("mdn-sent-manually"),
            error: modifier_error(modifiers).or_else(|| get(&group, "error").map(integration_error)),
            about,
        })
    }

    /// Writes the content of the part.
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        if let Some(ua) = &self.reporting_ua {
            fields::write(&mut out, "Reporting-UA", ua);
        }
        if let Some(original) = &self.original {
            fields::write(&mut out, "Original-Recipient", &format!("rfc822; {original}"));
        }
        fields::write(&mut out, "Final-Recipient", &format!("rfc822; {}", self.recipient));
        if let Some(id) = self.about.message_ids.first() {
            fields::write(&mut out, "Original-Message-ID", &format!("<{id}>"));
        }
        let action = if self.manual_action { "manual-action" } else { "automatic-action" };
        let sent = if self.sent_manually { "MDN-sent-manually" } else { "MDN-sent-automatically" };
        let kind = DispositionType::NAMES.iter().find(|(k, _)| *k == self.kind).map_or("displayed", |(_, n)| n);
        let error = self.error.as_ref().map_or(String::new(), |e| match e.code {
            Some(code) => format!("/Error: {code}^{}", e.text),
            None => format!("/Error: {}", e.text),
        });
        fields::write(&mut out, "Disposition", &format!("{action}/{sent}; {kind}{error}"));
        out
    }
}

/// `Error: code^libellé` among the modifiers.
fn modifier_error(modifiers: &str) -> Option<IntegrationError> {
    let rest = modifiers.trim().get(..5).filter(|w| w.eq_ignore_ascii_case("error")).and(modifiers.trim().get(5..))?;
    Some(integration_error(rest.trim_start_matches([':', ' '])))
}

fn integration_error(text: &str) -> IntegrationError {
    match text.split_once('^') {
        Some((code, words)) => IntegrationError { code: code.trim().parse().ok(), text: words.trim().to_owned() },
        None => IntegrationError { code: None, text: text.trim().to_owned() },
    }
}
