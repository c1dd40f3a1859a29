//! Expectations as data: what becomes of each file of the public corpus, in a table that is committed (names and checksums, no file).
//! So a change of behaviour, on a broken file above all, is seen as a difference of that table.
//!
//! `ci/expected --update` writes it anew. Where the corpus is not there, there is nothing to compare.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use common::drive::{Outcome, Way};
use metaextract::Options;

fn table() -> PathBuf {
    common::root().join("tests/expected/corpus.txt")
}

/// `truncated*2 unknown-vr`: the codes of the warnings, and how often each is there; behind the status or the kind of error.
fn told(outcome: &Outcome) -> String {
    let status = match outcome {
        Outcome::Document { status, .. } => format!("{status:?}"),
        Outcome::Failed { kind, .. } => format!("error:{kind}"),
    };
    let mut codes = BTreeMap::<String, usize>::new();
    for warning in outcome.json().iter().flat_map(|json| json["warnings"].as_array().unwrap().clone()) {
        *codes.entry(warning["code"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    codes.into_iter().fold(status, |mut told, (code, count)| {
        let times = if count > 1 { format!("*{count}") } else { String::new() };
        write!(told, " {code}{times}").unwrap();
        told
    })
}

/// Checksum, length, what the document tells, and what it tells where every chunk is asked for.
fn row(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut sum = flate2::Crc::new();
    sum.update(&bytes);
    let with = |options: &Options| told(&Way::Slice.run(path, &bytes, options).outcome);
    let plain = with(&Options::default());
    let chunks = with(&Options { chunk_manifest: true, ..Options::default() });
    let chunks = if chunks == plain { String::new() } else { format!("; chunks: {chunks}") };
    format!("{:08x} {} {plain}{chunks}", sum.sum(), bytes.len())
}

/// By name: the folders below the corpus, and the file.
fn rows(files: &[PathBuf]) -> BTreeMap<String, String> {
    let rows = Mutex::new(BTreeMap::new());
    let corpus = common::corpus();
    common::for_each_parallel(
        files,
        |path| path.display().to_string(),
        |path| {
            let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap().to_owned();
            let row = row(path);
            rows.lock().unwrap().insert(name, row);
            Ok(())
        },
    );
    rows.into_inner().unwrap()
}

#[test]
fn every_file_of_the_corpus_is_told_as_it_was() {
    let files = common::corpus_files();
    if files.is_empty() {
        println!("the corpus is not there: nothing is compared");
        return;
    }
    let rows = rows(&files);
    if std::env::var_os("MX_UPDATE_EXPECTED").is_some() {
        let text = rows.iter().map(|(name, row)| format!("{name}\n    {row}\n")).collect::<String>();
        std::fs::write(table(), text).unwrap();
        return;
    }
    let text = std::fs::read_to_string(table()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let expected: BTreeMap<_, _> = lines.chunks(2).map(|pair| (pair[0], pair[1].trim_start())).collect();
    let mut wrong = Vec::new();
    for (name, row) in &rows {
        match expected.get(name.as_str()) {
            Some(expected) if expected == row => {}
            Some(expected) => wrong.push(format!("{name}\n  - {expected}\n  + {row}")),
            None => wrong.push(format!("{name}\n  + {row}")),
        }
    }
    wrong
        .extend(expected.keys().filter(|name| !rows.contains_key(**name)).map(|name| format!("{name}\n  - not there")));
    assert!(wrong.is_empty(), "{} files; where that is meant: ci/expected --update\n{}", wrong.len(), wrong.join("\n"));
}
