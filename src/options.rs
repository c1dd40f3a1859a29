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

/// What the library's own file reader asks for at once, in bytes: for each format, since their metadata lies differently.
///
/// Below 64 KiB the same metadata takes more requests, above none fewer (docs/reading.md has the figures). NetCDF-4 files
/// are read as HDF5 is.
///
/// ```
/// use metaextract::{ChunkSizes, Options};
///
/// let chunk_size = ChunkSizes { hdf5: 16 << 10, ..ChunkSizes::default() };
/// let options = Options { chunk_size, ..Options::default() };
/// # assert_eq!(ChunkSizes::all(9).fits, 9);
/// # assert_eq!((options.chunk_size.hdf5, options.chunk_size.dicom), (16384, 65536));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSizes {
    /// DICOM.
    pub dicom: u64,
    /// FITS.
    pub fits: u64,
    /// HDF5, and netCDF-4, which is stored in it.
    pub hdf5: u64,
    /// Classic NetCDF.
    pub netcdf: u64,
}

impl ChunkSizes {
    /// The same for all formats.
    pub const fn all(bytes: u64) -> Self {
        ChunkSizes { dicom: bytes, fits: bytes, hdf5: bytes, netcdf: bytes }
    }

    /// That of a format; the smallest while the format is not known.
    pub fn of(&self, format: Option<Format>) -> u64 {
        match format {
            Some(Format::Dicom) => self.dicom,
            Some(Format::Fits) => self.fits,
            Some(Format::Hdf5) => self.hdf5,
            Some(Format::Netcdf) => self.netcdf,
            None => self.dicom.min(self.fits).min(self.hdf5).min(self.netcdf),
        }
    }

    /// Changes that of a format, or of all.
    pub fn set(&mut self, format: Option<Format>, bytes: u64) {
        match format {
            Some(Format::Dicom) => self.dicom = bytes,
            Some(Format::Fits) => self.fits = bytes,
            Some(Format::Hdf5) => self.hdf5 = bytes,
            Some(Format::Netcdf) => self.netcdf = bytes,
            None => *self = ChunkSizes::all(bytes),
        }
    }
}

impl Default for ChunkSizes {
    fn default() -> Self {
        ChunkSizes::all(64 << 10)
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
    /// What the library's own file reader asks for at once. Default 64 KiB for each format.
    pub chunk_size: ChunkSizes,
    /// Wanted ranges nearer than this become one, in bytes. Default 64 KiB.
    pub merge_gap: u64,
    /// Files up to this size are read in one piece, in bytes. Default 1 MiB. One over a quarter of the memory limit is not.
    pub streaming_threshold: u64,
    /// Reads only what is needed, piece by piece. Default on.
    ///
    /// Off: each file is read in one piece, whatever its size; one that is longer than a quarter of the memory limit is read
    /// in pieces all the same. The document does not change. Only files that have a name are read then: feeding bytes
    /// gives [`ErrorKind::State`].
    ///
    /// Off in a build with the feature `reference`: HDF5 and NetCDF files are read by libhdf5 and libnetcdf, and the document
    /// says so (`file.reader`). **These crash on files made to crash them**, and know no memory limit: only for files whose
    /// writers are trusted. docs/reference.md says what their document lacks.
    pub streaming: bool,
    /// Reads a file by libhdf5 or libnetcdf where our reader ended in an error. Default off; feature `reference` only.
    ///
    /// **A file that was made to fail here is then read by C libraries that can be crashed**: only for files whose writers
    /// are trusted. A partial document is no error. Bytes that are fed have no file to go back to: the error stands.
    pub fallback: bool,
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
            chunk_size: ChunkSizes::default(),
            merge_gap: 64 << 10,
            streaming_threshold: 1 << 20,
            streaming: true,
            fallback: false,
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
        if self.chunk_size.of(None) == 0 {
            return Err(Error::new(ErrorKind::Argument, "option chunk_size: 0 is out of range"));
        }
        if self.fallback && !cfg!(feature = "reference") {
            let message = "option fallback: not in this build, which lacks the feature reference";
            return Err(Error::new(ErrorKind::Unsupported, message));
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
            .field("streaming_threshold", &self.streaming_threshold)
            .field("streaming", &self.streaming)
            .field("fallback", &self.fallback)
            .field("progress", &self.progress.is_some())
            .field("records", &self.records.is_some())
            .field("cdl", &self.cdl)
            .field("special", &self.special)
            .finish()
    }
}
