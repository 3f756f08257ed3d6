//! What became of a message that was sent, per recipient, and the receipt of reading that a received one asks for.

use leptos::{ev::MouseEvent, prelude::*};
use wire::{
    id::EmailId,
    ins,
    mail::{Delivered, Message},
    portal::Action,
};

use crate::{
    components::{Button, Icon, Notice},
    format::date,
    i18n::{self, Lang},
    state::use_mail,
};

use super::forms::{DO, Hidden};

/// The recipients of a sent message. Nothing for a message that was not sent from here.
#[component]
pub fn Deliveries(email: EmailId) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let known = Memo::new(move |_| {
        let of = |all: &Vec<Message>| all.iter().find(|it| it.id == email).map(|it| it.delivery.clone());
        mail.reading.messages.with(of).unwrap_or_default()
    });
    move || {
        let list = known.get();
        (!list.is_empty()).then(|| {
            let now = mail.now_local();
            // All is well: one line is enough, the rest is a click away.
            let calm = list.iter().all(|it| matches!(it.state.as_str(), "delivered" | "handed-over"));
            let summary = summary(lang, &list);
            let lines = list.into_iter().map(|one| line(lang, one, &now)).collect_view();
            view! {
                <details class="delivery" data-testid="delivery" open=!calm>
                    <summary><Icon name=if calm { "check" } else { "clock" }/>{summary}</summary>
                    <ul>{lines}</ul>
                </details>
            }
        })
    }
}

fn summary(lang: Lang, list: &[Delivered]) -> String {
    let count = |states: &[&str]| list.iter().filter(|it| states.contains(&it.state.as_str())).count() as u64;
    let (refused, waiting) = (count(&["refused"]), count(&["queued", "late"]));
    let read = list.iter().filter(|it| it.receipt.as_deref() == Some("displayed")).count() as u64;
    let mut words = vec![i18n::delivery::gone(lang, count(&["delivered", "handed-over"]))];
    if waiting > 0 {
        words.push(i18n::delivery::waiting(lang, waiting));
    }
    if refused > 0 {
        words.push(i18n::delivery::refused_count(lang, refused));
    }
    if read > 0 {
        words.push(i18n::delivery::read_count(lang, read));
    }
    words.join(" · ")
}

/// Why not: of a patient's messaging some reasons mean something else, and have another next step.
fn reason(lang: Lang, email: &str, code: &str) -> String {
    const THEIRS: [&str; 5] = ["no-such-address", "closed", "forbidden", "too-large", "full"];
    let patient = email.split_once('@').is_some_and(|(local, _)| ins::is_like(local));
    let prefix = if patient && THEIRS.contains(&code) { "delivery-patient-" } else { "delivery-" };
    i18n::error(lang, &[prefix, code].concat(), &[])
}

fn line(lang: Lang, one: Delivered, now: &str) -> AnyView {
    let at = one.at_local.as_deref().map(|at| date::moment(lang, at, now)).unwrap_or_default();
    let reason = one.reason.as_deref().map(|code| reason(lang, &one.email, code)).unwrap_or_default();
    let (icon, words) = match one.state.as_str() {
        "delivered" => ("check", i18n::delivery::delivered(lang, &at)),
        "handed-over" => ("send", i18n::delivery::handed_over(lang, one.operator.as_deref().unwrap_or_default(), &at)),
        "refused" => ("warning", [i18n::delivery::refused(lang), " ", &reason].concat()),
        "late" => ("clock", [i18n::delivery::late(lang), " ", &reason].concat()),
        _ => ("clock", i18n::delivery::queued(lang).to_owned()),
    };
    let read = one.receipt.as_deref().map(|what| {
        let at = one.receipt_local.as_deref().map(|at| date::moment(lang, at, now)).unwrap_or_default();
        let words = match what {
            "displayed" => i18n::delivery::read(lang, &at),
            "deleted" => i18n::delivery::deleted(lang, &at),
            "error" => i18n::delivery::not_integrated(lang, &at),
            _ => i18n::delivery::processed(lang, &at),
        };
        view! { <span class="delivery-read"><Icon name="eye"/>{words}</span> }
    });
    let who = match one.name.filter(|name| !name.trim().is_empty()) {
        Some(name) => [&name, " <", &ins::shown(&one.email), ">"].concat(),
        None => ins::shown(&one.email),
    };
    view! {
        <li data-state=one.state>
            <span class="delivery-who">{who}</span>
            <span class="delivery-what"><Icon name=icon/>{words}</span>
            {read}
        </li>
    }
    .into_any()
}

/// Somebody asks whether the message was read: the reader decides.
#[component]
pub fn ReceiptAsked(email: EmailId, to: Vec<String>) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let open = RwSignal::new(!to.is_empty() && mail.may(Action::Send));
    let shown = StoredValue::new(to.join(", "));
    let press = move |send: bool| {
        Callback::new(move |event: MouseEvent| {
            event.prevent_default();
            open.set(false);
            mail.answer_receipt(email, send);
        })
    };
    let back = Signal::derive(move || {
        let opened = mail.reading.opened.get();
        let key = mail.list.key.get();
        key.zip(opened).map_or_else(|| mail.list_url(), |(key, opened)| key.thread_url(opened.thread))
    });
    view! {
        <Show when=move || open.get()>
            <Notice tone="info" icon="eye">
                <form method="post" action=DO data-testid="receipt">
                    <Hidden account=mail.account back=back/>
                    <input type="hidden" name="email" value=email.to_string()/>
                    <span>{shown.with_value(|to| i18n::delivery::asked(lang, to))}</span>
                    " "
                    <Button variant="plain" name="op" value="receipt-send" on_press=press(true)>{i18n::delivery::give(lang)}</Button>
                    " "
                    <Button variant="quiet" name="op" value="receipt-decline" on_press=press(false)>{i18n::delivery::decline(lang)}</Button>
                </form>
            </Notice>
        </Show>
    }
}
