//! Receipts of reading (MDN, RFC 8098): when one is sent without asking, when
//! the person is asked, when never. The rule against loops of `domain.md` §2.6.

use mail::{Address, Parsed};

/// The BAL's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The person decides each time.
    Ask,
    /// Sent without asking, where that is allowed.
    Always,
    /// Never sent.
    Never,
}

/// What is done about a receipt that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// None is due: not asked for, not wished, or a loop.
    Nothing,
    /// The person is asked; then it goes to these.
    Ask(Vec<Address>),
    /// It goes to this one without asking.
    Send(Address),
}

/// What to do about the receipt for a message received with the reverse-path
/// `return_path`. Without asking only when it goes to that very address
/// (RFC 8098 §2.1); never for reports, automatic mail or a null reverse-path.
pub fn answer(message: &Parsed, return_path: Option<&str>, wish: Wish) -> Answer {
    let wanted = message.disposition_notification_to.as_deref().unwrap_or_default();
    let automatic = message.auto_submitted.as_deref().is_some_and(|v| !v.is_empty() && v != "no");
    let report = message.parts.first().is_some_and(|p| p.content_type == "multipart/report");
    let Some(return_path) = return_path else { return Answer::Nothing };
    let valid = |a: &Address| mail::address::check_address(&a.email).is_ok();
    let wanted: Vec<Address> = wanted.iter().filter(|a| valid(a)).cloned().collect();
    if wish == Wish::Never || wanted.is_empty() || automatic || report {
        return Answer::Nothing;
    }
    match wanted.as_slice() {
        [only] if wish == Wish::Always && same(&only.email, return_path) => Answer::Send(only.clone()),
        _ => Answer::Ask(wanted),
    }
}

/// Local parts as they are, domains without case (RFC 8098 §2.1, RFC 5321 §2.4).
fn same(a: &str, b: &str) -> bool {
    mail::address::normalise(a) == mail::address::normalise(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(extra: &str, return_path: Option<&str>, wish: Wish) -> Answer {
        let raw = format!("From: a@x.fr\r\nDisposition-Notification-To: A <a@X.fr>\r\n{extra}\r\nb");
        answer(&mail::parse(raw.as_bytes(), &mail::Limits::default()), return_path, wish)
    }

    #[test]
    fn only_to_the_reverse_path_without_asking() {
        assert!(matches!(decide("", Some("a@x.fr"), Wish::Always), Answer::Send(a) if a.email == "a@X.fr"));
        assert!(matches!(decide("", Some("b@x.fr"), Wish::Always), Answer::Ask(_)));
        assert!(matches!(decide("", Some("a@x.fr"), Wish::Ask), Answer::Ask(_)));
        assert_eq!(decide("", Some("a@x.fr"), Wish::Never), Answer::Nothing);
        assert_eq!(decide("", None, Wish::Always), Answer::Nothing);
        assert_eq!(decide("Auto-Submitted: auto-replied\r\n", Some("a@x.fr"), Wish::Always), Answer::Nothing);
        assert_eq!(decide("Content-Type: multipart/report; boundary=b\r\n", Some("a@x.fr"), Wish::Always), Answer::Nothing);
    }
}
