//! Everything about one patient in this BAL: the exchange, messages, documents, what they were told, who consulted it.

use leptos::prelude::*;
use wire::FieldError;
use wire::patient::{ExchangeState, RecordKind};

use super::{Desk, error_of, general, marks, state_sentence};
use crate::{
    components::{Badge, Button, ButtonLink, Choice, Field, Icon, Notice},
    format::{date, size},
    i18n::{self, Lang, patients as words},
};

/// A message with the patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageLine {
    pub url: String,
    pub subject: String,
    pub theirs: bool,
    pub at_local: String,
}

/// A document of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLine {
    pub url: String,
    pub name: String,
    pub octets: u64,
    pub at_local: String,
}

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordLine {
    pub id: String,
    pub kind: RecordKind,
    pub at_local: String,
    pub by: String,
    pub scope: String,
    pub means: String,
    pub channel: String,
    /// When, by whom and why it ended.
    pub ended: Option<(String, String, String)>,
}

/// Somebody opened or sent a message, or opened or took away the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsultedLine {
    pub who: String,
    /// `read` or `sent` of a message, `opened` or `exported` of the sheet.
    pub what: &'static str,
    /// Of the message; none: the sheet.
    pub subject: Option<String>,
    pub at_local: String,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SheetPage {
    pub id: String,
    pub name: String,
    pub masked: String,
    /// In groups, for who asks for it; empty once deleted.
    pub matricule: String,
    pub oid: &'static str,
    /// Birth name, first names, date, sex, place.
    pub traits: [String; 5],
    /// Who attested that the INS is qualified, and when.
    pub attested: Option<(String, String)>,
    pub opposed: bool,
    pub minor: bool,
    pub state: ExchangeState,
    pub since_local: String,
    pub closed_by: Option<String>,
    pub in_hand: Option<String>,
    pub messages: Vec<MessageLine>,
    pub documents: Vec<DocumentLine>,
    pub records: Vec<RecordLine>,
    pub consulted: Vec<ConsultedLine>,
    /// `2026-11-22`, for the forms.
    pub today: String,
    pub errors: Vec<FieldError>,
}

/// Asks before all of a patient is deleted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeletePage {
    pub id: String,
    pub name: String,
    pub messages: u64,
    pub opposed: bool,
}

pub(super) fn sheet(desk: &Desk, page: SheetPage, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let name = if page.name.is_empty() { words::unnamed(lang).to_owned() } else { page.name.clone() };
    let here = desk.path(&["/", &page.id].concat());
    view! {
        <h1 class="patient-name"><Icon name="patient"/>{name}</h1>
        <p>{marks(lang, page.state, page.opposed, page.attested.is_some())}</p>
        {general(&page.errors)}
        {exchange(desk, &here, &page)}
        <h2>{words::messages(lang)}</h2>
        {messages(&page, now_local)}
        <h2>{words::documents(lang)}</h2>
        {documents(&page, now_local)}
        <h2>{words::told(lang)}</h2>
        {records(desk, &here, &page)}
        <h2>{words::identity(lang)}</h2>
        {identity(desk, &here, &page)}
        <h2>{words::request(lang)}</h2>
        {request(desk, &here, &page, now_local)}
    }
    .into_any()
}

fn exchange(desk: &Desk, here: &str, page: &SheetPage) -> AnyView {
    let lang = i18n::lang();
    let state = state_sentence(lang, page.state, Some(&page.since_local), page.closed_by.as_deref());
    let in_hand = page.in_hand.as_ref().map(|name| view! { <p class="field-hint">{words::in_hand(lang, name)}</p> });
    let may_write = desk.may_send && page.attested.is_some() && !page.opposed;
    let write = may_write.then(|| view! { <ButtonLink href=[here, "/ecrire"].concat() variant="primary" icon="compose">{words::write(lang)}</ButtonLink> });
    let (op, text) = match page.state {
        ExchangeState::Closed => ("rouvrir", words::reopen(lang)),
        _ => ("clore", words::close(lang)),
    };
    let may_turn = match page.state {
        ExchangeState::New => false,
        ExchangeState::Closed => may_write,
        _ => desk.may_send,
    };
    let turn = may_turn.then(|| {
        view! {
            <form method="post" action=here.to_owned()>
                <button class="button" type="submit" name="op" value=op>{text}</button>
            </form>
        }
    });
    let why = if page.opposed {
        Some(words::why_opposed(lang))
    } else if page.attested.is_none() {
        Some(words::why_unqualified(lang))
    } else {
        None
    };
    let why = why.map(|text| view! { <Notice tone="warning">{text}</Notice> });
    // Without an exchange the mark beside the name says it all.
    let state = (page.state != ExchangeState::New).then(|| view! { <p data-testid="exchange">{state}</p> });
    view! {
        {state}
        {in_hand}
        {why}
        <div class="form-acts patient-acts">{write}{turn}</div>
    }
    .into_any()
}

fn messages(page: &SheetPage, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    if page.messages.is_empty() {
        return view! { <p class="field-hint">{words::no_messages(lang)}</p> }.into_any();
    }
    let lines = page.messages.iter().rev().map(|one| {
        let subject = if one.subject.trim().is_empty() { i18n::list::no_subject(lang).to_owned() } else { one.subject.clone() };
        let who = if one.theirs { words::from_patient(lang) } else { words::to_patient(lang) };
        let at = date::moment(lang, &one.at_local, now_local);
        view! { <li data-theirs=one.theirs.then_some("")><a href=one.url.clone()>{subject}</a><span class="field-hint">{who}" · "{at}</span></li> }
    });
    view! { <ul class="lines">{lines.collect_view()}</ul> }.into_any()
}

fn documents(page: &SheetPage, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    if page.documents.is_empty() {
        return view! { <p class="field-hint">{words::no_documents(lang)}</p> }.into_any();
    }
    let lines = page.documents.iter().rev().map(|one| {
        let about = [size::bytes(lang, one.octets), date::moment(lang, &one.at_local, now_local)].join(" · ");
        view! { <li><a href=one.url.clone() rel="external" download="">{one.name.clone()}</a><span class="field-hint">{about}</span></li> }
    });
    view! { <ul class="lines">{lines.collect_view()}</ul> }.into_any()
}

/// The name of a kind of entry.
pub fn kind_words(lang: Lang, kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Information => words::information(lang),
        RecordKind::Consent => words::consent(lang),
        RecordKind::Opposition => words::opposition(lang),
    }
}

fn records(desk: &Desk, here: &str, page: &SheetPage) -> AnyView {
    let lang = i18n::lang();
    let none = page.records.is_empty().then(|| view! { <p class="field-hint">{words::no_records(lang)}</p> });
    let lines = page.records.iter().map(|one| record(desk, here, one)).collect_view();
    let form = desk.may_send.then(|| new_record(here, page));
    view! {
        {none}
        <ul class="sessions" data-testid="records">{lines}</ul>
        {form}
    }
    .into_any()
}

fn record(desk: &Desk, here: &str, one: &RecordLine) -> AnyView {
    let lang = i18n::lang();
    let day = date::day(lang, &one.at_local);
    let means = means_words(lang, &one.means).to_owned();
    let detail = [one.scope.clone(), means, one.channel.clone()];
    let detail = detail.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let ended = one.ended.as_ref().map(|(at, by, reason)| {
        let text = words::ended(lang, by, &date::day(lang, at));
        let text = if reason.is_empty() { text } else { [text, reason.clone()].join(" · ") };
        view! { <p class="field-hint"><Badge tone="plain" text=words::over(lang)/>" "{text}</p> }
    });
    let opposition = one.kind == RecordKind::Opposition;
    let letter = (opposition && one.ended.is_none())
        .then(|| view! { <ButtonLink href=[here, "/opposition"].concat()>{words::letter(lang)}</ButtonLink> });
    let end = (desk.may_send && one.ended.is_none() && one.kind != RecordKind::Information).then(|| {
        let text = if opposition { words::lift(lang) } else { words::withdraw(lang) };
        let id = ["motif-", &one.id].concat();
        view! {
            <form method="post" action=here.to_owned()>
                <input type="hidden" name="entree" value=one.id.clone()/>
                <Field id=id name="motif" label=words::reason(lang) maxlength="300" autocomplete="off"/>
                <button class="button" type="submit" name="op" value="terminer">{text}</button>
            </form>
        }
    });
    let tone = if opposition && one.ended.is_none() { "danger" } else { "plain" };
    view! {
        <li data-kind=one.kind.code()>
            <div>
                <p class="strong">{kind_words(lang, one.kind)}" "<Badge tone=tone text=day/></p>
                <p class="field-hint">{words::noted_by(lang, &one.by)}</p>
                <p>{detail}</p>
                {ended}
            </div>
            <div class="form-acts">{letter}{end}</div>
        </li>
    }
    .into_any()
}

/// How somebody can be told: code and words.
pub fn means(lang: Lang) -> Vec<(String, String)> {
    MEANS.map(|code| (code.to_owned(), means_words(lang, code).to_owned())).to_vec()
}

/// Codes of how somebody can be told.
pub const MEANS: [&str; 5] = ["remise", "affichage", "oral", "message", "courrier"];

/// One of them in words.
pub fn means_words(lang: Lang, code: &str) -> &'static str {
    match code {
        "remise" => words::means_hand(lang),
        "affichage" => words::means_wall(lang),
        "oral" => words::means_said(lang),
        "message" => words::means_message(lang),
        "courrier" => words::means_post(lang),
        _ => "",
    }
}

fn new_record(here: &str, page: &SheetPage) -> AnyView {
    let lang = i18n::lang();
    let kinds = RecordKind::ALL.map(|kind| (kind.code().to_owned(), kind_words(lang, kind).to_owned())).to_vec();
    let error = |field: &str| Signal::stored(error_of(&page.errors, field));
    view! {
        <details class="patient-new" open=!page.errors.is_empty()>
            <summary>{words::record_new(lang)}</summary>
            <form method="post" action=here.to_owned()>
                <Choice id="genre" name="genre" label=words::record_kind(lang) options=kinds selected="information"/>
                <Field id="date" name="date" kind="date" label=words::record_date(lang) value=page.today.clone() error=error("date") autocomplete="off"/>
                <Choice id="moyen" name="moyen" label=words::record_means(lang) options=means(lang) selected="remise"/>
                <Field id="portee" name="portee" label=words::record_scope(lang) hint=words::record_scope_hint(lang).to_owned() maxlength="300" autocomplete="off"/>
                <Field id="canal" name="canal" label=words::record_channel(lang) hint=words::record_channel_hint(lang).to_owned() error=error("canal") maxlength="300" autocomplete="off"/>
                <div class="form-acts"><Button name="op" value="noter">{words::record_do(lang)}</Button></div>
            </form>
        </details>
    }
    .into_any()
}

fn identity(desk: &Desk, here: &str, page: &SheetPage) -> AnyView {
    let lang = i18n::lang();
    let fact =
        |name: &'static str, text: String| (!text.is_empty()).then(|| view! { <div><dt>{name}</dt><dd>{text}</dd></div> });
    let [birth_name, first_names, birth_date, sex, birth_place] = page.traits.clone();
    let born = if birth_date.is_empty() { birth_date } else { date::day(lang, &birth_date) };
    let sex = match sex.as_str() {
        "F" => words::female(lang).to_owned(),
        "M" => words::male(lang).to_owned(),
        _ => String::new(),
    };
    let attested = match &page.attested {
        Some((by, at)) => words::attested(lang, by, &date::day(lang, at)),
        None => words::not_attested(lang).to_owned(),
    };
    let whole = (!page.matricule.is_empty()).then(|| {
        view! {
            <details><summary>{words::ins_masked(lang, &page.masked)}</summary>
                <p class="secret">{page.matricule.clone()}</p><p class="field-hint">{words::oid(lang, page.oid)}</p>
            </details>
        }
    });
    let minor = page.minor.then(|| view! { <Notice tone="info">{words::minor(lang)}</Notice> });
    let change = (desk.may_send && !page.matricule.is_empty())
        .then(|| view! { <ButtonLink href=[here, "/identite"].concat()>{words::change(lang)}</ButtonLink> });
    view! {
        {whole}
        <dl class="facts">
            {fact(words::birth_name(lang), birth_name)}
            {fact(words::first_names(lang), first_names)}
            {fact(words::birth_date(lang), born)}
            {fact(words::sex(lang), sex)}
            {fact(words::birth_place(lang), birth_place)}
            {fact(words::qualified(lang), attested)}
        </dl>
        {minor}
        <p class="form-acts">{change}</p>
    }
    .into_any()
}

/// What somebody did with a message or the sheet of a patient.
pub fn deed_words(lang: Lang, what: &str, who: &str) -> String {
    match what {
        "sent" => words::sent_by(lang, who),
        "opened" => words::opened_by(lang, who),
        "exported" => words::exported_by(lang, who),
        _ => words::read_by(lang, who),
    }
}

fn request(desk: &Desk, here: &str, page: &SheetPage, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let lines = page.consulted.iter().rev().map(|one| {
        let what = deed_words(lang, one.what, &one.who);
        let about = [one.subject.clone(), Some(date::moment(lang, &one.at_local, now_local))];
        let about = about.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        view! { <li>{what}<span class="field-hint">{about}</span></li> }
    });
    let count = page.consulted.len() as u64;
    let acts = desk.may_manage.then(|| {
        let delete = desk.holds.then(|| {
            view! { <ButtonLink href=[here, "/supprimer"].concat() variant="danger">{words::delete(lang)}</ButtonLink> }
        });
        view! {
            <p class="form-acts">
                <ButtonLink href=[here, "/dossier.csv"].concat()>{words::export_sheet(lang)}</ButtonLink>
                <ButtonLink href=[here, "/messages.mbox"].concat()>{words::export_messages(lang)}</ButtonLink>
                {delete}
            </p>
        }
    });
    view! {
        <p class="lead">{words::request_lead(lang)}</p>
        <details><summary>{words::consulted(lang, count)}</summary><ul class="lines" data-testid="consulted">{lines.collect_view()}</ul></details>
        {acts}
    }
    .into_any()
}

pub(super) fn delete(desk: &Desk, page: DeletePage) -> AnyView {
    let lang = i18n::lang();
    let here = desk.path(&["/", &page.id].concat());
    let kept = page.opposed.then(|| view! { <Notice tone="info">{words::delete_opposed(lang)}</Notice> });
    view! {
        <h1>{words::delete_title(lang)}</h1>
        <p class="strong">{page.name}</p>
        <p>{words::delete_what(lang, page.messages)}</p>
        <p class="field-hint">{words::delete_stays(lang)}</p>
        {kept}
        <form method="post" action=[&here, "/supprimer"].concat()>
            <div class="form-acts">
                <Button variant="danger">{words::delete_yes(lang)}</Button>
                <ButtonLink href=here.clone()>{i18n::means::cancel(lang)}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
