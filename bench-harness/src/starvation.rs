//! Ten large files under a limit of the address space: all must be complete, one by one and as one batch.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use metaextract::{Document, Options, Status, drivers};
use nix::sys::resource::{Resource, setrlimit};
use serde::Serialize;

use crate::data::ten;
use crate::figures::{bytes, write_json};

/// Limits of the address space: the program itself takes about 20 MB of it.
const LIMITS: [u64; 2] = [280 << 20, 64 << 20];
/// Of a batch; each takes address space for its stack and its heap.
const THREADS: usize = 4;

/// How the files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Together {
    /// One after the other.
    OneByOne,
    /// On threads, within one memory limit.
    Batch,
}

/// One way to read them under one limit.
#[derive(Debug, Serialize)]
struct Row {
    address_space: u64,
    together: String,
    files: usize,
    complete: usize,
    ok: bool,
}

/// Reads the files under each limit; true if none is lost.
pub fn run(folder: &Path, json: Option<&Path>) -> anyhow::Result<bool> {
    let files = ten::files(folder)?;
    let mut rows = Vec::new();
    for limit in LIMITS {
        for together in [Together::OneByOne, Together::Batch] {
            let name = together.to_possible_value().context("a hidden way")?;
            let output = Command::new(std::env::current_exe()?)
                .args(["starve", name.get_name(), &limit.to_string()])
                .args(&files)
                .stdin(Stdio::null())
                .output()?;
            let complete = String::from_utf8_lossy(&output.stdout).lines().count();
            let ok = output.status.success() && complete == files.len();
            let (of, space, said) = (files.len(), bytes(limit as f64), if ok { "yes" } else { "NO" });
            println!("{complete} of {of} files under {space} of address space, {}  {said}", name.get_name());
            if !ok {
                eprintln!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
            }
            let together = name.get_name().to_owned();
            rows.push(Row { address_space: limit, together, files: of, complete, ok });
        }
    }
    write_json(json, &rows)?;
    Ok(rows.iter().all(|row| row.ok))
}

/// Reads files under a limit, in this process; a line for each that is complete.
pub fn starve(together: Together, limit: u64, files: &[PathBuf]) -> anyhow::Result<()> {
    setrlimit(Resource::RLIMIT_AS, limit, limit)?;
    let options = Options::default();
    match together {
        Together::OneByOne => files.iter().try_for_each(|file| say(file, drivers::extract_file(file, &options))),
        Together::Batch => drivers::batch::extract_files(files.iter().cloned(), &options, THREADS)?
            .try_for_each(|read| say(&read.path, read.document)),
    }
}

fn say(file: &Path, document: metaextract::Result<Document>) -> anyhow::Result<()> {
    let document = document.with_context(|| file.display().to_string())?;
    ensure!(document.status() == Status::Done, "{}: the document is partial", file.display());
    println!("{}", file.display());
    Ok(())
}
