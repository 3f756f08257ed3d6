//! Makes `target/site`, what browsers are given besides pages.
//!
//! Takes the WebAssembly that cargo built for the crate `app`, the style sheets and the public
//! files; leaves files whose names carry their content's hash, compressed siblings (`.br`, `.gz`)
//! and `manifest.json`, which tells where each logical name went. The server reads nothing else.
//!
//! Enter at [`build`]. It works only when something changed, and keeps the expensive results
//! (optimised WebAssembly, best compression) by content in a folder beside its output.

mod bind;
mod cache;
mod pack;
mod style;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const HELP: &str = "site --wasm FILE [--out DIR] [--style FILE] [--public DIR] [--tools DIR] [--dev]

  --wasm FILE    the WebAssembly made by cargo from the crate `app` with the feature `hydrate`
  --out DIR      where the site goes (target/site)
  --style FILE   the style sheet that imports the others (style/main.css)
  --public DIR   files taken as they are (public)
  --tools DIR    the npm folder that holds wasm-opt and esbuild (end2end/node_modules)
  --dev          quick: WebAssembly is not optimised, compression is light";

/// What one run works on, as given on the command line.
#[derive(Debug)]
pub struct Options {
    /// The WebAssembly made by cargo.
    pub wasm: PathBuf,
    /// The folder to make.
    pub out: PathBuf,
    /// The style sheet that imports the others.
    pub style: PathBuf,
    /// The folder of files taken as they are.
    pub public: PathBuf,
    /// The `node_modules` folder with the tools.
    pub tools: PathBuf,
    /// Quick instead of small.
    pub dev: bool,
}

impl Options {
    /// Reads the command line without the program's name; `None` when help was asked for.
    /// Unknown words and missing values are errors.
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut options = Self {
            wasm: PathBuf::new(),
            out: "target/site".into(),
            style: "style/main.css".into(),
            public: "public".into(),
            tools: "end2end/node_modules".into(),
            dev: false,
        };
        while let Some(word) = words.next() {
            let target = match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--dev" => {
                    options.dev = true;
                    continue;
                }
                "--wasm" => &mut options.wasm,
                "--out" => &mut options.out,
                "--style" => &mut options.style,
                "--public" => &mut options.public,
                "--tools" => &mut options.tools,
                _ => bail!("unknown argument {word}\n\n{HELP}"),
            };
            *target = words.next().with_context(|| format!("{word} needs a value"))?.into();
        }
        if options.wasm.as_os_str().is_empty() {
            bail!("--wasm is missing\n\n{HELP}");
        }
        Ok(Some(options))
    }
}

/// Makes the site described by `options`, unless it is up to date; tells on standard output what
/// was made. Errors name the file or the tool that failed.
fn build(options: &Options) -> Result<()> {
    let wasm = std::fs::read(&options.wasm).with_context(|| format!("cannot read {}", options.wasm.display()))?;
    let stamp = cache::stamp(options, &wasm)?;
    if cache::is_current(options, &stamp) {
        println!("site: up to date");
        return Ok(());
    }
    let tools = tools::Tools::new(&options.tools)?;
    let cache = cache::Cache::open(&options.out)?;

    let mut sources = pack::read_folder(&options.public)?;
    let bound = bind::bind(options, &wasm, &tools, &cache)?;
    sources.insert("app.js".into(), bound.js);
    sources.extend(bound.binaries);
    sources.insert("app.css".into(), style::join(&options.style, &tools)?);

    let files = pack::name(sources);
    let written = pack::write(options, &files, &tools, &cache)?;
    cache.close(&stamp)?;
    for (name, file) in &written {
        println!("site: {name:<24} {:>9} {:>9} br", file.size, file.br.map_or_else(|| "-".into(), |size| size.to_string()));
    }
    Ok(())
}

fn main() -> ExitCode {
    let done = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => build(&options),
        Ok(None) => {
            println!("{HELP}");
            Ok(())
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("site: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(line: &str) -> anyhow::Result<Option<Options>> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn the_command_line_has_defaults_and_refuses_what_it_does_not_know() {
        let options = parse("--wasm a.wasm --dev").ok().flatten();
        assert!(options.is_some_and(|o| o.dev && o.out.ends_with("target/site")));
        assert!(parse("--wasm").is_err());
        assert!(parse("--dev").is_err());
        assert!(parse("--wasm a --fast").is_err());
        assert!(parse("--help").is_ok_and(|o| o.is_none()));
    }
}
