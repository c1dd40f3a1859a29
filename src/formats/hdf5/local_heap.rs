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
            file.source.used(size);
            return Ok(LocalHeap { bytes, segment: from..from + size });
        }
        let bytes = file.read_bounded(header.address, header.size, "data segment of a local heap").await?;
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

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;
    use crate::document::warnings::Code;

    /// A heap at 8 whose data segment of `size` bytes stands at `segment`, where its names begin.
    fn heap(size: u64, segment: u64) -> Vec<u8> {
        let mut bytes = vec![0xEE; 8];
        bytes.extend(b"HEAP\0\0\0\0");
        bytes.extend(size.to_le_bytes());
        bytes.extend(u64::MAX.to_le_bytes());
        bytes.extend(segment.to_le_bytes());
        bytes.resize(segment as usize, 0xEE);
        bytes.extend(b"\0\0\0\0\0\0\0\0name\0\0\0\0nul-less");
        bytes
    }

    #[test]
    fn a_heap_is_read_in_one_round_where_it_stands_together() {
        for (segment, rounds) in [(40, 1), (4000, 2)] {
            read(&heap(24, segment), async |file: &File| {
                let heap = LocalHeap::open(file, 8).await.expect("a heap");
                assert_eq!(
                    (heap.name(0), heap.name(8), heap.name(10)),
                    (Ok(&b""[..]), Ok(&b"name"[..]), Ok(&b"me"[..]))
                );
                assert!(heap.name(16).is_err() && heap.name(24).is_err() && heap.name(u64::MAX).is_err());
                assert_eq!(file.source.shared().window().round.rounds, rounds);
            });
        }
    }

    #[test]
    fn what_is_no_heap_is_said() {
        let code = |bytes: &[u8]| {
            read(bytes, async |file: &File| match LocalHeap::open(file, 8).await {
                Err(Fault::Damage(damage)) => Some((damage.code, damage.offset)),
                _ => None,
            })
        };
        assert_eq!(code(&heap(25, 40)), Some((Code::Truncated, 40)));
        assert_eq!(code(&heap(u64::MAX, 40)), Some((Code::MemoryLimit, 40)));
        assert_eq!(code(&heap(24, 40)[..39]), Some((Code::Truncated, 8)));
        let mut other = heap(24, 40);
        other[12] = 1;
        assert_eq!(code(&other), Some((Code::Malformed, 8)));
    }
}
