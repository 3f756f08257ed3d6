//! The end of a BAL: asked by its holder, taken back until it is due, then erased. Its key is destroyed first, so that
//! what backups still hold cannot be read; its traces stay (`traces`), its address is never given again.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, PersonId};

use crate::db::{Statement, Tx, args, statements};
use crate::keys::Owner;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO closing (account_id, person_id, asked_at, due_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id) DO NOTHING";
    SELECT = "SELECT person_id, asked_at, due_at FROM closing WHERE account_id = $1";
    CANCEL = "DELETE FROM closing WHERE account_id = $1";
    DUE = "SELECT account_id, person_id, asked_at, due_at FROM closing WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
    TAKE = "DELETE FROM closing WHERE account_id = $1 AND due_at <= $2";
    CLOSE = "UPDATE account SET closed_at = $2, listed = 0 WHERE account_id = $1 AND closed_at IS NULL";
    END_RIGHTS = "UPDATE account_right SET to_at = $2 WHERE account_id = $1 AND (to_at IS NULL OR to_at > $2)";
    NOMINATIVE = "DELETE FROM nominative WHERE account_id = $1";
    CURSORS = "DELETE FROM notification_cursor WHERE account_id = $1";
    OLD = "SELECT account_id FROM account WHERE closed_at <= $1 LIMIT $2";
    FORGET = "DELETE FROM account WHERE account_id = $1 AND closed_at IS NOT NULL";
    EMAIL_SEALED = "DELETE FROM email_sealed WHERE account_id = $1";
    EMAIL_MAILBOX = "DELETE FROM email_mailbox WHERE account_id = $1";
    EMAIL_KEYWORD = "DELETE FROM email_keyword WHERE account_id = $1";
    EMAIL_ORIGIN = "DELETE FROM email_origin WHERE account_id = $1";
    EMAIL = "DELETE FROM email WHERE account_id = $1";
    MAILBOX_THREAD = "DELETE FROM mailbox_thread WHERE account_id = $1";
    THREAD_REF = "DELETE FROM thread_ref WHERE account_id = $1";
    THREAD = "DELETE FROM thread WHERE account_id = $1";
    POSTING = "DELETE FROM posting WHERE space = (SELECT space FROM account WHERE account_id = $1)";
    TERM = "DELETE FROM term WHERE account_id = $1";
    TOMBSTONE = "DELETE FROM tombstone WHERE account_id = $1";
    SUBMISSION = "DELETE FROM submission WHERE account_id = $1";
    DELIVERY = "DELETE FROM delivery WHERE account_id = $1";
    RELAY_JOB = "DELETE FROM relay_job WHERE account_id = $1";
    SENT_REF = "DELETE FROM sent_ref WHERE account_id = $1";
    SENDING = "DELETE FROM sending WHERE account_id = $1";
    RECEIPT_WISH = "DELETE FROM receipt_wish WHERE account_id = $1";
    SEARCH = "DELETE FROM saved_search WHERE account_id = $1";
    CORRESPONDENT = "DELETE FROM correspondent WHERE account_id = $1";
    IDENTITY = "DELETE FROM identity WHERE account_id = $1";
    MAILBOX = "DELETE FROM mailbox WHERE account_id = $1";
    UPLOAD = "DELETE FROM upload WHERE account_id = $1";
    RECEIVED = "DELETE FROM received WHERE account_id = $1";
    PATIENT_MESSAGE = "DELETE FROM patient_message WHERE account_id = $1";
    PATIENT = "DELETE FROM patient WHERE account_id = $1";
    PATIENT_RECORD = "DELETE FROM patient_record WHERE account_id = $1";
    PATIENT_RULE = "DELETE FROM patient_rule WHERE account_id = $1";
    PATIENT_TEMPLATE = "DELETE FROM patient_template WHERE owner_kind = 1 AND owner_id = $1";
    WORK = "DELETE FROM work WHERE account_id = $1";
    WORK_NOTE = "DELETE FROM work_note WHERE account_id = $1";
    WORK_ANSWERING = "DELETE FROM work_answering WHERE account_id = $1";
    EMAIL_READER = "DELETE FROM email_reader WHERE account_id = $1";
    READING = "DELETE FROM reading WHERE account_id = $1";
    DELEGATION = "DELETE FROM delegation WHERE account_id = $1";
    DRAFT_REVIEW = "DELETE FROM draft_review WHERE account_id = $1";
    NOTIFICATION_BOX = "DELETE FROM notification_box WHERE account_id = $1";
    STRUCTURE_BOX = "DELETE FROM organisation_box WHERE account_id = $1";
    STRUCTURE_GRANT = "DELETE FROM organisation_grant WHERE account_id = $1";
    STRUCTURE_PURPOSE = "DELETE FROM organisation_purpose WHERE account_id = $1";
    APPLICATION = "DELETE FROM application WHERE account_id = $1";
}

/// What a BAL's mail stands in. The bytes of large blobs go with the next removal of orphans.
const MAIL: &[Statement] = &[
    EMAIL_SEALED,
    EMAIL_MAILBOX,
    EMAIL_KEYWORD,
    EMAIL_ORIGIN,
    EMAIL,
    MAILBOX_THREAD,
    THREAD_REF,
    THREAD,
    POSTING,
    TERM,
    TOMBSTONE,
    SUBMISSION,
    DELIVERY,
    RELAY_JOB,
    SENT_REF,
    SENDING,
    RECEIPT_WISH,
    SEARCH,
    CORRESPONDENT,
    IDENTITY,
    MAILBOX,
    UPLOAD,
    RECEIVED,
    PATIENT_MESSAGE,
    PATIENT,
    PATIENT_RECORD,
    PATIENT_RULE,
    PATIENT_TEMPLATE,
    WORK,
    WORK_NOTE,
    WORK_ANSWERING,
    EMAIL_READER,
    READING,
    DELEGATION,
    DRAFT_REVIEW,
    NOTIFICATION_BOX,
    STRUCTURE_BOX,
    STRUCTURE_GRANT,
    STRUCTURE_PURPOSE,
    APPLICATION,
];

/// A BAL whose end was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    pub account: AccountId,
    pub person: PersonId,
    pub asked_at: i64,
    pub due_at: i64,
}

impl Store {
    /// Asks for the end of a BAL after `delay_ms`; asked again, the first date stays.
    pub async fn closing_ask(&self, actor: Actor, person: PersonId, account: AccountId, delay_ms: i64) -> Result<()> {
        self.write((actor, person, account, delay_ms), |tx, (actor, person, account, delay_ms)| {
            async move {
                let now = tx.now();
                if tx.execute(INSERT, args![*account, *person, now, now + delay_ms]).await? == 0 {
                    return Ok(());
                }
                let detail = json!({"due_at": now + delay_ms});
                leave(tx, *account, Trace::done("closing-ask", *actor, Some(*account), detail)).await
            }
            .boxed()
        })
        .await
    }

    /// Takes the wish back; false when there was none (any more).
    pub async fn closing_cancel(&self, actor: Actor, account: AccountId) -> Result<bool> {
        self.write((actor, account), |tx, (actor, account)| {
            async move {
                let taken = tx.execute(CANCEL, args![*account]).await? > 0;
                if taken {
                    leave(tx, *account, Trace::done("closing-cancel", *actor, Some(*account), json!({}))).await?;
                }
                Ok(taken)
            }
            .boxed()
        })
        .await
    }

    /// Is the end of this BAL asked for?
    pub async fn closing(&self, account: AccountId) -> Result<Option<Closing>> {
        let row = self.read().await?.fetch_optional(SELECT, args![account]).await?;
        row.map(|row| Ok(Closing { account, person: PersonId(row.int(0)?), asked_at: row.int(1)?, due_at: row.int(2)? }))
            .transpose()
    }

    /// The BALs whose end is due; at most `limit`.
    pub async fn closings_due(&self, limit: u32) -> Result<Vec<Closing>> {
        let rows = self.read().await?.fetch_all(DUE, args![self.now(), i64::from(limit)]).await?;
        let one = |row: &crate::db::Row| {
            let (account, person) = (AccountId(row.int(0)?), PersonId(row.int(1)?));
            Ok(Closing { account, person, asked_at: row.int(2)?, due_at: row.int(3)? })
        };
        rows.iter().map(one).collect()
    }

    /// Erases a BAL whose end is due: nobody's right over it remains, its key is destroyed, its mail is gone. False when
    /// the wish was taken back meanwhile.
    pub async fn account_erase(&self, account: AccountId) -> Result<bool> {
        let ended = self.write(account, |tx, account| end(tx, *account).boxed()).await?;
        if ended {
            self.account_remains_erase(account).await?;
        }
        Ok(ended)
    }

    /// Removes the rows of a BAL that is closed. May run again after a crash.
    async fn account_remains_erase(&self, account: AccountId) -> Result<()> {
        for statement in MAIL {
            self.write((account, *statement), |tx, (account, statement)| {
                async move { tx.execute(*statement, args![*account]).await.map(drop) }.boxed()
            })
            .await?;
        }
        Ok(())
    }

    /// A year after the end (`before`), what is known of the BAL's holder goes too; the address stays taken. How many.
    pub async fn accounts_forget(&self, before: i64) -> Result<u64> {
        let rows = self.read().await?.fetch_all(OLD, args![before, 100_i64]).await?;
        for row in &rows {
            let account = AccountId(row.int(0)?);
            self.account_remains_erase(account).await?;
            self.write(account, |tx, account| async move { tx.execute(FORGET, args![*account]).await.map(drop) }.boxed())
                .await?;
        }
        Ok(rows.len() as u64)
    }
}

async fn end(tx: &mut Tx, account: AccountId) -> Result<bool> {
    let now = tx.now();
    if tx.execute(TAKE, args![account, now]).await? == 0 {
        return Ok(false);
    }
    tx.execute(CLOSE, args![account, now]).await?;
    tx.execute(END_RIGHTS, args![account, now]).await?;
    tx.execute(NOMINATIVE, args![account]).await?;
    tx.execute(CURSORS, args![account]).await?;
    tx.destroy_keys(Owner::Account(account.0)).await?;
    tx.touch(account.0);
    leave(tx, account, Trace::done("account-erase", Actor::SYSTEM, Some(account), json!({}))).await?;
    Ok(true)
}

async fn leave(tx: &mut Tx, account: AccountId, trace: Trace) -> Result<()> {
    traces::trace(tx, Chain::Account(account), trace).await
}
