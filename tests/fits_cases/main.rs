//! Each FITS fixture against what DOCUMENT.md and the standard (4.0) say comes out: one table a room of the fixture maker.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cards;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod gzip;
mod hdus;
mod tables;
mod wcs;

use std::collections::BTreeSet;

pub(crate) use common::checks::Check;
use common::checks::{envelope, failure};
use common::json::parse;
use metaextract::{Document, Options};
use serde_json::Value;

use Check::Is;

/// The fixture's name, and what holds for its document. Pointers without a leading `/` start at the primary HDU's cards.
pub(crate) type Case = (&'static str, &'static [Check]);

/// What stands behind the odd thing: the HDU named LAST, as the first, second … image.
pub(crate) const LAST: Check = Is("/headers/image_hdu/0/name", r#""LAST""#);
pub(crate) const LAST_OF_2: Check = Is("/headers/image_hdu/1/name", r#""LAST""#);
pub(crate) const LAST_OF_4: Check = Is("/headers/image_hdu/3/name", r#""LAST""#);
pub(crate) const LAST_OF_5: Check = Is("/headers/image_hdu/4/name", r#""LAST""#);
pub(crate) const AFTER: &str = r#"["AFTER", 2, null]"#;
pub(crate) const NO_ARRAYS: Check = Is("/properties/arrays", "[]");

pub(crate) fn extract(bytes: &[u8]) -> metaextract::Result<(Document, u64)> {
    common::extract(bytes, &Options::default())
}

pub(crate) fn document(bytes: &[u8]) -> Value {
    parse(&extract(bytes).unwrap().0.to_json())
}

fn tables() -> Vec<&'static Case> {
    let rooms = [cards::CASES, hdus::CASES, tables::CASES, wcs::CASES, damage::CASES, gzip::CASES];
    rooms.into_iter().flatten().collect()
}

#[test]
fn every_case_comes_out_as_written() {
    let cases = tables();
    common::for_each_parallel(&cases, |case| case.0.to_owned(), |case| check(case));
}

fn check((name, checks): &Case) -> Result<(), String> {
    let (document, peak) = extract(&common::fits_fixture(name)).map_err(|error| format!("gave the error: {error}"))?;
    let json = parse(&document.to_json());
    let mut failures = envelope(&document, &json, "fits");
    invariants(&json, &mut failures);
    if peak > 512 << 10 {
        failures.push(format!("peak heap {peak}"));
    }
    let base = "/headers/primary_hdu/cards/";
    failures.extend(checks.iter().filter_map(|check| failure(check, base, &document, &json)));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
}

/// Every HDU of a document, in the order of the file.
pub(crate) fn hdus(json: &Value) -> Vec<&Value> {
    let headers = &json["headers"];
    let mut hdus: Vec<&Value> = headers.get("primary_hdu").into_iter().collect();
    for list in ["image_hdu", "table_hdu", "other_hdu"] {
        hdus.extend(headers[list].as_array().into_iter().flatten());
    }
    hdus.sort_by_key(|hdu| hdu["index"].as_u64());
    hdus
}

/// What holds for every FITS document, whatever the file (DOCUMENT.md, FITS `headers`).
fn invariants(json: &Value, failures: &mut Vec<String>) {
    let hdus = hdus(json);
    let mut must = |holds: bool, what: String| {
        if !holds {
            failures.push(what);
        }
    };
    let complete = json["file"]["complete"] == true;
    let count = &json["properties"]["counts"]["hdus"];
    must(*count == hdus.len() || (!complete && count.is_null()), format!("counts.hdus is {count} of {}", hdus.len()));
    let mut end = 0;
    for (index, hdu) in hdus.iter().enumerate() {
        must(hdu["index"] == index, format!("hdu {index} has the index {}", hdu["index"]));
        let header = hdu["header"]["offset"].as_u64();
        must(header.is_some_and(|at| at >= end && at % 2880 == 0), format!("hdu {index}: header at {header:?}"));
        end = header.unwrap_or(0) + hdu["header"]["length"].as_u64().unwrap_or(0);
        let cards = hdu["cards"].as_array().map_or(&[][..], Vec::as_slice);
        for card in cards {
            let keyword = card[0].as_str();
            must(keyword.is_some_and(|one| one.trim_end() == one && one != "END"), format!("hdu {index}: card {card}"));
            let text = |value: &Value| value.as_str().is_none_or(|one| one.trim_end_matches(' ') == one);
            must(card.as_array().map(Vec::len) == Some(3) && text(&card[1]), format!("hdu {index}: card {card}"));
            must(card[2] != "" && text(&card[2]), format!("hdu {index}: comment of {card}"));
        }
        let table = ["table", "bintable", "compressed-image"].iter().any(|kind| hdu["kind"] == *kind);
        must(table || hdu.get("columns").is_none(), format!("hdu {index}: columns without a table"));
        must(!table || !complete || hdu["columns"].is_array(), format!("hdu {index}: a table without columns"));
    }
    for array in json["properties"]["arrays"].as_array().into_iter().flatten() {
        let path = array["path"].as_str().and_then(|path| path.strip_prefix("hdu/")?.parse::<usize>().ok());
        must(path.is_some_and(|index| index < hdus.len()), format!("array {}", array["path"]));
    }
}

#[test]
fn every_fixture_is_in_a_table() {
    let mut listed: BTreeSet<String> = tables().iter().map(|case| case.0.to_owned()).collect();
    assert_eq!(listed.len(), tables().len(), "no case stands twice");
    listed.extend(gzip::REFUSED.iter().map(|name| (*name).to_owned()));
    let there: BTreeSet<String> = common::fixture_files()
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("fits")))
        .map(|path| common::file_name(path).trim_end_matches(".gz").trim_end_matches(".fits").to_owned())
        .collect();
    assert_eq!(listed, there);
}
