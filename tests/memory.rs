//! The heap that `usage` tells is the heap that is held: counted by the allocator itself.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/heap.rs"]
mod heap;

use common::many_elements;
use metaextract::{Cdl, Document, Extractor, Options, Status};

/// A classic header of one dimension with a long name, and of one variable that has it as often as it may.
fn long_names() -> Vec<u8> {
    const LENGTH: u32 = 60_000;
    let mut file = b"CDF\x01\0\0\0\0".to_vec();
    let ints = |file: &mut Vec<u8>, numbers: &[u32]| numbers.iter().for_each(|one| file.extend(one.to_be_bytes()));
    ints(&mut file, &[10, 1, LENGTH]);
    file.resize(file.len() + LENGTH as usize, b'n');
    ints(&mut file, &[1, 0, 0, 11, 1, 1]);
    file.extend_from_slice(b"v\0\0\0");
    ints(&mut file, &[LENGTH]);
    file.resize(file.len() + 4 * LENGTH as usize, 0);
    ints(&mut file, &[0, 0, 1, 1, 0]);
    file
}

/// 3.6 GB of JSON by its names, of 300 kB: the limit holds before they are written.
#[test]
fn names_count_towards_the_limit() {
    let (file, limit) = (long_names(), 4 << 20);
    for cdl in [None, Some(Cdl { name: "long".into() })] {
        let ((), peak) = heap::peak_of(|| {
            let mut extractor = Extractor::new(&Options { memory_limit: limit, cdl, ..Options::default() }).unwrap();
            metaextract::drivers::slice::read(&mut extractor, &file).unwrap();
            assert_eq!(extractor.finish().unwrap().status(), Status::Partial);
        });
        assert!(peak <= limit * 5 / 4, "{peak} bytes were held of {limit}");
    }
}

#[test]
fn the_heap_is_what_the_usage_says() {
    let file = many_elements(2000);
    type Feed = fn(&mut Extractor, &[u8]);
    let feeds: [(&str, Feed); 3] = [
        ("slice", |x, file| {
            metaextract::drivers::slice::read(x, file).unwrap();
        }),
        ("4096", |x, file| {
            file.chunks(4096).for_each(|chunk| {
                x.feed_chunk(chunk).unwrap();
            });
        }),
        ("7", |x, file| {
            file.chunks(7).for_each(|chunk| {
                x.feed_chunk(chunk).unwrap();
            });
        }),
    ];
    for (name, feed) in feeds {
        let before = heap::now();
        let ((extractor, document), peak) = heap::peak_of(|| {
            let mut extractor = Extractor::new(&Options::default()).unwrap();
            feed(&mut extractor, &file);
            let document: Document = extractor.finish().unwrap();
            (extractor, document)
        });
        let now = (heap::now() - before).unsigned_abs() as u64;
        let usage = extractor.usage();
        assert!(document.len() > 1 << 20);
        let near = |said: u64, is: u64| said.abs_diff(is) * 10 <= is;
        assert!(near(usage.memory_now, now), "{name}: {now} bytes are held, {usage:?}");
        assert!(near(usage.memory_peak, peak), "{name}: {peak} bytes were held, {usage:?}");
        drop((document, extractor));
        assert_eq!(heap::now(), before, "{name}: all is given back");
    }
}
