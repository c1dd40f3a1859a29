//! What fuzzers and mutations found once (`tests/fixtures/regress`): with every option, and however it is fed, it stays found.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/heap.rs"]
mod heap;
#[path = "common/inputs.rs"]
mod inputs;

use common::drive::Way;
use common::law::{one_outcome, sane};
use common::{file_name, fixture_files, for_each_parallel};
use metaextract::{Format, Options};

#[test]
fn findings_stay_mended() {
    let mut files = fixture_files();
    files.retain(|path| path.parent().is_some_and(|folder| folder.ends_with("regress")));
    assert!(!files.is_empty(), "there are findings");
    for_each_parallel(
        &files,
        |path| file_name(path),
        |path| {
            let bytes = std::fs::read(path).unwrap();
            for format in [Format::Dicom, Format::Fits, Format::Hdf5, Format::Netcdf] {
                for (number, usual) in inputs::variants(format).into_iter().enumerate() {
                    for options in [Options { format: Some(format), ..usual.clone() }, usual] {
                        inputs::check(&bytes, &options).map_err(|why| format!("options {number}: {why}"))?;
                    }
                }
            }
            let options = Options { memory_limit: inputs::LIMIT, ..Options::default() };
            let whole = Way::Slice.run(path, &bytes, &options);
            for way in Way::all(bytes.len(), 1) {
                let run = way.run(path, &bytes, &options);
                sane(&run, bytes.len(), &options)?;
                one_outcome(&whole, &run, &way)?;
            }
            Ok(())
        },
    );
}
