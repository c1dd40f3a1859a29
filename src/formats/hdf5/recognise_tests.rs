//! Tests of what is recognised: all that real files need.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::super::superblock::{SIGNATURE, Superblock};
use super::*;
use crate::budget::Budget;
use crate::document::text::Text;
use crate::engine::retain::BLOCK;
use crate::engine::source::Source;
use crate::formats;
use crate::options::Options;

/// A damaged structure need not be recognised: it is missing then.
const SAYS_DAMAGED: [&str; 4] = ["\"complete\":false", "\"malformed\"", "\"checksum\"", "\"truncated\""];

/// Reads a file of which all has passed before anything of it was read: of what passed there is all, or, after enough
/// other bytes, only what was recognised. The document, and what was missing. `None`: it can't be read at all.
fn read(file: &[u8], recognised: bool) -> Option<(String, Vec<(u64, u64)>)> {
    let start = file.windows(8).position(|window| window == SIGNATURE)?;
    let superblock = Superblock::decode(&file[start..]).ok()?;
    // Behind a user block of one block: what begins the file is kept in any case.
    let start = start + BLOCK as usize;
    let file = [&[0; BLOCK as usize], file].concat();
    let source = Source::new(&Budget::new(64 << 20), 0);
    let push = |offset: u64, data: &[u8]| {
        let mut window = source.shared().window();
        window.push(offset, data);
        window.passed(offset + data.len() as u64);
    };
    push(0, &file[..BLOCK as usize - 1]);
    source.shared().window().hold(start as u64, &file[start..file.len().min(start + 256)]);
    source.retain(Box::new(Structures::new(superblock.widths, start as u64, false)));
    let length = file.len() as u64;
    let behind = if recognised { 5 << 20 } else { 0 };
    let mut block = [0; BLOCK as usize];
    for at in (0..length + behind).step_by(block.len()) {
        let part = file.get(at as usize..).unwrap_or(&[]);
        let part = &part[..part.len().min(block.len())];
        block[part.len()..].fill(0);
        block[..part.len()].copy_from_slice(part);
        push(at, &block);
    }
    {
        let mut window = source.shared().window();
        (window.eof, window.ended) = (Some(length), true);
    }
    let mut parser = pin!(formats::extract(source.clone(), Options::default()));
    let Poll::Ready(extraction) = parser.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("everything has passed");
    };
    let text: Text = extraction.ok()?.assemble(Some(length)).expect("a document");
    let json = text.pieces().flat_map(<[u8]>::to_vec).collect();
    let missing = source.shared().window().missing.iter().map(|(start, end)| (*start, *end)).collect();
    Some((String::from_utf8(json).expect("UTF-8"), missing))
}

fn files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { self::files(&path, files) } else { files.push(path) }
    }
}

/// Nothing of the fixtures that are whole, nor of the corpus where it is at hand, is missing.
#[test]
fn all_that_real_files_need_is_recognised() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = std::env::var_os("MX_CORPUS").map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    let mut all = Vec::new();
    for folder in [root.join("tests/fixtures/hdf5"), corpus.join("hdf5"), corpus.join("netcdf")] {
        files(&folder, &mut all);
    }
    let mut failures = Vec::new();
    // A collection that lies about its size is read as far as it is of use, which the file only allows.
    all.retain(|path| !path.ends_with("collection_size_old.h5"));
    for path in all {
        let file = std::fs::read(&path).expect("a file");
        let (whole, recognised) = (read(&file, false), read(&file, true));
        let missing = recognised.as_ref().map(|read| &read.1);
        let is_sound_file = whole.as_ref().is_some_and(|read| !SAYS_DAMAGED.iter().any(|code| read.0.contains(code)));
        if is_sound_file && whole != recognised {
            failures.push(format!("{}: {missing:?} is missing", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The shapes of object headers of version 1 that small numbers take by chance.
#[test]
fn numbers_are_no_headers() {
    let number = |values: &[i16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let cases = [
        number(&[1, 1, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0]),
        number(&[1, 1, 1, 0, 16, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0]),
        number(&[1, 1, 1, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        number(&[1, 2, 1, 0, 32, 0, 0, 0, 1, 8, 1, 1, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0]),
    ];
    for case in cases {
        let widths = Widths { offsets: 8, lengths: 8 };
        let shape = Shape::version_1(&case);
        assert_eq!(shape.and_then(|shape| shape.messages(case.get(..shape.whole())?, widths)), None, "{case:?}");
    }
    let header = number(&[1, 1, 1, 0, 16, 0, 0, 0, 1, 8, 0, 0, 257, 0, 0, 0]);
    let shape = Shape::version_1(&header).expect("a header");
    assert_eq!(shape.messages(&header, Widths { offsets: 8, lengths: 8 }), Some(Vec::new()));
}

#[test]
fn blocks_of_a_fractal_heap_double() {
    let heap = Heap { filtered: false, width: 4, first_block: 512, largest_block: 2048, offset_width: 4 };
    let rows = [0u64, 3, 4, 7, 8, 15, 16].map(|blocks| heap.block_length(blocks * 512));
    assert_eq!(rows, [Some(512), Some(512), Some(512), Some(512), Some(1024), Some(1024), Some(2048)]);
    assert_eq!(heap.block_length(64 * 512), None);
}
