//! Who really sends (RFC 5322 §3.6.2): the field Sender of a message that exists, set or taken out.

use super::{BuildError, HeaderValue, field, without};
use crate::address::Address;

/// The message with this Sender, or with none, and no other byte changed. `None` when it is so already.
///
/// # Errors
/// When the name or the address cannot stand in a field.
pub fn with_sender(raw: &[u8], sender: Option<&Address>) -> Result<Option<Vec<u8>>, BuildError> {
    let (rest, before) = without(raw, |name| name.eq_ignore_ascii_case(b"sender"));
    let mut out = Vec::with_capacity(raw.len() + 120);
    if let Some(sender) = sender {
        field::write(&mut out, "Sender", &HeaderValue::Addresses(vec![sender.clone()]))?;
    }
    if out == before {
        return Ok(None);
    }
    out.extend_from_slice(&rest);
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marie() -> Address {
        Address { name: Some("Marie Petit".into()), email: "dr.martin@medecin.mssante.example".into() }
    }

    #[test]
    fn it_is_set_replaced_and_taken_out() {
        let raw = b"From: a@b.fr\r\nsender : x@y.fr,\r\n z@y.fr\r\nSubject: s\r\n\r\nSender: stays\r\n";
        let bare = with_sender(raw, None).unwrap().unwrap();
        assert_eq!(bare, b"From: a@b.fr\r\nSubject: s\r\n\r\nSender: stays\r\n");
        assert_eq!(with_sender(&bare, None), Ok(None));
        let named = with_sender(raw, Some(&marie())).unwrap().unwrap();
        let parsed = crate::parse(&named, &crate::Limits::default());
        assert_eq!(parsed.sender, Some(vec![marie()]));
        assert!(named.ends_with(b"From: a@b.fr\r\nSubject: s\r\n\r\nSender: stays\r\n"));
        assert_eq!(with_sender(&named, Some(&marie())), Ok(None));
    }

    #[test]
    fn a_name_cannot_add_a_field() {
        let evil = Address { name: Some("a\r\nBcc: x@y.fr".into()), email: "a@b.fr".into() };
        assert!(with_sender(b"Subject: s\r\n\r\n", Some(&evil)).is_err());
    }
}
