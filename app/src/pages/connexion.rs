//! `/connexion` and `/connexion/code`: ordinary forms. What was typed comes back with the refusal, the password excepted.

pub mod secours;

use leptos::prelude::*;

use crate::{
    components::{Button, Field, Icon, Notice},
    i18n::{self, Lang},
    pages::{
        approbation::{self, Approval},
        inscription::PscLink,
        passkey::PasskeyForm,
    },
    shell::PageContext,
};

/// Address and password.
#[component]
pub fn SignIn(login: String, retour: String, error: Option<String>, wait_seconds: Option<u32>) -> impl IntoView {
    let lang = i18n::lang();
    let refusal = refusal(lang, error, wait_seconds);
    let known = !login.is_empty();
    let coming_back = !retour.is_empty();
    let page: PageContext = use_context().unwrap_or_default();
    let provider = page.psc.then(|| {
        view! {
            <PscLink retour=retour.clone()/>
            <p class="or">{i18n::opening::or(lang)}</p>
        }
    });
    let passkey = page.passkeys.is_some().then(|| {
        let retour = retour.clone();
        view! {
            <PasskeyForm what="get" action="/connexion/cle" words=i18n::passkey::sign_in(lang)>
                <p class="or">{i18n::opening::or(lang)}</p>
                <input type="hidden" name="retour" value=retour/>
                <input type="hidden" name="login"/>
            </PasskeyForm>
        }
    });
    view! {
        <section class="card">
            <h1>{i18n::sign_in::title(lang)}</h1>
            {coming_back.then(|| view! { <p class="lead">{i18n::sign_in::r#return(lang)}</p> })}
            {provider}
            <p class="lead">{i18n::sign_in::lead(lang)}</p>
            {refusal.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> })}
            <form method="post" action="/connexion">
                <input type="hidden" name="retour" value=retour/>
                <Field id="login" name="login" kind="email" label=i18n::sign_in::login(lang) value=login hint=i18n::sign_in::login_hint(lang)
                    autocomplete="username" inputmode="email" required=true autofocus=!known/>
                <Field id="password" name="password" kind="password" label=i18n::sign_in::password(lang)
                    autocomplete="current-password" required=true autofocus=known/>
                <Button variant="primary">{i18n::sign_in::submit(lang)}</Button>
            </form>
            {passkey}
            <div class="card-foot">
                <p><a href="/connexion/oubli">{i18n::recover::forgot(lang)}</a></p>
                <p><a href="/connexion/suspendre">{i18n::recover::stolen(lang)}</a></p>
                {page.opening.then(|| view! { <p><a href="/inscription">{i18n::opening::title(lang)}</a></p> })}
            </div>
            <p class="card-foot">
                <Icon name="lock"/>
                <span>{i18n::sign_in::trust(lang)}" "<a href="/contact?motif=identifiants">{i18n::foot::report(lang)}</a></span>
            </p>
        </section>
    }
}

/// A second proof that is asked for: at sign-in, to confirm, to verify a contact, in recovery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodePage {
    /// Where the form is posted; another code is asked for at `{action}/renvoyer`.
    pub action: &'static str,
    /// `email`, `sms`, `totp`, `approval` or `password`.
    pub means: &'static str,
    /// Where the code went, masked.
    pub contact: String,
    pub retour: String,
    pub error: Option<String>,
    /// Seconds until another code may be asked for, 0 when now.
    pub resend_in: u32,
    /// The digits for the enrolled browser, instead of a code.
    pub approval: Option<Approval>,
    /// The other means the person may take.
    pub others: Vec<&'static str>,
    /// Where one begins again.
    pub cancel: &'static str,
}

impl CodePage {
    fn is_sign_in(&self) -> bool {
        self.action == "/connexion/code"
    }
}

/// The page of a second proof.
#[component]
pub fn Code(page: CodePage) -> impl IntoView {
    let lang = i18n::lang();
    let submit = if page.is_sign_in() { i18n::code::submit(lang) } else { i18n::means::submit(lang) };
    let restart = if page.is_sign_in() { i18n::code::restart(lang) } else { i18n::means::cancel(lang) };
    let CodePage { action, means, contact, retour, error, resend_in, approval, others, cancel } = page;
    let others = {
        let again = [action, "/renvoyer"].concat();
        others.into_iter().map(|means| other(again.clone(), &retour, means, use_words(lang, means))).collect_view()
    };
    if let Some(approval) = approval {
        return view! {
            <section class="card">
                <h1>{i18n::approval::title(lang)}</h1>
                {approbation::waiting(approval, action, &retour, error)}
                <div class="card-foot">
                    {others}
                    <p><a href=cancel>{restart}</a></p>
                    <p>{i18n::means::nobody_asks_number(lang)}</p>
                </div>
            </section>
        }
        .into_any();
    }
    let refusal = Signal::stored(error.map(|code| i18n::error(lang, &code, &[])));
    let again = format!("{action}/renvoyer");
    let is_sent = means == "email" || means == "sms";
    let lead = match means {
        "sms" => i18n::means::code_sms(lang, &contact),
        "totp" => i18n::means::code_totp(lang).to_owned(),
        "password" => i18n::means::code_password(lang).to_owned(),
        _ => i18n::means::code_email(lang, &contact),
    };
    let field = if means == "password" {
        view! {
            <Field id="code" name="code" kind="password" label=i18n::means::password(lang) error=refusal
                autocomplete="current-password" required=true autofocus=true/>
        }
        .into_any()
    } else {
        let hint = if means == "totp" { i18n::means::hint_totp(lang) } else { i18n::code::hint(lang) };
        view! {
            <Field id="code" name="code" label=i18n::code::label(lang) hint=hint error=refusal
                autocomplete="one-time-code" inputmode="numeric" pattern="[0-9 ]*" maxlength="12" required=true autofocus=true/>
        }
        .into_any()
    };
    let resend = match (is_sent, resend_in) {
        (false, _) => None,
        (true, 0) => Some(other(again.clone(), &retour, means, i18n::code::resend(lang))),
        (true, seconds) => {
            Some(view! { <p class="field-hint">{i18n::code::resend_wait(lang, seconds.into())}</p> }.into_any())
        }
    };
    view! {
        <section class="card">
            <h1>{i18n::code::title(lang)}</h1>
            <p class="lead">{lead}</p>
            <form method="post" action=action data-form="code">
                <input type="hidden" name="retour" value=retour/>
                {field}
                <Button variant="primary">{submit}</Button>
            </form>
            <div class="card-foot">
                {is_sent.then(|| view! { <p>{i18n::code::not_received(lang)}</p> })}
                {resend}
                {others}
                <p><a href=cancel>{restart}</a></p>
                <p>{i18n::means::nobody_asks(lang)}</p>
            </div>
        </section>
    }
    .into_any()
}

fn other(action: String, retour: &str, means: &'static str, words: &'static str) -> AnyView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="retour" value=retour.to_owned()/>
            <button class="button" data-variant="quiet" type="submit" name="moyen" value=means>{words}</button>
        </form>
    }
    .into_any()
}

fn use_words(lang: Lang, means: &str) -> &'static str {
    match means {
        "sms" => i18n::means::use_sms(lang),
        "totp" => i18n::means::use_totp(lang),
        "approval" => i18n::means::use_approval(lang),
        "password" => i18n::means::use_password(lang),
        _ => i18n::means::use_email(lang),
    }
}

fn refusal(lang: Lang, error: Option<String>, wait_seconds: Option<u32>) -> Option<String> {
    match wait_seconds {
        Some(seconds) if seconds > 0 => Some(i18n::sign_in::wait(lang, seconds.into())),
        _ => error.map(|code| i18n::error(lang, &code, &[])),
    }
}
