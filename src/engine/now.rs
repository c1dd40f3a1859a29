//! What can be had at once: a future polled a single time, where it would be a waste to keep it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The output of a future that does not have to wait for anything; `None`: it would have to, and is gone.
///
/// For what mostly is at hand: it costs no allocation and no place in a [`Join`](super::join::Join).
pub(crate) fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::engine::source::Source;

    #[test]
    fn what_has_to_wait_leaves_nothing_behind() {
        let source = Source::new(&Budget::new(1 << 20), 0);
        source.shared().window().hold(0, b"ab");
        let read = |offset| now(source.read(offset, 1, 1)).map(|read| read.expect("no stop").0.to_vec());
        assert_eq!(read(1).as_deref(), Some(&b"b"[..]));
        assert_eq!(read(2), None);
        source.shared().window().renew();
        assert!(source.shared().window().round.is_empty(), "nobody wants it any more");
    }
}
