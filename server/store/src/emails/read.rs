//! Reading messages by id.

use std::collections::HashMap;

use wire::id::{AccountId, EmailId, MailboxId, ThreadId};

use super::prepare::{KEYWORDS, STRUCTURE, SUMMARY, origin_code};
use super::{EmailRow, Summary, flag, keywords};
use crate::Store;
use crate::blobs::BlobId;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::query::sql::select_in;

fn numbers(ids: &[EmailId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}

fn in_order<T>(ids: &[EmailId], mut found: HashMap<i64, T>) -> Vec<(EmailId, T)> {
    ids.iter().filter_map(|id| found.remove(&id.0).map(|value| (*id, value))).collect()
}

fn read_row(row: &Row) -> Result<(EmailRow, i64)> {
    let blob = row.bytes(1)?.as_slice().try_into().map_err(|_| Error::Corrupt("blob id"))?;
    let flags = row.int(6)?;
    let email = EmailRow {
        id: EmailId(row.int(0)?),
        blob: BlobId(blob),
        thread: ThreadId(row.int(2)?),
        size: row.int(3)? as u64,
        received_at: row.int(4)?,
        sent_at: row.opt_int(5)?,
        keywords: Vec::new(),
        mailboxes: Vec::new(),
        has_attachment: flags & flag::ATTACHMENT != 0,
        created_modseq: row.int(7)?,
        modseq: row.int(8)?,
    };
    Ok((email, flags))
}

impl Store {
    /// Which of these dedup keys are there already, in order.
    pub async fn emails_known(&self, account: AccountId, dedup_keys: &[String]) -> Result<Vec<Option<EmailId>>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let codes: Vec<i64> = dedup_keys.iter().map(|key| origin_code(&keys, key)).collect();
        let head = "SELECT origin_code, email_id FROM email_origin WHERE account_id = ";
        let mut found = HashMap::new();
        for row in select_in(&mut self.read().await?, head, account.0, " AND origin_code IN ", &codes, "").await? {
            found.insert(row.int(0)?, EmailId(row.int(1)?));
        }
        Ok(codes.iter().map(|code| found.get(code).copied()).collect())
    }

    /// The rows of these messages, in the order asked, those that are not there left out.
    pub async fn emails(&self, account: AccountId, ids: &[EmailId]) -> Result<Vec<EmailRow>> {
        let asked = numbers(ids);
        let keys = self.keys(Owner::Account(account.0)).await?;
        let mut tx = self.read().await?;
        let head = "SELECT email_id, blob_id, thread_id, size, received_at, sent_at, flags, created_modseq, modseq
            FROM email WHERE account_id = ";
        let mut found = HashMap::new();
        let mut with_keywords = Vec::new();
        for row in select_in(&mut tx, head, account.0, " AND email_id IN ", &asked, "").await? {
            let (email, flags) = read_row(&row)?;
            if flags & flag::OTHERS != 0 {
                with_keywords.push(email.id.0);
            }
            found.insert(email.id.0, (email, flags));
        }
        let head = "SELECT email_id, mailbox_id FROM email_mailbox WHERE account_id = ";
        for row in select_in(&mut tx, head, account.0, " AND email_id IN ", &asked, "").await? {
            if let Some((email, _)) = found.get_mut(&row.int(0)?) {
                email.mailboxes.push(MailboxId(row.int(1)?));
            }
        }
        let head = "SELECT email_id, keywords FROM email_sealed WHERE account_id = ";
        let mut others: HashMap<i64, Vec<String>> = HashMap::new();
        for row in select_in(&mut tx, head, account.0, " AND email_id IN ", &with_keywords, "").await? {
            if let Some(sealed) = row.opt_bytes(1)? {
                let id = row.int(0)?;
                others.insert(id, keys.open_json(KEYWORDS, id, &sealed)?);
            }
        }
        for (id, (email, flags)) in &mut found {
            email.keywords = keywords::join(*flags, others.get(id).map_or(&[], Vec::as_slice));
            email.mailboxes.sort_unstable();
        }
        // One that lost its last folder between two readings is on its way out.
        found.retain(|_, (email, _)| !email.mailboxes.is_empty());
        Ok(in_order(ids, found).into_iter().map(|(_, (email, _))| email).collect())
    }

    async fn sealed(
        &self,
        account: AccountId,
        ids: &[EmailId],
        head: &'static str,
    ) -> Result<(std::sync::Arc<Keys>, Vec<Row>)> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = select_in(&mut self.read().await?, head, account.0, " AND email_id IN ", &numbers(ids), "").await?;
        Ok((keys, rows))
    }

    /// The summaries of these messages, in the order asked, those that are not there left out.
    pub async fn summaries(&self, account: AccountId, ids: &[EmailId]) -> Result<Vec<(EmailId, Summary)>> {
        let head = "SELECT email_id, summary FROM email_sealed WHERE account_id = ";
        let (keys, rows) = self.sealed(account, ids, head).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let id = row.int(0)?;
            found.insert(id, keys.open_json(SUMMARY, id, &row.bytes(1)?)?);
        }
        Ok(in_order(ids, found))
    }

    /// The parsed structures of these messages, in the order asked, those that are not there left out.
    pub async fn structures(&self, account: AccountId, ids: &[EmailId]) -> Result<Vec<(EmailId, Vec<u8>)>> {
        let head = "SELECT email_id, structure FROM email_sealed WHERE account_id = ";
        let (keys, rows) = self.sealed(account, ids, head).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let id = row.int(0)?;
            found.insert(id, keys.open(STRUCTURE, id, &row.bytes(1)?)?);
        }
        Ok(in_order(ids, found))
    }
}
