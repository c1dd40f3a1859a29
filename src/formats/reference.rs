//! Files read by libhdf5 and libnetcdf in the place of our own readers: where streaming is off, or an error is to be followed by
//! them. Feature `reference`.
//!
//! These libraries crash on files that are made to crash them, so that no file reaches them but by an option.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// What every call of the libraries is made under: they are mostly built without threads, and libnetcdf calls libhdf5. Other
/// Rust code that uses them by these crates takes the same lock.
pub(crate) use hdf5_metno_sys::LOCK as LIBRARIES;

use super::{Extraction, detect, hdf5, netcdf, output_of};
use crate::budget::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Format, Options};

/// A library that reads files in our place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    Hdf5,
    Netcdf,
}

impl Library {
    /// The one that reads a file; `None`: its format has none.
    pub(crate) fn of(path: &Path, options: &Options) -> io::Result<Option<Library>> {
        let format = match options.format {
            Some(format) => Some(format),
            None => {
                let mut file = File::open(path)?;
                detect::signature(|offset, bytes| {
                    file.seek(SeekFrom::Start(offset))?;
                    file.read(bytes)
                })?
            }
        };
        Ok(match format {
            Some(Format::Hdf5) if options.cdl.is_some() => Some(Library::Netcdf),
            Some(Format::Hdf5) => Some(Library::Hdf5),
            Some(Format::Netcdf) => Some(Library::Netcdf),
            Some(Format::Dicom | Format::Fits) | None => None,
        })
    }

    /// Reads a file; everything that the library tells of it is in the extraction.
    pub(crate) fn read(self, path: &Path, budget: &Budget, options: &Options) -> Result<Extraction> {
        if options.chunk_manifest {
            let message = "option chunk_manifest: not where libhdf5 or libnetcdf reads the file";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let _alone = LIBRARIES.lock();
        let extraction = self.read_alone(path, budget, options);
        forget_errors();
        extraction
    }

    fn read_alone(self, path: &Path, budget: &Budget, options: &Options) -> Result<Extraction> {
        let mut out = output_of(budget, options);
        if self == Library::Hdf5 {
            if let Some(reader) = hdf5::libhdf5::read(path, &mut out, options)? {
                return Ok(Extraction { reader: Some(reader), ..Extraction::new(Format::Hdf5, out, None) });
            }
            out = output_of(budget, options); // what was said of it as HDF5 is said again
        }
        let reader = netcdf::libnetcdf::read(path, &mut out, options)?;
        Ok(Extraction { reader: Some(reader), ..Extraction::new(Format::Netcdf, out, None) })
    }
}

/// Keeps libhdf5 from printing errors on standard error. Each thread has to say so, and libnetcdf takes it back when it begins.
#[allow(unsafe_code)]
pub(super) fn quiet() {
    // SAFETY: nothing is asked to be called.
    unsafe { hdf5_metno_sys::h5e::H5Eset_auto2(hdf5_metno_sys::h5e::H5E_DEFAULT, None, std::ptr::null_mut()) };
}

/// Empties libhdf5's list of errors: what stands in it when the program ends keeps the library from closing.
#[allow(unsafe_code)]
fn forget_errors() {
    // SAFETY: the list of this thread is always there.
    unsafe { hdf5_metno_sys::h5e::H5Eclear2(hdf5_metno_sys::h5e::H5E_DEFAULT) };
}

/// A path as the libraries want it. It is made absolute, since libnetcdf takes some names for addresses on the Web.
pub(super) fn c_path(path: &Path) -> Result<CString> {
    let odd = |why: &str| Error::new(ErrorKind::Argument, format!("the path {why}"));
    let path = std::path::absolute(path).map_err(|error| odd(&error.to_string()))?;
    CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| odd("has a NUL in it"))
}
