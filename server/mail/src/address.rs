//! Mailboxes: as header fields hold them (RFC 5322 §3.4, RFC 6531), and as
//! people type and paste them.

use crate::decode;

/// A mailbox as JMAP gives it (RFC 8621 §4.1.2.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address {
    /// The display name, decoded.
    pub name: Option<String>,
    /// `local@domain`, or whatever stood in its place.
    pub email: String,
}

/// Mailboxes of one group (RFC 5322 §3.4); without a name, those outside any group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The group's name.
    pub name: Option<String>,
    /// Its members.
    pub addresses: Vec<Address>,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFault {
    /// Nothing was given.
    Empty,
    /// There is no `@`.
    NoAt,
    /// Nothing stands before the `@`.
    EmptyLocal,
    /// A character that no address may hold there.
    BadCharacter(char),
    /// Two dots in a row, or a dot at an end of the local part.
    BadLocal,
    /// The domain is not one: empty, without a dot, or a label is malformed.
    BadDomain,
    /// Longer than 254 bytes, or its local part than 64 (RFC 5321 §4.5.3.1).
    TooLong,
}

impl Address {
    /// A mailbox without a display name.
    pub fn bare(email: impl Into<String>) -> Address {
        Address { name: None, email: email.into() }
    }

    /// Prints `Name <email>`, the name quoted where RFC 5322 §3.2.4 asks for it.
    pub fn display(&self) -> String {
        match self.name.as_deref().filter(|n| !n.is_empty()) {
            None => self.email.clone(),
            Some(name) if name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '_')) => {
                format!("{name} <{}>", self.email)
            }
            Some(name) => {
                let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
                format!("\"{escaped}\" <{}>", self.email)
            }
        }
    }
}

/// Checks an addr-spec (RFC 5321 §4.1.2 with RFC 6531; no quoted local parts,
/// no address literals: MSSanté has neither).
///
/// # Errors
/// The first fault found.
pub fn check_address(address: &str) -> Result<(), AddressFault> {
    if address.is_empty() {
        return Err(AddressFault::Empty);
    }
    let (local, domain) = address.rsplit_once('@').ok_or(AddressFault::NoAt)?;
    if local.is_empty() {
        return Err(AddressFault::EmptyLocal);
    }
    if let Some(c) = local.chars().find(|&c| !is_atext(c) && c != '.') {
        return Err(AddressFault::BadCharacter(c));
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(AddressFault::BadLocal);
    }
    if let Some(c) = domain.chars().find(|&c| !(c.is_ascii_alphanumeric() || is_letter(c) || matches!(c, '.' | '-'))) {
        return Err(AddressFault::BadCharacter(c));
    }
    let labels: Vec<&str> = domain.split('.').collect();
    let bad = |l: &&str| l.is_empty() || l.len() > 63 || l.starts_with('-') || l.ends_with('-');
    if labels.len() < 2 || labels.iter().any(bad) {
        return Err(AddressFault::BadDomain);
    }
    if labels.last().is_some_and(|tld| tld.chars().all(|c| c.is_ascii_digit())) {
        return Err(AddressFault::BadDomain);
    }
    if local.len() > 64 || address.len() > 254 {
        return Err(AddressFault::TooLong);
    }
    Ok(())
}

/// atext of RFC 5322 §3.2.3 and RFC 6531 §3.3.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_letter(c)
}

fn is_letter(c: char) -> bool {
    !c.is_ascii() && (c.is_alphanumeric() || crate::search::is_mark(c)) && !is_invisible(c)
}

/// Lower-case domain, white space around removed; the local part and IDN stay
/// as they are (RFC 5321 §2.4: the local part belongs to its host).
pub fn normalise(address: &str) -> String {
    let address = address.trim();
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase().trim_end_matches('.')),
        None => address.to_owned(),
    }
}

/// The mailboxes of a header field, groups flattened.
pub fn parse_header(raw_value: &str) -> Vec<Address> {
    parse_groups(raw_value).into_iter().flat_map(|g| g.addresses).collect()
}

/// The mailboxes of a header field in their groups (RFC 8621 §4.1.2.4).
/// Consecutive mailboxes outside a group share a group without a name.
pub fn parse_groups(raw_value: &str) -> Vec<Group> {
    let mut lexer = Lexer::default();
    let text = crate::header::unfold(raw_value);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => lexer.quoted(&mut chars),
            '(' => lexer.comment(&mut chars),
            '<' => lexer.angle(&mut chars),
            ',' => lexer.flush(),
            ';' => lexer.end_group(),
            ':' if lexer.angle.is_none() && !lexer.literal.contains('@') && !lexer.in_group => lexer.start_group(),
            c if c.is_control() && c != '\t' => {}
            c => lexer.push(c),
        }
    }
    lexer.flush();
    lexer.groups.retain(|g| g.name.is_some() || !g.addresses.is_empty());
    lexer.groups
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// What has been read of the mailbox at hand.
#[derive(Default)]
struct Lexer {
    groups: Vec<Group>,
    in_group: bool,
    /// The phrase, quotes removed.
    phrase: String,
    /// The same as written: a mailbox without brackets is found in it.
    literal: String,
    comment: String,
    angle: Option<String>,
}

impl Lexer {
    fn push(&mut self, c: char) {
        self.phrase.push(c);
        self.literal.push(c);
    }

    fn quoted(&mut self, chars: &mut Chars<'_>) {
        self.literal.push('"');
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => {
                    if let Some(next) = chars.next() {
                        self.phrase.push(next);
                        self.literal.push('\\');
                        self.literal.push(next);
                    }
                }
                c => self.push(c),
            }
        }
        self.literal.push('"');
    }

    fn comment(&mut self, chars: &mut Chars<'_>) {
        let mut depth = 1usize;
        while let Some(c) = chars.next() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            let c = if c == '\\' { chars.next().unwrap_or(c) } else { c };
            self.comment.push(c);
        }
    }

    fn angle(&mut self, chars: &mut Chars<'_>) {
        let mut inner = String::new();
        let mut quoted = false;
        for c in chars.by_ref() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => break,
                _ => {}
            }
            inner.push(c);
        }
        // Source routes (`@relay:box@host`) are obsolete and dropped (RFC 5322 §4.4).
        let inner = inner.trim();
        let inner = match inner.strip_prefix('@').and_then(|r| r.split_once(':')) {
            Some((_, rest)) => rest,
            None => inner,
        };
        self.angle = Some(inner.chars().filter(|c| !c.is_whitespace()).collect());
    }

    fn flush(&mut self) {
        let phrase = std::mem::take(&mut self.phrase);
        let literal = std::mem::take(&mut self.literal);
        let comment = std::mem::take(&mut self.comment);
        let (name, email) = match self.angle.take() {
            Some(email) => (if phrase.trim().is_empty() { comment } else { phrase }, email),
            None => {
                let literal = literal.trim();
                if literal.is_empty() {
                    return;
                }
                match literal.split_whitespace().rev().find(|w| w.contains('@')) {
                    Some(word) if !literal.starts_with('"') && word.len() < literal.len() => {
                        let tidy: String = literal.split_whitespace().collect();
                        if check_address(&tidy).is_ok() && literal.contains(" @") | literal.contains("@ ") {
                            (comment, tidy)
                        } else {
                            (literal.replacen(word, "", 1), word.to_owned())
                        }
                    }
                    _ => (comment, literal.to_owned()),
                }
            }
        };
        let address = Address { name: clean_name(&name), email };
        if address.email.is_empty() && address.name.is_none() {
            return;
        }
        match self.groups.last_mut() {
            Some(group) if self.in_group || group.name.is_none() => group.addresses.push(address),
            _ => self.groups.push(Group { name: None, addresses: vec![address] }),
        }
    }

    fn start_group(&mut self) {
        let name = clean_name(&std::mem::take(&mut self.phrase));
        self.literal.clear();
        self.comment.clear();
        self.groups.push(Group { name: Some(name.unwrap_or_default()), addresses: Vec::new() });
        self.in_group = true;
    }

    fn end_group(&mut self) {
        self.flush();
        self.in_group = false;
    }
}

/// Decodes encoded words, drops controls and collapses white space.
fn clean_name(name: &str) -> Option<String> {
    let decoded = decode::words(name.trim());
    let name =
        decoded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    Some(name).filter(|n| !n.is_empty())
}

/// Reads what people type or paste into a recipient field: commas, semicolons
/// and line ends separate, `Dr X <a@b>`, `"X, Y" <a@b>` and `mailto:a@b` are understood.
///
/// Each piece is a checked, normalised address, or the piece and its fault.
pub fn parse_list(text: &str) -> Vec<Result<Address, (String, AddressFault)>> {
    split_list(text).iter().map(|piece| parse_typed(piece)).collect()
}

fn split_list(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let (mut quoted, mut angle) = (false, false);
    for c in text.chars() {
        match c {
            '\r' | '\n' => {
                (quoted, angle) = (false, false);
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            '"' => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' | ';' if !quoted && !angle => {
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            _ => {}
        }
        piece.push(c);
    }
    pieces.push(piece);
    pieces.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

fn parse_typed(piece: &str) -> Result<Address, (String, AddressFault)> {
    let (name, email) = match piece.rfind('<') {
        Some(at) => {
            let inner = piece[at + 1..].trim();
            (piece[..at].trim(), inner.strip_suffix('>').unwrap_or(inner).trim())
        }
        None => ("", piece),
    };
    let email = email.strip_prefix("mailto:").unwrap_or(email);
    let email = normalise(email);
    check_address(&email).map_err(|fault| (piece.to_owned(), fault))?;
    let name = name.trim_matches(['"', '\'']).replace("\\\"", "\"").replace("\\\\", "\\");
    Ok(Address { name: clean_name(&name), email })
}

/// Characters that show nothing or turn the text around (Unicode TR 36 §2).
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether a display name makes one believe in another address: it holds an
/// address that is not `email`, or invisible, turning or look-alike characters.
pub fn display_name_hides_address(name: &str, email: &str) -> bool {
    if name.chars().any(is_invisible) || mixes_scripts(name) {
        return true;
    }
    let plain: String =
        crate::search::fold(name).chars().map(|c| if matches!(c, '\u{FE6B}' | '\u{FF20}') { '@' } else { c }).collect();
    let real = crate::search::fold(email);
    plain
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | ',' | ';' | ':' | '\''))
        .filter(|w| w.contains('@'))
        .map(|w| w.trim_matches('.'))
        .any(|w| w != real && w.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')))
}

/// A word with Latin letters and Cyrillic, Greek or Cherokee ones.
fn mixes_scripts(name: &str) -> bool {
    name.split(|c: char| !c.is_alphanumeric()).any(|word| {
        let latin = word.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '\u{00C0}'..='\u{024F}'));
        latin
            && word.chars().any(|c| matches!(c, '\u{0370}'..='\u{03FF}' | '\u{0400}'..='\u{052F}' | '\u{13A0}'..='\u{13FF}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, email: &str) -> Address {
        Address { name: Some(name.into()), email: email.into() }
    }

    #[test]
    fn header_fields() {
        assert_eq!(
            parse_header("\"Martin, Anne\" <a@b.fr>, c@d.fr (Paul), =?utf-8?Q?L=C3=A9a?= <l@x.fr>,\r\n <q@r>"),
            [pair("Martin, Anne", "a@b.fr"), pair("Paul", "c@d.fr"), pair("Léa", "l@x.fr"), Address::bare("q@r")]
        );
        assert_eq!(parse_header("\"john doe\"@x.fr"), [Address::bare("\"john doe\"@x.fr")]);
        assert_eq!(parse_header("<@relay:a@b>"), [Address::bare("a@b")]);
        assert_eq!(parse_header(" , ,"), []);
    }

    #[test]
    fn groups() {
        let got = parse_groups("a@b, Équipe: c@d, E <e@f>; g@h, undisclosed-recipients:;");
        assert_eq!(got.len(), 4);
        assert_eq!(got[1].name.as_deref(), Some("Équipe"));
        assert_eq!(got[1].addresses, [Address::bare("c@d"), pair("E", "e@f")]);
        assert_eq!(got[2].addresses, [Address::bare("g@h")]);
        assert!(got[3].addresses.is_empty());
    }

    #[test]
    fn faults() {
        use AddressFault::*;
        for (text, fault) in [
            ("", Empty),
            ("a", NoAt),
            ("@b.fr", EmptyLocal),
            ("a b@c.fr", BadCharacter(' ')),
            ("a..b@c.fr", BadLocal),
            ("a@b", BadDomain),
            ("a@b..fr", BadDomain),
            ("a@-b.fr", BadDomain),
            ("a@b.1", BadDomain),
            ("a@b_c.fr", BadCharacter('_')),
        ] {
            assert_eq!(check_address(text), Err(fault), "{text}");
        }
        assert_eq!(check_address(&format!("{}@b.fr", "a".repeat(65))), Err(TooLong));
        for good in ["a@b.fr", "jean.d'arc+x@sous.domaine.mssante.example", "rené@hôpital.fr"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn typed_lists() {
        let got = parse_list("Dr X <a@B.FR>; c@d.fr\n\"Y, Z\" <e@f.fr>, mailto:g@h.fr, nul");
        assert_eq!(got.len(), 5);
        assert_eq!(got[0], Ok(pair("Dr X", "a@b.fr")));
        assert_eq!(got[2], Ok(pair("Y, Z", "e@f.fr")));
        assert_eq!(got[3], Ok(Address::bare("g@h.fr")));
        assert_eq!(got[4], Err(("nul".into(), AddressFault::NoAt)));
    }

    #[test]
    fn hidden_addresses() {
        assert!(display_name_hides_address("dr.martin@mssante.example", "x@evil.example"));
        assert!(display_name_hides_address("Dr Martin <dr@a.fr>", "x@evil.example"));
        assert!(display_name_hides_address("Dr\u{202E}nitraM", "a@b.fr"));
        assert!(display_name_hides_address("M\u{0430}rtin", "a@b.fr"), "Cyrillic a");
        assert!(!display_name_hides_address("Dr Martin", "a@b.fr"));
        assert!(!display_name_hides_address("A@B.fr", "a@b.fr"));
        assert!(!display_name_hides_address("Γιώργος", "a@b.fr"));
    }

    #[test]
    fn printing() {
        assert_eq!(pair("Dr Léa Roux", "a@b").display(), "Dr Léa Roux <a@b>");
        assert_eq!(pair("Roux, \"L\"", "a@b").display(), "\"Roux, \\\"L\\\"\" <a@b>");
    }
}
