//! DICOM: Part 10 files and their broken relatives (PS3.5, PS3.10), as the DICOM JSON Model (PS3.18 Annex F).
//!
//! - [`file_meta`]: preamble, prefix, file meta information; the start of the data set
//! - [`transfer_syntax`]: how a data set is encoded
//! - [`data_set`]: the walk over elements, sequences and items
//! - [`plain_element`]: elements that need no thought, as most
//! - [`sequence`]: where sequences and items begin and end
//! - [`element_vr`]: which VR an element has, where its header leaves that open
//! - [`element`]: the header of an element
//! - [`vr`], [`dictionary`]: value representations, and which one a public tag has
//! - [`value_field`]: what stands behind a header, read or skipped
//! - [`value`], [`charset`]: a value field as JSON, and its text
//! - [`model`]: the JSON of data sets, in ascending tags
//! - [`pixel_data`]: fragments, offset tables, and the entries of `properties.arrays`

mod charset;
mod data_set;
mod dictionary;
mod element;
mod element_vr;
mod file_meta;
mod model;
mod pixel_data;
mod plain_element;
mod sequence;
mod transfer_syntax;
mod value;
mod value_field;
mod vr;

pub(crate) use file_meta::{HEAD, is_irregular, read};
