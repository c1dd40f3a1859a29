//! One object: a group, a dataset or a named datatype, read from its object header.

use std::sync::{Mutex, PoisonError};

use super::attributes::{self, Attribute};
use super::chunk_index::Manifest;
use super::context::Context;
use super::dataset::Dataset;
use super::datatype::Datatype;
use super::fault::{Damage, Fault, note};
use super::fields::{Address, Fields};
use super::graph::{Object, ObjectKind};
use super::group::{self, Listing};
use super::message::Kind;
use super::netcdf_mark;
use super::object_header::ObjectHeader;
use crate::budget::OverBudget;
use crate::engine::window::Stop;

/// An object and what could not be read of it; `None`: nothing could.
pub(super) type Reading<T> = (Option<Object<T>>, Vec<Damage>);

/// All that is read of one object, before anything of it is kept.
#[derive(Debug)]
pub(in crate::formats) struct Description {
    pub(in crate::formats) dataset: Option<Dataset>,
    /// The chunks of a dataset, where they are asked for.
    pub(in crate::formats) manifest: Option<Box<Manifest>>,
    /// Of a named datatype.
    pub(in crate::formats) datatype: Option<Datatype>,
    /// Sorted by name.
    pub(in crate::formats) attributes: Vec<Attribute>,
}

/// What is kept of each object until all are read: the reader of a file decides that.
pub(in crate::formats) trait Keep {
    /// The default stands for an object of which nothing could be read.
    type Kept: Default;

    /// Takes what it needs of an object; what it can't make sense of is in `damages`.
    fn keep(&mut self, object: Description, damages: &mut Vec<Damage>) -> Result<Self::Kept, OverBudget>;
}

/// Reads the object whose header stands at an address. A fault only where all reading has to stop.
pub(super) async fn read<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    address: Address,
) -> Result<Reading<K::Kept>, Fault> {
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
    Box::pin(describe(cx, keeper, kind, header, damages)).await
}

/// Reads what the header leads to, and keeps what there is to keep.
async fn describe<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    kind: ObjectKind,
    mut header: ObjectHeader,
    mut damages: Vec<Damage>,
) -> Result<Reading<K::Kept>, Fault> {
    let mut listing = Listing::default();
    let (mut dataset, mut manifest, mut datatype) = (None, None, None);
    match kind {
        ObjectKind::Group => listing = Box::pin(group::list(&cx.file, &header)).await?,
        ObjectKind::Dataset => {
            let dataset = dataset.insert(Dataset::read(cx, &header, &mut damages).await?);
            if cx.options.chunk_manifest {
                manifest = Box::pin(dataset.manifest(cx, &mut damages)).await?;
            }
        }
        ObjectKind::NamedType => datatype = named_type(cx, &header, &mut damages)?,
    }
    let attributes = attributes::read(cx, &header, &mut damages).await?;
    let (count, data_end) = (attributes.len(), dataset.as_ref().map_or(0, Dataset::data_end));
    let netcdf_mark = attributes.iter().any(netcdf_mark::is_one);
    let description = Description { dataset, manifest, datatype, attributes };
    // Nothing is awaited meanwhile, so that all objects can share the keeper.
    let kept = keeper.lock().unwrap_or_else(PoisonError::into_inner).keep(description, &mut damages);
    let kept = kept.map_err(|OverBudget| Fault::Stop(Stop::Limit))?;
    let listed = header.is_whole() && listing.damages.is_empty();
    let reference_count = reference_count(cx, &header, &mut damages)?;
    damages.append(&mut header.damages);
    damages.append(&mut listing.damages);
    let object = Object {
        kind,
        kept,
        attributes: u32::try_from(count).unwrap_or(u32::MAX),
        links: listing.links,
        listed,
        reference_count,
        data_end,
        netcdf_mark,
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

fn named_type(cx: &Context<'_>, header: &ObjectHeader, damages: &mut Vec<Damage>) -> Result<Option<Datatype>, Fault> {
    let Some(message) = header.first(Kind::Datatype) else { return Ok(None) };
    let (body, offset) = (header.body(message), header.offset(message));
    let datatype = cx.file.decode(body, offset, "datatype message", |fields: &mut Fields<'_>| Datatype::decode(fields));
    note(datatype, damages)
}
