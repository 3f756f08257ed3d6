//! Anchors: the signed Merkle root of all chain heads; verification of chains against them.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use futures::FutureExt;

use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::traces::{Chain, Class, Entry, GENESIS, chain_hash, page};

statements! {
    HEADS = "SELECT chain_kind, chain_id, class, seq, hash FROM chain_head ORDER BY chain_kind, chain_id, class";
    LAST = "SELECT anchor_no, at, root, heads, public_key, signature FROM anchor ORDER BY anchor_no DESC LIMIT 1";
    AFTER = "SELECT anchor_no, at, root, heads, public_key, signature FROM anchor WHERE anchor_no > $1
        ORDER BY anchor_no LIMIT $2";
    INSERT = "INSERT INTO anchor (anchor_no, at, root, heads, public_key, signature) VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_HEAD = "INSERT INTO anchor_head (anchor_no, chain_kind, chain_id, class, seq, hash)
        VALUES ($1, $2, $3, $4, $5, $6)";
    ANCHORED = "SELECT seq FROM anchor_head WHERE chain_kind = $1 AND chain_id = $2 AND class = $3
        ORDER BY anchor_no DESC LIMIT 1";
    HEADS_OF = "SELECT chain_kind, chain_id, class, seq, hash FROM anchor_head WHERE anchor_no = $1";
    STUBS = "SELECT chain_kind, chain_id, class, seq, hash, pruned_at, public_key, signature FROM trace_stub";
    STUB_SAVE = "INSERT INTO trace_stub (chain_kind, chain_id, class, seq, hash, pruned_at, public_key, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (chain_kind, chain_id, class) DO UPDATE SET
        seq = excluded.seq, hash = excluded.hash, pruned_at = excluded.pruned_at, public_key = excluded.public_key,
        signature = excluded.signature";
    OLD_FUNCTIONAL = "SELECT chain_kind, chain_id, MAX(seq) FROM trace_functional WHERE at < $1 GROUP BY chain_kind, chain_id";
    OLD_TECHNICAL = "SELECT chain_kind, chain_id, MAX(seq) FROM trace_technical WHERE at < $1 GROUP BY chain_kind, chain_id";
    HASH_FUNCTIONAL = "SELECT hash FROM trace_functional WHERE chain_kind = $1 AND chain_id = $2 AND seq = $3";
    HASH_TECHNICAL = "SELECT hash FROM trace_technical WHERE chain_kind = $1 AND chain_id = $2 AND seq = $3";
    PRUNE_FUNCTIONAL = "DELETE FROM trace_functional WHERE chain_kind = $1 AND chain_id = $2 AND seq <= $3";
    PRUNE_TECHNICAL = "DELETE FROM trace_technical WHERE chain_kind = $1 AND chain_id = $2 AND seq <= $3";
}

/// Chain and class, as heads are ordered in the tree.
type Line = (i64, i64, i64);

/// A signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    pub number: i64,
    pub at: i64,
    pub root: [u8; 32],
    pub heads: i64,
    pub public_key: [u8; 32],
    pub signature: [u8; 64],
}

/// What `pli trace verify` tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub chains: u64,
    pub traces: u64,
    pub anchors: u64,
    /// Traces newer than the last anchor: chained, not yet proven.
    pub unproven: u64,
    pub last_anchor_at: Option<i64>,
    /// Every fault found; empty when all holds.
    pub faults: Vec<Fault>,
}

/// Where the traces do not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An entry is not what was chained, or one is missing before it.
    Chain { chain: Chain, class: Class, seq: i64 },
    /// The head row is not the last entry.
    Head { chain: Chain, class: Class },
    /// The anchor's root or signature does not match, or it was signed with an unexpected key.
    Anchor { number: i64 },
    /// An anchored entry is missing or another.
    Anchored { number: i64, chain: Chain, class: Class, seq: i64 },
    /// The signature of what pruning left does not match.
    Stub { chain: Chain, class: Class },
}

/// A chain's last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    seq: i64,
    hash: [u8; 32],
}

fn array<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N]> {
    bytes.as_slice().try_into().map_err(|_| Error::Corrupt("length of a hash or signature"))
}

fn read_head(row: &Row) -> Result<(Line, Head)> {
    Ok(((row.int(0)?, row.int(1)?, row.int(2)?), Head { seq: row.int(3)?, hash: array(row.bytes(4)?)? }))
}

fn read_anchor(row: &Row) -> Result<Anchor> {
    Ok(Anchor {
        number: row.int(0)?,
        at: row.int(1)?,
        root: array(row.bytes(2)?)?,
        heads: row.int(3)?,
        public_key: array(row.bytes(4)?)?,
        signature: array(row.bytes(5)?)?,
    })
}

/// Root of the binary tree over all heads in order: leaves and nodes hashed apart, an odd one carried up.
fn merkle_root(heads: &BTreeMap<Line, Head>) -> [u8; 32] {
    let mut level: Vec<[u8; 32]> = Vec::with_capacity(heads.len());
    for ((kind, id, class), head) in heads {
        let mut leaf = blake3::Hasher::new_derive_key("Pli 2026 anchor leaf");
        for number in [*kind, *id, *class, head.seq] {
            leaf.update(&number.to_be_bytes());
        }
        leaf.update(&head.hash);
        level.push(*leaf.finalize().as_bytes());
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => {
                    let mut node = blake3::Hasher::new_derive_key("Pli 2026 anchor node");
                    node.update(left).update(right);
                    *node.finalize().as_bytes()
                }
                [single] => *single,
                _ => GENESIS,
            })
            .collect();
    }
    level.first().copied().unwrap_or(GENESIS)
}

fn anchor_text(number: i64, at: i64, heads: i64, root: &[u8; 32]) -> Vec<u8> {
    let mut text = b"Pli anchor 1\0".to_vec();
    for value in [number, at, heads] {
        text.extend_from_slice(&value.to_be_bytes());
    }
    text.extend_from_slice(root);
    text
}

fn stub_text(line: Line, head: &Head, at: i64) -> Vec<u8> {
    let mut text = b"Pli trace stub 1\0".to_vec();
    for value in [line.0, line.1, line.2, head.seq, at] {
        text.extend_from_slice(&value.to_be_bytes());
    }
    text.extend_from_slice(&head.hash);
    text
}

fn signed(public_key: &[u8; 32], text: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public_key).is_ok_and(|key| key.verify(text, &Signature::from_bytes(signature)).is_ok())
}

async fn heads(tx: &mut Tx) -> Result<BTreeMap<Line, Head>> {
    tx.fetch_all(HEADS, args![]).await?.iter().map(read_head).collect()
}

async fn make(tx: &mut Tx, key: &SigningKey) -> Result<Option<Anchor>> {
    let heads = heads(tx).await?;
    let last = tx.fetch_optional(LAST, args![]).await?.map(|row| read_anchor(&row)).transpose()?;
    let (number, root, at) = (last.as_ref().map_or(1, |last| last.number + 1), merkle_root(&heads), tx.now());
    if heads.is_empty() || last.is_some_and(|last| last.root == root) {
        return Ok(None);
    }
    let count = heads.len() as i64;
    let signature = key.sign(&anchor_text(number, at, count, &root)).to_bytes();
    let public_key = key.verifying_key().to_bytes();
    tx.execute(INSERT, args![number, at, root, count, public_key, signature.to_vec()]).await?;
    for ((kind, id, class), head) in heads {
        let before = tx.fetch_optional(ANCHORED, args![kind, id, class]).await?;
        if before.map(|row| row.int(0)).transpose()? != Some(head.seq) {
            tx.execute(INSERT_HEAD, args![number, kind, id, class, head.seq, head.hash]).await?;
        }
    }
    Ok(Some(Anchor { number, at, root, heads: count, public_key, signature }))
}

/// Chains read so far, and what was found.
struct Check {
    report: Report,
    /// The hashes that anchors will ask for.
    wanted: BTreeMap<(Line, i64), Option<[u8; 32]>>,
    proven: BTreeMap<Line, i64>,
}

fn chain_of(line: Line) -> (Chain, Class) {
    (Chain::from_columns(line.0, line.1), Class::from_code(line.2))
}

/// Follows one chain from what pruning left to its head.
async fn follow(tx: &mut Tx, check: &mut Check, line: Line, head: &Head, stub: Option<Head>) -> Result<()> {
    const PAGE: i64 = 1000;
    let (chain, class) = chain_of(line);
    let mut last = stub.unwrap_or(Head { seq: 0, hash: GENESIS });
    if let Some(found) = check.wanted.get_mut(&(line, last.seq)) {
        *found = Some(last.hash);
    }
    loop {
        let rows = page(tx, chain, class, last.seq, PAGE).await?;
        for row in &rows {
            let (seq, hash) = (row.int(0)?, array::<32>(row.bytes(9)?)?);
            let (kind, result, means, detail) = (row.text(2)?, row.text(3)?, row.text(4)?, row.text(8)?);
            let entry = Entry {
                seq,
                at: row.int(1)?,
                kind: &kind,
                result: &result,
                means: &means,
                person: row.opt_int(5)?,
                session: row.opt_int(6)?,
                account: row.opt_int(7)?,
                detail: &detail,
            };
            if seq != last.seq + 1 || hash != chain_hash(&last.hash, chain, class, &entry) {
                check.report.faults.push(Fault::Chain { chain, class, seq });
            }
            last = Head { seq, hash };
            check.report.traces += 1;
            if let Some(found) = check.wanted.get_mut(&(line, seq)) {
                *found = Some(hash);
            }
        }
        if (rows.len() as i64) < PAGE {
            break;
        }
    }
    if last != *head {
        check.report.faults.push(Fault::Head { chain, class });
    }
    check.report.chains += 1;
    let proven = check.proven.get(&line).copied().unwrap_or(0);
    check.report.unproven += (last.seq - proven).max(0) as u64;
    Ok(())
}

/// Checks the signature and root of each anchor; what heads it names is checked against the chains afterwards.
async fn check_anchors(tx: &mut Tx, check: &mut Check, expected: Option<[u8; 32]>) -> Result<Vec<(i64, Line, Head)>> {
    let (mut known, mut named, mut after) = (BTreeMap::new(), Vec::new(), 0);
    loop {
        let rows = tx.fetch_all(AFTER, args![after, 1000_i64]).await?;
        for row in &rows {
            let anchor = read_anchor(row)?;
            for row in tx.fetch_all(HEADS_OF, args![anchor.number]).await? {
                let (line, head) = read_head(&row)?;
                known.insert(line, head);
                check.wanted.insert((line, head.seq), None);
                check.proven.insert(line, head.seq);
                named.push((anchor.number, line, head));
            }
            let text = anchor_text(anchor.number, anchor.at, anchor.heads, &anchor.root);
            let holds = anchor.number == after + 1
                && anchor.root == merkle_root(&known)
                && anchor.heads == known.len() as i64
                && expected.is_none_or(|key| key == anchor.public_key)
                && signed(&anchor.public_key, &text, &anchor.signature);
            if !holds {
                check.report.faults.push(Fault::Anchor { number: anchor.number });
            }
            after = anchor.number;
            check.report.anchors += 1;
            check.report.last_anchor_at = Some(anchor.at);
        }
        if rows.len() < 1000 {
            return Ok(named);
        }
    }
}

async fn check_stubs(tx: &mut Tx, check: &mut Check, expected: Option<[u8; 32]>) -> Result<BTreeMap<Line, Head>> {
    let mut stubs = BTreeMap::new();
    for row in tx.fetch_all(STUBS, args![]).await? {
        let (line, head) = read_head(&row)?;
        let (key, signature) = (array(row.bytes(6)?)?, array(row.bytes(7)?)?);
        let holds = expected.is_none_or(|expected| expected == key)
            && signed(&key, &stub_text(line, &head, row.int(5)?), &signature);
        if !holds {
            let (chain, class) = chain_of(line);
            check.report.faults.push(Fault::Stub { chain, class });
        }
        stubs.insert(line, head);
    }
    Ok(stubs)
}

async fn verify(tx: &mut Tx, expected: Option<[u8; 32]>) -> Result<Report> {
    let mut check = Check { report: Report::default(), wanted: BTreeMap::new(), proven: BTreeMap::new() };
    let named = check_anchors(tx, &mut check, expected).await?;
    let stubs = check_stubs(tx, &mut check, expected).await?;
    let heads = heads(tx).await?;
    for (line, head) in &heads {
        follow(tx, &mut check, *line, head, stubs.get(line).copied()).await?;
    }
    for (number, line, head) in named {
        let pruned = stubs.get(&line).is_some_and(|stub| stub.seq > head.seq);
        let found = check.wanted.get(&(line, head.seq)).copied().flatten();
        if !pruned && found != Some(head.hash) {
            let (chain, class) = chain_of(line);
            check.report.faults.push(Fault::Anchored { number, chain, class, seq: head.seq });
        }
    }
    Ok(check.report)
}

async fn prune(tx: &mut Tx, class: Class, before: i64, key: &SigningKey) -> Result<u64> {
    let (old, hash, delete) = match class {
        Class::Functional => (OLD_FUNCTIONAL, HASH_FUNCTIONAL, PRUNE_FUNCTIONAL),
        Class::Technical => (OLD_TECHNICAL, HASH_TECHNICAL, PRUNE_TECHNICAL),
    };
    let mut removed = 0;
    for row in tx.fetch_all(old, args![before]).await? {
        let (kind, id, seq) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let hash = array(tx.fetch_one(hash, args![kind, id, seq]).await?.bytes(0)?)?;
        let (line, head, at) = ((kind, id, class.code()), Head { seq, hash }, tx.now());
        let signature = key.sign(&stub_text(line, &head, at)).to_bytes().to_vec();
        let public_key = key.verifying_key().to_bytes();
        tx.execute(STUB_SAVE, args![kind, id, class.code(), seq, hash, at, public_key, signature]).await?;
        removed += tx.execute(delete, args![kind, id, seq]).await?;
    }
    Ok(removed)
}

impl Store {
    /// Signs the root of all heads, if any moved since the last anchor.
    pub async fn anchor_now(&self, key: &SigningKey) -> Result<Option<Anchor>> {
        self.write(key.clone(), |tx, key| make(tx, key).boxed()).await
    }

    /// The anchors after `number`, oldest first, for export.
    pub async fn anchors(&self, after: i64, limit: u32) -> Result<Vec<Anchor>> {
        let rows = self.read().await?.fetch_all(AFTER, args![after, i64::from(limit)]).await?;
        rows.iter().map(read_anchor).collect()
    }

    /// Checks all chains and anchors; `expected` is the public key they must be signed with, when known.
    pub async fn verify(&self, expected: Option<[u8; 32]>) -> Result<Report> {
        verify(&mut self.snapshot().await?, expected).await
    }

    /// Removes traces of a class older than `before`, leaving a signed stub per chain; how many were removed.
    pub async fn prune_traces(&self, class: Class, before: i64, key: &SigningKey) -> Result<u64> {
        self.write((class, before, key.clone()), |tx, (class, before, key)| prune(tx, *class, *before, key).boxed()).await
    }
}
