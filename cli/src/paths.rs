//! Which files are read: those of the command line, those of a list, those in folders.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use metaextract::{Error, ErrorKind};
use walkdir::WalkDir;

use crate::args::Args;
use crate::source::is_stdin;

/// A name in a list that is longer is none: the list is perhaps no list.
const LONGEST: u64 = 1 << 20;

/// A file to read, or what was found in the place of one.
pub(crate) type Found = Result<PathBuf, (PathBuf, Error)>;

/// Names all files, one after the other, to `found`; stops where that says no.
pub(crate) fn find(args: &Args, list: Option<Box<dyn BufRead + Send>>, found: &mut dyn FnMut(Found) -> bool) {
    let mut each = |path: PathBuf| match args.recursive && !is_stdin(&path) && path.is_dir() {
        true => walk(&path, found),
        false => found(Ok(path)),
    };
    if !args.files.iter().cloned().all(&mut each) {
        return;
    }
    if let (Some(list), Some(name)) = (list, &args.files_from) {
        let end = if args.null { 0 } else { b'\n' };
        if let Err(error) = read_list(list, end, &mut each) {
            found(Err((name.clone(), Error::new(ErrorKind::Io, format!("can't read the list: {error}")))));
        }
    }
}

/// Opens the list of `--files-from`.
pub(crate) fn open(list: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    match is_stdin(list) {
        true => Ok(Box::new(BufReader::new(io::stdin()))),
        false => Ok(Box::new(BufReader::new(File::open(list)?))),
    }
}

fn read_list(mut list: Box<dyn BufRead + Send>, end: u8, each: &mut dyn FnMut(PathBuf) -> bool) -> io::Result<()> {
    let mut name = Vec::new();
    loop {
        name.clear();
        io::Read::take(&mut list, LONGEST).read_until(end, &mut name)?;
        if name.is_empty() {
            return Ok(());
        }
        if name.last() == Some(&end) {
            name.pop();
        } else if name.len() as u64 == LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a name is longer than a mebibyte"));
        }
        if cfg!(windows) && name.last() == Some(&b'\r') {
            name.pop();
        }
        if !name.is_empty() && !each(path(&name)?) {
            return Ok(());
        }
    }
}

/// A name as it stands in a list. There `-` is a file of that name.
fn path(name: &[u8]) -> io::Result<PathBuf> {
    if name == b"-" {
        return Ok(PathBuf::from("./-"));
    }
    #[cfg(unix)]
    return Ok(PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name)));
    #[cfg(not(unix))]
    match std::str::from_utf8(name) {
        Ok(name) => Ok(PathBuf::from(name)),
        Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "a name is not UTF-8")),
    }
}

/// Names what is in a folder, in the order of the file system: to sort it would be to hold it.
fn walk(folder: &Path, found: &mut dyn FnMut(Found) -> bool) -> bool {
    WalkDir::new(folder).follow_links(true).into_iter().all(|entry| match entry {
        Ok(entry) if entry.file_type().is_dir() => true,
        Ok(entry) if entry.file_type().is_file() => found(Ok(entry.into_path())),
        Ok(entry) => {
            let error = Error::new(ErrorKind::Io, "not a regular file; to read it, name it");
            found(Err((entry.into_path(), error)))
        }
        Err(error) => {
            let path = error.path().unwrap_or(folder).to_owned();
            found(Err((path, walk_error(&error))))
        }
    })
}

fn walk_error(error: &walkdir::Error) -> Error {
    let message = match (error.loop_ancestor(), error.io_error()) {
        (Some(ancestor), _) => format!("not followed: this links to a folder that it lies in, {}", ancestor.display()),
        (None, Some(error)) => format!("can't read what is here: {error}"),
        (None, None) => "can't read what is here".to_owned(),
    };
    Error::new(ErrorKind::Io, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &[u8], end: u8) -> Vec<PathBuf> {
        let mut names = Vec::new();
        read_list(Box::new(io::Cursor::new(text.to_vec())), end, &mut |name| {
            names.push(name);
            true
        })
        .expect("a list");
        names
    }

    #[test]
    fn lists_are_read() {
        assert_eq!(listed(b"a b\n\n-\nlast", b'\n'), ["a b", "./-", "last"].map(PathBuf::from));
        assert_eq!(listed(b"a\nb\0c\0", 0), ["a\nb", "c"].map(PathBuf::from));
        assert!(listed(b"", b'\n').is_empty());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let zeros = io::BufReader::new(io::repeat(0));
        assert!(read_list(Box::new(zeros), b'\n', &mut |_| true).is_err());
    }
}
