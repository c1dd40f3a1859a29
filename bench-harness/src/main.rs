//! The program: `bench-harness check`.

use std::path::PathBuf;
use std::process::ExitCode;

use bench_harness::check::{self, Request};
use bench_harness::measure::{self, Probe};
use clap::{Parser, Subcommand};

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
    /// The big files are written on first use (about 4 GB) and used again. Exit code 0: every bar holds; 1: one is
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
    /// Measures one thing and prints it as one line of JSON (what `check` runs)
    #[command(hide = true)]
    Measure { probe: Probe, criterion: String, file: PathBuf },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check { list: true, .. } => {
            check::list();
            Ok(true)
        }
        Command::Check { only, data, json, .. } => check::run(&Request { only, data, json }),
        Command::Measure { probe, criterion, file } => measure::print(probe, &criterion, &file).map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("bench-harness: {error:#}");
            ExitCode::from(2)
        }
    }
}
