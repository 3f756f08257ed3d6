//! Pass 5: inline styles through an allow-list of properties *and* of value
//! tokens, read with a real CSS tokeniser and written anew. No functions but
//! colours, no addresses, no positions, no negative lengths, bounded sizes.

use cssparser::{Delimiter, ParseError, Parser, Token};

use super::dom::Dom;

const MAX_STYLE: usize = 8 * 1024;

/// Filters every `style`, and removes classes and ids. The body's own colours
/// become a style, which the writer puts on a `div`.
pub(super) fn pass(dom: &mut Dom) {
    let body = dom.body();
    for id in dom.elements() {
        dom.remove_attr(id, "class");
        dom.remove_attr(id, "id");
        let mut style = dom.remove_attr(id, "style").unwrap_or_default();
        if Some(id) == body {
            let colour = |key: &str, name: &str| dom.attr(id, key).map(|v| format!("{name}:{v};")).unwrap_or_default();
            style = format!("{}{}{style}", colour("bgcolor", "background-color"), colour("text", "color"));
        }
        let clean = filter(&style);
        if !clean.is_empty() {
            dom.set_attr(id, "style", clean);
        }
    }
}

/// The allowed declarations of `style`, written anew. Filtering twice changes nothing.
pub fn filter(style: &str) -> String {
    if style.is_empty() || style.len() > MAX_STYLE {
        return String::new();
    }
    let mut parser = Parser::new(style);
    let mut out = String::new();
    while !parser.is_exhausted() {
        let declaration = parser.parse_until_after(Delimiter::Semicolon, declaration);
        if let Ok(text) = declaration {
            if !out.is_empty() {
                out.push(';');
            }
            out.push_str(&text);
        }
    }
    out
}

type Fault = ParseError<()>;

fn refuse<T>() -> Result<T, Fault> {
    Err(ParseError::custom(()))
}

fn declaration(parser: &mut Parser<'_>) -> Result<String, Fault> {
    let name = parser.expect_ident_cloned()?.to_ascii_lowercase();
    parser.expect_colon()?;
    if !is_property(&name) {
        return refuse();
    }
    let mut value = String::new();
    let mut space = false;
    while let Ok(token) = parser.next_including_whitespace() {
        let text = match token.clone() {
            Token::WhiteSpace(_) => {
                space = true;
                continue;
            }
            Token::Delim('!') => {
                parser.expect_ident_matching("important")?;
                parser.expect_exhausted()?;
                break;
            }
            Token::Function(function) => {
                let function = function.to_ascii_lowercase();
                if !matches!(function.as_str(), "rgb" | "rgba" | "hsl" | "hsla") {
                    return refuse();
                }
                let inner = parser.parse_nested_block(colour_arguments)?;
                format!("{function}({inner})")
            }
            token => match simple(&name, &token) {
                Some(text) => text,
                None => return refuse(),
            },
        };
        if space && !value.is_empty() && text != "," && !value.ends_with(',') {
            value.push(' ');
        }
        space = false;
        value.push_str(&text);
        if value.len() > 400 {
            return refuse();
        }
    }
    if value.is_empty() || !value_fits(&name, &value) {
        return refuse();
    }
    Ok(format!("{name}:{value}"))
}

fn colour_arguments(parser: &mut Parser<'_>) -> Result<String, Fault> {
    let mut out = String::new();
    while let Ok(token) = parser.next() {
        let text = match token.clone() {
            Token::Number { value, .. } if (0.0..=1000.0).contains(&value) => number(value),
            Token::Percentage { unit_value, .. } if (0.0..=1.0).contains(&unit_value) => {
                format!("{}%", number(unit_value * 100.0))
            }
            Token::Comma => ",".to_owned(),
            Token::Delim('/') => "/".to_owned(),
            _ => return refuse(),
        };
        let tight = text == "," || text == "/" || out.is_empty() || out.ends_with([',', '/']);
        if !tight {
            out.push(' ');
        }
        out.push_str(&text);
    }
    Ok(out)
}

/// One token of a value, if it is allowed for the property.
fn simple(property: &str, token: &Token<'_>) -> Option<String> {
    match token {
        Token::Ident(ident) => {
            let plain = ident.len() <= 60 && ident.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            (plain && !ident.starts_with("--")).then(|| ident.to_ascii_lowercase())
        }
        Token::Hash(hex) | Token::IDHash(hex) => (matches!(hex.len(), 3 | 4 | 6 | 8)
            && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| format!("#{}", hex.to_ascii_lowercase())),
        Token::Number { value, .. } => (0.0..=1000.0).contains(value).then(|| number(*value)),
        Token::Percentage { unit_value, .. } => {
            let max = if property == "font-size" { 3.0 } else { 10.0 };
            (0.0..=max).contains(unit_value).then(|| format!("{}%", number(unit_value * 100.0)))
        }
        Token::Dimension { value, unit, .. } => length(property, *value, unit),
        Token::QuotedString(text) if matches!(property, "font-family" | "font") => {
            let plain = !text.is_empty()
                && text.len() <= 80
                && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'));
            plain.then(|| format!("'{text}'"))
        }
        Token::Comma => Some(",".to_owned()),
        Token::Delim('/') if matches!(property, "font" | "border-radius") => Some("/".to_owned()),
        _ => None,
    }
}

fn length(property: &str, value: f32, unit: &str) -> Option<String> {
    let unit = unit.to_ascii_lowercase();
    let pixels = value
        * match unit.as_str() {
            "px" => 1.0,
            "pt" => 4.0 / 3.0,
            "pc" => 16.0,
            "em" | "rem" => 16.0,
            "ex" | "ch" => 8.0,
            "in" => 96.0,
            "cm" => 37.8,
            "mm" => 3.78,
            _ => return None,
        };
    let max = match property {
        "font-size" | "font" => 120.0,
        "line-height" => 300.0,
        "letter-spacing" | "word-spacing" => 50.0,
        _ => 3000.0,
    };
    (0.0..=max).contains(&pixels).then(|| format!("{}{unit}", number(value)))
}

/// At most three decimals, without an exponent, so that reading it again gives the same.
fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Values of the properties for which only some words are harmless.
fn value_fits(property: &str, value: &str) -> bool {
    match property {
        "display" => matches!(
            value,
            "block"
                | "inline"
                | "inline-block"
                | "list-item"
                | "none"
                | "table"
                | "inline-table"
                | "table-row"
                | "table-cell"
                | "table-row-group"
                | "table-header-group"
                | "table-footer-group"
                | "table-column"
                | "table-column-group"
                | "table-caption"
        ),
        "float" => matches!(value, "left" | "right" | "none"),
        "overflow" => matches!(value, "hidden" | "auto" | "visible"),
        "opacity" => value.parse::<f32>().is_ok_and(|n| n <= 1.0),
        _ => true,
    }
}

fn is_property(name: &str) -> bool {
    const EXACT: [&str; 44] = [
        "background",
        "background-color",
        "border",
        "border-collapse",
        "border-color",
        "border-radius",
        "border-spacing",
        "border-style",
        "border-width",
        "box-sizing",
        "caption-side",
        "clear",
        "color",
        "direction",
        "display",
        "empty-cells",
        "float",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-variant",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "list-style",
        "list-style-position",
        "list-style-type",
        "margin",
        "max-height",
        "max-width",
        "min-height",
        "min-width",
        "opacity",
        "overflow",
        "overflow-wrap",
        "padding",
        "table-layout",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "vertical-align",
    ];
    const MORE: [&str; 8] = [
        "text-decoration-color",
        "text-decoration-line",
        "text-decoration-style",
        "white-space",
        "width",
        "word-break",
        "word-spacing",
        "word-wrap",
    ];
    EXACT.contains(&name) || MORE.contains(&name) || is_sided(name)
}

/// `margin-left`, `border-top-color`, `border-top-left-radius` …
fn is_sided(name: &str) -> bool {
    let mut words = name.split('-');
    let kind = words.next();
    let rest: Vec<&str> = words.collect();
    let side = |w: &str| matches!(w, "top" | "right" | "bottom" | "left");
    match (kind, rest.as_slice()) {
        (Some("margin" | "padding" | "border"), [s]) => side(s),
        (Some("border"), [s, "color" | "style" | "width"]) => side(s),
        (Some("border"), ["top" | "bottom", "left" | "right", "radius"]) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_styles_stay() {
        for (style, want) in [
            ("COLOR: Red ; margin:0 auto", "color:red;margin:0 auto"),
            ("font:bold 12px/1.5 'Segoe UI',Arial , sans-serif", "font:bold 12px/1.5 'Segoe UI',arial,sans-serif"),
            ("background:#FFF;border-top:solid #E1E1E1 1.0pt", "background:#fff;border-top:solid #e1e1e1 1pt"),
            ("color:rgba(0, 10,20, .5)!important", "color:rgba(0,10,20,0.5)"),
            ("width:100%;max-width:600px", "width:100%;max-width:600px"),
            ("border-top-left-radius:3px", "border-top-left-radius:3px"),
        ] {
            assert_eq!(filter(style), want);
            assert_eq!(filter(want), want, "again");
        }
    }

    #[test]
    fn dangerous_styles_go() {
        for style in [
            "background:url(http://x)",
            "background:url('x')",
            "background-image:image-set('x' 1x)",
            "color:var(--x)",
            "width:env(x)",
            "position:fixed",
            "position:absolute;z-index:9",
            "margin:-10px",
            "margin-left:-1em",
            "width:expression(alert(1))",
            "width:calc(1px)",
            "font-size:1000px",
            "width:99999px",
            "behavior:url(x)",
            "-moz-binding:url(x)",
            "@import 'x'",
            "display:flex",
            "color:u\\72l(x)",
            "background:u\\72l(http://x)",
            "--x:1",
            "content:'x'",
            "color:red}body{color:blue",
            "transform:scale(9)",
            "float:var(--y)",
            "font-family:\"a'b\"",
            "filter:blur(1px)",
            "width:1e9px",
            "opacity:2",
        ] {
            assert!(!filter(style).contains([':']) || filter(style) == "color:red", "{style} -> {}", filter(style));
        }
        assert_eq!(filter("background:url(x);color:red;{a;b};font-weight:bold"), "color:red;font-weight:bold");
    }
}
