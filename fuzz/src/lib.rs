//! What the fuzz targets do: each is one function from bytes to nothing, and panics on a finding.
//!
//! An input is the file itself, so that a finding is a fixture as it stands; its last byte also says with which options it is read.
#![allow(clippy::panic)]

pub mod calls;
#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/common/heap.rs"]
mod heap;
#[path = "../../tests/common/inputs.rs"]
pub mod inputs;
pub mod mend;

use std::path::Path;

use common::drive::{Way, difference};
use common::law::{one_outcome, sane, was_cut};
use common::random::Random;
use metaextract::{Format, Options};

/// Reads a file in one piece: no panic, no heap over the limit, a document that keeps the contract, effort that follows the input.
pub fn one_format(data: &[u8], format: Format) {
    let options = inputs::options_of(data, format);
    inputs::check(data, &options).unwrap_or_else(|why| panic!("{why}, {options:?}"));
}

/// Reads a file in one piece and in another way: the same outcome.
pub fn chunking(data: &[u8]) {
    let mut random = Random::new(
        data.iter().fold(data.len() as u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3)),
    );
    let options = Options { memory_limit: inputs::LIMIT, ..Options::default() };
    let way = match random.below(3) {
        0 => Way::Push { chunk: 1 + random.below(64) as usize, length: random.below(2) == 0 },
        1 => Way::Shuffled { seed: random.next(), length: random.below(2) == 0, merge_gap: random.below(3) * 100 },
        _ => Way::Torrent { seed: random.next(), length: random.below(2) == 0 },
    };
    let (want, got) = (Way::Slice.run(Path::new(""), data, &options), way.run(Path::new(""), data, &options));
    for run in [&want, &got] {
        sane(run, data.len(), &options).unwrap_or_else(|why| panic!("{way:?}: {why}"));
    }
    if !was_cut(&want.outcome) && !was_cut(&got.outcome) {
        one_outcome(&want, &got, &way).unwrap_or_else(|why| panic!("{why}"));
    }
}

/// What a pipe may hold: so little that it keeps but a block of what passes as it is.
const PIPE_LIMIT: u64 = 1 << 20;
/// A file that is longer is taken as it is. Of others the rest stands so much further behind.
const PIPE_GAP: usize = 256 << 10;

/// A long file through a pipe, in chunks of one size and of another: one document, and a part of the one that ranges give.
/// Of a short file all but the beginning is moved, so that what it has there was recognised when it passed or is lost.
pub fn pipe(data: &[u8]) {
    let seed = data.iter().fold(data.len(), |sum, byte| sum.wrapping_mul(31) ^ usize::from(*byte));
    let bytes = if data.len() < PIPE_GAP { stretched(data, 512 << (seed % 4)) } else { data.to_vec() };
    let options = Options { memory_limit: PIPE_LIMIT, ..Options::default() };
    let length = seed & 1 == 0;
    let run = |way: &Way| {
        let run = way.run(Path::new(""), &bytes, &options);
        sane(&run, bytes.len(), &options).unwrap_or_else(|why| panic!("{way:?}: {why}"));
        run
    };
    let ways = [7 + seed % 5000, 64 << 10].map(|chunk| Way::Push { chunk, length });
    let (fine, coarse, whole) = (run(&ways[0]), run(&ways[1]), run(&Way::Slice));
    if [&fine, &coarse, &whole].iter().any(|run| was_cut(&run.outcome)) {
        return;
    }
    for (run, way) in [&fine, &coarse].into_iter().zip(&ways) {
        one_outcome(&whole, run, way).unwrap_or_else(|why| panic!("{why}"));
    }
    // Whoever stops when nothing more is needed has been given more or less of what follows.
    if !fine.stopped_unlimited && !coarse.stopped_unlimited && fine.outcome != coarse.outcome {
        panic!("{ways:?}: {}", difference(&coarse.outcome, &fine.outcome));
    }
}

/// A file with a gap of itself at `at`, and every number that may be an address behind that made larger.
fn stretched(data: &[u8], at: usize) -> Vec<u8> {
    let mut file = data.to_vec();
    let mut next = 0;
    while let Some(number) = file.get_mut(next..).and_then(|rest| rest.first_chunk_mut::<8>()) {
        let address = u64::from_le_bytes(*number);
        let moves = (at as u64..=data.len() as u64).contains(&address);
        if moves {
            *number = (address + PIPE_GAP as u64).to_le_bytes();
        }
        next += if moves { 8 } else { 1 };
    }
    if at < file.len() {
        let gap = data.iter().copied().cycle().take(PIPE_GAP);
        file.splice(at..at, gap);
    }
    file
}
