//! Lists that must not count, each for one reason.

use proptest::prelude::*;
use relay::testing::{Leaf, ListSigner, SignOptions, TestAuthority, list_xml};
use relay::trust::signature::SignatureError as S;
use relay::trust::{CertFault, ListError};

use crate::list::verify;
use crate::setup::{AUTHORITY, ENTRIES, SIGNER};

fn xml() -> String {
    list_xml("2026-06-15T11:00:00Z", ENTRIES)
}

fn signed() -> String {
    SIGNER.sign(&xml())
}

/// The Signature element of a signed list.
fn signature(list: &str) -> &str {
    let start = list.find("<Signature ").unwrap();
    &list[start..list.find("</Signature>").unwrap() + 12]
}

#[track_caller]
fn refused(list: &str, expected: ListError) {
    assert_eq!(verify(list).unwrap_err(), expected);
}

#[test]
fn content_changed() {
    refused(&signed().replacen("tiers.mssante", "pirate.mssante", 1), S::Digest.into());
    refused(&signed().replacen("O=OPERATEUR AUTRE", "O=PIRATE", 1), S::Digest.into());
    refused(&signed().replacen("2026-06-15T11", "2026-06-15T10", 1), S::Digest.into());
}

#[test]
fn unsigned() {
    refused(&xml(), S::Missing.into());
}

#[test]
fn signature_moved() {
    let list = signed();
    let moved = list.replacen(signature(&list), "", 1).replacen(
        "  <ListeDomaines>",
        &format!("  <ListeDomaines>{}", signature(&list)),
        1,
    );
    refused(&moved, S::Misplaced.into());
    let first = list.replacen(signature(&list), "", 1).replacen("  <DateDe", &format!("{}  <DateDe", signature(&list)), 1);
    refused(&first, S::Misplaced.into());
}

#[test]
fn signature_doubled() {
    let list = signed();
    let doubled = list.replacen("</ListeBlancheMSSante>", &format!("{}</ListeBlancheMSSante>", signature(&list)), 1);
    refused(&doubled, S::Several.into());
    // Under another namespace a second one is no less suspicious.
    let hidden = list.replacen("  <ListeDomaines>", "  <Signature xmlns=\"urn:x\"/><ListeDomaines>", 1);
    refused(&hidden, S::Several.into());
}

/// The whole good list wrapped in a new root with other entries (signature wrapping).
#[test]
fn wrapped() {
    let list = signed();
    let inner = &list[list.find("<ListeBlanche").unwrap()..];
    let wrapper = xml().replacen("</ListeBlancheMSSante>", &format!("{inner}</ListeBlancheMSSante>"), 1);
    refused(&wrapper, S::Misplaced.into());
    let with = list.replacen("<ListeDomaines>", "<ListeDomaines Id=\"x\">", 1);
    refused(&with, S::Digest.into());
    let by_id = SIGNER.sign_with(&xml(), &SignOptions { uri: "#x".into(), ..SignOptions::default() });
    refused(&by_id, S::Reference("#x".into()).into());
}

#[test]
fn signature_of_another_list() {
    let other = SIGNER.sign(&list_xml("2026-06-14T11:00:00Z", &ENTRIES[..2]));
    let foreign = signed().replacen(signature(&signed()), signature(&other), 1);
    refused(&foreign, S::Digest.into());
}

#[test]
fn changed_transform() {
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#".to_owned();
    let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature".to_owned();
    let with = |transforms: Vec<String>| SIGNER.sign_with(&xml(), &SignOptions { transforms, ..SignOptions::default() });
    let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116".to_owned();
    assert!(matches!(verify(&with(vec![enveloped.clone(), xpath])), Err(ListError::Signature(S::Algorithm(..)))));
    assert!(matches!(
        verify(&with(vec![exclusive.clone(), enveloped.clone()])),
        Err(ListError::Signature(S::Algorithm(..)))
    ));
    refused(&with(vec![enveloped.clone()]), S::Shape("Transform").into());
    refused(&with(vec![enveloped.clone(), exclusive.clone(), exclusive]), S::Shape("Transform").into());
    // Changed after signing, it no longer is what was signed.
    let after = signed().replacen("xml-exc-c14n#\"></Canonicalization", "xml-exc-c14n#WithComments\"></Canonicalization", 1);
    assert!(matches!(verify(&after), Err(ListError::Signature(S::Algorithm(..)))));
}

/// Canonical form drops comments: what stands around them must not be read as something else.
#[test]
fn comment_inside_a_value() {
    let list = SIGNER.sign(&xml().replacen("<Nom>tiers.mssante.example", "<Nom>tiers.mssante.example.pirate.fr", 1));
    let cut = list.replacen("<Nom>tiers.mssante.example.pirate.fr", "<Nom>tiers.mssante.example<!-- -->.pirate.fr", 1);
    let list = verify(&cut).unwrap();
    assert!(list.names("tiers.mssante.example").is_none() && list.names("tiers.mssante.example.pirate.fr").is_none());
    assert_eq!(list.skipped.len(), 1);
}

#[test]
fn entities_and_instructions() {
    let entity =
        signed().replacen("<ListeBlanche", "<!DOCTYPE ListeBlancheMSSante [<!ENTITY x \"pirate\">]><ListeBlanche", 1);
    assert!(matches!(verify(&entity), Err(ListError::Xml(_))));
    let external = signed().replacen("<ListeBlanche", "<!DOCTYPE l SYSTEM \"file:///etc/passwd\"><ListeBlanche", 1);
    assert!(matches!(verify(&external), Err(ListError::Xml(_))));
    let laughs = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><l>&b;</l>";
    assert!(matches!(verify(laughs), Err(ListError::Xml(_))));
    let instruction = signed().replacen("<ListeDomaines>", "<ListeDomaines><?x y?>", 1);
    assert!(matches!(verify(&instruction), Err(ListError::Xml(_))));
}

#[test]
fn depth_without_end() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let inside = signed().replacen("<ListeDomaines>", &format!("<ListeDomaines>{deep}"), 1);
    assert!(verify(&deep).is_err() && verify(&inside).is_err());
}

#[test]
fn wrong_digest_and_value() {
    let list = signed();
    let at = list.find("<DigestValue>").unwrap() + 13;
    let mut changed = list.clone();
    changed.replace_range(at..at + 1, if &list[at..=at] == "A" { "B" } else { "A" });
    refused(&changed, S::Digest.into());
    let at = list.find("<SignatureValue>").unwrap() + 16;
    let mut changed = list.clone();
    changed.replace_range(at..at + 1, if &list[at..=at] == "A" { "B" } else { "A" });
    refused(&changed, S::Value.into());
}

#[test]
fn another_root() {
    refused(&signed().replace("ListeBlancheMSSante", "ListeNoireMSSante"), ListError::WrongRoot);
    refused(&signed().replacen("listeblanche.mssante.fr/schema", "listeblanche.mssante.fr/autre", 1), ListError::WrongRoot);
}

#[test]
fn wrong_signer() {
    let other = ListSigner::new(&AUTHORITY, &Leaf::new("CN=alb.mssante.example.pirate,O=X,C=FR", 9));
    assert!(matches!(verify(&other.sign(&xml())), Err(ListError::WrongSigner(_))));
    let operator =
        ListSigner::new(&AUTHORITY, &Leaf::new("CN=mx.autre.mssante.example,O=X\u{201a} CN=alb.mssante.example,C=FR", 9));
    assert!(matches!(verify(&operator.sign(&xml())), Err(ListError::WrongSigner(_))));
    let elsewhere = ListSigner::new(&TestAuthority::new("PIRATE"), &Leaf::new(ListSigner::SUBJECT, 7));
    refused(&elsewhere.sign(&xml()), ListError::Signer(CertFault::UnknownAuthority));
    let expired = ListSigner::new(&AUTHORITY, &Leaf { until: (2026, 1, 1), ..Leaf::new(ListSigner::SUBJECT, 7) });
    refused(&expired.sign(&xml()), ListError::Signer(CertFault::Expired));
}

#[test]
fn revoked_signer() {
    let signer = ListSigner::new(&AUTHORITY, &Leaf::new(ListSigner::SUBJECT, 77));
    let authority = AUTHORITY.accepted(AUTHORITY.crls(&[77]));
    let outcome =
        relay::trust::list::verify(signer.sign(&xml()).as_bytes(), &ListSigner::policy(), &authority, relay::testing::NOW);
    assert_eq!(outcome.unwrap_err(), ListError::Signer(CertFault::Revoked));
}

/// The public key as an HMAC secret, or no real signature at all: not even considered.
#[test]
fn algorithm_confusion() {
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "none",
        "",
    ] {
        let list = SIGNER.sign_with(&xml(), &SignOptions { algorithm: algorithm.into(), ..SignOptions::default() });
        refused(&list, S::Algorithm(algorithm.into(), "the signature").into());
    }
    // Another strength than was signed with.
    let other = SIGNER.sign_with(
        &xml(),
        &SignOptions { algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512".into(), ..SignOptions::default() },
    );
    refused(&other, S::Value.into());
}

#[test]
fn certificate_exchanged() {
    let list = signed();
    let other = SIGNER_TWO.sign(&xml());
    let certificate = |l: &str| l[l.find("<X509Certificate>").unwrap()..l.find("</X509Certificate>").unwrap()].to_owned();
    refused(&list.replacen(&certificate(&list), &certificate(&other), 1), S::Value.into());
}

static SIGNER_TWO: std::sync::LazyLock<ListSigner> =
    std::sync::LazyLock::new(|| ListSigner::new(&AUTHORITY, &Leaf::new(ListSigner::SUBJECT, 10)));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bytes changed anywhere: never a panic, and never other content than was signed.
    #[test]
    fn no_change_adds_anything(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let good = signed();
        let mut bytes = good.clone().into_bytes();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let authority = AUTHORITY.accepted(AUTHORITY.crls(&[]));
        if let Ok(list) = relay::trust::list::verify(&bytes, &ListSigner::policy(), &authority, relay::testing::NOW) {
            let original = verify(&good).unwrap();
            for domain in list.domains() {
                prop_assert_eq!(list.names(domain), original.names(domain));
            }
        }
    }

    #[test]
    fn nonsense_is_refused(text in "(<|>|/|Signature|ListeBlancheMSSante| xmlns=\"https://listeblanche.mssante.fr/schema\"|&|;|<!|\\[|[a-z ]){0,30}") {
        prop_assert!(verify(&text).is_err());
    }
}
