//! Many futures at once: each asks for what it needs, and the host sees all of it in one round.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A set of futures that run beside each other; their outputs come as they are ready.
///
/// A poll touches only the futures that were woken, so a feed costs what it completes, not what is pending.
pub(crate) struct Join<F: Future> {
    futures: Vec<Option<Pin<Box<F>>>>,
    wakers: Vec<Waker>,
    free: Vec<usize>,
    ready: Arc<Ready>,
    running: usize,
}

#[derive(Default)]
struct Ready(Mutex<(VecDeque<usize>, Option<Waker>)>);

impl Ready {
    fn lock(&self) -> std::sync::MutexGuard<'_, (VecDeque<usize>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Member {
    index: usize,
    ready: Arc<Ready>,
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        let parent = {
            let mut ready = self.ready.lock();
            ready.0.push_back(self.index);
            ready.1.take()
        };
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

impl<F: Future> Join<F> {
    pub(crate) fn new() -> Self {
        Join { futures: Vec::new(), wakers: Vec::new(), free: Vec::new(), ready: Arc::default(), running: 0 }
    }

    /// How many have not given their output yet.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.running
    }

    /// Adds a future; it runs from the next [`Join::next`] on.
    pub(crate) fn push(&mut self, future: F) {
        self.push_pinned(Box::pin(future));
    }

    /// The same for one that may have been polled already.
    pub(crate) fn push_pinned(&mut self, future: Pin<Box<F>>) {
        let index = self.free.pop().unwrap_or(self.futures.len());
        if index == self.futures.len() {
            self.futures.push(None);
            self.wakers.push(Arc::new(Member { index, ready: self.ready.clone() }).into());
        }
        self.futures[index] = Some(future);
        self.running += 1;
        self.ready.lock().0.push_back(index);
    }

    /// The next output, in the order of completion; `None` when all have come.
    pub(crate) async fn next(&mut self) -> Option<F::Output> {
        self.next_with_place().await.map(|(_, output)| output)
    }

    /// The same with the place of its future: they count from 0, and places of futures that have ended are given again.
    /// A future that gives its own place would be twice as large: it holds what it was made of beside what it awaits.
    pub(crate) async fn next_with_place(&mut self) -> Option<(usize, F::Output)> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        loop {
            if self.running == 0 {
                return Poll::Ready(None);
            }
            let index = {
                let mut ready = self.ready.lock();
                let Some(index) = ready.0.pop_front() else {
                    ready.1 = Some(cx.waker().clone());
                    return Poll::Pending;
                };
                index
            };
            let mut inner = Context::from_waker(&self.wakers[index]);
            let Some(future) = self.futures[index].as_mut() else { continue };
            if let Poll::Ready(output) = future.as_mut().poll(&mut inner) {
                self.futures[index] = None;
                self.free.push(index);
                self.running -= 1;
                return Poll::Ready(Some((index, output)));
            }
        }
    }
}

/// Two futures beside each other: what both want is one round. They are pinned by the caller: one that is handed on takes its
/// room twice.
pub(crate) async fn both<A: Future, B: Future>(mut a: Pin<&mut A>, mut b: Pin<&mut B>) -> (A::Output, B::Output) {
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(cx)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(cx)
        {
            second = Some(output);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::engine::source::Source;

    /// A tree in a file: each node is a count of children and their offsets, one byte each.
    async fn walk(source: Source) -> Vec<u8> {
        let mut found = Vec::new();
        let mut join = Join::new();
        let node = |at: u8| {
            let source = source.clone();
            async move {
                let count = source.read(at.into(), 1, 1).await.expect("a byte").0[0] as usize;
                let children = source.read(u64::from(at) + 1, count, count).await.expect("children").0;
                (at, children.to_vec())
            }
        };
        join.push(node(0));
        while let Some((at, children)) = join.next().await {
            found.push(at);
            children.into_iter().for_each(|child| join.push(node(child)));
        }
        assert_eq!(join.len(), 0);
        found.sort();
        found
    }

    #[test]
    fn a_level_of_a_tree_is_one_round() {
        let mut file = vec![0u8; 256];
        file[0..4].copy_from_slice(&[3, 50, 100, 200]); // three children
        file[100..103].copy_from_slice(&[2, 150, 160]); // two below the second
        let source = Source::new(&Budget::new(1 << 20), 0);
        let mut walk = Box::pin(walk(source.clone()));
        let mut cx = Context::from_waker(Waker::noop());
        let mut rounds = Vec::new();
        let found = loop {
            if let Poll::Ready(found) = walk.as_mut().poll(&mut cx) {
                break found;
            }
            let mut window = source.shared().window();
            window.renew();
            let wanted: Vec<_> = window.round.iter().collect();
            for (start, end) in &wanted {
                window.accept(*start, &file[*start as usize..*end as usize]);
            }
            rounds.push(wanted);
        };
        assert_eq!(found, [0, 50, 100, 150, 160, 200]);
        let level = [(50, 51), (100, 101), (200, 201)];
        assert!(rounds.iter().any(|round| round == &level), "{rounds:?}");
        assert_eq!(rounds.len(), 5, "{rounds:?}");
    }

    /// What a feed costs follows what it completes, not what is pending: one long read among 20,000 short ones, answered
    /// one by one or all at once. Where every feed touches every read this takes minutes.
    #[test]
    fn many_reads_do_not_cost_their_square() {
        const READS: u64 = 20_000;
        for one_by_one in [true, false] {
            let source = Source::new(&Budget::new(1 << 30), 0);
            let source_of = &source;
            let mut join = Join::new();
            join.push(source_of.read(0, 1000 * READS as usize, 0));
            (0..READS).for_each(|at| join.push(source_of.read(at * 1000, 600, 0)));
            let mut all = Box::pin(async move {
                let mut outputs = 0;
                while let Some(read) = join.next().await {
                    assert!(read.is_ok());
                    outputs += 1;
                }
                outputs
            });
            let mut cx = Context::from_waker(Waker::noop());
            assert!(all.as_mut().poll(&mut cx).is_pending());
            let step = if one_by_one { 1000 } else { 1000 * READS };
            let piece = vec![0; step as usize];
            let outputs = (0..1000 * READS / step).find_map(|at| {
                let ready = source.shared().window().accept(at * step, &piece);
                match all.as_mut().poll(&mut cx) {
                    Poll::Ready(outputs) => Some(outputs),
                    Poll::Pending => {
                        assert!(ready);
                        source.shared().window().renew();
                        None
                    }
                }
            });
            assert_eq!(outputs, Some(READS + 1));
        }
    }
}
