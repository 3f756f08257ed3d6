//! Certificates of peers and of the list's signer, judged against our roots,
//! the clock and the revocation lists (`domain.md` §1.3; RFC 5280 §6).

use std::fmt;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, TrustAnchor, UnixTime};
use thiserror::Error;
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::crl::Crls;
use super::name::Name;
use super::signature::Signed;
use crate::UnixMs;

/// What a certificate is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// By the side that connects.
    Client,
    /// By the side that listens.
    Server,
}

/// Why a certificate is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum CertFault {
    /// None was shown.
    #[error("no certificate was presented")]
    Missing,
    /// It cannot be read, or its subject is empty.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// Issued by itself.
    #[error("the certificate is self-signed")]
    SelfSigned,
    /// No path to one of our roots.
    #[error("the certificate was not issued by an accepted authority")]
    UnknownAuthority,
    /// Past its end.
    #[error("the certificate has expired")]
    Expired,
    /// Before its beginning.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Not issued for this use (RFC 5280 §4.2.1.12), or a CA's.
    #[error("the certificate is not meant for this use")]
    WrongUsage,
    /// On its issuer's revocation list.
    #[error("the certificate has been revoked")]
    Revoked,
    /// Our revocation list of its issuer is past its date.
    #[error("the revocation list of its issuer is out of date")]
    StaleCrl,
    /// We have no revocation list of its issuer.
    #[error("there is no revocation list of its issuer")]
    NoCrl,
    /// A signature in the path is wrong or of a refused kind, or a constraint is broken.
    #[error("the certificate cannot be verified")]
    Invalid,
}

impl CertFault {
    /// Whether trying again later can help: our own lists, or a clock.
    pub fn is_transient(self) -> bool {
        matches!(self, CertFault::NotYetValid | CertFault::StaleCrl | CertFault::NoCrl)
    }
}

/// Who a certificate says its bearer is. Only made by judging one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The subject.
    pub name: Name,
    /// The host names it bears (subjectAltName dNSName, and the common name where it is one).
    pub hosts: Vec<String>,
    /// Its end.
    pub not_after: UnixMs,
    /// Serial number in hex.
    pub serial: String,
}

/// Our own certificate, shown to peers on both sides.
pub struct Identity {
    /// Leaf first, then the intermediates.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the leaf.
    pub key: PrivateKeyDer<'static>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}

impl Identity {
    /// Reads the leaf with its intermediates and its key from PEM files (RFC 7468).
    ///
    /// # Errors
    /// No certificate, or no key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Identity, CertFault> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertFault::Unreadable)?;
        Ok(Identity { chain: read_certificates(chain)?, key })
    }

    /// Who the leaf says that we are, and until when: for the operator's page.
    ///
    /// # Errors
    /// A leaf that cannot be read.
    pub fn describe(&self) -> Result<Peer, CertFault> {
        peer_of(self.chain.first().ok_or(CertFault::Missing)?)
    }
}

/// Reads certificates: any number in PEM, or one in DER.
///
/// # Errors
/// There is none.
pub fn read_certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertFault> {
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(bytes).filter_map(Result::ok).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    X509Certificate::from_der(bytes).map_err(|_| CertFault::Unreadable)?;
    Ok(vec![CertificateDer::from(bytes.to_vec())])
}

impl Clone for Identity {
    fn clone(&self) -> Identity {
        Identity { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// The authorities that we accept, and what they revoked.
#[derive(Debug, Default)]
pub struct Authority {
    roots: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    crls: Crls,
    require_crl: bool,
}

impl Authority {
    /// Roots and the intermediates that peers may leave out. With `require_crl`
    /// a certificate whose issuer has no revocation list is refused ([`CertFault::NoCrl`]).
    ///
    /// # Errors
    /// A root that is no certificate.
    pub fn new(
        roots: &[CertificateDer<'_>],
        intermediates: Vec<CertificateDer<'static>>,
        crls: Crls,
        require_crl: bool,
    ) -> Result<Authority, CertFault> {
        let anchor = |der| webpki::anchor_from_trusted_cert(der).map(|a| a.to_owned()).map_err(|_| CertFault::Unreadable);
        let roots = roots.iter().map(anchor).collect::<Result<Vec<_>, _>>()?;
        Ok(Authority { roots, intermediates, crls, require_crl })
    }

    /// The revocation lists in force.
    pub fn crls(&self) -> &Crls {
        &self.crls
    }

    /// The same authority with other revocation lists.
    pub fn with_crls(&self, crls: Crls) -> Authority {
        Authority {
            roots: self.roots.clone(),
            intermediates: self.intermediates.clone(),
            crls,
            require_crl: self.require_crl,
        }
    }

    /// Judges what a peer showed, leaf first: path to a root, dates, use,
    /// revocation of every certificate of the path with the lists' expiry enforced.
    ///
    /// # Errors
    /// [`CertFault`], the most telling one.
    pub fn judge(&self, chain: &[CertificateDer<'_>], usage: Usage, now: UnixMs) -> Result<Peer, CertFault> {
        let Some((leaf, rest)) = chain.split_first() else { return Err(CertFault::Missing) };
        let usage = match usage {
            Usage::Client => KeyUsage::client_auth(),
            Usage::Server => KeyUsage::server_auth(),
        };
        let crls = CrlUse { require: self.require_crl, expiry: ExpirationPolicy::Enforce };
        self.verify(leaf, rest, usage, now, crls)?;
        peer_of(leaf)
    }

    /// Judges the signer of the list at the list's date; its use is free (the real
    /// one has emailProtection), its revocation counts when the issuer's list is held.
    ///
    /// # Errors
    /// [`CertFault`].
    pub fn judge_signer(&self, signed: &Signed, at: UnixMs) -> Result<Peer, CertFault> {
        let crls = CrlUse { require: false, expiry: ExpirationPolicy::Ignore };
        self.verify(&signed.certificate, &signed.others, AnyUsage, at, crls)?;
        peer_of(&signed.certificate)
    }

    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        usage: impl webpki::ExtendedKeyUsageValidator,
        now: UnixMs,
        crl_use: CrlUse,
    ) -> Result<(), CertFault> {
        let certificate = EndEntityCert::try_from(leaf).map_err(|e| fault_of(&e, leaf))?;
        let between: Vec<CertificateDer<'_>> =
            rest.iter().take(10).chain(&self.intermediates).map(|c| CertificateDer::from(c.as_ref())).collect();
        let crls: Vec<&CertRevocationList<'_>> = self.crls.parsed().collect();
        let policy = if crl_use.require { UnknownStatusPolicy::Deny } else { UnknownStatusPolicy::Allow };
        let revocation = RevocationOptionsBuilder::new(&crls).ok().map(|builder| {
            builder
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(policy)
                .with_expiration_policy(crl_use.expiry)
                .build()
        });
        if revocation.is_none() && crl_use.require {
            return Err(CertFault::NoCrl);
        }
        let seconds = u64::try_from(now.div_euclid(1000)).map_err(|_| CertFault::NotYetValid)?;
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        certificate
            .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &self.roots, &between, time, usage, revocation, None)
            .map(|_| ())
            .map_err(|e| fault_of(&e, leaf))
    }
}

/// How revocation lists are used.
struct CrlUse {
    require: bool,
    expiry: ExpirationPolicy,
}

/// Any extended key usage, or none.
struct AnyUsage;

impl webpki::ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: webpki::KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn fault_of(error: &webpki::Error, leaf: &CertificateDer<'_>) -> CertFault {
    use webpki::Error as E;
    match error {
        E::CertExpired { .. } => CertFault::Expired,
        E::CertNotValidYet { .. } => CertFault::NotYetValid,
        E::CertRevoked => CertFault::Revoked,
        E::CrlExpired { .. } => CertFault::StaleCrl,
        E::UnknownRevocationStatus => CertFault::NoCrl,
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => CertFault::WrongUsage,
        E::UnknownIssuer | E::CaUsedAsEndEntity if is_self_signed(leaf) => CertFault::SelfSigned,
        E::CaUsedAsEndEntity => CertFault::WrongUsage,
        E::UnknownIssuer => CertFault::UnknownAuthority,
        E::BadDer | E::BadDerTime | E::TrailingData(_) | E::UnsupportedCertVersion => CertFault::Unreadable,
        _ => CertFault::Invalid,
    }
}

fn is_self_signed(leaf: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(leaf).is_ok_and(|(_, c)| c.subject().as_raw() == c.issuer().as_raw())
}

/// Subject and end of a certificate, for the operator's eyes: it proves nothing.
///
/// # Errors
/// A certificate that cannot be read.
pub fn name_and_end(certificate: &CertificateDer<'_>) -> Result<(Name, UnixMs), CertFault> {
    peer_of(certificate).map(|peer| (peer.name, peer.not_after))
}

/// Name, hosts and end of a certificate. It proves nothing by itself: see [`Authority::judge`].
pub(crate) fn peer_of(certificate: &CertificateDer<'_>) -> Result<Peer, CertFault> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertFault::Unreadable)?;
    let name = Name::of_x509(parsed.subject()).ok_or(CertFault::Unreadable)?;
    let mut hosts: Vec<String> = match parsed.subject_alternative_name() {
        Ok(Some(alternative)) => {
            let names = alternative.value.general_names.iter();
            names
                .filter_map(|n| if let GeneralName::DNSName(host) = n { super::domain::normalise(host) } else { None })
                .collect()
        }
        _ => Vec::new(),
    };
    hosts.extend(name.values("CN").filter(|cn| cn.contains('.')).filter_map(super::domain::normalise));
    hosts.sort_unstable();
    hosts.dedup();
    let not_after = parsed.validity().not_after.timestamp().saturating_mul(1000);
    Ok(Peer { name, hosts, not_after, serial: parsed.raw_serial_as_string() })
}
