//! The palette of commands (`Ctrl K`): every folder and act under one field, found by the beginnings of their words.

use leptos::{ev::KeyboardEvent, prelude::*};
use wire::portal::Action;

use crate::{
    api::list::{ListKey, Source},
    browser::{self, clock, focus},
    components::{Dialog, Icon},
    format::fold,
    i18n,
    state::{Mail, use_mail},
};

use super::{
    keys,
    sidebar::{folder_icon, ordered},
};

#[derive(Clone, PartialEq)]
enum Act {
    /// An address of the app.
    Go(String),
    /// A page that the server renders.
    Leave(&'static str),
    /// What this key does.
    Press(&'static str),
}

#[derive(Clone, PartialEq)]
struct Command {
    icon: &'static str,
    words: String,
    act: Act,
}

/// Acts by the key that does them.
fn acts(mail: Mail) -> Vec<(&'static str, &'static str, &'static str, Action)> {
    use Action::{Draft, Read, Sort};
    use i18n::keys;
    let lang = mail.lang;
    let mut acts = vec![
        ("compose", "c", keys::compose(lang), Draft),
        ("search", "/", keys::search(lang), Read),
        ("undo", "z", keys::undo(lang), Sort),
        ("keyboard", "?", i18n::keys::title(lang), Read),
    ];
    if mail.list.current.with_untracked(Option::is_some) {
        acts.extend([
            ("reply", "r", keys::reply(lang), Draft),
            ("reply-all", "a", keys::reply_all(lang), Draft),
            ("forward", "f", keys::forward(lang), Draft),
            ("archive", "e", keys::archive(lang), Sort),
            ("trash", "#", keys::delete(lang), Sort),
            ("star", "s", keys::star(lang), Sort),
            ("unread", "U", keys::unread(lang), Sort),
        ]);
    }
    acts.retain(|act| mail.may(act.3));
    acts
}

fn commands(mail: Mail) -> Vec<Command> {
    let lang = mail.lang;
    let account = mail.account.get_untracked();
    let press = |(icon, key, words, _): (_, _, &str, _)| Command { icon, words: words.into(), act: Act::Press(key) };
    let folder = |it: wire::mail::Mailbox| Command {
        icon: folder_icon(it.role.as_deref()),
        words: i18n::folder_name(lang, it.role.as_deref(), &it.name),
        act: Act::Go(ListKey::of(account, Source::Mailbox(it.id)).url()),
    };
    let folders = [ordered(mail, false), ordered(mail, true)].concat();
    let manage = ("folder", i18n::folder::manage(lang), Act::Go(format!("/courrier/{account}/dossiers")));
    let pages = [
        manage,
        ("organisation", i18n::nav::directory(lang), Act::Leave("/annuaire")),
        ("person", i18n::account::home(lang), Act::Leave("/compte")),
        ("settings", i18n::nav::settings(lang), Act::Leave("/compte/preferences")),
        ("lock", i18n::nav::sessions(lang), Act::Leave("/compte/sessions")),
        ("help", i18n::nav::help(lang), Act::Leave("/aide")),
    ];
    let page = |(icon, words, act): (&'static str, &str, Act)| Command { icon, words: words.into(), act };
    acts(mail).into_iter().map(press).chain(folders.into_iter().map(folder)).chain(pages.map(page)).collect()
}

fn run(mail: Mail, command: &Command) {
    mail.palette.set(false);
    let act = command.act.clone();
    // Once the focus is back where it was.
    clock::after(0, move || match act {
        Act::Go(to) => mail.navigate.run(to),
        Act::Leave(to) => browser::leave(to),
        Act::Press(key) => {
            untrack(|| keys::run(mail, key));
        }
    });
}

/// The palette.
#[component]
pub fn Palette() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let (typed, chosen) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let found = Memo::new(move |_| {
        if !mail.palette.get() {
            return Vec::new();
        }
        let typed = typed.get();
        untrack(|| commands(mail)).into_iter().filter(|command| fold::matches(&command.words, &typed)).collect()
    });
    Effect::new(move |_| {
        if mail.palette.get() {
            typed.set(String::new());
            chosen.set(0);
            focus::focus_soon("#palette-field");
        }
    });
    let key = move |event: KeyboardEvent| {
        let count = found.with(Vec::len);
        let at = chosen.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if count > 0 => chosen.set((at + 1) % count),
            "ArrowUp" if count > 0 => chosen.set((at + count - 1) % count),
            "Enter" => {
                if let Some(command) = found.with_untracked(|found| found.get(at).cloned()) {
                    run(mail, &command);
                }
            }
            _ => return,
        }
        event.prevent_default();
        focus::show_soon("#palette [aria-selected=true]");
    };
    let option = move |(at, command): (usize, Command)| {
        let words = command.words.clone();
        let icon = command.icon;
        view! {
            <div role="option" id=format!("palette-{at}") aria-selected=move || (chosen.get() == at).to_string() on:click=move |_| run(mail, &command)>
                <Icon name=icon/>
                <span>{words}</span>
            </div>
        }
    };
    let active = move || found.with(|found| !found.is_empty()).then(|| format!("palette-{}", chosen.get()));
    view! {
        <Dialog id="palette" open=mail.palette title=i18n::palette::title(lang) on_close=Callback::new(move |()| mail.palette.set(false))>
            <input
                id="palette-field"
                role="combobox"
                aria-label=i18n::palette::title(lang)
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=active
                placeholder=i18n::palette::placeholder(lang)
                autocomplete="off"
                spellcheck="false"
                prop:value=move || typed.get()
                on:input:target=move |event| {
                    typed.set(event.target().value());
                    chosen.set(0);
                }
                on:keydown=key
            />
            <div class="palette-list" role="listbox" id="palette-list" aria-label=i18n::palette::title(lang)>
                {move || found.get().into_iter().enumerate().map(option).collect_view()}
            </div>
            <p class="field-hint" role="status">{move || found.with(Vec::is_empty).then(|| i18n::palette::none(lang))}</p>
        </Dialog>
    }
}
