//! The one leaf that every parser awaits: `Source::read(offset, length, label)`.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use super::retain::Recogniser;
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
    /// As it was when the parser last came to a stop.
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

    /// True if a read of so many bytes would not have to wait.
    pub(crate) fn is_at_hand(&self, offset: u64, length: u64) -> bool {
        self.0.window().is_at_hand(offset, length)
    }

    /// The bytes at `offset` that can be had without waiting; `None`: there are none. They do not count as used.
    pub(crate) fn at_hand(&self, offset: u64) -> Option<Block> {
        if self.is_cancelled() { None } else { self.0.window().at_hand(offset) }
    }

    /// Waits until bytes are there, or it is known that not all of them come: reading what stands in them needs no waiting then.
    /// Whatever of them is not read counts as little as what stands between wanted ranges.
    pub(crate) fn arrival(&self, offset: u64, length: u64) -> Arrival<'_> {
        Arrival { source: self, offset, length, id: 0 }
    }

    /// Asks for bytes that will be of use soon, and waits for nothing: while the guard lives they come in one round with what is
    /// waited for. `None`: they are there, or will not come, or are more than speculation may add.
    pub(crate) fn ask(&self, offset: u64, length: u64) -> Option<Asked<'_>> {
        let id = self.0.window().ask(offset, length)?;
        Some(Asked { source: self, offset, length, id })
    }

    /// Waits until it is known whether the file has a byte at `offset`.
    pub(crate) async fn reach(&self, offset: u64) -> Result<(), Stop> {
        self.has(offset).await.map(|_| ())
    }

    /// True if the file has a byte at `offset`; `None`: the host did not supply what would tell.
    pub(crate) async fn has(&self, offset: u64) -> Result<Option<bool>, Stop> {
        // Behind the last offset of all there is nothing to ask for, and the host would not learn that the end is waited for.
        let offset = offset.min(u64::MAX - 1);
        let known = {
            let window = self.0.window();
            let passed = window.passed.is_some_and(|passed| passed > offset);
            if passed { Some(true) } else { window.eof.map(|eof| offset < eof) }
        };
        if known.is_some() {
            return Ok(known);
        }
        Ok(match self.read(offset, 1, 1).await? {
            (_, None) => Some(true),
            (_, Some(End::Eof)) => Some(false),
            (_, Some(End::Missing)) => None,
        })
    }

    /// Waits until the whole file is at hand, where it is known to be at most `limit` bytes long (and to fit into a quarter of
    /// the memory limit): one request instead of many. All of it stays at hand then. Else nothing happens.
    pub(crate) async fn read_whole_if_small(&self, limit: u64) -> Result<(), Stop> {
        let mut whole = Whole { source: self, limit, id: 0 };
        poll_fn(|cx| whole.poll(cx)).await
    }

    /// Lets the window keep at least as many bytes of what was read, as far as an eighth of the memory limit reaches: for
    /// structures that are read more than once.
    pub(crate) fn keep(&self, bytes: usize) {
        let most = usize::try_from(self.0.budget.limit() / 8).unwrap_or(usize::MAX);
        let mut window = self.0.window();
        window.keep = window.keep.max(bytes.min(most));
    }

    /// Says that what is read ahead is mostly as long as it was thought to be, where that is up to `usual` bytes.
    pub(crate) fn trust(&self, usual: u64) {
        self.0.window().usual = usual;
    }

    /// Limits what reading ahead may ask for beyond the metadata, in per cent of that; 100 where nothing is said.
    pub(crate) fn speculate(&self, percent: u64) {
        self.0.window().tally.percent = percent;
    }

    /// From now on keeps what is pushed by the chunk and passes, as far as `recogniser` names it: for formats that point
    /// backwards. What was not kept then counts as missing, and does not hold up the reading of the rest.
    pub(crate) fn retain(&self, recogniser: Box<dyn Recogniser>) {
        self.0.window().retain(recogniser);
    }

    /// Says that a range is payload: it need not be kept when it passes, and no structure is looked for in it.
    pub(crate) fn skip(&self, start: u64, end: u64) {
        self.0.window().skip(start, end);
    }

    /// Counts bytes that a parser used: they are metadata, and let it read further ahead.
    pub(crate) fn used(&self, bytes: usize) {
        self.0.window().used(bytes as u64);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// As many of `most` bytes as reading ahead may ask for now.
    pub(crate) fn ahead(&self, most: u64) -> u64 {
        self.0.window().ideal(0, most)
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
            self.source.0.window().forget(self.offset, self.ideal, &mut self.id);
        }
    }
}

/// The future of bytes that are to be read when all are there.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    source: &'a Source,
    offset: u64,
    length: u64,
    id: u64,
}

impl Future for Arrival<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        match this.source.is_cancelled()
            || this.source.0.window().arrives(this.offset, this.length, &mut this.id, cx.waker())
        {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        if self.id != 0 {
            self.source.0.window().forget(self.offset, self.length, &mut self.id);
        }
    }
}

/// Keeps bytes wanted that nobody waits for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    source: &'a Source,
    offset: u64,
    length: u64,
    id: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.source.0.window().forget(self.offset, self.length, &mut self.id);
    }
}

/// The reading of a whole file that is small.
#[derive(Debug)]
struct Whole<'a> {
    source: &'a Source,
    limit: u64,
    id: u64,
}

impl Whole<'_> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<(), Stop>> {
        if self.source.is_cancelled() {
            return Poll::Ready(Err(Stop::Cancelled));
        }
        match self.source.0.window().read_whole(self.limit, &mut self.id, cx.waker()) {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    /// Reads the front, then the whole file if it is small, then from all over it.
    async fn hop(source: Source) -> Result<Vec<u8>, Stop> {
        source.read(0, 8, 32 << 10).await?;
        source.read_whole_if_small(1 << 20).await?;
        let mut seen = Vec::new();
        for at in [900_000, 10, 500_000, 10, 999_000] {
            seen.push(source.read(at, 1000, 1000).await?.0[0]);
        }
        Ok(seen)
    }

    type Rounds = Vec<Vec<(u64, u64)>>;

    /// Answers everything that is wanted; what each round was, and what came out.
    fn answer(length: u64, limit: u64) -> (Rounds, Vec<u8>, Source) {
        let file: Vec<u8> = (0..length).map(|at| (at / 1000) as u8).collect();
        let source = Source::new(&Budget::new(limit), 0);
        source.shared().window().eof = Some(length);
        let mut hop = pin!(hop(source.clone()));
        let mut rounds = Vec::new();
        loop {
            if let Poll::Ready(seen) = hop.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return (rounds, seen.expect("no stop"), source);
            }
            let mut window = source.shared().window();
            window.renew();
            let wanted: Vec<_> = window.round.iter().collect();
            for (start, end) in &wanted {
                window.accept(*start, &file[*start as usize..*end as usize]);
            }
            rounds.push(wanted);
        }
    }

    #[test]
    fn a_small_file_is_read_whole_at_once_and_stays() {
        let (rounds, seen, source) = answer(1 << 20, 64 << 20);
        assert_eq!(rounds, [[(0, 32 << 10)], [(32 << 10, 1 << 20)]]);
        assert_eq!(seen, [900_000 / 1000 % 256, 0, 500_000 / 1000 % 256, 0, 999 % 256].map(|byte| byte as u8));
        let window = source.shared().window();
        assert_eq!((window.tally.asked, window.tally.pending), (32 << 10, 0), "no speculation");
    }

    #[test]
    fn a_larger_file_or_a_small_limit_means_piece_by_piece() {
        assert_eq!(answer((1 << 20) + 1, 64 << 20).0.len(), 4);
        assert_eq!(answer(1 << 20, 1 << 20).0.len(), 4);
    }
}
