//! Where a document is freed: by the thread that made it.
//!
//! An allocator locks a thread's heap where another thread frees in it. Where small documents are made on one thread and
//! dropped on another, both would wait for that lock longer than they work.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::text::Text;

/// So many texts wait at most; further ones are freed where they are dropped.
const MOST_TEXTS: usize = 32;
/// So many bytes wait at most.
const MOST_BYTES: usize = 128 << 10;

/// Texts that were dropped elsewhere and wait for their thread.
#[derive(Debug)]
pub(crate) struct Home(Mutex<Waiting>);

#[derive(Debug)]
struct Waiting {
    texts: Vec<Arc<Text>>,
    bytes: usize,
    /// The thread has ended.
    closed: bool,
}

impl Home {
    pub(crate) fn new() -> Self {
        // All room is made here: what grows on another thread is of its heap.
        Home(Mutex::new(Waiting { texts: Vec::with_capacity(MOST_TEXTS), bytes: 0, closed: false }))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a text for its thread, where there is room.
    pub(super) fn keep(&self, text: &Arc<Text>) {
        let mut waiting = self.waiting();
        let bytes = waiting.bytes.saturating_add(text.held());
        if !waiting.closed && waiting.texts.len() < MOST_TEXTS && bytes <= MOST_BYTES {
            waiting.texts.push(text.clone());
            waiting.bytes = bytes;
        }
    }

    /// Frees what has come. The thread calls this between two files.
    pub(crate) fn clear(&self) {
        let mut waiting = self.waiting();
        if waiting.texts.is_empty() {
            return;
        }
        let texts = std::mem::replace(&mut waiting.texts, Vec::with_capacity(MOST_TEXTS));
        waiting.bytes = 0;
        drop(waiting); // whoever drops a document need not wait meanwhile
        drop(texts);
    }

    /// Frees what has come, and lets nothing more come: the thread ends.
    pub(crate) fn close(&self) {
        self.waiting().closed = true;
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use std::io::Write;

    fn text(budget: &Budget, bytes: usize) -> Arc<Text> {
        let mut text = Text::new(budget);
        text.write_all(&vec![b'a'; bytes]).expect("room");
        Arc::new(text)
    }

    #[test]
    fn what_waits_is_freed_by_the_thread_and_is_bounded() {
        let budget = Budget::new(1 << 30);
        let home = Home::new();
        for _ in 0..MOST_TEXTS + 1 {
            home.keep(&text(&budget, 10));
        }
        let each = text(&budget, 10).held() as u64;
        assert_eq!(budget.used(), MOST_TEXTS as u64 * each, "one more was freed at once");
        home.clear();
        assert_eq!(budget.used(), 0);
        home.keep(&text(&budget, MOST_BYTES + 1));
        assert_eq!(budget.used(), 0, "a large one is freed at once");
        home.keep(&text(&budget, 10));
        home.close();
        home.keep(&text(&budget, 10));
        assert_eq!(budget.used(), 0, "nothing is kept for a thread that has ended");
    }
}
