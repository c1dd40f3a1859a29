//! The chunks that an index lists, as small as they can be kept.

use std::cmp::Ordering;

use crate::budget::{Budget, Charge, OverBudget};

/// Where one chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Chunk {
    /// Absolute.
    pub(super) offset: u64,
    /// As stored.
    pub(super) size: u64,
    /// The filters that were left out: bit n for filter n.
    pub(super) mask: u32,
}

/// Chunks and their places in the grid, in any order until they are sorted.
#[derive(Debug)]
pub(super) struct List {
    rank: usize,
    /// `rank` numbers for each chunk.
    places: Vec<u64>,
    chunks: Vec<Chunk>,
    /// The chunks in row-major order; empty where they stand so.
    order: Vec<u32>,
    charge: Charge,
}

impl List {
    pub(super) fn new(budget: &Budget, rank: usize) -> Result<Self, OverBudget> {
        let charge = Charge::new(budget, 0)?;
        Ok(List { rank, places: Vec::new(), chunks: Vec::new(), order: Vec::new(), charge })
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// `place` has as many numbers as the array has dimensions.
    pub(super) fn push(&mut self, place: &[u64], chunk: Chunk) -> Result<(), OverBudget> {
        debug_assert_eq!(place.len(), self.rank);
        if self.chunks.len() == self.chunks.capacity() {
            let more = (self.chunks.len() / 2).max(64);
            let each = size_of::<Chunk>() + size_of::<u32>() + self.rank * size_of::<u64>();
            self.charge.grow_to((self.chunks.len() + more).saturating_mul(each))?;
            self.chunks.reserve_exact(more);
            self.places.reserve_exact(more * self.rank);
        }
        self.places.extend_from_slice(place);
        self.chunks.push(chunk);
        Ok(())
    }

    fn place(&self, at: usize) -> &[u64] {
        &self.places[at * self.rank..(at + 1) * self.rank]
    }

    /// Puts the chunks in row-major order, whatever the order in which they came.
    pub(super) fn sort(&mut self) {
        let compare = |list: &List, one: usize, other: usize| {
            let places = list.place(one).cmp(list.place(other));
            places.then_with(|| list.chunks[one].cmp(&list.chunks[other]))
        };
        if (1..self.len()).all(|at| compare(self, at - 1, at) != Ordering::Greater) {
            return;
        }
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by(|one, other| compare(self, *one as usize, *other as usize));
        self.order = order;
    }

    /// The chunks with their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u64], Chunk)> {
        (0..self.len()).map(|at| {
            let at = self.order.get(at).map_or(at, |at| *at as usize);
            (self.place(at), self.chunks[at])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offset: u64) -> Chunk {
        Chunk { offset, size: 1, mask: 0 }
    }

    #[test]
    fn the_order_is_that_of_the_places() {
        let mut list = List::new(&Budget::new(1 << 20), 2).expect("memory");
        for (n, place) in [[1, 0], [0, 300], [0, 2], [0, 2]].iter().enumerate() {
            list.push(place, chunk(9 - n as u64)).expect("memory");
        }
        list.sort();
        let found: Vec<_> = list.iter().map(|(place, chunk)| (place.to_vec(), chunk.offset)).collect();
        assert_eq!(found, [(vec![0, 2], 6), (vec![0, 2], 7), (vec![0, 300], 8), (vec![1, 0], 9)]);
    }

    /// A million chunks of three dimensions take less than 80 bytes each.
    #[test]
    fn a_million_chunks_fit() {
        let budget = Budget::new(80 << 20);
        let mut list = List::new(&budget, 3).expect("memory");
        (0..1 << 20).for_each(|n| list.push(&[0, n / 1000, n % 1000], chunk(n)).expect("memory"));
        list.sort();
        assert_eq!(list.iter().count(), 1 << 20);
        drop(list);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn the_budget_is_asked_first() {
        let budget = Budget::new(100_000);
        let mut list = List::new(&budget, 3).expect("memory");
        let refused = (0..u64::MAX).find(|n| list.push(&[0, 0, *n], chunk(*n)).is_err());
        assert!(refused.is_some_and(|refused| (1000..2000).contains(&refused)), "{refused:?}");
    }
}
