//! Law 1 and its exceptions, and what holds of every run whatever the input.

use metaextract::{Options, Status};
use serde_json::Value;

use super::checks::envelope_of;
use super::drive::{Outcome, Run, Way, difference};
use super::part::contained;

/// Says how another way to feed the same bytes broke law 1.
pub(crate) fn one_outcome(want: &Run, got: &Run, way: &Way) -> Result<(), String> {
    let same =
        if got.stopped_unlimited { same_but_length(&want.outcome, &got.outcome) } else { want.outcome == got.outcome };
    if same || lacks_what_had_passed(way, &want.outcome, &got.outcome) {
        return Ok(());
    }
    Err(format!("{way:?}: {}", difference(&want.outcome, &got.outcome)))
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

/// The exception of law 1 for HDF5: in a pipe, what had passed before it was known to be needed may be missing (law 3). In a
/// damaged file several links of a group may have one name: the first that is found counts, and which that is may differ.
pub(crate) fn lacks_what_had_passed(way: &Way, want: &Outcome, got: &Outcome) -> bool {
    if !matches!(way, Way::Push { .. }) || got.status() != Some(Status::Partial) {
        return false;
    }
    let (Some(whole), Some(mut part)) = (want.json(), got.json()) else { return false };
    forget_doubles(&whole, &mut part);
    is_hdf5(&part) && said(&part, "missing-bytes") && contained(&whole, &part).is_ok()
}

/// Takes out of a part what is in groups in which names stand twice.
fn forget_doubles(whole: &Value, part: &mut Value) {
    let warnings = whole["warnings"].as_array().into_iter().flatten();
    let doubles = warnings.filter(|warning| warning["code"] == "duplicate-name").filter_map(|one| one["path"].as_str());
    for group in doubles {
        let inside = format!("{}/", group.trim_end_matches('/'));
        let is_there = |path: &str| path == group || path.starts_with(&inside);
        for section in ["groups", "datasets", "named_types", "links"] {
            if let Some(objects) = part["headers"][section].as_object_mut() {
                objects.retain(|path, _| !is_there(path));
            }
        }
        if let Some(arrays) = part["properties"]["arrays"].as_array_mut() {
            arrays.retain(|array| !array["path"].as_str().is_some_and(is_there));
        }
    }
}

/// A document of HDF5 or netCDF-4.
pub(crate) fn is_hdf5(document: &Value) -> bool {
    let classic = ["classic", "64-bit-offset", "64-bit-data"];
    match document["format"].as_str() {
        Some("hdf5") => true,
        Some("netcdf") => !document["headers"]["variant"].as_str().is_some_and(|variant| classic.contains(&variant)),
        _ => false,
    }
}

/// The exception of law 1: what the memory limit cuts.
pub(crate) fn was_cut(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed { kind, .. } => kind == "Limit",
        document => document.json().is_some_and(|json| said(&json, "memory-limit")),
    }
}

/// True if a warning has this code.
pub(crate) fn said(document: &Value, code: &str) -> bool {
    document["warnings"].as_array().is_some_and(|all| all.iter().any(|one| one["code"] == code))
}

/// Says what a run of any input may not be: over its limit, or with a document that breaks the contract of the envelope.
pub(crate) fn sane(run: &Run, size: usize, options: &Options) -> Result<(), String> {
    let (usage, limit) = (&run.usage, options.memory_limit);
    if usage.memory_peak > limit {
        return Err(format!("peak {} of {limit}", usage.memory_peak));
    }
    let Outcome::Document { status, json } = &run.outcome else { return Ok(()) };
    if let Some(key) = key_that_stands_twice(json) {
        return Err(format!("the key {key} stands twice in one object"));
    }
    let document = run.outcome.json().unwrap_or_default();
    let mut wrong = envelope_of(*status, &document, !run.stopped_unlimited);
    if let Some(known) = document["file"]["size"].as_u64()
        && known != size as u64
    {
        wrong.push("file.size");
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("broken: {}", wrong.join(", "))) }
}

/// Looks for a key that an object has already; a parser of JSON would let it pass.
fn key_that_stands_twice(json: &str) -> Option<String> {
    use std::collections::HashSet;
    let (mut open, mut strings) = (Vec::<Option<HashSet<&str>>>::new(), json.char_indices());
    let mut key_follows = false;
    while let Some((at, byte)) = strings.next() {
        match byte {
            '{' => open.push(Some(HashSet::new())),
            '[' => open.push(None),
            '}' | ']' => drop(open.pop()),
            '"' => {
                let mut escaped = false;
                let end = strings.find(|(_, byte)| {
                    let ends = *byte == '"' && !escaped;
                    escaped = *byte == '\\' && !escaped;
                    ends
                });
                let text = &json[at + 1..end?.0];
                if key_follows
                    && let Some(Some(keys)) = open.last_mut()
                    && !keys.insert(text)
                {
                    return Some(text.to_owned());
                }
            }
            _ => {}
        }
        key_follows = matches!(byte, '{' | ',') || (byte.is_whitespace() && key_follows);
    }
    None
}
