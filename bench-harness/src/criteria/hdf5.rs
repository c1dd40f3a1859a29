//! What is promised for HDF5.

use super::runs::{push_and_read_again, read_file, read_only, read_rounds, ten_tenths};
use super::{Bar, Criterion, Figure, KIB, MIB, Outcome};
use crate::data::hdf5 as data;

/// A file with one dataset that is nearly all of it.
const HUGE: &[Bar] = &[
    Bar::below(Figure::PeakHeap, |_| 180e6, "proposal, 180 MB"),
    Bar::below(Figure::PeakHeap, |_| MIB, "project"),
    Bar::below(Figure::BytesRead, |_| 256.0 * KIB, "project"),
    Bar::below(Figure::PeakRss, |_| 8.0 * MIB, "project"),
];

/// Memory that follows the document.
const MANY: &[Bar] =
    &[Bar::below(Figure::PeakHeap, |outcome| 1.5 * outcome.json_bytes as f64 + 2.0 * MIB, "1.5 x JSON + 2 MiB")];

/// The same, of ten times as many, in ten times the time.
const TEN_TIMES: &[Bar] = &[
    Bar::below(Figure::PeakHeap, |outcome| 1.5 * outcome.json_bytes as f64 + 2.0 * MIB, "1.5 x JSON + 2 MiB"),
    // Linear, but for what caches, fresh pages and the allocator add to ten times the memory; the square would be 10.
    Bar::below(Figure::CpuRatio, |_| 1.5, "of ten tenths"),
];

/// What a host far away waits for, and what it pays for.
const RANGES: &[Bar] = &[
    Bar::below(Figure::Rounds, |_| 8.5, "project, 8 rounds"),
    Bar::below(Figure::BytesRead, metadata, "1.5 x metadata + 128 KiB"),
];

/// What is kept of what passes, and what looking at it costs.
const PIPE: &[Bar] = &[
    Bar::below(Figure::PeakHeap, |_| 24.0 * MIB, "project"),
    Bar::below(Figure::CpuRatio, |_| 3.0, "of a plain read loop"),
];

fn metadata(outcome: &Outcome) -> f64 {
    1.5 * (outcome.file_bytes - data::DATA_2K) as f64 + 128.0 * KIB
}

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        name: "hdf5-3gb-file",
        what: "a dataset of 3 GB among 100 small ones, read by ranges",
        make: data::huge_3gb,
        run: read_file,
        baseline: None,
        bars: HUGE,
    },
    Criterion {
        name: "hdf5-5gb-file",
        what: "a dataset of 5 GB among 100 small ones, read by ranges",
        make: data::huge_5gb,
        run: read_file,
        baseline: None,
        bars: HUGE,
    },
    Criterion {
        name: "hdf5-100gb-file",
        what: "a dataset of 100 GB among 100 small ones, read by ranges: what it takes does not follow the file",
        make: data::huge_100gb,
        run: read_file,
        baseline: None,
        bars: HUGE,
    },
    Criterion {
        name: "hdf5-gzip-1gb-file",
        what: "16 deflated datasets in 1 GB, read by ranges: less than their chunk indexes take, so that none is read",
        make: data::gzip_1gb,
        run: read_file,
        baseline: None,
        bars: HUGE,
    },
    Criterion {
        name: "hdf5-20k-old-file",
        what: "20,000 datasets with 4 attributes each, in the old format, read by ranges",
        make: data::many_20k_old,
        run: read_file,
        baseline: None,
        bars: MANY,
    },
    Criterion {
        name: "hdf5-20k-new-file",
        what: "20,000 datasets with 4 attributes each, in the new format, read by ranges",
        make: data::many_20k_new,
        run: read_file,
        baseline: None,
        bars: MANY,
    },
    Criterion {
        name: "hdf5-200k-old-file",
        what: "200,000 datasets with 4 attributes each, in the old format, read by ranges",
        make: data::many_200k_old,
        run: read_file,
        baseline: Some(ten_tenths),
        bars: TEN_TIMES,
    },
    Criterion {
        name: "hdf5-200k-new-file",
        what: "200,000 datasets with 4 attributes each, in the new format, read by ranges",
        make: data::many_200k_new,
        run: read_file,
        baseline: Some(ten_tenths),
        bars: TEN_TIMES,
    },
    Criterion {
        name: "hdf5-2k-flat-old-ranges",
        what: "2,000 datasets of 20 KB in one group, in the old format, all wanted ranges at once",
        make: data::flat_2k_old,
        run: read_rounds,
        baseline: None,
        bars: RANGES,
    },
    Criterion {
        name: "hdf5-2k-flat-new-ranges",
        what: "2,000 datasets of 20 KB in one group, in the new format, all wanted ranges at once",
        make: data::flat_2k_new,
        run: read_rounds,
        baseline: None,
        bars: RANGES,
    },
    Criterion {
        name: "hdf5-2k-nested-old-ranges",
        what: "2,000 datasets of 20 KB in 20 groups, in the old format, all wanted ranges at once",
        make: data::nested_2k_old,
        run: read_rounds,
        baseline: None,
        bars: RANGES,
    },
    Criterion {
        name: "hdf5-2k-nested-new-ranges",
        what: "2,000 datasets of 20 KB in 20 groups, in the new format, all wanted ranges at once",
        make: data::nested_2k_new,
        run: read_rounds,
        baseline: None,
        bars: RANGES,
    },
    Criterion {
        name: "hdf5-gzip-1gb-push",
        what: "16 deflated datasets in 1 GB, pushed in chunks of 1 MiB",
        make: data::gzip_1gb,
        run: push_and_read_again,
        baseline: Some(read_only),
        bars: PIPE,
    },
    Criterion {
        name: "hdf5-labels-1gb-push",
        what: "1 GB of labels of 16 bits, pushed in chunks of 1 MiB",
        make: data::labels_1gb,
        run: push_and_read_again,
        baseline: Some(read_only),
        bars: PIPE,
    },
    Criterion {
        name: "hdf5-texts-1gb-push",
        what: "1 GB of texts of variable length, pushed in chunks of 1 MiB",
        make: data::texts_1gb,
        run: push_and_read_again,
        baseline: Some(read_only),
        bars: PIPE,
    },
];
