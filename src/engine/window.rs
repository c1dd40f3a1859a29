//! The fed bytes that somebody wants, and who wants them.
//!
//! Bytes that nobody wants are dropped where they stand. What was read once is kept for a while, oldest out first,
//! as far as `keep` allows; under pressure it goes at once.

use std::collections::BTreeMap;
use std::task::Waker;

use super::pending::{Pending, Want};
pub(crate) use super::pieces::Block;
use super::pieces::{Pieces, Why};
use super::retain::{Recogniser, Retained};
use super::wants::{Round, Tally, merged};
use crate::budget::{Budget, Charge, OverBudget};

/// How much of what was read stays, so that a document that lacks something can be completed without asking for all of it
/// again. A format whose structures are read many times may want more.
const KEEP: usize = 128 << 10;
/// A gap up to this length is read as quickly as what stands behind it is asked for by itself.
const NEAR: u64 = 8 << 10;
/// What a range takes that is missing.
const RANGE_COST: usize = 48;

/// Why a read came back short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The file ends here.
    Eof,
    /// The host did not supply these bytes.
    Missing,
}

/// Why a read gave nothing at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The host cancelled.
    Cancelled,
    /// The memory limit was reached.
    Limit,
}

/// What there is of some bytes.
struct Expected {
    have: u64,
    /// The file ends there.
    at_eof: bool,
    /// What stands before has passed, and was not kept.
    lost: Option<u64>,
    /// More of them will come.
    more: bool,
}

#[derive(Debug)]
pub(crate) struct Window {
    pieces: Pieces,
    /// How much of what was read stays.
    pub(crate) keep: usize,
    /// Structures up to this length are mostly as long as they were thought to be: to ask for so much is no speculation.
    pub(crate) usual: u64,
    wants: Pending,
    next_id: u64,
    /// Where the file ends, once that is known.
    pub(crate) eof: Option<u64>,
    /// No more bytes come: pending reads end with what there is.
    pub(crate) ended: bool,
    /// What ended reads lacked: start -> end.
    pub(crate) missing: BTreeMap<u64, u64>,
    missing_charge: Option<Charge>,
    over_budget: bool,
    /// Bytes are fed in file order by the chunk, up to here.
    pub(crate) passed: Option<u64>,
    /// Bytes are fed by their offset: what has passed can be asked for again.
    pub(crate) positioned: bool,
    retained: Option<Retained>,
    /// What a document lacked that was begun again.
    lacked: Vec<(u64, u64)>,
    pub(crate) tally: Tally,
    /// Bytes that parsers have used, also those that began again.
    pub(crate) used: u64,
    pub(crate) round: Round,
    /// Where the last one of a driver's reads ended.
    read_to: u64,
    merge_gap: u64,
}

impl Window {
    pub(crate) fn new(budget: &Budget, merge_gap: u64) -> Self {
        Window {
            pieces: Pieces::new(budget),
            keep: KEEP,
            usual: 0,
            wants: Pending::new(),
            next_id: 0,
            eof: None,
            ended: false,
            missing: BTreeMap::new(),
            missing_charge: None,
            over_budget: false,
            passed: None,
            positioned: false,
            retained: None,
            lacked: Vec::new(),
            tally: Tally::default(),
            used: 0,
            round: Round::default(),
            read_to: 0,
            merge_gap,
        }
    }

    /// How much to ask for, where `min` bytes are needed and `ahead` would be of use.
    pub(crate) fn ideal(&self, min: u64, ahead: u64) -> u64 {
        if ahead <= self.usual {
            return min.max(ahead);
        }
        let ahead = ahead.min(self.pieces.budget.limit() / 8);
        min + ahead.saturating_sub(min).min(self.tally.speculation(min))
    }

    /// The bytes at `offset`, or `None` and the read is pending under `id` (0: a new one is given).
    pub(crate) fn read(
        &mut self,
        offset: u64,
        min: u64,
        ideal: u64,
        id: &mut u64,
        waker: &Waker,
    ) -> Option<Result<(Block, Option<End>), Stop>> {
        if let Some(block) = self.pieces.within(offset, min, self.eof.unwrap_or(u64::MAX)) {
            self.forget(offset, ideal, id);
            return Some(Ok((block, None)));
        }
        let Expected { have, at_eof, lost, more } = self.expected(offset, min);
        if more {
            self.want(offset, min, ideal, id, Some(waker));
            return None;
        }
        self.forget(offset, ideal, id);
        if have < min && self.over_budget {
            return Some(Err(Stop::Limit));
        }
        let end = match have < min {
            false => None,
            true if at_eof => Some(End::Eof),
            true => {
                let end = offset.saturating_add(min).min(self.eof.unwrap_or(u64::MAX));
                let end = if self.ended { end } else { lost.map_or(end, |passed| end.min(passed)) };
                let gaps: Vec<_> = self.pieces.gaps(offset + have, end).collect();
                gaps.into_iter().for_each(|(start, end)| self.miss(start, end));
                Some(End::Missing)
            }
        };
        let block = self.block(offset, have.min(min), ideal);
        Some(block.map(|block| (block, end)).map_err(|_| Stop::Limit))
    }

    /// True once bytes are there, or no more of them comes; else they are wanted under `id`.
    pub(crate) fn arrives(&mut self, offset: u64, length: u64, id: &mut u64, waker: &Waker) -> bool {
        let more = self.expected(offset, length).more;
        match more {
            true => self.want(offset, length, length, id, Some(waker)),
            false => self.forget(offset, length, id),
        }
        !more
    }

    /// Wants bytes that nobody waits for, under the id that is given; `None`: they are there, or not all of them come, or they are
    /// more than speculation may add.
    pub(crate) fn ask(&mut self, offset: u64, length: u64) -> Option<u64> {
        if !self.expected(offset, length).more || self.tally.speculation(0) < length {
            return None;
        }
        let mut id = 0;
        self.want(offset, 0, length, &mut id, None);
        Some(id)
    }

    /// What there is of `min` bytes at `offset`, and whether more will come.
    fn expected(&self, offset: u64, min: u64) -> Expected {
        let have = self.contiguous(offset, min);
        let at_eof = self.is_eof(offset.saturating_add(have));
        // In a pipe, what has passed and was not kept comes no more.
        let lost = self.passed.filter(|passed| offset + have < *passed && !self.positioned && self.retained.is_some());
        let more = have < min && !at_eof && !self.ended && !self.over_budget && lost.is_none();
        Expected { have, at_eof, lost, more }
    }

    /// True if the file is known to have no byte there. None has one at the last offset of all: to ask for it would be to ask
    /// for nothing.
    fn is_eof(&self, offset: u64) -> bool {
        offset >= self.eof.unwrap_or(u64::MAX)
    }

    /// True if all of these bytes are there.
    pub(crate) fn is_at_hand(&self, offset: u64, length: u64) -> bool {
        self.contiguous(offset, length) >= length
    }

    /// The bytes at `offset` that are there in one piece.
    pub(crate) fn at_hand(&self, offset: u64) -> Option<Block> {
        self.pieces.within(offset, 1, self.eof.unwrap_or(u64::MAX))
    }

    /// Counts bytes that a parser used.
    pub(crate) fn used(&mut self, bytes: u64) {
        self.used = self.used.saturating_add(bytes);
        self.tally.needed = self.tally.needed.saturating_add(bytes);
    }

    /// Notes that bytes are missing; they can't be named where the memory limit leaves no room for it.
    fn miss(&mut self, start: u64, end: u64) {
        let charge = match &mut self.missing_charge {
            Some(charge) => charge,
            none => match Charge::new(&self.pieces.budget, 0) {
                Ok(charge) => none.insert(charge),
                Err(_) => return,
            },
        };
        if charge.grow_to((self.missing.len() + 1) * RANGE_COST).is_ok() {
            let until = self.missing.entry(start).or_insert(end);
            *until = end.max(*until);
        }
    }

    /// The whole file, where that is at most `limit` bytes long: true when it is there, or no more of it comes. Asked for so,
    /// it is no speculation, and nothing of it is said to be missing.
    pub(crate) fn read_whole(&mut self, limit: u64, id: &mut u64, waker: &Waker) -> bool {
        let limit = limit.min(self.pieces.budget.limit() / 4);
        let Some(length) = self.eof.filter(|length| *length <= limit) else { return true };
        self.keep = self.keep.max(length as usize * 2);
        if self.contiguous(0, length) < length && !self.ended && !self.over_budget {
            self.tally.begin_whole();
            self.want(0, length, length, id, Some(waker));
            return false;
        }
        if *id != 0 {
            self.tally.end_whole();
        }
        self.forget(0, length, id);
        true
    }

    fn want(&mut self, offset: u64, min: u64, ideal: u64, id: &mut u64, waker: Option<&Waker>) {
        let mut unasked = 0;
        if *id == 0 {
            self.next_id += 1;
            *id = self.next_id;
            unasked = ideal.saturating_sub(self.contiguous(offset, ideal));
            self.tally.unasked = self.tally.unasked.saturating_add(unasked);
            if waker.is_some() {
                self.tally.pending = self.tally.pending.saturating_add(self.certain(min, ideal));
                self.tally.liked = self.tally.liked.saturating_add(ideal);
            }
        }
        let round = self.round.rounds;
        self.wants.insert(offset, *id, Want { min, ideal, unasked, round, waker: waker.cloned() });
    }

    /// How much of a read counts as metadata before it is known.
    fn certain(&self, min: u64, ideal: u64) -> u64 {
        if ideal <= self.usual { ideal } else { min }
    }

    /// Takes back a pending read: it was answered, or its reader is gone.
    pub(crate) fn forget(&mut self, offset: u64, ideal: u64, id: &mut u64) {
        let id = std::mem::take(id);
        if id == 0 {
            return;
        }
        if let Some(want) = self.wants.remove(offset, ideal, id) {
            if want.waker.is_some() {
                self.tally.pending = self.tally.pending.saturating_sub(self.certain(want.min, ideal));
                self.tally.liked = self.tally.liked.saturating_sub(ideal);
            }
            if want.round == self.round.rounds {
                self.tally.unasked = self.tally.unasked.saturating_sub(want.unasked); // no round asks for it any more
            }
            let end = offset.saturating_add(ideal);
            self.pieces.spend(offset, end);
            if self.round.overlaps(offset, end) {
                self.take_back(offset, end);
            }
        }
    }

    /// Asks no longer for what only a read that ended wanted.
    fn take_back(&mut self, start: u64, end: u64) {
        let mut others: Vec<(u64, u64)> =
            self.wants.overlapping(start, end).map(|(at, want)| (at, at.saturating_add(want.ideal))).collect();
        others.sort_unstable();
        let mut at = start;
        for (from, to) in others.into_iter().chain([(end, end)]) {
            if at < from {
                self.round.remove(at, from);
            }
            at = at.max(to);
        }
    }

    /// The first byte between two offsets that a pending read would like, or that a document lacked before; else the second.
    /// What stands before it was asked for only to join ranges, or is no longer wanted: it is not asked for any more.
    pub(crate) fn skip_useless(&mut self, start: u64, end: u64) -> u64 {
        let lacked = self.lacked(start, end).next().map(|(from, _)| from);
        let by_class = self.wants.overlapping_by_class(start, end);
        let first = by_class
            .filter_map(|mut class| class.next().map(|(at, _)| start.max(at)))
            .chain(lacked)
            .min()
            .unwrap_or(end);
        self.round.remove(start, first);
        first
    }

    #[cfg(test)]
    fn is_wanted(&self) -> bool {
        !self.wants.is_empty()
    }

    /// Copies what is wanted of `data`, which stands at `offset`; true if a pending read can go on.
    pub(crate) fn accept(&mut self, offset: u64, data: &[u8]) -> bool {
        let end = offset.saturating_add(data.len() as u64);
        // What several reads want is stored once, and in one piece.
        self.evict(self.keep);
        let mut ranges = wanted(&self.wants, offset, end);
        if let [_, .., last] = ranges[..]
            && self.keep > KEEP
            && data.len() < self.keep / 8
        {
            ranges = vec![(offset, last.1)]; // what stands before and between will be wanted next
        }
        for (from, to) in ranges {
            self.store(from, &data[(from - offset) as usize..(to - offset) as usize], Why::Wanted);
        }
        self.taken(offset, end)
    }

    /// Keeps a whole file, of which nothing was fed, until the parser has ended; `charge` is for its buffer. Nothing is copied.
    pub(crate) fn accept_whole(&mut self, file: Vec<u8>, charge: Charge) {
        let length = file.len() as u64;
        self.pieces.hold_whole(file, charge);
        self.taken(0, length);
    }

    /// The same as [`Window::accept`] for bytes that stand behind those of the last such call, or are the same.
    pub(crate) fn push(&mut self, offset: u64, data: &[u8]) -> bool {
        self.passed = self.passed.or(Some(offset));
        let retained = self.retained.as_mut();
        match retained.is_some_and(|retained| retained.store(&mut self.pieces, offset, data)) {
            true => self.taken(offset, offset.saturating_add(data.len() as u64)),
            false => self.accept(offset, data),
        }
    }

    /// The pushed bytes before `offset` have been used as far as they can be.
    pub(crate) fn passed(&mut self, offset: u64) {
        self.passed = Some(offset);
        if let Some(retained) = &mut self.retained {
            let wants = &self.wants;
            retained.passed(&mut self.pieces, offset, |start, end| wanted(wants, start, end));
        }
    }

    /// The same as [`Window::accept`], after what was pushed has passed: what is supplied late, since it was missing, stays.
    pub(crate) fn supply(&mut self, offset: u64, data: &[u8]) -> bool {
        let Some(mut retained) = self.retained.take() else { return self.accept(offset, data) };
        let end = offset.saturating_add(data.len() as u64);
        let mut hit: Vec<_> = self.lacked(offset, end).collect();
        hit.extend(wanted(&self.wants, offset, end));
        hit.sort_unstable();
        for (from, to) in merged(hit.into_iter()) {
            let data = &data[(from - offset) as usize..(to - offset) as usize];
            let added = self.store(from, data, Why::Named { for_now: false });
            let wants = &self.wants;
            let is_wanted = |start, end| wants.any(start, end);
            retained.supplied(&mut self.pieces, from, added, is_wanted);
        }
        self.retained = Some(retained);
        self.taken(offset, end)
    }

    /// What a document lacked that was begun again, between two offsets.
    fn lacked(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let first = self.lacked.partition_point(|(_, to)| *to <= start);
        let here = self.lacked[first..].iter().take_while(move |(from, _)| *from < end);
        here.map(move |(from, to)| (start.max(*from), end.min(*to)))
    }

    /// Bytes between two offsets were fed: true if a pending read can go on.
    fn taken(&mut self, start: u64, end: u64) -> bool {
        self.round.remove(start, end);
        self.wants.overlapping(start, end).fold(false, |ready, (offset, want)| self.wake(offset, want) | ready)
    }

    fn store(&mut self, offset: u64, data: &[u8], why: Why) -> usize {
        let stored = self.pieces.store(offset, data, why).or_else(|_| {
            self.evict(0);
            self.pieces.store(offset, data, why)
        });
        self.over_budget |= stored.is_err();
        stored.unwrap_or(0)
    }

    /// From now on keeps what is pushed, as far as `recogniser` names it.
    pub(crate) fn retain(&mut self, recogniser: Box<dyn Recogniser>) {
        if let (Some(passed), None) = (self.passed, &self.retained) {
            self.retained = Retained::new(recogniser, &mut self.pieces, passed);
        }
    }

    /// As if that had been read before.
    #[cfg(test)]
    pub(crate) fn hold(&mut self, offset: u64, data: &[u8]) {
        self.store(offset, data, Why::Wanted);
    }

    /// Lets go what is held, once the parser has ended and nothing is missing.
    pub(crate) fn release(&mut self) {
        if self.missing.is_empty() {
            self.retained = None;
            self.pieces = Pieces::new(&self.pieces.budget);
        }
    }

    /// Notes that a range is payload.
    pub(crate) fn skip(&mut self, start: u64, end: u64) {
        if let Some(retained) = &mut self.retained {
            retained.skip(start, end);
        }
    }

    /// Learns that no byte stands at or after `offset`; true if a pending read can go on.
    pub(crate) fn ends_at(&mut self, offset: u64) -> bool {
        self.eof = Some(self.eof.map_or(offset, |eof| eof.min(offset)));
        self.round.remove(offset, u64::MAX);
        self.wake_all()
    }

    /// Wakes the readers that the end of the file, or of the input, lets go on.
    pub(crate) fn wake_all(&mut self) -> bool {
        self.wants.iter().fold(false, |ready, (offset, want)| self.wake(offset, want) | ready)
    }

    fn wake(&self, offset: u64, want: &Want) -> bool {
        let Some(waker) = &want.waker else { return false };
        let enough = want.min.min(self.eof.unwrap_or(u64::MAX).saturating_sub(offset));
        // The last byte first: to count all that is there each time that a little comes takes long where it stands in many pieces.
        let is_there = || enough == 0 || self.pieces.holds(offset + (enough - 1)) && self.is_at_hand(offset, enough);
        let ready = self.ended || self.over_budget || is_there();
        if ready {
            waker.wake_by_ref();
        }
        ready
    }

    /// Begins a round if the last one is answered. Called when the parser is pending.
    pub(crate) fn renew(&mut self) {
        if !self.round.is_empty() || self.wants.is_empty() {
            return;
        }
        let (pieces, eof) = (&self.pieces, self.eof.unwrap_or(u64::MAX));
        let wanted = self.wants.iter().filter_map(|(offset, want)| {
            let enough = if want.waker.is_some() { want.min } else { want.ideal };
            let have = pieces.contiguous(offset, enough);
            let range = (offset + have, offset.saturating_add(want.ideal).min(eof));
            (range.0 < range.1).then_some(range)
        });
        let mut wanted: Vec<_> = wanted.collect();
        wanted.sort_unstable();
        let ranges = merged(wanted.into_iter());
        self.tally.ask(ranges.iter().map(|(start, end)| end - start).fold(0, u64::saturating_add));
        let spare = self.tally.bridging();
        let bridged = self.round.begin(&ranges, self.merge_gap, spare);
        self.tally.asked = self.tally.asked.saturating_add(bridged);
    }

    /// What to read next, for a driver that reads one range after the other: the first range of the round, joined to those
    /// behind it as far as law 2 allows by now. What is read so is often wanted before the round is over.
    pub(crate) fn next_read(&mut self, most: u64) -> Option<(u64, u64)> {
        let spare = self.tally.bridging().small;
        let near = self.merge_gap.min(NEAR);
        let (first, end, mut bridged) = self.round.first(most, near, spare)?;
        let mut start = first;
        // From where the last one ended, so that no gap between two is left over.
        if let Some(gap) = first.checked_sub(self.read_to).filter(|gap| *gap <= near && bridged + gap <= spare) {
            (start, bridged) = (self.read_to, bridged + gap);
        }
        let end = end.min(start.saturating_add(most));
        self.read_to = end;
        self.tally.asked = self.tally.asked.saturating_add(bridged);
        Some((start, end - start))
    }

    /// Makes the window ready for a parser that begins again, with the bytes that are still held.
    pub(crate) fn restart(&mut self) {
        self.wants.clear();
        self.round.clear();
        let lacked = self.missing.iter().map(|(start, end)| (*start, *end)).chain(self.lacked.drain(..));
        let mut lacked: Vec<_> = lacked.collect();
        lacked.sort_unstable();
        self.lacked = merged(lacked.into_iter());
        self.missing.clear();
        self.tally = Tally::default();
        self.ended = false;
        self.over_budget = false;
    }

    fn contiguous(&self, offset: u64, enough: u64) -> u64 {
        let have = self.pieces.contiguous(offset, enough);
        self.eof.map_or(have, |eof| have.min(eof.saturating_sub(offset)))
    }

    fn block(&mut self, offset: u64, length: u64, ideal: u64) -> Result<Block, OverBudget> {
        let eof = self.eof.unwrap_or(u64::MAX);
        self.pieces.block(offset, length, ideal, eof).or_else(|_| {
            // All else may go, but not what the block is made of.
            let (wants, end) = (&self.wants, offset.saturating_add(length));
            self.pieces.evict(0, |from, to| (from < end && to > offset) || wants.any(from, to));
            let block = self.pieces.block(offset, length, length, eof);
            self.pieces.spend(offset, end);
            block
        })
    }

    fn evict(&mut self, keep: usize) {
        let wants = &self.wants;
        self.pieces.evict(keep, |start, end| wants.any(start, end));
    }
}

/// What pending reads would like between two offsets, in file order.
fn wanted(wants: &Pending, start: u64, end: u64) -> Vec<(u64, u64)> {
    let mut hit: Vec<(u64, u64)> =
        wants.overlapping(start, end).map(|(at, want)| (at, at.saturating_add(want.ideal))).collect();
    hit.sort_unstable();
    let mut hit = merged(hit.into_iter());
    hit.iter_mut().for_each(|(from, to)| (*from, *to) = (start.max(*from), end.min(*to)));
    hit
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
