//! What an extraction counts, and the handles by which other threads read that and cancel it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::source::Shared;

/// Counters about how a file was read. They are never in the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Heap bytes that the extractor and its documents hold now.
    pub memory_now: u64,
    /// Heap bytes held at most so far.
    pub memory_peak: u64,
    /// Bytes handed in.
    pub bytes_fed: u64,
    /// Bytes really parsed.
    pub bytes_needed: u64,
    /// Ranges wanted so far.
    pub requests: u64,
    /// Times that the wanted set was renewed.
    pub rounds: u64,
}

/// Cancels an extraction, from any thread.
#[derive(Debug, Clone)]
pub struct Canceller(pub(super) Arc<Shared>);

impl Canceller {
    /// Makes later feeds fail with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled); [`Extractor::finish`](crate::Extractor::finish) then gives what stands.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Relaxed);
    }
}

/// Reads the usage of an extraction, from any thread and at any time.
#[derive(Debug, Clone)]
pub struct UsageReader(pub(super) Arc<Shared>);

impl UsageReader {
    /// The counters as they are now.
    pub fn read(&self) -> Usage {
        let shared = &*self.0;
        Usage {
            memory_now: shared.budget.used(),
            memory_peak: shared.budget.peak(),
            bytes_fed: shared.bytes_fed.load(Relaxed),
            bytes_needed: shared.bytes_needed.load(Relaxed),
            requests: shared.requests.load(Relaxed),
            rounds: shared.rounds.load(Relaxed),
        }
    }
}
