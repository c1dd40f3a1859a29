//! One object: a group, a dataset or a named datatype, read from its object header.

use std::sync::{Mutex, PoisonError};

use super::attributes;
use super::chunk_index::Manifest;
use super::context::Context;
use super::dataset::Dataset;
use super::datatype::Datatype;
use super::datatype_json;
use super::fault::{Damage, Fault, note};
use super::fields::{Address, Fields};
use super::fragment::FragmentWriter;
use super::graph::{Object, ObjectKind};
use super::group::{self, Listing};
use super::message::Kind;
use super::object_header::ObjectHeader;
use crate::budget::OverBudget;
use crate::engine::window::Stop;
use crate::formats::name;

/// An object and what could not be read of it; `None`: nothing could.
pub(super) type Reading = (Option<Object>, Vec<Damage>);

/// Reads the object whose header stands at an address. A fault only where all reading has to stop.
pub(super) async fn read(cx: &Context<'_>, writer: &Mutex<FragmentWriter>, address: Address) -> Result<Reading, Fault> {
    let mut damages = Vec::new();
    let Some(mut header) = note(ObjectHeader::read(&cx.file, address).await, &mut damages)? else {
        return Ok((None, damages));
    };
    let Some(kind) = kind(&header) else {
        damages.append(&mut header.damages);
        if damages.is_empty() {
            let why = "it describes neither a group nor a dataset nor a datatype";
            note::<()>(Err(Fault::malformed(cx.file.offset(address), "object header", why)), &mut damages)?;
        }
        return Ok((None, damages));
    };
    // In a box, so that the future of an object whose header is not there yet stays small: there are thousands of them.
    Box::pin(describe(cx, writer, kind, header, damages)).await
}

/// Reads what the header leads to, and writes all of it.
async fn describe(
    cx: &Context<'_>,
    writer: &Mutex<FragmentWriter>,
    kind: ObjectKind,
    mut header: ObjectHeader,
    mut damages: Vec<Damage>,
) -> Result<Reading, Fault> {
    let (mut listing, mut dataset, mut manifest) = (Listing::default(), None, None);
    match kind {
        ObjectKind::Group => listing = Box::pin(group::list(&cx.file, &header)).await?,
        ObjectKind::Dataset => {
            let dataset = dataset.insert(Dataset::read(cx, &header, &mut damages).await?);
            if cx.options.chunk_manifest {
                manifest = Box::pin(dataset.manifest(cx, &mut damages)).await?;
            }
        }
        ObjectKind::NamedType => {}
    }
    let mut of_attributes = Vec::new();
    let attributes = attributes::read(cx, &header, &mut of_attributes).await?;
    // Nothing is awaited from here on, so that all objects can share the writer.
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    writer.begin();
    match &dataset {
        Some(dataset) => {
            let stored = manifest.as_deref().and_then(Manifest::stored_bytes);
            let _ = dataset.write(&mut writer, stored, &mut damages); // into memory: it can't fail
            writer.end_members();
            let _ = dataset.write_array(&mut writer);
        }
        None => {
            if kind == ObjectKind::NamedType {
                named_type(cx, &header, &mut writer, &mut damages);
            }
            writer.end_members();
        }
    }
    writer.end_array().map_err(over_budget)?;
    damages.append(&mut of_attributes);
    for attribute in &attributes {
        let name = |out: &mut Vec<u8>| name::write(out, attribute.name());
        let written = writer.attribute(name, |out| attributes::write(attribute, out, &mut damages));
        written.map_err(over_budget)?;
    }
    let fragment = writer.finish().map_err(over_budget)?;
    drop(writer);
    let listed = header.is_whole() && listing.damages.is_empty();
    let reference_count = reference_count(cx, &header, &mut damages)?;
    damages.append(&mut header.damages);
    damages.append(&mut listing.damages);
    let object = Object {
        kind,
        fragment,
        manifest,
        attributes: u32::try_from(attributes.len()).unwrap_or(u32::MAX),
        links: listing.links,
        listed,
        reference_count,
        data_end: dataset.as_ref().map_or(0, Dataset::data_end),
    };
    Ok((Some(object), damages))
}

/// What an object is shows in its messages; `None`: these do not tell.
fn kind(header: &ObjectHeader) -> Option<ObjectKind> {
    let has = |kind| header.has(kind);
    if has(Kind::SymbolTable) || has(Kind::LinkInfo) || has(Kind::Link) || has(Kind::GroupInfo) {
        Some(ObjectKind::Group)
    } else if has(Kind::DataLayout) || has(Kind::Dataspace) {
        Some(ObjectKind::Dataset)
    } else if has(Kind::Datatype) && header.is_whole() {
        Some(ObjectKind::NamedType) // a dataset's other messages may stand in a part that could not be read
    } else {
        None
    }
}

/// How many hard links lead here. In version 2 a message says so where there is more than one.
fn reference_count(cx: &Context<'_>, header: &ObjectHeader, damages: &mut Vec<Damage>) -> Result<Option<u32>, Fault> {
    if header.reference_count.is_some() {
        return Ok(header.reference_count);
    }
    let Some(message) = header.first(Kind::ReferenceCount) else {
        return Ok(header.is_whole().then_some(1));
    };
    let count = cx.file.decode(header.body(message), header.offset(message), "reference count message", |fields| {
        fields.version(0..=0)?;
        fields.u32()
    });
    note(count, damages)
}

fn named_type(cx: &Context<'_>, header: &ObjectHeader, writer: &mut FragmentWriter, damages: &mut Vec<Damage>) {
    let Some(message) = header.first(Kind::Datatype) else { return };
    let (body, offset) = (header.body(message), header.offset(message));
    let datatype = cx.file.decode(body, offset, "datatype message", |fields: &mut Fields<'_>| Datatype::decode(fields));
    if let Ok(Some(datatype)) = note(datatype, damages) {
        writer.key(",\"type\":");
        let _ = datatype_json::write(&mut writer.text, &datatype); // into memory: it can't fail
    }
}

fn over_budget(_: OverBudget) -> Fault {
    Fault::Stop(Stop::Limit)
}
