//! What is written of one object before its path is known.

use std::io;

use super::reference;
use crate::budget::{Budget, Charge, OverBudget};

/// JSON text: the object's own members, its entry in `properties.arrays`, then its attributes.
///
/// Where the path of another object belongs, a reference marker stands (see `reference`).
#[derive(Debug, Default)]
pub(in crate::formats) struct Fragment {
    text: Box<[u8]>,
    layout: Layout,
    /// Where name and value of each attribute end.
    attributes: Box<[(u32, u32)]>,
    is_marked: bool,
    _charge: Option<Charge>,
}

/// Where the parts before the attributes end.
#[derive(Debug, Clone, Copy, Default)]
struct Layout {
    members: u32,
    array: u32,
}

impl Fragment {
    /// The members of the object, without braces: empty, or joined by commas.
    pub(super) fn members(&self) -> &[u8] {
        self.part(0, self.layout.members)
    }

    /// The members of its array entry, without `path` and without braces; empty: it has none.
    pub(in crate::formats) fn array(&self) -> &[u8] {
        self.part(self.layout.members, self.layout.array)
    }

    /// The members of `attributes`, without braces, as they stand in the document.
    pub(super) fn all_attributes(&self) -> &[u8] {
        self.text.get(self.layout.array as usize..).unwrap_or(&[])
    }

    /// Name (a JSON string) and value of each attribute, in their order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = self.layout.array;
        self.attributes.iter().map(move |(name, value)| {
            let attribute = (self.part(start, *name), self.part(name + 1, *value)); // behind the colon
            start = value + 1; // behind the comma
            attribute
        })
    }

    /// True if there are reference markers.
    pub(super) fn is_marked(&self) -> bool {
        self.is_marked
    }

    fn part(&self, start: u32, end: u32) -> &[u8] {
        self.text.get(start as usize..end as usize).unwrap_or(&[])
    }
}

/// Writes fragments, one after the other: members, array entry, attributes.
#[derive(Debug)]
pub(in crate::formats) struct FragmentWriter {
    pub(super) text: Vec<u8>,
    layout: Layout,
    attributes: Vec<(u32, u32)>,
    charge: Charge,
    budget: Budget,
}

/// As much text as most objects have; room for more is given back.
const USUAL: usize = 4 << 10;

impl FragmentWriter {
    pub(in crate::formats) fn new(budget: &Budget) -> Result<Self, OverBudget> {
        let charge = Charge::new(budget, USUAL)?;
        let text = Vec::with_capacity(USUAL);
        Ok(FragmentWriter { text, layout: Layout::default(), attributes: Vec::new(), charge, budget: budget.clone() })
    }

    /// Begins a fragment.
    pub(in crate::formats) fn begin(&mut self) {
        self.text.clear();
        self.attributes.clear();
        self.layout = Layout::default();
    }

    /// Begins a member of the object or of its array entry. `key` is as it stands behind others: `,"key":`.
    #[inline]
    pub(super) fn key(&mut self, key: &str) {
        let key = key.as_bytes();
        let is_first = self.text.len() == self.layout.members as usize;
        self.text.extend_from_slice(key.get(usize::from(is_first)..).unwrap_or(key));
    }

    /// Ends the members of the object: what follows is the array entry.
    pub(in crate::formats) fn end_members(&mut self) {
        self.layout.members = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
    }

    /// Ends the array entry: what follows are the attributes.
    pub(in crate::formats) fn end_array(&mut self) -> Result<(), OverBudget> {
        self.layout.array = self.end()?;
        Ok(())
    }

    /// Writes an attribute.
    pub(super) fn attribute(
        &mut self,
        name: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
        value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), OverBudget> {
        if !self.attributes.is_empty() {
            self.text.push(b',');
        }
        let _ = name(&mut self.text); // into memory: it can't fail
        let name = self.end()?;
        self.text.push(b':');
        let _ = value(&mut self.text);
        let value = self.end()?;
        self.attributes.push((name, value));
        Ok(())
    }

    /// Where the text ends; what it takes is charged.
    fn end(&mut self) -> Result<u32, OverBudget> {
        self.charge.grow_to(self.text.capacity() + size_of::<(u32, u32)>() * self.attributes.capacity())?;
        u32::try_from(self.text.len()).map_err(|_| OverBudget)
    }

    /// The fragment that has been written.
    pub(in crate::formats) fn finish(&mut self) -> Result<Fragment, OverBudget> {
        let cost = self.text.len() + size_of_val(&*self.attributes);
        let charge = Charge::new(&self.budget, cost)?;
        let fragment = Fragment {
            text: self.text.as_slice().into(),
            layout: self.layout,
            attributes: self.attributes.as_slice().into(),
            is_marked: reference::is_in(&self.text),
            _charge: Some(charge),
        };
        self.begin();
        if self.text.capacity() > USUAL {
            self.text.shrink_to(USUAL);
            self.attributes.shrink_to(USUAL / 64);
            self.charge.shrink_to(USUAL);
        }
        Ok(fragment)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::reference::write_marker;
    use super::*;

    #[test]
    fn parts_come_back() {
        let budget = Budget::new(1 << 20);
        let mut writer = FragmentWriter::new(&budget).expect("room");
        for round in 0..2 {
            for (key, value) in [(",\"a\":", b'1'), (",\"b\":", b'2')] {
                writer.key(key);
                writer.text.push(value);
            }
            writer.end_members();
            if round == 1 {
                writer.key(",\"c\":");
                writer.text.resize(2 * USUAL, b'3');
            }
            writer.end_array().expect("room");
            for name in [b'x', b'y'] {
                let name = |out: &mut Vec<u8>| out.write_all(&[b'"', name, b'"']);
                let value = |out: &mut Vec<u8>| {
                    if round == 1 {
                        write_marker(out, 7);
                    }
                    out.write_all(b"{}")
                };
                writer.attribute(name, value).expect("room");
            }
            let fragment = writer.finish().expect("room");
            assert_eq!(fragment.members(), br#""a":1,"b":2"#);
            assert_eq!(fragment.array().len(), if round == 1 { 2 * USUAL - 11 } else { 0 });
            assert_eq!(fragment.is_marked(), round == 1);
            assert_eq!(fragment.attributes().map(|(name, _)| name).collect::<Vec<_>>(), [b"\"x\"", b"\"y\""]);
            if round == 0 {
                assert_eq!(fragment.all_attributes(), br#""x":{},"y":{}"#);
                assert_eq!(fragment.attributes().last(), Some((&b"\"y\""[..], &b"{}"[..])));
            }
        }
        drop(writer);
        assert_eq!(budget.used(), 0);
        assert_eq!(Fragment::default().attributes().count(), 0);
    }
}
