//! Messages whose body stands elsewhere (IV.A.2, "Shared Message"): where.

use super::fields::{Address, Fields, Parse};

/// Where the body of a shared message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// In the object header at an address: a committed datatype.
    Committed(Address),
    /// In the heap of shared messages, under this ID.
    Heap([u8; 8]),
}

impl Shared {
    /// Decodes what stands in the place of the body.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Shared> {
        let version = fields.version(1..=3)?;
        let kind = fields.u8()?;
        match (version, kind) {
            (1, _) => {
                // A symbol table entry, of which only the address counts: its name is none.
                fields.skip(6 + usize::from(fields.widths().lengths))?;
            }
            (3, 1) => return fields.take(8)?.try_into().map(Shared::Heap).map_err(|_| "its heap ID is cut"),
            (2, _) | (3, 2) => {}
            _ => return Err("it is shared in a way that is not known"),
        }
        fields.address()?.map(Shared::Committed).ok_or("it is shared, and leads nowhere")
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Widths;
    use super::*;

    #[test]
    fn all_versions() {
        let decode = |bytes: &[u8]| Shared::decode(&mut Fields::new(bytes, Widths { offsets: 4, lengths: 2 }));
        let first = b"\x01\x00\0\0\0\0\0\0\x07\x07\x10\0\0\0then a cache type";
        assert_eq!(decode(first), Ok(Shared::Committed(16)));
        assert_eq!(decode(b"\x02\x00\x10\0\0\0"), Ok(Shared::Committed(16)));
        assert_eq!(decode(b"\x03\x02\x10\0\0\0"), Ok(Shared::Committed(16)));
        assert_eq!(decode(b"\x03\x01ABCDEFGH"), Ok(Shared::Heap(*b"ABCDEFGH")));
        assert!(decode(b"\x03\x01ABCDEFG").is_err() && decode(b"\x03\x02\xff\xff\xff\xff").is_err());
        assert!(decode(b"\x03\x00\x10\0\0\0").is_err() && decode(b"\x04\x02\x10\0\0\0").is_err());
    }
}
