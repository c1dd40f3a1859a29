//! Measures every criterion and prints a table: case, figure, bar, measured, ok.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Serialize;

use crate::criteria::{self, Criterion, Figure};
use crate::figures::{bytes, seconds, write_json};
use crate::measure::{self, Probe, Reading};

/// What to check, and where.
pub struct Request {
    /// Only criteria whose name contains this.
    pub only: Option<String>,
    /// The folder of the big files.
    pub data: PathBuf,
    /// A file for the rows, as JSON.
    pub json: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Row {
    case: &'static str,
    figure: Figure,
    bar: Option<f64>,
    note: &'static str,
    measured: f64,
    ok: bool,
}

/// Prints the criteria.
pub fn list() {
    for criterion in criteria::all() {
        println!("{:36} {}", criterion.name, criterion.what);
    }
}

/// Measures; true if every bar holds.
pub fn run(request: &Request) -> anyhow::Result<bool> {
    let wanted = |criterion: &&Criterion| request.only.as_ref().is_none_or(|only| criterion.name.contains(only));
    let criteria: Vec<_> = criteria::all().filter(wanted).collect();
    ensure!(!criteria.is_empty(), "no criterion has that name; `check --list` names them");
    let mut rows = Vec::new();
    let mut failed = 0;
    for criterion in criteria {
        eprintln!("{}: {}", criterion.name, criterion.what);
        // One that cannot be measured must not hide the others.
        match rows_of(criterion, request) {
            Ok(more) => rows.extend(more),
            Err(error) => {
                eprintln!("{}: {error:#}", criterion.name);
                failed += 1;
            }
        }
    }
    print(&rows);
    write_json(request.json.as_deref(), &rows)?;
    ensure!(failed == 0, "{failed} criteria could not be measured");
    Ok(rows.iter().all(|row| row.ok))
}

fn rows_of(criterion: &Criterion, request: &Request) -> anyhow::Result<Vec<Row>> {
    let file = (criterion.make)(&request.data).context("the file could not be written")?;
    let mut readings: HashMap<Probe, Reading> = HashMap::new();
    let mut rows = Vec::new();
    for bar in criterion.bars {
        let probe = Probe::of(bar.figure);
        let reading = match readings.entry(probe) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(empty) => *empty.insert(measure::in_child(probe, criterion, &file)?),
        };
        let measured = match bar.figure {
            Figure::BytesRead => reading.outcome.bytes_read as f64,
            Figure::Rounds => reading.outcome.rounds as f64,
            _ => reading.value,
        };
        let limit = bar.below.map(|below| below(&reading.outcome));
        let ok = limit.is_none_or(|limit| measured < limit);
        rows.push(Row { case: criterion.name, figure: bar.figure, bar: limit, note: bar.note, measured, ok });
    }
    Ok(rows)
}

fn print(rows: &[Row]) {
    println!("{:36}{:12}{:36}{:>12}  ok", "case", "figure", "bar", "measured");
    for row in rows {
        let (name, unit): (_, fn(f64) -> String) = match row.figure {
            Figure::PeakHeap => ("peak heap", bytes),
            Figure::BytesRead => ("bytes read", bytes),
            Figure::Rounds => ("rounds", |rounds| rounds.to_string()),
            Figure::PeakRss => ("peak RSS", bytes),
            Figure::Time => ("time", seconds),
            Figure::CpuRatio => ("CPU time", |ratio| format!("{ratio:.3} x")),
        };
        let bar = row.bar.map_or_else(String::new, |bar| format!("< {} ({})", unit(bar), row.note));
        let ok = match (row.bar, row.ok) {
            (None, _) => "",
            (_, true) => "yes",
            (_, false) => "NO",
        };
        println!("{:36}{name:12}{bar:36}{:>12}  {ok}", row.case, unit(row.measured));
    }
}
