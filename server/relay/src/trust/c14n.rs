//! Exclusive XML Canonicalization without comments
//! (<https://www.w3.org/TR/xml-exc-c14n/>), for documents that hold no
//! processing instruction and no document type: [`super::signature`] refuses those before.

use roxmltree::{Attribute, Node};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Elements inside one another; the white list has four levels.
pub const MAX_DEPTH: usize = 64;

/// Prefixes that the output has declared so far, innermost last.
type Rendered<'a> = Vec<(&'a str, &'a str)>;

/// Writes the canonical form of the element `apex`, leaving out the subtree
/// `without` (the enveloped-signature transform, XMLDSig §6.6.4).
/// `None` when elements are nested deeper than [`MAX_DEPTH`].
pub fn canonicalise(apex: Node<'_, '_>, without: Option<Node<'_, '_>>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(apex.range().len());
    element(&mut out, apex, without, &mut Vec::new(), 0)?;
    Some(out)
}

fn element<'a>(
    out: &mut Vec<u8>,
    node: Node<'a, '_>,
    without: Option<Node<'_, '_>>,
    rendered: &mut Rendered<'a>,
    depth: usize,
) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let before = rendered.len();
    let name = qname(node);
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    let mut attributes: Vec<Attribute<'a, '_>> = node.attributes().collect();
    attributes.sort_by_key(|a| (a.namespace().unwrap_or(""), a.name()));
    declare(out, node, &attributes, rendered);
    for attribute in &attributes {
        out.push(b' ');
        out.extend_from_slice(attribute_qname(node, attribute).as_bytes());
        out.extend_from_slice(b"=\"");
        escape(out, attribute.value(), true);
        out.push(b'"');
    }
    out.push(b'>');
    for child in node.children() {
        if child.is_text() {
            escape(out, child.text().unwrap_or(""), false);
        } else if child.is_element() && Some(child) != without {
            element(out, child, without, rendered, depth + 1)?;
        }
    }
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    rendered.truncate(before);
    Some(())
}

/// Writes the namespace declarations that the element's own names use and that no ancestor wrote.
fn declare<'a>(out: &mut Vec<u8>, node: Node<'a, '_>, attributes: &[Attribute<'a, '_>], rendered: &mut Rendered<'a>) {
    let mut used: Vec<(&'a str, &'a str)> = vec![(prefix(qname(node)), node.tag_name().namespace().unwrap_or(""))];
    for attribute in attributes {
        let prefix = prefix(attribute_qname(node, attribute));
        if let Some(uri) = attribute.namespace().filter(|_| !prefix.is_empty()) {
            used.push((prefix, uri));
        }
    }
    used.sort_unstable();
    used.dedup();
    for (prefix, uri) in used {
        let current = rendered.iter().rev().find(|(p, _)| *p == prefix).map_or("", |(_, uri)| *uri);
        if current == uri || uri == XML {
            continue;
        }
        rendered.push((prefix, uri));
        out.extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
        out.extend_from_slice(prefix.as_bytes());
        out.extend_from_slice(b"=\"");
        escape(out, uri, true);
        out.push(b'"');
    }
}

fn prefix(qname: &str) -> &str {
    qname.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// The name as written: the tree keeps the namespace, canonical form wants the prefix.
fn qname<'a>(node: Node<'a, '_>) -> &'a str {
    let text = node.document().input_text().get(node.range()).unwrap_or("");
    let text = text.strip_prefix('<').unwrap_or(text);
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(text.len());
    &text[..end]
}

fn attribute_qname<'a>(node: Node<'a, '_>, attribute: &Attribute<'a, '_>) -> &'a str {
    node.document().input_text().get(attribute.range_qname()).unwrap_or("")
}

/// Character data of Canonical XML 1.0 §2.3.
fn escape(out: &mut Vec<u8>, text: &str, attribute: bool) {
    for byte in text.bytes() {
        let replaced: &[u8] = match (byte, attribute) {
            (b'&', _) => b"&amp;",
            (b'<', _) => b"&lt;",
            (b'>', false) => b"&gt;",
            (b'"', true) => b"&quot;",
            (b'\t', true) => b"&#x9;",
            (b'\n', true) => b"&#xA;",
            (b'\r', _) => b"&#xD;",
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(replaced);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(xml: &str) -> String {
        let document = roxmltree::Document::parse(xml).unwrap();
        String::from_utf8(canonicalise(document.root_element(), None).unwrap()).unwrap()
    }

    /// Expected values were made with libxml2 (`xmllint --exc-c14n`) and by hand from the recommendation.
    #[test]
    fn canonical_forms() {
        let cases = [
            ("<a   b = 'x'  a=\"y\" />", "<a a=\"y\" b=\"x\"></a>"),
            ("<a xmlns='u:1'><b xmlns='u:1'/></a>", "<a xmlns=\"u:1\"><b></b></a>"),
            ("<a xmlns='u:1'><b xmlns=''/></a>", "<a xmlns=\"u:1\"><b xmlns=\"\"></b></a>"),
            ("<p:a xmlns:p='u:1' xmlns:q='u:2'><q:b/></p:a>", "<p:a xmlns:p=\"u:1\"><q:b xmlns:q=\"u:2\"></q:b></p:a>"),
            ("<a xmlns:q='u:2'><b q:z='1' y='2'/></a>", "<a><b xmlns:q=\"u:2\" y=\"2\" q:z=\"1\"></b></a>"),
            ("<a>x<!-- c -->y &lt;&amp;&gt; <![CDATA[<z>]]></a>", "<a>xy &lt;&amp;&gt; &lt;z&gt;</a>"),
            ("<a b='&quot;&#9;&lt;>'>l1\r\nl2&#13;</a>", "<a b=\"&quot;&#x9;&lt;>\">l1\nl2&#xD;</a>"),
            ("<a xml:lang='fr'>é</a>", "<a xml:lang=\"fr\">é</a>"),
        ];
        for (xml, expected) in cases {
            assert_eq!(canonical(xml), expected, "{xml}");
        }
        let deep = "<a>".repeat(200) + &"</a>".repeat(200);
        let document = roxmltree::Document::parse(&deep).unwrap();
        assert!(canonicalise(document.root_element(), None).is_none());
    }
}
