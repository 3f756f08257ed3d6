//! After a write: conversation rows and folder counters of the threads it touched are made equal to a recount.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::Type;
use crate::db::{Row, Tx, args, statements};
use crate::emails::{flag, is_unread};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::query::sql::select_in;
use crate::threads::counts_apart;

statements! {
    ROLES = "SELECT mailbox_id, role FROM mailbox WHERE account_id = $1 AND role IS NOT NULL";
    SAVE = "INSERT INTO mailbox_thread (account_id, mailbox_id, thread_id, newest_at, newest_email, total, unread, flagged,
        thread_unread) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (account_id, mailbox_id, thread_id) DO UPDATE SET newest_at = excluded.newest_at,
        newest_email = excluded.newest_email, total = excluded.total, unread = excluded.unread,
        flagged = excluded.flagged, thread_unread = excluded.thread_unread";
    DELETE = "DELETE FROM mailbox_thread WHERE account_id = $1 AND mailbox_id = $2 AND thread_id = $3";
    COUNTERS = "UPDATE mailbox SET total_emails = total_emails + $3, unread_emails = unread_emails + $4,
        total_threads = total_threads + $5, unread_threads = unread_threads + $6, modseq = $7
        WHERE account_id = $1 AND mailbox_id = $2";
    THREAD = "SELECT created_modseq FROM thread WHERE account_id = $1 AND thread_id = $2";
    THREAD_DELETE = "DELETE FROM thread WHERE account_id = $1 AND thread_id = $2";
    REFS_DELETE = "DELETE FROM thread_ref WHERE account_id = $1 AND thread_id = $2";
}

/// A row of `mailbox_thread`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counted {
    newest_at: i64,
    newest_email: i64,
    total: i64,
    unread: i64,
    flagged: i64,
    thread_unread: i64,
}

/// One message in one folder.
struct Member {
    mailbox: i64,
    thread: i64,
    email: i64,
    received_at: i64,
    flags: i64,
}

fn member(row: &Row) -> Result<Member> {
    Ok(Member {
        mailbox: row.int(0)?,
        thread: row.int(1)?,
        email: row.int(2)?,
        received_at: row.int(3)?,
        flags: row.int(4)?,
    })
}

fn count(members: &[Member], apart: &BTreeSet<i64>) -> BTreeMap<(i64, i64), Counted> {
    let mut counted: BTreeMap<(i64, i64), Counted> = BTreeMap::new();
    // Unread messages of a thread: those in the trash, and the others.
    let mut unread: BTreeMap<(i64, bool), BTreeSet<i64>> = BTreeMap::new();
    for one in members {
        let row = counted.entry((one.mailbox, one.thread)).or_default();
        if row.total == 0 || (one.received_at, one.email) > (row.newest_at, row.newest_email) {
            (row.newest_at, row.newest_email) = (one.received_at, one.email);
        }
        row.total += 1;
        row.flagged += i64::from(one.flags & flag::FLAGGED != 0);
        if is_unread(one.flags) {
            row.unread += 1;
            unread.entry((one.thread, apart.contains(&one.mailbox))).or_default().insert(one.email);
        }
    }
    for ((mailbox, thread), row) in &mut counted {
        let seen = unread.get(&(*thread, apart.contains(mailbox)));
        row.thread_unread = seen.map_or(0, |emails| emails.len() as i64);
    }
    counted
}

/// Recounts these threads; those left without a message are destroyed.
pub(crate) async fn recount(tx: &mut Tx, ledger: &mut Ledger, threads: &BTreeSet<i64>) -> Result<()> {
    let account = ledger.account;
    let ids: Vec<i64> = threads.iter().copied().collect();
    let mut apart = BTreeSet::new();
    for row in tx.fetch_all(ROLES, args![account]).await? {
        if counts_apart(&row.text(1)?) {
            apart.insert(row.int(0)?);
        }
    }
    let head = "SELECT mailbox_id, thread_id, email_id, received_at, flags FROM email_mailbox WHERE account_id = ";
    let rows = select_in(tx, head, account, " AND thread_id IN ", &ids, "").await?;
    let members = rows.iter().map(member).collect::<Result<Vec<_>>>()?;
    let new = count(&members, &apart);
    let old = stored(tx, account, &ids).await?;
    let mut moved: BTreeMap<i64, [i64; 4]> = BTreeMap::new();
    let all: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    for (mailbox, thread) in all {
        let (was, is) = (old.get(&(mailbox, thread)), new.get(&(mailbox, thread)));
        if was == is {
            continue;
        }
        save(tx, account, mailbox, thread, is).await?;
        let delta = moved.entry(mailbox).or_default();
        for (sign, row) in [(-1, was), (1, is)] {
            let Some(row) = row else { continue };
            delta[0] += sign * row.total;
            delta[1] += sign * row.unread;
            delta[2] += sign;
            delta[3] += sign * i64::from(row.thread_unread > 0);
        }
    }
    for (mailbox, [emails, unread, threads, unread_threads]) in moved {
        if [emails, unread, threads, unread_threads] != [0; 4] {
            let modseq = ledger.next(Type::Mailbox);
            tx.execute(COUNTERS, args![account, mailbox, emails, unread, threads, unread_threads, modseq]).await?;
        }
    }
    let alive: BTreeSet<i64> = members.iter().map(|one| one.thread).collect();
    for thread in threads.difference(&alive) {
        end(tx, ledger, *thread).await?;
    }
    Ok(())
}

async fn stored(tx: &mut Tx, account: i64, ids: &[i64]) -> Result<BTreeMap<(i64, i64), Counted>> {
    let head = "SELECT mailbox_id, thread_id, newest_at, newest_email, total, unread, flagged, thread_unread
        FROM mailbox_thread WHERE account_id = ";
    let mut old = BTreeMap::new();
    for row in select_in(tx, head, account, " AND thread_id IN ", ids, "").await? {
        let counted = Counted {
            newest_at: row.int(2)?,
            newest_email: row.int(3)?,
            total: row.int(4)?,
            unread: row.int(5)?,
            flagged: row.int(6)?,
            thread_unread: row.int(7)?,
        };
        old.insert((row.int(0)?, row.int(1)?), counted);
    }
    Ok(old)
}

async fn save(tx: &mut Tx, account: i64, mailbox: i64, thread: i64, row: Option<&Counted>) -> Result<()> {
    match row {
        Some(row) => {
            let row = args![
                account,
                mailbox,
                thread,
                row.newest_at,
                row.newest_email,
                row.total,
                row.unread,
                row.flagged,
                row.thread_unread
            ];
            tx.execute(SAVE, row).await?
        }
        None => tx.execute(DELETE, args![account, mailbox, thread]).await?,
    };
    Ok(())
}

/// A thread without messages is gone, and so is what led to it.
async fn end(tx: &mut Tx, ledger: &mut Ledger, thread: i64) -> Result<()> {
    if let Some(row) = tx.fetch_optional(THREAD, args![ledger.account, thread]).await? {
        let created = row.int(0)?;
        tx.execute(THREAD_DELETE, args![ledger.account, thread]).await?;
        tx.execute(REFS_DELETE, args![ledger.account, thread]).await?;
        ledger.bury(tx, Type::Thread, thread, created).await?;
        crate::team::forget(tx, ledger, thread).await?;
    }
    Ok(())
}
