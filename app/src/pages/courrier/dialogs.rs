//! The list of keys, and the end of the session.

use leptos::prelude::*;

use crate::{
    browser,
    components::{Button, Dialog, Icon},
    format::date,
    i18n,
    state::use_mail,
};

/// The keys, in the words of what they do.
#[component]
pub fn Help() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let groups: [(&str, &[(&str, &str, &str)]); 3] = [
        (
            i18n::keys::group_move(lang),
            &[
                ("j", "↓", i18n::keys::next(lang)),
                ("k", "↑", i18n::keys::previous(lang)),
                ("o", "↵", i18n::keys::open(lang)),
                ("u", "Esc", i18n::keys::back(lang)),
                ("/", ":", i18n::keys::search(lang)),
                ("g i", "", i18n::keys::inbox(lang)),
                ("?", ",", i18n::keys::help(lang)),
            ],
        ),
        (
            i18n::keys::group_act(lang),
            &[
                ("e", "", i18n::keys::archive(lang)),
                ("#", "\" Suppr", i18n::keys::delete(lang)),
                ("s", "", i18n::keys::star(lang)),
                ("x", "", i18n::keys::select(lang)),
                ("⇧ u", "", i18n::keys::unread(lang)),
                ("z", "", i18n::keys::undo(lang)),
            ],
        ),
        (
            i18n::keys::group_write(lang),
            &[
                ("c", "", i18n::keys::compose(lang)),
                ("r", "", i18n::keys::reply(lang)),
                ("a", "", i18n::keys::reply_all(lang)),
                ("f", "", i18n::keys::forward(lang)),
                ("Ctrl ↵", "", i18n::keys::send(lang)),
            ],
        ),
    ];
    let groups = groups.map(|(title, keys)| {
        let lines = keys.iter().map(|(key, alias, words)| {
            let alias =
                (!alias.is_empty()).then(|| view! { " "<small>{i18n::keys::or(lang)}</small>" "<kbd>{*alias}</kbd> });
            view! { <dt><kbd>{*key}</kbd>{alias}</dt><dd>{*words}</dd> }
        });
        view! { <section><h3>{title}</h3><dl class="keys">{lines.collect_view()}</dl></section> }
    });
    let off = !mail.me.with_untracked(|me| me.preferences.keys);
    view! {
        <Dialog id="keys" open=mail.help title=i18n::keys::title(lang) on_close=Callback::new(move |()| mail.help.set(false)) wide=true>
            {off.then(|| view! { <p>{i18n::keys::off(lang)}</p> })}
            <div class="keys-groups">{groups.into_iter().collect_view()}</div>
        </Dialog>
    }
}

/// Two minutes before the end, a warning with a way to stay; after it, the way back to where one was.
#[component]
pub fn SessionEnd() -> impl IntoView {
    let mail = use_mail();
    let (lang, session) = (mail.lang, mail.session);
    let warned = Memo::new(move |_| session.left.with(Option::is_some) && !session.ended.get());
    let left = move || i18n::session::warning(lang, &date::left(lang, u64::from(session.left.get().unwrap_or_default())));
    let again = move |_| {
        let here = browser::address().replace('&', "%26").replace('?', "%3F");
        browser::leave(&["/connexion?retour=", &here].concat());
    };
    view! {
        <div class="session-warning" data-testid="session-warning" role="alert" hidden=move || !warned.get()>
            <Icon name="warning"/>
            <p><strong>{left}</strong>" "{i18n::session::warning_what(lang)}</p>
            <Button variant="primary" kind="button" on_press=Callback::new(move |_| session.stay(mail.api()))>{i18n::session::stay(lang)}</Button>
        </div>
        // It cannot be closed: nothing works any more, and nothing typed is lost.
        <Dialog id="session-ended" open=session.ended title=i18n::session::ended(lang) on_close=Callback::new(|()| ())>
            <p>{i18n::session::ended_what(lang)}</p>
            <Button variant="primary" kind="button" on_press=Callback::new(again)>{i18n::session::reconnect(lang)}</Button>
        </Dialog>
    }
}
