//! Limits: depth and effort follow what is asked for and what is there.

use metaextract::{Format, Options};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::drive::{Outcome, Way};
use crate::common::{dicom_path, extract, hdf5_path, many_elements};
use crate::{FORMATS, config, heap, small};

proptest! {
    #![proptest_config(config(300))]

    /// No document is nested deeper than its limit allows: a level is a value, a list and an item. Datatypes of HDF5 have a limit
    /// of their own, 32 levels.
    #[test]
    fn depth_is_bounded(format in 0..4usize, which in any::<Index>(), max_depth in 1..20u32) {
        let (path, bytes) = which.get(small(FORMATS[format]));
        let options = Options { max_depth, ..Options::default() };
        if let Outcome::Document { json, .. } = Way::Slice.run(path, bytes, &options).outcome {
            let deepest = nesting(&json);
            let types = if FORMATS[format] == Format::Hdf5 { 32 } else { 0 };
            prop_assert!(deepest <= 3 * types.max(max_depth as usize) + 10, "{}: {deepest} levels of {max_depth}", path.display());
        }
    }
}

/// Files that are nested much deeper reach that limit, so that what is said above is no vain promise.
#[test]
fn deep_files_reach_the_limit() {
    for path in [dicom_path("depth500"), dicom_path("depth60"), hdf5_path("nested_deep")] {
        let options = Options { max_depth: 3, ..Options::default() };
        let run = Way::Slice.run(&path, &std::fs::read(&path).unwrap(), &options);
        let Outcome::Document { json, .. } = run.outcome else { panic!("{:?}", run.outcome) };
        assert!(json.contains("\"depth-limit\"") && nesting(&json) > 10, "{}", path.display());
    }
}

fn nesting(json: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// Twice as much to read is twice the effort, for what grows in each format: elements, HDUs, variables and attributes.
#[test]
fn effort_is_linear() {
    type Maker = fn(usize) -> Vec<u8>;
    let of = |make: Maker, count: usize| {
        let options = Options::default();
        let mut extractor = metaextract::Extractor::new(&options).unwrap();
        metaextract::drivers::slice::read(&mut extractor, &make(count)).unwrap();
        extractor.finish().unwrap();
        extractor.usage()
    };
    let makers: [(Format, Maker); 3] =
        [(Format::Dicom, many_elements), (Format::Fits, many_hdus), (Format::Netcdf, many_variables)];
    for (format, make) in makers {
        let (one, two) = (of(make, 400), of(make, 800));
        let twice = |one: u64, two: u64| two <= 2 * one + one / 5 + 4;
        assert!(twice(one.bytes_needed, two.bytes_needed), "{format:?}: {one:?} {two:?}");
        assert!(twice(one.requests, two.requests) && twice(one.rounds, two.rounds), "{format:?}: {one:?} {two:?}");
        let small = extract(&make(2), &Options::default()).unwrap().1;
        assert!(two.memory_peak <= 2 * one.memory_peak + small, "{format:?}: {one:?} {two:?}");
    }
}

/// What is there more of than the limit has room for is cut, by the allocator's count too.
#[test]
fn much_of_anything_stays_in_the_limit() {
    for make in [many_elements, many_hdus, many_variables] {
        let file = make(20_000);
        for memory_limit in [256 << 10, 1 << 20, 4 << 20] {
            let options = Options { memory_limit, ..Options::default() };
            let (extracted, peak) = heap::peak_of(|| extract(&file, &options).map(|(document, _)| document));
            let name = String::from_utf8_lossy(&file[..6]).into_owned();
            assert!(peak <= memory_limit * 5 / 4, "{name}: {peak} bytes were held of {memory_limit}");
            assert!(extracted.is_err() || extracted.is_ok_and(|document| document.len() > 0));
        }
    }
}

fn many_hdus(count: usize) -> Vec<u8> {
    let block = |cards: &[&str]| {
        let mut block: Vec<u8> = cards.iter().flat_map(|card| format!("{card:<80}").into_bytes()).collect();
        block.resize(2880, b' ');
        block
    };
    let mut file = block(&[
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
        "END",
    ]);
    for _ in 0..count {
        file.extend(block(&[
            "XTENSION= 'IMAGE   '",
            "BITPIX  =                    8",
            "NAXIS   =                    0",
            "PCOUNT  =                    0",
            "GCOUNT  =                    1",
            "END",
        ]));
    }
    file
}

fn many_variables(count: usize) -> Vec<u8> {
    let words = |file: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|one| file.extend(one.to_be_bytes()));
    let mut file = b"CDF\x01".to_vec();
    words(&mut file, &[0, 0, 0, 0, 0, 11, count as u32]);
    let data = file.len() + count * 36;
    for number in 0..count {
        words(&mut file, &[8]);
        file.extend(format!("v{number:07}").as_bytes());
        words(&mut file, &[0, 0, 0, 4, 4, (data + 4 * number) as u32]);
    }
    file.resize(data + 4 * count, 0);
    file
}
