//! Fixtures and corpus files with random bytes wrong: no panic, no heap over the limit, no second of work. `ci/mutate` does 100,000.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/heap.rs"]
mod heap;
#[path = "common/inputs.rs"]
mod inputs;

use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::random::Random;
use common::{corpus_files, file_name, fixture_files, for_each_parallel};
use metaextract::{Extractor, Format, Options, Status};

/// How many in all, where `MX_MUTATIONS` does not say.
const MUTATIONS: usize = 3000;

#[test]
fn wrong_bytes_stay_in_their_limits() {
    let mut files = corpus_files();
    files.extend(fixture_files());
    let total = std::env::var("MX_MUTATIONS").map_or(MUTATIONS, |count| count.parse().unwrap());
    let slowest = Mutex::new((Duration::ZERO, String::new()));
    let numbered: Vec<_> = files.iter().enumerate().collect();
    for_each_parallel(
        &numbered,
        |(_, path)| path.display().to_string(),
        |(number, path)| {
            let count = total * (number + 1) / files.len() - total * number / files.len();
            let mut bytes = std::fs::read(path).unwrap();
            if bytes.is_empty() || count == 0 {
                return Ok(());
            }
            let (read, format) = (ranges_read(&bytes), format_of(path));
            let mut random = Random::new(*number as u64);
            for _ in 0..count {
                let wrong = mutation(&bytes, &read, &mut random);
                let options = inputs::variants(format).swap_remove(random.below(8) as usize);
                wrong.iter().for_each(|(at, _, new)| bytes[*at] = *new);
                let began = processor_time();
                let checked = inputs::check(&bytes, &options);
                let took = processor_time() - began;
                wrong.iter().rev().for_each(|(at, old, _)| bytes[*at] = *old);
                checked.map_err(|why| format!("{why}; (at, from, to): {wrong:?}, {options:?}"))?;
                if took > Duration::from_secs(1) {
                    return Err(format!("took {took:?}; (at, from, to): {wrong:?}, {options:?}"));
                }
                let mut slowest = slowest.lock().unwrap();
                if took > slowest.0 {
                    *slowest = (took, file_name(path));
                }
            }
            Ok(())
        },
    );
    let (took, name) = slowest.into_inner().unwrap();
    println!("{total} mutations of {} files; the slowest took {took:?} of processor time: {name}", files.len());
}

/// One byte, a few beside each other, or a few anywhere: most of them where a reader looks.
fn mutation(bytes: &[u8], read: &[Range<usize>], random: &mut Random) -> Vec<(usize, u8, u8)> {
    let place = |random: &mut Random| match random.below(4) {
        0 => random.below(bytes.len() as u64) as usize,
        _ => {
            let range = &read[random.below(read.len() as u64) as usize];
            range.start + random.below(range.len() as u64) as usize
        }
    };
    let value = |old: u8, random: &mut Random| match random.below(4) {
        0 => old ^ (1 << random.below(8)),
        1 => [0, 1, 0x7f, 0x80, 0xfe, 0xff][random.below(6) as usize],
        2 => old.wrapping_add(1),
        _ => random.next() as u8,
    };
    let places: Vec<usize> = match random.below(3) {
        0 => vec![place(random)],
        1 => (0..2 + random.below(8)).map(|_| place(random)).collect(),
        _ => {
            let first = place(random);
            (first..(first + 2 + random.below(7) as usize).min(bytes.len())).collect()
        }
    };
    let mut wrong: Vec<(usize, u8, u8)> = Vec::new();
    for at in places {
        let old = wrong.iter().rev().find(|one| one.0 == at).map_or(bytes[at], |one| one.2);
        wrong.push((at, old, value(old, random)));
    }
    wrong
}

/// What a reader asks for of the sound file; all of it where that is nothing.
fn ranges_read(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut extractor = Extractor::new(&Options { merge_gap: 0, ..Options::default() }).unwrap();
    let mut status = extractor.set_length(bytes.len() as u64);
    while status.as_ref().is_ok_and(|status| *status == Status::Ok) {
        let Some(want) = extractor.wanted().next() else { break };
        let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let range = place(want.offset)..place(want.offset.saturating_add(want.length));
        status = extractor.feed_at(want.offset, &bytes[range.clone()]);
        ranges.push(range);
    }
    ranges.retain(|range| !range.is_empty());
    if ranges.is_empty() {
        ranges.push(0..bytes.len());
    }
    ranges
}

/// The format that the folder is of: it only chooses options.
fn format_of(path: &Path) -> Format {
    let within = |name: &str| path.components().any(|part| part.as_os_str() == name);
    match () {
        () if within("fits") => Format::Fits,
        () if within("hdf5") => Format::Hdf5,
        () if within("netcdf") || within("cdl") => Format::Netcdf,
        () => Format::Dicom,
    }
}

/// What this thread has computed: other work on the machine does not count. Where the system does not tell: the clock.
fn processor_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match text.split(' ').next().and_then(|field| field.parse().ok()) {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => START.get_or_init(Instant::now).elapsed(),
    }
}
