//! How memory grows with the file: peak heap at sizes from 1 MB to 100 GB, and the exponent that fits it.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::data;
use crate::figures::{bytes, write_json};
use crate::measure::{self, Probe};

/// Heap follows size to the power of this; a bar for one large array.
const MOST_EXPONENT: f64 = 0.05;

/// Files of one kind, from small to large.
struct Series {
    name: &'static str,
    make: fn(&Path, u64) -> io::Result<PathBuf>,
    sizes: &'static [u64],
}

/// Powers of ten from 1 MB; holes in the file where that is honest, since nothing of an array may be read.
const SIZES: [u64; 6] = [1 << 20, 10 << 20, 100 << 20, 1 << 30, 10 << 30, 100 << 30];

const SERIES: &[Series] = &[
    // The length of native pixel data has 32 bits, and its bytes are real ones.
    Series { name: "dicom-native", make: data::dicom::native_of, sizes: SIZES.split_at(4).0 },
    Series { name: "fits-image", make: data::fits::image_of, sizes: &SIZES },
    Series { name: "hdf5-contiguous", make: data::hdf5::huge_of, sizes: &SIZES },
    Series { name: "netcdf-classic", make: data::netcdf::classic_of, sizes: &SIZES },
];

/// What came out of one series.
#[derive(Debug, Serialize)]
pub struct Growth {
    /// Which series.
    pub name: &'static str,
    /// Bytes of the file, and peak heap, of each file.
    pub points: Vec<(u64, f64)>,
    /// Heap follows size to the power of this.
    pub exponent: f64,
}

/// Measures every series.
pub fn measure(folder: &Path) -> anyhow::Result<Vec<Growth>> {
    let mut all = Vec::new();
    for series in SERIES {
        eprintln!("{}: {} files", series.name, series.sizes.len());
        let mut points = Vec::new();
        for size in series.sizes {
            let file = (series.make)(folder, *size)?;
            let reading = measure::file_in_child(Probe::Heap, &file)?;
            points.push((reading.outcome.file_bytes, reading.value));
        }
        all.push(Growth { name: series.name, exponent: exponent(&points), points });
    }
    Ok(all)
}

/// Measures and prints; true if every exponent is under the bar.
pub fn run(folder: &Path, json: Option<&Path>) -> anyhow::Result<bool> {
    let all = measure(folder)?;
    for growth in &all {
        for (size, heap) in &growth.points {
            println!("{:20}{:>12} file{:>12} heap", growth.name, bytes(*size as f64), bytes(*heap));
        }
        let ok = if growth.exponent < MOST_EXPONENT { "yes" } else { "NO" };
        println!("{:20}exponent {:.4} < {MOST_EXPONENT}  {ok}", growth.name, growth.exponent);
    }
    write_json(json, &all)?;
    Ok(all.iter().all(|growth| growth.exponent < MOST_EXPONENT))
}

/// The slope of the line through the logarithms, by least squares.
fn exponent(points: &[(u64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(size, heap)| ((*size as f64).ln(), heap.ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|log| log.0), mean(|log| log.1));
    let spread: f64 = logs.iter().map(|log| (log.0 - x).powi(2)).sum();
    logs.iter().map(|log| (log.0 - x) * (log.1 - y)).sum::<f64>() / spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_the_power() {
        let of = |power: f64| SIZES.map(|size| (size, 100.0 * (size as f64).powf(power)));
        for power in [0.0, 0.05, 0.5, 1.0] {
            assert!((exponent(&of(power)) - power).abs() < 1e-9, "{power}");
        }
    }
}
