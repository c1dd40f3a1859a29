//! One object: a group, a dataset or a named datatype, read from its object header.

use std::sync::{Mutex, PoisonError};

use super::attributes;
use super::attributes_at_hand::{self, Outcome};
use super::chunk_index::Manifest;
use super::context::Context;
use super::dataset::Dataset;
use super::datatype::Datatype;
use super::datatype_json;
use super::fault::{Damage, Fault, note};
use super::fields::{Address, Fields};
use super::fragment::{Fragment, FragmentWriter};
use super::graph::{Object, ObjectKind};
use super::group::{self, Listing};
use super::message::Kind;
use super::name;
use super::object_header::ObjectHeader;
use crate::budget::OverBudget;
use crate::engine::window::Stop;

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
    let stored = manifest.as_deref().and_then(Manifest::stored_bytes);
    let about = About { kind, header: &header, dataset: dataset.as_ref(), stored };
    let (fragment, attributes) = about.fragment(cx, writer, &mut damages).await?;
    let listed = header.is_whole() && listing.damages.is_empty();
    let reference_count = reference_count(cx, &header, &mut damages)?;
    damages.append(&mut header.damages);
    damages.append(&mut listing.damages);
    let object = Object {
        kind,
        fragment,
        manifest,
        attributes: u32::try_from(attributes).unwrap_or(u32::MAX),
        links: listing.links,
        listed,
        reference_count,
        data_end: dataset.as_ref().map_or(0, Dataset::data_end),
    };
    Ok((Some(object), damages))
}

/// What is written of one object.
struct About<'a> {
    kind: ObjectKind,
    header: &'a ObjectHeader,
    dataset: Option<&'a Dataset>,
    /// What the chunks of a dataset take, where that is known.
    stored: Option<u64>,
}

impl About<'_> {
    /// Writes all of it, with its attributes, and counts these. All objects share the writer: nothing is awaited meanwhile.
    async fn fragment(
        &self,
        cx: &Context<'_>,
        writer: &Mutex<FragmentWriter>,
        damages: &mut Vec<Damage>,
    ) -> Result<(Fragment, usize), Fault> {
        let first = self.at_hand(cx, writer, damages)?;
        let again = match first {
            Ok(written) => return Ok(written),
            Err(Outcome::Lacks(heaps)) => {
                cx.heap.fetch(&cx.file, heaps).await?;
                self.at_hand(cx, writer, damages)?.ok()
            }
            Err(_) => None,
        };
        if let Some(written) = again {
            return Ok(written);
        }
        let mut of_attributes = Vec::new();
        let attributes = Box::pin(attributes::read(cx, self.header, &mut of_attributes)).await?;
        let mut out = writer.lock().unwrap_or_else(PoisonError::into_inner);
        damages.append(&mut self.begin(cx, &mut out).map_err(over_budget)?);
        damages.append(&mut of_attributes);
        for attribute in &attributes {
            let name = |text: &mut Vec<u8>| name::write(text, attribute.name());
            out.attribute(name, |text| attribute.write(text, damages)).map_err(over_budget)?;
        }
        Ok((out.finish().map_err(over_budget)?, attributes.len()))
    }

    /// The same where all that the attributes need is at hand; else why it is not written.
    fn at_hand(
        &self,
        cx: &Context<'_>,
        writer: &Mutex<FragmentWriter>,
        damages: &mut Vec<Damage>,
    ) -> Result<Result<(Fragment, usize), Outcome>, Fault> {
        let mut out = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut noted = self.begin(cx, &mut out).map_err(over_budget)?;
        match attributes_at_hand::write(cx, self.header, &mut out).map_err(over_budget)? {
            Outcome::Written(count) => {
                damages.append(&mut noted);
                Ok(Ok((out.finish().map_err(over_budget)?, count)))
            }
            why => Ok(Err(why)),
        }
    }

    /// Writes what comes before the attributes.
    fn begin(&self, cx: &Context<'_>, out: &mut FragmentWriter) -> Result<Vec<Damage>, OverBudget> {
        let mut damages = Vec::new();
        out.begin();
        match self.dataset {
            Some(dataset) => {
                let _ = dataset.write(out, self.stored, &mut damages); // into memory: it can't fail
                out.end_members();
                let _ = dataset.write_array(out);
            }
            None => {
                if self.kind == ObjectKind::NamedType {
                    named_type(cx, self.header, out, &mut damages);
                }
                out.end_members();
            }
        }
        out.end_array()?;
        Ok(damages)
    }
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
