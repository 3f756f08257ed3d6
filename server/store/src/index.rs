//! The search index over encrypted mail: `term` (each word of a BAL once, sealed, in the bucket of its first three
//! letters) and `posting` (word, message, fields).
//!
//! A term's key is the bucket's code in the high bits and its own in the low ones, so that one range opens a bucket; its
//! number is given in order of appearance, so that new postings land beside each other. A posting is three short numbers,
//! since there are some hundred of them per message. What it leaks: equal words of one BAL have equal numbers, rare words of
//! one message stand together, and messages are numbered in order of arrival.
//!
//! Keys are 63 bits (22 of bucket, 41 of term). Two beginnings that share a bucket cost a longer look, nothing else: what is
//! opened is compared. Two words of one bucket that share a key become one word, found by the first one's letters only: with
//! ten thousand words in each of the buckets a BAL has, one such pair in some 40,000 buckets; numbers cannot collide.

use std::collections::{BTreeMap, HashMap};

use crate::db::{Arg, Tx, args, statements};
use crate::emails::field;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::query::sql::{LIST, Sql, insert_rows, select_in};

statements! {
    BUCKET = "SELECT term_key, term_no, sealed FROM term WHERE account_id = $1 AND term_key BETWEEN $2 AND $3";
    SPACE = "SELECT space FROM account WHERE account_id = $1";
    ONE = "SELECT term_no FROM term WHERE account_id = $1 AND term_key = $2";
}

const OWN_BITS: u32 = 41;
const BUCKET_LETTERS: usize = 3;
/// Characters of a term kept; longer ones are cut, in the index and in the search.
const LONGEST: usize = 40;

/// Low bits of a hit that hold its fields.
const FIELD_BITS: u32 = 7;
const _: () = assert!(field::ALL as u32 == (1 << FIELD_BITS) - 1);

/// The number of a hit's message, in SQL about `posting p`.
pub(crate) const HIT_NUMBER: &str = "p.hit >> 7";

/// A term of a message, coded before the transaction.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    key: i64,
    text: String,
    fields: u8,
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(at, _)| &text[..at])
}

/// The first letters, or none for a word too short to be begun.
fn bucket_of(text: &str) -> Option<&str> {
    let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    places.nth(BUCKET_LETTERS).map(|end| &text[..end])
}

fn range(keys: &Keys, bucket: &str) -> (i64, i64) {
    let first = ((keys.index_code(1, bucket) >> (OWN_BITS + 1)) << OWN_BITS) as i64;
    (first, first | ((1_i64 << OWN_BITS) - 1))
}

fn key_of(keys: &Keys, text: &str) -> i64 {
    let (first, _) = range(keys, bucket_of(text).unwrap_or(text));
    first | (keys.index_code(2, text) >> (64 - OWN_BITS)) as i64
}

/// Codes the terms of a message; one entry per distinct term.
pub(crate) fn prepare(keys: &Keys, terms: &[(String, u8)]) -> Vec<Term> {
    let mut distinct: BTreeMap<&str, u8> = BTreeMap::new();
    for (text, fields) in terms.iter().filter(|(text, _)| !text.is_empty()) {
        *distinct.entry(cut(text)).or_default() |= fields & field::ALL;
    }
    distinct.into_iter().map(|(text, fields)| Term { key: key_of(keys, text), text: text.to_owned(), fields }).collect()
}

/// What the postings of an account are keyed by; `NotFound`.
pub(crate) async fn space(tx: &mut Tx, account: i64) -> Result<i64> {
    tx.fetch_one(SPACE, args![account]).await?.int(0)
}

/// Indexes messages, by number, within the transaction; for each, its term numbers packed, to be kept for its destruction.
pub(crate) async fn add(tx: &mut Tx, ledger: &mut Ledger, keys: &Keys, messages: &[(i64, &[Term])]) -> Result<Vec<Vec<u8>>> {
    let numbers = numbers(tx, ledger, keys, messages).await?;
    let mut postings = Vec::new();
    let mut packed = Vec::with_capacity(messages.len());
    for (message, terms) in messages {
        let mut fields: BTreeMap<i64, u8> = BTreeMap::new();
        for term in terms.iter() {
            let number = numbers.get(&term.key).copied().ok_or(Error::Corrupt("term"))?;
            *fields.entry(number).or_default() |= term.fields;
        }
        packed.push(pack(fields.keys().copied()));
        postings.extend(fields.into_iter().map(|(number, fields)| (number, message << FIELD_BITS | i64::from(fields))));
    }
    postings.sort_unstable();
    let row = |(number, hit): (i64, i64)| args![ledger.space, number, hit];
    let head = "INSERT INTO posting (space, term_no, hit) VALUES ";
    insert_rows(tx, head, "", postings.into_iter().map(row).collect()).await?;
    Ok(packed)
}

/// The number of each term, new ones made.
async fn numbers(tx: &mut Tx, ledger: &mut Ledger, keys: &Keys, messages: &[(i64, &[Term])]) -> Result<HashMap<i64, i64>> {
    let mut texts: BTreeMap<i64, &str> = BTreeMap::new();
    for term in messages.iter().flat_map(|(_, terms)| terms.iter()) {
        texts.insert(term.key, &term.text);
    }
    let asked: Vec<i64> = texts.keys().copied().collect();
    let head = "SELECT term_key, term_no FROM term WHERE account_id = ";
    let mut numbers = HashMap::with_capacity(asked.len());
    for row in select_in(tx, head, ledger.account, " AND term_key IN ", &asked, "").await? {
        numbers.insert(row.int(0)?, row.int(1)?);
    }
    let random = tx.random();
    let mut rows: Vec<Vec<Arg>> = Vec::new();
    for (key, text) in texts {
        if numbers.contains_key(&key) {
            continue;
        }
        let number = ledger.next_term;
        ledger.next_term += 1;
        numbers.insert(key, number);
        rows.push(args![ledger.account, key, number, keys.seal_term(random.as_ref(), key, text)?]);
    }
    insert_rows(tx, "INSERT INTO term (account_id, term_key, term_no, sealed) VALUES ", "", rows).await?;
    Ok(numbers)
}

/// Takes messages, by number, out of the index; `packed` is what `add` gave.
pub(crate) async fn remove(tx: &mut Tx, ledger: &Ledger, messages: &[(i64, Vec<u8>)]) -> Result<()> {
    for (message, packed) in messages {
        let hits = (message << FIELD_BITS, message << FIELD_BITS | i64::from(field::ALL));
        for chunk in unpack(packed)?.chunks(LIST) {
            let mut sql = Sql::new("DELETE FROM posting WHERE space = ");
            sql.bind(ledger.space).push(" AND term_no IN ").ids(chunk);
            sql.push(" AND hit BETWEEN ").bind(hits.0).push(" AND ").bind(hits.1);
            tx.execute_composed(sql.done()).await?;
        }
    }
    Ok(())
}

/// The numbers of the terms a searched word stands for: those it begins, or itself when it is short.
pub(crate) async fn matching(tx: &mut Tx, keys: &Keys, account: i64, word: &str) -> Result<Vec<i64>> {
    let word = cut(word);
    let Some(bucket) = bucket_of(word) else {
        let found = tx.fetch_optional(ONE, args![account, key_of(keys, word)]).await?;
        return found.map(|row| row.int(0)).into_iter().collect();
    };
    let (first, last) = range(keys, bucket);
    let mut numbers = Vec::new();
    for row in tx.fetch_all(BUCKET, args![account, first, last]).await? {
        if keys.open_term(row.int(0)?, &row.bytes(2)?)?.starts_with(word.as_bytes()) {
            numbers.push(row.int(1)?);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// ` FROM posting p WHERE …`: where these terms stand in one of these fields.
pub(crate) fn postings(sql: &mut Sql, space: i64, terms: &[i64], fields: u8) {
    sql.push(" FROM posting p WHERE p.space = ").bind(space).push(" AND p.term_no IN ").ids(terms);
    if fields != field::ALL {
        sql.push(" AND (p.hit & ").bind(i64::from(fields)).push(") <> 0");
    }
}

/// ` AND p.hit …`: only in the message whose number the column holds.
pub(crate) fn in_message(sql: &mut Sql, number: &'static str) {
    let width = 1_i64 << FIELD_BITS;
    sql.push(" AND p.hit >= ").push(number).push(" * ").bind(width);
    sql.push(" AND p.hit < (").push(number).push(" + 1) * ").bind(width);
}

/// Messages by number, as bits.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Found(Vec<u64>);

impl Found {
    /// The messages that hold one of these terms in one of these fields.
    pub(crate) async fn of(tx: &mut Tx, space: i64, terms: &[i64], fields: u8) -> Result<Self> {
        // One row of text: to take over tens of thousands of rows costs more than to find them.
        let mut sql = Sql::new("SELECT COALESCE(string_agg(CAST(");
        sql.push(HIT_NUMBER).push(" AS TEXT), ','), '')");
        postings(&mut sql, space, terms, fields);
        let rows = tx.fetch_composed(sql.done()).await?;
        let text = rows.first().map_or(Ok(String::new()), |row| row.text(0))?;
        let mut bits = Vec::new();
        for number in text.split(',').filter(|number| !number.is_empty()) {
            let number: usize = number.parse().map_err(|_| Error::Corrupt("posting"))?;
            if bits.len() <= number / 64 {
                bits.resize(number / 64 + 1, 0);
            }
            bits[number / 64] |= 1 << (number % 64);
        }
        Ok(Self(bits))
    }

    /// Keeps what is in both.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.0.truncate(other.0.len());
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine &= theirs);
    }

    /// How many.
    pub(crate) fn count(&self) -> i64 {
        self.0.iter().map(|bits| i64::from(bits.count_ones())).sum()
    }

    /// Not below the number of messages that there are, as far as this one knows.
    pub(crate) fn reach(&self) -> i64 {
        self.0.len() as i64 * 64
    }
}

/// Forgets terms that no message has any more.
pub(crate) async fn forget(tx: &mut Tx, ledger: &Ledger, numbers: &[i64]) -> Result<()> {
    for chunk in numbers.chunks(LIST) {
        let mut sql = Sql::new("DELETE FROM term WHERE account_id = ");
        sql.bind(ledger.account).push(" AND term_no IN ").ids(chunk);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM posting p WHERE p.term_no = term.term_no AND p.space = ")
            .bind(ledger.space);
        sql.push(")");
        tx.execute_composed(sql.done()).await?;
    }
    Ok(())
}

/// Rising numbers as differences, seven bits an octet.
fn pack(numbers: impl Iterator<Item = i64>) -> Vec<u8> {
    let (mut packed, mut last) = (Vec::new(), 0);
    for number in numbers {
        let mut rest = (number - last) as u64;
        last = number;
        while rest >= 128 {
            packed.push(rest as u8 & 127 | 128);
            rest >>= 7;
        }
        packed.push(rest as u8);
    }
    packed
}

pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<i64>> {
    let (mut numbers, mut last, mut value, mut shift) = (Vec::new(), 0, 0_u64, 0);
    for octet in packed {
        if shift > 56 {
            return Err(Error::Corrupt("packed terms"));
        }
        value |= u64::from(octet & 127) << shift;
        shift += 7;
        if octet & 128 == 0 {
            last += value as i64;
            numbers.push(last);
            (value, shift) = (0, 0);
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_numbers_come_back(mut numbers in proptest::collection::vec(0_i64..1 << 40, 0..50)) {
            numbers.sort_unstable();
            numbers.dedup();
            prop_assert_eq!(unpack(&pack(numbers.iter().copied())).unwrap(), numbers);
        }
    }

    #[test]
    fn found_in_both_is_found() {
        let (mut one, other) = (Found(vec![0b1011, 1]), Found(vec![0b0110]));
        one.keep(&other);
        assert_eq!((one.count(), one), (1, Found(vec![0b0010])));
    }

    #[test]
    fn buckets_are_three_letters() {
        assert_eq!(bucket_of("été"), Some("été"));
        assert_eq!(bucket_of("étés"), Some("été"));
        assert_eq!(bucket_of("ét"), None);
    }
}
