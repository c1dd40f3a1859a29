//! The memory limit of one extraction: charged before allocating, given back when freed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Held back for the envelope and the warnings, so that a document that the limit cuts can still say so.
const RESERVE: u64 = 256 << 10;

/// The limit was reached; nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverBudget;

/// A shared account of heap bytes. Clones are the same account.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: u64,
    reserve: AtomicU64,
    used: AtomicU64,
    peak: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        let reserve = AtomicU64::new((limit / 8).min(RESERVE));
        Budget(Arc::new(Account { limit, reserve, used: AtomicU64::new(0), peak: AtomicU64::new(0) }))
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
        account.peak.fetch_max(used, Ordering::Relaxed);
        Ok(())
    }

    /// Gives back what was charged.
    pub(crate) fn release(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes as u64, Ordering::Relaxed);
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
}
