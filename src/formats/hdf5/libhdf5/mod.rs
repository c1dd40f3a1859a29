//! An HDF5 file as libhdf5 shows it: the same graph of objects, filled through the C library, for whoever asked for that.
//!
//! - [`calls`]: the library's calls
//! - [`datatype`], [`dataset`], [`value`]: what it tells, in our terms
//!
//! What the library does not tell stays out: where attributes and compact elements stand, and what is odd about the file.
//! Ours are here, as in our own reader: how the graph gets its paths, and how types, shapes and numbers are written.

mod calls;
mod dataset;
mod datatype;
mod value;

use std::path::Path;

use hdf5_metno_sys::h5o::H5O_type_t::*;

use self::calls::{Elements, Id};
use self::dataset::Dataset;
use super::dataspace::Dataspace;
use super::datatype_json;
use super::fault::Damage;
use super::fields::Address;
use super::fragment::FragmentWriter;
use super::graph::{Graph, Object, ObjectKind, ROOT};
use super::model::{self, Front};
use super::netcdf_mark::{self, Deeper};
use super::object_text::ObjectText;
use super::shape;
use crate::budget::{Budget, Charge, OverBudget};
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{name, say_stopped, stopped};
use crate::options::Options;

/// Reads a file through libhdf5; everything is in `out` then. Gives the name of the reader; `None`: the file bears the marks of
/// netCDF-4, which count only where no format was asked for, and nothing is written.
pub(in crate::formats) fn read(path: &Path, out: &mut Output, options: &Options) -> Result<Option<String>> {
    let file = calls::open(path)?;
    let facts = calls::facts(&file)?;
    let root = calls::info(&calls::root(&file)?)?.address;
    let offset_of = |address: Address| address.saturating_add(facts.user_block);
    let mut graph = Graph::new(out.budget());
    let (budget, text) = (&out.budget().clone(), FragmentWriter::new(out.budget()));
    let user_block = facts.user_block;
    let mut reader =
        Reader { file: &file, user_block, offsets: facts.offsets.into(), options, budget, text, damages: Vec::new() };
    graph.object_at(root, offset_of(root)).map_err(over_budget)?;
    let mut waiting = vec![(ROOT, root)];
    while let Some((id, address)) = waiting.pop() {
        match reader.object(address) {
            Ok(object) => waiting.extend(graph.place(id, object, offset_of).map_err(over_budget)?),
            Err(error) if error.kind() == ErrorKind::Limit => return Err(error),
            Err(error) => reader.note(address, &error),
        }
        for damage in reader.damages.drain(..) {
            graph.damage(id, damage);
        }
    }
    drop(reader); // with it the text is complete
    let is_netcdf = (0..).zip(&graph.nodes).any(|(id, node)| node.makes_netcdf(id));
    if options.format.is_none() && (is_netcdf || netcdf_mark::deeper(&graph) == Deeper::Counts) {
        return Ok(None);
    }
    let paths = graph.paths(options.max_depth as usize);
    model::warn(&graph, &paths, out);
    let front = Front { offset: facts.user_block, version: facts.version, base: None };
    if model::write(&mut graph, &paths, &front, out).is_err() {
        say_stopped(out, None, facts.user_block, "/".into());
    }
    out.count("groups", graph.groups);
    out.count("datasets", graph.datasets);
    out.count("attributes", graph.attributes);
    Ok(Some(calls::version()))
}

fn over_budget(_: OverBudget) -> Error {
    stopped(Stop::Limit)
}

struct Reader<'a> {
    file: &'a Id,
    user_block: u64,
    /// Bytes of an address.
    offsets: u64,
    options: &'a Options,
    budget: &'a Budget,
    text: FragmentWriter,
    /// What can't be read of the object.
    damages: Vec<Damage>,
}

impl Reader<'_> {
    fn note(&mut self, address: Address, error: &Error) {
        let message = error.message().to_owned();
        self.damages.push(Damage { code: Code::Unsupported, offset: address.saturating_add(self.user_block), message });
    }

    fn object(&mut self, address: Address) -> Result<Object<ObjectText>> {
        let object = calls::object_at(self.file, address)?;
        let info = calls::info(&object)?;
        self.text.begin();
        let (mut links, mut listed) = (Vec::new(), true);
        let (mut dataset, kind) = (
            None,
            match info.kind {
                H5O_TYPE_GROUP => ObjectKind::Group,
                H5O_TYPE_DATASET => ObjectKind::Dataset,
                H5O_TYPE_NAMED_DATATYPE => ObjectKind::NamedType,
                _ => {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        "libhdf5 tells an object of a kind that is not known here",
                    ));
                }
            },
        );
        match kind {
            ObjectKind::Group => match calls::links(&object) {
                Ok(all) => links = all,
                Err(error) => {
                    self.note(address, &error);
                    listed = false;
                }
            },
            ObjectKind::Dataset => {
                let read = Dataset::read(self.file, &object, self.offsets, self.options.longest_value())?;
                let _ = read.write(&mut self.text); // into memory: it can't fail
                dataset = Some(read);
            }
            ObjectKind::NamedType => {
                self.text.key(",\"type\":");
                let _ = datatype_json::write(&mut self.text.text, &datatype::read(&object)?);
            }
        }
        self.text.end_members();
        if let Some(dataset) = dataset {
            let _ = dataset.write_array(&mut self.text);
        }
        self.text.end_array().map_err(over_budget)?;
        let (mut attributes, mut netcdf_mark) = (0, false);
        let count = match calls::check_attributes(&object) {
            Ok(()) => info.attributes,
            Err(error) => {
                self.note(address, &error);
                0
            }
        };
        for index in 0..count {
            match self.attribute(&object, index) {
                Ok(is_mark) => {
                    attributes += 1;
                    netcdf_mark |= is_mark;
                }
                Err(error) if error.kind() == ErrorKind::Limit => return Err(error),
                Err(error) => self.note(address, &error),
            }
        }
        let fragment = self.text.finish().map_err(over_budget)?;
        let kept = ObjectText { fragment, manifest: None };
        let reference_count = Some(info.hard_links);
        Ok(Object {
            kind,
            kept,
            attributes,
            links,
            links_charge: None,
            listed,
            reference_count,
            data_end: 0,
            netcdf_mark,
        })
    }

    /// Writes an attribute; true if it is a mark of netCDF-4.
    fn attribute(&mut self, object: &Id, index: u64) -> Result<bool> {
        let attribute = calls::attribute(object, index)?;
        let attribute_name = calls::attribute_name(&attribute)?;
        let of = calls::attribute_type(&attribute)?;
        let space = calls::attribute_space(&attribute)?;
        let (datatype, dataspace) = (datatype::read(&of)?, calls::dataspace(&space)?);
        let most = self.options.longest_value();
        let count = dataspace.elements().unwrap_or(u64::MAX);
        let stored = count.saturating_mul(datatype::stored_size(&datatype, self.offsets));
        let mut text = Vec::new();
        let mut is_mark = false;
        if stored > most && !datatype.is_in_heap() {
            value::write_omitted(&mut text, stored);
        } else if dataspace == Dataspace::Null {
            text.extend_from_slice(b"null");
        } else {
            let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(datatype.size as usize));
            let length = length.ok_or_else(|| stopped(Stop::Limit))?;
            let _charge = Charge::new(self.budget, length).map_err(over_budget)?;
            let elements = Elements::of_attribute(&attribute, of, space, length)?;
            is_mark = netcdf_mark::is_one(&attribute_name, elements.bytes());
            if value::write(&mut text, self.file, &datatype, &dataspace, &elements, most).is_none() {
                value::write_omitted(&mut text, stored);
            }
        }
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(b"{\"type\":");
            datatype_json::write(out, &datatype)?;
            out.extend_from_slice(b",\"dtype\":");
            datatype_json::write_dtype(out, &datatype)?;
            out.extend_from_slice(b",\"shape\":");
            shape::write(out, &dataspace)?;
            out.extend_from_slice(b",\"value\":");
            out.extend_from_slice(&text);
            out.push(b'}');
            Ok(())
        };
        self.text.attribute(|out| name::write(out, &attribute_name), write).map_err(over_budget)?;
        Ok(is_mark)
    }
}
