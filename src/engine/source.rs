//! The one leaf that every parser awaits: `Source::read(offset, length, label)`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use super::window::{Block, End, Stop, Window};
use crate::budget::Budget;

/// Where a parser's bytes come from. Clones read the same file.
#[derive(Debug, Clone)]
pub(crate) struct Source(Arc<Shared>);

/// What an extractor shares with its parser, and with whoever asks for the usage or cancels.
#[derive(Debug)]
pub(crate) struct Shared {
    window: Mutex<Window>,
    pub(crate) budget: Budget,
    pub(crate) cancelled: AtomicBool,
    pub(crate) bytes_fed: AtomicU64,
    pub(crate) bytes_needed: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) rounds: AtomicU64,
}

impl Shared {
    /// The window; a panic elsewhere does not make it unusable, since every change to it is whole.
    pub(crate) fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    pub(crate) fn new(budget: &Budget, merge_gap: u64) -> Self {
        Source(Arc::new(Shared {
            window: Mutex::new(Window::new(budget, merge_gap)),
            budget: budget.clone(),
            cancelled: AtomicBool::new(false),
            bytes_fed: AtomicU64::new(0),
            bytes_needed: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            rounds: AtomicU64::new(0),
        }))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    /// At least `min` bytes at `offset`; fewer only where the file or the input ends, and then why.
    /// `ahead` bytes would be of use soon: as many of them are asked for as speculation may add.
    pub(crate) fn read(&self, offset: u64, min: usize, ahead: usize) -> Read<'_> {
        Read { source: self, offset, min: min as u64, ahead: ahead as u64, ideal: 0, id: 0 }
    }

    /// Counts bytes that a parser used: they are metadata, and let it read further ahead.
    pub(crate) fn used(&self, bytes: usize) {
        self.0.bytes_needed.fetch_add(bytes as u64, Ordering::Relaxed);
        self.0.window().tally.needed += bytes as u64;
    }

    pub(crate) fn keep(&self, _bytes: usize) {}

    pub(crate) async fn read_whole_if_small(&self, _most: u64) -> Result<(), Stop> {
        Ok(())
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// Where the stored file ends, where that is known.
    pub(crate) fn eof(&self) -> Option<u64> {
        self.0.window().eof
    }
}

/// The future of one read.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    source: &'a Source,
    offset: u64,
    min: u64,
    ahead: u64,
    ideal: u64,
    id: u64,
}

impl Future for Read<'_> {
    type Output = Result<(Block, Option<End>), Stop>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.source.is_cancelled() {
            return Poll::Ready(Err(Stop::Cancelled));
        }
        let mut window = this.source.0.window();
        if this.ideal == 0 {
            this.ideal = window.ideal(this.min, this.ahead);
        }
        match window.read(this.offset, this.min, this.ideal, &mut this.id, cx.waker()) {
            Some(read) => Poll::Ready(read),
            None => Poll::Pending,
        }
    }
}

impl Drop for Read<'_> {
    fn drop(&mut self) {
        if self.id != 0 {
            self.source.0.window().forget(self.offset, self.ideal, self.id);
        }
    }
}
