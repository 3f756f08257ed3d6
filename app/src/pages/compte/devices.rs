//! Enrolled devices: passkeys, browsers that approve, applications that make codes.

use leptos::prelude::*;

use super::account::DeviceNew;
use crate::{
    components::{Badge, Button, ButtonLink, Field, Notice},
    format::date,
    i18n::{self, Lang, account as words},
    pages::passkey::PasskeyForm,
    shell::PageContext,
};

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceLine {
    pub id: String,
    pub name: String,
    pub added_local: String,
    pub used_local: Option<String>,
    /// It is the browser that looks at the page.
    pub here: bool,
}

/// The form that a device is enrolled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    Passkey,
    Browser,
    Application,
}

/// The page of all devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Devices {
    pub passkeys: Vec<DeviceLine>,
    pub browsers: Vec<DeviceLine>,
    pub applications: Vec<DeviceLine>,
    /// Browsers may be enrolled.
    pub approval: bool,
    /// Applications may be.
    pub totp: bool,
    /// This browser approves already.
    pub this_browser: bool,
    /// What this browser is, as a name for it.
    pub proposed: String,
    /// The form that is shown again, what was typed in it, and why.
    pub refused: Option<(DeviceKind, String, String)>,
}

impl Devices {
    fn typed(&self, kind: DeviceKind) -> String {
        self.refused.as_ref().filter(|(refused, ..)| *refused == kind).map(|(_, typed, _)| typed.clone()).unwrap_or_default()
    }

    fn error(&self, lang: Lang, kind: DeviceKind) -> Signal<Option<String>> {
        let refused = self.refused.as_ref().filter(|(refused, ..)| *refused == kind);
        Signal::stored(refused.map(|(_, _, code)| i18n::error(lang, code, &[])))
    }
}

fn lines(list: Vec<DeviceLine>, none: &'static str, remove: &'static str, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    if list.is_empty() {
        return view! { <p class="field-hint">{none}</p> }.into_any();
    }
    let rows = list
        .into_iter()
        .map(|device| {
            let used = match device.used_local {
                Some(local) => words::device_used(lang, &date::moment(lang, &local, now_local)),
                None => words::device_never(lang).into(),
            };
            let added = words::device_added(lang, &date::moment(lang, &device.added_local, now_local));
            let label = words::device_remove_named(lang, &device.name);
            let here = device.here.then(|| view! { " "<Badge text=i18n::sessions::current(lang)/> });
            view! {
                <li>
                    <div><p class="strong">{device.name}{here}</p><p class="field-hint">{added}" · "{used}</p></div>
                    <form method="post" action=remove>
                        <button class="button" data-variant="danger" type="submit" name="appareil" value=device.id aria-label=label>
                            {words::device_remove(lang)}
                        </button>
                    </form>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="sessions">{rows}</ul> }.into_any()
}

/// All enrolled devices, each to be removed, and a new one of each kind.
pub fn devices(page: Devices, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let context: PageContext = use_context().unwrap_or_default();
    let name = |id: &'static str, kind: DeviceKind, label: &'static str, hint: &'static str, proposed: &str| {
        let typed = page.typed(kind);
        let value = if typed.is_empty() && page.refused.is_none() { proposed.to_owned() } else { typed };
        view! {
            <Field id=id name="nom" label=label hint=hint error=page.error(lang, kind) value=value maxlength="60" required=true/>
        }
    };
    let passkeys = context.passkeys.is_some().then(|| {
        let field = name("nom-cle", DeviceKind::Passkey, i18n::passkey::name(lang), i18n::passkey::name_hint(lang), "");
        view! {
            <h2>{i18n::passkey::title(lang)}</h2>
            <p class="field-hint">{i18n::passkey::lead(lang)}</p>
            {lines(page.passkeys.clone(), i18n::passkey::none(lang), "/compte/appareils/cle/retirer", now_local)}
            <PasskeyForm what="create" action="/compte/appareils/cle" words=i18n::passkey::add(lang)>{field}</PasskeyForm>
            <noscript><Notice tone="info">{i18n::passkey::script(lang)}</Notice></noscript>
        }
    });
    let browsers = page.approval.then(|| {
        let add = if page.this_browser {
            view! { <p><ButtonLink href="/compte/approbation">{i18n::approval::open(lang)}</ButtonLink></p> }.into_any()
        } else {
            let label = i18n::approval::name(lang);
            view! {
                <form method="post" action="/compte/appareils/navigateur">
                    {name("nom-navigateur", DeviceKind::Browser, label, i18n::approval::name_hint(lang), &page.proposed)}
                    <Button>{i18n::approval::add(lang)}</Button>
                </form>
            }
            .into_any()
        };
        view! {
            <h2>{i18n::approval::section(lang)}</h2>
            <p class="field-hint">{i18n::approval::section_lead(lang)}</p>
            {lines(page.browsers.clone(), i18n::approval::no_browser(lang), "/compte/appareils/navigateur/retirer", now_local)}
            {add}
        }
    });
    let applications = page.totp.then(|| {
        let (label, hint) = (words::device_name(lang), words::device_name_hint(lang));
        view! {
            <h2>{words::devices_applications(lang)}</h2>
            <p class="field-hint">{words::devices_lead(lang)}</p>
            {lines(page.applications.clone(), words::devices_none(lang), "/compte/appareils/retirer", now_local)}
            <form method="post" action="/compte/appareils">
                {name("nom", DeviceKind::Application, label, hint, "")}
                <Button>{words::device_add(lang)}</Button>
            </form>
        }
    });
    view! { {passkeys}{browsers}{applications} }.into_any()
}

/// The QR code of a new application and its first code.
pub fn device_new(device: DeviceNew) -> AnyView {
    let lang = i18n::lang();
    let view_box = format!("0 0 {0} {0}", device.size);
    let error = Signal::stored(device.error.map(|code| i18n::error(lang, &code, &[])));
    view! {
        <p class="lead">{words::device_new_lead(lang)}</p>
        <svg class="qr" viewBox=view_box role="img" aria-label=words::device_qr(lang)>
            <rect class="qr-ground" width="100%" height="100%"></rect>
            <path class="qr-dots" d=device.path></path>
        </svg>
        <p>{words::device_secret(lang)}" : "<code class="secret">{device.secret}</code></p>
        <form method="post" action="/compte/appareils/confirmer">
            <input type="hidden" name="appareil" value=device.id/>
            <Field id="code" name="code" label=words::device_code(lang) error=error autocomplete="one-time-code"
                inputmode="numeric" pattern="[0-9 ]*" maxlength="12" required=true autofocus=true/>
            <div class="form-acts">
                <Button variant="primary">{words::device_confirm(lang)}</Button>
                <ButtonLink href="/compte/appareils">{i18n::means::cancel(lang)}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
