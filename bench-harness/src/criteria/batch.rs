//! What is promised for many files at once.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::ensure;
use metaextract::drivers::batch;
use metaextract::{Options, Status};

use super::{Bar, Criterion, Figure, MIB, Outcome};
use crate::data::{dicom, ten};

/// More than most machines have: what is held follows the threads.
const THREADS: usize = 4;

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        name: "batch-ten-large-files",
        what: "ten files of 0.5 GB to 100 GB, or of 10,000 frames, HDUs or variables, read on four threads",
        make: ten::list,
        run: read_list,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |_| 16.0 * MIB, "project")],
    },
    Criterion {
        name: "batch-50k-paths",
        what: "50,000 paths of 10,000 small files, read on four threads: less than the paths take, so that they are not held",
        make: dicom::paths_50k,
        run: read_list,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |_| 3.0 * MIB, "as for any number; the paths take more")],
    },
];

/// Reads the files that a list names; every document must be complete.
fn read_list(list: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut named = 0;
    let names =
        BufReader::new(File::open(list)?).lines().map_while(Result::ok).map(PathBuf::from).inspect(|_| named += 1);
    let mut outcome = Outcome::default();
    let mut complete = 0;
    for read in batch::extract_files(names, &Options::default(), THREADS)? {
        let document = read.document.map_err(|error| anyhow::anyhow!("{}: {error}", read.path.display()))?;
        ensure!(document.status() == Status::Done, "{}: the document is partial", read.path.display());
        outcome.json_bytes += document.len() as u64;
        outcome.file_bytes += fs::metadata(&read.path)?.len();
        complete += 1;
    }
    ensure!(complete == named, "{complete} of {named} files came");
    Ok(outcome)
}
