//! One style sheet out of many: `main.css` and what it imports, in order and in their layers.

use std::path::Path;

use anyhow::{Context, Result};

use crate::tools::Tools;

/// The oldest browsers whose syntax is written: Firefox ESR 115 and those of its year.
const TARGET: &str = "--target=chrome111,firefox115,safari16.4";

/// Joins the style sheet at `main` with its imports and minifies it. Addresses below `/assets/`
/// are left for [`crate::pack::name`]. An empty sheet when there is none; an error when one of the
/// imports is missing or cannot be parsed.
pub fn join(main: &Path, tools: &Tools) -> Result<Vec<u8>> {
    if !main.exists() {
        return Ok(Vec::new());
    }
    let main = main.to_str().context("the style sheet's path is not text")?;
    tools
        .esbuild(&[main, "--bundle", "--minify", "--external:/assets/*", "--log-level=warning", "--charset=utf8", TARGET])
        .context("cannot join the style sheets")
}
