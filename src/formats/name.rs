//! Names as text: of links, attributes, members of types and files.

use std::borrow::Cow;
use std::io;

use crate::document::json;

/// A name as the document shows it. A name that is not UTF-8 has `%XX` for each byte that does not decode, and `%25` for
/// each `%`, so that no two such names fall together.
pub(in crate::formats) fn text(name: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(name) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(escaped(name)),
    }
}

/// True for a name that the document shows as it is stored. Two names that are shown alike are not both of this kind.
pub(in crate::formats) fn is_as_stored(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok()
}

/// One part of a path as the document shows it: as [`text`], but a `/` in it, which no library writes, is escaped too.
pub(in crate::formats) fn part(name: &[u8]) -> Cow<'_, str> {
    match text(name) {
        Cow::Borrowed(plain) if !plain.contains('/') => Cow::Borrowed(plain),
        _ => Cow::Owned(escaped(name).replace('/', "%2F")),
    }
}

/// Writes a name as a JSON string.
pub(in crate::formats) fn write(out: &mut Vec<u8>, name: &[u8]) -> io::Result<()> {
    if write_plain(out, name) { Ok(()) } else { json::string(out, &text(name)) }
}

/// Writes text as a JSON string if that needs no thought. False: it is not written.
pub(in crate::formats) fn write_plain(out: &mut Vec<u8>, text: &[u8]) -> bool {
    if !json::is_plain(text) {
        return false;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
    true
}

fn escaped(name: &[u8]) -> String {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut text = String::new();
    let escape = |text: &mut String, byte: u8| {
        text.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    };
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char == '%' { escape(&mut text, b'%') } else { text.push(char) }
        }
        chunk.invalid().iter().for_each(|byte| escape(&mut text, *byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_do_not_decode_are_escaped() {
        assert_eq!(text("50 % größer".as_bytes()), "50 % größer");
        assert_eq!(text(b"50 % gr\xF6\xDFer"), "50 %25 gr%F6%DFer");
        assert_eq!(text(b"\xE2\x82"), "%E2%82");
        assert!(matches!(text(b"plain"), Cow::Borrowed(_)));
        assert!(is_as_stored("50 % größer".as_bytes()) && !is_as_stored(b"\xE2\x82"));
        assert_eq!([part(b"a/b %"), part(b"a b %"), part(b"\xFF/")], ["a%2Fb %25", "a b %", "%FF%2F"]);
    }
}
