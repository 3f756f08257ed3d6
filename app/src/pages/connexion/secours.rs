//! For those who cannot sign in: a link to the ordinary address, a second proof, a new password; and the way to stop
//! everything at once. What is answered is the same for every address.

use leptos::prelude::*;

use crate::{
    components::{Button, ButtonLink, Field, Notice},
    i18n,
    pages::compte::password::{Meter, rules},
};

/// One page of recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// The address is asked for; `suspend`: to suspend the account, else to get back in.
    Ask {
        suspend: bool,
        login: String,
        error: Option<String>,
        wait_seconds: Option<u32>,
    },
    /// A message left, or not: nobody learns which.
    Sent {
        minutes: u32,
    },
    /// A link that suspends: it wants a press, since programs open links too.
    Suspend {
        token: String,
    },
    Suspended,
    /// A link of recovery; `assisted`: with the code that the operator said.
    Link {
        token: String,
        assisted: bool,
        error: Option<String>,
    },
    Gone,
    Impossible,
    NewPassword {
        error: Option<String>,
        level: Option<u8>,
    },
}

impl Recovery {
    /// The heading, which is also the title of the document.
    pub fn title(&self, lang: i18n::Lang) -> &'static str {
        use i18n::recover;
        match self {
            Self::Ask { suspend: true, .. } => recover::suspend_title(lang),
            Self::Ask { .. } => recover::title(lang),
            Self::Sent { .. } => recover::sent_title(lang),
            Self::Suspend { .. } => recover::link_suspend_title(lang),
            Self::Suspended => recover::suspended_title(lang),
            Self::Link { .. } => recover::link_title(lang),
            Self::Gone => recover::gone_title(lang),
            Self::Impossible => recover::impossible_title(lang),
            Self::NewPassword { .. } => recover::new_title(lang),
        }
    }
}

/// A page of recovery.
#[component]
pub fn RecoveryPage(page: Recovery) -> impl IntoView {
    let lang = i18n::lang();
    let title = page.title(lang);
    let back = view! { <p class="card-foot"><a href="/connexion">{i18n::recover::back(lang)}</a></p> };
    view! { <section class="card"><h1>{title}</h1>{content(page)}{back}</section> }
}

fn lead(text: impl Into<String>) -> impl IntoView {
    view! { <p class="lead">{text.into()}</p> }
}

fn content(page: Recovery) -> AnyView {
    let lang = i18n::lang();
    use i18n::recover;
    match page {
        Recovery::Ask { suspend, login, error, wait_seconds } => ask(suspend, login, error, wait_seconds),
        Recovery::Sent { minutes } => view! {
            {lead(recover::sent_lead(lang, minutes.into()))}
            <p class="field-hint">{recover::sent_nothing(lang)}" "<a href="/contact?motif=identifiants">{recover::contact(lang)}</a></p>
        }
        .into_any(),
        Recovery::Suspend { token } => view! {
            {lead(recover::link_suspend_lead(lang))}
            <form method="post" action=format!("/connexion/lien/{token}")>
                <Button variant="danger">{recover::link_suspend_submit(lang)}</Button>
            </form>
        }
        .into_any(),
        Recovery::Suspended => view! {
            {lead(recover::suspended_lead(lang))}
            <p><a href="/connexion/oubli">{recover::reopen(lang)}</a></p>
            <p><a href="/contact?motif=identifiants">{recover::contact(lang)}</a></p>
        }
        .into_any(),
        Recovery::Link { token, assisted, error } => link(token, assisted, error),
        Recovery::Gone => view! {
            {lead(recover::gone_lead(lang))}
            <p><a href="/connexion/oubli">{recover::gone_again(lang)}</a></p>
        }
        .into_any(),
        Recovery::Impossible => view! {
            {lead(recover::impossible_lead(lang))}
            <ButtonLink href="/contact?motif=identifiants">{recover::contact(lang)}</ButtonLink>
        }
        .into_any(),
        Recovery::NewPassword { error, level } => new_password(error, level),
    }
}

fn ask(suspend: bool, login: String, error: Option<String>, wait_seconds: Option<u32>) -> AnyView {
    let lang = i18n::lang();
    use i18n::recover;
    let (action, words, submit) = match suspend {
        true => ("/connexion/suspendre", recover::suspend_lead(lang), recover::suspend_submit(lang)),
        false => ("/connexion/oubli", recover::lead(lang), recover::submit(lang)),
    };
    let refusal = super::refusal(lang, error, wait_seconds);
    let more = (!suspend).then(|| view! { <p class="field-hint">{recover::how(lang)}" "{recover::suspended_how(lang)}</p> });
    view! {
        {lead(words)}
        {refusal.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> })}
        <form method="post" action=action>
            <Field id="login" name="login" kind="email" label=i18n::sign_in::login(lang) value=login
                autocomplete="username" inputmode="email" required=true autofocus=true/>
            <Button variant=if suspend { "danger" } else { "primary" }>{submit}</Button>
        </form>
        {more}
    }
    .into_any()
}

fn link(token: String, assisted: bool, error: Option<String>) -> AnyView {
    let lang = i18n::lang();
    use i18n::recover;
    let refusal = Signal::stored(error.map(|code| i18n::error(lang, &code, &[])));
    let field = assisted.then(|| {
        view! {
            <Field id="code" name="code" label=recover::assisted_label(lang) error=refusal autocomplete="one-time-code"
                inputmode="numeric" pattern="[0-9 ]*" maxlength="20" required=true autofocus=true/>
        }
    });
    view! {
        {lead(if assisted { recover::assisted_lead(lang) } else { recover::link_lead(lang) })}
        <form method="post" action=format!("/connexion/lien/{token}")>
            {field}
            <Button variant="primary">{recover::link_submit(lang)}</Button>
        </form>
    }
    .into_any()
}

fn new_password(error: Option<String>, level: Option<u8>) -> AnyView {
    let lang = i18n::lang();
    let refusal = Signal::stored(error.map(|code| i18n::error(lang, &code, &[])));
    view! {
        {lead(i18n::recover::new_lead(lang))}
        <form method="post" action="/connexion/nouveau-mot-de-passe">
            <Field id="password" name="password" kind="password" label=i18n::password::label(lang) hint=i18n::password::hint(lang)
                error=refusal autocomplete="new-password" required=true autofocus=true/>
            <Meter level=level/>
            <Field id="again" name="again" kind="password" label=i18n::password::again(lang) autocomplete="new-password"/>
            <Button variant="primary">{i18n::password::submit(lang)}</Button>
            <Button name="mesurer" value="1">{i18n::password::check(lang)}</Button>
        </form>
        {rules(lang)}
    }
    .into_any()
}
