//! Shapes as they stand in the document.

use std::io::{self, Write};

use super::dataspace::Dataspace;
use crate::document::json;

/// The current dimensions: `[]` where it is scalar, `null` where it is null.
pub(super) fn write(out: &mut Vec<u8>, dataspace: &Dataspace) -> io::Result<()> {
    match dataspace {
        Dataspace::Null => out.write_all(b"null"),
        Dataspace::Simple { dims, .. } => list(out, dims, |out, dim| json::integer(out, *dim)),
    }
}

/// The maximal dimensions; an unlimited one is `null`.
pub(super) fn write_max(out: &mut Vec<u8>, dataspace: &Dataspace) -> io::Result<()> {
    match dataspace {
        Dataspace::Null => out.write_all(b"null"),
        Dataspace::Simple { max_dims, .. } => list(out, max_dims, |out, most| match most {
            Some(most) => json::integer(out, *most),
            None => out.write_all(b"null"),
        }),
    }
}

/// A JSON array.
pub(super) fn list<T>(
    out: &mut Vec<u8>,
    items: &[T],
    mut each: impl FnMut(&mut Vec<u8>, &T) -> io::Result<()>,
) -> io::Result<()> {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item)?;
    }
    out.push(b']');
    Ok(())
}
