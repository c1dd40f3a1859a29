//! Bytes of the file that are held, piece by piece. Everything is charged to the budget.
//!
//! Pieces do not overlap. A block that a reader was given shares its piece, so that nothing is copied for it.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::sync::Arc;

use crate::budget::{Budget, Charge, OverBudget};

/// Pieces up to this size are joined to what stands before them, so that a host that feeds single bytes fills few pieces.
const SMALL_PIECE: usize = 512;
/// What a piece takes beside its bytes: its counters, its charge, its place in the map.
pub(super) const PIECE_COST: usize = 128;

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
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    charge: Charge,
}

impl Piece {
    pub(super) fn with_capacity(budget: &Budget, capacity: usize) -> Result<Piece, OverBudget> {
        let charge = Charge::new(budget, capacity.saturating_add(PIECE_COST))?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(capacity).map_err(|_| OverBudget)?;
        Ok(Piece { bytes, charge })
    }

    pub(super) fn extend(&mut self, data: &[u8]) -> Result<(), OverBudget> {
        let length = self.bytes.len() + data.len();
        if length > self.bytes.capacity() {
            let capacity = length.max(self.bytes.capacity() * 2);
            self.charge.grow_to(capacity.saturating_add(PIECE_COST))?;
            self.bytes.try_reserve_exact(capacity - self.bytes.len()).map_err(|_| OverBudget)?;
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
}

/// Why a piece is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// A pending read wants it.
    Wanted,
    /// A read of it has ended: it stands in the queue of what may go.
    Spent,
    /// It has passed, and nobody has looked yet whether it is worth keeping.
    Raw,
    /// It has passed and was named as worth keeping: for now, or as long as there is room.
    Named { for_now: bool },
    /// It stays.
    Pinned,
}

impl Why {
    /// Bytes that reads asked for: they go when they are old.
    fn is_loose(self) -> bool {
        matches!(self, Why::Wanted | Why::Spent)
    }
}

/// A piece in the window.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) piece: Arc<Piece>,
    pub(super) why: Why,
}

impl Held {
    pub(super) fn len(&self) -> u64 {
        self.piece.bytes.len() as u64
    }
}

/// What is held, by the offset at which each piece begins.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) budget: Budget,
    pub(super) map: BTreeMap<u64, Held>,
    /// The pieces that reads have ended with, oldest first.
    age: VecDeque<u64>,
    /// Bytes of the pieces that reads asked for.
    pub(super) held: usize,
    /// How many pieces that are.
    loose: usize,
}

impl Pieces {
    pub(super) fn new(budget: &Budget) -> Self {
        Pieces { budget: budget.clone(), map: BTreeMap::new(), age: VecDeque::new(), held: 0, loose: 0 }
    }

    /// Where the piece begins that holds, or stands last before, `offset`.
    pub(super) fn first_at(&self, offset: u64) -> u64 {
        self.map.range(..=offset).next_back().map_or(offset, |(start, _)| *start)
    }

    /// True if the byte at `offset` is there.
    pub(super) fn holds(&self, offset: u64) -> bool {
        self.map.range(..=offset).next_back().is_some_and(|(start, held)| start + held.len() > offset)
    }

    /// How many bytes are there from `offset` on without a gap; counting stops at `enough`.
    pub(super) fn contiguous(&self, offset: u64, enough: u64) -> u64 {
        let Some((start, held)) = self.map.range(..=offset).next_back() else { return 0 };
        let mut at = start + held.len();
        while at > offset
            && at - offset < enough
            && let Some(held) = self.map.get(&at)
        {
            at += held.len();
        }
        at.saturating_sub(offset)
    }

    /// The parts of a range that are not held, in file order.
    pub(super) fn gaps(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut at = start;
        let held = self.map.range(self.first_at(start)..end).map(|(start, held)| (*start, start + held.len()));
        held.chain([(end, end)]).filter_map(move |(from, until)| {
            let gap = (at, from);
            at = at.max(until);
            (gap.0 < gap.1).then_some(gap)
        })
    }

    /// The bytes at `offset` to the end of their piece, if at least `length` of them stand there, and before `eof`.
    #[inline]
    pub(super) fn within(&self, offset: u64, length: u64, eof: u64) -> Option<Block> {
        let (start, Held { piece, .. }) = self.map.range(..=offset).next_back()?;
        let from = usize::try_from(offset - start).ok()?;
        let to = piece.bytes.len().min(usize::try_from(eof.saturating_sub(*start)).unwrap_or(usize::MAX));
        let reaches = length > 0 && to.checked_sub(from)? as u64 >= length;
        reaches.then(|| Block { piece: Some(piece.clone()), from, to })
    }

    /// A block of at least `length` bytes at `offset`, which are there, and none behind `eof`; more, up to `ideal` or where
    /// they stand in the same piece.
    pub(super) fn block(&self, offset: u64, length: u64, ideal: u64, eof: u64) -> Result<Block, OverBudget> {
        let Some((first, Held { piece, .. })) = self.map.range(..=offset).next_back().filter(|_| length > 0) else {
            return Ok(Block::EMPTY);
        };
        let start = *first;
        let from = (offset - start) as usize;
        if piece.bytes.len().saturating_sub(from) as u64 >= length {
            let eof = usize::try_from(eof.saturating_sub(start)).unwrap_or(usize::MAX);
            return Ok(Block { piece: Some(piece.clone()), from, to: piece.bytes.len().min(eof) });
        }
        let ideal = ideal.max(length);
        let length = self.contiguous(offset, ideal).min(ideal).min(eof.saturating_sub(offset)) as usize;
        let mut joined = Piece::with_capacity(&self.budget, length)?;
        let mut at = offset;
        for (start, held) in self.map.range(start..offset.saturating_add(length as u64)) {
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

    /// The bytes at `offset`, as far as they are there: at most `length`.
    pub(super) fn bytes(&self, offset: u64, length: usize) -> Cow<'_, [u8]> {
        let Some((start, held)) = self.map.range(..=offset).next_back() else { return Cow::Borrowed(&[]) };
        let rest = held.piece.bytes.get((offset - start) as usize..).unwrap_or(&[]);
        let next = || self.map.contains_key(&(offset + rest.len() as u64));
        if rest.len() >= length || rest.is_empty() || !next() {
            return Cow::Borrowed(&rest[..length.min(rest.len())]);
        }
        let mut joined = Vec::with_capacity(self.contiguous(offset, length as u64).min(length as u64) as usize);
        while joined.len() < length {
            let at = offset + joined.len() as u64;
            let Some((start, held)) = self.map.range(..=at).next_back() else { break };
            let rest = held.piece.bytes.get((at - start) as usize..).unwrap_or(&[]);
            if rest.is_empty() {
                break;
            }
            joined.extend_from_slice(&rest[..rest.len().min(length - joined.len())]);
        }
        Cow::Owned(joined)
    }

    /// Keeps `data`, which stands at `offset`, less what is held already. Returns how many bytes that adds, with those that
    /// each piece takes.
    pub(super) fn store(&mut self, offset: u64, data: &[u8], why: Why) -> Result<usize, OverBudget> {
        let end = offset + data.len() as u64;
        let (mut at, mut added) = (offset, 0);
        while at < end {
            let Some((from, until)) = self.gaps(at, end).next() else { break };
            let part = &data[(from - offset) as usize..(until - offset) as usize];
            added += self.append(from, part, why)?;
            at = until;
        }
        Ok(added)
    }

    /// The same for what passes, which is wanted or not: in pieces that end where a block ends.
    pub(super) fn store_raw(
        &mut self,
        offset: u64,
        data: &[u8],
        why: Why,
        block: usize,
        spare: &mut Option<Piece>,
    ) -> Result<(), OverBudget> {
        let end = offset + data.len() as u64;
        let mut at = offset;
        while at < end {
            let Some((from, until)) = self.gaps(at, end).next() else { break };
            let part = &data[(from - offset) as usize..(until - offset) as usize];
            at = until;
            let begins = block > 0 && from % block as u64 == 0;
            let before = self.map.range_mut(..from).next_back().filter(|_| !begins);
            if let Some((_, held)) = before.filter(|(start, held)| held.why == why && *start + held.len() == from)
                && let Some(piece) = Arc::get_mut(&mut held.piece)
            {
                piece.extend(part)?;
                continue;
            }
            let mut piece = match spare.take().filter(|_| begins) {
                Some(piece) => piece,
                None => Piece::with_capacity(&self.budget, if begins { block } else { part.len() })?,
            };
            piece.extend(part)?;
            self.map.insert(from, Held { piece: Arc::new(piece), why });
        }
        Ok(())
    }

    /// Holds a whole file, of which nothing is held yet, in the buffer that it was read into; `charge` is for that.
    pub(super) fn hold_whole(&mut self, file: Vec<u8>, charge: Charge) {
        self.map.insert(0, Held { piece: Arc::new(Piece { bytes: file, charge }), why: Why::Pinned });
    }

    /// What reads asked for stays from now on.
    pub(super) fn hold_all(&mut self) {
        self.map.values_mut().filter(|held| held.why.is_loose()).for_each(|held| held.why = Why::Pinned);
        self.age.clear();
        (self.held, self.loose) = (0, 0);
    }

    /// Takes out what has passed of a block.
    pub(super) fn take_raw(&mut self, start: u64, end: u64) -> Old {
        let raw = self.map.range(start..end).filter(|(_, held)| held.why == Why::Raw).map(|(at, _)| *at);
        let raw: Vec<u64> = raw.collect();
        Old(raw.into_iter().filter_map(|at| Some((at, self.map.remove(&at)?.piece))).collect())
    }

    /// Lets a piece go, or leaves it to the reads that want it.
    pub(super) fn release(&mut self, start: u64, is_wanted: bool) {
        if !is_wanted {
            self.map.remove(&start);
        } else if let Some(held) = self.map.get_mut(&start) {
            held.why = Why::Wanted;
            self.held += held.piece.bytes.len();
            self.loose += 1;
        }
    }

    /// Puts `part` behind the piece that ends at `at`, if no block shares that, else into a new piece. A piece that was read
    /// already takes only little more: it would be copied to make it longer, and may go soon.
    fn append(&mut self, at: u64, part: &[u8], why: Why) -> Result<usize, OverBudget> {
        let before = self.map.range_mut(..at).next_back();
        let joins =
            |held: &Held| held.why == why || (why.is_loose() && held.why.is_loose() && part.len() <= SMALL_PIECE);
        if let Some((start, held)) = before.filter(|(start, held)| *start + held.len() == at && joins(held))
            && let Some(piece) = Arc::get_mut(&mut held.piece)
        {
            piece.extend(part)?;
            let start = *start;
            self.held += if why.is_loose() { part.len() } else { 0 };
            self.absorb(start);
            return Ok(part.len());
        }
        let mut piece = Piece::with_capacity(&self.budget, part.len())?;
        piece.bytes.extend_from_slice(part);
        self.insert(at, piece.into(), why);
        self.absorb(at);
        Ok(part.len() + PIECE_COST)
    }

    fn insert(&mut self, at: u64, piece: Arc<Piece>, why: Why) {
        if why.is_loose() {
            self.held += piece.bytes.len();
            self.loose += 1;
        }
        self.map.insert(at, Held { piece, why });
    }

    /// Joins the small piece that begins where the piece at `start` ends to that. Only a saving: it may fail.
    fn absorb(&mut self, start: u64) {
        let mut pieces = self.map.range_mut(start..);
        let (Some((_, first)), Some((at, second))) = (pieces.next(), pieces.next()) else { return };
        let joins = first.why.is_loose() && second.why.is_loose() && second.len() <= SMALL_PIECE as u64;
        if start + first.len() != *at || !joins || Arc::get_mut(&mut second.piece).is_none() {
            return;
        }
        let at = *at;
        if Arc::get_mut(&mut first.piece).is_some_and(|first| first.extend(&second.piece.bytes).is_ok()) {
            self.map.remove(&at);
            self.loose -= 1;
        }
    }

    /// A read of a range has ended: its pieces may go.
    pub(super) fn spend(&mut self, start: u64, end: u64) {
        let pieces = self.map.range_mut(..end).rev().take_while(|(at, held)| *at + held.len() > start);
        for (start, held) in pieces.filter(|(_, held)| held.why == Why::Wanted) {
            held.why = Why::Spent;
            self.age.push_back(*start);
        }
    }

    /// Drops the oldest pieces that were read and that no pending read needs, until what reads asked for takes `keep` bytes.
    pub(super) fn evict(&mut self, keep: usize, is_wanted: impl Fn(u64, u64) -> bool) {
        while self.held + self.loose * PIECE_COST > keep {
            let Some(start) = self.age.pop_front() else { break };
            let Some(held) = self.map.get_mut(&start).filter(|held| held.why == Why::Spent) else { continue };
            let length = held.len();
            if is_wanted(start, start + length) {
                held.why = Why::Wanted; // it comes back when that read ends
            } else {
                self.map.remove(&start);
                self.held -= length as usize;
                self.loose -= 1;
            }
        }
    }
}

/// What has passed of one block, taken out of the window.
#[derive(Debug)]
pub(super) struct Old(Vec<(u64, Arc<Piece>)>);

impl Old {
    /// Gives a part of it back, as pieces of their own; how many bytes these take. What there is no room for is lost.
    pub(super) fn give(&self, pieces: &mut Pieces, start: u64, end: u64, why: Why) -> u64 {
        let mut added = 0;
        let mut parts =
            self.0.iter().filter(|(at, piece)| *at < end && at + piece.bytes.len() as u64 > start).peekable();
        while let Some((at, piece)) = parts.next() {
            let until = at + piece.bytes.len() as u64;
            let alone = parts.peek().is_none_or(|(next, _)| *next != until);
            if alone && *at >= start && until <= end {
                added += (piece.bytes.len() + PIECE_COST) as u64;
                pieces.insert(*at, piece.clone(), why);
                continue;
            }
            let part = |at: u64, piece: &Piece| {
                (start.saturating_sub(at) as usize)..piece.bytes.len().min((end - at) as usize)
            };
            let mut run = vec![&piece.bytes[part(*at, piece)]];
            let mut until = until;
            while let Some((next, piece)) = parts.next_if(|(next, _)| *next == until) {
                run.push(&piece.bytes[part(*next, piece)]);
                until = next + piece.bytes.len() as u64;
            }
            let length = run.iter().map(|part| part.len()).sum();
            if let Ok(mut joined) = Piece::with_capacity(&pieces.budget, length) {
                run.iter().for_each(|part| joined.bytes.extend_from_slice(part));
                added += (length + PIECE_COST) as u64;
                pieces.insert(start.max(*at), Arc::new(joined), why);
            }
        }
        added
    }

    /// The buffer, if it is one and nobody has it.
    pub(super) fn into_spare(mut self) -> Option<Piece> {
        let (_, piece) = self.0.pop().filter(|_| self.0.is_empty())?;
        let mut piece = Arc::into_inner(piece)?;
        piece.bytes.clear();
        Some(piece)
    }
}
