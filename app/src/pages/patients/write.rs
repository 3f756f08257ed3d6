//! Writing to a patient: looks different from writing to a colleague, and says who will read it.

use leptos::prelude::*;
use wire::FieldError;
use wire::limits::TEXT_CHARS;
use wire::patient::Answering;

use super::{Desk, error_of, general, radios, sheet};
use crate::{
    components::{Button, ButtonLink, Checkbox, Choice, Field, Icon, Notice, textarea_inside},
    i18n::{self, Lang, patients as words},
};

/// The page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WritePage {
    pub id: String,
    pub name: String,
    pub masked: String,
    pub minor: bool,
    /// It begins an exchange: the emergency notice is added, and what was never told is asked for.
    pub begins: bool,
    pub informed: bool,
    pub consented: bool,
    /// Names this drawing of the form: posted twice, it does once what it says.
    pub form: String,
    /// Id and name.
    pub templates: Vec<(String, String)>,
    pub subject: String,
    pub text: String,
    pub answering: Answering,
    /// Attachments kept from a form that was refused: value, name.
    pub files: Vec<(String, String)>,
    /// Names of files that the patient cannot open in place.
    pub odd: Vec<String>,
    /// Megaoctets that Mon espace santé takes.
    pub megaoctets: u64,
    pub errors: Vec<FieldError>,
}

/// The three choices: value, words, hint.
pub fn choices(lang: Lang) -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        (Answering::Allowed.code(), words::answer_allowed(lang), words::answer_allowed_hint(lang)),
        (Answering::Refused.code(), words::answer_refused(lang), words::answer_refused_hint(lang)),
        (Answering::Closing.code(), words::answer_closing(lang), words::answer_closing_hint(lang)),
    ]
}

/// What stands above every message to a patient.
pub fn warnings(lang: Lang, minor: bool) -> AnyView {
    let readers = if minor { words::readers_minor(lang) } else { words::readers(lang) };
    view! {
        <div class="patient-warnings">
            <p><Icon name="warning"/><span class="strong">{words::emergency(lang)}</span></p>
            <p><Icon name="eye"/><span>{readers}</span></p>
        </div>
    }
    .into_any()
}

pub(super) fn write(desk: &Desk, page: WritePage) -> AnyView {
    let lang = i18n::lang();
    let here = desk.path(&["/", &page.id].concat());
    let action = [&here, "/ecrire"].concat();
    let odd = (!page.odd.is_empty()).then(|| {
        let text = words::formats_odd(lang, &page.odd.join(", "));
        view! { <Notice tone="warning" role="alert">{text}</Notice> }
    });
    let known = odd.is_some().then(|| view! { <Checkbox id="formats" name="formats" label=words::formats_ok(lang)/> });
    let begins = page.begins.then(|| view! { <Notice tone="info">{words::begins(lang)}</Notice> });
    view! {
        <h1>{words::write_title(lang)}</h1>
        {warnings(lang, page.minor)}
        <p class="patient-to"><span class="badge" data-tone="patient"><Icon name="patient"/>{i18n::kind::patient(lang)}</span>" "<strong>{page.name.clone()}</strong>" "<span class="field-hint">{words::ins_masked(lang, &page.masked)}</span></p>
        {general(&page.errors)}
        {odd}
        {template(&action, &page)}
        <form method="post" action=action.clone() enctype="multipart/form-data" class="patient-compose" data-testid="patient-compose">
            <input type="hidden" name="form" value=page.form.clone()/>
            {begins}
            {never_told(&page)}
            <Field id="subject" name="subject" label=i18n::compose::subject(lang) value=page.subject.clone() error=Signal::stored(error_of(&page.errors, "subject")) autocomplete="off"/>
            {body(&page)}
            {files(&page)}
            {known}
            {radios("reponse", words::answering(lang), choices(lang), page.answering.code())}
            <div class="form-acts">
                <Button variant="primary" icon="send" name="op" value="envoyer">{i18n::compose::send(lang)}</Button>
                <ButtonLink href=here>{i18n::means::cancel(lang)}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

fn template(action: &str, page: &WritePage) -> AnyView {
    let lang = i18n::lang();
    if page.templates.is_empty() {
        return ().into_any();
    }
    let options = page.templates.clone();
    view! {
        <form method="get" action=action.to_owned() class="patient-template">
            <Choice id="modele" name="modele" label=words::template(lang) options=options selected=String::new()/>
            <Button>{words::template_use(lang)}</Button>
        </form>
    }
    .into_any()
}

/// What the register lacks, at the first exchange.
fn never_told(page: &WritePage) -> AnyView {
    let lang = i18n::lang();
    if !page.begins || (page.informed && page.consented) {
        return ().into_any();
    }
    let none = || (String::new(), words::not_yet(lang).to_owned());
    let options = || std::iter::once(none()).chain(sheet::means(lang)).collect::<Vec<_>>();
    let informed = (!page.informed)
        .then(|| view! { <Choice id="informe" name="informe" label=words::informed(lang) options=options() selected=String::new()/> });
    let consented = (!page.consented)
        .then(|| view! { <Choice id="consenti" name="consenti" label=words::consented(lang) options=options() selected=String::new()/> });
    let attach = (!page.informed).then(|| view! { <Checkbox id="note" name="note" label=words::attach_note(lang)/> });
    view! {
        <fieldset class="patient-told">
            <legend>{words::never_told(lang)}</legend>
            <p class="field-hint">{words::never_told_hint(lang)}</p>
            {informed}{attach}{consented}
        </fieldset>
    }
    .into_any()
}

fn body(page: &WritePage) -> AnyView {
    let lang = i18n::lang();
    let error = error_of(&page.errors, "text");
    let described = error.is_some().then_some("text-erreur");
    view! {
        <div class="field field-wide">
            <label for="text">{i18n::compose::body(lang)}</label>
            <textarea id="text" name="text" rows="12" maxlength=TEXT_CHARS.min(100_000).to_string() aria-describedby=described inner_html=textarea_inside(&page.text)></textarea>
            {error.map(|said| view! { <p class="field-error" id="text-erreur" role="alert"><Icon name="warning"/><span>{said}</span></p> })}
        </div>
    }
    .into_any()
}

fn files(page: &WritePage) -> AnyView {
    let lang = i18n::lang();
    let kept = page.files.iter().enumerate().map(|(at, (blob, name))| {
        view! { <Checkbox id=format!("piece-{at}") name="attachment" value=blob.clone() label=name.clone() checked=true/> }
    });
    let error = error_of(&page.errors, "attachments")
        .map(|said| view! { <p class="field-error" role="alert"><Icon name="warning"/><span>{said}</span></p> });
    let hint = words::files_hint(lang, &page.megaoctets.to_string());
    view! {
        {kept.collect_view()}
        <div class="field">
            <label for="files">{i18n::compose::attach(lang)}</label>
            <input id="files" type="file" name="files" multiple aria-describedby="files-aide"/>
            {error}
            <p class="field-hint" id="files-aide">{hint}</p>
        </div>
    }
    .into_any()
}
