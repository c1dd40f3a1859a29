//! Attributes of which everything is at hand, as of nearly all: they are written from where they stand, without a future, a
//! list or a copy.
//!
//! Whatever is not as usual is left to [`attributes::read`](super::attributes::read), which says what is wrong.

use super::attribute::{AttributeInfo, AttributeMessage};
use super::context::Context;
use super::fault::Damage;
use super::fields::{Address, Fields};
use super::fragment::FragmentWriter;
use super::known_attributes::Locked;
use super::message::Kind;
use super::netcdf_mark;
use super::object::OfAttributes;
use super::object_header::{Message, ObjectHeader};
use super::resolve::{self, AtHand, Resolved};
use super::value::{self, StoredValue};
use crate::budget::OverBudget;

/// How the writing went.
pub(super) enum Outcome {
    /// All attributes are written.
    Written(OfAttributes),
    /// Nothing is: these collections of the global heap have to be read first.
    Lacks(Vec<Address>),
    /// Nothing is: something else has to be read, or to be said.
    Unusual,
}

/// Writes all attributes of an object, sorted by name.
pub(super) fn write(cx: &Context<'_>, header: &ObjectHeader, out: &mut FragmentWriter) -> Result<Outcome, OverBudget> {
    let written = match in_order(cx, header, Writer::new(cx, out))? {
        Some(outcome) => outcome,
        None => by_name(cx, header, Writer::new(cx, out))?,
    };
    if !matches!(written, Outcome::Written(_)) {
        out.truncate_attributes();
    }
    Ok(written)
}

/// Writes them as they stand in the header. `None`: not all, since they do not stand there by name.
fn in_order<'a>(
    cx: &Context<'_>,
    header: &'a ObjectHeader,
    mut writer: Writer<'a>,
) -> Result<Option<Outcome>, OverBudget> {
    for message in &header.messages {
        match part(cx, header, message) {
            Part::Other => {}
            Part::Elsewhere => return Ok(Some(Outcome::Unusual)),
            Part::Here(attribute) => match writer.add(attribute, header.offset(message))? {
                Added::Written => {}
                Added::Unordered => return Ok(None),
                Added::Unusual => return Ok(Some(Outcome::Unusual)),
            },
        }
    }
    Ok(Some(writer.outcome()))
}

/// The same for those that stand there in another order.
fn by_name<'a>(cx: &Context<'_>, header: &'a ObjectHeader, mut writer: Writer<'a>) -> Result<Outcome, OverBudget> {
    writer.out.truncate_attributes();
    let found = header.messages.iter().filter_map(|message| match part(cx, header, message) {
        Part::Here(attribute) => {
            let name =
                AttributeMessage::decode(&mut Fields::new(attribute, cx.file.widths)).map(|message| message.name);
            Some((name.unwrap_or(&[]), attribute, header.offset(message)))
        }
        _ => None,
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable_by_key(|(name, ..)| *name);
    for (_, attribute, offset) in found {
        match writer.add(attribute, offset)? {
            Added::Written => {}
            Added::Unordered | Added::Unusual => return Ok(Outcome::Unusual), // the former: two of one name
        }
    }
    Ok(writer.outcome())
}

/// What a message says of the attributes.
enum Part<'a> {
    /// It is one.
    Here(&'a [u8]),
    /// There are others elsewhere, or it makes no sense.
    Elsewhere,
    Other,
}

#[inline]
fn part<'a>(cx: &Context<'_>, header: &'a ObjectHeader, message: &Message) -> Part<'a> {
    match message.kind {
        Kind::Attribute | Kind::AttributeInfo if message.is_shared() => Part::Elsewhere,
        Kind::Attribute => Part::Here(header.body(message)),
        Kind::AttributeInfo => match AttributeInfo::decode(&mut Fields::new(header.body(message), cx.file.widths)) {
            Ok(AttributeInfo { heap: None, name_index: None }) => Part::Other,
            _ => Part::Elsewhere,
        },
        _ => Part::Other,
    }
}

/// Writes one attribute after the other.
struct Writer<'a> {
    cx: &'a Context<'a>,
    out: &'a mut FragmentWriter,
    known: Locked<'a>,
    resolved: Resolved,
    damages: Vec<Damage>,
    lacking: Vec<Address>,
    /// The name of the one before.
    last: Option<&'a [u8]>,
    of_attributes: OfAttributes,
}

/// What became of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    /// It is written, as far as no collection is lacking.
    Written,
    /// It is not: its name is not behind that of the one before.
    Unordered,
    /// It is not, for more than a collection that is lacking.
    Unusual,
}

impl<'a> Writer<'a> {
    fn new(cx: &'a Context<'_>, out: &'a mut FragmentWriter) -> Self {
        let mut known = cx.attributes.lock();
        let resolved = known.take_resolved().unwrap_or_else(|| Resolved::empty(&cx.file, &cx.heap));
        Writer {
            cx,
            out,
            known,
            resolved,
            damages: Vec::new(),
            lacking: Vec::new(),
            last: None,
            of_attributes: OfAttributes { count: 0, netcdf_mark: false },
        }
    }

    /// Writes the attribute of a message that stands at `offset`.
    fn add(&mut self, message: &'a [u8], offset: u64) -> Result<Added, OverBudget> {
        let Context { file, heap, types, .. } = self.cx;
        let Some(head) = self.known.head(message, file.widths, types) else { return Ok(Added::Unusual) };
        // Another one may be shown as it is.
        if !head.is_as_stored {
            return Ok(Added::Unusual);
        }
        let (name, raw) = head.split(message);
        if self.last.is_some_and(|last| last >= name) {
            return Ok(Added::Unordered);
        }
        self.last = Some(name);
        let offset = offset.saturating_add(head.value_at() as u64);
        let (datatype, dataspace) = (&head.kind.datatype.datatype, &head.kind.dataspace);
        let stored = StoredValue { datatype, dataspace, raw, offset };
        match resolve::at_hand(file, heap, stored, &mut self.resolved) {
            AtHand::Yes => {}
            AtHand::Lacks(address) => self.lacking.push(address),
            AtHand::Unknown => return Ok(Added::Unusual),
        }
        if self.lacking.is_empty() {
            self.out.attribute_from(head.text(), head.name_end, |text| {
                value::write(text, stored, &self.resolved, &mut self.damages)?;
                text.push(b'}');
                Ok(())
            })?;
        }
        self.of_attributes.count += 1;
        self.of_attributes.netcdf_mark |= netcdf_mark::is_one(name, raw);
        Ok(if self.damages.is_empty() { Added::Written } else { Added::Unusual })
    }

    fn outcome(mut self) -> Outcome {
        self.known.give_resolved(self.resolved);
        if self.lacking.is_empty() { Outcome::Written(self.of_attributes) } else { Outcome::Lacks(self.lacking) }
    }
}
