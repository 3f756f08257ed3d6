//! Who wants to be told of new mail, how and when; up to where they were told. A notice and the cursor that says so are
//! one transaction: nobody is told twice of the same mail.

use futures::FutureExt;
use wire::id::{AccountId, PersonId};
use wire::portal::Notifications;

use crate::db::{Row, Tx, args, statements};
use crate::notices::{self, Channel, Notice};
use crate::{Result, Store};

statements! {
    SELECT = "SELECT by_email, by_sms, rhythm, quiet_from, quiet_to, newsletter FROM notification WHERE person_id = $1";
    SAVE = "INSERT INTO notification (person_id, by_email, by_sms, rhythm, quiet_from, quiet_to, newsletter)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (person_id) DO UPDATE SET by_email = excluded.by_email, by_sms = excluded.by_sms,
        rhythm = excluded.rhythm, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
        newsletter = excluded.newsletter";
    FORGET = "DELETE FROM notification_cursor WHERE person_id = $1";
    BEGIN_ALL = "INSERT INTO notification_cursor (person_id, account_id, modseq, next_at)
        SELECT r.person_id, a.account_id, a.email_state, 0 FROM account_right r
        JOIN account a ON a.account_id = r.account_id AND a.closed_at IS NULL
        WHERE r.person_id = $1 AND r.action = 'read' AND r.from_at <= $2 AND (r.to_at IS NULL OR r.to_at > $2)
        ON CONFLICT (person_id, account_id) DO NOTHING";
    CANDIDATES = "SELECT n.person_id, a.account_id, n.by_email, n.by_sms, n.rhythm, n.quiet_from, n.quiet_to, n.newsletter,
            a.email_state, c.modseq, c.next_at
        FROM notification n
        JOIN account_right r ON r.person_id = n.person_id AND r.action = 'read' AND r.from_at <= $1
            AND (r.to_at IS NULL OR r.to_at > $1)
        JOIN account a ON a.account_id = r.account_id AND a.closed_at IS NULL
        LEFT JOIN notification_cursor c ON c.person_id = n.person_id AND c.account_id = a.account_id
        LEFT JOIN notification_box b ON b.person_id = n.person_id AND b.account_id = a.account_id
        WHERE (n.by_email = 1 OR n.by_sms = 1)
            AND (b.wanted = 1 OR (b.wanted IS NULL AND EXISTS (SELECT 1 FROM account_right m
                WHERE m.person_id = n.person_id AND m.account_id = a.account_id AND m.action = 'manage'
                AND m.delegation_id IS NULL AND m.organisation_id IS NULL AND m.from_at <= $1 AND (m.to_at IS NULL OR m.to_at > $1))))
            AND (c.modseq IS NULL OR (a.email_state > c.modseq AND (c.next_at <= $1 OR c.next_at > $2)))
        ORDER BY n.person_id, a.account_id LIMIT $3";
    BEGIN = "INSERT INTO notification_cursor (person_id, account_id, modseq, next_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (person_id, account_id) DO NOTHING";
    ADVANCE = "UPDATE notification_cursor SET modseq = $4, next_at = $5
        WHERE person_id = $1 AND account_id = $2 AND modseq = $3";
    POSTPONE = "UPDATE notification_cursor SET next_at = $4 WHERE person_id = $1 AND account_id = $2 AND modseq = $3";
    NEW_MAIL = "SELECT COUNT(*) FROM email e
        JOIN email_mailbox em ON em.account_id = e.account_id AND em.email_id = e.email_id
        JOIN mailbox m ON m.account_id = em.account_id AND m.mailbox_id = em.mailbox_id AND m.role = 'inbox'
        WHERE e.account_id = $1 AND e.modseq > $2 AND e.created_modseq > $2 AND e.created_modseq <= $3
            AND (e.flags & 5) = 0";
}

/// Beyond this a next look is a clock's mistake.
const FAR_MS: i64 = 2 * 86_400_000;

/// A BAL that changed since its holder was last told.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub person: PersonId,
    pub account: AccountId,
    pub wishes: Notifications,
    state: i64,
    cursor: Option<i64>,
    /// When a look was due.
    pub next_at: Option<i64>,
}

fn wishes(row: &Row, first: usize) -> Result<Notifications> {
    Ok(Notifications {
        email: row.int(first)? == 1,
        sms: row.int(first + 1)? == 1,
        rhythm: row.text(first + 2)?,
        quiet_from: row.int(first + 3)? as u8,
        quiet_to: row.int(first + 4)? as u8,
        newsletter: row.int(first + 5)? == 1,
    })
}

impl Store {
    /// What a person wants to be told.
    pub async fn notifications(&self, person: PersonId) -> Result<Notifications> {
        let row = self.read().await?.fetch_optional(SELECT, args![person]).await?;
        row.map_or(Ok(Notifications::default()), |row| wishes(&row, 0))
    }

    /// Replaces what a person wants to be told; what came before is not told any more.
    pub async fn notifications_set(&self, person: PersonId, wishes: Notifications) -> Result<()> {
        self.write((person, wishes), |tx, (person, wishes)| {
            async move {
                let Notifications { email, sms, rhythm, quiet_from, quiet_to, newsletter } = wishes;
                let (from, to) = (i64::from(*quiet_from), i64::from(*quiet_to));
                let row =
                    args![*person, i64::from(*email), i64::from(*sms), rhythm.as_str(), from, to, i64::from(*newsletter)];
                tx.execute(SAVE, row).await?;
                tx.execute(FORGET, args![*person]).await?;
                let now = tx.now();
                tx.execute(BEGIN_ALL, args![*person, now]).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// BALs that changed and whose holder may be told now; at most `limit`.
    pub async fn notification_candidates(&self, limit: u32) -> Result<Vec<Candidate>> {
        let now = self.now();
        let rows = self.read().await?.fetch_all(CANDIDATES, args![now, now + FAR_MS, i64::from(limit)]).await?;
        let candidate = |row: &Row| {
            Ok(Candidate {
                person: PersonId(row.int(0)?),
                account: AccountId(row.int(1)?),
                wishes: wishes(row, 2)?,
                state: row.int(8)?,
                cursor: row.opt_int(9)?,
                next_at: row.opt_int(10)?,
            })
        };
        rows.iter().map(candidate).collect()
    }

    /// Not now: at `next_at`. What came meanwhile is told then.
    pub async fn notification_later(&self, candidate: &Candidate, next_at: i64) -> Result<()> {
        self.write((candidate.clone(), next_at), |tx, (one, next_at)| {
            async move {
                let cursor = one.cursor.unwrap_or(one.state);
                if one.cursor.is_none() {
                    tx.execute(BEGIN, args![one.person, one.account, cursor, *next_at]).await?;
                    return Ok(());
                }
                tx.execute(POSTPONE, args![one.person, one.account, cursor, *next_at]).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// Tells a person, if unread mail came into the inbox since they were told. True when notices were put into the queue.
    pub async fn notification_tell(
        &self,
        candidate: &Candidate,
        next_at: i64,
        notices: Vec<(Channel, Notice)>,
    ) -> Result<bool> {
        self.write((candidate.clone(), next_at, notices), |tx, (one, next_at, notices)| {
            tell(tx, one, *next_at, notices).boxed()
        })
        .await
    }
}

async fn tell(tx: &mut Tx, one: &Candidate, next_at: i64, notices: &[(Channel, Notice)]) -> Result<bool> {
    let Some(cursor) = one.cursor else {
        tx.execute(BEGIN, args![one.person, one.account, one.state, 0_i64]).await?;
        return Ok(false);
    };
    let count = tx.fetch_one(NEW_MAIL, args![one.account, cursor, one.state]).await?.int(0)?;
    let next_at = if count > 0 { next_at } else { one.next_at.unwrap_or(0) };
    // Raising the cursor is what decides between two processes.
    if tx.execute(ADVANCE, args![one.person, one.account, cursor, one.state, next_at]).await? == 0 || count == 0 {
        return Ok(false);
    }
    for (channel, notice) in notices {
        notices::add(tx, one.person, *channel, notice).await?;
    }
    Ok(true)
}
