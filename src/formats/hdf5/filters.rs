//! The filters that this library can undo: deflate, shuffle, fletcher32.

use flate2::{Decompress, FlushDecompress, Status};

use super::fault::Fault;
use super::file::{Bytes, File};
use super::filter_pipeline::Filter;
use crate::budget::Charge;
use crate::document::warnings::Code;
use crate::engine::window::Stop;

const DEFLATE: u16 = 1;
/// What an inflater and its window take.
const INFLATER: usize = 48 << 10;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
/// More than deflate can make of one byte.
const DEFLATE_RATIO: usize = 1032;

/// Undoes the filters that bytes went through, the last first, but for those in `mask`; gives `length` bytes.
pub(super) fn undo(
    file: &File,
    filters: &[Filter],
    bytes: Bytes,
    mask: u32,
    length: u64,
    what: &str,
) -> Result<Bytes, Fault> {
    let offset = bytes.offset;
    let most = file.bounded(length, offset, what)?;
    // What a filter may add to what comes into it: checksums, and what can't be compressed.
    let most = most + most / 8 + 64 * filters.len();
    let mut bytes = bytes;
    for (at, filter) in filters.iter().enumerate().rev() {
        if at < 32 && mask >> at & 1 == 1 {
            continue;
        }
        bytes = match filter.id {
            DEFLATE => {
                let room = most.min(bytes.len().saturating_mul(DEFLATE_RATIO) + 64);
                let mut charge = Charge::new(file.source.budget(), room + INFLATER).map_err(|_| Stop::Limit)?;
                let inflated = inflate(&bytes, room).ok_or_else(|| {
                    Fault::new(Code::DeflateError, offset, format!("{what}: its compressed stream is damaged"))
                })?;
                charge.shrink_to(room);
                Bytes::made(inflated, charge, offset)
            }
            SHUFFLE => {
                let charge = Charge::new(file.source.budget(), bytes.len()).map_err(|_| Stop::Limit)?;
                let size = filter.params.first().map_or(1, |size| *size as usize);
                Bytes::made(unshuffle(&bytes, size), charge, offset)
            }
            FLETCHER32 => match bytes.split_last_chunk::<4>() {
                Some((data, sum)) if is_sum(fletcher32(data), u32::from_le_bytes(*sum)) => {
                    bytes.slice(0, bytes.len() - 4)
                }
                _ => return Err(Fault::checksum(offset, what)),
            },
            id => return Err(Fault::unsupported(offset, what, &format!("it is compressed with filter {id}"))),
        };
    }
    if bytes.len() as u64 != length {
        return Err(Fault::malformed(offset, what, "its filters give another length than it should have"));
    }
    Ok(bytes)
}

/// Inflates a zlib stream to at most `room` bytes.
fn inflate(input: &[u8], room: usize) -> Option<Vec<u8>> {
    let mut state = Decompress::new(true);
    let mut output = Vec::with_capacity(room);
    loop {
        let (taken, made) = (state.total_in(), output.len());
        let rest = input.get(usize::try_from(taken).ok()?..)?;
        let status = state.decompress_vec(rest, &mut output, FlushDecompress::Finish).ok()?;
        if status == Status::StreamEnd {
            return Some(output);
        }
        if state.total_in() == taken && output.len() == made {
            return None;
        }
    }
}

/// Puts the bytes of elements together again: first stand the first bytes of all elements, then the second ones.
fn unshuffle(input: &[u8], size: usize) -> Vec<u8> {
    let count = input.len().checked_div(size).unwrap_or(0);
    if size < 2 || count < 2 {
        return input.to_vec();
    }
    let (planes, rest) = input.split_at(count * size);
    let mut output = Vec::with_capacity(input.len());
    for element in 0..count {
        output.extend(planes.iter().skip(element).step_by(count));
    }
    output.extend_from_slice(rest);
    output
}

/// Fletcher's checksum over big-endian 16-bit words.
fn fletcher32(data: &[u8]) -> u32 {
    let fold = |sum: u32| (sum & 0xFFFF) + (sum >> 16);
    let (mut low, mut high) = (0u32, 0u32);
    for run in data.chunks(720) {
        for word in run.chunks(2) {
            low += u32::from(word[0]) << 8 | u32::from(word.get(1).copied().unwrap_or(0));
            high += low;
        }
        (low, high) = (fold(low), fold(high));
    }
    fold(high) << 16 | fold(low)
}

/// HDF5 before 1.6.3 stored the sum with the bytes of each half exchanged on little-endian machines.
fn is_sum(computed: u32, stored: u32) -> bool {
    let exchanged = (computed & 0x00FF_00FF) << 8 | computed >> 8 & 0x00FF_00FF;
    stored == computed || stored == exchanged
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    fn pipeline(ids: &[u16]) -> Vec<Filter> {
        let params = |id| if id == SHUFFLE { vec![4] } else { vec![] };
        ids.iter().map(|id| Filter { id: *id, flags: 0, name: None, params: params(*id) }).collect()
    }

    fn undone(filters: &[Filter], stored: &[u8], mask: u32, length: u64) -> Result<Vec<u8>, Fault> {
        read(stored, async |file| {
            let bytes = file.read(0, stored.len() as u64, "test").await?;
            undo(file, filters, bytes, mask, length, "test").map(|bytes| bytes.to_vec())
        })
    }

    #[test]
    fn the_last_filter_is_undone_first() {
        let data: Vec<u8> = (0..20i32).flat_map(i32::to_le_bytes).collect();
        let shuffled: Vec<u8> = (0..4).flat_map(|byte| data.iter().skip(byte).step_by(4).copied()).collect();
        assert_eq!(undone(&pipeline(&[SHUFFLE]), &shuffled, 0, 80).as_deref(), Ok(&data[..]));
        assert_eq!(undone(&pipeline(&[SHUFFLE]), &shuffled, 1, 80).as_deref(), Ok(&shuffled[..]), "left out");
        let mut deflated = flate2::Compress::new(flate2::Compression::default(), true);
        let mut stored = Vec::with_capacity(200);
        deflated.compress_vec(&shuffled, &mut stored, flate2::FlushCompress::Finish).expect("room");
        let cut = stored.len() - 8;
        assert_eq!(undone(&pipeline(&[SHUFFLE, DEFLATE]), &stored, 0, 80).as_deref(), Ok(&data[..]));
        assert!(undone(&pipeline(&[SHUFFLE, DEFLATE]), &stored, 0, 79).is_err(), "another length");
        assert!(undone(&pipeline(&[SHUFFLE, DEFLATE]), &stored[..cut], 0, 80).is_err(), "cut");
        stored.extend(fletcher32(&stored).to_le_bytes());
        assert_eq!(undone(&pipeline(&[SHUFFLE, DEFLATE, FLETCHER32]), &stored, 0, 80).as_deref(), Ok(&data[..]));
        stored[3] ^= 1;
        assert!(undone(&pipeline(&[SHUFFLE, DEFLATE, FLETCHER32]), &stored, 0, 80).is_err(), "checksum");
        assert!(
            matches!(undone(&pipeline(&[32001]), &shuffled, 0, 80), Err(Fault::Damage(damage)) if damage.code == Code::Unsupported)
        );
    }

    /// A bomb gives no more than the block is long.
    #[test]
    fn what_comes_out_is_bounded() {
        let mut stored = Vec::with_capacity(1 << 16);
        let mut deflated = flate2::Compress::new(flate2::Compression::best(), true);
        deflated.compress_vec(&vec![0; 1 << 20], &mut stored, flate2::FlushCompress::Finish).expect("room");
        assert!(undone(&pipeline(&[DEFLATE]), &stored, 0, 512).is_err());
        assert!(undone(&pipeline(&[DEFLATE]), &stored, 0, u64::MAX).is_err());
        assert!(undone(&pipeline(&[DEFLATE]), &stored, 0, 1 << 20).is_ok());
    }

    /// What libhdf5 stores behind these bytes.
    #[test]
    fn known_sums() {
        let long: Vec<u8> = (0..1501u32).map(|at| (at * 7) as u8).collect();
        assert_eq!([fletcher32(b"abcde"), fletcher32(&long), fletcher32(&[0; 10])], [0x4FF0_29C7, 0x8FA1_D651, 0]);
        assert!(is_sum(0x1234_5678, 0x3412_7856));
    }
}
