//! Templates as one writes with them: those of the BAL beside those of its structure, their fields filled in.

use store::patients::book::Patient;
use store::patients::templates::Template;
use wire::FieldError;
use wire::id::{AccountId, PersonId};

use crate::clock;
use crate::state::State;

/// Characters of a name, a subject and a text.
const MOST: [usize; 3] = [100, 200, 20_000];

/// A template as it is offered in a BAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub template: Template,
    /// The structure keeps it for all its BALs: it is changed there.
    pub of_structure: bool,
}

/// The templates of a BAL, then those of its structure.
///
/// # Errors
/// The store's.
pub async fn offered(state: &State, account: AccountId) -> Result<Vec<Offered>, store::Error> {
    let own = state.store.patient_templates(account).await?;
    let shared = match state.store.structure_box(account).await? {
        Some(one) => state.store.patient_templates(one.organisation).await?,
        None => Vec::new(),
    };
    let own = own.into_iter().map(|template| Offered { template, of_structure: false });
    Ok(own.chain(shared.into_iter().map(|template| Offered { template, of_structure: true })).collect())
}

/// The templates to write to the patient of an address with; none for who is not known.
///
/// # Errors
/// The store's.
pub async fn for_patient(
    state: &State,
    account: AccountId,
    person: PersonId,
    address: &str,
) -> Result<Vec<wire::patient::Template>, store::Error> {
    let Some(patient) = state.store.patient_of_address(account, address).await? else { return Ok(Vec::new()) };
    let zone = state.store.preferences(person).await?.zone;
    let fields = Fields::of(state, account, &patient, &zone).await?;
    let one = |Offered { template, of_structure }: Offered| wire::patient::Template {
        id: template.id,
        subject: fields.fill(&template.subject),
        text: fields.fill(&template.text),
        name: template.name,
        of_structure,
    };
    Ok(offered(state, account).await?.into_iter().map(one).collect())
}

/// What stands in the place of `{patient}`, `{date}` and `{boite}`. Other fields are for who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    patient: String,
    date: String,
    bal: String,
}

impl Fields {
    /// Those of a message to a patient today. `zone` says which day it is.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(state: &State, account: AccountId, patient: &Patient, zone: &str) -> Result<Self, store::Error> {
        let date = clock::local(state.clock.now_ms(), zone).strftime("%d/%m/%Y").to_string();
        Ok(Self { patient: patient.traits.name(), date, bal: state.store.account(account).await?.name })
    }

    /// A text of a template with them.
    pub fn fill(&self, text: &str) -> String {
        // In one pass: what a name holds is no field.
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let known = [("{patient}", &self.patient), ("{date}", &self.date), ("{boite}", &self.bal)];
            match known.into_iter().find(|(field, _)| from.starts_with(field)) {
                Some((field, value)) => {
                    out.push_str(value);
                    rest = from.get(field.len()..).unwrap_or_default();
                }
                None => {
                    out.push('{');
                    rest = from.get(1..).unwrap_or_default();
                }
            }
        }
        out.push_str(rest);
        out
    }
}

/// Reads a template as typed: name, subject, text.
///
/// # Errors
/// The fields that are needed.
pub fn read([name, subject, text]: [&str; 3]) -> Result<Template, Vec<FieldError>> {
    let needed = [("nom", name), ("text", text)].into_iter().filter(|(_, typed)| typed.trim().is_empty());
    let faults: Vec<FieldError> =
        needed.map(|(field, _)| FieldError { field: field.into(), code: "required".into(), params: Vec::new() }).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let cut = |text: &str, most: usize| text.replace("\r\n", "\n").trim().chars().take(most).collect::<String>();
    Ok(Template {
        name: cut(name, MOST[0]),
        subject: cut(subject, MOST[1]),
        text: cut(text, MOST[2]),
        ..Template::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_template_are_filled_in() {
        let fields = Fields { patient: "PAT-TROIS {date}".into(), date: "22/11/2026".into(), bal: "Dr Martin".into() };
        assert_eq!(
            fields.fill("Bonjour {patient}, le {date} ({boite}) {heure} {"),
            "Bonjour PAT-TROIS {date}, le 22/11/2026 (Dr Martin) {heure} {"
        );
    }

    #[test]
    fn a_template_needs_a_name_and_a_text() {
        let fields = |faults: Vec<FieldError>| faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>();
        assert_eq!(fields(read([" ", "", "\n"]).unwrap_err()), ["nom", "text"]);
        assert_eq!(read(["Consignes", "", "a\r\nb "]).unwrap().text, "a\nb");
    }
}
