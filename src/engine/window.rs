//! The fed bytes that somebody wants, and who wants them.
//!
//! Bytes that nobody wants are dropped where they stand. What was read once is kept for a while, oldest out first,
//! as far as `keep` allows; under pressure it goes at once. Everything held is charged to the budget.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::sync::Arc;
use std::task::Waker;

use super::wants::{Round, Tally};
use crate::budget::{Budget, Charge, OverBudget};

/// How much of what was read stays, so that a document that lacks something can be completed without asking for all of it again.
const KEEP: usize = 128 << 10;
/// Pieces up to this size are joined to what stands before them, so that a host that feeds single bytes fills few pieces.
const SMALL_PIECE: usize = 512;
/// What a piece takes beside its bytes: its counters, its charge, its place in the map.
const PIECE_COST: usize = 128;

/// Bytes at an absolute offset, shared with the window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    piece: Option<Arc<Piece>>,
    from: usize,
    to: usize,
}

impl Block {
    pub(crate) const EMPTY: Block = Block { piece: None, from: 0, to: 0 };

    /// A block that was not fed but made of what was; `charge` is for its bytes.
    pub(crate) fn made(bytes: Vec<u8>, charge: Charge) -> Block {
        Block { from: 0, to: bytes.len(), piece: Some(Arc::new(Piece { bytes, charge })) }
    }

    /// A part of it, as far as it reaches.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Block {
        let end = self.from.saturating_add(to).min(self.to);
        Block { piece: self.piece.clone(), from: self.from.saturating_add(from).min(end), to: end }
    }

    /// Leaves the first `length` bytes, where there are more.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.to = self.to.min(self.from.saturating_add(length));
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.piece.as_ref().and_then(|piece| piece.bytes.get(self.from..self.to)).unwrap_or(&[])
    }
}

#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    charge: Charge,
}

impl Piece {
    fn with_capacity(budget: &Budget, capacity: usize) -> Result<Piece, OverBudget> {
        let charge = Charge::new(budget, capacity.saturating_add(PIECE_COST))?;
        Ok(Piece { bytes: Vec::with_capacity(capacity), charge })
    }

    fn extend(&mut self, data: &[u8]) -> Result<(), OverBudget> {
        let length = self.bytes.len() + data.len();
        if length > self.bytes.capacity() {
            let capacity = length.max(self.bytes.capacity() * 2);
            self.charge.grow_to(capacity.saturating_add(PIECE_COST))?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
}

/// A piece in the window.
#[derive(Debug)]
struct Held {
    piece: Arc<Piece>,
    /// A read of it has ended: it stands in the queue of what may go.
    spent: bool,
}

impl Held {
    fn len(&self) -> u64 {
        self.piece.bytes.len() as u64
    }
}

/// Where a pending read stands: (size class, offset, id). By size, so that one long read among many short ones does not
/// make all of them candidates wherever bytes come in.
type Key = (u32, u64, u64);

fn key(offset: u64, ideal: u64, id: u64) -> Key {
    (u64::BITS - ideal.leading_zeros(), offset, id)
}

/// One pending read.
#[derive(Debug)]
struct Want {
    min: u64,
    ideal: u64,
    waker: Waker,
}

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

#[derive(Debug)]
pub(crate) struct Window {
    budget: Budget,
    pieces: BTreeMap<u64, Held>,
    /// The pieces that reads have ended with, oldest first. Every other piece has a pending read.
    age: VecDeque<u64>,
    held: usize,
    wants: BTreeMap<Key, Want>,
    next_id: u64,
    /// Where the file ends, once that is known.
    pub(crate) eof: Option<u64>,
    /// No more bytes come: pending reads end with what there is.
    pub(crate) ended: bool,
    /// What ended reads lacked: start -> end.
    pub(crate) missing: BTreeMap<u64, u64>,
    over_budget: bool,
    pub(crate) tally: Tally,
    pub(crate) round: Round,
    merge_gap: u64,
}

impl Window {
    pub(crate) fn new(budget: &Budget, merge_gap: u64) -> Self {
        Window {
            budget: budget.clone(),
            pieces: BTreeMap::new(),
            age: VecDeque::new(),
            held: 0,
            wants: BTreeMap::new(),
            next_id: 0,
            eof: None,
            ended: false,
            missing: BTreeMap::new(),
            over_budget: false,
            tally: Tally::default(),
            round: Round::default(),
            merge_gap,
        }
    }

    /// How much to ask for, where `min` bytes are needed and `ahead` would be of use.
    pub(crate) fn ideal(&self, min: u64, ahead: u64) -> u64 {
        let ahead = ahead.min(self.budget.limit() / 8);
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
        let have = self.contiguous(offset, min);
        let at_eof = self.eof.is_some_and(|eof| offset.saturating_add(have) >= eof);
        if have < min && !at_eof && !self.ended && !self.over_budget {
            self.want(offset, min, ideal, id, waker);
            return None;
        }
        self.forget(offset, ideal, *id);
        if have < min && self.over_budget {
            return Some(Err(Stop::Limit));
        }
        let end = match have < min {
            false => None,
            true if at_eof => Some(End::Eof),
            true => {
                let end = offset.saturating_add(min);
                let until = self.missing.entry(offset + have).or_insert(end);
                *until = end.max(*until);
                Some(End::Missing)
            }
        };
        let block = self.block(offset, have.min(min), ideal);
        self.evict(KEEP);
        Some(block.map(|block| (block, end)).map_err(|_| Stop::Limit))
    }

    fn want(&mut self, offset: u64, min: u64, ideal: u64, id: &mut u64, waker: &Waker) {
        let fresh = *id == 0;
        if fresh {
            self.next_id += 1;
            *id = self.next_id;
            self.tally.asked = self.tally.asked.saturating_add(ideal);
        }
        self.wants.insert(key(offset, ideal, *id), Want { min, ideal, waker: waker.clone() });
    }

    /// Takes back a pending read: it was answered, or its reader is gone.
    pub(crate) fn forget(&mut self, offset: u64, ideal: u64, id: u64) {
        if self.wants.remove(&key(offset, ideal, id)).is_some() {
            let end = offset.saturating_add(ideal);
            self.round.remove(offset, end);
            let first = self.pieces.range(..=offset).next_back().map_or(offset, |(start, _)| *start);
            for (start, held) in self.pieces.range_mut(first..end).filter(|(_, held)| !held.spent) {
                held.spent = true;
                self.age.push_back(*start);
            }
        }
    }

    /// The pending reads that would like bytes between two offsets.
    fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = (&Key, &Want)> {
        let first = self.wants.keys().next().map(|key| key.0);
        let classes =
            std::iter::successors(first, |class| self.wants.range((class + 1, 0, 0)..).next().map(|(key, _)| key.0));
        let of_class = move |class| {
            let longest = u64::MAX.checked_shr(u64::BITS - class).unwrap_or(0);
            self.wants.range((class, start.saturating_sub(longest), 0)..(class, end, 0))
        };
        classes.flat_map(of_class).filter(move |((_, at, _), want)| at.saturating_add(want.ideal) > start)
    }

    #[cfg(test)]
    fn is_wanted(&self) -> bool {
        !self.wants.is_empty()
    }

    /// Copies what is wanted of `data`, which stands at `offset`; true if a pending read can go on.
    pub(crate) fn accept(&mut self, offset: u64, data: &[u8]) -> bool {
        let end = offset.saturating_add(data.len() as u64);
        let mut hit: Vec<(Key, u64)> = self.overlapping(offset, end).map(|(key, want)| (*key, want.ideal)).collect();
        hit.sort_unstable_by_key(|((_, at, id), _)| (*at, *id));
        let mut ready = false;
        for (key, ideal) in hit {
            let from = key.1.max(offset);
            let to = key.1.saturating_add(ideal).min(end);
            let wanted = &data[(from - offset) as usize..(to - offset) as usize];
            if self.store(from, wanted).is_err() {
                self.over_budget = true;
            }
            ready |= self.wake(key);
        }
        self.round.remove(offset, end);
        ready
    }

    /// Learns that no byte stands at or after `offset`; true if a pending read can go on.
    pub(crate) fn ends_at(&mut self, offset: u64) -> bool {
        self.eof = Some(self.eof.map_or(offset, |eof| eof.min(offset)));
        self.round.remove(offset, u64::MAX);
        self.wake_all()
    }

    /// Wakes the readers that the end of the file, or of the input, lets go on.
    pub(crate) fn wake_all(&mut self) -> bool {
        let keys: Vec<_> = self.wants.keys().copied().collect();
        keys.into_iter().fold(false, |ready, key| self.wake(key) | ready)
    }

    fn wake(&self, key: Key) -> bool {
        let Some(want) = self.wants.get(&key) else { return false };
        let have = self.contiguous(key.1, want.min);
        let at_eof = self.eof.is_some_and(|eof| key.1.saturating_add(have) >= eof);
        let ready = have >= want.min || at_eof || self.ended || self.over_budget;
        if ready {
            want.waker.wake_by_ref();
        }
        ready
    }

    /// Begins a round if the last one is answered. Called when the parser is pending.
    pub(crate) fn renew(&mut self) {
        if !self.round.is_empty() || self.wants.is_empty() {
            return;
        }
        let certain = self.wants.values().map(|want| want.min).fold(0, u64::saturating_add);
        let spare = self.tally.speculation(certain).min(self.merge_gap.saturating_mul(self.wants.len() as u64));
        let (pieces, eof) = (&self.pieces, self.eof.unwrap_or(u64::MAX));
        let wanted = self.wants.iter().filter_map(|((_, offset, _), want)| {
            let have = contiguous(pieces, *offset, want.min);
            let range = (offset + have, offset.saturating_add(want.ideal).min(eof));
            (range.0 < range.1).then_some(range)
        });
        let mut wanted: Vec<_> = wanted.collect();
        wanted.sort_unstable();
        let bridged = self.round.begin(wanted.into_iter(), self.merge_gap, spare);
        self.tally.asked = self.tally.asked.saturating_add(bridged);
    }

    /// Makes the window ready for a parser that begins again, with the bytes that are still held.
    pub(crate) fn restart(&mut self) {
        self.wants.clear();
        self.round.clear();
        self.missing.clear();
        self.tally = Tally::default();
        self.ended = false;
        self.over_budget = false;
    }

    fn contiguous(&self, offset: u64, enough: u64) -> u64 {
        let have = contiguous(&self.pieces, offset, enough);
        self.eof.map_or(have, |eof| have.min(eof.saturating_sub(offset)))
    }

    /// A block of at least `length` bytes at `offset`, which are there; more where they stand in the same piece.
    fn block(&mut self, offset: u64, length: u64, ideal: u64) -> Result<Block, OverBudget> {
        let Some((first, Held { piece, .. })) = self.pieces.range(..=offset).next_back().filter(|_| length > 0) else {
            return Ok(Block::EMPTY);
        };
        let start = *first;
        let from = (offset - start) as usize;
        if (piece.bytes.len() - from) as u64 >= length {
            let eof =
                self.eof.map_or(usize::MAX, |eof| usize::try_from(eof.saturating_sub(start)).unwrap_or(usize::MAX));
            return Ok(Block { piece: Some(piece.clone()), from, to: piece.bytes.len().min(eof) });
        }
        let length = contiguous(&self.pieces, offset, ideal.max(length)).min(ideal.max(length));
        let length = self.eof.map_or(length, |eof| length.min(eof.saturating_sub(offset))) as usize;
        let mut joined = match Piece::with_capacity(&self.budget, length) {
            Ok(piece) => piece,
            Err(_) => {
                self.evict(0);
                Piece::with_capacity(&self.budget, length)?
            }
        };
        let mut at = offset;
        for (start, held) in self.pieces.range(start..offset.saturating_add(length as u64)) {
            let end = start + held.len();
            if end > at && *start <= at {
                let from = (at - start) as usize;
                let to = held.piece.bytes.len().min(from + length - joined.bytes.len());
                joined.bytes.extend_from_slice(&held.piece.bytes[from..to]);
                at += (to - from) as u64;
            }
        }
        Ok(Block { from: 0, to: joined.bytes.len(), piece: Some(Arc::new(joined)) })
    }

    /// Keeps `data` at `offset`, less what is held already.
    fn store(&mut self, offset: u64, data: &[u8]) -> Result<(), OverBudget> {
        let end = offset + data.len() as u64;
        let mut at = offset;
        while at < end {
            if let Some((start, held)) = self.pieces.range(..=at).next_back() {
                let until = start + held.len();
                if until > at {
                    at = until;
                    continue;
                }
            }
            let until = self.pieces.range(at..).next().map_or(end, |(start, _)| end.min(*start));
            let part = &data[(at - offset) as usize..(until - offset) as usize];
            if self.append(at, part).is_err() {
                self.evict(0);
                self.append(at, part)?;
            }
            self.held += part.len();
            at = until;
        }
        Ok(())
    }

    /// Puts `part` behind the piece that ends at `at`, if no block shares that, else into a new piece. A piece that was read
    /// already takes only little more: it would be copied to make it longer, and may go soon.
    fn append(&mut self, at: u64, part: &[u8]) -> Result<(), OverBudget> {
        let before = self.pieces.range_mut(..at).next_back();
        let joins = |held: &Held| !held.spent || part.len() <= SMALL_PIECE;
        if let Some((start, held)) = before.filter(|(start, held)| *start + held.len() == at && joins(held))
            && let Some(piece) = Arc::get_mut(&mut held.piece)
        {
            piece.extend(part)?;
            let start = *start;
            self.absorb(start);
            return Ok(());
        }
        let mut piece = Piece::with_capacity(&self.budget, part.len())?;
        piece.bytes.extend_from_slice(part);
        self.pieces.insert(at, Held { piece: Arc::new(piece), spent: false });
        self.absorb(at);
        Ok(())
    }

    /// Joins the small piece that begins where the piece at `start` ends to that. Only a saving: it may fail.
    fn absorb(&mut self, start: u64) {
        let mut pieces = self.pieces.range_mut(start..);
        let (Some((_, first)), Some((at, second))) = (pieces.next(), pieces.next()) else { return };
        if start + first.len() != *at || second.len() > SMALL_PIECE as u64 || Arc::get_mut(&mut second.piece).is_none()
        {
            return;
        }
        let at = *at;
        if Arc::get_mut(&mut first.piece).is_some_and(|first| first.extend(&second.piece.bytes).is_ok()) {
            self.pieces.remove(&at);
        }
    }

    /// Drops the oldest pieces that no pending read needs, until what is held takes `keep` bytes.
    fn evict(&mut self, keep: usize) {
        while self.held + self.pieces.len() * PIECE_COST > keep {
            let Some(start) = self.age.pop_front() else { break };
            let Some(length) = self.pieces.get(&start).filter(|held| held.spent).map(Held::len) else { continue };
            if self.overlapping(start, start + length).next().is_none() {
                self.pieces.remove(&start);
                self.held -= length as usize;
            } else if let Some(held) = self.pieces.get_mut(&start) {
                held.spent = false; // it comes back when that read ends
            }
        }
    }
}

/// How many bytes are there from `offset` on without a gap; counting stops at `enough`.
fn contiguous(pieces: &BTreeMap<u64, Held>, offset: u64, enough: u64) -> u64 {
    let mut at = offset;
    let first = pieces.range(..=offset).next_back().map_or(offset, |(start, _)| *start);
    for (start, held) in pieces.range(first..) {
        let end = start + held.len();
        if *start > at || at - offset >= enough {
            break;
        }
        at = at.max(end);
    }
    at - offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(window: &mut Window, offset: u64, min: u64, id: &mut u64) -> Option<Vec<u8>> {
        let read = window.read(offset, min, min, id, Waker::noop())?;
        Some(read.expect("no stop").0.to_vec())
    }

    #[test]
    fn two_halves_satisfy_one_want_and_the_rest_is_dropped() {
        let budget = Budget::new(1 << 20);
        let mut window = Window::new(&budget, 0);
        let mut id = 0;
        assert_eq!(read(&mut window, 10, 4, &mut id), None);
        window.renew();
        assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 14)]);
        assert!(!window.accept(12, b"cdXXXX"));
        assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 12)]);
        assert!(window.accept(0, b"..........ab"));
        assert_eq!(read(&mut window, 10, 4, &mut id).as_deref(), Some(&b"abcd"[..]));
        assert_eq!(window.held, 4);
        assert!(!window.is_wanted());
    }

    #[test]
    fn the_end_of_the_file_answers_short_and_missing_bytes_are_named() {
        let budget = Budget::new(1 << 20);
        let mut window = Window::new(&budget, 0);
        let mut id = 0;
        assert_eq!(read(&mut window, 2, 8, &mut id), None);
        window.accept(2, b"xy");
        window.ended = true;
        assert_eq!(read(&mut window, 2, 8, &mut id).as_deref(), Some(&b"xy"[..]));
        assert_eq!(window.missing, BTreeMap::from([(4, 10)]));
        window.eof = Some(4);
        assert_eq!(read(&mut window, 3, 8, &mut 0).as_deref(), Some(&b"y"[..]));
    }

    /// Single bytes in any order take a small multiple of the bytes, and not the time of their square.
    #[test]
    fn single_bytes_in_any_order_take_little() {
        const LENGTH: u64 = 64 << 10;
        let odd_first = (0..LENGTH).filter(|at| at % 2 == 1).chain((0..LENGTH).filter(|at| at % 2 == 0));
        let orders: [(Vec<u64>, u64); 3] =
            [((0..LENGTH).collect(), 3), ((0..LENGTH).rev().collect(), 3), (odd_first.collect(), 90)];
        for (order, most) in orders {
            let budget = Budget::new(1 << 30);
            let mut window = Window::new(&budget, 0);
            let mut id = 0;
            assert_eq!(read(&mut window, 0, LENGTH, &mut id), None);
            for at in order {
                window.accept(at, &[at as u8]);
            }
            assert!(window.pieces.len() as u64 <= LENGTH / 256, "{}", window.pieces.len());
            assert!(budget.peak() < most * LENGTH, "{}", budget.peak());
            let bytes = read(&mut window, 0, LENGTH, &mut id).expect("all of it");
            assert!(bytes.iter().enumerate().all(|(at, byte)| at as u8 == *byte));
        }
    }

    #[test]
    fn what_was_read_goes_and_what_is_wanted_stays() {
        let budget = Budget::new(1 << 20);
        let mut window = Window::new(&budget, 0);
        let (mut short, mut long) = (0, 0);
        assert_eq!(read(&mut window, 0, 10, &mut short), None);
        assert_eq!(read(&mut window, 5, 100, &mut long), None);
        assert!(window.accept(0, &[7; 50]));
        assert!(read(&mut window, 0, 10, &mut short).is_some());
        window.evict(0);
        assert_eq!(window.held, 50, "the long read wants it still");
        window.forget(5, 100, long);
        window.evict(0);
        assert_eq!((window.held, budget.used()), (0, 0));
    }

    #[test]
    fn nothing_behind_the_end_is_wanted() {
        let mut window = Window::new(&Budget::new(1 << 20), 0);
        assert_eq!(read(&mut window, 10, 100, &mut 0), None);
        window.renew();
        assert!(!window.ends_at(50));
        assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 50)]);
    }

    #[test]
    fn a_refused_piece_ends_the_read_with_the_limit() {
        let budget = Budget::new(700);
        let mut window = Window::new(&budget, 0);
        let mut id = 0;
        assert!(window.read(0, 1000, 1000, &mut id, Waker::noop()).is_none());
        assert!(window.accept(0, &[7; 1000]));
        let read = window.read(0, 1000, 1000, &mut id, Waker::noop());
        assert_eq!(read.map(|r| r.map(|_| ())), Some(Err(Stop::Limit)));
    }
}
