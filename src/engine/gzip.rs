//! Gzip around DEFLATE (RFC 1952): headers and trailers of members, one behind the other.

use flate2::{Crc, Decompress, FlushDecompress};

/// The first bytes of every member: magic and the only method there is.
pub(crate) const MAGIC: [u8; 3] = [0x1F, 0x8B, 8];
/// Bytes of a member's header that are always there.
pub(crate) const FIXED_HEADER: usize = 10;
/// CRC-32 and length modulo 2^32.
pub(crate) const TRAILER: usize = 8;

/// An optional part of a member's header, as it stands in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Length in two bytes, then so many bytes.
    Extra,
    /// Bytes up to a NUL: the file's name, or a comment.
    Text,
    /// A CRC of the header.
    Check,
}

/// The optional parts that follow a fixed header, in their order; `None`: this is no header.
pub(crate) fn parts(header: &[u8]) -> Option<impl Iterator<Item = Part> + use<>> {
    let flags = *header.get(3)?;
    if !header.starts_with(&MAGIC) || header.len() < FIXED_HEADER || flags & 0xE0 != 0 {
        return None;
    }
    let all = [(4, Part::Extra), (8, Part::Text), (16, Part::Text), (2, Part::Check)];
    Some(all.into_iter().filter(move |(flag, _)| flags & flag != 0).map(|(_, part)| part))
}

/// Where the reading of a gzip stream stands, and what its trailers are held against.
#[derive(Debug, Default)]
pub(crate) struct Members {
    check: Crc,
    /// A member's header was read; its trailer is still to come.
    pub(crate) open: bool,
    /// The members that are behind us are whole, and nothing of another follows.
    pub(crate) over: bool,
    /// Where, in the inflated stream, the first member ends whose trailer does not fit it.
    pub(crate) bad_check: Option<u64>,
    /// Something that is no member follows the last one.
    pub(crate) trailing: bool,
}

impl Members {
    /// Counts what came out of the open member.
    pub(crate) fn note(&mut self, inflated: &[u8]) {
        self.check.update(inflated);
    }

    /// Ends the open member by its trailer; `offset`: where it ends in the inflated stream.
    pub(crate) fn close(&mut self, trailer: [u8; TRAILER], offset: u64) {
        let [a, b, c, d, sizes @ ..] = trailer;
        let fits =
            u32::from_le_bytes([a, b, c, d]) == self.check.sum() && u32::from_le_bytes(sizes) == self.check.amount();
        if !fits {
            self.bad_check.get_or_insert(offset);
        }
        self.check.reset();
        self.open = false;
    }
}

/// The first inflated bytes of a gzip stream whose front is in `head`, as far as they come out of it.
pub(crate) fn peek(head: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let mut at = FIXED_HEADER;
    for part in parts(head)? {
        at += match part {
            Part::Extra => 2 + usize::from(u16::from_le_bytes([*head.get(at)?, *head.get(at + 1)?])),
            Part::Text => head.get(at..)?.iter().position(|byte| *byte == 0)? + 1,
            Part::Check => 2,
        };
    }
    let mut out = Vec::with_capacity(bytes);
    Decompress::new(false).decompress_vec(head.get(at..)?, &mut out, FlushDecompress::None).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_which_parts_follow() {
        let header = |flags: u8| [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3];
        let of = |flags| parts(&header(flags)).map(Iterator::collect::<Vec<_>>);
        assert_eq!(of(0), Some(vec![]));
        assert_eq!(of(0x1F), Some(vec![Part::Extra, Part::Text, Part::Text, Part::Check]));
        assert_eq!(of(0x20), None, "reserved flags");
        assert!(parts(b"\x1f\x8b\x07\0\0\0\0\0\0\0").is_none());
        assert!(parts(b"\x1f\x8b\x08\0").is_none());
    }

    #[test]
    fn a_stored_block_is_seen_through_any_header() {
        let mut file = vec![0x1F, 0x8B, 8, 0x0C, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9, b'n', 0];
        file.extend_from_slice(&[1, 4, 0, 0xFB, 0xFF]);
        file.extend_from_slice(b"SIMP");
        assert_eq!(peek(&file, 3).as_deref(), Some(&b"SIM"[..]));
        assert_eq!(peek(&file[..15], 3), None);
    }

    #[test]
    fn a_trailer_that_does_not_fit_is_noted_once() {
        let mut members = Members::default();
        members.note(b"abc");
        members.close([0xC2, 0x41, 0x24, 0x35, 3, 0, 0, 0], 3);
        assert_eq!(members.bad_check, None);
        members.note(b"abc");
        members.close([0; 8], 6);
        members.close([1; 8], 7);
        assert_eq!(members.bad_check, Some(6));
    }
}
