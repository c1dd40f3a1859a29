//! Law 1: the document, or the error, is a function of the bytes alone, whatever the driver, the chunking, the order.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::PathBuf;
use std::sync::Mutex;

use common::drive::{Outcome, Way, answer, difference};
use common::law::{lacks_what_had_passed, one_outcome};
use common::part::contained;
use common::random::Random;
use common::{corpus_files, file_name, fixture_files, for_each_parallel, is_hdf5};
use metaextract::{Extractor, Options, Status};

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
            let want = Way::Slice.run(path, &bytes, options);
            let mut failures = Vec::new();
            for way in Way::all(bytes.len(), bytes.len() as u64) {
                let run = Way::run(&way, path, &bytes, options);
                if let Err(why) = one_outcome(&want, &run, &way) {
                    failures.push(why);
                }
            }
            if failures.is_empty() { Ok(()) } else { Err(failures.join("\n    ")) }
        },
    );
}

/// What a pipe lacked is wanted by its ranges; fed, it gives the whole document. And nearly every file lacks nothing.
#[test]
fn what_a_pipe_lacks_can_be_fed() {
    let mut files = fixture_files();
    files.extend(corpus_files());
    files.retain(|path| is_hdf5(path) && path.metadata().is_ok_and(|meta| meta.len() < 30_000_000));
    let partial = Mutex::new(Vec::new());
    for_each_parallel(
        &files,
        |path| file_name(path),
        |path| {
            let bytes = std::fs::read(path).unwrap();
            let options = Options::default();
            let want = Way::Slice.run(path, &bytes, &options).outcome;
            let mut extractor = Extractor::new(&options).unwrap();
            let mut status = extractor.set_length(bytes.len() as u64).unwrap();
            for piece in bytes.chunks(1 << 16) {
                if status != Status::Ok {
                    break;
                }
                match extractor.feed_chunk(piece) {
                    Ok(next) => status = next,
                    Err(error) if Outcome::failed(&error) == want => return Ok(()),
                    Err(error) => return Err(format!("a feed gave {error}")),
                }
            }
            let early = match extractor.finish() {
                Ok(document) => Outcome::of(&document),
                Err(error) => Outcome::failed(&error),
            };
            if early == want {
                return Ok(());
            }
            let (Some(whole), Some(part)) = (want.json(), early.json()) else {
                return Err(difference(&want, &early));
            };
            contained(&whole, &part)?;
            partial.lock().unwrap().push(file_name(path));
            if extractor.wanted().len() == 0 {
                return Err("Partial, and nothing is wanted".to_owned());
            }
            let mut random = Random::new(7);
            for _ in 0..1000 {
                if extractor.wanted().len() == 0 {
                    break;
                }
                answer(&mut extractor, &bytes, Status::Ok, &mut random).map_err(|error| error.to_string())?;
            }
            let late = extractor.finish().map_err(|error| error.to_string())?;
            if Outcome::of(&late) == want { Ok(()) } else { Err(difference(&want, &Outcome::of(&late))) }
        },
    );
    let partial = partial.into_inner().unwrap();
    let most = files.len().div_ceil(100);
    assert!(partial.len() <= most, "{} of {} lack something: {partial:?}", partial.len(), files.len());
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
                if lacks_what_had_passed(&way, &want.outcome, &run.outcome) {
                    continue;
                }
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
