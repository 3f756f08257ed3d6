//! The programs of npm that the build borrows: esbuild, wasm-opt, and Node itself for compression.
//! They run as processes and must not reach the network.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Compresses the files listed on standard input; Node's zlib is the reference implementation
/// of both formats and is there already for wasm-opt.
const COMPRESS: &str = include_str!("compress.mjs");

/// Where the programs are.
#[derive(Debug)]
pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Finds the programs in a `node_modules` folder; an error when they were not installed.
    pub fn new(modules: &Path) -> Result<Self> {
        let bin = modules.join(".bin");
        for name in ["esbuild", "wasm-opt"] {
            if !bin.join(name).exists() {
                bail!("{name} is not in {}: run .ci/setup, or npm ci in end2end", bin.display());
            }
        }
        Ok(Self { bin })
    }

    /// Runs `esbuild` with these arguments; returns what it wrote to standard output.
    pub fn esbuild(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        run("esbuild", Command::new(self.bin.join("esbuild")).args(arguments), &[])
    }

    /// Runs `wasm-opt` with these arguments; the files it reads and writes are among them.
    pub fn wasm_opt(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(self.bin.join("wasm-opt"));
        run("wasm-opt", command.args(arguments), &[]).map(drop)
    }

    /// Compresses files as told by a JSON list of `{file, br, gz, quality}` (paths).
    pub fn compress(&self, list: &serde_json::Value) -> Result<()> {
        let mut command = Command::new("node");
        command.args(["--input-type=module", "-e", COMPRESS]);
        run("node", &mut command, list.to_string().as_bytes()).map(drop)
    }
}

/// Runs a command with `input` on its standard input; its standard output, or an error with the
/// command's name when it fails. Its complaints go to our standard error.
fn run(name: &str, command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {name}"))?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input).with_context(|| format!("{name} does not read"))?;
    }
    let output = child.wait_with_output().with_context(|| format!("{name} does not end"))?;
    if !output.status.success() {
        bail!("{name} failed ({})", output.status);
    }
    Ok(output.stdout)
}
