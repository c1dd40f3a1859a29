//! The DICOM JSON Model (PS3.18 Annex F) as it is written: one element after another, each data set in ascending tags.
//!
//! Elements in order go straight to the text. One that is out of order is held back until its data set ends and then put
//! in at its place; of a tag that stands twice the second is written nowhere. With a record callback each leaf is sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::element::digits;
use crate::budget::Charge;
use crate::document::builder::{Output, Refused};
use crate::document::text::{Position, Text};

/// A scratch line of this capacity is not kept for the next element.
const LONG_LINE: usize = 256 << 10;

/// What an element that is held back takes beside its text, in bytes.
const HELD: usize = 256;
/// The members of `headers`, in their order.
const DATA_SETS: [&str; 2] = ["file_meta", "dataset"];

/// Writes the data sets of one file.
pub(crate) struct Model<'a> {
    pub(crate) out: &'a mut Output,
    /// JSON pointer of the open data set.
    path: String,
    /// The open data sets, the innermost last.
    sets: Vec<Set>,
    /// Where each element of the open data sets begins, for those that come out of order.
    index: Vec<(u32, Position)>,
    index_charge: Option<Charge>,
    /// Texts that wait while a held element is written in their stead.
    waiting: Vec<Text>,
    /// Open sequences below one that is written nowhere.
    muted: u32,
    /// How many of [`DATA_SETS`] were opened.
    opened: usize,
    /// Scratch space: one element is put together here, and then written at once.
    line: Vec<u8>,
    /// Elements written.
    pub(crate) elements: u64,
    /// Sequences among them.
    pub(crate) sequences: u64,
}

/// One open data set: the main one, or an item.
struct Set {
    /// Its part of `index` begins here.
    first: usize,
    /// Before the item's own text.
    start: Position,
    path: usize,
    held: BTreeMap<u32, Text>,
    /// Items of the sequence that is open in this data set.
    items: u64,
    /// What was done for the sequence that is open in this data set.
    sequence: Order,
}

/// What is to be done with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It stands in order.
    Ascending,
    /// It is lower than one before it: held back.
    Lower,
    /// Its tag stood already: written nowhere.
    Duplicate,
}

impl<'a> Model<'a> {
    pub(crate) fn new(out: &'a mut Output) -> Self {
        Model {
            out,
            path: String::new(),
            sets: Vec::new(),
            index: Vec::new(),
            index_charge: None,
            waiting: Vec::new(),
            muted: 0,
            opened: 0,
            line: Vec::new(),
            elements: 0,
            sequences: 0,
        }
    }

    /// Opens a data set of `headers`; `name` is its key.
    pub(crate) fn open(&mut self, name: &str) -> Result<(), Refused> {
        if !self.out.sends_records() {
            self.out.headers.reserve(32)?;
        }
        self.opened += 1;
        self.path.clear();
        let _ = write!(self.path, "/headers/{name}");
        self.push_set(0);
        if !self.out.sends_records() {
            write!(self.out.headers, "\"{name}\":{{")?;
        }
        Ok(())
    }

    /// What an open data set takes in the list of them.
    pub(super) const SET: usize = size_of::<Set>();

    fn push_set(&mut self, path: usize) {
        self.sets.push(Set {
            first: self.index.len(),
            start: self.out.headers.end(),
            path,
            held: BTreeMap::new(),
            items: 0,
            sequence: Order::Ascending,
        });
    }

    /// JSON pointer of an element of the open data set; of what is written nowhere, that of the data set it stands in.
    pub(crate) fn pointer(&self, tag: u32) -> String {
        if self.is_muted() { self.path.clone() } else { format!("{}/{tag:08X}", self.path) }
    }

    /// True inside a sequence that is written nowhere.
    pub(crate) fn is_muted(&self) -> bool {
        self.muted > 0
    }

    /// JSON pointer of the open data set.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Where a tag stands among those of the open data set.
    pub(crate) fn order(&self, tag: u32) -> Order {
        let Some(set) = self.sets.last() else { return Order::Ascending };
        let seen = &self.index[set.first..];
        match seen.last() {
            Some((last, _)) if *last >= tag => {
                let twice = seen.binary_search_by_key(&tag, |(tag, _)| *tag).is_ok();
                if twice || set.held.contains_key(&tag) { Order::Duplicate } else { Order::Lower }
            }
            _ => Order::Ascending,
        }
    }

    /// Writes one leaf element; `value` writes its JSON object. Refused: nothing was written.
    pub(crate) fn element<T>(
        &mut self,
        tag: u32,
        order: Order,
        value: impl FnOnce(&mut Vec<u8>) -> io::Result<T>,
    ) -> Result<Option<T>, Refused> {
        if self.muted > 0 || order == Order::Duplicate {
            return Ok(None);
        }
        self.elements += 1;
        if self.out.sends_records() {
            let pointer = self.pointer(tag);
            let mut result = None;
            self.note(tag, order)?;
            self.out.record(&pointer, |line| {
                result = Some(value(line)?);
                Ok(())
            })?;
            return Ok(result);
        }
        self.hold(tag, order)?;
        let start = self.out.headers.end();
        let written = self.write_element(tag, value);
        if self.line.capacity() > LONG_LINE {
            self.line = Vec::new();
        }
        if written.is_err() {
            self.out.headers.truncate(start);
            if order == Order::Ascending {
                self.index.pop();
            }
        }
        self.release(tag, order);
        Ok(Some(written?))
    }

    fn write_element<T>(&mut self, tag: u32, value: impl FnOnce(&mut Vec<u8>) -> io::Result<T>) -> io::Result<T> {
        let [a, b, c, d, e, f, g, h] = digits(tag);
        self.line.clear();
        self.line.extend_from_slice(&[b'"', a, b, c, d, e, f, g, h, b'"', b':']);
        let result = value(&mut self.line)?;
        self.line.push(b',');
        self.out.headers.write_all(&self.line)?;
        Ok(result)
    }

    /// Remembers that a tag stood in the open data set, where no text is kept.
    fn note(&mut self, tag: u32, order: Order) -> Result<(), Refused> {
        self.hold(tag, order)?;
        self.release(tag, order);
        Ok(())
    }

    /// Turns the writing to a text of its own, where the element must wait for its place.
    fn hold(&mut self, tag: u32, order: Order) -> Result<(), Refused> {
        if order == Order::Ascending {
            if self.index.len() == self.index.capacity() {
                let more = self.index.len().max(64);
                let bytes = (self.index.len() + more) * size_of::<(u32, Position)>();
                match &mut self.index_charge {
                    Some(charge) => charge.grow_to(bytes).map_err(|_| Refused)?,
                    none => *none = Some(Charge::new(self.out.budget(), bytes).map_err(|_| Refused)?),
                }
                self.index.reserve_exact(more);
            }
            self.index.push((tag, self.out.headers.end()));
        } else {
            self.out.budget().charge(HELD).map_err(|_| Refused)?;
            let held = Text::new(self.out.budget());
            self.waiting.push(std::mem::replace(&mut self.out.headers, held));
        }
        Ok(())
    }

    fn release(&mut self, tag: u32, order: Order) {
        if order == Order::Ascending {
            return;
        }
        if let (Some(text), Some(set)) = (self.waiting.pop(), self.sets.last_mut()) {
            let mut held = std::mem::replace(&mut self.out.headers, text);
            held.shrink();
            if set.held.insert(tag, held).is_some() {
                self.out.budget().release(HELD);
            }
        }
    }

    /// Opens a sequence element; its items follow, then [`Model::close_sequence`].
    pub(crate) fn open_sequence(&mut self, tag: u32, order: Order) -> Result<(), Refused> {
        if self.muted > 0 || order == Order::Duplicate {
            self.muted += 1;
            return Ok(());
        }
        self.hold(tag, order)?;
        if !self.out.sends_records() && self.out.headers.reserve(32).is_err() {
            self.index.truncate(self.index.len() - usize::from(order == Order::Ascending));
            self.release(tag, order);
            return Err(Refused);
        }
        self.elements += 1;
        self.sequences += 1;
        if let Some(set) = self.sets.last_mut() {
            set.items = 0;
            set.sequence = order;
        }
        self.path.push('/');
        self.path.extend(digits(tag).map(char::from));
        if !self.out.sends_records() {
            let [a, b, c, d, e, f, g, h] = digits(tag);
            self.out.headers.write_all(&[b'"', a, b, c, d, e, f, g, h, b'"', b':'])?;
            self.out.headers.write_all(b"{\"vr\":\"SQ\"")?;
        }
        Ok(())
    }

    /// Writes nothing until [`Model::unmute`].
    pub(crate) fn mute(&mut self) {
        self.muted += 1;
    }

    /// Ends what [`Model::mute`] began.
    pub(crate) fn unmute(&mut self) {
        self.muted -= 1;
    }

    /// Opens the next item of the open sequence.
    pub(crate) fn open_item(&mut self) -> Result<(), Refused> {
        if self.muted > 0 {
            return Ok(());
        }
        if !self.out.sends_records() {
            self.out.headers.reserve(32)?;
        }
        let Some(parent) = self.sets.last_mut() else { return Ok(()) };
        let number = parent.items;
        parent.items += 1;
        let path = self.path.len();
        if self.out.sends_records() && number == 0 {
            let pointer = format!("{}/vr", self.path);
            self.out.record(&pointer, |line| line.write_all(b"\"SQ\""))?;
        }
        self.path.push_str("/Value/");
        self.path.push_str(itoa::Buffer::new().format(number));
        self.push_set(path);
        if !self.out.sends_records() {
            self.out.headers.write_all(if number == 0 { b",\"Value\":[{" } else { b"{" })?;
        }
        Ok(())
    }

    /// Closes the open item. `cut`: the file ends in it; an item of which nothing was read is then left out.
    pub(crate) fn close_item(&mut self, cut: bool) -> Result<(), Refused> {
        if self.muted > 0 {
            return Ok(());
        }
        let left_out = self.close_set(cut)?;
        if let Some(parent) = self.sets.last_mut() {
            parent.items -= u64::from(left_out);
        }
        Ok(())
    }

    /// Closes the data set that [`Model::open`] opened. It stands also if nothing is in it.
    pub(crate) fn close(&mut self) -> Result<(), Refused> {
        self.close_set(false).map(|_| ())
    }

    /// Writes the data sets of `headers` that were not opened, as empty ones.
    pub(crate) fn complete(&mut self) -> Result<(), Refused> {
        while let Some(name) = DATA_SETS.get(self.opened) {
            self.open(name)?;
            self.close()?;
        }
        Ok(())
    }

    /// Ends the innermost data set; true if it was left out.
    fn close_set(&mut self, cut: bool) -> Result<bool, Refused> {
        let Some(mut set) = self.sets.pop() else { return Ok(false) };
        let held = set.held.len();
        let empty = self.index.len() == set.first && held == 0;
        let left_out = empty && cut;
        let result = if left_out {
            self.out.headers.truncate(set.start);
            Ok(())
        } else if self.out.sends_records() {
            let pointer = if empty { self.path.clone() } else { String::new() };
            if empty { self.out.record(&pointer, |line| line.write_all(b"{}")) } else { Ok(()) }
        } else {
            let inserted = self.insert_held(&mut set);
            self.out.headers.pop_if(b',');
            self.out.close_with(b"},").and(inserted)
        };
        self.out.budget().release(held * HELD);
        self.index.truncate(set.first);
        self.path.truncate(set.path);
        result.map(|()| left_out)
    }

    /// Puts the elements that were held back at their places.
    fn insert_held(&mut self, set: &mut Set) -> Result<(), Refused> {
        let seen = &self.index[set.first..];
        let end = self.out.headers.end();
        let placed = std::mem::take(&mut set.held).into_iter().map(|(tag, text)| {
            let at = seen.partition_point(|(seen, _)| *seen < tag);
            (seen.get(at).map_or(end, |(_, place)| *place), text)
        });
        Ok(self.out.headers.insert_all(placed)?)
    }

    /// Closes the open sequence element.
    pub(crate) fn close_sequence(&mut self, tag: u32) -> Result<(), Refused> {
        if self.muted > 0 {
            self.muted -= 1;
            return Ok(());
        }
        let Some(set) = self.sets.last() else { return Ok(()) };
        let (items, order) = (set.items, set.sequence);
        let result = if self.out.sends_records() {
            let pointer = self.path.clone();
            match items {
                0 => self.out.record(&pointer, |line| line.write_all(b"{\"vr\":\"SQ\"}")),
                _ => Ok(()),
            }
        } else if items > 0 {
            self.out.headers.pop_if(b',');
            self.out.close_with(b"]},")
        } else {
            self.out.close_with(b"},")
        };
        self.path.truncate(self.path.len().saturating_sub(9));
        self.release(tag, order);
        result
    }
}
