//! The fields of an on-disk structure, read one after the other (HDF5 File Format Specification, I.A).
//!
//! All integers are little-endian. Addresses and lengths have the widths that the superblock says.

/// What a decoder gives: the structure, or in a few words what is wrong with it.
pub(super) type Parse<T> = Result<T, &'static str>;

/// The structure ends before its last field.
pub(super) const ENDS_EARLY: &str = "it ends early";

/// It contains itself, or what it contains does, more often than is followed.
pub(super) const TOO_DEEP: &str = "types are nested too deep";

/// How many bytes an address and a length take: 2, 4 or 8, and on paper 16 and 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths {
    pub(super) offsets: u8,
    pub(super) lengths: u8,
}

/// An address in the file, relative to the base address.
pub(in crate::formats) type Address = u64;

/// Reads fields from the front of a structure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    whole: usize,
    widths: Widths,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8], widths: Widths) -> Self {
        Fields { bytes, whole: bytes.len(), widths }
    }

    pub(super) fn widths(&self) -> Widths {
        self.widths
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.whole - self.bytes.len()
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Parse<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(length).ok_or(ENDS_EARLY)?;
        self.bytes = rest;
        Ok(head)
    }

    #[inline]
    pub(super) fn skip(&mut self, length: usize) -> Parse<()> {
        self.take(length).map(|_| ())
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Parse<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or(ENDS_EARLY)?;
        self.bytes = rest;
        Ok(*head)
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Parse<u8> {
        self.array().map(u8::from_le_bytes)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Parse<u16> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Parse<u32> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Parse<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// An unsigned integer of any width. What does not fit in 64 bits is malformed.
    #[inline]
    pub(super) fn uint(&mut self, width: usize) -> Parse<u64> {
        if width == 8 {
            return self.u64();
        }
        let bytes = self.take(width)?;
        let (low, high) = bytes.split_at(width.min(8));
        if high.iter().any(|byte| *byte != 0) {
            return Err("a number is over 64 bits");
        }
        Ok(low.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// An address; `None`: the undefined one, all ones in its width.
    #[inline]
    pub(super) fn address(&mut self) -> Parse<Option<Address>> {
        let width = usize::from(self.widths.offsets);
        if self.bytes.get(..width).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0xFF)) {
            self.skip(width)?;
            return Ok(None);
        }
        self.uint(width).map(Some)
    }

    /// A length, in the file's width for lengths.
    #[inline]
    pub(super) fn length(&mut self) -> Parse<u64> {
        self.uint(usize::from(self.widths.lengths))
    }

    /// A length of which all ones means "undefined" or "unlimited".
    #[inline]
    pub(super) fn length_or_all_ones(&mut self) -> Parse<Option<u64>> {
        let width = usize::from(self.widths.lengths);
        if self.bytes.get(..width).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0xFF)) {
            self.skip(width)?;
            return Ok(None);
        }
        self.uint(width).map(Some)
    }

    /// The bytes up to a NUL, which is read too.
    pub(super) fn until_nul(&mut self) -> Parse<&'a [u8]> {
        let length = self.bytes.iter().position(|byte| *byte == 0).ok_or("a name has no end")?;
        let name = self.take(length)?;
        self.skip(1)?;
        Ok(name)
    }

    /// Reads a signature.
    pub(super) fn signature(&mut self, signature: &[u8; 4]) -> Parse<()> {
        if self.take(4)? == signature { Ok(()) } else { Err("its signature is missing") }
    }

    /// Reads a version number that must be one of these.
    pub(super) fn version(&mut self, known: std::ops::RangeInclusive<u8>) -> Parse<u8> {
        let version = self.u8()?;
        if known.contains(&version) { Ok(version) } else { Err("its version is not known") }
    }
}

/// How many bytes hold numbers up to `most` (the specification's "limited size" fields): at least one.
pub(super) fn width_of(most: u64) -> usize {
    (u64::BITS - most.leading_zeros()).div_ceil(8).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_decide_what_undefined_is() {
        let narrow = Widths { offsets: 2, lengths: 4 };
        let mut fields = Fields::new(&[0xFF, 0xFF, 0xFE, 0xFF, 1, 2, 3, 4, 9], narrow);
        assert_eq!(fields.address(), Ok(None));
        assert_eq!(fields.address(), Ok(Some(0xFFFE)));
        assert_eq!(fields.length(), Ok(0x0403_0201));
        assert_eq!(fields.u16(), Err(ENDS_EARLY));
        assert_eq!((fields.u8(), fields.position()), (Ok(9), 9));
        let wide = Widths { offsets: 16, lengths: 16 };
        let mut number = [0u8; 32];
        number[0] = 7;
        number[31] = 1;
        let mut fields = Fields::new(&number, wide);
        assert_eq!(fields.address(), Ok(Some(7)));
        assert!(fields.address().is_err());
    }

    #[test]
    fn limited_sizes() {
        assert_eq!([0, 255, 256, 65535, 65536, u64::MAX].map(width_of), [1, 1, 2, 2, 3, 8]);
    }
}
