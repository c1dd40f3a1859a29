//! The blocks of a fractal heap (III.G): direct ones with the managed objects, indirect ones that lead to others.

use super::checksum::is_sum;
use super::fault::Fault;
use super::fields::Address;
use super::file::{Bytes, File};
use super::filters;
use super::fractal_heap::Header;
use super::level;
use crate::budget::Charge;
use crate::engine::window::Stop;

const DIRECT: &str = "fractal heap direct block";
const INDIRECT: &str = "fractal heap indirect block";
const OBJECT: &str = "managed object of a fractal heap";
/// What a block takes beside its bytes.
const COST: usize = 160;

/// All blocks of a heap, in the order of their places in it.
#[derive(Debug)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    /// Where objects begin in a direct block.
    overhead: u64,
    header_offset: u64,
    _charge: Charge,
}

/// A direct block, or why all blocks in a part of the heap are missing.
#[derive(Debug)]
struct Block {
    offset: u64,
    length: u64,
    bytes: Result<Bytes, Fault>,
}

/// A block that is known and not read yet.
#[derive(Debug, Clone, Copy)]
struct Known {
    address: Address,
    /// In the heap.
    offset: u64,
    length: u64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Direct,
    /// How many bytes it takes in the file, and which filters were left out.
    Filtered(u64, u32),
    /// How many rows it has.
    Indirect(u32),
}

enum Read {
    Direct(Bytes),
    Indirect(Vec<Known>),
}

impl Blocks {
    /// Reads them all: every level is one round. An error only where the reading was stopped.
    pub(super) async fn read(file: &File, header: &Header) -> Result<Blocks, Fault> {
        let prefix = 5 + u64::from(file.widths.offsets) + header.table.offset_width() as u64;
        let overhead = prefix + 4 * u64::from(header.checksums);
        let mut charge = Charge::new(file.source.budget(), 0).map_err(|_| Stop::Limit)?;
        let mut blocks = Vec::new();
        let mut level: Vec<Known> = header.table.root.map(|root| Known::root(header, root)).into_iter().collect();
        let mut known = 0;
        while !level.is_empty() {
            known += level.len();
            charge.grow_to(known * COST).map_err(|_| Stop::Limit)?;
            let read = level::each(file, level.iter().copied(), |block| block.read(file, header)).await?;
            let mut below = Vec::new();
            for (Known { offset, length, .. }, read) in level.into_iter().zip(read) {
                match read {
                    Ok(Read::Direct(bytes)) => blocks.push(Block { offset, length, bytes: Ok(bytes) }),
                    Ok(Read::Indirect(children)) => below.extend(children),
                    Err(fault) => blocks.push(Block { offset, length, bytes: Err(fault) }),
                }
            }
            level = below;
        }
        blocks.sort_by_key(|block| block.offset);
        Ok(Blocks { blocks, overhead, header_offset: header.offset, _charge: charge })
    }

    /// What stands in the direct blocks behind the head of each.
    pub(super) fn managed(&self) -> impl Iterator<Item = &[u8]> {
        let sound = self.blocks.iter().filter_map(|block| block.bytes.as_ref().ok());
        sound.filter_map(|bytes| bytes.get(usize::try_from(self.overhead).ok()?..))
    }

    /// A managed object.
    pub(super) fn get(&self, offset: u64, length: u64) -> Result<Bytes, Fault> {
        let at = self.blocks.partition_point(|block| block.offset <= offset);
        let block = at.checked_sub(1).and_then(|at| self.blocks.get(at));
        let Some(block) = block.filter(|block| offset - block.offset < block.length) else {
            return Err(Fault::malformed(self.header_offset, OBJECT, "no block of the heap holds it"));
        };
        let bytes = block.bytes.as_ref().map_err(Clone::clone)?;
        let from = offset - block.offset;
        let to = from.saturating_add(length);
        if from < self.overhead || to > bytes.len() as u64 {
            return Err(Fault::malformed(bytes.offset, OBJECT, "it reaches out of its block"));
        }
        Ok(bytes.slice(from as usize, to as usize))
    }
}

impl Known {
    fn root(header: &Header, address: Address) -> Known {
        match (header.table.root_rows, &header.filters) {
            (0, filters) => {
                let kind =
                    filters.as_ref().map_or(Kind::Direct, |filters| Kind::Filtered(filters.root.0, filters.root.1));
                Known { address, offset: 0, length: header.table.block_length(0), kind }
            }
            (rows, _) => Known { address, offset: 0, length: u64::MAX, kind: Kind::Indirect(rows) },
        }
    }

    async fn read(self, file: &File, header: &Header) -> Result<Read, Fault> {
        let bytes = match self.kind {
            Kind::Indirect(rows) => return self.indirect(file, header, rows).await.map(Read::Indirect),
            Kind::Direct => file.read_bounded(self.address, self.length, DIRECT).await?,
            Kind::Filtered(stored, mask) => {
                let bytes = file.read_bounded(self.address, stored, DIRECT).await?;
                match &header.filters {
                    Some(filters) => filters::undo(file, &filters.pipeline, bytes, mask, self.length, DIRECT)?,
                    None => bytes,
                }
            }
        };
        let at = self.prefix(file, header, &bytes, b"FHDB", DIRECT)?;
        if header.checksums && !is_sound(file, &bytes, at)? {
            return Err(Fault::checksum(bytes.offset, DIRECT));
        }
        Ok(Read::Direct(bytes))
    }

    /// Checks what every block begins with; gives its length.
    fn prefix(
        self,
        file: &File,
        header: &Header,
        bytes: &Bytes,
        signature: &[u8; 4],
        what: &str,
    ) -> Result<usize, Fault> {
        file.decode(bytes, bytes.offset, what, |fields| {
            fields.signature(signature)?;
            fields.version(0..=0)?;
            if fields.address()? != Some(header.address) {
                return Err("it belongs to another heap");
            }
            // So a block stands in one place only, and the walk comes to an end.
            if fields.uint(header.table.offset_width())? != self.offset {
                return Err("it stands in another place than it says");
            }
            Ok(fields.position())
        })
    }

    async fn indirect(self, file: &File, header: &Header, rows: u32) -> Result<Vec<Known>, Fault> {
        let table = &header.table;
        let (address, filtered) = (u64::from(file.widths.offsets), header.filters.is_some());
        let direct = address + if filtered { u64::from(file.widths.lengths) + 4 } else { 0 };
        let direct_rows = u64::from(rows.min(table.direct_rows()));
        let entries = u64::from(table.width) * (direct_rows * direct + (u64::from(rows) - direct_rows) * address);
        let length = 5 + address + table.offset_width() as u64 + entries + 4;
        let bytes = file.checked(file.read_bounded(self.address, length, INDIRECT).await?, INDIRECT)?;
        let entries = self.prefix(file, header, &bytes, b"FHIB", INDIRECT)?;
        file.decode(&bytes, bytes.offset, INDIRECT, |fields| {
            fields.skip(entries)?;
            let mut children = Vec::new();
            for row in 0..rows {
                let length = table.block_length(row);
                for column in 0..table.width {
                    let address = fields.address()?;
                    let kind = match (row < table.direct_rows(), filtered) {
                        (true, true) => Kind::Filtered(fields.length()?, fields.u32()?),
                        (true, false) => Kind::Direct,
                        (false, _) => Kind::Indirect(table.rows_within(row).unwrap_or(0)),
                    };
                    let Some(address) = address else { continue };
                    if matches!(kind, Kind::Indirect(0)) {
                        return Err("it leads to a block without rows");
                    }
                    let offset = table.row_offset(row).checked_add(u64::from(column) * length);
                    let offset = offset.and_then(|offset| offset.checked_add(self.offset));
                    let offset = offset.ok_or("it leads out of the heap")?;
                    children.push(Known { address, offset, length, kind });
                }
            }
            Ok(children)
        })
    }
}

/// True if the checksum at `at` is that of the whole block, with zeros in its own place. (III.G does not say so; that of a
/// filtered block is the unfiltered one's.)
fn is_sound(file: &File, block: &Bytes, at: usize) -> Result<bool, Fault> {
    let _charge = Charge::new(file.source.budget(), block.len()).map_err(|_| Stop::Limit)?;
    let mut bytes = block.to_vec();
    let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) else { return Ok(false) };
    let stored = u32::from_le_bytes(std::mem::take(field));
    Ok(is_sum(&bytes, stored))
}
