//! BALs: address, name and profile sealed under the operator's key, found by the HMAC of the address.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, PersonId};
use wire::portal::Action;

use crate::changes::Type;
use crate::clock::Random;
use crate::db::{Row, Tx, args, statements};
use crate::dialect;
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::mailboxes::{self, NewMailbox, Role};
use crate::traces::{Actor, Chain, Trace, trace};
use crate::{Store, identities, professionals, rights};

statements! {
    INSERT = "INSERT INTO account (account_id, address_code, domain_code, sealed, listed, created_at, modseq, email_state,
        mailbox_state, thread_state, submission_state, identity_state, floor, next_term, next_email,
        space) VALUES ($1, $2, $3, $4, $5, $6, 1, 1, 1, 1, 1, 1, 0, 1, 1, $7)";
    SELECT = "SELECT account_id, sealed, created_at, email_state, mailbox_state, thread_state, submission_state,
        identity_state, work_state, note_state FROM account WHERE account_id = $1";
    SELECT_ALL = "SELECT account_id, sealed, created_at, email_state, mailbox_state, thread_state, submission_state,
        identity_state, work_state, note_state FROM account ORDER BY created_at, account_id";
    OF_DOMAIN = "SELECT account_id FROM account WHERE domain_code = $1 LIMIT 1";
    BY_ADDRESS = "SELECT account_id FROM account WHERE address_code = $1 AND closed_at IS NULL";
    RESERVE = "INSERT INTO reserved_address (address_code, account_id, reserved_at) VALUES ($1, $2, $3)";
    NOMINATIVE = "INSERT INTO nominative (person_id, domain, account_id) VALUES ($1, $2, $3)
        ON CONFLICT (person_id, domain) DO NOTHING";
    OCTETS = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM email WHERE account_id = $1";
    STATES = "SELECT email_state, mailbox_state, thread_state, submission_state, identity_state, work_state, note_state
        FROM account WHERE account_id = $1";
}

const TABLE: &str = "account";

/// Who or what a BAL belongs to, as the directory shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// `PER`, `ORG` or `APP`.
    pub kind: String,
    #[serde(default)]
    pub profession: Option<String>,
    #[serde(default)]
    pub speciality: Option<String>,
    #[serde(default)]
    pub place: Option<String>,
    #[serde(default)]
    pub city: Option<String>,
    #[serde(default)]
    pub rpps: Option<String>,
    /// Hidden from searches of the directory.
    #[serde(default)]
    pub liste_rouge: bool,
    /// Code of the profession in the national nomenclature.
    #[serde(default)]
    pub profession_code: Option<String>,
    /// The telephone of the place, shown where its holder publishes it.
    #[serde(default)]
    pub phone: Option<String>,
    #[serde(default)]
    pub publish_phone: bool,
    /// Who answers for the data of this BAL: its holder, or the structure that employs them.
    #[serde(default)]
    pub controller: Option<String>,
}

/// A BAL to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub address: String,
    pub name: String,
    pub holder: Option<PersonId>,
    pub profile: Profile,
    /// Only an Inbox, for conformance suites.
    pub inbox_only: bool,
}

/// A BAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub address: String,
    pub name: String,
    pub profile: Profile,
    pub created_at: i64,
    pub states: States,
}

/// The state of each JMAP type: the modseq of its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct States {
    pub email: i64,
    pub mailbox: i64,
    pub thread: i64,
    pub submission: i64,
    pub identity: i64,
    pub work: i64,
    pub note: i64,
}

impl States {
    /// The state of one type.
    pub fn of(&self, kind: Type) -> i64 {
        match kind {
            Type::Email => self.email,
            Type::Mailbox => self.mailbox,
            Type::Thread => self.thread,
            Type::Submission => self.submission,
            Type::Identity => self.identity,
            Type::Work => self.work,
            Type::Note => self.note,
        }
    }
}

/// An address in the form it is looked up: trimmed, lower case.
pub fn normal_address(address: &str) -> String {
    address.trim().to_lowercase()
}

/// What is sealed of a BAL, under the operator's key: the directory of this server is made of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) address: String,
    pub(crate) name: String,
    pub(crate) profile: Profile,
}

pub(crate) fn address_code(operator: &Keys, address: &str) -> [u8; 32] {
    operator.lookup("address", normal_address(address).as_bytes())
}

fn domain_code(operator: &Keys, address: &str) -> [u8; 32] {
    let address = normal_address(address);
    operator.lookup("domain", address.rsplit_once('@').map_or("", |(_, domain)| domain).as_bytes())
}

pub(crate) fn open(operator: &Keys, id: i64, sealed: &[u8]) -> Result<Sealed> {
    operator.open_json(TABLE, id, sealed)
}

pub(crate) fn reseal(operator: &Keys, random: &dyn Random, id: i64, sealed: &Sealed) -> Result<Vec<u8>> {
    operator.seal_json(random, TABLE, id, sealed)
}

fn read_states(row: &Row, first: usize) -> Result<States> {
    Ok(States {
        email: row.int(first)?,
        mailbox: row.int(first + 1)?,
        thread: row.int(first + 2)?,
        submission: row.int(first + 3)?,
        identity: row.int(first + 4)?,
        work: row.int(first + 5)?,
        note: row.int(first + 6)?,
    })
}

fn read_account(operator: &Keys, row: &Row) -> Result<Account> {
    let id = row.int(0)?;
    let Sealed { address, name, profile } = open(operator, id, &row.bytes(1)?)?;
    Ok(Account { id: AccountId(id), address, name, profile, created_at: row.int(2)?, states: read_states(row, 3)? })
}

/// The states of an account, in the caller's reading.
pub(crate) async fn states_in(tx: &mut Tx, id: AccountId) -> Result<States> {
    read_states(&tx.fetch_one(STATES, args![id]).await?, 0)
}

/// Makes a BAL in the caller's transaction.
pub(crate) async fn create(tx: &mut Tx, actor: Actor, new: &NewAccount) -> Result<AccountId> {
    let id = tx.new_id();
    let operator = tx.keys(Owner::Operator).await?;
    let sealed = Sealed { address: normal_address(&new.address), name: new.name.clone(), profile: new.profile.clone() };
    let sealed = operator.seal_json(tx.random().as_ref(), TABLE, id, &sealed)?;
    let now = tx.now();
    let listed = !new.profile.liste_rouge;
    let space = dialect::space(tx, id).await?;
    let code = address_code(&operator, &new.address);
    tx.execute(INSERT, args![id, code, domain_code(&operator, &new.address), sealed, listed, now, space]).await?;
    tx.execute(RESERVE, args![code, id, now]).await?;
    let keys = tx.create_keys(Owner::Account(id)).await?;
    let mut ledger = Ledger::lock(tx, id).await?;
    let roles: &[Role] = if new.inbox_only { &[Role::Inbox] } else { &Role::ALL };
    for (order, role) in roles.iter().enumerate() {
        let folder = NewMailbox {
            name: role.standard_name().into(),
            parent: None,
            role: Some(*role),
            sort_order: order as u32 + 1,
            subscribed: true,
        };
        mailboxes::insert(tx, &mut ledger, &keys, &folder).await?;
    }
    let identity =
        identities::Sealed { name: new.name.clone(), email: normal_address(&new.address), text_signature: String::new() };
    let modseq = ledger.next(Type::Identity);
    identities::insert(tx, &keys, id, &identity, modseq).await?;
    ledger.save(tx).await?;
    if let Some(holder) = new.holder {
        rights::grant(tx, holder, AccountId(id), &Action::ALL, None).await?;
        name(tx, new, holder, id).await?;
    }
    let detail = json!({"holder": new.holder});
    trace(tx, Chain::Account(AccountId(id)), Trace::done("account-create", actor, Some(AccountId(id)), detail)).await?;
    Ok(AccountId(id))
}

/// A nominative BAL counts for its domain, and the identity provider's number for its holder leads to them.
async fn name(tx: &mut Tx, new: &NewAccount, holder: PersonId, id: i64) -> Result<()> {
    if new.profile.kind != "PER" {
        return Ok(());
    }
    let address = normal_address(&new.address);
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    tx.execute(NOMINATIVE, args![holder, domain, id]).await?;
    match &new.profile.rpps {
        Some(rpps) => professionals::link_national(tx, &professionals::idnps(rpps), holder).await,
        None => Ok(()),
    }
}

impl Store {
    /// Makes a BAL with its keys, standard folders, identity and the holder's rights. `Conflict account_address_unique`
    /// when the address is taken,
    /// `reserved_address_pk` when it once was.
    pub async fn account_create(&self, actor: Actor, new: NewAccount) -> Result<AccountId> {
        self.write((actor, new), |tx, (actor, new)| create(tx, *actor, new).boxed()).await
    }

    /// A BAL; `NotFound` if there is none of this id.
    pub async fn account(&self, id: AccountId) -> Result<Account> {
        let operator = self.operator_keys().await?;
        let row = self.read().await?.fetch_optional(SELECT, args![id]).await?.ok_or(Error::NotFound)?;
        read_account(&operator, &row)
    }

    /// The BAL of an address of this server.
    pub async fn account_by_address(&self, address: &str) -> Result<Option<AccountId>> {
        let operator = self.operator_keys().await?;
        let row = self.read().await?.fetch_optional(BY_ADDRESS, args![address_code(&operator, address)]).await?;
        row.map(|row| row.int(0).map(AccountId)).transpose()
    }

    /// Whether this server holds BALs in the domain of an address.
    pub async fn domain_is_ours(&self, address: &str) -> Result<bool> {
        let code = domain_code(&*self.operator_keys().await?, address);
        Ok(self.read().await?.fetch_optional(OF_DOMAIN, args![code]).await?.is_some())
    }

    /// All BALs, in the order they were made.
    pub async fn accounts_all(&self) -> Result<Vec<Account>> {
        let operator = self.operator_keys().await?;
        let rows = self.read().await?.fetch_all(SELECT_ALL, args![]).await?;
        rows.iter().map(|row| read_account(&operator, row)).collect()
    }

    /// Octets of the messages of a BAL.
    pub async fn account_octets(&self, id: AccountId) -> Result<u64> {
        Ok(self.read().await?.fetch_one(OCTETS, args![id]).await?.int(0)? as u64)
    }

    /// The states of a BAL; `NotFound`.
    pub async fn states(&self, id: AccountId) -> Result<States> {
        states_in(&mut self.read().await?, id).await
    }
}
