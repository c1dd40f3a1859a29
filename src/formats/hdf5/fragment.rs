//! What is written of one object before its path is known.

use std::io::{self, Write};

/// JSON text in parts: the object's own members, its entry in `properties.arrays`, then name and value of each attribute.
///
/// Where the path of another object belongs, a reference marker stands (see `reference`).
#[derive(Debug, Default)]
pub(super) struct Fragment {
    text: Box<[u8]>,
    /// Where each part ends.
    ends: Box<[u32]>,
}

/// Parts before those of the attributes.
const LEADING: usize = 2;

impl Fragment {
    /// The members of the object, without braces: empty, or joined by commas.
    pub(super) fn members(&self) -> &[u8] {
        self.part(0)
    }

    /// The members of its array entry, without `path` and without braces; empty: it has none.
    pub(super) fn array(&self) -> &[u8] {
        self.part(1)
    }

    /// Name (a JSON string) and value of each attribute, in their order.
    pub(super) fn attributes(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let count = self.ends.len().saturating_sub(LEADING) / 2;
        (0..count).map(|i| (self.part(LEADING + 2 * i), self.part(LEADING + 2 * i + 1)))
    }

    fn part(&self, index: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end);
        self.text.get(start..end(index)).unwrap_or(&[])
    }

    /// What it takes.
    pub(super) fn held(&self) -> usize {
        self.text.len() + 4 * self.ends.len()
    }
}

/// Builds a fragment, part by part.
#[derive(Debug, Default)]
pub(super) struct FragmentWriter {
    pub(super) text: Vec<u8>,
    ends: Vec<u32>,
}

impl FragmentWriter {
    pub(super) fn new() -> Self {
        FragmentWriter::default()
    }

    /// Ends the part that has been written.
    pub(super) fn end_part(&mut self) {
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Begins a member of the object or of its array entry.
    pub(super) fn key(&mut self, key: &str) -> io::Result<()> {
        let start = self.ends.last().map_or(0, |end| *end as usize);
        if self.text.len() > start {
            self.text.push(b',');
        }
        self.text.push(b'"');
        self.text.write_all(key.as_bytes())?;
        self.text.write_all(b"\":")
    }

    pub(super) fn finish(self) -> Fragment {
        Fragment { text: self.text.into_boxed_slice(), ends: self.ends.into_boxed_slice() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let mut writer = FragmentWriter::new();
        writer.key("a").expect("room");
        writer.text.push(b'1');
        writer.key("b").expect("room");
        writer.text.push(b'2');
        writer.end_part();
        writer.end_part();
        for part in ["\"x\"", "{}"] {
            writer.text.extend(part.bytes());
            writer.end_part();
        }
        let fragment = writer.finish();
        assert_eq!((fragment.members(), fragment.array()), (&br#""a":1,"b":2"#[..], &b""[..]));
        assert_eq!(fragment.attributes().collect::<Vec<_>>(), [(&br#""x""#[..], &b"{}"[..])]);
        assert_eq!(Fragment::default().attributes().len(), 0);
    }
}
