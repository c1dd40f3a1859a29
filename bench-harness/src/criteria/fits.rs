//! What is promised for FITS.

use super::runs::read_file;
use super::{Bar, Criterion, Figure, KIB, MIB};
use crate::data::fits as data;

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        name: "fits-2gb-file",
        what: "an image of 2 GB, read by ranges",
        make: data::image_2gb,
        run: read_file,
        baseline: None,
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 250e6, "proposal, 250 MB"),
            Bar::below(Figure::PeakHeap, |_| 256.0 * KIB, "project"),
            Bar::below(Figure::BytesRead, |_| 64.0 * KIB, "project"),
            Bar::below(Figure::PeakRss, |_| 6.0 * MIB, "project"),
        ],
    },
    Criterion {
        name: "fits-100gb-file",
        what: "an image of 100 GB, read by ranges: what it takes does not follow the file",
        make: data::image_100gb,
        run: read_file,
        baseline: None,
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 256.0 * KIB, "project"),
            Bar::below(Figure::BytesRead, |_| 64.0 * KIB, "project"),
        ],
    },
    Criterion {
        name: "fits-5k-hdus-file",
        what: "5,000 extensions of one block of data each, read by ranges",
        make: data::hdus_5k,
        run: read_file,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |outcome| 1.5 * outcome.json_bytes as f64 + MIB, "1.5 x JSON + 1 MiB")],
    },
];
