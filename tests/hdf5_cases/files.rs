//! Superblocks, widths, user blocks, members of several files, pages, files that are open, cut or none.
use metaextract::{Error, Options};

use crate::common::hdf5_fixture;
use crate::{Case, Check, Check::*, extract};

const INTEGER: &str = r#"{"class": "H5T_INTEGER", "base": "H5T_STD_I32LE"}"#;
const TITLE: Check = Is("attributes/title/value", r#""whole""#);
const GROUP: Check = Is("groups/~1g/attributes/n/value", "-3");
const MEMBERS: Check = Is("groups/~1g/member_count", "1");
const SHAPE: Check = Is("datasets/~1g~1d/shape", "[2, 3]");
const TYPE: Check = Is("datasets/~1g~1d/type", INTEGER);
const UNIT: Check = Is("datasets/~1g~1d/attributes/unit/value", r#""K""#);
const ARRAYS: Check = Count("/properties/arrays", 1);

/// A file with the same content as all of this room, whose superblock is this.
macro_rules! whole {
    ($name:literal, $superblock:literal $(, $check:expr)*) => {
        ($name, &[Clean, Is("superblock", $superblock), TITLE, GROUP, MEMBERS, SHAPE, TYPE, UNIT, ARRAYS $(, $check)*])
    };
}

/// The same, with something to be said of it.
macro_rules! noted {
    ($name:literal, $superblock:literal $(, $check:expr)*) => {
        ($name, &[Is("superblock", $superblock), TITLE, GROUP, MEMBERS, SHAPE, TYPE, UNIT, ARRAYS $(, $check)*])
    };
}

pub(crate) const CASES: &[Case] = &[
    (
        "sb0",
        &[
            Clean,
            Is("superblock", r#"{"version": 0, "offset": 0, "base_address": 0}"#),
            Is(
                "attributes",
                r#"{"title": {"type": {"class": "H5T_STRING", "charSet": "H5T_CSET_ASCII", "strPad": "H5T_STR_NULLPAD",
                    "length": 5}, "dtype": "|S5", "shape": [], "value": "whole"}}"#,
            ),
            Is(
                "groups",
                r#"{"/g": {"attributes": {"n": {"type": {"class": "H5T_INTEGER", "base": "H5T_STD_I16LE"},
                    "dtype": "<i2", "shape": [], "value": -3}}, "member_count": 1}}"#,
            ),
            Is(
                "datasets",
                r#"{"/g/d": {"attributes": {"unit": {"type": {"class": "H5T_STRING", "charSet": "H5T_CSET_ASCII",
                    "strPad": "H5T_STR_NULLPAD", "length": 1}, "dtype": "|S1", "shape": [], "value": "K"}},
                    "shape": [2, 3], "max_shape": [2, 3], "type": {"class": "H5T_INTEGER", "base": "H5T_STD_I32LE"},
                    "dtype": "<i4", "layout": "contiguous", "compression": null, "fill_value": null,
                    "size_bytes": 24, "stored_bytes": 24}}"#,
            ),
            Is("named_types", "{}"),
            Is("links", "{}"),
            Is(
                "/properties/arrays",
                r#"[{"path": "/g/d", "dtype": "<i4", "shape": [2, 3], "size_bytes": 24, "stored_bytes": 24,
                     "layout": "contiguous", "extents": [[2584, 24]]}]"#,
            ),
            Is("/properties/counts/datasets", "1"),
            Is("/properties/counts/attributes", "3"),
            Is("/file", r#"{"size": 2608, "complete": true}"#),
        ],
    ),
    whole!("sb1", r#"{"version": 1, "offset": 0, "base_address": 0}"#),
    whole!("sb2", r#"{"version": 2, "offset": 0, "base_address": 0}"#),
    whole!("sb3", r#"{"version": 3, "offset": 0, "base_address": 0}"#, Is("/file/size", "2072")),
    whole!("sb1_k", r#"{"version": 1, "offset": 0, "base_address": 0}"#),
    whole!("sb2_extension", r#"{"version": 2, "offset": 0, "base_address": 0}"#),
    whole!("sizes_2", r#"{"version": 0, "offset": 0, "base_address": 0}"#),
    whole!("sizes_2_new", r#"{"version": 3, "offset": 0, "base_address": 0}"#),
    whole!("sizes_4", r#"{"version": 0, "offset": 0, "base_address": 0}"#),
    whole!("sizes_4_new", r#"{"version": 3, "offset": 0, "base_address": 0}"#),
    whole!("sizes_4_8", r#"{"version": 0, "offset": 0, "base_address": 0}"#),
    whole!("sizes_8_2", r#"{"version": 3, "offset": 0, "base_address": 0}"#),
    // offsets count from the start of the file, not from the base address
    whole!(
        "userblock_512",
        r#"{"version": 0, "offset": 512, "base_address": 512}"#,
        Is("/properties/arrays/0/extents", "[[3096, 24]]")
    ),
    whole!("userblock_1024_new", r#"{"version": 3, "offset": 1024, "base_address": 1024}"#),
    // the base address that is written was right before something was put in front
    noted!(
        "prepended_512",
        r#"{"version": 0, "offset": 512, "base_address": 0}"#,
        Done,
        Is("/properties/arrays/0/extents", "[[3096, 24]]")
    ),
    noted!("prepended_2048_new", r#"{"version": 3, "offset": 2048, "base_address": 0}"#, Done),
    whole!("paged", r#"{"version": 3, "offset": 0, "base_address": 0}"#),
    whole!("paged_kept", r#"{"version": 3, "offset": 0, "base_address": 0}"#),
    whole!("space_kept", r#"{"version": 2, "offset": 0, "base_address": 0}"#),
    // left open for writing: read, and said
    noted!("open_write", r#"{"version": 3, "offset": 0, "base_address": 0}"#, Note("*")),
    noted!("open_swmr", r#"{"version": 3, "offset": 0, "base_address": 0}"#, Note("*")),
    // one file of several: which one is missing is said
    ("family_0", &[Loss("*"), Partial, Holds("/warnings", "famil")]),
    ("family_new_0", &[Loss("*"), Partial, Holds("/warnings", "famil")]),
    ("multi_s", &[Loss("*"), Partial, Holds("/warnings", "multi")]),
    ("split_m", &[Warned, Holds("/warnings", "multi"), TITLE, GROUP, SHAPE, TYPE, UNIT]),
    // ends
    noted!("cut_data", r#"{"version": 0, "offset": 0, "base_address": 0}"#, Warned),
    noted!("tail", r#"{"version": 3, "offset": 0, "base_address": 0}"#, Done),
    ("cut_half_old", &[Loss("truncated"), Partial]),
    ("cut_half_new", &[Warned, TITLE, GROUP]),
];

/// What gives an error by name and no document.
pub(crate) const REFUSED: &[&str] = &[
    "magic_wrong",
    "magic_only",
    "version_9",
    "version_9_new",
    "widths_odd",
    "superblock_sum",
    "prepended_1000",
    "family_1",
    "family_2",
    "split_r",
    "multi_b",
    "multi_l",
    "multi_o",
    "multi_r",
];

#[test]
fn what_is_no_hdf5_is_refused_by_name() {
    for name in REFUSED {
        match extract(&hdf5_fixture(name), &Options::default()) {
            Err(error) => assert!(names_it(name, &error), "{name}: {error}"),
            // as far as it goes: a signature and nothing that can be read
            Ok((document, _)) => {
                assert_eq!(document.status(), metaextract::Status::Partial, "{name}");
                assert_eq!(document.get_json("/headers/datasets").unwrap_or("{}".into()), "{}", "{name}");
            }
        }
    }
}

fn names_it(name: &str, error: &Error) -> bool {
    let kind = format!("{:?}", error.kind());
    if ["magic_only", "version_9", "version_9_new", "widths_odd", "superblock_sum"].contains(&name) {
        ["Unsupported", "Malformed", "Truncated"].contains(&kind.as_str())
    } else {
        kind == "UnknownFormat"
    }
}
