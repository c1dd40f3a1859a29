//! What is promised for NetCDF.

use super::runs::read_file;
use super::{Bar, Criterion, Figure, KIB, MIB};
use crate::data::hdf5::netcdf4;
use crate::data::netcdf as data;

/// A classic file that is nearly all data.
const CLASSIC: &[Bar] = &[
    Bar::below(Figure::PeakHeap, |_| 120e6, "proposal, 120 MB"),
    Bar::below(Figure::PeakHeap, |_| 256.0 * KIB, "project"),
    Bar::below(Figure::BytesRead, |_| 64.0 * KIB, "project"),
    Bar::below(Figure::PeakRss, |_| 6.0 * MIB, "project"),
];

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        name: "netcdf-classic-1gb-file",
        what: "four variables of 1,024 records in a classic file of 1 GB, read by ranges",
        make: data::classic_1gb,
        run: read_file,
        baseline: None,
        bars: CLASSIC,
    },
    Criterion {
        name: "netcdf-classic-100gb-file",
        what: "a variable of 409,600 records in a classic file of 100 GB, read by ranges",
        make: data::classic_100gb,
        run: read_file,
        baseline: None,
        bars: CLASSIC,
    },
    Criterion {
        name: "netcdf-4-1gb-file",
        what: "four variables of 256 MB in a netCDF-4 file of 1 GB, read by ranges",
        make: netcdf4::netcdf4_1gb,
        run: read_file,
        baseline: None,
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 120e6, "proposal, 120 MB"),
            Bar::below(Figure::PeakHeap, |_| MIB, "project"),
            Bar::below(Figure::BytesRead, |_| 256.0 * KIB, "project"),
            Bar::below(Figure::PeakRss, |_| 8.0 * MIB, "project"),
        ],
    },
    Criterion {
        name: "netcdf-4-10k-variables-file",
        what: "10,000 variables of four attributes each in a netCDF-4 file, read by ranges",
        make: netcdf4::netcdf4_10k_variables,
        run: read_file,
        baseline: None,
        bars: &[Bar::below(
            Figure::PeakHeap,
            |outcome| 6.0 * outcome.json_bytes as f64 + 2.0 * MIB,
            "6 x JSON + 2 MiB",
        )],
    },
    Criterion {
        name: "netcdf-classic-10k-variables-file",
        what: "10,000 variables of four attributes each in a classic file, read by ranges",
        make: data::classic_10k_variables,
        run: read_file,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |outcome| 2.0 * outcome.json_bytes as f64, "2 x JSON")],
    },
];
