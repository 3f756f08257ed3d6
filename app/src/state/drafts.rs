//! How a message is started, and the copy of it that outlives a lost session.

use leptos::task::spawn_local;
use std::cell::Cell;
use wire::{
    Problem,
    id::{AccountId, EmailId},
    mail::{Identity, Part},
};

use crate::{
    api::{
        Api,
        compose::{Attached, Composer, Draft, Original},
    },
    app::{Mode, Start},
    browser::{seal, storage},
    i18n::Lang,
};

use super::quote;

/// What every new message of a BAL begins with.
#[derive(Clone, Copy)]
pub struct Beginning<'a> {
    pub identities: &'a [Identity],
    pub lang: Lang,
    /// A receipt of reading is asked for.
    pub receipt: bool,
}

/// The draft that a composer starts with. Fails with 404 when the message to start from is not there.
pub async fn start(api: &Api, account: AccountId, start: Start, desk: Beginning<'_>) -> Result<Draft, Problem> {
    let Beginning { identities, lang, receipt } = desk;
    let Composer { form, refused } = api.composer();
    let identity = identities.first();
    let signature = identity.map_or("", |identity| identity.text_signature.as_str());
    let mut draft = match start {
        _ if refused.is_some() => refused.unwrap_or_default(),
        Start::Empty => Draft { text: signed(signature), ..Draft::default() },
        Start::Draft(email) => saved(api.original(account, email).await?),
        Start::From(email, mode) => {
            let own: Vec<&str> = identities.iter().map(|identity| identity.email.as_str()).collect();
            answer(&api.original(account, email).await?, mode, &own, signature, lang)
        }
    };
    draft.identity = identity.map(|identity| identity.id);
    draft.form = form;
    draft.receipt = Some(draft.receipt.unwrap_or(receipt));
    Ok(draft)
}

fn signed(signature: &str) -> String {
    if signature.trim().is_empty() { String::new() } else { ["\n\n-- \n", signature.trim_end(), "\n"].concat() }
}

fn saved(original: Original) -> Draft {
    let text = quote::plain(&original);
    Draft {
        id: Some(original.id),
        to: original.to.unwrap_or_default(),
        cc: original.cc.unwrap_or_default(),
        bcc: original.bcc.unwrap_or_default(),
        subject: original.subject.unwrap_or_default(),
        text,
        in_reply_to: original.in_reply_to.unwrap_or_default(),
        references: original.references.unwrap_or_default(),
        attachments: original.attachments.into_iter().filter_map(attached).collect(),
        receipt: Some(original.receipt_to.is_some_and(|list| !list.is_empty())),
        ends: original.ends.as_deref().is_some_and(|value| value.trim() == "FIN"),
        ..Draft::default()
    }
}

fn answer(original: &Original, mode: Mode, own: &[&str], signature: &str, lang: Lang) -> Draft {
    let base = Draft {
        subject: quote::subject(original.subject.as_deref().unwrap_or_default(), mode, lang),
        text: quote::body(original, mode, lang, signature),
        ..Draft::default()
    };
    if mode == Mode::Forward {
        let attachments = original.attachments.iter().cloned().filter_map(attached).collect();
        return Draft { attachments, references: quote::references(original), ..base };
    }
    let (to, cc) = quote::recipients(original, mode == Mode::ReplyAll, own);
    let in_reply_to = original.message_id.clone().unwrap_or_default();
    Draft { to, cc, in_reply_to, references: quote::references(original), ..base }
}

fn attached(part: Part) -> Option<Attached> {
    Some(Attached { blob: part.blob_id?, name: part.name.unwrap_or_default(), kind: part.kind, size: part.size })
}

/// Under what the copy of a draft is kept in the tab: its account, then its id on the server or what it started from.
fn key(account: AccountId, start: Start) -> String {
    match start {
        Start::Draft(email) => format!("pli:{account}:{email}"),
        Start::Empty => format!("pli:{account}:new"),
        Start::From(email, mode) => format!("pli:{account}:{}:{email}", mode.code()),
    }
}

/// Keeps a copy of what is typed, in this tab, until the server has it: sealed with the person's own key, which comes
/// with the page after signing in and is never stored.
pub fn keep(seal_key: String, account: AccountId, start: Start, draft: &Draft) {
    let Ok(text) = serde_json::to_string(draft) else { return };
    let turn = next_turn();
    spawn_local(async move {
        let sealed = seal::seal(&seal_key, &text).await;
        // What was typed or saved meanwhile is newer.
        if let Some(sealed) = sealed.filter(|_| TURN.get() == turn) {
            storage::write(&key(account, start), &sealed);
        }
    });
}

/// The copy kept for a composer, if the server never had it.
pub async fn kept(seal_key: &str, account: AccountId, start: Start) -> Option<Draft> {
    let sealed = storage::read(&key(account, start))?;
    wire::read(&seal::open(seal_key, &sealed).await?).ok()
}

/// Forgets the copy: the server has it.
pub fn forget(account: AccountId, start: Start) {
    next_turn();
    storage::forget(&key(account, start));
}

thread_local! {
    static TURN: Cell<u32> = const { Cell::new(0) };
}

fn next_turn() -> u32 {
    TURN.set(TURN.get().wrapping_add(1));
    TURN.get()
}

/// Where a composer with this draft can be found again.
pub fn place(id: Option<EmailId>, start: Start) -> Start {
    id.map_or(start, Start::Draft)
}
