//! The manifest of a chunked array, and how it is written.

use std::io::{self, Write};

use super::super::fault::Damage;
use super::implicit::Implicit;
use super::list::{Chunk, List};
use crate::document::json;

/// Where the chunks of an array are.
#[derive(Debug)]
pub(in crate::formats) struct Manifest {
    /// What could not be read. Where there is any, other chunks than those listed may be in the file.
    pub(in super::super) damages: Vec<Damage>,
    pub(super) chunks: Chunks,
}

#[derive(Debug)]
pub(super) enum Chunks {
    Listed(List),
    Implicit(Implicit),
}

impl Manifest {
    /// How many chunks the file has; `None` where that can't be known.
    pub(in super::super) fn count(&self) -> Option<u64> {
        let count = match &self.chunks {
            Chunks::Listed(list) => list.len() as u64,
            Chunks::Implicit(implicit) => implicit.count(),
        };
        self.damages.is_empty().then_some(count)
    }

    /// How many bytes they take; `None` where that can't be known.
    pub(in super::super) fn stored_bytes(&self) -> Option<u64> {
        let bytes = match &self.chunks {
            Chunks::Listed(list) => list.iter().fold(0u64, |sum, (_, chunk)| sum.saturating_add(chunk.size)),
            Chunks::Implicit(implicit) => implicit.stored_bytes(),
        };
        self.damages.is_empty().then_some(bytes)
    }

    /// Writes the chunks as they stand in a document, in row-major order.
    pub(in crate::formats) fn write_chunks(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let mut first = true;
        let mut one = |place: &[u64], chunk: Chunk| {
            out.write_all(if first { b"[" } else { b"," })?;
            first = false;
            write(out, place, chunk)
        };
        match &self.chunks {
            Chunks::Listed(list) => list.iter().try_for_each(|(place, chunk)| one(place, chunk))?,
            Chunks::Implicit(implicit) => implicit.each(one)?,
        }
        out.write_all(if first { b"[]" } else { b"]" })
    }

    /// Writes `"stored_bytes":…,"chunk_count":…,"chunks":…`, the members of an array's entry.
    pub(in crate::formats) fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        for (key, number) in [(&b"\"stored_bytes\":"[..], self.stored_bytes()), (b",\"chunk_count\":", self.count())] {
            out.write_all(key)?;
            match number {
                Some(number) => json::integer(out, number)?,
                None => out.write_all(b"null")?,
            }
        }
        out.write_all(b",\"chunks\":")?;
        self.write_chunks(out)
    }
}

/// `[[i,j],offset,length,filter_mask]`
fn write(out: &mut (impl Write + ?Sized), place: &[u64], chunk: Chunk) -> io::Result<()> {
    let mut before: &[u8] = b"[[";
    for number in place {
        out.write_all(before)?;
        json::integer(out, *number)?;
        before = b",";
    }
    out.write_all(b"],")?;
    json::integer(out, chunk.offset)?;
    out.write_all(b",")?;
    json::integer(out, chunk.size)?;
    out.write_all(b",")?;
    json::integer(out, chunk.mask)?;
    out.write_all(b"]")
}
