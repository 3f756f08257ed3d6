//! Conversations: found by the HMAC of message ids, never merged, never renamed. `mailbox_thread` and the counters of
//! folders are kept equal to a recount of the threads a write touched.

use wire::id::{AccountId, EmailId, MailboxId, ThreadId};

use crate::Store;
use crate::db::{args, statements};
use crate::emails::{flag, is_unread};
use crate::error::Result;
use crate::mailboxes::Role;
use crate::query::sql::select_in;

pub(crate) mod assign;
pub(crate) mod recount;

statements! {
    HIDDEN = "SELECT mailbox_id, role FROM mailbox WHERE account_id = $1 AND role IN ('trash', 'junk')";
}

/// A whole conversation as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conversation {
    pub thread: ThreadId,
    pub total: u32,
    pub unread: u32,
    pub flagged: bool,
    pub has_attachment: bool,
    /// Oldest first, each with whether it is unread.
    pub emails: Vec<(EmailId, bool)>,
}

impl Store {
    /// The messages of each thread, oldest first; threads that are not there left out.
    pub async fn threads(&self, account: AccountId, ids: &[ThreadId]) -> Result<Vec<(ThreadId, Vec<EmailId>)>> {
        let asked: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let head = "SELECT thread_id, email_id FROM email WHERE account_id = ";
        let tail = " ORDER BY thread_id, received_at, email_id";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND thread_id IN ", &asked, tail).await?;
        let mut threads: std::collections::HashMap<i64, Vec<EmailId>> = Default::default();
        for row in rows {
            threads.entry(row.int(0)?).or_default().push(EmailId(row.int(1)?));
        }
        Ok(ids.iter().filter_map(|id| threads.remove(&id.0).map(|emails| (*id, emails))).collect())
    }

    /// The conversations seen from a folder: trash and spam are left out, unless the list is of that folder.
    pub async fn conversations(
        &self,
        account: AccountId,
        ids: &[ThreadId],
        seen_from: Option<MailboxId>,
    ) -> Result<Vec<Conversation>> {
        let asked: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let mut tx = self.read().await?;
        let mut hidden = Vec::new();
        for row in tx.fetch_all(HIDDEN, args![account]).await? {
            hidden.push(row.int(0)?);
        }
        let only = seen_from.map(|id| id.0).filter(|id| hidden.contains(id));
        let head = "SELECT thread_id, email_id, flags, mailbox_id FROM email_mailbox WHERE account_id = ";
        let tail = " ORDER BY thread_id, received_at, email_id";
        let rows = select_in(&mut tx, head, account.0, " AND thread_id IN ", &asked, tail).await?;
        let mut found: std::collections::HashMap<i64, Conversation> = Default::default();
        for row in rows {
            let mailbox = row.int(3)?;
            let shown = only.map_or_else(|| !hidden.contains(&mailbox), |only| mailbox == only);
            if !shown {
                continue;
            }
            let thread = row.int(0)?;
            let one = found.entry(thread).or_insert_with(|| Conversation { thread: ThreadId(thread), ..Default::default() });
            let (email, flags) = (EmailId(row.int(1)?), row.int(2)?);
            // A message in several folders has several rows, one after the other.
            if one.emails.last().is_some_and(|(last, _)| *last == email) {
                continue;
            }
            one.total += 1;
            one.unread += u32::from(is_unread(flags));
            one.flagged |= flags & flag::FLAGGED != 0;
            one.has_attachment |= flags & flag::ATTACHMENT != 0;
            one.emails.push((email, is_unread(flags)));
        }
        Ok(ids.iter().filter_map(|id| found.remove(&id.0)).collect())
    }
}

/// Whether messages of this folder count apart: what is in the trash is not unread elsewhere (RFC 8621 §2).
pub(crate) fn counts_apart(role: &str) -> bool {
    role == Role::Trash.code()
}
