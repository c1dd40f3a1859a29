//! FITS in gzip: the document of the inflated stream, whatever the members look like; and damaged streams.
use metaextract::ErrorKind;
use serde_json::Value;

use crate::common::fits_fixture;
use crate::{AFTER, Case, Check, Check::*, LAST_OF_2, document, extract};

const GZIP: Check = Is("/file/encoding", r#""gzip""#);
const SCI: Check = Is("/headers/image_hdu/0/name", r#""SCI""#);
const WHOLE: Check = Is("/properties/counts/hdus", "3");

pub(crate) const CASES: &[Case] = &[
    ("gz_plain", &[Clean, WHOLE, LAST_OF_2, Absent("/file/encoding"), Is("/file/size", "14400")]),
    (
        "gz_single",
        &[
            Clean,
            GZIP,
            WHOLE,
            LAST_OF_2,
            Is("/file/size", "565"),
            Is("/file/inflated_size", "14400"),
            Is("/headers/image_hdu/0/data", r#"{"offset": 5760, "length": 4000}"#),
            Is("/properties/arrays/0/extents", "[[5760, 4000]]"),
        ],
    ),
    ("gz_stored", &[Clean, GZIP, WHOLE, LAST_OF_2, Is("/file/size", "14423"), Is("/file/inflated_size", "14400")]),
    ("gz_primary_only", &[Clean, GZIP, Is("3", AFTER), Is("/file/inflated_size", "2880")]),
    ("gz_members", &[Clean, GZIP, WHOLE, LAST_OF_2, Is("/file/inflated_size", "14400")]),
    ("gz_fields", &[Clean, GZIP, WHOLE, LAST_OF_2, Is("/file/inflated_size", "14400")]),
    // gzip -d takes zeros behind the last member for padding, anything else for garbage
    ("gz_tail_zeros", &[Done, GZIP, WHOLE, LAST_OF_2]),
    ("gz_tail_junk", &[Note("*"), GZIP, WHOLE, LAST_OF_2]),
    ("gz_tail_in_stream", &[Note("trailing-bytes"), GZIP, WHOLE, LAST_OF_2]),
    ("gz_tail_member", &[Note("trailing-bytes"), GZIP, WHOLE, LAST_OF_2]),
    ("gz_bad_crc", &[Warned, GZIP, SCI, LAST_OF_2]),
    ("gz_bad_size", &[Warned, GZIP, SCI, LAST_OF_2]),
    ("gz_cut_in_data", &[Loss("*"), GZIP, Is("3", AFTER), SCI, Absent("/headers/image_hdu/1")]),
    ("gz_cut_in_header", &[Loss("*"), GZIP, Is("3", AFTER), Is("/headers/image_hdu/0/cards/0/1", r#""IMAGE""#)]),
    ("gz_cut_in_trailer", &[Warned, GZIP, SCI, LAST_OF_2]),
    ("gz_cut_before_trailer", &[Warned, GZIP, SCI, LAST_OF_2]),
    ("gz_cut_in_second_member", &[Loss("*"), GZIP, Is("3", AFTER)]),
    ("gz_damaged", &[Loss("*"), GZIP, Is("3", AFTER)]),
    (
        "gz_bomb",
        &[
            Clean,
            GZIP,
            LAST_OF_2,
            Is("/headers/image_hdu/0/data", r#"{"offset": 5760, "length": 1048576}"#),
            Is("/headers/image_hdu/1/header/offset", "1056960"),
            Is("/file/inflated_size", "1059840"),
        ],
    ),
    ("gz_bomb_behind", &[Note("trailing-bytes"), GZIP, WHOLE, LAST_OF_2]),
];

/// Gzip around what is no FITS file.
pub(crate) const REFUSED: &[&str] = &["gz_hdf5", "gz_netcdf", "gz_nested", "gz_text", "gz_empty"];

#[test]
fn gzip_around_something_else_is_refused() {
    let kind = |name: &str| extract(&fits_fixture(name)).map(|_| ()).expect_err(name).kind();
    // named: not built yet
    assert_eq!(kind("gz_hdf5"), ErrorKind::Unsupported);
    assert_eq!(kind("gz_netcdf"), ErrorKind::Unsupported);
    for name in ["gz_nested", "gz_text", "gz_empty"] {
        assert!(matches!(kind(name), ErrorKind::UnknownFormat | ErrorKind::Unsupported), "{name}: {:?}", kind(name));
    }
}

/// What is in the file is in the document, however it was compressed.
#[test]
fn gzip_changes_the_file_and_nothing_else() {
    let inflated = |name: &str| -> Value {
        let mut document = document(&fits_fixture(name));
        document["file"] = Value::Null;
        document
    };
    let plain = inflated("gz_plain");
    for name in ["gz_single", "gz_stored", "gz_members", "gz_fields"] {
        assert_eq!(plain, inflated(name), "{name}");
    }
}

/// A kilobyte that inflates to a megabyte costs what a kilobyte costs.
#[test]
fn a_bomb_takes_no_memory() {
    let peak = |name: &str| extract(&fits_fixture(name)).unwrap().1;
    let small = peak("gz_single");
    for name in ["gz_bomb", "gz_bomb_behind"] {
        assert!(peak(name) <= small + (8 << 10), "{name}: {} bytes, {small} without the bomb", peak(name));
    }
}
