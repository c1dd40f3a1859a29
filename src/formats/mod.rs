//! The formats, and how a file's first bytes tell them apart.
pub(crate) mod detect;
pub(crate) mod dicom;
