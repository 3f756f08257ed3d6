//! Revocation lists (RFC 5280 §5): checked before they replace what is held,
//! so that the last good one stays (`domain.md` §1.3).

use std::collections::BTreeMap;

use rustls::pki_types::CertificateDer;
use thiserror::Error;
use webpki::aws_lc_rs as algorithms;
use webpki::{CertRevocationList, EndEntityCert, OwnedCertRevocationList};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::revocation_list::CertificateRevocationList;

use super::name::Name;
use crate::UnixMs;

/// Bytes of one list; that of a national authority has some hundred kilobytes.
const MAX_BYTES: usize = 64 << 20;

/// Why a revocation list was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CrlError {
    /// Not a list that we can use (no DER, partial, delta or indirect).
    #[error("this is not a complete revocation list")]
    Unreadable,
    /// None of the given authorities issued it.
    #[error("the revocation list was issued by {0}, which is not an accepted authority")]
    UnknownIssuer(String),
    /// Its signature is not its issuer's.
    #[error("the signature of the revocation list is wrong")]
    Signature,
    /// Made before the one that is held.
    #[error("the revocation list is older than the one in use")]
    Older,
    /// Past its nextUpdate already.
    #[error("the revocation list is out of date")]
    Expired,
}

/// What is known of one list.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who issued it.
    pub issuer: Name,
    /// thisUpdate.
    pub made_at: UnixMs,
    /// nextUpdate.
    pub until: UnixMs,
    /// How many certificates it revokes.
    pub revoked: usize,
    /// As it was received, to be kept for the next start.
    pub der: Vec<u8>,
    parsed: std::sync::Arc<CertRevocationList<'static>>,
}

/// The lists in use, one per issuer.
#[derive(Debug, Clone, Default)]
pub struct Crls {
    held: BTreeMap<Name, Held>,
}

impl Crls {
    /// Takes a list in place of its issuer's last one, when it is signed by one
    /// of `issuers` (roots and intermediates), newer and not yet expired.
    ///
    /// # Errors
    /// [`CrlError`]; what was held stays.
    pub fn offer(&mut self, der: &[u8], issuers: &[CertificateDer<'_>], now: UnixMs) -> Result<&Held, CrlError> {
        let held = read(der, issuers)?;
        if held.until <= now {
            return Err(CrlError::Expired);
        }
        if self.held.get(&held.issuer).is_some_and(|old| old.made_at > held.made_at) {
            return Err(CrlError::Older);
        }
        Ok(self.held.entry(held.issuer.clone()).insert_entry(held).into_mut())
    }

    /// Takes a list that was good once (from the last run), expired or not:
    /// a certificate it revokes stays revoked, for others [`super::CertFault::StaleCrl`] is said.
    ///
    /// # Errors
    /// [`CrlError`], but not for its age.
    pub fn restore(&mut self, der: &[u8], issuers: &[CertificateDer<'_>]) -> Result<(), CrlError> {
        let held = read(der, issuers)?;
        self.held.insert(held.issuer.clone(), held);
        Ok(())
    }

    /// The lists, by issuer.
    pub fn iter(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    pub(super) fn parsed(&self) -> impl Iterator<Item = &CertRevocationList<'static>> {
        self.held.values().map(|h| &*h.parsed)
    }
}

fn read(der: &[u8], issuers: &[CertificateDer<'_>]) -> Result<Held, CrlError> {
    if der.len() > MAX_BYTES {
        return Err(CrlError::Unreadable);
    }
    let parsed = OwnedCertRevocationList::from_der(der).map_err(|_| CrlError::Unreadable)?;
    let (rest, crl) = CertificateRevocationList::from_der(der).map_err(|_| CrlError::Unreadable)?;
    let until = crl.next_update().ok_or(CrlError::Unreadable)?.timestamp().saturating_mul(1000);
    if !rest.is_empty() {
        return Err(CrlError::Unreadable);
    }
    let issuer = Name::of_x509(crl.issuer()).ok_or(CrlError::Unreadable)?;
    let mut known = issuers
        .iter()
        .filter(|c| X509Certificate::from_der(c).is_ok_and(|(_, c)| c.subject().as_raw() == crl.issuer().as_raw()))
        .peekable();
    if known.peek().is_none() {
        return Err(CrlError::UnknownIssuer(issuer.to_string()));
    }
    if !known.any(|certificate| is_signed_by(&crl, certificate)) {
        return Err(CrlError::Signature);
    }
    Ok(Held {
        issuer,
        made_at: crl.last_update().timestamp().saturating_mul(1000),
        until,
        revoked: crl.iter_revoked_certificates().count(),
        der: der.to_vec(),
        parsed: std::sync::Arc::new(parsed.into()),
    })
}

fn is_signed_by(crl: &CertificateRevocationList<'_>, certificate: &CertificateDer<'_>) -> bool {
    let tried: &[&dyn rustls::pki_types::SignatureVerificationAlgorithm] =
        match crl.signature_algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.11" => &[algorithms::RSA_PKCS1_2048_8192_SHA256],
            "1.2.840.113549.1.1.12" => &[algorithms::RSA_PKCS1_2048_8192_SHA384],
            "1.2.840.113549.1.1.13" => &[algorithms::RSA_PKCS1_2048_8192_SHA512],
            "1.2.840.10045.4.3.2" => &[algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256],
            "1.2.840.10045.4.3.3" => &[algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384],
            "1.3.101.112" => &[algorithms::ED25519],
            _ => &[],
        };
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return false };
    let (message, signature) = (crl.tbs_cert_list.as_ref(), &crl.signature_value.data);
    tried.iter().any(|algorithm| certificate.verify_signature(*algorithm, message, signature).is_ok())
}
