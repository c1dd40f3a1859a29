//! The fields of a classic header, decoded from the bytes at hand; everything is big-endian.

use crate::budget::OverBudget;
use crate::formats::netcdf::model::{Atomic, Variant};

/// A longer name is none: netCDF's own limit is 256 bytes.
const LONGEST_NAME: u64 = 64 << 10;
/// More dimensions than any library lets a variable have.
pub(super) const MOST_RANK: u64 = 64 << 10;

/// Why a structure can't be decoded, yet or at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// It reaches behind the bytes at hand: so many are needed, or more.
    More(usize),
    /// What stands at this place makes no sense, and why.
    Bad(usize, &'static str),
    /// The memory limit.
    Limit,
}

impl From<OverBudget> for Lack {
    fn from(_: OverBudget) -> Self {
        Lack::Limit
    }
}

/// What is odd, and does not keep from reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Odd {
    /// Padding, or what stands behind the NUL in a name, is not zero.
    Padding,
    /// A name is not UTF-8.
    Name,
    /// Text is not UTF-8.
    Text,
}

/// A place in the bytes at hand.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    variant: Variant,
    /// They were read before, and nothing is odd about them.
    known: bool,
    /// What is odd, and where.
    pub(super) odd: Vec<(usize, Odd)>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8], variant: Variant) -> Self {
        Fields { bytes, at: 0, variant, known: false, odd: Vec::new() }
    }

    /// The same of bytes that were read before without anything odd: that is not looked for again.
    pub(super) fn known(bytes: &'a [u8], variant: Variant) -> Self {
        Fields { known: true, ..Fields::new(bytes, variant) }
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], Lack> {
        let end = self.at.checked_add(length).ok_or(Lack::More(usize::MAX))?;
        let taken = self.bytes.get(self.at..end).ok_or(Lack::More(end))?;
        self.at = end;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Lack> {
        let (head, _) = self.bytes.get(self.at..).unwrap_or(&[]).split_first_chunk().ok_or(Lack::More(self.at + N))?;
        self.at += N;
        Ok(*head)
    }

    /// INT: a tag, or a type.
    #[inline]
    pub(super) fn int(&mut self) -> Result<u32, Lack> {
        self.array().map(u32::from_be_bytes)
    }

    /// NON_NEG, INT64 in CDF-5: a count, a length or a dimension's id.
    #[inline]
    pub(super) fn non_neg(&mut self) -> Result<u64, Lack> {
        match self.variant {
            Variant::Data64 => self.array().map(u64::from_be_bytes),
            _ => self.int().map(u64::from),
        }
    }

    /// Sees that so many NON_NEG are at hand: a list is asked for in one piece, not once for each of its members.
    pub(super) fn whole_list(&self, count: u64) -> Result<(), Lack> {
        let width = if self.variant == Variant::Data64 { 8 } else { 4 };
        let end = usize::try_from(count).ok().and_then(|count| count.checked_mul(width)?.checked_add(self.at));
        match end.ok_or(Lack::More(usize::MAX))? {
            end if end > self.bytes.len() => Err(Lack::More(end)),
            _ => Ok(()),
        }
    }

    /// OFFSET, INT64 but in CDF-1.
    #[inline]
    pub(super) fn offset(&mut self) -> Result<u64, Lack> {
        match self.variant {
            Variant::Classic => self.int().map(u64::from),
            _ => self.array().map(u64::from_be_bytes),
        }
    }

    /// nc_type; `None`: no type of this variant.
    pub(super) fn nc_type(&mut self) -> Result<Option<Atomic>, Lack> {
        Ok(match (self.int()?, self.variant) {
            (1, _) => Some(Atomic::Byte),
            (2, _) => Some(Atomic::Char),
            (3, _) => Some(Atomic::Short),
            (4, _) => Some(Atomic::Int),
            (5, _) => Some(Atomic::Float),
            (6, _) => Some(Atomic::Double),
            (7, Variant::Data64) => Some(Atomic::Ubyte),
            (8, Variant::Data64) => Some(Atomic::Ushort),
            (9, Variant::Data64) => Some(Atomic::Uint),
            (10, Variant::Data64) => Some(Atomic::Int64),
            (11, Variant::Data64) => Some(Atomic::Uint64),
            _ => None,
        })
    }

    /// Bytes that are padded to a multiple of four.
    #[inline]
    pub(super) fn padded(&mut self, length: usize) -> Result<&'a [u8], Lack> {
        let padded = length.checked_next_multiple_of(4).ok_or(Lack::More(usize::MAX))?;
        let start = self.at;
        let (bytes, padding) = self.take(padded)?.split_at(length);
        if !self.known && padding.iter().any(|byte| *byte != 0) {
            self.odd.push((start + length, Odd::Padding));
        }
        Ok(bytes)
    }

    /// A name. As for netCDF's own library, it ends at a NUL.
    pub(super) fn name(&mut self) -> Result<&'a [u8], Lack> {
        let start = self.at;
        let length = self.non_neg()?;
        if length > LONGEST_NAME {
            return Err(Lack::Bad(start, "a name is too long to be one"));
        }
        let start = self.at;
        let mut name = self.padded(length as usize)?;
        if is_plain(name) {
            return Ok(name);
        }
        if let Some(end) = name.iter().position(|byte| *byte == 0) {
            if name[end..].iter().any(|byte| *byte != 0) {
                self.odd.push((start + end, Odd::Padding));
            }
            name = &name[..end];
        }
        self.check_text(name, start, Odd::Name);
        Ok(name)
    }

    /// Notes where text stands that is not UTF-8.
    pub(super) fn check_text(&mut self, text: &[u8], start: usize, odd: Odd) {
        if !self.known && !text.is_ascii() && std::str::from_utf8(text).is_err() {
            self.odd.push((start, odd));
        }
    }
}

/// True for ASCII without a NUL, as most names are: looked at in words, since there are many names and most are short.
fn is_plain(name: &[u8]) -> bool {
    const ONES: u32 = 0x0101_0101;
    const HIGH: u32 = 0x8080_8080;
    let (words, rest) = name.as_chunks();
    let is_odd = |word: u32| (word | word.wrapping_sub(ONES)) & HIGH != 0;
    !words.iter().any(|word| is_odd(u32::from_ne_bytes(*word))) && rest.iter().all(|byte| (1..0x80).contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_have_neither_a_nul_nor_more_than_ascii() {
        for byte in 0..=255 {
            for at in 0..6 {
                let mut name = *b"abcd\x01\x7F";
                name[at] = byte;
                assert_eq!(is_plain(&name), (1..0x80).contains(&byte), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn a_name_is_padded_and_ends_at_a_nul() {
        let read = |bytes: &[u8]| {
            let mut fields = Fields::new(bytes, Variant::Classic);
            let name = fields.name().map(<[u8]>::to_vec);
            (name, fields.at, fields.odd)
        };
        assert_eq!(read(b"\0\0\0\x03abc\0"), (Ok(b"abc".to_vec()), 8, vec![]));
        assert_eq!(read(b"\0\0\0\x03abcX"), (Ok(b"abc".to_vec()), 8, vec![(7, Odd::Padding)]));
        assert_eq!(read(b"\0\0\0\x04ab\0\0"), (Ok(b"ab".to_vec()), 8, vec![]));
        assert_eq!(read(b"\0\0\0\x04ab\0c"), (Ok(b"ab".to_vec()), 8, vec![(6, Odd::Padding)]));
        assert_eq!(read(b"\0\0\0\x01\xFF\0\0\0"), (Ok(vec![0xFF]), 8, vec![(4, Odd::Name)]));
        assert_eq!(read(b"\0\0\0\x05abc\0").0, Err(Lack::More(12)));
        assert_eq!(read(b"\0\0\0").0, Err(Lack::More(4)));
        assert!(matches!(read(b"\xFF\0\0\0ab").0, Err(Lack::Bad(0, _))));
    }

    #[test]
    fn a_list_is_asked_for_in_one_piece() {
        let whole = |variant, count| Fields::new(&[0; 12], variant).whole_list(count);
        assert_eq!(whole(Variant::Classic, 3), Ok(()));
        assert_eq!(whole(Variant::Classic, 60_000), Err(Lack::More(240_000)));
        assert_eq!(whole(Variant::Data64, 2), Err(Lack::More(16)));
        assert_eq!(whole(Variant::Data64, u64::MAX), Err(Lack::More(usize::MAX)));
    }

    #[test]
    fn widths_follow_the_variant() {
        let bytes = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2];
        let read = |variant| {
            let mut fields = Fields::new(&bytes, variant);
            (fields.non_neg(), fields.offset(), fields.at)
        };
        assert_eq!(read(Variant::Classic), (Ok(0), Ok(1), 8));
        assert_eq!(read(Variant::Offset64), (Ok(0), Ok(1 << 32), 12));
        assert_eq!(read(Variant::Data64), (Ok(1), Ok(2), 16));
    }
}
