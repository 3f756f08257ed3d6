//! `/compte/structure`: the structures one is in; for who administers one, its BALs, persons and groups, what each may do,
//! the yearly review and the secrets of its programs. Ordinary forms.

pub mod review;
pub mod software;
pub mod subject;

use leptos::prelude::*;
use wire::delegation::DelegateRole;

use super::delegations::role_words;
use crate::{
    components::{Badge, Button, ButtonLink, Checkbox, EmptyState, Field, Notice},
    format::date,
    i18n::{self, Lang, structure as words},
    pages::patients::rules::{TemplatesPage, keeping},
};
use review::ReviewSheet;
use software::SoftwareSheet;
use subject::SubjectSheet;

/// What one is in a structure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    pub structure: String,
    pub name: String,
    pub function: String,
    pub administers: bool,
    /// One was named and has not accepted: the address and the purpose of each BAL.
    pub named: Option<Vec<(String, String)>>,
    pub suspended: bool,
    /// BALs that one may open: id, address, role.
    pub boxes: Vec<(String, String, DelegateRole)>,
}

/// Every structure one is in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memberships {
    pub list: Vec<Membership>,
    /// The structure where something was refused, and the code.
    pub error: Option<(String, String)>,
}

/// A BAL, as its administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoxLine {
    pub account: String,
    pub address: String,
    pub name: String,
    pub purpose: String,
    /// The professional who answers for it, with their number.
    pub professional: String,
    pub rpps: String,
    pub software: bool,
    pub suspended: bool,
    /// The administrator who looks accepted the purpose.
    pub accepted: bool,
    /// Who opens it: name and role.
    pub open_to: Vec<(String, DelegateRole)>,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    Invited,
    /// The link is too old.
    Expired,
    Active,
    Suspended,
    Refused,
    Left,
}

impl MemberState {
    fn badge(self, lang: Lang) -> Option<AnyView> {
        let (tone, text) = match self {
            Self::Active => return None,
            Self::Invited => ("warning", words::state_invited(lang)),
            Self::Expired => ("plain", words::state_expired(lang)),
            Self::Suspended => ("danger", words::state_suspended(lang)),
            Self::Refused => ("plain", words::state_refused(lang)),
            Self::Left => ("plain", words::state_left(lang)),
        };
        Some(view! { <Badge tone=tone text=text/> }.into_any())
    }
}

/// Somebody in the structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLine {
    pub id: String,
    pub name: String,
    pub function: String,
    pub email: Option<String>,
    pub state: MemberState,
    /// `no`, `named` or `yes`.
    pub admin: &'static str,
    pub since_local: String,
    pub ended_local: Option<String>,
}

/// A group: id, name, how many are in it.
pub type GroupLine = (String, String, u64);

/// The form of an invitation, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InviteTyped {
    pub who: String,
    pub name: String,
    pub function: String,
    pub admin: bool,
}

/// The page of a structure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StructureSheet {
    pub id: String,
    pub name: String,
    pub finess: String,
    pub boxes: Vec<BoxLine>,
    pub members: Vec<MemberLine>,
    pub groups: Vec<GroupLine>,
    /// A review waits: for how many answers, until when, and whether its time of grace is over.
    pub review: Option<(u64, String, bool)>,
    pub invite: InviteTyped,
    pub group: String,
    /// Field and code.
    pub error: Option<(String, String)>,
}

/// Templates of messages to patients that the structure keeps for all its BALs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplatesSheet {
    pub structure: String,
    pub structure_name: String,
    pub page: TemplatesPage,
}

/// One of these pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StructurePage {
    List(Memberships),
    Home(StructureSheet),
    Subject(SubjectSheet),
    Review(ReviewSheet),
    Software(SoftwareSheet),
    Templates(TemplatesSheet),
}

impl StructurePage {
    /// The heading, which is also the title of the document.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::List(_) => words::title(lang),
            Self::Home(_) => words::home_title(lang),
            Self::Subject(page) if page.is_group => words::group_title(lang),
            Self::Subject(_) => words::person_title(lang),
            Self::Review(_) => words::review_title(lang),
            Self::Software(_) => words::software_title(lang),
            Self::Templates(_) => i18n::patients::templates_of_structure(lang),
        }
    }

    /// Draws it.
    pub fn draw(self, now_local: &str) -> AnyView {
        match self {
            Self::List(page) => list(page),
            Self::Home(page) => home(page, now_local),
            Self::Subject(page) => subject::draw(page),
            Self::Review(page) => review::draw(page, now_local),
            Self::Software(page) => software::draw(page, now_local),
            Self::Templates(page) => templates(page),
        }
    }
}

/// The address of the page of a structure.
pub fn path(structure: &str) -> String {
    ["/compte/structure/", structure].concat()
}

/// A refusal above a form.
pub(super) fn refusal(error: Option<&(String, String)>, fields: &[&str]) -> Option<AnyView> {
    let lang = i18n::lang();
    let (_, code) = error.filter(|(at, _)| fields.contains(&at.as_str()))?;
    let text = i18n::error(lang, code, &[]);
    Some(view! { <Notice tone="danger" role="alert">{text}</Notice> }.into_any())
}

/// What is wrong with one field.
pub(super) fn fault(error: Option<&(String, String)>, field: &str) -> Signal<Option<String>> {
    let refused = error.filter(|(at, _)| at == field);
    Signal::stored(refused.map(|(_, code)| i18n::error(i18n::lang(), code, &[])))
}

fn list(page: Memberships) -> AnyView {
    let lang = i18n::lang();
    if page.list.is_empty() {
        return view! { <EmptyState title=words::none(lang) what=words::none_what(lang)/> }.into_any();
    }
    let Memberships { list, error } = page;
    let rows = list.into_iter().map(|one| membership(one, error.as_ref())).collect_view();
    view! { <p class="lead">{words::lead(lang)}</p>{rows} }.into_any()
}

fn membership(one: Membership, error: Option<&(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let none = one.boxes.is_empty().then(|| view! { <p class="field-hint">{words::no_box(lang)}</p> });
    let boxes = one
        .boxes
        .into_iter()
        .map(|(account, address, role)| {
            let href = ["/courrier/", &account].concat();
            view! {
                <li>
                    <div><p class="strong">{address}</p><p class="field-hint">{role_words(lang, role)}</p></div>
                    <ButtonLink href=href>{i18n::delegation::open(lang)}</ButtonLink>
                </li>
            }
        })
        .collect_view();
    let manage = one.administers.then(|| {
        view! { <p><ButtonLink href=path(&one.structure) variant="primary">{words::administer(lang)}</ButtonLink></p> }
    });
    let suspended = one.suspended.then(|| view! { <Notice tone="warning">{words::suspended_you(lang)}</Notice> });
    let refused = error.filter(|(at, _)| *at == one.structure).map(|(_, code)| i18n::error(lang, code, &[]));
    let refused = refused.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> });
    let named = one.named.map(|boxes| {
        let id = ["finalite-", &one.structure].concat();
        view! {
            <form method="post" action="/compte/structure">
                <p>{words::named_lead(lang)}</p>
                {purposes(boxes)}
                <input type="hidden" name="structure" value=one.structure.clone()/>
                <Checkbox id=id name="finalite" label=words::engagement(lang)/>
                <Button variant="primary" name="op" value="accepter">{words::accept_admin(lang)}</Button>
            </form>
        }
    });
    let leave = match one.administers {
        true => view! { <p class="field-hint">{words::leave_admin(lang)}</p> }.into_any(),
        false => leaving(&one.structure, &one.name),
    };
    view! {
        <h2>{one.name}</h2>
        <p class="field-hint">{one.function}</p>
        {suspended}
        {refused}
        {manage}
        {named}
        {none}
        <ul class="sessions">{boxes}</ul>
        {leave}
    }
    .into_any()
}

/// Going by oneself: folded away, since it ends everything there.
fn leaving(structure: &str, name: &str) -> AnyView {
    let lang = i18n::lang();
    view! {
        <details>
            <summary>{words::leave(lang)}</summary>
            <form method="post" action="/compte/structure">
                <p>{words::leave_lead(lang)}</p>
                <input type="hidden" name="structure" value=structure.to_owned()/>
                <button class="button" data-variant="danger" type="submit" name="op" value="quitter">{words::leave_named(lang, name)}</button>
            </form>
        </details>
    }
    .into_any()
}

/// Addresses and what they are for.
pub fn purposes(boxes: Vec<(String, String)>) -> AnyView {
    let rows = boxes.into_iter().map(|(address, purpose)| view! { <div><dt>{address}</dt><dd>{purpose}</dd></div> });
    view! { <dl class="facts">{rows.collect_view()}</dl> }.into_any()
}

fn home(page: StructureSheet, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let error = page.error.as_ref();
    let base = path(&page.id);
    let review = page.review.clone().map(|(waiting, until, late)| {
        let until = date::day(lang, &until);
        let text = if late { words::review_late(lang, waiting) } else { words::review_waits(lang, waiting, &until) };
        let href = [&base, "/revue"].concat();
        view! { <Notice tone=if late { "danger" } else { "warning" }>{text}" "<a href=href>{words::review_answer(lang)}</a></Notice> }
    });
    let general = refusal(error, &[""]);
    let (shared, software): (Vec<_>, Vec<_>) = page.boxes.into_iter().partition(|one| !one.software);
    let none = shared.is_empty().then(|| view! { <p class="field-hint">{words::boxes_none(lang)}</p> });
    let count = software.len();
    let shared = shared.into_iter().map(|one| box_line(one, &base)).collect_view();
    let programs = (count > 0).then(|| {
        let rows = software.into_iter().map(|one| box_line(one, &base)).collect_view();
        let href = [&base, "/logiciels"].concat();
        view! {
            <h2>{words::software(lang)}</h2>
            <ul class="sessions">{rows}</ul>
            <p><ButtonLink href=href>{words::software_manage(lang)}</ButtonLink></p>
        }
    });
    let (past, live): (Vec<_>, Vec<_>) =
        page.members.into_iter().partition(|one| matches!(one.state, MemberState::Refused | MemberState::Left));
    let live = live.into_iter().map(|one| member_line(one, &base, now_local)).collect_view();
    let past = (!past.is_empty()).then(|| {
        let rows = past.into_iter().map(|one| view! { <li>{member_head(&one, now_local)}</li> }).collect_view();
        view! { <details><summary>{words::past(lang)}</summary><ul class="sessions">{rows}</ul></details> }
    });
    let (reviewed, templates) = ([&base, "/revue"].concat(), [&base, "/modeles"].concat());
    view! {
        <p class="lead">{words::home_lead(lang, &page.finess, &page.name)}</p>
        {review}
        {general}
        <h2>{words::boxes(lang)}</h2>
        {none}
        <ul class="sessions">{shared}</ul>
        {programs}
        <h2>{words::members(lang)}</h2>
        <ul class="sessions" data-testid="members">{live}</ul>
        {past}
        {invite(&base, page.invite, error)}
        <h2>{words::groups(lang)}</h2>
        {groups(&base, page.groups, &page.group, error)}
        <h2>{words::review(lang)}</h2>
        <p class="field-hint">{words::review_what(lang)}</p>
        <p><ButtonLink href=reviewed>{words::review_see(lang)}</ButtonLink></p>
        <h2>{i18n::patients::templates_of_structure(lang)}</h2>
        <p class="field-hint">{i18n::patients::templates_of_structure_what(lang)}</p>
        <p><ButtonLink href=templates>{i18n::patients::templates_manage(lang)}</ButtonLink></p>
    }
    .into_any()
}

fn templates(sheet: TemplatesSheet) -> AnyView {
    let lang = i18n::lang();
    let home = path(&sheet.structure);
    view! {
        <p><ButtonLink href=home.clone()>{words::back(lang, &sheet.structure_name)}</ButtonLink></p>
        <p class="field-hint">{i18n::patients::templates_of_structure_what(lang)}</p>
        {keeping(&[&home, "/modeles"].concat(), sheet.page)}
    }
    .into_any()
}

fn box_line(one: BoxLine, base: &str) -> AnyView {
    let lang = i18n::lang();
    let suspended = one.suspended.then(|| view! { " "<Badge tone="danger" text=words::state_suspended(lang)/> });
    let accept = (!one.accepted).then(|| {
        view! {
            <form method="post" action=base.to_owned() class="form-acts">
                <input type="hidden" name="boite" value=one.account.clone()/>
                <p class="field-hint">{words::purpose_waits(lang)}</p>
                <button class="button" data-variant="primary" type="submit" name="op" value="finalite" aria-label=words::purpose_accept_named(lang, &one.address)>{words::purpose_accept(lang)}</button>
            </form>
        }
    });
    let open_to = (!one.software).then(|| {
        let names: Vec<String> =
            one.open_to.iter().map(|(name, role)| [name, " (", role_words(lang, *role), ")"].concat()).collect();
        if names.is_empty() { words::open_to_none(lang).to_owned() } else { words::open_to(lang, &names.join(", ")) }
    });
    view! {
        <li>
            <div>
                <p class="strong">{one.name}" "<span class="field-hint">{one.address}</span>{suspended}</p>
                <p>{one.purpose}</p>
                <p class="field-hint">{words::answers_for_it(lang, &one.professional, &one.rpps)}</p>
                {open_to.map(|text| view! { <p class="field-hint">{text}</p> })}
            </div>
            {accept}
        </li>
    }
    .into_any()
}

fn member_head(one: &MemberLine, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let moment = |local: &str| date::moment(lang, local, now_local);
    let mut facts = vec![one.function.clone()];
    facts.push(match (&one.ended_local, one.state) {
        (Some(ended), _) => words::ended_at(lang, &moment(ended)),
        (None, MemberState::Invited | MemberState::Expired) => words::invited_at(lang, &moment(&one.since_local)),
        _ => words::since(lang, &moment(&one.since_local)),
    });
    let admin = match one.admin {
        "yes" => Some(("ok", words::admin(lang))),
        "named" => Some(("warning", words::admin_named(lang))),
        _ => None,
    };
    let admin = admin.map(|(tone, text)| view! { " "<Badge tone=tone text=text/> });
    let email = one.email.clone().map(|email| view! { " "<span class="field-hint">{email}</span> });
    let badge = one.state.badge(lang).map(|badge| view! { " "{badge} });
    view! {
        <div>
            <p class="strong">{one.name.clone()}{badge}{admin}{email}</p>
            <p class="field-hint">{facts.join(" · ")}</p>
        </div>
    }
    .into_any()
}

fn member_line(one: MemberLine, base: &str, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let href = [base, "/personne/", &one.id].concat();
    let waiting = matches!(one.state, MemberState::Invited | MemberState::Expired);
    let remind = waiting.then(|| {
        view! {
            <form method="post" action=base.to_owned()>
                <input type="hidden" name="membre" value=one.id.clone()/>
                <button class="button" type="submit" name="op" value="relancer">{i18n::delegation::remind(lang)}</button>
            </form>
        }
    });
    view! {
        <li>
            {member_head(&one, now_local)}
            <a class="button" href=href aria-label=words::open_person_named(lang, &one.name)>{words::open_person(lang)}</a>
            {remind}
        </li>
    }
    .into_any()
}

fn invite(base: &str, typed: InviteTyped, error: Option<&(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let fields = ["qui", "nom", "fonction"];
    let opened = error.is_some_and(|(at, _)| fields.contains(&at.as_str()));
    view! {
        <details open=opened class="unfold">
            <summary>{words::invite(lang)}</summary>
            <p class="field-hint">{words::invite_lead(lang)}</p>
            <form method="post" action=base.to_owned()>
                <Field id="qui" name="qui" label=words::who(lang) hint=words::who_hint(lang) value=typed.who error=fault(error, "qui")
                    autocomplete="off" maxlength="254" required=true/>
                <Field id="nom" name="nom" label=i18n::delegation::name(lang) value=typed.name error=fault(error, "nom") autocomplete="off"
                    maxlength="100" required=true/>
                <Field id="fonction" name="fonction" label=words::function(lang) hint=words::function_hint(lang) value=typed.function
                    error=fault(error, "fonction") autocomplete="off" maxlength="100" required=true/>
                <Checkbox id="admin" name="admin" label=words::invite_admin(lang) checked=typed.admin/>
                <Button variant="primary" name="op" value="inviter">{words::invite_submit(lang)}</Button>
            </form>
        </details>
    }
    .into_any()
}

fn groups(base: &str, list: Vec<GroupLine>, typed: &str, error: Option<&(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let none = list.is_empty().then(|| view! { <p class="field-hint">{words::groups_none(lang)}</p> });
    let rows = list
        .into_iter()
        .map(|(id, name, count)| {
            let href = [base, "/groupe/", &id].concat();
            view! {
                <li>
                    <div><p class="strong">{name.clone()}</p><p class="field-hint">{words::group_count(lang, count)}</p></div>
                    <a class="button" href=href aria-label=words::open_person_named(lang, &name)>{words::open_person(lang)}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        {none}
        <ul class="sessions">{rows}</ul>
        <form method="post" action=base.to_owned()>
            <Field id="groupe" name="groupe" label=words::group_name(lang) value=typed.to_owned() error=fault(error, "groupe")
                autocomplete="off" maxlength="100" required=true/>
            <Button name="op" value="groupe">{words::group_create(lang)}</Button>
        </form>
    }
    .into_any()
}
