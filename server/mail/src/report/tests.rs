use proptest::prelude::*;

use super::*;
use crate::address::Address;
use crate::header::DateTime;

fn head() -> NoticeHead {
    NoticeHead {
        from: Address { name: Some("Service de messagerie".into()), email: "postmaster@a.mssante.example".into() },
        to: Address::bare("dr.martin@a.mssante.example"),
        subject: "Non remis : résultats".into(),
        text: "Votre message n’a pas été remis.\nÀ faire : vérifiez l’adresse.".into(),
        message_id: "n1@a.mssante.example".into(),
        in_reply_to: Some("m1@a.mssante.example".into()),
        date: DateTime { unix_ms: 1_792_000_000_000, offset_minutes: 120 },
        headers: Vec::new(),
    }
}

fn report() -> DeliveryReport {
    DeliveryReport {
        reporting_mta: Some("mx.a.mssante.example".into()),
        recipients: vec![RecipientStatus {
            recipient: "x@b.mssante.example".into(),
            original: Some("X@b.mssante.example".into()),
            action: Action::Failed,
            status: Status(5, 1, 1),
            diagnostic: Some("550 5.1.1 unknown".into()),
            remote_mta: Some("mx.b.mssante.example".into()),
        }],
        about: About { message_ids: vec!["m1@a.mssante.example".into()], envelope_id: Some("E42".into()) },
    }
}

#[test]
fn a_delivery_report_is_read_back() {
    let original = b"Received: from x\r\nMessage-ID: <m1@a.mssante.example>\r\nBcc: z@a.fr\r\nSubject: =?utf-8?q?r=C3=A9sultats?=\r\n\r\nsecret";
    let raw = build_delivery(&head(), &report(), Some(&returned_headers(original))).unwrap();
    let text = String::from_utf8(raw.clone()).unwrap();
    assert!(
        text.contains("multipart/report; report-type=\"delivery-status\"") || text.contains("report-type=delivery-status"),
        "{text}"
    );
    assert!(!text.contains("secret") && !text.contains("z@a.fr") && !text.contains("from x"));
    assert_eq!(read(&raw, &Limits::default()), Some(Report::Delivery(report())));
}

#[test]
fn a_receipt_is_read_back() {
    for error in [None, Some(IntegrationError { code: Some(902), text: "Patient inconnu".into() })] {
        let receipt = Disposition {
            reporting_ua: Some("a.mssante.example; Pli".into()),
            recipient: "dr@b.mssante.example".into(),
            original: None,
            kind: if error.is_some() { DispositionType::Processed } else { DispositionType::Displayed },
            manual_action: error.is_none(),
            sent_manually: false,
            error,
            about: About { message_ids: vec!["m1@a.mssante.example".into()], envelope_id: None },
        };
        let raw = build_disposition(&head(), &receipt, None).unwrap();
        assert_eq!(read(&raw, &Limits::default()), Some(Report::Disposition(receipt)));
    }
}

/// As Postfix 3.8 writes them, with its own fields and comments.
#[test]
fn a_report_of_another_system() {
    let raw = b"From: MAILER-DAEMON@mx.b.fr\r\nTo: a@a.fr\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"x/y\"\r\n\r\n--x/y\r\nContent-Description: Notification\r\n\r\nThis is the mail system\r\n--x/y\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.b.fr\r\nX-Postfix-Queue-ID: 4\r\nX-Postfix-Sender: rfc822; a@a.fr\r\nArrival-Date: Sun, 22 Nov 2026 08:00:00 +0000 (UTC)\r\n\r\nFinal-Recipient: rfc822; z@b.fr\r\nOriginal-Recipient: rfc822;z@b.fr\r\nAction: failed\r\nStatus: 5.2.2\r\nRemote-MTA: dns; box.b.fr\r\nDiagnostic-Code: smtp; 552 5.2.2 <z@b.fr>:\r\n    over quota\r\n\r\n--x/y\r\nContent-Type: message/rfc822\r\n\r\nMessage-Id: <m1@a.fr>\r\nSubject: s\r\n\r\nb\r\n--x/y--\r\n";
    let Some(Report::Delivery(report)) = read(raw, &Limits::default()) else { panic!() };
    assert_eq!(report.about.message_ids, ["m1@a.fr"]);
    let recipient = &report.recipients[0];
    assert_eq!((recipient.action, recipient.status), (Action::Failed, Status(5, 2, 2)));
    assert_eq!(recipient.diagnostic.as_deref(), Some("552 5.2.2 <z@b.fr>: over quota"));
    assert!(read(b"Subject: Message non distribu\xe9\r\n\r\nbonjour", &Limits::default()).is_none());
}

proptest! {
    #[test]
    fn reading_never_fails(
        fields in proptest::collection::vec("(Final-Recipient|Action|Status|Disposition|Original-Message-ID|Error|X-Y|):? ?[ -~é;/^<>@.]{0,40}(\r\n|\n|\r\n\r\n|\r\n )", 0..20),
        kind in "(delivery-status|disposition-notification)",
    ) {
        let body: String = fields.concat();
        let raw = format!("Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n{body}\r\n--b--\r\n");
        if let Some(Report::Delivery(report)) = read(raw.as_bytes(), &Limits::default()) {
            prop_assert!(report.recipients.iter().all(|r| !r.recipient.is_empty() && !r.recipient.contains('\n')));
        }
    }

    #[test]
    fn what_is_written_is_read(recipient in "[a-z]{1,10}@[a-z]{1,8}\\.fr", diagnostic in "[ -~]{0,300}", words in "\\PC{0,80}") {
        let mut written = report();
        written.recipients[0].recipient = recipient;
        written.recipients[0].diagnostic = Some(format!("550 {diagnostic}").split_whitespace().collect::<Vec<_>>().join(" "));
        let head = NoticeHead { text: words, ..head() };
        let raw = build_delivery(&head, &written, None).unwrap();
        let Some(Report::Delivery(read)) = read(&raw, &Limits::default()) else { return Err(TestCaseError::fail("not read")) };
        prop_assert_eq!(read.recipients, written.recipients);
    }
}
