//! Measures one figure of one criterion, in a process of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::criteria::{self, Criterion, Figure, Outcome};

const RUNS: usize = 11;
/// So many are enough of what takes as many seconds of CPU as this.
const FEW: usize = 3;
const LONG: f64 = 3.0;

/// What a child process measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Probe {
    /// Peak heap, by dhat.
    Heap,
    /// Peak resident memory, of a process without a profiler.
    Rss,
    /// Wall time, by criterion.
    Time,
    /// CPU time beside the baseline's.
    Cpu,
    /// CPU time beside that of a fixed calculation.
    Calibrated,
}

impl Probe {
    /// The probe that gives a figure.
    pub fn of(figure: Figure) -> Probe {
        match figure {
            Figure::PeakHeap | Figure::BytesRead | Figure::Requests | Figure::Rounds => Probe::Heap,
            Figure::PeakRss => Probe::Rss,
            Figure::Time => Probe::Time,
            Figure::CpuRatio => Probe::Cpu,
        }
    }
}

/// What a probe found: its figure, and what the run said about itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// In the unit of the figure.
    pub value: f64,
    /// Of one run.
    pub outcome: Outcome,
}

/// Runs a probe of a criterion in a child process.
pub fn in_child(probe: Probe, criterion: &Criterion, file: &Path) -> anyhow::Result<Reading> {
    child(probe, criterion.name, file)
}

/// Runs a probe of any file, read as the library's own file driver reads it.
pub fn file_in_child(probe: Probe, file: &Path) -> anyhow::Result<Reading> {
    child(probe, criteria::ANY_FILE.name, file)
}

/// How `bench-harness` begins to say why it could not measure.
pub const COMPLAINT: &str = "bench-harness: ";

fn child(probe: Probe, criterion: &str, file: &Path) -> anyhow::Result<Reading> {
    let name = probe.to_possible_value().context("a hidden probe")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["measure", name.get_name(), criterion, "--"]) // a name may begin with a dash
        .arg(file)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // What it could not read, in its own words; else it crashed.
    if let (Some(2), Some(error)) = (output.status.code(), said.trim().strip_prefix(COMPLAINT)) {
        bail!("{error}");
    }
    ensure!(output.status.success(), "{} ended with {}: {}", name.get_name(), output.status, said.trim());
    // Criterion prints a report of its own; ours is the last line.
    let printed = String::from_utf8_lossy(&output.stdout);
    let last = printed.lines().last().context("nothing was printed")?;
    Ok(serde_json::from_str(last)?)
}

/// Runs a probe here and prints the reading.
pub fn print(probe: Probe, name: &str, file: &Path) -> anyhow::Result<()> {
    let criterion = criteria::named(name).context("no such criterion")?;
    let mut buffer = vec![0; 1 << 20];
    let reading = match probe {
        Probe::Heap => heap(criterion, file, &mut buffer),
        Probe::Rss => rss(criterion, file, &mut buffer),
        Probe::Time => time(criterion, file, &mut buffer),
        Probe::Cpu => cpu(criterion, file, &mut buffer),
        Probe::Calibrated => calibrated(criterion, file, &mut buffer),
    }?;
    println!("{}", serde_json::to_string(&reading)?);
    Ok(())
}

fn heap(criterion: &Criterion, file: &Path, buffer: &mut [u8]) -> anyhow::Result<Reading> {
    let profiler = dhat::Profiler::builder().testing().build();
    let outcome = (criterion.run)(file, buffer)?;
    let value = dhat::HeapStats::get().max_bytes as f64;
    drop(profiler);
    Ok(Reading { value, outcome })
}

/// What `getrusage` says, but of this program only: that also counts the process that it was forked from.
fn rss(criterion: &Criterion, file: &Path, buffer: &mut [u8]) -> anyhow::Result<Reading> {
    let outcome = (criterion.run)(file, buffer)?;
    let status = fs::read_to_string("/proc/self/status").context("resident memory is read from /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in /proc/self/status")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(Reading { value: kib * 1024.0, outcome })
}

fn time(criterion: &Criterion, file: &Path, buffer: &mut [u8]) -> anyhow::Result<Reading> {
    let outcome = (criterion.run)(file, buffer)?;
    let folder = file.with_file_name("criterion");
    let mut failed = None;
    criterion::Criterion::default()
        .without_plots()
        .output_directory(&folder)
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .bench_function(criterion.name, |bencher| {
            bencher.iter(|| failed = (criterion.run)(file, buffer).err().or(failed.take()));
        });
    if let Some(error) = failed {
        return Err(error);
    }
    let path = folder.join(criterion.name).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
    let median = estimates.pointer("/median/point_estimate").and_then(serde_json::Value::as_f64);
    Ok(Reading { value: median.context("criterion wrote no median")? / 1e9, outcome })
}

/// Both sides by turns, and the smallest of each: what the machine does beside only adds to either.
fn cpu(criterion: &Criterion, file: &Path, buffer: &mut [u8]) -> anyhow::Result<Reading> {
    let Some(baseline) = criterion.baseline else { bail!("no baseline to compare with") };
    let mut outcome = Outcome::default();
    let (mut ours, mut plain) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..RUNS {
        let start = cpu_time();
        baseline(file, buffer)?;
        let between = cpu_time();
        outcome = (criterion.run)(file, buffer)?;
        plain = plain.min(between - start);
        ours = ours.min(cpu_time() - between);
    }
    Ok(Reading { value: ours / plain, outcome })
}

/// The smallest of many runs beside the smallest of a fixed calculation: what the machine does beside only adds to either.
fn calibrated(criterion: &Criterion, file: &Path, buffer: &mut [u8]) -> anyhow::Result<Reading> {
    let mut outcome = Outcome::default();
    let (mut ours, mut fixed) = (f64::INFINITY, f64::INFINITY);
    let begin = cpu_time();
    for run in 0..RUNS {
        if run >= FEW && cpu_time() - begin > LONG {
            break;
        }
        let start = cpu_time();
        std::hint::black_box(calculation());
        let between = cpu_time();
        // Of short runs as many as take about as long.
        let mut runs = 0;
        while runs == 0 || cpu_time() - between < between - start {
            outcome = (criterion.run)(file, buffer)?;
            runs += 1;
        }
        fixed = fixed.min(between - start);
        ours = ours.min((cpu_time() - between) / f64::from(runs));
    }
    Ok(Reading { value: ours / fixed, outcome })
}

/// Some tens of milliseconds of the same work on every machine: memory, branches and arithmetic.
fn calculation() -> u64 {
    let mut table = vec![0u64; 1 << 16];
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    for _ in 0..4_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let slot = &mut table[(state >> 48) as usize];
        *slot = if state & 1 == 0 { slot.wrapping_add(state) } else { slot.rotate_left(5) };
    }
    table.iter().fold(0, |sum, one| sum ^ one)
}

fn cpu_time() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
