//! The outbox: undo send, scheduled send and retry are one row with a due time, a lease and a fencing token.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, EmailId, IdentityId, PersonId, SessionId, SubmissionId, ThreadId};

use crate::changes::Type;
use crate::db::{Row, Tx, args, statements};
use crate::emails::NewEmail;
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::notices::{Channel, Notice};
use crate::query::sql::select_in;
use crate::relay_jobs::NewJob;
use crate::sending::{self, Rates};
use crate::traces::{Actor, Chain, Means, Trace, trace};
use crate::{Store, patients};

pub(crate) mod outbox;

statements! {
    EMAIL_THREAD = "SELECT thread_id FROM email WHERE account_id = $1 AND email_id = $2";
    IDENTITY = "SELECT identity_id FROM identity WHERE account_id = $1 AND identity_id = $2";
    OF_EMAIL = "SELECT submission_id FROM submission WHERE account_id = $1 AND email_id = $2 AND undo <> 2
        ORDER BY submission_id LIMIT 1";
    INSERT = "INSERT INTO submission (account_id, submission_id, email_id, thread_id, identity_id, undo, state, send_at,
        due_at, lease_until, fence, attempts, person_id, session_id, means, sealed, sealed_delivery, created_at,
        created_modseq, modseq) VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, 0, 0, 0, $8, $9, $10, $11, NULL, $12, $13, $13)";
    SELECT = "SELECT submission_id, email_id, thread_id, identity_id, undo, send_at, due_at, sealed, sealed_delivery,
        created_at, modseq FROM submission WHERE account_id = $1 AND submission_id = $2";
    SELECT_ALL = "SELECT submission_id, email_id, thread_id, identity_id, undo, send_at, due_at, sealed, sealed_delivery,
        created_at, modseq FROM submission WHERE account_id = $1 ORDER BY submission_id DESC LIMIT 500";
    CANCEL = "UPDATE submission SET undo = 2, state = 1, modseq = $3
        WHERE account_id = $1 AND submission_id = $2 AND undo = 0 AND fence = 0";
    GONE = "DELETE FROM submission WHERE account_id = $1 AND submission_id = $2 AND undo <> 0 AND state = 1
        RETURNING created_modseq";
}

const COLUMNS: &str =
    "SELECT submission_id, email_id, thread_id, identity_id, undo, send_at, due_at, sealed, sealed_delivery,
    created_at, modseq FROM submission WHERE account_id = ";
const ENVELOPE: &str = "submission";
const DELIVERY: &str = "submission_delivery";

/// One recipient with its parameters (RFC 8621 §7).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EnvelopeAddress {
    pub email: String,
    #[serde(default)]
    pub parameters: Vec<(String, Option<String>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Envelope {
    pub mail_from: EnvelopeAddress,
    pub rcpt_to: Vec<EnvelopeAddress>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubmission {
    pub email: EmailId,
    pub identity: IdentityId,
    pub envelope: Envelope,
    /// What is announced: until then it can be called back.
    pub send_at: i64,
    /// When it is taken up: some seconds later, so that a late undo still works.
    pub due_at: i64,
    /// How much the BAL may send.
    pub rates: Rates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    Pending,
    Final,
    Canceled,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delivery {
    pub email: String,
    /// `queued`, `yes`, `no`, `unknown` (RFC 8621 §7 `delivered`).
    pub delivered: String,
    /// The reply as SMTP would say it.
    pub reply: String,
    /// Goes to another operator: the relay's queue says what comes of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remote: bool,
    /// The operator that took it over, as its certificate names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// When this came to be.
    #[serde(default)]
    pub at: i64,
    /// Code of why not (yet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// It takes longer than it should; the sender was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// What a receipt said, and when: `displayed`, `deleted`, `dispatched`, `processed`, `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<(String, i64)>,
}

/// A change of what is known of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryUpdate {
    /// What came of handing it over.
    Set(Delivery),
    /// The other operator says that it takes longer.
    Late { email: String, reason: String, at: i64 },
    /// A receipt of reading came.
    Receipt { email: String, what: String, at: i64 },
}

impl DeliveryUpdate {
    /// Does it set `delivered` to this word?
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Set(delivery) if delivery.delivered == word)
    }

    /// Changes the entry of its recipient; a receipt that came before stays. Recipients are never added by reports.
    fn apply(&self, list: &mut Vec<Delivery>) {
        let email = match self {
            Self::Set(delivery) => &delivery.email,
            Self::Late { email, .. } | Self::Receipt { email, .. } => email,
        };
        let known = list.iter_mut().find(|one| one.email.eq_ignore_ascii_case(email));
        match (self, known) {
            (Self::Set(new), Some(old)) => {
                let receipt = new.receipt.clone().or_else(|| old.receipt.take());
                let operator = new.operator.clone().or_else(|| old.operator.take());
                *old =
                    Delivery { receipt, operator, remote: old.remote, email: std::mem::take(&mut old.email), ..new.clone() };
            }
            (Self::Set(new), None) => list.push(new.clone()),
            (Self::Late { reason, at, .. }, Some(old)) if old.delivered != "yes" && old.delivered != "no" => {
                (old.late, old.reason, old.at) = (true, Some(reason.clone()), *at);
            }
            (Self::Receipt { what, at, .. }, Some(old)) => old.receipt = Some((what.clone(), *at)),
            (Self::Late { .. } | Self::Receipt { .. }, _) => {}
        }
    }
}

/// What one transaction adds to the record of an attempt: what goes to other operators, by what reports find it, and what
/// the sender is told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Onward {
    /// For the sender's inbox, each once by its `dedup_key`.
    pub notices: Vec<NewEmail>,
    /// For persons, outside of the service.
    pub told: Vec<(PersonId, Channel, Notice)>,
    pub jobs: Vec<NewJob>,
    /// Its Message-IDs without brackets; its ENVID is its own id.
    pub message_ids: Vec<String>,
    /// The domains of all recipients.
    pub domains: Vec<String>,
    /// Patients among the recipients, and whether they may answer.
    pub patients: Vec<patients::Sent>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    pub id: SubmissionId,
    pub email: EmailId,
    pub thread: ThreadId,
    pub identity: IdentityId,
    pub envelope: Envelope,
    pub send_at: i64,
    pub due_at: i64,
    pub undo: Undo,
    pub deliveries: Vec<Delivery>,
    pub created_at: i64,
    pub modseq: i64,
}

/// A submission leased to be delivered now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSubmission {
    pub account: AccountId,
    pub actor: Actor,
    pub submission: Submission,
    /// This attempt's number, from 1.
    pub attempts: u32,
    /// Proves the lease when the outcome is recorded.
    pub fence: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    Cancelled,
    TooLate,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Done,
    /// Again at this time.
    RetryAt(i64),
}

fn read_submission(keys: &Keys, row: &Row) -> Result<Submission> {
    let id = row.int(0)?;
    let undo = match row.int(4)? {
        0 => Undo::Pending,
        1 => Undo::Final,
        _ => Undo::Canceled,
    };
    let deliveries = match row.opt_bytes(8)? {
        Some(sealed) => keys.open_json(DELIVERY, id, &sealed)?,
        None => Vec::new(),
    };
    Ok(Submission {
        id: SubmissionId(id),
        email: EmailId(row.int(1)?),
        thread: ThreadId(row.int(2)?),
        identity: IdentityId(row.int(3)?),
        undo,
        send_at: row.int(5)?,
        due_at: row.int(6)?,
        envelope: keys.open_json(ENVELOPE, id, &row.bytes(7)?)?,
        deliveries,
        created_at: row.int(9)?,
        modseq: row.int(10)?,
    })
}

async fn create(tx: &mut Tx, actor: Actor, account: AccountId, new: &NewSubmission) -> Result<Submission> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    if let Some(row) = tx.fetch_optional(OF_EMAIL, args![account, new.email]).await? {
        let first = row.int(0)?;
        ledger.save(tx).await?;
        return read_submission(&keys, &tx.fetch_one(SELECT, args![account, first]).await?);
    }
    sending::count(tx, account, new.envelope.rcpt_to.len(), &new.rates).await?;
    let thread = tx.fetch_optional(EMAIL_THREAD, args![account, new.email]).await?.ok_or(Error::NotFound)?.int(0)?;
    tx.fetch_optional(IDENTITY, args![account, new.identity]).await?.ok_or(Error::Refused("unknown-identity"))?;
    let id = tx.new_id();
    let sealed = keys.seal_json(tx.random().as_ref(), ENVELOPE, id, &new.envelope)?;
    let (now, modseq, means) = (tx.now(), ledger.next(Type::Submission), actor.means.code());
    let row = args![
        account,
        id,
        new.email,
        thread,
        new.identity,
        new.send_at,
        new.due_at,
        actor.person,
        actor.session,
        means,
        sealed,
        now,
        modseq
    ];
    tx.execute(INSERT, row).await?;
    ledger.save(tx).await?;
    let detail = json!({"submission": SubmissionId(id), "email": new.email, "recipients": new.envelope.rcpt_to.len()});
    trace(tx, Chain::Account(account), Trace::done("submission-create", actor, Some(account), detail)).await?;
    read_submission(&keys, &tx.fetch_one(SELECT, args![account, id]).await?)
}

async fn cancel(tx: &mut Tx, actor: Actor, account: AccountId, id: SubmissionId) -> Result<Cancelled> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let row = tx.fetch_optional(SELECT, args![account, id]).await?.ok_or(Error::NotFound)?;
    let modseq = ledger.next(Type::Submission);
    let done = tx.execute(CANCEL, args![account, id, modseq]).await? > 0;
    ledger.save(tx).await?;
    if done {
        let keys = tx.keys(Owner::Account(account.0)).await?;
        let submission = read_submission(&keys, &row)?;
        sending::give_back(tx, account, submission.created_at, submission.envelope.rcpt_to.len()).await?;
    }
    let result = if done { "ok" } else { "too-late" };
    let detail = json!({"submission": id});
    trace(tx, Chain::Account(account), Trace::refused("submission-cancel", actor, Some(account), result, detail)).await?;
    Ok(if done { Cancelled::Cancelled } else { Cancelled::TooLate })
}

async fn destroy(tx: &mut Tx, actor: Actor, account: AccountId, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let mut gone = Vec::new();
    for id in ids {
        if let Some(row) = tx.fetch_optional(GONE, args![account, *id]).await? {
            ledger.bury(tx, Type::Submission, id.0, row.int(0)?).await?;
            gone.push(*id);
        }
    }
    ledger.save(tx).await?;
    let entry = Trace::done("submission-destroy", actor, Some(account), json!({"submissions": gone}));
    trace(tx, Chain::Account(account), entry).await?;
    Ok(gone)
}

impl Store {
    /// Puts a message in the outbox; the same message again gives the first submission, unless that was called back.
    /// `NotFound` for an unknown message, `Refused("unknown-identity")`, `Limit` when the BAL sends too much.
    pub async fn submission_create(&self, actor: Actor, account: AccountId, new: NewSubmission) -> Result<Submission> {
        self.write((actor, account, new), |tx, (actor, account, new)| create(tx, *actor, *account, new).boxed()).await
    }

    /// Submissions by id, in the order asked; with none given, all, newest first (at most 500).
    pub async fn submissions(&self, account: AccountId, ids: Option<&[SubmissionId]>) -> Result<Vec<Submission>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let mut tx = self.read().await?;
        let Some(ids) = ids else {
            let rows = tx.fetch_all(SELECT_ALL, args![account]).await?;
            return rows.iter().map(|row| read_submission(&keys, row)).collect();
        };
        let asked: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows = select_in(&mut tx, COLUMNS, account.0, " AND submission_id IN ", &asked, "").await?;
        let mut found = rows.iter().map(|row| read_submission(&keys, row)).collect::<Result<Vec<_>>>()?;
        found.sort_by_key(|one| asked.iter().position(|id| *id == one.id.0));
        Ok(found)
    }

    /// The submissions of these messages, newest first.
    pub async fn submissions_of(&self, account: AccountId, emails: &[EmailId]) -> Result<Vec<Submission>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let asked: Vec<i64> = emails.iter().map(|id| id.0).collect();
        let tail = " ORDER BY submission_id DESC";
        let rows = select_in(&mut self.read().await?, COLUMNS, account.0, " AND email_id IN ", &asked, tail).await?;
        rows.iter().map(|row| read_submission(&keys, row)).collect()
    }

    /// Calls a message back: until it is taken up for delivery. `NotFound`.
    pub async fn submission_cancel(&self, actor: Actor, account: AccountId, id: SubmissionId) -> Result<Cancelled> {
        self.write((actor, account, id), |tx, (actor, account, id)| cancel(tx, *actor, *account, *id).boxed()).await
    }

    /// Removes submissions that are done or cancelled; those that were there.
    pub async fn submissions_destroy(
        &self,
        actor: Actor,
        account: AccountId,
        ids: Vec<SubmissionId>,
    ) -> Result<Vec<SubmissionId>> {
        self.write((actor, account, ids), |tx, (actor, account, ids)| destroy(tx, *actor, *account, ids).boxed()).await
    }
}

/// Who asked for it, as kept in the row from `first`.
pub(crate) fn read_actor(row: &Row, first: usize) -> Result<Actor> {
    Ok(Actor {
        person: row.opt_int(first)?.map(PersonId),
        session: row.opt_int(first + 1)?.map(SessionId),
        means: Means::from_code(&row.text(first + 2)?),
    })
}
