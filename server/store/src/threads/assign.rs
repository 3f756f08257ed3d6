//! Which thread each new message goes to.

use std::collections::{BTreeSet, HashMap};

use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::query::sql::{insert_rows, select_in};

statements! {
    BY_CONVERSATION = "SELECT thread_id FROM thread WHERE account_id = $1 AND conversation_code = $2
        ORDER BY thread_id LIMIT 1";
    INSERT = "INSERT INTO thread (account_id, thread_id, conversation_code, created_modseq, modseq) VALUES ($1, $2, $3, $4, $4)";
    TOUCH = "UPDATE thread SET modseq = $3 WHERE account_id = $1 AND thread_id = $2";
}

/// What decides of a message's thread.
pub(crate) struct Clue<'a> {
    /// Codes of (message id, base subject): own first, nearest reference next.
    pub(crate) refs: &'a [i64],
    pub(crate) conversation: Option<&'a [u8]>,
}

/// The thread of each message in order, made where there is none; references are remembered.
pub(crate) async fn assign(tx: &mut Tx, ledger: &mut Ledger, clues: &[Clue<'_>]) -> Result<Vec<i64>> {
    let account = ledger.account;
    let asked: BTreeSet<i64> = clues.iter().flat_map(|clue| clue.refs.iter().copied()).collect();
    let asked: Vec<i64> = asked.into_iter().collect();
    let head = "SELECT ref_code, thread_id FROM thread_ref WHERE account_id = ";
    let mut known = HashMap::new();
    for row in select_in(tx, head, account, " AND ref_code IN ", &asked, "").await? {
        known.insert(row.int(0)?, row.int(1)?);
    }
    let mut conversations: HashMap<&[u8], i64> = HashMap::new();
    let (mut threads, mut made, mut grown) = (Vec::with_capacity(clues.len()), BTreeSet::new(), BTreeSet::new());
    let mut new_refs = Vec::new();
    for clue in clues {
        let found = match clue.conversation {
            Some(code) => match conversations.get(code) {
                Some(thread) => Some(*thread),
                None => {
                    let row = tx.fetch_optional(BY_CONVERSATION, args![account, code]).await?;
                    row.map(|row| row.int(0)).transpose()?
                }
            },
            None => clue.refs.iter().find_map(|code| known.get(code).copied()),
        };
        let thread = match found {
            Some(thread) => thread,
            None => {
                let thread = tx.new_id();
                let modseq = ledger.next(Type::Thread);
                tx.execute(INSERT, args![account, thread, clue.conversation, modseq]).await?;
                made.insert(thread);
                thread
            }
        };
        if let Some(code) = clue.conversation {
            conversations.insert(code, thread);
        }
        if !made.contains(&thread) {
            grown.insert(thread);
        }
        for code in clue.refs {
            // The first thread to name a reference keeps it: threads never merge.
            if !known.contains_key(code) {
                known.insert(*code, thread);
                new_refs.push(args![account, *code, thread]);
            }
        }
        threads.push(thread);
    }
    for thread in grown {
        touch(tx, ledger, thread).await?;
    }
    insert_rows(tx, "INSERT INTO thread_ref (account_id, ref_code, thread_id) VALUES ", "", new_refs).await?;
    Ok(threads)
}

/// The thread has other messages than before.
pub(crate) async fn touch(tx: &mut Tx, ledger: &mut Ledger, thread: i64) -> Result<()> {
    let modseq = ledger.next(Type::Thread);
    tx.execute(TOUCH, args![ledger.account, thread, modseq]).await?;
    Ok(())
}
