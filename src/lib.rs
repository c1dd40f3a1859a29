//! Reads the metadata of huge scientific files (DICOM, FITS, HDF5, NetCDF) by streaming.
//!
//! One [`Extractor`] reads one file. Bytes go in as they come ([`Extractor::feed_chunk`]) or where they are asked for
//! ([`Extractor::wanted`], [`Extractor::feed_at`]); one complete [`Document`] comes out. Memory follows the metadata,
//! never the file. The drivers in [`drivers`] do the feeding for files, mappings and slices.
//!
//! ```
//! use metaextract::{Extractor, Options, Status};
//!
//! # let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm")).unwrap();
//! let mut extractor = Extractor::new(&Options::default())?;
//! for chunk in file.chunks(4096) {
//!     if extractor.feed_chunk(chunk)? != Status::Ok {
//!         break;
//!     }
//! }
//! let document = extractor.finish()?;
//! assert_eq!(document.status(), Status::Done);
//! assert_eq!(document.get_str("/headers/dataset/00080060/Value/0")?, "CT");
//! # Ok::<(), metaextract::Error>(())
//! ```
//!
//! The reading order of the source is the order of the modules here: arrows run `ffi`, `drivers` → `engine` →
//! `formats` → `document` → `cursor`, `budget`, `error`.

mod budget;
mod cursor;
pub mod document;
pub mod drivers;
mod engine;
mod error;
pub mod ffi;
mod formats;
mod options;
mod status;

pub use document::{Document, Kind};
pub use engine::extractor::{Extractor, Want};
pub use engine::usage::{Canceller, Usage, UsageReader};
pub use error::{Error, ErrorKind, Result};
pub use formats::detect::detect;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use formats::fuzzing::wrong_sums;
pub use options::{Cdl, ChunkSizes, Format, Options, Progress, Records};
pub use status::Status;

/// The version of this library, as in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The README's Rust code, which the documentation tests compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
