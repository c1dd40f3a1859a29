//! The classic formats, CDF-1, CDF-2 and CDF-5: a header that says all, and data that is not read.
//!
//! - [`header`]: its grammar
//! - [`items`]: what its lists are made of
//! - [`fields`]: what those are made of
//! - [`stored`]: attributes that are taken apart only when they are written
//! - [`layout`]: sizes and places of the data, and the number of records

mod fields;
mod header;
mod items;
mod layout;
mod stored;

use super::model::{Model, Variant};
use crate::document::builder::Output;
use crate::engine::stream::Stream;
use crate::engine::window::Stop;
use crate::options::Options;
use header::{Halt, Header};
pub(super) use stored::Stored;

/// How long the magic is.
pub(super) const MAGIC: usize = 4;

/// Which of the classic formats the first bytes show.
pub(super) fn variant(head: &[u8]) -> Option<Variant> {
    match head.get(..MAGIC)? {
        b"CDF\x01" => Some(Variant::Classic),
        b"CDF\x02" => Some(Variant::Offset64),
        b"CDF\x05" => Some(Variant::Data64),
        _ => None,
    }
}

/// Reads what follows the magic into a model that is empty yet: as much as can be read is in it in any case.
pub(super) async fn read(
    stream: &mut Stream,
    model: &mut Model,
    out: &mut Output,
    options: &Options,
) -> Result<(), Stop> {
    let mut header =
        Header { stream, out, model, max_value: options.longest_value(), numrecs: 0, lacks_variables: false };
    let read = header.read().await;
    let Header { numrecs, lacks_variables, .. } = header;
    let place = match (read, stream.offset()) {
        (Ok(()), end) if !lacks_variables => Some(end),
        _ => None,
    };
    let settled = layout::settle(model, numrecs, place, stream.source(), out).await;
    match read {
        Err(Halt::Stop(stop)) => Err(stop),
        _ => settled,
    }
}
