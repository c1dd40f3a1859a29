//! Attribute messages (IV.A.2.m) and the attribute info message (IV.A.2.v).

use std::ops::Range;

use super::fields::{Address, Fields, Parse};

/// An attribute message taken apart, nothing decoded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttributeMessage<'a> {
    pub(super) name: &'a [u8],
    name_at: usize,
    pub(super) datatype: Part<'a>,
    pub(super) dataspace: Part<'a>,
    /// The value as it is stored.
    pub(super) value: &'a [u8],
    /// Where the value stands in the message.
    pub(super) value_at: usize,
}

/// The datatype or the dataspace of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// A message body; a shared one where `shared` says so.
    pub(super) body: &'a [u8],
    pub(super) shared: bool,
}

impl<'a> AttributeMessage<'a> {
    /// Where the name stands in the message.
    pub(super) fn name_range(&self) -> Range<usize> {
        self.name_at..self.name_at + self.name.len()
    }

    pub(super) fn decode(fields: &mut Fields<'a>) -> Parse<AttributeMessage<'a>> {
        let version = fields.version(1..=3)?;
        let flags = fields.u8()?; // reserved in version 1
        let flags = if version == 1 { 0 } else { flags };
        let (name, datatype, dataspace) = (fields.u16()?, fields.u16()?, fields.u16()?);
        if version == 3 {
            fields.skip(1)?; // the character set of the name, which is shown as UTF-8 in any case
        }
        let name_at = fields.position();
        let name = part(fields, name.into(), version)?;
        let name = name.split(|byte| *byte == 0).next().unwrap_or(name);
        let datatype = Part { body: part(fields, datatype.into(), version)?, shared: flags & 1 != 0 };
        let dataspace = Part { body: part(fields, dataspace.into(), version)?, shared: flags & 2 != 0 };
        let (value, value_at) = (fields.rest(), fields.position());
        Ok(AttributeMessage { name, name_at, datatype, dataspace, value, value_at })
    }
}

/// A part of the message; in version 1 it is padded to a multiple of eight bytes.
fn part<'a>(fields: &mut Fields<'a>, length: usize, version: u8) -> Parse<&'a [u8]> {
    let bytes = fields.take(length)?;
    if version == 1 {
        fields.skip((8 - length % 8) % 8)?;
    }
    Ok(bytes)
}

/// Where the attributes of an object with many of them stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttributeInfo {
    /// Fractal heap of the attributes; `None`: all attributes are messages.
    pub(super) heap: Option<Address>,
    /// B-tree v2 of their names.
    pub(super) name_index: Option<Address>,
}

impl AttributeInfo {
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<AttributeInfo> {
        fields.version(0..=0)?;
        let flags = fields.u8()?;
        if flags & 1 != 0 {
            fields.skip(2)?; // the highest creation order
        }
        Ok(AttributeInfo { heap: fields.address()?, name_index: fields.address()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Widths;
    use super::*;

    #[test]
    fn only_version_1_is_padded() {
        let widths = Widths { offsets: 8, lengths: 8 };
        let mut message = b"\x01\xFF\x02\0\x08\0\x04\0".to_vec();
        message.extend(b"a\0\0\0\0\0\0\0datatypespac\0\0\0\0value");
        let read = AttributeMessage::decode(&mut Fields::new(&message, widths)).expect("version 1");
        assert_eq!(
            (read.name, read.datatype, read.value),
            (&b"a"[..], Part { body: b"datatype", shared: false }, &b"value"[..])
        );
        let mut message = b"\x03\x01\x02\0\x08\0\x04\0\x01".to_vec();
        message.extend(b"a\0datatypespacvalue");
        let read = AttributeMessage::decode(&mut Fields::new(&message, widths)).expect("version 3");
        assert_eq!((read.dataspace.body, read.value, read.value_at), (&b"spac"[..], &b"value"[..], 23));
        assert!(read.datatype.shared && !read.dataspace.shared);
        assert_eq!(&message[read.name_range()], b"a");
        assert!(AttributeMessage::decode(&mut Fields::new(&message[..20], widths)).is_err());
    }
}
