//! Shapes as they stand in the document.

use std::io::{self, Write};

use super::dataspace::Dataspace;
use crate::document::json;

/// The current dimensions: `[]` where it is scalar, `null` where it is null.
pub(super) fn write(out: &mut Vec<u8>, dataspace: &Dataspace) -> io::Result<()> {
    match dataspace {
        Dataspace::Null => out.write_all(b"null"),
        Dataspace::Simple { dims, .. } => json::list(out, dims, |out, dim| json::integer(out, *dim)),
    }
}

/// The maximal dimensions; an unlimited one is `null`.
pub(super) fn write_max(out: &mut Vec<u8>, dataspace: &Dataspace) -> io::Result<()> {
    match dataspace {
        Dataspace::Null => out.write_all(b"null"),
        Dataspace::Simple { max_dims, .. } => json::list(out, max_dims, |out, most| json::optional(out, *most)),
    }
}
