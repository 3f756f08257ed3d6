//! `/`: what Pli is, and one button.

use leptos::prelude::*;

use crate::{
    components::{ButtonLink, Icon},
    i18n,
};

/// The presentation. Someone signed in is offered their mail instead of the sign-in.
#[component]
pub fn Home(signed_in: bool) -> impl IntoView {
    let lang = i18n::lang();
    let (href, words) =
        if signed_in { ("/courrier", i18n::home::open(lang)) } else { ("/connexion", i18n::home::sign_in(lang)) };
    let points = [
        ("keyboard", i18n::home::point_fast(lang), i18n::home::point_fast_what(lang)),
        ("person", i18n::home::point_clear(lang), i18n::home::point_clear_what(lang)),
        ("lock", i18n::home::point_safe(lang), i18n::home::point_safe_what(lang)),
    ]
    .map(|(icon, title, what)| view! { <li><Icon name=icon/><h2>{title}</h2><p>{what}</p></li> })
    .collect_view();
    view! {
        <div class="home">
            <h1>{i18n::home::lead(lang)}</h1>
            <p class="lead">{i18n::app::tagline(lang)}</p>
            <p><ButtonLink variant="primary" href=href>{words}</ButtonLink></p>
            <ul class="home-points">{points}</ul>
        </div>
    }
}
