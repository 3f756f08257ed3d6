//! Structures: who works there, in which groups, what each may do in which BAL. Rights follow from it: `rights` writes the
//! rows of `account_right` again in the transaction of every change, and only those rows decide. Names are sealed under
//! the structure's own key.
//!
//! Here what is read; `act` and `members` change, `review` asks once a year, `rights` keeps the rows right.

use serde::{Deserialize, Serialize};
use wire::delegation::DelegateRole;
use wire::id::{AccountId, GroupId, MemberId, OrganisationId, PersonId};

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::{Error, Result, Store};

pub mod act;
pub mod members;
pub mod review;
pub mod rights;

statements! {
    ALL = "SELECT organisation_id, finess, created_at, review_due_at, sealed FROM organisation ORDER BY organisation_id";
    ONE = "SELECT organisation_id, finess, created_at, review_due_at, sealed FROM organisation WHERE organisation_id = $1";
    BY_FINESS = "SELECT organisation_id FROM organisation WHERE finess = $1";
    BOXES = "SELECT account_id, organisation_id, software, created_at, suspended_at, sealed FROM organisation_box
        WHERE organisation_id = $1 ORDER BY account_id";
    BOX = "SELECT account_id, organisation_id, software, created_at, suspended_at, sealed FROM organisation_box
        WHERE account_id = $1";
    MEMBERS = "SELECT organisation_id, member_id, person_id, state, admin, expires_at, created_at, answered_at,
        suspended_at, ended_at, sealed FROM organisation_member WHERE organisation_id = $1 ORDER BY member_id";
    MEMBER = "SELECT organisation_id, member_id, person_id, state, admin, expires_at, created_at, answered_at,
        suspended_at, ended_at, sealed FROM organisation_member WHERE organisation_id = $1 AND member_id = $2";
    BY_TOKEN = "SELECT organisation_id, member_id, person_id, state, admin, expires_at, created_at, answered_at,
        suspended_at, ended_at, sealed FROM organisation_member WHERE token_hash = $1";
    OF_PERSON = "SELECT organisation_id, member_id, person_id, state, admin, expires_at, created_at, answered_at,
        suspended_at, ended_at, sealed FROM organisation_member WHERE person_id = $1 AND state = 1 ORDER BY member_id";
    GROUPS = "SELECT group_id, sealed FROM organisation_group WHERE organisation_id = $1 ORDER BY group_id";
    GROUP_MEMBERS = "SELECT group_id, member_id FROM organisation_group_member WHERE organisation_id = $1
        ORDER BY group_id, member_id";
    GRANTS = "SELECT subject_id, account_id, role FROM organisation_grant WHERE organisation_id = $1
        ORDER BY subject_id, account_id";
    PURPOSES = "SELECT p.account_id FROM organisation_purpose p
        JOIN organisation_box b ON b.account_id = p.account_id AND b.organisation_id = $1 WHERE p.member_id = $2";
}

pub(crate) const TABLE: &str = "organisation";
pub(crate) const BOX_TABLE: &str = "organisation_box";
pub(crate) const MEMBER_TABLE: &str = "organisation_member";
pub(crate) const GROUP_TABLE: &str = "organisation_group";

/// A structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub id: OrganisationId,
    pub finess: String,
    pub created_at: i64,
    /// When the next review opens.
    pub review_due_at: i64,
    pub name: String,
}

/// What a BAL is for, and the entitled professional who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Charge {
    pub purpose: String,
    pub professional: String,
    pub rpps: String,
}

/// A BAL of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureBox {
    pub account: AccountId,
    pub organisation: OrganisationId,
    /// Of a program, which nobody opens.
    pub software: bool,
    pub created_at: i64,
    /// Since when nobody has a right over it.
    pub suspended_at: Option<i64>,
    pub charge: Charge,
}

/// How somebody stands in a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Invited,
    Active,
    Refused,
    Left,
}

/// Whether somebody administers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    No,
    /// Named; has not accepted yet.
    Named,
    Accepted,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) name: String,
    pub(crate) function: String,
    pub(crate) email: Option<String>,
}

/// Somebody in a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub organisation: OrganisationId,
    pub id: MemberId,
    pub person: Option<PersonId>,
    pub state: State,
    pub admin: Admin,
    /// Until when one may answer.
    pub expires_at: i64,
    pub created_at: i64,
    pub answered_at: Option<i64>,
    /// A review did not confirm them.
    pub suspended_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub name: String,
    /// What they do there.
    pub function: String,
    /// Where the invitation went, outside the trust space.
    pub email: Option<String>,
}

impl Member {
    /// Waits for an answer at `now`.
    pub fn is_waiting(&self, now: i64) -> bool {
        self.state == State::Invited && now < self.expires_at
    }
}

/// A group of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub members: Vec<MemberId>,
}

/// Whom a role is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    Member(MemberId),
    Group(GroupId),
}

impl Subject {
    pub(crate) fn id(self) -> i64 {
        match self {
            Self::Member(id) => id.0,
            Self::Group(id) => id.0,
        }
    }
}

/// What a member or a group may do in a BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    subject: i64,
    pub account: AccountId,
    pub role: DelegateRole,
}

impl Grant {
    /// Is it this one's?
    pub fn is_of(&self, subject: Subject) -> bool {
        self.subject == subject.id()
    }
}

fn state(code: i64) -> State {
    match code {
        0 => State::Invited,
        1 => State::Active,
        2 => State::Refused,
        _ => State::Left,
    }
}

fn admin(code: i64) -> Admin {
    match code {
        0 => Admin::No,
        1 => Admin::Named,
        _ => Admin::Accepted,
    }
}

pub(crate) fn read_member(keys: &Keys, row: &Row) -> Result<Member> {
    let id = row.int(1)?;
    let Sealed { name, function, email } = keys.open_json(MEMBER_TABLE, id, &row.bytes(10)?)?;
    Ok(Member {
        organisation: OrganisationId(row.int(0)?),
        id: MemberId(id),
        person: row.opt_int(2)?.map(PersonId),
        state: state(row.int(3)?),
        admin: admin(row.int(4)?),
        expires_at: row.int(5)?,
        created_at: row.int(6)?,
        answered_at: row.opt_int(7)?,
        suspended_at: row.opt_int(8)?,
        ended_at: row.opt_int(9)?,
        name,
        function,
        email,
    })
}

fn read_box(keys: &Keys, row: &Row) -> Result<StructureBox> {
    let id = row.int(0)?;
    Ok(StructureBox {
        account: AccountId(id),
        organisation: OrganisationId(row.int(1)?),
        software: row.int(2)? != 0,
        created_at: row.int(3)?,
        suspended_at: row.opt_int(4)?,
        charge: keys.open_json(BOX_TABLE, id, &row.bytes(5)?)?,
    })
}

/// One member, in the caller's reading; `NotFound`.
pub(crate) async fn member(tx: &mut Tx, organisation: OrganisationId, id: MemberId) -> Result<Member> {
    let row = tx.fetch_optional(MEMBER, args![organisation, id]).await?.ok_or(Error::NotFound)?;
    read_member(&*tx.keys(Owner::Organisation(organisation.0)).await?, &row)
}

/// The BALs of a structure, in the caller's reading.
pub(crate) async fn boxes(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<StructureBox>> {
    let keys = tx.keys(Owner::Organisation(organisation.0)).await?;
    let rows = tx.fetch_all(BOXES, args![organisation]).await?;
    rows.iter().map(|row| read_box(&keys, row)).collect()
}

impl Store {
    async fn read_organisation(&self, row: &Row) -> Result<Organisation> {
        let id = row.int(0)?;
        let keys = self.keys(Owner::Organisation(id)).await?;
        Ok(Organisation {
            id: OrganisationId(id),
            finess: row.text(1)?,
            created_at: row.int(2)?,
            review_due_at: row.int(3)?,
            name: keys.open_json(TABLE, id, &row.bytes(4)?)?,
        })
    }

    /// Every structure, in the order they were made.
    pub async fn organisations(&self) -> Result<Vec<Organisation>> {
        let rows = self.read().await?.fetch_all(ALL, args![]).await?;
        let mut list = Vec::with_capacity(rows.len());
        for row in &rows {
            list.push(self.read_organisation(row).await?);
        }
        Ok(list)
    }

    /// A structure; `NotFound`.
    pub async fn organisation(&self, id: OrganisationId) -> Result<Organisation> {
        let row = self.read().await?.fetch_one(ONE, args![id]).await?;
        self.read_organisation(&row).await
    }

    /// The structure of a national number.
    pub async fn organisation_by_finess(&self, finess: &str) -> Result<Option<OrganisationId>> {
        let row = self.read().await?.fetch_optional(BY_FINESS, args![finess]).await?;
        row.map(|row| row.int(0).map(OrganisationId)).transpose()
    }

    /// The BALs of a structure, in the order they were made.
    pub async fn structure_boxes(&self, organisation: OrganisationId) -> Result<Vec<StructureBox>> {
        boxes(&mut self.read().await?, organisation).await
    }

    /// The structure's side of a BAL; none where it is a person's.
    pub async fn structure_box(&self, account: AccountId) -> Result<Option<StructureBox>> {
        let Some(row) = self.read().await?.fetch_optional(BOX, args![account]).await? else { return Ok(None) };
        let keys = self.keys(Owner::Organisation(row.int(1)?)).await?;
        read_box(&keys, &row).map(Some)
    }

    /// Everybody who is, was or is asked to be in a structure.
    pub async fn structure_members(&self, organisation: OrganisationId) -> Result<Vec<Member>> {
        let keys = self.keys(Owner::Organisation(organisation.0)).await?;
        let rows = self.read().await?.fetch_all(MEMBERS, args![organisation]).await?;
        rows.iter().map(|row| read_member(&keys, row)).collect()
    }

    /// One of a structure; `NotFound`.
    pub async fn structure_member(&self, organisation: OrganisationId, id: MemberId) -> Result<Member> {
        member(&mut self.read().await?, organisation, id).await
    }

    /// Whom the link of this token is about.
    pub async fn structure_member_by_token(&self, token: [u8; 32]) -> Result<Option<Member>> {
        let Some(row) = self.read().await?.fetch_optional(BY_TOKEN, args![token]).await? else { return Ok(None) };
        read_member(&*self.keys(Owner::Organisation(row.int(0)?)).await?, &row).map(Some)
    }

    /// What a person is, in each structure they are in.
    pub async fn memberships(&self, person: PersonId) -> Result<Vec<Member>> {
        let rows = self.read().await?.fetch_all(OF_PERSON, args![person]).await?;
        let mut list = Vec::with_capacity(rows.len());
        for row in &rows {
            list.push(read_member(&*self.keys(Owner::Organisation(row.int(0)?)).await?, row)?);
        }
        Ok(list)
    }

    /// The groups of a structure, with who is in them.
    pub async fn structure_groups(&self, organisation: OrganisationId) -> Result<Vec<Group>> {
        let keys = self.keys(Owner::Organisation(organisation.0)).await?;
        let mut tx = self.read().await?;
        let (rows, pairs) =
            (tx.fetch_all(GROUPS, args![organisation]).await?, tx.fetch_all(GROUP_MEMBERS, args![organisation]).await?);
        let mut list = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = row.int(0)?;
            let mut members = Vec::new();
            for pair in &pairs {
                if pair.int(0)? == id {
                    members.push(MemberId(pair.int(1)?));
                }
            }
            list.push(Group { id: GroupId(id), name: keys.open_json(GROUP_TABLE, id, &row.bytes(1)?)?, members });
        }
        Ok(list)
    }

    /// Who may do what in the BALs of a structure.
    pub async fn structure_grants(&self, organisation: OrganisationId) -> Result<Vec<Grant>> {
        let rows = self.read().await?.fetch_all(GRANTS, args![organisation]).await?;
        let grant = |row: &Row| {
            let role = DelegateRole::from_code(&row.text(2)?).ok_or(Error::Corrupt("role in a structure"))?;
            Ok(Grant { subject: row.int(0)?, account: AccountId(row.int(1)?), role })
        };
        rows.iter().map(grant).collect()
    }

    /// The BALs whose purpose this administrator accepted.
    pub async fn structure_purposes(&self, organisation: OrganisationId, member: MemberId) -> Result<Vec<AccountId>> {
        let rows = self.read().await?.fetch_all(PURPOSES, args![organisation, member]).await?;
        rows.iter().map(|row| row.int(0).map(AccountId)).collect()
    }
}
