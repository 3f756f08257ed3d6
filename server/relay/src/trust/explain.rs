//! A list in words and numbers, for `pli trust check FILE` and the operator's page.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::list::{ListError, TrustList};
use crate::UnixMs;

/// The figures of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Distinct domains.
    pub domains: usize,
    /// Pairs of domain and certificate.
    pub entries: usize,
    /// Distinct certificate names.
    pub certificates: usize,
    /// Domains with several certificates.
    pub shared: usize,
    /// Entries that could not be used.
    pub skipped: usize,
    /// Organisations with the number of their entries, most first.
    pub operators: Vec<(String, usize)>,
}

/// Counts a list.
pub fn figures(list: &TrustList) -> Figures {
    let mut operators: BTreeMap<String, usize> = BTreeMap::new();
    let mut shared = 0;
    for domain in list.domains() {
        let names = list.names(domain).unwrap_or_default();
        shared += usize::from(names.len() > 1);
        for name in names {
            *operators.entry(name.operator().to_uppercase()).or_default() += 1;
        }
    }
    let mut operators: Vec<(String, usize)> = operators.into_iter().collect();
    operators.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Figures {
        domains: list.domains().count(),
        entries: list.entries,
        certificates: list.all_names().len(),
        shared,
        skipped: list.skipped.len(),
        operators,
    }
}

/// The outcome of [`super::list::verify`] as lines in French.
pub fn explain(outcome: &Result<TrustList, ListError>, now: UnixMs) -> String {
    let mut out = String::new();
    let list = match outcome {
        Ok(list) => list,
        Err(error) => {
            let _ = writeln!(out, "Liste REFUSÉE : {}", refusal(error));
            let _ = writeln!(out, "Rien de cette liste ne sera utilisé ; la dernière liste vérifiée reste en vigueur.");
            return out;
        }
    };
    let figures = figures(list);
    let _ = writeln!(out, "Liste VÉRIFIÉE.");
    let _ = writeln!(out, "Générée le         {} (il y a {})", day(list.generated_at), ago(now - list.generated_at));
    let _ = writeln!(out, "Signataire         {}", list.signer);
    let _ = writeln!(out, "Son certificat     valable jusqu’au {}", day(list.signer_until));
    let _ = writeln!(out, "SHA-256            {}", list.checksum);
    let _ = writeln!(out, "Domaines           {} ({} avec plusieurs certificats)", figures.domains, figures.shared);
    let _ = writeln!(out, "Entrées            {}", figures.entries);
    let _ = writeln!(out, "Certificats        {}", figures.certificates);
    let _ = writeln!(out, "Opérateurs         {}", figures.operators.len());
    for (operator, entries) in figures.operators.iter().take(10) {
        let _ = writeln!(out, "  {entries:>6}  {operator}");
    }
    for skipped in list.skipped.iter().take(20) {
        let what = if skipped.why == "domain" { "domaine illisible" } else { "nom de certificat illisible" };
        let _ = writeln!(out, "Entrée ignorée, ligne {} ({:?}) : {what}", skipped.line, skipped.domain);
    }
    if figures.skipped > 20 {
        let _ = writeln!(out, "… et {} autres entrées ignorées", figures.skipped - 20);
    }
    out
}

/// Why a list is refused, in French.
pub fn refusal(error: &ListError) -> String {
    use super::signature::SignatureError as S;
    match error {
        ListError::TooLarge(bytes) => format!("trop volumineuse ({bytes} octets)."),
        ListError::NotText => "ce n’est pas du texte UTF-8.".to_owned(),
        ListError::Xml(why) => format!("ce n’est pas du XML simple ({why})."),
        ListError::WrongRoot => "ce document n’est pas une liste blanche.".to_owned(),
        ListError::Signature(S::Missing) => "elle n’est pas signée.".to_owned(),
        ListError::Signature(S::Digest) => "son contenu a été modifié après la signature.".to_owned(),
        ListError::Signature(S::Value) => "la signature ne correspond pas au certificat qui l’accompagne.".to_owned(),
        ListError::Signature(other) => format!("signature d’une forme refusée ({other})."),
        ListError::WrongSigner(name) => format!("signée par {name}, qui n’est pas le signataire attendu."),
        ListError::Signer(fault) => format!("le certificat du signataire est refusé ({fault})."),
        ListError::Date => "elle n’a pas de date lisible.".to_owned(),
        ListError::Future => "sa date est dans le futur.".to_owned(),
        ListError::TooManyEntries(most) => format!("plus de {most} entrées."),
        ListError::Empty => "elle ne nomme aucun domaine.".to_owned(),
    }
}

fn day(at: UnixMs) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| "?".to_owned(), |t| t.strftime("%d/%m/%Y %H:%M UTC").to_string())
}

fn ago(ms: i64) -> String {
    match ms.max(0) / 60_000 {
        minutes if minutes < 120 => format!("{minutes} min"),
        minutes if minutes < 48 * 60 => format!("{} h", minutes / 60),
        minutes => format!("{} jours", minutes / (24 * 60)),
    }
}
