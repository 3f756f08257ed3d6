//! The account's lock: raised first in each write, it hands out modseqs and keeps the state of each type.

use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};

statements! {
    LOCK = "UPDATE account SET modseq = modseq + 1 WHERE account_id = $1
        RETURNING modseq, email_state, mailbox_state, thread_state, submission_state, identity_state, next_term";
    SAVE = "UPDATE account SET modseq = $2, email_state = $3, mailbox_state = $4, thread_state = $5,
        submission_state = $6, identity_state = $7, next_term = $8 WHERE account_id = $1";
    TOMBSTONE = "INSERT INTO tombstone (account_id, kind, modseq, object_id, created_modseq, at)
        VALUES ($1, $2, $3, $4, $5, $6)";
}

/// An account locked for this transaction.
pub(crate) struct Ledger {
    pub(crate) account: i64,
    modseq: i64,
    states: [i64; 5],
    pub(crate) next_term: i64,
}

impl Ledger {
    /// Locks the account; `NotFound` if there is none.
    pub(crate) async fn lock(tx: &mut Tx, account: i64) -> Result<Self> {
        let row = tx.fetch_optional(LOCK, args![account]).await?.ok_or(Error::NotFound)?;
        let states = [row.int(1)?, row.int(2)?, row.int(3)?, row.int(4)?, row.int(5)?];
        tx.touch(account);
        Ok(Self { account, modseq: row.int(0)?, states, next_term: row.int(6)? })
    }

    /// The state of a type before or within this write.
    pub(crate) fn state(&self, kind: Type) -> i64 {
        self.states[kind.index()]
    }

    /// A modseq for one changed object of this type.
    pub(crate) fn next(&mut self, kind: Type) -> i64 {
        self.modseq += 1;
        self.states[kind.index()] = self.modseq;
        self.modseq
    }

    /// Records that an object is gone.
    pub(crate) async fn bury(&mut self, tx: &mut Tx, kind: Type, object: i64, created_modseq: i64) -> Result<()> {
        let modseq = self.next(kind);
        let now = tx.now();
        tx.execute(TOMBSTONE, args![self.account, kind.code(), modseq, object, created_modseq, now]).await?;
        Ok(())
    }

    /// Writes back what was handed out.
    pub(crate) async fn save(self, tx: &mut Tx) -> Result<()> {
        let [email, mailbox, thread, submission, identity] = self.states;
        let row = args![self.account, self.modseq, email, mailbox, thread, submission, identity, self.next_term];
        tx.execute(SAVE, row).await?;
        Ok(())
    }
}
