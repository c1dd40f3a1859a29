//! What is written of one object before its path is known.

use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::reference;
use crate::budget::{Budget, Charge, OverBudget};

/// JSON text: the object's own members, its entry in `properties.arrays`, then its attributes.
///
/// Where the path of another object belongs, a reference marker stands (see `reference`). Many fragments share a chunk of
/// text, which goes with the last of them; there is nothing in a fragment before its chunk is complete, at the latest when
/// the writer is dropped.
#[derive(Debug, Clone, Default)]
pub(in crate::formats) struct Fragment {
    chunk: Option<Arc<OnceLock<Chunk>>>,
    /// Where it begins in the chunk.
    start: u32,
    end: u32,
    layout: Layout,
    /// Which of the chunk's are its attributes.
    attributes: Range<u32>,
    is_marked: bool,
}

/// Where the parts before the attributes end; from where the fragment begins.
#[derive(Debug, Clone, Copy, Default)]
struct Layout {
    members: u32,
    array: u32,
}

/// The text of many fragments, one after the other.
#[derive(Debug)]
struct Chunk {
    text: Vec<u8>,
    /// Where name and value of each attribute end.
    attributes: Box<[(u32, u32)]>,
    _charge: Charge,
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
        self.part(self.layout.array, self.end - self.start)
    }

    /// Name (a JSON string) and value of each attribute, in their order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let range = self.attributes.start as usize..self.attributes.end as usize;
        let ends = self.chunk().and_then(|chunk| chunk.attributes.get(range)).unwrap_or(&[]);
        let mut start = self.layout.array;
        ends.iter().map(move |(name, value)| {
            let attribute = (self.part(start, *name), self.part(name + 1, *value)); // behind the colon
            start = value + 1; // behind the comma
            attribute
        })
    }

    /// True if there are reference markers.
    pub(super) fn is_marked(&self) -> bool {
        self.is_marked
    }

    fn chunk(&self) -> Option<&Chunk> {
        self.chunk.as_ref()?.get()
    }

    fn part(&self, start: u32, end: u32) -> &[u8] {
        let all = self.chunk().and_then(|chunk| chunk.text.get(self.start as usize..self.end as usize)).unwrap_or(&[]);
        all.get(start as usize..end as usize).unwrap_or(&[])
    }
}

/// Writes fragments, one after the other: members, array entry, attributes.
#[derive(Debug)]
pub(in crate::formats) struct FragmentWriter {
    /// What fills the chunk.
    pub(super) text: Vec<u8>,
    /// Where the fragment begins that is being written.
    start: usize,
    layout: Layout,
    attributes: Vec<(u32, u32)>,
    first_attribute: usize,
    /// The chunk that is being filled.
    chunk: Arc<OnceLock<Chunk>>,
    charge: Charge,
    budget: Budget,
}

/// How long chunks are: those of a file with few objects are shorter.
const FIRST: usize = 4 << 10;
const LARGEST: usize = 64 << 10;
/// The memory limit has room for so many of them.
const SHARE: u64 = 64;
/// With so little room left a chunk is complete: more than most objects take.
const LEAST_ROOM: usize = 2 << 10;

impl FragmentWriter {
    pub(in crate::formats) fn new(budget: &Budget) -> Self {
        FragmentWriter {
            text: Vec::new(),
            start: 0,
            layout: Layout::default(),
            attributes: Vec::new(),
            first_attribute: 0,
            chunk: Arc::default(),
            charge: Charge::nothing(budget),
            budget: budget.clone(),
        }
    }

    /// Begins a fragment.
    pub(in crate::formats) fn begin(&mut self) {
        self.text.truncate(self.start);
        self.attributes.truncate(self.first_attribute);
        self.layout = Layout::default();
    }

    /// Begins a member of the object or of its array entry. `key` is as it stands behind others: `,"key":`.
    #[inline]
    pub(super) fn key(&mut self, key: &str) {
        let key = key.as_bytes();
        let is_first = self.text.len() - self.start == self.layout.members as usize;
        self.text.extend_from_slice(key.get(usize::from(is_first)..).unwrap_or(key));
    }

    /// Ends the members of the object: what follows is the array entry.
    pub(in crate::formats) fn end_members(&mut self) {
        self.layout.members = u32::try_from(self.text.len() - self.start).unwrap_or(u32::MAX);
    }

    /// Ends the array entry: what follows are the attributes.
    pub(in crate::formats) fn end_array(&mut self) -> Result<(), OverBudget> {
        self.layout.array = self.end()?;
        Ok(())
    }

    /// What has been written of the fragment before its attributes: the members of the object, and the array entry.
    pub(super) fn members(&self) -> &[u8] {
        self.part(0, self.layout.members)
    }

    pub(super) fn array(&self) -> &[u8] {
        self.part(self.layout.members, self.layout.array)
    }

    fn part(&self, start: u32, end: u32) -> &[u8] {
        self.text.get(self.start + start as usize..self.start + end as usize).unwrap_or(&[])
    }

    /// Writes an attribute.
    pub(super) fn attribute(
        &mut self,
        name: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
        value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), OverBudget> {
        self.comma();
        let _ = name(&mut self.text); // into memory: it can't fail
        let name = self.end()?;
        self.text.push(b':');
        let _ = value(&mut self.text);
        let value = self.end()?;
        self.attributes.push((name, value));
        Ok(())
    }

    /// The same where `text` is the name, which ends at `name_end`, the colon, and the beginning of the value.
    pub(super) fn attribute_from(
        &mut self,
        text: &[u8],
        name_end: usize,
        value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), OverBudget> {
        self.comma();
        let name = self.text.len() - self.start + name_end;
        self.text.extend_from_slice(text);
        let _ = value(&mut self.text); // into memory: it can't fail
        let value = self.end()?;
        self.attributes.push((u32::try_from(name).map_err(|_| OverBudget)?, value));
        Ok(())
    }

    fn comma(&mut self) {
        if self.attributes.len() > self.first_attribute {
            self.text.push(b',');
        }
    }

    /// Takes the attributes back.
    pub(super) fn truncate_attributes(&mut self) {
        self.text.truncate(self.start + self.layout.array as usize);
        self.attributes.truncate(self.first_attribute);
    }

    /// Where the fragment ends by now; what the chunk takes is charged.
    fn end(&mut self) -> Result<u32, OverBudget> {
        self.charge.grow_to(self.text.capacity() + size_of::<(u32, u32)>() * self.attributes.capacity())?;
        u32::try_from(self.text.len() - self.start).map_err(|_| OverBudget)
    }

    /// The fragment that has been written.
    pub(in crate::formats) fn finish(&mut self) -> Result<Fragment, OverBudget> {
        let place = |at: usize| u32::try_from(at).map_err(|_| OverBudget);
        let text = self.text.get(self.start..).unwrap_or(&[]);
        let fragment = Fragment {
            chunk: Some(self.chunk.clone()),
            start: place(self.start)?,
            end: place(self.text.len())?,
            layout: self.layout,
            attributes: place(self.first_attribute)?..place(self.attributes.len())?,
            is_marked: reference::is_in(text),
        };
        (self.start, self.first_attribute) = (self.text.len(), self.attributes.len());
        if self.text.capacity() - self.text.len() < LEAST_ROOM {
            // Each chunk is twice as long as the one before, where there is room.
            let most = usize::try_from(self.budget.limit() / SHARE).unwrap_or(LARGEST).clamp(FIRST, LARGEST);
            let next = (self.text.capacity() * 2).clamp(FIRST, most);
            self.complete();
            if self.charge.grow_to(next).is_ok() {
                self.text.reserve_exact(next);
            }
        }
        Ok(fragment)
    }

    /// Gives the chunk to its fragments, and begins the next.
    fn complete(&mut self) {
        let (mut text, attributes) = (std::mem::take(&mut self.text), std::mem::take(&mut self.attributes));
        text.truncate(self.start);
        if text.capacity() > LARGEST {
            text.shrink_to_fit(); // a long fragment made it grow
        }
        let attributes = attributes.into_boxed_slice();
        let mut charge = std::mem::replace(&mut self.charge, Charge::nothing(&self.budget));
        charge.shrink_to(text.capacity() + size_of_val(&*attributes));
        let _ = self.chunk.set(Chunk { text, attributes, _charge: charge }); // it was not given before
        self.chunk = Arc::default();
        (self.start, self.first_attribute, self.layout) = (0, 0, Layout::default());
    }
}

impl Drop for FragmentWriter {
    fn drop(&mut self) {
        self.text.shrink_to(self.start);
        self.complete();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::reference::write_marker;
    use super::*;

    #[test]
    fn parts_come_back() {
        let budget = Budget::new(8 << 20);
        let mut writer = FragmentWriter::new(&budget);
        let mut fragments = Vec::new();
        for round in 0..200 {
            let is_long = round == 100;
            for attempt in 0..2 {
                writer.begin(); // what the first attempt wrote is gone
                for (key, value) in [(",\"a\":", b'1'), (",\"b\":", b'2')].into_iter().skip(1 - attempt) {
                    writer.key(key);
                    writer.text.push(value);
                }
                writer.end_members();
                if is_long {
                    writer.key(",\"c\":");
                    writer.text.resize(writer.text.len() + 2 * LARGEST, b'3');
                }
                writer.end_array().expect("room");
                for names in [&b"z"[..], b"xy"] {
                    writer.truncate_attributes();
                    for name in names {
                        let name = |out: &mut Vec<u8>| out.write_all(&[b'"', *name, b'"']);
                        let value = |out: &mut Vec<u8>| {
                            if is_long {
                                write_marker(out, 7);
                            }
                            write!(out, "{round}")
                        };
                        writer.attribute(name, value).expect("room");
                    }
                }
            }
            fragments.push(writer.finish().expect("room"));
        }
        writer.text.extend_from_slice(b"what nobody finishes");
        drop(writer);
        for (round, fragment) in fragments.iter().enumerate() {
            let is_long = round == 100;
            assert_eq!(fragment.members(), br#""a":1,"b":2"#);
            assert_eq!(fragment.array().len(), if is_long { 2 * LARGEST + 4 } else { 0 });
            assert_eq!(fragment.is_marked(), is_long);
            assert_eq!(fragment.attributes().map(|(name, _)| name).collect::<Vec<_>>(), [b"\"x\"", b"\"y\""]);
            if !is_long {
                assert_eq!(fragment.all_attributes(), format!("\"x\":{round},\"y\":{round}").as_bytes());
                let last = fragment.attributes().last().expect("two");
                assert_eq!(last, (&b"\"y\""[..], round.to_string().as_bytes()));
            }
        }
        fragments.drain(..100);
        assert!(budget.used() > 2 * LARGEST as u64);
        drop(fragments);
        assert_eq!(budget.used(), 0);
        assert_eq!(Fragment::default().attributes().count(), 0);
    }
}
