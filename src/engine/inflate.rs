//! A DEFLATE stream, inflated piece by piece: memory is one window, whatever comes out.

use flate2::{Decompress, FlushDecompress, Status};

use super::gzip::Members;
use crate::budget::{Budget, Charge, OverBudget};

/// What the inflater and its 32 KiB window take.
const STATE: usize = 48 << 10;
/// How much is inflated at once.
const PIECE: usize = 32 << 10;

/// Raw DEFLATE (RFC 1951), or the same in a zlib wrapper (RFC 1950), or in members of gzip.
#[derive(Debug)]
pub(crate) struct Inflate {
    state: Decompress,
    out: Vec<u8>,
    at: usize,
    charge: Charge,
    /// The stream, or the open member of gzip, has ended as it should.
    pub(crate) finished: bool,
    /// The members of a gzip stream; their headers and trailers are read by who feeds the inflater.
    pub(crate) gzip: Option<Members>,
}

/// The stream is no DEFLATE.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl Inflate {
    pub(crate) fn new(is_wrapped: bool, budget: &Budget) -> Result<Self, OverBudget> {
        let charge = Charge::new(budget, STATE + PIECE)?;
        let state = Decompress::new(is_wrapped);
        Ok(Inflate { state, out: Vec::with_capacity(PIECE), at: 0, charge, finished: false, gzip: None })
    }

    /// For a gzip stream: between two members, before the first.
    pub(crate) fn gzip(budget: &Budget) -> Result<Self, OverBudget> {
        Ok(Inflate { finished: true, gzip: Some(Members::default()), ..Inflate::new(false, budget)? })
    }

    /// Begins the next member of a gzip stream.
    pub(crate) fn next_member(&mut self) {
        self.state.reset(false);
        self.finished = false;
    }

    pub(crate) fn buffered(&self) -> &[u8] {
        self.out.get(self.at..).unwrap_or(&[])
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.out.len());
    }

    /// Makes room for `bytes` buffered in all.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.out.drain(..self.at);
        self.at = 0;
        let want = bytes.max(PIECE);
        if want > self.out.capacity() {
            self.charge.grow_to(STATE + want)?;
            self.out.reserve_exact(want - self.out.len());
        }
        Ok(())
    }

    /// Inflates `input` into the room that is left; returns how much of `input` was taken.
    pub(crate) fn inflate(&mut self, input: &[u8]) -> Result<usize, Corrupt> {
        let (before, length) = (self.state.total_in(), self.out.len());
        let status = self.state.decompress_vec(input, &mut self.out, FlushDecompress::None);
        if let Some(members) = &mut self.gzip {
            members.note(self.out.get(length..).unwrap_or(&[]));
        }
        self.finished = status.map_err(|_| Corrupt)? == Status::StreamEnd;
        Ok((self.state.total_in() - before) as usize)
    }

    pub(crate) fn has_room(&self) -> bool {
        self.out.len() < self.out.capacity()
    }
}

/// Whether DEFLATE that begins so stands in a zlib wrapper: the header is that of RFC 1950 2.2, and not at the same time a
/// stored block of RFC 1951 3.2.4, whose first byte may be the same.
pub(crate) fn is_zlib(head: &[u8]) -> bool {
    let Some(&[cmf, flags, a, b, c]) = head.first_chunk() else { return false };
    let wrapped = cmf & 0x0F == 8 && u16::from_be_bytes([cmf, flags]) % 31 == 0 && flags & 0x20 == 0;
    let stored = cmf & 0x06 == 0 && u16::from_le_bytes([flags, a]) == !u16::from_le_bytes([b, c]);
    wrapped && !stored
}
