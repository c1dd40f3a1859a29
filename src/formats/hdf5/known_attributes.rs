//! Attributes that come again: most files have thousands of a few names, types and shapes, whose messages are decoded and
//! written once.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attribute::AttributeMessage;
use super::attributes;
use super::dataspace::Dataspace;
use super::fields::{Fields, Parse, Widths};
use super::known_types::{KnownTypes, Type};
use super::resolve::Resolved;
use crate::budget::{Budget, Charge};
use crate::formats::name;

/// How many kinds are kept, and how long the messages of each are at most.
const MOST: usize = 16;
const LONGEST: usize = 128;
/// How many heads are kept, and how long each is at most, with its text.
const MOST_HEADS: usize = 32;
const LONGEST_HEAD: usize = 512;

/// An attribute but for its value: what stands before that in the message, and in the document.
#[derive(Debug)]
pub(super) struct Head {
    /// The part of the message, and behind it the text.
    bytes: Box<[u8]>,
    value_at: usize,
    name: Range<usize>,
    /// Where the name ends in the text.
    pub(super) name_end: usize,
    /// The name is shown as it is stored: no other name is shown so.
    pub(super) is_as_stored: bool,
    pub(super) kind: Arc<Kind>,
    _charge: Option<Charge>,
}

impl Head {
    /// What is written of the attribute before its value.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(self.value_at..).unwrap_or(&[])
    }

    /// The name and the value in a message that begins so.
    pub(super) fn split<'m>(&self, message: &'m [u8]) -> (&'m [u8], &'m [u8]) {
        (message.get(self.name.clone()).unwrap_or(&[]), message.get(self.value_at..).unwrap_or(&[]))
    }

    /// Where the value stands in the message.
    pub(super) fn value_at(&self) -> usize {
        self.value_at
    }

    /// True if a message begins so: it says itself how long its parts before the value are.
    fn begins(&self, message: &[u8]) -> bool {
        self.bytes.get(..self.value_at).is_some_and(|head| message.starts_with(head))
    }
}

/// A datatype with a dataspace.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) datatype: Arc<Type>,
    pub(super) dataspace: Dataspace,
    /// What is written of an attribute between its name and its value.
    text: Box<[u8]>,
    /// The messages.
    of: (Box<[u8]>, Box<[u8]>),
    _charge: Option<Charge>,
}

/// The attributes that were met last.
#[derive(Debug)]
pub(super) struct KnownAttributes {
    recent: Mutex<Recent>,
    budget: Budget,
}

#[derive(Debug, Default)]
struct Recent {
    heads: Vec<Head>,
    /// The place of the one behind that which was met last.
    next: usize,
    /// One that is not kept.
    other: Option<Head>,
    kinds: Vec<Arc<Kind>>,
    /// The places of the oldest.
    oldest_head: usize,
    oldest_kind: usize,
    /// What the last value had in the heap: often the next has it, too.
    resolved: Option<Resolved>,
}

impl KnownAttributes {
    pub(super) fn new(budget: &Budget) -> Self {
        KnownAttributes { recent: Mutex::default(), budget: budget.clone() }
    }

    /// For the attributes of one object.
    pub(super) fn lock(&self) -> Locked<'_> {
        Locked { recent: self.recent.lock().unwrap_or_else(PoisonError::into_inner), budget: &self.budget }
    }
}

/// The known attributes, while nobody else uses them.
pub(super) struct Locked<'a> {
    recent: MutexGuard<'a, Recent>,
    budget: &'a Budget,
}

impl Locked<'_> {
    /// What the last value had in the heap, to be given back.
    pub(super) fn take_resolved(&mut self) -> Option<Resolved> {
        self.recent.resolved.take()
    }

    /// Keeps that for the next value.
    pub(super) fn give_resolved(&mut self, resolved: Resolved) {
        self.recent.resolved = Some(resolved);
    }

    /// The head of an attribute whose datatype and dataspace stand in its message; `None`: they stand elsewhere, or can't be
    /// decoded.
    pub(super) fn head(&mut self, message: &[u8], widths: Widths, types: &KnownTypes) -> Option<&Head> {
        let recent = &mut *self.recent;
        // Objects of a kind have the same attributes in the same order.
        let known = match recent.heads.get(recent.next) {
            Some(next) if next.begins(message) => Some(recent.next),
            _ => recent.heads.iter().position(|head| head.begins(message)),
        };
        if let Some(at) = known {
            recent.next = if at + 1 < recent.heads.len() { at + 1 } else { 0 };
            return self.recent.heads.get(at);
        }
        let head = self.decode(message, widths, types).ok()??;
        let recent = &mut *self.recent;
        Some(match head._charge {
            Some(_) => keep(&mut recent.heads, &mut recent.oldest_head, MOST_HEADS, head),
            None => recent.other.insert(head),
        })
    }

    fn decode(&mut self, message: &[u8], widths: Widths, types: &KnownTypes) -> Parse<Option<Head>> {
        let attribute = AttributeMessage::decode(&mut Fields::new(message, widths))?;
        if attribute.datatype.shared || attribute.dataspace.shared {
            return Ok(None);
        }
        let kind = self.kind(&attribute, widths, types)?;
        let value_at = attribute.value_at;
        let mut bytes = Vec::with_capacity(value_at + attribute.name.len() + kind.text.len() + 3);
        bytes.extend_from_slice(message.get(..value_at).unwrap_or(message));
        let _ = name::write(&mut bytes, attribute.name); // into memory: it can't fail
        let name_end = bytes.len() - value_at;
        bytes.push(b':');
        bytes.extend_from_slice(&kind.text);
        let cost = bytes.len() + size_of::<Head>();
        let charge = Charge::new(self.budget, cost).ok().filter(|_| bytes.len() <= LONGEST_HEAD);
        let (name, is_as_stored) = (attribute.name_range(), name::is_as_stored(attribute.name));
        Ok(Some(Head { bytes: bytes.into(), value_at, name, name_end, is_as_stored, kind, _charge: charge }))
    }

    /// The kind of an attribute whose datatype and dataspace stand in its message.
    fn kind(&mut self, message: &AttributeMessage<'_>, widths: Widths, types: &KnownTypes) -> Parse<Arc<Kind>> {
        let of = (message.datatype.body, message.dataspace.body);
        let recent = &mut *self.recent;
        if let Some(known) = recent.kinds.iter().find(|kind| *kind.of.0 == *of.0 && *kind.of.1 == *of.1) {
            return Ok(known.clone());
        }
        let datatype = types.decode(&mut Fields::new(of.0, widths))?;
        let dataspace = Dataspace::decode(&mut Fields::new(of.1, widths))?;
        let mut text = Vec::new();
        let _ = attributes::write_kind(&mut text, &datatype, &dataspace); // into memory: it can't fail
        let length = of.0.len() + of.1.len();
        let cost = size_of::<Kind>() + length + text.len();
        let charge = Charge::new(self.budget, cost).ok().filter(|_| length <= LONGEST);
        let is_kept = charge.is_some();
        let kind = Kind { datatype, dataspace, text: text.into(), of: (of.0.into(), of.1.into()), _charge: charge };
        let kind = Arc::new(kind);
        if is_kept {
            keep(&mut recent.kinds, &mut recent.oldest_kind, MOST, kind.clone());
        }
        Ok(kind)
    }
}

/// Puts `new` in the place of the oldest, where there are `most` already.
fn keep<'a, T>(kept: &'a mut Vec<T>, oldest: &mut usize, most: usize, new: T) -> &'a T {
    let at = *oldest;
    *oldest = (at + 1) % most;
    match kept.get_mut(at) {
        Some(place) => *place = new,
        None => kept.push(new),
    }
    &kept[at]
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    /// An attribute message with a little-endian unsigned integer of so many bytes, and padding behind its type.
    fn message(size: u8, padding: usize) -> Vec<u8> {
        let length = 12 + padding as u8;
        let mut message = vec![3, 0, 2, 0, length, 0, 4, 0, 0, b'a', 0, 0x10, 0, 0, 0, size, 0, 0, 0, 0, 0, 8, 0];
        message.resize(message.len() + padding, 0);
        message.extend([2, 0, 0, 0, 7]);
        message
    }

    /// The datatype of that kind, and the text before the value.
    fn kind(known: &KnownAttributes, types: &KnownTypes, message: &[u8]) -> Parse<(Arc<Type>, String)> {
        let message = AttributeMessage::decode(&mut Fields::new(message, WIDTHS))?;
        let kind = known.lock().kind(&message, WIDTHS, types)?;
        Ok((kind.datatype.clone(), String::from_utf8_lossy(&kind.text).into_owned()))
    }

    #[test]
    fn heads_are_what_stands_before_values() {
        for (budget, padding) in [(1 << 20, 0), (1 << 20, LONGEST_HEAD), (8, 0)] {
            let budget = Budget::new(budget);
            let (known, types) = (KnownAttributes::new(&budget), KnownTypes::new(&budget));
            for name in (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'y'..=b'z') {
                let mut message = message(1, padding % 200);
                message.resize(message.len() + padding, 9);
                message[9] = name;
                for value in [7, 8] {
                    let value_at = 27 + padding % 200;
                    message[value_at] = value;
                    let mut known = known.lock();
                    let head = known.head(&message, WIDTHS, &types).expect("a head");
                    let text = format!("\"{}\":{{\"type\":", char::from(name));
                    assert!(head.text().starts_with(text.as_bytes()) && head.text().ends_with(b",\"value\":"));
                    assert_eq!((head.name_end, head.value_at()), (3, value_at));
                    assert_eq!(head.split(&message), (&[name][..], &message[value_at..]));
                }
            }
            let mut shared = message(1, 0);
            shared[1] = 1;
            assert!(known.lock().head(&shared, WIDTHS, &types).is_none());
            drop((known, types));
            assert_eq!(budget.used(), 0);
        }
    }

    #[test]
    fn a_kind_is_decoded_once_while_few_others_come() {
        let budget = Budget::new(1 << 20);
        let (known, types) = (KnownAttributes::new(&budget), KnownTypes::new(&budget));
        let (first, text) = kind(&known, &types, &message(1, 0)).expect("a kind");
        assert!(
            text.starts_with("{\"type\":") && text.ends_with("\"dtype\":\"|u1\",\"shape\":[],\"value\":"),
            "{text}"
        );
        for round in 0..3 {
            for size in 2..=MOST as u8 {
                let (other, text) = kind(&known, &types, &message(size, 0)).expect("a kind");
                assert!(!Arc::ptr_eq(&first, &other) && !text.contains("|u1"), "{round}");
            }
            assert!(Arc::ptr_eq(&first, &kind(&known, &types, &message(1, 0)).expect("a kind").0));
        }
        kind(&known, &types, &message(100, 0)).expect("a kind");
        assert!(!Arc::ptr_eq(&first, &kind(&known, &types, &message(1, 0)).expect("a kind").0), "it was the oldest");
        assert!(kind(&known, &types, &message(0, 0)).is_err() && kind(&known, &types, &message(0, 0)).is_err());
        drop((known, types, first));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn long_messages_and_a_full_budget_only_cost_time() {
        for (budget, padding) in [(Budget::new(1 << 20), LONGEST), (Budget::new(8), 0)] {
            let (known, types) = (KnownAttributes::new(&budget), KnownTypes::new(&budget));
            let read = || kind(&known, &types, &message(1, padding)).expect("a kind");
            let ((first, text), (again, same)) = (read(), read());
            assert!(!Arc::ptr_eq(&first, &again) && text == same && text.contains("|u1"));
        }
    }
}
