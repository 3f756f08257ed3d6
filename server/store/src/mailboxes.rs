//! Folders: names sealed, roles and counters in clear.

use std::collections::HashMap;

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, EmailId, MailboxId};

use crate::Store;
use crate::changes::Type;
use crate::db::{Row, Tx, args, statements};
use crate::emails::write as emails;
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    SELECT = "SELECT mailbox_id, sealed_name, parent_id, role, sort_order, subscribed, total_emails, unread_emails,
        total_threads, unread_threads, modseq, created_modseq FROM mailbox WHERE account_id = $1
        ORDER BY sort_order, mailbox_id";
    BY_ROLE = "SELECT mailbox_id FROM mailbox WHERE account_id = $1 AND role = $2";
    INSERT = "INSERT INTO mailbox (account_id, mailbox_id, parent_id, role, name_code, sealed_name, sort_order,
        subscribed, total_emails, unread_emails, total_threads, unread_threads, uidvalidity, uidnext, created_modseq,
        props_modseq, modseq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, $9, 1, $10, $10, $10)";
    UPDATE = "UPDATE mailbox SET parent_id = $3, role = $4, name_code = $5, sealed_name = $6, sort_order = $7,
        subscribed = $8, props_modseq = $9, modseq = $9 WHERE account_id = $1 AND mailbox_id = $2";
    DELETE = "DELETE FROM mailbox WHERE account_id = $1 AND mailbox_id = $2";
    EMAILS_IN = "SELECT email_id FROM email_mailbox WHERE account_id = $1 AND mailbox_id = $2 LIMIT $3";
}

const TABLE: &str = "mailbox";
const MOST: usize = 1000;
const DEEPEST: usize = 10;

/// What a folder is for (RFC 8621 §2, IANA registry of roles).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Inbox,
    Drafts,
    Sent,
    Archive,
    Junk,
    Trash,
}

impl Role {
    pub const ALL: [Role; 6] = [Self::Inbox, Self::Drafts, Self::Sent, Self::Archive, Self::Junk, Self::Trash];

    pub fn code(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Drafts => "drafts",
            Self::Sent => "sent",
            Self::Archive => "archive",
            Self::Junk => "junk",
            Self::Trash => "trash",
        }
    }

    /// The name the folder has until screens show their own word.
    pub(crate) fn standard_name(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Drafts => "Drafts",
            Self::Sent => "Sent",
            Self::Archive => "Archive",
            Self::Junk => "Junk",
            Self::Trash => "Trash",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub id: MailboxId,
    pub name: String,
    pub parent: Option<MailboxId>,
    pub role: Option<Role>,
    pub sort_order: u32,
    pub subscribed: bool,
    pub total_emails: u32,
    pub unread_emails: u32,
    pub total_threads: u32,
    pub unread_threads: u32,
    pub modseq: i64,
}

/// A folder to make.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewMailbox {
    pub name: String,
    pub parent: Option<MailboxId>,
    pub role: Option<Role>,
    pub sort_order: u32,
    pub subscribed: bool,
}

/// Changes to a folder: none leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailboxChange {
    pub name: Option<String>,
    pub parent: Option<Option<MailboxId>>,
    pub role: Option<Option<Role>>,
    pub sort_order: Option<u32>,
    pub subscribed: Option<bool>,
}

fn read_mailbox(keys: &Keys, row: &Row) -> Result<Mailbox> {
    let id = row.int(0)?;
    let name = keys.open(TABLE, id, &row.bytes(1)?)?;
    Ok(Mailbox {
        id: MailboxId(id),
        name: String::from_utf8(name).map_err(|_| Error::Corrupt("folder name"))?,
        parent: row.opt_int(2)?.map(MailboxId),
        role: row.opt_text(3)?.as_deref().and_then(Role::from_code),
        sort_order: row.int(4)? as u32,
        subscribed: row.flag(5)?,
        total_emails: row.int(6)? as u32,
        unread_emails: row.int(7)? as u32,
        total_threads: row.int(8)? as u32,
        unread_threads: row.int(9)? as u32,
        modseq: row.int(10)?,
    })
}

/// Folders have distinct names under one parent.
fn name_code(keys: &Keys, parent: Option<MailboxId>, name: &str) -> [u8; 32] {
    keys.lookup("mailbox", format!("{}\0{name}", parent.map_or(0, |parent| parent.0)).as_bytes())
}

/// Makes a folder in a locked account.
pub(crate) async fn insert(tx: &mut Tx, ledger: &mut Ledger, keys: &Keys, new: &NewMailbox) -> Result<MailboxId> {
    let id = tx.new_id();
    let sealed = keys.seal(tx.random().as_ref(), TABLE, id, new.name.as_bytes())?;
    let code = name_code(keys, new.parent, &new.name);
    let modseq = ledger.next(Type::Mailbox);
    let validity = tx.now() / 1000;
    let role = new.role.map(Role::code);
    let order = i64::from(new.sort_order);
    let row = args![ledger.account, id, new.parent, role, code, sealed, order, new.subscribed, validity, modseq];
    tx.execute(INSERT, row).await?;
    Ok(MailboxId(id))
}

/// The parent is there, not below the folder itself, and not too deep.
fn check_parent(rows: &[Mailbox], id: Option<MailboxId>, parent: Option<MailboxId>) -> Result<()> {
    let parents: HashMap<MailboxId, Option<MailboxId>> = rows.iter().map(|row| (row.id, row.parent)).collect();
    let (mut above, mut depth) = (parent, 0);
    while let Some(at) = above {
        if Some(at) == id {
            return Err(Error::Refused("mailbox-parent"));
        }
        above = *parents.get(&at).ok_or(Error::Refused("mailbox-parent"))?;
        depth += 1;
        if depth > DEEPEST {
            return Err(Error::Refused("mailbox-depth"));
        }
    }
    Ok(())
}

async fn all(tx: &mut Tx, keys: &Keys, account: i64) -> Result<Vec<Mailbox>> {
    tx.fetch_all(SELECT, args![account]).await?.iter().map(|row| read_mailbox(keys, row)).collect()
}

async fn leave_trace(tx: &mut Tx, kind: &'static str, actor: Actor, account: AccountId, id: MailboxId) -> Result<()> {
    let entry = Trace::done(kind, actor, Some(account), json!({"mailbox": id}));
    trace(tx, Chain::Account(account), entry).await
}

async fn create(tx: &mut Tx, actor: Actor, account: AccountId, new: &NewMailbox) -> Result<MailboxId> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let rows = all(tx, &keys, account.0).await?;
    if rows.len() >= MOST {
        return Err(Error::Limit { what: "mailboxes" });
    }
    check_parent(&rows, None, new.parent)?;
    let id = insert(tx, &mut ledger, &keys, new).await?;
    ledger.save(tx).await?;
    leave_trace(tx, "mailbox-create", actor, account, id).await?;
    Ok(id)
}

async fn update(tx: &mut Tx, actor: Actor, account: AccountId, id: MailboxId, change: &MailboxChange) -> Result<()> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let rows = all(tx, &keys, account.0).await?;
    let old = rows.iter().find(|row| row.id == id).ok_or(Error::NotFound)?;
    let parent = change.parent.unwrap_or(old.parent);
    check_parent(&rows, Some(id), parent)?;
    let name = change.name.as_ref().unwrap_or(&old.name);
    let role = change.role.unwrap_or(old.role).map(Role::code);
    let order = i64::from(change.sort_order.unwrap_or(old.sort_order));
    let subscribed = change.subscribed.unwrap_or(old.subscribed);
    let sealed = keys.seal(tx.random().as_ref(), TABLE, id.0, name.as_bytes())?;
    let modseq = ledger.next(Type::Mailbox);
    let code = name_code(&keys, parent, name);
    tx.execute(UPDATE, args![account, id, parent, role, code, sealed, order, subscribed, modseq]).await?;
    ledger.save(tx).await?;
    leave_trace(tx, "mailbox-update", actor, account, id).await
}

async fn destroy(tx: &mut Tx, actor: Actor, account: AccountId, id: MailboxId, remove_emails: bool) -> Result<()> {
    const BATCH: i64 = 500;
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let rows = tx.fetch_all(SELECT, args![account]).await?;
    let row = rows.iter().find(|row| row.int(0).is_ok_and(|found| found == id.0)).ok_or(Error::NotFound)?;
    let created_modseq = row.int(11)?;
    if row.opt_text(3)?.as_deref() == Some(Role::Inbox.code()) {
        return Err(Error::Refused("mailbox-inbox"));
    }
    if rows.iter().any(|row| row.opt_int(2).is_ok_and(|parent| parent == Some(id.0))) {
        return Err(Error::Refused("mailbox-has-child"));
    }
    loop {
        let inside = tx.fetch_all(EMAILS_IN, args![account, id, BATCH]).await?;
        if inside.is_empty() {
            break;
        }
        if !remove_emails {
            return Err(Error::Refused("mailbox-has-email"));
        }
        let inside = inside.iter().map(|row| row.int(0).map(EmailId)).collect::<Result<Vec<_>>>()?;
        emails::take_out(tx, &mut ledger, &keys, &inside, id).await?;
    }
    tx.execute(DELETE, args![account, id]).await?;
    ledger.bury(tx, Type::Mailbox, id.0, created_modseq).await?;
    ledger.save(tx).await?;
    leave_trace(tx, "mailbox-destroy", actor, account, id).await
}

impl Store {
    /// All folders of a BAL, by order then id.
    pub async fn mailboxes(&self, account: AccountId) -> Result<Vec<Mailbox>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        all(&mut self.read().await?, &keys, account.0).await
    }

    /// The folder of a role.
    pub async fn mailbox_by_role(&self, account: AccountId, role: Role) -> Result<Option<MailboxId>> {
        let row = self.read().await?.fetch_optional(BY_ROLE, args![account, role.code()]).await?;
        row.map(|row| row.int(0).map(MailboxId)).transpose()
    }

    /// Makes a folder. `Conflict mailbox_name_unique` / `mailbox_role_unique`; `Refused("mailbox-parent")`,
    /// `Refused("mailbox-depth")`; `Limit` past 1,000 folders.
    pub async fn mailbox_create(&self, actor: Actor, account: AccountId, new: NewMailbox) -> Result<MailboxId> {
        self.write((actor, account, new), |tx, (actor, account, new)| create(tx, *actor, *account, new).boxed()).await
    }

    /// Changes a folder. As `mailbox_create`, `NotFound`, and `Refused("mailbox-parent")` when it would hold itself.
    pub async fn mailbox_update(
        &self,
        actor: Actor,
        account: AccountId,
        id: MailboxId,
        change: MailboxChange,
    ) -> Result<()> {
        self.write((actor, account, id, change), |tx, (actor, account, id, change)| {
            update(tx, *actor, *account, *id, change).boxed()
        })
        .await
    }

    /// Destroys a folder. `Refused("mailbox-has-child")`; `Refused("mailbox-has-email")` unless `remove_emails`, which
    /// takes the messages out of it and destroys those that were nowhere else; `Refused("mailbox-inbox")`.
    pub async fn mailbox_destroy(&self, actor: Actor, account: AccountId, id: MailboxId, remove_emails: bool) -> Result<()> {
        self.write((actor, account, id, remove_emails), |tx, (actor, account, id, remove_emails)| {
            destroy(tx, *actor, *account, *id, *remove_emails).boxed()
        })
        .await
    }
}
