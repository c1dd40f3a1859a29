//! Files that are in memory.

use crate::engine::extractor::Extractor;
use crate::error::Result;
use crate::status::Status;

/// Feeds an extractor from a whole file in memory. Only what it wants is copied. Not where streaming is off.
///
/// ```
/// # let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm")).unwrap();
/// use metaextract::{Extractor, Options, Status, drivers};
/// let mut extractor = Extractor::new(&Options::default())?;
/// assert_eq!(drivers::slice::read(&mut extractor, &bytes)?, Status::Done);
/// # Ok::<(), metaextract::Error>(())
/// ```
pub fn read(extractor: &mut Extractor, bytes: &[u8]) -> Result<Status> {
    extractor.may_be_fed()?;
    extractor.set_length(bytes.len() as u64)?;
    answer(extractor, bytes)
}

/// Answers wants until nothing is wanted any more.
pub(super) fn answer(extractor: &mut Extractor, bytes: &[u8]) -> Result<Status> {
    let mut status = extractor.status()?;
    while status == Status::Ok {
        let Some(want) = extractor.first_wanted(1).0.pop() else { break };
        let start = usize::try_from(want.offset).unwrap_or(usize::MAX).min(bytes.len());
        let end = usize::try_from(want.offset.saturating_add(want.length)).unwrap_or(usize::MAX).min(bytes.len());
        status = extractor.take_at(want.offset, &bytes[start..end.max(start)])?;
    }
    Ok(status)
}
