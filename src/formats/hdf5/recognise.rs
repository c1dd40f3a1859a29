//! Recognises structures among the bytes that pass in a pipe, before anything is known that leads to them.
//!
//! A signature and what stands behind it tell most of them, checksums where the length is known; object headers of version 1
//! have no signature, but hardly anything else reads as one to its end. What is named too much takes memory and no more:
//! only what the graph reaches is read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::btree2::kind;
use super::checksum::is_sound;
use super::fields::{Address, Fields, Parse, Widths};
use super::header_shape::{self, Continuation, Shape};
use super::scan;
use crate::engine::retain::{Keep, Passed, Recogniser};

/// Of a structure whose length stands elsewhere so much is kept, if no other one begins before.
const UNKNOWN: u64 = 64 << 10;
/// What is longer is none, or would take all room.
const LONGEST: u64 = 4 << 20;
/// The most heaps that are kept in mind.
const MOST_HEAPS: usize = 1024;
/// The same for continuations of headers.
const MOST_EXPECTED: usize = 4096;
/// What one of either takes.
const ENTRY_COST: usize = 96;
/// How many bytes are looked at closely for one block: files made for it could make each byte be looked at again and again.
const EFFORT: u64 = 8 << 20;
/// Records of the huge objects of a filtered fractal heap that their IDs tell all about.
const HUGE_DIRECT_FILTERED: u8 = 4;
const NONE: &str = "it is none";

/// The structures of one file.
#[derive(Debug)]
pub(super) struct Structures {
    widths: Widths,
    /// What addresses count from.
    base: u64,
    /// Chunk indexes are wanted too.
    chunk_indexes: bool,
    /// Where to go on looking: behind the last structure.
    next: u64,
    /// A structure of unknown length that goes on, and where it ends at last.
    open: Option<(u64, u64)>,
    /// How long the nodes of B-trees are, by what they hold.
    node_sizes: [u32; 12],
    /// Where headers go on, by where that begins.
    expected: BTreeMap<u64, Continuation>,
    /// Continuations before here have been looked into.
    looked_into: u64,
    /// The fractal heaps, by the addresses of their headers.
    heaps: BTreeMap<Address, Heap>,
    /// How many bytes may still be looked at closely for this block.
    effort: u64,
}

/// What tells how long a fractal heap's direct blocks are.
#[derive(Debug, Clone, Copy)]
struct Heap {
    filtered: bool,
    width: u64,
    first_block: u64,
    largest_block: u64,
    offset_width: usize,
}

/// What was recognised.
enum Found {
    /// From its beginning to here.
    Until(u64),
    /// The same, but it goes first where there is too much.
    UntilForNow(u64),
    /// Its length is not known.
    Open,
    /// It is not needed.
    Useless(u64),
}

impl Structures {
    pub(super) fn new(widths: Widths, base: u64, chunk_indexes: bool) -> Self {
        Structures {
            widths,
            base,
            chunk_indexes,
            next: 0,
            open: None,
            node_sizes: [0; 12],
            expected: BTreeMap::new(),
            looked_into: 0,
            heaps: BTreeMap::new(),
            effort: 0,
        }
    }

    /// Looks at one place; where to go on.
    fn place(&mut self, passed: &Passed<'_>, at: u64, keep: &mut Keep) -> u64 {
        let found = match passed.bytes(at, 5).first_chunk::<5>() {
            Some([1, ..]) => self.version_1(passed, at, keep),
            Some([a, b, c, d, next]) => self.signed(passed, at, &[*a, *b, *c, *d], *next, keep),
            None => Err(NONE),
        };
        let Ok(found) = found else { return at + 1 };
        if let Some((from, end)) = self.open.take() {
            keep.range(from, end.min(at));
        }
        match found {
            Found::Until(end) => {
                keep.range(at, end);
                end
            }
            Found::UntilForNow(end) => {
                keep.range_for_now(at, end);
                end
            }
            Found::Open => {
                self.open = Some((at, at + UNKNOWN));
                at + 4
            }
            Found::Useless(length) => at + length,
        }
    }

    fn version_1(&mut self, passed: &Passed<'_>, at: u64, keep: &mut Keep) -> Parse<Found> {
        let head = passed.bytes(at, header_shape::PREFIX);
        let shape = Shape::version_1(&head).ok_or(NONE)?;
        let bytes = self.close(passed, at, shape.whole() as u64)?;
        let continuations = shape.messages(&bytes, self.widths).ok_or(NONE)?;
        self.expect(continuations, keep);
        Ok(Found::Until(at + shape.whole() as u64))
    }

    /// The bytes of a structure, as far as they are at hand, to be looked at closely.
    fn close<'a>(&mut self, passed: &Passed<'a>, at: u64, length: u64) -> Parse<Cow<'a, [u8]>> {
        self.effort = self.effort.checked_sub(length).ok_or(NONE)?;
        Ok(passed.bytes(at, usize::try_from(length).map_err(|_| NONE)?))
    }

    /// The length of a structure that ends in a checksum, which is verified.
    fn sound(&mut self, passed: &Passed<'_>, at: u64, length: u64) -> Parse<u64> {
        let bytes = self.close(passed, at, length)?;
        if bytes.len() as u64 == length && is_sound(&bytes) { Ok(length) } else { Err(NONE) }
    }

    /// Keeps where headers go on, as far as that comes still.
    fn expect(&mut self, continuations: Vec<Continuation>, keep: &mut Keep) {
        for continuation in continuations {
            self.name(Some(continuation.address), continuation.length, keep);
            if self.expected.len() < MOST_EXPECTED {
                self.expected.insert(self.base.saturating_add(continuation.address), continuation);
            }
        }
    }

    /// Looks into the continuations that begin in a block, and into theirs.
    fn continuations(&mut self, passed: &Passed<'_>, keep: &mut Keep) {
        while let Some(first) = self.expected.first_entry().filter(|first| *first.key() < passed.end) {
            let (at, continuation) = first.remove_entry();
            let length = usize::try_from(continuation.length).unwrap_or(usize::MAX);
            if at >= passed.start.max(self.looked_into) && continuation.length <= LONGEST {
                self.looked_into = at + continuation.length;
                let bytes = passed.bytes(at, length);
                self.expect(continuation.messages(&bytes, self.widths).unwrap_or_default(), keep);
            }
        }
    }

    /// Keeps what a structure leads to, as far as that comes still.
    fn name(&self, address: Option<Address>, length: u64, keep: &mut Keep) {
        if let Some(start) = address.and_then(|address| address.checked_add(self.base))
            && let Some(end) = start.checked_add(length).filter(|_| length <= LONGEST)
        {
            keep.range(start, end);
        }
    }

    fn signed(&mut self, passed: &Passed<'_>, at: u64, signature: &[u8; 4], next: u8, keep: &mut Keep) -> Parse<Found> {
        let (offsets, lengths) = (u64::from(self.widths.offsets), u64::from(self.widths.lengths));
        let head = passed.bytes(at, 512);
        let mut fields = Fields::new(&head, self.widths);
        fields.skip(5)?;
        match (signature, next) {
            (b"OHDR", 2) => {
                let shape = Shape::version_2(&head).ok_or(NONE)?;
                let bytes = self.close(passed, at, shape.whole() as u64)?;
                // What does not fit into what is at hand is believed.
                if bytes.len() == shape.whole() && !is_sound(&bytes) {
                    return Err(NONE);
                }
                self.expect(shape.messages(&bytes, self.widths).unwrap_or_default(), keep);
                Ok(Found::Until(at + shape.whole() as u64))
            }
            (b"OCHK", _) => Ok(Found::Open),
            (b"GCOL", 1) => {
                if fields.take(3)? != [0; 3] {
                    return Err(NONE);
                }
                let length = fields.length()?;
                if length > LONGEST {
                    return Ok(Found::Open);
                }
                let bytes = self.close(passed, at, length)?;
                collection(&bytes, length, self.widths).map(|whole| match whole {
                    true => Found::UntilForNow(at + length),
                    false => Found::Open,
                })
            }
            (b"HEAP", 0) => {
                if fields.take(3)? != [0; 3] {
                    return Err(NONE);
                }
                let length = fields.length()?;
                fields.length_or_all_ones()?;
                let segment = fields.address()?;
                self.name(segment, length, keep);
                Ok(Found::Until(at + 8 + 2 * lengths + offsets))
            }
            (b"SNOD", 1) => {
                if fields.u8()? != 0 {
                    return Err(NONE);
                }
                Ok(Found::Until(at + 8 + u64::from(fields.u16()?) * (24 + lengths + offsets)))
            }
            (b"TREE", 0) => {
                fields.u8()?;
                let entries = u64::from(fields.u16()?);
                Ok(Found::Until(at + 8 + 2 * offsets + entries * (lengths + offsets) + lengths))
            }
            (b"TREE", 1) => Ok(self.of_chunks(Found::Open)),
            (b"BTHD", 0) => {
                let whole = self.sound(passed, at, 22 + offsets + lengths)?;
                let (held, size) = (fields.u8()?, fields.u32()?);
                fields.skip(6)?;
                let root = fields.address()?;
                if let Some(known) = self.node_sizes.get_mut(usize::from(held)) {
                    *known = size.max(*known);
                }
                if is_of_chunks(held) && !self.chunk_indexes {
                    return Ok(Found::Useless(whole));
                }
                self.name(root, size.into(), keep);
                Ok(Found::Until(at + whole))
            }
            (b"BTLF" | b"BTIN", 0) => {
                let held = fields.u8()?;
                let size = *self.node_sizes.get(usize::from(held)).filter(|_| held > 0).ok_or(NONE)?;
                if (kind::HUGE_INDIRECT..=HUGE_DIRECT_FILTERED).contains(&held) && signature == b"BTLF" {
                    self.huge_objects(&passed.bytes(at, size.clamp(512, 1 << 16) as usize), held, keep);
                }
                let found = if size > 0 { Found::Until(at + u64::from(size)) } else { Found::Open };
                Ok(if is_of_chunks(held) { self.of_chunks(found) } else { found })
            }
            (b"FRHP", 0) => {
                fields.skip(2)?;
                let filters = u64::from(fields.u16()?);
                let more = if filters > 0 { lengths + 4 + filters } else { 0 };
                let whole = self.sound(passed, at, 26 + 12 * lengths + 3 * offsets + more)?;
                let (heap, root) = Heap::decode(&mut fields, filters > 0)?;
                if self.heaps.len() < MOST_HEAPS {
                    self.heaps.insert(at.wrapping_sub(self.base), heap);
                }
                if let Some((address, length)) = root {
                    self.name(Some(address), length, keep);
                }
                Ok(Found::Until(at + whole))
            }
            (b"FHDB", 0) => {
                let heap = fields.address()?.and_then(|address| self.heaps.get(&address)).copied();
                match heap {
                    Some(heap) if !heap.filtered => {
                        let offset = fields.uint(heap.offset_width)?;
                        Ok(Found::Until(at + heap.block_length(offset).ok_or(NONE)?))
                    }
                    _ => Ok(Found::Open),
                }
            }
            // What stands in it looks like structures of its own.
            (b"MDCI", 0) => {
                fields.skip(1)?;
                let length = fields.length()?;
                Ok(Found::Until(at + self.sound(passed, at, length)?))
            }
            (b"FHIB" | b"SMTB", 0) | (b"SMLI", 0 | 1) => Ok(Found::Open),
            (b"FAHD" | b"FADB" | b"EAHD" | b"EAIB" | b"EASB" | b"EADB", 0) => Ok(self.of_chunks(Found::Open)),
            (b"FSHD" | b"FSSE", 0) => Ok(Found::Useless(4)),
            _ => Err(NONE),
        }
    }

    /// Keeps the huge objects of a fractal heap that the records of a leaf lead to. Behind the last one stand a checksum and
    /// mostly zeros: what that leads to is nowhere, or kept in vain.
    fn huge_objects(&self, leaf: &[u8], held: u8, keep: &mut Keep) {
        let (offsets, lengths) = (usize::from(self.widths.offsets), usize::from(self.widths.lengths));
        let filtered = matches!(held, kind::HUGE_INDIRECT_FILTERED | HUGE_DIRECT_FILTERED);
        let indirect = matches!(held, kind::HUGE_INDIRECT | kind::HUGE_INDIRECT_FILTERED);
        let size =
            offsets + lengths * (1 + usize::from(filtered) + usize::from(indirect)) + if filtered { 4 } else { 0 };
        for record in leaf.get(6..).unwrap_or(&[]).chunks_exact(size) {
            let mut fields = Fields::new(record, self.widths);
            match (fields.address(), fields.length()) {
                (Ok(address), Ok(length)) if length > 0 => self.name(address, length, keep),
                _ => break,
            }
        }
    }

    fn of_chunks(&self, found: Found) -> Found {
        if self.chunk_indexes { found } else { Found::Useless(4) }
    }
}

fn is_of_chunks(held: u8) -> bool {
    held == kind::CHUNK || held == kind::CHUNK_FILTERED
}

impl Recogniser for Structures {
    fn held(&self) -> usize {
        (self.heaps.len() + self.expected.len()) * ENTRY_COST
    }

    fn recognise(&mut self, passed: &Passed<'_>, keep: &mut Keep) {
        let (start, end) = (passed.start, passed.end);
        self.effort = EFFORT;
        let block = passed.bytes(start, (end - start) as usize);
        let from = self.next.max(start);
        let mut at = start
            + scan::places(&block, (from - start) as usize, |place| {
                (self.place(passed, start + place as u64, keep) - start) as usize
            }) as u64;
        // The last places look into the next block.
        if at < end {
            let tail = passed.bytes(at, (end - at) as usize + scan::REACH - 1);
            let last = at;
            at +=
                scan::places(&tail, 0, |place| (self.place(passed, last + place as u64, keep) - last) as usize) as u64;
        }
        self.next = at;
        self.continuations(passed, keep);
        if let Some((from, until)) = &mut self.open {
            keep.range(*from, end.min(*until));
            *from = end;
            if *until <= end {
                self.open = None;
            }
        }
    }
}

impl Heap {
    /// Reads on in a heap's header behind the length of its filters; also where its root stands, and how long it is.
    fn decode(fields: &mut Fields<'_>, filtered: bool) -> Parse<(Heap, Option<(Address, u64)>)> {
        let widths = fields.widths();
        let (offsets, lengths) = (usize::from(widths.offsets), usize::from(widths.lengths));
        fields.skip(5 + 10 * lengths + 2 * offsets)?;
        let width = u64::from(fields.u16()?);
        let (first_block, largest_block) = (fields.length()?, fields.length()?);
        let offset_width = usize::from(fields.u16()?).div_ceil(8);
        fields.skip(2)?;
        let (root, rows) = (fields.address()?, u64::from(fields.u16()?));
        let heap = Heap { filtered, width, first_block, largest_block, offset_width };
        if first_block == 0 || width == 0 || offset_width > 8 {
            return Err(NONE);
        }
        let length = match (rows, filtered) {
            (0, false) => first_block,
            (0, true) => fields.length()?,
            // As if all its entries led to filtered blocks.
            _ => (9 + offsets as u64 + 8).saturating_add(rows * width * (offsets + lengths + 4) as u64),
        };
        Ok((heap, root.map(|root| (root, length))))
    }

    /// How long the direct block is that begins at an offset in the heap.
    fn block_length(&self, offset: u64) -> Option<u64> {
        let row = offset / self.first_block.checked_mul(self.width)?;
        let doublings = row.checked_ilog2().unwrap_or(0);
        let length =
            self.first_block.checked_shl(doublings).filter(|length| length >> doublings == self.first_block)?;
        (length <= self.largest_block && length <= LONGEST).then_some(length)
    }
}

/// A global heap collection of `length` bytes: true if all its objects are there and fill it, or as much of it as is at
/// hand; false if they do not.
fn collection(bytes: &[u8], length: u64, widths: Widths) -> Parse<bool> {
    let head = 8 + u64::from(widths.lengths);
    if length < head || !length.is_multiple_of(8) {
        return Ok(false);
    }
    let mut here = head;
    while here + head <= length {
        let Some(object) = bytes.get(here as usize..(here + head) as usize) else { break };
        let mut fields = Fields::new(object, widths);
        let index = fields.u16()?;
        fields.skip(6)?;
        let size = fields.length()?;
        if index == 0 {
            return Ok(size == 0 || here.checked_add(size) == Some(length));
        }
        let size = size.checked_add(7).ok_or(NONE)? / 8 * 8;
        here = here.checked_add(head + size).ok_or(NONE)?;
    }
    Ok(here <= length)
}

#[cfg(test)]
#[path = "recognise_tests.rs"]
mod tests;
