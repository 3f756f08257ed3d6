//! The pages of one's own account: ordinary forms, no WebAssembly. Plain data in.

use leptos::prelude::*;
use wire::portal::Notifications;

use super::password::{PasswordForm, PasswordPage};
use super::{
    acces::{self, AccessLog},
    access,
    delegations::{self, Delegations, Invitation},
    devices::{self, Devices},
    drafts::{self, Drafts},
    outside,
    structure::StructurePage,
};
use crate::{
    components::{Button, ButtonLink, Field, Notice},
    format::date,
    i18n::{self, Lang, account as words},
};

/// A BAL that the person holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    pub id: String,
    pub address: String,
    /// Octets of its messages.
    pub used: u64,
    /// Octets it may hold; none: without limit.
    pub quota: Option<u64>,
    /// The operator lets it take no mail.
    pub suspended: bool,
    /// Who answers for the data of the BAL.
    pub controller: String,
    pub signature: String,
    pub liste_rouge: bool,
    pub publish_phone: bool,
    /// The day of its end, if that was asked for: `22/12/2026`.
    pub closing: Option<String>,
}

/// An application password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLine {
    pub id: String,
    pub name: String,
    pub created_local: String,
    pub seen_local: Option<String>,
}

/// One line of the activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: String,
    pub by: String,
    pub refused: bool,
    pub at_local: String,
}

/// What a page of the account shows.
#[derive(Debug, Clone, PartialEq)]
pub enum AccountPage {
    Overview(Overview),
    /// Asks for the password again. `has_password`: otherwise Pro Santé Connect is the way.
    Confirm {
        retour: String,
        has_password: bool,
        has_passkey: bool,
        error: Option<String>,
        wait_seconds: Option<u32>,
    },
    Password(PasswordPage),
    Contacts(Contacts),
    Devices(Box<Devices>),
    DeviceNew(DeviceNew),
    Applications {
        list: Vec<TokenLine>,
        made: Option<String>,
        error: Option<String>,
    },
    Signature {
        held: Vec<Held>,
    },
    Notifications {
        wishes: Notifications,
        has_mobile: bool,
        sms: bool,
        /// (id, name, wanted) of each BAL.
        boxes: Vec<(String, String, bool)>,
    },
    /// Receipts of reading: id, address, asking, answering of each BAL.
    Receipts {
        held: Vec<(String, String, String, String)>,
    },
    Directory {
        held: Vec<Held>,
    },
    Delegations(Box<Delegations>),
    Invitation(Box<Invitation>),
    Drafts(Box<Drafts>),
    /// A structure one is in.
    Structure(Box<StructurePage>),
    Security {
        events: Vec<Event>,
    },
    /// Who did what in a BAL.
    Access(Box<AccessLog>),
    Closing {
        held: Vec<Held>,
        days: u32,
        error: Option<(String, String)>,
    },
}

/// What one sees first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    pub name: String,
    /// When and from which source (`psc`, `operator`).
    pub checked: Option<(String, String)>,
    pub email: String,
    pub mobile: Option<String>,
    pub held: Vec<Held>,
    /// Means that are on, and whether the person has them.
    pub means: Vec<(&'static str, bool)>,
}

/// The contacts, with what was refused of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contacts {
    pub email: String,
    pub mobile: Option<String>,
    pub sms: bool,
    pub typed_email: String,
    pub email_error: Option<String>,
    pub typed_mobile: String,
    pub mobile_error: Option<String>,
}

/// A device being enrolled: the QR code as a path in a box of `size`, the key as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceNew {
    pub id: String,
    pub size: usize,
    pub path: String,
    pub secret: String,
    pub error: Option<String>,
}

impl AccountPage {
    /// The heading, which is also the title of the document.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Overview(_) => words::home(lang),
            Self::Confirm { .. } => words::confirm_title(lang),
            Self::Password(_) => i18n::password::title(lang),
            Self::Contacts(_) => words::contacts(lang),
            Self::Devices(_) => words::devices(lang),
            Self::DeviceNew(_) => words::device_new_title(lang),
            Self::Applications { .. } => words::applications(lang),
            Self::Signature { .. } => words::signature(lang),
            Self::Notifications { .. } => words::notify(lang),
            Self::Receipts { .. } => words::receipts(lang),
            Self::Directory { .. } => words::directory(lang),
            Self::Delegations(_) => i18n::delegation::title(lang),
            Self::Invitation(_) => i18n::delegation::invite_title(lang),
            Self::Drafts(_) => i18n::review::title(lang),
            Self::Structure(page) => page.title(lang),
            Self::Security { .. } => words::security(lang),
            Self::Access(_) => i18n::access_log::title(lang),
            Self::Closing { .. } => words::closing(lang),
        }
    }

    fn path(&self) -> &'static str {
        match self {
            Self::Overview(_) => "/compte",
            Self::Confirm { .. } => "",
            Self::Password(_) => "/compte/mot-de-passe",
            Self::Contacts(_) => "/compte/contacts",
            Self::Devices(_) | Self::DeviceNew(_) => "/compte/appareils",
            Self::Applications { .. } => "/compte/applications",
            Self::Signature { .. } => "/compte/signature",
            Self::Notifications { .. } => "/compte/notifications",
            Self::Receipts { .. } => "/compte/accuses",
            Self::Directory { .. } => "/compte/annuaire",
            Self::Delegations(_) | Self::Invitation(_) => "/compte/delegations",
            Self::Drafts(_) => "/compte/brouillons",
            Self::Structure(_) => "/compte/structure",
            Self::Security { .. } => "/compte/securite",
            Self::Access(_) => "/compte/acces",
            Self::Closing { .. } => "/compte/fermer",
        }
    }
}

/// The sections of the account; `current` is the path of the one that is shown.
#[component]
pub fn AccountNav(current: &'static str) -> impl IntoView {
    let lang = i18n::lang();
    let items = [
        ("/compte", words::overview(lang)),
        ("/compte/contacts", words::contacts(lang)),
        ("/compte/mot-de-passe", i18n::password::title(lang)),
        ("/compte/appareils", words::devices(lang)),
        ("/compte/sessions", i18n::sessions::title(lang)),
        ("/compte/securite", words::security(lang)),
        ("/compte/acces", i18n::access_log::title(lang)),
        ("/compte/notifications", words::notify(lang)),
        ("/compte/signature", words::signature(lang)),
        ("/compte/delegations", i18n::delegation::title(lang)),
        ("/compte/brouillons", i18n::review::title(lang)),
        ("/compte/structure", i18n::structure::title(lang)),
        ("/compte/accuses", words::receipts(lang)),
        ("/compte/annuaire", words::directory(lang)),
        ("/compte/preferences", i18n::prefs::title(lang)),
        ("/compte/applications", words::applications(lang)),
        ("/compte/fermer", words::closing(lang)),
    ];
    let items = items
        .into_iter()
        .map(|(path, words)| view! { <li><a href=path aria-current=(path == current).then_some("page")>{words}</a></li> })
        .collect_view();
    view! { <nav class="account-nav" aria-label=words::nav(lang)><ul>{items}</ul></nav> }
}

/// A page of the account.
#[component]
pub fn AccountSheet(page: AccountPage, now_local: String) -> impl IntoView {
    let lang = i18n::lang();
    let (title, path) = (page.title(lang), page.path());
    if let AccountPage::Confirm { retour, has_password, has_passkey, error, wait_seconds } = page {
        return access::confirm(retour, (has_password, has_passkey), error, wait_seconds);
    }
    let content = match page {
        AccountPage::Overview(overview) => self::overview(overview, &now_local),
        AccountPage::Password(page) => view! { <PasswordForm page=page now_local=now_local/> }.into_any(),
        AccountPage::Contacts(contacts) => self::contacts(contacts),
        AccountPage::Devices(page) => devices::devices(*page, &now_local),
        AccountPage::DeviceNew(device) => devices::device_new(device),
        AccountPage::Applications { list, made, error } => access::applications(list, made, error, &now_local),
        AccountPage::Security { events } => access::security(events, &now_local),
        AccountPage::Access(log) => acces::journal(*log, &now_local),
        AccountPage::Signature { held } => outside::signature(held),
        AccountPage::Notifications { wishes, has_mobile, sms, boxes } => {
            outside::notifications(wishes, has_mobile, sms, boxes)
        }
        AccountPage::Receipts { held } => outside::receipts(held),
        AccountPage::Directory { held } => outside::directory(held),
        AccountPage::Delegations(page) => delegations::delegations(*page, &now_local),
        AccountPage::Invitation(page) => delegations::invitation(*page),
        AccountPage::Drafts(page) => drafts::drafts(*page, &now_local),
        AccountPage::Structure(page) => page.draw(&now_local),
        AccountPage::Closing { held, days, error } => outside::closing(held, days, error),
        AccountPage::Confirm { .. } => ().into_any(),
    };
    view! {
        <AccountNav current=path/>
        <section class="sheet"><h1>{title}</h1>{content}</section>
    }
    .into_any()
}

fn overview(page: Overview, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let moment = |local: &str| date::moment(lang, local, now_local);
    let checked = match &page.checked {
        Some((at, source)) if source == "psc" => words::checked_psc(lang, &moment(at)),
        Some((at, _)) => words::checked_operator(lang, &moment(at)),
        None => words::checked_never(lang).to_owned(),
    };
    let boxes = page
        .held
        .into_iter()
        .map(|held| {
            let used = crate::format::size::bytes(lang, held.used);
            let space = match held.quota {
                Some(quota) => words::quota_of(lang, &crate::format::size::bytes(lang, quota), &used),
                None => words::quota(lang, &used),
            };
            let nearly_full = held.quota.is_some_and(|quota| held.used >= quota / 10 * 9);
            let full = nearly_full.then(|| view! { <Notice tone="warning">{words::quota_full(lang)}</Notice> });
            let suspended = held.suspended.then(|| view! { <Notice tone="danger">{words::suspended(lang)}</Notice> });
            let closing = held.closing.map(|day| {
                view! { <Notice tone="warning">{words::closing_due(lang, &day)}" "<a href="/compte/fermer">{words::manage(lang)}</a></Notice> }
            });
            view! { <li><p class="strong">{held.address}</p><p class="field-hint">{space}</p><p class="field-hint">{words::controller(lang, &held.controller)}</p>{suspended}{full}{closing}</li> }
        })
        .collect_view();
    let means = page
        .means
        .into_iter()
        .map(|(means, has)| {
            let state = if has { words::has(lang) } else { words::has_not(lang) };
            view! { <div><dt>{means_words(lang, means)}</dt><dd class=has.then_some("strong")>{state}</dd></div> }
        })
        .collect_view();
    view! {
        <h2>{words::identity(lang)}</h2>
        <p class="field-hint">{words::identity_what(lang)}</p>
        <dl class="facts">
            <div><dt>{words::name(lang)}</dt><dd>{page.name}</dd></div>
            <div><dt>{words::checked(lang)}</dt><dd>{checked}</dd></div>
            <div><dt>{words::email(lang)}</dt><dd>{page.email}</dd></div>
            <div><dt>{words::mobile(lang)}</dt><dd>{page.mobile.unwrap_or_else(|| words::mobile_none(lang).into())}</dd></div>
        </dl>
        <h2>{words::addresses(lang)}</h2>
        <ul class="lines">{boxes}</ul>
        <h2>{words::means(lang)}</h2>
        <p class="field-hint">{words::means_lead(lang)}</p>
        <dl class="facts">{means}</dl>
        <p><ButtonLink href="/compte/appareils">{words::devices(lang)}</ButtonLink></p>
    }
    .into_any()
}

/// The words of a means of sign-in.
pub fn means_words(lang: Lang, means: &str) -> &'static str {
    match means {
        "sms" => i18n::means::sms(lang),
        "totp" => i18n::means::totp(lang),
        "approval" => i18n::means::approval(lang),
        "passkey" => i18n::means::passkey(lang),
        "psc" => i18n::means::psc(lang),
        "password" => i18n::means::password(lang),
        _ => i18n::means::email(lang),
    }
}

fn contacts(page: Contacts) -> AnyView {
    let lang = i18n::lang();
    let said = |error: Option<String>| Signal::stored(error.map(|code| i18n::error(lang, &code, &[])));
    let remove = page.mobile.is_some().then(|| {
        view! {
            <form method="post" action="/compte/contacts">
                <Button variant="quiet" name="op" value="retirer">{words::remove_mobile(lang)}</Button>
            </form>
        }
    });
    let mobile = match page.sms {
        false => view! { <p class="field-hint">{words::mobile_off(lang)}</p> }.into_any(),
        true => view! {
            <form method="post" action="/compte/contacts">
                <Field id="mobile" name="mobile" kind="tel" label=words::mobile(lang) value=page.typed_mobile
                    hint=words::mobile_hint(lang) error=said(page.mobile_error) autocomplete="tel" inputmode="tel" required=true/>
                <Button name="op" value="mobile">{words::change_mobile(lang)}</Button>
            </form>
        }
        .into_any(),
    };
    view! {
        <p class="lead">{words::contacts_lead(lang)}</p>
        <h2>{words::email(lang)}</h2>
        <p class="strong">{page.email}</p>
        <form method="post" action="/compte/contacts">
            <Field id="email" name="email" kind="email" label=words::email_new(lang) value=page.typed_email
                error=said(page.email_error) autocomplete="email" inputmode="email" required=true/>
            <Button name="op" value="email">{words::change_email(lang)}</Button>
        </form>
        <h2>{words::mobile(lang)}</h2>
        <p class="strong">{page.mobile.unwrap_or_else(|| words::mobile_none(lang).into())}</p>
        {mobile}
        {remove}
    }
    .into_any()
}
