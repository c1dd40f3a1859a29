//! Who feeds the engine: files, mappings, slices, and batches of files.
pub mod batch;
pub mod file;
mod library;
#[cfg(feature = "mmap")]
pub mod mmap;
pub mod slice;
use crate::{Document, Extractor, Options, Result};
use std::path::Path;

/// Opens an extractor, reads a file through it, and finishes.
pub fn extract_file(path: &Path, options: &Options) -> Result<Document> {
    let mut extractor = Extractor::new(options)?;
    file::read_file(&mut extractor, path)?;
    extractor.finish()
}
