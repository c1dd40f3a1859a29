//! Figures against those of an earlier build: heap exactly, time beside a fixed calculation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::criteria::{self, Criterion};
use crate::figures::{bytes, write_json};
use crate::measure::{self, Probe};

/// Heap may be so much more or less: nothing in it depends on the machine.
const HEAP_TOLERANCE: f64 = 0.01;
/// Time may be so many times as long: what machines differ in beside the calculation, and noise.
const TIME_FACTOR: f64 = 2.0;
/// Runs that take less of the fixed calculation than this are too short to compare.
const SHORTEST: f64 = 0.001;

/// What to compare, and with what.
pub struct Request {
    /// The figures of the earlier build.
    pub baseline: PathBuf,
    /// Write them anew.
    pub update: bool,
    /// Only criteria whose name contains this.
    pub only: Option<String>,
    /// The folder of the big files.
    pub data: PathBuf,
    /// A file for the rows, as JSON.
    pub json: Option<PathBuf>,
}

/// The figures of one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Figures {
    /// Peak heap in bytes, by dhat.
    heap: f64,
    /// CPU time as a multiple of the fixed calculation's.
    time: f64,
}

#[derive(Debug, Serialize)]
struct Row {
    case: &'static str,
    before: Option<Figures>,
    now: Figures,
    ok: bool,
}

/// Compares and prints a Markdown table; true if nothing got worse.
pub fn run(request: &Request) -> anyhow::Result<bool> {
    // What stands there and can't be read is not written over.
    let baseline = match request.update && !request.baseline.exists() {
        true => BTreeMap::new(),
        false => read(&request.baseline)?,
    };
    let wanted = |criterion: &&Criterion| request.only.as_ref().is_none_or(|only| criterion.name.contains(only));
    let mut rows = Vec::new();
    for criterion in criteria::all().filter(wanted) {
        eprintln!("{}: {}", criterion.name, criterion.what);
        let now = figures(criterion, &request.data)?;
        let before = baseline.get(criterion.name).copied();
        rows.push(Row { case: criterion.name, before, now, ok: before.is_some_and(|before| holds(before, now)) });
    }
    ensure!(!rows.is_empty(), "no criterion of one thread has that name; `check --list` names all");
    print!("{}", table(&rows));
    write_json(request.json.as_deref(), &rows)?;
    if request.update {
        let mut all = baseline;
        all.extend(rows.iter().map(|row| (row.case.to_owned(), row.now)));
        write_json(Some(&request.baseline), &all)?;
        return Ok(true);
    }
    Ok(rows.iter().all(|row| row.ok))
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Figures>> {
    let text = fs::read_to_string(path).with_context(|| format!("{}: --update writes it", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{}: no figures of this program", path.display()))
}

fn figures(criterion: &Criterion, folder: &Path) -> anyhow::Result<Figures> {
    let file = (criterion.make)(folder).with_context(|| format!("no file could be written to {}", folder.display()))?;
    let heap = measure::in_child(Probe::Heap, criterion, &file)?.value;
    let time = measure::in_child(Probe::Calibrated, criterion, &file)?.value;
    Ok(Figures { heap, time })
}

fn holds(before: Figures, now: Figures) -> bool {
    let heap = (now.heap - before.heap).abs() <= before.heap * HEAP_TOLERANCE;
    let time = now.time <= (before.time * TIME_FACTOR).max(SHORTEST);
    heap && time
}

fn table(rows: &[Row]) -> String {
    let mut out =
        String::from("| case | heap before | heap now | time before | time now | ok |\n|---|---|---|---|---|---|\n");
    for Row { case, before, now, ok } in rows {
        let heap = before.map_or("-".into(), |before| bytes(before.heap));
        let time = before.map_or("-".into(), |before| format!("{:.4}", before.time));
        let ok = match before {
            Some(_) if *ok => "yes",
            Some(_) => "**no**",
            None => "**no figure to compare with**",
        };
        let _ = writeln!(out, "| {case} | {heap} | {} | {time} | {:.4} | {ok} |", bytes(now.heap), now.time);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heap_is_exact_and_time_has_room() {
        let before = Figures { heap: 1000.0, time: 0.5 };
        for (heap, time, ok) in
            [(1000.0, 0.5, true), (1009.0, 0.9, true), (1011.0, 0.5, false), (989.0, 0.5, false), (1000.0, 1.1, false)]
        {
            assert_eq!(holds(before, Figures { heap, time }), ok, "{heap} {time}");
        }
        let short = Figures { heap: 1.0, time: 0.0001 };
        assert!(holds(short, Figures { time: 0.0009, ..short }));
    }
}
