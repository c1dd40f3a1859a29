//! Each HDF5 fixture against what DOCUMENT.md and the specification (4.0) say comes out: one table a room of the fixture
//! maker.
#![allow(clippy::unwrap_used, clippy::panic)]

mod attributes;
mod chunks;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod files;
mod groups;
mod layouts;
mod references;
mod shared;
mod types;

use std::collections::BTreeSet;

use common::checks::Check;
use common::checks::{envelope, failure};
pub(crate) use common::extract;
use common::json::parse;
use metaextract::Options;
use serde_json::Value;

use Check::Is;

/// The fixture's name, and what holds for its document. Pointers without a leading `/` start at `/headers/`.
pub(crate) type Case = (&'static str, &'static [Check]);

/// What stands behind the odd thing, and in another place than that.
pub(crate) const LAST: Check = Is("datasets/~1last/attributes/after/value", "2");

fn tables() -> Vec<&'static Case> {
    let rooms = [
        files::CASES,
        groups::CASES,
        attributes::CASES,
        types::CASES,
        references::CASES,
        layouts::CASES,
        chunks::CASES,
        shared::CASES,
        damage::CASES,
    ];
    rooms.into_iter().flatten().collect()
}

#[test]
fn every_case_comes_out_as_written() {
    let cases = tables();
    common::for_each_parallel(&cases, |case| case.0.to_owned(), |case| check(case));
}

fn check((name, checks): &Case) -> Result<(), String> {
    let bytes = common::hdf5_fixture(name);
    let (document, peak) = extract(&bytes, &Options::default()).map_err(|error| format!("gave the error: {error}"))?;
    let json = parse(&document.to_json());
    let mut failures = envelope(&document, &json, "hdf5");
    invariants(&json, bytes.len() as u64, &mut failures);
    if peak > 2 << 20 {
        failures.push(format!("peak heap {peak}"));
    }
    failures.extend(checks.iter().filter_map(|check| failure(check, "/headers/", &document, &json)));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
}

/// What holds for every HDF5 document, whatever the file (DOCUMENT.md, HDF5 `headers`).
fn invariants(json: &Value, size: u64, failures: &mut Vec<String>) {
    let mut must = |holds: bool, what: String| {
        if !holds {
            failures.push(what);
        }
    };
    let headers = &json["headers"];
    let members = |key: &str| headers[key].as_object().cloned().unwrap_or_default();
    let complete = json["file"]["complete"] == true;
    let counts = &json["properties"]["counts"];
    for key in ["groups", "datasets"] {
        // the root is a group, and not in the list
        let listed = members(key).len() + usize::from(key == "groups");
        let count = &counts[key];
        must(
            *count == listed || (key == "groups" && *count == listed - 1) || (!complete && count.is_null()),
            format!("counts.{key} is {count} of {listed}"),
        );
    }
    let mut paths = BTreeSet::new();
    for key in ["groups", "datasets", "named_types", "links"] {
        for path in members(key).keys() {
            must(path.starts_with('/') && path.len() > 1, format!("{key}: {path} is no path"));
            must(paths.insert(path.clone()), format!("{path} stands twice"));
        }
    }
    for (path, link) in members("links") {
        let target = link["target"].as_str().unwrap_or("");
        let there = target == "/" || (paths.contains(target) && headers["links"].get(target).is_none());
        must(link["kind"] != "hard" || there, format!("{path}: no object is at {target}"));
    }
    let datasets = members("datasets");
    for (path, dataset) in &datasets {
        let shape = dataset["shape"].as_array();
        let most = dataset["max_shape"].as_array();
        must(shape.map(Vec::len) == most.map(Vec::len) || !complete, format!("{path}: {shape:?} of {most:?}"));
        must(dataset["layout"] == "chunked" || dataset.get("chunks").is_none(), format!("{path}: chunks"));
        must(dataset["layout"] != "chunked" || dataset.get("stored_bytes").is_none(), format!("{path}: stored_bytes"));
    }
    for array in json["properties"]["arrays"].as_array().into_iter().flatten() {
        let path = array["path"].as_str().unwrap_or("");
        let Some(dataset) = datasets.get(path) else {
            must(false, format!("array {path} is no dataset"));
            continue;
        };
        for key in ["shape", "dtype", "layout", "size_bytes", "filters"] {
            must(array.get(key) == dataset.get(key), format!("{path}: {key} is {} and {}", array[key], dataset[key]));
        }
        must(!dataset["shape"].is_null(), format!("{path}: an array with a null dataspace"));
        for extent in array["extents"].as_array().into_iter().flatten() {
            let end = extent[0].as_u64().zip(extent[1].as_u64()).and_then(|(at, length)| at.checked_add(length));
            must(end.is_some_and(|end| end <= size) || !complete, format!("{path}: {extent} of {size} bytes"));
        }
    }
}

#[test]
fn every_fixture_is_in_a_table() {
    let mut listed: BTreeSet<String> = tables().iter().map(|case| case.0.to_owned()).collect();
    assert_eq!(listed.len(), tables().len(), "no case stands twice");
    for name in files::REFUSED {
        assert!(listed.insert((*name).to_owned()), "{name} stands twice");
    }
    let there: BTreeSet<String> = common::fixture_files()
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("hdf5")))
        .map(|path| common::file_name(path).trim_end_matches(".h5").to_owned())
        .collect();
    assert_eq!(listed, there);
}
