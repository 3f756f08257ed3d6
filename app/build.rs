//! Turns `locales/{fr,en}/*.toml` into functions: one per sentence, its placeholders are typed arguments. The build fails
//! when a key, a plural or a placeholder is in one language only. Nothing is parsed when the program runs.

use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Sections that are looked up by a code instead of giving one function per key.
const BY_CODE: &[&str] = &["error", "said"];
const KEYWORDS: &[&str] = &["move", "return", "type", "in", "for", "as", "use", "match", "ref", "self", "loop"];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Argument { name: String, number: bool },
}

#[derive(Debug, Clone)]
enum Entry {
    Plain(Vec<Piece>),
    Plural { one: Vec<Piece>, other: Vec<Piece> },
    List(Vec<String>),
}

type Locale = BTreeMap<String, BTreeMap<String, Entry>>;

fn main() -> Fallible<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        // The tool `site` needs them to cut the WebAssembly in parts.
        println!("cargo::rustc-link-arg-cdylib=--emit-relocs");
    }
    let root = std::env::var("CARGO_MANIFEST_DIR")?;
    let read = |code: &str| read_folder(&Path::new(&root).join("locales").join(code), code == "fr");
    let (fr, en) = (read("fr")?, read("en")?);
    let faults = differences(&fr, &en);
    if !faults.is_empty() {
        return Err(format!("the locales do not agree:\n  {}", faults.join("\n  ")).into());
    }
    let target = Path::new(&std::env::var("OUT_DIR")?).join("words.rs");
    fs::write(target, generate(&fr, &en)?)?;
    Ok(())
}

/// All files of a language. A section may be in several, a key in one only.
fn read_folder(folder: &Path, french: bool) -> Fallible<Locale> {
    let mut locale = Locale::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        add(&mut locale, &fs::read_to_string(&path)?, french).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(locale)
}

fn add(locale: &mut Locale, text: &str, french: bool) -> Fallible<()> {
    let table: toml::Table = text.parse()?;
    for (section, value) in table {
        let entries = value.as_table().ok_or_else(|| format!("[{section}] is not a section"))?;
        let out = locale.entry(section.clone()).or_default();
        for (key, value) in entries {
            let entry = entry(value, french).map_err(|error| format!("{section}.{key}: {error}"))?;
            if out.insert(key.clone(), entry).is_some() {
                return Err(format!("{section}.{key} is in two files").into());
            }
        }
    }
    Ok(())
}

fn entry(value: &toml::Value, french: bool) -> Fallible<Entry> {
    let text = |value: Option<&toml::Value>| -> Fallible<String> {
        let text = value.and_then(toml::Value::as_str).ok_or("not a sentence")?;
        Ok(if french { typography(text) } else { text.to_owned() })
    };
    if let Some(list) = value.as_array() {
        return Ok(Entry::List(list.iter().map(|item| text(Some(item))).collect::<Fallible<_>>()?));
    }
    if let Some(table) = value.as_table() {
        let (one, other) = (pieces(&text(table.get("one"))?)?, pieces(&text(table.get("other"))?)?);
        return Ok(Entry::Plural { one, other });
    }
    Ok(Entry::Plain(pieces(&text(Some(value))?)?))
}

/// French spaces and apostrophes: authors type plain ones.
fn typography(text: &str) -> String {
    let mut text = text.replace('\'', "’");
    for (plain, fine) in [
        (" ?", "\u{202f}?"),
        (" !", "\u{202f}!"),
        (" ;", "\u{202f};"),
        (" :", "\u{a0}:"),
        (" »", "\u{a0}»"),
        ("« ", "«\u{a0}"),
    ] {
        text = text.replace(plain, fine);
    }
    text
}

fn pieces(text: &str) -> Fallible<Vec<Piece>> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').ok_or("a brace is not closed")? + open;
        if open > 0 {
            out.push(Piece::Text(rest[..open].to_owned()));
        }
        let inside = &rest[open + 1..close];
        let (name, number) = match inside.split_once(':') {
            Some((name, "number")) => (name, true),
            Some((_, kind)) => return Err(format!("unknown kind of placeholder: {kind}").into()),
            None => (inside, inside == "n"),
        };
        out.push(Piece::Argument { name: name.to_owned(), number });
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest.to_owned()));
    }
    Ok(out)
}

/// Names and kinds of the arguments of an entry, sorted; `n` of a plural comes first.
fn arguments(entry: &Entry) -> Vec<(String, bool)> {
    let collect = |pieces: &[Piece]| {
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Argument { name, number } => Some((name.clone(), *number)),
                Piece::Text(_) => None,
            })
            .collect::<Vec<_>>()
    };
    let mut found = match entry {
        Entry::Plain(pieces) => collect(pieces),
        Entry::Plural { one, other } => [collect(one), collect(other), vec![("n".to_owned(), true)]].concat(),
        Entry::List(_) => Vec::new(),
    };
    found.sort_by(|a, b| (a.0 != "n", &a.0).cmp(&(b.0 != "n", &b.0)));
    found.dedup();
    found
}

fn differences(fr: &Locale, en: &Locale) -> Vec<String> {
    let names = |locale: &Locale| -> Vec<(String, String)> {
        locale.iter().flat_map(|(section, keys)| keys.keys().map(move |key| (section.clone(), key.clone()))).collect()
    };
    let (in_fr, in_en) = (names(fr), names(en));
    let mut faults = Vec::new();
    for (section, key) in in_fr.iter().filter(|name| !in_en.contains(name)) {
        faults.push(format!("{section}.{key} is missing in en.toml"));
    }
    for (section, key) in in_en.iter().filter(|name| !in_fr.contains(name)) {
        faults.push(format!("{section}.{key} is missing in fr.toml"));
    }
    for (section, key) in in_fr.iter().filter(|name| in_en.contains(name)) {
        let (Some(a), Some(b)) = (fr[section].get(key), en[section].get(key)) else { continue };
        let alike = match (a, b) {
            (Entry::List(a), Entry::List(b)) => a.len() == b.len(),
            _ => std::mem::discriminant(a) == std::mem::discriminant(b),
        };
        // A code's sentence may leave a parameter out.
        if !alike || (arguments(a) != arguments(b) && !BY_CODE.contains(&section.as_str())) {
            faults.push(format!("{section}.{key} has another shape or other placeholders in one language"));
        }
    }
    faults
}

fn generate(fr: &Locale, en: &Locale) -> Fallible<String> {
    let mut out = String::new();
    for (section, keys) in fr {
        if BY_CODE.contains(&section.as_str()) {
            by_code(&mut out, section, keys, &en[section])?;
            continue;
        }
        writeln!(
            out,
            "/// Sentences of `[{section}]`.\npub mod {section} {{\n    #[allow(unused_imports)]\n    use super::{{Lang, number}};"
        )?;
        for (key, french) in keys {
            function(&mut out, key, french, &en[section][key])?;
        }
        writeln!(out, "}}")?;
    }
    Ok(out)
}

fn function(out: &mut String, key: &str, fr: &Entry, en: &Entry) -> Fallible<()> {
    let name = if KEYWORDS.contains(&key) { format!("r#{key}") } else { key.to_owned() };
    writeln!(out, "    /// {}", summary(en))?;
    if let (Entry::List(fr), Entry::List(en)) = (fr, en) {
        writeln!(
            out,
            "    pub fn {name}(lang: Lang) -> &'static [&'static str] {{ match lang {{ Lang::Fr => &{fr:?}, Lang::En => &{en:?} }} }}"
        )?;
        return Ok(());
    }
    let arguments = arguments(fr);
    if arguments.is_empty() {
        let (fr, en) = (plain(fr), plain(en));
        writeln!(
            out,
            "    pub fn {name}(lang: Lang) -> &'static str {{ match lang {{ Lang::Fr => {fr:?}, Lang::En => {en:?} }} }}"
        )?;
        return Ok(());
    }
    let typed: Vec<String> =
        arguments.iter().map(|(name, number)| format!("{name}: {}", if *number { "u64" } else { "&str" })).collect();
    writeln!(out, "    pub fn {name}(lang: Lang, {}) -> String {{ match lang {{", typed.join(", "))?;
    writeln!(out, "        Lang::Fr => {},\n        Lang::En => {},\n    }} }}", joined(fr, "n < 2"), joined(en, "n == 1"))?;
    Ok(())
}

fn summary(entry: &Entry) -> String {
    match entry {
        Entry::Plain(_) => plain(entry).replace('\n', " "),
        Entry::Plural { other, .. } => plain(&Entry::Plain(other.clone())),
        Entry::List(items) => items.join(", "),
    }
}

fn plain(entry: &Entry) -> String {
    let pieces = match entry {
        Entry::Plain(pieces) => pieces.as_slice(),
        Entry::Plural { other, .. } => other.as_slice(),
        Entry::List(_) => &[],
    };
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Argument { name, .. } => format!("{{{name}}}"),
        })
        .collect()
}

/// The expression of one language: pushes of text, smaller in WebAssembly than `format!`.
fn joined(entry: &Entry, singular: &str) -> String {
    let concat = |pieces: &[Piece]| {
        let parts: Vec<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => format!("{text:?}"),
                Piece::Argument { name, number: true } => format!("&number(lang, {name})"),
                Piece::Argument { name, number: false } => name.clone(),
            })
            .collect();
        format!("[{}].concat()", parts.join(", "))
    };
    match entry {
        Entry::Plain(pieces) => concat(pieces),
        Entry::Plural { one, other } => format!("if {singular} {{ {} }} else {{ {} }}", concat(one), concat(other)),
        Entry::List(_) => String::new(),
    }
}

fn by_code(out: &mut String, section: &str, fr: &BTreeMap<String, Entry>, en: &BTreeMap<String, Entry>) -> Fallible<()> {
    writeln!(out, "/// The sentence of `[{section}]` for a code: (singular, plural), placeholders not yet filled.")?;
    writeln!(
        out,
        "fn {section}_sentences(lang: Lang, code: &str) -> Option<(&'static str, &'static str)> {{ Some(match (code, lang) {{"
    )?;
    for (lang, entries) in [("Fr", fr), ("En", en)] {
        for (key, entry) in entries {
            let (one, other) = match entry {
                Entry::Plural { one, .. } => (plain(&Entry::Plain(one.clone())), plain(entry)),
                _ => (plain(entry), plain(entry)),
            };
            writeln!(out, "    ({key:?}, Lang::{lang}) => ({one:?}, {other:?}),")?;
        }
    }
    writeln!(out, "    _ => return None,\n}}) }}")?;
    Ok(())
}
