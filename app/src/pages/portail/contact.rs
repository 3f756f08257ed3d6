//! `/contact`: whom to reach and when, and a form to write to support.

use leptos::prelude::*;
use wire::FieldError;

use crate::{
    components::{Button, Choice, Field, Icon, Notice, TextArea},
    i18n::{self, Lang},
};

/// What somebody may write about; the code stands in addresses (`?motif=`) and in the queue.
pub const KINDS: [(&str, fn(Lang) -> &'static str); 5] = [
    ("question", i18n::contact::kind_question),
    ("panne", i18n::contact::kind_malfunction),
    ("intrusion", i18n::contact::kind_intrusion),
    ("identifiants", i18n::contact::kind_credentials),
    ("droits", i18n::contact::kind_rights),
];

/// Whether a contact can be reached now, with the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenState {
    pub open: bool,
    pub said: String,
}

/// One contact of the operator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reachable {
    pub name: String,
    pub purpose: String,
    pub email: String,
    pub phone: String,
    pub now: Option<OpenState>,
    /// Lines of the calendar: days, hours.
    pub hours: Vec<(String, String)>,
    pub remarks: Vec<String>,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactForm {
    pub kind: String,
    pub to: String,
    pub name: String,
    pub reply_to: String,
    pub address: String,
    pub text: String,
}

/// The page's data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contact {
    pub contacts: Vec<Reachable>,
    pub form: ContactForm,
    pub errors: Vec<FieldError>,
    /// Too many from there: minutes to wait.
    pub wait_minutes: Option<u32>,
    /// The reference of what was just sent, and whether it was about credentials.
    pub sent: Option<(String, bool)>,
}

/// The page.
#[component]
pub fn ContactPage(contact: Contact) -> impl IntoView {
    let lang = i18n::lang();
    use i18n::contact as words;
    let contacts = (!contact.contacts.is_empty()).then(|| {
        let cards = contact.contacts.iter().map(card).collect_view();
        view! { <section><h2>{words::contacts(lang)}</h2><ul class="contacts">{cards}</ul></section> }
    });
    let body = match &contact.sent {
        Some((reference, credentials)) => sent(lang, reference, *credentials).into_any(),
        None => form(lang, &contact).into_any(),
    };
    view! {
        <div class="contact-page">
            <header>
                <h1>{words::title(lang)}</h1>
                <p class="lead">{words::lead(lang)}</p>
                <Notice tone="warning">{words::emergency(lang)}</Notice>
            </header>
            {body}
            {contacts}
        </div>
    }
}

fn sent(lang: Lang, reference: &str, credentials: bool) -> impl IntoView {
    use i18n::contact as words;
    view! {
        <section class="sheet" role="status">
            <h2>{words::sent_title(lang)}</h2>
            <p>{words::sent(lang, reference)}</p>
            <p>{words::sent_what(lang)}</p>
            {credentials.then(|| view! {
                <Notice tone="danger">{words::sent_credentials(lang)}</Notice>
                <ul class="prose">
                    <li><a href="/compte/securite">{words::sent_audit(lang)}</a></li>
                    <li><a href="/connexion/suspendre">{words::sent_suspend(lang)}</a></li>
                </ul>
            })}
        </section>
    }
}

fn form(lang: Lang, contact: &Contact) -> impl IntoView {
    use i18n::contact as words;
    let typed = contact.form.clone();
    let error = |field: &str| -> Signal<Option<String>> {
        let found = contact.errors.iter().find(|error| error.field == field);
        Signal::stored(found.map(|error| i18n::error(lang, &error.code, &error.params)))
    };
    let refusal = match contact.wait_minutes {
        Some(minutes) => Some(words::too_many(lang, minutes.into())),
        None => (!contact.errors.is_empty()).then(|| words::refused(lang).to_owned()),
    };
    let kinds = KINDS.iter().map(|(code, name)| ((*code).to_owned(), name(lang).to_owned())).collect();
    let choose = (contact.contacts.len() > 1).then(|| {
        let names = contact.contacts.iter().map(|one| (one.name.clone(), one.name.clone())).collect();
        view! { <Choice id="to" name="to" label=words::to(lang) options=names selected=typed.to.clone()/> }
    });
    // What fills in the field that nobody sees is not a person, or a browser that helped too much: then it is shown.
    let filled = contact.errors.iter().any(|error| error.field == "website");
    view! {
        <section class="sheet">
            <h2>{words::write(lang)}</h2>
            {refusal.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> })}
            <form method="post" action="/contact" novalidate=true>
                <Choice id="kind" name="kind" label=words::kind(lang) options=kinds selected=typed.kind/>
                {choose}
                <Field id="name" name="name" label=words::name(lang) value=typed.name error=error("name")
                    autocomplete="name" maxlength="100" required=true/>
                <Field id="reply_to" name="reply_to" kind="email" label=words::reply_to(lang) value=typed.reply_to
                    hint=words::reply_to_hint(lang) error=error("reply_to") autocomplete="email" inputmode="email" maxlength="254" required=true/>
                <Field id="address" name="address" kind="email" label=words::address(lang) value=typed.address
                    hint=words::address_hint(lang) error=error("address") inputmode="email" maxlength="254"/>
                <TextArea id="text" name="text" label=words::text(lang) value=typed.text hint=words::text_hint(lang)
                    error=error("text").get_untracked() rows="8" maxlength="5000" required=true/>
                <div class=(!filled).then_some("hidden-text") aria-hidden=(!filled).then_some("true")>
                    <label for="website">{words::website(lang)}</label>
                    <input id="website" name="website" tabindex="-1" autocomplete="off"/>
                </div>
                <Button variant="primary" icon="send">{words::submit(lang)}</Button>
            </form>
            <p class="card-foot"><Icon name="lock"/>{words::never(lang)}</p>
        </section>
    }
}

fn card(contact: &Reachable) -> impl IntoView + use<> {
    let Reachable { name, purpose, email, phone, now, hours, remarks } = contact.clone();
    let now = now.map(|state| {
        let tone = if state.open { "ok" } else { "closed" };
        view! { <p class="open-state" data-tone=tone><Icon name="clock"/>{state.said}</p> }
    });
    let hours = (!hours.is_empty()).then(|| {
        let lines =
            hours.into_iter().map(|(days, hours)| view! { <div><dt>{days}</dt><dd>{hours}</dd></div> }).collect_view();
        view! { <dl class="hours">{lines}</dl> }
    });
    let dialled: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    view! {
        <li class="contact-card">
            <h3>{name}</h3>
            <p class="lead">{purpose}</p>
            {now}
            {(!email.is_empty()).then(|| view! { <p><a href=["mailto:", &email].concat()>{email.clone()}</a></p> })}
            {(!phone.is_empty()).then(|| view! { <p><a href=["tel:", &dialled].concat()>{phone.clone()}</a></p> })}
            {hours}
            {remarks.into_iter().map(|text| view! { <p class="field-hint">{text}</p> }).collect_view()}
        </li>
    }
}
