//! A root, an intermediate, leaves of every kind, revocation lists.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::trust::{Authority, Crls, Identity};

/// Year, month, day.
pub type Day = (i32, u8, u8);

/// What a leaf is to be.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// `CN=…,O=…` and so on, in this order in the certificate.
    pub subject: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// Extended key usages; empty: none.
    pub usages: Vec<ExtendedKeyUsagePurpose>,
    /// Serial number.
    pub serial: u64,
    /// An RSA key, as the signer of the list needs.
    pub rsa: bool,
}

impl Leaf {
    /// A good certificate for both sides of SMTP.
    pub fn new(subject: &str, serial: u64) -> Leaf {
        Leaf {
            subject: subject.to_owned(),
            from: (2025, 1, 1),
            until: (2028, 1, 1),
            usages: vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth],
            serial,
            rsa: false,
        }
    }
}

/// An authority like IGC-Santé: a root and one that issues to organisations.
pub struct TestAuthority {
    root: CertifiedIssuer<'static, KeyPair>,
    organisations: CertifiedIssuer<'static, KeyPair>,
}

fn name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').expect("KEY=value");
        let kind = match key {
            "CN" => DnType::CommonName,
            "O" => DnType::OrganizationName,
            "OU" => DnType::OrganizationalUnitName,
            "ST" => DnType::StateOrProvinceName,
            "L" => DnType::LocalityName,
            _ => DnType::CountryName,
        };
        name.push(kind, value);
    }
    name
}

fn ca(subject: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(subject);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

impl TestAuthority {
    /// A new authority; `label` makes its names its own.
    pub fn new(label: &str) -> TestAuthority {
        let root =
            CertifiedIssuer::self_signed(ca(&format!("CN=AC {label} ELEMENTAIRE,C=FR")), KeyPair::generate().unwrap());
        let root = root.unwrap();
        let params = ca(&format!("CN=AC {label} ELEMENTAIRE ORGANISATIONS,C=FR"));
        let organisations = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root).unwrap();
        TestAuthority { root, organisations }
    }

    /// Issues a leaf; its chain holds the intermediate too.
    pub fn issue(&self, leaf: &Leaf) -> Identity {
        self.issue_with_key(leaf).0
    }

    /// Issues a leaf and gives its key as rcgen has it.
    pub fn issue_with_key(&self, leaf: &Leaf) -> (Identity, KeyPair) {
        let key = leaf_key(leaf);
        let certificate = leaf_params(leaf).signed_by(&key, &self.organisations).unwrap();
        let chain = vec![certificate.der().clone(), self.organisations.der().clone()];
        (identity(chain, &key), key)
    }

    /// A leaf that signs itself.
    pub fn self_signed(leaf: &Leaf) -> Identity {
        let key = leaf_key(leaf);
        let certificate = leaf_params(leaf).self_signed(&key).unwrap();
        identity(vec![certificate.der().clone()], &key)
    }

    /// The certificates of the authority, root first.
    pub fn certificates(&self) -> Vec<CertificateDer<'static>> {
        vec![self.root.der().clone(), self.organisations.der().clone()]
    }

    /// The list of the intermediate, revoking `serials`.
    pub fn crl(&self, serials: &[u64], from: Day, until: Day) -> Vec<u8> {
        crl(&self.organisations, serials, from, until)
    }

    /// The list of the root, revoking nothing.
    pub fn root_crl(&self, from: Day, until: Day) -> Vec<u8> {
        crl(&self.root, &[], from, until)
    }

    /// Lists good from 2026-06-01 to 2026-07-01, the second revoking `serials`.
    pub fn crls(&self, serials: &[u64]) -> Crls {
        let mut crls = Crls::default();
        for der in [self.root_crl((2026, 6, 1), (2026, 7, 1)), self.crl(serials, (2026, 6, 1), (2026, 7, 1))] {
            crls.offer(&der, &self.certificates(), super::NOW).unwrap();
        }
        crls
    }

    /// What accepts this authority only, with revocation lists required; the
    /// intermediate is configured, for the list's signature brings its leaf alone.
    pub fn accepted(&self, crls: Crls) -> Authority {
        Authority::new(&[self.root.der().clone()], vec![self.organisations.der().clone()], crls, true).unwrap()
    }
}

fn crl(issuer: &CertifiedIssuer<'static, KeyPair>, serials: &[u64], from: Day, until: Day) -> Vec<u8> {
    let revoked = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(from.0, from.1, from.2),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(from.0, from.1, from.2),
        next_update: date_time_ymd(until.0, until.1, until.2),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().to_vec()
}

fn leaf_key(leaf: &Leaf) -> KeyPair {
    if leaf.rsa { KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap() } else { KeyPair::generate().unwrap() }
}

fn leaf_params(leaf: &Leaf) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(&leaf.subject);
    params.not_before = date_time_ymd(leaf.from.0, leaf.from.1, leaf.from.2);
    params.not_after = date_time_ymd(leaf.until.0, leaf.until.1, leaf.until.2);
    params.extended_key_usages = leaf.usages.clone();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.serial_number = Some(SerialNumber::from(leaf.serial));
    params
}

fn identity(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Identity {
    Identity { chain, key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())) }
}
