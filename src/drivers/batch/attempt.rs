//! What the work on one file is given: its extractor, its share of the memory, and ways to give way.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::plan::Call;
use crate::budget::{Budget, Common};
use crate::document::home::Home;
use crate::drivers::file;
use crate::drivers::library::Instead;
use crate::engine::extractor::Extractor;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Options, Records};
use crate::status::Status;

/// What a thread keeps from file to file.
#[derive(Default)]
pub(super) struct Own {
    pub(super) buffer: Vec<u8>,
    /// None: whoever drops a document frees it.
    pub(super) home: Option<Arc<Home>>,
}

/// One reading of one file by a [`Crew`](super::Crew).
///
/// A file may be read twice: where the memory is short, files give way to the one that was added before them, and begin
/// again when they are the first.
pub struct Attempt<'a> {
    pub(super) seat: Arc<dyn Seat>,
    pub(super) own: &'a mut Own,
    pub(super) account: Option<Budget>,
}

impl Attempt<'_> {
    /// Opens the extractor of this file. Its memory limit is that of the crew, where its own is not lower; once.
    ///
    /// Its record callback is not called any more once the reading was given up.
    pub fn open(&mut self, options: &Options) -> Result<Extractor> {
        if self.account.is_some() {
            return Err(Error::new(ErrorKind::State, "this attempt has its extractor already"));
        }
        let mut options = options.clone();
        options.memory_limit = options.memory_limit.min(self.seat.limit());
        options.records = options.records.map(|records| while_seated(records, self.seat.clone()));
        let budget = Budget::sharing(options.memory_limit, Box::new(self.seat.clone()));
        self.account = Some(budget.clone());
        let extractor = Extractor::of_batch(&options, budget, self.own.home.clone())?;
        self.seat.call().register(extractor.canceller());
        Ok(extractor)
    }

    /// Feeds the extractor from a file, as [`file::read_file`] does, through a buffer that the thread keeps.
    pub fn read_file(&mut self, extractor: &mut Extractor, path: &Path) -> Result<Status> {
        // Asked before opening: a FIFO waits there for its writer.
        if std::fs::metadata(path).is_ok_and(|facts| !facts.is_file() && !facts.is_dir()) {
            return self.once(|| file::read_file(extractor, path));
        }
        // A library reads one file at a time, and must not wait for memory that a file before it has.
        if let Some(library) = Instead::of_ours(extractor, path) {
            return self.once(|| library.read(extractor, path));
        }
        let read = file::read_file_into(extractor, path, &mut self.own.buffer);
        match Instead::after(extractor, path, &read) {
            Some(library) => self.once(|| library.read(extractor, path)),
            None => read,
        }
    }

    /// Reads what can be read once only, and may never come: a pipe. Not before this file is the first, so that it need
    /// not give way to another; the end of the crew does not wait for it.
    pub fn once<T>(&mut self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.seat.withdraw() {
            return Err(Error::new(ErrorKind::Cancelled, "this file is read when it is the first"));
        }
        self.seat.stuck(true);
        let result = read();
        self.seat.stuck(false);
        result
    }

    /// A handle by which a callback can give this reading up.
    pub fn postponer(&self) -> Postponer {
        Postponer(self.seat.clone())
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

/// Gives up one reading of a file, to do it again later.
#[derive(Clone)]
pub struct Postponer(Arc<dyn Seat>);

impl Postponer {
    /// Gives the reading up; it begins again when all files that were added before are finished. False where they are:
    /// then nothing changes.
    pub fn postpone(&self) -> bool {
        self.0.withdraw()
    }
}

impl fmt::Debug for Postponer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postponer").finish_non_exhaustive()
    }
}

fn while_seated(records: Records, seat: Arc<dyn Seat>) -> Records {
    Arc::new(move |line| match seat.call().is_withdrawn() {
        true => std::ops::ControlFlow::Break(()),
        false => records(line),
    })
}

/// A file's place in the plan, whatever the crew's types are.
pub(super) trait Seat: Send + Sync {
    fn limit(&self) -> u64;
    fn call(&self) -> &Call;
    fn stuck(&self, stuck: bool);
    fn withdraw(&self) -> bool;
    fn draw(&self, bytes: u64) -> bool;
    fn give_back(&self, bytes: u64);
    fn drawn(&self) -> u64;
}

impl Common for Arc<dyn Seat> {
    fn draw(&self, bytes: u64) -> bool {
        (**self).draw(bytes)
    }

    fn give_back(&self, bytes: u64) {
        (**self).give_back(bytes);
    }

    fn drawn(&self) -> u64 {
        (**self).drawn()
    }
}

impl fmt::Debug for dyn Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat")
    }
}
