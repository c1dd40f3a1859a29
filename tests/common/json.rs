//! JSON compared leaf by leaf.

use std::collections::BTreeMap;

use serde_json::Value;

/// Equal, with numbers compared as numbers: `100` is `100.0`, and integers exactly.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(l), Value::Number(r)) => l == r || (!(both_integers(l, r)) && l.as_f64() == r.as_f64()),
        (Value::Array(l), Value::Array(r)) => l.len() == r.len() && l.iter().zip(r).all(|(l, r)| same(l, r)),
        (Value::Object(l), Value::Object(r)) => {
            l.len() == r.len() && l.iter().all(|(key, l)| r.get(key).is_some_and(|r| same(l, r)))
        }
        _ => left == right,
    }
}

fn both_integers(l: &serde_json::Number, r: &serde_json::Number) -> bool {
    !l.is_f64() && !r.is_f64()
}

/// Pointer to scalar; an empty object or array is a leaf too.
pub(crate) fn leaves(value: &Value) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    let mut stack = vec![(String::new(), value)];
    while let Some((pointer, value)) = stack.pop() {
        match value {
            Value::Object(members) if !members.is_empty() => {
                stack.extend(members.iter().map(|(key, one)| (format!("{pointer}/{}", escape(key)), one)));
            }
            Value::Array(items) if !items.is_empty() => {
                stack.extend(items.iter().enumerate().map(|(index, one)| (format!("{pointer}/{index}"), one)));
            }
            scalar => {
                out.insert(pointer, scalar.clone());
            }
        }
    }
    out
}

/// A key as a component of an RFC 6901 pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Parses a document. 64 nested sequences, the default limit, are deeper JSON than serde_json takes unasked.
pub(crate) fn parse(text: &str) -> Value {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let mut values = reader.into_iter::<Value>();
    match (values.next(), values.next()) {
        (Some(Ok(value)), None) => value,
        (Some(Err(error)), _) => panic!("not JSON: {error}: {text:.300}"),
        _ => panic!("not one JSON value: {text:.300}"),
    }
}

/// The objects and arrays that every document of a format has, where they may be empty in one and filled in another.
pub(crate) const FRAME: [&str; 15] = [
    "/headers",
    "/headers/file_meta",
    "/headers/dataset",
    "/headers/image_hdu",
    "/headers/table_hdu",
    "/headers/other_hdu",
    "/headers/wcs_info",
    "/headers/attributes",
    "/headers/groups",
    "/headers/datasets",
    "/headers/named_types",
    "/headers/links",
    "/warnings",
    "/properties/arrays",
    "/properties/counts",
];

/// Puts `value` at `pointer`, making objects and arrays on the way; `-` appends (the record protocol of DOCUMENT.md).
pub(crate) fn put(document: &mut Value, pointer: &str, value: Value) {
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let mut at = document;
    for (index, part) in parts.iter().enumerate() {
        // Below an array are only numbers and `-`; keys of objects are never such.
        let array = is_index(part) && (at.is_array() || (at.is_null() && is_array_place(&parts[..index])));
        if array {
            if at.is_null() {
                *at = Value::Array(Vec::new());
            }
            let items = at.as_array_mut().expect("an array");
            let place = if part == "-" { items.len() } else { part.parse().expect("an index") };
            while items.len() <= place {
                items.push(Value::Null);
            }
            at = &mut items[place];
        } else {
            if at.is_null() {
                *at = Value::Object(serde_json::Map::new());
            }
            let members = at.as_object_mut().unwrap_or_else(|| panic!("{pointer}: {part} is not in an object"));
            at = members.entry(part.clone()).or_insert(Value::Null);
        }
    }
    merge(at, value);
}

/// An object and its attributes come by records of their own, in any order.
fn merge(at: &mut Value, value: Value) {
    match (at, value) {
        (Value::Object(there), Value::Object(more)) => {
            for (key, one) in more {
                merge(there.entry(key).or_insert(Value::Null), one);
            }
        }
        (at, value) => *at = value,
    }
}

/// A container that stands empty in one document and is filled, or not there, in another.
pub(crate) fn is_empty_frame(pointer: &str, value: &Value) -> bool {
    let empty =
        value.is_null() || value == &Value::Array(Vec::new()) || value == &Value::Object(serde_json::Map::new());
    let members = ["/attributes", "/dimensions", "/variables", "/types", "/groups"]; // of HDF5 objects and netCDF groups
    empty && (FRAME.contains(&pointer) || (value.is_object() && members.iter().any(|end| pointer.ends_with(end))))
}

fn is_index(part: &str) -> bool {
    part == "-" || (part.len() < 8 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_array_place(parts: &[String]) -> bool {
    let lists = ["Value", "arrays", "warnings", "image_hdu", "table_hdu", "other_hdu", "wcs_info", "cards", "columns"];
    parts.last().is_some_and(|last| lists.contains(&last.as_str()))
}
