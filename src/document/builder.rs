//! What a parser writes into: the headers as text, arrays, counts and warnings; or the same as records.
//!
//! General flow: a format writes its `headers` ([`Output::headers`]), an entry for each array ([`Output::array`]), counts
//! and warnings as it meets them. [`Output::assemble`] puts them in the order of the envelope. With a record callback the
//! format sends its own leaves with [`Output::record`] and nothing is kept.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::json;
use super::text::Text;
use super::warnings::{Code, Warnings};
use crate::budget::{Budget, Charge};
use crate::options::{Format, Records};

/// What is known of the file when the document is put together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FileFacts<'a> {
    /// Length of the stored file, where it is known.
    pub(crate) size: Option<u64>,
    /// How the stored bytes are compressed, and how many come out.
    pub(crate) encoding: Option<(&'static str, Option<u64>)>,
    /// Who read the file, where it is not this library.
    pub(crate) reader: Option<&'a str>,
}

/// A piece could not be kept: the memory limit is reached, or the record callback cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Self {
        Refused
    }
}

/// Holds records back until they are known to be true; see [`Output::hold`].
pub(crate) struct Held(Arc<AtomicBool>);

impl Held {
    /// Lets the records go.
    pub(crate) fn release(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// A buffer for lines longer than this is given back.
const LONG_LINE: usize = 64 << 10;
/// The file's facts and its counts seldom take more.
const USUAL_FACTS: usize = 128;

pub(crate) struct Output {
    budget: Budget,
    hold: Arc<AtomicBool>,
    held: Text,
    records: Option<Records>,
    line: Vec<u8>,
    /// For the line while it is long.
    line_charge: Charge,
    /// The value of `headers`, written by the format itself; unused where records are sent.
    pub(crate) headers: Text,
    /// The file as CDL, which the format writes; `None` where nobody asked for it.
    pub(crate) cdl: Option<Text>,
    arrays: Text,
    any_array: bool,
    counts: Vec<(&'static str, u64)>,
    warnings: Warnings,
    /// The record callback asked to cancel.
    pub(crate) cancelled: bool,
    /// There was no room even for what closes the text: it is no JSON.
    broken: bool,
}

impl Output {
    pub(crate) fn new(budget: &Budget, records: Option<Records>) -> Self {
        Output {
            budget: budget.clone(),
            hold: Arc::default(),
            held: Text::new(budget),
            records,
            line: Vec::new(),
            line_charge: Charge::nothing(budget),
            headers: Text::new(budget),
            cdl: None,
            arrays: Text::new(budget),
            any_array: false,
            counts: Vec::new(),
            warnings: Warnings::new(budget),
            cancelled: false,
            broken: false,
        }
    }

    /// The same for CDL instead of a document: of that only the envelope is kept.
    pub(crate) fn for_cdl(budget: &Budget) -> Self {
        Output { cdl: Some(Text::new(budget)), ..Output::new(budget, None) }
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// True if values are sent as records; the headers are then not kept.
    pub(crate) fn sends_records(&self) -> bool {
        self.records.is_some()
    }

    /// Keeps records back until [`Held::release`]: it is not sure yet that the file is of this format.
    pub(crate) fn hold(&mut self) -> Held {
        self.hold.store(true, Ordering::Relaxed);
        Held(self.hold.clone())
    }

    /// Sends one record. `value` writes the JSON of the value at `pointer`.
    pub(crate) fn record(
        &mut self,
        pointer: &str,
        value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), Refused> {
        if self.records.is_none() {
            return Ok(());
        }
        self.line.clear();
        self.line.extend_from_slice(b"{\"pointer\":");
        json::string(&mut self.line, pointer)?;
        self.line.extend_from_slice(b",\"value\":");
        value(&mut self.line)?;
        self.line.push(b'}');
        if self.line.capacity() > LONG_LINE {
            self.line_charge.grow_to(self.line.capacity()).map_err(|_| Refused)?;
        }
        if self.hold.load(Ordering::Relaxed) {
            self.line.push(b'\n');
            return Ok(self.held.write_all(&self.line)?);
        }
        if !self.held.is_empty() {
            let held = std::mem::replace(&mut self.held, Text::new(&self.budget));
            let mut line = Vec::new();
            for byte in held.pieces().flatten() {
                match byte {
                    b'\n' => self.send(&std::mem::take(&mut line))?,
                    byte => line.push(*byte),
                }
            }
        }
        let line = std::mem::take(&mut self.line);
        let sent = self.send(&line);
        self.line = line;
        self.line.clear();
        self.line.shrink_to(LONG_LINE);
        self.line_charge.shrink_to(0);
        sent
    }

    fn send(&mut self, line: &[u8]) -> Result<(), Refused> {
        let Some(records) = &self.records else { return Ok(()) };
        let line = std::str::from_utf8(line).map_err(|_| Refused)?;
        if records(line).is_break() {
            self.cancelled = true;
            return Err(Refused);
        }
        Ok(())
    }

    /// Writes what closes open structures of the headers, in the worst case from the reserve. Refused: it came to that.
    pub(crate) fn close_with(&mut self, text: &[u8]) -> Result<(), Refused> {
        if self.headers.reserve(text.len()).is_ok() {
            return Ok(self.headers.write_all(text)?);
        }
        self.budget.open_reserve();
        self.broken |= self.headers.reserve(text.len()).and_then(|()| self.headers.write_all(text)).is_err();
        Err(Refused)
    }

    /// Adds an entry of `properties.arrays`, which `entry` writes.
    pub(crate) fn array(&mut self, entry: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Refused> {
        if self.cdl.is_some() {
            return Ok(());
        }
        let first = !std::mem::replace(&mut self.any_array, true);
        if self.sends_records() {
            return self.record("/properties/arrays/-", |out| entry(out));
        }
        let before = self.arrays.end();
        let comma: &[u8] = if first { b"" } else { b"," };
        let written = self.arrays.write_all(comma).and_then(|()| entry(&mut self.arrays));
        if written.is_err() {
            self.arrays.truncate(before);
            self.any_array = !first;
        }
        Ok(written?)
    }

    /// Says how many of something the file has.
    pub(crate) fn count(&mut self, name: &'static str, count: u64) {
        self.counts.push((name, count));
    }

    /// Adds a warning; `offset` counts as all offsets in the document do.
    pub(crate) fn warn(
        &mut self,
        code: Code,
        offset: impl Into<Option<u64>>,
        path: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.warnings.push(code, offset.into(), path.into(), message.into());
    }

    /// True if something is missing from the document.
    pub(crate) fn loss(&self) -> bool {
        self.warnings.loss()
    }

    /// Puts the document together. Where records are sent, it is the envelope, and what was not sent yet is sent now.
    pub(crate) fn assemble(&mut self, format: Format, file: FileFacts<'_>) -> Result<Text, Refused> {
        if self.broken {
            return Err(Refused);
        }
        let mut text = Text::new(&self.budget);
        write!(text, "{{\"metaextract\":1,\"format\":\"{}\",\"file\":", format.name())?;
        let facts = self.file(file)?;
        text.write_all(&facts)?;
        text.write_all(b",\"headers\":")?;
        match self.sends_records() || self.cdl.is_some() {
            true => text.write_all(b"{}")?,
            false => text.insert(text.end(), std::mem::replace(&mut self.headers, Text::new(&self.budget)))?,
        }
        text.write_all(b",\"properties\":{\"arrays\":[")?;
        text.insert(text.end(), std::mem::replace(&mut self.arrays, Text::new(&self.budget)))?;
        text.write_all(b"],\"counts\":")?;
        let counts = self.counts()?;
        text.write_all(&counts)?;
        text.write_all(b"},\"warnings\":")?;
        self.warnings.write(&mut text)?;
        text.write_all(b"}")?;
        if self.sends_records() {
            self.record("/metaextract", |out| out.write_all(b"1"))?;
            self.record("/format", |out| write!(out, "\"{}\"", format.name()))?;
            self.record("/file", |out| out.write_all(&facts))?;
            self.record("/properties/counts", |out| out.write_all(&counts))?;
            if !self.any_array {
                self.record("/properties/arrays", |out| out.write_all(b"[]"))?;
            }
            let mut warnings = Vec::new();
            self.warnings.write_each(|warning| {
                warnings.push(warning.to_vec());
                Ok(())
            })?;
            for warning in &warnings {
                self.record("/warnings/-", |out| out.write_all(warning))?;
            }
            if warnings.is_empty() {
                self.record("/warnings", |out| out.write_all(b"[]"))?;
            }
        }
        Ok(text)
    }

    fn file(&self, file: FileFacts<'_>) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(USUAL_FACTS);
        out.write_all(b"{\"size\":")?;
        json::optional(&mut out, file.size)?;
        out.write_all(match (self.loss(), file.size) {
            (true, _) => b",\"complete\":false",
            (false, Some(_)) => b",\"complete\":true",
            (false, None) => b",\"complete\":null",
        })?;
        if let Some((name, inflated)) = file.encoding {
            write!(out, ",\"encoding\":\"{name}\",\"inflated_size\":")?;
            json::optional(&mut out, inflated)?;
        }
        if let Some(reader) = file.reader {
            out.write_all(b",\"reader\":")?;
            json::string(&mut out, reader)?;
        }
        out.write_all(b"}")?;
        Ok(out)
    }

    fn counts(&self) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(USUAL_FACTS);
        let mut comma = "{";
        for (name, count) in &self.counts {
            write!(out, "{}\"{name}\":", std::mem::replace(&mut comma, ","))?;
            match self.loss() {
                true => out.write_all(b"null")?, // what is missing could change it
                false => json::integer(&mut out, *count)?,
            }
        }
        out.write_all(if comma == "{" { b"{}" } else { b"}" })?;
        Ok(out)
    }
}
