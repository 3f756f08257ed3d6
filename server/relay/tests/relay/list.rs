//! A good list: what it says, how fast it loads, how it is kept.

use std::time::Instant;

use relay::testing::{Leaf, ListSigner, NOW, list_xml};
use relay::trust::{ListError, ListPolicy, Name, Refresh, TrustList, explain, list, refresh};

use crate::setup::{AUTHORITY, ENTRIES, SIGNER, THEIRS};

pub fn verify(xml: &str) -> Result<TrustList, ListError> {
    list::verify(xml.as_bytes(), &ListSigner::policy(), &AUTHORITY.accepted(AUTHORITY.crls(&[])), NOW)
}

#[test]
fn names_are_found_by_domain_however_written() {
    let list = verify(&SIGNER.sign(&list_xml("2026-06-15T11:00:00Z", ENTRIES))).unwrap();
    let theirs = Name::parse(THEIRS).unwrap();
    for domain in ["autre.mssante.example", "AUTRE.MSSanté.example", "Autre2.mssante.EXAMPLE.", "mssante.apicrypt.example"]
    {
        let expected = domain.is_ascii();
        assert_eq!(list.speaks_for(&theirs, domain), expected, "{domain}");
    }
    assert!(list.speaks_for(&theirs, "HÔPITAL.mssante.example"));
    assert!(list.speaks_for(&theirs, "xn--hpital-ixa.mssante.example"));
    assert!(!list.speaks_for(&theirs, "tiers.mssante.example"));
    assert!(list.names("medecin.mssante.fr").is_none(), "a suffix proves nothing");
    assert!(list.names("x.autre.mssante.example").is_none());
}

#[test]
fn thousands_of_domains() {
    let names: Vec<(String, String)> = (0..9_000)
        .map(|n| {
            (
                format!("d{}.mssante.example", n % 7_000),
                format!("CN=mx{n}.example,OU=3479766842{n:05},O=OPERATEUR {},C=FR", n % 320),
            )
        })
        .collect();
    let entries: Vec<(&str, &str)> = names.iter().map(|(d, n)| (d.as_str(), n.as_str())).collect();
    let xml = SIGNER.sign(&list_xml("2026-06-15T11:00:00Z", &entries));
    let started = Instant::now();
    let list = verify(&xml).unwrap();
    println!("list of {} bytes, {} entries: verified and read in {:?}", xml.len(), list.entries, started.elapsed());
    assert_eq!((list.entries, list.domains().count()), (9_000, 7_000));
    let figures = explain::figures(&list);
    assert_eq!((figures.shared, figures.operators.len(), figures.certificates), (2_000, 320, 9_000));
}

#[test]
fn explained_in_words() {
    let mut entries = ENTRIES.to_vec();
    entries.push(("pas un domaine", THEIRS));
    entries.push(("ok.example", "pas un nom"));
    let outcome = verify(&SIGNER.sign(&list_xml("2026-06-15T11:00:00Z", &entries)));
    let text = explain::explain(&outcome, NOW);
    for expected in [
        "Liste VÉRIFIÉE",
        "il y a 60 min",
        "15/06/2026 11:00 UTC",
        "OPERATEUR AUTRE",
        "certificat illisible",
        "domaine illisible",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let list = outcome.unwrap();
    assert!(list.names("ok.example").is_none());
    assert_eq!(list.skipped.len(), 2);
    let refused = explain::explain(&Err(ListError::Future), NOW);
    assert!(refused.contains("REFUSÉE") && refused.contains("dernière liste vérifiée reste"));
}

#[test]
fn the_last_verified_list_is_kept() {
    const HOUR: i64 = 3_600_000;
    let at = |date: &str, entries| verify(&SIGNER.sign(&list_xml(date, entries)));
    let mut refresh = Refresh::new(refresh::RefreshPolicy { unusable_after_ms: Some(72 * HOUR), ..Default::default() });
    assert!(refresh.alarm(NOW) && !refresh.usable(NOW) && refresh.next_at(NOW) == NOW);
    assert_eq!(
        refresh.offer(at("2026-06-15T10:00:00Z", &ENTRIES[..3]), NOW),
        refresh::Event::Replaced { added: 3, removed: 0 }
    );
    assert_eq!(refresh.next_at(NOW), NOW + HOUR);
    assert_eq!(
        refresh.offer(at("2026-06-15T11:00:00Z", &ENTRIES[1..4]), NOW),
        refresh::Event::Replaced { added: 1, removed: 1 }
    );
    let later = NOW + 25 * HOUR;
    assert_eq!(refresh.offer(at("2026-06-15T10:00:00Z", ENTRIES), later), refresh::Event::Older, "no way back");
    assert!(matches!(refresh.offer(verify("<a/>"), later), refresh::Event::Refused(ListError::WrongRoot)));
    refresh.unreachable("timeout".into(), later);
    assert!(refresh.alarm(later) && refresh.usable(later) && refresh.next_at(later) < later + HOUR);
    assert!(!refresh.usable(NOW + 73 * HOUR));
    assert_eq!(refresh.list().unwrap().domains().count(), 3);
    assert_eq!(refresh.offer(at("2026-06-15T11:00:00Z", &ENTRIES[1..4]), later), refresh::Event::Unchanged);
    assert!(!refresh.alarm(later) && refresh.last_failure().is_none());
}

#[test]
fn limits_on_size_and_number() {
    let xml = SIGNER.sign(&list_xml("2026-06-15T11:00:00Z", ENTRIES));
    let authority = AUTHORITY.accepted(AUTHORITY.crls(&[]));
    let small = ListPolicy { max_bytes: 1000, ..ListSigner::policy() };
    assert_eq!(list::verify(xml.as_bytes(), &small, &authority, NOW), Err(ListError::TooLarge(xml.len())));
    let few = ListPolicy { max_entries: 2, ..ListSigner::policy() };
    assert_eq!(list::verify(xml.as_bytes(), &few, &authority, NOW), Err(ListError::TooManyEntries(2)));
    assert_eq!(verify(&SIGNER.sign(&list_xml("2026-06-15T11:00:00Z", &[]))), Err(ListError::Empty));
    assert_eq!(verify(&SIGNER.sign(&list_xml("2026-06-15T13:00:00Z", ENTRIES))), Err(ListError::Future));
    assert_eq!(verify(&SIGNER.sign(&list_xml("hier", ENTRIES))), Err(ListError::Date));
}

/// Lists signed by other software (Python's signxml), as `domain.md` §1.2 describes, once with a prefix.
#[test]
fn lists_that_others_signed() {
    let root = rustls_pki_types(include_bytes!("../fixtures/signxml-root.der"));
    let authority = relay::trust::Authority::new(&[root], Vec::new(), Default::default(), false).unwrap();
    let policy = ListPolicy::new(Name::parse("CN=alb.mssante.example").unwrap());
    let fixtures = [include_str!("../fixtures/signxml.xml"), include_str!("../fixtures/signxml-prefixed.xml")];
    for xml in fixtures {
        let list = list::verify(xml.as_bytes(), &policy, &authority, NOW).unwrap();
        assert!(list.speaks_for(&Name::parse(THEIRS).unwrap(), "autre.mssante.example"));
        let tampered = xml.replacen("autre.", "outre.", 1);
        assert!(list::verify(tampered.as_bytes(), &policy, &authority, NOW).is_err());
    }
}

fn rustls_pki_types(der: &[u8]) -> rustls::pki_types::CertificateDer<'_> {
    der.into()
}

/// A signer whose certificate ended is good for what it signed before, and for nothing after.
#[test]
fn the_signer_is_judged_at_the_lists_date() {
    let until = |day| ListSigner::new(&AUTHORITY, &Leaf { until: day, ..Leaf::new(ListSigner::SUBJECT, 8) });
    let xml = list_xml("2026-06-15T11:00:00Z", ENTRIES);
    assert!(verify(&until((2026, 6, 16)).sign(&xml)).is_ok());
    assert_eq!(verify(&until((2026, 6, 15)).sign(&xml)), Err(ListError::Signer(relay::trust::CertFault::Expired)));
}
