//! Files of the message: sent to the server at once, with their progress.

use leptos::{prelude::*, web_sys};
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use wire::{Problem, limits::UPLOAD_OCTETS};

use crate::{
    browser::upload::{self, Running, Step},
    components::{Icon, Progress},
    format::size,
    i18n,
};

use super::{
    super::message::attachment_kind,
    writing::{File, Writing},
};

thread_local! {
    /// Transfers on their way, so that a file that is taken out stops.
    static RUNNING: RefCell<Vec<(u32, Running)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(1_000) };
}

/// What a limit is told in, rounded down.
const MEGAOCTET: u64 = 1_000_000;

/// RFC 8620 §6.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    blob_id: String,
}

/// Adds files and starts to send them; those that are too large are named and left out.
pub fn add(writing: Writing, files: Vec<web_sys::File>) {
    let (mail, lang) = (writing.mail, writing.mail.lang);
    let account = mail.account.get_untracked();
    writing.too_large.set(None);
    for file in files {
        let octets = file.size() as u64;
        let there: u64 = writing.files.with_untracked(|files| files.iter().map(|file| file.size).sum());
        // In the message a file takes a third more (base64).
        let most = writing.most_octets() * 3 / 4 / MEGAOCTET * MEGAOCTET;
        let room = most.saturating_sub(there);
        if octets > UPLOAD_OCTETS.min(room) {
            let limit = size::bytes(lang, UPLOAD_OCTETS.min(most));
            writing.too_large.set(Some(i18n::compose::attach_too_large(lang, &file.name(), &limit)));
            continue;
        }
        let key = NEXT.replace(NEXT.get() + 1);
        let kind = file.type_();
        let kind = if kind.is_empty() { "application/octet-stream".to_owned() } else { kind };
        let gone = RwSignal::new(None::<u32>);
        writing.progress.update(|all| all.push((key, gone)));
        writing.files.update(|files| {
            files.push(File { key, name: file.name(), size: octets, kind, blob: None, failed: None });
        });
        let running = upload::send(&format!("/jmap/upload/{account}"), &file, move |step| told(writing, key, gone, step));
        if let Some(running) = running {
            RUNNING.with_borrow_mut(|all| all.push((key, running)));
        }
    }
}

fn told(writing: Writing, key: u32, gone: RwSignal<Option<u32>>, step: Step) {
    let (status, text) = match step {
        Step::Gone(gone_octets, all) => {
            gone.try_set(Some((gone_octets * 1000 / all.max(1)) as u32));
            return;
        }
        Step::Done(status, text) => (status, text),
    };
    RUNNING.with_borrow_mut(|all| all.retain(|running| running.0 != key));
    let answer = wire::read::<Uploaded>(&text).ok().filter(|_| (200..300).contains(&status));
    let lang = writing.mail.lang;
    writing.files.try_update(|files| {
        let Some(file) = files.iter_mut().find(|file| file.key == key) else { return };
        match answer {
            Some(uploaded) => file.blob = Some(uploaded.blob_id),
            None => {
                let why = match wire::read::<Problem>(&text) {
                    Ok(problem) => i18n::error(lang, problem.code(), &[]),
                    Err(_) => i18n::error(lang, "network", &[]),
                };
                file.failed = Some([&i18n::compose::attach_failed(lang, &file.name), ". ", &why].concat());
            }
        }
    });
    if status == 401 {
        writing.mail.session.notice(&Problem::new("unauthenticated", 401, ""));
    }
    if writing.files.try_with_untracked(|_| ()).is_some() {
        writing.changed();
    }
}

fn remove(writing: Writing, key: u32) {
    RUNNING.with_borrow_mut(|all| {
        all.iter().filter(|running| running.0 == key).for_each(|running| running.1.stop());
        all.retain(|running| running.0 != key);
    });
    writing.files.update(|files| files.retain(|file| file.key != key));
    writing.changed();
}

/// The files of the message.
#[component]
pub fn Files() -> impl IntoView {
    let writing: Writing = expect_context();
    let none = move || writing.files.with(Vec::is_empty);
    let key = |file: &File| (file.key, file.blob.is_some(), file.failed.is_some());
    let too_large = move || {
        writing
            .too_large
            .get()
            .map(|words| view! { <p class="field-error" role="alert"><Icon name="warning"/><span>{words}</span></p> })
    };
    view! {
        {too_large}
        <ul class="attachments" hidden=none>
            <For each=move || writing.files.get() key=key children=move |file| view! { <OneFile file=file/> }/>
        </ul>
    }
}

#[component]
fn OneFile(file: File) -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let File { key, name, size: octets, kind, blob, failed } = file;
    let (icon, words) = attachment_kind(lang, &kind, &name);
    let state = if failed.is_some() {
        "failed"
    } else if blob.is_some() {
        "done"
    } else {
        "sending"
    };
    let what = failed.unwrap_or_else(|| [words, " · ", &size::bytes(lang, octets)].concat());
    let gone = writing.progress.with_untracked(|all| all.iter().find(|it| it.0 == key).map(|it| it.1));
    let progress = gone.filter(|_| state == "sending").map(|gone| {
        view! { <Progress value=gone label=i18n::compose::attach_progress(lang, &name)/> }
    });
    // What was there when the form was sent as it is stays attached.
    let kept = blob.map(|blob| view! { <input type="hidden" name="attachment" value=blob/> });
    view! {
        <li class="attachment" data-state=state>
            {kept}
            <Icon name=icon/>
            <span class="attachment-name">{name.clone()}</span>
            <span class="attachment-what">{what}</span>
            {progress}
            <button
                class="icon-button"
                type="button"
                title=i18n::compose::attach_remove(lang, &name)
                aria-label=i18n::compose::attach_remove(lang, &name)
                on:click=move |_| remove(writing, key)
            >
                <Icon name="close"/>
            </button>
        </li>
    }
}
