//! What a BAL says to patients, and its templates.

use leptos::prelude::*;
use wire::FieldError;

use super::{Desk, error_of, general};
use crate::{
    components::{Button, ButtonLink, Field, TextArea},
    i18n::{self, Lang, patients as words},
};

/// The settings, as the form has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RulesPage {
    pub close_days: String,
    pub default_days: u32,
    pub answer_days: String,
    pub away: String,
    pub away_from: String,
    pub away_to: String,
    /// How the controller is reached, for the note.
    pub contact: String,
    pub dpo: String,
    pub errors: Vec<FieldError>,
}

/// A template, as it is changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateForm {
    /// Empty: a new one.
    pub id: String,
    pub name: String,
    pub subject: String,
    pub text: String,
}

/// The templates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplatesPage {
    pub list: Vec<TemplateForm>,
    /// Those of the structure: they are changed there.
    pub shared: Vec<TemplateForm>,
    /// The one that was refused, or that is changed.
    pub form: TemplateForm,
    pub errors: Vec<FieldError>,
}

pub(super) fn rules(desk: &Desk, page: RulesPage) -> AnyView {
    let lang = i18n::lang();
    let error = |field: &str| Signal::stored(error_of(&page.errors, field));
    let close_hint = words::close_days_hint(lang, &page.default_days.to_string());
    view! {
        <h1>{words::rules_title(lang)}</h1>
        <p class="lead">{words::rules_lead(lang)}</p>
        {general(&page.errors)}
        <form method="post" action=desk.path("/reglages")>
            <Field id="cloture" name="cloture" label=words::close_days(lang) hint=close_hint value=page.close_days inputmode="numeric" error=error("cloture") autocomplete="off"/>
            <Field id="delai" name="delai" label=words::answer_days(lang) hint=words::answer_days_hint(lang).to_owned() value=page.answer_days inputmode="numeric" error=error("delai") autocomplete="off"/>
            <h2>{words::away(lang)}</h2>
            <TextArea id="absence" name="absence" label=words::away_text(lang) hint=words::away_hint(lang).to_owned() value=page.away maxlength="2000"/>
            <Field id="absent-du" name="absent_du" kind="date" label=words::away_from(lang) value=page.away_from error=error("absent_du") autocomplete="off"/>
            <Field id="absent-au" name="absent_au" kind="date" label=words::away_to(lang) value=page.away_to error=error("absent_au") autocomplete="off"/>
            <h2>{words::note(lang)}</h2>
            <Field id="contact" name="contact" label=words::contact(lang) hint=words::contact_hint(lang).to_owned() value=page.contact maxlength="300" autocomplete="off"/>
            <Field id="dpo" name="dpo" label=words::dpo(lang) value=page.dpo maxlength="300" autocomplete="off"/>
            <div class="form-acts"><Button variant="primary">{words::rules_do(lang)}</Button></div>
        </form>
    }
    .into_any()
}

/// What a template may begin with, by the word of its link: name, subject, text.
pub fn examples(lang: Lang) -> [(&'static str, [String; 3]); 3] {
    // In the locale files braces are their own: fields stand in brackets there.
    let fields = |text: &str| text.trim().replace('[', "{").replace(']', "}");
    [
        (
            "rendez-vous",
            [
                words::example_appointment(lang),
                words::example_appointment_subject(lang),
                words::example_appointment_text(lang),
            ],
        ),
        (
            "resultats",
            [words::example_results(lang), words::example_results_subject(lang), words::example_results_text(lang)],
        ),
        ("consignes", [words::example_advice(lang), words::example_advice_subject(lang), words::example_advice_text(lang)]),
    ]
    .map(|(code, texts)| (code, texts.map(fields)))
}

pub(super) fn templates(desk: &Desk, page: TemplatesPage) -> AnyView {
    let lang = i18n::lang();
    view! { <h1>{words::templates_title(lang)}</h1>{keeping(&desk.path("/modeles"), page)} }.into_any()
}

/// Templates and their form, posted to `action`.
pub fn keeping(action: &str, page: TemplatesPage) -> AnyView {
    let lang = i18n::lang();
    let none = page.list.is_empty().then(|| view! { <p class="field-hint">{words::templates_none(lang)}</p> });
    let lines = page.list.into_iter().map(|one| line(action, one)).collect_view();
    let shared = (!page.shared.is_empty()).then(|| {
        let lines = page.shared.into_iter().map(|one| {
            view! { <li><div><p class="strong">{one.name}</p><p class="field-hint">{one.subject}</p></div></li> }
        });
        view! {
            <h2>{words::templates_shared(lang)}</h2>
            <p class="field-hint">{words::templates_shared_what(lang)}</p>
            <ul class="sessions" data-testid="templates-shared">{lines.collect_view()}</ul>
        }
    });
    view! {
        <p class="lead">{words::templates_lead(lang)}</p>
        {none}
        <ul class="sessions" data-testid="templates">{lines}</ul>
        {shared}
        {form(action, page.form, &page.errors)}
    }
    .into_any()
}

fn line(action: &str, one: TemplateForm) -> AnyView {
    let lang = i18n::lang();
    let change = [action, "?modele=", &one.id].concat();
    let (label_change, label_delete) =
        (words::template_change_of(lang, &one.name), words::template_delete_of(lang, &one.name));
    view! {
        <li>
            <div><p class="strong">{one.name.clone()}</p><p class="field-hint">{one.subject}</p></div>
            <form method="post" action=action.to_owned() class="form-acts">
                <input type="hidden" name="modele" value=one.id/>
                <a class="button" href=change aria-label=label_change>{words::template_change(lang)}</a>
                <button class="button" type="submit" name="op" value="supprimer" aria-label=label_delete>{words::template_delete(lang)}</button>
            </form>
        </li>
    }
    .into_any()
}

fn form(action: &str, form: TemplateForm, errors: &[FieldError]) -> AnyView {
    let lang = i18n::lang();
    let error = |field: &str| Signal::stored(error_of(errors, field));
    let blank = form.id.is_empty();
    let cancel = (!blank).then(|| view! { <ButtonLink href=action.to_owned()>{i18n::means::cancel(lang)}</ButtonLink> });
    let heading = if blank { words::template_new(lang) } else { words::template_change(lang) };
    let begun = (blank && form.text.is_empty()).then(|| {
        let links = examples(lang).map(|(code, [name, ..])| {
            let href = [action, "?exemple=", code].concat();
            view! { <li><a href=href>{name}</a></li> }
        });
        view! { <p>{words::template_examples(lang)}</p><ul class="prose" data-testid="examples">{links.into_iter().collect_view()}</ul> }
    });
    let wrong = error_of(errors, "text");
    view! {
        <h2>{heading}</h2>
        {begun}
        <form method="post" action=action.to_owned()>
            <input type="hidden" name="modele" value=form.id/>
            <Field id="nom" name="nom" label=words::template_name(lang) value=form.name error=error("nom") maxlength="100" autocomplete="off"/>
            <Field id="objet" name="objet" label=i18n::compose::subject(lang) value=form.subject maxlength="200" autocomplete="off"/>
            <TextArea id="texte" name="texte" label=i18n::compose::body(lang) hint=words::template_fields(lang, "{patient}", "{date}", "{boite}", "{heure}") value=form.text error=wrong rows="10" maxlength="20000"/>
            <div class="form-acts"><Button variant="primary" name="op" value="garder">{words::template_do(lang)}</Button>{cancel}</div>
        </form>
    }
    .into_any()
}
