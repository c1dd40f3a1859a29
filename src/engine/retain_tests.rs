//! Tests of what is retained: a toy format that points backwards.

use std::future::Future;
use std::task::{Context, Poll, Waker};

use super::super::join::Join;
use super::super::source::Source;
use super::super::window::{End, Stop};
use super::*;
use crate::budget::Budget;

const LENGTH: usize = 8 << 20;
/// So much memory that the share is 1 MiB.
const LIMIT: u64 = 16 << 20;

/// Records of 20 bytes stand all over the file: `ITEM`, and how often the number is repeated behind. Their places are
/// listed at the end.
fn file() -> (Vec<u8>, Vec<u64>) {
    let mut file: Vec<u8> = (0..LENGTH as u64).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
    let places: Vec<u64> = (0..300).map(|n| 300_000 + n * 20_011 + n * n % 77).chain([BLOCK * 40 - 7]).collect();
    for place in &places {
        let place = *place as usize;
        file[place..place + 4].copy_from_slice(b"ITEM");
        file[place + 4..place + 20].fill(place as u8);
    }
    let table = LENGTH - 8 * places.len();
    for (at, place) in places.iter().enumerate() {
        file[table + 8 * at..][..8].copy_from_slice(&place.to_le_bytes());
    }
    (file, places)
}

#[derive(Debug)]
struct Items {
    for_now: bool,
}

impl Recogniser for Items {
    fn recognise(&mut self, passed: &Passed<'_>, keep: &mut Keep) {
        let bytes = passed.bytes(passed.start, (passed.end - passed.start) as usize + 3);
        for at in (0..bytes.len().saturating_sub(3)).filter(|at| &bytes[*at..*at + 4] == b"ITEM") {
            let start = passed.start + at as u64;
            match self.for_now {
                true => keep.range_for_now(start, start + 20),
                false => keep.range(start, start + 20),
            }
        }
    }
}

/// Reads the front, then the table at the end, then what stands in it: what each record says, `None` where it is lost.
async fn walk(source: Source, items: Items, payload: (u64, u64)) -> Result<Vec<Option<u8>>, Stop> {
    source.read(0, 300, 300).await?;
    source.retain(Box::new(items));
    source.skip(payload.0, payload.1);
    let (table, end) = source.read(LENGTH as u64 - 8 * 301, 8 * 301, 8 * 301).await?;
    assert_eq!(end, None);
    let mut join = Join::new(source.budget());
    for (at, place) in table.chunks(8).enumerate() {
        let place = u64::from_le_bytes(place.try_into().expect("eight bytes"));
        let source = &source;
        join.push(async move {
            let (bytes, end) = source.read(place, 20, 20).await?;
            assert_ne!(end, Some(End::Eof));
            Ok::<_, Stop>((at, end.is_none().then(|| bytes[19])))
        })?;
    }
    let mut out = vec![None; 301];
    while let Some(read) = join.next().await {
        let (at, value) = read?;
        out[at] = value;
    }
    Ok(out)
}

/// Pushes a file as an extractor does. What came out, what was missing, what was held at most.
fn push(file: &[u8], chunk: usize, items: Items, payload: (u64, u64)) -> (Vec<Option<u8>>, Vec<(u64, u64)>, u64) {
    let source = Source::new(&Budget::new(LIMIT), 0);
    let mut walk = Box::pin(walk(source.clone(), items, payload));
    let mut cx = Context::from_waker(Waker::noop());
    let mut poll = || match walk.as_mut().poll(&mut cx) {
        Poll::Ready(out) => Some(out.expect("no stop")),
        Poll::Pending => None,
    };
    let mut out = poll();
    let mut offset = 0;
    for data in file.chunks(chunk) {
        let mut data = data;
        while !data.is_empty() {
            let (block, rest) = data.split_at(data.len().min((BLOCK - offset % BLOCK) as usize));
            while out.is_none() && source.shared().window().push(offset, block) {
                out = poll();
            }
            offset += block.len() as u64;
            source.shared().window().passed(offset);
            data = rest;
        }
    }
    let missing = source.shared().window().missing.iter().map(|(start, end)| (*start, *end)).collect();
    (out.expect("the file has all"), missing, source.budget().peak())
}

#[test]
fn what_was_recognised_is_there_however_the_file_was_cut() {
    let (file, places) = file();
    let want: Vec<_> = places.iter().map(|place| Some(*place as u8)).collect();
    for chunk in [1000, 4096, 65_537, 1 << 20, LENGTH] {
        let (out, missing, peak) = push(&file, chunk, Items { for_now: false }, (0, 0));
        assert_eq!((out == want, &missing[..]), (true, &[][..]), "{chunk}");
        assert!(peak < (1 << 20) + (400 << 10), "{chunk}: {peak} bytes held");
    }
}

#[test]
fn payload_is_not_looked_at() {
    let (file, places) = file();
    let payload = (1_000_000, 3_000_000);
    let (first, _, _) = push(&file, 4096, Items { for_now: false }, payload);
    let whole_blocks = payload.0.div_ceil(BLOCK) * BLOCK..payload.1 / BLOCK * BLOCK;
    for (place, read) in places.iter().zip(&first) {
        assert_eq!(read.is_some(), !whole_blocks.contains(place), "{place}");
    }
    for chunk in [1001, 65_535, LENGTH] {
        let (out, missing, _) = push(&file, chunk, Items { for_now: false }, payload);
        assert_eq!(out, first, "{chunk}");
        assert!(missing.iter().all(|(start, end)| end - start == 20 && whole_blocks.contains(start)));
    }
}
