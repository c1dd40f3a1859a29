//! The C ABI of `include/metaextract.h`: the only code that C calls.
//!
//! Thin on purpose: each function checks its pointers, calls one safe method and maps the result, all inside one guard
//! (`guard.rs`). Names are C's, and doc comments are written for readers of the header, since cbindgen copies them
//! there: run `ci/header` after a change.
#![allow(unsafe_code)]
#![allow(non_camel_case_types)] // the names of the header
#![allow(clippy::missing_safety_doc)] // what callers owe is said once, at the top of the header (cbindgen.toml)

mod guard;

// The order of the header, which cbindgen takes from here; blank lines keep rustfmt from sorting.
mod types;

mod status;

mod options;

mod extractor;

mod document;

mod files;

mod batch;

#[cfg(test)]
mod tests;

pub use batch::*;
pub use document::*;
pub use extractor::*;
pub use files::*;
pub use options::*;
pub use status::*;
pub use types::*;
