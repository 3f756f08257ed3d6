//! Templates of messages to patients: those of a BAL, and those that a structure keeps for all its BALs. Sealed with the key
//! of whose they are.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, OrganisationId, TemplateId};

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;
use crate::organisations::act;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    ALL = "SELECT template_id, sealed FROM patient_template WHERE owner_kind = $1 AND owner_id = $2
        ORDER BY template_id LIMIT 200";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM patient_template WHERE owner_kind = $1 AND owner_id = $2";
    INSERT = "INSERT INTO patient_template (owner_kind, owner_id, template_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)";
    CHANGE = "UPDATE patient_template SET sealed = $4 WHERE owner_kind = $1 AND owner_id = $2 AND template_id = $3";
    DELETE = "DELETE FROM patient_template WHERE owner_kind = $1 AND owner_id = $2 AND template_id = $3";
}

const TABLE: &str = "patient_template";
/// Templates in one place at most.
const MOST: i64 = 100;

/// Where templates are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    Account(AccountId),
    /// For all BALs of a structure.
    Organisation(OrganisationId),
}

impl From<AccountId> for Shelf {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

impl From<OrganisationId> for Shelf {
    fn from(organisation: OrganisationId) -> Self {
        Self::Organisation(organisation)
    }
}

impl Shelf {
    fn owner(self) -> Owner {
        match self {
            Self::Account(id) => Owner::Account(id.0),
            Self::Organisation(id) => Owner::Organisation(id.0),
        }
    }
}

/// A template of messages to patients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    #[serde(skip)]
    pub id: TemplateId,
    pub name: String,
    pub subject: String,
    pub text: String,
}

/// The trace of a change: in the chain of the BAL, or of who acts for a structure.
async fn leave(tx: &mut Tx, actor: Actor, shelf: Shelf, id: TemplateId, there: bool) -> Result<()> {
    let detail = json!({"template": id});
    match shelf {
        Shelf::Account(account) => {
            let kind = if there { "patient-template" } else { "patient-template-delete" };
            trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), detail)).await
        }
        Shelf::Organisation(of) => {
            let kind = if there { "structure-template" } else { "structure-template-delete" };
            act::leave(tx, kind, actor, of, detail).await
        }
    }
}

async fn save(tx: &mut Tx, actor: Actor, shelf: Shelf, id: Option<TemplateId>, template: &Template) -> Result<TemplateId> {
    let owner = shelf.owner();
    let (kind, of, keys) = (owner.kind(), owner.id(), tx.keys(owner).await?);
    let known = id.unwrap_or_else(|| TemplateId(tx.new_id()));
    let (now, sealed) = (tx.now(), keys.seal_json(tx.random().as_ref(), TABLE, known.0, template)?);
    if id.is_some() {
        if tx.execute(CHANGE, args![kind, of, known, sealed]).await? == 0 {
            return Err(Error::NotFound);
        }
    } else {
        if tx.fetch_one(COUNT, args![kind, of]).await?.int(0)? >= MOST {
            return Err(Error::Limit { what: "templates" });
        }
        tx.execute(INSERT, args![kind, of, known, sealed, now]).await?;
    }
    leave(tx, actor, shelf, known, true).await?;
    Ok(known)
}

async fn delete(tx: &mut Tx, actor: Actor, shelf: Shelf, id: TemplateId) -> Result<()> {
    let owner = shelf.owner();
    if tx.execute(DELETE, args![owner.kind(), owner.id(), id]).await? == 0 {
        return Err(Error::NotFound);
    }
    leave(tx, actor, shelf, id, false).await
}

impl Store {
    /// The templates of a BAL or of a structure, the oldest first.
    pub async fn patient_templates(&self, shelf: impl Into<Shelf>) -> Result<Vec<Template>> {
        let owner = shelf.into().owner();
        let rows = self.read().await?.fetch_all(ALL, args![owner.kind(), owner.id()]).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.keys(owner).await?;
        let one = |row: &crate::db::Row| {
            let id = row.int(0)?;
            let template: Template = keys.open_json(TABLE, id, &row.bytes(1)?)?;
            Ok(Template { id: TemplateId(id), ..template })
        };
        rows.iter().map(one).collect()
    }

    /// Keeps a template; none as `id`: a new one. `NotFound` where there is no such one; `Limit` when there are too many.
    pub async fn patient_template_save(
        &self,
        actor: Actor,
        shelf: impl Into<Shelf>,
        id: Option<TemplateId>,
        template: Template,
    ) -> Result<TemplateId> {
        self.write((actor, shelf.into(), id, template), |tx, (actor, shelf, id, template)| {
            save(tx, *actor, *shelf, *id, template).boxed()
        })
        .await
    }

    /// Deletes a template. `NotFound`.
    pub async fn patient_template_delete(&self, actor: Actor, shelf: impl Into<Shelf>, id: TemplateId) -> Result<()> {
        self.write((actor, shelf.into(), id), |tx, (actor, shelf, id)| delete(tx, *actor, *shelf, *id).boxed()).await
    }
}
