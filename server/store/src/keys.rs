//! Keys: one data key per owner, wrapped by the master key; subkeys `data`, `blob`, `index` and `lookup` by HKDF-SHA256.
//!
//! Enter by `Store::keys`. Everything readable is sealed with XChaCha20-Poly1305; its associated data binds the table,
//! the owner and the row, so that a row copied elsewhere does not open. Nothing here touches SQL except `load`/`create`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::clock::Random;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};

const VERSION: u8 = 1;
const NONCE: usize = 24;
/// Unwrapped keys kept in memory at most.
const CACHED: usize = 512;

/// Whose data a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    Account(i64),
    Person(i64),
    Organisation(i64),
    /// The operator's own: the directory of this server, lookups of addresses and logins.
    Operator,
    /// Who a person was, for traces: outlives the person's own key.
    TracePerson(i64),
}

impl Owner {
    pub(crate) fn kind(self) -> i64 {
        match self {
            Self::Account(_) => 1,
            Self::Person(_) => 2,
            Self::Organisation(_) => 3,
            Self::Operator => 4,
            Self::TracePerson(_) => 5,
        }
    }

    pub(crate) fn id(self) -> i64 {
        match self {
            Self::Account(id) | Self::Person(id) | Self::Organisation(id) | Self::TracePerson(id) => id,
            Self::Operator => 0,
        }
    }
}

statements! {
    KEY_SELECT = "SELECT wrapped FROM owner_key WHERE owner_kind = $1 AND owner_id = $2";
    KEY_INSERT = "INSERT INTO owner_key (owner_kind, owner_id, wrapped, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (owner_kind, owner_id) DO NOTHING";
    KEY_DELETE = "DELETE FROM owner_key WHERE owner_kind = $1 AND owner_id = $2";
}

/// The unwrapped subkeys of one owner.
pub struct Keys {
    owner: Owner,
    data: XChaCha20Poly1305,
    pub(crate) blob: XChaCha20Poly1305,
    blob_id: Zeroizing<[u8; 32]>,
    index: Zeroizing<[u8; 32]>,
    terms: XChaCha20Poly1305,
    lookup: Hmac<Sha256>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({:?})", self.owner)
    }
}

impl Keys {
    fn from_key(owner: Owner, key: &[u8; 32]) -> Result<Self> {
        let hkdf = Hkdf::<Sha256>::new(None, key);
        let subkey = |info: &str| -> Result<Zeroizing<[u8; 32]>> {
            let mut out = Zeroizing::new([0; 32]);
            hkdf.expand(info.as_bytes(), out.as_mut()).map_err(|_| Error::Corrupt("subkey"))?;
            Ok(out)
        };
        let cipher = |info: &str| -> Result<XChaCha20Poly1305> { Ok(XChaCha20Poly1305::new((&*subkey(info)?).into())) };
        Ok(Self {
            owner,
            data: cipher("pli data")?,
            blob: cipher("pli blob")?,
            blob_id: subkey("pli blob id")?,
            index: subkey("pli index")?,
            terms: cipher("pli index terms")?,
            lookup: <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&*subkey("pli lookup")?)
                .map_err(|_| Error::Corrupt("subkey"))?,
        })
    }

    /// Seals `plain` for the row `id` of `table`.
    pub fn seal(&self, random: &dyn Random, table: &str, id: i64, plain: &[u8]) -> Result<Vec<u8>> {
        seal(&self.data, random, &self.bound(table, id), plain)
    }

    /// Opens what `seal` made for the same table, owner and row. `Corrupt` when it is not that.
    pub fn open(&self, table: &str, id: i64, sealed: &[u8]) -> Result<Vec<u8>> {
        open(&self.data, &self.bound(table, id), sealed)
    }

    /// Seals a value as JSON.
    pub fn seal_json<T: serde::Serialize>(&self, random: &dyn Random, table: &str, id: i64, value: &T) -> Result<Vec<u8>> {
        self.seal(random, table, id, &Zeroizing::new(serde_json::to_vec(value)?))
    }

    /// Opens a value sealed by `seal_json`.
    pub fn open_json<T: serde::de::DeserializeOwned>(&self, table: &str, id: i64, sealed: &[u8]) -> Result<T> {
        Ok(serde_json::from_slice(&self.open(table, id, sealed)?)?)
    }

    /// HMAC-SHA256 of a value under `lookup`: how sealed values are found. `what` separates kinds of values.
    pub fn lookup(&self, what: &str, value: &[u8]) -> [u8; 32] {
        let mut mac = self.lookup.clone();
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(value);
        mac.finalize().into_bytes().into()
    }

    /// The first 63 bits of `lookup`, for columns of many rows.
    pub fn lookup_code(&self, what: &str, value: &[u8]) -> i64 {
        let code = self.lookup(what, value);
        let mut first = [0; 8];
        first.copy_from_slice(&code[..8]);
        i64::from_be_bytes(first) & i64::MAX
    }

    /// Keyed hash of a blob's content: its id.
    pub(crate) fn blob_hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.blob_id)
    }

    /// Keyed hash under `index`, of which terms and buckets take some bits.
    pub(crate) fn index_code(&self, what: u8, text: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.index);
        hasher.update(&[what]);
        hasher.update(text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_be_bytes(first)
    }

    pub(crate) fn seal_term(&self, random: &dyn Random, code: i64, term: &str) -> Result<Vec<u8>> {
        seal(&self.terms, random, &code.to_be_bytes(), term.as_bytes())
    }

    pub(crate) fn open_term(&self, code: i64, sealed: &[u8]) -> Result<Vec<u8>> {
        open(&self.terms, &code.to_be_bytes(), sealed)
    }

    fn bound(&self, table: &str, id: i64) -> Vec<u8> {
        bound(table, self.owner, id)
    }
}

fn bound(table: &str, owner: Owner, id: i64) -> Vec<u8> {
    let mut aad = Vec::with_capacity(table.len() + 18);
    aad.extend_from_slice(table.as_bytes());
    aad.push(0);
    aad.push(owner.kind() as u8);
    aad.extend_from_slice(&owner.id().to_be_bytes());
    aad.extend_from_slice(&id.to_be_bytes());
    aad
}

fn seal(cipher: &XChaCha20Poly1305, random: &dyn Random, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce);
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| Error::Limit { what: "sealed size" })?;
    let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
    out.push(VERSION);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    if sealed.len() < 1 + NONCE || sealed[0] != VERSION {
        return Err(Error::Corrupt("sealed format"));
    }
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&sealed[1..=NONCE]);
    cipher
        .decrypt(&XNonce::from(nonce), Payload { msg: &sealed[1 + NONCE..], aad })
        .map_err(|_| Error::Corrupt("sealed row does not open"))
}

/// The master key with the keys unwrapped lately. Only unwrapped key material is kept here, never data.
pub(crate) struct KeyRing {
    master: XChaCha20Poly1305,
    cache: Mutex<HashMap<Owner, Arc<Keys>>>,
}

impl KeyRing {
    pub(crate) fn new(master: &[u8; 32]) -> Self {
        Self { master: XChaCha20Poly1305::new(master.into()), cache: Mutex::default() }
    }

    pub(crate) fn cached(&self, owner: Owner) -> Option<Arc<Keys>> {
        self.cache.lock().ok()?.get(&owner).cloned()
    }

    fn remember(&self, owner: Owner, keys: &Arc<Keys>) {
        if let Ok(mut cache) = self.cache.lock() {
            if cache.len() >= CACHED {
                cache.clear();
            }
            cache.insert(owner, keys.clone());
        }
    }

    pub(crate) fn forget(&self, owner: Owner) {
        if let Ok(mut cache) = self.cache.lock() {
            cache.remove(&owner);
        }
    }

    /// The keys of an owner; `NotFound` when it has none.
    pub(crate) async fn load(&self, tx: &mut Tx, owner: Owner) -> Result<Arc<Keys>> {
        if let Some(keys) = self.cached(owner) {
            return Ok(keys);
        }
        let row = tx.fetch_optional(KEY_SELECT, args![owner.kind(), owner.id()]).await?.ok_or(Error::NotFound)?;
        let keys = Arc::new(self.unwrap(owner, &row.bytes(0)?)?);
        self.remember(owner, &keys);
        Ok(keys)
    }

    fn unwrap(&self, owner: Owner, wrapped: &[u8]) -> Result<Keys> {
        let plain = Zeroizing::new(open(&self.master, &bound("owner_key", owner, 0), wrapped)?);
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(plain.as_slice().try_into().map_err(|_| Error::Corrupt("owner key"))?);
        Keys::from_key(owner, &key)
    }

    /// Makes the owner's key if it has none, in the caller's transaction. Not cached until read again.
    pub(crate) async fn create(&self, tx: &mut Tx, owner: Owner) -> Result<Arc<Keys>> {
        let mut key = Zeroizing::new([0; 32]);
        let random = tx.context().random.clone();
        random.fill(key.as_mut());
        let wrapped = seal(&self.master, random.as_ref(), &bound("owner_key", owner, 0), key.as_ref())?;
        let now = tx.now();
        tx.execute(KEY_INSERT, args![owner.kind(), owner.id(), wrapped, now]).await?;
        let row = tx.fetch_one(KEY_SELECT, args![owner.kind(), owner.id()]).await?;
        Ok(Arc::new(self.unwrap(owner, &row.bytes(0)?)?))
    }

    /// Destroys the owner's key: what it sealed is unreadable from here on (backups apart).
    pub(crate) async fn destroy(&self, tx: &mut Tx, owner: Owner) -> Result<()> {
        tx.execute(KEY_DELETE, args![owner.kind(), owner.id()]).await?;
        self.forget(owner);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;

    #[test]
    fn a_row_opens_only_where_it_was_sealed() {
        let a = Keys::from_key(Owner::Account(1), &[7; 32]).unwrap();
        let b = Keys::from_key(Owner::Account(2), &[7; 32]).unwrap();
        let sealed = a.seal(&SystemRandom, "email", 5, b"secret").unwrap();
        assert_eq!(a.open("email", 5, &sealed).unwrap(), b"secret");
        assert!(a.open("email", 6, &sealed).is_err());
        assert!(a.open("mailbox", 5, &sealed).is_err());
        assert!(b.open("email", 5, &sealed).is_err());
        let mut changed = sealed.clone();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert!(a.open("email", 5, &changed).is_err());
        assert_ne!(a.lookup("login", b"x"), a.lookup("address", b"x"));
    }
}
