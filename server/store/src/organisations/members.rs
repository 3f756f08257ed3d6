//! The persons of a structure: invited, there, gone. Somebody leaves in one act: with it every right that the structure
//! gave them ends.

use futures::FutureExt;
use serde_json::json;
use wire::id::{MemberId, OrganisationId, PersonId};

use super::act::{accept_purpose, leave, lock};
use super::{Admin, MEMBER_TABLE, Member, Sealed, State, boxes, member, review, rights};
use crate::db::{Tx, args, statements};
use crate::delegations::{
    SignedText,
    act::{Newcomer, keep},
};
use crate::keys::Owner;
use crate::persons;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store, credentials, professionals};

statements! {
    INSERT = "INSERT INTO organisation_member (organisation_id, member_id, person_id, state, admin, token_hash, expires_at,
        created_at, answered_at, secrecy, suspended_at, ended_at, sealed)
        VALUES ($1, $2, $3, 0, $4, $5, $6, $7, NULL, NULL, NULL, NULL, $8)";
    MADE = "SELECT COUNT(*) FROM organisation_member
        WHERE organisation_id = $1 AND ((state = 0 AND expires_at > $2) OR (created_at > $3 AND state <> 3))";
    LIVE = "SELECT member_id FROM organisation_member WHERE organisation_id = $1 AND person_id = $2 AND member_id <> $3
        AND (state = 1 OR (state = 0 AND expires_at > $4)) LIMIT 1";
    BIND = "UPDATE organisation_member SET person_id = $3
        WHERE organisation_id = $1 AND member_id = $2 AND state = 0 AND person_id IS NULL";
    ACCEPT = "UPDATE organisation_member SET state = 1, person_id = $3, answered_at = $4, secrecy = $5, admin = $6
        WHERE organisation_id = $1 AND member_id = $2 AND state = 0";
    REFUSE = "UPDATE organisation_member SET state = 2, answered_at = $3, admin = 0
        WHERE organisation_id = $1 AND member_id = $2 AND state = 0";
    REMIND = "UPDATE organisation_member SET token_hash = $3, expires_at = $4
        WHERE organisation_id = $1 AND member_id = $2 AND state = 0";
    ADMIN = "UPDATE organisation_member SET admin = $3 WHERE organisation_id = $1 AND member_id = $2 AND state IN (0, 1)";
    OTHERS = "SELECT member_id FROM organisation_member
        WHERE organisation_id = $1 AND member_id <> $2 AND state = 1 AND admin = 2 LIMIT 1";
    LEAVE = "UPDATE organisation_member SET state = 3, admin = 0, ended_at = $3
        WHERE organisation_id = $1 AND member_id = $2 AND state IN (0, 1)";
    GROUPS_END = "DELETE FROM organisation_group_member WHERE organisation_id = $1 AND member_id = $2";
    GRANTS_END = "DELETE FROM organisation_grant WHERE organisation_id = $1 AND subject_id = $2";
}

const DAY_MS: i64 = 86_400_000;

/// An invitation into a structure.
#[derive(Debug, Clone)]
pub struct NewMember {
    pub organisation: OrganisationId,
    /// Somebody known here: nobody else can accept.
    pub person: Option<PersonId>,
    pub email: Option<String>,
    pub name: String,
    pub function: String,
    /// To administer.
    pub admin: bool,
    pub token: [u8; 32],
    pub valid_ms: i64,
    /// Invitations that wait or were made within a day, at most.
    pub most: i64,
}

/// Nobody is twice in one structure.
async fn alone(tx: &mut Tx, organisation: OrganisationId, person: PersonId, but: MemberId) -> Result<()> {
    let now = tx.now();
    match tx.fetch_optional(LIVE, args![organisation, person, but, now]).await? {
        Some(_) => Err(Error::Refused("structure-already")),
        None => Ok(()),
    }
}

async fn invite(tx: &mut Tx, actor: Actor, new: &NewMember) -> Result<MemberId> {
    lock(tx, new.organisation).await?;
    let now = tx.now();
    if tx.fetch_one(MADE, args![new.organisation, now, now - DAY_MS]).await?.int(0)? >= new.most {
        return Err(Error::Limit { what: "members" });
    }
    if let Some(person) = new.person {
        alone(tx, new.organisation, person, MemberId(0)).await?;
    }
    let (id, random) = (tx.new_id(), tx.random());
    let keys = tx.keys(Owner::Organisation(new.organisation.0)).await?;
    let sealed = Sealed { name: new.name.clone(), function: new.function.clone(), email: new.email.clone() };
    let sealed = keys.seal_json(random.as_ref(), MEMBER_TABLE, id, &sealed)?;
    let expires_at = now + new.valid_ms;
    let row = args![new.organisation, id, new.person, i64::from(new.admin), new.token, expires_at, now, sealed];
    tx.execute(INSERT, row).await?;
    let detail = json!({"member": MemberId(id), "person": new.person, "admin": new.admin});
    leave(tx, "structure-invite", actor, new.organisation, detail).await?;
    Ok(MemberId(id))
}

/// What somebody signs when they come in: secrecy where their status does not bind them, the purposes where they are to
/// administer.
#[derive(Debug, Clone, Default)]
pub struct Signed {
    pub secrecy: Option<SignedText>,
    pub purpose: Option<SignedText>,
}

async fn accept(
    tx: &mut Tx,
    actor: Actor,
    (of, id): (OrganisationId, MemberId),
    who: PersonId,
    signed: &Signed,
) -> Result<()> {
    lock(tx, of).await?;
    let found = member(tx, of, id).await?;
    if found.person.is_some_and(|bound| bound != who) {
        return Err(Error::NotFound);
    }
    if !found.is_waiting(tx.now()) {
        return Err(Error::Refused("structure-gone"));
    }
    alone(tx, of, who, id).await?;
    let secrecy = match &signed.secrecy {
        Some(text) => Some(keep(tx, text).await?),
        None => None,
    };
    let admin = match (found.admin, &signed.purpose) {
        (Admin::No, _) => 0_i64,
        (_, Some(_)) => 2,
        (_, None) => return Err(Error::Refused("structure-purpose")),
    };
    let now = tx.now();
    tx.execute(ACCEPT, args![of, id, who, now, secrecy, admin]).await?;
    if let (2, Some(text)) = (admin, &signed.purpose) {
        accept_purposes(tx, of, id, text).await?;
    }
    let detail = json!({"member": id, "admin": admin == 2, "secrecy": signed.secrecy.as_ref().map(|text| text.version)});
    leave(tx, "structure-accept", actor, of, detail).await?;
    rights::sync(tx, actor, of).await
}

async fn accept_purposes(tx: &mut Tx, of: OrganisationId, who: MemberId, text: &SignedText) -> Result<()> {
    for one in boxes(tx, of).await? {
        accept_purpose(tx, who, one.account, text).await?;
    }
    Ok(())
}

/// Somebody was named, and accepts to administer.
async fn take_up(tx: &mut Tx, actor: Actor, (of, id): (OrganisationId, MemberId), text: &SignedText) -> Result<()> {
    lock(tx, of).await?;
    let found = member(tx, of, id).await?;
    if found.state != State::Active || found.admin != Admin::Named {
        return Err(Error::Refused("structure-gone"));
    }
    tx.execute(ADMIN, args![of, id, 2_i64]).await?;
    accept_purposes(tx, of, id, text).await?;
    leave(tx, "structure-admin-accept", actor, of, json!({"member": id, "text": text.version})).await
}

async fn refuse(tx: &mut Tx, actor: Actor, of: OrganisationId, id: MemberId) -> Result<()> {
    lock(tx, of).await?;
    let now = tx.now();
    if tx.execute(REFUSE, args![of, id, now]).await? == 0 {
        return Err(Error::Refused("structure-gone"));
    }
    leave(tx, "structure-refuse", actor, of, json!({"member": id})).await
}

/// Does somebody else administer?
async fn others(tx: &mut Tx, of: OrganisationId, but: MemberId) -> Result<bool> {
    Ok(tx.fetch_optional(OTHERS, args![of, but]).await?.is_some())
}

async fn name_admin(tx: &mut Tx, actor: Actor, (of, id): (OrganisationId, MemberId), named: bool) -> Result<()> {
    lock(tx, of).await?;
    let found = member(tx, of, id).await?;
    let admin = match (named, found.admin) {
        (true, Admin::No) => 1_i64,
        (true, _) => return Ok(()),
        (false, Admin::Accepted) if !others(tx, of, id).await? => return Err(Error::Refused("last-administrator")),
        (false, _) => 0,
    };
    if tx.execute(ADMIN, args![of, id, admin]).await? == 0 {
        return Err(Error::Refused("structure-gone"));
    }
    leave(tx, "structure-admin", actor, of, json!({"member": id, "named": named})).await
}

async fn depart(
    tx: &mut Tx,
    actor: Actor,
    of: OrganisationId,
    id: MemberId,
    successor: Option<MemberId>,
) -> Result<Option<Member>> {
    lock(tx, of).await?;
    let found = member(tx, of, id).await?;
    if !matches!(found.state, State::Invited | State::Active) {
        return Ok(None);
    }
    if found.admin == Admin::Accepted && !others(tx, of, id).await? {
        let next = successor.filter(|next| *next != id).ok_or(Error::Refused("last-administrator"))?;
        let next = member(tx, of, next).await?;
        if next.state != State::Active {
            return Err(Error::Refused("last-administrator"));
        }
        tx.execute(ADMIN, args![of, next.id, 1_i64]).await?;
    }
    let now = tx.now();
    tx.execute(LEAVE, args![of, id, now]).await?;
    tx.execute(GROUPS_END, args![of, id]).await?;
    tx.execute(GRANTS_END, args![of, id]).await?;
    review::removed(tx, actor, of, id.0).await?;
    let detail = json!({"member": id, "person": found.person, "successor": successor});
    leave(tx, "structure-departure", actor, of, detail.clone()).await?;
    if let Some(person) = found.person.filter(|person| actor.person != Some(*person)) {
        traces::trace(tx, Chain::Person(person), Trace::done("structure-departure", actor, None, detail)).await?;
    }
    rights::sync(tx, actor, of).await?;
    Ok(Some(found))
}

async fn newcomer(tx: &mut Tx, actor: Actor, (of, id): (OrganisationId, MemberId), new: &Newcomer) -> Result<PersonId> {
    lock(tx, of).await?;
    let found = member(tx, of, id).await?;
    if !found.is_waiting(tx.now()) || found.person.is_some() {
        return Err(Error::Refused("structure-gone"));
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
    tx.execute(BIND, args![of, id, person]).await?;
    leave(tx, "structure-newcomer", actor, of, json!({"member": id})).await?;
    Ok(person)
}

impl Store {
    /// Invites somebody. `Limit`; `Refused("structure-already")` for who is there or invited.
    pub async fn structure_invite(&self, actor: Actor, new: NewMember) -> Result<MemberId> {
        self.write((actor, new), |tx, (actor, new)| invite(tx, *actor, new).boxed()).await
    }

    /// A new link for an invitation that waits. `Refused("structure-gone")`.
    pub async fn structure_remind(
        &self,
        actor: Actor,
        of: (OrganisationId, MemberId),
        token: [u8; 32],
        valid_ms: i64,
    ) -> Result<()> {
        self.write((actor, of, token, valid_ms), |tx, (actor, (of, id), token, valid_ms)| {
            async move {
                lock(tx, *of).await?;
                let expires_at = tx.now() + valid_ms;
                if tx.execute(REMIND, args![*of, *id, token, expires_at]).await? == 0 {
                    return Err(Error::Refused("structure-gone"));
                }
                leave(tx, "structure-remind", *actor, *of, json!({"member": id})).await
            }
            .boxed()
        })
        .await
    }

    /// The person accepts; their rights hold from now. `NotFound` for anybody else, `Refused("structure-gone")`,
    /// `Refused("structure-purpose")` when the purposes were not accepted by who is to administer.
    pub async fn structure_accept(
        &self,
        actor: Actor,
        of: (OrganisationId, MemberId),
        person: PersonId,
        signed: Signed,
    ) -> Result<()> {
        self.write((actor, of, person, signed), |tx, (actor, of, person, signed)| {
            accept(tx, *actor, *of, *person, signed).boxed()
        })
        .await
    }

    /// Who was named accepts to administer. `Refused("structure-gone")`.
    pub async fn structure_admin_accept(
        &self,
        actor: Actor,
        of: (OrganisationId, MemberId),
        text: SignedText,
    ) -> Result<()> {
        self.write((actor, of, text), |tx, (actor, of, text)| take_up(tx, *actor, *of, text).boxed()).await
    }

    /// Whoever has the link refuses. `Refused("structure-gone")`.
    pub async fn structure_refuse(&self, actor: Actor, of: OrganisationId, id: MemberId) -> Result<()> {
        self.write((actor, of, id), |tx, (actor, of, id)| refuse(tx, *actor, *of, *id).boxed()).await
    }

    /// Names somebody to administer, or no longer. `Refused("last-administrator")`, `Refused("structure-gone")`.
    pub async fn structure_admin(&self, actor: Actor, of: (OrganisationId, MemberId), named: bool) -> Result<()> {
        self.write((actor, of, named), |tx, (actor, of, named)| name_admin(tx, *actor, *of, *named).boxed()).await
    }

    /// Somebody leaves: every right that they have in the structure ends now. Who they were; none when they had left.
    /// `Refused("last-administrator")` without a successor who is there.
    pub async fn structure_depart(
        &self,
        actor: Actor,
        of: OrganisationId,
        id: MemberId,
        successor: Option<MemberId>,
    ) -> Result<Option<Member>> {
        self.write((actor, of, id, successor), |tx, (actor, of, id, successor)| {
            depart(tx, *actor, *of, *id, *successor).boxed()
        })
        .await
    }

    /// Makes the person whom an invitation is for. `Conflict` on `login_pk`, `Refused("structure-gone")`.
    pub async fn structure_newcomer(&self, actor: Actor, of: (OrganisationId, MemberId), new: Newcomer) -> Result<PersonId> {
        self.write((actor, of, new), |tx, (actor, of, new)| newcomer(tx, *actor, *of, new).boxed()).await
    }
}
