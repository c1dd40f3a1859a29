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
/// The least that a piece of fed bytes takes, so that a host that feeds single bytes fills few pieces.
const SMALL_PIECE: usize = 512;

/// Bytes at an absolute offset, shared with the window.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    piece: Option<Arc<Piece>>,
    from: usize,
    to: usize,
}

impl Block {
    pub(crate) const EMPTY: Block = Block { piece: None, from: 0, to: 0 };
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
        let charge = Charge::new(budget, capacity)?;
        Ok(Piece { bytes: Vec::with_capacity(capacity), charge })
    }

    fn extend(&mut self, data: &[u8]) -> Result<(), OverBudget> {
        let length = self.bytes.len() + data.len();
        if length > self.bytes.capacity() {
            let capacity = length.max(self.bytes.capacity() * 2);
            self.charge.grow_to(capacity)?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
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
    pieces: BTreeMap<u64, Arc<Piece>>,
    age: VecDeque<u64>,
    held: usize,
    wants: BTreeMap<(u64, u64), Want>,
    longest_want: u64,
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
            longest_want: 0,
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
        self.forget(offset, *id);
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
            self.longest_want = self.longest_want.max(ideal);
        }
        self.wants.insert((offset, *id), Want { min, ideal, waker: waker.clone() });
    }

    /// Takes back a pending read: it was answered, or its reader is gone.
    pub(crate) fn forget(&mut self, offset: u64, id: u64) {
        if let Some(want) = self.wants.remove(&(offset, id)) {
            self.round.remove(offset, offset.saturating_add(want.ideal));
        }
    }

    #[cfg(test)]
    fn is_wanted(&self) -> bool {
        !self.wants.is_empty()
    }

    /// Copies what is wanted of `data`, which stands at `offset`; true if a pending read can go on.
    pub(crate) fn accept(&mut self, offset: u64, data: &[u8]) -> bool {
        let end = offset.saturating_add(data.len() as u64);
        let first = offset.saturating_sub(self.longest_want);
        let hit: Vec<((u64, u64), u64)> = self
            .wants
            .range((first, 0)..(end, 0))
            .filter(|((start, _), want)| start.saturating_add(want.ideal) > offset)
            .map(|(key, want)| (*key, want.ideal))
            .collect();
        let mut ready = false;
        for (key, ideal) in hit {
            let from = key.0.max(offset);
            let to = key.0.saturating_add(ideal).min(end);
            let wanted = &data[(from - offset) as usize..(to - offset) as usize];
            if self.store(from, wanted, ideal).is_err() {
                self.over_budget = true;
            }
            ready |= self.wake(key);
        }
        self.round.remove(offset, end);
        ready
    }

    /// Wakes the readers that the end of the file, or of the input, lets go on.
    pub(crate) fn wake_all(&mut self) -> bool {
        let keys: Vec<_> = self.wants.keys().copied().collect();
        keys.into_iter().fold(false, |ready, key| self.wake(key) | ready)
    }

    fn wake(&self, key: (u64, u64)) -> bool {
        let Some(want) = self.wants.get(&key) else { return false };
        let have = self.contiguous(key.0, want.min);
        let at_eof = self.eof.is_some_and(|eof| key.0.saturating_add(have) >= eof);
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
        let wanted = self.wants.iter().filter_map(|((offset, _), want)| {
            let have = contiguous(pieces, *offset, want.min);
            let range = (offset + have, offset.saturating_add(want.ideal).min(eof));
            (range.0 < range.1).then_some(range)
        });
        let bridged = self.round.begin(wanted, self.merge_gap, spare);
        self.tally.asked = self.tally.asked.saturating_add(bridged);
    }

    /// Makes the window ready for a parser that begins again, with the bytes that are still held.
    pub(crate) fn restart(&mut self) {
        self.wants.clear();
        self.round.clear();
        self.missing.clear();
        self.ended = false;
        self.over_budget = false;
    }

    fn contiguous(&self, offset: u64, enough: u64) -> u64 {
        let have = contiguous(&self.pieces, offset, enough);
        self.eof.map_or(have, |eof| have.min(eof.saturating_sub(offset)))
    }

    /// A block of at least `length` bytes at `offset`, which are there; more where they stand in the same piece.
    fn block(&mut self, offset: u64, length: u64, ideal: u64) -> Result<Block, OverBudget> {
        let Some((start, piece)) = self.pieces.range(..=offset).next_back().filter(|_| length > 0) else {
            return Ok(Block::EMPTY);
        };
        let from = (offset - start) as usize;
        if (piece.bytes.len() - from) as u64 >= length {
            let eof =
                self.eof.map_or(usize::MAX, |eof| usize::try_from(eof.saturating_sub(*start)).unwrap_or(usize::MAX));
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
        for (start, piece) in self.pieces.range(..offset + length as u64) {
            let end = start + piece.bytes.len() as u64;
            if end > at && *start <= at {
                let from = (at - start) as usize;
                let to = piece.bytes.len().min(from + length - joined.bytes.len());
                joined.bytes.extend_from_slice(&piece.bytes[from..to]);
                at += (to - from) as u64;
            }
        }
        Ok(Block { from: 0, to: joined.bytes.len(), piece: Some(Arc::new(joined)) })
    }

    /// Keeps `data` at `offset`, less what is held already.
    fn store(&mut self, offset: u64, data: &[u8], ideal: u64) -> Result<(), OverBudget> {
        let end = offset + data.len() as u64;
        let mut at = offset;
        while at < end {
            if let Some((start, piece)) = self.pieces.range(..=at).next_back() {
                let until = start + piece.bytes.len() as u64;
                if until > at {
                    at = until;
                    continue;
                }
            }
            let until = self.pieces.range(at..).next().map_or(end, |(start, _)| end.min(*start));
            let part = &data[(at - offset) as usize..(until - offset) as usize];
            if self.append(at, part, ideal).is_err() {
                self.evict(0);
                self.append(at, part, ideal)?;
            }
            self.held += part.len();
            at = until;
        }
        Ok(())
    }

    /// Puts `part` behind the piece that ends at `at`, if no block shares that, else into a new piece.
    fn append(&mut self, at: u64, part: &[u8], ideal: u64) -> Result<(), OverBudget> {
        if let Some((start, piece)) = self.pieces.range_mut(..at).next_back()
            && start + piece.bytes.len() as u64 == at
            && let Some(piece) = Arc::get_mut(piece)
        {
            return piece.extend(part);
        }
        let capacity = part.len().max(SMALL_PIECE.min(ideal as usize));
        let mut piece = Piece::with_capacity(&self.budget, capacity)?;
        piece.bytes.extend_from_slice(part);
        self.pieces.insert(at, Arc::new(piece));
        self.age.push_back(at);
        Ok(())
    }

    /// Drops the oldest pieces that no pending read needs, until `keep` bytes are held.
    fn evict(&mut self, keep: usize) {
        let mut left = self.age.len();
        while self.held > keep && left > 0 {
            left -= 1;
            let Some(start) = self.age.pop_front() else { break };
            let Some(piece) = self.pieces.get(&start) else { continue };
            let end = start + piece.bytes.len() as u64;
            let first = start.saturating_sub(self.longest_want);
            let wanted =
                self.wants.range((first, 0)..(end, 0)).any(|((at, _), want)| at.saturating_add(want.ideal) > start);
            if wanted {
                self.age.push_back(start);
                continue;
            }
            if let Some(piece) = self.pieces.remove(&start) {
                self.held -= piece.bytes.len();
            }
        }
    }
}

/// How many bytes are there from `offset` on without a gap; counting stops at `enough`.
fn contiguous(pieces: &BTreeMap<u64, Arc<Piece>>, offset: u64, enough: u64) -> u64 {
    let mut at = offset;
    let first = pieces.range(..=offset).next_back().map_or(offset, |(start, _)| *start);
    for (start, piece) in pieces.range(first..) {
        let end = start + piece.bytes.len() as u64;
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
