//! HDF5 (HDF5 File Format Specification, version 4.0): one file for each on-disk structure, named as the specification
//! names it.

mod attribute;
pub(super) mod attributes;
mod attributes_at_hand;
mod btree2;
mod cache_image;
mod checksum;
pub(super) mod chunk_index;
mod context;
pub(super) mod dataset;
pub(super) mod dataspace;
pub(super) mod datatype;
pub(super) mod datatype_json;
mod dense;
mod doubling_table;
mod driver_info;
mod external_files;
pub(super) mod fault;
pub(super) mod fields;
mod file;
mod fill_value;
pub(super) mod filter_pipeline;
mod filters;
mod fractal_heap;
pub(super) mod fragment;
mod global_heap;
pub(super) mod graph;
mod group;
mod header_shape;
mod heap_blocks;
mod known_attributes;
mod known_datasets;
pub(super) mod known_types;
pub(super) mod layout;
mod level;
#[cfg(feature = "reference")]
pub(super) mod libhdf5;
pub(super) mod link;
mod local_heap;
pub(super) mod members;
mod message;
mod model;
pub(super) mod netcdf_mark;
pub(super) mod number;
pub(super) mod object;
mod object_header;
mod object_text;
pub(super) mod read;
mod recognise;
mod reference;
pub(super) mod resolve;
mod run;
mod scan;
mod shape;
mod shared;
mod shared_messages;
mod stored_reference;
mod superblock;
mod symbol_table;
#[cfg(test)]
mod testing;
pub(super) mod value;
mod virtual_dataset;
mod walk;

#[cfg(fuzzing)]
pub(crate) use checksum::fuzzing;
pub(super) use read::{Outcome, read};
