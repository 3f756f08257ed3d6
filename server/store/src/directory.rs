//! The directory of this server's own BALs.

use std::collections::HashMap;

use wire::id::AccountId;

use crate::Store;
use crate::accounts::{self, Profile};
use crate::db::{Row, args, statements};
use crate::error::Result;
use crate::keys::Keys;

statements! {
    BY_CODE = "SELECT account_id, sealed FROM account WHERE address_code IN ($1, $2, $3, $4, $5, $6, $7, $8)";
    LISTED = "SELECT account_id, sealed FROM account WHERE listed = 1";
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
        let typed = plain_words(text);
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let operator = self.operator_keys().await?;
        let rows = self.read().await?.fetch_all(LISTED, args![]).await?;
        let mut cards = Vec::new();
        for row in &rows {
            let card = card(&operator, row)?;
            let profile = &card.profile;
            let parts = [&profile.profession, &profile.speciality, &profile.place, &profile.city];
            let rest: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
            if begins(&typed, &format!("{} {} {}", card.name, card.address, rest.join(" "))) {
                cards.push(card);
            }
        }
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        cards.truncate(limit);
        Ok(cards)
    }
}
