//! What libhdf5 tells of a dataset, written as our own reader writes it.

use std::io::{self, Write};

use super::calls::{self, Elements, Id, Layout};
use super::{datatype, value};
use crate::document::json;
use crate::error::Result;
use crate::formats::hdf5::dataspace::Dataspace;
use crate::formats::hdf5::datatype::Datatype;
use crate::formats::hdf5::datatype_json;
use crate::formats::hdf5::filter_pipeline::{self, Filter};
use crate::formats::hdf5::fragment::FragmentWriter;
use crate::formats::hdf5::shape;
use crate::formats::name;

pub(super) struct Dataset {
    datatype: Datatype,
    dataspace: Dataspace,
    layout: Layout,
    chunk: Vec<u64>,
    filters: Vec<Filter>,
    external: Vec<calls::ExternalFile>,
    sources: Vec<(Vec<u8>, Vec<u8>)>,
    /// As JSON.
    fill_value: Vec<u8>,
    offset: Option<u64>,
    /// `None`: more than 64 bits count.
    size: Option<u64>,
    stored: u64,
}

impl Dataset {
    /// Asks for all of it. `offsets`: bytes of an address in this file.
    pub(super) fn read(file: &Id, dataset: &Id, offsets: u64, most: u64) -> Result<Dataset> {
        let of = calls::dataset_type(dataset)?;
        let datatype = datatype::read(&of)?;
        let dataspace = calls::dataspace(&calls::dataset_space(dataset)?)?;
        let list = calls::dataset_list(dataset)?;
        let layout = calls::layout(&list)?;
        let filter = |(id, name, params): calls::Filter| {
            let name = Some(String::from_utf8_lossy(&name).into_owned()).filter(|name| !name.is_empty());
            Filter { id, flags: 0, name, params }
        };
        let stored_size = datatype::stored_size(&datatype, offsets);
        let mut fill_value = Vec::new();
        match Elements::of_fill(&list, of)? {
            Some(elements) => {
                let written = value::write(&mut fill_value, file, &datatype, &Dataspace::SCALAR, &elements, most);
                if written.is_none() {
                    value::write_omitted(&mut fill_value, stored_size);
                }
            }
            None => fill_value.extend_from_slice(b"null"),
        }
        Ok(Dataset {
            size: dataspace.elements().and_then(|elements| elements.checked_mul(stored_size)),
            datatype,
            dataspace,
            layout,
            chunk: if layout == Layout::Chunked { calls::chunk(&list)? } else { Vec::new() },
            filters: calls::filters(&list)?.into_iter().map(filter).collect(),
            external: if layout == Layout::Contiguous { calls::external_files(&list)? } else { Vec::new() },
            sources: if layout == Layout::Virtual { calls::sources(&list)? } else { Vec::new() },
            fill_value,
            offset: calls::dataset_offset(dataset),
            // Of chunks it would cost their index.
            stored: match layout {
                Layout::Compact | Layout::Contiguous => calls::storage_size(dataset),
                Layout::Chunked | Layout::Virtual => 0,
            },
        })
    }

    fn layout(&self) -> &'static str {
        match self.layout {
            _ if !self.external.is_empty() => "external",
            Layout::Compact => "compact",
            Layout::Contiguous => "contiguous",
            Layout::Chunked => "chunked",
            Layout::Virtual => "virtual",
        }
    }

    /// The members of the header entry.
    pub(super) fn write(&self, out: &mut FragmentWriter) -> io::Result<()> {
        out.key(",\"shape\":");
        shape::write(&mut out.text, &self.dataspace)?;
        out.key(",\"max_shape\":");
        shape::write_max(&mut out.text, &self.dataspace)?;
        out.key(",\"type\":");
        datatype_json::write(&mut out.text, &self.datatype)?;
        out.key(",\"dtype\":");
        datatype_json::write_dtype(&mut out.text, &self.datatype)?;
        out.key(",\"layout\":");
        json::string(&mut out.text, self.layout())?;
        if self.layout == Layout::Chunked {
            out.key(",\"chunks\":");
            json::list(&mut out.text, &self.chunk, |out, number| json::integer(out, *number))?;
        }
        self.write_filters(out)?;
        out.key(",\"compression\":");
        match filter_pipeline::compression(&self.filters) {
            Some(name) => json::string(&mut out.text, name)?,
            None => out.text.write_all(b"null")?,
        }
        out.key(",\"fill_value\":");
        out.text.extend_from_slice(&self.fill_value);
        self.write_sizes(out)
    }

    fn write_filters(&self, out: &mut FragmentWriter) -> io::Result<()> {
        if self.filters.is_empty() {
            return Ok(());
        }
        out.key(",\"filters\":");
        filter_pipeline::write(&mut out.text, &self.filters)
    }

    fn write_sizes(&self, out: &mut FragmentWriter) -> io::Result<()> {
        out.key(",\"size_bytes\":");
        json::optional(&mut out.text, self.size)?;
        let stored = match self.layout {
            Layout::Chunked => return Ok(()), // with its chunks only, which are not asked for
            _ if !self.external.is_empty() => 0,
            _ => self.stored,
        };
        out.key(",\"stored_bytes\":");
        json::integer(&mut out.text, stored)
    }

    /// The members of the array entry; nothing where the dataspace is null.
    pub(super) fn write_array(&self, out: &mut FragmentWriter) -> io::Result<()> {
        if self.dataspace == Dataspace::Null {
            return Ok(());
        }
        out.text.write_all(b"\"dtype\":")?;
        datatype_json::write_dtype(&mut out.text, &self.datatype)?;
        out.key(",\"shape\":");
        shape::write(&mut out.text, &self.dataspace)?;
        self.write_sizes(out)?;
        out.key(",\"layout\":");
        json::string(&mut out.text, self.layout())?;
        match self.layout {
            _ if !self.external.is_empty() => {
                out.key(",\"files\":");
                json::list(&mut out.text, &self.external, |out, (file, offset, size)| {
                    out.extend_from_slice(b"{\"name\":");
                    json::string(out, &name::text(file))?;
                    write!(out, ",\"offset\":{offset},\"size\":")?;
                    json::optional(out, *size)?;
                    out.write_all(b"}")
                })
            }
            // Where compact elements stand, in the header itself, libhdf5 does not tell.
            Layout::Compact if self.stored > 0 => Ok(()),
            Layout::Compact | Layout::Contiguous => {
                out.key(",\"extents\":");
                match self.offset.filter(|_| self.stored > 0) {
                    Some(offset) => write!(out.text, "[[{offset},{}]]", self.stored),
                    None => out.text.write_all(b"[]"),
                }
            }
            Layout::Chunked => {
                out.key(",\"chunk_shape\":");
                json::list(&mut out.text, &self.chunk, |out, number| json::integer(out, *number))?;
                self.write_filters(out)
            }
            Layout::Virtual => {
                out.key(",\"sources\":");
                json::list(&mut out.text, &self.sources, |out, (file, dataset)| {
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
