//! The exchange with a patient in the mail screens: its state on the row and on top of the conversation, closed and
//! reopened by one click. The forms go to the patient's sheet, which says what was done.

use leptos::prelude::*;
use wire::{
    mail::Row,
    patient::{Exchange, ExchangeState},
    portal::Action,
};

use crate::{
    components::Icon,
    i18n::{self, patients as words},
    pages::patients::{state_sentence, state_words},
    state::{Mail, use_mail},
};

/// The state of the exchange on the row of its conversation.
pub fn label(mail: Mail, row: &Row) -> impl IntoView + use<> {
    let lang = mail.lang;
    row.patient.as_ref().map(|exchange| {
        let text = if exchange.opposed { words::opposed(lang) } else { state_words(lang, exchange.state) };
        view! { <span class="label" data-exchange=exchange.state.code()><Icon name="patient"/>{text}</span> }
    })
}

/// How the open conversation stands, when it is with a patient.
#[component]
pub fn ExchangeBar() -> impl IntoView {
    let mail = use_mail();
    let exchange = Memo::new(move |_| mail.reading.messages.with(|all| all.iter().rev().find_map(|it| it.patient.clone())));
    move || exchange.get().map(|exchange| bar(mail, exchange))
}

fn bar(mail: Mail, exchange: Exchange) -> AnyView {
    let lang = mail.lang;
    let Exchange { id, state, since_local, closed_by, opposed } = exchange;
    let path = format!("/courrier/{}/patients/{id}", mail.account.get_untracked());
    let text = state_sentence(lang, state, since_local.as_deref(), closed_by.as_deref());
    let opposition = opposed.then(|| view! { <span class="badge" data-tone="danger">{words::opposed(lang)}</span> });
    let (op, act) = match state {
        ExchangeState::Closed => ("rouvrir", words::reopen(lang)),
        _ => ("clore", words::close(lang)),
    };
    let may = mail.may(Action::Send) && state != ExchangeState::New && !(opposed && state == ExchangeState::Closed);
    let turn = may.then(|| {
        let action = path.clone();
        view! { <form method="post" action=action><button class="button" type="submit" name="op" value=op>{act}</button></form> }
    });
    view! {
        <section class="exchange" aria-label=i18n::kind::patient(lang)>
            <Icon name="patient"/>
            <strong class="exchange-state">{text}</strong>
            {opposition}
            {turn}
            <a class="button" rel="external" href=path>{words::open_sheet(lang)}</a>
        </section>
    }
    .into_any()
}
