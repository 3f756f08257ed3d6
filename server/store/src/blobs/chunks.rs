//! Chunks of 64 KiB, each sealed on its own: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over XChaCha20-Poly1305.
//!
//! The nonce's prefix comes from the blob's id, which is a keyed hash of the content: the same content gives the same
//! octets, so a file written twice stays readable while it is replaced, and two contents never share a nonce.

use std::ops::Range;

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::XChaCha20Poly1305;

use super::BlobId;
use crate::error::{Error, Result};
use crate::keys::Keys;

pub(super) const PLAIN: u64 = 64 * 1024;
pub(super) const SEALED: u64 = PLAIN + 16;

/// How many chunks a content of `size` makes: at least one.
pub(super) fn count(size: u64) -> u64 {
    size.div_ceil(PLAIN).max(1)
}

pub(super) fn number_at(offset: u64) -> u64 {
    offset / PLAIN
}

/// The plain octets of a chunk.
pub(super) fn plain_range(number: u64, size: u64) -> Range<usize> {
    (number * PLAIN) as usize..((number + 1) * PLAIN).min(size) as usize
}

/// The sealed octets of chunks `first` to `last`.
pub(super) fn sealed_range(first: u64, last: u64, size: u64) -> Range<u64> {
    let total = size + count(size) * (SEALED - PLAIN);
    first * SEALED..((last + 1) * SEALED).min(total)
}

fn stream(keys: &Keys, id: &BlobId) -> StreamBE32<XChaCha20Poly1305> {
    let mut nonce = [0; 19];
    nonce.copy_from_slice(&id.0[..19]);
    StreamBE32::from_aead(keys.blob.clone(), &nonce.into())
}

fn bound(account: i64, id: &BlobId) -> [u8; 32] {
    let mut aad = [0; 32];
    aad[..4].copy_from_slice(b"blob");
    aad[4..12].copy_from_slice(&account.to_be_bytes());
    aad[12..].copy_from_slice(&id.0);
    aad
}

fn position(number: u64) -> Result<u32> {
    u32::try_from(number).map_err(|_| Error::Limit { what: "blob size" })
}

/// Seals one chunk.
pub(super) fn seal(keys: &Keys, account: i64, id: &BlobId, number: u64, count: u64, plain: &[u8]) -> Result<Vec<u8>> {
    let mut buffer = Vec::with_capacity(plain.len() + 16);
    buffer.extend_from_slice(plain);
    stream(keys, id)
        .encrypt_in_place(position(number)?, number + 1 == count, &bound(account, id), &mut buffer)
        .map_err(|_| Error::Limit { what: "blob size" })?;
    Ok(buffer)
}

/// Opens one chunk; `Corrupt` if it is not this one.
pub(super) fn open(keys: &Keys, account: i64, id: &BlobId, number: u64, count: u64, sealed: &[u8]) -> Result<Vec<u8>> {
    let mut buffer = sealed.to_vec();
    stream(keys, id)
        .decrypt_in_place(position(number)?, number + 1 == count, &bound(account, id), &mut buffer)
        .map_err(|_| Error::Corrupt("blob does not open"))?;
    Ok(buffer)
}

/// Seals a content of at most a few chunks.
pub(super) fn seal_all(keys: &Keys, account: i64, id: &BlobId, content: &[u8]) -> Result<Vec<u8>> {
    let size = content.len() as u64;
    let count = count(size);
    let mut sealed = Vec::with_capacity((size + count * 16) as usize);
    for number in 0..count {
        sealed.extend_from_slice(&seal(keys, account, id, number, count, &content[plain_range(number, size)])?);
    }
    Ok(sealed)
}
