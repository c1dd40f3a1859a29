//! The pending reads, by size and place.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::task::Waker;

/// One pending read.
#[derive(Debug)]
pub(super) struct Want {
    pub(super) min: u64,
    pub(super) ideal: u64,
    /// How many bytes the next round asks for on its behalf, as it stood when it began, and which round was the last then.
    pub(super) unasked: u64,
    pub(super) round: u64,
    /// `None`: nobody waits for it.
    pub(super) waker: Option<Waker>,
}

/// Where a read stands in its size class: (offset, id).
type Place = (u64, u64);

/// A size class is this many binary digits wide: few classes, since each costs a search.
const CLASS_BITS: u32 = 3;
const CLASSES: usize = (u64::BITS.div_ceil(CLASS_BITS) + 1) as usize;

/// Reads by size, so that one long read among many short ones does not make all of them candidates wherever bytes come in.
#[derive(Debug)]
pub(super) struct Pending([BTreeMap<Place, Want>; CLASSES]);

impl Pending {
    pub(super) fn new() -> Self {
        Pending(std::array::from_fn(|_| BTreeMap::new()))
    }

    fn class(&mut self, ideal: u64) -> Option<&mut BTreeMap<Place, Want>> {
        self.0.get_mut((u64::BITS - ideal.leading_zeros()).div_ceil(CLASS_BITS) as usize)
    }

    /// Adds a read, or gives one that was added before another waker.
    pub(super) fn insert(&mut self, offset: u64, id: u64, want: Want) {
        let Some(class) = self.class(want.ideal) else { return };
        match class.entry((offset, id)) {
            Entry::Occupied(mut known) => known.get_mut().waker = want.waker,
            Entry::Vacant(place) => _ = place.insert(want),
        }
    }

    pub(super) fn remove(&mut self, offset: u64, ideal: u64, id: u64) -> Option<Want> {
        self.class(ideal)?.remove(&(offset, id))
    }

    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(BTreeMap::clear);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeMap::is_empty)
    }

    /// All of them, with the offset of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Want)> {
        self.0.iter().flatten().map(|((offset, _), want)| (*offset, want))
    }

    /// Those that would like bytes between two offsets, one size class after the other; in file order within each.
    pub(super) fn overlapping_by_class(
        &self,
        start: u64,
        end: u64,
    ) -> impl Iterator<Item = impl Iterator<Item = (u64, &Want)>> {
        let classes = self.0.iter().enumerate().filter(|(_, class)| !class.is_empty());
        classes.map(move |(index, class)| {
            let longest = 1u64.checked_shl(index as u32 * CLASS_BITS).unwrap_or(0).wrapping_sub(1);
            let near = class.range((start.saturating_sub(longest), 0)..(end, 0));
            let near = near.map(|((offset, _), want)| (*offset, want));
            near.filter(move |(offset, want)| offset.saturating_add(want.ideal) > start)
        })
    }

    pub(super) fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, &Want)> {
        self.overlapping_by_class(start, end).flatten()
    }

    /// True if one of them would like some byte between two offsets.
    pub(super) fn any(&self, start: u64, end: u64) -> bool {
        self.overlapping(start, end).next().is_some()
    }
}
