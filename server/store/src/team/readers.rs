//! Who read a message first, and who sent what: what a team sees of each other's work. The traces say the same and more,
//! to those who may read them.

use wire::id::{AccountId, EmailId, PersonId};

use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::Result;
use crate::query::sql::select_in;

statements! {
    READ = "INSERT INTO email_reader (account_id, email_id, person_id, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, email_id, person_id) DO NOTHING";
}

/// Somebody did something with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    pub email: EmailId,
    pub person: PersonId,
    pub at: i64,
}

fn touch(row: &Row) -> Result<Touch> {
    Ok(Touch { email: EmailId(row.int(0)?), person: PersonId(row.int(1)?), at: row.int(2)? })
}

/// Somebody opened a message; the first time counts.
pub(crate) async fn read(tx: &mut Tx, account: AccountId, email: EmailId, person: PersonId) -> Result<()> {
    let now = tx.now();
    tx.execute(READ, args![account, email, person, now]).await.map(drop)
}

impl Store {
    /// Who opened these messages, in the order of time.
    pub async fn readers(&self, account: AccountId, emails: &[EmailId]) -> Result<Vec<Touch>> {
        let asked: Vec<i64> = emails.iter().map(|email| email.0).collect();
        let head = "SELECT email_id, person_id, at FROM email_reader WHERE account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND email_id IN ", &asked, "").await?;
        let mut all = rows.iter().map(touch).collect::<Result<Vec<_>>>()?;
        all.sort_by_key(|one| (one.at, one.person));
        Ok(all)
    }

    /// Who sent these messages, in the order of time; what was called back does not count.
    pub async fn answers(&self, account: AccountId, emails: &[EmailId]) -> Result<Vec<Touch>> {
        let asked: Vec<i64> = emails.iter().map(|email| email.0).collect();
        let head = "SELECT email_id, person_id, created_at FROM submission
            WHERE person_id IS NOT NULL AND undo <> 2 AND account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND email_id IN ", &asked, "").await?;
        let mut all = rows.iter().map(touch).collect::<Result<Vec<_>>>()?;
        all.sort_by_key(|one| (one.at, one.person));
        Ok(all)
    }
}
