//! Files and pipes: the engine says what it wants, this reads it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::library::Instead;
use crate::budget::Charge;
use crate::engine::extractor::Extractor;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::detect::detect;
use crate::formats::foreign;
use crate::options::Format;
use crate::status::Status;

/// A buffer that is larger serves one file only: the extractor gets it, and copies nothing.
pub(super) const LARGEST_BUFFER: usize = 256 << 10;
/// The most that is read at once, whatever the option says: the buffer is allocated before it is known how much comes.
const LARGEST_READ: u64 = 8 << 20;
/// How much of a file is looked at to tell which kind of Zarr it is of.
const ZARR_BEGINNING: u64 = 64 << 10;

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
    if let Some(library) = Instead::of_ours(extractor, path) {
        return library.read(extractor, path);
    }
    let read = read_file_into(extractor, path, &mut Vec::new());
    match Instead::after(extractor, path, &read) {
        Some(library) => library.read(extractor, path),
        None => read,
    }
}

/// The same by our own reader, through a buffer that serves file after file.
pub(super) fn read_file_into(extractor: &mut Extractor, path: &Path, buffer: &mut Vec<u8>) -> Result<Status> {
    let mut file = File::open(path).map_err(|error| io_error("can't open the file", &error))?;
    let facts = file.metadata().map_err(|error| io_error("can't ask for the file's length", &error))?;
    if facts.is_dir() {
        return Err(directory(path));
    }
    if !facts.is_file() {
        return push_reader(extractor, &mut file);
    }
    let length = facts.len();
    if length == 0 {
        return read_sizeless(extractor, &mut file);
    }
    if extractor.length() != Some(length) {
        extractor.set_length(length)?;
    }
    // What is read is charged: it is heap that this extraction holds.
    let budget = extractor.budget().clone();
    if length <= longest_piece(extractor)
        && let Ok(charge) = Charge::new(&budget, length as usize)
    {
        return read_whole(extractor, &file, charge, buffer, length as usize);
    }
    read_wanted(extractor, &file, length, buffer)
}

/// Why a directory is refused: Zarr stores are directories, and are named.
pub(super) fn directory(path: &Path) -> Error {
    let beginning = |name: &str| {
        let file = File::open(path.join(name)).ok()?;
        let mut text = Vec::new();
        file.metadata().ok()?.is_file().then_some(())?;
        file.take(ZARR_BEGINNING).read_to_end(&mut text).ok()?;
        Some(text)
    };
    match foreign::folder(beginning) {
        Some(store) => store.error(),
        None => Error::new(ErrorKind::Io, "this is a directory, not a file"),
    }
}

/// Files of length 0 in /proc have content: only reading tells.
pub(super) fn read_sizeless(extractor: &mut Extractor, file: &mut impl Read) -> Result<Status> {
    push(extractor, file)?;
    match extractor.usage().bytes_fed {
        0 if extractor.length().is_none() => extractor.set_length(0),
        _ => extractor.status(),
    }
}

/// How long a file may be that is read in one piece. The parser needs memory too: what it lacks would be missing.
fn longest_piece(extractor: &Extractor) -> u64 {
    let options = extractor.options();
    let longest = if options.streaming { options.streaming_threshold } else { u64::MAX };
    longest.min(extractor.budget().limit() / 4)
}

/// How much is read at once of a file of this format, or of one that is not known yet.
fn read_size(extractor: &Extractor, format: Option<Format>) -> usize {
    let most = (extractor.budget().limit() / 8).clamp(1 << 10, LARGEST_READ);
    usize::try_from(extractor.options().chunk_size.of(format).min(most)).unwrap_or(1 << 10)
}

fn read_wanted(extractor: &mut Extractor, file: &File, length: u64, buffer: &mut Vec<u8>) -> Result<Status> {
    let mut format = extractor.options().format;
    let mut most = read_size(extractor, format) as u64;
    let budget = extractor.budget().clone();
    let mut charge = Charge::new(&budget, 0).map_err(|_| no_room())?;
    let mut status = extractor.status()?;
    while status == Status::Ok {
        let Some((offset, size)) = extractor.next_read(most) else { break };
        let size = size.min(length.saturating_sub(offset)) as usize;
        charge.grow_to(size).map_err(|_| no_room())?;
        let got = read_at(file, sized(buffer, size), offset)
            .map_err(|error| io_error("can't read the file", &error).at(offset))?;
        // Nothing where something should be: the file has become shorter, and an empty answer says so.
        status = extractor.take_at(offset, &buffer[..got])?;
        if offset == 0 && format.is_none() {
            format = detect(&buffer[..got]);
            most = read_size(extractor, format) as u64;
        }
    }
    Ok(status)
}

/// The first `size` bytes of the buffer, which grows to that; what stands in them is of no use.
fn sized(buffer: &mut Vec<u8>, size: usize) -> &mut [u8] {
    if size > buffer.len() {
        *buffer = Vec::new(); // before the new one is there, not after
        *buffer = vec![0; size];
    }
    &mut buffer[..size]
}

fn read_whole(
    extractor: &mut Extractor,
    file: &File,
    charge: Charge,
    buffer: &mut Vec<u8>,
    length: usize,
) -> Result<Status> {
    let bytes = sized(buffer, length);
    let mut got = 0;
    while got < bytes.len() {
        match read_at(file, &mut bytes[got..], got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) => return Err(io_error("can't read the file", &error).at(got as u64)),
        }
    }
    if got == length && length > LARGEST_BUFFER && extractor.usage().bytes_fed == 0 {
        let mut file = std::mem::take(buffer);
        file.truncate(length);
        return extractor.feed_whole(file, charge);
    }
    super::slice::answer(extractor, &buffer[..got])
}

/// Pushes everything that a reader gives, until the extractor is done or the input ends.
///
/// Not where streaming is off ([`ErrorKind::State`]).
pub fn push_reader(extractor: &mut Extractor, reader: &mut impl Read) -> Result<Status> {
    extractor.may_be_fed()?;
    push(extractor, reader)
}

fn push(extractor: &mut Extractor, reader: &mut impl Read) -> Result<Status> {
    let size = read_size(extractor, extractor.options().format);
    let budget = extractor.budget().clone();
    let _charge = Charge::new(&budget, size).map_err(|_| no_room())?;
    let mut buffer = vec![0; size];
    let mut status = extractor.status()?;
    let mut offset = 0;
    while status == Status::Ok {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => {
                offset += got as u64;
                status = extractor.take_chunk(&buffer[..got])?;
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

fn no_room() -> Error {
    Error::new(ErrorKind::Limit, "the memory limit leaves no room to read into")
}

pub(super) fn io_error(what: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{what}: {error}"))
}
