//! HDF5 (HDF5 File Format Specification, version 4.0): one file for each on-disk structure, named as the specification
//! names it.

mod attribute;
mod attributes;
mod btree2;
mod cache_image;
mod checksum;
mod chunk_index;
mod context;
mod dataset;
mod dataspace;
mod datatype;
mod datatype_json;
mod dense;
mod doubling_table;
mod driver_info;
mod external_files;
mod fault;
mod fields;
mod file;
mod fill_value;
mod filter_pipeline;
mod filters;
mod fractal_heap;
mod fragment;
mod global_heap;
mod graph;
mod group;
mod header_shape;
mod heap_blocks;
mod known_types;
mod layout;
mod level;
mod link;
mod local_heap;
mod message;
mod model;
mod number;
mod object;
mod object_header;
mod read;
mod recognise;
mod reference;
mod resolve;
mod scan;
mod shape;
mod shared;
mod shared_messages;
mod stored_reference;
mod superblock;
mod symbol_table;
#[cfg(test)]
mod testing;
mod value;
mod virtual_dataset;
mod walk;

pub(crate) use read::read;
