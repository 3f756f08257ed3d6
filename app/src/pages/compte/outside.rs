//! What others see and what one is told: signature, notices of new mail, directory, the end of a BAL.

use leptos::prelude::*;
use wire::portal::Notifications;

use super::account::Held;
use crate::{
    components::{Button, Checkbox, Choice, Field, Icon, Notice, TextArea},
    i18n::{self, account as words},
};

/// The signature of each BAL.
pub fn signature(held: Vec<Held>) -> AnyView {
    let lang = i18n::lang();
    let forms = held
        .into_iter()
        .map(|held| {
            let id = format!("signature-{}", held.id);
            view! {
                <form method="post" action="/compte/signature">
                    <input type="hidden" name="boite" value=held.id/>
                    <TextArea id=id name="signature" label=words::signature_of(lang, &held.address) value=held.signature maxlength="2000"/>
                    <Button variant="primary">{words::signature_submit(lang)}</Button>
                </form>
            }
        })
        .collect_view();
    view! { <p class="lead">{words::signature_lead(lang)}</p>{forms} }.into_any()
}

/// What each BAL wishes about receipts of reading.
pub fn receipts(held: Vec<(String, String, String, String)>) -> AnyView {
    let lang = i18n::lang();
    let owned = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let asking = vec![
        owned("never", words::receipts_ask_never(lang)),
        owned("each", words::receipts_ask_each(lang)),
        owned("always", words::receipts_ask_always(lang)),
    ];
    let answering = vec![
        owned("each", words::receipts_answer_each(lang)),
        owned("always", words::receipts_answer_always(lang)),
        owned("never", words::receipts_answer_never(lang)),
    ];
    let forms = held
        .into_iter()
        .map(|(id, address, asks, answers)| {
            let (ask, answer) = (format!("demander-{id}"), format!("repondre-{id}"));
            view! {
                <form method="post" action="/compte/accuses">
                    <h2>{address}</h2>
                    <input type="hidden" name="boite" value=id/>
                    <Choice id=ask name="demander" label=words::receipts_ask(lang) options=asking.clone() selected=asks/>
                    <Choice id=answer name="repondre" label=words::receipts_answer(lang) options=answering.clone() selected=answers/>
                    <Button variant="primary">{words::signature_submit(lang)}</Button>
                </form>
            }
        })
        .collect_view();
    view! { <p class="lead">{words::receipts_lead(lang)}</p>{forms} }.into_any()
}

/// How and when one is told of new mail.
pub fn notifications(wishes: Notifications, has_mobile: bool, sms: bool, boxes: Vec<(String, String, bool)>) -> AnyView {
    let lang = i18n::lang();
    let owned = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let rhythms = vec![
        owned("now", words::rhythm_now(lang)),
        owned("hourly", words::rhythm_hourly(lang)),
        owned("daily", words::rhythm_daily(lang)),
    ];
    let hours: Vec<_> = (0..24).map(|hour: u8| (hour.to_string(), words::hour(lang, &hour.to_string()))).collect();
    let by_sms = (sms && has_mobile).then(|| {
        view! { <Checkbox id="sms" name="sms" label=words::notify_sms(lang) checked=wishes.sms/> }
    });
    let hint = (sms && !has_mobile)
        .then(|| view! { <p class="field-hint">{words::notify_sms(lang)}" : "{words::notify_sms_hint(lang)}</p> });
    let choice = (boxes.len() > 1 || boxes.iter().any(|(.., wanted)| !wanted)).then(|| {
        let each = boxes.into_iter().map(|(id, name, wanted)| {
            let field = ["boite-", &id].concat();
            view! {
                <input type="hidden" name="boites" value=id.clone()/>
                <Checkbox id=field name="voulues" value=id label=name checked=wanted/>
            }
        });
        view! { <fieldset><legend>{i18n::boxes::notify_title(lang)}</legend>{each.collect_view()}</fieldset> }
    });
    view! {
        <p class="lead">{words::notify_lead(lang)}</p>
        <form method="post" action="/compte/notifications">
            <Checkbox id="email" name="email" label=words::notify_email(lang) checked=wishes.email/>
            {by_sms}
            {hint}
            {choice}
            <Choice id="rythme" name="rythme" label=words::rhythm(lang) options=rhythms selected=wishes.rhythm/>
            <Choice id="silence-de" name="silence_de" label=words::quiet_from(lang) options=hours.clone() selected=wishes.quiet_from.to_string()/>
            <Choice id="silence-a" name="silence_a" label=words::quiet_to(lang) options=hours selected=wishes.quiet_to.to_string()/>
            <Checkbox id="nouvelles" name="nouvelles" label=words::newsletter(lang) hint=words::newsletter_hint(lang) checked=wishes.newsletter/>
            <Button variant="primary">{words::notify_submit(lang)}</Button>
        </form>
    }
    .into_any()
}

/// What the directory shows of each BAL.
pub fn directory(held: Vec<Held>) -> AnyView {
    let lang = i18n::lang();
    let forms = held
        .into_iter()
        .map(|held| {
            let (red, phone) = (format!("rouge-{}", held.id), format!("telephone-{}", held.id));
            view! {
                <form method="post" action="/compte/annuaire">
                    <h2>{words::directory_of(lang, &held.address)}</h2>
                    <input type="hidden" name="boite" value=held.id/>
                    <Checkbox id=red name="liste_rouge" label=words::liste_rouge(lang) hint=words::liste_rouge_hint(lang) checked=held.liste_rouge/>
                    <Checkbox id=phone name="telephone" label=words::publish_phone(lang) checked=held.publish_phone/>
                    <Button variant="primary">{words::directory_submit(lang)}</Button>
                </form>
            }
        })
        .collect_view();
    view! { <p class="lead">{words::directory_lead(lang)}</p>{forms} }.into_any()
}

/// The end of a BAL: what happens, the wish, taking it back. `error`: the BAL and the code.
pub fn closing(held: Vec<Held>, days: u32, error: Option<(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let what = words::closing_what(lang).iter().map(|line| view! { <li>{*line}</li> }).collect_view();
    let none = held.is_empty().then(|| view! { <p>{words::closing_none(lang)}</p> });
    let copies: Vec<_> = held.iter().map(|held| (held.id.clone(), held.address.clone())).collect();
    let forms = held
        .into_iter()
        .map(|held| match held.closing {
            Some(day) => view! {
                <form method="post" action="/compte/fermer">
                    <h2>{held.address}</h2>
                    <input type="hidden" name="boite" value=held.id/>
                    <Notice tone="warning">{words::closing_due(lang, &day)}</Notice>
                    <Button variant="primary" name="op" value="annuler">{words::closing_cancel(lang)}</Button>
                </form>
            }
            .into_any(),
            None => {
                let refused = error.as_ref().filter(|(id, _)| *id == held.id);
                let refusal = Signal::stored(refused.map(|(_, code)| i18n::error(lang, code, &[])));
                view! {
                    <form method="post" action="/compte/fermer">
                        <h2>{held.address.clone()}</h2>
                        <input type="hidden" name="boite" value=held.id.clone()/>
                        <Field id=format!("adresse-{}", held.id) name="adresse" label=words::closing_type(lang, &held.address)
                            error=refusal required=true/>
                        <Button variant="danger" name="op" value="fermer">{words::closing_submit(lang)}</Button>
                    </form>
                }
                .into_any()
            }
        })
        .collect_view();
    let exports = copies.into_iter().map(|(id, address)| {
        view! {
            <form method="post" action="/compte/exporter">
                <input type="hidden" name="boite" value=id/>
                <button class="button" type="submit"><Icon name="download"/>{words::export_of(lang, &address)}</button>
            </form>
        }
    });
    let exports = exports.collect_view();
    view! {
        <p class="lead">{words::closing_lead(lang, days.into())}</p>
        <ul class="prose">{what}</ul>
        <h2>{words::export(lang)}</h2>
        <p class="field-hint">{words::export_what(lang)}</p>
        {exports}
        {none}
        {forms}
    }
    .into_any()
}
