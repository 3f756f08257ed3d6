//! Where imported messages come from: mailbox files, Maildir folders, single `.eml` files. Only reading, no store.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use mail::header::{self, DateTime};
use mail::limits::Limits;
use mail::split::MboxSplitter;

/// Octets of one message: what is longer is cut, as the parser would not look at it anyway.
const MAX_MESSAGE: usize = 256 * 1024 * 1024;
/// What is read of a file to know its header block.
const HEAD_BYTES: u64 = 256 * 1024;

/// One message that was found, without its bytes.
#[derive(Debug, Clone)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Where it begins in a mailbox file.
    pub offset: Option<u64>,
    /// The folder's path; empty: the one the command was given.
    pub folder: Vec<String>,
    /// Its keywords.
    pub keywords: Vec<String>,
    /// When it came in, in milliseconds: from its trace fields, its envelope, its Date or the file.
    pub received_at: i64,
    /// What it is sorted by: Date, or when it came in.
    pub order: i64,
}

/// All messages under `paths`, oldest first, so that answers follow what they answer.
///
/// # Errors
/// When a path cannot be read at all; unreadable files below a folder are given to `skipped`.
pub fn scan(
    paths: &[PathBuf],
    skipped: &mut Vec<(PathBuf, io::Error)>,
    seen: &mut dyn FnMut(usize),
) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for path in paths {
        let kind = std::fs::metadata(path)?;
        if kind.is_dir() { folder(path, skipped, &mut found, seen)? } else { file(path, &mut found, seen)? }
    }
    found.sort_by_key(|message| message.order);
    Ok(found)
}

fn folder(
    path: &Path,
    skipped: &mut Vec<(PathBuf, io::Error)>,
    found: &mut Vec<Found>,
    seen: &mut dyn FnMut(usize),
) -> io::Result<()> {
    if path.join("cur").is_dir() || path.join("new").is_dir() {
        return maildir(path, skipped, found, seen);
    }
    for entry in sorted(path)? {
        let result = if entry.is_dir() { folder(&entry, skipped, found, seen) } else { file(&entry, found, seen) };
        if let Err(error) = result {
            skipped.push((entry, error));
        }
    }
    Ok(())
}

fn sorted(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = std::fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// A Maildir++ tree: the inbox at the top, folders as `.Name.Child` beside.
fn maildir(
    path: &Path,
    skipped: &mut Vec<(PathBuf, io::Error)>,
    found: &mut Vec<Found>,
    seen: &mut dyn FnMut(usize),
) -> io::Result<()> {
    one_maildir(path, &[], skipped, found, seen)?;
    for entry in sorted(path)? {
        let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let Some(dotted) = name.strip_prefix('.').filter(|n| !n.is_empty()) else { continue };
        if entry.is_dir() && (entry.join("cur").is_dir() || entry.join("new").is_dir()) {
            let folder: Vec<String> = dotted.split('.').filter(|n| !n.is_empty()).map(utf7).collect();
            one_maildir(&entry, &folder, skipped, found, seen)?;
        }
    }
    Ok(())
}

fn one_maildir(
    path: &Path,
    folder: &[String],
    skipped: &mut Vec<(PathBuf, io::Error)>,
    found: &mut Vec<Found>,
    seen: &mut dyn FnMut(usize),
) -> io::Result<()> {
    for sub in ["cur", "new"] {
        let sub_path = path.join(sub);
        if !sub_path.is_dir() {
            continue;
        }
        for entry in sorted(&sub_path)? {
            let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if name.starts_with('.') || !entry.is_file() {
                continue;
            }
            let flags = name.rsplit_once(":2,").or_else(|| name.rsplit_once("!2,")).map_or("", |(_, flags)| flags);
            match single(&entry, folder.to_vec(), maildir_keywords(flags)) {
                Ok(message) => found.push(message),
                Err(error) => skipped.push((entry, error)),
            }
            seen(found.len());
        }
    }
    Ok(())
}

fn maildir_keywords(flags: &str) -> Vec<String> {
    let keyword = |flag: char| match flag {
        'S' => Some("$seen"),
        'R' => Some("$answered"),
        'F' => Some("$flagged"),
        'D' => Some("$draft"),
        'P' => Some("$forwarded"),
        _ => None,
    };
    flags.chars().filter_map(keyword).map(str::to_owned).collect()
}

fn file(path: &Path, found: &mut Vec<Found>, seen: &mut dyn FnMut(usize)) -> io::Result<()> {
    let mut start = [0; 5];
    let read = File::open(path)?.read(&mut start)?;
    let is_eml = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("eml"));
    if is_eml || &start[..read] != b"From " {
        found.push(single(path, Vec::new(), vec!["$seen".into()])?);
        seen(found.len());
        return Ok(());
    }
    for message in MboxSplitter::new(BufReader::with_capacity(1 << 18, File::open(path)?), MAX_MESSAGE) {
        let message = message?;
        let envelope = message.from_line_date.as_deref().and_then(ctime);
        let (received_at, order, keywords) = facts(&message.raw, envelope, modified(path));
        let path = path.to_owned();
        found.push(Found { path, offset: Some(message.offset), folder: Vec::new(), keywords, received_at, order });
        seen(found.len());
    }
    Ok(())
}

fn single(path: &Path, folder: Vec<String>, mut keywords: Vec<String>) -> io::Result<Found> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    let (received_at, order, more) = facts(&head, None, modified(path));
    if folder.is_empty() && keywords == ["$seen"] && more.iter().any(|k| k == "$draft") {
        keywords = more;
    }
    Ok(Found { path: path.to_owned(), offset: None, folder, keywords, received_at, order })
}

/// When it came in, what orders it, and the keywords that its status fields tell; without any, it was seen.
fn facts(raw: &[u8], envelope: Option<i64>, file: i64) -> (i64, i64, Vec<String>) {
    let head_end = raw.windows(2).position(|w| w == b"\n\n" || w == b"\n\r").map_or(raw.len(), |at| at + 1);
    let parsed = mail::parse::parse(&raw[..head_end], &Limits::default());
    let sent = parsed.sent_at.map(|DateTime { unix_ms, .. }| unix_ms);
    let trace = parsed.headers.iter().find(|h| h.name.eq_ignore_ascii_case("received"));
    let relayed = trace.and_then(|h| h.raw_value.rsplit_once(';')).and_then(|(_, date)| header::date(date));
    let received = relayed.map(|date| date.unix_ms).or(envelope).or(sent).unwrap_or(file);
    let status = [parsed.header("Status"), parsed.header("X-Status")];
    let keywords = if status.iter().all(Option::is_none) {
        vec!["$seen".to_owned()]
    } else {
        let letters: String = status.into_iter().flatten().collect();
        let keyword = |(letter, keyword): (char, &str)| letters.contains(letter).then(|| keyword.to_owned());
        [('R', "$seen"), ('A', "$answered"), ('F', "$flagged"), ('T', "$draft")].into_iter().filter_map(keyword).collect()
    };
    (received, sent.unwrap_or(received), keywords)
}

fn modified(path: &Path) -> i64 {
    let time = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let since = time.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |d| d.as_millis() as i64)
}

/// The date of a `From ` line: `Thu Feb 13 03:04:05 1997`, in universal time.
fn ctime(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [day_name, month, day, time, rest @ ..] = words.as_slice() else { return None };
    let year = rest.iter().find(|w| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()))?;
    header::date(&format!("{day_name}, {day} {month} {year} {time} +0000")).map(|date| date.unix_ms)
}

/// The bytes of a message that was found.
///
/// # Errors
/// When the file has gone or shrunk meanwhile.
pub fn read(found: &Found) -> io::Result<Vec<u8>> {
    let mut file = File::open(&found.path)?;
    let Some(offset) = found.offset else {
        let mut raw = Vec::new();
        file.take(MAX_MESSAGE as u64).read_to_end(&mut raw)?;
        return Ok(raw);
    };
    file.seek(SeekFrom::Start(offset))?;
    let first = MboxSplitter::new(BufReader::with_capacity(1 << 16, file), MAX_MESSAGE).next();
    Ok(first.transpose()?.ok_or(io::ErrorKind::UnexpectedEof)?.raw)
}

/// Folder names of Maildir are in the modified UTF-7 of IMAP (RFC 3501 §5.1.3).
fn utf7(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let Some(len) = rest[at..].find('-') else { break };
        let coded = &rest[at + 1..at + len];
        if coded.is_empty() {
            out.push('&');
        } else {
            let bytes = mail::decode::base64(coded.replace(',', "/").as_bytes());
            let units: Vec<u16> = bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
            out.push_str(&String::from_utf16_lossy(&units));
        }
        rest = &rest[at + len + 1..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_decoded() {
        assert_eq!(utf7("Envoy&AOk-s"), "Envoyés");
        assert_eq!(utf7("a&-b"), "a&b");
        assert_eq!(utf7("plain"), "plain");
    }

    #[test]
    fn facts_of_a_head() {
        let raw =
            b"Received: from a by b; Thu, 13 Feb 1997 03:04:05 +0000\nDate: Wed, 12 Feb 1997 03:04:05 +0000\nStatus: O\n\nx";
        assert_eq!(facts(raw, None, 0), (855_803_045_000, 855_716_645_000, Vec::<String>::new()));
        assert_eq!(ctime("Thu Feb 13 03:04:05 1997"), Some(855_803_045_000));
        assert_eq!(maildir_keywords("FS"), ["$flagged", "$seen"]);
    }
}
