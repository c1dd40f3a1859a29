//! Lets a unit test read a file that stands in memory, as a host feeds it: range by range.

use std::task::{Context, Poll, Waker};

use super::fields::Widths;
use super::file::File;
use crate::budget::Budget;
use crate::engine::source::Source;

/// What most files have.
pub(super) const WIDTHS: Widths = Widths { offsets: 8, lengths: 8 };

/// Runs a reader on `bytes`, with every range fed that it wants and nothing beside.
pub(super) fn read<T>(bytes: &[u8], reader: impl AsyncFnOnce(&File) -> T) -> T {
    read_within(bytes, 256 << 20, reader)
}

/// The same, with `memory` bytes to hold at most.
pub(super) fn read_within<T>(bytes: &[u8], memory: u64, reader: impl AsyncFnOnce(&File) -> T) -> T {
    let source = Source::new(&Budget::new(memory), 0);
    source.shared().window().ends_at(bytes.len() as u64);
    let file = File::new(source.clone(), WIDTHS, 0);
    let mut reading = Box::pin(reader(&file));
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = reading.as_mut().poll(&mut cx) {
            return output;
        }
        let mut window = source.shared().window();
        window.renew();
        let wanted: Vec<_> = window.round.iter().collect();
        assert!(!wanted.is_empty(), "the reader waits for nothing");
        for (start, end) in wanted {
            window.accept(start, &bytes[start as usize..end as usize]);
        }
    }
}
