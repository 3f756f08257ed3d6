//! What a message to a patient looks like while one writes it: not for emergencies, who will read it, whether it may be
//! answered; and the question when a patient and others would see each other.

use leptos::prelude::*;
use wire::patient::{Answering, opens_in_place};

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
                {warnings(lang, false)}
                <Show when=move || together.get()>
                    <Notice tone="warning">
                        <p class="strong">{words::mixed_title(lang)}</p>
                        <p>{words::mixed_what(lang)}</p>
                        <Apart/>
                    </Notice>
                </Show>
                {odd}
                <Choices/>
            </section>
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
