//! What makes and changes structures, their BALs, groups and grants. Each act locks the structure, writes the rights that
//! follow and leaves its trace, in one transaction.

use futures::FutureExt;
use serde_json::{Value, json};
use wire::delegation::DelegateRole;
use wire::id::{AccountId, GroupId, MemberId, OrganisationId};

use super::{Admin, BOX_TABLE, Charge, GROUP_TABLE, State, Subject, TABLE, member, rights};
use crate::accounts::{self, NewAccount};
use crate::applications;
use crate::db::{Tx, args, statements};
use crate::delegations::SignedText;
use crate::keys::Owner;
use crate::persons::{self, NewPerson};
use crate::sending::OwnRates;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store, delegations};

statements! {
    /// Two acts on one structure come one after the other.
    LOCK = "UPDATE organisation SET created_at = created_at WHERE organisation_id = $1 RETURNING organisation_id";
    INSERT = "INSERT INTO organisation (organisation_id, finess, created_at, review_due_at, sealed)
        VALUES ($1, $2, $3, $4, $5)";
    BOX_INSERT = "INSERT INTO organisation_box (account_id, organisation_id, software, created_at, suspended_at, sealed)
        VALUES ($1, $2, $3, $4, NULL, $5)";
    BOX_CHARGE = "UPDATE organisation_box SET sealed = $3 WHERE organisation_id = $1 AND account_id = $2";
    BOX_SUSPEND = "UPDATE organisation_box SET suspended_at = $3
        WHERE organisation_id = $1 AND account_id = $2 AND suspended_at IS NULL";
    BOX_RESUME = "UPDATE organisation_box SET suspended_at = NULL WHERE organisation_id = $1 AND account_id = $2";
    BOX_OF = "SELECT software FROM organisation_box WHERE organisation_id = $1 AND account_id = $2";
    GROUP_INSERT = "INSERT INTO organisation_group (organisation_id, group_id, sealed) VALUES ($1, $2, $3)";
    GROUP_OF = "SELECT group_id FROM organisation_group WHERE organisation_id = $1 AND group_id = $2";
    GROUP_COUNT = "SELECT COUNT(*) FROM organisation_group WHERE organisation_id = $1";
    GROUP_DELETE = "DELETE FROM organisation_group WHERE organisation_id = $1 AND group_id = $2";
    GROUP_EMPTY = "DELETE FROM organisation_group_member WHERE organisation_id = $1 AND group_id = $2";
    IN_GROUP = "INSERT INTO organisation_group_member (organisation_id, group_id, member_id) VALUES ($1, $2, $3)
        ON CONFLICT (organisation_id, group_id, member_id) DO NOTHING";
    OUT_OF_GROUP = "DELETE FROM organisation_group_member
        WHERE organisation_id = $1 AND group_id = $2 AND member_id = $3";
    GRANT = "INSERT INTO organisation_grant (organisation_id, subject_id, account_id, role) VALUES ($1, $2, $3, $4)
        ON CONFLICT (organisation_id, subject_id, account_id) DO UPDATE SET role = excluded.role";
    GRANT_END = "DELETE FROM organisation_grant WHERE organisation_id = $1 AND subject_id = $2 AND account_id = $3";
    GRANTS_END = "DELETE FROM organisation_grant WHERE organisation_id = $1 AND subject_id = $2";
    PURPOSE = "INSERT INTO organisation_purpose (account_id, member_id, accepted_at, digest) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, member_id) DO NOTHING";
}

/// Groups of one structure.
const GROUPS: i64 = 200;

/// A BAL to make for a structure.
#[derive(Debug, Clone)]
pub struct NewBox {
    pub address: String,
    pub name: String,
    pub profile: accounts::Profile,
    pub charge: Charge,
    /// Of a program: whether it takes mail, and how much it sends.
    pub software: Option<(bool, OwnRates)>,
}

pub(crate) async fn lock(tx: &mut Tx, organisation: OrganisationId) -> Result<()> {
    tx.fetch_optional(LOCK, args![organisation]).await?.ok_or(Error::NotFound).map(drop)
}

/// The trace of an act: in the chain of who acts, with the structure in its detail.
pub(crate) async fn leave(
    tx: &mut Tx,
    kind: &'static str,
    actor: Actor,
    organisation: OrganisationId,
    mut detail: Value,
) -> Result<()> {
    detail["structure"] = json!(organisation);
    let chain = actor.person.map_or(Chain::Process, Chain::Person);
    traces::trace(tx, chain, Trace::done(kind, actor, None, detail)).await
}

async fn create(tx: &mut Tx, actor: Actor, name: &str, finess: &str, review_ms: i64) -> Result<OrganisationId> {
    let (id, now, random) = (tx.new_id(), tx.now(), tx.random());
    let keys = tx.create_keys(Owner::Organisation(id)).await?;
    let sealed = keys.seal_json(random.as_ref(), TABLE, id, &name)?;
    tx.execute(INSERT, args![id, finess, now, now + review_ms, sealed]).await?;
    leave(tx, "structure-create", actor, OrganisationId(id), json!({})).await?;
    Ok(OrganisationId(id))
}

async fn box_create(tx: &mut Tx, actor: Actor, organisation: OrganisationId, new: &NewBox) -> Result<AccountId> {
    lock(tx, organisation).await?;
    let account = NewAccount {
        address: new.address.clone(),
        name: new.name.clone(),
        holder: None,
        profile: new.profile.clone(),
        inbox_only: false,
    };
    let account = accounts::create(tx, actor, &account).await?;
    let (now, random) = (tx.now(), tx.random());
    let keys = tx.keys(Owner::Organisation(organisation.0)).await?;
    let sealed = keys.seal_json(random.as_ref(), BOX_TABLE, account.0, &new.charge)?;
    tx.execute(BOX_INSERT, args![account, organisation, new.software.is_some(), now, sealed]).await?;
    if let Some((receives, rates)) = &new.software {
        let person = wire::id::PersonId(tx.new_id());
        let program = NewPerson { name: new.name.clone(), ..NewPerson::default() };
        persons::insert(tx, actor, &program, person).await?;
        applications::insert(tx, account, person, *receives, rates).await?;
    }
    leave(tx, "structure-box", actor, organisation, json!({"box": account, "software": new.software.is_some()})).await?;
    rights::sync(tx, actor, organisation).await?;
    Ok(account)
}

/// Is this BAL one of the structure's? `NotFound` otherwise. Whether it is a program's.
async fn box_of(tx: &mut Tx, organisation: OrganisationId, account: AccountId) -> Result<bool> {
    Ok(tx.fetch_optional(BOX_OF, args![organisation, account]).await?.ok_or(Error::NotFound)?.int(0)? != 0)
}

async fn check(tx: &mut Tx, organisation: OrganisationId, subject: Subject) -> Result<()> {
    match subject {
        Subject::Member(id) => match member(tx, organisation, id).await?.state {
            State::Invited | State::Active => Ok(()),
            _ => Err(Error::Refused("structure-gone")),
        },
        Subject::Group(id) => tx.fetch_optional(GROUP_OF, args![organisation, id]).await?.ok_or(Error::NotFound).map(drop),
    }
}

async fn grant(
    tx: &mut Tx,
    actor: Actor,
    organisation: OrganisationId,
    (subject, account, role): (Subject, AccountId, Option<DelegateRole>),
) -> Result<()> {
    lock(tx, organisation).await?;
    check(tx, organisation, subject).await?;
    if box_of(tx, organisation, account).await? {
        return Err(Error::Refused("structure-software"));
    }
    match role {
        Some(role) => tx.execute(GRANT, args![organisation, subject.id(), account, role.code()]).await?,
        None => tx.execute(GRANT_END, args![organisation, subject.id(), account]).await?,
    };
    let (subject, role) = (subject_detail(subject), role.map(DelegateRole::code));
    leave(tx, "structure-grant", actor, organisation, json!({"to": subject, "box": account, "role": role})).await?;
    rights::sync(tx, actor, organisation).await
}

fn subject_detail(subject: Subject) -> Value {
    match subject {
        Subject::Member(id) => json!(id),
        Subject::Group(id) => json!(id),
    }
}

async fn group_create(tx: &mut Tx, actor: Actor, organisation: OrganisationId, name: &str) -> Result<GroupId> {
    lock(tx, organisation).await?;
    if tx.fetch_one(GROUP_COUNT, args![organisation]).await?.int(0)? >= GROUPS {
        return Err(Error::Limit { what: "groups" });
    }
    let (id, random) = (tx.new_id(), tx.random());
    let keys = tx.keys(Owner::Organisation(organisation.0)).await?;
    tx.execute(GROUP_INSERT, args![organisation, id, keys.seal_json(random.as_ref(), GROUP_TABLE, id, &name)?]).await?;
    leave(tx, "structure-group", actor, organisation, json!({"group": GroupId(id)})).await?;
    Ok(GroupId(id))
}

async fn group_put(
    tx: &mut Tx,
    actor: Actor,
    organisation: OrganisationId,
    (group, who, inside): (GroupId, MemberId, bool),
) -> Result<()> {
    lock(tx, organisation).await?;
    check(tx, organisation, Subject::Group(group)).await?;
    if inside {
        check(tx, organisation, Subject::Member(who)).await?;
    }
    tx.execute(if inside { IN_GROUP } else { OUT_OF_GROUP }, args![organisation, group, who]).await?;
    let detail = json!({"group": group, "member": who, "inside": inside});
    leave(tx, "structure-group-put", actor, organisation, detail).await?;
    rights::sync(tx, actor, organisation).await
}

async fn group_delete(tx: &mut Tx, actor: Actor, organisation: OrganisationId, group: GroupId) -> Result<()> {
    lock(tx, organisation).await?;
    check(tx, organisation, Subject::Group(group)).await?;
    tx.execute(GROUP_EMPTY, args![organisation, group]).await?;
    tx.execute(GRANTS_END, args![organisation, group]).await?;
    tx.execute(GROUP_DELETE, args![organisation, group]).await?;
    leave(tx, "structure-group-end", actor, organisation, json!({"group": group})).await?;
    rights::sync(tx, actor, organisation).await
}

/// Keeps that an administrator accepts the purpose of a BAL, in the caller's transaction.
pub(crate) async fn accept_purpose(tx: &mut Tx, who: MemberId, account: AccountId, text: &SignedText) -> Result<()> {
    let (now, digest) = (tx.now(), delegations::act::keep(tx, text).await?);
    tx.execute(PURPOSE, args![account, who, now, digest]).await.map(drop)
}

impl Store {
    /// Makes a structure; its first review opens after `review_ms`. `Conflict` on `organisation_finess_unique`.
    pub async fn organisation_create(
        &self,
        actor: Actor,
        name: String,
        finess: String,
        review_ms: i64,
    ) -> Result<OrganisationId> {
        self.write((actor, name, finess, review_ms), |tx, (actor, name, finess, review_ms)| {
            create(tx, *actor, name, finess, *review_ms).boxed()
        })
        .await
    }

    /// Makes a BAL of a structure. `Conflict` as for every BAL; `NotFound`.
    pub async fn structure_box_create(&self, actor: Actor, organisation: OrganisationId, new: NewBox) -> Result<AccountId> {
        self.write((actor, organisation, new), |tx, (actor, organisation, new)| {
            box_create(tx, *actor, *organisation, new).boxed()
        })
        .await
    }

    /// Another purpose, or another professional who answers for a BAL. `NotFound`.
    pub async fn structure_box_charge(&self, actor: Actor, of: (OrganisationId, AccountId), charge: Charge) -> Result<()> {
        self.write((actor, of, charge), |tx, (actor, (organisation, account), charge)| {
            async move {
                lock(tx, *organisation).await?;
                let (keys, random) = (tx.keys(Owner::Organisation(organisation.0)).await?, tx.random());
                let sealed = keys.seal_json(random.as_ref(), BOX_TABLE, account.0, charge)?;
                if tx.execute(BOX_CHARGE, args![*organisation, *account, sealed]).await? == 0 {
                    return Err(Error::NotFound);
                }
                leave(tx, "structure-box-charge", *actor, *organisation, json!({"box": account})).await
            }
            .boxed()
        })
        .await
    }

    /// Takes every right over a BAL away, or gives them back. `NotFound`.
    pub async fn structure_box_suspend(&self, actor: Actor, of: (OrganisationId, AccountId), suspended: bool) -> Result<()> {
        self.write((actor, of, suspended), |tx, (actor, (organisation, account), suspended)| {
            async move {
                lock(tx, *organisation).await?;
                box_of(tx, *organisation, *account).await?;
                set_suspended(tx, *organisation, *account, *suspended).await?;
                let detail = json!({"box": account, "suspended": suspended});
                leave(tx, "structure-box-suspend", *actor, *organisation, detail).await?;
                rights::sync(tx, *actor, *organisation).await
            }
            .boxed()
        })
        .await
    }

    /// What a member or a group may do in a BAL from now on; none: nothing. `NotFound`; `Refused("structure-gone")` for
    /// who left, `Refused("structure-software")` for the BAL of a program.
    pub async fn structure_grant(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        subject: Subject,
        account: AccountId,
        role: Option<DelegateRole>,
    ) -> Result<()> {
        self.write((actor, organisation, (subject, account, role)), |tx, (actor, organisation, what)| {
            grant(tx, *actor, *organisation, *what).boxed()
        })
        .await
    }

    /// Makes a group. `Limit`.
    pub async fn structure_group_create(&self, actor: Actor, organisation: OrganisationId, name: String) -> Result<GroupId> {
        self.write((actor, organisation, name), |tx, (actor, organisation, name)| {
            group_create(tx, *actor, *organisation, name).boxed()
        })
        .await
    }

    /// Puts somebody into a group, or takes them out. `NotFound`.
    pub async fn structure_group_put(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        group: GroupId,
        who: MemberId,
        inside: bool,
    ) -> Result<()> {
        self.write((actor, organisation, (group, who, inside)), |tx, (actor, organisation, what)| {
            group_put(tx, *actor, *organisation, *what).boxed()
        })
        .await
    }

    /// Removes a group, with what it was given. `NotFound`.
    pub async fn structure_group_delete(&self, actor: Actor, organisation: OrganisationId, group: GroupId) -> Result<()> {
        self.write((actor, organisation, group), |tx, (actor, organisation, group)| {
            group_delete(tx, *actor, *organisation, *group).boxed()
        })
        .await
    }

    /// An administrator accepts the purpose of a BAL. `NotFound`; `Refused("structure-gone")` for who does not
    /// administer.
    pub async fn structure_purpose_accept(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        who: MemberId,
        account: AccountId,
        text: SignedText,
    ) -> Result<()> {
        self.write((actor, organisation, who, account, text), |tx, (actor, organisation, who, account, text)| {
            async move {
                lock(tx, *organisation).await?;
                box_of(tx, *organisation, *account).await?;
                let found = member(tx, *organisation, *who).await?;
                if found.state != State::Active || found.admin != Admin::Accepted {
                    return Err(Error::Refused("structure-gone"));
                }
                accept_purpose(tx, *who, *account, text).await?;
                let detail = json!({"box": account, "text": text.version});
                leave(tx, "structure-purpose", *actor, *organisation, detail).await
            }
            .boxed()
        })
        .await
    }
}

/// In the caller's transaction.
pub(crate) async fn set_suspended(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
    suspended: bool,
) -> Result<()> {
    let now = tx.now();
    match suspended {
        true => tx.execute(BOX_SUSPEND, args![organisation, account, now]).await,
        false => tx.execute(BOX_RESUME, args![organisation, account]).await,
    }
    .map(drop)
}
