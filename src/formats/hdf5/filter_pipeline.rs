//! The filter pipeline message (HDF5 File Format Specification, IV.A.2.l): what chunks passed through before they were stored.

use std::borrow::Cow;
use std::io::{self, Write};

use super::fields::{Fields, Parse};
use crate::document::json;

/// One filter, in the order of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Filter {
    pub(in crate::formats) id: u16,
    pub(super) flags: u16,
    /// As stored; `None` where no name is, and the library's own stands for it.
    pub(super) name: Option<String>,
    pub(in crate::formats) params: Vec<u32>,
}

const DEFLATE: u16 = 1;
const SZIP: u16 = 4;
const LZF: u16 = 32000;

/// Filters below this number are the library's own.
const FOREIGN: u16 = 256;

/// Decodes the message.
pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Vec<Filter>> {
    let version = fields.version(1..=2)?;
    let filters = fields.u8()?;
    if version == 1 {
        fields.skip(6)?;
    }
    (0..filters).map(|_| filter(fields, version)).collect()
}

fn filter(fields: &mut Fields<'_>, version: u8) -> Parse<Filter> {
    let id = fields.u16()?;
    let named = version == 1 || id >= FOREIGN;
    let name_length = if named { fields.u16()?.into() } else { 0 };
    let flags = fields.u16()?;
    let params = usize::from(fields.u16()?);
    let name = fields.take(name_length)?.split(|byte| *byte == 0).next().unwrap_or(&[]);
    let name = (name_length > 0).then(|| String::from_utf8_lossy(name).into_owned());
    let values = fields.take(4 * params)?.as_chunks().0;
    let params = values.iter().map(|value| u32::from_le_bytes(*value)).collect::<Vec<_>>();
    if version == 1 && params.len() % 2 == 1 {
        fields.skip(4)?;
    }
    Ok(Filter { id, flags, name, params })
}

impl Filter {
    /// The name as stored, else the one that libhdf5 gives; empty where it knows none.
    pub(super) fn name(&self) -> Cow<'_, str> {
        let own = match self.id {
            DEFLATE => "deflate",
            2 => "shuffle",
            3 => "fletcher32",
            SZIP => "szip",
            5 => "nbit",
            6 => "scaleoffset",
            LZF => "lzf",
            FOREIGN.. => "",
            _ => "Unknown library filter",
        };
        self.name.as_deref().unwrap_or(own).into()
    }
}

/// h5py's name for the compression among the filters.
pub(super) fn compression(filters: &[Filter]) -> Option<&'static str> {
    let known = [(DEFLATE, "gzip"), (LZF, "lzf"), (SZIP, "szip")];
    known.into_iter().find(|(id, _)| filters.iter().any(|filter| filter.id == *id)).map(|(_, name)| name)
}

/// Writes the filters as they stand in a document.
pub(super) fn write(out: &mut (impl Write + ?Sized), filters: &[Filter]) -> io::Result<()> {
    for (n, filter) in filters.iter().enumerate() {
        out.write_all(if n == 0 { b"[{\"id\":" } else { b",{\"id\":" })?;
        json::integer(out, filter.id)?;
        out.write_all(b",\"name\":")?;
        json::string(out, &filter.name())?;
        out.write_all(b",\"params\":[")?;
        for (n, value) in filter.params.iter().enumerate() {
            if n > 0 {
                out.write_all(b",")?;
            }
            json::integer(out, *value)?;
        }
        out.write_all(b"]}")?;
    }
    out.write_all(if filters.is_empty() { b"[]" } else { b"]" })
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    fn text(bytes: &[u8]) -> Parse<String> {
        let filters = decode(&mut Fields::new(bytes, WIDTHS))?;
        let mut out = Vec::new();
        write(&mut out, &filters).expect("a Vec takes all");
        Ok(format!("{} {:?}", String::from_utf8(out).expect("UTF-8"), compression(&filters)))
    }

    #[test]
    fn version_1_pads_names_and_values() {
        let mut bytes = b"\x01\x02\0\0\0\0\0\0\x02\0\x08\0\x01\0\x01\0shuffle\0\x04\0\0\0\0\0\0\0".to_vec();
        bytes.extend(b"\x01\0\0\0\x01\0\x01\0\x09\0\0\0\0\0\0\0");
        let expected =
            r#"[{"id":2,"name":"shuffle","params":[4]},{"id":1,"name":"deflate","params":[9]}] Some("gzip")"#;
        assert_eq!(text(&bytes).as_deref(), Ok(expected));
        for cut in 0..bytes.len() {
            assert_eq!(text(&bytes[..cut]), Err("it ends early"), "{cut}");
        }
    }

    #[test]
    fn version_2_names_only_foreign_filters() {
        let mut bytes = b"\x02\x04\x04\0\0\0\x02\0\x04\0\0\0\x08\0\0\0".to_vec();
        bytes.extend(b"\0\x7D\x04\0\x01\0\x00\0lzf\0");
        bytes.extend(b"\x2C\x01\0\0\x01\0\x01\0\xFF\xFF\xFF\xFF");
        bytes.extend(b"\x64\0\x01\0\0\0");
        let expected = concat!(
            r#"[{"id":4,"name":"szip","params":[4,8]},{"id":32000,"name":"lzf","params":[]},"#,
            r#"{"id":300,"name":"","params":[4294967295]},{"id":100,"name":"Unknown library filter","params":[]}]"#,
            r#" Some("lzf")"#
        );
        assert_eq!(text(&bytes).as_deref(), Ok(expected));
        assert_eq!(text(&[2, 0]).as_deref(), Ok("[] None"));
        assert!(text(&[3, 0]).is_err());
    }

    #[test]
    fn what_is_stored_comes_first() {
        let bytes = b"\x01\x01\0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0g\xFFip\0\0\0\0";
        assert_eq!(text(bytes).as_deref(), Ok("[{\"id\":1,\"name\":\"g\u{FFFD}ip\",\"params\":[]}] Some(\"gzip\")"));
    }
}
