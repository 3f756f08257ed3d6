//! The directory of this server's own BALs.

use std::collections::HashMap;

use futures::FutureExt;
use serde_json::json;
use wire::id::AccountId;

use crate::Store;
use crate::accounts::{self, Profile};
use crate::db::{Row, Tx, args, statements};
use crate::error::Result;
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};

statements! {
    BY_CODE = "SELECT account_id, sealed FROM account WHERE address_code IN ($1, $2, $3, $4, $5, $6, $7, $8)
        AND closed_at IS NULL";
    LISTED = "SELECT account_id, sealed FROM account WHERE listed = 1";
    SEALED = "SELECT sealed FROM account WHERE account_id = $1";
    // Also the lock of the row, before what is sealed in it is read.
    LIST = "UPDATE account SET listed = $2 WHERE account_id = $1 AND closed_at IS NULL RETURNING sealed";
    RESEAL = "UPDATE account SET sealed = $2 WHERE account_id = $1";
}

const AT_ONCE: usize = 8;

/// What the directory shows of a BAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub account: AccountId,
    pub address: String,
    pub name: String,
    pub profile: Profile,
}

/// What a holder lets the directory show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listing {
    /// In no search; mail still arrives.
    pub liste_rouge: bool,
    /// The telephone of the place is shown.
    pub publish_phone: bool,
}

/// A question to the directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// Every word begins one of the name, the address, the profession, the place or the city.
    pub words: String,
    /// Code of the nomenclature; empty: any.
    pub profession: String,
}

fn card(operator: &Keys, row: &Row) -> Result<Entry> {
    let id = row.int(0)?;
    let accounts::Sealed { address, name, profile } = accounts::open(operator, id, &row.bytes(1)?)?;
    Ok(Entry { account: AccountId(id), address, name, profile })
}

/// Lower case without the accents of French, cut into words: enough to find a name as it is typed.
pub(crate) fn plain_words(text: &str) -> Vec<String> {
    let plain: String = text.to_lowercase().chars().map(plain_letter).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn plain_letter(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// Every word typed begins a word of the text.
pub(crate) fn begins(typed: &[String], text: &str) -> bool {
    let words = plain_words(text);
    typed.iter().all(|typed| words.iter().any(|word| word.starts_with(typed.as_str())))
}

/// What words are looked for in.
fn shown(card: &Entry) -> String {
    let profile = &card.profile;
    let parts = [&profile.profession, &profile.speciality, &profile.place, &profile.city];
    let rest: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    format!("{} {} {}", card.name, card.address, rest.join(" "))
}

async fn set_listing(tx: &mut Tx, actor: Actor, account: AccountId, listing: Listing) -> Result<()> {
    let (operator, random) = (tx.keys(Owner::Operator).await?, tx.random());
    let row = tx.fetch_one(LIST, args![account, !listing.liste_rouge]).await?;
    let mut sealed = accounts::open(&operator, account.0, &row.bytes(0)?)?;
    sealed.profile.liste_rouge = listing.liste_rouge;
    sealed.profile.publish_phone = listing.publish_phone;
    tx.execute(RESEAL, args![account, accounts::reseal(&operator, random.as_ref(), account.0, &sealed)?]).await?;
    tx.touch(account.0);
    let detail = json!({"liste_rouge": listing.liste_rouge, "phone": listing.publish_phone});
    traces::trace(tx, Chain::Account(account), Trace::done("listing-set", actor, Some(account), detail)).await
}

impl Store {
    /// The card of an address of this server.
    pub async fn card_by_address(&self, address: &str) -> Result<Option<Entry>> {
        Ok(self.cards_by_address(&[address.to_owned()]).await?.pop().flatten())
    }

    /// The cards of several addresses, in order.
    pub async fn cards_by_address(&self, addresses: &[String]) -> Result<Vec<Option<Entry>>> {
        let operator = self.operator_keys().await?;
        let codes: Vec<_> = addresses.iter().map(|address| accounts::address_code(&operator, address)).collect();
        let mut distinct = codes.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let mut found = HashMap::new();
        let mut tx = self.read().await?;
        for chunk in distinct.chunks(AT_ONCE) {
            let args = (0..AT_ONCE).map(|at| chunk[at.min(chunk.len() - 1)].into()).collect();
            for row in tx.fetch_all(BY_CODE, args).await? {
                let card = card(&operator, &row)?;
                found.insert(accounts::address_code(&operator, &card.address), card);
            }
        }
        Ok(codes.iter().map(|code| found.get(code).cloned()).collect())
    }

    /// Those whose name, address, profession, place or city has words beginning with those of `text`; liste rouge hidden.
    pub async fn directory_search(&self, text: &str, limit: usize) -> Result<Vec<Entry>> {
        let question = Question { words: text.to_owned(), profession: String::new() };
        Ok(self.directory_find(&question, limit).await?.0)
    }

    /// The first `limit` that answer a question, by name, and how many do. Nobody answers one without words.
    pub async fn directory_find(&self, question: &Question, limit: usize) -> Result<(Vec<Entry>, usize)> {
        let typed = plain_words(&question.words);
        if typed.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let operator = self.operator_keys().await?;
        let rows = self.read().await?.fetch_all(LISTED, args![]).await?;
        let mut cards = Vec::new();
        for row in &rows {
            let card = card(&operator, row)?;
            let profession = card.profile.profession_code.as_deref().unwrap_or_default();
            if (question.profession.is_empty() || question.profession == profession) && begins(&typed, &shown(&card)) {
                cards.push(card);
            }
        }
        cards.sort_by(|a, b| (&a.name, a.account).cmp(&(&b.name, b.account)));
        let count = cards.len();
        cards.truncate(limit);
        Ok((cards, count))
    }

    /// What the holder of a BAL lets the directory show; `NotFound`.
    pub async fn directory_listing(&self, account: AccountId) -> Result<Listing> {
        let row = self.read().await?.fetch_one(SEALED, args![account]).await?;
        let profile = accounts::open(&*self.operator_keys().await?, account.0, &row.bytes(0)?)?.profile;
        Ok(Listing { liste_rouge: profile.liste_rouge, publish_phone: profile.publish_phone })
    }

    /// Sets what the directory shows of a BAL, from now on and everywhere; `NotFound`.
    pub async fn directory_listing_set(&self, actor: Actor, account: AccountId, listing: Listing) -> Result<()> {
        self.write((actor, account, listing), |tx, (actor, account, listing)| {
            set_listing(tx, *actor, *account, *listing).boxed()
        })
        .await
    }

    /// Leaves the trace of a search: how many were shown, never the words.
    pub async fn directory_searched(&self, actor: Actor, shown: usize) -> Result<()> {
        let chain = actor.person.map_or(Chain::Process, Chain::Person);
        self.trace(chain, Trace::done("directory-search", actor, None, json!({"shown": shown})).technical()).await
    }
}
