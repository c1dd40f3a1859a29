//! Stub.
use crate::engine::extractor::{Extractor, Status};
use crate::error::Result;
/// Reads.
pub fn read(_x: &mut Extractor, _bytes: &[u8]) -> Result<Status> { Ok(Status::Ok) }
