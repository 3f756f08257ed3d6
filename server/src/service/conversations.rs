//! The conversation behind a row of a list: how many, unread, starred, and who wrote.

use std::collections::HashMap;

use store::{Store, emails::Summary};
use wire::id::{AccountId, EmailId, ThreadId};
use wire::mail::{Conversation, Sender};

/// Messages whose senders are named; of longer conversations the newest.
const NAMED: usize = 30;

/// The conversations of several threads, trash and spam apart.
///
/// # Errors
/// The store's.
pub async fn of(
    store: &Store,
    account: AccountId,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, Conversation>, store::Error> {
    let own = store.account(account).await?.address.to_lowercase();
    let found = store.conversations(account, threads, None).await?;
    let newest = |emails: &[(EmailId, bool)]| emails[emails.len().saturating_sub(NAMED)..].to_vec();
    let members: Vec<EmailId> = found.iter().flat_map(|c| newest(&c.emails)).map(|(id, _)| id).collect();
    let summaries: HashMap<EmailId, Summary> = store.summaries(account, &members).await?.into_iter().collect();
    let mut out = HashMap::with_capacity(found.len());
    for conversation in found {
        let mut senders: Vec<Sender> = Vec::new();
        for (id, unread) in newest(&conversation.emails) {
            let Some(from) = summaries.get(&id).and_then(|summary| summary.from.first()) else { continue };
            let me = from.email.to_lowercase() == own;
            let name = from.name.clone().unwrap_or_else(|| from.email.clone());
            match senders.iter_mut().find(|sender| sender.name == name && sender.me == me) {
                Some(sender) => sender.unread |= unread,
                None => senders.push(Sender { name, me, unread }),
            }
        }
        let whole = Conversation {
            total: conversation.total,
            unread: conversation.unread,
            flagged: conversation.flagged,
            has_attachment: conversation.has_attachment,
            senders,
        };
        out.insert(conversation.thread, whole);
    }
    Ok(out)
}
