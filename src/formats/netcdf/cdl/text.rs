//! Text in quotes, with the two kinds of escapes that ncdump has: of attributes, and of what stands inside of user types.

use std::io::{self, Write};

/// Writes the text of an attribute. Zeros at its end are padding. In files of the classic model each line of it has a
/// line of its own (not in netCDF-4, where that would be a list of strings).
pub(super) fn attribute(out: &mut dyn Write, text: &[u8], break_lines: bool) -> io::Result<()> {
    quoted(out, without_padding(text), |out, byte| match byte {
        b'\n' if break_lines => out.write_all(b"\\n\",\n\t\t\t\""),
        0x0B => out.write_all(b"\\v"),
        _ => escape(out, byte),
    })
}

/// Writes a string inside of a value of a user type. ncdump writes a vertical tab as `\n` there.
pub(super) fn nested_string(out: &mut dyn Write, text: &[u8]) -> io::Result<()> {
    quoted(out, text, |out, byte| match byte {
        0x0B => out.write_all(b"\\n"),
        _ => escape(out, byte),
    })
}

/// Writes characters inside of a value of a user type: there bytes that are not ASCII are escaped too, and controls with
/// a letter of their own stand behind the backslash as they are.
pub(super) fn nested_chars(out: &mut dyn Write, text: &[u8]) -> io::Result<()> {
    out.write_all(b"\"")?;
    for byte in without_padding(text) {
        match byte {
            0x08..=0x0D | b'\\' | b'\'' | b'"' => out.write_all(&[b'\\', *byte])?,
            b' '..=b'~' => out.write_all(&[*byte])?,
            _ => write!(out, "\\{byte:03o}")?,
        }
    }
    out.write_all(b"\"")
}

fn without_padding(text: &[u8]) -> &[u8] {
    let length = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &text[..length]
}

fn quoted(out: &mut dyn Write, text: &[u8], escape: impl Fn(&mut dyn Write, u8) -> io::Result<()>) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut plain = 0; // where what is not written yet begins
    for (at, byte) in text.iter().enumerate() {
        if byte.is_ascii_control() || matches!(byte, b'\\' | b'\'' | b'"') {
            out.write_all(&text[plain..at])?;
            escape(out, *byte)?;
            plain = at + 1;
        }
    }
    out.write_all(&text[plain..])?;
    out.write_all(b"\"")
}

fn escape(out: &mut dyn Write, byte: u8) -> io::Result<()> {
    match byte {
        0x08 => out.write_all(b"\\b"),
        0x0C => out.write_all(b"\\f"),
        b'\n' => out.write_all(b"\\n"),
        b'\r' => out.write_all(b"\\r"),
        b'\t' => out.write_all(b"\\t"),
        b'\\' | b'\'' | b'"' => out.write_all(&[b'\\', byte]),
        _ => write!(out, "\\{byte:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out).expect("room");
        out
    }

    const ALL: &[u8] = b"a\nb\tc\\d\"e'f\x01g\x7fh\x80\rx\x0c\x0b\x08?\0i\0\0";

    #[test]
    fn text_of_attributes() {
        let want = b"\"a\\nb\\tc\\\\d\\\"e\\'f\\001g\\177h\x80\\rx\\f\\v\\b?\\000i\"";
        assert_eq!(written(|out| attribute(out, ALL, false)), want);
        assert_eq!(written(|out| attribute(out, b"a\nb\n", true)), b"\"a\\n\",\n\t\t\t\"b\\n\",\n\t\t\t\"\"");
        assert_eq!(written(|out| attribute(out, b"\0\0", true)), b"\"\"");
    }

    #[test]
    fn text_inside_of_user_types() {
        assert_eq!(written(|out| nested_string(out, b"st\nr\x0b\tq'\xc3")), b"\"st\\nr\\n\\tq\\'\xc3\"");
        assert_eq!(written(|out| nested_chars(out, b"a\nb\x0b'\xc3\x01\0\0")), b"\"a\\\nb\\\x0b\\'\\303\\001\"");
    }
}
