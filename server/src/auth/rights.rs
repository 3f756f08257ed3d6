//! The one decision: may this person do this with this BAL? A handler that touches a BAL takes an `Acting<R>`, which
//! only `acting` (and `Granted`, the same decision made for a row of the table of routes) can make.

use std::collections::HashSet;
use std::marker::PhantomData;

use store::{Actor, delegations::USED_EVERY_MS, organisations::Admin, rights::Access};
use wire::{
    id::{AccountId, MemberId, OrganisationId},
    portal::Action,
};

use super::{Caller, sessions};
use crate::state::State;

/// A right as a type: what an `Acting` was asked for.
pub trait Right: std::marker::Send + Sync + 'static {
    const ACTION: Action;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Right for $name {
            const ACTION: Action = Action::$name;
        }
    )*};
}

rights! {
    /// See everything in the BAL.
    Read;
    /// Move, mark, delete; make folders.
    Sort;
    /// Write drafts and upload files.
    Draft;
    /// Send in the name of the BAL.
    Send;
    /// Give rights to others, change the BAL itself.
    Manage;
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum RightError {
    /// No such BAL, or nothing of it is for this person: both look the same (`accountNotFound`).
    #[error("no such account")]
    NotFound,
    /// It may be read, but this needs more (`accountReadOnly`).
    #[error("the account may only be read")]
    ReadOnly,
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The proof that the caller may do `R` in one BAL, now. Lives no longer than the request.
#[derive(Debug, Clone)]
pub struct Acting<R> {
    account: AccountId,
    caller: Caller,
    right: PhantomData<R>,
}

impl<R: Right> Acting<R> {
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who the write is traced to.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }
}

/// What the caller may do in one BAL, read once for a request.
#[derive(Debug, Clone)]
pub struct Granted {
    account: AccountId,
    caller: Caller,
    actions: Vec<Action>,
}

impl Granted {
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Is the action allowed?
    ///
    /// # Errors
    /// `ReadOnly` when it is not.
    pub fn require(&self, action: Action) -> Result<(), RightError> {
        if self.actions.contains(&action) { Ok(()) } else { Err(RightError::ReadOnly) }
    }

    /// The proof of one right.
    ///
    /// # Errors
    /// `ReadOnly` when the person lacks it.
    pub fn acting<R: Right>(&self) -> Result<Acting<R>, RightError> {
        self.require(R::ACTION)?;
        Ok(Acting { account: self.account, caller: self.caller.clone(), right: PhantomData })
    }
}

/// Reads from the database what `caller` may do in `account`, now.
///
/// # Errors
/// `NotFound` when there is no such BAL or reading it is not allowed.
pub async fn granted(state: &State, caller: &Caller, account: AccountId) -> Result<Granted, RightError> {
    let Access { actions, delegation } = state.store.access(caller.person, account).await?;
    if !actions.contains(&Action::Read) {
        return Err(RightError::NotFound);
    }
    if let Some((delegation, used_at)) = delegation
        && used_at.is_none_or(|used_at| used_at + USED_EVERY_MS <= state.clock.now_ms())
        && let Err(error) = state.store.delegation_used(account, delegation).await
    {
        tracing::warn!(%error, "the use of a delegation could not be noted");
    }
    Ok(Granted { account, caller: caller.clone(), actions })
}

/// The proof that the caller runs the account in their own right, not by a delegation: asked for by what only the holder
/// may do (give rights to others, close the BAL).
///
/// # Errors
/// `NotFound`, `ReadOnly`, or the store's.
pub async fn holding(state: &State, caller: &Caller, account: AccountId) -> Result<Acting<Manage>, RightError> {
    let acting = acting::<Manage>(state, caller, account).await?;
    if state.store.holds(caller.person, account).await? { Ok(acting) } else { Err(RightError::ReadOnly) }
}

/// The proof that the caller administers a structure, now: who is there, and accepted to. It gives no right over mail.
#[derive(Debug, Clone)]
pub struct Administering {
    organisation: OrganisationId,
    member: MemberId,
    caller: Caller,
}

impl Administering {
    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// Who they are in the structure.
    pub fn member(&self) -> MemberId {
        self.member
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who the write is traced to.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }
}

/// Does the caller administer this structure? Software never does.
///
/// # Errors
/// `NotFound`, also where there is no such structure; the store's.
pub async fn administering(
    state: &State,
    caller: &Caller,
    organisation: OrganisationId,
) -> Result<Administering, RightError> {
    if caller.session.is_none() {
        return Err(RightError::NotFound);
    }
    let found = state.store.memberships(caller.person).await?;
    let found = found.into_iter().find(|one| one.organisation == organisation && one.admin == Admin::Accepted);
    let member = found.ok_or(RightError::NotFound)?.id;
    Ok(Administering { organisation, member, caller: caller.clone() })
}

/// Does what the caller came with still live, and may they still do this? Asked again and again while an answer is under
/// way. A database that is away for a moment decides nothing.
pub async fn still(state: &State, caller: &Caller, account: AccountId, action: Action) -> bool {
    let decided = async {
        if !sessions::still_alive(state, caller).await? {
            return Ok(false);
        }
        Ok(state.store.rights_on(caller.person, account).await?.contains(&action))
    };
    decided.await.unwrap_or_else(|error: store::Error| error.is_transient())
}

/// The accounts that the caller runs in their own right.
///
/// # Errors
/// The store's.
pub async fn own(state: &State, caller: &Caller) -> Result<HashSet<AccountId>, store::Error> {
    let rights = state.store.rights(caller.person).await?.into_iter();
    let own = rights.filter(|right| right.action == Action::Manage && right.is_own());
    Ok(own.map(|right| right.account).collect())
}

/// THE decision. Takes who and which BAL; `R` says for what.
///
/// # Errors
/// `NotFound` (unknown or foreign BAL), `ReadOnly` (known, but this is not allowed), or the store's.
pub async fn acting<R: Right>(state: &State, caller: &Caller, account: AccountId) -> Result<Acting<R>, RightError> {
    granted(state, caller, account).await?.acting()
}

/// The BALs that `caller` may read, each with what is allowed there.
///
/// # Errors
/// The store's.
pub async fn accounts(state: &State, caller: &Caller) -> Result<Vec<(AccountId, Vec<Action>)>, store::Error> {
    let mut accounts: Vec<(AccountId, Vec<Action>)> = Vec::new();
    for right in state.store.rights(caller.person).await? {
        match accounts.iter_mut().find(|(account, _)| *account == right.account) {
            Some((_, actions)) => actions.push(right.action),
            None => accounts.push((right.account, vec![right.action])),
        }
    }
    accounts.retain(|(_, actions)| actions.contains(&Action::Read));
    accounts.sort_by_key(|(account, _)| *account);
    Ok(accounts)
}
