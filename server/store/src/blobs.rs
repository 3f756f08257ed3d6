//! Blobs: content addressed within a BAL by keyed BLAKE3, encrypted in chunks, small ones in SQL, large ones in files.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, Stream, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use wire::id::AccountId;

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};

mod chunks;

statements! {
    INSERT = "INSERT INTO blob (account_id, blob_id, size, place, created_at, data) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account_id, blob_id) DO UPDATE SET created_at = excluded.created_at";
    SELECT = "SELECT size, place FROM blob WHERE account_id = $1 AND blob_id = $2";
    DATA = "SELECT data FROM blob WHERE account_id = $1 AND blob_id = $2";
}

/// Up to this many octets a blob stays in SQL.
const IN_SQL: usize = 64 * 1024;
/// Chunks read from a file at once.
const READ_CHUNKS: u64 = 16;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// Names a blob within its BAL: 160 bits of keyed BLAKE3 of the content. On the wire `b` and 32 characters of base32hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 20]);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(33);
        text.push('b');
        for group in self.0.chunks(5) {
            let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in (0..8).rev() {
                text.push(char::from(ALPHABET[(bits >> (place * 5) & 31) as usize]));
            }
        }
        f.write_str(&text)
    }
}

impl FromStr for BlobId {
    type Err = wire::id::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('b').filter(|rest| rest.len() == 32).ok_or(wire::id::BadId)?;
        let mut id = [0; 20];
        for (group, out) in digits.as_bytes().chunks(8).zip(id.chunks_mut(5)) {
            let mut bits = 0_u64;
            for digit in group {
                let value = ALPHABET.iter().position(|c| c == digit).ok_or(wire::id::BadId)?;
                bits = bits << 5 | value as u64;
            }
            out.copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        Ok(Self(id))
    }
}

/// Where large blobs are.
pub(crate) struct Files {
    pub(crate) store: Arc<dyn ObjectStore>,
}

impl Files {
    /// `file:/path`; the folder is made.
    pub(crate) fn open(url: &str) -> Result<Self> {
        let path = url.strip_prefix("file:").ok_or_else(|| Error::Config("blobs: file:/path expected".into()))?;
        std::fs::create_dir_all(path)?;
        let local = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self { store: Arc::new(local) })
    }
}

/// A blob encrypted before the transaction; large ones are in their file already.
pub(crate) struct Prepared {
    pub(crate) id: BlobId,
    pub(crate) size: u64,
    data: Option<Vec<u8>>,
}

/// The id of a content in this BAL.
pub(crate) fn id_of(keys: &Keys, content: &[u8]) -> BlobId {
    let mut hasher = keys.blob_hasher();
    hasher.update(content);
    let mut id = [0; 20];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..20]);
    BlobId(id)
}

pub(crate) fn path(account: i64, id: &BlobId) -> Path {
    let (account, id) = (AccountId(account).to_string(), id.to_string());
    Path::from_iter([account.as_str(), &id[1..3], id.as_str()])
}

/// Encrypts a blob, writing it to its file when it is large.
pub(crate) async fn prepare(store: &Store, keys: &Arc<Keys>, account: i64, content: Bytes) -> Result<Prepared> {
    let size = content.len() as u64;
    if content.len() <= IN_SQL {
        let id = id_of(keys, &content);
        let data = chunks::seal_all(keys, account, &id, &content)?;
        return Ok(Prepared { id, size, data: Some(data) });
    }
    let hashed = (keys.clone(), content.clone());
    let id =
        tokio::task::spawn_blocking(move || id_of(&hashed.0, &hashed.1)).await.map_err(|_| Error::Corrupt("hashing"))?;
    let upload = store.inner.files.store.put_multipart(&path(account, &id)).await?;
    let mut file = WriteMultipart::new(upload);
    let count = chunks::count(size);
    for number in 0..count {
        let plain = content.slice(chunks::plain_range(number, size));
        file.put(chunks::seal(keys, account, &id, number, count, &plain)?.into());
        file.wait_for_capacity(4).await?;
    }
    file.finish().await?;
    Ok(Prepared { id, size, data: None })
}

/// Records a prepared blob within the transaction.
pub(crate) async fn record(tx: &mut Tx, account: i64, blob: &Prepared) -> Result<()> {
    let place = i64::from(blob.data.is_none());
    let now = tx.now();
    tx.execute(INSERT, args![account, blob.id.0.to_vec(), blob.size as i64, place, now, blob.data.clone()]).await?;
    Ok(())
}

/// Where a blob is, so that ranges of it can be read.
#[derive(Clone)]
struct Open {
    store: Store,
    keys: Arc<Keys>,
    account: i64,
    id: BlobId,
    size: u64,
    in_file: bool,
}

impl Open {
    async fn new(store: &Store, account: AccountId, id: &BlobId) -> Result<Self> {
        let keys = store.keys(Owner::Account(account.0)).await?;
        let row = store.read().await?.fetch_optional(SELECT, args![account, id.0.to_vec()]).await?;
        let row = row.ok_or(Error::NotFound)?;
        let (size, in_file) = (row.int(0)? as u64, row.flag(1)?);
        Ok(Self { store: store.clone(), keys, account: account.0, id: *id, size, in_file })
    }

    fn cut(&self, range: Option<Range<u64>>) -> Range<u64> {
        let range = range.unwrap_or(0..self.size);
        range.start.min(self.size)..range.end.min(self.size).max(range.start.min(self.size))
    }

    /// The plain octets of a range within the blob.
    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let (first, last) = (chunks::number_at(range.start), chunks::number_at(range.end - 1));
        let sealed = if self.in_file {
            let octets = chunks::sealed_range(first, last, self.size);
            self.store.inner.files.store.get_range(&path(self.account, &self.id), octets).await?
        } else {
            let args = args![self.account, self.id.0.to_vec()];
            let row = self.store.read().await?.fetch_optional(DATA, args).await?.ok_or(Error::NotFound)?;
            Bytes::from(row.bytes(0)?)
        };
        let count = chunks::count(self.size);
        let mut plain = BytesMut::with_capacity(((last - first + 1) * chunks::PLAIN) as usize);
        for (number, chunk) in (first..=last).zip(sealed.chunks(chunks::SEALED as usize)) {
            plain.extend_from_slice(&chunks::open(&self.keys, self.account, &self.id, number, count, chunk)?);
        }
        let skipped = (range.start - first * chunks::PLAIN) as usize;
        let wanted = (range.end - range.start) as usize;
        if plain.len() < skipped + wanted {
            return Err(Error::Corrupt("blob is shorter than it was"));
        }
        Ok(plain.freeze().slice(skipped..skipped + wanted))
    }
}

impl Store {
    /// Writes a small file where large blobs are and reads it back, to know that the place can be used. The file stays:
    /// it is always the same.
    pub async fn blobs_probe(&self) -> Result<()> {
        const CONTENT: &[u8] = b"pli";
        let (files, path) = (&self.inner.files.store, Path::from("probe"));
        files.put(&path, Bytes::from_static(CONTENT).into()).await?;
        let read = files.get(&path).await?.bytes().await?;
        if read == CONTENT { Ok(()) } else { Err(Error::Corrupt("probe")) }
    }

    /// Keeps a blob; the same content gives the same id. It is collected a day later unless a message or an upload
    /// refers to it.
    pub async fn blob_put(&self, account: AccountId, content: Bytes) -> Result<BlobId> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let prepared = prepare(self, &keys, account.0, content).await?;
        let id = prepared.id;
        self.write((account.0, prepared), |tx, (account, prepared)| record(tx, *account, prepared).boxed()).await?;
        Ok(id)
    }

    /// The size of a blob; `NotFound`.
    pub async fn blob_size(&self, account: AccountId, id: &BlobId) -> Result<u64> {
        let row = self.read().await?.fetch_optional(SELECT, args![account, id.0.to_vec()]).await?;
        Ok(row.ok_or(Error::NotFound)?.int(0)? as u64)
    }

    /// A blob or a range of it (cut to its size), decrypting only the chunks needed. `NotFound`, `Corrupt`.
    pub async fn blob_read(&self, account: AccountId, id: &BlobId, range: Option<Range<u64>>) -> Result<Bytes> {
        let open = Open::new(self, account, id).await?;
        let range = open.cut(range);
        open.read(range).await
    }

    /// The same in pieces of at most 1 MiB.
    pub async fn blob_stream(
        &self,
        account: AccountId,
        id: &BlobId,
        range: Option<Range<u64>>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
        let open = Open::new(self, account, id).await?;
        let Range { start, end } = open.cut(range);
        Ok(futures::stream::try_unfold((open, start), move |(open, at)| async move {
            if at >= end {
                return Ok(None);
            }
            let stop = ((chunks::number_at(at) + READ_CHUNKS) * chunks::PLAIN).min(end);
            let piece = open.read(at..stop).await?;
            Ok(Some((piece, (open, stop))))
        })
        .into_stream())
    }
}
