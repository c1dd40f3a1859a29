//! Measures every criterion and prints two tables: what each took, and whether its bars hold.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Serialize;

use crate::criteria::{self, Bar, Criterion, Figure};
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

/// What is measured of every criterion, whether there is a bar for it or not.
const ALWAYS: [Figure; 5] = [Figure::PeakHeap, Figure::PeakRss, Figure::BytesRead, Figure::Requests, Figure::Time];

/// One criterion: what was measured, and the bars.
#[derive(Debug, Serialize)]
struct Row {
    case: &'static str,
    file_bytes: u64,
    measured: BTreeMap<Figure, f64>,
    bars: Vec<Held>,
    /// Why it could not be measured.
    error: Option<String>,
    ok: bool,
}

/// A bar, and whether it held.
#[derive(Debug, Serialize)]
struct Held {
    figure: Figure,
    below: f64,
    note: &'static str,
    ok: bool,
}

/// The criteria whose name contains this.
fn named(only: Option<&str>) -> anyhow::Result<Vec<&'static Criterion>> {
    let wanted = |criterion: &&Criterion| only.is_none_or(|only| criterion.name.contains(only));
    let criteria: Vec<_> = criteria::all_with_threads().filter(wanted).collect();
    ensure!(!criteria.is_empty(), "no criterion has that name; `check --list` names them");
    Ok(criteria)
}

/// Prints the criteria whose name contains this.
pub fn list(only: Option<&str>) -> anyhow::Result<bool> {
    for criterion in named(only)? {
        println!("{:36} {}", criterion.name, criterion.what);
    }
    Ok(true)
}

/// Measures; true if every bar holds.
pub fn run(request: &Request) -> anyhow::Result<bool> {
    let criteria = named(request.only.as_deref())?;
    let mut rows = Vec::new();
    let mut failed = 0;
    for criterion in criteria {
        eprintln!("{}: {}", criterion.name, criterion.what);
        // One that cannot be measured must not hide the others.
        match row(criterion, request) {
            Ok(row) => rows.push(row),
            Err(error) => {
                eprintln!("{}: {error:#}", criterion.name);
                let (measured, bars, error) = (BTreeMap::new(), Vec::new(), Some(format!("{error:#}")));
                rows.push(Row { case: criterion.name, file_bytes: 0, measured, bars, error, ok: false });
                failed += 1;
            }
        }
    }
    print(&rows);
    write_json(request.json.as_deref(), &rows)?;
    ensure!(failed == 0, "{failed} criteria could not be measured");
    Ok(rows.iter().all(|row| row.ok))
}

fn row(criterion: &Criterion, request: &Request) -> anyhow::Result<Row> {
    let file = (criterion.make)(&request.data)
        .with_context(|| format!("no file could be written to {}", request.data.display()))?;
    let mut readings: BTreeMap<Probe, Reading> = BTreeMap::new();
    let mut measured = BTreeMap::new();
    let (mut bars, mut file_bytes) = (Vec::new(), 0);
    for figure in ALWAYS.into_iter().chain(criterion.bars.iter().map(|bar| bar.figure)) {
        let probe = Probe::of(figure);
        let reading = match readings.entry(probe) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(empty) => *empty.insert(measure::in_child(probe, criterion, &file)?),
        };
        let outcome = reading.outcome;
        file_bytes = outcome.file_bytes;
        let value = match figure {
            Figure::BytesRead => outcome.bytes_read as f64,
            Figure::Requests => outcome.requests as f64,
            Figure::Rounds => outcome.rounds as f64,
            _ => reading.value,
        };
        // What a batch asks for is not counted.
        if value > 0.0 {
            measured.insert(figure, value);
        }
    }
    for Bar { figure, below, note } in criterion.bars {
        let Some(reading) = readings.get(&Probe::of(*figure)) else { continue };
        let below = below(&reading.outcome);
        let ok = measured.get(figure).is_some_and(|value| *value < below);
        bars.push(Held { figure: *figure, below, note, ok });
    }
    let ok = bars.iter().all(|bar| bar.ok);
    Ok(Row { case: criterion.name, file_bytes, measured, bars, error: None, ok })
}

/// A name for people, and how they read it.
fn name(figure: Figure) -> (&'static str, fn(f64) -> String) {
    match figure {
        Figure::PeakHeap => ("peak heap", bytes),
        Figure::PeakRss => ("peak RSS", bytes),
        Figure::BytesRead => ("bytes read", bytes),
        Figure::Requests => ("requests", |requests| requests.to_string()),
        Figure::Rounds => ("rounds", |rounds| rounds.to_string()),
        Figure::Time => ("time", seconds),
        Figure::CpuRatio => ("CPU time", |ratio| format!("{ratio:.2} x")),
    }
}

/// All that was measured, and then each bar.
fn print(rows: &[Row]) {
    let heads = ALWAYS.map(|figure| name(figure).0);
    println!("| case | file | {} |\n|---|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for Row { case, file_bytes, measured, .. } in rows {
        let cell = |figure| measured.get(&figure).map_or("-".into(), |value| name(figure).1(*value));
        println!("| {case} | {} | {} |", bytes(*file_bytes as f64), ALWAYS.map(cell).join(" | "));
    }
    println!("\n| case | figure | bar | measured | ok |\n|---|---|---|---|---|");
    for Row { case, measured, bars, .. } in rows {
        for Held { figure, below, note, ok } in bars {
            let (what, unit) = name(*figure);
            let value = measured.get(figure).copied().unwrap_or(f64::NAN);
            let ok = if *ok { "yes" } else { "**NO**" };
            println!("| {case} | {what} | < {} ({note}) | {} | {ok} |", unit(*below), unit(value));
        }
    }
}
