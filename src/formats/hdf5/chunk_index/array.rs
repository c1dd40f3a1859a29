//! What fixed and extensible arrays have in common: blocks of elements, one for each place of the grid.

use super::super::fault::Fault;
use super::super::fields::{Address, Fields, Parse, Widths};
use super::super::file::{Bytes, File};
use super::super::layout::Chunked;
use super::grid::Grid;
use super::walk::Walk;

/// An array of chunks.
pub(super) struct Array<'a> {
    grid: &'a Grid,
    chunk_bytes: u64,
    /// Its header, which its blocks name.
    address: Address,
    pub(super) element: Element,
}

/// What an element looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) client: u8,
    pub(super) length: u64,
    /// The width of the stored size, where chunks are filtered.
    size_width: Option<usize>,
}

impl Element {
    /// Reads what an array is used for, and the size of an element. It follows from both how wide the stored size is.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Element> {
        let Widths { offsets, .. } = fields.widths();
        let (client, length) = (fields.u8()?, fields.u8()?);
        let size_width = match (client, length.checked_sub(offsets)) {
            (0, Some(0)) => None,
            (1, Some(rest @ 5..=12)) => Some(usize::from(rest) - 4),
            (0 | 1, _) => return Err("its elements have another size than they need"),
            _ => return Err("its elements are no chunks"),
        };
        Ok(Element { client, length: length.into(), size_width })
    }
}

impl<'a> Array<'a> {
    pub(super) fn new(layout: &Chunked, grid: &'a Grid, address: Address, element: Element) -> Self {
        Array { grid, chunk_bytes: layout.chunk_bytes, address, element }
    }

    /// What every block begins with: signature, version, client, the address of the header.
    pub(super) fn prefix(&self, fields: &mut Fields<'_>, signature: &[u8; 4]) -> Parse<()> {
        fields.signature(signature)?;
        fields.version(0..=0)?;
        if fields.u8()? != self.element.client {
            return Err("it belongs to another kind of array");
        }
        if fields.address()? != Some(self.address) {
            return Err("it belongs to another array");
        }
        Ok(())
    }

    /// How many bytes [`Array::prefix`] reads.
    pub(super) fn prefix_length(widths: Widths) -> u64 {
        6 + u64::from(widths.offsets)
    }

    /// How many bytes so many elements take.
    pub(super) fn length(&self, elements: u64) -> Parse<u64> {
        elements.checked_mul(self.element.length).ok_or("it has more elements than any file can hold")
    }

    /// Lists the chunks of elements, the first of which has this number.
    pub(super) fn list(
        &self,
        walk: &mut Walk<'_>,
        elements: &[u8],
        first: u64,
        offset: u64,
        what: &str,
    ) -> Result<(), Fault> {
        let malformed = |why| Fault::malformed(offset, what, why);
        let mut place = vec![0; self.grid.rank()];
        let mut fields = Fields::new(elements, walk.file.widths);
        let mut number = first;
        while !fields.is_empty() {
            let (address, size, mask) = self.one(&mut fields).map_err(malformed)?;
            if let Some(address) = address {
                self.grid.place(number, &mut place);
                walk.chunk(&place, address, size, mask)?;
            }
            number = number.checked_add(1).ok_or("its elements are over 64 bits").map_err(malformed)?;
        }
        Ok(())
    }

    fn one(&self, fields: &mut Fields<'_>) -> Parse<(Option<Address>, u64, u32)> {
        let address = fields.address()?;
        Ok(match self.element.size_width {
            Some(width) => (address, fields.uint(width)?, fields.u32()?),
            None => (address, self.chunk_bytes, 0),
        })
    }
}

/// Reads a part of an array, as long as other parts of it say; its checksum is verified.
pub(super) async fn part(file: &File, address: Address, length: u64, what: &str) -> Result<Bytes, Fault> {
    file.checked(file.read_bounded(address, length, what).await?, what)
}

/// True if the bit with this number is set; the first is the highest of the first byte.
pub(super) fn bit(bits: &[u8], number: u64) -> bool {
    let byte = usize::try_from(number / 8).ok().and_then(|byte| bits.get(byte));
    byte.is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0)
}
