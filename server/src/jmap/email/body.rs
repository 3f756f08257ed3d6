//! Body structure, bodyValues and part blobs of an Email (RFC 8621 §4.1.4 and §4.2).

use mail::header::Header;
use mail::limits::Limits;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::header;
use crate::jmap::error::MethodError;
use crate::service::content::Content;
use crate::service::structure::{StoredPart, Structure};

/// Body properties when none are named (RFC 8621 §4.2).
const DEFAULT: [&str; 10] =
    ["partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location"];
const MORE: [&str; 2] = ["headers", "subParts"];

/// How bodies are wanted: the arguments that Email/get and Email/parse share.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BodyArgs {
    pub body_properties: Option<Vec<String>>,
    pub fetch_text_body_values: bool,
    #[serde(rename = "fetchHTMLBodyValues")]
    pub fetch_html_body_values: bool,
    pub fetch_all_body_values: bool,
    pub max_body_value_bytes: u64,
}

impl BodyArgs {
    /// The names of the arguments, for methods that take others too.
    pub const NAMES: [&str; 5] =
        ["bodyProperties", "fetchTextBodyValues", "fetchHTMLBodyValues", "fetchAllBodyValues", "maxBodyValueBytes"];

    /// The body properties to answer.
    ///
    /// # Errors
    /// `invalidArguments` for an unknown one.
    pub fn properties(&self) -> Result<Vec<String>, MethodError> {
        let Some(asked) = &self.body_properties else { return Ok(DEFAULT.map(str::to_owned).to_vec()) };
        let known = |name: &str| DEFAULT.contains(&name) || MORE.contains(&name) || header::property(name).is_some();
        match asked.iter().find(|name| !known(name)) {
            Some(bad) => Err(MethodError::arguments(format!("unknown body property {bad}"))),
            None => Ok(asked.clone()),
        }
    }
}

/// A message whose bodies are being answered.
pub struct Bodies<'a> {
    /// The parts.
    pub structure: &'a Structure,
    /// The bytes.
    pub content: &'a Content,
    /// Which properties of each part.
    pub properties: &'a [String],
}

impl Bodies<'_> {
    /// bodyStructure: the whole tree.
    ///
    /// # Errors
    /// The store's, when header fields have to be read.
    pub async fn tree(&self) -> Result<Value, MethodError> {
        self.part(self.structure.root, true).await
    }

    /// textBody, htmlBody or attachments.
    ///
    /// # Errors
    /// As [`Bodies::tree`].
    pub async fn list(&self, indexes: &[usize]) -> Result<Value, MethodError> {
        let mut list = Vec::with_capacity(indexes.len());
        for &index in indexes {
            list.push(self.part(index, self.properties.iter().any(|p| p == "subParts")).await?);
        }
        Ok(Value::Array(list))
    }

    async fn part(&self, index: usize, whole: bool) -> Result<Value, MethodError> {
        let Some(part) = self.structure.parts.get(index) else { return Ok(Value::Null) };
        let headers = self.headers(part).await?;
        let mut object = Map::new();
        for name in self.properties.iter().filter(|name| *name != "subParts") {
            object.insert(name.clone(), self.property(index, part, name, &headers));
        }
        if whole && part.is_multipart() {
            let mut children = Vec::with_capacity(part.children.len());
            for &child in &part.children {
                children.push(Box::pin(self.part(child, true)).await?);
            }
            object.insert("subParts".into(), children.into());
        }
        Ok(Value::Object(object))
    }

    async fn headers(&self, part: &StoredPart) -> Result<Vec<Header>, MethodError> {
        if !self.properties.iter().any(|name| name == "headers" || name.starts_with("header:")) {
            return Ok(Vec::new());
        }
        let bytes = self.content.range(part.offsets.0..part.offsets.1).await?;
        Ok(mail::parse::parse(&bytes, &Limits::default()).headers)
    }

    fn property(&self, index: usize, part: &StoredPart, name: &str, headers: &[Header]) -> Value {
        let leaf = !part.is_multipart();
        match name {
            "partId" => {
                if leaf {
                    index.to_string().into()
                } else {
                    Value::Null
                }
            }
            "blobId" => {
                if leaf {
                    self.content.part_blob(part).into()
                } else {
                    Value::Null
                }
            }
            "size" => {
                if leaf {
                    part.size.into()
                } else {
                    0.into()
                }
            }
            "name" => json!(part.name),
            "type" => part.kind.clone().into(),
            "charset" => {
                if part.kind.starts_with("text/") {
                    json!(part.charset)
                } else {
                    Value::Null
                }
            }
            "disposition" => json!(part.disposition),
            "cid" => json!(part.cid),
            "language" => json!(part.language),
            "location" => json!(part.location),
            "headers" => headers.iter().map(|h| json!({"name": h.name, "value": h.raw_value})).collect(),
            other => header::property(other).map_or(Value::Null, |property| header::value(&property, headers)),
        }
    }

    /// bodyValues of the parts that the arguments ask for.
    ///
    /// # Errors
    /// The store's.
    pub async fn values(&self, args: &BodyArgs) -> Result<Value, MethodError> {
        let mut wanted: Vec<usize> = Vec::new();
        let text = |&index: &usize| self.structure.parts.get(index).is_some_and(|part| part.kind.starts_with("text/"));
        if args.fetch_all_body_values {
            wanted.extend((0..self.structure.parts.len()).filter(text));
        }
        if args.fetch_text_body_values {
            wanted.extend(self.structure.text.iter().copied().filter(text));
        }
        if args.fetch_html_body_values {
            wanted.extend(self.structure.html.iter().copied().filter(text));
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut values = Map::new();
        for index in wanted {
            let part = &self.structure.parts[index];
            let text = self.content.text(part).await?;
            let (value, truncated) = cut(&text.value, args.max_body_value_bytes as usize, part.kind == "text/html");
            let object = json!({"value": value, "isEncodingProblem": text.is_encoding_problem, "isTruncated": truncated});
            values.insert(index.to_string(), object);
        }
        Ok(Value::Object(values))
    }
}

/// At most `max` octets of a text, no character cut and no HTML tag opened at the end; zero: all.
fn cut(text: &str, max: usize, html: bool) -> (&str, bool) {
    if max == 0 || text.len() <= max {
        return (text, false);
    }
    let end = (0..=max).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let mut piece = &text[..end];
    if html {
        let inside_tag = piece.rfind('<').filter(|open| piece.rfind('>').is_none_or(|close| close < *open));
        piece = inside_tag.map_or(piece, |open| &piece[..open]);
    }
    (piece, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_in_two() {
        assert_eq!(cut("aé", 2, false), ("a", true));
        assert_eq!(cut("abc", 0, false), ("abc", false));
        assert_eq!(cut("<p>x</p><b>", 9, true), ("<p>x</p>", true));
    }
}
