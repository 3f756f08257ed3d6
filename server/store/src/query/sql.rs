//! Composing SQL from constant fragments: numbered arguments, padded id lists, rows of VALUES.

use crate::db::{Arg, Composed, Tx};
use crate::error::Result;

/// Ids bound at once in one list.
pub(crate) const LIST: usize = 512;

/// SQL under construction.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sql {
    text: String,
    args: Vec<Arg>,
}

impl Sql {
    pub(crate) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), args: Vec::new() }
    }

    /// Adds a constant fragment.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds one argument.
    pub(crate) fn bind(&mut self, value: impl Into<Arg>) -> &mut Self {
        self.args.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.args.len().to_string());
        self
    }

    /// Adds `(…)` of ids, padded with the last one to 1, 8, 64 or a multiple of 512, so that few texts are prepared.
    pub(crate) fn ids(&mut self, ids: &[i64]) -> &mut Self {
        let size = match ids.len() {
            0 | 1 => 1,
            2..=8 => 8,
            9..=64 => 64,
            more => more.div_ceil(LIST) * LIST,
        };
        let last = ids.last().copied().unwrap_or(-1);
        self.text.push('(');
        for place in 0..size {
            if place > 0 {
                self.text.push(',');
            }
            self.bind(ids.get(place).copied().unwrap_or(last));
        }
        self.text.push(')');
        self
    }

    pub(crate) fn done(self) -> Composed {
        Composed { sql: self.text, args: self.args }
    }
}

/// Inserts rows, 64, 8 and 1 at a time. `head` ends with `VALUES `, `tail` is what follows the rows.
pub(crate) async fn insert_rows(tx: &mut Tx, head: &'static str, tail: &'static str, rows: Vec<Vec<Arg>>) -> Result<()> {
    let mut rows = rows.into_iter().peekable();
    let mut left = rows.len();
    while left > 0 {
        let take = if left >= 64 {
            64
        } else if left >= 8 {
            8
        } else {
            1
        };
        let mut sql = Sql::new(head);
        for (place, row) in rows.by_ref().take(take).enumerate() {
            sql.push(if place > 0 { ",(" } else { "(" });
            for (column, arg) in row.into_iter().enumerate() {
                if column > 0 {
                    sql.push(",");
                }
                sql.bind(arg);
            }
            sql.push(")");
        }
        sql.push(tail);
        tx.execute_composed(sql.done()).await?;
        left -= take;
    }
    Ok(())
}

/// `head` + ids + `tail`, in lists of 512, for one account bound first; all rows.
pub(crate) async fn select_in(
    tx: &mut Tx,
    head: &'static str,
    account: i64,
    middle: &'static str,
    ids: &[i64],
    tail: &'static str,
) -> Result<Vec<crate::db::Row>> {
    let mut all = Vec::new();
    for chunk in ids.chunks(LIST) {
        let mut sql = Sql::new(head);
        sql.bind(account).push(middle).ids(chunk).push(tail);
        let rows = tx.fetch_composed(sql.done()).await?;
        if ids.len() <= LIST {
            return Ok(rows);
        }
        all.extend(rows);
    }
    Ok(all)
}

/// The same for statements that change rows; how many.
pub(crate) async fn execute_in(
    tx: &mut Tx,
    head: &'static str,
    account: i64,
    middle: &'static str,
    ids: &[i64],
    tail: &'static str,
) -> Result<u64> {
    let mut changed = 0;
    for chunk in ids.chunks(LIST) {
        let mut sql = Sql::new(head);
        sql.bind(account).push(middle).ids(chunk).push(tail);
        changed += tx.execute_composed(sql.done()).await?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_padded() {
        for (given, padded) in [(0, 1), (1, 1), (2, 8), (9, 64), (65, 512), (513, 1024)] {
            let ids: Vec<i64> = (0..given).collect();
            let mut sql = Sql::new("x IN ");
            sql.ids(&ids);
            assert_eq!(sql.done().args.len(), padded);
        }
    }
}
