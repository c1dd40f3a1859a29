//! Headers of many megabytes: what they take of the heap, and what a small limit leaves of them.

use metaextract::{Extractor, Options, Status};

use crate::common::json::parse;
use crate::extract;

fn int(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_be_bytes());
}

fn name(out: &mut Vec<u8>, name: &str) {
    int(out, name.len());
    out.extend_from_slice(name.as_bytes());
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Variables of 60 bytes each, with four attributes.
fn many(count: usize) -> Vec<u8> {
    let mut out = b"CDF\x01\0\0\0\0".to_vec();
    int(&mut out, 10);
    int(&mut out, 2);
    for (dimension, length) in [("lat", 3), ("lon", 5)] {
        name(&mut out, dimension);
        int(&mut out, length);
    }
    out.extend_from_slice(&[0; 8]);
    int(&mut out, 11);
    int(&mut out, count);
    let mut begins = Vec::new();
    for index in 0..count {
        name(&mut out, &format!("variable_{index:05}"));
        for number in [2, 0, 1, 12, 4] {
            int(&mut out, number);
        }
        for (attribute, text) in [("units", "K"), ("long_name", "a quantity"), ("standard_name", "air_temperature")] {
            name(&mut out, attribute);
            int(&mut out, 2);
            name(&mut out, text);
        }
        name(&mut out, "valid_range");
        for number in [5, 2, 0, 0x43C8_0000, 5, 60] {
            int(&mut out, number);
        }
        begins.push(out.len());
        int(&mut out, 0);
    }
    let end = out.len();
    for (index, place) in begins.into_iter().enumerate() {
        out[place..place + 4].copy_from_slice(&((end + 60 * index) as u32).to_be_bytes());
    }
    out.resize(end + 60 * count, 0);
    out
}

#[test]
fn many_variables_take_less_than_twice_their_json() {
    let bytes = many(20_000);
    let (document, peak) = extract(&bytes, &Options::default()).unwrap();
    assert_eq!(document.status(), Status::Done);
    assert_eq!(document.get_u64("/properties/counts/attributes").unwrap(), 80_000);
    assert_eq!(
        document.get_json("/headers/variables/variable_19999/attributes/valid_range/value").unwrap(),
        "[0.0,400.0]"
    );
    assert!(peak < document.len() as u64 * 2, "peak {peak}, JSON {}", document.len());
}

#[test]
fn a_limit_cuts_a_header_and_says_so() {
    let bytes = many(20_000);
    for limit in [256 << 10, 1 << 20, 4 << 20] {
        let (document, peak) = extract(&bytes, &Options { memory_limit: limit, ..Options::default() }).unwrap();
        let json = parse(&document.to_json());
        assert!(peak <= limit, "peak {peak} of {limit}");
        assert_eq!(document.status(), Status::Partial);
        let codes = |one: &serde_json::Value| one["code"] == "memory-limit";
        assert!(json["warnings"].as_array().unwrap().iter().any(codes), "{}", json["warnings"]);
        assert!(json["headers"]["variables"].as_object().unwrap().len() > 50, "limit {limit}");
    }
}

/// One request holds the header of most files; of a long one they grow.
#[test]
fn few_requests_are_made() {
    let requests = |bytes: &[u8]| {
        let mut extractor = Extractor::new(&Options::default()).unwrap();
        let mut status = extractor.set_length(bytes.len() as u64).unwrap();
        while status == Status::Ok {
            let want = extractor.wanted().next().unwrap();
            let (start, end) = (want.offset as usize, (want.offset + want.length).min(bytes.len() as u64) as usize);
            status = extractor.feed_at(want.offset, &bytes[start..end]).unwrap();
        }
        assert_eq!(status, Status::Done);
        (extractor.usage().requests, extractor.usage().bytes_fed)
    };
    let (one, fed) = requests(&many(100));
    assert_eq!(one, 1, "{fed} bytes");
    let large = many(20_000);
    let (few, fed) = requests(&large);
    let header = large.len() - 60 * 20_000;
    assert!(few <= 20, "{few} requests for {header} bytes");
    assert!(fed < header as u64 * 5 / 4 + (64 << 10), "{fed} bytes fed for a header of {header}");
}

/// Counts of all ones in a few bytes: nothing is allocated for what they say.
#[test]
fn counts_allocate_nothing() {
    for version in [1, 2, 5] {
        for at in (8..120).step_by(4) {
            let mut bytes = many(1);
            bytes[3] = version;
            bytes.truncate(200);
            bytes[at..at + 4].fill(0x7F);
            let (document, peak) = extract(&bytes, &Options::default()).unwrap();
            assert!(peak < 64 << 10, "version {version}, offset {at}: peak {peak}");
            assert!(document.len() < 4096);
        }
    }
}
