//! `/changes`: one range scan by modseq, live rows and tombstones.

use wire::id::AccountId;

use crate::Store;
use crate::db::{Statement, args, statements};
use crate::error::{Error, Result};

statements! {
    FLOOR = "SELECT floor, modseq FROM account WHERE account_id = $1";
    EMAIL = "SELECT email_id, created_modseq, modseq, modseq FROM email
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    MAILBOX = "SELECT mailbox_id, created_modseq, modseq, props_modseq FROM mailbox
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    THREAD = "SELECT thread_id, created_modseq, modseq, modseq FROM thread
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    SUBMISSION = "SELECT submission_id, created_modseq, modseq, modseq FROM submission
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    IDENTITY = "SELECT identity_id, created_modseq, modseq, modseq FROM identity
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    WORK = "SELECT thread_id, created_modseq, modseq, modseq FROM work
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    NOTE = "SELECT note_id, created_modseq, modseq, modseq FROM work_note
        WHERE account_id = $1 AND modseq > $2
        ORDER BY CASE WHEN created_modseq > $2 THEN created_modseq ELSE modseq END LIMIT $3";
    GONE = "SELECT object_id, created_modseq, modseq FROM tombstone
        WHERE account_id = $1 AND kind = $2 AND modseq > $3 AND created_modseq <= $3 ORDER BY modseq LIMIT $4";
}

/// The types whose changes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Email,
    Mailbox,
    Thread,
    Submission,
    Identity,
    /// The work on a conversation, by the conversation's id.
    Work,
    /// Internal notes.
    Note,
}

impl Type {
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Email => 0,
            Self::Mailbox => 1,
            Self::Thread => 2,
            Self::Submission => 3,
            Self::Identity => 4,
            Self::Work => 5,
            Self::Note => 6,
        }
    }

    /// As kept in tombstones.
    pub(crate) fn code(self) -> i64 {
        self.index() as i64 + 1
    }

    fn statement(self) -> Statement {
        [EMAIL, MAILBOX, THREAD, SUBMISSION, IDENTITY, WORK, NOTE][self.index()]
    }
}

/// What changed since a state. Ids are bare numbers of the type asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    pub created: Vec<i64>,
    pub updated: Vec<i64>,
    pub destroyed: Vec<i64>,
    pub new_state: i64,
    pub has_more: bool,
    /// Of folders: only counters changed in those updated (RFC 8621 §2.2 updatedProperties).
    pub counters_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Created,
    Updated { counters_only: bool },
    Destroyed,
}

impl Store {
    /// Changes since a state, at most `max`. `CannotCalculate` when the state is unknown or too old.
    pub async fn changes(&self, account: AccountId, kind: Type, since: i64, max: u32) -> Result<Changes> {
        let mut tx = self.snapshot().await?;
        let row = tx.fetch_optional(FLOOR, args![account]).await?.ok_or(Error::NotFound)?;
        if since < row.int(0)? || since > row.int(1)? {
            return Err(Error::CannotCalculate);
        }
        let state = crate::accounts::states_in(&mut tx, account).await?.of(kind).max(since);
        let limit = i64::from(max) + 1;
        let gone = tx.fetch_all(GONE, args![account, kind.code(), since, limit]).await?;
        let live = tx.fetch_all(kind.statement(), args![account, since, limit]).await?;
        // An object made since stands where it was made, so that a part of the changes never updates what was not told.
        let mut found = Vec::with_capacity(gone.len() + live.len());
        for row in &gone {
            found.push((row.int(2)?, row.int(0)?, Change::Destroyed));
        }
        for row in &live {
            let (created, props) = (row.int(1)?, row.int(3)?);
            match created > since {
                true => found.push((created, row.int(0)?, Change::Created)),
                false => found.push((
                    row.int(2)?,
                    row.int(0)?,
                    Change::Updated { counters_only: kind == Type::Mailbox && props <= since },
                )),
            }
        }
        found.sort_unstable();
        let has_more = found.len() > max as usize;
        found.truncate(max as usize);
        let new_state = found.last().filter(|_| has_more).map_or(state, |last| last.0);
        let mut changes = Changes { new_state, has_more, counters_only: true, ..Changes::default() };
        for (_, id, change) in found {
            match change {
                Change::Created => changes.created.push(id),
                Change::Updated { counters_only } => {
                    changes.counters_only &= counters_only;
                    changes.updated.push(id);
                }
                Change::Destroyed => changes.destroyed.push(id),
            }
        }
        changes.counters_only &= !changes.updated.is_empty();
        Ok(changes)
    }
}
