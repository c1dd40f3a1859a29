//! The heap that `usage` tells is the heap that is held: counted by the allocator itself.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../src/formats/hdf5/checksum.rs"]
mod checksum;
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

/// An old group of so many entries, all of which have one name of 60,000 bytes.
fn one_long_name(entries: u16) -> Vec<u8> {
    const NAME: usize = 60_000;
    let mut file = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    let words = |file: &mut Vec<u8>, words: &[u64]| words.iter().for_each(|one| file.extend(one.to_le_bytes()));
    let (header, tree, heap, data) = (96, 136, 184, 216);
    let node = (data + 8 + NAME + 1).next_multiple_of(8) as u64;
    words(&mut file, &[0, u64::MAX, node + 8 + 40 * u64::from(entries), u64::MAX, 0, header, 1, tree, heap]);
    words(&mut file, &[0x1_0001 | 1 << 32, 24, 0x10_0011, tree, heap]);
    file.extend_from_slice(b"TREE\0\0\x01\0");
    words(&mut file, &[u64::MAX, u64::MAX, 0, node, 8]);
    file.extend_from_slice(b"HEAP\0\0\0\0");
    words(&mut file, &[node - data as u64, 1, data as u64, 0]);
    file.resize(data + 8 + NAME, b'n');
    file.resize(node as usize, 0);
    file.extend_from_slice(b"SNOD\x01\0");
    file.extend(entries.to_le_bytes());
    (0..entries).for_each(|_| words(&mut file, &[8, header, 0, 0, 0]));
    file
}

/// 300 MB of names, from 260 kB.
#[test]
fn links_count_towards_the_limit() {
    let limit = 4 << 20;
    let options = Options { memory_limit: limit, ..Options::default() };
    let (document, peak) = heap::peak_of(|| common::extract(&one_long_name(5000), &options).unwrap().0);
    assert!(document.to_json().contains("memory-limit"), "{}", document.to_json());
    assert!(peak <= limit * 5 / 4, "{peak} bytes were held of {limit}");
    let (one, _) = common::extract(&one_long_name(1), &options).unwrap();
    assert_eq!(one.status(), Status::Done, "{}", one.to_json());
}

/// A group whose header has so many messages of this kind, all of them empty.
fn empty_messages(kind: u8, count: usize) -> Vec<u8> {
    let mut file = b"\x89HDF\r\n\x1a\n\x02\x08\x08\0".to_vec();
    let header = 48u64;
    let mut object = b"OHDR\x02\x02".to_vec();
    object.extend((4 * count as u32).to_le_bytes());
    (0..count).for_each(|_| object.extend([kind, 0, 0, 0]));
    object.extend(checksum::checksum(&object).to_le_bytes());
    [0, u64::MAX, header + object.len() as u64, header].iter().for_each(|one: &u64| file.extend(one.to_le_bytes()));
    file.extend(checksum::checksum(&file).to_le_bytes());
    file.extend(object);
    file
}

/// Every one of them is damaged, and what says so takes forty times as much.
#[test]
fn damages_count_towards_the_limit() {
    let limit = 4 << 20;
    let options = Options { memory_limit: limit, ..Options::default() };
    // link, link info, datatype, attribute, attribute info, symbol table, an unknown one
    for kind in [0x06, 0x02, 0x03, 0x0C, 0x15, 0x11, 0x30] {
        for count in [5_000, 30_000, 120_000, 400_000] {
            let file = empty_messages(kind, count);
            let (document, peak) = heap::peak_of(|| common::extract(&file, &options).unwrap().0);
            assert!(peak <= limit * 5 / 4, "{count} messages of type {kind:#x}: {peak} bytes were held");
            assert!(document.to_json().contains("\"warnings\":[{"), "{count} messages of type {kind:#x}");
        }
    }
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
