//! Preferences of a person: language, theme, density, keys, zone.

use app::i18n::Lang;
use axum::{
    Json,
    extract::State as AxumState,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Deserializer};
use wire::{FieldError, portal::Preferences};

use crate::{
    auth::Caller,
    clock,
    error::Error,
    http::{
        cookies::LANGUAGE_SECONDS,
        extract::{self, Form, Json as JsonBody},
    },
    state::State,
};

/// Absent: unchanged; null: back to the browser's or the system's.
type Change<T> = Option<Option<T>>;

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Change<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `PATCH /api/me/preferences`: any of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patch {
    #[serde(deserialize_with = "present")]
    language: Change<String>,
    #[serde(deserialize_with = "present")]
    theme: Change<String>,
    density: Option<String>,
    keys: Option<bool>,
    zone: Option<String>,
}

fn one_of(field: &str, value: Option<&str>, allowed: &[&str], errors: &mut Vec<FieldError>) {
    if value.is_some_and(|value| !allowed.contains(&value)) {
        errors.push(FieldError { field: field.into(), code: "bad-value".into(), params: Vec::new() });
    }
}

impl Patch {
    fn apply(self, preferences: &mut Preferences) -> Result<(), Error> {
        let mut errors = Vec::new();
        one_of("language", self.language.as_ref().and_then(Option::as_deref), &["fr", "en"], &mut errors);
        one_of("theme", self.theme.as_ref().and_then(Option::as_deref), &["light", "dark"], &mut errors);
        one_of("density", self.density.as_deref(), &["comfortable", "compact"], &mut errors);
        if self.zone.as_deref().is_some_and(|zone| !clock::is_zone(zone)) {
            errors.push(FieldError { field: "zone".into(), code: "bad-value".into(), params: Vec::new() });
        }
        if !errors.is_empty() {
            return Err(Error::Fields(errors));
        }
        preferences.language = self.language.unwrap_or(preferences.language.take());
        preferences.theme = self.theme.unwrap_or(preferences.theme.take());
        preferences.density = self.density.unwrap_or(std::mem::take(&mut preferences.density));
        preferences.keys = self.keys.unwrap_or(preferences.keys);
        preferences.zone = self.zone.unwrap_or(std::mem::take(&mut preferences.zone));
        Ok(())
    }
}

/// Changes some preferences and answers all.
///
/// # Errors
/// `Fields` with each value that is not allowed; the store's.
pub async fn change(state: &State, caller: &Caller, patch: Patch) -> Result<Preferences, Error> {
    let mut preferences = state.store.preferences(caller.person).await?;
    patch.apply(&mut preferences)?;
    state.store.preferences_set(caller.person, &preferences).await?;
    Ok(preferences)
}

/// The handler.
pub async fn patch(
    AxumState(state): AxumState<State>,
    caller: Caller,
    JsonBody(patch): JsonBody<Patch>,
) -> Result<Json<Preferences>, Error> {
    Ok(Json(change(&state, &caller, patch).await?))
}

/// The form of `/compte/preferences`; an empty choice is the browser's or the system's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PreferencesForm {
    language: Option<String>,
    theme: Option<String>,
    density: Option<String>,
    keys: Option<String>,
    zone: Option<String>,
    retour: String,
}

/// `POST /compte/preferences`.
pub async fn post(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<PreferencesForm>,
) -> Result<Response, Error> {
    let filled = |value: Option<String>| value.map(|text| Some(text).filter(|text| !text.is_empty()));
    let patch = Patch {
        language: filled(form.language),
        theme: filled(form.theme),
        density: form.density,
        keys: form.keys.map(|keys| keys == "1"),
        zone: form.zone,
    };
    let preferences = change(&state, &caller, patch).await?;
    let back = extract::return_path(&form.retour).unwrap_or("/compte/preferences");
    let mark = if back.contains('?') { '&' } else { '?' };
    let mut response = Redirect::to(&format!("{back}{mark}dit=preferences")).into_response();
    // Also for this browser before signing in; sign-in pages should speak the same language.
    let lang = preferences.language.as_deref().and_then(Lang::from_code).map_or("", Lang::code);
    let seconds = if lang.is_empty() { 0 } else { LANGUAGE_SECONDS };
    response.headers_mut().append(header::SET_COOKIE, extract::set_cookie(extract::LANGUAGE_COOKIE, lang, seconds)?);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_null_and_value_differ() {
        let mut preferences =
            Preferences { theme: Some("dark".into()), language: Some("en".into()), ..Preferences::default() };
        let patch: Patch = serde_json::from_str(r#"{"theme":null,"density":"compact"}"#).unwrap();
        patch.apply(&mut preferences).unwrap();
        assert_eq!((preferences.theme, preferences.language.as_deref()), (None, Some("en")));
        assert_eq!(preferences.density, "compact");
        let bad: Patch = serde_json::from_str(r#"{"theme":"pink","zone":"Nowhere/Land"}"#).unwrap();
        let refused = bad.apply(&mut Preferences::default());
        assert!(matches!(refused, Err(Error::Fields(errors)) if errors.len() == 2));
    }
}
