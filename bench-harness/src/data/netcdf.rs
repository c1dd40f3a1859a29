//! Classic NetCDF files, field by field (netCDF classic format specification).
//!
//! Their data are holes in the file: a reader of metadata never sees what is in them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::make;

const DIMENSION: u32 = 10;
const VARIABLE: u32 = 11;
const ATTRIBUTE: u32 = 12;
const CHAR: u32 = 2;
const FLOAT: u32 = 5;

/// Writes four variables of 1024 records of 256 x 256 32-bit floats: 1 GB.
pub fn classic_1gb(folder: &Path) -> io::Result<PathBuf> {
    classic(folder, "classic1g.cdf2.nc", 4, &[("time", 0, 1024), ("lat", 256, 256), ("lon", 256, 256)])
}

/// Writes one variable of 409,600 records of 256 x 256 32-bit floats: 100 GB.
pub fn classic_100gb(folder: &Path) -> io::Result<PathBuf> {
    classic_of(folder, 100 << 30)
}

/// Writes one variable of records of 256 x 256 32-bit floats that takes so many bytes.
pub fn classic_of(folder: &Path, bytes: u64) -> io::Result<PathBuf> {
    let records = bytes >> 18;
    classic(folder, &format!("classic_{bytes}.nc"), 1, &[("time", 0, records), ("lat", 256, 256), ("lon", 256, 256)])
}

/// Writes 10,000 variables of 18 x 36 32-bit floats, with four attributes each.
pub fn classic_10k_variables(folder: &Path) -> io::Result<PathBuf> {
    classic(folder, "classic10k.cdf2.nc", 10_000, &[("lat", 18, 18), ("lon", 36, 36)])
}

/// Dimensions are (name, length as stored, length).
fn classic(folder: &Path, name: &str, variables: u32, dimensions: &[(&str, u32, u64)]) -> io::Result<PathBuf> {
    let records = dimensions.iter().find(|(_, stored, _)| *stored == 0).map_or(1, |(.., count)| *count);
    let slab = dimensions.iter().map(|(.., length)| length).product::<u64>() * 4 / records;
    let mut head = b"CDF\x02".to_vec();
    int(&mut head, if records > 1 { records as u32 } else { 0 }); // at most 2^32 - 2
    int(&mut head, DIMENSION);
    int(&mut head, dimensions.len() as u32);
    for (dimension, stored, _) in dimensions {
        text(&mut head, dimension);
        int(&mut head, *stored);
    }
    int(&mut head, ATTRIBUTE);
    int(&mut head, 1);
    attribute(&mut head, "title", "what a bar is measured on");
    int(&mut head, VARIABLE);
    int(&mut head, variables);
    let mut begins = Vec::new();
    for index in 0..variables {
        text(&mut head, &format!("variable_{index:05}"));
        int(&mut head, dimensions.len() as u32);
        (0..dimensions.len() as u32).for_each(|id| int(&mut head, id));
        int(&mut head, ATTRIBUTE);
        int(&mut head, 4);
        attribute(&mut head, "units", "K");
        attribute(&mut head, "long_name", &format!("quantity number {index}"));
        floats(&mut head, "scale_factor", &[0.01]);
        floats(&mut head, "valid_range", &[0.0, 400.0]);
        int(&mut head, FLOAT);
        int(&mut head, slab as u32);
        begins.push(head.len());
        head.extend_from_slice(&[0; 8]);
    }
    for (place, begin) in begins.into_iter().zip((head.len() as u64..).step_by(slab as usize)) {
        head[place..place + 8].copy_from_slice(&begin.to_be_bytes());
    }
    let size = head.len() as u64 + slab * records * u64::from(variables);
    make(folder, name, size, |out| {
        out.write_all(&head)?;
        out.flush()?;
        out.get_ref().set_len(size)
    })
}

fn int(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    int(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
    out.resize(out.len().next_multiple_of(4), 0);
}

fn attribute(out: &mut Vec<u8>, name: &str, value: &str) {
    text(out, name);
    int(out, CHAR);
    text(out, value);
}

fn floats(out: &mut Vec<u8>, name: &str, values: &[f32]) {
    text(out, name);
    int(out, FLOAT);
    int(out, values.len() as u32);
    values.iter().for_each(|value| out.extend_from_slice(&value.to_be_bytes()));
}
