//! Fills a new data directory: people, their accounts and rights, their mail.

use std::collections::HashMap;

use anyhow::Context;
use indicatif::ProgressBar;
use store::{
    Actor, Store,
    accounts::{NewAccount, Profile},
    cgu::{Acceptance, AcceptedBy},
    delegations::NewDelegation,
    emails::{InsertOptions, NewEmail},
    mailboxes::{NewMailbox, Role},
    persons::NewPerson,
};
use wire::{
    delegation::DelegateRole,
    id::{AccountId, MailboxId, PersonId},
    mail::keyword,
};

use super::corpus::{self, Item, Kind, Person, Place, people};
use super::structure;
use crate::{
    auth::password::Passwords,
    portal::cgu,
    progress,
    service::{delegation, nomenclature, prepare},
};

/// The terms of service of the demonstration.
const CGU: &str = include_str!("texts/cgu.txt");
const SEED: u64 = 20_261_122;
/// How long the secretary may open the first holder's account.
const SECRETARY_MS: i64 = 366 * 86_400_000;
/// Messages of one transaction.
const BATCH: usize = 25;

/// What to fill with.
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    /// This many messages, spread over everybody.
    Everybody(usize),
    /// This many messages of 50 kB on average, all for the first holder.
    Bench(usize),
}

/// Makes everybody and their mail. Fails when something is there already, or the store does.
pub async fn fill(store: &Store, passwords: &Passwords, amount: Amount) -> anyhow::Result<()> {
    let (mut accounts, mut persons) = (HashMap::new(), HashMap::new());
    let hash = passwords.hash(super::PASSWORD, store.random()).await?;
    let cgu = cgu::publish(store, Actor::COMMAND, CGU.into(), None, store.now()).await?;
    for person in people() {
        let id = make_person(store, person, &hash).await.with_context(|| person.key)?;
        accept(store, id, cgu).await?;
        accounts.insert(person.address, make_account(store, person, id).await?);
        persons.insert(person.address, id);
        if person.kind == Kind::Secretary {
            let first = people()[0].address;
            let holder = accounts.get(first).zip(persons.get(first)).context("the holder comes before the secretary")?;
            delegate(store, holder, (person, id)).await?;
        }
    }
    make_staff(store, &hash, cgu).await?;
    structure::fill(store, &hash, cgu).await?;
    let now = store.now();
    match amount {
        Amount::Everybody(count) => put(store, &accounts, corpus::demo(SEED, count, now), count).await,
        Amount::Bench(count) => put(store, &accounts, corpus::bench(SEED, count, now), count).await,
    }
}

/// The secretary prepares drafts in the BAL of the first holder, who approves them.
async fn delegate(
    store: &Store,
    (account, holder): (&AccountId, &PersonId),
    (person, id): (&Person, PersonId),
) -> anyhow::Result<()> {
    let mut token = [0; 32];
    store.random().fill(&mut token);
    let new = NewDelegation {
        account: *account,
        person: Some(id),
        national_id: None,
        email: None,
        name: person.signed(),
        reason: "Secrétariat du cabinet".into(),
        role: DelegateRole::Draft,
        from_at: store.now(),
        to_at: store.now() + SECRETARY_MS,
        token,
        valid_ms: SECRETARY_MS,
        attested: delegation::attestation(),
        most: 1,
    };
    let by = |person| Actor { person: Some(person), ..Actor::COMMAND };
    let made = store.delegation_invite(by(*holder), new).await?;
    Ok(store.delegation_accept(by(id), *account, made, id, Some(delegation::secrecy())).await?)
}

/// The invented people accepted the terms, as everybody must before they get in.
pub(super) async fn accept(store: &Store, person: PersonId, version: i64) -> anyhow::Result<()> {
    let acceptance = Acceptance { version, by: AcceptedBy::Demonstration, notice: cgu::NOTICE.into() };
    let actor = Actor { person: Some(person), ..Actor::COMMAND };
    Ok(store.cgu_accept(actor, person, acceptance).await?)
}

async fn make_person(store: &Store, person: &Person, hash: &str) -> anyhow::Result<PersonId> {
    let new = NewPerson {
        name: person.signed(),
        ordinary_email: person.ordinary.into(),
        logins: vec![person.address.into()],
        mobile: None,
    };
    let id = store.person_create(Actor::COMMAND, new).await?;
    store.password_set(Actor::COMMAND, id, hash.into()).await?;
    Ok(id)
}

/// Somebody who works for the invented operator, without a BAL.
async fn make_staff(store: &Store, hash: &str, cgu: i64) -> anyhow::Result<()> {
    let new = NewPerson {
        name: "Camille Exemple".into(),
        ordinary_email: super::STAFF.into(),
        logins: vec![super::STAFF.into()],
        mobile: None,
    };
    let id = store.person_create(Actor::COMMAND, new).await?;
    store.password_set(Actor::COMMAND, id, hash.into()).await?;
    store.staff_add(Actor::COMMAND, id).await?;
    accept(store, id, cgu).await
}

async fn make_account(store: &Store, person: &Person, holder: PersonId) -> anyhow::Result<AccountId> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let profile = Profile {
        kind: if person.kind == Kind::Organisation { "ORG" } else { "PER" }.into(),
        profession: some(person.profession),
        speciality: some(person.speciality),
        place: some(person.place),
        city: some(person.city),
        rpps: some(person.rpps),
        profession_code: nomenclature::profession_code(person.profession).map(String::from),
        ..Profile::default()
    };
    let new = NewAccount {
        address: person.address.into(),
        name: person.display(),
        holder: Some(holder),
        profile,
        inbox_only: false,
    };
    Ok(store.account_create(Actor::COMMAND, new).await?)
}

/// Inserts what the corpus makes, in batches per account.
async fn put(
    store: &Store,
    accounts: &HashMap<&'static str, AccountId>,
    items: impl Iterator<Item = Item>,
    count: usize,
) -> anyhow::Result<()> {
    let bar = progress::bar(count as u64, "messages");
    let mut filler = Filler { store, folders: HashMap::new(), waiting: HashMap::new() };
    for item in items {
        let Some(account) = accounts.get(item.account) else { continue };
        filler.add(*account, item, &bar).await?;
    }
    let rest: Vec<_> = filler.waiting.keys().copied().collect();
    for account in rest {
        filler.flush(account, &bar).await?;
    }
    bar.finish_and_clear();
    Ok(())
}

struct Filler<'a> {
    store: &'a Store,
    folders: HashMap<(AccountId, Place), MailboxId>,
    waiting: HashMap<AccountId, Vec<NewEmail>>,
}

impl Filler<'_> {
    async fn add(&mut self, account: AccountId, item: Item, bar: &ProgressBar) -> anyhow::Result<()> {
        let mailbox = self.folder(account, item.place).await?;
        let mut keywords = Vec::new();
        let mut mark = |set: bool, word: &str| keywords.extend(set.then(|| word.to_owned()));
        mark(item.seen, keyword::SEEN);
        mark(item.flagged, keyword::FLAGGED);
        mark(item.answered, keyword::ANSWERED);
        mark(item.place == Place::Drafts, keyword::DRAFT);
        let place = prepare::Place { received_at: item.received_at_ms, mailboxes: vec![mailbox], keywords, dedup_key: None };
        let (email, _) = tokio::task::spawn_blocking(move || prepare::prepare(item.raw.into(), place)).await?;
        let batch = self.waiting.entry(account).or_default();
        batch.push(email);
        if batch.len() >= BATCH {
            self.flush(account, bar).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, account: AccountId, bar: &ProgressBar) -> anyhow::Result<()> {
        let batch = self.waiting.remove(&account).unwrap_or_default();
        bar.inc(batch.len() as u64);
        self.store.emails_insert(Actor::COMMAND, account, batch, InsertOptions::default()).await?;
        Ok(())
    }

    async fn folder(&mut self, account: AccountId, place: Place) -> anyhow::Result<MailboxId> {
        if let Some(known) = self.folders.get(&(account, place)) {
            return Ok(*known);
        }
        let role = match place {
            Place::Inbox => Role::Inbox,
            Place::Sent => Role::Sent,
            Place::Archive => Role::Archive,
            Place::Trash => Role::Trash,
            Place::Spam => Role::Junk,
            Place::Drafts => Role::Drafts,
            Place::Folder(name) => {
                let new = NewMailbox { name: name.into(), ..NewMailbox::default() };
                let made = self.store.mailbox_create(Actor::COMMAND, account, new).await?;
                self.folders.insert((account, place), made);
                return Ok(made);
            }
        };
        let found = self.store.mailbox_by_role(account, role).await?.context("a standard folder")?;
        self.folders.insert((account, place), found);
        Ok(found)
    }
}
