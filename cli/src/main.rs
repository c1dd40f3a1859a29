//! The `mx` program: prints the metadata of DICOM, FITS, HDF5 and NetCDF files as JSON.
//!
//! It is a thin host of the library: `args` says what is wanted, `paths` finds the files, `run` has them read by the
//! library's threads (`reading`, `source`), `output` and `message` write what came out and what went wrong.

mod about;
mod args;
mod message;
mod output;
mod paths;
mod pretty;
mod progress;
mod reading;
mod records;
mod run;
mod size;
mod source;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match args::Args::try_parse() {
        Ok(args) => run::run(&args).into(),
        Err(said) => run::instead(&said),
    }
}
