//! One extraction: bytes in, wants out, a document at the end.

use std::future::Future;
use std::ops::ControlFlow;
#[cfg(feature = "reference")]
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::boxed::Boxed;
use super::retain::BLOCK;
use super::source::{Shared, Source};
use super::usage::{Canceller, Usage, UsageReader};
use super::wants::merged;
use crate::budget::{Budget, Charge};
use crate::document::Document;
use crate::document::home::Home;
use crate::document::text::Text;
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "reference")]
use crate::formats::reference::Library;
use crate::formats::{self, Extraction};
use crate::options::{Format, Options, Records};
use crate::status::Status;

/// A range of the stored file that the extractor asks for. Any part of it helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Absolute offset in the stored file.
    pub offset: u64,
    /// Length in bytes; `u64::MAX`: everything from here on.
    pub length: u64,
    /// Feeding it saves a round later; it never blocks [`Status::Done`].
    pub hint: bool,
}

type Parser = Boxed<dyn Future<Output = Result<Extraction>> + Send>;

enum State {
    /// In a mutex that nobody locks: it makes the extractor Sync, so that many threads may ask what is wanted.
    Parsing(Mutex<Parser>),
    Parsed(Box<Extraction>),
    Finished {
        status: Status,
        format: Format,
        text: Arc<Text>,
        cdl: Option<Arc<Text>>,
    },
    Failed(Error),
}

/// Reads one file's metadata from the bytes that it is fed.
///
/// The general flow, for a source that can seek:
///
/// ```
/// use metaextract::{Extractor, Options, Status};
///
/// # let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm")).unwrap();
/// let mut extractor = Extractor::new(&Options::default())?;
/// let mut status = extractor.set_length(file.len() as u64)?;
/// while status == Status::Ok {
///     let Some(want) = extractor.wanted().next() else { break };
///     let end = (want.offset + want.length).min(file.len() as u64);
///     status = extractor.feed_at(want.offset, &file[want.offset as usize..end as usize])?;
/// }
/// println!("{}", extractor.finish()?.to_json());
/// # Ok::<(), metaextract::Error>(())
/// ```
///
/// A source that cannot seek calls [`Extractor::feed_chunk`] until that returns something else than [`Status::Ok`],
/// or the input ends. After an error every feed gives [`ErrorKind::State`].
pub struct Extractor {
    source: Source,
    options: Options,
    state: State,
    /// Where the next chunk stands.
    pushed: u64,
    /// The end of the highest byte that was fed.
    seen: u64,
    /// `feed_at` was used: where the pushed chunks end says nothing about the file's end.
    positioned: bool,
    length: Option<u64>,
    told: u64,
    error: Option<Error>,
    /// The partial document that a parser which began again is to better.
    before: Option<Before>,
    home: Option<Arc<Home>>,
    _charge: Charge,
}

/// A document, and how much its parser used.
struct Before {
    format: Format,
    text: Arc<Text>,
    cdl: Option<Arc<Text>>,
    used: u64,
}

/// How far the reading must get on before the progress callback is called again, in bytes.
const PROGRESS_STEP: u64 = 256 << 10;
/// How much of what was fed is taken over before the parser goes on: what it has used up need not be held with what comes next.
const STEP: usize = 256 << 10;
/// What stands around the parser of the smallest file, in bytes: the first nodes of maps, the first places of lists.
const AROUND: usize = 1 << 10;

impl Extractor {
    /// Opens an extraction. An option that this build can't do is refused by name ([`ErrorKind::Unsupported`]).
    pub fn new(options: &Options) -> Result<Extractor> {
        Extractor::of_batch(options, Budget::new(options.memory_limit), None)
    }

    /// The same with an account that stands already, whose limit is the memory limit, on a thread that frees the documents.
    pub(crate) fn of_batch(options: &Options, budget: Budget, home: Option<Arc<Home>>) -> Result<Extractor> {
        options.check()?;
        let source = Source::new(&budget, options.merge_gap);
        let options = Options { records: records_that_cancel(options, &source), ..options.clone() };
        let charge = Charge::new(&budget, size_of::<Shared>() + AROUND).map_err(|_| too_low())?;
        let parser = begin(&source, &options)?;
        let mut extractor = Extractor {
            source,
            options,
            state: State::Parsing(Mutex::new(parser)),
            pushed: 0,
            seen: 0,
            positioned: false,
            length: None,
            told: 0,
            error: None,
            before: None,
            home,
            _charge: charge,
        };
        extractor.poll()?;
        Ok(extractor)
    }

    /// Says how long the stored file is. At any time, once; less than what was fed is refused ([`ErrorKind::Argument`]).
    pub fn set_length(&mut self, length: u64) -> Result<Status> {
        if self.length.is_some() {
            return Err(Error::new(ErrorKind::State, "the length was set already"));
        }
        if length < self.seen {
            let seen = self.seen;
            return Err(Error::new(ErrorKind::Argument, format!("length: less than the {seen} bytes that were fed")));
        }
        self.length = Some(length);
        let wake = self.ends_at(length);
        self.fed(wake)
    }

    /// Takes the bytes after those of the previous call. Not where streaming is off ([`ErrorKind::State`]).
    pub fn feed_chunk(&mut self, data: &[u8]) -> Result<Status> {
        self.may_be_fed()?;
        self.take_chunk(data)
    }

    /// Refuses a host that feeds where streaming is off: which file it feeds is not known here.
    pub(crate) fn may_be_fed(&mut self) -> Result<()> {
        match self.options.streaming {
            true => Ok(()),
            false => {
                let message = "option streaming is off: only a regular file can be read, by its path";
                Err(self.note(Error::new(ErrorKind::State, message)))
            }
        }
    }

    /// What [`Extractor::feed_chunk`] does, for the library's own drivers.
    pub(crate) fn take_chunk(&mut self, data: &[u8]) -> Result<Status> {
        let offset = self.pushed;
        self.pushed = offset.saturating_add(data.len() as u64);
        if data.is_empty() {
            return self.fed(false);
        }
        self.take_over(offset, data);
        // What is kept of what passed is decided where a block ends: so it does not depend on the chunks.
        let mut at = offset;
        while at < self.pushed && matches!(self.state, State::Parsing(_)) {
            let end = self.pushed.min((at / BLOCK + 1).saturating_mul(BLOCK));
            let block = &data[(at - offset) as usize..(end - offset) as usize];
            while matches!(self.state, State::Parsing(_)) && self.source.shared().window().push(at, block) {
                self.poll()?;
            }
            self.source.shared().window().passed(end);
            at = end;
        }
        self.ask_again();
        self.fed(false)
    }

    /// Takes bytes at an offset: in any order, split, overlapping. Empty `data`: there is no byte at or after `offset`.
    ///
    /// Bytes that nobody wants may be dropped, and may be wanted later. Not where streaming is off ([`ErrorKind::State`]).
    pub fn feed_at(&mut self, offset: u64, data: &[u8]) -> Result<Status> {
        self.may_be_fed()?;
        self.take_at(offset, data)
    }

    /// What [`Extractor::feed_at`] does, for the library's own drivers.
    pub(crate) fn take_at(&mut self, offset: u64, data: &[u8]) -> Result<Status> {
        if offset.checked_add(data.len() as u64).is_none() {
            let message = format!("offset: no file has {} bytes at {offset}", data.len());
            return Err(Error::new(ErrorKind::Argument, message));
        }
        self.positioned = true;
        self.source.shared().window().positioned = true;
        if data.is_empty() {
            let wake = self.ends_at(offset);
            return self.fed(wake);
        }
        self.take_over(offset, data);
        while self.answer(offset, data)? {}
        self.fed(false)
    }

    /// Takes a whole file, of which nothing was fed before, in the buffer that it was read into; `charge` is for that.
    pub(crate) fn feed_whole(&mut self, file: Vec<u8>, charge: Charge) -> Result<Status> {
        self.positioned = true;
        self.take_over(0, &file);
        {
            let mut window = self.source.shared().window();
            window.positioned = true;
            window.accept_whole(file, charge);
        }
        self.fed(true)
    }

    /// Learns that no byte stands at or after `offset`; true if a reader can go on.
    fn ends_at(&mut self, offset: u64) -> bool {
        self.source.shared().window().ends_at(offset)
    }

    /// The beginning of every feed.
    fn take_over(&mut self, offset: u64, data: &[u8]) {
        self.source.shared().bytes_fed.fetch_add(data.len() as u64, Relaxed);
        self.seen = self.seen.max(offset.saturating_add(data.len() as u64));
        self.resume();
    }

    /// Gives the parser what it wants of `data`, in steps, so that what is copied stays small; true if it went on, and may
    /// want more of the same.
    fn answer(&mut self, offset: u64, data: &[u8]) -> Result<bool> {
        let (mut at, mut went_on) = (0, false);
        while at < data.len() && matches!(self.state, State::Parsing(_)) {
            let (from, end) = (offset.saturating_add(at as u64), offset.saturating_add(data.len() as u64));
            let first = self.source.shared().window().skip_useless(from, end);
            at = (first - offset) as usize;
            if first == end {
                break;
            }
            let step = &data[at..data.len().min(at + STEP)];
            while matches!(self.state, State::Parsing(_))
                && self.source.shared().window().supply(offset.saturating_add(at as u64), step)
            {
                self.poll()?;
                went_on = true;
            }
            at += step.len();
        }
        self.ask_again();
        Ok(went_on)
    }

    /// Asks for what is pending where all that was asked for has been fed: perhaps none of that let the parser go on.
    fn ask_again(&self) {
        if matches!(self.state, State::Parsing(_)) {
            self.source.shared().window().renew();
        }
    }

    /// After a document that lacks bytes: begins again with what is still held, to take what was missing.
    fn resume(&mut self) {
        let State::Finished { status: Status::Partial, format, text, cdl } = &self.state else { return };
        if self.options.records.is_some() || self.source.is_cancelled() {
            return;
        }
        let parser;
        {
            let mut window = self.source.shared().window();
            if window.missing.is_empty() {
                return;
            }
            let Ok(again) = begin(&self.source, &self.options) else { return };
            parser = again;
            let (text, cdl) = (text.clone(), cdl.clone());
            self.before = Some(Before { format: *format, text, cdl, used: window.tally.needed });
            window.restart();
            window.eof = self.length;
        }
        self.source.budget().close_reserve();
        self.state = State::Parsing(Mutex::new(parser));
        let _ = self.poll(); // what it says is in the state
    }

    /// The end of every feed: polls if a reader can go on, reports progress, gives the status.
    fn fed(&mut self, wake: bool) -> Result<Status> {
        if wake {
            self.poll()?;
        }
        // Before all else: a cancel may also have ended the parser, and every later feed says the same.
        if self.source.is_cancelled() {
            return Err(self.note(Error::new(ErrorKind::Cancelled, "the extraction was cancelled")));
        }
        if let State::Failed(error) = &self.state {
            return Err(Error::new(
                ErrorKind::State,
                format!("the extraction has ended in an error: {}", error.message()),
            ));
        }
        self.progress()?;
        self.status()
    }

    fn progress(&mut self) -> Result<()> {
        let Some(progress) = &self.options.progress else { return Ok(()) };
        let over = !matches!(self.state, State::Parsing(_)) && self.seen > self.told;
        if self.seen < self.told.saturating_add(PROGRESS_STEP) && !over {
            return Ok(());
        }
        self.told = self.seen;
        let total = self.length.unwrap_or(0);
        let done = if total > 0 { self.seen.min(total) } else { self.seen };
        if progress(done, total).is_break() {
            self.source.shared().cancelled.store(true, Relaxed);
            return Err(self.note(Error::new(ErrorKind::Cancelled, "the progress callback cancelled")));
        }
        Ok(())
    }

    /// Lets the parser go on as far as the bytes reach.
    fn poll(&mut self) -> Result<()> {
        let State::Parsing(parser) = &mut self.state else { return Ok(()) };
        let parser = parser.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Pin::new(parser).poll(&mut cx);
        let shared = self.source.shared();
        {
            let mut window = shared.window();
            if polled.is_pending() {
                window.renew();
            } else {
                window.round.clear();
                window.release();
            }
            shared.bytes_needed.store(window.used, Relaxed);
            shared.requests.store(window.round.requests, Relaxed);
            shared.rounds.store(window.round.rounds, Relaxed);
        }
        match polled {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(extraction)) => {
                self.state = State::Parsed(Box::new(extraction));
                Ok(())
            }
            Poll::Ready(Err(error)) => {
                self.state = State::Failed(error.clone());
                Err(self.note(error))
            }
        }
    }

    /// Has a library read the file in the place of our own reader, of which nothing counts any more but an error that both have.
    #[cfg(feature = "reference")]
    pub(crate) fn read_by(&mut self, library: Library, path: &Path, length: u64) -> Result<Status> {
        self.length = Some(length);
        self.seen = length;
        self.ends_at(length);
        match library.read(path, self.source.budget(), &self.options) {
            Ok(extraction) => {
                self.state = State::Parsed(Box::new(extraction));
                self.error = None;
                self.fed(false)
            }
            Err(theirs) => {
                let error = match &self.state {
                    State::Failed(ours) => both(ours, &theirs),
                    _ => theirs,
                };
                self.state = State::Failed(error.clone());
                Err(self.note(error))
            }
        }
    }

    /// Keeps an error for [`Extractor::last_error`].
    fn note(&mut self, error: Error) -> Error {
        self.error = Some(error.clone());
        error
    }

    /// What is wanted now: disjoint ranges in file order. Pure; holds until the next feed.
    ///
    /// After a document that lacks bytes: what is missing.
    pub fn wanted(&self) -> impl ExactSizeIterator<Item = Want> + use<> {
        self.first_wanted(usize::MAX).0.into_iter()
    }

    /// The first `most` of what is wanted, and how much there is: a host that takes one after the other does not pay for all.
    pub(crate) fn first_wanted(&self, most: usize) -> (Vec<Want>, usize) {
        let want = |(start, end): (u64, u64)| Want {
            offset: start,
            length: if end == u64::MAX { u64::MAX } else { end - start },
            hint: false,
        };
        let window = self.source.shared().window();
        match &self.state {
            State::Parsing(_) => (window.round.iter().take(most).map(want).collect(), window.round.iter().len()),
            State::Finished { .. } if self.options.records.is_none() => {
                let missing = merged(window.missing.iter().map(|(start, end)| (*start, *end)));
                (missing.iter().copied().take(most).map(want).collect(), missing.len())
            }
            _ => (Vec::new(), 0),
        }
    }

    /// What a driver reads next: a range of at most `most` bytes, its offset and its length.
    pub(crate) fn next_read(&mut self, most: u64) -> Option<(u64, u64)> {
        match self.state {
            State::Parsing(_) => self.source.shared().window().next_read(most),
            _ => self.first_wanted(1).0.first().map(|want| (want.offset, want.length.min(most))),
        }
    }

    /// The document of what has been fed. While nothing returned [`Status::Done`] it means that the input has ended.
    ///
    /// After a document with [`Status::Partial`], [`Extractor::wanted`] names what is missing where more could come;
    /// feeding it, and whatever is wanted then, and calling this again gives a new document: the one before, where too
    /// little was fed to better that. Not so where records are sent: each is sent once.
    pub fn finish(&mut self) -> Result<Document> {
        let finished = self.assemble();
        if let Some(before) = self.before.take() {
            let used = self.source.shared().window().tally.needed;
            if finished.as_ref().is_ok_and(|new| new.status() == Status::Done || used >= before.used) {
                return finished;
            }
            let Before { format, text, cdl, .. } = before;
            self.state = State::Finished { status: Status::Partial, format, text, cdl };
            return self.assemble();
        }
        finished.map_err(|error| self.note(error))
    }

    fn assemble(&mut self) -> Result<Document> {
        if matches!(self.state, State::Parsing(_)) {
            {
                let mut window = self.source.shared().window();
                if window.eof.is_none() && !self.positioned {
                    window.eof = Some(self.pushed);
                }
                window.ended = true;
                window.wake_all();
            }
            self.poll()?;
        }
        if let State::Parsed(extraction) = &mut self.state {
            let size = file_size(&self.source, self.length, self.seen);
            self.source.budget().open_reserve();
            let (status, format) = (extraction.status(), extraction.format);
            self.state = match extraction.assemble(size) {
                Ok(text) => {
                    let cdl = extraction.take_cdl().map(Arc::new);
                    State::Finished { status, format, text: Arc::new(text), cdl }
                }
                Err(_) if self.source.is_cancelled() => {
                    State::Failed(Error::new(ErrorKind::Cancelled, "the record callback cancelled"))
                }
                Err(_) => State::Failed(Error::new(ErrorKind::Limit, "the memory limit leaves no room for a document")),
            };
        }
        match &self.state {
            State::Finished { status, format, text, cdl } => {
                Ok(Document::new(*status, Some(*format), text.clone(), cdl.clone()).of(self.home.clone()))
            }
            State::Failed(error) => Err(error.clone()),
            _ => Err(Error::new(ErrorKind::State, "the parser did not end")),
        }
    }

    /// What the last feed said.
    pub fn status(&self) -> Result<Status> {
        match &self.state {
            State::Parsing(_) => Ok(Status::Ok),
            State::Parsed(extraction) => Ok(extraction.status()),
            State::Finished { status, .. } => Ok(*status),
            State::Failed(error) => Err(error.clone()),
        }
    }

    /// The last error that a call gave.
    pub fn last_error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// A handle that cancels this extraction from any thread.
    pub fn canceller(&self) -> Canceller {
        Canceller(self.source.shared().clone())
    }

    /// Counters about how the file was read.
    pub fn usage(&self) -> Usage {
        self.usage_reader().read()
    }

    /// A handle that reads the counters from any thread.
    pub fn usage_reader(&self) -> UsageReader {
        UsageReader(self.source.shared().clone())
    }

    /// What drivers charge their buffers to.
    pub(crate) fn budget(&self) -> &Budget {
        self.source.budget()
    }

    /// The length of the stored file, where the host has said it.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The options that this extraction was opened with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The format of the file, once the parser has ended.
    pub fn format(&self) -> Option<Format> {
        match &self.state {
            State::Parsed(extraction) => Some(extraction.format),
            State::Finished { format, .. } => Some(*format),
            _ => self.options.format,
        }
    }
}

impl std::fmt::Debug for Extractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extractor")
            .field("status", &self.status())
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

fn begin(source: &Source, options: &Options) -> Result<Parser> {
    let parser = source.boxed(formats::extract(source.clone(), options.clone())).map_err(|_| too_low())?;
    Ok(parser.erased())
}

fn too_low() -> Error {
    Error::new(ErrorKind::Limit, "option memory_limit: too low to read anything")
}

/// The record callback: once it breaks, the extraction is cancelled and the callback not called again.
fn records_that_cancel(options: &Options, source: &Source) -> Option<Records> {
    let records = options.records.clone()?;
    let shared = source.shared().clone();
    let stopped = AtomicBool::new(false);
    Some(Arc::new(move |line: &str| {
        if stopped.load(Relaxed) {
            return ControlFlow::Continue(());
        }
        let answer = records(line);
        if answer.is_break() {
            stopped.store(true, Relaxed);
            shared.cancelled.store(true, Relaxed);
        }
        answer
    }))
}

/// The error of a file that neither our reader nor a library can read.
#[cfg(feature = "reference")]
fn both(ours: &Error, theirs: &Error) -> Error {
    let error = Error::new(ours.kind(), format!("{}; {}", ours.message(), theirs.message()));
    ours.offset().into_iter().fold(error, Error::at)
}

/// The length of the stored file, where it is known for sure: a host may only have said that nothing stands behind a place.
fn file_size(source: &Source, length: Option<u64>, seen: u64) -> Option<u64> {
    source.eof().filter(|eof| length == Some(*eof) || seen == *eof || *eof == 0)
}
