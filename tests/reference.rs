//! The readers that go through libhdf5 and libnetcdf say the same as ours: over fixtures, and the corpus where it is.
#![cfg(feature = "reference")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::json::parse;
use metaextract::{Document, Error, Format, Options, Status, drivers};
use serde_json::Value;

/// Takes out what only one reader says: the table in docs/reference.md has the same members, with the reasons.
fn in_common(document: &Document) -> Value {
    let mut json = parse(&document.to_json());
    let is_netcdf = json["format"] == "netcdf";
    json["warnings"].take(); // what is odd about the bytes, or unreadable
    let file = json["file"].as_object_mut().unwrap();
    file.remove("reader");
    file.remove("complete"); // follows from the warnings
    let arrays = json["properties"]["arrays"].take();
    if !is_netcdf {
        let mut arrays = arrays;
        for array in arrays.as_array_mut().unwrap() {
            if array["layout"] == "compact" {
                array.as_object_mut().unwrap().remove("extents");
            }
        }
        json["properties"]["arrays"] = arrays;
    }
    forget_offsets(&mut json);
    json
}

/// Of values that are too long the libraries do not tell where they stand.
fn forget_offsets(json: &mut Value) {
    match json {
        Value::Object(members) => {
            if let Some(Value::Object(omitted)) = members.get_mut("omitted") {
                omitted.remove("offset");
            }
            members.values_mut().for_each(forget_offsets);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_offsets),
        _ => {}
    }
}

/// Where two documents differ first.
fn difference(ours: &Value, theirs: &Value, at: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(a, b, &format!("{at}/{key}")),
                (Some(a), None) => Some(format!("{at}/{key}: only ours: {a:.80}")),
                (None, b) => Some(format!("{at}/{key}: only theirs: {:.80}", b.unwrap_or(&Value::Null))),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(i, (a, b))| difference(a, b, &format!("{at}/{i}")))
        }
        _ if ours == theirs => None,
        _ => Some(format!("{at}: ours {ours:.80} theirs {theirs:.80}")),
    }
}

fn read(path: &Path, format: Option<Format>, streaming: bool) -> Result<Document, Error> {
    drivers::extract_file(path, &Options { format, streaming, special: true, ..Options::default() })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

struct Compared {
    equal: usize,
    unreadable: Vec<String>,
    different: Vec<String>,
}

fn compare(folder: &Path, format: Format) -> Compared {
    let mut compared = Compared { equal: 0, unreadable: Vec::new(), different: Vec::new() };
    for path in files(folder) {
        let name = path.strip_prefix(folder).unwrap().display().to_string();
        if std::env::var("MX_ONLY").is_ok_and(|only| !name.contains(&only)) {
            continue;
        }
        if std::env::var_os("MX_SAY").is_some() {
            eprintln!("{name}");
        }
        let theirs = match read(&path, Some(format), false) {
            Ok(document) => document,
            Err(error) => {
                compared.unreadable.push(format!("{name}: {error}"));
                continue;
            }
        };
        let lacks = &parse(&theirs.to_json())["warnings"];
        if theirs.status() != Status::Done {
            compared.unreadable.push(format!("{name}: {}", lacks[0]["message"]));
            continue;
        }
        match read(&path, Some(format), true) {
            Ok(ours) => match difference(&in_common(&ours), &in_common(&theirs), "") {
                None => compared.equal += 1,
                Some(difference) => {
                    compared.different.push(format!("{name} [{:?}]: {difference}", ours.status()));
                }
            },
            Err(error) => compared.different.push(format!("{name}: ours: {error}")),
        }
    }
    println!(
        "{}: {} equal, {} different, {} unreadable",
        folder.display(),
        compared.equal,
        compared.different.len(),
        compared.unreadable.len()
    );
    compared.unreadable.iter().for_each(|line| println!("  unreadable  {line}"));
    compared.different.iter().for_each(|line| println!("  different  {line}"));
    compared
}

#[test]
fn corpus() {
    let Some(corpus) = std::env::var_os("MX_CORPUS") else { return };
    let corpus = Path::new(&corpus);
    compare(&corpus.join("netcdf"), Format::Netcdf);
    compare(&corpus.join("hdf5"), Format::Hdf5);
}
