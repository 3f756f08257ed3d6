//! One large mailbox for measures: quick to write, true enough for an index to
//! be as large, and words as unevenly frequent, as in life.

use rand::{Rng, RngCore};

use super::dates::{self, DAY, MINUTE};
use super::documents::{pdf, picture};
use super::fill::{Dice, Patient, Scene, Who, chance, dice};
use super::letters::{self, Kind};
use super::mime::{self, Charset, Encoding, Part};
use super::people::{self, Person, Role, correspondents};
use super::source::{blocks, escape, html, plain};
use super::words;
use super::{Item, Place};

/// Messages of one conversation follow each other.
const THREAD: usize = 4;

/// Message number `index` of `count`, the oldest first.
pub(super) fn item(seed: u64, index: usize, count: usize, now: i64) -> Item {
    let mut dice = dice(seed, 0xB01C_0000 + index as u64);
    let span = 545 * DAY;
    let at = now - span + (index as i64 + 1) * (span / count.max(1) as i64) - dice.random_range(0..20) * MINUTE;
    let age = now - at;
    let sent = dice.random_range(0..100) < 16;
    let place = match dice.random_range(0..100) {
        _ if sent => Place::Sent,
        0..62 => Place::Inbox,
        62..86 => Place::Archive,
        86..94 => Place::Folder(letters::RESULTS),
        94..98 => Place::Folder(letters::HOMES),
        _ => Place::Trash,
    };
    let seen = sent || age > 5 * DAY || chance(&mut dice, 0.6);
    let flagged = chance(&mut dice, 0.02);
    let answered = !sent && chance(&mut dice, 0.2);
    Item {
        account: people::first().address,
        place,
        received_at_ms: at,
        seen,
        flagged,
        answered,
        raw: raw(seed, index, at, sent, &mut dice),
    }
}

/// The identifier of a message, which others can name before it exists.
fn id(seed: u64, index: usize) -> String {
    format!("{:08x}.{index:06}@bench.mssante.example", seed & 0xFFFF_FFFF)
}

/// The conversation a message belongs to: its first and its own place in it.
fn thread(seed: u64, index: usize) -> (usize, usize) {
    let group = index / THREAD;
    // Two groups of five are conversations, the others unrelated messages.
    let mixed = (group as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed;
    if mixed.is_multiple_of(5) || mixed % 5 == 3 { (group * THREAD, index % THREAD) } else { (index, 0) }
}

fn raw(seed: u64, index: usize, at: i64, sent: bool, dice: &mut Dice) -> Vec<u8> {
    let (root, rank) = thread(seed, index);
    let mut shared = super::fill::dice(seed, 0xB01D_0000 + root as u64);
    let others = || people::people()[1..].iter().chain(correspondents());
    let other = others().nth(shared.random_range(0..others().count())).unwrap_or_else(|| people::first());
    let patient = Patient::of_pool(seed, shared.random_range(0..3_000), Who::Adult, at);
    let (from, to) = if sent { (people::first(), other) } else { (other, people::first()) };
    let mut scene = Scene::new(patient, from, to, at);
    let kind = kind(&mut shared, other.role);
    let subject = scene.fill(&mut shared, kind.subject);
    let subject = if rank > 0 { format!("Re: {subject}") } else { subject };
    let mut head = format!("From: {}\r\nTo: {}\r\n", name(from), name(to));
    head.push_str(&format!("Subject: {}\r\n", mime::words(&subject, Charset::Utf8, true)));
    head.push_str(&format!("Date: {}\r\nMessage-ID: <{}>\r\n", dates::rfc5322(at - 3_000), id(seed, index)));
    if rank > 0 {
        let ids: Vec<_> = (root..index).map(|i| format!("<{}>", id(seed, i))).collect();
        head.push_str(&format!("In-Reply-To: <{}>\r\nReferences: {}\r\n", id(seed, index - 1), ids.join("\r\n ")));
    }
    head.push_str("MIME-Version: 1.0\r\n");
    let source = source(&mut scene, kind, rank, dice);
    let mut out = head.into_bytes();
    body(dice, &scene, &source, index as u64).write(&mut out);
    out
}

fn name(person: &Person) -> String {
    mime::address(&person.display(), person.address, Charset::Utf8, true)
}

fn kind(dice: &mut Dice, role: Role) -> &'static Kind {
    let fitting = || letters::kinds().filter(move |kind| kind.from.contains(&role) || kind.to.contains(&role));
    let count = fitting().count().max(1);
    fitting().nth(dice.random_range(0..count)).unwrap_or(&letters::ANY[0])
}

/// A letter or an answer, then free text.
fn source(scene: &mut Scene, kind: &Kind, rank: usize, dice: &mut Dice) -> String {
    let template = if rank == 0 { kind.body } else { kind.turns.get(rank - 1).copied().unwrap_or(kind.body) };
    let mut out = scene.fill(dice, template);
    let words = match dice.random_range(0..10) {
        0..6 => dice.random_range(20..120),
        6..9 => dice.random_range(120..420),
        _ => dice.random_range(420..2_200),
    };
    out.push_str("\n\n");
    prose(dice, words, &mut out);
    out
}

/// Sentences of words whose frequency falls as their rank grows (Zipf), with
/// numbers here and there.
fn prose(dice: &mut Dice, words: usize, out: &mut String) {
    let ranks = (words::vocabulary() as f64).ln();
    let mut since = 0;
    for i in 0..words {
        if dice.random_range(0..24) == 0 {
            out.push_str(&dice.random_range(1..9_999).to_string());
        } else {
            let rank = (dice.random::<f64>() * ranks).exp() as usize - 1;
            words::push_ranked(out, rank);
        }
        since += 1;
        if since > 7 && dice.random_range(0..8) == 0 {
            out.push_str(if i % 5 == 0 { ".\n\n" } else { ". " });
            since = 0;
        } else {
            out.push(' ');
        }
    }
    out.push('.');
}

fn body(dice: &mut Dice, scene: &Scene, source: &str, salt: u64) -> Part {
    let mut read = blocks(source);
    let text = Part::text("text/plain", &plain(&read), Charset::Utf8, Encoding::Quoted);
    let draw = dice.random_range(0..100);
    let mut root = text;
    if draw % 3 == 0 {
        if draw < 12 {
            // A long page, as conversations quoted in full become.
            let mut more = String::new();
            prose(dice, 3_000, &mut more);
            read.extend(blocks(&more));
        }
        let page = format!(
            "<html><body><style>p{{margin:0 0 1em;font-family:Calibri}}</style>{}<p style=\"color:#777\">{}</p></body></html>",
            html(&read, " class=\"MsoNormal\" style=\"font-size:11pt;mso-fareast-language:FR\"", ""),
            escape(&scene.from.signed())
        );
        root = Part::multi("alternative", salt, vec![root, Part::text("text/html", &page, Charset::Utf8, Encoding::Quoted)]);
    }
    let mut files = Vec::new();
    match dice.random_range(0..100) {
        0..18 => files.push(paper(dice, scene, source, 20_000..120_000)),
        18..27 => files.push(photograph(dice, 40_000..220_000)),
        27..30 => {
            files.push(paper(dice, scene, source, 50_000..190_000));
            files.push(photograph(dice, 60_000..280_000));
        }
        _ => {}
    }
    if files.is_empty() {
        return root;
    }
    files.insert(0, root);
    Part::multi("mixed", salt, files)
}

/// A PDF with a scanned page, which no compression makes smaller.
fn paper(dice: &mut Dice, scene: &Scene, source: &str, sizes: std::ops::Range<usize>) -> Part {
    let mut bytes = pdf(&[scene.from.signed()], "Compte rendu", &blocks(source), "");
    append(dice, &mut bytes, sizes);
    let name = format!("CR {} {}.pdf", scene.patient.family, dates::numbers(scene.when).replace('/', "-"));
    Part::file("application/pdf", &name, None, &bytes)
}

fn photograph(dice: &mut Dice, sizes: std::ops::Range<usize>) -> Part {
    let mut bytes = picture::jpeg();
    append(dice, &mut bytes, sizes);
    Part::file("image/jpeg", &format!("IMG_{:04}.jpg", dice.random_range(0..10_000)), None, &bytes)
}

/// Bytes after the end of the file, which readers skip.
fn append(dice: &mut Dice, bytes: &mut Vec<u8>, sizes: std::ops::Range<usize>) {
    let (mut state, words) = (dice.next_u64(), dice.random_range(sizes) / 8);
    bytes.reserve(words * 8);
    for _ in 0..words {
        // SplitMix64: far cheaper than what draws the words.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bytes.extend_from_slice(&(mixed ^ mixed >> 27).to_le_bytes());
    }
}
