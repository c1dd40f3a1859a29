//! A user's own files against a user's own budget.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::figures::{bytes, write_json};
use crate::measure::{self, Probe};

/// What is allowed for each file; `None`: not measured against anything.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Peak heap, in bytes.
    pub heap: Option<u64>,
    /// Bytes of the file that are read.
    pub read: Option<u64>,
}

/// What became of a file: its figures, or why there are none.
#[derive(Debug, Default, Serialize)]
struct Row {
    /// U+FFFD where the name is not UTF-8.
    file: String,
    peak_heap: Option<f64>,
    bytes_read: Option<u64>,
    file_bytes: Option<u64>,
    json_bytes: Option<u64>,
    error: Option<String>,
    ok: bool,
}

/// Measures each file; true if all keep to the budget. A file that can't be read in full is over it.
pub fn run(files: &[PathBuf], budget: Budget, json: Option<&Path>) -> anyhow::Result<bool> {
    let (mut rows, mut all) = (Vec::new(), true);
    println!("{:>12}{:>12}{:>12}{:>12}  ok   file", "peak heap", "read", "file size", "document");
    for file in files {
        match measure::file_in_child(Probe::Heap, file) {
            Ok(reading) => {
                let outcome = reading.outcome;
                let within = |measured: f64, most: Option<u64>| most.is_none_or(|most| measured <= most as f64);
                let ok = within(reading.value, budget.heap) && within(outcome.bytes_read as f64, budget.read);
                let figures =
                    [reading.value, outcome.bytes_read as f64, outcome.file_bytes as f64, outcome.json_bytes as f64];
                figures.iter().for_each(|figure| print!("{:>12}", bytes(*figure)));
                println!("  {:4} {}", if ok { "yes" } else { "NO" }, file.display());
                rows.push(Row {
                    file: file.display().to_string(),
                    peak_heap: Some(reading.value),
                    bytes_read: Some(outcome.bytes_read),
                    file_bytes: Some(outcome.file_bytes),
                    json_bytes: Some(outcome.json_bytes),
                    error: None,
                    ok,
                });
                all &= ok;
            }
            Err(error) => {
                println!("{:48}  NO   {}", "", file.display());
                eprintln!("{}: {error:#}", file.display());
                rows.push(Row {
                    file: file.display().to_string(),
                    error: Some(format!("{error:#}")),
                    ..Row::default()
                });
                all = false;
            }
        }
    }
    write_json(json, &rows)?;
    Ok(all)
}
