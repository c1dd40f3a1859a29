//! The data layout message (HDF5 File Format Specification, IV.A.2.i): where an array's elements are.

use std::ops::Range;

use super::fields::{Address, Fields, Parse, Widths};

/// Where the elements are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// Inside the message itself.
    Compact { position: usize, size: u64 },
    /// In one piece; `address` is `None` where nothing was written yet. Versions 1 and 2 store no `size`, but dimensions of
    /// 32 bits which larger ones were cut to: there it is the number of elements times their size.
    Contiguous { address: Option<Address>, size: Option<u64> },
    /// In chunks of equal shape.
    Chunked(Chunked),
    /// In other datasets: the mappings are an object in a global heap, unless there are none.
    Virtual { heap: Option<Address>, index: u32 },
}

/// Chunks, and what tells where each one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Chunked {
    /// A chunk's shape, slowest dimension first. None of them is 0.
    pub(in crate::formats) shape: Vec<u64>,
    /// Bytes of one chunk before filters.
    pub(super) chunk_bytes: u64,
    pub(super) index: Index,
    /// Where the index is (a single chunk, or implicitly indexed ones: where they are); `None` before the first chunk was written.
    pub(super) address: Option<Address>,
    /// Chunks that reach over the array's end are stored without filters.
    pub(super) edges_unfiltered: bool,
}

/// The kinds of chunk index. Their parameters stand in the message and again in the index itself, from where they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    BTree1,
    /// One chunk; the size and filter mask of a filtered one stand in the message.
    Single(Option<(u64, u32)>),
    Implicit,
    FixedArray,
    ExtensibleArray,
    BTree2,
}

const COMPACT: u8 = 0;
const CONTIGUOUS: u8 = 1;
const CHUNKED: u8 = 2;
const VIRTUAL: u8 = 3;

/// The rank that libhdf5 allows, and one for the size of an element.
const MOST_DIMENSIONS: usize = 33;

const EDGES_UNFILTERED: u8 = 1;
const SINGLE_FILTERED: u8 = 2;

const UNKNOWN_CLASS: &str = "its layout class is not known";

/// Decodes the message; positions count from its first byte.
pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Layout> {
    let version = fields.version(1..=5)?;
    if version < 3 {
        return decode_old(fields);
    }
    match fields.u8()? {
        COMPACT => {
            let size = fields.u16()?.into();
            compact(fields, size)
        }
        CONTIGUOUS => Ok(Layout::Contiguous { address: fields.address()?, size: Some(fields.length()?) }),
        CHUNKED if version == 3 => {
            let dimensions = fields.u8()?.into();
            let address = fields.address()?;
            chunked(fields, dimensions, 4, |_| Ok((Index::BTree1, address, false)))
        }
        CHUNKED => {
            let flags = fields.u8()?;
            if flags & !(EDGES_UNFILTERED | SINGLE_FILTERED) != 0 {
                return Err("its chunks have flags that are not known");
            }
            let dimensions = fields.u8()?.into();
            let width = fields.u8()?.into();
            if !(1..=8).contains(&width) {
                return Err("its chunk dimensions have no width from 1 to 8");
            }
            chunked(fields, dimensions, width, |fields| {
                let index = index(fields, flags)?;
                Ok((index, fields.address()?, flags & EDGES_UNFILTERED != 0))
            })
        }
        VIRTUAL if version > 3 => Ok(Layout::Virtual { heap: fields.address()?, index: fields.u32()? }),
        _ => Err(UNKNOWN_CLASS),
    }
}

/// Versions 1 and 2, which name the dimensions of every class.
fn decode_old(fields: &mut Fields<'_>) -> Parse<Layout> {
    let dimensions = fields.u8()?.into();
    let class = fields.u8()?;
    fields.skip(5)?;
    match class {
        COMPACT => {
            fields.skip(4 * dimensions)?;
            let size = fields.u32()?.into();
            compact(fields, size)
        }
        CONTIGUOUS => Ok(Layout::Contiguous { address: fields.address()?, size: None }),
        CHUNKED => {
            let address = fields.address()?;
            chunked(fields, dimensions, 4, |_| Ok((Index::BTree1, address, false)))
        }
        _ => Err(UNKNOWN_CLASS),
    }
}

fn compact(fields: &mut Fields<'_>, size: u64) -> Parse<Layout> {
    let position = fields.position();
    if size > fields.rest().len() as u64 {
        return Err("its data is longer than the message");
    }
    Ok(Layout::Compact { position, size })
}

/// The chunk dimensions, the last of which is the size of an element, then what `index` decodes.
fn chunked<'a>(
    fields: &mut Fields<'a>,
    dimensions: usize,
    width: usize,
    index: impl FnOnce(&mut Fields<'a>) -> Parse<(Index, Option<Address>, bool)>,
) -> Parse<Layout> {
    if !(2..=MOST_DIMENSIONS).contains(&dimensions) {
        return Err("its chunks have no dimensions, or too many");
    }
    let mut shape = (0..dimensions).map(|_| fields.uint(width)).collect::<Parse<Vec<u64>>>()?;
    let chunk_bytes = shape.iter().try_fold(1u64, |bytes, length| bytes.checked_mul(*length));
    let chunk_bytes = chunk_bytes.ok_or("its chunks are over 64 bits")?;
    if chunk_bytes == 0 {
        return Err("its chunks are empty");
    }
    shape.pop();
    let (index, address, edges_unfiltered) = index(fields)?;
    Ok(Layout::Chunked(Chunked { shape, chunk_bytes, index, address, edges_unfiltered }))
}

/// Where the address of the elements, or of the index of chunks, stands in the message; `None`: there is none, or the version is
/// an old one.
pub(super) fn address_in(message: &[u8], widths: Widths) -> Option<Range<usize>> {
    let width = usize::from(widths.offsets);
    let start = match message {
        [3..=u8::MAX, CONTIGUOUS, ..] => 2,
        [3, CHUNKED, ..] => 3,
        [4..=u8::MAX, CHUNKED, ..] => {
            let mut fields = Fields::new(message, widths);
            decode(&mut fields).ok()?;
            fields.position().checked_sub(width)? // it is the last field
        }
        _ => return None,
    };
    (start + width <= message.len()).then_some(start..start + width)
}

fn index(fields: &mut Fields<'_>, flags: u8) -> Parse<Index> {
    match fields.u8()? {
        1 if flags & SINGLE_FILTERED != 0 => Ok(Index::Single(Some((fields.length()?, fields.u32()?)))),
        1 => Ok(Index::Single(None)),
        2 => Ok(Index::Implicit),
        3 => fields.skip(1).map(|()| Index::FixedArray),
        4 => fields.skip(5).map(|()| Index::ExtensibleArray),
        5 => fields.skip(6).map(|()| Index::BTree2),
        _ => Err("its chunk index is not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    fn of(bytes: &[u8]) -> Parse<Layout> {
        decode(&mut Fields::new(bytes, WIDTHS))
    }

    fn chunks(shape: &[u64], chunk_bytes: u64, index: Index, address: Option<Address>) -> Parse<Layout> {
        Ok(Layout::Chunked(Chunked { shape: shape.into(), chunk_bytes, index, address, edges_unfiltered: false }))
    }

    #[test]
    fn old_versions() {
        let contiguous = [1, 1, 1, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];
        assert_eq!(of(&contiguous), Ok(Layout::Contiguous { address: Some(2048), size: None }));
        let chunked = [2, 3, 2, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0];
        assert_eq!(of(&chunked), chunks(&[3, 5], 60, Index::BTree1, Some(2048)));
        assert!(of(&chunked[..27]).is_err());
        let compact = [2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 7, 7, 7, 7];
        assert_eq!(of(&compact), Ok(Layout::Compact { position: 16, size: 4 }));
        assert!(of(&compact[..19]).is_err());
    }

    #[test]
    fn version_3() {
        assert_eq!(of(&[3, 0, 2, 0, 9, 9]), Ok(Layout::Compact { position: 4, size: 2 }));
        let unwritten = [3, 1, 255, 255, 255, 255, 255, 255, 255, 255, 40, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(of(&unwritten), Ok(Layout::Contiguous { address: None, size: Some(40) }));
        let mut chunked = [3, 2, 2, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];
        assert_eq!(of(&chunked), chunks(&[3], 12, Index::BTree1, Some(2048)));
        chunked[11] = 0;
        assert_eq!(of(&chunked), Err("its chunks are empty"));
        assert!(of(&[3, 3, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]).is_err(), "virtual came with version 4");
    }

    /// The chunk dimensions have the width that the message says, whatever the version.
    #[test]
    fn versions_4_and_5() {
        for version in [4, 5] {
            let at = |index: &[u8]| {
                let mut bytes = vec![version, 2, 0, 2, 3, 0, 0, 1, 4, 0, 0];
                bytes.extend(index);
                bytes.extend([0, 8, 0, 0, 0, 0, 0, 0]);
                of(&bytes)
            };
            let chunks = |index| chunks(&[65536], 262_144, index, Some(2048));
            assert_eq!(at(&[1]), chunks(Index::Single(None)));
            assert_eq!(at(&[2]), chunks(Index::Implicit));
            assert_eq!(at(&[3, 10]), chunks(Index::FixedArray));
            assert_eq!(at(&[4, 32, 4, 4, 16, 10]), chunks(Index::ExtensibleArray));
            assert_eq!(at(&[5, 0, 8, 0, 0, 100, 40]), chunks(Index::BTree2));
            assert!(at(&[0]).is_err() && at(&[6]).is_err());
            let filtered = [version, 2, 3, 2, 1, 5, 4, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0];
            let of_filtered = match of(&filtered) {
                Ok(Layout::Chunked(chunked)) => Some((chunked.index, chunked.edges_unfiltered)),
                _ => None,
            };
            assert_eq!(of_filtered, Some((Index::Single(Some((9, 1))), true)));
            let heap = Layout::Virtual { heap: Some(2048), index: 1 };
            assert_eq!(of(&[version, 3, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]), Ok(heap));
        }
    }

    #[test]
    fn the_address_stands_where_it_is_read() {
        let mut single = vec![4, 2, 3, 2, 1, 5, 4, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0];
        let mut btree = vec![5, 2, 0, 2, 1, 5, 4, 5, 0, 8, 0, 0, 100, 40, 0, 8, 0, 0, 0, 0, 0, 0];
        let mut contiguous = vec![3, 1, 0, 8, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0];
        let mut chunked = vec![3, 2, 2, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];
        for message in [&mut single, &mut btree, &mut contiguous, &mut chunked] {
            let range = address_in(message, WIDTHS).expect("an address");
            message[range].copy_from_slice(&0x1122_3344_5566_7788_u64.to_le_bytes());
            let address = match of(message) {
                Ok(Layout::Contiguous { address, .. }) => address,
                Ok(Layout::Chunked(chunked)) => chunked.address,
                _ => None,
            };
            assert_eq!(address, Some(0x1122_3344_5566_7788));
        }
        let old = [1, 1, 1, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];
        for none in [&old[..], &[3, 0, 2, 0, 9, 9], &contiguous[..9], &btree[..20], &[]] {
            assert_eq!(address_in(none, WIDTHS), None, "{none:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut huge = vec![4, 2, 0, 3, 8];
        [u64::MAX / 2, 3, 4].iter().for_each(|length: &u64| huge.extend(length.to_le_bytes()));
        assert_eq!(of(&huge), Err("its chunks are over 64 bits"));
        assert_eq!(of(&huge[..28]), Err("it ends early"));
        assert!(of(&[4, 2, 4, 2, 1, 5, 4, 1]).is_err_and(|why| why.contains("flags")));
        assert!(of(&[4, 2, 0, 2, 9, 5, 4, 1]).is_err_and(|why| why.contains("width")));
        assert!(of(&[4, 2, 0, 1, 1, 5, 4, 1]).is_err_and(|why| why.contains("dimensions")));
        assert!(of(&[6, 1]).is_err() && of(&[]).is_err());
    }
}
