//! WebAssembly for the browser: the parts, the bindings in JavaScript, the optimised binaries.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow};
use walrus::{FunctionBuilder, FunctionKind, Module};
use wasm_bindgen_cli_support::Bindgen;

use crate::Options;
use crate::cache::{Cache, hash};
use crate::pack;
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

/// The files that a page loads.
#[derive(Debug)]
pub struct Bound {
    /// A JavaScript module: `export default init`, and the exported functions.
    pub js: Vec<u8>,
    /// The binaries by logical name: `app_bg.wasm`, to be given to `init`, and the parts that the
    /// module fetches when they are wanted.
    pub binaries: BTreeMap<String, Vec<u8>>,
}

/// Cuts `wasm` (the content of `options.wasm`) in parts, makes the bindings and optimises all, or
/// takes them from the cache. Errors come from the cutting, from wasm-bindgen or from a tool.
pub fn bind(options: &Options, wasm: &[u8], tools: &Tools, cache: &Cache) -> Result<Bound> {
    let folder = cache.folder(&format!("bound-{}-{}", hash(wasm), options.dev));
    let (js, small) = (folder.join("app.min.js"), folder.join("min"));
    if !js.exists() {
        let parts = split(wasm, &folder)?;
        generate(&folder.join(MAIN), &folder)?;
        for part in &parts {
            let path = folder.join(part);
            let mut module = Module::from_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
            snip(&mut module);
            module.emit_wasm_file(&path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        fs::create_dir_all(&small).with_context(|| format!("cannot make {}", small.display()))?;
        let all = parts.iter().map(String::as_str).chain(["app_bg.wasm"]);
        let (from, to) = (&folder, &small);
        thread::scope(|scope| {
            let one = |part| scope.spawn(move || optimise(&from.join(part), &to.join(part), options.dev, tools));
            let running: Vec<_> = all.map(one).collect();
            running.into_iter().try_for_each(|part| part.join().map_err(|_| anyhow!("optimising was broken off"))?)
        })?;
        // Last, so that its presence means that all went well.
        minify(&folder.join("app.js"), &js, tools)?;
    }
    let js = fs::read(&js).with_context(|| format!("cannot read {}", js.display()))?;
    Ok(Bound { js, binaries: pack::read_folder(&small)? })
}

const MAIN: &str = "main.wasm";
const LOADER: &str = "__wasm_split.js";

/// Cuts the binary along the functions marked `wasm_split`: writes the main part, the others (whose
/// names it returns) and the module that fetches them into `folder`.
fn split(wasm: &[u8], folder: &Path) -> Result<Vec<String>> {
    let (main, loader) = (folder.join(MAIN), folder.join(LOADER));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.main_module = "./app.js";
    let link = format!("./{LOADER}");
    options.link_name = &link;
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("cutting the WebAssembly: {error:#}"))?;
    let mut parts = Vec::new();
    let mut text = fs::read_to_string(&loader).with_context(|| format!("cannot read {}", loader.display()))?;
    for path in &split.split_modules {
        let name = path.file_name().and_then(|name| name.to_str()).context("a part has no name")?;
        // Served like all files of the site, under the name that carries its hash.
        text = text.replace(&format!("new URL(\"./{name}\", import.meta.url)"), &format!("\"/assets/{name}\""));
        parts.push(name.to_owned());
    }
    // The page says itself what it does about a part that does not come.
    let text = text.replace("console.error(e);", "");
    fs::write(&loader, text).with_context(|| format!("cannot write {}", loader.display()))?;
    Ok(parts)
}

/// Writes `app.js`, its snippets and `app_bg.wasm` into `folder`.
fn generate(wasm: &Path, folder: &Path) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        // The parts are linked with these.
        .keep_lld_exports(true)
        .remove_producers_section(true)
        .generate_output()
        .context("wasm-bindgen")?;
    snip(output.wasm_mut());
    output.emit(folder).context("wasm-bindgen")
}

/// Functions never called here, though their addresses are in every erased view: those that hydrate
/// step by step (the page is hydrated in one go) and those that fill templates (not used).
const NEVER: [&str; 2] = ["hydrate_async", "hydrate_from_template"];

/// Empties the functions that are never called, so that wasm-opt removes what only they need.
fn snip(module: &mut Module) {
    // The function itself, not what is inside it: the compiler folds such closures with those of functions that are called.
    let never = |name: &str| {
        let path = name.rsplit_once("::h").map_or(name, |(path, _)| path);
        NEVER.iter().any(|part| path.ends_with(&format!("::{part}")) || name.contains(&format!("{}{part}17h", part.len())))
    };
    let found: Vec<_> = module
        .funcs
        .iter()
        .filter(|function| function.name.as_deref().is_some_and(never))
        .map(|it| (it.id(), it.ty()))
        .collect();
    for (id, ty) in found {
        let (parameters, results) = module.types.params_results(ty);
        let (parameters, results) = (parameters.to_vec(), results.to_vec());
        let arguments = parameters.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
        builder.func_body().unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(arguments));
    }
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
