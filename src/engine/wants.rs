//! The ranges that a host is asked for: merged, disjoint, in file order, held until they are answered.

use std::collections::BTreeMap;

/// What merging and reading ahead may add to the metadata asked for so far, in bytes.
pub(crate) const ALLOWANCE: u64 = 64 << 10;

/// How much has been asked for, and how much of it was of use: what bounds every speculation.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Bytes asked for so far, speculation included.
    pub(crate) asked: u64,
    /// Bytes that will be asked for when the next round begins.
    pub(crate) unasked: u64,
    /// What had been asked for when the whole file was.
    before_whole: Option<u64>,
    /// Bytes that parsers have used.
    pub(crate) needed: u64,
    /// Bytes that pending reads need.
    pub(crate) pending: u64,
    /// Bytes that pending reads would like: most of them will be of use.
    pub(crate) liked: u64,
    /// How much reading ahead may add to the metadata, in per cent of that.
    pub(crate) percent: u64,
}

/// How much joining ranges may add to the metadata, in per cent of that: it saves requests, not rounds.
const BRIDGING: u64 = 50;

/// A gap up to this length costs less than a request of its own, and often has what will be wanted next.
const SMALL_GAP: u64 = 512;

/// How many bytes of gaps may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bridging {
    /// As long as the gaps are small.
    pub(crate) small: u64,
    pub(crate) any: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Tally { asked: 0, unasked: 0, before_whole: None, needed: 0, pending: 0, liked: 0, percent: 100 }
    }
}

impl Tally {
    /// How many bytes may be asked for beyond the `certain` ones that a parser needs now.
    pub(crate) fn speculation(&self, certain: u64) -> u64 {
        self.allowance(self.pending.saturating_add(certain), self.percent).saturating_sub(certain)
    }

    /// How many bytes may be asked for only because they stand between wanted ones: in small gaps, and in all.
    pub(crate) fn bridging(&self) -> Bridging {
        let small = self.allowance(self.liked, 100);
        Bridging { small, any: self.allowance(self.liked, BRIDGING.min(self.percent)) }
    }

    /// A round begins with so many bytes.
    pub(crate) fn ask(&mut self, bytes: u64) {
        self.asked = self.asked.saturating_add(bytes);
        self.unasked = 0;
    }

    /// The whole file is asked for: that is no speculation.
    pub(crate) fn begin_whole(&mut self) {
        self.before_whole.get_or_insert(self.asked);
    }

    /// The whole file is there.
    pub(crate) fn end_whole(&mut self) {
        self.asked = self.before_whole.take().unwrap_or(self.asked);
    }

    fn allowance(&self, coming: u64, percent: u64) -> u64 {
        let metadata = self.needed.saturating_add(coming);
        let most = metadata.saturating_add(metadata / 100 * percent).saturating_add(metadata % 100 * percent / 100);
        most.saturating_add(ALLOWANCE).saturating_sub(self.asked.saturating_add(self.unasked))
    }
}

/// The ranges of the current round. A new round begins when this one is answered or nobody wants it any more.
#[derive(Debug, Default)]
pub(crate) struct Round {
    ranges: BTreeMap<u64, u64>, // start -> end
    pub(crate) requests: u64,
    pub(crate) rounds: u64,
}

impl Round {
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        self.ranges.iter().map(|(start, end)| (*start, *end))
    }

    /// Begins a round with ranges in file order, which do not touch; gaps up to `merge_gap` are bridged, the smallest first,
    /// as far as `spare` reaches. Returns the bytes of the gaps.
    pub(crate) fn begin(&mut self, ranges: &[(u64, u64)], merge_gap: u64, spare: Bridging) -> u64 {
        let mut gaps: Vec<(u64, usize)> = (1..ranges.len())
            .map(|at| (ranges[at].0 - ranges[at - 1].1, at))
            .filter(|(gap, _)| *gap <= merge_gap)
            .collect();
        gaps.sort_unstable();
        let mut bridged = 0;
        gaps.retain(|(gap, _)| {
            let most = if *gap <= SMALL_GAP { spare.small } else { spare.any };
            let bridges = bridged + gap <= most;
            if bridges {
                bridged += gap;
            }
            bridges
        });
        gaps.sort_unstable_by_key(|(_, at)| *at);
        let mut gaps = gaps.into_iter().map(|(_, at)| at).peekable();
        let mut at = 0;
        while at < ranges.len() {
            let start = ranges[at].0;
            at += 1;
            while gaps.next_if_eq(&at).is_some() {
                at += 1;
            }
            self.ranges.insert(start, ranges[at - 1].1);
        }
        if !self.ranges.is_empty() {
            self.rounds += 1;
            self.requests += self.ranges.len() as u64;
        }
        bridged
    }

    /// The first range and those behind it, where the gaps between are at most `near` and together at most `spare` bytes: where
    /// they begin and end, at most `most` bytes of them, and the bytes of the gaps.
    pub(crate) fn first(&self, most: u64, near: u64, spare: u64) -> Option<(u64, u64, u64)> {
        let mut ranges = self.iter();
        let (start, mut end) = ranges.next()?;
        let (last, mut bridged) = (start.saturating_add(most), 0);
        for (from, to) in ranges {
            let gap = from - end;
            if from >= last || gap > near || bridged + gap > spare {
                break;
            }
            bridged += gap;
            end = to;
        }
        Some((start, end.min(last), bridged))
    }

    /// True if something between two offsets is asked for.
    pub(crate) fn overlaps(&self, start: u64, end: u64) -> bool {
        self.ranges.range(..end).next_back().is_some_and(|(_, until)| *until > start)
    }

    /// Takes out what was answered, or what nobody wants any more.
    pub(crate) fn remove(&mut self, start: u64, end: u64) {
        let hit = self.ranges.range(..end).rev().take_while(|(_, until)| **until > start);
        let hit: Vec<(u64, u64)> = hit.map(|(start, end)| (*start, *end)).collect();
        for (from, until) in hit {
            self.ranges.remove(&from);
            if from < start {
                self.ranges.insert(from, start);
            }
            if until > end {
                self.ranges.insert(end, until);
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
    }
}

/// Joins sorted ranges that touch or overlap.
pub(crate) fn merged(ranges: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_merge_as_far_as_the_spare_bytes_reach() {
        let mut round = Round::default();
        let bridged = round.begin(
            &merged([(0, 10), (20, 30), (25, 28), (40, 50), (90, 95)].into_iter()),
            10,
            Bridging { small: 15, any: 15 },
        );
        assert_eq!(bridged, 10);
        assert_eq!(round.iter().collect::<Vec<_>>(), [(0, 30), (40, 50), (90, 95)]);
        assert_eq!((round.requests, round.rounds), (3, 1));
    }

    #[test]
    fn the_smallest_gaps_are_bridged_first() {
        let mut round = Round::default();
        let bridged =
            round.begin(&[(0, 10), (18, 20), (23, 30), (32, 33), (40, 50)], 100, Bridging { small: 12, any: 0 });
        assert_eq!(bridged, 3 + 2 + 7);
        assert_eq!(round.iter().collect::<Vec<_>>(), [(0, 10), (18, 50)]);
    }

    #[test]
    fn the_first_ranges_are_joined_over_small_gaps() {
        let mut round = Round::default();
        round.begin(&[(0, 10), (20, 30), (32, 33), (100, 120)], 0, Bridging { small: 0, any: 0 });
        assert_eq!(round.first(1000, 10, 100), Some((0, 33, 12)));
        assert_eq!(round.first(1000, 10, 11), Some((0, 30, 10)), "no more may be added");
        assert_eq!(round.first(1000, 9, 100), Some((0, 10, 0)));
        assert_eq!(round.first(5, 100, 100), Some((0, 5, 0)));
        assert_eq!(round.first(1000, 100, 100), Some((0, 120, 79)));
        round.clear();
        assert_eq!(round.first(1000, 10, 100), None);
    }

    #[test]
    fn an_answer_in_the_middle_leaves_both_ends() {
        let mut round = Round::default();
        round.begin(&[(0, 30), (40, 50)], 0, Bridging { small: 0, any: 0 });
        round.remove(10, 45);
        assert_eq!(round.iter().collect::<Vec<_>>(), [(0, 10), (45, 50)]);
        round.remove(0, 100);
        assert!(round.is_empty());
    }

    #[test]
    fn speculation_stays_under_the_metadata_and_the_allowance() {
        let mut tally = Tally::default();
        assert_eq!(tally.speculation(8), ALLOWANCE + 8);
        tally.asked = ALLOWANCE;
        tally.needed = 1000;
        assert_eq!(tally.speculation(8), 2008);
        assert_eq!(tally.bridging(), Bridging { small: 2000, any: 1500 });
        (tally.pending, tally.liked) = (400, 500);
        assert_eq!((tally.speculation(8), tally.bridging()), (2808, Bridging { small: 3000, any: 2250 }));
        tally.percent = 50;
        assert_eq!(tally.speculation(0), 2100);
    }
}
