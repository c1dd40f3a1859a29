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
}
