//! The store through its public face, each test on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod blobs;
mod cancelled;
mod expiry;
mod history;
mod mail;
mod outbox;
mod search;
mod statements;
mod traces;

use bytes::Bytes;
use store::accounts::{NewAccount, Profile};
use store::emails::{Addr, NewEmail, Summary, field};
use store::mailboxes::Role;
use store::testing::TestStore;
use store::{Actor, Store};
use wire::id::{AccountId, MailboxId};

pub const WHO: Actor = Actor::COMMAND;

/// A BAL with its standard folders.
pub async fn account(store: &Store, address: &str) -> AccountId {
    let profile = Profile { kind: "PER".into(), profession: Some("Médecin".into()), ..Profile::default() };
    let new =
        NewAccount { address: address.into(), name: format!("Dr {address}"), holder: None, profile, inbox_only: false };
    store.account_create(WHO, new).await.unwrap()
}

pub async fn folder(store: &Store, account: AccountId, role: Role) -> MailboxId {
    store.mailbox_by_role(account, role).await.unwrap().unwrap()
}

/// A message as a caller would prepare it: the body's words and the subject's are its terms.
pub fn email(mailbox: MailboxId, at: i64, id: &str, subject: &str, body: &str) -> NewEmail {
    let mut terms: Vec<(String, u8)> = Vec::new();
    terms.extend(subject.split_whitespace().map(|word| (word.to_lowercase(), field::SUBJECT)));
    terms.extend(body.split_whitespace().map(|word| (word.to_lowercase(), field::BODY)));
    NewEmail {
        raw: Bytes::from(format!("Message-ID: <{id}>\r\nSubject: {subject}\r\n\r\n{body}\r\n")),
        received_at: at,
        sent_at: Some(at),
        mailboxes: vec![mailbox],
        keywords: Vec::new(),
        summary: Summary {
            from: vec![Addr { name: Some("Anne Durand".into()), email: "anne.durand@hopital.mssante.example".into() }],
            subject: Some(subject.into()),
            preview: body.chars().take(100).collect(),
            ..Summary::default()
        },
        structure: body.as_bytes().to_vec(),
        message_ids: vec![id.into()],
        base_subject: subject.into(),
        terms,
        has_attachment: false,
        correspondents: vec![("Anne Durand".into(), "anne.durand@hopital.mssante.example".into())],
        dedup_key: Some(id.into()),
        conversation: None,
    }
}

/// A store with one BAL and its inbox.
pub async fn with_inbox(store: &TestStore) -> (AccountId, MailboxId) {
    let account = account(store, "claire.martin@medecin.mssante.example").await;
    let inbox = folder(store, account, Role::Inbox).await;
    (account, inbox)
}
