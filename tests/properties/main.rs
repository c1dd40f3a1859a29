//! Properties: what holds however a file is fed, whatever its fields say, and within whatever limits. `PROPTEST_CASES` says how often.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod fields;
#[path = "../common/heap.rs"]
mod heap;
#[path = "../common/inputs.rs"]
mod inputs;
mod limits;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::drive::{Outcome, Run, Way, answer};
use common::fixture_files;
use common::law::{one_outcome, sane, was_cut};
use common::random::Random;
use fields::Change;
use metaextract::{Extractor, Format, Options, Result, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

/// So many cases where `PROPTEST_CASES` does not say; what failed once stands in `tests/properties/failures.txt`.
fn config(cases: u32) -> ProptestConfig {
    let persistence = Box::new(FileFailurePersistence::Direct("tests/properties/failures.txt"));
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: Some(persistence),
        ..ProptestConfig::default()
    }
}

/// A fixture, and its bytes.
type Fixture = (PathBuf, Vec<u8>);

/// The small fixtures of a format.
pub(crate) fn small(format: Format) -> &'static [Fixture] {
    static FILES: [OnceLock<Vec<Fixture>>; 4] = [const { OnceLock::new() }; 4];
    FILES[format as usize].get_or_init(|| {
        let mut files = fixture_files();
        let of = |path: &PathBuf| match path.parent().and_then(|folder| folder.file_name()?.to_str()) {
            Some("cdl") => format == Format::Netcdf,
            folder => folder == Some(format.name()),
        };
        files.retain(|path| of(path) && path.metadata().is_ok_and(|meta| meta.len() <= 24_000));
        assert!(files.len() > 20);
        files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    })
}

const FORMATS: [Format; 4] = [Format::Dicom, Format::Fits, Format::Hdf5, Format::Netcdf];

/// One deed of a host that does as it likes.
#[derive(Debug, Clone)]
enum Deed {
    /// Feeds a part of the file that nobody may want, that was there before, or that overlaps another.
    Feed(Index, u16),
    /// Feeds the bytes behind those of the last such deed.
    Push(u16),
    /// Answers some wants, or parts of them.
    Answer(u8),
    /// Says the file's length.
    Length,
    /// Says that nothing stands behind the end, and feeds nothing.
    End,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (any::<Index>(), 1..3000u16).prop_map(|(at, length)| Deed::Feed(at, length)),
        3 => (0..3000u16).prop_map(Deed::Push),
        2 => any::<u8>().prop_map(Deed::Answer),
        1 => Just(Deed::Length),
        1 => Just(Deed::End),
    ]
}

/// Feeds a file as the deeds say, and then what is still wanted.
fn feed(bytes: &[u8], options: &Options, deeds: &[Deed], seed: u64) -> Run {
    let mut extractor = Extractor::new(options).unwrap();
    let mut random = Random::new(seed);
    let mut told = false;
    let mut drive = || -> Result<Status> {
        let (mut status, mut pushed) = (Status::Ok, 0);
        for deed in deeds {
            if status != Status::Ok {
                break;
            }
            status = match deed {
                Deed::Feed(at, length) => {
                    let at = at.index(bytes.len());
                    extractor.feed_at(at as u64, &bytes[at..(at + usize::from(*length)).min(bytes.len())])?
                }
                Deed::Push(length) => {
                    let part = &bytes[pushed..(pushed + usize::from(*length)).min(bytes.len())];
                    pushed += part.len();
                    extractor.feed_chunk(part)?
                }
                Deed::Answer(count) => answer_some(&mut extractor, bytes, *count, &mut random)?,
                Deed::Length if !told => {
                    told = true;
                    extractor.set_length(bytes.len() as u64)?
                }
                Deed::Length => status,
                Deed::End => extractor.feed_at(bytes.len() as u64, &[])?,
            };
            assert!(status != Status::Ok || extractor.wanted().len() > 0, "nothing is wanted, and nothing is done");
        }
        if status == Status::Ok && !told {
            told = true;
            status = extractor.set_length(bytes.len() as u64)?;
        }
        if status == Status::Ok {
            status = answer(&mut extractor, bytes, Status::Ok, &mut random)?;
        }
        Ok(status)
    };
    let fed = drive();
    let stopped_unlimited = !told && fed.as_ref().is_ok_and(|status| *status != Status::Ok);
    let outcome = match fed.and_then(|_| extractor.finish()) {
        Ok(document) => Outcome::of(&document),
        Err(error) => Outcome::failed(&error),
    };
    Run { outcome, usage: extractor.usage(), stopped_unlimited }
}

fn answer_some(extractor: &mut Extractor, bytes: &[u8], count: u8, random: &mut Random) -> Result<Status> {
    let mut status = extractor.status()?;
    for _ in 0..count % 8 {
        let wants: Vec<_> = extractor.wanted().collect();
        if status != Status::Ok || wants.is_empty() {
            break;
        }
        let want = wants[random.below(wants.len() as u64) as usize];
        let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let (from, to) = (place(want.offset), place(want.offset.saturating_add(want.length)));
        let to = from + 1 + random.below((to - from) as u64) as usize;
        // a want beyond the end is answered by where the end is
        status = extractor.feed_at(from as u64, &bytes[from..to.min(bytes.len())])?;
    }
    Ok(status)
}

/// A file with some of its fields changed.
fn changed() -> impl Strategy<Value = (Format, Index, Vec<Change>)> {
    ((0..4usize).prop_map(|at| FORMATS[at]), any::<Index>(), vec(fields::change(), 1..4))
}

fn apply(format: Format, which: Index, changes: &[Change]) -> (&'static Path, Vec<u8>) {
    let (path, bytes) = which.get(small(format));
    (path, fields::apply(format, path, bytes, changes))
}

proptest! {
    #![proptest_config(config(600))]

    /// Law 1, for hosts that feed overlapping, repeated and unwanted bytes, by chunks and by offset in turns.
    #[test]
    fn the_document_is_a_function_of_the_bytes(
        format in (0..4usize), which in any::<Index>(), deeds in vec(deed(), 0..40), seed in any::<u64>(),
    ) {
        let (path, bytes) = which.get(small(FORMATS[format]));
        let options = Options::default();
        let want = Way::Slice.run(path, bytes, &options);
        let got = feed(bytes, &options, &deeds, seed);
        sane(&got, bytes.len(), &options).map_err(|why| TestCaseError::fail(format!("{}: {why}", path.display())))?;
        let way = Way::Torrent { seed, length: false };
        one_outcome(&want, &got, &way).map_err(|why| TestCaseError::fail(format!("{}: {why}", path.display())))?;
    }

    /// The same, and the limits, where lengths, counts, offsets, versions say something else than they should.
    #[test]
    fn changed_fields_stay_in_their_limits(
        (format, which, changes) in changed(), option in 0..8usize, seed in any::<u64>(), chunk in 1..300usize,
    ) {
        let (path, bytes) = apply(format, which, &changes);
        let fail = |why: String| TestCaseError::fail(format!("{}: {why}", path.display()));
        inputs::check(&bytes, &inputs::variants(format).swap_remove(option)).map_err(fail)?;
        let options = Options { memory_limit: inputs::LIMIT, ..Options::default() };
        let want = Way::Slice.run(path, &bytes, &options);
        let ways = [
            Way::Push { chunk, length: seed % 2 == 0 },
            Way::Shuffled { seed, length: seed % 2 == 0, merge_gap: seed % 300 },
            Way::Torrent { seed, length: seed % 2 == 0 },
        ];
        let way = &ways[seed as usize / 2 % 3];
        let got = way.run(path, &bytes, &options);
        sane(&got, bytes.len(), &options).map_err(fail)?;
        if !was_cut(&want.outcome) && !was_cut(&got.outcome) {
            one_outcome(&want, &got, way).map_err(fail)?;
        }
    }
}
