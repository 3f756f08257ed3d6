//! WebAssembly for the browser: the bindings in JavaScript and the optimised binary.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::Options;
use crate::cache::{Cache, hash};
use crate::tools::Tools;

/// What rustc lets LLVM use by default for wasm32-unknown-unknown; wasm-opt refuses input that
/// uses a feature it was not told of.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The two files that a page loads.
#[derive(Debug)]
pub struct Bound {
    /// A JavaScript module: `export default init`, and the exported functions.
    pub js: Vec<u8>,
    /// The binary, to be given to `init`.
    pub wasm: Vec<u8>,
}

/// Makes the bindings for `wasm` (the content of `options.wasm`) and optimises it, or takes both
/// from the cache. Errors come from wasm-bindgen or from a tool.
pub fn bind(options: &Options, wasm: &[u8], tools: &Tools, cache: &Cache) -> Result<Bound> {
    let folder = cache.folder(&format!("bound-{}-{}", hash(wasm), options.dev));
    let (js, binary) = (folder.join("app.min.js"), folder.join("app.min.wasm"));
    if !js.exists() || !binary.exists() {
        generate(&options.wasm, &folder)?;
        optimise(&folder.join("app_bg.wasm"), &binary, options.dev, tools)?;
        // Last, so that its presence means that all went well.
        minify(&folder.join("app.js"), &js, tools)?;
    }
    Ok(Bound {
        js: fs::read(&js).with_context(|| format!("cannot read {}", js.display()))?,
        wasm: fs::read(&binary).with_context(|| format!("cannot read {}", binary.display()))?,
    })
}

/// Writes `app.js`, its snippets and `app_bg.wasm` into `folder`.
fn generate(wasm: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .context("wasm-bindgen")
}

/// Makes the binary small; only a copy when `dev`.
fn optimise(from: &Path, to: &Path, dev: bool, tools: &Tools) -> Result<()> {
    if dev {
        fs::copy(from, to).with_context(|| format!("cannot write {}", to.display()))?;
        return Ok(());
    }
    let (from, to) = (text(from)?, text(to)?);
    let mut arguments = vec![from, "-o", to, "-Oz", "--strip-debug", "--strip-producers"];
    arguments.extend(FEATURES);
    tools.wasm_opt(&arguments)
}

/// Joins the module with its snippets and minifies it.
fn minify(from: &Path, to: &Path, tools: &Tools) -> Result<()> {
    let outfile = format!("--outfile={}", text(to)?);
    tools
        .esbuild(&[text(from)?, "--bundle", "--format=esm", "--minify", "--target=es2022", "--log-level=warning", &outfile])
        .map(drop)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path is not text")
}
