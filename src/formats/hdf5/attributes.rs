//! The attributes of an object, in whichever form they are stored.

use super::attribute::{AttributeInfo, AttributeMessage, Part};
use super::context::Context;
use super::dataspace::Dataspace;
use super::datatype::Datatype;
use super::datatype_json;
use super::dense::{self, Body, DenseMessage};
use super::fault::{Damage, Fault, note};
use super::file::Bytes;
use super::message::Kind;
use super::object_header::ObjectHeader;
use super::resolve::{self, Resolved};
use super::shape;
use super::value::{self, StoredValue};
use crate::document::warnings::Code;
use crate::engine::join::Join;

/// What an attribute message may have beside its value: name, datatype and dataspace, of 64 KiB each.
pub(super) const BESIDE_VALUE: u64 = 200 << 10;

/// One attribute, with everything at hand that its value needs.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Box<[u8]>,
    pub(super) datatype: Datatype,
    pub(super) dataspace: Dataspace,
    /// The elements as they are stored, and perhaps something behind them.
    pub(super) raw: Bytes,
    /// What they point to in the global heap.
    resolved: Resolved,
    notes: Vec<Damage>,
    pub(super) creation_order: Option<u32>,
}

/// Reads all attributes of an object, sorted by name; what can't be read is in `damages`.
pub(super) async fn read(
    cx: &Context<'_>,
    header: &ObjectHeader,
    damages: &mut Vec<Damage>,
) -> Result<Vec<Attribute>, Fault> {
    let mut found = Vec::new();
    let mut join: Option<Join<_>> = None; // most objects need none
    for message in &header.messages {
        match message.kind {
            Kind::Attribute if message.is_shared() => {
                let (pointer, order) = (header.bytes(message), message.creation_order.map(u32::from));
                join.get_or_insert_with(Join::new).push(one(cx, Pending::Shared(pointer, order)));
            }
            Kind::Attribute => {
                let (bytes, order) = (header.bytes(message), message.creation_order.map(u32::from));
                match immediate(cx, &bytes, order) {
                    Some(read) => note(read, damages)?.map_or((), |attribute| found.push(attribute)),
                    None => join.get_or_insert_with(Join::new).push(one(cx, Pending::Here(bytes, order))),
                }
            }
            Kind::AttributeInfo => {
                let info = cx.body(header, message).await.and_then(|body| {
                    cx.file.decode(&body, body.offset, "attribute info message", AttributeInfo::decode)
                });
                let Some(info) = note(info, damages)? else { continue };
                let most = cx.options.max_value_bytes.saturating_add(BESIDE_VALUE);
                let dense = Box::pin(dense::attributes(&cx.file, info.heap, info.name_index, most)).await;
                let Some(dense) = note(dense, damages)? else { continue };
                damages.extend_from_slice(dense.damages());
                for message in dense.messages(&cx.file) {
                    let Some(message) = note(message, damages)? else { continue };
                    join.get_or_insert_with(Join::new).push(one(cx, Pending::Dense(message)));
                }
            }
            _ => {}
        }
    }
    if let Some(mut join) = join {
        while let Some(read) = join.next().await {
            found.extend(note(read, damages)?);
        }
    }
    found.iter_mut().for_each(|attribute| damages.append(&mut attribute.notes));
    // Of equal names the older counts.
    let age = |attribute: &Attribute| (attribute.creation_order, attribute.raw.offset);
    found.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| age(a).cmp(&age(b))));
    found.dedup_by(|later, first| {
        let twice = later.name == first.name;
        if twice {
            let message = "an attribute's name stands twice in this object; only the first is shown".to_owned();
            damages.push(Damage { code: Code::DuplicateName, offset: later.raw.offset, message });
        }
        twice
    });
    Ok(found)
}

const WHAT: &str = "attribute message";

/// An attribute that needs nothing from elsewhere.
fn immediate(cx: &Context<'_>, bytes: &Bytes, creation_order: Option<u32>) -> Option<Result<Attribute, Fault>> {
    let message = match cx.file.decode(bytes, bytes.offset, WHAT, AttributeMessage::decode) {
        Ok(message) => message,
        Err(fault) => return Some(Err(fault)),
    };
    if message.datatype.shared || message.dataspace.shared {
        return None;
    }
    let parts = cx
        .file
        .decode(message.datatype.body, bytes.offset, "datatype of an attribute", Datatype::decode)
        .and_then(|datatype| {
            let dataspace =
                cx.file.decode(message.dataspace.body, bytes.offset, "dataspace of an attribute", Dataspace::decode)?;
            Ok((datatype, dataspace))
        });
    let (datatype, dataspace) = match parts {
        Ok(parts) => parts,
        Err(fault) => return Some(Err(fault)),
    };
    if datatype.is_in_heap() {
        return None;
    }
    let raw = bytes.slice(message.value_at, bytes.len());
    let stored = StoredValue { datatype: &datatype, dataspace: &dataspace, raw: &raw, offset: raw.offset };
    Some(resolve::without_heap(&cx.file, &cx.heap, stored).map(|resolved| Attribute {
        name: message.name.into(),
        datatype,
        dataspace,
        raw,
        resolved,
        notes: Vec::new(),
        creation_order,
    }))
}

/// An attribute that needs something from elsewhere.
enum Pending {
    Here(Bytes, Option<u32>),
    /// A shared message leads to it.
    Shared(Bytes, Option<u32>),
    Dense(DenseMessage),
}

async fn one(cx: &Context<'_>, pending: Pending) -> Result<Attribute, Fault> {
    let (bytes, creation_order, length) = match pending {
        Pending::Here(bytes, order) => (bytes, order, None),
        Pending::Shared(pointer, order) => (cx.shared_body(Kind::Attribute, &pointer).await?, order, None),
        Pending::Dense(DenseMessage { body, creation_order, .. }) => {
            let order = creation_order.and_then(|order| u32::try_from(order).ok());
            match body {
                Body::Here { bytes, length } => (bytes, order, Some(length)),
                Body::Shared(id) => (cx.shared_message(Kind::Attribute, id).await?, order, None),
            }
        }
    };
    let message = cx.file.decode(&bytes, bytes.offset, WHAT, AttributeMessage::decode)?;
    let datatype = part(cx, &bytes, message.datatype, Kind::Datatype).await?;
    let datatype = cx.file.decode(&datatype, bytes.offset, "datatype of an attribute", Datatype::decode)?;
    let dataspace = part(cx, &bytes, message.dataspace, Kind::Dataspace).await?;
    let dataspace = cx.file.decode(&dataspace, bytes.offset, "dataspace of an attribute", Dataspace::decode)?;
    let raw = bytes.slice(message.value_at, bytes.len());
    let stored = StoredValue { datatype: &datatype, dataspace: &dataspace, raw: &raw, offset: raw.offset };
    let mut notes = Vec::new();
    let resolved = match length {
        // Only the beginning of a long one was read: its value is over the limit, or there is none.
        Some(length) if length > bytes.len() as u64 => match stored.length() {
            Some(value) if value <= length - message.value_at as u64 => Resolved::omitted(&cx.file),
            _ => return Err(Fault::malformed(bytes.offset, WHAT, "it is shorter than its value")),
        },
        _ => resolve::resolve(&cx.file, &cx.heap, stored, &mut notes).await?,
    };
    Ok(Attribute { name: message.name.into(), datatype, dataspace, raw, resolved, notes, creation_order })
}

/// The datatype's or the dataspace's message body.
async fn part(cx: &Context<'_>, message: &Bytes, part: Part<'_>, kind: Kind) -> Result<Bytes, Fault> {
    let body = message.within(part.body);
    if part.shared { cx.shared_body(kind, &body).await } else { Ok(body) }
}

/// Writes one attribute as it stands in the document.
pub(super) fn write(attribute: &Attribute, out: &mut Vec<u8>, damages: &mut Vec<Damage>) -> std::io::Result<()> {
    out.extend_from_slice(b"{\"type\":");
    datatype_json::write(out, &attribute.datatype)?;
    out.extend_from_slice(b",\"dtype\":");
    datatype_json::write_dtype(out, &attribute.datatype)?;
    out.extend_from_slice(b",\"shape\":");
    shape::write(out, &attribute.dataspace)?;
    out.extend_from_slice(b",\"value\":");
    let Attribute { datatype, dataspace, raw, resolved, .. } = attribute;
    value::write(out, StoredValue { datatype, dataspace, raw, offset: raw.offset }, resolved, damages)?;
    out.push(b'}');
    Ok(())
}
