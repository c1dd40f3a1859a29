//! What is written of one object before its path is known.

use std::io::{self, Write};

use crate::budget::{Budget, Charge, OverBudget};

/// JSON text in parts: the object's own members, its entry in `properties.arrays`, then name and value of each attribute.
///
/// Where the path of another object belongs, a reference marker stands (see `reference`).
#[derive(Debug, Default)]
pub(super) struct Fragment {
    text: Box<[u8]>,
    /// Where each part ends.
    ends: Box<[u32]>,
    _charge: Option<Charge>,
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
}

/// Builds a fragment, part by part.
#[derive(Debug)]
pub(super) struct FragmentWriter {
    pub(super) text: Vec<u8>,
    ends: Vec<u32>,
    charge: Charge,
}

/// As much text as most objects have.
const USUAL: usize = 1 << 10;

impl FragmentWriter {
    pub(super) fn new(budget: &Budget) -> Result<Self, OverBudget> {
        let charge = Charge::new(budget, USUAL)?;
        Ok(FragmentWriter { text: Vec::with_capacity(USUAL), ends: Vec::with_capacity(USUAL / 64), charge })
    }

    /// Ends the part that has been written.
    pub(super) fn end_part(&mut self) -> Result<(), OverBudget> {
        self.ends.push(u32::try_from(self.text.len()).map_err(|_| OverBudget)?);
        self.charge.grow_to(self.text.capacity() + 4 * self.ends.capacity())
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
        let mut charge = self.charge;
        charge.shrink_to(self.text.len() + 4 * self.ends.len());
        Fragment { text: self.text.into_boxed_slice(), ends: self.ends.into_boxed_slice(), _charge: Some(charge) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let budget = Budget::new(1 << 20);
        let mut writer = FragmentWriter::new(&budget).expect("room");
        writer.key("a").expect("room");
        writer.text.push(b'1');
        writer.key("b").expect("room");
        writer.text.push(b'2');
        writer.end_part().expect("room");
        writer.end_part().expect("room");
        for part in ["\"x\"", "{}"] {
            writer.text.extend(part.bytes());
            writer.end_part().expect("room");
        }
        let fragment = writer.finish();
        assert_eq!((fragment.members(), fragment.array()), (&br#""a":1,"b":2"#[..], &b""[..]));
        assert_eq!(fragment.attributes().collect::<Vec<_>>(), [(&br#""x""#[..], &b"{}"[..])]);
        assert_eq!(Fragment::default().attributes().len(), 0);
    }
}
