//! Datatypes that come again: most files have thousands of elements of a few types, which are decoded and written once.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::datatype::Datatype;
use super::datatype_json;
use super::fields::{Fields, Parse};
use crate::budget::{Budget, Charge};

/// How many types are kept, and how long their messages are at most.
const MOST: usize = 16;
const LONGEST: usize = 64;

/// A datatype, and its text where that is short.
#[derive(Debug)]
pub(in crate::formats) struct Type {
    pub(in crate::formats) datatype: Datatype,
    text: Option<Text>,
}

/// `"type":…,"dtype":…`
#[derive(Debug)]
struct Text {
    both: Box<[u8]>,
    dtype_at: usize,
    _charge: Charge,
}

impl Type {
    /// Writes the members `type` and `dtype`.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match &self.text {
            Some(text) => out.extend_from_slice(&text.both),
            None => {
                write_type(out, &self.datatype)?;
                out.push(b',');
                write_dtype(out, &self.datatype)?;
            }
        }
        Ok(())
    }

    /// Writes the member `dtype`.
    pub(super) fn write_dtype(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match self.text.as_ref().and_then(|text| text.both.get(text.dtype_at..)) {
            Some(dtype) => out.write_all(dtype),
            None => write_dtype(out, &self.datatype),
        }
    }
}

impl Text {
    /// `None`: the budget has no room for it.
    fn of(datatype: &Datatype, budget: &Budget) -> Option<Text> {
        let mut both = Vec::new();
        write_type(&mut both, datatype).ok()?;
        both.push(b',');
        let dtype_at = both.len();
        write_dtype(&mut both, datatype).ok()?;
        let charge = Charge::new(budget, both.len() + LONGEST + size_of::<Type>()).ok()?;
        Some(Text { both: both.into(), dtype_at, _charge: charge })
    }
}

fn write_type(out: &mut Vec<u8>, datatype: &Datatype) -> io::Result<()> {
    out.extend_from_slice(b"\"type\":");
    datatype_json::write(out, datatype)
}

fn write_dtype(out: &mut Vec<u8>, datatype: &Datatype) -> io::Result<()> {
    out.extend_from_slice(b"\"dtype\":");
    datatype_json::write_dtype(out, datatype)
}

/// The types that were met last.
#[derive(Debug)]
pub(super) struct KnownTypes {
    recent: Mutex<Recent>,
    budget: Budget,
}

#[derive(Debug, Default)]
struct Recent {
    /// With the message of each.
    types: Vec<(Box<[u8]>, Arc<Type>)>,
    /// The place of the oldest.
    oldest: usize,
}

impl KnownTypes {
    pub(super) fn new(budget: &Budget) -> Self {
        KnownTypes { recent: Mutex::default(), budget: budget.clone() }
    }

    /// Decodes a datatype message, unless it has been met before.
    pub(super) fn decode(&self, fields: &mut Fields<'_>) -> Parse<Arc<Type>> {
        let message = fields.rest();
        if message.len() > LONGEST {
            return Ok(Arc::new(Type { datatype: Datatype::decode(fields)?, text: None }));
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = recent.types.iter().find(|(of, _)| **of == *message) {
            return Ok(known.clone());
        }
        let datatype = Datatype::decode(fields)?;
        let text = Text::of(&datatype, &self.budget);
        let keep = text.is_some();
        let new = Arc::new(Type { datatype, text });
        if keep {
            recent.keep(message.into(), new.clone());
        }
        Ok(new)
    }
}

impl Recent {
    fn keep(&mut self, message: Box<[u8]>, new: Arc<Type>) {
        match self.types.get_mut(self.oldest) {
            Some(oldest) => *oldest = (message, new),
            None => self.types.push((message, new)),
        }
        self.oldest = (self.oldest + 1) % MOST;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    /// A little-endian unsigned integer of so many bytes.
    fn message(size: u8) -> Vec<u8> {
        vec![0x10, 0, 0, 0, size, 0, 0, 0, 0, 0, 8, 0]
    }

    fn decode(known: &KnownTypes, message: &[u8]) -> Parse<Arc<Type>> {
        known.decode(&mut Fields::new(message, WIDTHS))
    }

    #[test]
    fn a_type_is_decoded_once_while_few_others_come() {
        let budget = Budget::new(1 << 20);
        let known = KnownTypes::new(&budget);
        let first = decode(&known, &message(1)).expect("a type");
        for size in 2..=MOST as u8 {
            decode(&known, &message(size)).expect("a type");
        }
        assert!(Arc::ptr_eq(&first, &decode(&known, &message(1)).expect("a type")));
        decode(&known, &message(100)).expect("a type");
        assert!(!Arc::ptr_eq(&first, &decode(&known, &message(1)).expect("a type")), "it was the oldest");
        assert!(decode(&known, &message(0)).is_err() && decode(&known, &message(0)).is_err());
        drop((known, first));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn text_is_the_same_whether_it_is_kept_or_not() {
        let text = |budget: &Budget, padding: usize| {
            let mut message = message(1);
            message.resize(message.len() + padding, 0);
            let read = decode(&KnownTypes::new(budget), &message).expect("a type");
            let mut out = Vec::new();
            read.write(&mut out).expect("a Vec takes all");
            let both = out.len();
            read.write_dtype(&mut out).expect("a Vec takes all");
            assert!(out[..both].ends_with(&out[both..]) && out[both..].starts_with(b"\"dtype\":\"|u1\""));
            (read.text.is_some(), out)
        };
        let (roomy, narrow) = (Budget::new(1 << 20), Budget::new(8));
        let kept = text(&roomy, 0);
        assert!(kept.0);
        assert_eq!(text(&narrow, 0), (false, kept.1.clone()));
        assert_eq!(text(&roomy, LONGEST), (false, kept.1));
    }
}
