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

use common::drive::Way;
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
