//! Kinds of attributes that come again: most files have thousands of a few types and shapes, whose messages are decoded and
//! written once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attribute::AttributeMessage;
use super::attributes;
use super::dataspace::Dataspace;
use super::fields::{Fields, Parse, Widths};
use super::known_types::{KnownTypes, Type};
use super::resolve::Resolved;
use crate::budget::{Budget, Charge};

/// How many kinds are kept, and how long the messages of each are at most.
const MOST: usize = 16;
const LONGEST: usize = 128;

/// A datatype with a dataspace.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) datatype: Arc<Type>,
    pub(super) dataspace: Dataspace,
    /// What is written of an attribute before its value.
    pub(super) text: Box<[u8]>,
    /// The messages.
    of: (Box<[u8]>, Box<[u8]>),
    _charge: Option<Charge>,
}

/// The kinds that were met last.
#[derive(Debug)]
pub(super) struct KnownAttributes {
    recent: Mutex<Recent>,
    budget: Budget,
}

#[derive(Debug, Default)]
struct Recent {
    kinds: Vec<Kind>,
    /// The place of the oldest.
    oldest: usize,
    /// One that is not kept.
    other: Option<Kind>,
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

/// The known kinds, while nobody else uses them.
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

    /// The kind of an attribute whose datatype and dataspace stand in its message.
    pub(super) fn kind(&mut self, message: &AttributeMessage<'_>, widths: Widths, types: &KnownTypes) -> Parse<&Kind> {
        let of = (message.datatype.body, message.dataspace.body);
        let recent = &mut *self.recent;
        if let Some(at) = recent.kinds.iter().position(|kind| *kind.of.0 == *of.0 && *kind.of.1 == *of.1) {
            return Ok(&recent.kinds[at]);
        }
        let datatype = types.decode(&mut Fields::new(of.0, widths))?;
        let dataspace = Dataspace::decode(&mut Fields::new(of.1, widths))?;
        let mut text = Vec::new();
        let _ = attributes::write_kind(&mut text, &datatype, &dataspace); // into memory: it can't fail
        let length = of.0.len() + of.1.len();
        let cost = size_of::<Kind>() + length + text.len();
        let charge = Charge::new(self.budget, cost).ok().filter(|_| length <= LONGEST);
        let keep = charge.is_some();
        let kind = Kind { datatype, dataspace, text: text.into(), of: (of.0.into(), of.1.into()), _charge: charge };
        Ok(match keep {
            true => recent.keep(kind),
            false => recent.other.insert(kind),
        })
    }
}

impl Recent {
    fn keep(&mut self, new: Kind) -> &Kind {
        let at = self.oldest;
        self.oldest = (at + 1) % MOST;
        if at < self.kinds.len() {
            self.kinds[at] = new;
        } else {
            self.kinds.push(new);
        }
        &self.kinds[at]
    }
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
        let mut known = known.lock();
        let kind = known.kind(&message, WIDTHS, types)?;
        Ok((kind.datatype.clone(), String::from_utf8_lossy(&kind.text).into_owned()))
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
