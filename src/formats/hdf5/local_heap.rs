//! Local heaps (HDF5 File Format Specification, III.D): the names of an old group's links, or of external files.

use super::fault::Fault;
use super::fields::{Address, Fields, Parse};
use super::file::{Bytes, File};

const WHAT: &str = "local heap";
/// How far behind the header is read at once: the data segment mostly stands there.
const AHEAD: u64 = 1024;

/// The names of one heap.
#[derive(Debug)]
pub(super) struct LocalHeap {
    bytes: Bytes,
    /// Where the data segment stands in `bytes`.
    segment: std::ops::Range<usize>,
}

struct Header {
    size: u64,
    address: Address,
}

impl LocalHeap {
    /// Reads a heap's header and its data segment; both at once where they stand together.
    pub(super) async fn open(file: &File, address: Address) -> Result<LocalHeap, Fault> {
        let length = 8 + 2 * u64::from(file.widths.lengths) + u64::from(file.widths.offsets);
        let bytes = file.read_ahead(address, length, AHEAD, WHAT).await?;
        let header = file.decode(&bytes, bytes.offset, WHAT, header)?;
        let behind = header.address.checked_sub(address).and_then(|from| usize::try_from(from).ok());
        if let (Some(from), Ok(size)) = (behind, usize::try_from(header.size))
            && from.checked_add(size).is_some_and(|end| end <= bytes.len())
        {
            return Ok(LocalHeap { bytes, segment: from..from + size });
        }
        let bytes = file.read(header.address, header.size, "data segment of a local heap").await?;
        Ok(LocalHeap { segment: 0..bytes.len(), bytes })
    }

    /// The name that stands at an offset in the data segment, without its NUL.
    pub(super) fn name(&self, offset: u64) -> Parse<&[u8]> {
        let segment = self.bytes.get(self.segment.clone()).unwrap_or(&[]);
        let from = usize::try_from(offset).ok().and_then(|offset| segment.get(offset..));
        let name = from.ok_or("a name stands outside of the local heap")?;
        let end = name.iter().position(|byte| *byte == 0).ok_or("a name in the local heap has no end")?;
        Ok(&name[..end])
    }
}

/// The free list is not looked at: what is free has no name that points there.
fn header(fields: &mut Fields<'_>) -> Parse<Header> {
    fields.signature(b"HEAP")?;
    fields.version(0..=0)?;
    fields.skip(3)?;
    let size = fields.length()?;
    fields.length_or_all_ones()?;
    Ok(Header { size, address: fields.address()?.ok_or("its data segment has no address")? })
}
