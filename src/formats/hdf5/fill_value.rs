//! The fill value messages (HDF5 File Format Specification, IV.A.2.e and f): what stands where nothing was written.

use super::fields::{Fields, Parse};

/// The value that the writer chose, in the dataset's type; `None` where the library's default stands, or none at all.
pub(super) type FillValue<'a> = Option<&'a [u8]>;

/// Decodes message 0x05.
pub(super) fn decode<'a>(fields: &mut Fields<'a>) -> Parse<FillValue<'a>> {
    let version = fields.version(1..=3)?;
    let has_size = match version {
        3 => {
            let flags = fields.u8()?;
            if flags & 0xC0 != 0 {
                return Err("it has flags that are not known");
            }
            flags & (UNDEFINED | HAS_VALUE) == HAS_VALUE
        }
        _ => {
            fields.skip(2)?; // when space is allocated, when the value is written
            let defined = fields.u8()? != 0;
            version == 1 || defined
        }
    };
    if has_size { value(fields) } else { Ok(None) }
}

const UNDEFINED: u8 = 0x10;
const HAS_VALUE: u8 = 0x20;

/// Decodes message 0x04, which counts where no 0x05 stands beside it.
pub(super) fn decode_old<'a>(fields: &mut Fields<'a>) -> Parse<FillValue<'a>> {
    value(fields)
}

/// A size and as many bytes. A size below zero says "undefined", zero "the default".
fn value<'a>(fields: &mut Fields<'a>) -> Parse<FillValue<'a>> {
    match i32::from_le_bytes(fields.u32()?.to_le_bytes()) {
        ..=0 => Ok(None),
        size => fields.take(size.unsigned_abs() as usize).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    fn new(bytes: &[u8]) -> Parse<FillValue<'_>> {
        decode(&mut Fields::new(bytes, WIDTHS))
    }

    #[test]
    fn only_a_value_that_was_set_is_one() {
        assert_eq!(new(&[1, 2, 2, 1, 2, 0, 0, 0, 7, 8]), Ok(Some(&[7, 8][..])));
        assert_eq!(new(&[1, 2, 2, 0, 2, 0, 0, 0, 7, 8]), Ok(Some(&[7, 8][..])), "version 1 always has one");
        assert_eq!(new(&[2, 2, 2, 1, 1, 0, 0, 0, 7]), Ok(Some(&[7][..])));
        assert_eq!(new(&[2, 2, 2, 0]), Ok(None));
        assert_eq!(new(&[2, 2, 2, 1, 0, 0, 0, 0]), Ok(None));
        assert_eq!(new(&[1, 2, 2, 1, 255, 255, 255, 255]), Ok(None));
        assert_eq!(new(&[3, 0x0A]), Ok(None));
        assert_eq!(new(&[3, 0x1A]), Ok(None));
        assert_eq!(new(&[3, 0x2A, 1, 0, 0, 0, 7]), Ok(Some(&[7][..])));
    }

    #[test]
    fn a_value_ends_with_its_message() {
        assert!(new(&[3, 0x2A, 2, 0, 0, 0, 7]).is_err());
        assert!(new(&[3, 0x4A]).is_err() && new(&[4, 0]).is_err() && new(&[1, 2, 2]).is_err());
        let old = |bytes: &'static [u8]| decode_old(&mut Fields::new(bytes, WIDTHS));
        assert_eq!(old(&[2, 0, 0, 0, 7, 8]), Ok(Some(&[7, 8][..])));
        assert_eq!(old(&[0, 0, 0, 0]), Ok(None));
        assert!(old(&[255, 255, 255, 127, 7]).is_err());
    }
}
