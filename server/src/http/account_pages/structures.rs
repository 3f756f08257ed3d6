//! The structures one is in; and for who administers one, its people, groups and what each may do. Giving wants a fresh proof
//! of who asks, taking away and letting go never do. `review`, `software` and `templates` are pages of their own.

pub mod review;
pub mod software;
pub mod templates;

use app::pages::compte::{
    account::AccountPage,
    structure::{
        BoxLine, InviteTyped, MemberLine, MemberState, Membership, Memberships, StructurePage, StructureSheet,
        subject::SubjectSheet,
    },
};
use axum::{
    extract::{Path, Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use store::organisations::{Admin, Grant, Group, Member, State as Standing, StructureBox, Subject};
use wire::{
    delegation::DelegateRole,
    id::{AccountId, GroupId, MemberId, OrganisationId},
};

use super::{Asked, Said, done};
use crate::{
    auth::{
        Caller,
        rights::{self, Administering},
    },
    clock,
    error::Error,
    http::{
        extract::{Form, Fresh, Nonce},
        public::Spoken,
    },
    service::organisation::{self, OrganisationError, TypedMember, offer},
    state::State,
};

const HOME: &str = "/compte/structure";

/// The field and the code of a refusal; other failures pass.
pub(in crate::http) fn refused(error: OrganisationError) -> Result<(&'static str, &'static str), Error> {
    match error {
        OrganisationError::Field { field, code } => Ok((field, code)),
        OrganisationError::Gone => Ok(("", "structure-gone")),
        OrganisationError::Store(error) if error.is_not_found() => Err(Error::NotFound),
        OrganisationError::Store(error) => Err(error.into()),
        OrganisationError::Internal(error) => Err(error.into()),
    }
}

fn status(error: bool) -> StatusCode {
    if error { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

pub(super) async fn show(asked: Asked<'_>, error: bool, page: StructurePage, said: Said) -> Result<Response, Error> {
    asked.page(status(error), AccountPage::Structure(Box::new(page)), said).await
}

/// Addresses and purposes of the BALs of a structure.
pub(in crate::http) async fn purposes(state: &State, organisation: OrganisationId) -> Result<Vec<(String, String)>, Error> {
    let mut list = Vec::new();
    for one in state.store.structure_boxes(organisation).await? {
        list.push((state.store.account(one.account).await?.address, one.charge.purpose));
    }
    Ok(list)
}

async fn membership(state: &State, caller: &Caller, one: Member) -> Result<Membership, Error> {
    let structure = state.store.organisation(one.organisation).await?;
    let mut boxes = Vec::new();
    let open = rights::accounts(state, caller).await?;
    for found in organisation::shared_boxes(state, one.organisation).await? {
        let may = open.iter().find(|(account, _)| *account == found.account).map(|(_, may)| may);
        let role = may.and_then(|may| {
            DelegateRole::ALL.into_iter().rev().find(|role| role.actions().iter().all(|action| may.contains(action)))
        });
        if let Some(role) = role {
            boxes.push((found.account.to_string(), state.store.account(found.account).await?.address, role));
        }
    }
    let named = match one.admin {
        Admin::Named => Some(purposes(state, one.organisation).await?),
        _ => None,
    };
    Ok(Membership {
        structure: structure.id.to_string(),
        name: structure.name,
        function: one.function,
        administers: one.admin == Admin::Accepted,
        named,
        suspended: one.suspended_at.is_some(),
        boxes,
    })
}

async fn list_page(asked: Asked<'_>, error: Option<(String, String)>, said: Said) -> Result<Response, Error> {
    let mut list = Vec::new();
    for one in asked.state.store.memberships(asked.caller.person).await? {
        list.push(membership(asked.state, asked.caller, one).await?);
    }
    let refused = error.is_some();
    show(asked, refused, StructurePage::List(Memberships { list, error }), said).await
}

/// `GET /compte/structure`.
pub async fn list(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    list_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, said).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TakeUpForm {
    op: String,
    structure: String,
    finalite: String,
}

/// `POST /compte/structure`: who was named accepts to administer; who is a member leaves.
pub async fn take_up(
    AxumState(state): AxumState<State>,
    caller: Caller,
    fresh: Result<Fresh, Error>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TakeUpForm>,
) -> Result<Response, Error> {
    let structure: OrganisationId = form.structure.parse().map_err(|_| Error::NotFound)?;
    let result = if form.op == "quitter" {
        // It ends everything there, and only the structure can begin it again.
        fresh?;
        organisation::leave(&state, &caller, structure).await.map(|()| (HOME.to_owned(), "structure-gone-by-self"))
    } else {
        let taken = offer::take_up(&state, &caller, structure, !form.finalite.is_empty()).await;
        taken.map(|()| (format!("{HOME}/{structure}"), "structure-administers"))
    };
    match result {
        Ok((to, said)) => Ok(done(&to, said)),
        Err(error) => {
            let (_, code) = refused(error)?;
            let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
            list_page(asked, Some((form.structure, code.to_owned())), Said::default()).await
        }
    }
}

fn member_state(one: &Member, now: i64) -> MemberState {
    match one.state {
        Standing::Invited if one.is_waiting(now) => MemberState::Invited,
        Standing::Invited => MemberState::Expired,
        Standing::Active if one.suspended_at.is_some() => MemberState::Suspended,
        Standing::Active => MemberState::Active,
        Standing::Refused => MemberState::Refused,
        Standing::Left => MemberState::Left,
    }
}

fn admin_word(admin: Admin) -> &'static str {
    match admin {
        Admin::No => "no",
        Admin::Named => "named",
        Admin::Accepted => "yes",
    }
}

fn member_line(one: &Member, now: i64, zone: &str) -> MemberLine {
    let local = |ms: i64| clock::local_minutes(ms, zone);
    MemberLine {
        id: one.id.to_string(),
        name: one.name.clone(),
        function: one.function.clone(),
        email: one.email.clone(),
        state: member_state(one, now),
        admin: admin_word(one.admin),
        since_local: local(one.answered_at.unwrap_or(one.created_at)),
        ended_local: one.ended_at.map(local),
    }
}

/// What a member may do in a BAL, by themself and by their groups.
pub(super) fn role_in(member: MemberId, account: AccountId, groups: &[Group], grants: &[Grant]) -> Option<DelegateRole> {
    let inside = groups.iter().filter(|group| group.members.contains(&member)).map(|group| Subject::Group(group.id));
    let subjects: Vec<Subject> = inside.chain([Subject::Member(member)]).collect();
    let of = |grant: &&Grant| grant.account == account && subjects.iter().any(|subject| grant.is_of(*subject));
    grants.iter().filter(of).map(|grant| grant.role).max()
}

/// What is known of a structure, read once for a page.
struct Known {
    boxes: Vec<StructureBox>,
    members: Vec<Member>,
    groups: Vec<Group>,
    grants: Vec<Grant>,
    accepted: Vec<AccountId>,
}

impl Known {
    async fn of(state: &State, acting: &Administering) -> Result<Self, Error> {
        let (store, structure) = (&state.store, acting.organisation());
        Ok(Self {
            boxes: store.structure_boxes(structure).await?,
            members: store.structure_members(structure).await?,
            groups: store.structure_groups(structure).await?,
            grants: store.structure_grants(structure).await?,
            accepted: store.structure_purposes(structure, acting.member()).await?,
        })
    }

    async fn box_line(&self, state: &State, one: &StructureBox) -> Result<BoxLine, Error> {
        let account = state.store.account(one.account).await?;
        let open_to = |member: &Member| {
            let role = role_in(member.id, one.account, &self.groups, &self.grants)?;
            (member.state == Standing::Active && member.suspended_at.is_none()).then(|| (member.name.clone(), role))
        };
        Ok(BoxLine {
            account: one.account.to_string(),
            address: account.address,
            name: account.name,
            purpose: one.charge.purpose.clone(),
            professional: one.charge.professional.clone(),
            rpps: one.charge.rpps.clone(),
            software: one.software,
            suspended: one.suspended_at.is_some(),
            accepted: self.accepted.contains(&one.account),
            open_to: self.members.iter().filter_map(open_to).collect(),
        })
    }
}

/// The page of a structure, with what was typed in a form that was refused.
async fn home_page(
    asked: Asked<'_>,
    acting: &Administering,
    (invite, group): (InviteTyped, String),
    error: Option<(&str, &str)>,
    said: Said,
) -> Result<Response, Error> {
    let (state, zone) = (asked.state, asked.zone().await?);
    let (structure, known) = (state.store.organisation(acting.organisation()).await?, Known::of(state, acting).await?);
    let now = state.clock.now_ms();
    let mut boxes = Vec::new();
    for one in &known.boxes {
        boxes.push(known.box_line(state, one).await?);
    }
    let review = state.store.review_latest(structure.id).await?.filter(|review| review.closed_at.is_none());
    let page = StructureSheet {
        id: structure.id.to_string(),
        name: structure.name,
        finess: structure.finess,
        boxes,
        members: known.members.iter().map(|one| member_line(one, now, &zone)).collect(),
        groups: known.groups.iter().map(|one| (one.id.to_string(), one.name.clone(), one.members.len() as u64)).collect(),
        review: review
            .map(|one| (one.waiting() as u64, clock::local_minutes(one.due_at, &zone), one.suspended_at.is_some())),
        invite,
        group,
        error: error.map(|(field, code)| (field.to_owned(), code.to_owned())),
    };
    let refused = page.error.is_some();
    show(asked, refused, StructurePage::Home(page), said).await
}

/// `GET /compte/structure/{structure}`.
pub async fn home(
    AxumState(state): AxumState<State>,
    acting: Administering,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    home_page(asked, &acting, Default::default(), None, said).await
}

async fn subject_page(
    asked: Asked<'_>,
    acting: &Administering,
    subject: Subject,
    error: Option<(&str, &str)>,
    said: Said,
) -> Result<Response, Error> {
    let (state, known) = (asked.state, Known::of(asked.state, acting).await?);
    let structure = state.store.organisation(acting.organisation()).await?;
    let mut page = SubjectSheet {
        structure: structure.id.to_string(),
        structure_name: structure.name,
        error: error.map(|(field, code)| (field.to_owned(), code.to_owned())),
        ..SubjectSheet::default()
    };
    for one in known.boxes.iter().filter(|one| !one.software) {
        let role = known.grants.iter().find(|grant| grant.account == one.account && grant.is_of(subject));
        let address = state.store.account(one.account).await?.address;
        let accepted = known.accepted.contains(&one.account);
        page.boxes.push((one.account.to_string(), address, role.map(|grant| grant.role), accepted));
    }
    match subject {
        Subject::Group(id) => {
            let group = known.groups.iter().find(|group| group.id == id).ok_or(Error::NotFound)?;
            (page.id, page.is_group, page.name) = (id.to_string(), true, group.name.clone());
            let there = known.members.iter().filter(|one| matches!(one.state, Standing::Active | Standing::Invited));
            page.others = there.map(|one| (one.id.to_string(), one.name.clone(), group.members.contains(&one.id))).collect();
        }
        Subject::Member(id) => person_of(&mut page, &known, id)?,
    }
    let refused = page.error.is_some();
    show(asked, refused, StructurePage::Subject(page), said).await
}

fn person_of(page: &mut SubjectSheet, known: &Known, id: MemberId) -> Result<(), Error> {
    let found = known.members.iter().find(|one| one.id == id).ok_or(Error::NotFound)?;
    if !matches!(found.state, Standing::Active | Standing::Invited) {
        return Err(Error::NotFound);
    }
    (page.id, page.name, page.function) = (id.to_string(), found.name.clone(), found.function.clone());
    page.others = known.groups.iter().map(|one| (one.id.to_string(), one.name.clone(), one.members.contains(&id))).collect();
    (page.admin, page.active) = (admin_word(found.admin), found.state == Standing::Active);
    let there = |one: &&Member| one.state == Standing::Active && one.id != id;
    let others = known.members.iter().filter(there).any(|one| one.admin == Admin::Accepted);
    page.successors = (found.admin == Admin::Accepted && !others)
        .then(|| known.members.iter().filter(there).map(|one| (one.id.to_string(), one.name.clone())).collect());
    Ok(())
}

/// `GET /compte/structure/{structure}/personne/{member}`.
pub async fn person(
    AxumState(state): AxumState<State>,
    acting: Administering,
    Path((_, member)): Path<(String, String)>,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let subject = Subject::Member(member.parse().map_err(|_| Error::NotFound)?);
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    subject_page(asked, &acting, subject, None, said).await
}

/// `GET /compte/structure/{structure}/groupe/{group}`.
pub async fn group(
    AxumState(state): AxumState<State>,
    acting: Administering,
    Path((_, group)): Path<(String, String)>,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let subject = Subject::Group(group.parse().map_err(|_| Error::NotFound)?);
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    subject_page(asked, &acting, subject, None, said).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ActForm {
    op: String,
    membre: String,
    groupe: String,
    boite: String,
    role: String,
    successeur: String,
    depuis: String,
    qui: String,
    nom: String,
    fonction: String,
    admin: String,
}

impl ActForm {
    fn member(&self) -> Result<MemberId, Error> {
        self.membre.parse().map_err(|_| Error::NotFound)
    }

    fn group(&self) -> Result<GroupId, Error> {
        self.groupe.parse().map_err(|_| Error::NotFound)
    }

    fn account(&self) -> Result<AccountId, Error> {
        self.boite.parse().map_err(|_| Error::NotFound)
    }

    /// Whom a role is given to.
    fn subject(&self) -> Result<Subject, Error> {
        if self.groupe.is_empty() { self.member().map(Subject::Member) } else { self.group().map(Subject::Group) }
    }

    fn typed(&self) -> TypedMember {
        TypedMember {
            who: self.qui.clone(),
            name: self.nom.clone(),
            function: self.fonction.clone(),
            admin: !self.admin.is_empty(),
        }
    }

    /// What is shown again when it is refused.
    fn kept(&self) -> (InviteTyped, String) {
        let TypedMember { who, name, function, admin } = self.typed();
        let group = if self.op == "groupe" { self.groupe.clone() } else { String::new() };
        (InviteTyped { who, name, function, admin }, group)
    }
}

/// Where a refusal or a success is shown: the page of a person or a group, or the structure's.
fn place(acting: &Administering, subject: Option<Subject>) -> String {
    let home = format!("{HOME}/{}", acting.organisation());
    match subject {
        Some(Subject::Member(id)) => format!("{home}/personne/{id}"),
        Some(Subject::Group(id)) => format!("{home}/groupe/{id}"),
        None => home,
    }
}

type Outcome = Result<&'static str, OrganisationError>;

/// What is given: an invitation, more in a BAL, a place in a group, administering. `fresh`: who asks proved who they are.
async fn give(
    state: &State,
    acting: &Administering,
    fresh: Result<Fresh, Error>,
    form: &ActForm,
) -> Result<Option<(Option<Subject>, Outcome)>, Error> {
    Ok(Some(match form.op.as_str() {
        "inviter" => {
            fresh?;
            let made = organisation::invite(state, acting.actor(), acting.organisation(), &form.typed()).await;
            (None, made.map(|_| "structure-invited"))
        }
        "relancer" => {
            fresh?;
            (None, organisation::remind(state, acting, form.member()?).await.map(|()| "structure-reminded"))
        }
        "droit" => {
            let (subject, account) = (form.subject()?, form.account()?);
            let role = DelegateRole::from_code(&form.role);
            if organisation::gives_more(state, acting, subject, account, role).await? {
                fresh?;
            }
            let given = organisation::grant(state, acting, subject, account, role).await;
            (Some(subject), given.map(|()| "structure-granted"))
        }
        "entrer" | "sortir" => {
            let (group, member, inside) = (form.group()?, form.member()?, form.op == "entrer");
            if inside {
                fresh?;
            }
            let put = state.store.structure_group_put(acting.actor(), acting.organisation(), group, member, inside).await;
            let from = if form.depuis == "personne" { Subject::Member(member) } else { Subject::Group(group) };
            (Some(from), put.map(|()| "structure-group").map_err(Into::into))
        }
        "nommer" => {
            fresh?;
            let (member, of) = (form.member()?, acting.organisation());
            let named = organisation::name_administrator(state, acting.actor(), (of, member), true).await;
            (Some(Subject::Member(member)), named.map(|()| "structure-named"))
        }
        _ => return Ok(None),
    }))
}

/// What is arranged or taken away.
async fn arrange(state: &State, acting: &Administering, form: &ActForm) -> Result<(Option<Subject>, Outcome), Error> {
    let (store, of) = (&state.store, acting.organisation());
    Ok(match form.op.as_str() {
        "groupe" => (None, organisation::group(state, acting, &form.groupe).await.map(|_| "structure-group")),
        "dissoudre" => {
            let ended = store.structure_group_delete(acting.actor(), of, form.group()?).await;
            (None, ended.map(|()| "structure-group-ended").map_err(Into::into))
        }
        "finalite" => {
            let (account, text) = (form.account()?, organisation::engagement());
            let accepted = store.structure_purpose_accept(acting.actor(), of, acting.member(), account, text).await;
            (None, accepted.map(|()| "structure-purpose").map_err(Into::into))
        }
        "demettre" => {
            let member = form.member()?;
            let ended = organisation::name_administrator(state, acting.actor(), (of, member), false).await;
            (Some(Subject::Member(member)), ended.map(|()| "structure-named"))
        }
        "depart" => {
            let member = form.member()?;
            let successor = match form.successeur.as_str() {
                "" => None,
                id => Some(id.parse().map_err(|_| Error::NotFound)?),
            };
            let gone = organisation::depart(state, acting.actor(), of, member, successor).await;
            let said =
                gone.map(|one| if one.state == Standing::Active { "structure-departed" } else { "structure-withdrawn" });
            (Some(Subject::Member(member)), said)
        }
        _ => return Err(Error::BadRequest("bad-form")),
    })
}

/// `POST /compte/structure/{structure}`.
pub async fn act(
    AxumState(state): AxumState<State>,
    acting: Administering,
    fresh: Result<Fresh, Error>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ActForm>,
) -> Result<Response, Error> {
    let given = give(&state, &acting, fresh, &form).await?;
    let (subject, outcome) = match given {
        Some(given) => given,
        None => arrange(&state, &acting, &form).await?,
    };
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    match (outcome, subject) {
        // Who left has no page any more; who let themself go administers nothing any more.
        (Ok(said @ ("structure-departed" | "structure-withdrawn")), Some(Subject::Member(id))) if id == acting.member() => {
            Ok(done(HOME, said))
        }
        (Ok(said @ ("structure-departed" | "structure-withdrawn")), _) => Ok(done(&place(&acting, None), said)),
        (Ok(said), Some(Subject::Member(id))) if form.op == "demettre" && id == acting.member() => Ok(done(HOME, said)),
        (Ok(said), subject) => Ok(done(&place(&acting, subject), said)),
        (Err(error), Some(subject)) => {
            let at = refused(error)?;
            subject_page(asked, &acting, subject, Some(at), Said::default()).await
        }
        (Err(error), None) => {
            let at = refused(error)?;
            home_page(asked, &acting, form.kept(), Some(at), Said::default()).await
        }
    }
}
