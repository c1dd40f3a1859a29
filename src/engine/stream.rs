//! Bytes in order over a source, stored or inflated: for the formats that are read from front to back.
//!
//! ```text
//! stream.fill(8).await?;            // at least 8 bytes are buffered, unless the stream ends
//! let header = stream.buffered();   // decode without awaiting
//! stream.consume(8);
//! stream.skip(length).await?;       // payload: never asked for where the source can seek
//! ```

use std::ops::Range;

use super::gzip::{self, Members, Part};
use super::inflate::{Inflate, is_zlib};
use super::source::Source;
use super::window::{Block, End, Stop};
use crate::budget::{Charge, OverBudget};

/// What is asked for at once by default, as far as the window's tally allows.
const READ_AHEAD: usize = 64 << 10;

/// Why a stream has no more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The file, or the compressed stream, ends here.
    Eof,
    /// The host did not supply what follows.
    Missing,
    /// The compressed stream is damaged here.
    Corrupt,
}

/// A reader from front to back.
#[derive(Debug)]
pub(crate) struct Stream {
    source: Source,
    /// Bytes of two blocks in one piece, in front of `block`.
    carry: Vec<u8>,
    carry_at: usize,
    carry_charge: Option<Charge>,
    block: Block,
    block_at: usize,
    /// Where `block` ends in the stored file: the next byte to ask for.
    stored: u64,
    /// Consumed since the last read, not yet counted as used.
    unused_tally: usize,
    /// The last byte before `stored` was skipped, and may lie behind the end of the file.
    leapt: bool,
    offset: u64,
    inflate: Option<Box<Inflate>>,
    ended: Option<Ended>,
    /// What is asked for at once, as far as the window's tally allows.
    pub(crate) read_ahead: usize,
}

impl Stream {
    pub(crate) fn new(source: &Source, offset: u64) -> Self {
        Stream {
            source: source.clone(),
            carry: Vec::new(),
            carry_at: 0,
            carry_charge: None,
            block: Block::EMPTY,
            block_at: 0,
            stored: offset,
            unused_tally: 0,
            leapt: false,
            offset,
            inflate: None,
            ended: None,
            read_ahead: READ_AHEAD,
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Absolute offset of the first buffered byte; in the inflated file where the stream is inflated.
    #[inline]
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Why there is nothing beyond what is buffered, once that is known.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// The bytes that can be decoded without awaiting.
    #[inline]
    pub(crate) fn buffered(&self) -> &[u8] {
        match &self.inflate {
            None if self.carry_at < self.carry.len() => &self.carry[self.carry_at..],
            None => self.block.get(self.block_at..).unwrap_or(&[]),
            Some(inflate) => inflate.buffered(),
        }
    }

    /// A part of what is buffered, to be kept: it is copied only where it stands in no block.
    pub(crate) fn share(&self, part: Range<usize>) -> Result<Block, OverBudget> {
        if self.inflate.is_none() && self.carry_at >= self.carry.len() {
            return Ok(self.block.slice(self.block_at + part.start, self.block_at + part.end));
        }
        let bytes = self.buffered().get(part).unwrap_or(&[]);
        let charge = Charge::new(self.source.budget(), bytes.len())?;
        Ok(Block::made(bytes.to_vec(), charge))
    }

    /// Goes on behind `bytes` buffered bytes.
    #[inline]
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        match &mut self.inflate {
            None => self.consume_stored(bytes),
            Some(inflate) => inflate.consume(bytes),
        }
    }

    #[inline]
    fn consume_stored(&mut self, bytes: usize) {
        self.unused_tally += bytes;
        self.advance(bytes);
    }

    fn advance(&mut self, bytes: usize) {
        if self.carry_at < self.carry.len() {
            self.carry_at += bytes;
        } else {
            self.block_at += bytes;
        }
    }

    /// Buffers at least `bytes`, more where that costs nothing. False: the stream ends before, [`Stream::ended`] says why.
    #[inline]
    pub(crate) async fn fill(&mut self, bytes: usize) -> Result<bool, Stop> {
        if self.buffered().len() >= bytes {
            return Ok(true);
        }
        if self.inflate.is_some() { self.fill_inflated(bytes).await } else { self.fill_stored(bytes).await }
    }

    async fn fill_stored(&mut self, bytes: usize) -> Result<bool, Stop> {
        self.tally();
        if self.stored_bytes().len() >= bytes {
            return Ok(true);
        }
        if self.carry_at < self.carry.len() || self.block_at < self.block.len() {
            self.carry_over(bytes)?;
            if self.carry.len() - self.carry_at >= bytes {
                return Ok(true);
            }
        }
        if self.ended.is_some() {
            return Ok(false);
        }
        let tail = self.carry.len() - self.carry_at;
        // A skip may have led behind the end of the file: the byte before this place tells.
        let probe = usize::from(self.leapt && self.stored > 0 && self.source.eof().is_none());
        let need = bytes - tail;
        let (block, end) = self.source.read(self.stored - probe as u64, need + probe, self.read_ahead).await?;
        self.stored += block.len().saturating_sub(probe) as u64;
        self.leapt &= block.is_empty();
        self.block_at = probe.min(block.len());
        self.block = block;
        self.ended = end.map(|end| match end {
            End::Eof => Ended::Eof,
            End::Missing => Ended::Missing,
        });
        if tail > 0 {
            self.carry_over(bytes)?;
        }
        Ok(self.stored_bytes().len() >= bytes)
    }

    /// Moves bytes from the block behind those that are carried, until `bytes` are in one piece.
    fn carry_over(&mut self, bytes: usize) -> Result<(), Stop> {
        self.carry.drain(..self.carry_at);
        self.carry_at = 0;
        let rest = self.block.get(self.block_at..).unwrap_or(&[]);
        let take = bytes.saturating_sub(self.carry.len()).min(rest.len());
        let size = self.carry.len() + take;
        if size > self.carry.capacity() {
            let charge = match &mut self.carry_charge {
                Some(charge) => charge,
                none => none.insert(Charge::new(self.source.budget(), 0).map_err(|_| Stop::Limit)?),
            };
            charge.grow_to(size).map_err(|_| Stop::Limit)?;
            self.carry.reserve_exact(size - self.carry.len());
        }
        self.carry.extend_from_slice(&rest[..take]);
        self.block_at += take;
        if self.block_at >= self.block.len() {
            self.block = Block::EMPTY;
            self.block_at = 0;
        }
        Ok(())
    }

    fn tally(&mut self) {
        let used = std::mem::take(&mut self.unused_tally);
        if used > 0 {
            self.source.used(used);
        }
    }

    async fn fill_inflated(&mut self, bytes: usize) -> Result<bool, Stop> {
        let Some(mut inflate) = self.inflate.take() else { return Ok(false) };
        inflate.reserve(bytes).map_err(|_| Stop::Limit)?;
        let result = self.inflate_until(&mut inflate, bytes).await;
        self.inflate = Some(inflate);
        result
    }

    async fn inflate_until(&mut self, inflate: &mut Inflate, bytes: usize) -> Result<bool, Stop> {
        while inflate.buffered().len() < bytes && inflate.has_room() {
            if self.source.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            if inflate.finished && self.ended.is_none() && !self.begin_member(inflate).await? {
                self.ended = self.ended.or(Some(Ended::Eof));
            }
            if self.ended.is_some() {
                return Ok(false);
            }
            let before = inflate.buffered().len();
            let input = self.stored_bytes();
            let Ok(taken) = inflate.inflate(input) else {
                self.ended = Some(Ended::Corrupt);
                return Ok(inflate.buffered().len() >= bytes);
            };
            self.consume_stored(taken);
            if taken == 0 && inflate.buffered().len() == before && !inflate.finished && !self.fill_stored(1).await? {
                self.ended = Some(self.ended.unwrap_or(Ended::Eof));
            }
        }
        Ok(inflate.buffered().len() >= bytes)
    }

    /// Behind the end of a member: reads its trailer and the header of the next. False: there is none, or the file ends.
    async fn begin_member(&mut self, inflate: &mut Inflate) -> Result<bool, Stop> {
        let end = self.offset + inflate.buffered().len() as u64;
        let Some(members) = &mut inflate.gzip else { return Ok(false) };
        if members.over {
            return Ok(false);
        }
        if members.open {
            self.fill_stored(gzip::TRAILER).await?;
            let Some(trailer) = self.stored_bytes().first_chunk() else { return Ok(false) };
            members.close(*trailer, end);
            self.consume_stored(gzip::TRAILER);
        }
        let whole = self.fill_stored(gzip::FIXED_HEADER).await?;
        let head = self.stored_bytes();
        let Some(parts) = gzip::parts(head) else {
            // Cut inside a header, or something else: only the latter ends the stream as it should.
            members.over = match head {
                [] => self.ended == Some(Ended::Eof),
                _ => whole || !gzip::MAGIC.starts_with(&head[..head.len().min(3)]),
            };
            members.trailing = members.over && !head.is_empty();
            return Ok(false);
        };
        members.open = true;
        self.consume_stored(gzip::FIXED_HEADER);
        for part in parts {
            if !self.skip_part(part).await? {
                return Ok(false);
            }
        }
        inflate.next_member();
        Ok(true)
    }

    /// Goes behind an optional part of a member's header. False: the file ends in it.
    async fn skip_part(&mut self, part: Part) -> Result<bool, Stop> {
        let mut left = match part {
            Part::Text => loop {
                if !self.fill_stored(1).await? {
                    return Ok(false);
                }
                let bytes = self.stored_bytes();
                if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
                    break end + 1;
                }
                let all = bytes.len();
                self.consume_stored(all);
            },
            Part::Check => 2,
            Part::Extra => {
                self.fill_stored(2).await?;
                let Some(length) = self.stored_bytes().first_chunk() else { return Ok(false) };
                let length = usize::from(u16::from_le_bytes(*length));
                self.consume_stored(2);
                length
            }
        };
        while left > 0 {
            if !self.fill_stored(1).await? {
                return Ok(false);
            }
            let step = left.min(self.stored_bytes().len());
            self.consume_stored(step);
            left -= step;
        }
        Ok(true)
    }

    fn stored_bytes(&self) -> &[u8] {
        if self.carry_at < self.carry.len() {
            &self.carry[self.carry_at..]
        } else {
            self.block.get(self.block_at..).unwrap_or(&[])
        }
    }

    /// Goes on `bytes` further, without asking for what lies between where the source can seek.
    ///
    /// A stored stream does not know yet whether the file reaches so far: the next [`Stream::fill`] tells, and
    /// [`Stream::is_behind_the_end`]. False: an inflated stream ended before.
    pub(crate) async fn skip(&mut self, mut bytes: u64) -> Result<bool, Stop> {
        loop {
            let here = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.buffered().len());
            match self.inflate {
                // Passed over, not used: payload in a block that was read ahead must not earn more reading ahead.
                None => {
                    self.offset += here as u64;
                    self.advance(here);
                }
                Some(_) => self.consume(here),
            }
            bytes -= here as u64;
            if bytes == 0 {
                return Ok(true);
            }
            if self.inflate.is_none() && self.buffered().is_empty() {
                self.tally();
                self.carry = Vec::new();
                self.carry_charge = None;
                self.block = Block::EMPTY;
                (self.carry_at, self.block_at) = (0, 0);
                self.stored = self.stored.saturating_add(bytes);
                self.offset = self.offset.saturating_add(bytes);
                self.leapt = true;
                return Ok(true);
            }
            if self.inflate.is_some() && !self.fill(1).await? {
                return Ok(false);
            }
        }
    }

    /// After a fill that found nothing: a skip led behind the end of the file.
    pub(crate) fn is_behind_the_end(&self) -> bool {
        self.leapt && self.ended.is_some() && self.source.eof().is_none_or(|eof| eof < self.stored)
    }

    /// From here on the stored bytes are DEFLATE; offsets go on counting in what comes out of it. True: they stand in a zlib
    /// wrapper.
    pub(crate) async fn start_inflating(&mut self) -> Result<bool, Stop> {
        self.fill(5).await?;
        let is_wrapped = is_zlib(self.buffered());
        let inflate = Inflate::new(is_wrapped, self.source.budget()).map_err(|_| Stop::Limit)?;
        self.ended = None;
        self.inflate = Some(Box::new(inflate));
        Ok(is_wrapped)
    }

    /// From here on the stored bytes are members of gzip; offsets count in what comes out of them, from 0.
    pub(crate) fn start_gunzipping(&mut self) -> Result<(), Stop> {
        let inflate = Inflate::gzip(self.source.budget()).map_err(|_| Stop::Limit)?;
        (self.offset, self.ended) = (0, None);
        self.inflate = Some(Box::new(inflate));
        Ok(())
    }

    /// The members of a gzip stream, as far as they were read.
    pub(crate) fn gzip(&self) -> Option<&Members> {
        self.inflate.as_ref()?.gzip.as_ref()
    }

    /// False: the compressed stream was cut before its end.
    pub(crate) fn has_inflated_all(&self) -> bool {
        let all = |inflate: &Inflate| inflate.gzip.as_ref().map_or(inflate.finished, |members| members.over);
        self.inflate.as_deref().is_none_or(all)
    }

    /// True if more than a pad byte is stored behind the compressed stream.
    pub(crate) async fn has_more_stored(&mut self) -> Result<bool, Stop> {
        self.ended = None;
        let more = self.fill_stored(2).await;
        self.ended = Some(Ended::Eof);
        more
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.tally();
    }
}
