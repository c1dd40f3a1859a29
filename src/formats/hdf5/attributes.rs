//! The attributes of an object, in whichever form they are stored.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::attribute::{AttributeInfo, AttributeMessage, Part};
use super::context::Context;
use super::dataspace::Dataspace;
use super::dense::{Body, Dense, DenseMessage, Of};
use super::fault::{Damage, Fault, note};
use super::file::Bytes;
use super::fractal_heap::Object;
use super::known_types::Type;
use super::message::Kind;
use super::object_header::ObjectHeader;
use super::resolve::{self, Resolved};
use super::shape;
use super::value::{self, StoredValue};
use crate::budget::{Charge, OverBudget};
use crate::document::warnings::Code;
use crate::engine::join::Join;
use crate::engine::window::Stop;
use crate::formats::name;

/// What an attribute message may have beside its value: name, datatype and dataspace, of 64 KiB each.
pub(super) const BESIDE_VALUE: u64 = 200 << 10;

/// One attribute, with everything at hand that its value needs.
#[derive(Debug)]
pub(in crate::formats) struct Attribute {
    /// The message; name and value are parts of it.
    message: Bytes,
    name: Range<usize>,
    value_at: usize,
    pub(in crate::formats) datatype: Arc<Type>,
    pub(in crate::formats) dataspace: Dataspace,
    /// What its elements point to in the global heap.
    pub(in crate::formats) resolved: Resolved,
    order: Order,
}

/// When an attribute was made, where that is kept, and its place among those of the object as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    made: Option<u32>,
    place: u32,
}

impl Attribute {
    pub(in crate::formats) fn name(&self) -> &[u8] {
        self.message.get(self.name.clone()).unwrap_or(&[])
    }

    /// The value as it is stored; there may be something behind it.
    pub(in crate::formats) fn raw(&self) -> &[u8] {
        self.message.get(self.value_at..).unwrap_or(&[])
    }

    /// Puts attributes into the order in which they were made, or else are stored.
    pub(in crate::formats) fn order(&self) -> impl Ord + use<> {
        self.order
    }

    /// Where the value stands; absolute.
    pub(in crate::formats) fn offset(&self) -> u64 {
        self.message.offset.saturating_add(self.value_at as u64)
    }

    /// Of equal names the older counts.
    fn age(&self) -> impl Ord + use<> {
        (self.order.made, self.offset())
    }

    /// Says that it is left out, since another one has its name.
    fn duplicate(&self) -> Damage {
        let message = "an attribute's name stands twice in this object; only the first is shown".to_owned();
        Damage { code: Code::DuplicateName, offset: self.offset(), message }
    }

    pub(in crate::formats) fn stored(&self) -> StoredValue<'_> {
        let (datatype, dataspace) = (&self.datatype.datatype, &self.dataspace);
        StoredValue { datatype, dataspace, raw: self.raw(), offset: self.offset() }
    }

    /// Writes it as it stands in the document.
    pub(super) fn write(&self, out: &mut Vec<u8>, damages: &mut Vec<Damage>) -> std::io::Result<()> {
        write_kind(out, &self.datatype, &self.dataspace)?;
        value::write(out, self.stored(), &self.resolved, damages)?;
        out.push(b'}');
        Ok(())
    }
}

/// The most attributes of one object that are read at once.
const MOST_AT_ONCE: usize = 512;
/// What one attribute takes while it waits.
const WAITING: usize = size_of::<(Pending, Order)>();

/// Reads all attributes of an object, sorted by name, with the charge for them; what can't be read is in `damages`.
pub(super) async fn read(
    cx: &Context<'_>,
    header: &ObjectHeader,
    damages: &mut Vec<Damage>,
) -> Result<(Vec<Attribute>, Charge), Fault> {
    let count = header.messages.iter().filter(|message| message.kind == Kind::Attribute).count();
    let over_budget = |OverBudget| Fault::Stop(Stop::Limit);
    let mut charge = Charge::new(cx.file.source.budget(), count * size_of::<Attribute>()).map_err(over_budget)?;
    let (mut found, mut notes) = (Vec::with_capacity(count), Vec::new());
    let mut waiting = VecDeque::new(); // empty for most objects
    let mut places = 0..;
    let mut place = || places.next().unwrap_or(u32::MAX);
    for message in &header.messages {
        match message.kind {
            Kind::Attribute if message.is_shared() => {
                let order = Order { made: message.creation_order.map(u32::from), place: place() };
                let pointer = header.bytes(message);
                charge.grow_by(WAITING).map_err(over_budget)?;
                waiting.push_back((Pending::Shared(pointer), order));
            }
            Kind::Attribute => {
                let order = Order { made: message.creation_order.map(u32::from), place: place() };
                let read = immediate(cx, header.bytes(message), order, &mut found, &mut notes);
                if let Some(false) = note(read, damages)? {
                    charge.grow_by(WAITING).map_err(over_budget)?;
                    waiting.push_back((Pending::Here(header.bytes(message)), order));
                }
            }
            Kind::AttributeInfo => {
                let info = cx.file.source.boxed(cx.body(header, message))?.await.and_then(|body| {
                    cx.file.decode(&body, body.offset, "attribute info message", AttributeInfo::decode)
                });
                let Some(info) = note(info, damages)? else { continue };
                let most = cx.options.max_value_bytes.saturating_add(BESIDE_VALUE);
                let dense = Dense::read(&cx.file, Of::Attributes, info.heap, info.name_index, most);
                let dense = cx.file.source.boxed(dense)?.await;
                let Some(dense) = note(dense, damages)? else { continue };
                damages.extend_from_slice(dense.damages());
                for message in dense.messages(&cx.file) {
                    let Some(message) = note(message, damages)? else { continue };
                    let made = message.creation_order.and_then(|order| u32::try_from(order).ok());
                    let order = Order { made, place: place() };
                    charge.grow_by(WAITING).map_err(over_budget)?;
                    waiting.push_back((Pending::Dense(message), order));
                }
            }
            _ => {}
        }
    }
    if !waiting.is_empty() {
        let mut join = Join::new(cx.file.source.budget());
        let mut running = 0;
        loop {
            while running < MOST_AT_ONCE
                && let Some((pending, order)) = waiting.pop_front()
            {
                join.push(one(cx, pending, order))?;
                running += 1;
            }
            let Some(read) = join.next().await else { break };
            running -= 1;
            if let Some((attribute, mut of_it)) = note(read, damages)? {
                if found.len() >= count {
                    charge.grow_by(size_of::<Attribute>()).map_err(over_budget)?;
                }
                found.push(attribute);
                notes.append(&mut of_it);
            }
        }
    }
    damages.append(&mut notes);
    if !found.is_sorted_by(|a, b| a.name() < b.name()) {
        sort(&mut found, damages);
    }
    Ok((found, charge))
}

/// Sorts by name; of equal ones only one stays.
fn sort(found: &mut Vec<Attribute>, damages: &mut Vec<Damage>) {
    found.sort_by(|a, b| a.name().cmp(b.name()).then_with(|| a.age().cmp(&b.age())));
    found.dedup_by(|later, first| {
        let twice = later.name() == first.name();
        if twice {
            damages.push(later.duplicate());
        }
        twice
    });
}

/// Leaves out those whose names are shown as that of an older one is. They are sorted by name.
pub(super) fn leave_out_alike(found: &mut Vec<Attribute>, damages: &mut Vec<Damage>) {
    let mut alike = Vec::new();
    for (place, attribute) in found.iter().enumerate().filter(|(_, attribute)| !name::is_as_stored(attribute.name())) {
        // Two that are not shown as they are stored are never shown alike.
        let shown = name::text(attribute.name());
        if let Ok(other) = found.binary_search_by(|other| other.name().cmp(shown.as_bytes())) {
            let is_older = found.get(other).is_some_and(|other| attribute.age() < other.age());
            alike.push(if is_older { other } else { place });
        }
    }
    alike.sort_unstable();
    let mut places = 0..;
    found.retain(|attribute| {
        let stays = places.next().is_none_or(|place| alike.binary_search(&place).is_err());
        if !stays {
            damages.push(attribute.duplicate());
        }
        stays
    });
}

const WHAT: &str = "attribute message";

/// Adds an attribute of which everything is at hand. False: something has to be read.
fn immediate(
    cx: &Context<'_>,
    bytes: Bytes,
    order: Order,
    found: &mut Vec<Attribute>,
    notes: &mut Vec<Damage>,
) -> Result<bool, Fault> {
    let message = cx.file.decode(&bytes, bytes.offset, WHAT, AttributeMessage::decode)?;
    if message.datatype.shared || message.dataspace.shared {
        return Ok(false);
    }
    let datatype = datatype(cx, &bytes, message.datatype.body)?;
    let dataspace = dataspace(cx, &bytes, message.dataspace.body)?;
    let offset = bytes.offset.saturating_add(message.value_at as u64);
    let stored = StoredValue { datatype: &datatype.datatype, dataspace: &dataspace, raw: message.value, offset };
    let Some(resolved) = resolve::resolve_now(&cx.file, &cx.heap, stored, notes)? else { return Ok(false) };
    let (name, value_at) = (message.name_range(), message.value_at);
    found.push(Attribute { message: bytes, name, value_at, datatype, dataspace, resolved, order });
    Ok(true)
}

fn datatype(cx: &Context<'_>, message: &Bytes, body: &[u8]) -> Result<Arc<Type>, Fault> {
    cx.file.decode(body, message.offset, "datatype of an attribute", |fields| cx.types.decode(fields))
}

fn dataspace(cx: &Context<'_>, message: &Bytes, body: &[u8]) -> Result<Dataspace, Fault> {
    cx.file.decode(body, message.offset, "dataspace of an attribute", Dataspace::decode)
}

/// An attribute that needs something from elsewhere.
enum Pending {
    Here(Bytes),
    /// A shared message leads to it.
    Shared(Bytes),
    Dense(DenseMessage),
}

/// Reads such an attribute; also what of its value is damaged.
async fn one(cx: &Context<'_>, pending: Pending, order: Order) -> Result<(Attribute, Vec<Damage>), Fault> {
    let Object { bytes, length } = match pending {
        Pending::Here(bytes) => Object::whole(bytes),
        Pending::Shared(pointer) => cx.shared_object(Kind::Attribute, &pointer).await?,
        Pending::Dense(DenseMessage { body: Body::Here { bytes, length }, .. }) => Object { bytes, length },
        Pending::Dense(DenseMessage { body: Body::Shared(id), .. }) => cx.shared_message(Kind::Attribute, id).await?,
    };
    let message = cx.file.decode(&bytes, bytes.offset, WHAT, AttributeMessage::decode)?;
    let body = part(cx, &bytes, message.datatype, Kind::Datatype).await?;
    let datatype = datatype(cx, &bytes, &body)?;
    let body = part(cx, &bytes, message.dataspace, Kind::Dataspace).await?;
    let dataspace = dataspace(cx, &bytes, &body)?;
    let (name, value_at) = (message.name_range(), message.value_at);
    let resolved = Resolved::omitted(&cx.file);
    let message = bytes.clone();
    let mut attribute = Attribute { message, name, value_at, datatype, dataspace, resolved, order };
    let mut notes = Vec::new();
    if length > bytes.len() as u64 {
        // Only the beginning of a long one was read: its value is over the limit, or there is none.
        match attribute.stored().length() {
            Some(value) if value <= length - value_at as u64 => {}
            _ => return Err(Fault::malformed(bytes.offset, WHAT, "it is shorter than its value")),
        }
    } else {
        attribute.resolved = resolve::resolve(&cx.file, &cx.heap, attribute.stored(), &mut notes).await?;
    }
    Ok((attribute, notes))
}

/// The datatype's or the dataspace's message body.
async fn part(cx: &Context<'_>, message: &Bytes, part: Part<'_>, kind: Kind) -> Result<Bytes, Fault> {
    let body = message.within(part.body);
    if part.shared { cx.shared_body(kind, &body).await } else { Ok(body) }
}

/// Writes what stands before the value.
pub(super) fn write_kind(out: &mut Vec<u8>, datatype: &Type, dataspace: &Dataspace) -> std::io::Result<()> {
    out.push(b'{');
    datatype.write(out)?;
    out.extend_from_slice(b",\"shape\":");
    shape::write(out, dataspace)?;
    out.extend_from_slice(b",\"value\":");
    Ok(())
}
