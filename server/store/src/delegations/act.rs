//! What changes delegations. Each act locks the BAL, changes the delegation and the rights that stand for it, and leaves
//! its trace, in one transaction.

use futures::FutureExt;
use serde_json::{Value, json};
use wire::delegation::DelegateRole;
use wire::id::{AccountId, DelegationId, PersonId};

use super::{Delegation, NewDelegation, Sealed, SignedText, State, TABLE, national_code, one};
use crate::db::{Tx, args, statements};
use crate::keys::Owner;
use crate::persons::{self, NewPerson};
use crate::professionals::{self, Identity, PscNames};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store, credentials};

statements! {
    /// Two acts on the delegations of one BAL come one after the other.
    LOCK = "UPDATE account SET created_at = created_at WHERE account_id = $1 AND closed_at IS NULL RETURNING account_id";
    LAPSE_INVITED = "UPDATE delegation SET state = 3, ended_at = expires_at
        WHERE account_id = $1 AND state = 0 AND expires_at <= $2";
    LAPSE = "UPDATE delegation SET state = 3, ended_at = to_at WHERE account_id = $1 AND state IN (0, 1) AND to_at <= $2";
    /// Those that wait, and those of the last day: each of them wrote to somebody.
    MADE = "SELECT COUNT(*) FROM delegation WHERE account_id = $1 AND (state = 0 OR created_at > $2)";
    LIVE = "SELECT delegation_id FROM delegation
        WHERE account_id = $1 AND person_id = $2 AND state IN (0, 1) AND delegation_id <> $3 LIMIT 1";
    OTHER_RIGHTS = "SELECT action FROM account_right WHERE account_id = $1 AND person_id = $2 AND delegation_id IS NULL
        AND (to_at IS NULL OR to_at > $3) LIMIT 1";
    INSERT = "INSERT INTO delegation (account_id, delegation_id, person_id, national_code, role, state, from_at, to_at,
        token_hash, expires_at, invited_by, created_at, attested, answered_at, secrecy, ended_at, used_at, warned,
        sealed) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10, $11, $12, NULL, NULL, NULL, NULL, 0, $13)";
    TEXT = "INSERT INTO signed_text (digest, kind, version, body, first_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (digest) DO NOTHING";
    BIND = "UPDATE delegation SET person_id = $3 WHERE account_id = $1 AND delegation_id = $2 AND state = 0
        AND person_id IS NULL";
    ACCEPT = "UPDATE delegation SET state = 1, person_id = $3, answered_at = $4, secrecy = $5
        WHERE account_id = $1 AND delegation_id = $2 AND state = 0";
    REFUSE = "UPDATE delegation SET state = 2, answered_at = $3 WHERE account_id = $1 AND delegation_id = $2 AND state = 0";
    REMIND = "UPDATE delegation SET token_hash = $3, expires_at = $4
        WHERE account_id = $1 AND delegation_id = $2 AND state = 0";
    CHANGE = "UPDATE delegation SET role = $3, to_at = $4, attested = $5, warned = 0
        WHERE account_id = $1 AND delegation_id = $2 AND state IN (0, 1)";
    LIMIT = "UPDATE delegation SET role = $3, to_at = $4, warned = 0
        WHERE account_id = $1 AND delegation_id = $2 AND state IN (0, 1)";
    END = "UPDATE delegation SET state = 3, ended_at = $3
        WHERE account_id = $1 AND delegation_id = $2 AND state IN (0, 1)";
    GRANT = "INSERT INTO account_right (person_id, account_id, action, from_at, to_at, delegation_id)
        VALUES ($1, $2, $3, $4, $5, $6)";
    END_RIGHTS = "UPDATE account_right SET to_at = $3
        WHERE account_id = $1 AND delegation_id = $2 AND from_at < $3 AND (to_at IS NULL OR to_at > $3)";
    DROP_RIGHTS = "DELETE FROM account_right WHERE account_id = $1 AND delegation_id = $2 AND from_at >= $3";
}

const DAY_MS: i64 = 86_400_000;

/// What becomes of a delegation that goes on.
#[derive(Debug, Clone)]
pub struct Change {
    pub role: DelegateRole,
    pub to_at: i64,
    /// Attested again: needed for everything that gives more than before.
    pub attested: Option<SignedText>,
}

/// Somebody who comes by an invitation and was not known here.
#[derive(Debug, Clone)]
pub struct Newcomer {
    pub person: NewPerson,
    /// The PHC string of the password, for those who sign in with one.
    pub password: Option<String>,
    /// For those whom the identity provider vouches for.
    pub psc: Option<(PscNames, Identity)>,
}

async fn lock(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.fetch_optional(LOCK, args![account]).await?.ok_or(Error::NotFound)?;
    let now = tx.now();
    tx.execute(LAPSE_INVITED, args![account, now]).await?;
    tx.execute(LAPSE, args![account, now]).await.map(drop)
}

/// One of a BAL that is locked; what is over by time is marked as ended.
async fn locked(tx: &mut Tx, account: AccountId, id: DelegationId) -> Result<Delegation> {
    lock(tx, account).await?;
    one(tx, account, id).await
}

/// Keeps a text as it was signed; its digest.
pub(crate) async fn keep(tx: &mut Tx, text: &SignedText) -> Result<[u8; 32]> {
    let (now, digest) = (tx.now(), text.digest());
    tx.execute(TEXT, args![digest, text.kind, text.version, text.body.as_str(), now]).await?;
    Ok(digest)
}

async fn leave(tx: &mut Tx, account: AccountId, kind: &'static str, actor: Actor, detail: Value) -> Result<()> {
    tx.touch(account.0);
    traces::trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), detail)).await
}

/// Nobody has two accesses to one BAL: neither a holder or member, nor somebody who is invited already.
async fn alone(tx: &mut Tx, account: AccountId, person: PersonId, but: DelegationId) -> Result<()> {
    let now = tx.now();
    let taken = tx.fetch_optional(LIVE, args![account, person, but]).await?.is_some()
        || tx.fetch_optional(OTHER_RIGHTS, args![account, person, now]).await?.is_some();
    if taken { Err(Error::Refused("delegation-already")) } else { Ok(()) }
}

async fn invite(tx: &mut Tx, actor: Actor, new: &NewDelegation) -> Result<DelegationId> {
    lock(tx, new.account).await?;
    let day_before = tx.now() - DAY_MS;
    if tx.fetch_one(MADE, args![new.account, day_before]).await?.int(0)? >= new.most {
        return Err(Error::Limit { what: "delegations" });
    }
    if let Some(person) = new.person {
        alone(tx, new.account, person, DelegationId(0)).await?;
    }
    let (now, random, id) = (tx.now(), tx.random(), tx.new_id());
    let keys = tx.keys(Owner::Account(new.account.0)).await?;
    let sealed = Sealed { name: new.name.clone(), reason: new.reason.clone(), email: new.email.clone() };
    let sealed = keys.seal_json(random.as_ref(), TABLE, id, &sealed)?;
    let national = match &new.national_id {
        Some(number) => Some(national_code(&*tx.keys(Owner::Operator).await?, number)),
        None => None,
    };
    let attested = keep(tx, &new.attested).await?;
    let row = args![
        new.account,
        id,
        new.person,
        national,
        new.role.code(),
        new.from_at,
        new.to_at,
        new.token,
        now + new.valid_ms,
        actor.person.ok_or(Error::Refused("nobody"))?,
        now,
        attested,
        sealed
    ];
    tx.execute(INSERT, row).await?;
    let detail = json!({
        "delegation": DelegationId(id), "person": new.person, "role": new.role.code(), "from": new.from_at, "to": new.to_at,
        "attestation": new.attested.version,
    });
    leave(tx, new.account, "delegation-invite", actor, detail).await?;
    Ok(DelegationId(id))
}

/// Writes the rights of a delegation as they are from now on.
async fn grant(tx: &mut Tx, delegation: &Delegation, person: PersonId) -> Result<()> {
    let from = delegation.from_at.max(tx.now());
    for action in delegation.role.actions() {
        let row = args![person, delegation.account, action.code(), from, delegation.to_at, delegation.id];
        tx.execute(GRANT, row).await?;
    }
    Ok(())
}

/// Takes the rights of a delegation away, from now on.
async fn take_away(tx: &mut Tx, account: AccountId, id: DelegationId) -> Result<()> {
    let now = tx.now();
    tx.execute(DROP_RIGHTS, args![account, id, now]).await?;
    tx.execute(END_RIGHTS, args![account, id, now]).await.map(drop)
}

async fn accept(
    tx: &mut Tx,
    actor: Actor,
    (account, id): (AccountId, DelegationId),
    person: PersonId,
    secrecy: Option<&SignedText>,
) -> Result<()> {
    let found = locked(tx, account, id).await?;
    if found.person.is_some_and(|bound| bound != person) {
        return Err(Error::NotFound);
    }
    if found.state != State::Invited {
        return Err(Error::Refused("delegation-gone"));
    }
    alone(tx, account, person, id).await?;
    let digest = match secrecy {
        Some(text) => Some(keep(tx, text).await?),
        None => None,
    };
    let now = tx.now();
    tx.execute(ACCEPT, args![account, id, person, now, digest]).await?;
    grant(tx, &found, person).await?;
    let detail = json!({
        "delegation": id, "role": found.role.code(), "from": found.from_at, "to": found.to_at,
        "secrecy": secrecy.map(|text| text.version), "bound_by_status": secrecy.is_none(),
    });
    leave(tx, account, "delegation-accept", actor, detail.clone()).await?;
    traces::trace(tx, Chain::Person(person), Trace::done("delegation-accept", actor, Some(account), detail)).await
}

async fn refuse(tx: &mut Tx, actor: Actor, account: AccountId, id: DelegationId) -> Result<()> {
    locked(tx, account, id).await?;
    let now = tx.now();
    if tx.execute(REFUSE, args![account, id, now]).await? == 0 {
        return Err(Error::Refused("delegation-gone"));
    }
    leave(tx, account, "delegation-refuse", actor, json!({"delegation": id})).await
}

async fn remind(tx: &mut Tx, actor: Actor, account: AccountId, id: DelegationId, token: [u8; 32], ms: i64) -> Result<()> {
    locked(tx, account, id).await?;
    let expires_at = tx.now() + ms;
    if tx.execute(REMIND, args![account, id, token, expires_at]).await? == 0 {
        return Err(Error::Refused("delegation-gone"));
    }
    leave(tx, account, "delegation-remind", actor, json!({"delegation": id})).await
}

async fn change(tx: &mut Tx, actor: Actor, account: AccountId, id: DelegationId, change: &Change) -> Result<Delegation> {
    let before = locked(tx, account, id).await?;
    if !matches!(before.state, State::Invited | State::Active) {
        return Err(Error::Refused("delegation-gone"));
    }
    let more = change.role > before.role || change.to_at > before.to_at;
    match &change.attested {
        Some(text) => {
            let digest = keep(tx, text).await?;
            tx.execute(CHANGE, args![account, id, change.role.code(), change.to_at, digest]).await?;
        }
        None if more => return Err(Error::Refused("attestation-needed")),
        None => {
            tx.execute(LIMIT, args![account, id, change.role.code(), change.to_at]).await?;
        }
    }
    let after = Delegation { role: change.role, to_at: change.to_at, ..before.clone() };
    if let (State::Active, Some(person)) = (before.state, before.person) {
        take_away(tx, account, id).await?;
        if change.to_at > tx.now() {
            grant(tx, &after, person).await?;
        }
    }
    let detail = json!({
        "delegation": id, "person": before.person, "role": [before.role.code(), change.role.code()],
        "to": [before.to_at, change.to_at], "attestation": change.attested.as_ref().map(|text| text.version),
    });
    leave(tx, account, "delegation-change", actor, detail).await?;
    Ok(after)
}

async fn end(tx: &mut Tx, actor: Actor, account: AccountId, id: DelegationId) -> Result<Option<Delegation>> {
    let before = locked(tx, account, id).await?;
    let now = tx.now();
    if tx.execute(END, args![account, id, now]).await? == 0 {
        return Ok(None);
    }
    take_away(tx, account, id).await?;
    let detail = json!({"delegation": id, "person": before.person});
    leave(tx, account, "delegation-end", actor, detail).await?;
    Ok(Some(before))
}

async fn newcomer(tx: &mut Tx, actor: Actor, account: AccountId, id: DelegationId, new: &Newcomer) -> Result<PersonId> {
    let found = locked(tx, account, id).await?;
    if found.state != State::Invited || found.person.is_some() {
        return Err(Error::Refused("delegation-gone"));
    }
    let person = PersonId(tx.new_id());
    let actor = Actor { person: Some(person), ..actor };
    persons::insert(tx, actor, &new.person, person).await?;
    if let Some(phc) = &new.password {
        credentials::set(tx, actor, person, phc).await?;
    }
    if let Some((names, identity)) = &new.psc {
        professionals::link(tx, names, person).await?;
        professionals::save(tx, person, identity).await?;
    }
    tx.execute(BIND, args![account, id, person]).await?;
    leave(tx, account, "delegation-newcomer", actor, json!({"delegation": id, "person": person})).await?;
    Ok(person)
}

impl Store {
    /// Invites somebody. `Limit` when too many invitations wait, `Refused("delegation-already")` when the person has an
    /// access to the BAL.
    pub async fn delegation_invite(&self, actor: Actor, new: NewDelegation) -> Result<DelegationId> {
        self.write((actor, new), |tx, (actor, new)| invite(tx, *actor, new).boxed()).await
    }

    /// A new link for an invitation that waits, instead of the one before. `Refused("delegation-gone")`.
    pub async fn delegation_remind(
        &self,
        actor: Actor,
        account: AccountId,
        id: DelegationId,
        token: [u8; 32],
        valid_ms: i64,
    ) -> Result<()> {
        self.write((actor, account, id, token, valid_ms), |tx, (actor, account, id, token, valid_ms)| {
            remind(tx, *actor, *account, *id, *token, *valid_ms).boxed()
        })
        .await
    }

    /// The person accepts: the rights hold from now, or from the first day. `NotFound` for anybody else,
    /// `Refused("delegation-gone")` when it was answered, taken back or expired.
    pub async fn delegation_accept(
        &self,
        actor: Actor,
        account: AccountId,
        id: DelegationId,
        person: PersonId,
        secrecy: Option<SignedText>,
    ) -> Result<()> {
        self.write((actor, (account, id), person, secrecy), |tx, (actor, which, person, secrecy)| {
            accept(tx, *actor, *which, *person, secrecy.as_ref()).boxed()
        })
        .await
    }

    /// Whoever has the link refuses. `Refused("delegation-gone")` as above.
    pub async fn delegation_refuse(&self, actor: Actor, account: AccountId, id: DelegationId) -> Result<()> {
        self.write((actor, account, id), |tx, (actor, account, id)| refuse(tx, *actor, *account, *id).boxed()).await
    }

    /// Renews or limits; answers how it is now. What gives more than before must be attested again
    /// (`Refused("attestation-needed")`); `Refused("delegation-gone")`.
    pub async fn delegation_change(
        &self,
        actor: Actor,
        account: AccountId,
        id: DelegationId,
        what: Change,
    ) -> Result<Delegation> {
        self.write((actor, account, id, what), |tx, (actor, account, id, what)| {
            change(tx, *actor, *account, *id, what).boxed()
        })
        .await
    }

    /// Ends a delegation, or takes an invitation back; how it was before. None when it had ended already.
    pub async fn delegation_end(&self, actor: Actor, account: AccountId, id: DelegationId) -> Result<Option<Delegation>> {
        self.write((actor, account, id), |tx, (actor, account, id)| end(tx, *actor, *account, *id).boxed()).await
    }

    /// Makes the person whom an invitation is for, with their means of sign-in; from then on only they can accept.
    /// `Conflict` on `login_pk` when the address signs somebody in already, `Refused("delegation-gone")`.
    pub async fn delegation_newcomer(
        &self,
        actor: Actor,
        account: AccountId,
        id: DelegationId,
        new: Newcomer,
    ) -> Result<PersonId> {
        self.write((actor, account, id, new), |tx, (actor, account, id, new)| {
            newcomer(tx, *actor, *account, *id, new).boxed()
        })
        .await
    }
}
