use std::collections::{HashMap, HashSet};

use super::documents::{Document, Nature, pdf};
use super::fill::{Patient, Scene, Who, dice};
use super::mime::{self, Charset};
use super::source::blocks;
use super::*;

/// Sunday 22 November 2026, noon UTC.
const NOW: i64 = 1_795_348_800_000;

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0') * if i % 2 == 1 { 2 } else { 1 };
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Unfolded fields of a message with a name.
fn fields(raw: &[u8], name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let head = text.split("\n\n").next().unwrap_or("").replace("\n ", " ").replace("\n\t", " ");
    let prefix = format!("{}:", name.to_lowercase());
    head.lines().filter(|l| l.to_lowercase().starts_with(&prefix)).map(|l| l[prefix.len()..].trim().to_owned()).collect()
}

fn ids(field: &str) -> Vec<String> {
    field.split(['<', '>']).filter(|s| s.contains('@')).map(str::to_owned).collect()
}

#[test]
fn people_are_invented_and_well_formed() {
    assert_eq!(people().len(), 13);
    assert_eq!(people().iter().filter(|p| p.kind == Kind::Professional).count(), 12);
    assert_eq!(people()[0].key, "dr-martin");
    let mut addresses = HashSet::new();
    for p in people().iter().chain(correspondents()) {
        assert!(p.address.ends_with(".mssante.example"), "{}", p.address);
        assert!(addresses.insert(p.address), "{}", p.address);
        match p.kind {
            Kind::Professional => {
                assert!(p.rpps.len() == 11 && p.rpps.starts_with("99") && luhn(p.rpps), "{}", p.rpps);
                assert!(!p.profession_code.is_empty());
            }
            _ => assert!(p.rpps.is_empty() && p.profession_code.is_empty()),
        }
    }
    assert!(people().iter().all(|p| p.ordinary.ends_with("@courriel.example")));
}

#[test]
fn the_same_seed_gives_the_same_mail() {
    let all = |seed| demo(seed, 300, NOW).map(|i| (i.account, i.received_at_ms, i.raw)).collect::<Vec<_>>();
    assert!(all(7) == all(7));
    assert!(all(7) != all(8));
    let some = |seed| bench(seed, 20_000, NOW).skip(50).take(30).map(|i| i.raw).collect::<Vec<_>>();
    assert!(some(7) == some(7));
    assert!(some(7) != some(8));
}

#[test]
fn the_demonstration_has_the_count_asked_and_is_spread() {
    for count in [0, 1, 13, 150] {
        assert_eq!(demo(3, count, NOW).count(), count);
    }
    let items: Vec<_> = demo(1, 2_000, NOW).collect();
    assert_eq!(items.len(), 2_000);
    let mut held: HashMap<_, usize> = HashMap::new();
    items.iter().for_each(|i| *held.entry(i.account).or_default() += 1);
    assert_eq!(held.len(), 13);
    assert!((800..=1_000).contains(&held[people()[0].address]), "{held:?}");
    assert!(held.values().all(|n| *n >= 40), "{held:?}");
    assert!(items.iter().all(|i| i.received_at_ms <= NOW && i.received_at_ms > NOW - 560 * dates::DAY));
    assert!(items.is_sorted_by_key(|i| i.received_at_ms));
    assert!(items.last().is_some_and(|i| i.received_at_ms > NOW - dates::HOUR));
    for place in [
        Place::Inbox,
        Place::Sent,
        Place::Archive,
        Place::Trash,
        Place::Spam,
        Place::Drafts,
        Place::Folder(letters::HOMES),
        Place::Folder(letters::RESULTS),
        Place::Folder(letters::CALL_BACK),
    ] {
        assert!(items.iter().any(|i| i.place == place && i.account == people()[0].address), "{place:?}");
    }
    let inbox = items.iter().filter(|i| i.place == Place::Inbox && i.account == people()[0].address).count();
    assert!(inbox > 250, "{inbox}");
    let unread = items.iter().filter(|i| i.place == Place::Inbox && !i.seen && i.account == people()[0].address).count();
    assert!((5..80).contains(&unread), "{unread}");
    let distinct: HashSet<_> = items.iter().flat_map(|i| fields(&i.raw, "Subject")).collect();
    assert!(distinct.len() > 900, "{}", distinct.len());
}

/// Answers name messages that exist, in order; `answered` is not set at random.
#[test]
fn conversations_hold_together() {
    let plan = timeline::Plan::new(5, 1_200, NOW);
    let mut known = HashMap::new();
    let mut longest = 0;
    for message in plan.messages() {
        for id in &message.references {
            assert!(known.get(id).is_some_and(|when| *when < message.when), "{id}");
        }
        longest = longest.max(message.references.len() + 1);
        assert!(known.insert(message.id.clone(), message.when).is_none());
        assert!(!message.text.contains('{') && !message.subject.contains('{'), "{} {}", message.subject, message.text);
    }
    assert!((6..=10).contains(&longest), "{longest}");
    let items: Vec<_> = plan.items().collect();
    let sent: HashSet<_> = items.iter().flat_map(|i| fields(&i.raw, "Message-ID")).flat_map(|f| ids(&f)).collect();
    for item in items.iter().filter(|i| !String::from_utf8_lossy(&i.raw).contains("liste.example")) {
        for field in fields(&item.raw, "In-Reply-To").iter().chain(&fields(&item.raw, "References")) {
            assert!(ids(field).iter().all(|id| sent.contains(id)), "{field}");
        }
    }
    assert!(items.iter().filter(|i| i.answered).count() > 50);
}

/// Copies of one message differ by Bcc, Return-Path and Received only.
#[test]
fn copies_have_the_same_bytes() {
    let mut bodies: HashMap<String, (String, usize)> = HashMap::new();
    for item in demo(9, 800, NOW).filter(|i| !i.raw.windows(5).any(|w| w == b"<odd-")) {
        let text = String::from_utf8_lossy(&item.raw).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut kept = String::new();
        let mut keep = true;
        for line in head.split("\r\n") {
            if !line.starts_with(' ') {
                keep = !["Bcc:", "Received:", "Return-Path:"].iter().any(|p| line.starts_with(p));
            }
            if keep {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        let Some(id) = fields(&item.raw, "Message-ID").pop() else {
            continue;
        };
        let whole = kept + body;
        let known = bodies.entry(id).or_insert_with(|| (whole.clone(), 0));
        assert!(known.0 == whole);
        known.1 += 1;
    }
    assert!(bodies.values().filter(|(_, copies)| *copies > 1).count() > 100);
}

#[test]
fn recipients_never_see_blind_copies() {
    let items: Vec<_> = demo(2, 1_200, NOW).collect();
    let blind = |i: &&Item| !fields(&i.raw, "Bcc").is_empty();
    assert!(items.iter().filter(blind).all(|i| i.place == Place::Sent));
    assert!(items.iter().filter(blind).count() > 0);
}

/// Every offset of the cross-reference table points at its object.
fn check_pdf(bytes: &[u8]) {
    assert!(bytes.starts_with(b"%PDF-1.4\n") && bytes.ends_with(b"%%EOF\n"));
    let find = |needle: &[u8]| bytes.windows(needle.len()).rposition(|w| w == needle).unwrap();
    let tail = std::str::from_utf8(&bytes[find(b"startxref\n") + 10..]).unwrap();
    let table: usize = tail.lines().next().unwrap().parse().unwrap();
    assert!(bytes[table..].starts_with(b"xref\n0 "));
    let lines: Vec<_> = std::str::from_utf8(&bytes[table..]).unwrap().lines().collect();
    let count: usize = lines[1].strip_prefix("0 ").unwrap().parse().unwrap();
    for (number, line) in lines[3..3 + count - 1].iter().enumerate() {
        assert_eq!(line.len(), 19, "{line}");
        let offset: usize = line[..10].parse().unwrap();
        assert!(bytes[offset..].starts_with(format!("{} 0 obj\n", number + 1).as_bytes()));
    }
}

#[test]
fn every_pdf_is_whole() {
    let plan = timeline::Plan::new(4, 1_200, NOW);
    let mut pages = HashSet::new();
    let mut seen = 0;
    for message in plan.messages() {
        for document in message.documents.iter().filter(|d| d.nature == Nature::Pdf) {
            let bytes = document.bytes(&message.scene);
            check_pdf(&bytes);
            pages.insert(bytes.windows(12).filter(|w| w == b"/Type /Page ").count());
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
    assert!(pages.len() >= 3 && !pages.contains(&0), "{pages:?}");
    check_pdf(&pdf(&[], "(un) \\ titre", &blocks("Texte (avec) \\ des signes"), ""));
}

#[test]
fn other_documents_begin_as_they_should() {
    let patient = Patient::of_pool(1, 1, Who::Adult, NOW);
    let scene = Scene::new(patient, &people()[0], &people()[1], NOW);
    let make = |nature| {
        let document =
            Document { nature, name: String::new(), title: "Titre".into(), source: "| a | b |\n| c | d |".into(), salt: 3 };
        document.bytes(&scene)
    };
    for nature in [Nature::Ecg, Nature::Curve, Nature::Film, Nature::Wound] {
        let png = make(nature);
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 5_000);
        assert_eq!(&png[png.len() - 8..], b"IEND\xAE\x42\x60\x82");
    }
    let jpeg = make(Nature::Phone);
    assert!(jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) && jpeg.ends_with(&[0xFF, 0xD9]));
    for nature in [Nature::Docx, Nature::Zip, Nature::Xdm("34105-7")] {
        let zip = make(nature);
        assert!(zip.starts_with(b"PK\x03\x04") && zip[zip.len() - 22..].starts_with(b"PK\x05\x06"));
    }
    assert_eq!(String::from_utf8(make(Nature::Csv)).unwrap(), "\u{FEFF}a;b\r\nc;d\r\n");
}

#[test]
fn matricules_have_the_right_key_and_belong_to_nobody() {
    for i in 0..50 {
        let ins = Patient::of_pool(1, i, Who::Elder, NOW).matricule();
        assert_eq!(ins.len(), 15);
        assert_eq!(&ins[5..10], "99999");
        let number: u64 = ins[..13].parse().unwrap();
        assert_eq!(ins[13..].parse::<u64>().unwrap(), 97 - number % 97);
    }
}

#[test]
fn ugly_cases_are_all_there() {
    let first = people()[0].address;
    let items: Vec<_> = (0..ugly::count()).map(|which| ugly::raw(1, which, NOW - which as i64 * dates::DAY, NOW)).collect();
    let held: Vec<_> = demo(1, 900, NOW).filter(|i| i.account == first).map(|i| i.raw).collect();
    let marked = |raw: &Vec<u8>| raw.windows(5).any(|w| w == b"<odd-");
    assert_eq!(held.iter().filter(|raw| marked(raw)).count(), items.iter().filter(|raw| marked(raw)).count());
    assert!(ugly::count() >= 60);
    let any = |what: &[u8]| items.iter().any(|raw| raw.windows(what.len()).any(|w| w == what));
    for what in [
        "<script",
        "onerror",
        "position:fixed",
        "http-equiv=\"refresh\"",
        "<base href",
        "<iframe",
        "javascript:",
        "%E2%80%AE",
        "message/rfc822",
        "utf-16",
    ] {
        assert!(any(what.as_bytes()), "{what}");
    }
    assert!(items.iter().any(|raw| fields(raw, "To").concat().matches('@').count() >= 300));
    assert!(items.iter().any(|raw| fields(raw, "Message-ID").is_empty()));
    assert!(items.iter().any(|raw| fields(raw, "Date").is_empty()));
    assert!(items.iter().any(|raw| raw.len() > 100_000));
}

#[test]
fn dates_follow_paris() {
    assert_eq!(dates::rfc5322(NOW), "Sun, 22 Nov 2026 13:00:00 +0100");
    assert_eq!(dates::quoted(1_772_529_120_000), "mar. 3 mars 2026 à 10:12");
    // Summer time begins on 29 March 2026 at 01:00 UTC, ends on 25 October.
    assert_eq!(dates::rfc5322(1_774_745_999_000), "Sun, 29 Mar 2026 01:59:59 +0100");
    assert_eq!(dates::rfc5322(1_774_746_000_000), "Sun, 29 Mar 2026 03:00:00 +0200");
    assert_eq!(dates::rfc5322(1_792_890_000_000), "Sun, 25 Oct 2026 02:00:00 +0100");
    assert_eq!(dates::local(dates::midnight(NOW)).hour, 0);
}

#[test]
fn encodings_are_right() {
    assert_eq!(mime::text_of(mime::base64(b"Bonjour")), "Qm9uam91cg==\r\n");
    assert_eq!(mime::from_base64("Qm9uam91cg=="), b"Bonjour");
    let long = "é".repeat(100);
    let coded = mime::text_of(mime::quoted_printable(long.as_bytes()));
    assert!(coded.lines().all(|l| l.len() <= 76));
    for q in [true, false] {
        let words = mime::words(&"Résultats – créatinine œdème ".repeat(6), Charset::Utf8, q);
        assert!(words.lines().all(|l| l.trim().len() <= 75 && l.trim().starts_with("=?") && l.ends_with("?=")), "{words}");
    }
    let mut dice = dice(1, 1);
    let patient = Patient::of_pool(1, 1, Who::Adult, NOW);
    let mut scene = Scene::new(patient, &people()[0], &people()[1], NOW);
    let said = scene.fill(&mut dice, "[a|a[b|b]] {#2-2} {#1,5-1,5} {drug}={drug}");
    let (start, drugs) = said.rsplit_once("1,5 ").unwrap();
    assert!(start == "a 2 " || start == "ab 2 ");
    let (one, two) = drugs.split_once('=').unwrap();
    assert_eq!(one, two);
}

#[test]
fn the_bench_is_as_heavy_as_announced() {
    let sizes: Vec<_> = (3_000..3_900).map(|i| bulk::item(1, i, 20_000, NOW).raw.len()).collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((45_000..=55_000).contains(&mean), "{mean}");
    let items: Vec<_> = bench(1, 400, NOW).collect();
    let known: HashSet<_> = items.iter().flat_map(|i| fields(&i.raw, "Message-ID")).flat_map(|f| ids(&f)).collect();
    assert_eq!(known.len(), 400);
    for field in items.iter().flat_map(|i| fields(&i.raw, "References")) {
        assert!(ids(&field).iter().all(|id| known.contains(id)), "{field}");
    }
    assert!(items.iter().any(|i| i.place == Place::Sent) && items.iter().all(|i| i.received_at_ms <= NOW));
}
