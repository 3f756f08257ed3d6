//! Patients of a BAL as pages and API name them: how the exchange stands, what the register holds. Ids are opaque; the
//! matricule is in none of this but masked.

use serde::{Deserialize, Serialize};

use crate::id::{PatientId, TemplateId};

/// How the exchange with a patient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExchangeState {
    /// Nothing was sent yet.
    #[default]
    New,
    /// Open, and nobody has to answer: what the patient wrote was treated.
    Open,
    /// The patient may answer.
    AwaitingPatient,
    /// The patient wrote.
    AwaitingUs,
    Closed,
}

impl ExchangeState {
    /// The word of forms, rows and styles.
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::AwaitingPatient => "awaiting-patient",
            Self::AwaitingUs => "awaiting-us",
            Self::Closed => "closed",
        }
    }
}

/// What the register holds of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    Information,
    Consent,
    Opposition,
}

impl RecordKind {
    pub const ALL: [Self; 3] = [Self::Information, Self::Consent, Self::Opposition];

    /// The word of forms and files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Consent => "consent",
            Self::Opposition => "opposition",
        }
    }

    /// The kind of a word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// `patient` of an Email in our extension: the exchange that its conversation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    pub id: PatientId,
    pub state: ExchangeState,
    /// Wall clock of when it came to this state.
    #[serde(default)]
    pub since_local: Option<String>,
    /// Who closed it; none: it closed by itself.
    #[serde(default)]
    pub closed_by: Option<String>,
    #[serde(default)]
    pub opposed: bool,
}

/// What the patient may do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answering {
    /// Answer it.
    #[default]
    Allowed,
    /// Only read it (`X-MSS-MES: FIN` from the start, `domain.md` §3).
    Refused,
    /// Only read it, and it ends the exchange.
    Closing,
}

impl Answering {
    pub const ALL: [Self; 3] = [Self::Allowed, Self::Refused, Self::Closing];

    /// The word of forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Allowed => "oui",
            Self::Refused => "non",
            Self::Closing => "clore",
        }
    }

    /// The choice of a word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.code() == code)
    }
}

/// Formats that Mon espace santé shows in place (`domain.md` §3); others the patient downloads.
pub fn opens_in_place(name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    end.is_some_and(|end| matches!(end.as_str(), "pdf" | "jpg" | "jpeg" | "txt"))
}

/// Characters of the name of a field.
const FIELD_CHARS: usize = 40;

/// Fields of a template that nobody filled in yet, each once: `{heure}`.
pub fn blanks(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, _) in text.match_indices('{') {
        let rest = text.get(at..).unwrap_or_default();
        let Some((whole, name)) = rest.find('}').and_then(|end| Some((rest.get(..=end)?, rest.get(1..end)?))) else { break };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '\'' | '’');
        if !name.trim().is_empty()
            && name.chars().count() <= FIELD_CHARS
            && name.chars().all(plain)
            && !found.contains(&whole)
        {
            found.push(whole);
        }
    }
    found
}

/// A template of messages to patients as one writes with it: PatientTemplate/query of our extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    pub id: TemplateId,
    pub name: String,
    pub subject: String,
    pub text: String,
    /// The structure keeps it for all its BALs.
    #[serde(default)]
    pub of_structure: bool,
}

/// The answer of PatientTemplate/query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateAnswer {
    pub list: Vec<Template>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::from_code(kind.code()), Some(kind));
        }
        for choice in Answering::ALL {
            assert_eq!(Answering::from_code(choice.code()), Some(choice));
        }
        assert_eq!(serde_json::to_value(ExchangeState::AwaitingUs).unwrap(), ExchangeState::AwaitingUs.code());
    }

    #[test]
    fn fields_that_nobody_filled_in_are_named() {
        assert_eq!(blanks("Le {jour} à {heure}, le {jour} : {lieu exact}"), ["{jour}", "{heure}", "{lieu exact}"]);
        assert!(blanks("{} { } {a: 1} {a\nb} f(x) { return 1; } {").is_empty());
    }

    #[test]
    fn what_patients_open_in_place() {
        assert!(opens_in_place("Ordonnance.PDF") && opens_in_place("photo.jpeg"));
        assert!(!opens_in_place("lettre.docx") && !opens_in_place("pdf"));
    }
}
