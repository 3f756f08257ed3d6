//! The matrix of certificates, over real TLS sockets: what a peer is told (`domain.md` §1.3).

use std::sync::Arc;

use rcgen::ExtendedKeyUsagePurpose as Usage;
use relay::testing::{Leaf, ListSigner, NOW, RawClient, TestAuthority, TestGate, list_xml};
use relay::trust::refresh::{self, RefreshPolicy};
use relay::trust::{CertFault, Crls, Identity, Refresh, Trust, crl, list};

use crate::setup::{
    AUTHORITY, BAL, ENTRIES, Running, SIGNER, THEIRS, THIRD, letter, receiver, receiver_with, settings, theirs, trust_with,
};

const FROM: &str = "dr.durand@autre.mssante.example";

/// The code and text that a peer with this certificate gets for a message from `from`.
async fn told(running: &Running, identity: Option<&Identity>, from: &str) -> (u16, String) {
    let mut client = RawClient::secured(running.address, identity).await;
    let reply = client.message(from, BAL, &letter(from)).await;
    (reply.code, reply.to_string())
}

fn leaf() -> Leaf {
    Leaf::new(THEIRS, 201)
}

#[tokio::test]
async fn the_matrix() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let issue = |leaf: Leaf| Some(AUTHORITY.issue(&leaf));
    let other = TestAuthority::new("AUTRE-AUTORITE");
    let same_name = TestAuthority::new("IGC-ESSAI");
    let mut without_chain = theirs();
    without_chain.chain.truncate(1);
    let cases: Vec<(&str, Option<Identity>, u16, &str)> = vec![
        ("good", issue(leaf()), 250, "Accepted"),
        ("none", None, 530, "certificate is required"),
        ("self-signed", Some(TestAuthority::self_signed(&leaf())), 550, "self-signed"),
        ("of another authority", Some(other.issue(&leaf())), 550, "accepted authority"),
        ("of an authority that took our authority's name", Some(same_name.issue(&leaf())), 550, "5.7.5"),
        ("expired", issue(Leaf { until: (2026, 6, 1), ..leaf() }), 550, "expired"),
        ("not yet valid", issue(Leaf { from: (2026, 7, 1), ..leaf() }), 451, "not valid yet"),
        ("for servers only", issue(Leaf { usages: vec![Usage::ServerAuth], ..leaf() }), 550, "not meant for this use"),
        (
            "for mail signatures",
            issue(Leaf { usages: vec![Usage::EmailProtection], ..leaf() }),
            550,
            "not meant for this use",
        ),
        ("without a stated use", issue(Leaf { usages: vec![], ..leaf() }), 250, "Accepted"),
        ("revoked", issue(Leaf { serial: 666, ..leaf() }), 550, "revoked"),
        ("intermediate left out", Some(without_chain), 250, "Accepted"),
        ("name not in the list", issue(Leaf::new("CN=mx.inconnu.example,O=X,C=FR", 202)), 550, "not the one listed"),
        ("listed for another domain", issue(Leaf::new(THIRD, 203)), 550, "not the one listed"),
        ("listed CN, other DN", issue(Leaf::new(&THEIRS.replace("AUTRE", "AUTRE BIS"), 204)), 550, "not the one listed"),
        (
            "upper case and other order",
            issue(Leaf::new("C=FR,O=Operateur  Autre,OU=347976684200726,CN=MX.AUTRE.mssante.example", 205)),
            250,
            "Accepted",
        ),
    ];
    for (what, identity, code, text) in cases {
        let (told_code, told_text) = told(&running, identity.as_ref(), FROM).await;
        assert_eq!(told_code, code, "{what}: {told_text}");
        assert!(told_text.contains(text), "{what}: {told_text}");
    }
    assert_eq!(running.gate().stored().len(), 4);
}

#[tokio::test]
async fn revocation_lists_missing_and_stale() {
    let good = theirs();
    let running = receiver_with(TestGate::with(&[BAL]), settings(), trust_with(AUTHORITY.crls(&[]))).await;
    assert_eq!(told(&running, Some(&good), FROM).await.0, 250);
    let with = |crls: Crls| Trust {
        authority: Arc::new(running.book.current().authority.with_crls(crls)),
        ..(*running.book.current()).clone()
    };

    let none = with(Crls::default());
    running.book.replace(none);
    let (code, text) = told(&running, Some(&good), FROM).await;
    assert_eq!(code, 451, "{text}");

    let mut stale = Crls::default();
    stale.restore(&AUTHORITY.root_crl((2026, 6, 1), (2026, 7, 1)), &AUTHORITY.certificates()).unwrap();
    stale.restore(&AUTHORITY.crl(&[], (2026, 5, 1), (2026, 6, 1)), &AUTHORITY.certificates()).unwrap();
    running.book.replace(with(stale));
    let (code, text) = told(&running, Some(&good), FROM).await;
    assert_eq!((code, text.contains("out of date")), (451, true), "{text}");

    // Replaced while the process runs: the next message is judged by it.
    running.book.replace(with(AUTHORITY.crls(&[200])));
    assert_eq!(told(&running, Some(&good), FROM).await.0, 550);
}

#[tokio::test]
async fn no_list_or_another_list() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let without = Trust { list: None, ..(*running.book.current()).clone() };
    let authority = without.authority.clone();
    running.book.replace(without);
    let (code, text) = told(&running, Some(&theirs()), FROM).await;
    assert_eq!((code, text.contains("white list")), (451, true), "{text}");

    let xml = SIGNER.sign(&list_xml("2026-06-15T11:30:00Z", &ENTRIES[..1]));
    let list = list::verify(xml.as_bytes(), &ListSigner::policy(), &authority, NOW).unwrap();
    running.book.replace(Trust { list: Some(Arc::new(list)), authority });
    let (code, text) = told(&running, Some(&theirs()), FROM).await;
    assert_eq!((code, text.contains("not on the white list")), (550, true), "{text}");
}

/// The last verified list is used for as long as the operator allows, then nothing is taken by it;
/// an older one never replaces it.
#[tokio::test]
async fn an_old_list() {
    const HOUR: i64 = 3_600_000;
    let running = receiver(TestGate::with(&[BAL])).await;
    let authority = running.book.current().authority.clone();
    let verified = |date: &str, entries| {
        let xml = SIGNER.sign(&list_xml(date, entries));
        list::verify(xml.as_bytes(), &ListSigner::policy(), &authority, NOW)
    };
    let mut refresh = Refresh::new(RefreshPolicy { unusable_after_ms: Some(72 * HOUR), ..RefreshPolicy::default() });
    refresh.offer(verified("2026-06-15T11:00:00Z", ENTRIES), NOW);
    let put = |refresh: &Refresh, now: i64| {
        let list = refresh.list().filter(|_| refresh.usable(now)).cloned();
        running.book.replace(Trust { list, authority: authority.clone() });
    };
    put(&refresh, NOW + 71 * HOUR);
    assert_eq!(told(&running, Some(&theirs()), FROM).await.0, 250);
    put(&refresh, NOW + 73 * HOUR);
    let (code, text) = told(&running, Some(&theirs()), FROM).await;
    assert_eq!((code, text.contains("No valid white list")), (451, true), "{text}");
    // Yesterday's list, in which another operator stood for the domain.
    let yesterday = [("autre.mssante.example", THIRD)];
    assert_eq!(refresh.offer(verified("2026-06-14T11:00:00Z", &yesterday), NOW), refresh::Event::Older);
    put(&refresh, NOW);
    assert_eq!(told(&running, Some(&AUTHORITY.issue(&Leaf::new(THIRD, 203))), FROM).await.0, 550);
    assert_eq!(told(&running, Some(&theirs()), FROM).await.0, 250);
}

#[tokio::test]
async fn only_tls_1_2_and_1_3_and_never_without() {
    let running = receiver(TestGate::with(&[BAL])).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (client, _) = RawClient::connect(running.address).await;
        let mut client = client.start_tls(Some(&theirs()), &[version]).await.unwrap();
        assert_eq!(client.message(FROM, BAL, &letter(FROM)).await.code, 250);
    }
    let received = String::from_utf8(running.gate().stored()[0].data.clone()).unwrap();
    assert!(
        received.starts_with("Received: from client.example ([127.0.0.1])\r\n\t(using TLSv1.2 with cipher "),
        "{received}"
    );
    let (mut client, _) = RawClient::connect(running.address).await;
    client.say("EHLO a.example").await;
    assert_eq!(client.say("MAIL FROM:<a@autre.mssante.example>").await.unwrap().code, 530);
    // What TLS 1.1 and older say in their first record is refused in the handshake.
    assert_eq!(client.say("STARTTLS").await.unwrap().code, 220);
    let hello = [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2][..], &[7; 32], &[0, 0, 2, 0, 47, 1, 0]].concat();
    client.send(&hello).await;
    assert!(client.reply().await.is_none(), "no SMTP under an old TLS");
}

#[tokio::test]
async fn our_certificate_is_replaced_without_dropping_connections() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let mut before = running.client().await;
    running.receiver.replace_identity(&AUTHORITY.issue(&Leaf::new(THIRD, 300))).unwrap();
    assert_eq!(before.message(FROM, BAL, &letter(FROM)).await.code, 250);
    assert_eq!(running.client().await.message(FROM, BAL, &letter(FROM)).await.code, 250);
    let mut wrong = theirs();
    wrong.key = AUTHORITY.issue(&leaf()).key;
    assert!(running.receiver.replace_identity(&wrong).is_err());
    assert_eq!(running.client().await.message(FROM, BAL, &letter(FROM)).await.code, 250);
}

#[test]
fn only_good_newer_revocation_lists_are_taken() {
    let certificates = AUTHORITY.certificates();
    let mut crls = Crls::default();
    let held = crls.offer(&AUTHORITY.crl(&[1, 2], (2026, 6, 1), (2026, 7, 1)), &certificates, NOW).unwrap();
    assert_eq!((held.revoked, held.until), (2, 1_782_864_000_000));
    let offer = |crls: &mut Crls, der: &[u8]| crls.offer(der, &certificates, NOW).map(|_| ());
    assert_eq!(offer(&mut crls, &AUTHORITY.crl(&[], (2026, 5, 1), (2026, 8, 1))), Err(crl::CrlError::Older));
    assert_eq!(offer(&mut crls, &AUTHORITY.crl(&[], (2026, 6, 2), (2026, 6, 10))), Err(crl::CrlError::Expired));
    let namesake = TestAuthority::new("IGC-ESSAI");
    assert_eq!(offer(&mut crls, &namesake.crl(&[], (2026, 6, 2), (2026, 7, 1))), Err(crl::CrlError::Signature));
    let other = TestAuthority::new("AUTRE");
    assert!(matches!(offer(&mut crls, &other.crl(&[], (2026, 6, 2), (2026, 7, 1))), Err(crl::CrlError::UnknownIssuer(_))));
    assert_eq!(offer(&mut crls, b"no list"), Err(crl::CrlError::Unreadable));
    assert_eq!(crls.iter().map(|c| c.revoked).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_fault_says_whether_it_heals() {
    let transient = [CertFault::NotYetValid, CertFault::StaleCrl, CertFault::NoCrl];
    assert!(transient.iter().all(|f| f.is_transient()) && !CertFault::Revoked.is_transient());
}
