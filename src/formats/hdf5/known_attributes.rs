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
