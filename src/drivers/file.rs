//! Stub.
use crate::engine::extractor::{Extractor, Status};
use crate::error::Result;
use std::path::Path;
/// Reads.
pub fn read_file(_x: &mut Extractor, _path: &Path) -> Result<Status> { Ok(Status::Ok) }
/// Pushes.
pub fn push_reader(_x: &mut Extractor, _r: &mut impl std::io::Read) -> Result<Status> { Ok(Status::Ok) }
