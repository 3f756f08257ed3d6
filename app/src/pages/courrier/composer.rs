//! Writing: one form that works by itself, and with WebAssembly saves as one types, checks recipients, shows transfers.

mod files;
mod patient;
mod recipients;
mod writing;

use leptos::{
    ev::{DragEvent, KeyboardEvent, MouseEvent, SubmitEvent},
    prelude::*,
};
use wire::limits::{MESSAGE_OCTETS, SUBJECT_CHARS, TEXT_CHARS};
use wire::portal::Action;

use crate::{
    api::compose::Draft,
    app::{Mode, Start},
    browser::upload,
    components::{Button, Checkbox, ErrorState, Icon, Notice, SkeletonRows, textarea_inside},
    format::size,
    i18n,
    state::{Status, use_mail},
};

use super::{
    forms::{DO, Hidden},
    team::OthersAnswer,
};
use recipients::RecipientField;
use writing::{Saved, Writing};

/// The screen where one writes: waits for what it starts with.
#[component]
pub fn Composer(start: Start) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    mail.begin_draft(start);
    move || match (mail.draft_status.get(), mail.draft.get()) {
        (Status::Ready, Some(draft)) => view! { <Form start=start draft=draft/> }.into_any(),
        (Status::Failed(problem), _) => {
            let what = i18n::error(lang, problem.code(), &[]);
            let again = Callback::new(move |()| mail.start_draft(start));
            view! { <ErrorState title=i18n::failed::message(lang) what=what request_id=problem.request_id on_retry=again/> }
                .into_any()
        }
        _ => view! { <SkeletonRows count=4/> }.into_any(),
    }
}

#[component]
fn Form(start: Start, draft: Draft) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let writing = Writing::new(mail, start, draft);
    provide_context(writing);
    writing.watch();
    let dropping = RwSignal::new(false);
    let title = match start {
        Start::Empty => i18n::compose::title(lang),
        Start::From(_, Mode::Forward) => i18n::compose::title_forward(lang),
        Start::From(..) => i18n::compose::title_reply(lang),
        Start::Draft(_) => i18n::compose::title_draft(lang),
    };
    // Who may not send hands the draft in.
    let depart = move || if mail.may(Action::Send) { writing.send() } else { writing.hand_in() };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        depart();
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            depart();
        }
    };
    let drop_files = move |event: DragEvent| {
        event.prevent_default();
        dropping.set(false);
        files::add(writing, upload::dropped(&event));
    };
    let drag = move |event: DragEvent| {
        event.prevent_default();
        dropping.set(true);
    };
    view! {
        <form
            class="composer"
            data-testid="composer"
            method="post"
            action=DO
            enctype="multipart/form-data"
            aria-label=title
            data-dropping=move || dropping.get().then_some("")
            on:submit=submit
            on:keydown=key
            on:dragover=drag
            on:dragleave=move |_| dropping.set(false)
            on:drop=drop_files
        >
            <header class="composer-head">
                <a class="icon-button back" href=move || mail.list_url() aria-label=i18n::nav::back(lang) title=i18n::nav::back(lang)><Icon name="back"/></a>
                <h1>{title}</h1>
            </header>
            <Origin start=start/>
            <Failure/>
            <OthersAnswer/>
            <Refused field=""/>
            <Anyway/>
            <From/>
            <RecipientField field=0/>
            <Refused field="to"/>
            <RecipientField field=1/>
            <RecipientField field=2/>
            <patient::PatientPanel/>
            <div class="composer-subject">
                <label for="composer-subject">{i18n::compose::subject(lang)}</label>
                <input
                    id="composer-subject"
                    name="subject"
                    maxlength=SUBJECT_CHARS.to_string()
                    autocomplete="off"
                    value=writing.subject.get_untracked()
                    prop:value=move || writing.subject.get()
                    on:input:target=move |event| writing.typed(|| writing.subject.set(event.target().value()))
                />
            </div>
            <Refused field="subject"/>
            <textarea
                class="composer-body"
                name="text"
                aria-label=i18n::compose::body(lang)
                maxlength=TEXT_CHARS.to_string()
                prop:value=move || writing.text.get()
                on:input:target=move |event| writing.typed(|| writing.text.set(event.target().value()))
                inner_html=textarea_inside(&writing.text.get_untracked())
            ></textarea>
            <Refused field="text"/>
            <files::Files/>
            <Refused field="attachments"/>
            <Receipt/>
            <Bar/>
        </form>
        <patient::ApartForm/>
    }
}

/// Hidden fields for the form that is posted as it is.
#[component]
fn Origin(start: Start) -> impl IntoView {
    let mail = use_mail();
    let writing: Writing = expect_context();
    let from = match start {
        Start::From(email, mode) => Some((email, mode)),
        _ => None,
    };
    view! {
        <Hidden account=mail.account back=Signal::derive(move || mail.list_url())/>
        <input type="hidden" name="form" value=writing.refused.with_value(|(form, _)| form.clone())/>
        {move || writing.id.get().map(|id| view! { <input type="hidden" name="draft" value=id.to_string()/> })}
        {from.map(|(email, mode)| view! {
            <input type="hidden" name="de" value=email.to_string()/>
            <input type="hidden" name="mode" value=mode.code()/>
        })}
    }
}

/// What stops the sending, said where one writes.
#[component]
fn Failure() -> impl IntoView {
    let writing: Writing = expect_context();
    view! {
        {move || writing.failure.get().map(|words| view! { <Notice tone="danger" role="alert">{words}</Notice> })}
    }
}

/// Sending in spite of the team's warning, in a form that was posted as it is.
#[component]
fn Anyway() -> impl IntoView {
    let writing: Writing = expect_context();
    let warned = |code: &str| code == "answer-now" || code == "answer-done";
    let asked = writing.refused.with_value(|(_, faults)| faults.iter().any(|fault| warned(&fault.code)));
    asked.then(|| {
        let label = i18n::compose::send_anyway(writing.mail.lang);
        view! { <Checkbox id="quand-meme" name="quand-meme" value="1" label=label/> }
    })
}

/// What is wrong with a field of a form that was posted as it is. Recipients say themselves what is wrong with them.
#[component]
fn Refused(field: &'static str) -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let said_by_chips = |code: &str| code.starts_with("address-") || code.starts_with("recipient-");
    let faults = writing.refused.with_value(|(_, faults)| {
        let here = faults.iter().filter(|fault| fault.field == field && !said_by_chips(&fault.code));
        here.map(|fault| i18n::error(lang, &fault.code, &fault.params)).collect::<Vec<_>>()
    });
    faults
        .into_iter()
        .map(|words| view! { <p class="field-error" role="alert"><Icon name="warning"/><span>{words}</span></p> })
        .collect_view()
}

#[component]
fn From() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let shown = move || mail.identities.with(|all| all.first().map(|it| [&it.name, " <", &it.email, ">"].concat()));
    // Who acts for whom is said before it is sent.
    let other = move || {
        let bal = mail.bal()?;
        (!bal.own)
            .then(|| view! { <span class="badge" data-tone="delegate">{i18n::compose::sent_as(lang, &bal.name)}</span> })
    };
    view! {
        <div class="composer-from">
            <span>{i18n::compose::from(lang)}</span>
            <span>{shown}</span>
            {other}
        </div>
    }
}

/// Whether a receipt of reading is asked for, where the BAL does so at all.
#[component]
fn Receipt() -> impl IntoView {
    let mail = use_mail();
    let writing: Writing = expect_context();
    let offered = untrack(|| mail.bal()).is_some_and(|bal| bal.receipts != "never");
    offered.then(|| {
        let change = Callback::new(move |on: bool| writing.typed(|| writing.receipt.set(on)));
        view! {
            <Checkbox
                id="composer-receipt"
                name="receipt"
                label=i18n::compose::receipt(mail.lang)
                checked=writing.receipt.get_untracked()
                state=Signal::from(writing.receipt)
                on_change=change
            />
        }
    })
}

/// Sending, files, how the draft stands, and the way out.
#[component]
fn Bar() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let writing: Writing = expect_context();
    let state = move || match writing.saved.get() {
        Saved::Not => (i18n::compose::not_saved(lang).to_owned(), "no"),
        Saved::Unchanged => (String::new(), "yes"),
        Saved::Now => (i18n::compose::saving(lang).to_owned(), "now"),
        Saved::At(time) => (i18n::compose::saved(lang, &time), "yes"),
        Saved::Failed => (i18n::compose::save_failed(lang).to_owned(), "failed"),
    };
    let choose = move |event: leptos::web_sys::Event| {
        if let Some(input) = event.target() {
            files::add(writing, upload::chosen(&input));
        }
    };
    let discard = move |event: MouseEvent| {
        event.prevent_default();
        if writing.is_empty() {
            return writing.discard();
        }
        let words = i18n::compose::discard_ask(lang);
        mail.ask(words, String::new(), i18n::compose::discard(lang), true, move || writing.discard());
    };
    let send = match mail.may(Action::Send) {
        true => view! {
            <Button variant="primary" icon="send" name="op" value="send" disabled=writing.sending>{i18n::compose::send(lang)}</Button>
        }
        .into_any(),
        false => view! {
            <Button variant="primary" icon="check" name="op" value="ask" disabled=writing.sending>{i18n::review::ask(lang)}</Button>
        }
        .into_any(),
    };
    let limit = i18n::compose::attach_hint(lang, &size::bytes(lang, MESSAGE_OCTETS * 3 / 4));
    view! {
        <div class="composer-bar">
            {send}
            <label class="attach icon-button" title=[i18n::compose::attach(lang), " (", &limit, ")"].concat()>
                <Icon name="attachment"/>
                <span class="hidden-text">{i18n::compose::attach(lang)}</span>
                <input type="file" name="files" multiple on:change=choose/>
            </label>
            <span class="save-state" aria-live="polite" data-state=move || state().1>{move || state().0}</span>
            <button
                class="icon-button"
                name="op"
                value="save"
                title=i18n::compose::save(lang)
                aria-label=i18n::compose::save(lang)
                on:click=move |event| {
                    event.prevent_default();
                    writing.save_soon(0);
                }
            >
                <Icon name="drafts"/>
            </button>
            <button class="icon-button" name="op" value="discard" title=i18n::compose::discard(lang) aria-label=i18n::compose::discard(lang) on:click=discard>
                <Icon name="trash"/>
            </button>
        </div>
    }
}
