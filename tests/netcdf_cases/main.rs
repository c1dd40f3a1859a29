//! Each NetCDF fixture against what DOCUMENT.md and the specification of the classic formats say comes out: one table a room
//! of the fixture maker.
#![allow(clippy::unwrap_used, clippy::panic)]

mod classic;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod large;
mod netcdf4;

use std::collections::BTreeSet;

use common::checks::Check;
use common::checks::{envelope, failure};
pub(crate) use common::extract;
use common::json::parse;
use metaextract::{ErrorKind, Format, Options};
use serde_json::Value;

/// The fixture's name, and what holds for its document. Pointers without a leading `/` start at the headers.
pub(crate) type Case = (&'static str, &'static [Check]);

/// Files that give an error: nothing tells what they are.
const REFUSED: [&str; 1] = ["cut_in_magic"];

fn tables() -> Vec<&'static Case> {
    let rooms = [classic::CASES, damage::CASES, netcdf4::CASES];
    rooms.into_iter().flatten().collect()
}

#[test]
fn every_case_comes_out_as_written() {
    let cases = tables();
    common::for_each_parallel(&cases, |case| case.0.to_owned(), |case| check(case));
}

/// HDF5 files are HDF5 unless they bear netCDF's marks, or netCDF is asked for.
#[test]
fn hdf5_files_are_what_they_are_asked_for_as() {
    common::for_each_parallel(netcdf4::HDF5, |case| case.0.to_owned(), |case| check_as(case, None, "hdf5"));
    let netcdf = Some(Format::Netcdf);
    common::for_each_parallel(netcdf4::ASKED_FOR, |case| case.0.to_owned(), |case| check_as(case, netcdf, "netcdf"));
    for (name, _) in netcdf4::CASES {
        check_as(&(name, &[]), Some(Format::Hdf5), "hdf5").unwrap();
    }
}

fn check(case: &Case) -> Result<(), String> {
    check_as(case, None, "netcdf")
}

fn check_as((name, checks): &Case, format: Option<Format>, shown: &str) -> Result<(), String> {
    let bytes = common::netcdf_fixture(name);
    let options = Options { format, ..Options::default() };
    let (document, peak) = extract(&bytes, &options).map_err(|error| format!("gave the error: {error}"))?;
    let json = parse(&document.to_json());
    let mut failures = envelope(&document, &json, shown);
    if !json["headers"]["variant"].as_str().unwrap_or("netcdf-4").starts_with("netcdf-4") {
        invariants(&json, &mut failures);
    }
    if peak > 1 << 20 {
        failures.push(format!("peak heap {peak}"));
    }
    failures.extend(checks.iter().filter_map(|check| failure(check, "/headers/", &document, &json)));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
}

/// What holds for every classic document, whatever the file (DOCUMENT.md, NetCDF `headers` and `properties.arrays`).
fn invariants(json: &Value, failures: &mut Vec<String>) {
    let headers = &json["headers"];
    let complete = json["file"]["complete"] == true;
    let members = |key: &str| headers[key].as_object().map_or(0, serde_json::Map::len);
    let arrays = json["properties"]["arrays"].as_array().map_or(&[][..], Vec::as_slice);
    let mut must = |holds: bool, what: String| {
        if !holds {
            failures.push(what);
        }
    };
    must(members("types") + members("groups") == 0, "classic files have no types and no groups".into());
    must(!complete || arrays.len() == members("variables"), format!("{} arrays", arrays.len()));
    let counts = &json["properties"]["counts"];
    must(
        counts["variables"] == members("variables") || (!complete && counts["variables"].is_null()),
        counts.to_string(),
    );
    for (name, variable) in headers["variables"].as_object().into_iter().flatten() {
        let sizes = variable["dimensions"].as_array().into_iter().flatten();
        let sizes: Vec<&Value> = sizes.map(|name| &headers["dimensions"][name.as_str().unwrap()]["size"]).collect();
        let shape: Vec<&Value> = variable["shape"].as_array().into_iter().flatten().collect();
        // of two dimensions with one name only the first is shown
        let twice = json["warnings"].to_string().contains("duplicate-name");
        must(twice || sizes == shape, format!("{name}: {shape:?}"));
    }
    for array in arrays {
        let name = array["path"].as_str().and_then(|path| path.strip_prefix('/')).unwrap_or_default();
        let name = name.replace("%2F", "/");
        must(headers["variables"][&name]["shape"] == array["shape"], format!("array {}", array["path"]));
        let (length, count) = (&array["strided"]["length"], &array["strided"]["count"]);
        if let (Some(length), Some(count)) = (length.as_u64(), count.as_u64()) {
            must(array["size_bytes"] == length * count, format!("array {name}: {array}"));
        }
    }
}

#[test]
fn every_fixture_is_in_a_table() {
    let mut listed: BTreeSet<String> = tables().iter().map(|case| case.0.to_owned()).collect();
    assert_eq!(listed.len(), tables().len(), "no case stands twice");
    listed.extend(netcdf4::HDF5.iter().map(|case| case.0.to_owned()));
    listed.extend(REFUSED.iter().map(|name| (*name).to_owned()));
    let there: BTreeSet<String> = common::fixture_files()
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("netcdf")))
        .map(|path| common::file_name(path).trim_end_matches(".nc").to_owned())
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn what_is_no_netcdf_is_refused() {
    let refused = |bytes: &[u8], format| extract(bytes, &Options { format, ..Options::default() }).unwrap_err();
    for name in REFUSED {
        assert_eq!(refused(&common::netcdf_fixture(name), None).kind(), ErrorKind::UnknownFormat);
    }
    for bytes in [&b""[..], b"CD", b"CDF\x03....", b"SIMPLE  ="] {
        let error = refused(bytes, Some(Format::Netcdf));
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(0)), "{bytes:?}");
        assert!(error.message().starts_with("nothing can be read as NetCDF"), "{error}");
    }
}
