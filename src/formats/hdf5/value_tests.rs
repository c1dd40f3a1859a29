//! Attributes that libhdf5 wrote, with what is expected of them: see `tests/fixtures/make_hdf5_attributes.py`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::attribute::AttributeMessage;
use super::super::datatype::Charset;
use super::super::datatype_json;
use super::super::global_heap::GlobalHeap;
use super::super::reference::{Part, parts};
use super::super::resolve::resolve;
use super::super::testing::{WIDTHS, read, read_within};
use super::*;

const ATTRIBUTES: &str = include_str!("testdata/attributes.ndjson");
/// What stands for a value that the library that wrote it can't give.
const ANY: &str = "\0any";

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn json(text: Vec<u8>) -> Value {
    let text = String::from_utf8(text).expect("UTF-8");
    serde_json::from_str(&text).unwrap_or_else(|error| unreachable!("{error}: {text}"))
}

/// A file that has nothing but the heap collections.
fn heap_file(case: &Value) -> Vec<u8> {
    let mut file = Vec::new();
    for (address, collection) in case["heaps"].as_object().expect("heaps") {
        let (address, bytes) = (address.parse::<usize>().expect("number"), unhex(collection.as_str().expect("hex")));
        let size = u64::from_le_bytes(bytes[8..16].try_into().expect("8 bytes")) as usize;
        file.resize(file.len().max(address + size), 0);
        file[address..address + bytes.len()].copy_from_slice(&bytes);
    }
    file
}

/// The value of a stored attribute, with `path` for each address.
fn value(stored: StoredValue<'_>, file: &[u8], limit: u64, path: impl Fn(u64) -> String) -> (Value, Vec<Damage>) {
    let mut notes = Vec::new();
    let mut text = Vec::new();
    read(file, async |file| {
        let heap = GlobalHeap::new(limit);
        let resolved = resolve(file, &heap, stored, &mut notes).await.expect("all is there");
        write(&mut text, stored, &resolved, &mut notes).expect("a Vec takes all");
    });
    let mut out = Vec::new();
    for part in parts(&text) {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Target(address) => json::string(&mut out, &path(address)).expect("a Vec takes all"),
        }
    }
    (json(out), notes)
}

/// Equal but for numbers, which are equal as doubles or as 32-bit floats: the expected ones are doubles.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (a, b) = (found.as_f64().expect("finite"), expected.as_f64().expect("finite"));
            found == expected || (found.is_f64() && (a == b || a as f32 == b as f32))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| same(a, b))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len() && found.iter().all(|(key, a)| expected.get(key).is_some_and(|b| same(a, b)))
        }
        _ => found == expected,
    }
}

#[test]
fn attributes_are_what_libhdf5_says() {
    let mut wrong = BTreeMap::new();
    for line in ATTRIBUTES.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let message = unhex(case["message"].as_str().expect("hex"));
        let attribute = AttributeMessage::decode(&mut Fields::new(&message, WIDTHS)).expect("an attribute");
        let datatype = Datatype::decode(&mut Fields::new(attribute.datatype.body, WIDTHS)).expect("a datatype");
        let dataspace = Dataspace::decode(&mut Fields::new(attribute.dataspace.body, WIDTHS)).expect("a dataspace");
        let stored = StoredValue { datatype: &datatype, dataspace: &dataspace, raw: attribute.value, offset: 0 };
        let path = |address: u64| case["paths"][address.to_string()].as_str().expect("a path").to_owned();
        let (value, _) = value(stored, &heap_file(&case), 65536, path);
        let (mut described, mut dtype) = (Vec::new(), Vec::new());
        datatype_json::write(&mut described, &datatype).expect("a Vec takes all");
        datatype_json::write_dtype(&mut dtype, &datatype).expect("a Vec takes all");
        let found = serde_json::json!({
            "type": json(described), "dtype": json(dtype), "shape": dataspace.dims(), "value": value,
        });
        for key in ["type", "dtype", "shape", "value"] {
            if !same(&found[key], &case[key]) && case[key] != ANY {
                wrong.insert(format!("{}: {key}", case["name"]), format!("{} not {}", found[key], case[key]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The text of one element is looked at before it is written: escapes make it longer, and it is not charged by then.
#[test]
fn an_element_has_no_more_text_than_there_is_room_for() {
    let text = Text { padding: Padding::Null, charset: Charset::Ascii };
    let written = |class: Class, raw: &[u8]| {
        let datatype = Datatype { class, size: raw.len() as u32 };
        let stored = StoredValue { datatype: &datatype, dataspace: &Dataspace::SCALAR, raw, offset: 0 };
        let mut out = Vec::new();
        read_within(&[], 64 << 10, async |file| {
            let resolved = Resolved::empty(file, &GlobalHeap::new(64 << 10));
            assert_eq!(resolved.longest_text, 16 << 10);
            write(&mut out, stored, &resolved, &mut Vec::new()).expect("a Vec takes all");
        });
        assert!(out.capacity() <= 64 << 10);
        json(out)
    };
    let omitted = |value: Value| value.get("omitted").is_some();
    for (byte, fits) in [(b'a', 16_000), (b'"', 2700), (1, 2700), (0xFF, 5000)] {
        assert!(written(Class::String(text), &vec![byte; fits]).is_string(), "{byte}");
        assert!(omitted(written(Class::String(text), &vec![byte; fits + 500])), "{byte}");
    }
    // A few bytes of arrays in arrays, most of whose text are brackets.
    let byte = Datatype { class: Class::Opaque { tag: Box::default() }, size: 1 };
    let nested = Datatype { class: Class::Array { dims: vec![1; 32], base: Box::new(byte) }, size: 1 };
    let arrays = |count: u32| Class::Array { dims: vec![count], base: Box::new(nested.clone()) };
    assert!(written(arrays(200), &[1; 200]).is_array());
    assert!(omitted(written(arrays(500), &[1; 500])));
    assert!(written(Class::Opaque { tag: Box::default() }, &[1; 12_000]).is_string());
    assert!(omitted(written(Class::Opaque { tag: Box::default() }, &[1; 12_500])));
}
