//! B-trees of version 2 with chunks as records (VII.E; record types 10 and 11): for arrays with several unlimited dimensions.

use super::super::btree2::{self, kind};
use super::super::fault::Fault;
use super::super::fields::{Address, Fields, Parse};
use super::super::layout::Chunked;
use super::walk::Walk;

const WHAT: &str = "chunk record";

/// Lists the records of the whole tree.
pub(super) async fn walk(walk: &mut Walk<'_>, layout: &Chunked, address: Address) -> Result<(), Fault> {
    let file = walk.file;
    let header = btree2::Header::read(file, address, &[kind::CHUNK, kind::CHUNK_FILTERED]).await?;
    let malformed = |why| Fault::malformed(file.offset(address), WHAT, why);
    let places = 8 * layout.shape.len();
    let rest = usize::from(header.record_size).checked_sub(usize::from(file.widths.offsets) + places);
    let size_width = match (header.kind, rest) {
        (kind::CHUNK, Some(0)) => None,
        (kind::CHUNK_FILTERED, Some(rest @ 5..=12)) => Some(rest - 4),
        _ => return Err(malformed("it has another size than it needs")),
    };
    let mut records = btree2::records(file, &header).await?;
    for damage in std::mem::take(&mut records.damages) {
        walk.pass::<()>(Err(Fault::Damage(Box::new(damage))))?;
    }
    let mut place = vec![0; layout.shape.len()];
    for record in records.iter() {
        let fields = &mut Fields::new(record, file.widths);
        let mut decode = || -> Parse<_> {
            let address = fields.address()?.ok_or("a chunk has no address")?;
            let (size, mask) = match size_width {
                Some(width) => (fields.uint(width)?, fields.u32()?),
                None => (layout.chunk_bytes, 0),
            };
            place.iter_mut().try_for_each(|place| fields.u64().map(|number| *place = number))?;
            Ok((address, size, mask))
        };
        let (address, size, mask) = decode().map_err(malformed)?;
        walk.chunk(&place, address, size, mask)?;
    }
    Ok(())
}
