//! The pages under `/compte`: ordinary forms, no WebAssembly. Here the sessions and the preferences; the rest in `account`.

pub mod acces;
mod access;
pub mod account;
pub mod delegations;
pub mod devices;
pub mod drafts;
mod outside;
pub mod password;
pub mod structure;

use leptos::prelude::*;
use wire::{
    FieldError,
    portal::{Preferences, SignedIn},
};

use crate::{
    components::{Badge, Button, Choice, Notice},
    format::date,
    i18n::{self, Lang},
};

/// Time zones of the places where French health professionals work: (IANA name, words).
pub fn zones(lang: Lang) -> [(&'static str, &'static str); 10] {
    use i18n::zone;
    [
        ("Europe/Paris", zone::paris(lang)),
        ("America/Guadeloupe", zone::guadeloupe(lang)),
        ("America/Martinique", zone::martinique(lang)),
        ("America/Cayenne", zone::guyane(lang)),
        ("America/Miquelon", zone::miquelon(lang)),
        ("Indian/Reunion", zone::reunion(lang)),
        ("Indian/Mayotte", zone::mayotte(lang)),
        ("Pacific/Noumea", zone::noumea(lang)),
        ("Pacific/Tahiti", zone::tahiti(lang)),
        ("Pacific/Wallis", zone::wallis(lang)),
    ]
}

/// Where one is signed in: close one, or all.
#[component]
pub fn Sessions(list: Vec<SignedIn>, now_local: String) -> impl IntoView {
    let lang = i18n::lang();
    let rows = list
        .into_iter()
        .map(|session| {
            let moment = |local: &str| date::moment(lang, local, &now_local);
            let when = [
                i18n::sessions::opened(lang, &moment(&session.created_local)),
                i18n::sessions::seen(lang, &moment(&session.seen_local)),
            ]
            .join(" · ");
            let end = match session.current {
                true => view! { <Badge tone="ok" text=i18n::sessions::current(lang)/> }.into_any(),
                false => view! {
                    <form method="post" action="/compte/sessions">
                        <button class="button" type="submit" name="session" value=session.id.to_string()
                            aria-label=i18n::sessions::revoke_named(lang, &session.agent)>
                            {i18n::sessions::revoke(lang)}
                        </button>
                    </form>
                }
                .into_any(),
            };
            view! { <li><div><p class="strong">{session.agent}</p><p class="field-hint">{when}</p></div>{end}</li> }
        })
        .collect_view();
    view! {
        <account::AccountNav current="/compte/sessions"/>
        <section class="sheet">
            <h1>{i18n::sessions::title(lang)}</h1>
            <p class="lead">{i18n::sessions::lead(lang)}</p>
            <ul class="sessions">{rows}</ul>
            <form method="post" action="/deconnexion">
                <input type="hidden" name="partout" value="1"/>
                <Button variant="danger">{i18n::sessions::revoke_all(lang)}</Button>
                <p class="field-hint">{i18n::sessions::revoke_all_what(lang)}</p>
            </form>
        </section>
    }
}

/// Language, theme, density, keys, zone. `errors` are those of the form that was refused.
#[component]
pub fn PreferencesForm(preferences: Preferences, errors: Vec<FieldError>) -> impl IntoView {
    let lang = i18n::lang();
    let refusals = errors
        .into_iter()
        .map(|error| view! { <Notice tone="danger" role="alert">{i18n::error(lang, &error.code, &error.params)}</Notice> })
        .collect_view();
    let own = |list: &[(&str, &str)]| {
        list.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
    };
    let languages =
        own(&[("", i18n::prefs::language_system(lang)), ("fr", i18n::app::french(lang)), ("en", i18n::app::english(lang))]);
    let themes = own(&[
        ("", i18n::prefs::theme_system(lang)),
        ("light", i18n::prefs::theme_light(lang)),
        ("dark", i18n::prefs::theme_dark(lang)),
    ]);
    let densities =
        own(&[("comfortable", i18n::prefs::density_comfortable(lang)), ("compact", i18n::prefs::density_compact(lang))]);
    let keys = own(&[("1", i18n::prefs::keys_on(lang)), ("0", i18n::prefs::keys_off(lang))]);
    let mut zones = own(&zones(lang));
    if !zones.iter().any(|(name, _)| *name == preferences.zone) {
        zones.push((preferences.zone.clone(), preferences.zone.clone()));
    }
    let Preferences { language, theme, density, keys: keys_on, zone } = preferences;
    view! {
        <account::AccountNav current="/compte/preferences"/>
        <section class="sheet">
            <h1>{i18n::prefs::title(lang)}</h1>
            <p class="lead">{i18n::prefs::lead(lang)}</p>
            {refusals}
            <form method="post" action="/compte/preferences">
                <Choice id="language" name="language" label=i18n::prefs::language(lang) options=languages selected=language.unwrap_or_default()/>
                <Choice id="theme" name="theme" label=i18n::prefs::theme(lang) options=themes selected=theme.unwrap_or_default()/>
                <Choice id="density" name="density" label=i18n::prefs::density(lang) options=densities selected=density/>
                <Choice id="keys" name="keys" label=i18n::prefs::keys(lang) options=keys selected=if keys_on { "1" } else { "0" }/>
                <Choice id="zone" name="zone" label=i18n::prefs::zone(lang) options=zones selected=zone/>
                <Button variant="primary">{i18n::prefs::submit(lang)}</Button>
            </form>
        </section>
    }
}
