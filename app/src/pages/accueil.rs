//! `/`: what Pli is, for whom, how to open a mailbox, how to sign in.

use leptos::prelude::*;

use crate::{
    components::{ButtonLink, Icon},
    i18n,
};

/// The presentation. Someone signed in is offered their mail instead of the sign-in; `opening`: one can open a BAL alone.
#[component]
pub fn Home(signed_in: bool, opening: bool) -> impl IntoView {
    let lang = i18n::lang();
    use i18n::home;
    let enter = if signed_in {
        view! { <ButtonLink variant="primary" href="/courrier">{home::open(lang)}</ButtonLink> }.into_any()
    } else {
        let open = opening
            .then(|| view! { <ButtonLink variant="primary" href="/inscription">{home::open_account(lang)}</ButtonLink> });
        let variant = if opening { "plain" } else { "primary" };
        view! { {open} <ButtonLink variant=variant href="/connexion">{home::sign_in_again(lang)}</ButtonLink> }.into_any()
    };
    let points = [
        ("keyboard", home::point_fast(lang), home::point_fast_what(lang)),
        ("person", home::point_clear(lang), home::point_clear_what(lang)),
        ("lock", home::point_safe(lang), home::point_safe_what(lang)),
    ]
    .map(|(icon, title, what)| view! { <li><Icon name=icon/><h3>{title}</h3><p>{what}</p></li> })
    .collect_view();
    let safety = home::safety_list(lang).iter().map(|text| view! { <li><Icon name="check"/>{*text}</li> }).collect_view();
    let steps = opening.then(|| {
        view! {
            <section class="home-part">
                <h2>{home::steps(lang)}</h2>
                <ol class="home-points home-steps">{pairs(home::step_list(lang))}</ol>
            </section>
        }
    });
    view! {
        <div class="home">
            <section class="hero">
                <div>
                    <h1>{home::hero(lang)}</h1>
                    <p class="lead">{home::hero_lead(lang)}</p>
                    <p class="hero-acts">{enter}</p>
                </div>
                <Sample/>
            </section>
            <section class="home-part">
                <h2>{home::why(lang)}</h2>
                <ul class="home-points">{points}</ul>
            </section>
            <section class="home-part">
                <h2>{home::for_whom(lang)}</h2>
                <ul class="home-points">{pairs(home::for_whom_list(lang))}</ul>
            </section>
            {steps}
            <section class="home-part home-safety">
                <h2><Icon name="shield"/>{home::safety(lang)}</h2>
                <ul>{safety}</ul>
                <p><a href="/securite">{home::safety_more(lang)}</a></p>
            </section>
            <section class="home-part home-questions">
                <h2>{home::questions(lang)}</h2>
                <p>{home::questions_text(lang)}</p>
                <p class="hero-acts">
                    <ButtonLink href="/aide">{home::questions_help(lang)}</ButtonLink>
                    <ButtonLink variant="quiet" href="/contact">{home::questions_contact(lang)}</ButtonLink>
                </p>
            </section>
        </div>
    }
}

/// Titles and texts in turn.
fn pairs(list: &'static [&'static str]) -> impl IntoView {
    list.chunks_exact(2).map(|pair| view! { <li><h3>{pair[0]}</h3><p>{pair[1]}</p></li> }).collect_view()
}

/// What a message looks like: drawn, not a picture, so that it follows the theme and the language.
#[component]
fn Sample() -> impl IntoView {
    let lang = i18n::lang();
    use i18n::home;
    view! {
        <figure class="sample" role="img" aria-label=home::sample_label(lang)>
            <div class="sample-head">
                <span class="sample-face">"HM"</span>
                <span>
                    <span class="strong">{home::sample_who(lang)}</span>
                    <span class="sample-quality">{home::sample_quality(lang)}</span>
                </span>
                <span class="sample-badge"><Icon name="verified"/>{home::sample_verified(lang)}</span>
            </div>
            <p class="strong">{home::sample_subject(lang)}</p>
            <p>{home::sample_text(lang)}</p>
            <p class="sample-file"><Icon name="pdf"/>{home::sample_file(lang)}</p>
        </figure>
    }
}
