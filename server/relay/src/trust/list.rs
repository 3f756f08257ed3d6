//! The white list itself: `domain → names of certificates` (`domain.md` §1.2).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::certificate::{Authority, CertFault};
use super::name::Name;
use super::signature::{self, SignatureError};
use super::{domain, refresh};
use crate::UnixMs;

/// The namespace of the list.
pub const NAMESPACE: &str = "https://listeblanche.mssante.fr/schema";

/// What a list must be to count.
#[derive(Debug, Clone)]
pub struct ListPolicy {
    /// Attributes that the signer's subject must have (`CN=alb.mssante.fr` in production).
    pub signer: Name,
    /// Bytes; the real list had about 4 MB in 2025.
    pub max_bytes: usize,
    /// Entries; the real list had 8,655 in 2026.
    pub max_entries: usize,
}

impl ListPolicy {
    /// The usual bounds, for a signer's name.
    pub fn new(signer: Name) -> ListPolicy {
        ListPolicy { signer, max_bytes: 64 << 20, max_entries: 200_000 }
    }
}

/// Why a list does not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// Beyond [`ListPolicy::max_bytes`].
    #[error("the list has {0} bytes, more than is accepted")]
    TooLarge(usize),
    /// Not UTF-8.
    #[error("the list is not UTF-8 text")]
    NotText,
    /// No XML, or XML with a document type, entities or processing instructions.
    #[error("the list is not plain XML: {0}")]
    Xml(String),
    /// The root is another element.
    #[error("the document is not a white list")]
    WrongRoot,
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The signer's name is another than the one configured.
    #[error("the list is signed by {0}, who is not its signer")]
    WrongSigner(Box<Name>),
    /// The signer's certificate is not to be trusted at the list's date.
    #[error("the signer's certificate is refused: {0}")]
    Signer(CertFault),
    /// DateDeGeneration is missing, twice there, or no date.
    #[error("the list has no readable date")]
    Date,
    /// The list says that it was made later than now.
    #[error("the list is dated in the future")]
    Future,
    /// Beyond [`ListPolicy::max_entries`].
    #[error("the list has more than {0} entries")]
    TooManyEntries(usize),
    /// Not one entry that can be used.
    #[error("the list names no domain")]
    Empty,
}

/// An entry that could not be used, and why; its domain is trusted only if another entry says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Line in the file.
    pub line: u32,
    /// The domain as written.
    pub domain: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A verified list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustList {
    /// DateDeGeneration.
    pub generated_at: UnixMs,
    /// SHA-256 of the file, lower-case hex (the `checksum` that is published beside it).
    pub checksum: String,
    /// Who signed it.
    pub signer: Name,
    /// Until when the signer's certificate is valid.
    pub signer_until: UnixMs,
    /// Pairs of domain and certificate.
    pub entries: usize,
    /// What could not be used.
    pub skipped: Vec<Skipped>,
    domains: HashMap<String, Vec<Arc<Name>>>,
}

impl TrustList {
    /// The certificates listed for a domain; `None` when the domain is not on the list.
    pub fn names(&self, domain: &str) -> Option<&[Arc<Name>]> {
        self.domains.get(&domain::normalise(domain)?).map(Vec::as_slice)
    }

    /// Whether a certificate of that name may speak for the domain.
    pub fn speaks_for(&self, name: &Name, domain: &str) -> bool {
        self.names(domain).is_some_and(|names| names.iter().any(|n| **n == *name))
    }

    /// Whether a certificate of that name stands for any domain at all.
    pub fn knows(&self, name: &Name) -> bool {
        self.domains.values().flatten().any(|n| **n == *name)
    }

    /// The domains, in no order.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(String::as_str)
    }

    /// All certificate names, each once, in order.
    pub fn all_names(&self) -> BTreeSet<&Name> {
        self.domains.values().flatten().map(|n| &**n).collect()
    }

    /// The domains of one certificate name, in order.
    pub fn domains_of(&self, name: &Name) -> Vec<&str> {
        let mut domains: Vec<&str> =
            self.domains.iter().filter(|(_, names)| names.iter().any(|n| **n == *name)).map(|(d, _)| d.as_str()).collect();
        domains.sort_unstable();
        domains
    }
}

/// Reads and verifies a list: plain XML, our root element, a signature of the
/// profile ([`signature`]) over the whole, the pinned signer, its certificate
/// good at the list's date, a date that is past.
///
/// # Errors
/// [`ListError`]; nothing of a list that fails is used.
pub fn verify(bytes: &[u8], policy: &ListPolicy, authority: &Authority, now: UnixMs) -> Result<TrustList, ListError> {
    if bytes.len() > policy.max_bytes {
        return Err(ListError::TooLarge(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ListError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let nodes = u32::try_from(policy.max_entries.saturating_mul(20)).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: nodes.saturating_add(1000), ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| ListError::Xml(e.to_string()))?;
    if document.descendants().any(|n| n.is_pi()) {
        return Err(ListError::Xml("a processing instruction".to_owned()));
    }
    let root = document.root_element();
    if !root.has_tag_name((NAMESPACE, "ListeBlancheMSSante")) {
        return Err(ListError::WrongRoot);
    }
    let signed = signature::verify(&document)?;
    let generated_at = value(root, "DateDeGeneration").and_then(date).ok_or(ListError::Date)?;
    if generated_at > now + refresh::CLOCK_SKEW_MS {
        return Err(ListError::Future);
    }
    let signer = authority.judge_signer(&signed, generated_at).map_err(ListError::Signer)?;
    if !signer.name.contains(&policy.signer) {
        return Err(ListError::WrongSigner(Box::new(signer.name)));
    }
    let mut list = TrustList {
        generated_at,
        checksum: hex(&Sha256::digest(bytes)),
        signer: signer.name,
        signer_until: signer.not_after,
        entries: 0,
        skipped: Vec::new(),
        domains: HashMap::new(),
    };
    read_entries(&mut list, root, policy)?;
    if list.domains.is_empty() { Err(ListError::Empty) } else { Ok(list) }
}

fn read_entries(list: &mut TrustList, root: Node<'_, '_>, policy: &ListPolicy) -> Result<(), ListError> {
    let mut names: HashMap<&str, Option<Arc<Name>>> = HashMap::new();
    let entries = root
        .children()
        .filter(|n| n.has_tag_name((NAMESPACE, "ListeDomaines")))
        .flat_map(|n| n.children())
        .filter(|n| n.has_tag_name((NAMESPACE, "Domaine")));
    for (index, entry) in entries.enumerate() {
        if index == policy.max_entries {
            return Err(ListError::TooManyEntries(policy.max_entries));
        }
        let written = value(entry, "Nom");
        let subject = value(entry, "DNCertificatOperateur");
        let name = subject.and_then(|s| names.entry(s).or_insert_with(|| Name::parse(s).map(Arc::new)).clone());
        match (written.and_then(domain::normalise), name) {
            (Some(domain), Some(name)) => {
                let listed = list.domains.entry(domain).or_default();
                if !listed.contains(&name) {
                    listed.push(name);
                }
                list.entries += 1;
            }
            (domain, _) => list.skipped.push(Skipped {
                line: entry.document().text_pos_at(entry.range().start).row,
                domain: written.unwrap_or_default().chars().take(253).collect(),
                why: if domain.is_none() { "domain" } else { "certificate name" },
            }),
        }
    }
    Ok(())
}

/// The text of the one child of that name. None when there are several, or when
/// the text is broken up by a comment or an element: what a person, the signature
/// and this program read must be the same.
fn value<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let mut found = node.children().filter(|n| n.has_tag_name((NAMESPACE, name)));
    let child = found.next()?;
    let mut inner = child.children();
    let text = inner.next()?;
    (found.next().is_none() && inner.next().is_none() && text.is_text()).then(|| text.text().unwrap_or("").trim())
}

/// `2025-02-28T15:42:07Z` (xsd:dateTime with its zone).
fn date(text: &str) -> Option<UnixMs> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
