//! HDF5 (HDF5 File Format Specification, version 4.0): one file for each on-disk structure, named as the specification
//! names it.

#![allow(dead_code)] // until the walk uses all of it

mod btree2;
mod cache_image;
mod checksum;
mod dense;
mod doubling_table;
mod fault;
mod fields;
mod file;
mod filters;
mod fractal_heap;
mod group;
mod heap_blocks;
mod level;
mod link;
mod local_heap;
mod message;
mod object_header;
mod shared;
mod shared_messages;
mod superblock;
mod symbol_table;
#[cfg(test)]
mod testing;
