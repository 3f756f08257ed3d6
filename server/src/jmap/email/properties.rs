//! Properties of an Email: names, what each needs to be read, and the light ones (from a row and its summary).

use serde_json::{Map, Value, json};
use store::emails::{Addr, EmailRow, Summary};
use wire::mail::Address;

use super::header;
use crate::jmap::types;
use crate::service::structure::Structure;

/// Properties when none are named (RFC 8621 §4.2).
pub const DEFAULT: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];
/// The others of the RFC.
const MORE: &[&str] = &["headers", "bodyStructure"];
/// Those of our extension.
pub const EXTENSION: &[&str] = &[
    "receivedLocal",
    "attachmentKind",
    "conversation",
    "card",
    "remoteRemoved",
    "damaged",
    "pending",
    "delivery",
    "receiptTo",
    "patient",
];
/// Those of our extension for teams.
pub const TEAM_EXTENSION: &[&str] = &["work"];
/// Of the row itself.
const ROW: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "receivedLocal",
    "hasAttachment",
    "conversation",
    "pending",
    "work",
    "delivery",
    "patient",
];
/// Of the summary, kept small for lists.
const SUMMARY: &[&str] = &["from", "to", "cc", "subject", "preview", "attachmentKind", "card"];

/// Whether a name is a property of Email; `extended`: with those of our extension.
pub fn is_known(name: &str, extended: bool) -> bool {
    DEFAULT.contains(&name)
        || MORE.contains(&name)
        || (extended && EXTENSION.contains(&name))
        || header::property(name).is_some()
}

/// What has to be read for some properties.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Needs {
    /// From, subject and preview of the list.
    pub summary: bool,
    /// The parts and the other fields.
    pub structure: bool,
    /// The header block as it stands.
    pub headers: bool,
    /// Bodies: structure, values, views.
    pub bodies: bool,
}

/// Reads the needs of `properties`. The summary is only read when the structure is not, but for what only it holds.
pub fn needs(properties: &[String]) -> Needs {
    let mut needs = Needs::default();
    for name in properties.iter().map(String::as_str) {
        match name {
            _ if ROW.contains(&name) => {}
            "attachmentKind" => needs.summary = true,
            _ if SUMMARY.contains(&name) => needs.summary = true,
            "headers" => needs.headers = true,
            _ if name.starts_with("header:") => needs.headers = true,
            "bodyStructure" | "bodyValues" | "textBody" | "htmlBody" | "attachments" => needs.bodies = true,
            _ => needs.structure = true,
        }
    }
    needs.structure |= needs.headers || needs.bodies;
    needs
}

/// What is in the row.
pub fn row(row: &EmailRow, object: &mut Map<String, Value>) {
    let set = |names: Vec<String>| names.into_iter().map(|name| (name, true.into())).collect::<Map<String, Value>>();
    object.insert("id".into(), json!(row.id));
    object.insert("blobId".into(), row.blob.to_string().into());
    object.insert("threadId".into(), json!(row.thread));
    object.insert("mailboxIds".into(), set(row.mailboxes.iter().map(ToString::to_string).collect()).into());
    object.insert("keywords".into(), set(row.keywords.clone()).into());
    object.insert("size".into(), row.size.into());
    object.insert("receivedAt".into(), types::utc_date(row.received_at).into());
    object.insert("hasAttachment".into(), row.has_attachment.into());
}

/// What is in the summary.
pub fn summary(summary: &Summary, object: &mut Map<String, Value>) {
    let list = |list: &[Addr]| {
        let address = |a: &Addr| json!({"name": a.name, "email": a.email});
        if list.is_empty() { Value::Null } else { list.iter().map(address).collect() }
    };
    object.insert("from".into(), list(&summary.from));
    object.insert("to".into(), list(&summary.to));
    object.insert("cc".into(), list(&summary.cc));
    object.insert("subject".into(), json!(summary.subject));
    object.insert("preview".into(), summary.preview.clone().into());
    object.insert("attachmentKind".into(), json!(summary.attachment_kind));
}

/// What is in the structure, bodies apart. Takes the place of what the summary said.
pub fn structure(structure: &Structure, object: &mut Map<String, Value>) {
    let list = |list: &Option<Vec<Address>>| json!(list);
    let ids = |ids: &[String]| if ids.is_empty() { Value::Null } else { json!(ids) };
    object.insert("messageId".into(), ids(&structure.message_id));
    object.insert("inReplyTo".into(), ids(&structure.in_reply_to));
    object.insert("references".into(), ids(&structure.references));
    object.insert("sender".into(), list(&structure.sender));
    object.insert("from".into(), list(&structure.from));
    object.insert("to".into(), list(&structure.to));
    object.insert("cc".into(), list(&structure.cc));
    object.insert("bcc".into(), list(&structure.bcc));
    object.insert("replyTo".into(), list(&structure.reply_to));
    object.insert("subject".into(), json!(structure.subject));
    object.insert("sentAt".into(), structure.sent.map_or(Value::Null, |(ms, offset)| types::date(ms, offset).into()));
    object.insert("hasAttachment".into(), structure.has_attachment.into());
    object.insert("preview".into(), structure.preview.clone().into());
    object.insert("damaged".into(), structure.damaged.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_needs_no_structure() {
        let names: Vec<String> = wire::mail::ROW_PROPERTIES.iter().map(|name| (*name).to_owned()).collect();
        let team = |name: &String| TEAM_EXTENSION.contains(&name.as_str());
        assert!(names.iter().all(|name| is_known(name, true) || team(name)));
        assert_eq!(needs(&names), Needs { summary: true, ..Needs::default() });
        let opened: Vec<String> = wire::mail::MESSAGE_PROPERTIES.iter().map(|name| (*name).to_owned()).collect();
        assert!(opened.iter().all(|name| is_known(name, true)));
        assert!(needs(&opened).structure);
        assert!(!is_known("card", false) && !is_known("nothing", true));
    }
}
