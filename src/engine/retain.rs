//! What a pipe has carried past, for formats that point backwards.
//!
//! All that passes is kept as it is, in blocks that begin at multiples of [`BLOCK`], until that is more than a share of the
//! memory. From then on a block that gets old is given to the format's [`Recogniser`], and only what that names stays.
//! What is kept depends on the bytes and on what the parser has said by the end of each block, not on how they were cut
//! into chunks: so the document does not either.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;

use super::pieces::{PIECE_COST, Piece, Pieces, Why};
use crate::budget::Charge;

/// Blocks begin at multiples of this.
pub(crate) const BLOCK: u64 = 64 << 10;
/// The most that is kept of what has passed.
const SHARE: u64 = 16 << 20;
/// What is kept as it is once that is reached: structures that begin before are mostly whole in it.
const RAW: u64 = 1 << 20;
/// What a range that is to be kept takes.
const RANGE_COST: usize = 64;
/// The most ranges that are kept in mind.
const MOST_RANGES: usize = 32 << 10;

/// Tells a format's structures from everything else.
pub(crate) trait Recogniser: Debug + Send {
    /// Names what is to be kept of a block that passed. Blocks come in file order; some may be left out.
    fn recognise(&mut self, passed: &Passed<'_>, keep: &mut Keep);

    /// How much memory it takes.
    fn held(&self) -> usize {
        0
    }
}

/// A block that passed, and what came behind it.
#[derive(Debug)]
pub(crate) struct Passed<'a> {
    pieces: &'a Pieces,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl<'a> Passed<'a> {
    /// Bytes in the block or behind it, as far as they are there: at most `length`.
    pub(crate) fn bytes(&self, offset: u64, length: usize) -> Cow<'a, [u8]> {
        self.pieces.bytes(offset, length)
    }
}

/// What a recogniser names.
#[derive(Debug)]
pub(crate) struct Keep {
    ranges: Vec<(u64, u64, bool)>,
}

impl Keep {
    /// Keeps a range: of this block, and of those to come as far as it reaches. What lies before is gone.
    pub(crate) fn range(&mut self, start: u64, end: u64) {
        self.ranges.push((start, end, false));
    }

    /// The same for what goes first where there is too much.
    pub(crate) fn range_for_now(&mut self, start: u64, end: u64) {
        self.ranges.push((start, end, true));
    }
}

/// Starts and ends, in file order.
type Ranges = Vec<(u64, u64)>;

/// What is kept, and by which rules.
#[derive(Debug)]
pub(super) struct Retained {
    recogniser: Box<dyn Recogniser>,
    share: u64,
    /// What stands before is kept for good: with it the format was recognised.
    first: u64,
    /// So much has passed, without what passes now.
    passed: u64,
    /// Where the blocks begin that have not been looked at.
    raw: u64,
    /// Where the blocks end that have passed.
    end: u64,
    /// Blocks between `raw` and `end` of which nothing was kept.
    skipped: u64,
    /// Named ranges that reach behind `raw`: (start, goes first) -> end.
    plan: BTreeMap<(u64, bool), u64>,
    /// Payload: start -> end.
    payload: BTreeMap<u64, u64>,
    /// What stays of `plan` and `payload` in mind is charged.
    charge: Charge,
    /// What the pieces that were named take.
    named: u64,
    /// There has been more than the share.
    over: bool,
    /// Before these there are no pieces that may go: for those that go first, and for the others.
    oldest: [u64; 2],
    /// A buffer that is free.
    spare: Option<Piece>,
}

impl Retained {
    /// Begins where `passed` bytes have passed; what is held stays for good.
    pub(super) fn new(recogniser: Box<dyn Recogniser>, pieces: &mut Pieces, passed: u64) -> Option<Retained> {
        let charge = Charge::new(&pieces.budget, 0).ok()?;
        let raw = passed / BLOCK * BLOCK;
        let first = raw + BLOCK;
        pieces.hold_all();
        let share = SHARE.min(pieces.budget.limit() / 16);
        let (plan, payload) = (BTreeMap::new(), BTreeMap::new());
        let (end, oldest, spare) = (first, [first; 2], None);
        Some(Retained {
            recogniser,
            share,
            first,
            passed,
            raw,
            end,
            skipped: 0,
            plan,
            payload,
            charge,
            named: 0,
            over: false,
            oldest,
            spare,
        })
    }

    /// Notes that a range is payload: whole blocks of it need neither be kept nor looked at. Not the block that passes now:
    /// how much of that has passed depends on the chunks.
    pub(super) fn skip(&mut self, start: u64, end: u64) {
        let next = (self.passed / BLOCK + 1) * BLOCK;
        let Some(first) = start.max(next).checked_next_multiple_of(BLOCK) else { return };
        let last = end / BLOCK * BLOCK;
        if first < last && self.has_room() {
            let until = self.payload.entry(first).or_insert(last);
            *until = last.max(*until);
        }
    }

    fn has_room(&mut self) -> bool {
        let ranges = self.plan.len() + self.payload.len();
        let held = (ranges + 1) * RANGE_COST + self.recogniser.held();
        ranges < MOST_RANGES && self.charge.grow_to(held).is_ok()
    }

    fn is_payload(&self, block: u64) -> bool {
        self.payload.range(..=block).next_back().is_some_and(|(_, end)| *end >= block + BLOCK)
    }

    /// Keeps what passes, all of it in one block. False: that was not done, since it is payload or there is no room.
    pub(super) fn store(&mut self, pieces: &mut Pieces, offset: u64, data: &[u8]) -> bool {
        let block = offset / BLOCK * BLOCK;
        if self.is_payload(block) {
            return false;
        }
        let (why, whole) = if block < self.first { (Why::Pinned, 0) } else { (Why::Raw, BLOCK as usize) };
        loop {
            if pieces.store_raw(offset, data, why, whole, &mut self.spare).is_ok() {
                return true;
            }
            if !self.drop_one(pieces, |_, _| false) {
                return false;
            }
        }
    }

    /// The bytes before `passed` have passed. At the end of a block: lets go what is too much.
    /// `wanted` tells what pending reads want of a range, in file order.
    pub(super) fn passed(&mut self, pieces: &mut Pieces, passed: u64, wanted: impl Fn(u64, u64) -> Vec<(u64, u64)>) {
        let is_wanted = |start, end| !wanted(start, end).is_empty();
        self.passed = passed;
        while self.end + BLOCK <= passed {
            if self.is_payload(self.end) {
                self.skipped += BLOCK;
            }
            self.end += BLOCK;
        }
        self.over |= self.taken() > self.share;
        if !self.over {
            return;
        }
        let most = (self.share / 16).clamp(BLOCK, RAW);
        while self.end - self.raw > most {
            self.settle(pieces, &wanted);
        }
        while self.taken() > self.share && self.drop_one(pieces, is_wanted) {}
    }

    fn taken(&self) -> u64 {
        self.named + (self.end - self.raw).saturating_sub(self.skipped)
    }

    /// Leaves of the oldest block only what is to be kept.
    fn settle(&mut self, pieces: &mut Pieces, wanted: &impl Fn(u64, u64) -> Vec<(u64, u64)>) {
        let (start, end) = (self.raw, self.raw + BLOCK);
        self.raw = end;
        if self.is_payload(start) {
            self.skipped = self.skipped.saturating_sub(BLOCK);
        } else {
            let mut keep = Keep { ranges: Vec::new() };
            self.recogniser.recognise(&Passed { pieces, start, end }, &mut keep);
            for (from, to, first) in keep.ranges {
                let (from, to) = (from.max(start), to.min(from.saturating_add(self.share / 4)));
                if from < to && (to <= end || self.has_room()) {
                    let until = self.plan.entry((from, first)).or_insert(to);
                    *until = to.max(*until);
                }
            }
        }
        let wanted = wanted(start, end);
        let (always, for_now) = self.parts(start, end);
        self.plan.retain(|_, to| *to > end);
        self.payload.retain(|_, to| *to > end);
        let old = pieces.take_raw(start, end);
        for (why, parts) in [
            (Why::Named { for_now: false }, &always),
            (Why::Wanted, &without(&wanted, &always)),
            (Why::Named { for_now: true }, &without(&without(&for_now, &always), &wanted)),
        ] {
            for (from, to) in parts {
                let added = old.give(pieces, *from, *to, why);
                if let Why::Named { for_now } = why {
                    self.named += added;
                    let oldest = &mut self.oldest[usize::from(!for_now)];
                    *oldest = (*oldest).min(*from);
                }
            }
        }
        self.spare = old.into_spare().or(self.spare.take());
    }

    /// What is planned to be kept of a block, and what goes first of it.
    fn parts(&self, start: u64, end: u64) -> (Ranges, Ranges) {
        let part = |class: bool| {
            let here = self.plan.range(..(end, false)).filter(move |((_, first), to)| *first == class && **to > start);
            super::wants::merged(here.map(|((from, _), to)| (start.max(*from), end.min(*to))))
        };
        let fill = |parts: Vec<(u64, u64)>| {
            // Little less than all: not worth a copy.
            let sum: u64 = parts.iter().map(|(from, to)| to - from).sum();
            if sum > BLOCK / 4 * 3 { vec![(start, end)] } else { parts }
        };
        (fill(part(false)), fill(part(true)))
    }

    /// Bytes that were missing were fed, and take so many `bytes`: something else goes where that is too much.
    pub(super) fn supplied(
        &mut self,
        pieces: &mut Pieces,
        start: u64,
        bytes: usize,
        is_wanted: impl Fn(u64, u64) -> bool,
    ) {
        self.named += bytes as u64;
        self.oldest[1] = self.oldest[1].min(start);
        while self.taken() > self.share && self.drop_one(pieces, &is_wanted) {}
    }

    /// Lets the oldest of what was named go, first of what goes first. False: there is nothing.
    fn drop_one(&mut self, pieces: &mut Pieces, is_wanted: impl Fn(u64, u64) -> bool) -> bool {
        for (oldest, class) in self.oldest.iter_mut().zip([true, false]) {
            let why = Why::Named { for_now: class };
            let found =
                pieces.map.range(*oldest..).find(|(_, held)| held.why == why).map(|(at, held)| (*at, held.len()));
            let Some((start, length)) = found else {
                *oldest = u64::MAX;
                continue;
            };
            *oldest = start + 1;
            self.named = self.named.saturating_sub(length + PIECE_COST as u64);
            pieces.release(start, is_wanted(start, start + length));
            return true;
        }
        false
    }
}

/// What is in `parts` and not in `others`; both are sorted and disjoint.
fn without(parts: &[(u64, u64)], others: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut out = Vec::new();
    for (start, end) in parts {
        let mut at = *start;
        let first = others.partition_point(|(_, to)| *to <= at);
        for (from, to) in others[first..].iter().take_while(|(from, _)| from < end) {
            if at < *from {
                out.push((at, *from));
            }
            at = at.max(*to);
        }
        if at < *end {
            out.push((at, *end));
        }
    }
    out
}

#[cfg(test)]
#[path = "retain_tests.rs"]
mod tests;
