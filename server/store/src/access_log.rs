//! The access log of a BAL: what persons did in it, read from the functional traces of its chain. What the server did by
//! itself (deliveries, attempts) is no access.

use wire::id::{AccountId, PatientId, PersonId};

use crate::Store;
use crate::db::Row;
use crate::error::Result;
use crate::query::sql::Sql;
use crate::traces::Chain;

/// A kind of act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Opened,
    Downloaded,
    Printed,
    Moved,
    Marked,
    Deleted,
    Sent,
    Exported,
    Team,
    Rights,
    Settings,
}

impl Category {
    /// All, in the order they are offered.
    pub const ALL: [Category; 11] = [
        Self::Opened,
        Self::Downloaded,
        Self::Printed,
        Self::Moved,
        Self::Marked,
        Self::Deleted,
        Self::Sent,
        Self::Exported,
        Self::Team,
        Self::Rights,
        Self::Settings,
    ];

    /// The word in forms and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Downloaded => "downloaded",
            Self::Printed => "printed",
            Self::Moved => "moved",
            Self::Marked => "marked",
            Self::Deleted => "deleted",
            Self::Sent => "sent",
            Self::Exported => "exported",
            Self::Team => "team",
            Self::Rights => "rights",
            Self::Settings => "settings",
        }
    }

    /// Reads that word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }

    /// Which traces it takes.
    fn condition(self) -> &'static str {
        match self {
            Self::Opened => {
                " AND (kind = 'patient-read' OR kind = 'read' AND detail NOT LIKE '%\"way\":\"download\"%'
                AND detail NOT LIKE '%\"way\":\"printed\"%')"
            }
            Self::Downloaded => " AND kind = 'read' AND detail LIKE '%\"way\":\"download\"%'",
            Self::Printed => " AND kind = 'read' AND detail LIKE '%\"way\":\"printed\"%'",
            Self::Moved => " AND kind = 'email-update' AND detail LIKE '%\"moved\":true%'",
            Self::Marked => " AND kind = 'email-update' AND detail LIKE '%\"moved\":false%'",
            Self::Deleted => " AND kind IN ('email-destroy', 'mailbox-destroy')",
            Self::Sent => " AND (kind LIKE 'submission-%' OR kind LIKE 'draft-%')",
            Self::Exported => {
                " AND kind IN ('account-export', 'access-log-export', 'patient-export', 'patient-register-export')"
            }
            Self::Team => " AND (kind LIKE 'work-%' OR kind LIKE 'note-%')",
            Self::Rights => {
                " AND (kind LIKE 'right-%' OR kind LIKE 'delegat%' OR kind = 'structure-rights' OR kind LIKE 'application-%')"
            }
            Self::Settings => {
                " AND kind IN ('signature', 'listing-set', 'closing-ask', 'closing-cancel', 'account-rule', 'receipt-wishes',
                'mailbox-create', 'mailbox-update', 'patient-rules', 'patient-template', 'patient-template-delete')"
            }
        }
    }
}

/// Which acts. Those of a page stand before `before` in the chain, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFilter {
    pub person: Option<PersonId>,
    pub category: Option<Category>,
    /// At or after, and before: milliseconds.
    pub from: i64,
    pub to: i64,
    pub before: Option<i64>,
    pub limit: u32,
}

impl Default for LogFilter {
    fn default() -> Self {
        Self { person: None, category: None, from: 0, to: i64::MAX, before: None, limit: 100 }
    }
}

/// One act of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// Its place in the chain.
    pub seq: i64,
    pub at: i64,
    pub kind: String,
    pub result: String,
    pub means: String,
    pub person: PersonId,
    /// Ids and counts.
    pub detail: serde_json::Value,
}

fn read(row: &Row) -> Result<Access> {
    Ok(Access {
        seq: row.int(0)?,
        at: row.int(1)?,
        kind: row.text(2)?,
        result: row.text(3)?,
        means: row.text(4)?,
        person: PersonId(row.int(5)?),
        detail: serde_json::from_str(&row.text(6)?)?,
    })
}

impl Store {
    /// What persons did in a BAL, the newest first.
    pub async fn accesses(&self, account: AccountId, filter: &LogFilter) -> Result<Vec<Access>> {
        let chain = Chain::Account(account);
        let mut sql =
            Sql::new("SELECT seq, at, kind, result, means, person_id, detail FROM trace_functional WHERE chain_kind = ");
        sql.bind(chain.kind()).push(" AND chain_id = ").bind(chain.id());
        sql.push(" AND person_id IS NOT NULL AND kind NOT IN ('submission-attempt', 'relay-attempt', 'report-apply')");
        sql.push(" AND at >= ").bind(filter.from).push(" AND at < ").bind(filter.to);
        if let Some(person) = filter.person {
            sql.push(" AND person_id = ").bind(person);
        }
        if let Some(category) = filter.category {
            sql.push(category.condition());
        }
        if let Some(before) = filter.before {
            sql.push(" AND seq < ").bind(before);
        }
        sql.push(" ORDER BY seq DESC LIMIT ").bind(filter.limit);
        let rows = self.read().await?.fetch_composed(sql.done()).await?;
        rows.iter().map(read).collect()
    }

    /// Who opened the sheet of a patient or took it away, the oldest first.
    pub async fn patient_accesses(&self, account: AccountId, patient: PatientId) -> Result<Vec<Access>> {
        let chain = Chain::Account(account);
        let mut sql =
            Sql::new("SELECT seq, at, kind, result, means, person_id, detail FROM trace_functional WHERE chain_kind = ");
        sql.bind(chain.kind()).push(" AND chain_id = ").bind(chain.id());
        sql.push(" AND person_id IS NOT NULL AND kind IN ('patient-read', 'patient-export') AND detail = ");
        sql.bind(serde_json::json!({"patient": patient}).to_string()).push(" ORDER BY seq");
        let rows = self.read().await?.fetch_composed(sql.done()).await?;
        rows.iter().map(read).collect()
    }

    /// Who ever did something in a BAL, by its traces.
    pub async fn access_persons(&self, account: AccountId) -> Result<Vec<PersonId>> {
        let chain = Chain::Account(account);
        let mut sql = Sql::new("SELECT DISTINCT person_id FROM trace_functional WHERE chain_kind = ");
        sql.bind(chain.kind()).push(" AND chain_id = ").bind(chain.id());
        sql.push(" AND person_id IS NOT NULL ORDER BY person_id");
        let rows = self.read().await?.fetch_composed(sql.done()).await?;
        rows.iter().map(|row| row.int(0).map(PersonId)).collect()
    }
}
