//! A place in a block of bytes, and checked reads of numbers from it.

/// Reads numbers of either byte order from a block; `None` where the block ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}
