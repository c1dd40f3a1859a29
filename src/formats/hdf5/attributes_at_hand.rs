//! Attributes of which everything is at hand, as of nearly all: they are written from where they stand, without a future, a
//! list or a copy.
//!
//! Whatever is not as usual is left to [`attributes::read`](super::attributes::read), which says what is wrong.

use super::attribute::{AttributeInfo, AttributeMessage};
use super::attributes;
use super::context::Context;
use super::dataspace::Dataspace;
use super::fields::{Address, Fields, Parse};
use super::fragment::FragmentWriter;
use super::message::Kind;
use super::name;
use super::object_header::ObjectHeader;
use super::resolve::{self, AtHand, Resolved};
use super::value::StoredValue;
use crate::budget::OverBudget;

/// How the writing went.
pub(super) enum Outcome {
    /// All attributes are written: so many.
    Written(usize),
    /// Nothing is: these collections of the global heap have to be read first.
    Lacks(Vec<Address>),
    /// Nothing is: something else has to be read, or to be said.
    Unusual,
}

/// Writes all attributes of an object, sorted by name.
pub(super) fn write(cx: &Context<'_>, header: &ObjectHeader, out: &mut FragmentWriter) -> Result<Outcome, OverBudget> {
    let Some(found) = found(cx, header) else { return Ok(Outcome::Unusual) };
    let (mut lacking, mut damages) = (Vec::new(), Vec::new());
    let mut resolved = Resolved::empty(&cx.file, &cx.heap);
    let mut types = cx.types.lock();
    for (message, offset) in &found {
        let fields = |body| Fields::new(body, cx.file.widths);
        let datatype = types.decode(&mut fields(message.datatype.body));
        let dataspace = Dataspace::decode(&mut fields(message.dataspace.body));
        let (Ok(datatype), Ok(dataspace)) = (datatype, dataspace) else { return undo(out, Outcome::Unusual) };
        let offset = offset.saturating_add(message.value_at as u64);
        let stored = StoredValue { datatype: &datatype.datatype, dataspace: &dataspace, raw: message.value, offset };
        match resolve::at_hand(&cx.file, &cx.heap, stored, &mut resolved) {
            AtHand::Yes => {}
            AtHand::Lacks(address) => lacking.push(address),
            AtHand::Unknown => return undo(out, Outcome::Unusual),
        }
        if lacking.is_empty() {
            let name = |text: &mut Vec<u8>| name::write(text, message.name);
            out.attribute(name, |text| attributes::write(text, &datatype, stored, &resolved, &mut damages))?;
        }
        if !damages.is_empty() {
            return undo(out, Outcome::Unusual);
        }
    }
    match lacking.is_empty() {
        true => Ok(Outcome::Written(found.len())),
        false => undo(out, Outcome::Lacks(lacking)),
    }
}

fn undo(out: &mut FragmentWriter, outcome: Outcome) -> Result<Outcome, OverBudget> {
    out.truncate_attributes();
    Ok(outcome)
}

/// The attribute messages with the offset of each, by name. `None`: there are others elsewhere, or two of one name, or some
/// that can't be taken apart.
fn found<'a>(cx: &Context<'_>, header: &'a ObjectHeader) -> Option<Vec<(AttributeMessage<'a>, u64)>> {
    let mut found = Vec::new();
    for message in &header.messages {
        let mut fields = Fields::new(header.body(message), cx.file.widths);
        match message.kind {
            Kind::AttributeInfo | Kind::Attribute if message.is_shared() => return None,
            Kind::AttributeInfo if leads_elsewhere(&mut fields) != Ok(false) => return None,
            Kind::Attribute => {
                let attribute = AttributeMessage::decode(&mut fields).ok()?;
                if attribute.datatype.shared || attribute.dataspace.shared {
                    return None;
                }
                if found.is_empty() {
                    found.reserve(USUAL_COUNT);
                }
                found.push((attribute, header.offset(message)));
            }
            _ => {}
        }
    }
    let is_sorted = |found: &[(AttributeMessage<'_>, u64)]| found.is_sorted_by(|(a, _), (b, _)| a.name < b.name);
    if !is_sorted(&found) {
        found.sort_unstable_by_key(|(attribute, _)| attribute.name);
    }
    is_sorted(&found).then_some(found)
}

/// As many attributes as most objects have.
const USUAL_COUNT: usize = 8;

fn leads_elsewhere(fields: &mut Fields<'_>) -> Parse<bool> {
    AttributeInfo::decode(fields).map(|info| info.heap.is_some() || info.name_index.is_some())
}
