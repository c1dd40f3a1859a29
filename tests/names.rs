//! Names that differ in bytes, but are shown alike: a byte that is not UTF-8 is shown as `%XX`, and so are these characters.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use metaextract::Options;
use serde_json::{Value, json};

use common::extract;
use common::json::parse;

/// In this order by their bytes, and shown alike.
const ALIKE: [&[u8]; 2] = [b"x%E9", b"x\xE9"];

/// The document, as text and parsed.
fn document(bytes: &[u8]) -> (String, Value) {
    let (document, _) = extract(bytes, &Options::default()).unwrap();
    let text = document.to_json();
    let json = parse(&text);
    (text, json)
}

/// Where the duplicates stand, and in what.
fn duplicates(json: &Value) -> Vec<(Option<u64>, &str)> {
    let warnings = json["warnings"].as_array().unwrap();
    let of = warnings.iter().filter(|warning| warning["code"] == "duplicate-name");
    of.map(|warning| (warning["offset"].as_u64(), warning["path"].as_str().unwrap())).collect()
}

/// An HDF5 file of a root group with one attribute of one byte for each name, numbered from 1.
fn hdf5(names: &[&[u8]]) -> Vec<u8> {
    let message = |kind: u8, body: &[u8]| {
        let padding = body.len().next_multiple_of(8) - body.len();
        let head = [kind, 0, (body.len() + padding) as u8, 0, 0, 0, 0, 0];
        [&head[..], body, &[0; 8][..padding]].concat()
    };
    let mut messages = message(2, &[&[0, 0][..], &[0xFF; 16]].concat()); // a group without links
    for (number, name) in (1..).zip(names) {
        let head = [3, 0, name.len() as u8 + 1, 0, 12, 0, 4, 0, 0];
        let kind = [0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 2, 0, 0, 0];
        messages.extend(message(0x0C, &[&head[..], name, b"\0", &kind, &[number]].concat()));
    }
    let mut file = b"\x89HDF\r\n\x1A\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    let end = 96 + 16 + messages.len() as u64;
    for address in [0, u64::MAX, end, u64::MAX, 0, 96, 0, 0, 0] {
        file.extend(address.to_le_bytes());
    }
    file.extend([1, 0, names.len() as u8 + 1, 0, 1, 0, 0, 0]);
    file.extend((messages.len() as u64).to_le_bytes());
    file.extend(messages);
    file
}

#[test]
fn of_hdf5_attributes_the_first_stays() {
    for names in [ALIKE, [ALIKE[1], ALIKE[0]]] {
        let file = hdf5(&[b"a", names[0], b"%25", names[1], b"y\xE9", b"z"]);
        let (text, json) = document(&file);
        let values: Vec<Value> =
            json["headers"]["attributes"].as_object().unwrap().values().map(|of| of["value"].clone()).collect();
        assert_eq!(text.matches(r#""x%E9":"#).count(), 1, "{text}");
        assert_eq!((values.len(), &json["properties"]["counts"]["attributes"]), (5, &json!(5)), "{text}");
        assert_eq!(json["headers"]["attributes"]["x%E9"]["value"], 2);
        assert_eq!(duplicates(&json), [(place(&file, 4), "/")]);
    }
    let (_, json) = document(&hdf5(&[b"x\xE9", b"x%25E9"]));
    assert_eq!(duplicates(&json), []);
}

/// Where the value of the attribute with this number stands.
fn place(file: &[u8], number: u8) -> Option<u64> {
    file.windows(5).position(|bytes| bytes == [2, 0, 0, 0, number]).map(|at| at as u64 + 4)
}

/// A classic file with a dimension, an attribute and a variable of each name, and these attributes in each variable.
fn classic(names: &[&[u8]]) -> Vec<u8> {
    let number = |number: usize| (number as u32).to_be_bytes();
    let name = |name: &&[u8]| {
        let padding = name.len().next_multiple_of(4) - name.len();
        [&number(name.len())[..], name, &[0; 4][..padding]].concat()
    };
    let list = |tag, each: &dyn Fn(&&[u8]) -> Vec<u8>| {
        [&number(tag)[..], &number(names.len()), &names.iter().flat_map(each).collect::<Vec<u8>>()].concat()
    };
    let attributes = list(12, &|of| [&name(of)[..], &number(3), &number(1), &[0, 7, 0, 0]].concat());
    let variable = |of: &&[u8]| {
        let dimensions = [number(1), number(0)].concat();
        [&name(of)[..], &dimensions, &attributes, &number(3), &number(4), &number(1 << 14)].concat()
    };
    let dimensions = list(10, &|of| [&name(of)[..], &number(2)].concat());
    let mut file = [&b"CDF\x01\0\0\0\0"[..], &dimensions, &attributes, &list(11, &variable)].concat();
    assert!(file.len() <= 1 << 14);
    file.resize((1 << 14) + 4, 0);
    file
}

#[test]
fn of_what_a_netcdf_file_has_the_first_stays() {
    let many: Vec<Vec<u8>> = (0..20).map(|number| format!("n{number}").into_bytes()).collect();
    for others in [0, 20] {
        let names: Vec<&[u8]> = many[..others].iter().map(|name| &name[..]).chain(ALIKE).collect();
        let (text, json) = document(&classic(&names));
        let count = others + 1;
        assert_eq!(json["headers"]["variables"].as_object().unwrap().len(), count);
        // as a dimension, a variable, an attribute of the file and of each variable
        assert_eq!(text.matches(r#""x%E9":"#).count(), 3 + count, "{text}");
        assert_eq!(json["properties"]["arrays"].as_array().unwrap().len(), count);
        let attributes = count * (count + 1);
        assert_eq!(json["properties"]["counts"], json!({"variables": count, "attributes": attributes}));
        let paths: BTreeSet<&str> = duplicates(&json).into_iter().map(|(_, path)| path).collect();
        assert!(paths.contains("/") && paths.contains("/x%E9") && paths.len() == 1 + count, "{paths:?}");
    }
}
