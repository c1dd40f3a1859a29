//! A dataset: what its header says of its elements, and where they are.

use std::io::{self, Write};
use std::sync::Arc;

use super::chunk_index::{self, Manifest};
use super::context::Context;
use super::dataspace::Dataspace;
use super::external_files::{self, ExternalFile};
use super::fault::{Damage, Fault, note};
use super::fields::{Fields, Parse};
use super::file::Bytes;
use super::fill_value;
use super::filter_pipeline::{self, Filter};
use super::fragment::FragmentWriter;
use super::known_types::Type;
use super::layout::{self, Chunked, Layout};
use super::message::Kind;
use super::object_header::{Message, ObjectHeader};
use super::resolve::{self, Resolved};
use super::shape;
use super::value::{self, StoredValue};
use super::virtual_dataset;
use crate::document::json;
use crate::formats::name;

/// What is known of one dataset. `None`: it could not be read, or may stand in a part of the header that could not.
#[derive(Debug, Default)]
pub(in crate::formats) struct Dataset {
    pub(in crate::formats) dataspace: Option<Dataspace>,
    pub(in crate::formats) datatype: Option<Arc<Type>>,
    pub(in crate::formats) layout: Option<Place>,
    pub(in crate::formats) filters: Option<Vec<Filter>>,
    /// The inner `None`: the writer set none.
    pub(in crate::formats) fill_value: Option<Option<FillValue>>,
}

/// A fill value that the writer set.
#[derive(Debug)]
pub(in crate::formats) struct FillValue {
    raw: Bytes,
    resolved: Resolved,
}

impl FillValue {
    /// As it is stored.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }
}

/// Where the elements are.
#[derive(Debug)]
pub(in crate::formats) enum Place {
    Compact {
        offset: u64,
        size: u64,
    },
    Contiguous {
        offset: Option<u64>,
        size: u64,
    },
    Chunked(Chunked),
    External(Vec<ExternalFile>),
    /// File and dataset of each source.
    Virtual(Vec<(Vec<u8>, Vec<u8>)>),
}

impl Dataset {
    /// Reads the messages of a dataset; what can't be read is in `damages`.
    pub(super) async fn read(
        cx: &Context<'_>,
        header: &ObjectHeader,
        damages: &mut Vec<Damage>,
    ) -> Result<Dataset, Fault> {
        let complete = header.is_whole();
        let mut dataset = Dataset::default();
        if let Some(body) = body(cx, header, Kind::Dataspace, damages).await? {
            dataset.dataspace = body.decode(cx, "dataspace message", damages, Dataspace::decode)?;
        }
        if let Some(body) = body(cx, header, Kind::Datatype, damages).await? {
            dataset.datatype = body.decode(cx, "datatype message", damages, |fields| cx.types.decode(fields))?;
        }
        dataset.filters = match header.first(Kind::FilterPipeline) {
            None => complete.then(Vec::new),
            Some(_) => match body(cx, header, Kind::FilterPipeline, damages).await? {
                Some(body) => body.decode(cx, "filter pipeline message", damages, filter_pipeline::decode)?,
                None => None,
            },
        };
        dataset.fill_value = dataset.read_fill_value(cx, header, complete, damages).await?;
        dataset.layout = dataset.read_layout(cx, header, complete, damages).await?;
        Ok(dataset)
    }

    async fn read_fill_value(
        &self,
        cx: &Context<'_>,
        header: &ObjectHeader,
        complete: bool,
        damages: &mut Vec<Damage>,
    ) -> Result<Option<Option<FillValue>>, Fault> {
        let kind = match header.first(Kind::FillValue) {
            Some(_) => Kind::FillValue,
            None if header.first(Kind::FillValueOld).is_some() => Kind::FillValueOld,
            None => return Ok(complete.then_some(None)),
        };
        let range = |fields: &mut Fields<'_>| {
            let value =
                if kind == Kind::FillValue { fill_value::decode(fields) } else { fill_value::decode_old(fields) };
            let end = fields.position();
            value.map(|value| value.map(|value| end - value.len()..end))
        };
        let Some(body) = body(cx, header, kind, damages).await? else { return Ok(None) };
        let Some(value) = body.decode(cx, "fill value message", damages, range)? else { return Ok(None) };
        let Some(range) = value else { return Ok(Some(None)) };
        let Some(of) = &self.datatype else { return Ok(None) };
        let raw = body.bytes().slice(range.start, range.end);
        let stored =
            StoredValue { datatype: &of.datatype, dataspace: &Dataspace::SCALAR, raw: &raw, offset: raw.offset };
        let resolved = resolve::resolve(&cx.file, &cx.heap, stored, damages).await;
        Ok(note(resolved, damages)?.map(|resolved| Some(FillValue { raw, resolved })))
    }

    async fn read_layout(
        &self,
        cx: &Context<'_>,
        header: &ObjectHeader,
        complete: bool,
        damages: &mut Vec<Damage>,
    ) -> Result<Option<Place>, Fault> {
        let Some(stored) = body(cx, header, Kind::DataLayout, damages).await? else { return Ok(None) };
        let Some(layout) = stored.decode(cx, "data layout message", damages, layout::decode)? else { return Ok(None) };
        Ok(match layout {
            Layout::Compact { position, size } => {
                Some(Place::Compact { offset: stored.offset().saturating_add(position as u64), size })
            }
            Layout::Contiguous { address, size } => {
                if header.first(Kind::ExternalFiles).is_some() {
                    let what = "external data files message";
                    let Some(body) = body(cx, header, Kind::ExternalFiles, damages).await? else { return Ok(None) };
                    let Some(list) = body.decode(cx, what, damages, external_files::decode)? else { return Ok(None) };
                    let files = cx.file.source.boxed(list.read(&cx.file))?.await;
                    return Ok(note(files, damages)?.map(Place::External));
                }
                if address.is_none() && !complete {
                    return Ok(None); // the message that names external files may be missing
                }
                let Some(size) = size.or_else(|| self.size_bytes()) else { return Ok(None) };
                let offset = address.map(|address| cx.file.offset(address));
                if let Some(offset) = offset {
                    cx.file.source.skip(offset, offset.saturating_add(size));
                }
                Some(Place::Contiguous { offset, size })
            }
            Layout::Chunked(chunked) => Some(Place::Chunked(chunked)),
            Layout::Virtual { heap: None, .. } => Some(Place::Virtual(Vec::new())),
            Layout::Virtual { heap: Some(heap), index } => {
                let mappings = cx.file.source.boxed(virtual_mappings(cx, heap, index))?.await;
                note(mappings, damages)?.map(Place::Virtual)
            }
        })
    }

    /// Where the chunks are, which costs their index. What of it can't be read is in `damages`.
    pub(super) async fn manifest(
        &self,
        cx: &Context<'_>,
        damages: &mut Vec<Damage>,
    ) -> Result<Option<Box<Manifest>>, Fault> {
        let (Some(Place::Chunked(layout)), Some(Dataspace::Simple { dims, max_dims })) =
            (&self.layout, &self.dataspace)
        else {
            return Ok(None);
        };
        let manifest = chunk_index::chunks(&cx.file, layout, dims, max_dims, cx.chunk_tree_k).await?;
        damages.extend(manifest.damages.iter().cloned());
        Ok(Some(Box::new(manifest)))
    }

    fn size_bytes(&self) -> Option<u64> {
        let (dataspace, of) = (self.dataspace.as_ref()?, self.datatype.as_ref()?);
        dataspace.elements()?.checked_mul(of.datatype.size.into())
    }

    /// Where the elements end that stand in one piece, absolute; 0: there are none.
    pub(super) fn data_end(&self) -> u64 {
        match self.layout {
            Some(Place::Contiguous { offset: Some(offset), size }) => offset.saturating_add(size),
            _ => 0,
        }
    }

    /// What the data takes in this file, where that costs nothing to know.
    fn stored_bytes(&self) -> Option<u64> {
        match self.layout.as_ref()? {
            Place::Compact { size, .. } | Place::Contiguous { offset: Some(_), size } => Some(*size),
            Place::Contiguous { offset: None, .. } | Place::External(_) | Place::Virtual(_) => Some(0),
            Place::Chunked(_) => None,
        }
    }

    /// The members of the header entry, but for its attributes. `stored` is what its chunks take, where that is known.
    pub(super) fn write(
        &self,
        out: &mut FragmentWriter,
        stored: Option<u64>,
        damages: &mut Vec<Damage>,
    ) -> io::Result<()> {
        if let Some(dataspace) = &self.dataspace {
            out.key(",\"shape\":");
            shape::write(&mut out.text, dataspace)?;
            out.key(",\"max_shape\":");
            shape::write_max(&mut out.text, dataspace)?;
        }
        if let Some(of) = &self.datatype {
            out.key(",");
            of.write(&mut out.text)?;
        }
        if let Some(layout) = &self.layout {
            out.key(",\"layout\":");
            layout.write_name(&mut out.text)?;
            if let Place::Chunked(chunked) = layout {
                out.key(",\"chunks\":");
                numbers(&mut out.text, &chunked.shape)?;
            }
        }
        if let Some(filters) = &self.filters {
            if !filters.is_empty() {
                out.key(",\"filters\":");
                filter_pipeline::write(&mut out.text, filters)?;
            }
            out.key(",\"compression\":");
            match filter_pipeline::compression(filters) {
                Some(name) => json::string(&mut out.text, name)?,
                None => out.text.write_all(b"null")?,
            }
        }
        match (&self.fill_value, &self.datatype) {
            (Some(Some(value)), Some(of)) => {
                out.key(",\"fill_value\":");
                let FillValue { raw, resolved } = value;
                let (datatype, dataspace) = (&of.datatype, &Dataspace::SCALAR);
                let stored = StoredValue { datatype, dataspace, raw, offset: raw.offset };
                value::write(&mut out.text, stored, resolved, damages)?;
            }
            (Some(None), _) => {
                out.key(",\"fill_value\":");
                out.text.write_all(b"null")?;
            }
            _ => {}
        }
        self.write_sizes(out, stored)
    }

    fn write_sizes(&self, out: &mut FragmentWriter, stored: Option<u64>) -> io::Result<()> {
        if self.dataspace.is_some() && self.datatype.is_some() {
            out.key(",\"size_bytes\":");
            match self.size_bytes() {
                Some(size) => json::integer(&mut out.text, size)?,
                None => out.text.write_all(b"null")?,
            }
        }
        if let Some(stored) = self.stored_bytes().or(stored) {
            out.key(",\"stored_bytes\":");
            json::integer(&mut out.text, stored)?;
        }
        Ok(())
    }

    /// The members of the array entry; nothing where the dataspace is null.
    pub(in crate::formats) fn write_array(&self, out: &mut FragmentWriter) -> io::Result<()> {
        let (Some(dataspace), Some(of), Some(layout)) = (&self.dataspace, &self.datatype, &self.layout) else {
            return Ok(());
        };
        if *dataspace == Dataspace::Null {
            return Ok(());
        }
        of.write_dtype(&mut out.text)?;
        out.key(",\"shape\":");
        shape::write(&mut out.text, dataspace)?;
        self.write_sizes(out, None)?; // a manifest says it itself
        out.key(",\"layout\":");
        layout.write_name(&mut out.text)?;
        match layout {
            Place::Compact { offset, size } | Place::Contiguous { offset: Some(offset), size } if *size > 0 => {
                out.key(",\"extents\":");
                json::behind(&mut out.text, "[[", *offset)?;
                json::behind(&mut out.text, ",", *size)?;
                out.text.write_all(b"]]")
            }
            Place::Compact { .. } | Place::Contiguous { .. } => {
                out.key(",\"extents\":");
                out.text.write_all(b"[]")
            }
            Place::Chunked(chunked) => {
                out.key(",\"chunk_shape\":");
                numbers(&mut out.text, &chunked.shape)?;
                match &self.filters {
                    Some(filters) if !filters.is_empty() => {
                        out.key(",\"filters\":");
                        filter_pipeline::write(&mut out.text, filters)
                    }
                    _ => Ok(()),
                }
            }
            Place::External(files) => {
                out.key(",\"files\":");
                json::list(&mut out.text, files, |out, file| {
                    out.extend_from_slice(b"{\"name\":");
                    json::string(out, &name::text(&file.name))?;
                    write!(out, ",\"offset\":{},\"size\":", file.offset)?;
                    match file.size {
                        Some(size) => write!(out, "{size}}}"),
                        None => out.write_all(b"null}"),
                    }
                })
            }
            Place::Virtual(mappings) => {
                out.key(",\"sources\":");
                json::list(&mut out.text, mappings, |out, (file, dataset)| {
                    out.extend_from_slice(b"{\"file\":");
                    json::string(out, &name::text(file))?;
                    out.extend_from_slice(b",\"dataset\":");
                    json::string(out, &name::text(dataset))?;
                    out.write_all(b"}")
                })
            }
        }
    }
}

impl Place {
    fn write_name(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.write_all(match self {
            Place::Compact { .. } => b"\"compact\"",
            Place::Contiguous { .. } => b"\"contiguous\"",
            Place::Chunked(_) => b"\"chunked\"",
            Place::External(_) => b"\"external\"",
            Place::Virtual(_) => b"\"virtual\"",
        })
    }
}

/// The mappings of a virtual dataset: one object of a global heap.
async fn virtual_mappings(cx: &Context<'_>, heap: u64, index: u32) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Fault> {
    let object = cx.heap.object(&cx.file, heap, index).await?;
    let mappings = virtual_dataset::decode(&object, cx.file.widths, object.offset)?;
    Ok(mappings.iter().map(|mapping| (mapping.file.to_vec(), mapping.dataset.to_vec())).collect())
}

/// The body of a message, which stands in the header or elsewhere.
enum Body<'a> {
    Here(&'a ObjectHeader, &'a Message),
    There(Bytes),
}

impl Body<'_> {
    fn offset(&self) -> u64 {
        match self {
            Body::Here(header, message) => header.offset(message),
            Body::There(bytes) => bytes.offset,
        }
    }

    fn bytes(&self) -> Bytes {
        match self {
            Body::Here(header, message) => header.bytes(message),
            Body::There(bytes) => bytes.clone(),
        }
    }

    /// Decodes it; `None` where it can't be read.
    fn decode<T>(
        &self,
        cx: &Context<'_>,
        what: &str,
        damages: &mut Vec<Damage>,
        decode: impl FnOnce(&mut Fields<'_>) -> Parse<T>,
    ) -> Result<Option<T>, Fault> {
        let bytes = match self {
            Body::Here(header, message) => header.body(message),
            Body::There(bytes) => bytes,
        };
        note(cx.file.decode(bytes, self.offset(), what, decode), damages)
    }
}

/// The body of the first message of a kind; `None` where there is none or it can't be read.
async fn body<'a>(
    cx: &Context<'_>,
    header: &'a ObjectHeader,
    kind: Kind,
    damages: &mut Vec<Damage>,
) -> Result<Option<Body<'a>>, Fault> {
    let Some(message) = header.first(kind) else { return Ok(None) };
    if !message.is_shared() {
        return Ok(Some(Body::Here(header, message)));
    }
    let pointer = header.bytes(message);
    let read = cx.file.source.boxed(cx.shared_body(kind, &pointer))?.await;
    Ok(note(read, damages)?.map(Body::There))
}

fn numbers(out: &mut Vec<u8>, numbers: &[u64]) -> io::Result<()> {
    json::list(out, numbers, |out, number| json::integer(out, *number))
}
