//! Changing and destroying messages, within one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;
use wire::id::{AccountId, EmailId, MailboxId};

use super::insert::next_uid;
use super::prepare::KEYWORDS;
use super::{EmailChange, EmailFault, SetChange, flag, keywords};
use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::index;
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::query::sql::{execute_in, insert_rows, select_in};
use crate::threads::assign::touch;
use crate::threads::recount::recount;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    MAILBOX_IDS = "SELECT mailbox_id FROM mailbox WHERE account_id = $1";
    SET_FLAGS = "UPDATE email SET flags = $3, modseq = $4 WHERE account_id = $1 AND email_id = $2";
    SET_PLACE_FLAGS = "UPDATE email_mailbox SET flags = $3 WHERE account_id = $1 AND email_id = $2";
    SET_KEYWORDS = "UPDATE email_sealed SET keywords = $3 WHERE account_id = $1 AND email_id = $2";
    KEYWORDS_DELETE = "DELETE FROM email_keyword WHERE account_id = $1 AND email_id = $2";
    PLACE_DELETE = "DELETE FROM email_mailbox
        WHERE account_id = $1 AND mailbox_id = $2 AND received_at = $3 AND email_id = $4";
    PLACE_INSERT = "INSERT INTO email_mailbox (account_id, mailbox_id, received_at, email_id, thread_id, flags, uid)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
}

/// Folders of one message at most.
const MOST_MAILBOXES: usize = 30;

/// A message as it is before a change.
struct Current {
    id: i64,
    number: i64,
    thread: i64,
    received_at: i64,
    flags: i64,
    created_modseq: i64,
    others: Vec<String>,
    mailboxes: BTreeSet<i64>,
}

async fn load(tx: &mut Tx, keys: &Keys, account: i64, ids: &[i64]) -> Result<HashMap<i64, Current>> {
    let head = "SELECT email_id, thread_id, received_at, flags, created_modseq, number FROM email WHERE account_id = ";
    let mut found = HashMap::new();
    let mut with_keywords = Vec::new();
    for row in select_in(tx, head, account, " AND email_id IN ", ids, "").await? {
        let (id, flags) = (row.int(0)?, row.int(3)?);
        if flags & flag::OTHERS != 0 {
            with_keywords.push(id);
        }
        let (thread, received_at, created_modseq, number) = (row.int(1)?, row.int(2)?, row.int(4)?, row.int(5)?);
        let (others, mailboxes) = Default::default();
        found.insert(id, Current { id, number, thread, received_at, flags, created_modseq, others, mailboxes });
    }
    let head = "SELECT email_id, mailbox_id FROM email_mailbox WHERE account_id = ";
    for row in select_in(tx, head, account, " AND email_id IN ", ids, "").await? {
        if let Some(email) = found.get_mut(&row.int(0)?) {
            email.mailboxes.insert(row.int(1)?);
        }
    }
    let head = "SELECT email_id, keywords FROM email_sealed WHERE account_id = ";
    for row in select_in(tx, head, account, " AND email_id IN ", &with_keywords, "").await? {
        if let (Some(email), Some(sealed)) = (found.get_mut(&row.int(0)?), row.opt_bytes(1)?) {
            email.others = keys.open_json(KEYWORDS, email.id, &sealed)?;
        }
    }
    Ok(found)
}

fn changed<T: Clone + Ord>(old: &BTreeSet<T>, change: &SetChange<T>) -> BTreeSet<T> {
    let mut new = change.set.as_ref().map_or_else(|| old.clone(), |set| set.iter().cloned().collect());
    new.extend(change.add.iter().cloned());
    for gone in &change.remove {
        new.remove(gone);
    }
    new
}

/// The flags and other keywords after a change.
fn new_keywords(email: &Current, change: &SetChange<String>) -> Result<(i64, Vec<String>), EmailFault> {
    let mut every = change.set.iter().flatten().chain(&change.add).chain(&change.remove);
    if !every.all(|keyword| keywords::valid(keyword)) {
        return Err(EmailFault::BadKeyword);
    }
    let lower = |list: &[String]| list.iter().map(|keyword| keyword.to_ascii_lowercase()).collect::<Vec<_>>();
    let change = SetChange { set: change.set.as_deref().map(lower), add: lower(&change.add), remove: lower(&change.remove) };
    let old: BTreeSet<String> = keywords::join(email.flags, &email.others).into_iter().collect();
    let new = changed(&old, &change);
    if new.len() > keywords::MOST {
        return Err(EmailFault::TooManyKeywords);
    }
    let (flags, others) = keywords::split(new.iter().map(String::as_str));
    Ok((flags | email.flags & flag::ATTACHMENT, others))
}

fn new_mailboxes(
    email: &Current,
    change: &SetChange<MailboxId>,
    known: &BTreeSet<i64>,
) -> Result<BTreeSet<i64>, EmailFault> {
    let old: BTreeSet<MailboxId> = email.mailboxes.iter().map(|id| MailboxId(*id)).collect();
    let new: BTreeSet<i64> = changed(&old, change).into_iter().map(|id| id.0).collect();
    if !new.is_subset(known) {
        return Err(EmailFault::UnknownMailbox);
    }
    match new.len() {
        0 => Err(EmailFault::NoMailbox),
        MOST_MAILBOXES.. => Err(EmailFault::TooManyMailboxes),
        _ => Ok(new),
    }
}

/// Changes to messages of one account.
pub(crate) struct Update {
    pub(crate) actor: Actor,
    pub(crate) account: AccountId,
    pub(crate) changes: Vec<EmailChange>,
}

pub(crate) type Outcomes = Vec<(EmailId, Result<(), EmailFault>)>;

pub(crate) async fn update(tx: &mut Tx, update: &Update) -> Result<Outcomes> {
    let mut ledger = Ledger::lock(tx, update.account.0).await?;
    let keys = tx.keys(Owner::Account(update.account.0)).await?;
    let mut known = BTreeSet::new();
    for row in tx.fetch_all(MAILBOX_IDS, args![update.account]).await? {
        known.insert(row.int(0)?);
    }
    let ids: Vec<i64> = update.changes.iter().map(|change| change.id.0).collect();
    let mut current = load(tx, &keys, update.account.0, &ids).await?;
    let (mut outcomes, mut touched, mut done) = (Vec::with_capacity(ids.len()), BTreeSet::new(), Vec::new());
    for change in &update.changes {
        let outcome = match current.get_mut(&change.id.0) {
            None => Err(EmailFault::NotFound),
            Some(email) => match (new_keywords(email, &change.keywords), new_mailboxes(email, &change.mailboxes, &known)) {
                (Ok((flags, others)), Ok(mailboxes)) => {
                    if apply(tx, &mut ledger, &keys, email, flags, others, mailboxes).await? {
                        touched.insert(email.thread);
                        done.push(change.id);
                    }
                    Ok(())
                }
                (Err(fault), _) | (_, Err(fault)) => Err(fault),
            },
        };
        outcomes.push((change.id, outcome));
    }
    recount(tx, &mut ledger, &touched).await?;
    ledger.save(tx).await?;
    if !done.is_empty() {
        let moved = update.changes.iter().any(|change| change.mailboxes != SetChange::default());
        let marked = update.changes.iter().any(|change| change.keywords != SetChange::default());
        let detail = json!({"emails": done, "moved": moved, "marked": marked});
        let entry = Trace::done("email-update", update.actor, Some(update.account), detail);
        trace(tx, Chain::Account(update.account), entry).await?;
    }
    Ok(outcomes)
}

/// Writes what differs; whether anything did.
async fn apply(
    tx: &mut Tx,
    ledger: &mut Ledger,
    keys: &Keys,
    email: &mut Current,
    flags: i64,
    others: Vec<String>,
    mailboxes: BTreeSet<i64>,
) -> Result<bool> {
    if flags == email.flags && others == email.others && mailboxes == email.mailboxes {
        return Ok(false);
    }
    let account = ledger.account;
    let modseq = ledger.next(Type::Email);
    tx.execute(SET_FLAGS, args![account, email.id, flags, modseq]).await?;
    for mailbox in email.mailboxes.difference(&mailboxes) {
        tx.execute(PLACE_DELETE, args![account, *mailbox, email.received_at, email.id]).await?;
    }
    if flags != email.flags {
        tx.execute(SET_PLACE_FLAGS, args![account, email.id, flags]).await?;
    }
    for mailbox in mailboxes.difference(&email.mailboxes) {
        let uid = next_uid(tx, account, *mailbox, 1).await?;
        let row = args![account, *mailbox, email.received_at, email.id, email.thread, flags, uid];
        tx.execute(PLACE_INSERT, row).await?;
    }
    if others != email.others {
        let sealed = match others.is_empty() {
            true => None,
            false => Some(keys.seal_json(tx.random().as_ref(), KEYWORDS, email.id, &others)?),
        };
        tx.execute(SET_KEYWORDS, args![account, email.id, sealed]).await?;
        tx.execute(KEYWORDS_DELETE, args![account, email.id]).await?;
        let rows = others.iter().map(|keyword| args![account, keywords::code(keys, keyword), email.id]).collect();
        insert_rows(tx, "INSERT INTO email_keyword (account_id, keyword_code, email_id) VALUES ", "", rows).await?;
    }
    (email.flags, email.others, email.mailboxes) = (flags, others, mailboxes);
    Ok(true)
}

/// Takes messages out of a folder; those that are nowhere else are destroyed.
pub(crate) async fn take_out(
    tx: &mut Tx,
    ledger: &mut Ledger,
    keys: &Keys,
    ids: &[EmailId],
    mailbox: MailboxId,
) -> Result<()> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let current = load(tx, keys, ledger.account, &ids).await?;
    let (mut alone, mut touched) = (Vec::new(), BTreeSet::new());
    for mut email in current.into_values() {
        let mut rest = email.mailboxes.clone();
        rest.remove(&mailbox.0);
        if rest.is_empty() {
            alone.push(email.id);
        } else {
            let (flags, others) = (email.flags, email.others.clone());
            apply(tx, ledger, keys, &mut email, flags, others, rest).await?;
            touched.insert(email.thread);
        }
    }
    recount(tx, ledger, &touched).await?;
    remove(tx, ledger, keys, &alone).await?;
    Ok(())
}

/// Messages of one account to destroy.
pub(super) struct Destroy {
    pub(super) actor: Actor,
    pub(super) account: AccountId,
    pub(super) ids: Vec<EmailId>,
}

pub(super) async fn destroy(tx: &mut Tx, destroy: &Destroy) -> Result<Vec<EmailId>> {
    let mut ledger = Ledger::lock(tx, destroy.account.0).await?;
    let keys = tx.keys(Owner::Account(destroy.account.0)).await?;
    let ids: Vec<i64> = destroy.ids.iter().map(|id| id.0).collect();
    let gone = remove(tx, &mut ledger, &keys, &ids).await?;
    ledger.save(tx).await?;
    if !gone.is_empty() {
        let entry = Trace::done("email-destroy", destroy.actor, Some(destroy.account), json!({"emails": gone}));
        trace(tx, Chain::Account(destroy.account), entry).await?;
    }
    Ok(gone)
}

/// Removes messages with all that was made of them; the blob is collected later.
pub(super) async fn remove(tx: &mut Tx, ledger: &mut Ledger, keys: &Keys, ids: &[i64]) -> Result<Vec<EmailId>> {
    let account = ledger.account;
    let current: BTreeMap<i64, Current> = load(tx, keys, account, ids).await?.into_iter().collect();
    let ids: Vec<i64> = current.keys().copied().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let head = "SELECT email_id, terms FROM email_sealed WHERE account_id = ";
    let (mut indexed, mut terms) = (Vec::new(), BTreeSet::new());
    for row in select_in(tx, head, account, " AND email_id IN ", &ids, "").await? {
        let packed = row.bytes(1)?;
        terms.extend(index::unpack(&packed)?);
        let email = current.get(&row.int(0)?).ok_or(Error::Corrupt("message"))?;
        indexed.push((email.number, packed));
    }
    index::remove(tx, ledger, &indexed).await?;
    let terms: Vec<i64> = terms.into_iter().collect();
    index::forget(tx, ledger, &terms).await?;
    for head in [
        "DELETE FROM email_sealed WHERE account_id = ",
        "DELETE FROM email_mailbox WHERE account_id = ",
        "DELETE FROM email_keyword WHERE account_id = ",
        "DELETE FROM email_origin WHERE account_id = ",
        "DELETE FROM email_reader WHERE account_id = ",
        "DELETE FROM email WHERE account_id = ",
    ] {
        execute_in(tx, head, account, " AND email_id IN ", &ids, "").await?;
    }
    let mut touched = BTreeSet::new();
    for email in current.values() {
        ledger.bury(tx, Type::Email, email.id, email.created_modseq).await?;
        if touched.insert(email.thread) {
            touch(tx, ledger, email.thread).await?;
        }
    }
    recount(tx, ledger, &touched).await?;
    Ok(ids.into_iter().map(EmailId).collect())
}
