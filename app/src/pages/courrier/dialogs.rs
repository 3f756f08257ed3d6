//! What stops the screen for a moment: the list of keys, a question before an act, and the end of the session.

use leptos::prelude::*;

use crate::{
    browser::{self, clock, focus},
    components::{Button, Dialog, Icon},
    format::date,
    i18n,
    pages::aide::KeyTable,
    state::{mail::Question, use_mail},
};

/// The keys, in the words of what they do.
#[component]
pub fn Help() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let off = !mail.me.with_untracked(|me| me.preferences.keys);
    view! {
        <Dialog id="keys" open=mail.help title=i18n::keys::title(lang) on_close=Callback::new(move |()| mail.help.set(false)) wide=true>
            {off.then(|| view! { <p>{i18n::keys::off(lang)}</p> })}
            <KeyTable/>
        </Dialog>
    }
}

/// The question that an act waits for. Its answer has the focus: the way back, when nothing could be undone.
#[component]
pub fn Ask() -> impl IntoView {
    let mail = use_mail();
    let (lang, asked) = (mail.lang, mail.asked);
    let part = move |part: fn(&Question) -> &String| {
        Signal::derive(move || asked.with(|asked| asked.as_ref().map(part).cloned().unwrap_or_default()))
    };
    let (title, what, yes) = (part(|it| &it.title), part(|it| &it.what), part(|it| &it.yes));
    let danger = Memo::new(move |_| asked.with(|asked| asked.as_ref().is_some_and(|it| it.danger)));
    Effect::new(move |_| {
        if asked.with(Option::is_some) {
            focus::focus_soon(if danger.get_untracked() { "#question [value=no]" } else { "#question [value=yes]" });
        }
    });
    let go_on = move |_| {
        let question = asked.get_untracked();
        asked.set(None);
        if let Some(question) = question {
            question.then.run(());
        }
    };
    view! {
        <Dialog id="question" open=Signal::derive(move || asked.with(Option::is_some)) title=title on_close=Callback::new(move |()| asked.set(None))>
            <p hidden=move || what.with(String::is_empty)>{move || what.get()}</p>
            <div class="dialog-acts">
                <button class="button" data-variant=move || if danger.get() { "danger" } else { "primary" } type="button" value="yes" on:click=go_on>
                    {move || yes.get()}
                </button>
                <button class="button" data-variant="quiet" type="button" value="no" on:click=move |_| asked.set(None)>{i18n::action::cancel(lang)}</button>
            </div>
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
    // It cannot be closed: nothing works any more, and nothing typed is lost.
    let closed = |()| {
        clock::after(0, || focus::open_dialog("#session-ended"));
    };
    view! {
        <div class="session-warning" data-testid="session-warning" role="alert" hidden=move || !warned.get()>
            <Icon name="warning"/>
            <p><strong>{left}</strong>" "{i18n::session::warning_what(lang)}</p>
            <Button variant="primary" kind="button" on_press=Callback::new(move |_| session.stay(mail.api()))>{i18n::session::stay(lang)}</Button>
        </div>
        <Dialog id="session-ended" open=session.ended title=i18n::session::ended(lang) on_close=Callback::new(closed)>
            <p>{i18n::session::ended_what(lang)}</p>
            <Button variant="primary" kind="button" on_press=Callback::new(again)>{i18n::session::reconnect(lang)}</Button>
        </Dialog>
    }
}
