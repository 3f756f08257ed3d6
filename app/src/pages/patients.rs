//! The patients of a BAL: their list, their sheets, writing to them, what they were told. Ordinary forms, no WebAssembly.
//! Addresses hold opaque ids; the matricule is shown masked but where a person asks for it; titles name nobody.

pub mod entry;
pub mod list;
pub mod paper;
pub mod rules;
pub mod sheet;
pub mod write;

use leptos::prelude::*;
use wire::FieldError;
use wire::patient::ExchangeState;

use crate::{
    components::{Badge, Icon},
    format::date,
    i18n::{self, Lang, patients as words},
};

/// Whose patients, and what one may do there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desk {
    pub account: String,
    pub name: String,
    pub may_send: bool,
    pub may_manage: bool,
    /// In their own right, not by a delegation.
    pub holds: bool,
}

impl Desk {
    /// The address of a page of these patients.
    pub fn path(&self, rest: &str) -> String {
        ["/courrier/", &self.account, "/patients", rest].concat()
    }
}

/// One of these pages.
#[derive(Debug, Clone, PartialEq)]
pub enum PatientsPage {
    List(list::ListPage),
    Entry(Box<entry::EntryPage>),
    Sheet(Box<sheet::SheetPage>),
    Delete(sheet::DeletePage),
    Write(Box<write::WritePage>),
    Rules(rules::RulesPage),
    Templates(rules::TemplatesPage),
    Paper(paper::PaperPage),
}

/// A page with whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct PatientsScreen {
    pub desk: Desk,
    pub page: PatientsPage,
}

impl PatientsScreen {
    /// The title of the document: what the page is for, never whom it is about.
    pub fn title(&self, lang: Lang) -> &'static str {
        match &self.page {
            PatientsPage::List(_) => words::title(lang),
            PatientsPage::Entry(page) if page.id.is_some() => words::change_title(lang),
            PatientsPage::Entry(_) => words::add_title(lang),
            PatientsPage::Sheet(_) => words::sheet_title(lang),
            PatientsPage::Delete(_) => words::delete_title(lang),
            PatientsPage::Write(_) => words::write_title(lang),
            PatientsPage::Rules(_) => words::rules_title(lang),
            PatientsPage::Templates(_) => words::templates_title(lang),
            PatientsPage::Paper(page) => page.kind.title(lang),
        }
    }

    fn place(&self) -> &'static str {
        match &self.page {
            PatientsPage::List(_) => "",
            PatientsPage::Entry(page) if page.id.is_none() => "/ajouter",
            PatientsPage::Rules(_) => "/reglages",
            PatientsPage::Templates(_) => "/modeles",
            PatientsPage::Paper(page) if page.kind != paper::PaperKind::Opposition => "/note",
            _ => "-",
        }
    }
}

/// Draws it.
#[component]
pub fn Patients(screen: PatientsScreen, now_local: String) -> impl IntoView {
    let lang = i18n::lang();
    let current = screen.place();
    let desk = screen.desk;
    let mut places = vec![("", words::title(lang))];
    if desk.may_send {
        places.push(("/ajouter", words::add(lang)));
        places.push(("/modeles", words::templates(lang)));
    }
    places.push(("/note", words::note(lang)));
    if desk.may_manage {
        places.push(("/reglages", words::rules(lang)));
    }
    let links = places
        .into_iter()
        .map(|(place, text)| {
            view! { <li><a href=desk.path(place) aria-current=(place == current).then_some("page")>{text}</a></li> }
        })
        .collect_view();
    let content = match screen.page {
        PatientsPage::List(page) => list::list(&desk, page, &now_local),
        PatientsPage::Entry(page) => entry::entry(&desk, *page),
        PatientsPage::Sheet(page) => sheet::sheet(&desk, *page, &now_local),
        PatientsPage::Delete(page) => sheet::delete(&desk, page),
        PatientsPage::Write(page) => write::write(&desk, *page),
        PatientsPage::Rules(page) => rules::rules(&desk, page),
        PatientsPage::Templates(page) => rules::templates(&desk, page),
        PatientsPage::Paper(page) => paper::paper(&desk, page),
    };
    let back = ["/courrier/", &desk.account].concat();
    view! {
        <nav class="account-nav" aria-label=words::nav(lang)>
            <ul>
                <li><a href=back>{words::back(lang, &desk.name)}</a></li>
                {links}
            </ul>
        </nav>
        <section class="sheet patients">{content}</section>
    }
}

/// How an exchange stands, in a word.
pub fn state_words(lang: Lang, state: ExchangeState) -> &'static str {
    match state {
        ExchangeState::New => words::state_new(lang),
        ExchangeState::Open => words::state_open(lang),
        ExchangeState::AwaitingPatient => words::state_awaiting_patient(lang),
        ExchangeState::AwaitingUs => words::state_awaiting_us(lang),
        ExchangeState::Closed => words::state_closed(lang),
    }
}

fn state_tone(state: ExchangeState) -> &'static str {
    match state {
        ExchangeState::AwaitingUs => "warning",
        ExchangeState::AwaitingPatient | ExchangeState::Open => "ok",
        ExchangeState::New | ExchangeState::Closed => "plain",
    }
}

/// How an exchange stands, since when, and by whom it was closed.
pub fn state_sentence(lang: Lang, state: ExchangeState, since: Option<&str>, closed_by: Option<&str>) -> String {
    match (state, since, closed_by) {
        (ExchangeState::Closed, Some(since), Some(by)) => words::closed_by(lang, by, &date::day(lang, since)),
        (ExchangeState::Closed, Some(since), None) => words::closed_itself(lang, &date::day(lang, since)),
        (ExchangeState::New, ..) | (_, None, _) => state_words(lang, state).to_owned(),
        (_, Some(since), _) => words::state_since(lang, &date::day(lang, since), state_words(lang, state)),
    }
}

/// The marks of a patient: state, opposition, an INS that is not qualified.
fn marks(lang: Lang, state: ExchangeState, opposed: bool, qualified: bool) -> AnyView {
    view! {
        <Badge tone=state_tone(state) text=state_words(lang, state)/>
        {opposed.then(|| view! { " "<Badge tone="danger" text=words::opposed(lang)/> })}
        {(!qualified && !opposed).then(|| view! { " "<Badge tone="warning" text=words::unqualified(lang)/> })}
    }
    .into_any()
}

/// What is wrong with a field, in words.
fn error_of(errors: &[FieldError], field: &str) -> Option<String> {
    let lang = i18n::lang();
    errors.iter().find(|fault| fault.field == field).map(|fault| i18n::error(lang, &fault.code, &fault.params))
}

/// What is wrong with the whole.
fn general(errors: &[FieldError]) -> AnyView {
    match error_of(errors, "") {
        Some(text) => view! { <p class="field-error" role="alert"><Icon name="warning"/><span>{text}</span></p> }.into_any(),
        None => ().into_any(),
    }
}

/// One of a few, all in sight. `options`: value, words, hint.
fn radios(
    name: &'static str,
    legend: &'static str,
    options: Vec<(&'static str, &'static str, &'static str)>,
    chosen: &str,
) -> AnyView {
    let options = options
        .into_iter()
        .map(|(value, text, hint)| {
            let (id, hint_id) = ([name, "-", value].concat(), [name, "-", value, "-aide"].concat());
            let described = (!hint.is_empty()).then(|| hint_id.clone());
            view! {
                <div class="checkbox">
                    <input type="radio" id=id.clone() name=name value=value checked=value == chosen aria-describedby=described/>
                    <label for=id>{text}</label>
                    {(!hint.is_empty()).then(|| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
                </div>
            }
        })
        .collect_view();
    view! { <fieldset class="radios"><legend>{legend}</legend>{options}</fieldset> }.into_any()
}
