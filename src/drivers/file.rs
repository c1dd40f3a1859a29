//! Files and pipes: the engine says what it wants, this reads it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::engine::extractor::Extractor;
use crate::error::{Error, ErrorKind, Result};
use crate::status::Status;

/// Files up to this size are read in one piece: cheaper than a second request.
const SMALL: u64 = 1 << 20;
/// The least that a pipe is read by.
const PIPE_CHUNK: usize = 64 << 10;

/// Feeds an extractor from a file: positioned reads of what it wants. A pipe or device is read from front to back.
///
/// A file that grows or shrinks meanwhile is read as long as it was when it was opened, or as far as it still reaches.
///
/// ```
/// # let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm"));
/// use metaextract::{Extractor, Options, drivers};
/// let mut extractor = Extractor::new(&Options::default())?;
/// drivers::file::read_file(&mut extractor, path)?;
/// println!("{}", extractor.finish()?.to_json());
/// # Ok::<(), metaextract::Error>(())
/// ```
pub fn read_file(extractor: &mut Extractor, path: &Path) -> Result<Status> {
    let mut file = File::open(path).map_err(|error| io_error("can't open the file", &error))?;
    let facts = file.metadata().map_err(|error| io_error("can't ask for the file's length", &error))?;
    if facts.is_dir() {
        return Err(Error::new(ErrorKind::Io, "this is a directory, not a file"));
    }
    if !facts.is_file() {
        return push_reader(extractor, &mut file);
    }
    let length = facts.len();
    extractor.set_length(length)?;
    if length <= SMALL { read_whole(extractor, &file, length) } else { read_wanted(extractor, &file, length) }
}

fn read_wanted(extractor: &mut Extractor, file: &File, length: u64) -> Result<Status> {
    let most = extractor.options().chunk_size;
    let mut buffer = Vec::new();
    let mut status = extractor.status()?;
    while status == Status::Ok {
        let Some(want) = extractor.wanted().next() else { break };
        let size = want.length.min(length.saturating_sub(want.offset)).min(most);
        buffer.resize(usize::try_from(size).unwrap_or(PIPE_CHUNK), 0);
        let got = read_at(file, &mut buffer, want.offset)
            .map_err(|error| io_error("can't read the file", &error).at(want.offset))?;
        // Nothing where something should be: the file has become shorter, and an empty answer says so.
        status = extractor.feed_at(want.offset, &buffer[..got])?;
    }
    Ok(status)
}

fn read_whole(extractor: &mut Extractor, file: &File, length: u64) -> Result<Status> {
    let mut buffer = vec![0; usize::try_from(length).unwrap_or(0)];
    let mut got = 0;
    while got < buffer.len() {
        match read_at(file, &mut buffer[got..], got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) => return Err(io_error("can't read the file", &error).at(got as u64)),
        }
    }
    super::slice::answer(extractor, &buffer[..got])
}

/// Pushes everything that a reader gives, until the extractor is done or the input ends.
pub fn push_reader(extractor: &mut Extractor, reader: &mut impl Read) -> Result<Status> {
    let size = usize::try_from(extractor.options().chunk_size).unwrap_or(PIPE_CHUNK).max(1);
    let mut buffer = vec![0; size];
    let mut status = extractor.status()?;
    let mut offset = 0;
    while status == Status::Ok {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => {
                offset += got as u64;
                status = extractor.feed_chunk(&buffer[..got])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error("can't read the input", &error).at(offset)),
        }
    }
    Ok(status)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    retry(|| std::os::unix::fs::FileExt::read_at(file, buffer, offset))
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    retry(|| std::os::windows::fs::FileExt::seek_read(file, buffer, offset))
}

fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

pub(super) fn io_error(what: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{what}: {error}"))
}
