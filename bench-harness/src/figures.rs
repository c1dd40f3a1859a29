//! Figures as people read them, and rows as programs do.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

/// Bytes with a unit of 1024.
pub(crate) fn bytes(bytes: f64) -> String {
    match bytes {
        _ if bytes >= 1024.0 * 1024.0 * 1024.0 => format!("{:.2} GiB", bytes / 1024.0 / 1024.0 / 1024.0),
        _ if bytes >= 1024.0 * 1024.0 => format!("{:.2} MiB", bytes / 1024.0 / 1024.0),
        _ if bytes >= 1024.0 => format!("{:.1} KiB", bytes / 1024.0),
        _ => format!("{bytes} B"),
    }
}

/// Seconds, or parts of them.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{:.1} us", seconds * 1e6),
    }
}

/// A path on one line: controls as Rust writes them, `\n`, `\u{1b}`.
pub(crate) fn name(path: &Path) -> String {
    let mut text = String::new();
    for one in path.display().to_string().chars() {
        match one.is_control() {
            true => text.extend(one.escape_default()),
            false => text.push(one),
        }
    }
    text
}

/// Writes rows as JSON, where that is asked for.
pub(crate) fn write_json(path: Option<&Path>, rows: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    fs::write(path, serde_json::to_string_pretty(rows)?).with_context(|| path.display().to_string())
}
