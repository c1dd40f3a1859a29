//! Where the bytes of a file come from, and which of the library's drivers feeds them.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use metaextract::drivers::batch::Attempt;
use metaextract::{Error, ErrorKind, Extractor, Result, Status, drivers};

use crate::args::Io;

/// True for the name that stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Feeds a file to an extractor. `before_read` is called each time before a read that may wait.
pub(crate) fn feed(
    attempt: &mut Attempt<'_>,
    extractor: &mut Extractor,
    path: &Path,
    io: Io,
    before_read: impl FnMut(),
) -> Result<Status> {
    if is_stdin(path) {
        return attempt.once(|| match own_stdin() {
            Some(mut stdin) => push(extractor, &mut stdin, before_read),
            None => drivers::file::push_reader(extractor, &mut Watched { inner: io::stdin().lock(), before_read }),
        });
    }
    match io {
        // What is no file is refused there in better words.
        Io::Push if path.is_dir() => drivers::file::read_file(extractor, path),
        Io::Auto | Io::Read => attempt.read_file(extractor, path),
        Io::Mmap => drivers::mmap::read_file(extractor, path),
        Io::Push => {
            let pushed = || {
                let mut file = File::open(path)
                    .map_err(|error| Error::new(ErrorKind::Io, format!("can't open the file: {error}")))?;
                push(extractor, &mut file, before_read)
            };
            if path.is_file() { pushed() } else { attempt.once(pushed) }
        }
    }
}

/// Pushes what is left of an open file. Where it is a regular one its length is known, and so is what a cut one lacks.
fn push(extractor: &mut Extractor, file: &mut File, before_read: impl FnMut()) -> Result<Status> {
    if let Some(length) = length_left(file) {
        extractor.set_length(length)?;
    }
    drivers::file::push_reader(extractor, &mut Watched { inner: file, before_read })
}

/// How much of a regular file lies before the end. Files of length 0 in /proc have content: that length says nothing.
fn length_left(file: &mut File) -> Option<u64> {
    let about = file.metadata().ok()?;
    let at = file.stream_position().ok()?;
    (about.is_file() && about.len() > at).then(|| about.len() - at)
}

/// How many bytes a named regular file has.
pub(crate) fn length(path: &Path) -> Option<u64> {
    if is_stdin(path) {
        return None;
    }
    std::fs::metadata(path).ok().filter(|about| about.is_file() && about.len() > 0).map(|about| about.len())
}

/// Standard input as the file that it is, where the system says.
fn own_stdin() -> Option<File> {
    #[cfg(unix)]
    return std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned().ok().map(File::from);
    #[cfg(not(unix))]
    None
}

/// How CDL names what a file holds, as ncdump does: the file's name up to the last dot. A byte that is not UTF-8 becomes
/// %XX.
pub(crate) fn dataset_name(path: &Path) -> String {
    if is_stdin(path) {
        return "stdin".to_owned();
    }
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let stem = name.iter().rposition(|byte| *byte == b'.').map_or(name, |dot| &name[..dot]);
    let mut text = String::new();
    for chunk in stem.utf8_chunks() {
        text += chunk.valid();
        chunk.invalid().iter().for_each(|byte| text += &format!("%{byte:02X}"));
    }
    text
}

/// A reader that tells before it may have to wait.
struct Watched<R, F> {
    inner: R,
    before_read: F,
}

impl<R: Read, F: FnMut()> Read for Watched<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.before_read)();
        self.inner.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::SeekFrom;

    #[test]
    fn only_a_dash_is_standard_input() {
        assert!(is_stdin(Path::new("-")));
        assert!(!is_stdin(Path::new("./-")) && !is_stdin(Path::new("--")));
    }

    #[test]
    fn datasets_are_named_as_ncdump_names_them() {
        let name = |path: &str| dataset_name(Path::new(path));
        assert_eq!([name("a.b.nc"), name("dir.x/plain"), name("./x y.nc")], ["a.b", "plain", "x y"]);
        assert_eq!([name(".nc"), name("-"), name("./-")], ["", "stdin", "-"]);
    }

    #[test]
    fn the_length_is_what_is_left() {
        let mut file = File::open(file!().rsplit_once("cli/").map_or(file!(), |(_, name)| name)).expect("this file");
        let all = file.metadata().expect("metadata").len();
        assert_eq!(length_left(&mut file), Some(all));
        file.seek(SeekFrom::Start(10)).expect("a seek");
        assert_eq!(length_left(&mut file), Some(all - 10));
        file.seek(SeekFrom::End(0)).expect("a seek");
        assert_eq!(length_left(&mut file), None);
        assert_eq!(length(Path::new(".")), None);
        assert_eq!(length(Path::new("-")), None);
    }
}
