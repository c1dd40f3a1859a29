//! Law 1: the document, or the error, is a function of the bytes alone, whatever the driver, the chunking, the order.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::PathBuf;

use common::drive::{Outcome, Way, difference};
use common::{corpus_files, file_name, fixture_files, for_each_parallel};
use metaextract::{Options, Status};
use serde_json::Value;

#[test]
fn fixtures_give_one_outcome_whatever_the_driver() {
    hold(&fixture_files(), &Options::default());
}

#[test]
fn corpus_files_give_one_outcome_whatever_the_driver() {
    hold(&corpus_files(), &Options::default());
}

/// The limits have edges of their own, which a chunk can end at.
#[test]
fn small_limits_give_one_outcome_whatever_the_driver() {
    let options = Options { max_value_bytes: 16, max_inline_bytes: 3, max_depth: 2, ..Options::default() };
    hold(&fixture_files(), &options);
}

fn hold(files: &[PathBuf], options: &Options) {
    for_each_parallel(
        files,
        |path| file_name(path),
        |path| {
            let bytes = std::fs::read(path).unwrap();
            let want = Way::Slice.run(path, &bytes, options).outcome;
            let mut failures = Vec::new();
            for way in Way::all(bytes.len(), bytes.len() as u64) {
                let run = Way::run(&way, path, &bytes, options);
                let same =
                    if run.stopped_unlimited { same_but_length(&want, &run.outcome) } else { want == run.outcome };
                if !same {
                    failures.push(format!("{way:?}: {}", difference(&want, &run.outcome)));
                }
            }
            if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
        },
    );
}

/// The exception of law 1: a host that never said the length and stopped when nothing more was needed lacks what the length tells.
fn same_but_length(want: &Outcome, got: &Outcome) -> bool {
    let (Some(mut want), Some(mut got)) = (want.json(), got.json()) else { return want == got };
    let told: Vec<Value> = want["warnings"].as_array().cloned().unwrap_or_default();
    let subset = got["warnings"].as_array().is_some_and(|some| some.iter().all(|one| told.contains(one)));
    for document in [&mut want, &mut got] {
        document["file"]["size"] = Value::Null;
        document["file"]["complete"] = Value::Null;
        document["warnings"] = Value::Null;
    }
    subset && want == got
}

/// The same, with the records sent as they come: order is free, the set is not.
#[test]
fn every_driver_sends_the_same_records() {
    let mut files = fixture_files();
    files.extend(corpus_files().into_iter().filter(|path| path.metadata().is_ok_and(|meta| meta.len() < 20_000)));
    for_each_parallel(
        &files,
        |path| file_name(path),
        |path| {
            let bytes = std::fs::read(path).unwrap();
            let sent = |way: &Way| {
                let (options, lines) = common::drive::recording(&Options::default());
                let run = way.run(path, &bytes, &options);
                let mut lines = lines.lock().unwrap().clone();
                lines.sort();
                (run, lines)
            };
            let (want, records) = sent(&Way::Slice);
            for way in Way::all(bytes.len(), 5) {
                let (run, mut lines) = sent(&way);
                let mut records = records.clone();
                if run.stopped_unlimited {
                    for lines in [&mut lines, &mut records] {
                        lines.retain(|line| !line.starts_with(r#"{"pointer":"/file","#));
                    }
                }
                if lines != records {
                    let odd = lines
                        .iter()
                        .find(|line| !records.contains(line))
                        .or_else(|| records.iter().find(|line| !lines.contains(line)));
                    return Err(format!("{way:?}: other records: {} for {}: {odd:.300?}", lines.len(), records.len()));
                }
                if !run.stopped_unlimited && run.outcome != want.outcome {
                    return Err(format!("{way:?}: {}", difference(&want.outcome, &run.outcome)));
                }
            }
            Ok(())
        },
    );
}

/// Input after the end of an extraction changes nothing.
#[test]
fn what_is_fed_after_done_is_ignored() {
    let bytes = common::fixture("plain");
    let mut extractor = metaextract::Extractor::new(&Options::default()).unwrap();
    extractor.set_length(bytes.len() as u64).unwrap();
    assert_eq!(extractor.feed_chunk(&bytes).unwrap(), Status::Done);
    assert_eq!(extractor.feed_chunk(b"more").unwrap(), Status::Done);
    assert_eq!(extractor.feed_at(0, b"other").unwrap(), Status::Done);
    assert_eq!(extractor.wanted().len(), 0);
    let first = extractor.finish().unwrap().to_json();
    let second = extractor.finish().unwrap().to_json();
    assert_eq!(first, second);
    assert_eq!(
        Outcome::Document { status: Status::Done, json: first },
        Way::Slice.run(&PathBuf::new(), &bytes, &Options::default()).outcome
    );
}
