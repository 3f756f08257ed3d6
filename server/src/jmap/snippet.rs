//! SearchSnippet/get (RFC 8621 §5.1): where a search's words stand in subject and text.

use serde::Deserialize;
use serde_json::{Value, json};
use wire::id::EmailId;

use super::Batch;
use super::email::filter;
use super::error::MethodError;
use super::types::{self, Answer, MAX_GET, Object};
use crate::service::content::Content;
use crate::service::draft::plain_text;
use crate::service::structure::Structure;

/// Octets of a preview (RFC 8621 §5: at most 255).
const MAX: usize = 255;
/// Characters around a hit.
const AROUND: usize = 120;
/// Messages whose whole text is read; beyond, the stored preview has to do.
const DEEP: usize = 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    account_id: String,
    #[serde(default)]
    filter: Value,
    email_ids: Vec<String>,
}

/// Answers the marked subject and a marked piece of the text of each message.
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Args = types::arguments(arguments)?;
    if args.email_ids.len() > MAX_GET {
        return Err(MethodError::new("requestTooLarge"));
    }
    let granted = batch.granted(&args.account_id).await?;
    let account = granted.account();
    let words = filter::read(batch, &args.filter)?.words;
    let asked: Vec<(Option<EmailId>, String)> = args.email_ids.into_iter().map(|t| (batch.parse_id(&t), t)).collect();
    let ids: Vec<EmailId> = asked.iter().filter_map(|(id, _)| *id).collect();
    let store = batch.state.store.clone();
    let summaries = store.summaries(account, &ids).await?;
    let rows = store.emails(account, &ids).await?;
    let structures =
        if words.is_empty() { Vec::new() } else { store.structures(account, &ids[..ids.len().min(DEEP)]).await? };
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for (id, text) in asked {
        let Some((_, summary)) = summaries.iter().find(|(found, _)| Some(*found) == id) else {
            not_found.push(text);
            continue;
        };
        let subject = summary.subject.as_deref().and_then(|subject| marked(subject, &words));
        let mut preview = marked(&summary.preview, &words);
        if preview.is_none()
            && let Some((found, bytes)) = structures.iter().find(|(found, _)| Some(*found) == id)
            && let Some(row) = rows.iter().find(|row| row.id == *found)
        {
            let content = Content::stored(&store, account, row.blob);
            let whole = plain_text(&Structure::from_bytes(bytes), &content).await?;
            preview = marked(&whole, &words);
        }
        list.push(json!({"emailId": id, "subject": subject, "preview": preview}));
    }
    let not_found = if not_found.is_empty() { Value::Null } else { json!(not_found) };
    Ok(json!({"accountId": args.account_id, "list": list, "notFound": not_found}))
}

/// A piece of `text` with `<mark>` around the words, everything else escaped; none without a hit.
fn marked(text: &str, words: &[String]) -> Option<String> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let pieces = mail::search::snippet(&flat, words, AROUND)?;
    let mut out = String::new();
    for (hit, piece) in pieces {
        let mut escaped = String::new();
        for c in piece.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                c => escaped.push(c),
            }
        }
        let whole = if hit { format!("<mark>{escaped}</mark>") } else { escaped };
        if out.len() + whole.len() > MAX {
            break;
        }
        out.push_str(&whole);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_and_the_rest_escaped() {
        let words = vec!["glyc".to_owned()];
        assert_eq!(marked("La <b> glycémie", &words).as_deref(), Some("La &lt;b&gt; <mark>glyc</mark>émie"));
        assert_eq!(marked("rien", &words), None);
    }
}
