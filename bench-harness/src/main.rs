//! The program: `bench-harness check`, and what else it measures.

use std::path::PathBuf;
use std::process::ExitCode;

use bench_harness::budget::{self, Budget};
use bench_harness::check::{self, Request};
use bench_harness::measure::{self, Probe};
use bench_harness::starvation::Together;
use bench_harness::{growth, peers, regress, report, starvation};
use clap::{Args, Parser, Subcommand};

// Counts nothing until a profiler runs, which is in the child that measures the heap only.
#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Measures metaextract against its promises
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures every criterion and fails where a bar is missed
    ///
    /// The big files are written on first use (about 9 GB, and 400 GB of holes) and used again. Exit code 0: every bar holds; 1: one is
    /// missed; 2: something could not be measured.
    Check {
        /// Measure the criteria whose name contains this
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        /// Where the big files are kept
        #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench-data"))]
        data: PathBuf,
        /// Write the rows here as JSON, too
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// List the criteria and measure nothing
        #[arg(long)]
        list: bool,
    },
    /// Measures files of your own against a budget of your own
    ///
    /// Exit code 0: all keep to it; 1: one does not, or can't be read in full; 2: the command line is wrong, or the rows
    /// can't be written.
    Run {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Most heap that one may take, such as 4MiB
        #[arg(long, value_name = "SIZE", value_parser = size)]
        max_heap: Option<u64>,
        /// Most bytes that may be read of one
        #[arg(long, value_name = "SIZE", value_parser = size)]
        max_read: Option<u64>,
        /// Write the rows here as JSON, too
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Compares every criterion with the figures of an earlier build: heap exactly, time beside a fixed calculation
    ///
    /// Prints a Markdown table. Exit code 1: something got worse.
    Regress {
        /// The figures of the earlier build
        #[arg(long, value_name = "FILE")]
        baseline: PathBuf,
        /// Write the figures of this build there
        #[arg(long)]
        update: bool,
        /// Compare the criteria whose name contains this
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Measures the tools of the field beside mx, as far as they are installed (ci/peers installs them)
    Peers {
        /// Measure the files whose name contains this
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Measures peak heap for files from 1 MB to 100 GB, and fails where it grows with them
    Growth {
        #[command(flatten)]
        place: Place,
    },
    /// Reads ten large files under a limit of the address space, and fails where one is lost
    Starvation {
        #[command(flatten)]
        place: Place,
    },
    /// Measures growth, streaming and the tools of the field, and draws one page of plots (and each plot as SVG)
    Report {
        /// Where the page and the plots go
        #[arg(long, value_name = "DIR", default_value = "target/report")]
        out: PathBuf,
        /// What `peers --json` has written, instead of measuring the tools of the field anew
        #[arg(long, value_name = "FILE")]
        peers: Option<PathBuf>,
        /// Where the big files are kept
        #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench-data"))]
        data: PathBuf,
    },
    /// Runs one command and prints what it took (what `peers` runs)
    #[command(hide = true)]
    Peer {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Reads files under a limit of the address space (what `starvation` runs)
    #[command(hide = true)]
    Starve { together: Together, limit: u64, files: Vec<PathBuf> },
    /// Measures one thing and prints it as one line of JSON (what `check` runs)
    #[command(hide = true)]
    Measure { probe: Probe, criterion: String, file: PathBuf },
}

/// Where the big files are, and where rows go.
#[derive(Args)]
struct Place {
    /// Where the big files are kept
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench-data"))]
    data: PathBuf,
    /// Write the rows here as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A size as `mx` reads it: `M` and `MiB` count by 1024, `MB` by 1000.
fn size(text: &str) -> Result<u64, String> {
    let unit = if text.ends_with(|last| "kKmMgGtT".contains(last)) { "iB" } else { "" };
    parse_size::parse_size(format!("{text}{unit}"))
        .map_err(|_| "a size is a number with a unit or none, such as 65536, 64KiB or 4MiB".to_owned())
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check { list: true, only, .. } => check::list(only.as_deref()),
        Command::Check { only, data, json, .. } => check::run(&Request { only, data, json }),
        Command::Run { files, max_heap, max_read, json } => {
            budget::run(&files, Budget { heap: max_heap, read: max_read }, json.as_deref())
        }
        Command::Regress { baseline, update, only, place: Place { data, json } } => {
            regress::run(&regress::Request { baseline, update, only, data, json })
        }
        Command::Peers { only, place } => {
            peers::run(&place.data, only.as_deref(), place.json.as_deref()).map(|()| true)
        }
        Command::Report { out, peers, data } => report::run(&data, &out, peers.as_deref()).map(|()| true),
        Command::Growth { place } => growth::run(&place.data, place.json.as_deref()),
        Command::Starvation { place } => starvation::run(&place.data, place.json.as_deref()),
        Command::Peer { words } => peers::peer(&words).map(|()| true),
        Command::Starve { together, limit, files } => starvation::starve(together, limit, &files).map(|()| true),
        Command::Measure { probe, criterion, file } => measure::print(probe, &criterion, &file).map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{}{error:#}", measure::COMPLAINT);
            ExitCode::from(2)
        }
    }
}
