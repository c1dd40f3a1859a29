//! A place in a block of bytes, and checked reads of numbers from it.

/// Reads numbers from a block in one byte order; `None` where the block ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

macro_rules! number {
    ($($name:ident: $type:ty;)+) => {
        $(
            /// The next number, in the cursor's byte order.
            #[inline]
            pub(crate) fn $name(&mut self) -> Option<$type> {
                let (head, rest) = self.bytes.split_first_chunk()?;
                self.bytes = rest;
                Some(if self.big_endian { <$type>::from_be_bytes(*head) } else { <$type>::from_le_bytes(*head) })
            }
        )+
    };
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], big_endian: bool) -> Self {
        Cursor { bytes, big_endian }
    }

    number! {
        u16: u16; i16: i16; u32: u32; i32: i32; u64: u64; i64: i64; f32: f32; f64: f64;
    }

    /// The next two bytes as they stand.
    #[inline]
    pub(crate) fn pair(&mut self) -> Option<[u8; 2]> {
        let (head, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*head)
    }
}
