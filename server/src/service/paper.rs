//! A conversation as it goes on paper: who, when, what, with the text of each message and the names of its files. What is
//! shown for it is traced as opened and as printed, before it is answered.

use store::emails::EmailRow;
use wire::id::{MailboxId, ThreadId};
use wire::mail::{Address, keyword};

use super::content::Content;
use super::draft::plain_text;
use super::reading;
use super::structure::Structure;
use crate::auth::rights::{Acting, Read};
use crate::state::State;

/// A message on paper.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    pub received_at: i64,
    pub text: String,
    /// Names and octets of the files that go with it.
    pub files: Vec<(Option<String>, u64)>,
}

/// A conversation on paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// A folder that its newest message lies in.
    pub folder: Option<MailboxId>,
    /// The oldest first; drafts are no messages yet.
    pub sheets: Vec<Sheet>,
}

/// A conversation for paper, traced.
///
/// # Errors
/// The store's; `NotFound` when there is no such conversation.
pub async fn conversation(state: &State, acting: &Acting<Read>, thread: ThreadId) -> Result<Paper, store::Error> {
    let account = acting.account();
    let (_, ids) = state.store.threads(account, &[thread]).await?.pop().ok_or(store::Error::NotFound)?;
    let mut rows = state.store.emails(account, &ids).await?;
    rows.retain(|row| !row.keywords.iter().any(|word| word == keyword::DRAFT));
    rows.sort_by_key(|row| (row.received_at, row.id));
    let shown: Vec<_> = rows.iter().map(|row| row.id).collect();
    let structures = state.store.structures(account, &shown).await?;
    let mut sheets = Vec::with_capacity(rows.len());
    for row in &rows {
        let Some((_, bytes)) = structures.iter().find(|(id, _)| *id == row.id) else { continue };
        let content = Content::stored(&state.store, account, row.blob);
        sheets.push(sheet(row, Structure::from_bytes(bytes), &content).await?);
    }
    reading::note(state, acting.caller(), account, &shown).await?;
    reading::printed(state, acting.caller(), account, &shown).await?;
    Ok(Paper { folder: rows.last().and_then(|row| row.mailboxes.first().copied()), sheets })
}

async fn sheet(row: &EmailRow, structure: Structure, content: &Content) -> Result<Sheet, store::Error> {
    let text = plain_text(&structure, content).await?;
    let files = structure.attachments.iter().filter_map(|&at| structure.parts.get(at));
    Ok(Sheet {
        files: files.map(|part| (part.name.clone(), part.size as u64)).collect(),
        // Whoever pressed the button stands beside whose message it is.
        from: structure.from.into_iter().chain(structure.sender).flatten().collect(),
        to: structure.to.unwrap_or_default(),
        cc: structure.cc.unwrap_or_default(),
        subject: structure.subject.unwrap_or_default(),
        received_at: row.received_at,
        text,
    })
}
