//! HDF5 (HDF5 File Format Specification, version 4.0): one file for each on-disk structure, named as the specification
//! names it.

#![allow(dead_code)] // until the walk uses all of it

mod attribute;
mod checksum;
mod chunk_index;
mod external_files;
mod fault;
mod fields;
mod file;
mod fill_value;
mod filter_pipeline;
mod fragment;
mod graph;
mod group;
mod layout;
mod link;
mod local_heap;
mod message;
mod model;
mod name;
mod object_header;
mod reference;
mod superblock;
mod symbol_table;
#[cfg(test)]
mod testing;
mod virtual_dataset;
