//! From the bytes of a message to what the store inserts. All the costly work (parsing, words) happens here, before
//! any transaction.

use bytes::Bytes;
use mail::limits::Limits;
use mail::parse::{self, Parsed};
use store::emails::{Addr, NewEmail, Summary};
use store::patients::book::conversation;
use wire::id::MailboxId;
use wire::ins;

use super::structure::Structure;

/// Where a message goes and how it is marked.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// When it came in, in milliseconds.
    pub received_at: i64,
    /// Its folders.
    pub mailboxes: Vec<MailboxId>,
    /// Its keywords, in lower case.
    pub keywords: Vec<String>,
    /// Not inserted again while one with this key is there.
    pub dedup_key: Option<String>,
}

/// Takes a message apart for the store; whether it is damaged comes with it.
pub fn prepare(raw: Bytes, place: Place) -> (NewEmail, bool) {
    let parsed = parse::parse(&raw, &Limits::default());
    let structure = Structure::from(&parsed);
    let threads = mail::thread::thread_ids(&parsed);
    let email = NewEmail {
        received_at: place.received_at,
        sent_at: parsed.sent_at.map(|date| date.unix_ms),
        mailboxes: place.mailboxes,
        keywords: place.keywords,
        summary: summary(&parsed),
        structure: structure.to_bytes(),
        message_ids: threads.own.into_iter().chain(threads.named).collect(),
        base_subject: mail::thread::base_subject(parsed.subject.as_deref().unwrap_or_default()),
        terms: searched(mail::search::terms(&parsed, &raw)),
        has_attachment: parsed.has_attachment,
        correspondents: correspondents(&parsed),
        dedup_key: place.dedup_key,
        conversation: None,
        raw,
    };
    (email, parsed.damaged.is_some())
}

/// The same in the conversation with its patient, if there is one patient, and one only, among those it is from and to.
pub fn with_patient(email: NewEmail, all: &[String], domain: &str) -> NewEmail {
    let is_patient = |address: &&String| address.rsplit_once('@').is_some_and(|(_, of)| of.eq_ignore_ascii_case(domain));
    let mut patients: Vec<String> = all.iter().filter(is_patient).map(|address| conversation(address)).collect();
    patients.sort_unstable();
    patients.dedup();
    match patients.as_slice() {
        [only] => NewEmail { conversation: Some(only.clone().into_bytes()), ..email },
        _ => email,
    }
}

/// All addresses that a message is from and to, normalised.
pub fn parties(raw: &[u8]) -> Vec<String> {
    let parsed = parse::parse(raw, &Limits::default());
    let lists = [&parsed.from, &parsed.to, &parsed.cc, &parsed.bcc].into_iter().flatten().flatten();
    lists.map(|address| mail::address::normalise(&address.email).to_lowercase()).collect()
}

/// Words without matricules: nobody is searched for by their INS.
fn searched(mut terms: Vec<(String, u8)>) -> Vec<(String, u8)> {
    terms.retain(|(word, _)| !ins::is_like(word));
    terms
}

fn is_patient(email: &str) -> bool {
    email.split_once('@').is_some_and(|(local, _)| ins::is_like(local))
}

fn list(addresses: &Option<Vec<mail::address::Address>>) -> Vec<Addr> {
    let addr = |a: &mail::address::Address| Addr { name: a.name.clone(), email: a.email.clone() };
    addresses.iter().flatten().map(addr).collect()
}

fn summary(parsed: &Parsed) -> Summary {
    let offered: Vec<&parse::Part> = parsed.attachments.iter().map(|&i| &parsed.parts[i]).collect();
    Summary {
        from: list(&parsed.from),
        to: list(&parsed.to),
        cc: list(&parsed.cc),
        subject: parsed.subject.clone(),
        preview: parsed.preview.clone(),
        attachment_kind: if parsed.has_attachment { attachment_kind(&offered) } else { None },
        attachment_names: offered.iter().filter_map(|part| part.name.clone()).take(20).collect(),
        message_id: parsed.message_id.first().cloned(),
        damaged: parsed.damaged.is_some(),
    }
}

/// Those whom this message says that one writes with. Patients stand apart, with their traits.
fn correspondents(parsed: &Parsed) -> Vec<(String, String)> {
    [&parsed.from, &parsed.to, &parsed.cc, &parsed.bcc]
        .into_iter()
        .flatten()
        .flatten()
        .filter(|a| wire::check::address(&a.email).is_ok() && !is_patient(&a.email))
        .map(|a| (a.name.clone().unwrap_or_default(), mail::address::normalise(&a.email).to_lowercase()))
        .take(50)
        .collect()
}

/// The most telling kind among attachments: a health document set first, then what one opens most.
fn attachment_kind(parts: &[&parse::Part]) -> Option<String> {
    const ORDER: [&str; 6] = ["xdm", "pdf", "image", "document", "archive", "other"];
    let kinds: Vec<&str> = parts.iter().map(|part| kind_of(part)).collect();
    ORDER.iter().find(|kind| kinds.contains(kind)).map(|kind| (*kind).to_owned())
}

fn kind_of(part: &parse::Part) -> &'static str {
    let name = part.name.as_deref().unwrap_or_default().to_lowercase();
    let kind = part.content_type.as_str();
    let ends = |list: &[&str]| list.iter().any(|ext| name.ends_with(ext));
    if name == "ihe_xdm.zip" {
        "xdm"
    } else if kind == "application/pdf" || ends(&[".pdf"]) {
        "pdf"
    } else if kind.starts_with("image/") {
        "image"
    } else if kind.starts_with("text/")
        || kind.contains("word")
        || kind.contains("officedocument")
        || kind.contains("opendocument")
        || ends(&[".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ods", ".txt", ".hpr"])
    {
        "document"
    } else if matches!(kind, "application/zip" | "application/gzip" | "application/x-7z-compressed")
        || ends(&[".zip", ".7z", ".gz"])
    {
        "archive"
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_patient_makes_a_conversation_and_no_word_of_the_search() {
        let raw = b"From: Dr A <a@x.fr>\r\nTo: L M <279035121518989@patient.mssante.fr>, b@y.fr\r\n\r\nINS 279035121518989 bonjour";
        let (email, _) = prepare(Bytes::from_static(raw), Place::default());
        assert!(email.terms.iter().all(|(word, _)| !word.contains("279035121518989")), "{:?}", email.terms);
        assert_eq!(email.correspondents.len(), 2);
        let email = with_patient(email, &parties(raw), "patient.mssante.fr");
        assert_eq!(email.conversation.as_deref(), Some(&b"279035121518989@patient.mssante.fr"[..]));
        let two = [parties(raw), vec!["185072a00412388@patient.mssante.fr".into()]].concat();
        assert_eq!(with_patient(NewEmail { conversation: None, ..email }, &two, "patient.mssante.fr").conversation, None);
    }

    #[test]
    fn a_message_is_taken_apart_once() {
        let raw = b"From: Dr A <a@x.mssante.example>\r\nTo: b@y.mssante.example\r\nSubject: Re: Bilan\r\nMessage-ID: <1@x>\r\n\
            In-Reply-To: <0@y>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=k\r\n\r\n--k\r\n\r\nBonjour\r\n\
            --k\r\nContent-Type: application/octet-stream; name=\"CR.pdf\"\r\nContent-Disposition: attachment\r\n\r\n%PDF\r\n--k--\r\n";
        let (email, damaged) = prepare(Bytes::from_static(raw), Place::default());
        assert!(!damaged);
        assert_eq!(email.summary.attachment_kind.as_deref(), Some("pdf"));
        assert_eq!(email.message_ids, ["1@x", "0@y"]);
        assert_eq!(email.correspondents.len(), 2);
        let again = Structure::from_bytes(&email.structure);
        assert_eq!(again.parts.len(), 3);
        assert_eq!(&raw[again.parts[2].offsets.1..again.parts[2].offsets.2], b"%PDF");
    }
}
