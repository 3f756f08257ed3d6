//! Embeds the site (style sheet, scripts, WebAssembly) into the program when `PLI_SITE_DIR` names
//! its folder at build time, as `make build` does. Otherwise the table is empty and the server
//! reads the folder when it starts, so that tests need no WebAssembly.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PLI_SITE_DIR");

    let mut files = Vec::new();
    let mut fallback = workspace()?.join("target/site");
    if let Some(site) = env::var_os("PLI_SITE_DIR").filter(|dir| !dir.is_empty()) {
        // Relative to the workspace: cargo runs this program in the crate's folder.
        let site = workspace()?.join(site);
        println!("cargo::rerun-if-changed={}", site.display());
        collect(&site, &site, &mut files)?;
        files.sort();
        fallback = PathBuf::new();
    }

    let mut code = String::from("pub static EMBEDDED: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        writeln!(code, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    writeln!(code, "];\npub const SITE_DIR: &str = {fallback:?};")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("site.rs"), code)?;
    Ok(())
}

fn workspace() -> Result<PathBuf, Box<dyn Error>> {
    let crate_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    Ok(crate_dir.parent().ok_or("no workspace")?.to_owned())
}

/// Lists the files below `folder` by their path from `root`, with their place on this disk.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_str().ok_or("a name is not text")?;
            files.push((name.to_owned(), path));
        }
    }
    Ok(())
}
