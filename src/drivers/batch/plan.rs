//! Which file is read next, and who gives way when the memory is short: the plan of a crew, without its threads.
//!
//! Each file has a number, in the order of adding. The first of those that are not finished has the right of way: where
//! it needs memory the others give theirs back and begin again later, as the first ones that they then are. So a file
//! that fits alone is read however many others there are, and each file is begun twice at most.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Order;
use crate::budget::Budget;
use crate::engine::usage::Canceller;

/// So many files wait to be read before adding waits: enough that no thread runs dry.
const MOST_QUEUED: usize = 512;
/// So many results wait to be taken before no further file is begun.
const MOST_FINISHED: usize = 128;
/// So many results end the gathering.
const MANY: usize = 64;
/// So many files wait to begin again before no further one is begun.
const MOST_POSTPONED: usize = 16;

/// A file and its place in the order.
pub(super) struct Numbered<J> {
    pub(super) number: u64,
    pub(super) job: J,
}

/// A file that is being read.
pub(super) struct Active {
    number: u64,
    pub(super) worker: usize,
    /// Is in a call that may never return: a pipe that nobody writes to.
    pub(super) stuck: bool,
    pub(super) call: Arc<Call>,
}

/// What can be said to a reading from outside.
#[derive(Default)]
pub(super) struct Call {
    withdrawn: AtomicBool,
    canceller: Mutex<Option<Canceller>>,
}

impl Call {
    /// Has the memory given back: the file begins again later, or never.
    fn withdraw(&self) {
        self.withdrawn.store(true, SeqCst);
        self.canceller().iter().for_each(Canceller::cancel);
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(SeqCst)
    }

    /// Says how to cancel it, from when on it has begun.
    pub(super) fn register(&self, canceller: Canceller) {
        let mut registered = self.canceller();
        if self.is_withdrawn() {
            canceller.cancel();
        }
        *registered = Some(canceller);
    }

    /// Lets go of what was registered.
    pub(super) fn unregister(&self) -> Option<Canceller> {
        self.canceller().take()
    }

    fn canceller(&self) -> MutexGuard<'_, Option<Canceller>> {
        self.canceller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory of all together, which is taken without the plan where there is enough.
pub(super) struct Memory {
    limit: u64,
    used: AtomicU64,
}

impl Memory {
    pub(super) fn new(limit: u64) -> Self {
        Memory { limit, used: AtomicU64::new(0) }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(SeqCst)
    }

    pub(super) fn has(&self, bytes: u64) -> bool {
        self.used().saturating_add(bytes) <= self.limit
    }

    pub(super) fn take(&self, bytes: u64) -> bool {
        let sum = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(SeqCst, SeqCst, sum).is_ok()
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, SeqCst);
    }
}

/// A result that waits to be taken.
pub(super) struct Finished<J, R> {
    number: u64,
    pub(super) job: J,
    pub(super) result: R,
    pub(super) account: Option<Budget>,
    /// What the account holds: the document.
    bytes: u64,
}

/// What [`Plan::draw`] answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Draw {
    Taken,
    /// Another one has the right of way: this extraction is to be given up.
    Refused,
    /// The right of way is yours; wait until the others have given back.
    Wait,
}

pub(super) struct Plan<J, R> {
    order: Order,
    memory: Arc<Memory>,
    added: u64,
    queue: VecDeque<Numbered<J>>,
    postponed: BTreeMap<u64, J>,
    pub(super) active: Vec<Active>,
    /// By number, or as they finished.
    finished: BTreeMap<u64, Finished<J, R>>,
    finished_bytes: u64,
    /// How many finished; how many were taken.
    ticks: u64,
    taken: u64,
    /// The first one waits for memory.
    short: bool,
    /// The one who takes lets a few results gather.
    pub(super) gathering: bool,
    pub(super) ended: bool,
    pub(super) closing: bool,
    /// Somebody waits to add.
    pub(super) adder_waits: bool,
    /// Results are taken beside the adding, on another thread.
    pub(super) taken_beside: bool,
}

impl<J, R> Plan<J, R> {
    pub(super) fn new(memory: Arc<Memory>, order: Order) -> Self {
        Plan {
            order,
            memory,
            added: 0,
            queue: VecDeque::new(),
            postponed: BTreeMap::new(),
            active: Vec::new(),
            finished: BTreeMap::new(),
            finished_bytes: 0,
            ticks: 0,
            taken: 0,
            short: false,
            gathering: false,
            ended: false,
            closing: false,
            adder_waits: false,
            taken_beside: false,
        }
    }

    /// Whether adding need not wait. Where nobody takes results beside it, it never waits for one to be taken, and where no
    /// thread reads (`unread`) not for that either: who adds all and then takes all would wait for ever.
    pub(super) fn has_room(&self, unread: bool) -> bool {
        let waits_for_nobody = !self.taken_beside && (unread || !self.finished.is_empty());
        self.ended || self.is_hungry() || waits_for_nobody
    }

    /// Whether few files wait to be read.
    pub(super) fn is_hungry(&self) -> bool {
        self.queue.len() < MOST_QUEUED
    }

    /// Whether whoever waits to add should be woken: not for each place that becomes free, where there will be more.
    pub(super) fn wants_more(&self) -> bool {
        self.queue.len() == MOST_QUEUED / 2 || (self.adder_waits && !self.taken_beside && self.has_room(false))
    }

    pub(super) fn add(&mut self, job: J) {
        self.queue.push_back(Numbered { number: self.added, job });
        self.added += 1;
    }

    /// The next file to read, which is active from now on.
    pub(super) fn pick(&mut self, worker: usize) -> Option<Numbered<J>> {
        if self.closing {
            return None;
        }
        let first_active = self.active.iter().map(|active| active.number).min();
        let first_postponed = self.postponed.first_key_value().map(|(first, _)| *first);
        let is_first = first_postponed.is_some_and(|number| first_active.is_none_or(|first| number < first));
        let picked = match is_first {
            true => self.postponed.pop_first().map(|(number, job)| Numbered { number, job })?,
            false if self.is_full() => return None,
            false => self.queue.pop_front()?,
        };
        let number = picked.number;
        self.active.push(Active { number, worker, stuck: false, call: Arc::default() });
        Some(picked)
    }

    fn is_full(&self) -> bool {
        self.short
            || self.postponed.len() >= MOST_POSTPONED
            || self.finished.len() >= MOST_FINISHED
            || self.finished_bytes > self.memory.limit / 4
    }

    /// How the reading of a file can be given up.
    pub(super) fn call(&mut self, number: u64) -> Arc<Call> {
        self.active(number).map(|active| active.call.clone()).unwrap_or_default()
    }

    pub(super) fn active(&mut self, number: u64) -> Option<&mut Active> {
        self.active.iter_mut().find(|active| active.number == number)
    }

    /// Whether no file before this one is unfinished.
    pub(super) fn is_first(&self, number: u64) -> bool {
        let active = self.active.iter().all(|active| active.number >= number);
        active && self.postponed.first_key_value().is_none_or(|(first, _)| *first > number)
    }

    /// Makes an active file give up, unless it is the first.
    pub(super) fn withdraw(&mut self, number: u64) -> bool {
        if self.is_first(number) {
            return false;
        }
        if let Some(active) = self.active(number) {
            active.call.withdraw();
        }
        true
    }

    /// Takes memory for a file that is read.
    pub(super) fn draw(&mut self, number: u64, bytes: u64) -> Draw {
        if self.is_withdrawn(number) {
            return Draw::Refused;
        }
        if self.memory.take(bytes) {
            return Draw::Taken;
        }
        if self.withdraw(number) {
            return Draw::Refused;
        }
        self.short = true; // until it has what it needs nobody else begins
        self.active.iter().filter(|active| active.number != number).for_each(|active| active.call.withdraw());
        Draw::Wait
    }

    /// The first file has what it waited for, or gave up.
    pub(super) fn enough(&mut self) {
        self.short = false;
    }

    /// The results that stand in the way of the first file: they cannot be taken before its own. Their files are read
    /// again later. To be dropped where the plan is not locked.
    pub(super) fn sacrifice(&mut self) -> Vec<(R, Option<Budget>)> {
        let next = self.taken;
        let numbers = self.finished.keys().copied();
        let undeliverable: Vec<u64> = match self.order {
            Order::Finished => Vec::new(),
            Order::Added => {
                numbers.enumerate().filter(|(at, number)| next + *at as u64 != *number).map(|(_, n)| n).collect()
            }
        };
        let finished: Vec<_> = undeliverable.into_iter().filter_map(|key| self.finished.remove(&key)).collect();
        let put_off = |one: Finished<J, R>| {
            self.finished_bytes -= one.bytes;
            self.postponed.insert(one.number, one.job);
            (one.result, one.account)
        };
        finished.into_iter().map(put_off).collect()
    }

    /// Whether the reading of a file was given up.
    pub(super) fn is_withdrawn(&self, number: u64) -> bool {
        self.active.iter().find(|active| active.number == number).is_none_or(|active| active.call.is_withdrawn())
    }

    pub(super) fn has_postponed(&self) -> bool {
        !self.postponed.is_empty()
    }

    /// A file that was withdrawn has given its memory back: it is read again later.
    pub(super) fn put_off(&mut self, read: Numbered<J>) {
        self.active.retain(|active| active.number != read.number);
        if !self.closing {
            self.postponed.insert(read.number, read.job);
        }
    }

    /// A file is read: its result, whose account holds `bytes`, waits to be taken.
    pub(super) fn finish(&mut self, read: Numbered<J>, result: R, account: Option<Budget>, bytes: u64) {
        self.active.retain(|active| active.number != read.number);
        let key = match self.order {
            Order::Finished => self.ticks,
            Order::Added => read.number,
        };
        self.ticks += 1;
        self.finished_bytes += bytes;
        self.finished.insert(key, Finished { number: read.number, job: read.job, result, account, bytes });
    }

    /// Whether a result can be taken.
    pub(super) fn is_deliverable(&self) -> bool {
        let first = self.finished.first_key_value();
        first.is_some_and(|(key, _)| self.order == Order::Finished || *key == self.taken)
    }

    /// Whether the one who takes should be woken.
    pub(super) fn wakes_taker(&self) -> bool {
        self.is_deliverable() && (!self.gathering || self.finished.len() >= MANY || self.queue.is_empty())
    }

    pub(super) fn take(&mut self) -> Option<Finished<J, R>> {
        if self.closing || !self.is_deliverable() {
            return None;
        }
        let (_, first) = self.finished.pop_first()?;
        self.taken += 1;
        self.finished_bytes -= first.bytes;
        Some(first)
    }

    /// Whether no result will come any more.
    pub(super) fn is_over(&self) -> bool {
        self.closing || (self.ended && self.taken == self.added)
    }

    /// Gives everything up. What comes back is to be dropped where the plan is not locked.
    pub(super) fn close(&mut self) -> impl Sized + use<J, R> {
        self.closing = true;
        self.active.iter().for_each(|active| active.call.withdraw());
        let (queue, postponed) = (std::mem::take(&mut self.queue), std::mem::take(&mut self.postponed));
        (queue, postponed, std::mem::take(&mut self.finished))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(order: Order, files: u64) -> Plan<u64, &'static str> {
        let mut plan = Plan::new(Arc::new(Memory::new(100)), order);
        (0..files).for_each(|file| plan.add(file));
        plan
    }

    fn pick(plan: &mut Plan<u64, &'static str>) -> Numbered<u64> {
        plan.pick(0).expect("a file to read")
    }

    fn numbers(plan: &mut Plan<u64, &'static str>) -> Vec<u64> {
        std::iter::from_fn(|| plan.take()).map(|finished| finished.job).collect()
    }

    #[test]
    fn results_come_in_the_order_asked_for() {
        for (order, early, late) in [(Order::Finished, vec![1], vec![0]), (Order::Added, vec![], vec![0, 1])] {
            let mut plan = plan(order, 2);
            let (a, b) = (pick(&mut plan), pick(&mut plan));
            plan.finish(b, "b", None, 0);
            assert_eq!(numbers(&mut plan), early);
            plan.finish(a, "a", None, 0);
            assert_eq!(numbers(&mut plan), late);
            assert!(!plan.is_over());
            plan.ended = true;
            assert!(plan.is_over());
        }
    }

    #[test]
    fn the_first_file_has_the_right_of_way() {
        let mut plan = plan(Order::Finished, 4);
        let (a, b) = (pick(&mut plan), pick(&mut plan));
        assert_eq!(plan.draw(1, 60), Draw::Taken);
        assert_eq!(plan.draw(0, 50), Draw::Wait);
        assert!(plan.pick(0).is_none(), "nobody else begins meanwhile");
        assert_eq!(plan.draw(1, 1), Draw::Refused, "it is to give way");
        plan.memory.give_back(60);
        assert_eq!(plan.draw(0, 50), Draw::Taken);
        plan.enough();
        assert!(plan.is_withdrawn(1));
        plan.put_off(b);
        let c = pick(&mut plan);
        assert_eq!(c.number, 2, "the one that gave way waits until it is the first");
        assert_eq!(plan.draw(2, 60), Draw::Refused);
        plan.put_off(c);
        plan.finish(a, "a", None, 50);
        let again = pick(&mut plan);
        assert_eq!(again.number, 1);
        assert_eq!(plan.draw(1, 60), Draw::Wait, "the first result is not yet taken");
        assert_eq!(numbers(&mut plan), [0]);
        plan.memory.give_back(50);
        assert_eq!(plan.draw(1, 60), Draw::Taken);
        plan.enough();
        plan.finish(again, "b", None, 0);
        assert_eq!(pick(&mut plan).number, 2);
    }

    #[test]
    fn results_in_the_way_of_the_first_are_given_up_where_they_cannot_be_taken() {
        let mut plan = plan(Order::Added, 3);
        let (a, b, c) = (pick(&mut plan), pick(&mut plan), pick(&mut plan));
        assert_eq!(plan.draw(2, 80), Draw::Taken);
        plan.finish(c, "c", None, 80);
        plan.finish(a, "a", None, 0);
        assert_eq!(plan.draw(1, 30), Draw::Wait);
        assert_eq!(plan.sacrifice().len(), 1, "a can be taken, c not before b");
        plan.memory.give_back(80);
        assert_eq!(plan.draw(1, 30), Draw::Taken);
        plan.enough();
        plan.finish(b, "b", None, 30);
        let again = pick(&mut plan);
        assert_eq!(again.number, 2);
        plan.finish(again, "c", None, 0);
        assert_eq!(numbers(&mut plan), [0, 1, 2]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut plan = plan(Order::Finished, 10_000);
        assert!(!plan.has_room(false));
        assert!(plan.has_room(true), "nobody else could read them");
        while let Some(read) = plan.pick(0) {
            plan.finish(read, "", None, 0);
        }
        assert_eq!(plan.finished.len(), MOST_FINISHED);
        assert!(plan.has_room(false), "who adds may be the one who is to take them");
        plan.taken_beside = true;
        assert!(!plan.has_room(false));
        numbers(&mut plan);
        let large = pick(&mut plan);
        plan.finish(large, "", None, 26);
        assert!(plan.pick(0).is_none(), "a quarter of the memory waits to be taken");
    }

    #[test]
    fn closing_refuses_everything() {
        let mut plan = plan(Order::Finished, 3);
        let first = pick(&mut plan);
        drop(plan.close());
        assert_eq!(plan.draw(0, 1), Draw::Refused);
        assert!(plan.pick(0).is_none() && plan.is_over());
        assert!(plan.is_withdrawn(0));
        plan.put_off(first);
        assert!(plan.take().is_none() && plan.active.is_empty());
    }
}
