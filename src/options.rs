//! What to extract, and within which limits.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

/// The formats that the library knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// DICOM (PS3.10 files and their relatives).
    Dicom,
    /// FITS.
    Fits,
    /// HDF5.
    Hdf5,
    /// NetCDF, classic and netCDF-4.
    Netcdf,
}

impl Format {
    /// The name that stands in the document: `dicom`, `fits`, `hdf5`, `netcdf`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Dicom => "dicom",
            Format::Fits => "fits",
            Format::Hdf5 => "hdf5",
            Format::Netcdf => "netcdf",
        }
    }
}

/// Called with (done, total) in bytes of the stored file; total 0: not known. `Break` cancels.
pub type Progress = Arc<dyn Fn(u64, u64) -> ControlFlow<()> + Send + Sync>;
/// Called with one line of NDJSON for each record. `Break` cancels.
pub type Records = Arc<dyn Fn(&str) -> ControlFlow<()> + Send + Sync>;

/// What the CDL of a NetCDF file looks like: the text that `ncdump -h` prints, byte for byte.
///
/// ```
/// use metaextract::{Cdl, Extractor, Options};
///
/// # let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cdl/small.nc")).unwrap();
/// let cdl = Cdl { name: "small".into() };
/// let mut extractor = Extractor::new(&Options { cdl: Some(cdl), ..Options::default() })?;
/// extractor.feed_chunk(&file)?;
/// let document = extractor.finish()?;
/// let text: Vec<u8> = document.cdl().into_iter().flatten().flatten().copied().collect();
/// assert!(text.starts_with(b"netcdf small {\ndimensions:\n"));
/// # Ok::<(), metaextract::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cdl {
    /// What stands behind `netcdf`; ncdump takes the file's name up to the last dot.
    pub name: String,
}

/// The options of an extraction. Copied when used: one value may serve many extractors.
#[derive(Clone)]
pub struct Options {
    /// The format to read; `None` looks at the bytes.
    pub format: Option<Format>,
    /// Heap that one extraction may hold, in bytes; in a batch all at once. Charged before allocating. Default 256 MiB.
    pub memory_limit: u64,
    /// Longer values become `{"omitted": …}` (DICOM: `BulkDataURI`). Default 65536.
    pub max_value_bytes: u64,
    /// Longer binary DICOM values become `BulkDataURI`. Default 1024.
    pub max_inline_bytes: u64,
    /// Deeper nesting is cut with a warning. Default 64.
    pub max_depth: u32,
    /// List every chunk of every chunked dataset. Default off.
    pub chunk_manifest: bool,
    /// A full pass over the data. Not in this build.
    pub statistics: bool,
    /// What the library's own file reader asks for at once, in bytes. Default 64 KiB.
    pub chunk_size: u64,
    /// Wanted ranges nearer than this become one, in bytes. Default 64 KiB.
    pub merge_gap: u64,
    /// How far the extraction is.
    pub progress: Option<Progress>,
    /// Sends each value once, as soon as it is known; the document then keeps the envelope only.
    pub records: Option<Records>,
    /// Writes a NetCDF file as CDL ([`crate::Document::cdl`]); the document then keeps the envelope only. Values are never cut.
    ///
    /// HDF5 files without the marks of netCDF are taken as netCDF too, as ncdump does. Other formats are refused
    /// ([`ErrorKind::Unsupported`]). Not together with `records`.
    pub cdl: Option<Cdl>,
    /// Says also what `ncdump -s` adds: how the variables of a netCDF-4 file are stored (`storage`), in CDL the special
    /// attributes. Default off.
    pub special: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            format: None,
            memory_limit: 256 << 20,
            max_value_bytes: 65536,
            max_inline_bytes: 1024,
            max_depth: 64,
            chunk_manifest: false,
            statistics: false,
            chunk_size: 64 << 10,
            merge_gap: 64 << 10,
            progress: None,
            records: None,
            cdl: None,
            special: false,
        }
    }
}

impl Options {
    /// The longest value that is kept: in CDL all of them are.
    pub(crate) fn longest_value(&self) -> u64 {
        if self.cdl.is_some() { u64::MAX } else { self.max_value_bytes }
    }

    /// Refuses, by name, what this build cannot do, and what is out of range.
    pub(crate) fn check(&self) -> Result<()> {
        if self.statistics {
            return Err(Error::new(ErrorKind::Unsupported, "option statistics: not in this build"));
        }
        if self.chunk_size == 0 {
            return Err(Error::new(ErrorKind::Argument, "option chunk_size: 0 is out of range"));
        }
        if self.max_depth == 0 {
            return Err(Error::new(ErrorKind::Argument, "option max_depth: 0 is out of range"));
        }
        if self.cdl.is_some() && self.records.is_some() {
            return Err(Error::new(ErrorKind::Argument, "options cdl and records: one of them, not both"));
        }
        Ok(())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("format", &self.format)
            .field("memory_limit", &self.memory_limit)
            .field("max_value_bytes", &self.max_value_bytes)
            .field("max_inline_bytes", &self.max_inline_bytes)
            .field("max_depth", &self.max_depth)
            .field("chunk_manifest", &self.chunk_manifest)
            .field("statistics", &self.statistics)
            .field("chunk_size", &self.chunk_size)
            .field("merge_gap", &self.merge_gap)
            .field("progress", &self.progress.is_some())
            .field("records", &self.records.is_some())
            .field("cdl", &self.cdl)
            .field("special", &self.special)
            .finish()
    }
}
