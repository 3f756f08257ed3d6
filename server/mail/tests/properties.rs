//! Properties of the crate: what must hold for any bytes, texts and drafts.

use mail::address::{Address, check_address, normalise, parse_header, parse_list};
use mail::body::{BodyOptions, html_to_text, render_html, render_text};
use mail::quote::{quote_text, split_quote, unflow};
use mail::search::{fold, query_words, snippet, terms};
use mail::split::MboxSplitter;
use mail::thread::base_subject;
use mail::{Draft, DraftAttachment, Form, Limits, build, decode_part, header_form, parse, parse_head, part_text, strip_bcc};
use proptest::prelude::*;

const REAL: &str = "Received: from a by b; Tue, 4 Mar 2025 10:00:00 +0100\r\nFrom: =?utf-8?Q?L=C3=A9a?= <l@x.fr>\r\nTo: \"A, B\" <a@b.fr>,\r\n\tc@d.fr\r\n\
Subject: Re: =?iso-8859-1?B?6Q==?= test\r\nMessage-ID: <m@x>\r\nReferences: <a@x> <b@x>\r\nDate: Tue, 4 Mar 2025 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\n\
Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nBonjour =E9t=E9=\r\n suite\r\n> quote\r\n\r\n\
--b2\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p style='color:red'>Bonjour <b>vous</b> <img src=cid:i@x><a href=http://x>y.fr</a></p><blockquote type=cite>q</blockquote>\r\n\
--b2--\r\n--b1\r\nContent-Type: image/png; name*0=a; name*1=b.png\r\nContent-ID: <i@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n\
--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b1--\r\n";

/// Everything that looks at a message.
fn exercise(raw: &[u8]) {
    let parsed = parse(raw, &Limits::default());
    assert!(!parsed.parts.is_empty());
    parse_head(raw);
    for (index, part) in parsed.parts.iter().enumerate() {
        assert!(part.body_start <= part.body_end && part.body_end <= raw.len());
        assert_eq!(decode_part(raw, part).len(), part.size);
        part_text(raw, part);
        render_html(&parsed, raw, index, &BodyOptions::default());
    }
    for header in &parsed.headers {
        for form in
            [Form::Raw, Form::Text, Form::Addresses, Form::GroupedAddresses, Form::MessageIds, Form::Date, Form::Urls]
        {
            header_form(&header.raw_value, form);
        }
    }
    assert!(parsed.preview.chars().count() <= 256);
    terms(&parsed, raw);
}

fn html_soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z<>&;\"'=/! -]{0,8}",
        Just("<p style=\"color:red;background:url(//x)\">".to_owned()),
        Just("<a href='javascript:alert(1)'>".to_owned()),
        Just("<a href=https://x.fr>y.fr</a>".to_owned()),
        Just("<svg><style><!--".to_owned()),
        Just("</style>-->".to_owned()),
        Just("<math><mtext>".to_owned()),
        Just("<table><tr><td>".to_owned()),
        Just("<img src=x onerror=alert(1)>".to_owned()),
        Just("<script>".to_owned()),
        Just("</script>".to_owned()),
        Just("<noscript>".to_owned()),
        Just("<blockquote type=cite>".to_owned()),
        Just("<div class=gmail_quote>".to_owned()),
        Just("</div>".to_owned()),
        Just("<select><template>".to_owned()),
        Just("<form><input>".to_owned()),
        Just("é\u{202e}".to_owned()),
    ];
    proptest::collection::vec(piece, 0..25).prop_map(|v| v.concat())
}

fn render(html: &str) -> String {
    let raw = format!("Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}").into_bytes();
    render_html(&parse(&raw, &Limits::default()), &raw, 0, &BodyOptions::default()).html
}

/// The tags of sanitised HTML, from `<` to `>`; text and values hold neither.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).map(|t| t.split('>').next().unwrap_or(t))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_parse(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        exercise(&raw);
    }

    #[test]
    fn mutated_messages_parse(edits in proptest::collection::vec((0..REAL.len(), any::<u8>(), 0..3u8), 1..20)) {
        let mut raw = REAL.as_bytes().to_vec();
        for (at, byte, how) in edits {
            let at = at % raw.len();
            match how {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                _ => { raw.remove(at); }
            }
        }
        exercise(&raw);
    }

    #[test]
    fn headers_of_any_text(text in "[ -~é=?\\r\\n\\t]{0,200}") {
        for form in [Form::Text, Form::Addresses, Form::GroupedAddresses, Form::MessageIds, Form::Date, Form::Urls] {
            header_form(&text, form);
        }
        base_subject(&text);
        parse_list(&text);
    }

    #[test]
    fn drafts_come_back(
        name in "[a-zA-Zéèàç ,.\"()@<>\\\\'-]{0,30}", subject in "[ -~éœ€]{0,120}", text in "[ -~éœ\\n]{0,400}",
        data in proptest::collection::vec(any::<u8>(), 0..300), file in "[a-zA-Z0-9é ._-]{1,90}", local in "[a-z0-9.+-]{1,20}",
    ) {
        let email = format!("x{}@host.fr", local.replace("..", ".").trim_matches('.'));
        prop_assume!(check_address(&email).is_ok());
        let draft = Draft {
            from: vec![Address { name: Some(name.clone()), email: email.clone() }],
            to: vec![Address::bare(email.clone()), Address { name: Some("Éa".into()), email: email.clone() }],
            subject: subject.clone(), text: text.clone(), message_id: Some("m@x".into()),
            attachments: vec![DraftAttachment { name: file.clone(), content_type: "application/pdf".into(), data: data.clone(), ..Default::default() }],
            ..Draft::default()
        };
        let raw = build(&draft).unwrap();
        let parsed = parse(&raw, &Limits::default());
        let tidy = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(tidy(&parsed.subject.unwrap()), tidy(&subject));
        let from = &parsed.from.unwrap()[0];
        prop_assert_eq!(&from.email, &email);
        prop_assert_eq!(tidy(from.name.as_deref().unwrap_or("")), tidy(&name));
        prop_assert_eq!(parsed.to.unwrap().len(), 2);
        let body = &parsed.parts[parsed.text_body[0]];
        prop_assert_eq!(part_text(&raw, body).value, text);
        let part = &parsed.parts[parsed.attachments[0]];
        prop_assert_eq!(part.name.as_deref(), Some(file.trim()).filter(|f| !f.is_empty()));
        prop_assert_eq!(decode_part(&raw, part), data);
        prop_assert_eq!(strip_bcc(&raw), raw);
    }

    #[test]
    fn addresses_print_and_parse(name in "[a-zA-Zé ,\"\\\\.-]{1,30}", local in "[a-z]{1,9}") {
        let address = Address { name: Some(name.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|n| !n.is_empty()), email: format!("{local}@x.fr") };
        prop_assert_eq!(parse_header(&address.display()), vec![address.clone()]);
        prop_assert_eq!(normalise(&normalise(&address.email)), normalise(&address.email));
    }

    #[test]
    fn folding_twice_is_folding(text in any::<String>()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn quotes_keep_the_text(text in "(> |>|-- \n|Le 3 mars, X a écrit :|De : x\nEnvoyé : y\nÀ : z|[a-z ]{0,9}|\n){0,30}") {
        prop_assert_eq!(split_quote(&text).iter().map(|b| b.text.as_str()).collect::<String>(), text.clone());
        prop_assert!(split_quote(&quote_text(&text, "")).iter().all(|b| b.quoted));
        unflow(&text, true);
        render_text(&text, &BodyOptions::default());
    }

    #[test]
    fn sanitised_html_is_stable_and_clean(html in html_soup()) {
        let out = render(&html);
        for tag in tags(&out) {
            let tag = tag.to_lowercase();
            let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or("");
            prop_assert!(!["script", "style", "svg", "math", "form", "input", "iframe", "select", "template", "noscript", "meta", "link", "base"].contains(&name), "{}", out);
            for bad in [" on", "javascript:", "url(", "srcset", "formaction"] {
                prop_assert!(!tag.contains(bad), "{}", out);
            }
        }
        let again = render(&out);
        let strip = |s: &str| s.replace(" class=\"pli-quote\"", "");
        prop_assert_eq!(strip(&again), strip(&out));
        html_to_text(&html);
    }

    #[test]
    fn marks_keep_the_text(text in "[a-zé' \u{301}ŒÉ]{0,80}", query in "[a-zé]{1,3}") {
        if let Some(pieces) = snippet(&text, &query_words(&query), 1000) {
            prop_assert_eq!(pieces.iter().map(|p| p.1.as_str()).collect::<String>(), text);
            prop_assert!(pieces.iter().filter(|p| p.0).all(|p| fold(&p.1).starts_with(&fold(&query))));
        }
    }

    #[test]
    fn only_bcc_goes(before in "(X-[a-z]{1,5}: [a-z ]{0,9}\r\n( [a-z]{1,5}\r\n)?){0,4}", bcc in "(bcc: [a-z@]{0,9}\r\n( [a-z]{1,5}\r\n)?){0,3}", body in "[a-z:\r\n]{0,40}") {
        let raw = format!("{before}{bcc}{before}\r\n{body}");
        prop_assert_eq!(strip_bcc(raw.as_bytes()), format!("{before}{before}\r\n{body}").into_bytes());
    }

    #[test]
    fn mailboxes_split_where_they_were_joined(bodies in proptest::collection::vec("([a-zé ]{0,12}\n|From [a-z ]{1,12}\n|From a@b Mon Mar  3 10:00:00 2025\n|>From x\n|\n){0,8}", 1..6)) {
        let messages: Vec<String> = bodies.iter().map(|b| format!("Subject: x\n\n{b}")).collect();
        let mut file = String::new();
        let mut offsets = Vec::new();
        for message in &messages {
            offsets.push(file.len() as u64);
            file.push_str("From a@b Mon Mar  3 10:00:00 2025\n");
            for line in message.split_inclusive('\n') {
                if line.trim_start_matches('>').starts_with("From ") {
                    file.push('>');
                }
                file.push_str(line);
            }
            file.push('\n');
        }
        let got: Vec<(u64, String)> = MboxSplitter::new(file.as_bytes(), 1 << 20).map(|m| m.map(|m| (m.offset, String::from_utf8(m.raw).unwrap())).unwrap()).collect();
        prop_assert_eq!(got, offsets.into_iter().zip(messages).collect::<Vec<_>>());
    }
}
