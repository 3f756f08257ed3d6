use super::*;
use crate::header::FormValue;

fn parsed(text: &str) -> (Parsed, Vec<u8>) {
    let raw = text.replace('\n', "\r\n").into_bytes();
    (parse(&raw, &Limits::default()), raw)
}

const NESTED: &str = "From: \"Roux, L\" <l@x.fr>\nTo: Équipe: a@b.fr, c@d.fr;\nSubject: =?iso-8859-1?Q?R=E9sultats?=\n\
Message-ID: <m1@x.fr>\nReferences: <a@x>\n <b@x>\nDate: Tue, 4 Mar 2025 10:00:00 +0100\nX-MSS-INS: 255069999999988\n\
Auto-Submitted: auto-generated; x=y\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"out\"\n\npreamble\n--out\n\
Content-Type: multipart/related; boundary=rel\n\n--rel\nContent-Type: multipart/alternative; boundary=alt\n\n\
--alt\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nBonjour =C3=A0 vous\n\n--=20\nDr X\n\
--alt\nContent-Type: text/html; charset=utf-8\n\n<p>Bonjour</p>\n--alt--\n--rel\nContent-Type: image/png; name=\"i.png\"\n\
Content-ID: <img@x>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--rel--\n\
--out\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''r%C3%A9s.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n\
--out\nContent-Type: message/rfc822\n\nSubject: inner\n\nhello\n--out--\nepilogue\n";

#[test]
fn a_nested_message() {
    let (p, raw) = parsed(NESTED);
    assert_eq!(p.damaged, None);
    let kinds: Vec<&str> = p.parts.iter().map(|p| p.content_type.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/related",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "image/png",
            "application/pdf",
            "message/rfc822"
        ]
    );
    assert_eq!(
        (p.text_body.as_slice(), p.html_body.as_slice(), p.attachments.as_slice()),
        (&[3][..], &[4][..], &[5, 6, 7][..])
    );
    assert!(p.has_attachment);
    assert_eq!(part_text(&raw, &p.parts[3]).value, "Bonjour à vous\n\n-- \nDr X");
    assert_eq!(p.preview, "Bonjour à vous");
    assert_eq!(decode_part(&raw, &p.parts[5]), b"\x89PNG\r\n\x1a\n");
    assert_eq!((p.parts[6].name.as_deref(), p.parts[6].size), (Some("rés.pdf"), 5));
    assert_eq!(p.parts[0].children, [1, 6, 7]);
    let inner = parse(&decode_part(&raw, &p.parts[7]), &Limits::default());
    assert_eq!((inner.subject.as_deref(), inner.preview.as_str()), (Some("inner"), "hello"));
    assert_eq!(p.from.as_ref().map(|f| f[0].name.as_deref()), Some(Some("Roux, L")));
    assert_eq!(p.to.as_ref().map(Vec::len), Some(2));
    assert_eq!(p.subject.as_deref(), Some("Résultats"));
    assert_eq!(p.references, ["a@x", "b@x"]);
    assert_eq!(p.x_mss.get("X-MSS-INS").map(String::as_str), Some("255069999999988"));
    assert_eq!(p.auto_submitted.as_deref(), Some("auto-generated"));
    assert_eq!(p.sent_at.map(|d| d.offset_minutes), Some(60));
    assert_eq!(p.header_as("subject", Form::Raw), Some(FormValue::Raw(" =?iso-8859-1?Q?R=E9sultats?=".into())));
    assert_eq!(p.part_by_cid("img@x"), Some(5));
    let head = parse_head(&raw);
    assert_eq!(
        (head.message_id, head.references, head.subject, head.sent_at),
        (p.message_id, p.references, p.subject, p.sent_at)
    );
}

#[test]
fn views_of_usual_shapes() {
    let (p, _) = parsed("Subject: x\nContent-Type: text/html\n\n<p>x</p>");
    assert_eq!((p.text_body.as_slice(), p.html_body.as_slice(), p.has_attachment), (&[0][..], &[0][..], false));
    let (p, _) = parsed(
        "Subject: x\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\nx\n--b\nContent-Type: image/png\nContent-ID: <a@b>\n\nx\n--b--",
    );
    assert_eq!((p.html_body.as_slice(), p.attachments.as_slice(), p.has_attachment), (&[1][..], &[2][..], false));
    let (p, _) = parsed("Subject: x\nContent-Type: application/pdf\n\nx");
    assert_eq!((p.text_body.len(), p.attachments.as_slice(), p.has_attachment), (0, &[0][..], true));
}

#[test]
fn damaged_messages_are_kept_whole() {
    let tiny = Limits { max_depth: 1, max_parts: 3, max_headers: 12, max_size: 10_000, ..Limits::default() };
    let raw = NESTED.replace('\n', "\r\n").into_bytes();
    let long = vec![b'x'; 20_000];
    let many = "X: y\n".repeat(40).into_bytes();
    for (bytes, reason) in [
        (&raw[..], Reason::TooDeep),
        (&b""[..], Reason::Empty),
        (b"no header here", Reason::NoHeaders),
        (&long, Reason::TooLarge),
        (&many, Reason::TooManyHeaders),
    ] {
        let p = parse(bytes, &tiny);
        assert_eq!(p.damaged, Some(reason));
        assert_eq!((p.parts.len(), p.parts[0].body_range(), p.text_body.as_slice()), (1, 0..bytes.len(), &[0][..]));
    }
    assert_eq!(parse(&raw, &tiny).subject.as_deref(), Some("Résultats"), "what can be read is read");
    let flat = b"A: b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b\n\n2\n--b\n\n3\n--b--";
    assert_eq!(parse(flat, &tiny).damaged, Some(Reason::TooManyParts));
}

#[test]
fn ugly_messages() {
    // No final boundary, LF only, Latin-1 in a header, a part without headers.
    let raw = b"Subject: caf\xE9\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nbare\n--b\nContent-Type: text/plain; charset=iso-8859-1\n\n\xE9t\xE9";
    let p = parse(raw, &Limits::default());
    assert_eq!((p.damaged, p.subject.as_deref(), p.parts.len()), (None, Some("café"), 3));
    assert_eq!(part_text(raw, &p.parts[1]).value, "bare");
    assert_eq!(part_text(raw, &p.parts[2]).value, "été");
    // A multipart without a boundary is text.
    let (p, _) = parsed("Subject: x\nContent-Type: multipart/mixed\n\nhello");
    assert_eq!((p.parts[0].content_type.as_str(), p.preview.as_str()), ("text/plain", "hello"));
    // HTML that names its own charset.
    let raw = b"Subject: x\r\nContent-Type: text/html\r\n\r\n<meta charset=\"windows-1252\">\x93\xE9\x94";
    let p = parse(raw, &Limits::default());
    assert!(part_text(raw, &p.parts[0]).value.ends_with("“é”"));
    // An mbox line on top.
    let p = parse(b"From a@b Mon Jan  1\nSubject: x\n\ny", &Limits::default());
    assert_eq!((p.damaged, p.subject.as_deref()), (None, Some("x")));
}

#[test]
fn a_large_message_is_quick() {
    let mut raw = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
    for _ in 0..100_000 {
        raw.extend_from_slice(b"--QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\r\n");
    }
    let p = parse(&raw, &Limits::default());
    assert_eq!(p.parts[2].size, decode_part(&raw, &p.parts[2]).len());
}
