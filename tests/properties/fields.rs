//! The fields of the fixtures: where lengths, counts, offsets, versions and types stand in a file of each format.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use checksum::{checksum, is_sound};
use metaextract::Format;
use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../../src/formats/hdf5/checksum.rs"]
mod checksum;

/// Another value in one field.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    field: Index,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    /// What it was, and this.
    Plus(i8),
    Bit(u8),
    /// Nothing but ones, but for so many of the highest.
    Ones(u8),
    Is(u8),
    /// The file's length, and this.
    Length(i8),
    /// What stands in another field.
    Other(Index),
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let value = prop_oneof![
        any::<i8>().prop_map(Value::Plus),
        (0..64u8).prop_map(Value::Bit),
        (0..64u8).prop_map(Value::Ones),
        any::<u8>().prop_map(Value::Is),
        (-9..9i8).prop_map(Value::Length),
        any::<Index>().prop_map(Value::Other),
    ];
    (any::<Index>(), value).prop_map(|(field, value)| Change { field, value })
}

/// Where the fields of a file stand, and what is summed in it.
#[derive(Debug)]
struct Map {
    fields: Vec<Range<usize>>,
    big_endian: bool,
    sums: Vec<Sum>,
}

/// What a checksum is of, and where it stands: behind it, or in it, with zeros in its place.
#[derive(Debug)]
struct Sum {
    of: Range<usize>,
    at: usize,
}

/// The file with its fields changed, and with checksums that are right.
pub(crate) fn apply(format: Format, path: &Path, bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let map = map(format, path, bytes);
    let mut out = bytes.to_vec();
    for change in changes {
        let field = change.field.get(&map.fields).clone();
        if format == Format::Fits {
            put_text(&mut out, field, &change.value, &map);
        } else {
            let new = number(&out, &field, &change.value, &map).to_le_bytes();
            let length = field.len();
            out[field.clone()].copy_from_slice(&new[..length]);
            if map.big_endian {
                out[field].reverse();
            }
        }
    }
    for Sum { of, at } in &map.sums {
        out[*at..at + 4].fill(0);
        let sum = checksum(&out[of.clone()]);
        out[*at..at + 4].copy_from_slice(&sum.to_le_bytes());
    }
    out
}

fn stored(bytes: &[u8], field: &Range<usize>, big_endian: bool) -> u64 {
    let mut word = [0; 8];
    word[..field.len()].copy_from_slice(&bytes[field.clone()]);
    if big_endian {
        word[..field.len()].reverse();
    }
    u64::from_le_bytes(word)
}

fn number(bytes: &[u8], field: &Range<usize>, value: &Value, map: &Map) -> u64 {
    let old = stored(bytes, field, map.big_endian);
    match value {
        Value::Plus(more) => old.wrapping_add_signed((*more).into()),
        Value::Bit(bit) => old ^ (1 << (usize::from(*bit) % (8 * field.len()))),
        Value::Ones(zeros) => (u64::MAX >> (64 - 8 * field.len())) >> (usize::from(*zeros) % (8 * field.len())),
        Value::Is(value) => (*value).into(),
        Value::Length(more) => (bytes.len() as u64).wrapping_add_signed((*more).into()),
        Value::Other(other) => stored(bytes, other.get(&map.fields), map.big_endian),
    }
}

/// A FITS value: a number, a string, or that of another card.
fn put_text(bytes: &mut [u8], field: Range<usize>, value: &Value, map: &Map) {
    let text = match value {
        Value::Plus(number) => number.to_string(),
        Value::Bit(bit) => (1u64 << (bit % 64)).to_string(),
        Value::Ones(zeros) => (u64::MAX >> (zeros % 64)).to_string(),
        Value::Is(letter) => format!("'{}P{}(9)'", letter % 20, char::from(b'@' + letter % 30)),
        Value::Length(more) => (bytes.len() as i64 + i64::from(*more)).to_string(),
        Value::Other(other) => String::from_utf8_lossy(&bytes[other.get(&map.fields).clone()]).trim().to_owned(),
    };
    let text = format!("{text:>20}");
    let length = field.len().min(text.len());
    bytes[field.start..field.start + length].copy_from_slice(&text.as_bytes()[..length]);
}

fn map(format: Format, path: &Path, bytes: &[u8]) -> Arc<Map> {
    static MAPS: Mutex<Option<HashMap<PathBuf, Arc<Map>>>> = Mutex::new(None);
    let mut maps = MAPS.lock().unwrap();
    let maps = maps.get_or_insert_default();
    if let Some(map) = maps.get(path) {
        return map.clone();
    }
    let mut map = match format {
        Format::Dicom => dicom(bytes),
        Format::Fits => fits(bytes),
        Format::Netcdf if bytes.starts_with(b"CDF") => classic(bytes),
        Format::Hdf5 | Format::Netcdf => hdf5(bytes),
    };
    map.fields.retain(|field| !field.is_empty() && field.end <= bytes.len());
    if map.fields.is_empty() {
        map.fields = (0..bytes.len()).map(|at| at..at + 1).collect(); // compressed, or in another form
    }
    let map = Arc::new(map);
    maps.insert(path.to_owned(), map.clone());
    map
}

/// Groups, elements, VRs and lengths of elements in explicit VR, sequences and items included; other files byte by byte.
fn dicom(bytes: &[u8]) -> Map {
    let mut fields = Vec::new();
    let mut at = 132;
    while at + 12 <= bytes.len() {
        let vr = &bytes[at + 4..at + 6];
        fields.extend([at..at + 2, at + 2..at + 4]);
        let delimits = bytes[at..at + 2] == [0xFE, 0xFF];
        if delimits || !vr.iter().all(u8::is_ascii_uppercase) {
            fields.push(at + 4..at + 8);
            let length = stored(bytes, &(at + 4..at + 8), false) as usize;
            at += 8 + if delimits { 0 } else { length };
        } else if [&b"OB"[..], b"OW", b"OD", b"OF", b"OL", b"OV", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"]
            .contains(&vr)
        {
            fields.extend([at + 4..at + 6, at + 8..at + 12]);
            let length = stored(bytes, &(at + 8..at + 12), false) as usize;
            at += 12 + if vr == b"SQ" || length == 0xFFFF_FFFF { 0 } else { length };
        } else {
            fields.extend([at + 4..at + 6, at + 6..at + 8]);
            let length = stored(bytes, &(at + 6..at + 8), false) as usize;
            fields.push(at + 8..(at + 8 + length.clamp(1, 8)).min(bytes.len()));
            at += 8 + length;
        }
    }
    Map { fields, big_endian: false, sums: Vec::new() }
}

/// The values of all cards that have one.
fn fits(bytes: &[u8]) -> Map {
    let cards = (0..bytes.len() / 80).map(|card| card * 80..card * 80 + 80);
    let fields = cards
        .filter(|card| bytes[card.clone()].is_ascii() && bytes[card.start + 8..card.start + 10] == *b"= ")
        .map(|card| card.start + 10..card.start + 30)
        .collect();
    Map { fields, big_endian: false, sums: Vec::new() }
}

/// Everything is a word of four bytes, or two of them; the header is most of these files.
fn classic(bytes: &[u8]) -> Map {
    let words = (4..bytes.len().saturating_sub(8)).step_by(4);
    let fields = words.flat_map(|at| [at..at + 4, at..at + 4, at..at + 8]);
    Map { fields: std::iter::once(3..4).chain(fields).collect(), big_endian: true, sums: Vec::new() }
}

/// What begins with a signature has fields of any width up to its end: where that is, a checksum tells, or the next signature.
fn hdf5(bytes: &[u8]) -> Map {
    const SIGNATURES: [&[u8]; 21] = [
        b"\x89HDF", b"OHDR", b"OCHK", b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTLF", b"BTIN", b"SMTB", b"SMLI", b"FAHD",
        b"FADB", b"EAHD", b"EAIB", b"EASB", b"EADB", b"TREE", b"SNOD", b"HEAP", b"GCOL",
    ];
    let starts = (0..bytes.len()).filter(|at| SIGNATURES.iter().any(|signature| bytes[*at..].starts_with(signature)));
    let (mut fields, mut sums) = (Vec::new(), Vec::new());
    for start in starts {
        let rest = bytes.len() - start;
        let sum = if bytes[start..].starts_with(b"FHDB") {
            block_sum(bytes, start)
        } else {
            let end = (start + 20..=start + rest.min(1500)).find(|end| is_sound(&bytes[start..*end]));
            end.map(|end| Sum { of: start..end - 4, at: end - 4 })
        };
        let end = sum.as_ref().map_or(start + rest.min(120), |sum| sum.of.end);
        for width in [1, 2, 4, 8] {
            fields.extend((start + 4..end.saturating_sub(width)).map(|at| at..at + width));
        }
        sums.extend(sum);
    }
    // old object headers have no signature
    fields.extend(
        (96..bytes.len().saturating_sub(8))
            .step_by(8)
            .flat_map(|at| [at..at + 1, at..at + 2, at + 4..at + 8, at..at + 8]),
    );
    Map { fields, big_endian: false, sums }
}

/// The checksum of a direct block stands between its offset and its data, as if it were 0.
fn block_sum(bytes: &[u8], start: usize) -> Option<Sum> {
    let ends = (6..16).map(|bits| start + (1 << bits)).filter(|end| *end <= bytes.len());
    let places = ends.flat_map(|end| (start + 13..start + 28).map(move |at| (end, at)));
    places.filter(|(end, at)| at + 4 <= *end).find_map(|(end, at)| {
        let mut block = bytes[start..end].to_vec();
        block[at - start..at - start + 4].fill(0);
        (checksum(&block).to_le_bytes() == bytes[at..at + 4]).then_some(Sum { of: start..end, at })
    })
}

/// The sums that are found are right, and so is nearly every structure that has one.
#[test]
fn sums_are_found() {
    let (mut found, mut summed) = (0, 0);
    for (path, bytes) in super::small(Format::Hdf5) {
        if path.file_name().unwrap().to_string_lossy().starts_with("sum_") {
            continue; // damaged
        }
        let map = map(Format::Hdf5, path, bytes);
        found += map.sums.len();
        summed += [&b"OHDR\x02"[..], b"FRHP", b"BTHD"]
            .iter()
            .map(|signature| bytes.windows(signature.len()).filter(|bytes| bytes == signature).count())
            .sum::<usize>();
        assert_eq!(apply(Format::Hdf5, path, bytes, &[]), *bytes, "{}", path.display());
    }
    assert!(found >= summed && summed > 100, "{found} sums of {summed} structures");
}
