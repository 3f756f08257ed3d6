//! The table of keys: on `/aide` and in the `?` dialog.

use leptos::prelude::*;

use crate::i18n::{self, Lang};

/// What each key does: group, then (keys, words). Each letter key has an alias that an AZERTY keyboard gives without a
/// modifier where its own needs one.
pub fn key_table(lang: Lang) -> [(&'static str, Vec<(&'static [&'static str], &'static str)>); 3] {
    use i18n::keys;
    [
        (
            keys::group_move(lang),
            vec![
                (&["j", "↓"], keys::next(lang)),
                (&["k", "↑"], keys::previous(lang)),
                (&["o", "↵"], keys::open(lang)),
                (&["u", "Esc"], keys::back(lang)),
                (&["/", ":"], keys::search(lang)),
                (&["g i"], keys::inbox(lang)),
                (&["Ctrl k"], keys::palette(lang)),
                (&["?", ","], keys::help(lang)),
            ],
        ),
        (
            keys::group_act(lang),
            vec![
                (&["e"], keys::archive(lang)),
                (&["#", "\"", "Suppr"], keys::delete(lang)),
                (&["s"], keys::star(lang)),
                (&["x"], keys::select(lang)),
                (&["⇧ u"], keys::unread(lang)),
                (&["z"], keys::undo(lang)),
            ],
        ),
        (
            keys::group_write(lang),
            vec![
                (&["c"], keys::compose(lang)),
                (&["r"], keys::reply(lang)),
                (&["a"], keys::reply_all(lang)),
                (&["f"], keys::forward(lang)),
                (&["Ctrl ↵"], keys::send(lang)),
            ],
        ),
    ]
}

/// The table of keys.
#[component]
pub fn KeyTable() -> impl IntoView {
    let lang = i18n::lang();
    let groups = key_table(lang)
        .into_iter()
        .map(|(title, rows)| {
            let rows = rows
                .into_iter()
                .map(|(keys, words)| {
                    let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }).collect_view();
                    view! { <div><dt>{keys}</dt><dd>{words}</dd></div> }
                })
                .collect_view();
            view! { <section><h3>{title}</h3><dl>{rows}</dl></section> }
        })
        .collect_view();
    view! { <div class="key-table">{groups}</div> }
}
