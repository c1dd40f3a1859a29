//! A user's own files against a user's own budget.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::figures::{bytes, name, write_json};
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
                let over = over(reading.value, outcome.bytes_read as f64, budget);
                let ok = over.is_empty();
                let figures =
                    [reading.value, outcome.bytes_read as f64, outcome.file_bytes as f64, outcome.json_bytes as f64];
                figures.iter().for_each(|figure| print!("{:>12}", bytes(*figure)));
                println!("  {:4} {}", if ok { "yes" } else { "NO" }, name(file));
                over.iter().for_each(|over| eprintln!("{}: {over}", name(file)));
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
                println!("{:48}  NO   {}", "", name(file));
                eprintln!("{}: {error:#}", name(file));
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

/// What of a budget is exceeded, and by what.
fn over(heap: f64, read: f64, budget: Budget) -> Vec<String> {
    let mut over = Vec::new();
    for (what, measured, most) in [("peak heap", heap, budget.heap), ("read", read, budget.read)] {
        if let Some(most) = most.filter(|most| measured > *most as f64) {
            over.push(format!("{what} {}: over the budget of {}", exactly(measured), exactly(most as f64)));
        }
    }
    over
}

/// Two figures that look alike may differ: the bytes stand there too.
fn exactly(figure: f64) -> String {
    format!("{} ({figure} bytes)", bytes(figure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_budget_is_named() {
        let budget = Budget { heap: Some(4096), read: Some(1 << 20) };
        assert_eq!(over(4096.0, 1048576.0, budget), [""; 0]);
        let said = over(4097.0, 1048577.0, budget);
        assert_eq!(said[0], "peak heap 4.0 KiB (4097 bytes): over the budget of 4.0 KiB (4096 bytes)");
        assert!(said[1].starts_with("read 1.00 MiB (1048577 bytes): "), "{said:?}");
        assert!(over(1e12, 1e12, Budget { heap: None, read: None }).is_empty());
    }
}
