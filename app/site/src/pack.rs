//! The last steps: names that carry the content's hash, compressed siblings, the manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::Options;
use crate::cache::{Cache, hash};
use crate::tools::Tools;

/// Contents by logical name (`icons/mail.svg`).
pub type Sources = BTreeMap<String, Vec<u8>>;

/// A file with its final name and content.
#[derive(Debug)]
pub struct Named {
    /// Where it goes below the site's folder: `icons/mail.0123456789abcdef.svg`.
    pub path: String,
    /// The hash in that name.
    pub hash: String,
    /// Its content, the names of other files in it replaced.
    pub bytes: Vec<u8>,
}

/// What the manifest tells of a file.
#[derive(Debug)]
pub struct Written {
    /// Bytes, as they are.
    pub size: u64,
    /// Bytes in Brotli, when that is worth it.
    pub br: Option<u64>,
}

/// Reads all files below a folder by their path in it; nothing when it does not exist. Names that
/// begin with a dot are left out.
pub fn read_folder(folder: &Path) -> Result<Sources> {
    let mut found = Sources::new();
    if folder.is_dir() {
        collect(folder, "", &mut found)?;
    }
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Sources) -> Result<()> {
    let listing = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(listing)? {
        let entry = entry.with_context(listing)?;
        let name = entry.file_name();
        let name = name.to_str().context("a file name is not text")?;
        if name.starts_with('.') {
            continue;
        }
        let logical = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{logical}/"), found)?;
        } else {
            let bytes = fs::read(entry.path()).with_context(|| format!("cannot read {}", entry.path().display()))?;
            found.insert(logical, bytes);
        }
    }
    Ok(())
}

/// Gives each file its hashed name. Where a text file says `/assets/<logical name>`, the final
/// name is written instead; so what is referred to is named before what refers to it.
pub fn name(sources: Sources) -> BTreeMap<String, Named> {
    let mut order: Vec<_> = sources.into_iter().collect();
    order.sort_by_key(|(logical, _)| rank(logical));
    let mut named = BTreeMap::<String, Named>::new();
    for (logical, mut bytes) in order {
        if rank(&logical) > 0
            && let Ok(text) = std::str::from_utf8(&bytes)
        {
            bytes = refer(text, &named).into_bytes();
        }
        let hash = hash(&bytes);
        let path = match logical.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
            None => format!("{logical}.{hash}"),
        };
        named.insert(logical, Named { path, hash, bytes });
    }
    named
}

/// 0 for what refers to nothing; a file may refer to those of lower ranks.
fn rank(logical: &str) -> u8 {
    match logical.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json" | "webmanifest") => 1,
        Some("css") => 2,
        Some("js" | "mjs") => 3,
        _ => 0,
    }
}

/// Writes the final names of files already named into a text.
fn refer(text: &str, named: &BTreeMap<String, Named>) -> String {
    const BASE: &str = "/assets/";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BASE) {
        let (before, after) = rest.split_at(at + BASE.len());
        out.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c))).unwrap_or(after.len());
        let (logical, tail) = after.split_at(end);
        out.push_str(named.get(logical).map_or(logical, |file| &file.path));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Writes the site: files, compressed siblings where they are worth it, and last the manifest
/// `{logical name: {path, size, br}}`. The new folder takes the place of the old in one step.
pub fn write(
    options: &Options,
    files: &BTreeMap<String, Named>,
    tools: &Tools,
    cache: &Cache,
) -> Result<BTreeMap<String, Written>> {
    let mut name = options.out.as_os_str().to_owned();
    name.push("-new");
    let new = Path::new(&name);
    if new.exists() {
        fs::remove_dir_all(new)?;
    }
    for file in files.values() {
        put(&new.join(&file.path), &file.bytes)?;
    }
    let quality = if options.dev { 5 } else { 11 };
    compress(new, files, quality, tools, cache)?;

    let mut written = BTreeMap::new();
    let mut manifest = serde_json::Map::new();
    for (logical, file) in files {
        let size = file.bytes.len() as u64;
        let mut br = None;
        for kind in ["br", "gz"] {
            let kept = cache.folder(&format!("{}.{quality}.{kind}", file.hash));
            let bytes = fs::read(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
            // Pictures gain nothing; a sibling must save a twentieth to be worth a decision.
            if (bytes.len() as u64) < size - size / 20 {
                put(&new.join(format!("{}.{kind}", file.path)), &bytes)?;
                if kind == "br" {
                    br = Some(bytes.len() as u64);
                }
            }
        }
        manifest.insert(logical.clone(), json!({ "path": file.path, "size": size, "br": br }));
        written.insert(logical.clone(), Written { size, br });
    }
    put(&new.join("manifest.json"), &serde_json::to_vec_pretty(&Value::Object(manifest))?)?;
    if options.out.exists() {
        fs::remove_dir_all(&options.out)?;
    }
    fs::rename(new, &options.out).with_context(|| format!("cannot write {}", options.out.display()))?;
    Ok(written)
}

/// Fills the cache with the compressed forms that it lacks, in one run of Node.
fn compress(new: &Path, files: &BTreeMap<String, Named>, quality: u8, tools: &Tools, cache: &Cache) -> Result<()> {
    let list: Vec<Value> = files
        .values()
        .filter_map(|file| {
            let br = cache.folder(&format!("{}.{quality}.br", file.hash));
            let gz = cache.folder(&format!("{}.{quality}.gz", file.hash));
            let there = br.exists() && gz.exists();
            let job = json!({ "file": new.join(&file.path), "br": br, "gz": gz, "quality": quality });
            (!there).then_some(job)
        })
        .collect();
    if list.is_empty() {
        return Ok(());
    }
    tools.compress(&Value::Array(list))
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let writing = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(writing)?;
    }
    fs::write(path, bytes).with_context(writing)
}

#[cfg(test)]
mod tests {
    use super::{Sources, name};

    #[test]
    fn names_follow_the_content_and_references_follow_the_names() {
        let build = |icon: &str| {
            let sources: Sources = [
                ("app.css", "a{background:url(/assets/icons/mail.svg#open)} b{c:'/assets/none.svg'}"),
                ("icons/mail.svg", icon),
                ("site.webmanifest", r#"{"src":"/assets/icons/mail.svg"}"#),
            ]
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .into();
            name(sources)
        };
        let one = build("<svg/>");
        let text = |name: &str| String::from_utf8_lossy(&one[name].bytes).into_owned();
        let icon = &one["icons/mail.svg"].path;
        assert!(icon.starts_with("icons/mail.") && icon.ends_with(".svg"));
        assert_eq!(text("app.css"), format!("a{{background:url(/assets/{icon}#open)}} b{{c:'/assets/none.svg'}}"));
        assert_eq!(text("site.webmanifest"), format!(r#"{{"src":"/assets/{icon}"}}"#));

        let two = build("<svg></svg>");
        assert_ne!(one["app.css"].path, two["app.css"].path);
        assert_eq!(one["app.css"].path, build("<svg/>")["app.css"].path);
    }
}
