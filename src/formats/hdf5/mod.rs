//! HDF5 (HDF5 File Format Specification, version 4.0): one file for each on-disk structure, named as the specification
//! names it.

#![allow(dead_code)] // until the walk uses all of it

mod checksum;
mod external_files;
mod fault;
mod fields;
mod file;
mod fill_value;
mod filter_pipeline;
mod layout;
mod local_heap;

#[cfg(test)]
mod testing;
