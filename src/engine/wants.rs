//! The ranges that a host is asked for: merged, disjoint, in file order, held until they are answered.

use std::collections::BTreeMap;

/// What merging and reading ahead may add to the metadata asked for so far, in bytes.
pub(crate) const ALLOWANCE: u64 = 64 << 10;

/// How much has been asked for, and how much of it was of use: what bounds every speculation.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Bytes asked for so far, speculation included.
    pub(crate) asked: u64,
    /// Bytes that parsers have used.
    pub(crate) needed: u64,
}

impl Tally {
    /// How many bytes may be asked for beyond the `certain` ones that a parser needs now.
    pub(crate) fn speculation(&self, certain: u64) -> u64 {
        let metadata = self.needed.saturating_add(certain);
        metadata.saturating_mul(2).saturating_add(ALLOWANCE).saturating_sub(self.asked.saturating_add(certain))
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

    /// Begins a round with what is wanted, in file order; gaps up to `merge_gap` are bridged as far as `spare` bytes reach.
    /// Returns the bytes of the gaps.
    pub(crate) fn begin(&mut self, wanted: impl Iterator<Item = (u64, u64)>, merge_gap: u64, mut spare: u64) -> u64 {
        let mut bridged = 0;
        let mut last: Option<(u64, u64)> = None;
        for (start, end) in wanted {
            last = match last {
                Some((first, until)) if start <= until => Some((first, until.max(end))),
                Some((first, until)) if start - until <= merge_gap.min(spare) => {
                    spare -= start - until;
                    bridged += start - until;
                    Some((first, end))
                }
                done => {
                    self.ranges.extend(done);
                    Some((start, end))
                }
            };
        }
        self.ranges.extend(last);
        if !self.ranges.is_empty() {
            self.rounds += 1;
            self.requests += self.ranges.len() as u64;
        }
        bridged
    }

    /// Takes out what was answered, or what nobody wants any more.
    pub(crate) fn remove(&mut self, start: u64, end: u64) {
        let first = self.ranges.range(..=start).next_back().map_or(start, |(start, _)| *start);
        let hit: Vec<(u64, u64)> =
            self.ranges.range(first..end).filter(|(_, until)| **until > start).map(|(s, e)| (*s, *e)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_merge_as_far_as_the_spare_bytes_reach() {
        let mut round = Round::default();
        let bridged = round.begin([(0, 10), (20, 30), (25, 28), (40, 50), (90, 95)].into_iter(), 10, 15);
        assert_eq!(bridged, 10);
        assert_eq!(round.iter().collect::<Vec<_>>(), [(0, 30), (40, 50), (90, 95)]);
        assert_eq!((round.requests, round.rounds), (3, 1));
    }

    #[test]
    fn an_answer_in_the_middle_leaves_both_ends() {
        let mut round = Round::default();
        round.begin([(0, 30), (40, 50)].into_iter(), 0, 0);
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
    }
}
