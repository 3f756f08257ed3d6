//! Pages of a plan: beside a cursor, at a position; rank and total.

use super::Direction;
use super::filter::{Driver, Plan};
use super::sql::Sql;
use crate::db::{Row, Tx};
use crate::error::Result;

fn pairs(rows: &[Row]) -> Result<Vec<(i64, i64)>> {
    rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

impl Plan {
    /// Rows of (key, id).
    fn select(&self) -> Sql {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.key()).push(", ").push(self.id());
        self.rows(&mut sql);
        sql
    }

    /// ` AND (key, id) < (…)`.
    fn beyond(&self, sql: &mut Sql, sign: &'static str, (key, id): (i64, i64)) {
        sql.push(" AND (").push(self.key()).push(", ").push(self.id()).push(") ").push(sign);
        sql.push(" (").bind(key).push(", ").bind(id).push(")");
    }

    fn order(&self, sql: &mut Sql, ascending: bool) {
        let direction = if ascending { " ASC" } else { " DESC" };
        sql.push(" ORDER BY ").push(self.key()).push(direction).push(", ").push(self.id()).push(direction);
    }

    /// Up to `limit` rows beside a place in a list of newest first, nearest first.
    pub(super) async fn beside(
        &self,
        tx: &mut Tx,
        from: Option<(i64, i64)>,
        direction: Direction,
        limit: i64,
    ) -> Result<Vec<(i64, i64)>> {
        let mut sql = self.select();
        let back = direction == Direction::Previous;
        if let Some(from) = from {
            self.beyond(&mut sql, if back { ">" } else { "<" }, from);
        }
        self.order(&mut sql, back);
        sql.push(" LIMIT ").bind(limit);
        pairs(&tx.fetch_composed(sql.done()).await?)
    }

    /// Up to `limit` rows from a position.
    pub(super) async fn page(&self, tx: &mut Tx, position: i64, limit: i64) -> Result<Vec<(i64, i64)>> {
        let mut sql = self.select();
        self.order(&mut sql, self.sort.ascending);
        sql.push(" LIMIT ").bind(limit).push(" OFFSET ").bind(position);
        pairs(&tx.fetch_composed(sql.done()).await?)
    }

    /// The place of a message in the list, if it is there.
    pub(super) async fn find(&self, tx: &mut Tx, email: i64) -> Result<Option<(i64, i64)>> {
        let mut sql = self.select();
        sql.push(" AND ").push(self.id()).push(" = ").bind(email);
        Ok(pairs(&tx.fetch_composed(sql.done()).await?)?.pop())
    }

    /// How many rows stand before this one.
    pub(super) async fn rank(&self, tx: &mut Tx, row: (i64, i64)) -> Result<i64> {
        let mut sql = Sql::new("SELECT COUNT(*)");
        self.rows(&mut sql);
        self.beyond(&mut sql, if self.sort.ascending { "<" } else { ">" }, row);
        count(tx, sql).await
    }

    /// How many rows there are.
    pub(super) async fn total(&self, tx: &mut Tx) -> Result<i64> {
        if let Some(found) = self.known_total() {
            return Ok(found);
        }
        let mut sql = match (self.driver, self.conditions.is_empty()) {
            // The counters of the folder say it.
            (Driver::Conversations(mailbox), _) => return counter(tx, "SELECT total_threads", self.account, mailbox).await,
            (Driver::Folder(mailbox), true) if !self.collapse => {
                return counter(tx, "SELECT total_emails", self.account, mailbox).await;
            }
            _ => Sql::new("SELECT COUNT(*)"),
        };
        self.rows(&mut sql);
        count(tx, sql).await
    }
}

async fn counter(tx: &mut Tx, head: &'static str, account: i64, mailbox: i64) -> Result<i64> {
    let mut sql = Sql::new(head);
    sql.push(" FROM mailbox WHERE account_id = ").bind(account).push(" AND mailbox_id = ").bind(mailbox);
    count(tx, sql).await
}

async fn count(tx: &mut Tx, sql: Sql) -> Result<i64> {
    tx.fetch_composed(sql.done()).await?.first().map_or(Ok(0), |row| row.int(0))
}
