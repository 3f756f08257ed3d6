use super::*;
use crate::limits::Limits;
use crate::parse::{decode_part, parse, part_text};

fn draft() -> Draft {
    Draft {
        from: vec![Address { name: Some("Dr Léa Roux, cardiologue".into()), email: "lea@x.fr".into() }],
        to: vec![Address::bare("a@b.fr"), Address { name: Some("Équipe".into()), email: "e@f.fr".into() }],
        bcc: vec![Address::bare("secret@g.fr")],
        subject: "Résultats d'analyse — été".into(),
        text: "Bonjour,\n\nVoilà.\nFrom here\n.\nligne avec blanc \nfin".into(),
        message_id: Some("m1@x.fr".into()),
        in_reply_to: vec!["p@x.fr".into()],
        references: (0..30).map(|n| format!("{n}.reference.quite.long@host.example.fr")).collect(),
        date: Some(DateTime { unix_ms: 1_741_078_800_000, offset_minutes: 60 }),
        ..Draft::default()
    }
}

#[test]
fn a_draft_comes_back() {
    let mut d = draft();
    d.html = Some("<p>Voilà <img src=cid:i@x></p>".into());
    d.attachments = vec![
        DraftAttachment {
            name: "i.png".into(),
            content_type: "image/png".into(),
            data: vec![1, 2, 3],
            cid: Some("i@x".into()),
            inline: true,
        },
        DraftAttachment {
            name: "compte rendu été.pdf".into(),
            content_type: "application/pdf".into(),
            data: (0..=255).collect(),
            ..Default::default()
        },
        DraftAttachment {
            name: "a.csv".into(),
            content_type: "text/csv".into(),
            data: b"a;b\nc\n".to_vec(),
            ..Default::default()
        },
    ];
    let raw = build(&d).unwrap();
    assert!(raw.is_ascii() && raw.split(|&b| b == b'\n').all(|l| l.is_empty() || l.ends_with(b"\r") && l.len() < 200));
    let p = parse(&raw, &Limits::default());
    assert_eq!(p.damaged, None);
    assert_eq!(p.from.as_ref(), Some(&d.from));
    assert_eq!((p.to.as_ref(), p.bcc.as_ref()), (Some(&d.to), Some(&d.bcc)));
    assert_eq!(p.subject.as_deref(), Some(d.subject.as_str()));
    assert_eq!((p.message_id, p.in_reply_to, p.references), (vec!["m1@x.fr".to_owned()], d.in_reply_to, d.references));
    assert_eq!(p.sent_at, d.date);
    assert_eq!(part_text(&raw, &p.parts[p.text_body[0]]).value, d.text);
    assert_eq!(part_text(&raw, &p.parts[p.html_body[0]]).value, d.html.unwrap());
    for (file, &index) in d.attachments.iter().zip(&p.attachments) {
        let part = &p.parts[index];
        assert_eq!((part.name.as_deref(), &decode_part(&raw, part)), (Some(file.name.as_str()), &file.data));
    }
}

#[test]
fn nothing_is_injected() {
    let fault = |change: &dyn Fn(&mut Draft)| {
        let mut d = draft();
        change(&mut d);
        build(&d).map(|_| ()).map_err(|e| e.field)
    };
    assert_eq!(fault(&|d| d.subject = "x\r\nBcc: a@b".into()), Err("Subject".into()));
    assert_eq!(fault(&|d| d.subject = "x\0".into()), Err("Subject".into()));
    assert_eq!(fault(&|d| d.to[0].email = "a@b\nX: y".into()), Err("To".into()));
    assert_eq!(fault(&|d| d.to[0].email = "a@b>, <c@d".into()), Err("To".into()));
    assert_eq!(fault(&|d| d.from[0].name = Some("x\ny".into())), Err("From".into()));
    assert_eq!(fault(&|d| d.message_id = Some("a> <b@c".into())), Err("Message-ID".into()));
    assert_eq!(fault(&|d| d.headers = vec![("X y".into(), HeaderValue::Text("x".into()))]), Err("X y".into()));
    assert_eq!(fault(&|d| d.headers = vec![("X".into(), HeaderValue::Raw("a\r\nb".into()))]), Err("X".into()));
    assert_eq!(fault(&|d| d.headers = vec![("X".into(), HeaderValue::Raw("a\r\n b".into()))]), Ok(()));
    let named = |name: &str| DraftAttachment { name: name.into(), content_type: "a/b".into(), ..Default::default() };
    assert_eq!(fault(&|d| d.attachments = vec![named("x\r\ny")]), Err("Content-Type".into()));
    assert_eq!(
        fault(&|d| d.attachments = vec![DraftAttachment { content_type: "a/b\r\nX: y".into(), ..named("x") }]),
        Err("Content-Type".into())
    );
}

#[test]
fn bcc_goes_and_nothing_else() {
    let raw = b"To: a@b\r\nBcc: c@d,\r\n e@f\r\nBCC : x\r\nSubject: x\r\n\r\nBcc: stays\r\n";
    assert_eq!(strip_bcc(raw), b"To: a@b\r\nSubject: x\r\n\r\nBcc: stays\r\n");
    assert_eq!(strip_bcc(b"Bccx: y\n\nz"), b"Bccx: y\n\nz");
    assert_eq!(strip_bcc(b""), b"");
}

#[test]
fn trees_of_parts() {
    let root = NewPart::multi(
        "multipart/mixed",
        vec![
            NewPart::text("text/plain", "=_pli_1 a".into()),
            NewPart {
                language: vec!["fr".into()],
                location: Some("x.txt".into()),
                ..NewPart::text("text/plain", "b\0".into())
            },
            NewPart {
                content_type: "message/rfc822".into(),
                content: Content::Bytes(b"A: b\r\n\r\nc".to_vec()),
                ..NewPart::default()
            },
        ],
    );
    let headers = vec![
        (
            "From".to_owned(),
            HeaderValue::GroupedAddresses(vec![crate::address::Group {
                name: Some("Éq".into()),
                addresses: vec![Address::bare("a@b.fr")],
            }]),
        ),
        ("List-Post".to_owned(), HeaderValue::Urls(vec!["mailto:l@x.fr".into(), "https://x.fr".into()])),
    ];
    let raw = build_tree(headers, root).unwrap();
    let p = parse(&raw, &Limits::default());
    assert_eq!(p.parts.len(), 4);
    assert_eq!(part_text(&raw, &p.parts[1]).value, "=_pli_1 a");
    assert_eq!(decode_part(&raw, &p.parts[2]), b"b\0");
    assert_eq!(
        (p.parts[2].language.as_deref(), p.parts[2].location.as_deref()),
        (Some(&["fr".to_owned()][..]), Some("x.txt"))
    );
    assert_eq!(decode_part(&raw, &p.parts[3]), b"A: b\r\n\r\nc");
    assert_eq!(crate::header::urls(p.header("list-post").unwrap()).len(), 2);
    assert!(build_tree(vec![], NewPart::text("multipart/mixed", "x".into())).is_err());
}

#[test]
fn dates_are_written() {
    for (ms, offset, want) in [
        (0, 0, "Thu, 1 Jan 1970 00:00:00 +0000"),
        (1_709_164_800_000, -210, "Wed, 28 Feb 2024 20:30:00 -0330"),
        (951_782_400_000, 60, "Tue, 29 Feb 2000 01:00:00 +0100"),
    ] {
        assert_eq!(field::format_date(DateTime { unix_ms: ms, offset_minutes: offset }), want);
    }
}
