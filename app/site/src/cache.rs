//! What makes a second run quick: a stamp over all inputs, and results kept by content.
//!
//! The folder `<out>-cache` holds them; what one run does not use is removed at its end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::Options;
use crate::pack::read_folder;

const STAMP: &str = "stamp";

/// Sixteen hexadecimal digits that name a content.
pub fn hash(bytes: &[u8]) -> String {
    let mut hex = blake3::hash(bytes).to_hex().to_string();
    hex.truncate(16);
    hex
}

/// A hash over everything the site depends on: the WebAssembly given, the style sheets, the
/// public files, the tools' versions, this program and its options. Errors when one cannot be read.
pub fn stamp(options: &Options, wasm: &[u8]) -> Result<String> {
    let mut all = blake3::Hasher::new();
    let mut add = |name: &str, bytes: &[u8]| {
        all.update(&(name.len() as u64).to_le_bytes());
        all.update(name.as_bytes());
        all.update(&(bytes.len() as u64).to_le_bytes());
        all.update(bytes);
    };
    add("dev", &[u8::from(options.dev)]);
    add("wasm", wasm);
    let styles = options.style.parent().unwrap_or(Path::new("."));
    for folder in [styles, &options.public] {
        for (name, bytes) in read_folder(folder)? {
            add(&name, &bytes);
        }
    }
    // Written by npm at each installation; tells the versions of all tools.
    add("tools", &fs::read(options.tools.join(".package-lock.json")).unwrap_or_default());
    let program = fs::metadata(std::env::current_exe()?)?;
    let built = program.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    add("program", &built.to_le_bytes());
    Ok(all.finalize().to_hex().to_string())
}

/// True when the folder to make is there and was made from exactly these inputs.
pub fn is_current(options: &Options, stamp: &str) -> bool {
    fs::read_to_string(root(&options.out).join(STAMP)).is_ok_and(|old| old == stamp) && is_whole(&options.out)
}

/// Whether every file that the manifest lists is there, with its size.
fn is_whole(out: &Path) -> bool {
    let Ok(manifest) = fs::read(out.join("manifest.json")) else { return false };
    let Ok(manifest) = serde_json::from_slice::<Map<String, Value>>(&manifest) else { return false };
    manifest.values().all(|file| {
        let path = file["path"].as_str().map(|path| out.join(path));
        let found = path.and_then(|path| fs::metadata(path).ok()).map(|found| found.len());
        found.is_some() && found == file["size"].as_u64()
    })
}

/// Results kept by content.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    used: RefCell<BTreeSet<String>>,
}

impl Cache {
    /// Opens the cache that belongs to the output folder; takes the stamp away, since a new site is begun.
    pub fn open(out: &Path) -> Result<Self> {
        let root = root(out);
        fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
        if root.join(STAMP).exists() {
            fs::remove_file(root.join(STAMP))?;
        }
        Ok(Self { root, used: RefCell::default() })
    }

    /// The path of an entry, which may not exist yet. It is kept at the end of this run.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.used.borrow_mut().insert(name.to_owned());
        self.root.join(name)
    }

    /// Removes what this run did not use and writes the stamp.
    pub fn close(self, stamp: &str) -> Result<()> {
        let used = self.used.into_inner();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if used.contains(&*entry.file_name().to_string_lossy()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        fs::write(self.root.join(STAMP), stamp).context("cannot write the stamp")
    }
}

fn root(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push("-cache");
    name.into()
}
