//! DICOM (PS3.5, PS3.10).

pub(crate) mod charset;
