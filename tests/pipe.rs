//! HDF5 through a pipe: what points backwards was kept, or is named, and can be supplied later.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::Path;

use common::drive::{Outcome, Way};
use common::random::Random;
use metaextract::{Extractor, Options, Status};

const DATASETS: u64 = 60;
/// Of each dataset's data: together more than is kept of what passes.
const DATA: u64 = 512 << 10;

/// An HDF5 file that points backwards: datasets with an attribute each, whose data stands between them, and the root group
/// behind all. With `apart` the attributes stand in continuation blocks, long before the headers that lead there.
struct File {
    bytes: Vec<u8>,
    continuations: Vec<(u64, u64)>,
}

impl File {
    fn new(apart: bool, seed: u64) -> File {
        let mut file = File { bytes: vec![0; 96], continuations: Vec::new() };
        let mut random = Random::new(seed);
        let mut data = vec![0u8; DATA as usize];
        let mut headers = Vec::new();
        let attributes: Vec<_> = (0..DATASETS).map(|number| message(0x0C, &attribute(number as u8))).collect();
        if apart {
            file.put(&data[..128 << 10]);
            for attribute in &attributes {
                let at = file.put(attribute);
                file.continuations.push((at, attribute.len() as u64));
                file.put(&[0; 8]);
            }
            file.put(&data);
            file.put(&data);
        }
        for (number, attribute) in attributes.into_iter().enumerate() {
            let rest = match file.continuations.get(number) {
                None => attribute,
                Some((at, length)) => message(0x10, &[at.to_le_bytes(), length.to_le_bytes()].concat()),
            };
            let header = file.bytes.len() as u64;
            let length = 16 + 24 + 24 + 32 + rest.len() as u64;
            let layout = [&[3, 1][..], &(header + length).to_le_bytes(), &DATA.to_le_bytes(), &[0; 6]].concat();
            let space = [&[1, 1, 0, 0, 0, 0, 0, 0][..], &DATA.to_le_bytes()].concat();
            let number_type = [0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0];
            let messages = [message(1, &space), message(3, &number_type), message(8, &layout), rest].concat();
            headers.push(file.put_header(3 + 1 + u16::from(apart), &messages));
            assert_eq!(file.bytes.len() as u64, header + length);
            data.iter_mut().for_each(|byte| *byte = random.below(3) as u8);
            file.put(&data);
        }
        file.put_root(&headers);
        file
    }

    fn put(&mut self, bytes: &[u8]) -> u64 {
        self.bytes.extend_from_slice(bytes);
        (self.bytes.len() - bytes.len()) as u64
    }

    fn put_header(&mut self, count: u16, messages: &[u8]) -> u64 {
        let mut header = vec![1, 0];
        header.extend(count.to_le_bytes());
        header.extend(1u32.to_le_bytes());
        header.extend((messages.len() as u32).to_le_bytes());
        header.extend([0; 4]);
        header.extend(messages);
        self.put(&header)
    }

    fn put_root(&mut self, headers: &[u64]) {
        let undefined = u64::MAX.to_le_bytes();
        let segment = headers.len() as u64 * 8 + 8;
        let names: Vec<u8> = (0..headers.len()).flat_map(|at| format!("data{at:03}\0").into_bytes()).collect();
        let heap = self.bytes.len() as u64;
        let head = [&b"HEAP\0\0\0\0"[..], &segment.to_le_bytes(), &undefined, &(heap + 32).to_le_bytes()].concat();
        self.put(&[&head[..], &[0; 8], &names].concat());
        let mut children = vec![0u8; 8]; // the key before the first: the empty name
        for (first, part) in headers.chunks(8).enumerate() {
            let mut node = [&b"SNOD\x01\0"[..], &(part.len() as u16).to_le_bytes()].concat();
            for (at, header) in part.iter().enumerate() {
                let name = 8 * (first * 8 + at + 1) as u64;
                node.extend([&name.to_le_bytes()[..], &header.to_le_bytes(), &[0; 24]].concat());
            }
            let node = self.put(&node);
            children.extend(node.to_le_bytes());
            children.extend((8 * (first * 8 + part.len()) as u64).to_le_bytes());
        }
        let entries = (headers.len().div_ceil(8) as u16).to_le_bytes();
        let tree = self.put(&[&b"TREE\0\0"[..], &entries, &undefined, &undefined, &children].concat());
        let root = self.put_header(1, &message(0x11, &[tree.to_le_bytes(), heap.to_le_bytes()].concat()));
        let end = self.bytes.len() as u64;
        let mut front = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
        for number in [0, u64::MAX, end, u64::MAX, 0, root] {
            front.extend(number.to_le_bytes());
        }
        self.bytes[..front.len()].copy_from_slice(&front);
    }

    fn whole(&self) -> Outcome {
        Way::Slice.run(Path::new(""), &self.bytes, &Options::default()).outcome
    }
}

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), &[0; 4], body].concat()
}

/// A scalar byte with the name `number`.
fn attribute(value: u8) -> Vec<u8> {
    let parts: [&[u8]; 5] = [
        &[1, 0, 7, 0, 12, 0, 8, 0],
        b"number\0\0",
        &[0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 0, 0, 0, 0],
        &[value, 0, 0, 0, 0, 0, 0, 0],
    ];
    parts.concat()
}

#[test]
fn a_file_that_points_backwards_is_whole_from_a_pipe() {
    let file = File::new(false, 1);
    let whole = file.whole();
    assert_eq!(whole.status(), Some(Status::Done), "{whole:.300?}");
    assert_eq!(whole.json().unwrap()["headers"]["datasets"]["/data059"]["attributes"]["number"]["value"], 59);
    for chunk in [4099, 65_536, 1_000_001, usize::MAX] {
        let run = Way::Push { chunk, length: true }.run(Path::new(""), &file.bytes, &Options::default());
        assert!(run.outcome == whole, "chunks of {chunk}: {}", common::drive::difference(&whole, &run.outcome));
        assert!(run.usage.memory_peak < 20 << 20, "{:?}", run.usage);
    }
}

/// What is not recognised is named to the byte, and supplying it completes the document: all at once, or as it is wanted.
#[test]
fn what_was_not_kept_is_named_and_can_be_supplied() {
    let file = File::new(true, 2);
    let whole = file.whole();
    let mut partial = None;
    for (chunk, all_at_once) in [(65_536, true), (4099, false), (usize::MAX, false)] {
        let mut extractor = Extractor::new(&Options::default()).unwrap();
        extractor.set_length(file.bytes.len() as u64).unwrap();
        for piece in file.bytes.chunks(chunk.min(file.bytes.len())) {
            extractor.feed_chunk(piece).unwrap();
        }
        let early = extractor.finish().unwrap();
        assert_eq!(early.status(), Status::Partial);
        assert_eq!(partial.get_or_insert_with(|| early.to_json()), &early.to_json(), "chunks of {chunk}");
        let wanted: Vec<(u64, u64)> = extractor.wanted().map(|want| (want.offset, want.length)).collect();
        assert_eq!(wanted, file.continuations);
        let range = |(offset, length): (u64, u64)| &file.bytes[offset as usize..(offset + length) as usize];
        if all_at_once {
            for want in wanted {
                extractor.feed_at(want.0, range(want)).unwrap();
            }
        } else {
            while let Some(want) = extractor.wanted().next() {
                extractor.feed_at(want.offset, range((want.offset, want.length))).unwrap();
            }
        }
        assert_eq!(extractor.wanted().len(), 0);
        let late = extractor.finish().unwrap();
        assert_eq!(Outcome::of(&late), whole, "{}", common::drive::difference(&whole, &Outcome::of(&late)));
    }
}
