//! The signature of the white list: one narrow profile of XMLDSig
//! (<https://www.w3.org/TR/xmldsig-core1/>), the one that `domain.md` §1.2
//! describes, and nothing of the rest of that standard. What a general library
//! would have to be told to refuse does not exist here: no other reference than
//! the whole document, no key but a certificate's RSA key, no HMAC, no XPath, no
//! XSLT, no retrieval.
//!
//! The tree that was verified is the tree that is read afterwards.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use sha2::{Digest, Sha256, Sha384, Sha512};
use thiserror::Error;
use webpki::EndEntityCert;
use webpki::aws_lc_rs as algorithms;

use super::c14n::canonicalise;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Certificates in one KeyInfo.
const MAX_CERTIFICATES: usize = 10;

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// No Signature element.
    #[error("the list is not signed")]
    Missing,
    /// More than one Signature element, anywhere.
    #[error("there is more than one signature")]
    Several,
    /// The Signature is not the last element of the root.
    #[error("the signature is not the last child of the root")]
    Misplaced,
    /// An element that the profile does not know, or one missing, or out of order.
    #[error("the signature is not built as expected: {0}")]
    Shape(&'static str),
    /// An algorithm that is not of the profile.
    #[error("{0} is not accepted for {1}")]
    Algorithm(String, &'static str),
    /// The reference is not to the whole document.
    #[error("the signature covers {0:?} and not the whole document")]
    Reference(String),
    /// The document does not have the digest that was signed.
    #[error("the content does not have the digest that was signed")]
    Digest,
    /// The signature was not made by the key of any certificate given with it.
    #[error("the signature was not made with the certificate that comes with it")]
    Value,
}

/// A signature that fits the document. Who made it is not judged yet.
#[derive(Debug)]
pub struct Signed {
    /// The certificate whose key made the signature.
    pub certificate: CertificateDer<'static>,
    /// The other certificates of the KeyInfo.
    pub others: Vec<CertificateDer<'static>>,
}

/// Verifies the enveloped signature of `document`.
///
/// # Errors
/// The first rule of the profile that is broken.
pub fn verify(document: &Document<'_>) -> Result<Signed, SignatureError> {
    let signature = find(document)?;
    let [info, value, key] = children(signature, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
    let [method, signer, reference] = children(info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
    plain(method, EXC_C14N, "canonicalisation")?;
    let algorithm = signature_algorithm(signer)?;
    check_reference(document, signature, reference)?;

    let message = canonicalise(info, None).ok_or(SignatureError::Shape("depth"))?;
    let value = decode(value)?;
    let certificates = certificates(key)?;
    let made_by = certificates.iter().position(|certificate| {
        EndEntityCert::try_from(certificate)
            .is_ok_and(|certificate| certificate.verify_signature(algorithm, &message, &value).is_ok())
    });
    let mut others = certificates.clone();
    let certificate = others.remove(made_by.ok_or(SignatureError::Value)?);
    Ok(Signed { certificate, others })
}

/// The one Signature, at its place.
fn find<'a, 'i>(document: &'a Document<'i>) -> Result<Node<'a, 'i>, SignatureError> {
    let mut all = document.descendants().filter(|n| n.is_element() && n.tag_name().name() == "Signature");
    let signature = all.next().ok_or(SignatureError::Missing)?;
    if all.next().is_some() {
        return Err(SignatureError::Several);
    }
    if signature.tag_name().namespace() != Some(DSIG) {
        return Err(SignatureError::Shape("namespace"));
    }
    if document.root_element().last_element_child() != Some(signature) {
        return Err(SignatureError::Misplaced);
    }
    Ok(signature)
}

/// Reference (XMLDSig §4.4.3): `URI=""`, the two transforms in order, and the digest.
fn check_reference(document: &Document<'_>, signature: Node<'_, '_>, reference: Node<'_, '_>) -> Result<(), SignatureError> {
    match reference.attribute("URI") {
        Some("") => {}
        uri => return Err(SignatureError::Reference(uri.unwrap_or("(no URI)").chars().take(100).collect())),
    }
    let [transforms, method, digest] = children(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
    let [enveloped, exclusive] = children(transforms, ["Transform", "Transform"])?;
    plain(enveloped, ENVELOPED, "the first transform")?;
    plain(exclusive, EXC_C14N, "the second transform")?;
    let content = canonicalise(document.root_element(), Some(signature)).ok_or(SignatureError::Shape("depth"))?;
    let computed = match uri(method) {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Sha256::digest(&content).to_vec(),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Sha384::digest(&content).to_vec(),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Sha512::digest(&content).to_vec(),
        other => return Err(refused(other, "the digest")),
    };
    if decode(digest)? == computed { Ok(()) } else { Err(SignatureError::Digest) }
}

/// RSA with PKCS#1 v1.5 and SHA-2 (RFC 6931 §2.3); anything else, HMAC and SHA-1 first of all, is refused.
fn signature_algorithm(method: Node<'_, '_>) -> Result<&'static dyn SignatureVerificationAlgorithm, SignatureError> {
    if method.has_children() {
        return Err(SignatureError::Shape("SignatureMethod"));
    }
    match uri(method) {
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => Ok(algorithms::RSA_PKCS1_2048_8192_SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => Ok(algorithms::RSA_PKCS1_2048_8192_SHA384),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => Ok(algorithms::RSA_PKCS1_2048_8192_SHA512),
        other => Err(refused(other, "the signature")),
    }
}

/// An element without content whose Algorithm is `expected`.
fn plain(node: Node<'_, '_>, expected: &str, what: &'static str) -> Result<(), SignatureError> {
    if uri(node) != expected {
        return Err(refused(uri(node), what));
    }
    if node.children().any(|c| !c.is_text()) {
        return Err(SignatureError::Shape("parameters of a transform"));
    }
    Ok(())
}

fn uri<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("Algorithm").unwrap_or("")
}

fn refused(algorithm: &str, what: &'static str) -> SignatureError {
    SignatureError::Algorithm(algorithm.chars().take(100).collect(), what)
}

/// The element children, exactly these and in this order, with nothing but white space between.
fn children<'a, 'i, const N: usize>(
    node: Node<'a, 'i>,
    names: [&'static str; N],
) -> Result<[Node<'a, 'i>; N], SignatureError> {
    let mut found = Vec::with_capacity(N);
    for child in node.children() {
        if child.is_element() {
            found.push(child);
        } else if !child.is_text() || child.text().is_some_and(|t| !t.trim().is_empty()) {
            return Err(SignatureError::Shape("content between elements"));
        }
    }
    let fits = found.len() == N && found.iter().zip(names).all(|(n, name)| n.has_tag_name((DSIG, name)));
    if !fits {
        return Err(SignatureError::Shape(names.first().copied().unwrap_or("")));
    }
    found.try_into().map_err(|_| SignatureError::Shape("children"))
}

/// The certificates of KeyInfo/X509Data (XMLDSig §4.5.4); its other hints are not looked at.
fn certificates(key: Node<'_, '_>) -> Result<Vec<CertificateDer<'static>>, SignatureError> {
    let mut found = Vec::new();
    for node in key.descendants().filter(|n| n.has_tag_name((DSIG, "X509Certificate"))) {
        if found.len() == MAX_CERTIFICATES {
            return Err(SignatureError::Shape("too many certificates"));
        }
        found.push(CertificateDer::from(decode(node)?));
    }
    if found.is_empty() { Err(SignatureError::Shape("no certificate")) } else { Ok(found) }
}

/// Base64 with white space, carriage returns written as entities included (`domain.md` §1.2).
fn decode(node: Node<'_, '_>) -> Result<Vec<u8>, SignatureError> {
    if node.children().any(|c| !c.is_text()) {
        return Err(SignatureError::Shape("base64"));
    }
    let text: String = node.text().unwrap_or("").split_whitespace().collect();
    STANDARD.decode(text).map_err(|_| SignatureError::Shape("base64"))
}
