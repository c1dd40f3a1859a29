//! The header of a data element (PS3.5 7.1): tag, VR, length.

use super::dictionary;
use super::transfer_syntax::Encoding;
use super::vr::Vr;
use crate::cursor::Cursor;

/// (FFFE,E000)
pub(crate) const ITEM: u32 = 0xFFFE_E000;
/// (FFFE,E00D)
pub(crate) const ITEM_DELIMITER: u32 = 0xFFFE_E00D;
/// (FFFE,E0DD)
pub(crate) const SEQUENCE_DELIMITER: u32 = 0xFFFE_E0DD;
/// The length that is none.
pub(crate) const UNDEFINED: u32 = 0xFFFF_FFFF;
/// No header is longer.
pub(crate) const LONGEST_HEADER: usize = 12;

/// What stands in the VR field of an explicit header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VrField {
    /// A VR of PS3.5.
    Known(Vr),
    /// Two upper-case letters that are none.
    Unknown,
    /// No letters: the element has an implicit header, in a data set where it should not.
    Absent,
    /// An implicit header, as it should be; or an item or delimiter, which have none.
    None,
}

/// A decoded header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) tag: u32,
    pub(crate) vr: VrField,
    /// Length of the value field, or [`UNDEFINED`].
    pub(crate) length: u32,
    /// Length of the header itself.
    pub(crate) size: usize,
}

impl Header {
    /// Decodes the header at the front of `bytes`; `None`: it is longer than they are.
    pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Option<Header> {
        let mut cursor = Cursor::new(bytes, encoding.big_endian);
        let tag = u32::from(cursor.u16()?) << 16 | u32::from(cursor.u16()?);
        let mut implicit = cursor;
        let mut header = Header { tag, vr: VrField::None, length: implicit.u32()?, size: 8 };
        if !encoding.explicit || tag >> 16 == 0xFFFE {
            return Some(header);
        }
        let letters = cursor.pair()?;
        header.vr = match Vr::from_bytes(letters) {
            Some(vr) => VrField::Known(vr),
            None if letters.iter().all(u8::is_ascii_uppercase) => VrField::Unknown,
            None => VrField::Absent,
        };
        match header.vr {
            VrField::Known(vr) if vr.has_long_header() => {
                cursor.u16()?;
                header.length = cursor.u32()?;
                header.size = LONGEST_HEADER;
            }
            VrField::Known(_) | VrField::Unknown => header.length = cursor.u16()?.into(),
            VrField::Absent | VrField::None => {}
        }
        Some(header)
    }

    /// The same header, of a VR that PS3.5 does not know, with a 32-bit length.
    pub(crate) fn with_long_length(self, bytes: &[u8], encoding: Encoding) -> Option<Header> {
        let length = Cursor::new(bytes.get(8..)?, encoding.big_endian).u32()?;
        Some(Header { length, size: LONGEST_HEADER, ..self })
    }

    pub(crate) fn is_undefined(&self) -> bool {
        self.length == UNDEFINED
    }
}

/// A tag as the DICOM JSON Model writes it: eight upper-case hexadecimal digits (PS3.18 F.2.2).
pub(crate) fn digits(tag: u32) -> [u8; 8] {
    let mut shift = 32;
    [0; 8].map(|_: u8| {
        shift -= 4;
        b"0123456789ABCDEF"[(tag >> shift & 0xF) as usize]
    })
}

/// True for the tags of (gggg,0000).
pub(crate) fn is_group_length(tag: u32) -> bool {
    tag & 0xFFFF == 0
}

/// True for the tags of odd groups.
pub(crate) fn is_private(tag: u32) -> bool {
    tag >> 16 & 1 == 1
}

/// True for (gggg,0010-00FF) of odd groups (PS3.5 7.8.1).
pub(crate) fn is_private_creator(tag: u32) -> bool {
    is_private(tag) && matches!(tag & 0xFFFF, 0x10..=0xFF)
}

/// True if a tag may well stand behind an element of `before`: known to PS3.6, private, or a delimiter.
pub(crate) fn is_plausible_after(tag: u32, before: u32) -> bool {
    let known = dictionary::lookup(tag).is_some() || (is_private(tag) && tag >> 16 > 8) || is_group_length(tag);
    matches!(tag, ITEM | ITEM_DELIMITER | SEQUENCE_DELIMITER) || (tag > before && tag >> 16 <= 0xFFFC && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_eight_digits() {
        assert_eq!(&digits(0x7FE0_0010), b"7FE00010");
        assert_eq!(&digits(0x0008_00AF), b"000800AF");
    }

    #[test]
    fn headers_of_every_form() {
        let explicit = |bytes: &[u8]| Header::decode(bytes, Encoding::EXPLICIT);
        let short = Header { tag: 0x0008_0060, vr: VrField::Known(Vr::CS), length: 2, size: 8 };
        assert_eq!(explicit(b"\x08\0\x60\0CS\x02\0"), Some(short));
        let long = Header { tag: 0x7FE0_0010, vr: VrField::Known(Vr::OW), length: UNDEFINED, size: 12 };
        assert_eq!(explicit(b"\xE0\x7F\x10\0OW\0\0\xFF\xFF\xFF\xFF"), Some(long));
        assert_eq!(explicit(b"\xE0\x7F\x10\0OW\0\0\xFF\xFF"), None);
        let item = Header { tag: ITEM, vr: VrField::None, length: 16, size: 8 };
        assert_eq!(explicit(b"\xFE\xFF\0\xE0\x10\0\0\0"), Some(item));
        let big = Header::decode(b"\0\x08\0\x60CS\0\x02", Encoding::EXPLICIT_BIG_ENDIAN);
        assert_eq!(big, Some(short));
        assert_eq!(explicit(b"\x08\0\x60\0\x02\0\0\0").map(|header| header.vr), Some(VrField::Absent));
    }
}
