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
use crate::formats::name;

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
fn in_order(cx: &Context<'_>, header: &ObjectHeader, mut writer: Writer<'_>) -> Result<Option<Outcome>, OverBudget> {
    let mut last: Option<&[u8]> = None;
    for message in &header.messages {
        match part(cx, header, message) {
            Part::Other => {}
            Part::Elsewhere => return Ok(Some(Outcome::Unusual)),
            Part::Here(attribute) if last.is_some_and(|last| last >= attribute.name) => return Ok(None),
            Part::Here(attribute) => {
                if !writer.add(&attribute, header.offset(message))? {
                    return Ok(Some(Outcome::Unusual));
                }
                last = Some(attribute.name);
            }
        }
    }
    Ok(Some(writer.outcome()))
}

/// The same for those that stand there in another order.
fn by_name(cx: &Context<'_>, header: &ObjectHeader, mut writer: Writer<'_>) -> Result<Outcome, OverBudget> {
    writer.out.truncate_attributes();
    let found = header.messages.iter().filter_map(|message| match part(cx, header, message) {
        Part::Here(attribute) => Some((attribute, header.offset(message))),
        _ => None,
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable_by_key(|(attribute, _)| attribute.name);
    if !found.is_sorted_by(|(a, _), (b, _)| a.name < b.name) {
        return Ok(Outcome::Unusual); // two of one name
    }
    for (attribute, offset) in &found {
        if !writer.add(attribute, *offset)? {
            return Ok(Outcome::Unusual);
        }
    }
    Ok(writer.outcome())
}

/// What a message says of the attributes.
enum Part<'a> {
    Here(AttributeMessage<'a>),
    /// There are others elsewhere, or it makes no sense.
    Elsewhere,
    Other,
}

fn part<'a>(cx: &Context<'_>, header: &'a ObjectHeader, message: &Message) -> Part<'a> {
    if !matches!(message.kind, Kind::Attribute | Kind::AttributeInfo) {
        return Part::Other;
    }
    let mut fields = Fields::new(header.body(message), cx.file.widths);
    match message.kind {
        _ if message.is_shared() => Part::Elsewhere,
        Kind::Attribute => match AttributeMessage::decode(&mut fields) {
            Ok(attribute) if !attribute.datatype.shared && !attribute.dataspace.shared => Part::Here(attribute),
            _ => Part::Elsewhere,
        },
        _ => match AttributeInfo::decode(&mut fields) {
            Ok(AttributeInfo { heap: None, name_index: None }) => Part::Other,
            _ => Part::Elsewhere,
        },
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
    of_attributes: OfAttributes,
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
            of_attributes: OfAttributes { count: 0, netcdf_mark: false },
        }
    }

    /// False: it is not written, for more than a collection that is lacking.
    fn add(&mut self, message: &AttributeMessage<'_>, offset: u64) -> Result<bool, OverBudget> {
        let Context { file, heap, types, .. } = self.cx;
        let Ok(kind) = self.known.kind(message, file.widths, types) else { return Ok(false) };
        let offset = offset.saturating_add(message.value_at as u64);
        let (datatype, dataspace) = (&kind.datatype.datatype, &kind.dataspace);
        let stored = StoredValue { datatype, dataspace, raw: message.value, offset };
        match resolve::at_hand(file, heap, stored, &mut self.resolved) {
            AtHand::Yes => {}
            AtHand::Lacks(address) => self.lacking.push(address),
            AtHand::Unknown => return Ok(false),
        }
        if self.lacking.is_empty() {
            let name = |text: &mut Vec<u8>| name::write(text, message.name);
            self.out.attribute(name, |text| {
                text.extend_from_slice(&kind.text);
                value::write(text, stored, &self.resolved, &mut self.damages)?;
                text.push(b'}');
                Ok(())
            })?;
        }
        self.of_attributes.count += 1;
        self.of_attributes.netcdf_mark |= netcdf_mark::is_one(message.name, message.value);
        Ok(self.damages.is_empty())
    }

    fn outcome(mut self) -> Outcome {
        self.known.give_resolved(self.resolved);
        if self.lacking.is_empty() { Outcome::Written(self.of_attributes) } else { Outcome::Lacks(self.lacking) }
    }
}
