//! Names as CDL writes them: what has a meaning of its own is behind a backslash.

use std::io::{self, Write};

/// A variable of such a name has a blank before the `:` of its attributes, since `types:` begins a section.
const SECTIONS: &[&[u8]] = &[b"types", b"dimensions", b"variables", b"data", b"group"];

/// True if `name:` would begin a section.
pub(super) fn begins_section(name: &[u8]) -> bool {
    SECTIONS.contains(&name)
}

/// The bytes that netCDF's C interface sees of a name or string: those before the first NUL.
pub(super) fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Writes a name, or the path of a group. Bytes that are not ASCII stay as they are stored.
pub(super) fn write(out: &mut dyn Write, name: &[u8]) -> io::Result<()> {
    let name = c_string(name);
    if name.first().is_some_and(u8::is_ascii_digit) {
        out.write_all(b"\\")?;
    }
    let mut plain = 0; // where what is not written yet begins
    for (at, byte) in name.iter().enumerate() {
        if byte.is_ascii_control() {
            out.write_all(&name[plain..at])?;
            write!(out, "\\%{byte:02x}")?;
            plain = at + 1;
        } else if is_special(*byte) {
            out.write_all(&name[plain..at])?;
            out.write_all(b"\\")?;
            plain = at;
        }
    }
    out.write_all(&name[plain..])
}

fn is_special(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_punctuation() && !b"%+-./@_".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, name).expect("room");
        out
    }

    /// As `ncdump -n NAME -h` writes them.
    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(written(b"plain_Name-1+2.3@4%/x"), b"plain_Name-1+2.3@4%/x");
        let special = br##"a !"#$&'()*,:;<=>?[]\^`{|}~"##;
        let want = br##"a\ \!\"\#\$\&\'\(\)\*\,\:\;\<\=\>\?\[\]\\\^\`\{\|\}\~"##;
        assert_eq!(written(special), want);
        assert_eq!(written(b"3d3"), b"\\3d3");
        assert_eq!(written(b"a\x01b\x7f"), b"a\\%01b\\%7f");
        assert_eq!(written("é\u{3000}".as_bytes()), "é\u{3000}".as_bytes());
        assert_eq!(written(b"\xff\x80"), b"\xff\x80", "what is no UTF-8 stays");
        assert_eq!(written(b"cut\0off"), b"cut");
        assert_eq!(written(b""), b"");
    }

    #[test]
    fn names_of_sections() {
        assert!(begins_section(b"data") && begins_section(b"types"));
        assert!(!begins_section(b"variable") && !begins_section(b"") && !begins_section(b"dataset"));
    }
}
