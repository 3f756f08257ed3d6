//! Who may open one's BALs: invite, renew, limit, end; and giving up what one was given. Giving wants a fresh proof of who
//! asks, taking away never does.

use app::pages::compte::{
    account::AccountPage,
    delegations::{Delegations, Given, GivenBox, Invitation, Received, Standing},
};
use axum::{
    extract::{Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use store::delegations::{Delegation, State as Kept};
use wire::{
    id::{AccountId, DelegationId, PersonId},
    portal::Action,
};

use super::{Asked, Said, done, outside::managing, status_of};
use crate::{
    auth::{Caller, rights},
    clock,
    error::Error,
    http::{
        extract::{Form, Fresh, Nonce},
        public::Spoken,
    },
    service::delegation::{self, DelegationError, Typed, offer},
    state::State,
};

const HOME: &str = "/compte/delegations";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ActForm {
    boite: String,
    delegation: String,
    op: String,
    role: String,
    au: String,
    atteste: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InviteForm {
    boite: String,
    qui: String,
    courriel: String,
    nom: String,
    role: String,
    du: String,
    au: String,
    motif: String,
    atteste: String,
}

/// Which delegation that is over is offered again, and of which BAL.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Again {
    boite: String,
    encore: String,
}

fn standing(one: &Delegation, now: i64) -> Standing {
    match one.state_at(now) {
        Kept::Invited => Standing::Invited,
        Kept::Active if one.from_at > now => Standing::Later,
        Kept::Active => Standing::Active,
        Kept::Refused => Standing::Refused,
        Kept::Ended => Standing::Ended,
    }
}

/// The last day of a delegation ends when the next one begins.
fn last_moment(one: &Delegation, zone: &str) -> String {
    clock::local_minutes(one.to_at - 1, zone)
}

async fn given(state: &State, one: Delegation, zone: &str) -> Result<Given, Error> {
    let now = state.clock.now_ms();
    let name = match one.person {
        Some(person) => state.store.person(person).await?.name,
        None => one.name.clone(),
    };
    let local = |ms: i64| clock::local_minutes(ms, zone);
    Ok(Given {
        id: one.id.to_string(),
        name,
        standing: standing(&one, now),
        from_local: local(one.from_at.max(one.answered_at.unwrap_or(one.from_at))),
        to_local: last_moment(&one, zone),
        invited_local: local(one.created_at),
        ended_local: one.end_at(now).map(local),
        used_local: one.used_at.map(local),
        signed: one.secrecy.is_some(),
        email: one.email,
        role: one.role,
        reason: one.reason,
    })
}

async fn received(state: &State, one: Delegation, zone: &str) -> Result<Received, Error> {
    let account = state.store.account(one.account).await?;
    Ok(Received {
        account: one.account.to_string(),
        id: one.id.to_string(),
        name: account.name,
        address: account.address,
        role: one.role,
        standing: standing(&one, state.clock.now_ms()),
        from_local: clock::local_minutes(one.from_at, zone),
        to_local: last_moment(&one, zone),
    })
}

/// The page; `error`: which delegation, and the code.
async fn page(asked: Asked<'_>, error: Option<(String, &str)>, said: Said) -> Result<Response, Error> {
    let (state, caller, zone) = (asked.state, asked.caller, asked.zone().await?);
    let own = rights::own(state, caller).await?;
    let mut page = Delegations { error: error.map(|(id, code)| (id, code.to_owned())), ..Delegations::default() };
    for (account, may) in rights::accounts(state, caller).await? {
        if !may.contains(&Action::Manage) {
            continue;
        }
        let mut lines = Vec::new();
        for one in state.store.delegations(account).await? {
            lines.push(given(state, one, &zone).await?);
        }
        let address = state.store.account(account).await?.address;
        page.boxes.push(GivenBox { account: account.to_string(), address, own: own.contains(&account), given: lines });
    }
    for one in state.store.delegations_received(caller.person).await? {
        page.received.push(received(state, one, &zone).await?);
    }
    let status = if page.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    asked.page(status, AccountPage::Delegations(Box::new(page)), said).await
}

/// `GET /compte/delegations`.
pub async fn list(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, said).await
}

/// `POST /compte/delegations`: sends the link again, renews or limits, ends, gives up.
pub async fn act(
    AxumState(state): AxumState<State>,
    caller: Caller,
    fresh: Result<Fresh, Error>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ActForm>,
) -> Result<Response, Error> {
    let id: DelegationId = form.delegation.parse().map_err(|_| Error::NotFound)?;
    if form.op == "renoncer" {
        let account: AccountId = form.boite.parse().map_err(|_| Error::NotFound)?;
        return match offer::leave(&state, &caller, account, id).await {
            Ok(()) => Ok(done(HOME, "delegation-left")),
            Err(error) => refused(error).map(|_| done(HOME, "failed")),
        };
    }
    let acting = managing(&state, &caller, &form.boite).await?;
    let wished = (form.role.as_str(), form.au.as_str());
    let (said, result) = match form.op.as_str() {
        "retirer" => ("delegation-ended", delegation::end(&state, &acting, id).await),
        "relancer" => ("delegation-reminded", delegation::remind(&state, &acting, id).await),
        "changer" => {
            if delegation::gives_more(&state, &acting, id, wished).await? {
                fresh?;
            }
            ("delegation-changed", delegation::change(&state, &acting, id, wished, !form.atteste.is_empty()).await)
        }
        _ => return Err(Error::BadRequest("bad-form")),
    };
    match result {
        Ok(()) => Ok(done(HOME, said)),
        Err(error) => {
            let (_, code) = refused(error)?;
            let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
            page(asked, Some((form.delegation, code)), Said::default()).await
        }
    }
}

/// The field and the code of a refusal; other failures pass.
fn refused(error: DelegationError) -> Result<(&'static str, &'static str), Error> {
    match error {
        DelegationError::Field { field, code } => Ok((field, code)),
        DelegationError::Gone => Ok(("", "delegation-gone")),
        DelegationError::Store(error) if error.is_not_found() => Err(Error::NotFound),
        DelegationError::Store(error) => Err(error.into()),
        DelegationError::Internal(error) => Err(error.into()),
    }
}

async fn form_page(asked: Asked<'_>, form: InviteForm, error: Option<(&str, &str)>) -> Result<Response, Error> {
    let state = asked.state;
    let mut boxes = Vec::new();
    for account in rights::own(state, asked.caller).await? {
        boxes.push((account.to_string(), state.store.account(account).await?.address));
    }
    if boxes.is_empty() {
        return Err(Error::Forbidden);
    }
    boxes.sort();
    let page = Invitation {
        boxes,
        account: form.boite,
        who: form.qui,
        email: form.courriel,
        name: form.nom,
        role: form.role,
        from: form.du,
        to: form.au,
        reason: form.motif,
        days: state.config.delegation.days.into(),
        error: error.map(|(field, code)| (field.to_owned(), code.to_owned())),
    };
    let status = status_of(error.map(|(_, code)| code));
    asked.page(status, AccountPage::Invitation(Box::new(page)), Said::default()).await
}

/// The form as it was filled in for a delegation that is over; the dates are asked anew.
async fn filled(state: &State, caller: &Caller, again: Again) -> Result<InviteForm, Error> {
    let id: DelegationId = again.encore.parse().map_err(|_| Error::NotFound)?;
    let account: AccountId = again.boite.parse().map_err(|_| Error::NotFound)?;
    rights::holding(state, caller, account).await?;
    let before = state.store.delegation(account, id).await?;
    // A number is not kept readable, and where somebody has a BAL here its address is what they are known by.
    let own = match before.person {
        Some(person) => own_address(state, person).await?,
        None => None,
    };
    let (who, email) = match (own, before.email) {
        (Some(address), email) => (address, email.unwrap_or_default()),
        (None, Some(email)) if before.by_national_id => (String::new(), email),
        (None, email) => (email.unwrap_or_default(), String::new()),
    };
    Ok(InviteForm {
        boite: again.boite,
        qui: who,
        courriel: email,
        nom: before.name,
        role: before.role.code().to_owned(),
        motif: before.reason,
        ..InviteForm::default()
    })
}

/// The address of the first BAL that a person runs in their own right.
async fn own_address(state: &State, person: PersonId) -> Result<Option<String>, Error> {
    let rights = state.store.rights(person).await?;
    match rights.into_iter().find(|right| right.action == Action::Manage && right.is_own()) {
        Some(right) => Ok(Some(state.store.account(right.account).await?.address)),
        None => Ok(None),
    }
}

/// `GET /compte/delegations/inviter`: empty, or as for a delegation that is over (`?boite=…&encore=…`).
pub async fn invite_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Query(again): Query<Again>,
) -> Result<Response, Error> {
    let form = if again.encore.is_empty() { InviteForm::default() } else { filled(&state, &caller, again).await? };
    form_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, form, None).await
}

/// `POST /compte/delegations/inviter`.
pub async fn invite(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<InviteForm>,
) -> Result<Response, Error> {
    let account: AccountId = form.boite.parse().map_err(|_| Error::NotFound)?;
    let acting = rights::holding(&state, &caller, account).await?;
    let typed = Typed {
        who: form.qui.clone(),
        email: form.courriel.clone(),
        name: form.nom.clone(),
        role: form.role.clone(),
        from: form.du.clone(),
        to: form.au.clone(),
        reason: form.motif.clone(),
        attested: !form.atteste.is_empty(),
    };
    match delegation::invite(&state, &acting, &typed).await {
        Ok(_) => Ok(done(HOME, "delegation-invited")),
        Err(error) => {
            let at = refused(error)?;
            form_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, form, Some(at)).await
        }
    }
}
