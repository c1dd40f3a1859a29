//! Files through a memory mapping: no copy into a read buffer, at the price that the mapping shows.

use std::fs::File;
use std::path::Path;

use crate::engine::extractor::Extractor;
use crate::error::{Error, ErrorKind, Result};
use crate::status::Status;

/// Feeds an extractor from a memory mapping of a file.
///
/// **A mapping shows the file as it is at each moment.** Where another process changes the file meanwhile, the document may
/// mix old and new; where it makes the file shorter, reading behind the new end raises `SIGBUS` on POSIX systems (an
/// in-page error on Windows), which ends the program unless it handles that signal. Use it for files that nobody writes to;
/// [`super::file::read_file`] has no such danger. What is not a regular file is refused; so is all where streaming is off.
#[allow(unsafe_code)]
pub fn read_file(extractor: &mut Extractor, path: &Path) -> Result<Status> {
    // Asked before opening, since a FIFO would wait there for its writer; and after, since the name may mean another file by then.
    let facts = std::fs::metadata(path).map_err(|error| super::file::io_error("can't open the file", &error))?;
    if facts.is_dir() {
        return Err(super::file::directory(path));
    }
    refuse_what_cannot_be_mapped(&facts)?;
    let file = File::open(path).map_err(|error| super::file::io_error("can't open the file", &error))?;
    let facts = file.metadata().map_err(|error| super::file::io_error("can't ask for the file's length", &error))?;
    refuse_what_cannot_be_mapped(&facts)?;
    if facts.len() == 0 {
        extractor.may_be_fed()?;
        return super::file::read_sizeless(extractor, &mut &file);
    }
    // SAFETY: the mapping is read-only and private to this call. That no other process changes the file while it is read
    // is the caller's duty, as the documentation above says.
    let map =
        unsafe { memmap2::Mmap::map(&file) }.map_err(|error| super::file::io_error("can't map the file", &error))?;
    super::slice::read(extractor, &map)
}

fn refuse_what_cannot_be_mapped(facts: &std::fs::Metadata) -> Result<()> {
    match facts.is_file() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Io, "only a regular file can be mapped")),
    }
}
