//! The columns of a table: where each stands in a row (FITS standard 4.0, section 7.2 and 7.3).

use std::io::{self, Write};

use super::hdu::Kind;
use super::keywords::Keywords;
use crate::document::json;

/// TFIELDS is at most this.
const MOST: u64 = 999;

/// What is odd about a table's columns.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// A TFORM that is missing or not legal.
    pub(crate) format: bool,
    /// The columns are not as long together as a row.
    pub(crate) row: bool,
}

/// Looks over the columns, and gives each to `each`: its number, offset and width where they are known.
fn walk(
    kind: Kind,
    keywords: &Keywords,
    mut each: impl FnMut(u64, Option<u64>, Option<u64>) -> io::Result<()>,
) -> io::Result<Oddities> {
    let mut odd = Oddities::default();
    let mut end = Some(0u64);
    let mut furthest = 0;
    let fields = keywords.integer("TFIELDS").and_then(|fields| u64::try_from(fields).ok());
    let fields = fields.filter(|fields| *fields <= MOST).unwrap_or(0);
    for n in 1..=fields {
        let format = keywords.numbered("TFORM", n).and_then(|(_, value)| value.as_text());
        let (offset, width) = match kind {
            Kind::Table => {
                let start = keywords
                    .numbered("TBCOL", n)
                    .and_then(|(_, value)| value.as_integer())
                    .and_then(|start| u64::try_from(start).ok()?.checked_sub(1));
                (start, format.and_then(ascii_width))
            }
            _ => (end, format.and_then(binary_width)),
        };
        odd.format |= width.is_none() || offset.is_none() && kind == Kind::Table;
        end = offset.zip(width).and_then(|(offset, width)| offset.checked_add(width));
        furthest = furthest.max(end.unwrap_or(0));
        each(n, offset, width)?;
    }
    let row = keywords.integer("NAXIS1").and_then(|row| u64::try_from(row).ok()).unwrap_or(0);
    odd.row = !odd.format
        && match kind {
            Kind::Table => furthest > row,
            _ => fields > 0 && end != Some(row),
        };
    Ok(odd)
}

/// Writes the `columns` of a table.
pub(crate) fn write(out: &mut dyn Write, kind: Kind, keywords: &Keywords) -> io::Result<()> {
    let mut open: &[u8] = b"[{";
    walk(kind, keywords, |n, offset, width| {
        out.write_all(std::mem::replace(&mut open, b",{"))?;
        for (name, keyword) in [("name", "TTYPE"), ("format", "TFORM"), ("unit", "TUNIT"), ("dim", "TDIM")] {
            [b"\"", name.as_bytes(), b"\":"].iter().try_for_each(|part| out.write_all(part))?;
            match keywords.numbered(keyword, n).and_then(|(_, value)| value.as_text()) {
                Some(text) => json::string(out, text)?,
                None => out.write_all(b"null")?,
            }
            out.write_all(b",")?;
        }
        out.write_all(b"\"offset\":")?;
        number(out, offset)?;
        out.write_all(b",\"width\":")?;
        number(out, width)?;
        out.write_all(b"}")
    })?;
    out.write_all(if open == b"[{" { b"[]" } else { b"]" })
}

/// What is odd about the columns.
pub(crate) fn oddities(kind: Kind, keywords: &Keywords) -> Oddities {
    walk(kind, keywords, |_, _, _| Ok(())).unwrap_or_default()
}

fn number(out: &mut dyn Write, number: Option<u64>) -> io::Result<()> {
    match number {
        Some(number) => json::integer(out, number),
        None => out.write_all(b"null"),
    }
}

/// Bytes of a binary table's field by its TFORM, `rTa` (7.3.1). Lower case and leading blanks are no mistake that a reader
/// stops at; the document shows the text as it stands.
fn binary_width(format: &str) -> Option<u64> {
    let format = format.trim_start_matches(' ');
    let digits = format.len() - format.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let repeat: u64 = if digits == 0 { 1 } else { format[..digits].parse().ok()? };
    let size = match format.as_bytes().get(digits)?.to_ascii_uppercase() {
        b'X' => return Some(repeat.div_ceil(8)),
        b'L' | b'B' | b'A' => 1,
        b'I' => 2,
        b'J' | b'E' => 4,
        b'K' | b'D' | b'C' | b'P' => 8,
        b'M' | b'Q' => 16,
        _ => return None,
    };
    repeat.checked_mul(size)
}

/// Characters of an ASCII table's field by its TFORM, `Tw.d` (7.2.1).
fn ascii_width(format: &str) -> Option<u64> {
    let rest = format.trim_start_matches(' ').strip_prefix(['A', 'I', 'F', 'E', 'D', 'a', 'i', 'f', 'e', 'd'])?;
    let width = rest.split_once('.').map_or(rest, |(width, _)| width);
    width.trim_matches(' ').parse().ok().filter(|width| *width > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_of_every_format() {
        let binary = [
            ("L", 1),
            ("12X", 2),
            ("0J", 0),
            ("20A5", 20),
            ("3I", 6),
            ("K", 8),
            ("2E", 8),
            ("C", 8),
            ("2M", 32),
            ("1PE(5)", 8),
            ("QB(0)", 16),
            (" 2j", 8),
        ];
        for (format, width) in binary {
            assert_eq!(binary_width(format), Some(width), "{format}");
        }
        assert_eq!((binary_width("5Y"), binary_width("7"), binary_width("")), (None, None, None));
        for (format, width) in [("A10", 10), ("I6", 6), ("F8.3", 8), ("E15.7", 15), ("D25.17", 25), (" i6", 6)] {
            assert_eq!(ascii_width(format), Some(width), "{format}");
        }
        assert_eq!((ascii_width("A"), ascii_width("X3")), (None, None));
    }

    #[test]
    fn behind_an_illegal_format_nothing_is_known() {
        let cards = ["TFIELDS = 3", "TFORM1  = 'J'", "TFORM2  = '5Y'", "TFORM3  = 'E'", "TTYPE3  = 'c'"];
        let mut out = Vec::new();
        let keywords = Keywords::of(&cards);
        write(&mut out, Kind::Bintable, &keywords).expect("a Vec takes all");
        let json: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(
            json[0],
            serde_json::json!({"name": null, "format": "J", "unit": null, "dim": null, "offset": 0, "width": 4})
        );
        assert_eq!((&json[1]["offset"], &json[1]["width"]), (&4.into(), &serde_json::Value::Null));
        assert_eq!((&json[2]["name"], &json[2]["offset"]), (&"c".into(), &serde_json::Value::Null));
        assert_eq!(oddities(Kind::Bintable, &keywords), Oddities { format: true, row: false });
    }

    #[test]
    fn rows_longer_or_shorter_than_their_columns_are_odd() {
        let row = |kind, cards: &[&str]| oddities(kind, &Keywords::of(cards)).row;
        assert!(row(Kind::Bintable, &["NAXIS1  = 5", "TFIELDS = 1", "TFORM1  = 'J'"]));
        assert!(!row(Kind::Bintable, &["NAXIS1  = 4", "TFIELDS = 1", "TFORM1  = 'J'"]));
        assert!(!row(Kind::Table, &["NAXIS1  = 9", "TFIELDS = 1", "TFORM1  = 'A3'", "TBCOL1  = 2"]));
        assert!(row(Kind::Table, &["NAXIS1  = 3", "TFIELDS = 1", "TFORM1  = 'A3'", "TBCOL1  = 2"]));
    }
}
