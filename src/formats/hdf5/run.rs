//! Objects whose headers stand close together: they are waited for in one piece, as is a header that stands alone.

use std::collections::VecDeque;

use super::fields::Address;
use super::graph::Id;

/// The longest piece.
const LONGEST: u64 = 64 << 10;
/// The memory limit has room for so many of them.
const SHARE: u64 = 64;
/// Fewer are waited for one by one.
const LEAST: usize = 4;

/// Objects in file order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) objects: Vec<(Id, Address)>,
    /// From the first header on.
    pub(super) length: u64,
}

impl Run {
    /// Takes the objects off the queue that stand close behind the first, unless they are few.
    ///
    /// What stands between their headers, which are about `header` bytes long, is at most half as much as they are: so much
    /// may be asked for beyond the metadata. What is at hand does not wait with them. `memory` is the memory limit.
    pub(super) fn take(
        first: (Id, Address),
        waiting: &mut VecDeque<(Id, Address)>,
        header: u64,
        memory: u64,
        is_at_hand: impl Fn(Address) -> bool,
    ) -> Run {
        let longest = LONGEST.min(memory / SHARE);
        let span = |address: Address| Some(address.checked_sub(first.1)?.saturating_add(header));
        let (mut count, mut last) = (1, first.1);
        for (_, address) in waiting.iter() {
            let headers = (count as u64 + 1).saturating_mul(header);
            let fits = |span: &u64| *span <= longest && *span <= headers.saturating_add(headers / 2);
            if *address <= last || span(*address).filter(fits).is_none() || is_at_hand(*address) {
                break;
            }
            (count, last) = (count + 1, *address);
        }
        if count < LEAST {
            return Run { objects: vec![first], length: header };
        }
        let others = waiting.drain(..count - 1);
        Run { objects: std::iter::once(first).chain(others).collect(), length: span(last).unwrap_or(header) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(addresses: &[u64], header: u64) -> (Vec<u64>, u64, usize) {
        let mut waiting: VecDeque<_> = addresses.iter().map(|address| (*address as Id, *address)).collect();
        let first = waiting.pop_front().expect("an object");
        let run = Run::take(first, &mut waiting, header, u64::MAX, |address| address == 777);
        (run.objects.into_iter().map(|(_, address)| address).collect(), run.length, waiting.len())
    }

    #[test]
    fn a_run_is_dense() {
        assert_eq!(take(&[100, 200, 300, 400, 500], 100), (vec![100, 200, 300, 400, 500], 500, 0));
        assert_eq!(take(&[100, 250, 400, 550, 3000], 100), (vec![100, 250, 400, 550], 550, 1));
        assert_eq!(take(&[100, 301, 401, 501, 601], 100), (vec![100], 100, 4), "a gap longer than a header");
    }

    #[test]
    fn a_run_is_in_file_order_and_bounded() {
        assert_eq!(take(&[100, 200, 300, 250, 400], 100), (vec![100], 100, 4));
        let many: Vec<u64> = (0..1000).map(|at| at * 100).collect();
        assert_eq!(take(&many, 100).1, LONGEST / 100 * 100);
        assert_eq!(take(&[300, 400, 500, 600, 777, 900], 100), (vec![300, 400, 500, 600], 400, 2), "one is at hand");
        assert_eq!(take(&[u64::MAX - 1, 0, u64::MAX], u64::MAX), (vec![u64::MAX - 1], u64::MAX, 2));
    }
}
