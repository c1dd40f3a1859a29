//! What goes to standard error: always one line.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use metaextract::{Error, Usage};

use crate::size::human;

/// Writes one line. A standard error that is closed or full is no reason to stop.
pub(crate) fn say(line: impl Display) {
    let mut text = String::from("mx: ");
    if write!(Printable(&mut text), "{line}").is_ok() {
        text.push('\n');
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// A path as text, without what would break a line or steer a terminal.
pub(crate) fn name(path: &Path) -> String {
    let mut text = String::new();
    let _ = write!(Printable(&mut text), "{}", path.display());
    text
}

/// Text without controls: they are written as Rust writes them, `\n`, `\u{1b}`.
struct Printable<'a>(&'a mut String);

impl fmt::Write for Printable<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for one in text.chars() {
            match one.is_control() {
                true => self.0.extend(one.escape_default()),
                false => self.0.push(one),
            }
        }
        Ok(())
    }
}

/// What went wrong with a file, and where.
pub(crate) fn error(name: &str, error: &Error) -> String {
    place(name, error.offset(), error.message())
}

/// A message about a place in a file.
fn place(name: &str, offset: Option<u64>, message: &str) -> String {
    match offset {
        Some(offset) => format!("{name}: offset {offset}: {message}"),
        None => format!("{name}: {message}"),
    }
}

/// What a partial document lacks first, from the JSON of its warnings.
pub(crate) fn loss(name: &str, warnings: &[serde_json::Value]) -> String {
    let Some(first) = warnings.iter().find(|warning| warning["class"] == "loss") else {
        return format!("{name}: partial");
    };
    let message = first["message"].as_str().unwrap_or("the document lacks something");
    let structure = match first["path"].as_str() {
        Some(path) if !path.is_empty() => format!(" ({path})"),
        _ => String::new(),
    };
    place(name, first["offset"].as_u64(), &format!("partial: {message}{structure}"))
}

/// What reading a file took.
pub(crate) fn usage(name: &str, length: Option<u64>, usage: &Usage, took: Duration) -> String {
    let of = length.map_or(String::new(), |length| format!(" of {}", human(length)));
    format!(
        "{name}: {}{of} read in {}, {}; peak heap {}; {}",
        human(usage.bytes_fed),
        count(usage.requests, "request"),
        count(usage.rounds, "round"),
        human(usage.memory_peak),
        time(took)
    )
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn time(took: Duration) -> String {
    match took.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaextract::ErrorKind;

    #[test]
    fn errors_name_file_offset_and_structure() {
        let fault = Error::new(ErrorKind::Malformed, "superblock: checksum");
        assert_eq!(error("a.h5", &fault), "a.h5: superblock: checksum");
        assert_eq!(error("a.h5", &fault.at(123)), "a.h5: offset 123: superblock: checksum");
    }

    #[test]
    fn names_stay_on_one_line() {
        assert_eq!(name(Path::new("a\n\u{1b}[31m\u{9b}é.dcm")), "a\\n\\u{1b}[31m\\u{9b}é.dcm");
    }

    #[test]
    fn the_first_loss_is_named() {
        let warnings = serde_json::json!([
            {"code": "odd", "class": "note", "offset": 1, "message": "odd"},
            {"code": "truncated", "class": "loss", "offset": 7, "path": "/g", "message": "element cut"},
            {"code": "truncated", "class": "loss", "offset": 9, "message": "another"}
        ]);
        let warnings = warnings.as_array().expect("an array");
        assert_eq!(loss("f", warnings), "f: offset 7: partial: element cut (/g)");
        assert_eq!(loss("f", &warnings[..1]), "f: partial");
        assert_eq!(loss("f", &[serde_json::json!({"class": "loss"})]), "f: partial: the document lacks something");
    }

    #[test]
    fn usage_is_one_line() {
        let counters =
            Usage { memory_now: 0, memory_peak: 130 << 10, bytes_fed: 67100, bytes_needed: 0, requests: 2, rounds: 1 };
        assert_eq!(
            usage("ct.dcm", Some(500 << 20), &counters, Duration::from_micros(1234)),
            "ct.dcm: 65.5 KiB of 500.0 MiB read in 2 requests, 1 round; peak heap 130.0 KiB; 1.2 ms"
        );
        assert!(usage("-", None, &counters, Duration::from_millis(61_500)).starts_with("-: 65.5 KiB read in"));
        assert!(usage("-", None, &counters, Duration::from_millis(61_500)).ends_with("; 61.5 s"));
    }
}
