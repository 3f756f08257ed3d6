//! The keyboard: the keys people know from elsewhere, each with an alias on the same key of an AZERTY keyboard. Never
//! while typing, never when switched off.

use leptos::prelude::*;
use std::cell::Cell;
use wire::id::EmailId;

use crate::{
    api::list::{ListKey, Source},
    app::{Mode, Place, Start, compose_url},
    browser::{
        clock, focus,
        keys::{self, Press},
    },
    state::{
        Mail,
        acts::Op,
        list::{Target, is_flagged},
    },
};

use super::forms::{act_on, row_url};

/// How long `g` waits for its second key.
const CHORD_MS: f64 = 1_500.0;

thread_local! {
    static CHORD: Cell<f64> = const { Cell::new(0.0) };
}

/// Listens for as long as the screen is there.
pub fn listen(mail: Mail) {
    keys::listen(move |press| untrack(|| pressed(mail, &press)));
}

fn pressed(mail: Mail, press: &Press) -> bool {
    if mail.session.ended.get_untracked() || !mail.me.with_untracked(|me| me.preferences.keys) {
        return false;
    }
    if press.control && press.key == "k" && mail.asked.with_untracked(Option::is_none) {
        mail.help.set(false);
        mail.palette.update(|shown| *shown = !*shown);
        return true;
    }
    if press.typing || press.control {
        return false;
    }
    if clock::now_ms() - CHORD.replace(0.0) < CHORD_MS {
        return go_to(mail, &press.key);
    }
    run(mail, &press.key)
}

/// Does what a key does; false when it does nothing here.
pub fn run(mail: Mail, key: &str) -> bool {
    match key {
        "j" => step(mail, 1),
        "k" => step(mail, -1),
        "ArrowDown" if in_list() => step(mail, 1),
        "ArrowUp" if in_list() => step(mail, -1),
        "o" => open_current(mail),
        "u" => leave(mail),
        "Escape" => escape(mail),
        "x" => select_current(mail),
        "s" => star(mail),
        "e" => act(mail, Op::Archive),
        "#" | "\"" | "Delete" => act(mail, delete_op(mail)),
        "U" => act(mail, Op::Unread),
        "r" => answer(mail, Mode::Reply),
        "a" => answer(mail, Mode::ReplyAll),
        "f" => answer(mail, Mode::Forward),
        "c" => go(mail, compose_url(mail.account.get_untracked(), Start::Empty)),
        "/" | ":" => focus::focus(".search input[type=search]"),
        "?" | "," => {
            mail.help.update(|help| *help = !*help);
            true
        }
        "z" => {
            mail.undo(None);
            true
        }
        "g" => {
            CHORD.set(clock::now_ms());
            true
        }
        _ => false,
    }
}

fn in_list() -> bool {
    crate::browser::find::<leptos::web_sys::Element>(".row-link:focus").is_some()
}

fn go(mail: Mail, to: String) -> bool {
    mail.navigate.run(to);
    true
}

fn go_to(mail: Mail, key: &str) -> bool {
    let role = match key {
        "i" => "inbox",
        "d" => "drafts",
        "t" => "sent",
        "a" => "archive",
        _ => return false,
    };
    let account = mail.account.get_untracked();
    mail.role(role).is_some_and(|mailbox| go(mail, ListKey::of(account, Source::Mailbox(mailbox)).url()))
}

fn reading(mail: Mail) -> bool {
    mail.place.with_untracked(|place| place.opened().is_some())
}

/// In a conversation, the one after or before; in the list, the row after or before gets the focus.
fn step(mail: Mail, by: isize) -> bool {
    let Some(key) = mail.list.key.get_untracked() else { return false };
    let from = if reading(mail) { mail.open_target() } else { mail.list.current.get_untracked() };
    let Some(row) = mail.list.neighbour(from, by) else { return true };
    let target = mail.list.target(&row);
    mail.list.current.set(Some(target));
    if reading(mail) {
        return go(mail, row_url(&key, &row));
    }
    focus::focus(&row_selector(target));
    mail.reading.look_ahead(mail.api(), key.account, row.thread_id);
    true
}

/// The link of a row.
fn row_selector(target: Target) -> String {
    format!(".row[data-id=\"{}\"] .row-link", target.field().1)
}

fn open_current(mail: Mail) -> bool {
    let Some(key) = mail.list.key.get_untracked() else { return false };
    let row = mail.list.current.get_untracked().and_then(|current| mail.list.row(current));
    row.is_some_and(|row| go(mail, row_url(&key, &row)))
}

fn leave(mail: Mail) -> bool {
    if mail.place.with_untracked(|place| matches!(place, Place::List(_))) {
        return false;
    }
    let current = mail.list.current.get_untracked();
    go(mail, mail.list_url());
    // The row that was open has the focus again, once the list is back.
    clock::after(30, move || {
        let typing = || crate::browser::find::<leptos::web_sys::Element>("input:focus, textarea:focus").is_some();
        if let Some(current) = current.filter(|_| !typing()) {
            focus::focus(&row_selector(current));
        }
    });
    true
}

fn escape(mail: Mail) -> bool {
    if mail.help.get_untracked() {
        mail.help.set(false);
        return true;
    }
    if !mail.list.selected.with_untracked(Vec::is_empty) {
        mail.list.selected.set(Vec::new());
        return true;
    }
    reading(mail) && leave(mail)
}

fn select_current(mail: Mail) -> bool {
    let Some(target) = mail.list.current.get_untracked() else { return false };
    mail.list.selected.update(|selected| match selected.iter().position(|it| *it == target) {
        Some(at) => drop(selected.remove(at)),
        None => selected.push(target),
    });
    true
}

/// What keys act on: the selection, else the open conversation, else the current row.
fn targets(mail: Mail) -> Vec<Target> {
    let selected = mail.list.selected.get_untracked();
    if !selected.is_empty() && !reading(mail) {
        return selected;
    }
    let one = if reading(mail) { mail.open_target() } else { mail.list.current.get_untracked() };
    one.into_iter().collect()
}

fn act(mail: Mail, op: Op) -> bool {
    let targets = targets(mail);
    if targets.is_empty() {
        return false;
    }
    act_on(mail, op, targets);
    true
}

/// Gives the focus to a row, once it is where it will be.
pub fn rest_on(mail: Mail, target: Target) {
    mail.list.current.set(Some(target));
    clock::after(0, move || {
        focus::focus(&row_selector(target));
    });
}

/// In the trash and in drafts, deleting is for good.
pub fn delete_op(mail: Mail) -> Op {
    let role = mail.mailbox().and_then(|mailbox| mailbox.role);
    if role.as_deref() == Some("trash") { Op::Destroy } else { Op::Trash }
}

fn star(mail: Mail) -> bool {
    let targets = targets(mail);
    let Some(row) = targets.first().and_then(|target| mail.list.row(*target)) else { return false };
    mail.act(if is_flagged(&row) { Op::Unstar } else { Op::Star }, targets);
    true
}

fn answer(mail: Mail, mode: Mode) -> bool {
    let of_row = || mail.list.current.get_untracked().and_then(|current| mail.list.row(current)).map(|row| row.id);
    let open = || mail.reading.newest().map(|message| message.id);
    let email: Option<EmailId> = if reading(mail) { open() } else { of_row() };
    email.is_some_and(|email| go(mail, compose_url(mail.account.get_untracked(), Start::From(email, mode))))
}
