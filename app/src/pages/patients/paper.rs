//! What is for paper: the information note as a poster or a hand-out, and the letter that answers an opposition.

use leptos::prelude::*;

use super::Desk;
use crate::{
    components::ButtonLink,
    format::prose,
    i18n::{self, Lang, patients as words},
    pages::portail::Prose,
};

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    /// To be given by hand.
    Note,
    /// For the wall.
    Poster,
    Opposition,
}

impl PaperKind {
    pub(super) fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Note => words::note(lang),
            Self::Poster => words::poster(lang),
            Self::Opposition => words::letter_title(lang),
        }
    }
}

/// The page.
#[derive(Debug, Clone, PartialEq)]
pub struct PaperPage {
    pub kind: PaperKind,
    /// In the form of `format::prose`.
    pub text: String,
    /// Something that the note must say is not set for this BAL.
    pub incomplete: bool,
    /// Where one comes from, of a letter.
    pub back: Option<String>,
}

pub(super) fn paper(desk: &Desk, page: PaperPage) -> AnyView {
    let lang = i18n::lang();
    let kind = match page.kind {
        PaperKind::Note => "note",
        PaperKind::Poster => "poster",
        PaperKind::Opposition => "letter",
    };
    let others = match page.kind {
        PaperKind::Note => {
            view! { <ButtonLink href=desk.path("/note?forme=affiche")>{words::poster(lang)}</ButtonLink> }.into_any()
        }
        PaperKind::Poster => view! { <ButtonLink href=desk.path("/note")>{words::hand_out(lang)}</ButtonLink> }.into_any(),
        PaperKind::Opposition => {
            page.back.map(|href| view! { <ButtonLink href=href>{words::back_sheet(lang)}</ButtonLink> }).into_any()
        }
    };
    let incomplete =
        page.incomplete.then(|| view! { <p class="notice" data-tone="warning">{words::note_incomplete(lang)}</p> });
    view! {
        <div class="paper-acts">
            <p class="field-hint">{words::print_hint(lang)}</p>
            {incomplete}
            <p class="form-acts">{others}</p>
        </div>
        <article class="paper-sheet article-text" data-paper=kind>
            <h1>{page.kind.title(lang)}</h1>
            <Prose blocks=prose::parse(&page.text)/>
        </article>
    }
    .into_any()
}
