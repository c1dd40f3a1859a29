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
use super::object_header::{self, ObjectHeader, Rest};
use crate::budget::OverBudget;
use crate::engine::window::Stop;

/// An object and what could not be read of it; `None`: nothing could.
pub(super) type Reading<T> = (Option<Object<T>>, Vec<Damage>);

/// What is read of one object beside its attributes, before anything of it is kept.
#[derive(Debug)]
pub(in crate::formats) struct Description {
    pub(in crate::formats) dataset: Option<Dataset>,
    /// The chunks of a dataset, where they are asked for.
    pub(in crate::formats) manifest: Option<Box<Manifest>>,
    /// Of a named datatype.
    pub(in crate::formats) datatype: Option<Datatype>,
}

/// What is kept of each object until all are read: the reader of a file decides that.
pub(in crate::formats) trait Keep {
    /// The default stands for an object of which nothing could be read.
    type Kept: Default;
    /// Names are shown as text: of attributes whose names are shown alike only the oldest is kept.
    const SHOWS_NAMES: bool;

    /// Takes what it needs of an object, its attributes sorted by name; what it can't make sense of is in `damages`.
    fn keep(
        &mut self,
        object: Description,
        attributes: Vec<Attribute>,
        damages: &mut Vec<Damage>,
    ) -> Result<Self::Kept, OverBudget>;

    /// The same with the attributes where they stand, as far as they are at hand. What is unusual is left to `keep`.
    fn keep_at_hand(
        &mut self,
        _cx: &Context<'_>,
        _header: &ObjectHeader,
        _object: &mut Description,
        _damages: &mut Vec<Damage>,
    ) -> Result<AtHand<Self::Kept>, OverBudget> {
        Ok(AtHand::Unusual)
    }

    /// The same for a dataset with a sound header that is like one which was kept before; and where its elements end that stand in
    /// one piece (absolute; 0: it has none).
    fn keep_known(
        &mut self,
        _cx: &Context<'_>,
        _header: &ObjectHeader,
    ) -> Result<(AtHand<Self::Kept>, u64), OverBudget> {
        Ok((AtHand::Unusual, 0))
    }
}

/// What came of taking an object from where it stands.
pub(in crate::formats) enum AtHand<T> {
    Kept(T, OfAttributes),
    /// These collections of the global heap have to be read first.
    Lacks(Vec<Address>),
    /// Something else has to be read, or to be said.
    Unusual,
}

/// What the walk has to know of an object's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) struct OfAttributes {
    pub(super) count: usize,
    /// One of them is a mark of netCDF-4.
    pub(super) netcdf_mark: bool,
}

/// Reads the object whose header stands at an address. A fault only where all reading has to stop.
pub(super) async fn read<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    address: Address,
) -> Result<Reading<K::Kept>, Fault> {
    let mut damages = Vec::new();
    match note(ObjectHeader::read(&cx.file, address).await, &mut damages)? {
        // In a box, so that the future of an object whose header is not there yet stays small: there are thousands of them.
        Some(header) => cx.file.source.boxed(describe(cx, keeper, header))?.await,
        None => Ok((None, damages)),
    }
}

/// The same where the header is begun.
pub(super) async fn complete<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    mut header: ObjectHeader,
    rest: Rest,
) -> Result<Reading<K::Kept>, Fault> {
    header.continuations(&cx.file, rest).await?;
    describe(cx, keeper, header).await
}

/// What came of reading an object whose header is at hand.
pub(super) enum Start<T> {
    Read(Object<T>),
    /// The rest of it is not.
    Begun(ObjectHeader, Rest),
    /// This has still to be described.
    Header(ObjectHeader),
    /// The same, once these collections of the global heap have been read.
    Lacks(ObjectHeader, Vec<Address>),
}

/// Reads a dataset that is like another, and of which everything is at hand: most are so. `header` is room to read into.
/// `None`: there is no sound header at hand.
pub(super) fn start<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    address: Address,
    header: &mut ObjectHeader,
) -> Result<Option<Start<K::Kept>>, Fault> {
    let at_hand = header.read_at_hand(&cx.file, address);
    let taken = |header: &mut ObjectHeader| std::mem::replace(header, ObjectHeader::empty());
    Ok(Some(match at_hand {
        object_header::AtHand::No => return Ok(None),
        object_header::AtHand::Begun(rest) => Start::Begun(taken(header), rest),
        object_header::AtHand::Whole => match keep_known(cx, keeper, header)? {
            Ok(object) => Start::Read(object),
            Err(heaps) if heaps.is_empty() => Start::Header(taken(header)),
            Err(heaps) => Start::Lacks(taken(header), heaps),
        },
    }))
}

/// The same of a header that was read, now that what it lacked has been read, too.
pub(super) fn resume<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    header: ObjectHeader,
) -> Result<Start<K::Kept>, Fault> {
    Ok(match keep_known(cx, keeper, &header)? {
        Ok(object) => Start::Read(object),
        Err(_) => Start::Header(header),
    })
}

/// Keeps a dataset that is like another. Else what of the global heap it lacks for that.
fn keep_known<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    header: &ObjectHeader,
) -> Result<Result<Object<K::Kept>, Vec<Address>>, Fault> {
    let unknown = Ok(Err(Vec::new()));
    if cx.options.chunk_manifest || !header.damages.is_empty() || kind(header) != Some(ObjectKind::Dataset) {
        return unknown;
    }
    let mut damages = Vec::new();
    let reference_count = reference_count(cx, header, &mut damages)?;
    if !damages.is_empty() {
        return unknown;
    }
    let known = keeper.lock().unwrap_or_else(PoisonError::into_inner).keep_known(cx, header);
    let (known, data_end) = known.map_err(|OverBudget| Fault::Stop(Stop::Limit))?;
    let (kept, OfAttributes { count, netcdf_mark }) = match known {
        AtHand::Kept(kept, of_attributes) => (kept, of_attributes),
        AtHand::Lacks(heaps) => return Ok(Err(heaps)),
        AtHand::Unusual => return unknown,
    };
    Ok(Ok(Object {
        kind: ObjectKind::Dataset,
        kept,
        attributes: u32::try_from(count).unwrap_or(u32::MAX),
        links: Vec::new(),
        links_charge: None,
        listed: true,
        reference_count,
        data_end,
        netcdf_mark,
    }))
}

/// Reads the object that a header describes.
pub(super) async fn describe<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    mut header: ObjectHeader,
) -> Result<Reading<K::Kept>, Fault> {
    let mut damages = Vec::new();
    let Some(kind) = kind(&header) else {
        damages.append(&mut header.damages);
        if damages.is_empty() {
            let why = "it describes neither a group nor a dataset nor a datatype";
            note::<()>(Err(Fault::malformed(header.start(), "object header", why)), &mut damages)?;
        }
        return Ok((None, damages));
    };
    let mut known = keep_known(cx, keeper, &header)?;
    if let Err(heaps) = &mut known
        && !heaps.is_empty()
    {
        cx.heap.fetch(&cx.file, std::mem::take(heaps)).await?;
        known = keep_known(cx, keeper, &header)?;
    }
    match known {
        Ok(object) => Ok((Some(object), damages)),
        // In a box, as in `read`: thousands may wait for what is in the heap.
        Err(_) => cx.file.source.boxed(read_all(cx, keeper, kind, header))?.await,
    }
}

/// Reads what the header leads to, and keeps what there is to keep.
async fn read_all<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    kind: ObjectKind,
    mut header: ObjectHeader,
) -> Result<Reading<K::Kept>, Fault> {
    let mut damages = Vec::new();
    let mut listing: Option<Listing> = None;
    let (mut dataset, mut manifest, mut datatype) = (None, None, None);
    match kind {
        ObjectKind::Group => listing = Some(cx.file.source.boxed(group::list(&cx.file, &header))?.await?),
        ObjectKind::Dataset => {
            let dataset = dataset.insert(Dataset::read(cx, &header, &mut damages).await?);
            if cx.options.chunk_manifest {
                manifest = cx.file.source.boxed(dataset.manifest(cx, &mut damages))?.await?;
            }
        }
        ObjectKind::NamedType => datatype = named_type(cx, &header, &mut damages)?,
    }
    let data_end = dataset.as_ref().map_or(0, Dataset::data_end);
    let description = Description { dataset, manifest, datatype };
    let (kept, OfAttributes { count, netcdf_mark }) = keep(cx, keeper, &header, description, &mut damages).await?;
    let listed = header.is_whole() && listing.as_ref().is_none_or(|listing| listing.damages.is_empty());
    let reference_count = reference_count(cx, &header, &mut damages)?;
    damages.append(&mut header.damages);
    let (links, links_charge) = match listing {
        Some(mut listing) => {
            damages.append(&mut listing.damages);
            (listing.links, Some(listing.charge))
        }
        None => (Vec::new(), None),
    };
    let object = Object {
        kind,
        kept,
        attributes: u32::try_from(count).unwrap_or(u32::MAX),
        links,
        links_charge,
        listed,
        reference_count,
        data_end,
        netcdf_mark,
    };
    Ok((Some(object), damages))
}

/// Keeps what there is to keep. All objects share the keeper: nothing is awaited while it works.
async fn keep<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    header: &ObjectHeader,
    mut object: Description,
    damages: &mut Vec<Damage>,
) -> Result<(K::Kept, OfAttributes), Fault> {
    let over_budget = |OverBudget| Fault::Stop(Stop::Limit);
    let lock = || keeper.lock().unwrap_or_else(PoisonError::into_inner);
    let mut at_hand = lock().keep_at_hand(cx, header, &mut object, damages).map_err(over_budget)?;
    if let AtHand::Lacks(heaps) = at_hand {
        cx.heap.fetch(&cx.file, heaps).await?;
        at_hand = lock().keep_at_hand(cx, header, &mut object, damages).map_err(over_budget)?;
    }
    if let AtHand::Kept(kept, of_attributes) = at_hand {
        return Ok((kept, of_attributes));
    }
    let (mut attributes, _charge) = cx.file.source.boxed(attributes::read(cx, header, damages))?.await?;
    if K::SHOWS_NAMES {
        attributes::leave_out_alike(&mut attributes, damages);
    }
    let is_mark = |attribute: &Attribute| netcdf_mark::is_one(attribute.name(), attribute.raw());
    let of_attributes = OfAttributes { count: attributes.len(), netcdf_mark: attributes.iter().any(is_mark) };
    let kept = lock().keep(object, attributes, damages).map_err(over_budget)?;
    Ok((kept, of_attributes))
}

/// What an object is shows in its messages; `None`: these do not tell.
fn kind(header: &ObjectHeader) -> Option<ObjectKind> {
    let has = |kind| header.has(kind);
    if header.is_group() {
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
