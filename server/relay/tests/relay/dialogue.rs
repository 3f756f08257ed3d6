//! The receiver's state machine as a plain function over bytes.

use std::sync::Arc;

use bytes::BytesMut;
use proptest::prelude::*;
use relay::receive::{Action, Body, Budget, Context, DataReader, Session, Verdict};
use relay::smtp::Reply;
use relay::testing::NOW;

use crate::setup::{BAL, settings, theirs, trust};

thread_local! {
    static TRUST: Arc<relay::trust::Trust> = Arc::new(trust());
    static CHAIN: Vec<rustls::pki_types::CertificateDer<'static>> = theirs().chain;
}

/// What a dialogue came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Transcript {
    codes: Vec<u16>,
    messages: Vec<Vec<u8>>,
    closed: bool,
}

/// Plays bytes in the given pieces against a secured session.
fn play(pieces: &[&[u8]]) -> Transcript {
    play_with(pieces, settings())
}

fn play_with(pieces: &[&[u8]], settings: relay::receive::Settings) -> Transcript {
    let budget = Budget::new(settings.max_memory);
    let whole = budget.free();
    let mut session = Session::new(Arc::new(settings), budget.clone(), "[192.0.2.1]".to_owned());
    session.secured(CHAIN.with(Clone::clone), "TLSv1.3".to_owned());
    let context = Context { trust: TRUST.with(Clone::clone), now: NOW };
    let mut transcript = Transcript::default();
    let mut input = BytesMut::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        while !transcript.closed {
            let mut action = session.step(&mut input, &context);
            if matches!(action, Action::Read) {
                break;
            }
            loop {
                action = match action {
                    Action::Ask(recipient) => {
                        let verdict = if recipient.path.address == BAL { Verdict::Accept } else { Verdict::Unknown };
                        session.recipient(*recipient, verdict)
                    }
                    Action::Deliver(message) => {
                        let after = memchr::memmem::find(&message.data, b" +0000\r\n").unwrap() + 8;
                        transcript.messages.push(message.data[after..].to_vec());
                        session.delivered(Reply::new(250, (0, 0), "kept"))
                    }
                    Action::Reply(reply) => {
                        transcript.codes.push(reply.code);
                        break;
                    }
                    Action::Close(reply) => {
                        transcript.codes.push(reply.code);
                        transcript.closed = true;
                        break;
                    }
                    Action::StartTls(_) => panic!("TLS twice"),
                    Action::Read => break,
                }
            }
        }
    }
    drop(session);
    assert_eq!(budget.free(), whole, "memory given back");
    transcript
}

const ENVELOPE: &str =
    "EHLO c.example\r\nMAIL FROM:<a@autre.mssante.example>\r\nRCPT TO:<dr.martin@pli.mssante.example>\r\n";
const HEAD: &str = "From: a@autre.mssante.example\r\n\r\n";

fn data(text: &str) -> Transcript {
    play(&[format!("{ENVELOPE}DATA\r\n{HEAD}{text}").as_bytes()])
}

#[test]
fn a_message_pipelined_in_one_piece() {
    let all = format!(
        "{ENVELOPE}DATA\r\n{HEAD}..a\r\n.\r\nMAIL FROM:<a@autre.mssante.example>\r\nRSET\r\nNOOP\r\nVRFY x\r\nQUIT\r\n"
    );
    let transcript = play(&[all.as_bytes()]);
    assert_eq!(transcript.codes, [250, 250, 250, 354, 250, 250, 250, 250, 252, 221]);
    assert_eq!(transcript.messages, [format!("{HEAD}.a\r\n").into_bytes()]);
}

/// Whatever looks like an end of data to a sloppy server is none here, and the
/// message that holds it is refused whole.
#[test]
fn only_one_end_of_data() {
    let smuggled = "MAIL FROM:<b@autre.mssante.example>\r\nRCPT TO:<dr.martin@pli.mssante.example>\r\nDATA\r\nFrom: b@autre.mssante.example\r\n\r\nsmuggled\r\n.\r\n";
    for end in
        ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\n.\r", "\r.\r\n", "\r\r\n.\r\r\n", "\r\n.\r\r\n", "\0\n.\n"]
    {
        let transcript = data(&format!("a{end}{smuggled}"));
        assert_eq!(transcript.messages.len(), 0, "{end:?}");
        assert_eq!(transcript.codes.last(), Some(&554), "{end:?}: {transcript:?}");
        assert!(transcript.closed, "{end:?}");
    }
    let transcript = data(&format!("a\r\n.\r\n{smuggled}"));
    assert_eq!(transcript.messages.len(), 2, "two real messages are two");
    for inside in ["..\r\n", ".a\r\n", " .\r\n", "\r\n..\r\n..\r\n", ". \r\n"] {
        assert_eq!(data(&format!("{inside}.\r\n")).messages.len(), 1, "{inside:?}");
    }
    let text = data("a\r\n..\r\n.\r\n").messages;
    assert_eq!(text, [format!("{HEAD}a\r\n.\r\n").into_bytes()]);
}

#[test]
fn chunks() {
    let (one, two) = (format!("{HEAD}a\r\n.\r\n"), "QUIT\r\n".to_owned());
    let text = format!("{ENVELOPE}BDAT {}\r\n{one}BDAT {} LAST\r\n{two}NOOP\r\n", one.len(), two.len());
    let transcript = play(&[text.as_bytes()]);
    assert_eq!(transcript.codes, [250, 250, 250, 250, 250, 250]);
    assert_eq!(transcript.messages, [format!("{one}{two}").into_bytes()], "nothing is a command or an end inside a chunk");
    let empty = play(&[format!("{ENVELOPE}BDAT {}\r\n{one}BDAT 0 LAST\r\nNOOP\r\n", one.len()).as_bytes()]);
    assert_eq!((empty.messages.len(), empty.codes.len()), (1, 6));
    // Without a recipient, after DATA, without an end: thrown away, never taken for commands.
    let orphan = play(&[b"EHLO c.example\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n"]);
    assert_eq!(orphan.codes, [250, 503, 250]);
    let mixed = play(&[format!("{ENVELOPE}BDAT 3\r\nabcDATA\r\nRSET\r\n").as_bytes()]);
    assert_eq!(mixed.codes, [250, 250, 250, 250, 503, 250]);
    for bad in ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 FIRST", "BDAT 99999999999999999999999 LAST", "BDAT 999999999999 LAST"] {
        let transcript = play(&[format!("{ENVELOPE}{bad}\r\nNOOP\r\n").as_bytes()]);
        assert!(transcript.closed && transcript.codes.len() == 4, "{bad}: {transcript:?}");
    }
    let bare = "From: a@autre.mssante.example\r\n\r\na\nb";
    let transcript = play(&[format!("{ENVELOPE}BDAT {} LAST\r\n{bare}", bare.len()).as_bytes()]);
    assert_eq!((transcript.codes.last(), transcript.messages.len()), (Some(&554), 0));
}

#[test]
fn sizes_and_lines() {
    let small = || relay::receive::Settings { max_size: 2000, ..settings() };
    let with = |text: &str| play_with(&[text.as_bytes()], small());
    assert_eq!(with("EHLO c.example\r\nMAIL FROM:<a@autre.mssante.example> SIZE=2001\r\n").codes, [250, 552]);
    let long = format!("{ENVELOPE}DATA\r\n{HEAD}{}.\r\nNOOP\r\n", "0123456789\r\n".repeat(200));
    assert_eq!(with(&long).codes, [250, 250, 250, 354, 552, 250]);
    let line = format!("{ENVELOPE}DATA\r\n{HEAD}{}\r\n.\r\nNOOP\r\n", "x".repeat(999));
    assert_eq!(with(&line).codes, [250, 250, 250, 354, 554, 250]);
    let fits = format!("{ENVELOPE}DATA\r\n{HEAD}{}\r\n.\r\nNOOP\r\n", "x".repeat(998));
    assert_eq!(with(&fits).codes, [250, 250, 250, 354, 250, 250]);
    let broke = relay::receive::Settings { max_memory: 4000, ..settings() };
    let transcript =
        play_with(&[format!("{ENVELOPE}DATA\r\n{HEAD}{}.\r\n", "0123456789\r\n".repeat(2000)).as_bytes()], broke);
    assert_eq!(transcript.codes.last(), Some(&452));
    // Command lines.
    let long = format!("EHLO c.example\r\nNOOP {}\r\nNOOP\r\n", "x".repeat(3000));
    assert_eq!(play(&[long.as_bytes()]).codes, [250, 500, 250]);
    let pieces: Vec<Vec<u8>> = (0..10).map(|_| vec![b'x'; 1000]).collect();
    let mut pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    pieces.push(b"\r\nNOOP\r\n");
    assert_eq!(play(&pieces).codes, [500, 250]);
    let endless: Vec<&[u8]> = std::iter::repeat_n(&[b'x'; 1000][..], 100).collect();
    assert!(play(&endless).closed);
}

#[test]
fn bare_line_ends_in_commands_close() {
    for bad in ["NOOP\n", "NO\rOP\r\n", "NOOP\r\r\n", "NO\0OP\r\n"] {
        let transcript = play(&[format!("EHLO c.example\r\n{bad}NOOP\r\n").as_bytes()]);
        assert_eq!(transcript.codes, [250, 554], "{bad:?}");
    }
}

#[test]
fn syntax_and_sequence() {
    let answers = [
        ("MAIL FROM:<a@autre.mssante.example>", 503),
        ("EHLO", 501),
        ("EHLO -x-", 501),
        ("ehlo [IPv6:::1]", 250),
        ("RCPT TO:<a@b.fr>", 503),
        ("DATA", 503),
        ("FOO", 500),
        ("STARTTLS", 503),
    ];
    for (command, code) in answers {
        assert_eq!(play(&[format!("{command}\r\n").as_bytes()]).codes, [code], "{command}");
    }
    let after_ehlo = [
        ("MAIL FROM:a@autre.mssante.example", 501),
        ("MAIL FROM:<a@autre.mssante.example", 501),
        ("MAIL FROM:<a>", 553),
        ("MAIL FROM:<é@autre.mssante.example>", 553),
        ("MAIL FROM:<é@autre.mssante.example> SMTPUTF8", 250),
        ("MAIL FROM:<a@hôpital.mssante.example> SMTPUTF8", 250),
        ("MAIL FROM:<a@autre.mssante.example> SIZE=x", 501),
        ("MAIL FROM:<a@autre.mssante.example> BODY=BINARYMIME", 501),
        ("MAIL FROM:<a@autre.mssante.example> FOO=1", 555),
        ("MAIL FROM:<a@autre.mssante.example> RET=HDRS ENVID=QQ+2B1 BODY=8BITMIME", 250),
        ("MAIL FROM:<a@autre.mssante.example> ENVID=+0D+0A", 501),
        ("mail from:<a@AUTRE.mssante.example>", 250),
        ("MAIL FROM:<>", 250),
        ("MAIL FROM:<a@tiers.mssante.example>", 550),
        ("MAIL FROM:<a@autre.mssante.example.evil.fr>", 550),
    ];
    for (command, code) in after_ehlo {
        let transcript = play(&[format!("EHLO c.example\r\n{command}\r\n").as_bytes()]);
        assert_eq!(transcript.codes, [250, code], "{command}");
    }
    let rcpt = [
        ("RCPT TO:<inconnu@pli.mssante.example>", 550),
        ("RCPT TO:<>", 553),
        ("RCPT TO:<Postmaster>", 550),
        ("RCPT TO:<dr.martin@PLI.mssante.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+40b", 250),
        ("RCPT TO:<dr.martin@pli.mssante.example> NOTIFY=NEVER,DELAY", 501),
        ("MAIL FROM:<a@autre.mssante.example>", 503),
        ("DATA x", 501),
    ];
    for (command, code) in rcpt {
        let text = format!("EHLO c.example\r\nMAIL FROM:<a@autre.mssante.example>\r\n{command}\r\n");
        assert_eq!(play(&[text.as_bytes()]).codes, [250, 250, code], "{command}");
    }
}

#[test]
fn too_much_of_anything() {
    let chatter = play(&["EHLO c.example\r\nNOOP\r\nRSET\r\n".repeat(400).as_bytes()]);
    assert!(chatter.closed && chatter.codes.len() == 1001, "{}", chatter.codes.len());
    assert!(play(&["FOO\r\n".repeat(50).as_bytes()]).closed);
    let harvest = format!(
        "EHLO c.example\r\nMAIL FROM:<a@autre.mssante.example>\r\n{}",
        "RCPT TO:<x@pli.mssante.example>\r\n".repeat(60)
    );
    let transcript = play(&[harvest.as_bytes()]);
    assert!(transcript.closed && transcript.codes.last() == Some(&421));
    let many = format!("{ENVELOPE}{}DATA\r\n{HEAD}.\r\n", format!("RCPT TO:<{BAL}>\r\n").repeat(150));
    let transcript = play(&[many.as_bytes()]);
    assert_eq!(transcript.codes.iter().filter(|&&c| c == 452).count(), 51);
    assert_eq!(transcript.messages.len(), 1);
    // A patient's message is taken for one recipient at a time.
    let patient =
        format!("EHLO c.example\r\nMAIL FROM:<1@patient.mssante.example>\r\n{}", format!("RCPT TO:<{BAL}>\r\n").repeat(2));
    assert_eq!(play(&[patient.as_bytes()]).codes, [250, 250, 250, 452]);
}

#[test]
fn whose_name_a_message_bears() {
    let from = |head: &str| play(&[format!("{ENVELOPE}DATA\r\n{head}\r\n\r\nx\r\n.\r\n").as_bytes()]).codes.last().copied();
    for good in [
        "From: a@autre.mssante.example",
        "From: b@mssante.apicrypt.example\r\nSender: c@AUTRE.mssante.example",
        "from : \"Dr, Durand\" <a@autre.mssante.example>, b@autre2.mssante.example",
        "From: =?utf-8?q?Dr_D=C3=A9?= <a@autre.mssante.example>",
    ] {
        assert_eq!(from(good), Some(250), "{good}");
    }
    for bad in [
        "Subject: x",
        "From: a@tiers.mssante.example",
        "From: a@autre.mssante.example, b@pli.mssante.example",
        "From: a@autre.mssante.example\r\nSender: b@pli.mssante.example",
        "From: a@autre.mssante.example\r\nFrom: b@pli.mssante.example",
        "From: b@pli.mssante.example\r\nFrom: a@autre.mssante.example",
        "From: Dr Martin",
        "From: x:a@autre.mssante.example, b@pli.mssante.example;",
        "From: \"a@autre.mssante.example\" <b@pli.mssante.example>",
        "From: a@autre.mssante.example <b@pli.mssante.example>",
        "From: a@autre.mssante.example\r\n\t, b@pli.mssante.example",
        "From: a@autre.mssante.example\r\nSender: x@autre.mssante.example\r\nSender: b@pli.mssante.example",
        "FROM: b@pli.mssante.example",
    ] {
        assert_eq!(from(bad), Some(550), "{bad}");
    }
    // A second author behind what the parser reads of a header.
    let padding = format!("X-Padding: {}\r\n", "x".repeat(900)).repeat(1200);
    assert_eq!(from(&format!("From: a@autre.mssante.example\r\n{padding}From: b@pli.mssante.example")), Some(554));
    let hops = format!("{}From: a@autre.mssante.example", "Received: by x\r\n".repeat(50));
    assert_eq!(from(&hops), Some(554));
}

fn reader() -> DataReader {
    DataReader::new(Body::new(Vec::new(), 1 << 20, 1000, &Budget::new(1 << 20)))
}

proptest! {
    /// However a dialogue is cut into pieces, its replies and messages are the same.
    #[test]
    fn pieces_do_not_matter(
        commands in proptest::collection::vec(prop_oneof![
            Just("EHLO c.example\r\n".to_owned()),
            Just("MAIL FROM:<a@autre.mssante.example>\r\n".to_owned()),
            Just("RCPT TO:<dr.martin@pli.mssante.example>\r\n".to_owned()),
            Just("DATA\r\n".to_owned()),
            Just(format!("{HEAD}x\r\n.\r\n")),
            Just(format!("BDAT {} LAST\r\n{HEAD}", HEAD.len())),
            Just("BDAT 2\r\nab".to_owned()),
            Just("RSET\r\n".to_owned()),
            Just(".\r\n".to_owned()),
            Just("\n".to_owned()),
            "[A-Z <>:@.\r\n]{0,12}",
        ], 0..15),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let all: Vec<u8> = commands.concat().into_bytes();
        let whole = play(&[&all]);
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(all.len() + 1)).collect();
        at.push(0);
        at.push(all.len());
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|w| &all[w[0]..w[1]]).collect();
        prop_assert_eq!(play(&pieces), whole);
    }

    /// Any bytes at all: no panic, no message without a dialogue, bounded replies.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let transcript = play(&[&bytes]);
        prop_assert!(transcript.messages.is_empty());
        prop_assert!(transcript.codes.iter().all(|c| (200..600).contains(c)));
    }

    /// What the sending side writes, this side reads back, and exactly up to its end.
    #[test]
    fn stuffed_text_is_read_back(text in "[.\r\na]{0,60}", after in "[.\r\nA-Z]{0,10}", cut in any::<prop::sample::Index>()) {
        let (wire, _) = relay::send::stuff(text.as_bytes());
        let mut all = wire.clone();
        all.extend_from_slice(b".\r\n");
        let end = all.len();
        all.extend_from_slice(after.as_bytes());
        let cut = cut.index(all.len());
        let mut reader = reader();
        let mut input = BytesMut::from(&all[..cut]);
        let mut done = reader.read(&mut input);
        input.extend_from_slice(&all[cut..]);
        done = done || reader.read(&mut input);
        prop_assert!(done);
        prop_assert_eq!(&input[..], &all[end..]);
        let (kept, _) = reader.into_body().finish().unwrap();
        let normal = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut expected = normal.replace('\n', "\r\n");
        if !expected.is_empty() && !expected.ends_with("\r\n") {
            expected.push_str("\r\n");
        }
        prop_assert_eq!(String::from_utf8(kept).unwrap(), expected);
    }

    /// Bytes after DATA: kept only when every line end is CRLF, and then unchanged but for the dots.
    #[test]
    fn any_text(text in "[.\r\na]{0,40}") {
        let mut input = BytesMut::from(text.as_bytes());
        let mut reader = reader();
        let done = reader.read(&mut input);
        let end = if text.starts_with(".\r\n") { Some(0) } else { text.find("\r\n.\r\n").map(|at| at + 2) };
        prop_assert_eq!(done, end.is_some());
        if let Some(end) = end {
            prop_assert_eq!(input.len(), text.len() - end - 3);
            let body = &text[..end];
            let clean = body.replace("\r\n", "").chars().all(|c| c != '\r' && c != '\n');
            prop_assert_eq!(reader.into_body().finish().is_ok(), clean);
        }
    }
}
