//! The doubling table of a fractal heap (III.G): rows of blocks; from the third on, each row's blocks are twice as long as
//! those of the row before.

use super::fields::{Address, Fields, Parse};

/// How a heap's address space is divided into blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DoublingTable {
    /// The first block of the heap: a direct one where `root_rows` is 0.
    pub(super) root: Option<Address>,
    pub(super) root_rows: u32,
    /// How many blocks are in a row.
    pub(super) width: u32,
    /// The length of the blocks in the first row, as a power of two.
    start_bits: u32,
    /// The length of the longest direct blocks.
    most_direct_bits: u32,
    /// The length of the whole heap.
    heap_bits: u32,
}

/// The power of two that a size is.
fn bits(size: u64, what: &'static str) -> Parse<u32> {
    if size.is_power_of_two() { Ok(size.trailing_zeros()) } else { Err(what) }
}

impl DoublingTable {
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<DoublingTable> {
        let width = fields.u16()?;
        bits(width.into(), "its table's width is no power of two")?;
        let start_bits = bits(fields.length()?, "its first block's length is no power of two")?;
        let most_direct_bits = bits(fields.length()?, "its longest direct block's length is no power of two")?;
        let heap_bits = u32::from(fields.u16()?);
        fields.skip(2)?; // with how many rows it began
        let table = DoublingTable {
            root: fields.address()?,
            root_rows: u32::from(fields.u16()?),
            width: u32::from(width),
            start_bits,
            most_direct_bits,
            heap_bits,
        };
        if heap_bits > 64 || table.first_row_bits() > heap_bits || most_direct_bits < start_bits {
            return Err("its blocks' lengths don't fit the heap's");
        }
        if table.root_rows > heap_bits - table.first_row_bits() + 1 {
            return Err("its first block has more rows than the heap can have");
        }
        Ok(table)
    }

    fn first_row_bits(&self) -> u32 {
        self.start_bits + self.width.trailing_zeros()
    }

    /// The length of a row's blocks. A row is one that a heap can have.
    pub(super) fn block_length(&self, row: u32) -> u64 {
        1 << (self.start_bits + row.saturating_sub(1))
    }

    /// Where a row begins, from the start of its indirect block on.
    pub(super) fn row_offset(&self, row: u32) -> u64 {
        if row == 0 { 0 } else { 1 << (self.first_row_bits() + row - 1) }
    }

    /// How many rows have direct blocks; those behind have indirect ones.
    pub(super) fn direct_rows(&self) -> u32 {
        self.most_direct_bits - self.start_bits + 2
    }

    /// How many rows an indirect block in this row has: always fewer than the block that it is in.
    pub(super) fn rows_within(&self, row: u32) -> Option<u32> {
        row.checked_sub(self.width.trailing_zeros()).filter(|rows| (1..row.max(1)).contains(rows))
    }

    /// The width of an offset in the heap.
    pub(super) fn offset_width(&self) -> usize {
        self.heap_bits.div_ceil(8) as usize
    }

    /// The width of a length within a direct block.
    pub(super) fn length_width(&self) -> usize {
        self.most_direct_bits.div_ceil(8) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    fn table(width: u16, start: u64, direct: u64, heap: u16, rows: u16) -> Parse<DoublingTable> {
        let mut bytes = width.to_le_bytes().to_vec();
        bytes.extend(start.to_le_bytes());
        bytes.extend(direct.to_le_bytes());
        bytes.extend(heap.to_le_bytes());
        bytes.extend([1, 0]);
        bytes.extend(77u64.to_le_bytes());
        bytes.extend(rows.to_le_bytes());
        DoublingTable::decode(&mut Fields::new(&bytes, WIDTHS))
    }

    /// The sizes that libhdf5 gives the heaps of links.
    #[test]
    fn rows_double() {
        let table = table(4, 512, 65536, 32, 10).expect("sound");
        let rows: Vec<_> = (0..11).map(|row| (table.row_offset(row), table.block_length(row))).collect();
        assert_eq!(rows[..4], [(0, 512), (2048, 512), (4096, 1024), (8192, 2048)]);
        assert_eq!(rows[10], (1 << 20, 1 << 18));
        assert_eq!((table.direct_rows(), table.offset_width(), table.length_width()), (9, 4, 2));
        assert_eq!([9, 10, 11].map(|row| table.rows_within(row)), [Some(7), Some(8), Some(9)]);
    }

    #[test]
    fn sizes_that_are_none() {
        assert!(table(3, 512, 65536, 32, 1).is_err());
        assert!(table(4, 500, 65536, 32, 1).is_err());
        assert!(table(4, 512, 256, 32, 1).is_err());
        assert!(table(4, 512, 65536, 65, 1).is_err());
        assert!(table(4, 512, 65536, 32, 23).is_err());
        assert!(table(4, 1 << 63, 1 << 63, 64, 0).is_err());
        let edge = table(4, 512, 65536, 64, 54).expect("sound");
        assert_eq!((edge.row_offset(53), edge.block_length(53)), (1 << 63, 1 << 61));
        let one = table(1, 1 << 63, 1 << 63, 64, 2).expect("sound");
        assert_eq!((one.row_offset(1), one.block_length(1)), (1 << 63, 1 << 63));
        assert_eq!(table(4, 512, 512, 32, 3).expect("sound").rows_within(2), None);
    }
}
