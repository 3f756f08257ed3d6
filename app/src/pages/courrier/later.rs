//! What the first sight of a list does not need: a WebAssembly of its own, fetched once the page is alive (and before,
//! when the page shows such a part). The tool `site` cuts it out along the functions marked here.

use std::{
    cell::Cell,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    composer::Composer,
    dialogs::{Ask, Help, SessionEnd},
    folders::Folders,
    palette::Palette,
    reading::Reading,
    team_page::TeamPage,
};
use crate::{
    api::transport::ON_SERVER,
    app::Start,
    browser::{self, clock},
};

/// How long to wait for the network: at first, and at most.
const RETRY_MS: (i32, i32) = (2_000, 60_000);

thread_local! {
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Whether the parts can be drawn.
pub fn is_here() -> bool {
    ON_SERVER || HERE.get()
}

/// Whether the page that the server rendered shows one of the parts.
pub fn is_shown() -> bool {
    browser::find::<web_sys::Element>(".mail:not([data-view=list])").is_some()
}

/// Fetches the parts; once is enough. Tries again until the network is there.
pub async fn bring() {
    let (mut wait, most) = RETRY_MS;
    while fetch().await.is_err() {
        clock::sleep(wait).await;
        wait = most.min(wait * 2);
    }
    HERE.set(true);
}

/// An open conversation.
pub fn reading() -> AnyView {
    drawn(Part::Reading)
}

/// The composer.
pub fn composer(start: Start) -> AnyView {
    drawn(Part::Composer(start))
}

/// One's folders.
pub fn folders() -> AnyView {
    drawn(Part::Folders)
}

/// Who works in the BAL.
pub fn team() -> AnyView {
    drawn(Part::Team)
}

/// What opens over the screen.
pub fn dialogs() -> AnyView {
    drawn(Part::Dialogs)
}

enum Part {
    Reading,
    Composer(Start),
    Folders,
    Team,
    Dialogs,
}

/// A part that is here is drawn in one go; nothing, when it is not.
fn drawn(part: Part) -> AnyView {
    match pin!(draw(part)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(view)) => view,
        _ => ().into_any(),
    }
}

/// One function, since each that is marked waits for the fetch by itself: `fetch` makes only its own ready.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, preload(fetch), fallible)]
fn draw(part: Part) -> Result<AnyView, SplitLoaderError> {
    Ok(match part {
        Part::Reading => view! { <Reading/> }.into_any(),
        Part::Composer(start) => view! { <Composer start=start/> }.into_any(),
        Part::Folders => view! { <Folders/> }.into_any(),
        Part::Team => view! { <TeamPage/> }.into_any(),
        Part::Dialogs => view! {
            <Help/>
            <Palette/>
            <Ask/>
            <SessionEnd/>
        }
        .into_any(),
    })
}
