//! Formats next door: not read, but named, and said what does read them.

use crate::error::{Error, ErrorKind};

/// A format that this library does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Foreign {
    name: &'static str,
    /// What reads it; empty: nothing in particular.
    tool: &'static str,
}

pub(super) const HDF4: Foreign =
    Foreign { name: "HDF4 (or HDF-EOS2)", tool: "hdp and GDAL do, and h4toh5 makes HDF5 of it" };
pub(super) const NASA_CDF: Foreign = Foreign { name: "CDF of NASA (not NetCDF)", tool: "cdfdump does" };
pub(super) const GRIB: Foreign = Foreign { name: "GRIB", tool: "grib_dump (ecCodes) does" };
pub(super) const BUFR: Foreign = Foreign { name: "BUFR", tool: "bufr_dump (ecCodes) does" };
const ZIP: Foreign = Foreign { name: "a zip archive", tool: "" };
const ZARR_ZIP: Foreign =
    Foreign { name: "a zip archive of Zarr or NcZarr", tool: "zarr does, and ncdump where it is built for it" };
const NCZARR: Foreign = Foreign { name: "a folder of NcZarr", tool: "ncdump 'file://FOLDER#mode=nczarr,file' does" };
const ZARR: Foreign = Foreign { name: "a folder of Zarr", tool: "zarr does" };

impl Foreign {
    /// A format that only its name is known of.
    pub(super) const fn named(name: &'static str) -> Self {
        Foreign { name, tool: "" }
    }

    pub(crate) fn error(self) -> Error {
        let Foreign { name, tool } = self;
        let but = if tool.is_empty() { "" } else { "; " };
        Error::new(ErrorKind::Unsupported, format!("this is {name}, which this library does not read{but}{tool}"))
    }
}

/// What a zip archive's name is asked of: its first entry (APPNOTE 4.3.7), with a name so long at most.
pub(super) const ZIP_HEAD: usize = 30 + 128;
/// Names that only Zarr has.
const ZARR_NAMES: [&str; 5] = [".zgroup", ".zattrs", ".zarray", ".zmetadata", "zarr.json"];

/// Which archive begins so.
pub(super) fn zip(head: &[u8]) -> Foreign {
    let length = head.get(26..28).map_or(0, |raw| usize::from(raw[0]) | usize::from(raw[1]) << 8);
    let name = head.get(30..).unwrap_or(&[]);
    let name = &name[..length.min(name.len())];
    let is_zarr = ZARR_NAMES.iter().any(|own| name.ends_with(own.as_bytes())) || has(name, b".nczarr");
    if is_zarr { ZARR_ZIP } else { ZIP }
}

/// Which store a folder is, from its files: `read` gives the beginning of one. `None`: just a folder.
pub(crate) fn folder(read: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Foreign> {
    // NcZarr has files of its own in its first version, and attributes since.
    if [".nczarr", ".ncgroup", ".nczgroup"].iter().any(|own| read(own).is_some()) {
        return Some(NCZARR);
    }
    let mut found = ZARR_NAMES.iter().filter_map(|name| read(name)).peekable();
    found.peek()?;
    Some(if found.any(|text| has(&text, b"_nczarr")) { NCZARR } else { ZARR })
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entry: &str) -> Vec<u8> {
        let mut head = b"PK\x03\x04".to_vec();
        head.resize(26, 0);
        head.extend([entry.len() as u8, 0, 0, 0]);
        head.extend(entry.as_bytes());
        head
    }

    #[test]
    fn archives_are_told_by_their_first_entry() {
        assert_eq!(zip(&archive("data.zarr/.zgroup")), ZARR_ZIP);
        assert_eq!(zip(&archive("zarr.json")), ZARR_ZIP);
        assert_eq!(zip(&archive("/.nczarr")), ZARR_ZIP);
        assert_eq!(zip(&archive("readme.txt")), ZIP);
        assert_eq!(zip(&archive("zarr.json")[..35]), ZIP, "cut");
        assert_eq!(zip(b"PK\x03\x04"), ZIP);
    }

    #[test]
    fn folders_are_told_by_their_files() {
        let with = |files: &'static [(&str, &str)]| {
            folder(move |name| files.iter().find(|(own, _)| *own == name).map(|(_, text)| text.as_bytes().to_vec()))
        };
        assert_eq!(with(&[("a.txt", "")]), None);
        assert_eq!(with(&[(".zgroup", "{\"zarr_format\": 2}")]), Some(ZARR));
        assert_eq!(with(&[("zarr.json", "{\"_NCZARR_GROUP\": {}}")]), Some(NCZARR));
        assert_eq!(with(&[(".zgroup", "{}"), (".zattrs", "{\"_nczarr_attr\": {}}")]), Some(NCZARR));
        assert_eq!(with(&[(".nczarr", "")]), Some(NCZARR));
    }

    #[test]
    fn the_error_says_what_reads_it() {
        let message = "this is GRIB, which this library does not read; grib_dump (ecCodes) does";
        assert_eq!(GRIB.error().message(), message);
        assert_eq!(ZIP.error().message(), "this is a zip archive, which this library does not read");
    }
}
