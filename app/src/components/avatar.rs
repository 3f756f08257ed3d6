//! Who someone is, at a glance: initials with a colour that stays theirs, and a word for what they are.

use leptos::prelude::*;

use super::Icon;
use crate::format::name;

/// Two initials on a quiet colour; a patient, an organisation and a service have their own shape and icon.
#[component]
pub fn Avatar(
    #[prop(into)] name: String,
    #[prop(into)] address: String,
    /// `professional`, `organisation`, `patient`, `system` or `unknown`.
    #[prop(optional, into)]
    kind: String,
) -> impl IntoView {
    let shown = if name.trim().is_empty() { &address } else { &name };
    let inside = match kind.as_str() {
        "patient" => view! { <Icon name="patient"/> }.into_any(),
        "organisation" => view! { <Icon name="organisation"/> }.into_any(),
        "system" => view! { <Icon name="settings"/> }.into_any(),
        _ => name::initials(shown).into_any(),
    };
    view! { <span class="avatar" data-kind=kind data-colour=name::colour(&address).to_string() aria-hidden="true">{inside}</span> }
}

/// A small word with an icon: what the correspondent is, a state, a label. Tones: `patient`, `organisation`,
/// `delegate`, `ok`, `warning`, `danger`, `plain`.
#[component]
pub fn Badge(
    #[prop(default = "plain".into(), into)] tone: String,
    #[prop(optional)] icon: Option<&'static str>,
    #[prop(into)] text: String,
) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone>
            {icon.map(|icon| view! { <Icon name=icon/> })}
            {text}
        </span>
    }
}
