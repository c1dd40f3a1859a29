//! Holds every document to `include/metaextract.schema.json`, and the schema to the source.

mod common;

use std::fs;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use metaextract::drivers::slice;
use metaextract::{Extractor, Options};
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../include/metaextract.schema.json")).expect("JSON")
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).expect("a schema")
}

/// A validator of one definition, where the rest of the document does not matter.
fn definition(name: &str) -> Validator {
    let mut schema = schema();
    let root = schema.as_object_mut().expect("an object");
    root.retain(|key, _| key.starts_with('$'));
    root.insert("$ref".into(), json!(format!("#/$defs/{name}")));
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn errors(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {}", error.instance_path(), error.masked())).collect()
}

fn document(bytes: &[u8], options: &Options) -> metaextract::Result<Value> {
    let mut extractor = Extractor::new(options)?;
    slice::read(&mut extractor, bytes)?;
    Ok(common::json::parse(&extractor.finish()?.to_json()))
}

#[test]
fn every_document_is_valid() {
    let validator = validator();
    let mut wrong = Vec::new();
    let mut read = 0;
    for path in common::fixture_files().into_iter().chain(common::corpus_files()) {
        let bytes = fs::read(&path).expect("a readable file");
        // A damaged file may be cut anywhere; its document is one all the same.
        for bytes in [&bytes[..], &bytes[..bytes.len() * 2 / 3], &bytes[..bytes.len() / 5]] {
            if let Ok(document) = document(bytes, &Options::default()) {
                read += 1;
                wrong.extend(errors(&validator, &document).iter().map(|error| format!("{}: {error}", path.display())));
            }
        }
    }
    assert!(read > 600, "the fixtures could be read: {read}");
    assert!(wrong.is_empty(), "{} errors:\n{}", wrong.len(), wrong[..wrong.len().min(50)].join("\n"));
}

#[test]
fn options_keep_documents_valid() {
    let validator = validator();
    let options = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        options
    };
    let bytes = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm")).expect("the sample");
    for options in [
        options(|options| options.max_value_bytes = 4),
        options(|options| options.max_inline_bytes = 0),
        options(|options| options.max_depth = 1),
        options(|options| options.memory_limit = 64 << 10),
    ] {
        let document = document(&bytes, &options).expect("a document");
        assert_eq!(errors(&validator, &document), [""; 0], "{options:?}");
        assert!(document.pointer("/headers/dataset").is_some(), "{options:?}");
    }
}

#[test]
fn records_are_valid_and_leave_the_envelope() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&lines);
    let options = Options {
        records: Some(Arc::new(move |line: &str| {
            keep.lock().expect("no panic").push(line.to_owned());
            std::ops::ControlFlow::Continue(())
        })),
        ..Options::default()
    };
    let bytes = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm")).expect("the sample");
    let envelope = document(&bytes, &options).expect("a document");
    assert_eq!(errors(&validator(), &envelope), [""; 0]);
    let record = definition("record");
    let lines = lines.lock().expect("no panic");
    assert!(!lines.is_empty());
    for line in lines.iter() {
        let line = serde_json::from_str(line).expect("JSON");
        assert_eq!(errors(&record, &line), [""; 0]);
    }
}

/// The codes of the source are those of the schema, each in its class.
#[test]
fn codes_are_those_of_the_source() {
    let source = include_str!("../src/document/warnings.rs");
    let table = source.split_once("\ncodes! {").and_then(|(_, rest)| rest.split_once("\n}")).expect("the table").0;
    let mut of_source: Vec<(String, String)> = table
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';')?.split_once(" = "))
        .filter_map(|(_, row)| row.split_once(", "))
        .map(|(code, class)| (code.trim_matches('"').to_owned(), class.to_lowercase()))
        .collect();
    let schema = schema();
    let mut of_schema: Vec<(String, String)> = ["loss", "note"]
        .iter()
        .flat_map(|class| {
            let codes = schema["$defs"][format!("{class}_code")]["oneOf"].as_array().expect("codes");
            codes.iter().map(move |code| (code["const"].as_str().expect("a code").to_owned(), class.to_string()))
        })
        .collect();
    of_source.sort();
    of_schema.sort();
    assert!(of_source.len() > 20, "the table of codes was not found");
    assert_eq!(of_source, of_schema);
}

/// The schema refuses what the contract forbids: a schema that accepts everything tests nothing.
#[test]
fn the_schema_is_strict() {
    let validator = validator();
    let good = json!({
        "metaextract": 1, "format": "dicom", "file": {"size": 1000, "complete": true},
        "headers": {"file_meta": {}, "dataset": {
            "00080060": {"vr": "CS", "Value": ["CT", null]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]},
            "00280010": {"vr": "US", "Value": [512]},
            "00081140": {"vr": "SQ", "Value": [{}, {"00081150": {"vr": "UI"}}]},
            "7FE00010": {"vr": "OW", "BulkDataURI": "?offset=500&length=500"},
        }},
        "properties": {"arrays": [{"path": "7FE00010", "dtype": "<u2", "shape": [512, 512], "size_bytes": 500,
            "stored_bytes": 500, "layout": "contiguous", "extents": [[500, 500]]}], "counts": {"elements": 4}},
        "warnings": [{"code": "odd-length", "class": "note", "offset": 3, "path": "", "message": "odd"}],
    });
    assert_eq!(errors(&validator, &good), [""; 0]);
    for (pointer, bad) in [
        ("/metaextract", json!(2)),
        ("/format", json!("png")),
        ("/file", json!({"size": 1})),
        ("/file/complete", json!(false)), // without a loss
        ("/file/size", json!(-1)),
        ("/file/encoding", json!("zip")),
        ("/headers/file_meta", json!({"00080005": {"vr": "CS"}})),
        ("/headers/dataset/00080000", json!({"vr": "UL", "Value": [4]})),
        ("/headers/dataset/FFFEE00D", json!({"vr": "UN"})),
        ("/headers/dataset/0008001a", json!({"vr": "CS"})),
        ("/headers/dataset/00080060", json!({"vr": "XX"})),
        ("/headers/dataset/00080060/Value", json!([])),
        ("/headers/dataset/00080060/Value", json!([null])),
        ("/headers/dataset/00080060/Value", json!([""])),
        ("/headers/dataset/00080060/InlineBinary", json!("AAAA")),
        ("/headers/dataset/00100010/Value", json!(["A^B"])),
        ("/headers/dataset/00100010/Value/0", json!({"Alphabetic": "A^"})),
        ("/headers/dataset/00280010/Value/0", json!(65536)),
        ("/headers/dataset/00280010/Value/0", json!(1.5)),
        ("/headers/dataset/00081140/Value/1/00081150", json!({"vr": "UI", "Value": [1]})),
        ("/headers/dataset/7FE00010/BulkDataURI", json!("offset=1")),
        ("/headers/dataset/7FE00010/InlineBinary", json!("AAAA")), // beside a BulkDataURI
        ("/properties/arrays/0/extents", json!([[500]])),
        ("/properties/arrays/0/dtype", json!("u2")),
        ("/properties/arrays/0/layout", json!("fragments")), // without frames
        ("/properties/counts/pixels", json!(1)),
        ("/warnings/0/code", json!("no-such-code")),
        ("/warnings/0/class", json!("loss")),     // of a note
        ("/warnings/0/code", json!("truncated")), // as a note
        ("/extra", json!(1)),
    ] {
        let mut document = good.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        match document.pointer_mut(parent).expect("a place") {
            Value::Object(members) => drop(members.insert(key.to_owned(), bad.clone())),
            Value::Array(list) => list[key.parse::<usize>().expect("an index")] = bad.clone(),
            _ => unreachable!("a container"),
        }
        assert!(!errors(&validator, &document).is_empty(), "{pointer}: {bad} was accepted");
    }
}
