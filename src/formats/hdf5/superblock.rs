//! The superblock (II.A): where everything else is found. Versions 0 to 3.

use super::checksum::is_sound;
use super::fields::{Address, ENDS_EARLY, Fields, Parse, Widths};

/// Begins every superblock.
pub(super) const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";
/// The longest superblock: version 1 with 32-byte addresses.
pub(super) const LONGEST: usize = 256;

/// Where the file does not say another.
const USUAL_CHUNK_TREE_K: u16 = 32;

/// What a superblock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Superblock {
    pub(in crate::formats) version: u8,
    pub(super) widths: Widths,
    /// As it is stored. Addresses count from where the superblock was found: whatever was put before the file later is so allowed for.
    pub(super) base: u64,
    /// K of the B-trees of version 1 that index chunks.
    pub(super) chunk_tree_k: u16,
    /// Of the superblock extension's object header.
    pub(super) extension: Option<Address>,
    /// Where the file ends, counted as `base` is.
    pub(super) end_of_file: u64,
    /// Of the driver information block.
    pub(super) driver_information: Option<Address>,
    /// Of the root group's object header.
    pub(super) root: Option<Address>,
    /// A writer has the file open, or never closed it.
    pub(super) open_for_write: bool,
}

impl Superblock {
    /// Reads a superblock from its signature on.
    pub(super) fn decode(bytes: &[u8]) -> Parse<Superblock> {
        let any = Widths { offsets: 8, lengths: 8 };
        let mut fields = Fields::new(bytes, any);
        if fields.take(SIGNATURE.len())? != SIGNATURE {
            return Err("its signature is missing");
        }
        match fields.version(0..=3)? {
            version @ (0 | 1) => Superblock::with_symbol_table(version, bytes),
            version => Superblock::with_checksum(version, bytes),
        }
    }

    /// Versions 0 and 1: the root group is a symbol table entry.
    fn with_symbol_table(version: u8, bytes: &[u8]) -> Parse<Superblock> {
        let widths = widths(bytes.get(13..15))?;
        let mut fields = Fields::new(bytes, widths);
        fields.skip(20)?; // the versions of other structures, the widths, and the K of group nodes, which count themselves
        let flags = fields.u32()?;
        let mut chunk_tree_k = USUAL_CHUNK_TREE_K;
        if version == 1 {
            chunk_tree_k = fields.u16()?;
            fields.skip(2)?;
        }
        let base = fields.address()?.unwrap_or(0);
        fields.address()?; // free space is not used
        let end_of_file = fields.address()?.unwrap_or(u64::MAX);
        let driver_information = fields.address()?;
        fields.skip(usize::from(widths.lengths))?; // the root has no name
        let root = fields.address()?;
        Ok(Superblock {
            version,
            widths,
            base,
            chunk_tree_k,
            extension: None,
            end_of_file,
            driver_information,
            root,
            open_for_write: flags & 1 != 0,
        })
    }

    fn with_checksum(version: u8, bytes: &[u8]) -> Parse<Superblock> {
        let widths = widths(bytes.get(9..11))?;
        let length = 12 + 4 * usize::from(widths.offsets) + 4;
        if !is_sound(bytes.get(..length).ok_or(ENDS_EARLY)?) {
            return Err("its checksum is wrong");
        }
        let mut fields = Fields::new(bytes, widths);
        fields.skip(11)?;
        let flags = fields.u8()?;
        Ok(Superblock {
            version,
            widths,
            base: fields.address()?.unwrap_or(0),
            chunk_tree_k: USUAL_CHUNK_TREE_K,
            extension: fields.address()?,
            end_of_file: fields.address()?.unwrap_or(u64::MAX),
            driver_information: None,
            root: fields.address()?,
            open_for_write: version >= 3 && flags & 0b101 != 0,
        })
    }
}

fn widths(bytes: Option<&[u8]>) -> Parse<Widths> {
    match *bytes.ok_or(ENDS_EARLY)? {
        [offsets @ (2 | 4 | 8 | 16 | 32), lengths @ (2 | 4 | 8 | 16 | 32)] => Ok(Widths { offsets, lengths }),
        _ => Err("it has a size of offsets or of lengths that is none"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum::checksum;
    use super::*;

    fn version_2(flip: u8) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([2, 4, 4, 0]);
        for address in [0u32, u32::MAX, 1000, 48] {
            bytes.extend(address.to_le_bytes());
        }
        let sum = checksum(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes[20] ^= flip;
        bytes
    }

    #[test]
    fn widths_come_first() {
        let superblock = Superblock::decode(&version_2(0)).expect("a superblock");
        assert_eq!(superblock.widths, Widths { offsets: 4, lengths: 4 });
        assert_eq!((superblock.extension, superblock.end_of_file, superblock.root), (None, 1000, Some(48)));
        assert_eq!(Superblock::decode(&version_2(0)[..20]), Err(ENDS_EARLY));
    }

    #[test]
    fn a_wrong_checksum_is_seen() {
        assert_eq!(Superblock::decode(&version_2(1)), Err("its checksum is wrong"));
    }

    #[test]
    fn version_0_has_its_root_in_an_entry() {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0]);
        for address in [512u64, u64::MAX, 2048, u64::MAX, 0, 96] {
            bytes.extend(address.to_le_bytes());
        }
        let superblock = Superblock::decode(&bytes).expect("a superblock");
        assert_eq!((superblock.base, superblock.end_of_file, superblock.root), (512, 2048, Some(96)));
        bytes[13] = 3;
        assert!(Superblock::decode(&bytes).is_err());
    }
}
