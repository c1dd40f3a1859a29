//! JSON's scalars. Escaping and number formatting are serde_json's; what is no JSON number becomes a string.

use std::io::{self, Write};

/// A string, quoted and escaped.
pub(crate) fn string(out: &mut (impl Write + ?Sized), text: &str) -> io::Result<()> {
    utf8(out, text.as_bytes())
}

/// The same of text that is known to be UTF-8, as bytes.
#[inline]
pub(crate) fn utf8(out: &mut (impl Write + ?Sized), text: &[u8]) -> io::Result<()> {
    if !is_plain(text) {
        return serde_json::to_writer(out, &*String::from_utf8_lossy(text)).map_err(io::Error::from);
    }
    out.write_all(b"\"")?;
    out.write_all(text)?;
    out.write_all(b"\"")
}

/// Whether text stands in a JSON string as it is, whatever its encoding, as most does: ASCII without escapes.
#[inline]
pub(crate) fn is_plain(text: &[u8]) -> bool {
    // eight at a time; the last eight overlap those before, so that none are left over
    match text.last_chunk() {
        Some(last) => text.as_chunks().0.iter().all(|eight| are_plain(*eight)) && are_plain(*last),
        None => text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')),
    }
}

/// True if none of the bytes is a control, a quote or a backslash, or more than ASCII: each makes the highest bit of a byte,
/// as does at most a byte behind one of those.
#[inline]
fn are_plain(bytes: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(bytes);
    let [quotes, backslashes] = [b'"', b'\\'].map(|byte| (word ^ (ONES * u64::from(byte))).wrapping_sub(ONES));
    let controls = word.wrapping_sub(ONES * u64::from(b' ')) | word.wrapping_add(ONES);
    (word | quotes | backslashes | controls) & (ONES << 7) == 0
}

/// What a buffer takes that text is written to as a string, where it grows by doubling: most text stands in it as it is.
pub(crate) fn room(text: &[u8]) -> usize {
    let escaped = text.iter().filter(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\')).count();
    2 * (text.len() + 5 * escaped)
}

/// A 64-bit float: shortest round-trip, or `"NaN"`, `"Infinity"`, `"-Infinity"`.
pub(crate) fn f64(out: &mut (impl Write + ?Sized), value: f64) -> io::Result<()> {
    match non_finite(value) {
        Some(name) => out.write_all(name),
        None => serde_json::to_writer(out, &value).map_err(io::Error::from),
    }
}

/// A 32-bit float: its own shortest decimal, not that of the double it widens to.
pub(crate) fn f32(out: &mut (impl Write + ?Sized), value: f32) -> io::Result<()> {
    match non_finite(value.into()) {
        Some(name) => out.write_all(name),
        None => serde_json::to_writer(out, &value).map_err(io::Error::from),
    }
}

/// Any integer.
pub(crate) fn integer(out: &mut (impl Write + ?Sized), value: impl itoa::Integer) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(value).as_bytes())
}

/// An integer, or null where it is not known.
pub(crate) fn optional(out: &mut (impl Write + ?Sized), value: Option<u64>) -> io::Result<()> {
    match value {
        Some(value) => integer(out, value),
        None => out.write_all(b"null"),
    }
}

/// A list as an array.
pub(crate) fn list<T>(
    out: &mut Vec<u8>,
    items: &[T],
    mut each: impl FnMut(&mut Vec<u8>, &T) -> io::Result<()>,
) -> io::Result<()> {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item)?;
    }
    out.push(b']');
    Ok(())
}

/// Text that is JSON already, and an integer behind it.
pub(crate) fn behind(out: &mut (impl Write + ?Sized), text: &str, value: impl itoa::Integer) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    integer(out, value)
}

fn non_finite(value: f64) -> Option<&'static [u8]> {
    match value {
        _ if value.is_nan() => Some(b"\"NaN\""),
        f64::INFINITY => Some(b"\"Infinity\""),
        f64::NEG_INFINITY => Some(b"\"-Infinity\""),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn numbers_are_shortest_and_never_illegal() {
        assert_eq!(text(|out| f32(out, 0.1)), "0.1");
        assert_eq!(text(|out| f64(out, 0.1)), "0.1");
        assert_eq!(text(|out| f64(out, f64::from(0.1f32))), "0.10000000149011612");
        assert_eq!(text(|out| f64(out, f64::NAN)), "\"NaN\"");
        assert_eq!(text(|out| f32(out, f32::NEG_INFINITY)), "\"-Infinity\"");
        assert_eq!(text(|out| integer(out, u64::MAX)), "18446744073709551615");
        assert_eq!(text(|out| string(out, "a\u{1}\"")), "\"a\\u0001\\\"\"");
    }

    #[test]
    fn plain_text_is_written_as_any_other() {
        for byte in 0..=255 {
            for length in 1..20 {
                let mut long = vec![b'a'; length];
                long[length / 2] = byte;
                assert_eq!(is_plain(&long), matches!(byte, b' '..=b'~' if !b"\"\\".contains(&byte)), "{byte}");
                let long = String::from_utf8_lossy(&long);
                assert_eq!(text(|out| string(out, &long)), serde_json::to_string(&long).expect("JSON"));
            }
        }
    }
}
