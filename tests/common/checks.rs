//! What a table of cases says of a document, and what the envelope of every document keeps to.

use std::collections::BTreeSet;

use metaextract::{Document, Status};
use serde_json::Value;

use super::json::{parse, same};

/// What is checked of one document. Pointers without a leading `/` start at the base that the caller names.
pub(crate) enum Check {
    /// This JSON stands there.
    Is(&'static str, &'static str),
    /// Exactly this JSON text stands there: for numbers that no binary type holds.
    Text(&'static str, &'static str),
    /// The JSON text of what stands there contains this.
    Holds(&'static str, &'static str),
    /// One of these stands there.
    OneOf(&'static str, &'static [&'static str]),
    /// Nothing stands there.
    Absent(&'static str),
    /// An array or object with so many members stands there.
    Count(&'static str, usize),
    /// A warning of class `note` with this code (`a|b`: one of them, `*`: any), and the status is Done.
    Note(&'static str),
    /// A warning of class `loss` with this code (`a|b`: one of them, `*`: any).
    Loss(&'static str),
    /// There is a warning, whatever its code.
    Warned,
    /// There are so many warnings, or more.
    Warnings(usize),
    /// There is no warning at all.
    Clean,
    Done,
    Partial,
}
use Check::*;

fn at<'a>(json: &'a Value, base: &str, pointer: &str) -> Option<&'a Value> {
    match pointer.strip_prefix('/') {
        Some(_) => json.pointer(pointer),
        None => json.pointer(&format!("{base}{pointer}")),
    }
}

/// What is wrong where the check does not hold.
pub(crate) fn failure(check: &Check, base: &str, document: &Document, json: &Value) -> Option<String> {
    let warnings = warnings(json);
    let show = || warnings.iter().map(|(code, class)| format!("{code} ({class})")).collect::<Vec<_>>().join(", ");
    let warned = |codes: &str, of: &str| {
        warnings.iter().any(|(code, class)| codes.split('|').any(|one| one == code || one == "*") && class == of)
    };
    let got = |pointer: &str| {
        at(json, base, pointer).map_or("nothing".to_owned(), |value| format!("{:.600}", value.to_string()))
    };
    match check {
        Is(pointer, text) => {
            let want: Value = parse(text);
            (!at(json, base, pointer).is_some_and(|have| same(have, &want)))
                .then(|| format!("{pointer}: got {}, want {text}", got(pointer)))
        }
        Text(pointer, text) => {
            let full = if pointer.starts_with('/') { (*pointer).to_owned() } else { format!("{base}{pointer}") };
            let have = document.get_json(&full).unwrap_or_else(|error| error.to_string());
            (have != *text).then(|| format!("{pointer}: got {have:.600}, want {text}"))
        }
        Holds(pointer, part) => {
            let have = at(json, base, pointer).map(Value::to_string).unwrap_or_default();
            (!have.contains(part)).then(|| format!("{pointer}: got {}, want {part} in it", got(pointer)))
        }
        OneOf(pointer, texts) => {
            (!texts.iter().any(|text| at(json, base, pointer).is_some_and(|have| same(have, &parse(text)))))
                .then(|| format!("{pointer}: got {}, want one of {texts:?}", got(pointer)))
        }
        Absent(pointer) => {
            at(json, base, pointer).is_some().then(|| format!("{pointer}: got {}, want nothing", got(pointer)))
        }
        Count(pointer, count) => {
            let have = at(json, base, pointer).and_then(|value| {
                value.as_array().map(Vec::len).or_else(|| value.as_object().map(serde_json::Map::len))
            });
            (have != Some(*count)).then(|| format!("{pointer}: got {}, want {count} members", got(pointer)))
        }
        Note(codes) => (!warned(codes, "note") || document.status() != Status::Done)
            .then(|| format!("no note {codes}, or not Done: {:?}, {}", document.status(), show())),
        Loss(codes) => (!warned(codes, "loss")).then(|| format!("no loss {codes}: {}", show())),
        Warned => warnings.is_empty().then(|| "no warning".to_owned()),
        Warnings(least) => {
            (warnings.len() < *least).then(|| format!("{} warnings, want {least}: {}", warnings.len(), show()))
        }
        Clean => (!warnings.is_empty()).then(|| format!("warnings in a clean file: {}", json["warnings"])),
        Done | Partial => {
            let want = if matches!(check, Done) { Status::Done } else { Status::Partial };
            (document.status() != want).then(|| format!("status {:?}, want {want:?}: {}", document.status(), show()))
        }
    }
}

/// Code and class of each warning.
pub(crate) fn warnings(json: &Value) -> Vec<(String, String)> {
    let text = |warning: &Value, key: &str| warning[key].as_str().unwrap_or("").to_owned();
    json["warnings"].as_array().into_iter().flatten().map(|one| (text(one, "code"), text(one, "class"))).collect()
}

/// What holds for every document, whatever the file (DOCUMENT.md, Envelope).
pub(crate) fn envelope(document: &Document, json: &Value, format: &str) -> Vec<String> {
    let mut failures = envelope_of(document.status(), json, true);
    if json["format"] != format {
        failures.push("the format");
    }
    let places = places(json);
    if places.iter().collect::<BTreeSet<_>>().len() != places.len() {
        failures.push("two warnings of one code at one place");
    }
    failures.into_iter().map(str::to_owned).collect()
}

/// What warnings are sorted by.
fn places(json: &Value) -> Vec<(u64, &str, &str)> {
    fn text<'a>(one: &'a Value, key: &str) -> &'a str {
        one[key].as_str().unwrap_or("")
    }
    let all = json["warnings"].as_array().into_iter().flatten();
    all.map(|one| (one["offset"].as_u64().unwrap_or(u64::MAX), text(one, "code"), text(one, "path"))).collect()
}

/// The same of any format; `sized` says that the host told the file's size, or fed it to the end.
pub(crate) fn envelope_of(status: Status, json: &Value, sized: bool) -> Vec<&'static str> {
    let mut failures = Vec::new();
    let mut must = |holds: bool, what: &'static str| {
        if !holds {
            failures.push(what);
        }
    };
    must(json["metaextract"] == 1, "the envelope's first keys");
    let lost = warnings(json).iter().any(|(_, class)| class == "loss");
    let partial = status == Status::Partial;
    must(lost == partial, "a loss stands exactly where the status is Partial");
    let unknown = !sized && !partial && json["file"]["complete"].is_null();
    must(
        unknown || json["file"]["complete"] == Value::Bool(!partial),
        "file.complete is false exactly where the status is Partial",
    );
    must(!sized || json["file"]["size"].is_u64(), "file.size");
    must(places(json).is_sorted(), "warnings are sorted by offset, code, path");
    let all: Vec<String> = json["warnings"].as_array().into_iter().flatten().map(Value::to_string).collect();
    must(all.iter().collect::<BTreeSet<_>>().len() == all.len(), "no warning stands twice");
    for one in json["warnings"].as_array().into_iter().flatten() {
        let code = one["code"].as_str().unwrap_or("");
        must(!code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "a code is kebab-case");
        must(matches!(one["class"].as_str(), Some("loss" | "note")), "a class is loss or note");
        must(one["message"].as_str().is_some_and(|message| !message.is_empty()), "a warning has a message");
    }
    failures
}
