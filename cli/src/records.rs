//! The records of files that are read at once: written in the order of the files.

use std::mem;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};

use metaextract::drivers::batch::Postponer;

use crate::output::Output;
use crate::run::lock;

/// So much of a file's records waits for the file's turn, in bytes; the file that has more is read again in its turn.
const MOST_WAITING: usize = 256 << 10;
/// So much of all files' records waits at most.
const MOST_WAITING_OF_ALL: u64 = 8 << 20;

/// How much of the records of all files may wait where so much memory may be taken.
pub(crate) fn most_waiting(memory_limit: u64) -> u64 {
    (memory_limit / 8).min(MOST_WAITING_OF_ALL)
}

/// Whose turn it is to write.
pub(crate) struct Turn {
    now: AtomicU64,
    lock: Mutex<()>,
    changed: Condvar,
    /// Bytes that wait for their turn, of all files, and how many may.
    waiting: AtomicU64,
    most: u64,
}

impl Turn {
    /// The turn of the first file; so many bytes of the others may wait.
    pub(crate) fn new(most: u64) -> Self {
        let (now, waiting) = (AtomicU64::new(0), AtomicU64::new(0));
        Turn { now, lock: Mutex::default(), changed: Condvar::default(), waiting, most }
    }

    /// Counts bytes that begin to wait; false: that is too much.
    fn hold(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.waiting.fetch_add(bytes, SeqCst) + bytes <= self.most
    }

    /// Counts bytes that wait no longer.
    fn release(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes as u64, SeqCst);
    }

    pub(crate) fn is(&self, index: u64) -> bool {
        self.now.load(SeqCst) == index
    }

    /// Gives the turn to the next file.
    pub(crate) fn pass(&self) {
        let _guard = lock(&self.lock);
        self.now.fetch_add(1, SeqCst);
        self.changed.notify_all();
    }

    /// Waits for a file's turn. It comes: where the output fails the program ends.
    fn wait(&self, index: u64) {
        drop(self.changed.wait_while(lock(&self.lock), |_| !self.is(index)));
    }
}

/// Where one file's records go.
pub(crate) struct Lines {
    pub(crate) path: PathBuf,
    pub(crate) output: Arc<Mutex<Output>>,
    pub(crate) order: LineOrder,
}

/// When they are written.
pub(crate) enum LineOrder {
    /// In the file's turn.
    Turns { turn: Arc<Turn>, index: u64, waiting: Mutex<String> },
    /// At once. Where the file is read again, those that are `written` already are not written again: the same file gives
    /// the same records in the same order.
    Mixed { written: Arc<AtomicU64>, seen: AtomicU64 },
}

impl Lines {
    /// Takes a record; `Break` ends this reading of the file.
    pub(crate) fn take(&self, line: &str, postponer: &Postponer) -> ControlFlow<()> {
        match &self.order {
            LineOrder::Turns { turn, index, waiting } if !turn.is(*index) => {
                let mut held = lock(waiting);
                let line = line.trim_end_matches('\n');
                held.push_str(line);
                held.push('\n');
                if turn.hold(line.len() + 1) && held.len() <= MOST_WAITING {
                    return ControlFlow::Continue(());
                }
                drop(held);
                // Only the first of all files waits: the others would hold memory that it may need.
                if postponer.postpone() {
                    return ControlFlow::Break(());
                }
                turn.wait(*index);
                self.settle();
            }
            LineOrder::Turns { .. } => {
                self.settle();
                lock(&self.output).record(&self.path, line);
            }
            LineOrder::Mixed { written, seen } => {
                if seen.fetch_add(1, SeqCst) >= written.load(SeqCst) {
                    lock(&self.output).record(&self.path, line);
                    written.fetch_add(1, SeqCst);
                }
            }
        }
        if lock(&self.output).has_failed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Writes what waits, where it is this file's turn.
    pub(crate) fn settle(&self) {
        let LineOrder::Turns { turn, index, waiting } = &self.order else { return };
        if !turn.is(*index) {
            return;
        }
        let held = mem::take(&mut *lock(waiting));
        turn.release(held.len());
        if !held.is_empty() {
            let mut output = lock(&self.output);
            held.lines().for_each(|line| output.record(&self.path, line));
        }
    }

    /// Lets the reader of the output have what may be written by now: the input may keep us waiting.
    pub(crate) fn flush(&self) {
        self.settle();
        let theirs = matches!(&self.order, LineOrder::Turns { turn, index, .. } if !turn.is(*index));
        if !theirs {
            lock(&self.output).flush();
        }
    }
}

impl Drop for Lines {
    /// What waits of a reading that was given up is not written.
    fn drop(&mut self) {
        if let LineOrder::Turns { turn, waiting, .. } = &self.order {
            turn.release(lock(waiting).len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded() {
        let turn = Turn::new(10);
        assert!(turn.hold(6) && turn.hold(4) && !turn.hold(1));
        turn.release(11);
        assert!(turn.hold(10));
        assert_eq!((most_waiting(4 << 20), most_waiting(1 << 30)), (512 << 10, MOST_WAITING_OF_ALL));
    }

    #[test]
    fn turns_pass() {
        let turn = Arc::new(Turn::new(0));
        turn.wait(0);
        let waiter = std::thread::spawn({
            let turn = turn.clone();
            move || turn.wait(2)
        });
        turn.pass();
        assert!(turn.is(1) && !waiter.is_finished());
        turn.pass();
        waiter.join().expect("no panic");
    }
}
