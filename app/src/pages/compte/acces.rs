//! The access log of a BAL: a form that narrows it, what was done, a file to take away.

use leptos::prelude::*;

use crate::{
    components::{Badge, Button, ButtonLink, Choice, Field, Notice},
    format::date,
    i18n::{self, Lang, access_log as words},
};

/// What the log is narrowed to, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asking {
    pub person: String,
    pub kind: String,
    pub from: String,
    pub to: String,
}

/// The log of a BAL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessLog {
    /// BALs whose log one may read: id and address.
    pub boxes: Vec<(String, String)>,
    /// The one that is shown.
    pub chosen: Option<(String, String)>,
    /// Who did something in it: id and name.
    pub persons: Vec<(String, String)>,
    pub asking: Asking,
    /// What was asked cannot be read.
    pub refused: bool,
    /// The same as a query.
    pub kept: String,
    pub lines: Vec<AccessLine>,
    /// The query of the page after this one.
    pub older: Option<String>,
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessLine {
    pub who: String,
    pub at_local: String,
    /// Code of what was done.
    pub deed: String,
    /// How many messages or conversations.
    pub count: u64,
    pub means: String,
    pub refused: bool,
}

/// Kinds of acts as the form offers them: (code, words).
fn kinds(lang: Lang) -> Vec<(String, String)> {
    let kinds = [
        ("", words::kind_all(lang)),
        ("opened", words::kind_opened(lang)),
        ("downloaded", words::kind_downloaded(lang)),
        ("printed", words::kind_printed(lang)),
        ("moved", words::kind_moved(lang)),
        ("marked", words::kind_marked(lang)),
        ("deleted", words::kind_deleted(lang)),
        ("sent", words::kind_sent(lang)),
        ("exported", words::kind_exported(lang)),
        ("team", words::kind_team(lang)),
        ("rights", words::kind_rights(lang)),
        ("settings", words::kind_settings(lang)),
    ];
    kinds.map(|(code, words)| (code.to_owned(), words.to_owned())).to_vec()
}

/// What was done, in words.
fn deed(lang: Lang, line: &AccessLine) -> String {
    let n = line.count;
    match line.deed.as_str() {
        "read-shown" => words::read_shown(lang).into(),
        "read-api" => words::read_api(lang).into(),
        "read-prefetched" => words::read_prefetched(lang).into(),
        "read-download" => words::read_download(lang).into(),
        "read-printed" => words::read_printed(lang).into(),
        "email-move" => words::email_move(lang, n),
        "email-mark" => words::email_mark(lang, n),
        "email-insert" => words::email_insert(lang, n),
        "email-destroy" => words::email_destroy(lang, n),
        "mailbox-create" => words::mailbox_create(lang).into(),
        "mailbox-update" => words::mailbox_update(lang).into(),
        "mailbox-destroy" => words::mailbox_destroy(lang).into(),
        "submission-create" => words::submission_create(lang).into(),
        "submission-cancel" => words::submission_cancel(lang).into(),
        "submission-destroy" => words::submission_destroy(lang).into(),
        "account-export" => words::account_export(lang).into(),
        "access-log-export" => words::access_log_export(lang).into(),
        "work-set" => words::work_set(lang).into(),
        "work-hand-over" => words::work_hand_over(lang, n),
        "note-create" => words::note_create(lang).into(),
        "note-update" => words::note_update(lang).into(),
        "note-destroy" => words::note_destroy(lang).into(),
        "right-grant" => words::right_grant(lang).into(),
        "right-end" => words::right_end(lang).into(),
        "delegation-invite" => words::delegation_invite(lang).into(),
        "delegation-remind" => words::delegation_remind(lang).into(),
        "delegation-newcomer" => words::delegation_newcomer(lang).into(),
        "delegation-accept" => words::delegation_accept(lang).into(),
        "delegation-refuse" => words::delegation_refuse(lang).into(),
        "delegation-change" => words::delegation_change(lang).into(),
        "delegation-end" => words::delegation_end(lang).into(),
        "draft-ask" => words::draft_ask(lang).into(),
        "draft-approve" => words::draft_approve(lang).into(),
        "draft-return" => words::draft_return(lang).into(),
        "draft-withdraw" => words::draft_withdraw(lang).into(),
        "receipt-send" => words::receipt_send(lang).into(),
        "receipt-decline" => words::receipt_decline(lang).into(),
        "receipt-wishes" => words::receipt_wishes(lang).into(),
        "structure-rights" => words::structure_rights(lang).into(),
        "application-secret" => words::application_secret(lang).into(),
        "application-set" => words::application_set(lang).into(),
        "signature" => words::signature(lang).into(),
        "listing-set" => words::listing_set(lang).into(),
        "closing-ask" => words::closing_ask(lang).into(),
        "closing-cancel" => words::closing_cancel(lang).into(),
        "patient-read" => words::patient_read(lang).into(),
        "patient-add" => words::patient_add(lang).into(),
        "patient-change" => words::patient_change(lang).into(),
        "patient-attest" => words::patient_attest(lang).into(),
        "patient-delete" => words::patient_delete(lang).into(),
        "patient-close" => words::patient_close(lang).into(),
        "patient-reopen" => words::patient_reopen(lang).into(),
        "patient-record" => words::patient_record(lang).into(),
        "patient-record-end" => words::patient_record_end(lang).into(),
        "patient-export" => words::patient_export(lang).into(),
        "patient-register-export" => words::patient_register_export(lang).into(),
        "patient-rules" => words::patient_rules(lang).into(),
        "patient-template" | "patient-template-delete" => words::patient_template(lang).into(),
        other => words::other(lang, other),
    }
}

fn means(lang: Lang, means: &str) -> &'static str {
    match means {
        "web" => words::means_web(lang),
        "token" => words::means_token(lang),
        "application" => words::means_application(lang),
        "command" => words::means_command(lang),
        _ => words::means_service(lang),
    }
}

fn result(lang: Lang, line: &AccessLine) -> &'static str {
    if line.refused { words::refused(lang) } else { words::done(lang) }
}

fn who(lang: Lang, line: &AccessLine) -> String {
    if line.who.is_empty() { words::forgotten(lang).to_owned() } else { line.who.clone() }
}

/// The first line of the file.
pub fn headings(lang: Lang) -> [&'static str; 5] {
    [words::when(lang), words::who(lang), words::what(lang), words::means(lang), words::result(lang)]
}

/// A line of the file.
pub fn cells(lang: Lang, line: &AccessLine) -> [String; 5] {
    let at = line.at_local.replace('T', " ");
    [at, who(lang, line), deed(lang, line), means(lang, &line.means).into(), result(lang, line).into()]
}

/// The page.
pub fn journal(log: AccessLog, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let Some((id, address)) = log.chosen.clone() else { return choice(log.boxes) };
    let others = (log.boxes.len() > 1).then(|| view! { <p><a href="/compte/acces">{words::others(lang)}</a></p> });
    let refused = log.refused.then(|| view! { <Notice tone="danger" role="alert">{words::unreadable(lang)}</Notice> });
    let path = format!("/compte/acces/{id}");
    let csv = join(&format!("{path}/journal.csv"), &log.kept);
    let older = log.older.as_ref().map(|query| {
        view! { <p class="form-acts"><ButtonLink href=join(&path, query)>{words::older(lang)}</ButtonLink></p> }
    });
    let filtered = !log.kept.is_empty();
    let empty = (log.lines.is_empty() && !log.refused).then(|| {
        let clear = filtered.then(|| view! { " "<a href=path.clone()>{words::clear(lang)}</a> });
        let text = if filtered { words::none_filtered(lang) } else { words::none(lang) };
        view! { <p>{text}{clear}</p> }
    });
    view! {
        <p class="lead">{words::lead(lang)}</p>
        <p class="strong">{address}</p>
        {others}
        {refused}
        {narrow(&path, log.persons, log.asking)}
        {empty}
        {table(log.lines, now_local)}
        {older}
        <p class="form-acts"><ButtonLink href=csv>{words::export(lang)}</ButtonLink></p>
        <p class="field-hint">{words::export_hint(lang)}</p>
    }
    .into_any()
}

fn join(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn choice(boxes: Vec<(String, String)>) -> AnyView {
    let lang = i18n::lang();
    if boxes.is_empty() {
        return view! { <p>{words::no_box(lang)}</p> }.into_any();
    }
    let rows = boxes
        .into_iter()
        .map(|(id, address)| view! { <li><a href=format!("/compte/acces/{id}")>{address}</a></li> })
        .collect_view();
    view! { <p class="lead">{words::choose(lang)}</p><ul class="lines">{rows}</ul> }.into_any()
}

fn narrow(path: &str, persons: Vec<(String, String)>, asking: Asking) -> AnyView {
    let lang = i18n::lang();
    let everyone = (String::new(), words::person_all(lang).to_owned());
    let named = |(id, name): (String, String)| {
        let name = if name.is_empty() { words::forgotten(lang).to_owned() } else { name };
        (id, name)
    };
    let persons: Vec<_> = std::iter::once(everyone).chain(persons.into_iter().map(named)).collect();
    view! {
        <form method="get" action=path.to_owned() class="log-filter">
            <Choice id="qui" name="qui" label=words::person(lang) options=persons selected=asking.person/>
            <Choice id="genre" name="genre" label=words::kind(lang) options=kinds(lang) selected=asking.kind/>
            <Field id="du" name="du" kind="date" label=words::from(lang) value=asking.from/>
            <Field id="au" name="au" kind="date" label=words::to(lang) value=asking.to/>
            <Button>{words::show(lang)}</Button>
        </form>
    }
    .into_any()
}

fn table(lines: Vec<AccessLine>, now_local: &str) -> Option<AnyView> {
    let lang = i18n::lang();
    let head = headings(lang).map(|words| view! { <th scope="col">{words}</th> }).collect_view();
    let rows = lines
        .iter()
        .map(|line| {
            let refused = line.refused.then(|| view! { " "<Badge tone="danger" text=words::refused(lang)/> });
            view! {
                <tr>
                    <td>{date::moment(lang, &line.at_local, now_local)}</td>
                    <td>{who(lang, line)}</td>
                    <td>{deed(lang, line)}</td>
                    <td>{means(lang, &line.means)}</td>
                    <td>{if line.refused { "" } else { words::done(lang) }}{refused}</td>
                </tr>
            }
        })
        .collect_view();
    (!lines.is_empty()).then(|| {
        view! {
            <div class="log-table" role="region" tabindex="0" aria-label=words::title(lang)>
                <table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
            </div>
        }
        .into_any()
    })
}
