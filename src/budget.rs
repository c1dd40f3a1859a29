//! The memory limit of one extraction: charged before allocating, given back when freed.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Held back for the envelope and the warnings, so that a document that the limit cuts can still say so.
const RESERVE: u64 = 256 << 10;

/// The limit was reached; nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverBudget;

/// What several accounts draw on together: the memory of a batch.
pub(crate) trait Common: Debug + Send + Sync {
    /// Takes `bytes` for the account; false where it must give up. May wait.
    fn draw(&self, bytes: u64) -> bool;
    /// Gives back what was drawn.
    fn give_back(&self, bytes: u64);
    /// What all accounts have drawn.
    fn drawn(&self) -> u64;
}

/// What is drawn from a common account at once: drawing takes a lock.
const DRAW: u64 = 64 << 10;
/// So much may be drawn for nothing before it is given back.
const SLACK: u64 = 1 << 20;

/// An account that holds no more than this does not ask the system whether it has memory: that takes two system calls.
const UNASKED: u64 = 256 << 10;
/// What a thread needs for its first allocations: glibc gives it a heap of 64 MiB, which it places within twice that; a thread
/// without one takes a page for each small piece.
pub(crate) const THREAD_HEAP: u64 =
    match cfg!(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")) {
        true => 128 << 20,
        false => 1 << 20,
    };
/// What is asked for beyond what is charged: for what is too small to be charged, and the allocator's own needs.
const BESIDE: u64 = 4 << 20;
/// Where so much is held the heap of a thread may soon be full, and it needs another.
const HEAP_IS_FILLING: u64 = 32 << 20;

/// Whether the system would give so much in one piece. Nothing is touched, so nothing is taken.
///
/// Most of what parsers hold grows in the standard collections, which end the program where there is no memory. So the
/// account asks before it promises any.
pub(crate) fn system_has(bytes: u64) -> bool {
    let Ok(bytes) = usize::try_from(bytes) else { return false };
    #[cfg(feature = "mmap")]
    return memmap2::MmapMut::map_anon(bytes).is_ok();
    #[cfg(not(feature = "mmap"))]
    return Vec::<u8>::new().try_reserve_exact(bytes).is_ok();
}

/// A shared account of heap bytes. Clones are the same account.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: u64,
    reserve: AtomicU64,
    used: AtomicU64,
    peak: AtomicU64,
    /// The system was seen to have so much.
    seen: AtomicU64,
    /// Drawn from the common account; everything where there is none.
    drawn: AtomicU64,
    common: Mutex<Option<Box<dyn Common>>>,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Budget::open(limit, u64::MAX, None)
    }

    /// An account that has a limit of its own, and draws what it holds from a common one. What the document is made of
    /// depends on its own limit only: where the common account refuses, the extraction is given up and done again.
    pub(crate) fn sharing(limit: u64, common: Box<dyn Common>) -> Self {
        Budget::open(limit, 0, Some(common))
    }

    fn open(limit: u64, drawn: u64, common: Option<Box<dyn Common>>) -> Self {
        let reserve = AtomicU64::new((limit / 8).min(RESERVE));
        let (used, peak) = (AtomicU64::new(0), AtomicU64::new(0));
        let (seen, drawn) = (AtomicU64::new(UNASKED), AtomicU64::new(drawn));
        Budget(Arc::new(Account { limit, reserve, used, peak, seen, drawn, common: Mutex::new(common) }))
    }

    /// Gives back what was drawn for nothing; the bytes that stay drawn.
    pub(crate) fn settle(&self) -> u64 {
        self.0.give_back(true)
    }

    /// Gives all back to the common account: who holds memory of this one now answers for it.
    pub(crate) fn leave(&self) {
        self.0.leave();
    }

    /// Lets the reserve be used: reading has ended, the document is put together.
    pub(crate) fn open_reserve(&self) {
        self.0.reserve.store(0, Ordering::Relaxed);
    }

    /// Holds the reserve back again.
    pub(crate) fn close_reserve(&self) {
        self.0.reserve.store((self.0.limit / 8).min(RESERVE), Ordering::Relaxed);
    }

    /// The whole account, in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.0.limit
    }

    /// Takes `bytes` from the account, or nothing.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), OverBudget> {
        self.take(bytes, self.0.reserve.load(Ordering::Relaxed))
    }

    /// The same, with half of the reserve at hand: for what says why something is missing.
    pub(crate) fn charge_from_reserve(&self, bytes: usize) -> Result<(), OverBudget> {
        self.take(bytes, self.0.reserve.load(Ordering::Relaxed) / 2)
    }

    fn take(&self, bytes: usize, reserve: u64) -> Result<(), OverBudget> {
        let bytes = bytes as u64;
        let account = &*self.0;
        let taken = account.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let sum = used.checked_add(bytes)?;
            (sum.checked_add(reserve)? <= account.limit).then_some(sum)
        });
        let used = taken.map_err(|_| OverBudget)? + bytes;
        let refused = used > account.drawn.load(Ordering::Relaxed) && !account.draw(used)
            || used > account.seen.load(Ordering::Relaxed) && !account.look(used);
        if refused {
            account.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(OverBudget);
        }
        account.peak.fetch_max(used, Ordering::Relaxed);
        Ok(())
    }

    /// Gives back what was charged.
    pub(crate) fn release(&self, bytes: usize) {
        let bytes = bytes as u64;
        let used = self.0.used.fetch_sub(bytes, Ordering::Relaxed).saturating_sub(bytes);
        let drawn = self.0.drawn.load(Ordering::Relaxed);
        if drawn != u64::MAX && drawn.saturating_sub(used) > SLACK {
            self.0.give_back(false);
        }
    }

    /// Bytes held now.
    pub(crate) fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Bytes held at most so far.
    pub(crate) fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }
}

impl Account {
    fn common(&self) -> std::sync::MutexGuard<'_, Option<Box<dyn Common>>> {
        self.common.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether the system has what is used and a quarter more, once again: what grows is copied to a place twice as
    /// large. It is not asked again before that quarter is used up. The accounts beside this one grow too.
    #[cold]
    fn look(&self, used: u64) -> bool {
        let next = used.saturating_add(used / 4);
        let others = self.common().as_ref().map_or(0, |common| common.drawn());
        let beside = if used < HEAP_IS_FILLING { BESIDE } else { THREAD_HEAP };
        let has = system_has(next.saturating_add(others).saturating_add(beside));
        if has {
            self.seen.fetch_max(next, Ordering::Relaxed);
        }
        has
    }

    /// What is drawn where so much is used: whole steps, but no more than the account may hold.
    fn steps(&self, used: u64) -> u64 {
        used.checked_next_multiple_of(DRAW).unwrap_or(u64::MAX).min(self.limit)
    }

    /// Draws what is missing up to `used`.
    fn draw(&self, used: u64) -> bool {
        let common = self.common();
        let Some(common) = &*common else { return true };
        let (drawn, wanted) = (self.drawn.load(Ordering::Relaxed), self.steps(used));
        if wanted > drawn {
            if !common.draw(wanted - drawn) {
                return false;
            }
            self.drawn.store(wanted, Ordering::Relaxed);
        }
        true
    }

    /// Gives back what is not used, to the byte or to whole steps; the bytes that stay drawn.
    fn give_back(&self, exactly: bool) -> u64 {
        let common = self.common();
        let Some(common) = &*common else { return 0 };
        let (drawn, used) = (self.drawn.load(Ordering::Relaxed), self.used.load(Ordering::Relaxed));
        let kept = if exactly { used } else { self.steps(used) };
        if kept < drawn {
            self.drawn.store(kept, Ordering::Relaxed);
            common.give_back(drawn - kept);
        }
        kept.min(drawn)
    }

    fn leave(&self) {
        let Some(common) = self.common().take() else { return };
        common.give_back(self.drawn.swap(u64::MAX, Ordering::Relaxed));
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A charge that is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    bytes: usize,
}

impl Charge {
    pub(crate) fn new(budget: &Budget, bytes: usize) -> Result<Self, OverBudget> {
        budget.charge(bytes)?;
        Ok(Charge { budget: budget.clone(), bytes })
    }

    /// A charge for nothing yet.
    pub(crate) fn nothing(budget: &Budget) -> Self {
        Charge { budget: budget.clone(), bytes: 0 }
    }

    /// Gives back what is over `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        self.budget.release(self.bytes.saturating_sub(bytes));
        self.bytes = self.bytes.min(bytes);
    }

    /// Gives back `bytes`, or what there is.
    pub(crate) fn shrink_by(&mut self, bytes: usize) {
        self.shrink_to(self.bytes.saturating_sub(bytes));
    }

    /// Charges what is missing up to `bytes`; never shrinks.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), OverBudget> {
        if bytes > self.bytes {
            self.budget.charge(bytes - self.bytes)?;
            self.bytes = bytes;
        }
        Ok(())
    }

    /// Charges `bytes` more.
    pub(crate) fn grow_by(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.budget.charge(bytes)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.release(self.bytes);
    }
}

/// A charge for many small pieces, which is made in steps: to charge takes longer than to allocate a piece.
#[derive(Debug)]
pub(crate) struct SteppedCharge {
    charge: Charge,
    held: usize,
}

impl SteppedCharge {
    const STEP: usize = 1 << 10;
    /// So much may be charged for nothing before it is given back.
    const SLACK: usize = 32 << 10;

    pub(crate) fn new(budget: &Budget) -> Result<Self, OverBudget> {
        Ok(SteppedCharge { charge: Charge::new(budget, 0)?, held: 0 })
    }

    /// What it was grown by so far.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Charges `bytes` more.
    pub(crate) fn grow_by(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let held = self.held.checked_add(bytes).ok_or(OverBudget)?;
        if held > self.charge.bytes {
            self.charge.grow_to(held.checked_next_multiple_of(Self::STEP).ok_or(OverBudget)?)?;
        }
        self.held = held;
        Ok(())
    }

    /// Gives back `bytes`, or what there is.
    pub(crate) fn shrink_by(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
        if self.charge.bytes - self.held > Self::SLACK {
            self.charge.shrink_to(self.held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_charge_takes_nothing() {
        let budget = Budget::new(100);
        assert_eq!(budget.charge(89), Err(OverBudget), "the reserve is held back");
        budget.open_reserve();
        let held = Charge::new(&budget, 60).expect("60 of 100");
        assert!(Charge::new(&budget, 41).is_err());
        assert_eq!(budget.used(), 60);
        drop(held);
        assert_eq!((budget.used(), budget.peak()), (0, 60));
        assert_eq!(budget.charge(usize::MAX), Err(OverBudget));
    }

    #[test]
    fn nothing_is_promised_that_the_system_has_not() {
        let budget = Budget::new(u64::MAX);
        let all = usize::MAX / 4; // more than any address space
        assert_eq!(budget.charge(all), Err(OverBudget));
        assert_eq!((budget.used(), budget.peak()), (0, 0));
        let held = Charge::new(&budget, 1 << 20).expect("a MiB");
        assert_eq!(budget.charge(all), Err(OverBudget));
        assert_eq!(budget.used(), 1 << 20);
        drop(held);
    }

    #[derive(Debug)]
    struct Purse(Arc<AtomicU64>);

    impl Common for Purse {
        fn draw(&self, bytes: u64) -> bool {
            let left = |all: u64| all.checked_sub(bytes);
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
        }
        fn give_back(&self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
        fn drawn(&self) -> u64 {
            0
        }
    }

    #[test]
    fn accounts_share_what_they_draw_on() {
        const ALL: u64 = 4 << 20;
        let left = Arc::new(AtomicU64::new(ALL));
        let account = || Budget::sharing(ALL, Box::new(Purse(left.clone())));
        let (one, two) = (account(), account());
        let mut held = Charge::new(&one, 3 << 20).expect("three of four");
        assert_eq!(left.load(Ordering::Relaxed), 1 << 20);
        assert_eq!(two.charge(2 << 20), Err(OverBudget), "one more is there");
        assert_eq!((two.used(), left.load(Ordering::Relaxed)), (0, 1 << 20), "a refused charge takes nothing");
        held.shrink_to(100);
        assert_eq!(left.load(Ordering::Relaxed), ALL - DRAW, "much that is not used goes back at once");
        assert_eq!((one.settle(), left.load(Ordering::Relaxed)), (100, ALL - 100));
        let other = Charge::new(&two, 5).expect("room again");
        two.leave();
        assert_eq!(left.load(Ordering::Relaxed), ALL - 100, "who left draws nothing");
        assert!(two.charge(3 << 20).is_ok(), "and is free to hold what its own limit allows");
        two.release(3 << 20);
        drop((held, other));
        drop((one, two));
        assert_eq!(left.load(Ordering::Relaxed), ALL);
    }
}
