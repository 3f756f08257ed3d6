//! The account's lock: raised first in each write, it hands out modseqs and keeps the state of each type.

use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};

statements! {
    LOCK = "UPDATE account SET modseq = modseq + 1 WHERE account_id = $1
        RETURNING modseq, email_state, mailbox_state, thread_state, submission_state, identity_state,
        work_state, note_state, next_term, next_email, space";
    SAVE = "UPDATE account SET modseq = $2, email_state = $3, mailbox_state = $4, thread_state = $5,
        submission_state = $6, identity_state = $7, work_state = $8, note_state = $9, next_term = $10, next_email = $11 WHERE account_id = $1";
    HOLD = "UPDATE account SET modseq = modseq WHERE account_id = $1
        RETURNING email_state, mailbox_state, thread_state, submission_state, identity_state, work_state, note_state";
    TOMBSTONE = "INSERT INTO tombstone (account_id, kind, modseq, object_id, created_modseq, at)
        VALUES ($1, $2, $3, $4, $5, $6)";
}

/// What a write expects of an account: that a type has this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) account: i64,
    pub(crate) kind: Type,
    pub(crate) state: i64,
}

impl Expected {
    /// Takes the account's lock, which the write needs anyway, and looks: nobody changes the state from here on.
    /// `StateMismatch`; `NotFound` if there is no such account.
    pub(crate) async fn check(self, tx: &mut Tx) -> Result<()> {
        let row = tx.fetch_optional(HOLD, args![self.account]).await?.ok_or(Error::NotFound)?;
        if row.int(self.kind.index())? == self.state { Ok(()) } else { Err(Error::StateMismatch) }
    }
}

/// An account locked for this transaction.
pub(crate) struct Ledger {
    pub(crate) account: i64,
    modseq: i64,
    states: [i64; 7],
    pub(crate) next_term: i64,
    next_email: i64,
    /// What the account's postings are keyed by.
    pub(crate) space: i64,
}

impl Ledger {
    /// Locks the account; `NotFound` if there is none.
    pub(crate) async fn lock(tx: &mut Tx, account: i64) -> Result<Self> {
        let row = tx.fetch_optional(LOCK, args![account]).await?.ok_or(Error::NotFound)?;
        let mut states = [0; 7];
        for (state, column) in states.iter_mut().zip(1..) {
            *state = row.int(column)?;
        }
        tx.touch(account);
        let (next_term, next_email, space) = (row.int(8)?, row.int(9)?, row.int(10)?);
        Ok(Self { account, modseq: row.int(0)?, states, next_term, next_email, space })
    }

    /// A modseq for one changed object of this type.
    pub(crate) fn next(&mut self, kind: Type) -> i64 {
        self.modseq += 1;
        self.states[kind.index()] = self.modseq;
        self.modseq
    }

    /// The number of one new message in the search index.
    pub(crate) fn number(&mut self) -> i64 {
        self.next_email += 1;
        self.next_email - 1
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
        let [email, mailbox, thread, submission, identity, work, note] = self.states;
        let numbers = (self.next_term, self.next_email);
        let row =
            args![self.account, self.modseq, email, mailbox, thread, submission, identity, work, note, numbers.0, numbers.1];
        tx.execute(SAVE, row).await?;
        Ok(())
    }
}
