//! Law 3: what a cut file gives is a part of what the whole file gives; and records put together are the document.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::drive::{Outcome, Way, answer, recording};
use common::json::{is_empty_frame, leaves, parse, put, same};
use common::part::contained;
use common::random::Random;
use common::{
    corpus_files, dicom_path, file_name, fits_path, fixture_files, fixtures, for_each_parallel, hdf5_path, netcdf_path,
};
use metaextract::{Extractor, Format, Options, Status};
use serde_json::Value;

const CUTS: u64 = 200;

/// DICOM fixtures of every kind: encodings, sequences, pixels, character sets, damage.
const CUT_FIXTURES: [&str; 14] = [
    "vr_explicit",
    "vr_implicit",
    "vr_big",
    "vr_deflated",
    "sq_explicit",
    "sq_implicit",
    "un_undef_implicit",
    "afterpix",
    "encap_bot",
    "encap_eot",
    "cs_item_undefined",
    "frames5",
    "disorder",
    "depth500",
];

/// HDUs of every kind, headers of several blocks, long strings, gzip; members and stored ones, which a cut goes through.
const CUT_FITS: [&str; 14] = [
    "mef",
    "groups",
    "bitpix",
    "tile_kinds",
    "tile_float",
    "table_letters",
    "heaps",
    "continued",
    "cont_long",
    "wcs_alternates",
    "wcs_tables",
    "unknown_xtension",
    "gz_stored",
    "gz_members",
];

/// Old and new groups, dense and deep ones, graphs, long headers, heaps, shared messages, every index of chunks.
const CUT_HDF5: [&str; 20] = [
    "sb0",
    "sb3",
    "sizes_4",
    "userblock_512",
    "groups_old",
    "groups_new",
    "deep_old",
    "dense",
    "order_new",
    "graph_old",
    "graph_new",
    "cycle_old",
    "appended_old",
    "dense_attributes",
    "committed_old",
    "nested_types_old",
    "references_new",
    "shared_tree",
    "filtered_heap_deep",
    "cache_image",
];

/// Every classic variant, one record variable and several, long values, what is odd and does not keep from reading; netCDF-4.
const CUT_NETCDF: [&str; 18] = [
    "classic",
    "offset64",
    "data64",
    "all_types",
    "records",
    "records_data64",
    "one_record_ushort",
    "gap",
    "long_values",
    "twice",
    "vsize",
    "begin_overlap",
    "nc4_groups",
    "nc4_types",
    "nc4_names",
    "nc4_order",
    "nc4_classic_model",
    "scales",
];

fn cut_fixtures() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = CUT_FIXTURES.iter().map(|name| dicom_path(name)).collect();
    files.extend(CUT_FITS.iter().map(|name| fits_path(name)));
    files.extend(CUT_HDF5.iter().map(|name| hdf5_path(name)));
    files.extend(CUT_NETCDF.iter().map(|name| netcdf_path(name)));
    files
}

#[test]
fn a_cut_fixture_gives_a_part_of_the_whole() {
    let mut files = cut_fixtures();
    files.push(fixtures().join("sample.dcm"));
    cut(&files);
}

/// Twenty corpus files, spread over the whole of it.
#[test]
fn a_cut_corpus_file_gives_a_part_of_the_whole() {
    let files: Vec<PathBuf> =
        corpus_files().into_iter().filter(|path| path.metadata().is_ok_and(|m| m.len() < 600_000)).collect();
    let chosen: Vec<PathBuf> = files.iter().step_by((files.len() / 20).max(1)).cloned().collect();
    cut(&chosen);
}

fn cut(files: &[PathBuf]) {
    for_each_parallel(
        files,
        |path| file_name(path),
        |path| {
            let bytes = std::fs::read(path).unwrap();
            let options = Options::default();
            let Some(whole) = Way::Slice.run(path, &bytes, &options).outcome.json() else { return Ok(()) };
            // A cut can hide the marks of netCDF-4. What is left is HDF5, and says so.
            let hdf5 = Options { format: Some(Format::Hdf5), ..Options::default() };
            let as_hdf5 = match whole["format"].as_str() {
                Some("netcdf") => Way::Slice.run(path, &bytes, &hdf5).outcome.json(),
                _ => None,
            };
            let mut random = Random::new(bytes.len() as u64);
            let mut cuts: Vec<usize> = (0..CUTS).map(|_| random.below(bytes.len() as u64) as usize).collect();
            // headers are small: half of the cuts fall into the first and the last kilobyte
            for at in cuts.iter_mut().step_by(4) {
                *at = at.checked_rem(1024.min(bytes.len())).unwrap_or(0);
            }
            for at in cuts.iter_mut().skip(2).step_by(4) {
                *at = bytes.len() - 1 - (*at % 1024.min(bytes.len()));
            }
            let mut failures = Vec::new();
            for at in cuts {
                let started = Instant::now();
                let outcome = Way::Slice.run(path, &bytes[..at], &options).outcome;
                if started.elapsed() > Duration::from_secs(20) {
                    failures.push(format!("cut at {at}: took {:?}", started.elapsed()));
                }
                let is_hdf5 = outcome.json().is_some_and(|part| part["format"] == "hdf5");
                let whole = as_hdf5.as_ref().filter(|_| is_hdf5).unwrap_or(&whole);
                if let Err(why) = is_part(whole, &outcome, at) {
                    failures.push(format!("cut at {at}: {why}"));
                }
            }
            failures.truncate(6);
            if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
        },
    );
}

fn is_part(whole: &Value, outcome: &Outcome, cut: usize) -> Result<(), String> {
    let Some(part) = outcome.json() else {
        // so short that nothing tells what it is
        let start = whole.pointer("/headers/superblock/offset").and_then(Value::as_u64).unwrap_or(0);
        return if (cut as u64) < 400 + start { Ok(()) } else { Err(format!("{outcome:?}")) };
    };
    let lost = part["warnings"].as_array().unwrap().iter().any(|one| one["class"] == "loss");
    let partial = outcome.status() == Some(Status::Partial);
    if lost != partial || part["file"]["complete"] != Value::Bool(!partial) {
        return Err(format!("status {:?}, complete {}, loss {lost}", outcome.status(), part["file"]["complete"]));
    }
    if partial {
        let counts = part["properties"]["counts"].as_object().cloned().unwrap_or_default();
        for (key, count) in counts {
            if !count.is_null() && count != whole["properties"]["counts"][&key] {
                return Err(format!("counts/{key} is {count} of {}", whole["properties"]["counts"][&key]));
            }
        }
    }
    contained(whole, &part)
}

/// What a Partial says is wanted can still be fed; the next document is the whole one.
#[test]
fn a_partial_document_can_be_completed() {
    let files = cut_fixtures();
    for_each_parallel(
        &files,
        |path| file_name(path),
        |path| {
            let bytes = std::fs::read(path).unwrap();
            let want = Way::Slice.run(path, &bytes, &Options::default()).outcome;
            let mut random = Random::new(3);
            for _ in 0..10 {
                let at = 200 + random.below(bytes.len() as u64 - 200) as usize;
                let mut extractor = Extractor::new(&Options::default()).unwrap();
                extractor.set_length(bytes.len() as u64).unwrap();
                let status = extractor.feed_chunk(&bytes[..at]).map_err(|error| error.to_string())?;
                if status != Status::Ok {
                    continue; // nothing behind the cut was needed
                }
                let early = extractor.finish().map_err(|error| format!("cut at {at}: {error}"))?;
                // in a pipe, that nothing of what is to come is needed may show at its end alone
                if Outcome::of(&early) == want {
                    continue;
                }
                if early.status() != Status::Partial {
                    return Err(format!("fed {at} of {} bytes: {:?}", bytes.len(), early.status()));
                }
                let (whole, part) = (want.json().unwrap(), parse(&early.to_json()));
                // what has no marks of netCDF-4 yet is HDF5
                if part["format"] == whole["format"] {
                    contained(&whole, &part).map_err(|why| format!("fed {at} bytes: {why}"))?;
                }
                if extractor.wanted().len() == 0 {
                    return Err(format!("fed {at} bytes: Partial, and nothing is wanted"));
                }
                let mut rounds = 0;
                while extractor.wanted().len() > 0 && rounds < 10_000 {
                    answer(&mut extractor, &bytes, Status::Ok, &mut random).map_err(|error| error.to_string())?;
                    rounds += 1;
                }
                let late = extractor.finish().map_err(|error| error.to_string())?;
                if Outcome::of(&late) != want {
                    return Err(format!(
                        "completed after {at} bytes: {}",
                        common::drive::difference(&want, &Outcome::of(&late))
                    ));
                }
            }
            Ok(())
        },
    );
}

/// Records: putting each value at its pointer gives the document (DOCUMENT.md, Records).
#[test]
fn records_put_together_are_the_document() {
    let mut files = fixture_files();
    files.extend(corpus_files().into_iter().filter(|path| path.metadata().is_ok_and(|meta| meta.len() < 300_000)));
    for_each_parallel(&files, |path| file_name(path), |path| assemble(path));
}

fn assemble(path: &Path) -> Result<(), String> {
    let bytes = std::fs::read(path).unwrap();
    let Some(whole) = Way::Slice.run(path, &bytes, &Options::default()).outcome.json() else { return Ok(()) };
    let (options, lines) = recording(&Options::default());
    let envelope = Way::Slice.run(path, &bytes, &options).outcome;
    let Some(mut built) = envelope.json() else { return Err(format!("with records: {envelope:?}")) };
    built["headers"] = Value::Null;
    built["warnings"] = Value::Array(Vec::new());
    built["properties"]["arrays"] = Value::Array(Vec::new());
    for line in lines.lock().unwrap().iter() {
        if line.contains('\n') {
            return Err(format!("a record of more than one line: {line:.200}"));
        }
        let record = parse(line);
        let (Some(pointer), Some(value)) = (record["pointer"].as_str(), record.get("value")) else {
            return Err(format!("no record: {line:.200}"));
        };
        if pointer.starts_with("/headers/dataset/") && value["vr"] == "SQ" && value.get("Value").is_some() {
            return Err(format!("{pointer}: a record is one leaf element, not a whole sequence"));
        }
        put(&mut built, pointer, value.clone());
    }
    let (whole, built) = (settled(whole), settled(built));
    for (pointer, value) in &whole {
        match built.get(pointer) {
            Some(other) if same(other, value) => {}
            other => return Err(format!("{pointer}: assembled {other:.200?}, the document has {value:.200}")),
        }
    }
    match built.keys().find(|pointer| !whole.contains_key(*pointer)) {
        Some(extra) => Err(format!("{extra} is in the records only")),
        None => Ok(()),
    }
}

/// The leaves, with appended entries in one order, and without containers that are empty in the envelope.
fn settled(mut document: Value) -> std::collections::BTreeMap<String, Value> {
    for pointer in ["/warnings", "/properties/arrays"] {
        if let Some(entries) = document.pointer_mut(pointer).and_then(Value::as_array_mut) {
            entries.sort_by_key(Value::to_string);
        }
    }
    let mut leaves = leaves(&document);
    leaves.retain(|pointer, value| !is_empty_frame(pointer, value));
    leaves
}
