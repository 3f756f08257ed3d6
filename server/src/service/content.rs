//! The bytes of a message, read only as far as needed: ranges, parts, and the ids under which parts are downloaded.

use std::ops::Range;

use bytes::Bytes;
use mail::decode::TextValue;
use store::{BlobId, Store};
use wire::id::AccountId;

use super::structure::{StoredPart, encoding_letter, letter_encoding};

/// A message's bytes: in the store, or at hand.
pub struct Content {
    source: Source,
    blob: String,
}

enum Source {
    Stored { store: Store, account: AccountId, blob: BlobId },
    Here(Bytes),
}

impl Content {
    /// A stored message.
    pub fn stored(store: &Store, account: AccountId, blob: BlobId) -> Self {
        Self { blob: blob.to_string(), source: Source::Stored { store: store.clone(), account, blob } }
    }

    /// Bytes at hand, known under the id `blob`.
    pub fn here(bytes: Bytes, blob: String) -> Self {
        Self { source: Source::Here(bytes), blob }
    }

    /// Some of the bytes; what lies beyond the end is left out.
    ///
    /// # Errors
    /// The store's.
    pub async fn range(&self, range: Range<usize>) -> Result<Bytes, store::Error> {
        match &self.source {
            Source::Stored { store, account, blob } => {
                store.blob_read(*account, blob, Some(range.start as u64..range.end as u64)).await
            }
            Source::Here(bytes) => {
                let end = range.end.min(bytes.len());
                Ok(bytes.slice(range.start.min(end)..end))
            }
        }
    }

    /// The text of a part.
    ///
    /// # Errors
    /// The store's.
    pub async fn text(&self, part: &StoredPart) -> Result<TextValue, store::Error> {
        let bytes = self.range(part.offsets.1..part.offsets.2).await?;
        Ok(mail::parse::part_text(&bytes, &part.over_body()))
    }

    /// The octets of a part after transfer decoding.
    ///
    /// # Errors
    /// The store's.
    pub async fn decoded(&self, part: &StoredPart) -> Result<Vec<u8>, store::Error> {
        let bytes = self.range(part.offsets.1..part.offsets.2).await?;
        Ok(mail::parse::decode_part(&bytes, &part.over_body()))
    }

    /// The blob id of a part: where it lies in the message and how it is encoded.
    pub fn part_blob(&self, part: &StoredPart) -> String {
        let (_, start, end) = part.offsets;
        format!("{}-{start}-{}-{}", self.blob, end - start, part.encoding)
    }
}

/// What a blob id names: a stored blob, or a part of one (possibly of a message inside a message).
#[derive(Debug, Clone, PartialEq)]
pub struct BlobName {
    /// The stored blob.
    pub blob: BlobId,
    /// Pieces to take one after the other: offset, length, encoding.
    pub pieces: Vec<(u64, u64, mail::decode::Encoding)>,
}

impl std::str::FromStr for BlobName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split('-');
        let blob = words.next().unwrap_or_default().parse().map_err(|_| ())?;
        let rest: Vec<&str> = words.collect();
        if rest.len() % 3 != 0 || rest.len() > 15 {
            return Err(());
        }
        let number = |text: &str| text.parse::<u64>().ok().filter(|n| *n < 1 << 40).ok_or(());
        let mut pieces = Vec::new();
        for piece in rest.chunks_exact(3) {
            let mut letter = piece[2].chars();
            let encoding = letter.next().and_then(letter_encoding).filter(|_| letter.next().is_none()).ok_or(())?;
            pieces.push((number(piece[0])?, number(piece[1])?, encoding));
        }
        Ok(Self { blob, pieces })
    }
}

impl std::fmt::Display for BlobName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.blob)?;
        for (offset, length, encoding) in &self.pieces {
            write!(f, "-{offset}-{length}-{}", encoding_letter(*encoding))?;
        }
        Ok(())
    }
}

impl BlobName {
    /// The whole content, decoded.
    ///
    /// # Errors
    /// The store's; `NotFound` also when a piece lies outside.
    pub async fn read(&self, store: &Store, account: AccountId) -> Result<Bytes, store::Error> {
        let Some((&(offset, length, encoding), rest)) = self.pieces.split_first() else {
            return store.blob_read(account, &self.blob, None).await;
        };
        let raw = store.blob_read(account, &self.blob, Some(offset..offset + length)).await?;
        let mut bytes = decode(raw, length, encoding)?;
        for &(offset, length, encoding) in rest {
            let end = (offset + length) as usize;
            if end > bytes.len() {
                return Err(store::Error::NotFound);
            }
            bytes = decode(bytes.slice(offset as usize..end), length, encoding)?;
        }
        Ok(bytes)
    }
}

fn decode(raw: Bytes, length: u64, encoding: mail::decode::Encoding) -> Result<Bytes, store::Error> {
    if raw.len() as u64 != length {
        return Err(store::Error::NotFound);
    }
    Ok(match encoding.decode(&raw) {
        std::borrow::Cow::Borrowed(_) => raw.clone(),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    })
}
