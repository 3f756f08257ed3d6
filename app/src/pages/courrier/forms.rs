//! Forms, which work without WebAssembly, done here when it is there: one place for every act of every screen.

use leptos::{prelude::*, task::spawn_local, web_sys::Event};
use wire::id::AccountId;

use crate::{
    api::list::{ListKey, Source},
    app::compose_url,
    browser::{self, form::Submitted},
    i18n,
    state::{Mail, acts::Op, list::Target},
};

use super::team;

/// Where acts are posted.
pub const DO: &str = "/courrier/faire";
/// Where searches are posted.
pub const SEARCH: &str = "/courrier/chercher";

/// The hidden fields of every form that acts: account, and where to go after.
#[component]
pub fn Hidden(#[prop(into)] account: Signal<AccountId>, #[prop(into)] back: Signal<String>) -> impl IntoView {
    view! {
        <input type="hidden" name="account" value=move || account.get().to_string()/>
        <input type="hidden" name="retour" value=move || back.get()/>
    }
}

/// Handles a form that is about to be sent; what it does not know goes to the server as it is.
pub fn submitted(mail: Mail, event: &Event) {
    if event.default_prevented() {
        return;
    }
    let Some(form) = Submitted::read(event) else { return };
    let taken = untrack(|| match form.action.as_str() {
        DO => act(mail, &form),
        SEARCH => search(mail, &form),
        _ => false,
    });
    if taken {
        event.prevent_default();
    }
}

fn act(mail: Mail, form: &Submitted) -> bool {
    if team::submitted(mail, form) {
        return true;
    }
    let Some(op) = form.get("op").and_then(|op| Op::from_code(op, form.get("to"))) else { return false };
    let threads = form.all("thread").filter_map(|id| id.parse().ok()).map(Target::Thread);
    let emails = form.all("email").filter_map(|id| id.parse().ok()).map(Target::Email);
    act_on(mail, op, threads.chain(emails).collect());
    true
}

/// Does something to rows; when the open conversation leaves the list, the next one (or the list) takes its place.
pub fn act_on(mail: Mail, op: Op, targets: Vec<Target>) {
    if op != Op::Destroy || targets.is_empty() {
        return carry_out(mail, op, targets);
    }
    let lang = mail.lang;
    let question = i18n::action::destroy_ask(lang, targets.len() as u64);
    let what = i18n::action::destroy_what(lang).to_owned();
    mail.ask(&question, what, i18n::action::delete_forever(lang), true, move || carry_out(mail, op, targets.clone()));
}

fn carry_out(mail: Mail, op: Op, targets: Vec<Target>) {
    let open = mail.open_target().filter(|open| targets.contains(open) && op.leaves());
    let next = open.filter(|_| op != Op::Unread).and_then(|open| mail.list.neighbour(Some(open), 1));
    let row = mail.list.current.get_untracked().filter(|row| open.is_none() && op.leaves() && targets == [*row]);
    let after = row.filter(|_| op != Op::Unread).and_then(|row| {
        let next = mail.list.neighbour(Some(row), 1);
        next.or_else(|| mail.list.neighbour(Some(row), -1))
    });
    mail.act(op, targets);
    // In the list the next row takes the place, and the focus, of the one that left.
    if let Some(row) = after {
        super::keys::rest_on(mail, mail.list.target(&row));
    }
    if open.is_some() {
        let key = mail.list.key.get_untracked();
        let wide = browser::find::<leptos::web_sys::HtmlElement>(".list-pane").is_some_and(|pane| pane.offset_width() > 0);
        let to = match (next.filter(|_| wide), key) {
            (Some(row), Some(key)) => row_url(&key, &row),
            _ => mail.list_url(),
        };
        mail.navigate.run(to);
    }
}

/// The address that a row opens.
pub fn row_url(key: &ListKey, row: &wire::mail::Row) -> String {
    match key.source {
        Source::Mailbox(_) => key.thread_url(row.thread_id),
        Source::Search(_) => key.message_url(row.thread_id, row.id, false),
    }
}

fn search(mail: Mail, form: &Submitted) -> bool {
    let words = form.get("words").unwrap_or_default().trim().to_owned();
    if words.is_empty() {
        return true;
    }
    let field = form.get("field").unwrap_or("text").to_owned();
    let account = mail.account.get_untracked();
    spawn_local(async move {
        match mail.api().save_search(account, &words, &field).await {
            Ok(search) => mail.navigate.run(ListKey::of(account, Source::Search(search)).url()),
            Err(problem) => mail.failed(&problem),
        }
    });
    true
}

/// The address of a composer in the account on screen.
pub fn compose(mail: Mail, start: crate::app::Start) -> String {
    compose_url(mail.account.get(), start)
}
