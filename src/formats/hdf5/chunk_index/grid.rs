//! The grid of chunks, and the order in which arrays of chunks number its places.

/// How many chunks stand in each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    /// Over the array as it is.
    pub(super) now: Vec<u64>,
    /// Over the array as large as it may become; 1 for an unlimited dimension, which is never counted.
    most: Vec<u64>,
    /// The dimension that may grow without limit. It is the slowest in the numbering, whichever it is in the array.
    /// (libhdf5 reads and writes so, but its `H5Dchunk_iter` and `H5Dget_chunk_info` forget it, and show other places.)
    unlimited: usize,
}

impl Grid {
    /// The shapes have the same rank, and the chunks are not empty.
    pub(super) fn new(chunk: &[u64], shape: &[u64], max_shape: &[Option<u64>]) -> Self {
        let count = |length: u64, chunk: u64| length.div_ceil(chunk.max(1));
        let now: Vec<u64> = shape.iter().zip(chunk).map(|(length, chunk)| count(*length, *chunk)).collect();
        let most = now.iter().zip(max_shape.iter().zip(chunk));
        let most = most.map(|(now, (length, chunk))| length.map_or(1, |length| count(length, *chunk).max(*now).max(1)));
        let unlimited = max_shape.iter().position(Option::is_none).unwrap_or(0);
        Grid { most: most.collect(), now, unlimited }
    }

    pub(super) fn rank(&self) -> usize {
        self.now.len()
    }

    /// Every dimension but the slowest one, slowest first.
    fn others(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let unlimited = self.unlimited;
        (0..self.rank()).filter(move |dimension| *dimension != unlimited)
    }

    /// The place with this number.
    pub(super) fn place(&self, mut number: u64, place: &mut [u64]) {
        for dimension in self.others().rev() {
            place[dimension] = number % self.most[dimension];
            number /= self.most[dimension];
        }
        place[self.unlimited] = number;
    }

    /// The number of a place; `None` where it is over 64 bits.
    pub(super) fn number(&self, place: &[u64]) -> Option<u64> {
        self.others().try_fold(place[self.unlimited], |number, dimension| {
            number.checked_mul(self.most[dimension])?.checked_add(place[dimension])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_by_the_largest_shape() {
        let grid = Grid::new(&[2, 2], &[5, 5], &[Some(10), Some(9)]);
        let mut place = [0, 0];
        grid.place(7, &mut place);
        assert_eq!((place, grid.number(&place)), ([1, 2], Some(7)));
        assert_eq!(grid.now, [3, 3]);
    }

    /// As libhdf5 writes an array of (10, unlimited) in chunks of (2, 2): number 5 is the second chunk of the first row.
    #[test]
    fn the_unlimited_dimension_is_the_slowest() {
        let grid = Grid::new(&[2, 2, 1], &[5, 5, 3], &[Some(10), None, Some(3)]);
        let mut place = [0; 3];
        grid.place(3 * 5 + 3 + 2, &mut place);
        assert_eq!((place, grid.number(&place)), ([1, 1, 2], Some(20)));
    }

    #[test]
    fn hostile_shapes() {
        let grid = Grid::new(&[1, 1], &[u64::MAX, u64::MAX], &[Some(0), Some(0)]);
        assert_eq!(grid.number(&[u64::MAX - 1, 5]), None);
        let mut place = [0, 0];
        grid.place(u64::MAX, &mut place);
        assert_eq!(place, [1, 0]);
    }
}
