//! The filters that this library can undo: deflate, shuffle, fletcher32.

use flate2::{Decompress, FlushDecompress, Status};

use super::fault::Fault;
use super::fields::{Fields, Parse};
use super::file::{Bytes, File};
use crate::budget::Charge;
use crate::document::warnings::Code;
use crate::engine::window::Stop;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
/// More than deflate can make of one byte.
const DEFLATE_RATIO: usize = 1032;

/// The filters that bytes went through, in this order (IV.A.2.l, without what readers don't need).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pipeline(pub(super) Vec<Filter>);

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) id: u16,
    pub(super) params: Vec<u32>,
}

impl Pipeline {
    /// Decodes a filter pipeline message.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Pipeline> {
        let version = fields.version(1..=2)?;
        let count = fields.u8()?;
        if version == 1 {
            fields.skip(6)?;
        }
        let mut filters = Vec::new();
        for _ in 0..count {
            let id = fields.u16()?;
            let name = if version == 1 || id >= 256 { usize::from(fields.u16()?) } else { 0 };
            fields.skip(2)?; // flags: what a writer may leave out
            let count = usize::from(fields.u16()?);
            fields.skip(if version == 1 { name.next_multiple_of(8) } else { name })?;
            let params = (0..count).map(|_| fields.u32()).collect::<Parse<Vec<_>>>()?;
            if version == 1 && count % 2 == 1 {
                fields.skip(4)?;
            }
            filters.push(Filter { id, params });
        }
        Ok(Pipeline(filters))
    }

    /// Undoes the filters, the last first, but for those in `mask`; gives `length` bytes.
    pub(super) fn undo(&self, file: &File, bytes: Bytes, mask: u32, length: u64, what: &str) -> Result<Bytes, Fault> {
        let offset = bytes.offset;
        let most = file.bounded(length, offset, what)?;
        // What a filter may add to what comes into it: checksums, and what can't be compressed.
        let most = most + most / 8 + 64 * self.0.len();
        let mut bytes = bytes;
        for (at, filter) in self.0.iter().enumerate().rev() {
            if at < 32 && mask >> at & 1 == 1 {
                continue;
            }
            bytes = match filter.id {
                DEFLATE => {
                    let room = most.min(bytes.len().saturating_mul(DEFLATE_RATIO) + 64);
                    let charge = Charge::new(file.source.budget(), room).map_err(|_| Stop::Limit)?;
                    let inflated = inflate(&bytes, room).ok_or_else(|| {
                        Fault::new(Code::DeflateError, offset, format!("{what}: its compressed stream is damaged"))
                    })?;
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
    use super::super::testing::{WIDTHS, read};
    use super::*;

    fn pipeline(ids: &[u16]) -> Pipeline {
        let params = |id| if id == SHUFFLE { vec![4] } else { vec![] };
        Pipeline(ids.iter().map(|id| Filter { id: *id, params: params(*id) }).collect())
    }

    fn undo(pipeline: &Pipeline, stored: &[u8], mask: u32, length: u64) -> Result<Vec<u8>, Fault> {
        read(stored, async |file| {
            let bytes = file.read(0, stored.len() as u64, "test").await?;
            pipeline.undo(file, bytes, mask, length, "test").map(|bytes| bytes.to_vec())
        })
    }

    #[test]
    fn messages_of_both_versions() {
        let second = [2, 2, 2, 0, 1, 0, 1, 0, 8, 0, 0, 0, 0, 1, 3, 0, 0, 0, 1, 0, b'a', b'b', 0, 7, 0, 0, 0];
        let filters = Pipeline::decode(&mut Fields::new(&second, WIDTHS));
        let expected = Pipeline(vec![Filter { id: 2, params: vec![8] }, Filter { id: 256, params: vec![7] }]);
        assert_eq!(filters, Ok(expected));
        let first = [1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 1, 0, b'd', 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];
        let mut fields = Fields::new(&first, WIDTHS);
        let expected = Pipeline(vec![Filter { id: 1, params: vec![6] }]);
        assert_eq!((Pipeline::decode(&mut fields), fields.is_empty()), (Ok(expected), true));
        assert!(Pipeline::decode(&mut Fields::new(&first[..20], WIDTHS)).is_err());
    }

    /// zlib.compress(shuffled), and the checksum that libhdf5 gives: h5py, 20 int32 0..20, shuffle, gzip=6, fletcher32.
    #[test]
    fn the_last_filter_is_undone_first() {
        let data: Vec<u8> = (0..20i32).flat_map(i32::to_le_bytes).collect();
        let shuffled: Vec<u8> = (0..4).flat_map(|byte| data.iter().skip(byte).step_by(4).copied()).collect();
        assert_eq!(undo(&pipeline(&[SHUFFLE]), &shuffled, 0, 80).as_deref(), Ok(&data[..]));
        assert_eq!(undo(&pipeline(&[SHUFFLE]), &shuffled, 1, 80).as_deref(), Ok(&shuffled[..]), "left out");
        let mut deflated = flate2::Compress::new(flate2::Compression::default(), true);
        let mut stored = Vec::with_capacity(200);
        deflated.compress_vec(&shuffled, &mut stored, flate2::FlushCompress::Finish).expect("room");
        let cut = stored.len() - 8;
        assert_eq!(undo(&pipeline(&[SHUFFLE, DEFLATE]), &stored, 0, 80).as_deref(), Ok(&data[..]));
        assert!(undo(&pipeline(&[SHUFFLE, DEFLATE]), &stored, 0, 79).is_err(), "another length");
        assert!(undo(&pipeline(&[SHUFFLE, DEFLATE]), &stored[..cut], 0, 80).is_err(), "cut");
        stored.extend(fletcher32(&stored).to_le_bytes());
        assert_eq!(undo(&pipeline(&[SHUFFLE, DEFLATE, FLETCHER32]), &stored, 0, 80).as_deref(), Ok(&data[..]));
        stored[3] ^= 1;
        assert!(undo(&pipeline(&[SHUFFLE, DEFLATE, FLETCHER32]), &stored, 0, 80).is_err(), "checksum");
        assert!(
            matches!(undo(&pipeline(&[32001]), &shuffled, 0, 80), Err(Fault::Damage(damage)) if damage.code == Code::Unsupported)
        );
    }

    /// A bomb gives no more than the block is long.
    #[test]
    fn what_comes_out_is_bounded() {
        let mut stored = Vec::with_capacity(1 << 16);
        let mut deflated = flate2::Compress::new(flate2::Compression::best(), true);
        deflated.compress_vec(&vec![0; 1 << 20], &mut stored, flate2::FlushCompress::Finish).expect("room");
        assert!(undo(&pipeline(&[DEFLATE]), &stored, 0, 512).is_err());
        assert!(undo(&pipeline(&[DEFLATE]), &stored, 0, u64::MAX).is_err());
        assert!(undo(&pipeline(&[DEFLATE]), &stored, 0, 1 << 20).is_ok());
    }

    #[test]
    fn known_sums() {
        assert_eq!(fletcher32(&[0; 10]), 0);
        assert!(is_sum(0x1234_5678, 0x3412_7856));
    }
}
