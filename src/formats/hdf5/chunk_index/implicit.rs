//! The implicit index (VII.B): all chunks stand one behind the other, so that nothing is read and nothing is kept.

use std::io;

use super::super::fields::Parse;
use super::super::file::File;
use super::super::layout::Chunked;
use super::grid::Grid;
use super::list::Chunk;

/// Chunks that are found by counting.
#[derive(Debug)]
pub(super) struct Implicit {
    grid: Grid,
    /// Absolute.
    offset: u64,
    chunk_bytes: u64,
    count: u64,
}

impl Implicit {
    pub(super) fn new(file: &File, layout: &Chunked, grid: &Grid) -> Parse<Implicit> {
        const LARGE: &str = "its chunks reach over 64 bits";
        let offset = file.offset(layout.address.ok_or("its chunks have no address")?);
        let last: Vec<u64> = grid.now.iter().map(|count| count.saturating_sub(1)).collect();
        let end = grid
            .number(&last)
            .and_then(|last| last.checked_add(1)?.checked_mul(layout.chunk_bytes)?.checked_add(offset));
        end.ok_or(LARGE)?;
        let count = grid.now.iter().try_fold(1u64, |count, length| count.checked_mul(*length)).ok_or(LARGE)?;
        Ok(Implicit { grid: grid.clone(), offset, chunk_bytes: layout.chunk_bytes, count })
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.count.saturating_mul(self.chunk_bytes)
    }

    /// Calls `with` for each chunk, in row-major order.
    pub(super) fn each(&self, mut with: impl FnMut(&[u64], Chunk) -> io::Result<()>) -> io::Result<()> {
        let mut place = vec![0; self.grid.rank()];
        for _ in 0..self.count {
            let number = self.grid.number(&place).unwrap_or(0);
            let offset = self.offset.saturating_add(number.saturating_mul(self.chunk_bytes));
            with(&place, Chunk { offset, size: self.chunk_bytes, mask: 0 })?;
            for (place, count) in place.iter_mut().zip(&self.grid.now).rev() {
                *place += 1;
                if *place < *count {
                    break;
                }
                *place = 0;
            }
        }
        Ok(())
    }
}
