//! What is promised for DICOM.

use super::runs::{push, read_file, read_only, read_records};
use super::{Bar, Criterion, Figure, KIB, MIB};
use crate::data::dicom as data;

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        name: "dicom-500mb-file",
        what: "a native multi-frame file of 500 MB, read by ranges",
        make: data::native_500mb,
        run: read_file,
        baseline: None,
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 150e6, "proposal, 150 MB"),
            Bar::below(Figure::PeakHeap, |_| MIB, "project"),
            Bar::below(Figure::BytesRead, |_| 256.0 * KIB, "project"),
            Bar::below(Figure::PeakRss, |_| 8.0 * MIB, "project"),
        ],
    },
    Criterion {
        name: "dicom-500mb-push",
        what: "the same file, pushed in chunks of 1 MiB",
        make: data::native_500mb,
        run: push,
        baseline: Some(read_only),
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 150e6, "proposal, 150 MB"),
            Bar::below(Figure::PeakHeap, |_| MIB, "project"),
            Bar::below(Figure::CpuRatio, |_| 1.1, "of a plain read loop"),
        ],
    },
    Criterion {
        name: "dicom-10k-frames-file",
        what: "functional groups of 10,000 frames, read by ranges",
        make: data::frames_10k,
        run: read_file,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |outcome| 1.5 * outcome.json_bytes as f64 + MIB, "1.5 x JSON + 1 MiB")],
    },
    Criterion {
        name: "dicom-10k-frames-records",
        what: "the same file, its values sent as records",
        make: data::frames_10k,
        run: read_records,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |_| MIB, "project")],
    },
];
