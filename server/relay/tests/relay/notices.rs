//! Reasons and the notices made of them.

use mail::Address;
use mail::header::DateTime;
use mail::report::{Action, Report, Status};
use proptest::prelude::*;
use relay::notice::compose::{Kind, Notice, Told, compose};
use relay::notice::{Reason, french};
use relay::send::Trouble;
use relay::smtp::Reply;

fn notice(kind: Kind) -> Notice {
    Notice {
        kind,
        hostname: "mx.pli.mssante.example".into(),
        from: Address { name: Some("Service de messagerie".into()), email: "postmaster@pli.mssante.example".into() },
        to: Address::bare("dr.martin@pli.mssante.example"),
        subject: "Résultats de Mme Petit".into(),
        sent: "15 juin 2026 à 14 h 00".into(),
        original_id: "m1@pli.mssante.example".into(),
        envelope_id: Some("E1".into()),
        message_id: "n1@pli.mssante.example".into(),
        date: DateTime { unix_ms: relay::testing::NOW, offset_minutes: 120 },
        headers: Vec::new(),
    }
}

fn told(trouble: Trouble) -> Told {
    Told {
        shown: "Dr Durand (dr.durand@autre.mssante.example)".into(),
        address: "dr.durand@autre.mssante.example".into(),
        trouble: Some(trouble),
        host: Some("mx.autre.mssante.example".into()),
        original: None,
        patient: false,
    }
}

#[test]
fn a_failure_in_words_and_fields() {
    let full = Trouble::Reply(Reply::new(552, (2, 2), "mailbox full"));
    let raw = compose(
        &notice(Kind::Failed),
        &[told(full), told(Trouble::NotListed)],
        Some(b"Message-ID: <m1@pli.mssante.example>\r\n"),
    )
    .unwrap();
    let parsed = mail::parse(&raw, &mail::Limits::default());
    assert_eq!(parsed.subject.as_deref(), Some("Non remis : Résultats de Mme Petit"));
    let text = mail::part_text(&raw, &parsed.parts[1]).value;
    for expected in [
        "Votre message « Résultats de Mme Petit » du 15 juin 2026 à 14 h 00 n’a pas été remis à ces destinataires",
        "La boîte aux lettres du destinataire est pleine.",
        "À faire : Prévenez le destinataire par téléphone",
        "« mailbox full »",
        "ne fait pas partie de l’espace de confiance",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(!text.contains("552") && !text.contains("5.2.2"), "never the protocol");
    let Some(Report::Delivery(report)) = mail::report::read(&raw, &mail::Limits::default()) else { panic!() };
    assert_eq!(report.about.envelope_id.as_deref(), Some("E1"));
    assert_eq!(
        report.recipients.iter().map(|r| (r.action, r.status)).collect::<Vec<_>>(),
        [(Action::Failed, Status(5, 2, 2)), (Action::Failed, Status(5, 7, 1))]
    );
    assert_eq!(report.recipients.iter().map(Reason::of_report).collect::<Vec<_>>(), [Reason::Full, Reason::Forbidden]);
    assert_eq!(parsed.auto_submitted.as_deref(), Some("auto-replied"));
}

#[test]
fn late_and_delivered() {
    let raw = compose(&notice(Kind::Late { hours_left: 44 }), &[told(Trouble::Silent)], None).unwrap();
    let parsed = mail::parse(&raw, &mail::Limits::default());
    let text = mail::part_text(&raw, &parsed.parts[1]).value;
    assert!(
        text.contains("n’est pas encore remis à ce destinataire") && text.contains("pendant 44 heures encore"),
        "{text}"
    );
    assert!(!text.contains("À faire"));
    let Some(Report::Delivery(report)) = mail::report::read(&raw, &mail::Limits::default()) else { panic!() };
    assert_eq!((report.recipients[0].action, report.recipients[0].status), (Action::Delayed, Status(4, 4, 1)));
    let done = Told { trouble: None, original: Some("durand@autre.mssante.example".into()), ..told(Trouble::Silent) };
    let raw = compose(&notice(Kind::Delivered), &[done], None).unwrap();
    assert!(
        matches!(mail::report::read(&raw, &mail::Limits::default()), Some(Report::Delivery(r)) if r.recipients[0].action == Action::Delivered)
    );
    let raw = String::from_utf8(raw).unwrap();
    assert!(raw.contains("Original-Recipient: rfc822; durand@autre.mssante.example\r\n"), "{raw}");
}

#[test]
fn replies_of_other_systems_have_reasons() {
    let cases = [
        ("550 5.1.1 no", Reason::NoSuchAddress),
        ("550 no such user", Reason::NoSuchAddress),
        ("552 5.2.2 full", Reason::Full),
        ("452 4.2.2 full", Reason::Full),
        ("550 5.2.1 disabled", Reason::Closed),
        ("552 5.3.4 size", Reason::TooLarge),
        ("552 size", Reason::TooLarge),
        ("550 5.7.1 no", Reason::Forbidden),
        ("554 5.7.1 spam", Reason::Forbidden),
        ("550 5.7.5 cert", Reason::Certificate),
        ("550 5.6.0 virus", Reason::Content),
        ("554 5.4.6 loop", Reason::Loop),
        ("421 4.3.2 restarting", Reason::Busy),
        ("451 later", Reason::Busy),
        ("500 what", Reason::Other),
    ];
    for (line, expected) in cases {
        let mut bytes = bytes::BytesMut::from(format!("{line}\r\n").as_str());
        let reply = relay::smtp::ReplyReader::default().next(&mut bytes).unwrap().unwrap();
        assert_eq!(Reason::of_reply(&reply), expected, "{line}");
        assert!(french::what(expected).ends_with('.') && french::next_step(expected).ends_with('.'));
        assert!(!expected.code().is_empty());
    }
}

proptest! {
    /// Whatever a peer said, the notice is a message that is read back, and adds no field of its own.
    #[test]
    fn any_reply_makes_a_good_notice(text in "\\PC{0,200}", subject in "[^\r\n\0]{0,80}", code in 400u16..600) {
        let reply = Reply { code, enhanced: None, lines: vec![text] };
        let mut notice = notice(Kind::Failed);
        notice.subject = subject.chars().filter(|c| !c.is_control()).collect();
        let raw = compose(&notice, &[told(Trouble::Reply(reply))], None).unwrap();
        let Some(Report::Delivery(report)) = mail::report::read(&raw, &mail::Limits::default()) else {
            return Err(TestCaseError::fail("not read"));
        };
        prop_assert_eq!(report.recipients.len(), 1);
        prop_assert_eq!(&report.recipients[0].recipient, "dr.durand@autre.mssante.example");
    }
}
