//! Law 3: what a document that lacks something may say.

use serde_json::Value;

use super::json::{escape, is_empty_frame, leaves, same};

/// Every leaf of `part` is a leaf of `whole`; entries of arrays are found by their path.
pub(crate) fn contained(whole: &Value, part: &Value) -> Result<(), String> {
    let provisional = Provisional::of(part);
    let (whole, part) = (leaves(&by_path(whole)), leaves(&by_path(part)));
    for (pointer, value) in part {
        // a cut HDU may have its list of cards and none in it
        let grown = is_empty_frame(&pointer, &value) || (pointer.ends_with("/cards") && value.is_array());
        if grown
            || pointer.starts_with("/file/")
            || pointer.starts_with("/properties/counts")
            || pointer.starts_with("/warnings")
            || (is_open(&pointer) && value.is_null())
            || provisional.covers(&pointer, &value)
        {
            continue;
        }
        match whole.get(&pointer) {
            Some(other) if same(other, &value) => {}
            other => return Err(format!("{pointer} is {value:.200} where the whole has {other:.200?}")),
        }
    }
    Ok(())
}

/// What is null where a part that is missing could change it: how many members a group has, how long an unlimited dimension is,
/// whether netCDF-4 keeps to the classic model.
fn is_open(pointer: &str) -> bool {
    pointer.ends_with("/member_count")
        || pointer == "/headers/variant"
        || (pointer.contains("/dimensions/") && pointer.ends_with("/size"))
        || (pointer.contains("/variables/") && pointer.contains("/shape/"))
}

/// Paths that what is missing could change.
struct Provisional(Vec<String>);

impl Provisional {
    fn of(part: &Value) -> Self {
        let warnings = part["warnings"].as_array().into_iter().flatten();
        let named = warnings.filter(|one| one["code"] == "provisional-path").filter_map(|one| one["path"].as_str());
        Provisional(named.map(str::to_owned).collect())
    }

    /// An object at such a path or below it, or a value that leads there.
    fn covers(&self, pointer: &str, value: &Value) -> bool {
        let below = |text: &str, path: &str, end: &str| {
            text.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(end))
        };
        self.0.iter().any(|path| {
            let key = escape(path);
            let places = ["groups", "datasets", "named_types", "links"].map(|kind| format!("/headers/{kind}/{key}"));
            let array = format!("/properties/arrays/{key}");
            let keys = places.iter().chain([&array]);
            keys.clone().any(|place| below(pointer, place, "/") || below(pointer, place, "~1"))
                || value.as_str().is_some_and(|text| below(text, path, "/"))
        })
    }
}

fn by_path(document: &Value) -> Value {
    let mut out = document.clone();
    let entries = document["properties"]["arrays"].as_array().cloned().unwrap_or_default();
    let named = entries.into_iter().map(|entry| (entry["path"].as_str().unwrap_or("?").to_owned(), entry));
    out["properties"]["arrays"] = Value::Object(named.collect());
    out
}
