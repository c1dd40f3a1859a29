//! Each DICOM fixture against what DOCUMENT.md and the standard say comes out: one table a room of the fixture maker.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod pixels;
mod structure;
mod texts;
mod values;

use std::collections::BTreeSet;

use common::checks::{envelope, failure};
use common::json::parse;
use metaextract::{Document, ErrorKind, Kind, Options};
use serde_json::Value;

use Check::Is;
pub(crate) use common::checks::Check;

/// The fixture's name, and what holds for its document.
pub(crate) type Case = (&'static str, &'static [Check]);

/// What stands in front of and behind the odd thing in most fixtures: both must be read.
pub(crate) const BEFORE: Check = Is("00080060", r#"{"vr": "CS", "Value": ["OT"]}"#);
pub(crate) const NAME: Check = Is("00100010", r#"{"vr": "PN", "Value": [{"Alphabetic": "After^All"}]}"#);
pub(crate) const AFTER: Check = Is("00100020", r#"{"vr": "LO", "Value": ["A1"]}"#);
pub(crate) const SYNTAX_EXPLICIT: Check = Is("/headers/file_meta/00020010/Value", r#"["1.2.840.10008.1.2.1"]"#);

pub(crate) fn extract(bytes: &[u8]) -> metaextract::Result<(Document, u64)> {
    common::extract(bytes, &Options::default())
}

fn tables() -> Vec<&'static Case> {
    [structure::CASES, values::CASES, texts::CASES, pixels::CASES].into_iter().flatten().collect()
}

#[test]
fn every_case_comes_out_as_written() {
    let cases = tables();
    common::for_each_parallel(&cases, |case| case.0.to_owned(), |case| check(case));
}

fn check((name, checks): &Case) -> Result<(), String> {
    let (document, peak) = extract(&common::fixture(name)).map_err(|error| format!("gave the error: {error}"))?;
    let json = parse(&document.to_json());
    let mut failures = invariants(&document, &json);
    if peak > 4 << 20 {
        failures.push(format!("peak heap {peak}"));
    }
    failures.extend(checks.iter().filter_map(|check| failure(check, "/headers/dataset/", &document, &json)));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
}

/// What holds for every document, whatever the file (DOCUMENT.md, DICOM `headers`).
fn invariants(document: &Document, json: &Value) -> Vec<String> {
    let mut failures = envelope(document, json, "dicom");
    for part in ["file_meta", "dataset"] {
        let pointer = format!("/headers/{part}");
        let Some(members) = json.pointer(&pointer).and_then(Value::as_object) else {
            failures.push(format!("{pointer} is no object"));
            continue;
        };
        let keys: Vec<String> = (0..members.len()).filter_map(|index| document.key_at(&pointer, index).ok()).collect();
        if keys.len() != members.len() || !keys.is_sorted() {
            failures.push(format!("{pointer}: keys are not in ascending order: {keys:?}"));
        }
        if document.kind(&pointer).ok() != Some((Kind::Object, members.len())) {
            failures.push(format!("{pointer}: kind() counts wrongly"));
        }
        data_set(&json["headers"][part], &pointer, &mut failures);
    }
    failures
}

fn data_set(members: &Value, pointer: &str, failures: &mut Vec<String>) {
    for (key, element) in members.as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{key}");
        let tag = key.len() == 8 && key.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        if !tag || key.ends_with("0000") || key.starts_with("FFFEE0") {
            failures.push(format!("{pointer}: not a key of the DICOM JSON Model"));
        }
        if element["vr"].as_str().is_none_or(|vr| vr.len() != 2) {
            failures.push(format!("{pointer}: no vr"));
        }
        let shown = ["Value", "InlineBinary", "BulkDataURI"].iter().filter(|key| element.get(**key).is_some()).count();
        if shown > 1 || element.get("Value").is_some_and(|value| value.as_array().is_none_or(Vec::is_empty)) {
            failures.push(format!("{pointer}: {element:.200}"));
        }
        if element["vr"] == "SQ" {
            for (index, item) in element["Value"].as_array().into_iter().flatten().enumerate() {
                data_set(item, &format!("{pointer}/Value/{index}"), failures);
            }
        }
    }
}

#[test]
fn every_fixture_is_in_a_table() {
    let listed: BTreeSet<String> = tables().iter().map(|case| case.0.to_owned()).collect();
    assert_eq!(listed.len(), tables().len(), "no case stands twice");
    let there: BTreeSet<String> = common::fixture_files()
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("dicom")))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "gzip") // an error, below
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn what_is_no_dicom_file_is_refused_by_name() {
    let kind = |bytes: &[u8]| extract(bytes).map(|_| ()).map_err(|error| error.kind());
    assert_eq!(kind(&common::fixture("gzip")), Err(ErrorKind::Unsupported));
    for signature in [
        &b"\x0e\x03\x13\x01"[..],
        b"\xcd\xf3\x00\x01\0\0\xff\xff",
        b"GRIB\0\0\0\x02",
        b"BUFR\0\0\0\x04",
        b"PK\x03\x04\x14\0",
    ] {
        let mut file = signature.to_vec();
        file.resize(4096, 0);
        let error = extract(&file).map(|_| ()).expect_err("a foreign format");
        // HDF4, NASA CDF, GRIB, BUFR, zip: known, and named
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{signature:?}: {error}");
    }
    assert_eq!(kind(b""), Err(ErrorKind::UnknownFormat));
    assert_eq!(kind(b"DIC"), Err(ErrorKind::UnknownFormat));
    assert_eq!(kind(&[0; 4096]), Err(ErrorKind::UnknownFormat));
    assert_eq!(
        kind(b"Nothing that any of the formats would begin with.\n".repeat(90).as_slice()),
        Err(ErrorKind::UnknownFormat)
    );
}

#[test]
fn every_encoding_of_a_data_set_gives_the_same_one() {
    let data = |name: &str| parse(&extract(&common::fixture(name)).unwrap().0.to_json())["headers"]["dataset"].clone();
    let explicit = data("vr_explicit");
    assert!(explicit.as_object().unwrap().len() > 30);
    for name in ["vr_implicit", "vr_big", "vr_deflated"] {
        assert_eq!(explicit, data(name), "{name}");
    }
    assert_eq!(data("plain"), data("noprebare_explicit"));
}

/// A data set in explicit VR, without preamble and meta group.
fn explicit(elements: &[(u32, &[u8; 2], &[u8])]) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend(b"DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0");
    for (tag, vr, value) in elements {
        out.extend(((tag >> 16) as u16).to_le_bytes());
        out.extend((*tag as u16).to_le_bytes());
        out.extend(*vr);
        match *vr {
            b"OW" => out.extend([&[0, 0][..], &(value.len() as u32).to_le_bytes()].concat()),
            _ => out.extend((value.len() as u16).to_le_bytes()),
        }
        out.extend(*value);
    }
    out
}

const ROWS: (u32, &[u8; 2], &[u8]) = (0x0028_0010, b"US", &[4, 0]);
const COLUMNS: (u32, &[u8; 2], &[u8]) = (0x0028_0011, b"US", &[6, 0]);
const BITS: (u32, &[u8; 2], &[u8]) = (0x0028_0100, b"US", &[16, 0]);
const FRAMES: (u32, &[u8; 2], &[u8]) = (0x0028_0008, b"IS", b"2 ");

#[test]
fn what_stands_behind_pixel_data_describes_it_too() {
    let pixels = (0x7FE0_0010, b"OW", &[0; 96][..]);
    let (document, _) = extract(&explicit(&[pixels, FRAMES, ROWS, COLUMNS, BITS])).unwrap();
    assert_eq!(document.get_json("/properties/arrays/0/shape").unwrap(), "[2,4,6]");
    assert_eq!(document.get_str("/properties/arrays/0/dtype").unwrap(), "<u2");
    assert_eq!(document.get_u64("/properties/arrays/0/size_bytes").unwrap(), 96);
}

#[test]
fn short_pixel_data_that_is_cut_has_its_entry() {
    let file = explicit(&[ROWS, COLUMNS, BITS, (0x7FE0_0010, b"OW", &[0; 48])]);
    let (document, _) = extract(&file[..file.len() - 10]).unwrap();
    assert_eq!(document.get_json("/properties/arrays/0/shape").unwrap(), "[4,6]");
    assert!(document.get_json("/properties/arrays/0/extents").is_err());
    assert!(document.get_json("/warnings").unwrap().contains("truncated"));
}
