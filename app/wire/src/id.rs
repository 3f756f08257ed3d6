//! Ids: 63 bits inside, on the wire one letter for the type then 13 characters of base32hex in lower case.
//!
//! The alphabet keeps the order of the numbers, so ids made later sort later.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const LENGTH: usize = 13;

/// An id that is not one: wrong letter, length or character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadId;

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of this type")
    }
}

impl std::error::Error for BadId {}

fn write(letter: char, value: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'0'; LENGTH];
    let mut rest = value as u64;
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    write!(f, "{letter}{}", std::str::from_utf8(&text).unwrap_or_default())
}

fn read(letter: u8, text: &str) -> Result<i64, BadId> {
    let bytes = text.as_bytes();
    if bytes.len() != LENGTH + 1 || bytes[0] != letter {
        return Err(BadId);
    }
    let mut value: u64 = 0;
    for byte in &bytes[1..] {
        let digit = ALPHABET.iter().position(|c| c == byte).ok_or(BadId)? as u64;
        if value >> 59 != 0 {
            return Err(BadId);
        }
        value = value << 5 | digit;
    }
    i64::try_from(value).map_err(|_| BadId)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write($letter, self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                read($letter as u8, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A mail account (BAL).
    AccountId 'a';
    /// A message.
    EmailId 'e';
    /// A delegation of an account.
    DelegationId 'g';
    /// A group of members of a structure.
    GroupId 'u';
    /// A sender identity of an account.
    IdentityId 'i';
    /// A folder.
    MailboxId 'm';
    /// Somebody in a structure.
    MemberId 'h';
    /// An internal note on a conversation.
    NoteId 'n';
    /// A structure.
    OrganisationId 'o';
    /// A person who signs in.
    PersonId 'p';
    /// A patient that a BAL writes with.
    PatientId 'y';
    /// What a patient was told, agreed to or opposed.
    RecordId 'j';
    /// A template of messages to patients.
    TemplateId 'l';
    /// A yearly review of a structure.
    ReviewId 'r';
    /// A saved search: its words are never in an address.
    SearchId 'q';
    /// A message on its way out.
    SubmissionId 's';
    /// A conversation.
    ThreadId 't';
    /// A signed-in browser.
    SessionId 'x';
    /// A bearer token of an application.
    TokenId 'k';
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_survives_the_wire(value in 0..i64::MAX) {
            let id = EmailId(value);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert!(id.to_string().parse::<ThreadId>().is_err());
        }

        #[test]
        fn order_is_kept(a in 0..i64::MAX, b in 0..i64::MAX) {
            prop_assert_eq!(a.cmp(&b), EmailId(a).to_string().cmp(&EmailId(b).to_string()));
        }

        #[test]
        fn anything_else_is_refused_without_panic(text in ".{0,20}") {
            if let Ok(id) = text.parse::<EmailId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
