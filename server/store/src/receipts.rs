//! Receipts of reading (RFC 8098): what each BAL wishes, and the answers, each given once per message.

use bytes::Bytes;
use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, EmailId};

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::emails::{EmailChange, SetChange, keywords, write};
use crate::error::Result;
use crate::keys::Owner;
use crate::ledger::Ledger;
use crate::relay_jobs::{self, JobEnvelope, NewJob};
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    SELECT = "SELECT asking, answering FROM receipt_wish WHERE account_id = $1";
    SAVE = "INSERT INTO receipt_wish (account_id, asking, answering) VALUES ($1, $2, $3)
        ON CONFLICT (account_id) DO UPDATE SET asking = excluded.asking, answering = excluded.answering";
    ANSWERED = "SELECT email_id FROM email_keyword WHERE account_id = $1 AND keyword_code = $2 AND email_id = $3";
}

/// The keyword of messages whose receipt was sent or declined (RFC 3503 §3).
pub const MDN_SENT: &str = "$mdnsent";

/// Whether receipts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asking {
    Never,
    /// Where the writer says so.
    #[default]
    EachTime,
    Always,
}

impl Asking {
    /// `never`, `each` or `always`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::EachTime => "each",
            Self::Always => "always",
        }
    }

    /// What a word stands for; anything else: each time.
    pub fn from_code(code: &str) -> Self {
        [Self::Never, Self::Always].into_iter().find(|one| one.code() == code).unwrap_or_default()
    }
}

/// What is done when somebody asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answering {
    #[default]
    EachTime,
    Always,
    Never,
}

impl Answering {
    /// `each`, `always` or `never`.
    pub fn code(self) -> &'static str {
        match self {
            Self::EachTime => "each",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// What a word stands for; anything else: each time.
    pub fn from_code(code: &str) -> Self {
        [Self::Never, Self::Always].into_iter().find(|one| one.code() == code).unwrap_or_default()
    }
}

/// The wishes of a BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    pub asking: Asking,
    pub answering: Answering,
}

/// A receipt to be sent: the report and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub report: Bytes,
    pub to: String,
    /// The address is of this server.
    pub local: bool,
}

async fn answer(tx: &mut Tx, actor: Actor, account: AccountId, email: EmailId, jobs: &[NewJob]) -> Result<bool> {
    // Under the account's lock it is looked whether the answer was given already.
    Ledger::lock(tx, account.0).await?.save(tx).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let change = EmailChange {
        id: email,
        keywords: SetChange { add: vec![MDN_SENT.into()], ..SetChange::default() },
        ..EmailChange::default()
    };
    let seen = keywords::code(&keys, MDN_SENT);
    let before = tx.fetch_optional(ANSWERED, args![account, seen, email]).await?;
    let update = write::Update { actor, account, changes: vec![change] };
    let done = write::update(tx, &update).await?;
    if before.is_some() || !done.iter().all(|(_, result)| result.is_ok()) {
        return Ok(false);
    }
    relay_jobs::queue(tx, &keys, actor, account, None, jobs).await?;
    let kind = if jobs.is_empty() { "receipt-decline" } else { "receipt-send" };
    trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), json!({"email": email}))).await?;
    Ok(true)
}

impl Store {
    /// What a BAL wishes about receipts.
    pub async fn receipt_wishes(&self, account: AccountId) -> Result<Wishes> {
        let Some(row) = self.read().await?.fetch_optional(SELECT, args![account]).await? else {
            return Ok(Wishes::default());
        };
        Ok(Wishes {
            asking: match row.int(0)? {
                0 => Asking::Never,
                2 => Asking::Always,
                _ => Asking::EachTime,
            },
            answering: match row.int(1)? {
                1 => Answering::Always,
                2 => Answering::Never,
                _ => Answering::EachTime,
            },
        })
    }

    /// Sets what a BAL wishes about receipts.
    pub async fn receipt_wishes_set(&self, actor: Actor, account: AccountId, wishes: Wishes) -> Result<()> {
        self.write((actor, account, wishes), |tx, (actor, account, wishes)| {
            async move {
                let asking = match wishes.asking {
                    Asking::Never => 0_i64,
                    Asking::EachTime => 1,
                    Asking::Always => 2,
                };
                let answering = match wishes.answering {
                    Answering::EachTime => 0_i64,
                    Answering::Always => 1,
                    Answering::Never => 2,
                };
                tx.execute(SAVE, args![*account, asking, answering]).await?;
                let detail = json!({"asking": asking, "answering": answering});
                trace(tx, Chain::Account(*account), Trace::done("receipt-wishes", *actor, Some(*account), detail)).await
            }
            .boxed()
        })
        .await
    }

    /// Sends the receipts of a message, or (none) declines them; false when that was done before or the message is gone.
    pub async fn receipt_answer(
        &self,
        actor: Actor,
        account: AccountId,
        email: EmailId,
        receipts: Vec<Receipt>,
    ) -> Result<bool> {
        let mut jobs = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let domain = receipt.to.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase();
            let envelope = JobEnvelope { recipients: vec![receipt.to], ..JobEnvelope::default() };
            let blob = self.blob_put(account, receipt.report).await?;
            jobs.push(NewJob { domain, local: receipt.local, envelope, blob });
        }
        self.write((actor, account, email, jobs), |tx, (actor, account, email, jobs)| {
            answer(tx, *actor, *account, *email, jobs).boxed()
        })
        .await
    }
}
