//! Paths and parameters of MAIL and RCPT (RFC 5321 §4.1.2), and the xtext of
//! delivery status notifications (RFC 3461 §4).

use thiserror::Error;

use crate::trust::domain;

/// A path: an address with the form of its domain under which domains are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// `local@domain` as given, the domain normalised.
    pub address: String,
    /// The domain, normalised.
    pub domain: String,
}

/// What is wrong with a path or its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// No `<…>`, or something beside it.
    #[error("syntax")]
    Syntax,
    /// The address between the brackets is none.
    #[error("address")]
    Address,
    /// A character beyond ASCII without SMTPUTF8 (RFC 6531 §3.4).
    #[error("not ASCII")]
    NotAscii,
    /// A parameter that is malformed or given twice.
    #[error("parameter")]
    Parameter,
}

/// Checks an address (RFC 5321 §4.1.2, RFC 6531; no quoted local parts and no
/// address literals: MSSanté has neither).
///
/// # Errors
/// [`PathError::Address`].
pub fn address(text: &str) -> Result<Path, PathError> {
    let (local, host) = text.rsplit_once('@').ok_or(PathError::Address)?;
    let domain = domain::normalise(host).ok_or(PathError::Address)?;
    let address = format!("{local}@{domain}");
    mail::address::check_address(&address).map_err(|_| PathError::Address)?;
    Ok(Path { address, domain })
}

/// Parameters after a path, names in upper case, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// Takes a parameter out; the outer `None` when it is absent.
    pub fn take(&mut self, name: &str) -> Option<Option<String>> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The first that nobody took.
    pub fn rest(&self) -> Option<&str> {
        self.0.first().map(|(n, _)| n.as_str())
    }
}

impl Path {
    /// Reads `<path> PARAM=value …`; `<>` is `None` (RFC 5321 §4.5.5). A source
    /// route is dropped (§4.1.1.3).
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(text: &str) -> Result<(Option<Path>, Params), PathError> {
        let inner = text.trim_start().strip_prefix('<').ok_or(PathError::Syntax)?;
        let (path, rest) = inner.split_once('>').ok_or(PathError::Syntax)?;
        if !rest.is_empty() && !rest.starts_with(' ') {
            return Err(PathError::Syntax);
        }
        let params = params(rest)?;
        let path = match path.strip_prefix('@').and_then(|p| p.split_once(':')) {
            Some((_, address)) => address,
            None => path,
        };
        if path.is_empty() {
            return Ok((None, params));
        }
        Ok((Some(address(path)?), params))
    }
}

fn params(text: &str) -> Result<Params, PathError> {
    let mut found = Vec::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if !value.is_empty() => (name, Some(value.to_owned())),
            Some(_) => return Err(PathError::Parameter),
            None => (word, None),
        };
        let name = name.to_ascii_uppercase();
        let good = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !good || found.len() == 20 || found.iter().any(|(n, _)| *n == name) {
            return Err(PathError::Parameter);
        }
        found.push((name, value));
    }
    Ok(Params(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let (path, mut params) = Path::parse("<Dr.Martin@Medecin.MSSANTE.fr> SIZE=10 smtputf8").unwrap();
        assert_eq!(path.unwrap().address, "Dr.Martin@medecin.mssante.fr");
        assert_eq!(params.take("SIZE"), Some(Some("10".to_owned())));
        assert_eq!(params.take("SMTPUTF8"), Some(None));
        assert_eq!(params.rest(), None);
        assert_eq!(Path::parse("<>").unwrap().0, None);
        assert_eq!(Path::parse("<@a.fr,@b.fr:c@d.fr>").unwrap().0.unwrap().address, "c@d.fr");
        for bad in
            ["a@b.fr", "<a@b.fr", "<a@b.fr>x", "<a>", "<a@b.fr> =1", "<a@b.fr> A= ", "<a@b.fr> A A", "<a@[127.0.0.1]>"]
        {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }
}
