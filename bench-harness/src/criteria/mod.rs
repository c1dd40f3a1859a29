//! The promises, as a table: what is read, how, and the bars that must hold.

mod batch;
mod dicom;
mod fits;
mod hdf5;
mod netcdf;
mod runs;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(crate) const KIB: f64 = 1024.0;
pub(crate) const MIB: f64 = 1024.0 * KIB;

/// Work on a file, with a buffer of 1 MiB.
pub type Work<T> = fn(&Path, &mut [u8]) -> anyhow::Result<T>;

/// One promise about one way to read one file.
pub struct Criterion {
    /// Names it on the command line.
    pub name: &'static str,
    /// Says in one phrase what is done.
    pub what: &'static str,
    /// Writes the file into a folder, unless it stands there, and gives its path.
    pub make: fn(&Path) -> io::Result<PathBuf>,
    /// Does it once. Whatever it allocates counts; the buffer is its host's and does not.
    pub run: Work<Outcome>,
    /// What CPU time is compared with.
    pub baseline: Option<Work<()>>,
    /// What must hold.
    pub bars: &'static [Bar],
}

/// What one run says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Length of the document, or of all records, in bytes.
    pub json_bytes: u64,
    /// Bytes of the file that were handed to the library.
    pub bytes_read: u64,
    /// Length of the file.
    pub file_bytes: u64,
    /// Ranges that were asked for.
    pub requests: u64,
    /// How often all that was wanted was handed over, where that is how it was read.
    pub rounds: u64,
}

/// One figure, and the most that it may be.
pub struct Bar {
    /// What is measured.
    pub figure: Figure,
    /// The limit, itself excluded.
    pub below: fn(&Outcome) -> f64,
    /// Whose bar it is, or how it is reckoned.
    pub note: &'static str,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// Most heap held at once, in bytes, by dhat.
    PeakHeap,
    /// Bytes of the file that were handed to the library.
    BytesRead,
    /// How many ranges were asked for.
    Requests,
    /// How often a host that gets all wanted ranges at once has to wait for them.
    Rounds,
    /// Most resident memory of the whole process, in bytes.
    PeakRss,
    /// Median wall time of a run in seconds, by criterion.
    Time,
    /// CPU time as a multiple of the baseline's: the least of 11 runs each, by turns.
    CpuRatio,
}

impl Bar {
    const fn below(figure: Figure, below: fn(&Outcome) -> f64, note: &'static str) -> Bar {
        Bar { figure, below, note }
    }
}

/// Reads whatever file is given; it promises nothing.
pub static ANY_FILE: Criterion = Criterion {
    name: "any-file",
    what: "a file of the user's, read by ranges",
    make: |_| Err(io::Error::other("the file is the user's")),
    run: runs::read_file,
    baseline: None,
    bars: &[],
};

/// The criterion of this name.
pub fn named(name: &str) -> Option<&'static Criterion> {
    all().chain(batch::CRITERIA).chain([&ANY_FILE]).find(|criterion| criterion.name == name)
}

/// Every criterion of one thread: what it holds is the same in every run.
pub fn all() -> impl Iterator<Item = &'static Criterion> {
    dicom::CRITERIA.iter().chain(fits::CRITERIA).chain(hdf5::CRITERIA).chain(netcdf::CRITERIA)
}

/// Every criterion, in the order of the report.
pub fn all_with_threads() -> impl Iterator<Item = &'static Criterion> {
    all().chain(batch::CRITERIA)
}
