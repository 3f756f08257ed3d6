//! What a message to a patient looks like while one writes it: not for emergencies, who will read it, whether it may be
//! answered; and the question when a patient and others would see each other.

use leptos::{prelude::*, task::spawn_local};
use wire::patient::{Answering, Template, opens_in_place};

use crate::{
    components::Notice,
    i18n::{self, patients as words},
    pages::{
        courrier::forms::{DO, Hidden},
        patients::write::{choices, warnings},
    },
};

use super::writing::Writing;

/// The form that sends apart what is together: it stands outside the composer's.
const APART: &str = "composer-apart";

/// Shown as soon as a patient is among the recipients.
#[component]
pub fn PatientPanel() -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let any = Memo::new(move |_| writing.parties().0 > 0);
    let together = Memo::new(move |_| {
        let (patients, others) = writing.parties();
        patients > 1 || patients == 1 && others > 0
    });
    let minor = Memo::new(move |_| writing.has_minor());
    let untold = Memo::new(move |_| writing.untold());
    // In a page beside: the message stays as it is.
    let never_told = move || {
        untold.get().map(|patient| {
            let sheet = format!("/courrier/{}/patients/{patient}", writing.mail.account.get());
            view! {
                <Notice tone="info">
                    <p>{words::never_told_hint(lang)}</p>
                    <p><a rel="external noopener" target="_blank" href=sheet>{words::record_new(lang)}</a></p>
                </Notice>
            }
        })
    };
    let blanks = move || {
        let names = writing.blanks();
        (!names.is_empty()).then(|| view! { <Notice tone="info">{words::blanks(lang, &names.join(", "))}</Notice> })
    };
    let odd = move || {
        let names = writing.files.with(|files| {
            let odd = files.iter().filter(|file| !opens_in_place(&file.name));
            odd.map(|file| file.name.clone()).collect::<Vec<_>>()
        });
        (!names.is_empty()).then(|| view! { <Notice tone="warning">{words::formats_odd(lang, &names.join(", "))}</Notice> })
    };
    view! {
        <Show when=move || any.get()>
            <section class="composer-patient" aria-label=i18n::kind::patient(lang)>
                {move || warnings(lang, minor.get())}
                {never_told}
                <Show when=move || together.get()>
                    <Notice tone="warning">
                        <p class="strong">{words::mixed_title(lang)}</p>
                        <p>{words::mixed_what(lang)}</p>
                        <Apart/>
                    </Notice>
                </Show>
                {odd}
                <Templates/>
                {blanks}
                <Choices/>
            </section>
        </Show>
    }
}

/// Templates of the BAL and of its structure, offered once the message goes to one patient. What one wrote stays below.
#[component]
fn Templates() -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let offered = RwSignal::new(Vec::<Template>::new());
    let chosen = RwSignal::new(String::new());
    let used = StoredValue::new((String::new(), String::new()));
    let only = Memo::new(move |_| writing.only_patient());
    Effect::new(move |_| {
        let Some(email) = only.get() else { return offered.set(Vec::new()) };
        spawn_local(async move {
            let account = writing.mail.account.get_untracked();
            // Not knowing them stops nobody.
            let list = writing.mail.api().automatic().patient_templates(account, &email).await.unwrap_or_default();
            if only.try_get_untracked().flatten().is_some_and(|now| now == email) {
                offered.try_set(list);
            }
        });
    });
    let fill = move |_| {
        let wanted = chosen.get_untracked();
        let found = offered.with_untracked(|list| list.iter().find(|one| one.id.to_string() == wanted).cloned());
        let Some(Template { subject, text, .. }) = found else { return };
        let (before, above) = used.get_value();
        writing.typed(|| {
            writing.subject.update(|now| {
                if now.trim().is_empty() || *now == before {
                    now.clone_from(&subject);
                }
            });
            writing.text.update(|now| {
                let rest = now.strip_prefix(above.as_str()).unwrap_or(now).trim_start().to_owned();
                *now = if rest.is_empty() { text.clone() } else { [text.as_str(), "\n\n", &rest].concat() };
            });
        });
        used.set_value((subject, text));
    };
    let name = move |one: &Template| match one.of_structure {
        true => words::template_of_structure(lang, &one.name),
        false => one.name.clone(),
    };
    let options = move || {
        let one = |one: &Template| view! { <option value=one.id.to_string()>{name(one)}</option> };
        offered.with(|list| list.iter().map(one).collect_view())
    };
    view! {
        <Show when=move || offered.with(|list| !list.is_empty())>
            <div class="patient-template">
                <div class="field">
                    <label for="composer-modele">{words::template(lang)}</label>
                    <select id="composer-modele" on:change:target=move |event| chosen.set(event.target().value())>
                        <option value="">{words::template_none(lang)}</option>
                        {options}
                    </select>
                </div>
                <button class="button" type="button" on:click=fill>{words::template_use(lang)}</button>
            </div>
        </Show>
    }
}

/// The three choices.
#[component]
fn Choices() -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let options = choices(lang).into_iter().map(|(value, text, hint)| {
        let (id, hint_id) = (["reponse-", value].concat(), ["reponse-", value, "-aide"].concat());
        let described = hint_id.clone();
        let choice = Answering::from_code(value).unwrap_or_default();
        let chosen = writing.answering.get_untracked() == choice;
        view! {
            <div class="checkbox">
                <input
                    type="radio"
                    id=id.clone()
                    name="reponse"
                    value=value
                    checked=chosen
                    aria-describedby=described
                    prop:checked=move || writing.answering.get() == choice
                    on:change=move |_| writing.typed(|| writing.answering.set(choice))
                />
                <label for=id>{text}</label>
                <p class="field-hint" id=hint_id>{hint}</p>
            </div>
        }
    });
    view! { <fieldset class="radios"><legend>{words::answering(lang)}</legend>{options.collect_view()}</fieldset> }
}

/// Sending apart, one click away once the draft is kept.
#[component]
fn Apart() -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let ready = Memo::new(move |_| writing.mixed.get() && writing.id.with(Option::is_some));
    view! {
        <Show when=move || ready.get()>
            <p class="form-acts">
                <button class="button" data-variant="primary" type="submit" form=APART name="op" value="send-apart">{words::send_apart(lang)}</button>
                <button class="button" type="submit" form=APART name="op" value="send-together">{words::send_together(lang)}</button>
            </p>
        </Show>
    }
}

/// The form of these two buttons, beside the composer's.
#[component]
pub fn ApartForm() -> impl IntoView {
    let writing: Writing = expect_context();
    let mail = writing.mail;
    view! {
        <form id=APART method="post" action=DO hidden>
            <Hidden account=mail.account back=Signal::derive(move || mail.list_url())/>
            {move || writing.id.get().map(|id| view! { <input type="hidden" name="draft" value=id.to_string()/> })}
        </form>
    }
}
