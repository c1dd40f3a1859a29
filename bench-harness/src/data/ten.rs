//! Ten large files, of every format: what is read under scarce memory, and at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{dicom, fits, hdf5, netcdf};

/// How each is written.
const FILES: [fn(&Path) -> io::Result<PathBuf>; 10] = [
    dicom::native_500mb,
    dicom::frames_10k,
    fits::image_2gb,
    fits::image_100gb,
    fits::hdus_5k,
    hdf5::huge_3gb,
    hdf5::huge_5gb,
    hdf5::gzip_1gb,
    netcdf::classic_1gb,
    hdf5::netcdf4::netcdf4_1gb,
];

/// Writes the files.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    FILES.iter().map(|make| make(folder)).collect()
}

/// Writes the files, and a list of their names.
pub fn list(folder: &Path) -> io::Result<PathBuf> {
    let names: Vec<String> = files(folder)?.iter().map(|file| file.display().to_string()).collect();
    let list = folder.join("ten.txt");
    fs::write(&list, names.join("\n"))?;
    Ok(list)
}
