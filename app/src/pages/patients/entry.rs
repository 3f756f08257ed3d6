//! A patient is added by matricule and traits, both typed from what the INSi service answered: nothing is completed, looked
//! up or corrected.

use leptos::prelude::*;
use wire::FieldError;

use super::{Desk, error_of, general, radios};
use crate::{
    components::{Button, ButtonLink, Checkbox, Choice, Field, Notice},
    i18n::{self, patients as words},
};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryForm {
    pub matricule: String,
    pub nature: String,
    pub birth_name: String,
    pub first_names: String,
    pub used_name: String,
    pub birth_date: String,
    pub sex: String,
    pub birth_place: String,
    /// The INS is said to be qualified.
    pub attested: bool,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EntryPage {
    /// Whose traits are changed; none: a new patient.
    pub id: Option<String>,
    pub masked: String,
    pub form: EntryForm,
    /// Numbers of tests are taken here.
    pub tests: bool,
    pub errors: Vec<FieldError>,
    /// Codes of what must be looked at again.
    pub doubts: Vec<String>,
    /// The sheet of the patient whose number this is already.
    pub known: Option<String>,
}

pub(super) fn entry(desk: &Desk, page: EntryPage) -> AnyView {
    let lang = i18n::lang();
    let EntryPage { id, masked, form, tests, errors, doubts, known } = page;
    let new = id.is_none();
    let title = if new { words::add_title(lang) } else { words::change_title(lang) };
    let action = desk.path(&id.as_ref().map_or("/ajouter".to_owned(), |id| ["/", id, "/identite"].concat()));
    let back = desk.path(&id.as_ref().map_or(String::new(), |id| ["/", id].concat()));
    let known = known.map(|id| {
        let href = desk.path(&["/", &id].concat());
        view! { <Notice tone="warning" role="alert"><p>{words::known(lang)}</p><p><a href=href>{words::known_open(lang)}</a></p></Notice> }
    });
    let doubted = (!doubts.is_empty()).then(|| {
        let lines = doubts.iter().map(|code| view! { <li>{i18n::error(lang, code, &[])}</li> }).collect_view();
        view! {
            <Notice tone="warning" role="alert"><p>{words::doubts(lang)}</p><ul class="prose">{lines}</ul></Notice>
            <Checkbox id="certain" name="certain" label=words::certain(lang)/>
        }
    });
    let number = new.then(|| number(&form, tests, &errors));
    view! {
        <h1>{title}</h1>
        <p class="lead">{if new { words::add_lead(lang) } else { words::change_lead(lang) }}</p>
        {(!new).then(|| view! { <p>{words::ins_masked(lang, &masked)}</p> })}
        {known}
        {general(&errors)}
        <form method="post" action=action autocomplete="off">
            {doubted}
            {number}
            {traits(&form, &errors)}
            <Checkbox id="qualifiee" name="qualifiee" label=words::attest(lang) hint=words::attest_hint(lang) checked=form.attested/>
            <div class="form-acts">
                <Button variant="primary">{if new { words::add_do(lang) } else { words::change_do(lang) }}</Button>
                <ButtonLink href=back>{i18n::means::cancel(lang)}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

fn number(form: &EntryForm, tests: bool, errors: &[FieldError]) -> AnyView {
    let lang = i18n::lang();
    let mut natures = vec![("nir", words::nir(lang)), ("nia", words::nia(lang))];
    if tests {
        natures.extend([("test", words::nir_test(lang)), ("demo", words::nir_demo(lang))]);
    }
    let natures = natures.into_iter().map(|(value, text)| (value.to_owned(), text.to_owned())).collect();
    let error = Signal::stored(error_of(errors, "matricule"));
    let refused = error_of(errors, "nature").map(|text| view! { <p class="field-error" role="alert">{text}</p> });
    view! {
        <Field
            id="matricule"
            name="matricule"
            label=words::matricule(lang)
            hint=words::matricule_hint(lang).to_owned()
            value=form.matricule.clone()
            error=error
            autocomplete="off"
            maxlength="30"
        />
        <Choice id="nature" name="nature" label=words::nature(lang) options=natures selected=form.nature.clone()/>
        {refused}
    }
    .into_any()
}

fn traits(form: &EntryForm, errors: &[FieldError]) -> AnyView {
    let lang = i18n::lang();
    let error = |field: &str| Signal::stored(error_of(errors, field));
    let sexes = vec![("F", words::female(lang), ""), ("M", words::male(lang), "")];
    let no_sex = error_of(errors, "sex").map(|text| view! { <p class="field-error" role="alert">{text}</p> });
    view! {
        <Field id="nom" name="nom" label=words::birth_name(lang) value=form.birth_name.clone() error=error("birth_name") autocomplete="off" maxlength="100"/>
        <Field id="prenoms" name="prenoms" label=words::first_names(lang) value=form.first_names.clone() error=error("first_names") autocomplete="off" maxlength="100"/>
        <Field id="usage" name="usage" label=words::used_name(lang) value=form.used_name.clone() error=error("used_name") autocomplete="off" maxlength="100"/>
        <Field id="naissance" name="naissance" kind="date" label=words::birth_date(lang) value=form.birth_date.clone() error=error("birth_date") autocomplete="off"/>
        {radios("sexe", words::sex(lang), sexes, &form.sex)}
        {no_sex}
        <Field
            id="lieu"
            name="lieu"
            label=words::birth_place(lang)
            hint=words::birth_place_hint(lang).to_owned()
            value=form.birth_place.clone()
            error=error("birth_place")
            autocomplete="off"
            maxlength="5"
        />
    }
    .into_any()
}
