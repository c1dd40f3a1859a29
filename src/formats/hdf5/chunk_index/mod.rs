//! Chunk indexes (HDF5 File Format Specification, III.A and VII): where each chunk of an array is. Read for a manifest only.

mod array;
mod btree1;
mod btree2;
mod extensible_array;
mod fixed_array;
mod grid;
mod implicit;
mod list;
mod manifest;
mod walk;

use super::fault::Fault;
use super::fields::{Address, Parse};
use super::file::File;
use super::layout::{Chunked, Index};
use crate::document::warnings::Code;
use crate::engine::window::Stop;
use grid::Grid;
use implicit::Implicit;
use manifest::Chunks;
pub(in crate::formats) use manifest::Manifest;
use walk::Walk;

const WHAT: &str = "chunk index";

/// Lists the chunks of an array of this shape. An error only where the whole reading was stopped: what is wrong with the index,
/// or too much for the memory limit, is a damage in the manifest.
///
/// `max_shape` must be that of the dataspace, `None` for an unlimited dimension: arrays of chunks are laid out by it. `k` is
/// that of B-trees of chunks, from the superblock or its extension; 32 where neither says it.
pub(super) async fn chunks(
    file: &File,
    layout: &Chunked,
    shape: &[u64],
    max_shape: &[Option<u64>],
    k: u16,
) -> Result<Manifest, Stop> {
    let offset = file.offset(layout.address.unwrap_or(0));
    let mut walk = Walk::new(file, shape.len(), offset)?;
    let read = match grid(layout, shape, max_shape) {
        Ok(Some((address, grid))) => read(&mut walk, layout, &grid, address, k).await,
        Ok(None) => Ok(()),
        Err(why) => Err(Fault::malformed(offset, WHAT, why)),
    };
    let whole = match read {
        Ok(()) => return Ok(walk.into_manifest()),
        Err(Fault::Stop(Stop::Limit)) => {
            let why = "chunk index: the memory limit does not allow to list the chunks";
            Fault::new(Code::MemoryLimit, offset, why)
        }
        Err(fault) => fault,
    };
    // The chunks of other arrays may fit, or be sound.
    drop(walk);
    let mut walk = Walk::new(file, shape.len(), offset)?;
    walk.pass::<()>(Err(whole))?;
    Ok(walk.into_manifest())
}

/// Reads an index of any kind. What is wrong with a part of it is noted in the walk; an error: nothing of it can be used.
async fn read(walk: &mut Walk<'_>, layout: &Chunked, grid: &Grid, address: Address, k: u16) -> Result<(), Fault> {
    match layout.index {
        Index::BTree1 => btree1::walk(walk, layout, address, k).await,
        Index::Single(filtered) => {
            let (size, mask) = filtered.unwrap_or((layout.chunk_bytes, 0));
            walk.chunk(&vec![0; grid.rank()], address, size, mask)
        }
        Index::Implicit => {
            let implicit = Implicit::new(walk.file, layout, grid);
            let implicit = implicit.map_err(|why| Fault::malformed(walk.file.offset(address), WHAT, why))?;
            walk.chunks = Chunks::Implicit(implicit);
            Ok(())
        }
        Index::FixedArray => fixed_array::walk(walk, layout, grid, address).await,
        Index::ExtensibleArray => extensible_array::walk(walk, layout, grid, address).await,
        Index::BTree2 => btree2::walk(walk, layout, address).await,
    }
}

/// `None`: no chunk can be there.
fn grid(layout: &Chunked, shape: &[u64], max_shape: &[Option<u64>]) -> Parse<Option<(Address, Grid)>> {
    if layout.shape.len() != shape.len() || max_shape.len() != shape.len() {
        return Err("its chunks have another rank than the array");
    }
    let address = layout.address.filter(|_| !shape.contains(&0));
    Ok(address.map(|address| (address, Grid::new(&layout.shape, shape, max_shape))))
}

#[cfg(test)]
mod tests;
