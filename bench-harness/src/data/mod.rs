//! Writes the files that the bars are measured on.

pub mod dicom;
pub mod fits;
pub mod hdf5;
pub mod netcdf;
pub mod ten;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Makes `folder/name` of `size` bytes, unless a file of that size stands there.
///
/// It is written under another name and renamed, so that what an interrupted run left is never used.
fn make(
    folder: &Path,
    name: &str,
    size: u64,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let path = folder.join(name);
    if fs::metadata(&path).is_ok_and(|found| found.len() == size) {
        return Ok(path);
    }
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!("{name}.{}", std::process::id()));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
    write(&mut out)?;
    out.flush()?;
    fs::rename(&unfinished, &path)?;
    let written = fs::metadata(&path)?.len();
    if written != size {
        return Err(io::Error::other(format!("{name} has {written} bytes, not {size}")));
    }
    Ok(path)
}

/// Numbers that look random and are the same every time (xorshift64*).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}
