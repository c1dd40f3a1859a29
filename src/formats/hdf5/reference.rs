//! References in text that is written before the paths are known: a marker stands where the path belongs.

/// Begins a marker; JSON text never contains this byte.
const MARK: u8 = 0;
/// A marker: the mark, and the address of an object header.
const LENGTH: usize = 9;

/// Writes a marker for the path of the object at `address`.
pub(super) fn write_marker(out: &mut Vec<u8>, address: u64) {
    out.push(MARK);
    out.extend_from_slice(&address.to_le_bytes());
}

/// A piece of text, or the address whose path belongs here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a [u8]),
    Target(u64),
}

/// True if there is a marker in text.
pub(super) fn is_in(text: &[u8]) -> bool {
    memchr::memchr(MARK, text).is_some()
}

/// Takes text apart at its markers.
pub(super) fn parts(text: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if rest[0] == MARK
            && let Some((marker, behind)) = rest.split_first_chunk::<LENGTH>()
        {
            rest = behind;
            let address = marker[1..].iter().rev().fold(0, |address, byte| address << 8 | u64::from(*byte));
            return Some(Part::Target(address));
        }
        let length = memchr::memchr(MARK, &rest[1..]).map_or(rest.len(), |at| at + 1);
        let (text, behind) = rest.split_at(length);
        rest = behind;
        Some(Part::Text(text))
    })
}

/// The addresses that text refers to.
pub(super) fn targets(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    parts(text).filter_map(|part| match part {
        Part::Target(address) => Some(address),
        Part::Text(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_come_back() {
        let mut text = b"[".to_vec();
        write_marker(&mut text, 0x0102_0300);
        text.push(b',');
        write_marker(&mut text, 0);
        text.push(b']');
        let found: Vec<_> = parts(&text).collect();
        let expected =
            [Part::Text(b"["), Part::Target(0x0102_0300), Part::Text(b","), Part::Target(0), Part::Text(b"]")];
        assert_eq!(found, expected);
        assert_eq!(targets(b"{}").count(), 0);
        assert!(is_in(&text) && !is_in(b"{}"));
    }
}
