//! How much a BAL sends: counted in the transaction that accepts a message, by steps of ten minutes.

use futures::FutureExt;
use wire::id::AccountId;

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};

statements! {
    SINCE = "SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT), CAST(COALESCE(SUM(recipients), 0) AS BIGINT) FROM sending
        WHERE account_id = $1 AND step > $2";
    ADD = "INSERT INTO sending (account_id, step, messages, recipients) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, step) DO UPDATE SET messages = sending.messages + excluded.messages,
        recipients = sending.recipients + excluded.recipients";
    PRUNE = "DELETE FROM sending WHERE step < $1";
}

const STEP_MS: i64 = 600_000;
const HOUR: i64 = 6;
const DAY: i64 = 144;

/// What a BAL may send in an hour and in a day; 0: without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    pub messages_hour: u32,
    pub messages_day: u32,
    pub recipients_hour: u32,
    pub recipients_day: u32,
}

/// What the operator set for one BAL; none: as for every BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnRates {
    pub messages_hour: Option<u32>,
    pub messages_day: Option<u32>,
    pub recipients_hour: Option<u32>,
    pub recipients_day: Option<u32>,
}

impl OwnRates {
    /// The numbers of one BAL before those of every BAL.
    pub fn over(&self, all: Rates) -> Rates {
        Rates {
            messages_hour: self.messages_hour.unwrap_or(all.messages_hour),
            messages_day: self.messages_day.unwrap_or(all.messages_day),
            recipients_hour: self.recipients_hour.unwrap_or(all.recipients_hour),
            recipients_day: self.recipients_day.unwrap_or(all.recipients_day),
        }
    }
}

impl Rates {
    /// The number behind a word (`messages-hour`).
    pub fn of(&self, what: &str) -> u32 {
        match what {
            "messages-hour" => self.messages_hour,
            "messages-day" => self.messages_day,
            "recipients-hour" => self.recipients_hour,
            _ => self.recipients_day,
        }
    }
}

/// Counts one message, in the caller's transaction. `Limit` names what is exceeded: `messages-hour`, `recipients-hour`,
/// `messages-day`, `recipients-day`.
pub(crate) async fn count(tx: &mut Tx, account: AccountId, recipients: usize, rates: &Rates) -> Result<()> {
    let recipients = i64::try_from(recipients).unwrap_or(i64::MAX);
    let step = tx.now() / STEP_MS;
    let windows = [
        (HOUR, rates.messages_hour, "messages-hour", rates.recipients_hour, "recipients-hour"),
        (DAY, rates.messages_day, "messages-day", rates.recipients_day, "recipients-day"),
    ];
    for (length, messages_max, messages_word, recipients_max, recipients_word) in windows {
        if messages_max == 0 && recipients_max == 0 {
            continue;
        }
        let row = tx.fetch_one(SINCE, args![account, step - length]).await?;
        let (sent, reached) = (row.int(0)?, row.int(1)?);
        if messages_max > 0 && sent + 1 > i64::from(messages_max) {
            return Err(Error::Limit { what: messages_word });
        }
        if recipients_max > 0 && reached + recipients > i64::from(recipients_max) {
            return Err(Error::Limit { what: recipients_word });
        }
    }
    tx.execute(ADD, args![account, step, 1_i64, recipients]).await.map(drop)
}

/// Takes a message back that was counted at `at`, because it was called back.
pub(crate) async fn give_back(tx: &mut Tx, account: AccountId, at: i64, recipients: usize) -> Result<()> {
    let recipients = i64::try_from(recipients).unwrap_or(0);
    tx.execute(ADD, args![account, at / STEP_MS, -1_i64, -recipients]).await.map(drop)
}

impl Store {
    /// Forgets counts that no limit looks at any more; how many.
    pub async fn sending_prune(&self) -> Result<u64> {
        let step = self.now() / STEP_MS - DAY;
        self.write(step, |tx, step| async move { tx.execute(PRUNE, args![*step]).await }.boxed()).await
    }
}
