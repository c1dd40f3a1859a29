//! Which files a C library reads in our place, by the options: libhdf5 and libnetcdf, feature `reference`.

use std::path::Path;

use crate::engine::extractor::Extractor;
use crate::error::Result;
use crate::status::Status;

#[cfg(feature = "reference")]
pub(super) use reference::Instead;

/// A file that a library reads. Without the feature there is none.
#[cfg(not(feature = "reference"))]
pub(super) enum Instead {}

#[cfg(not(feature = "reference"))]
impl Instead {
    /// What reads a file at once: a library where streaming is off.
    pub(super) fn of_ours(_: &Extractor, _: &Path) -> Option<Instead> {
        None
    }

    /// What reads a file after our reader.
    pub(super) fn after(_: &Extractor, _: &Path, _: &Result<Status>) -> Option<Instead> {
        None
    }

    pub(super) fn read(self, _: &mut Extractor, _: &Path) -> Result<Status> {
        match self {}
    }
}

#[cfg(feature = "reference")]
mod reference {
    use super::*;
    use crate::drivers::file::io_error;
    use crate::error::ErrorKind;
    use crate::formats::reference::Library;

    pub(in crate::drivers) struct Instead(Library);

    impl Instead {
        /// What reads a file at once: a library where streaming is off.
        pub(in crate::drivers) fn of_ours(extractor: &Extractor, path: &Path) -> Option<Instead> {
            if extractor.options().streaming { None } else { Instead::of(extractor, path) }
        }

        /// What reads a file after our reader: a library where that ended in an error which another reader need not have. Not
        /// one of the file system, the host or the memory limit.
        pub(in crate::drivers) fn after(extractor: &Extractor, path: &Path, read: &Result<Status>) -> Option<Instead> {
            let is_ours = |kind| matches!(kind, ErrorKind::Malformed | ErrorKind::Unsupported);
            match read {
                Err(error) if extractor.options().fallback && is_ours(error.kind()) => Instead::of(extractor, path),
                _ => None,
            }
        }

        /// A file that can't be opened or is none is left to our reader, which says so.
        fn of(extractor: &Extractor, path: &Path) -> Option<Instead> {
            let is_file = std::fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() > 0);
            if !is_file {
                return None;
            }
            Library::of(path, extractor.options()).ok().flatten().map(Instead)
        }

        pub(in crate::drivers) fn read(self, extractor: &mut Extractor, path: &Path) -> Result<Status> {
            let facts = std::fs::metadata(path).map_err(|error| io_error("can't ask for the file's length", &error))?;
            extractor.read_by(self.0, path, facts.len())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::error::Error;
        use crate::options::Options;

        fn fixture(name: &str) -> std::path::PathBuf {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
        }

        fn failed(kind: ErrorKind) -> Result<Status> {
            Err(Error::new(kind, "what our reader says"))
        }

        #[test]
        fn an_error_of_the_bytes_is_followed_where_that_is_asked_for() {
            let path = fixture("hdf5/groups_new.h5");
            let open = |fallback| Extractor::new(&Options { fallback, ..Options::default() }).expect("an extractor");
            let mut extractor = open(true);
            let is_followed = |extractor: &Extractor, kind| Instead::after(extractor, &path, &failed(kind)).is_some();
            assert!(is_followed(&extractor, ErrorKind::Malformed) && is_followed(&extractor, ErrorKind::Unsupported));
            for kind in [ErrorKind::Io, ErrorKind::Limit, ErrorKind::Cancelled, ErrorKind::State, ErrorKind::Argument] {
                assert!(!is_followed(&extractor, kind), "{kind:?}");
            }
            assert!(!is_followed(&open(false), ErrorKind::Malformed), "not by itself");
            let dicom = Instead::after(&extractor, &fixture("sample.dcm"), &failed(ErrorKind::Malformed));
            assert!(dicom.is_none(), "no library reads it");

            let library = Instead::after(&extractor, &path, &failed(ErrorKind::Malformed)).expect("a library");
            assert_eq!(library.read(&mut extractor, &path), Ok(Status::Done));
            let document = extractor.finish().expect("a document");
            assert!(document.get_str("/file/reader").expect("a reader").starts_with("libhdf5 "));
        }

        #[test]
        fn where_both_fail_both_are_heard() {
            // A signature and nothing behind it.
            let path = fixture("hdf5/magic_only.h5");
            let read = |fallback| {
                let options = Options { fallback, ..Options::default() };
                crate::drivers::extract_file(&path, &options).expect_err("an error")
            };
            let (ours, theirs) = (read(false), read(true));
            assert_eq!((ours.kind(), ours.offset()), (theirs.kind(), theirs.offset()));
            assert_eq!(theirs.message(), format!("{}; libhdf5 can't read this file", ours.message()));
        }
    }
}
