//! Many reads of the same kind: a level of a tree is one round.

use std::future::Future;

use super::fault::Fault;
use super::file::File;
use crate::budget::Charge;
use crate::engine::join::Join;
use crate::engine::window::Stop;

/// How many reads run at once; what is more waits for them, so that a hostile file can't ask for all memory at once.
const AT_ONCE: usize = 16 << 10;
/// What a read takes while it runs, beside the bytes.
const COST: usize = 512;

/// Runs a read for each item, all of them in one round; the results are in the order of the items.
/// An error where the reading was stopped; damage is a result like others.
pub(super) async fn each<I, T, F>(
    file: &File,
    items: impl IntoIterator<Item = I>,
    read: impl Fn(I) -> F,
) -> Result<Vec<Result<T, Fault>>, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut items = items.into_iter().fuse();
    let mut results: Vec<Option<Result<T, Fault>>> = Vec::new();
    loop {
        let batch: Vec<I> = items.by_ref().take(AT_ONCE).collect();
        if batch.is_empty() {
            return Ok(results.into_iter().flatten().collect());
        }
        let _running = Charge::new(file.source.budget(), batch.len() * COST).map_err(|_| Stop::Limit)?;
        let first = results.len();
        results.resize_with(first + batch.len(), || None);
        let mut join = Join::new();
        for item in batch {
            join.push(read(item));
        }
        while let Some((at, result)) = join.next_with_place().await {
            if let Err(Fault::Stop(stop)) = result {
                return Err(stop.into());
            }
            results[first + at] = Some(result);
        }
    }
}
