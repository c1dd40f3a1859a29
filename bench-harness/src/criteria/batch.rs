//! What is promised for many files at once.

use std::fs;
use std::path::Path;

use anyhow::ensure;
use metaextract::drivers::batch;
use metaextract::{Options, Status};

use super::{Bar, Criterion, Figure, MIB, Outcome};
use crate::data::ten;

/// More than most machines have: what is held follows the threads.
const THREADS: usize = 4;

pub(super) const CRITERIA: &[Criterion] = &[Criterion {
    name: "batch-ten-large-files",
    what: "ten files of 0.5 GB to 100 GB, or of 10,000 frames, HDUs or variables, read on four threads",
    make: ten::list,
    run: read_list,
    baseline: None,
    bars: &[Bar::below(Figure::PeakHeap, |_| 16.0 * MIB, "project")],
}];

/// Reads the files that a list names; every document must be complete.
fn read_list(list: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
    let names = fs::read_to_string(list)?;
    let mut outcome = Outcome::default();
    let mut complete = 0;
    for read in batch::extract_files(names.lines().map(Into::into), &Options::default(), THREADS)? {
        let document = read.document.map_err(|error| anyhow::anyhow!("{}: {error}", read.path.display()))?;
        ensure!(document.status() == Status::Done, "{}: the document is partial", read.path.display());
        outcome.json_bytes += document.len() as u64;
        outcome.file_bytes += fs::metadata(&read.path)?.len();
        complete += 1;
    }
    ensure!(complete == names.lines().count(), "{complete} of the files came");
    Ok(outcome)
}
