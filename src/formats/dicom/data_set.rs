//! The walk over a data set (PS3.5 section 7): elements, sequences and items, however deep, without recursion.
//!
//! Containers stand on a stack of [`Level`]s. Each step reads one element, one item header or one delimiter. Payload is
//! skipped; what follows it tells whether the file reaches so far. Whatever is odd becomes a warning, and the walk goes on.

use std::io::Write;

use super::charset::{self, CharacterSets, Oddity};
use super::element::{self, Header, LONGEST_HEADER, UNDEFINED, VrField};
use super::element_vr::Pending;
use super::model::{Model, Order};
use super::pixel_data::{self, Passed, PixelFacts};
use super::transfer_syntax::{Encoding, TransferSyntax};
use super::value::{self, Findings, Reading};
use super::vr::{Kind, Vr};
use crate::budget::Charge;
use crate::cursor::Cursor;
use crate::document::builder::{Output, Refused};
use crate::document::json;
use crate::document::warnings::Code;
use crate::engine::stream::{Ended, Stream};
use crate::engine::window::Stop;
use crate::formats::say_stopped;
use crate::options::Options;

/// What a shorter value takes while it is decoded and written is not charged.
const UNCHARGED: usize = 4 << 10;
/// Specific Character Set.
const CHARACTER_SET: u32 = 0x0008_0005;
/// Pixel Representation.
pub(super) const PIXEL_REPRESENTATION: u32 = 0x0028_0103;
/// LUT Descriptor.
const LUT_DESCRIPTOR: u32 = 0x0028_3002;
/// Values of UN from this length on may be UN only because no other VR has so long a value (PS3.5 6.2.2 note 2).
pub(super) const LONG_UN: u32 = 0xFFFF;

/// Why a walk ends before its containers are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The stream ends here, between two structures.
    End,
    /// What follows was said by a warning already: the rest can't be read.
    Cut,
    /// Nothing more belongs to the data set; nothing is lost.
    Over,
    /// The engine stopped the reading.
    Stop(Stop),
    /// The output takes no more.
    Refused,
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Halt::Stop(stop)
    }
}

impl From<Refused> for Halt {
    fn from(_: Refused) -> Self {
        Halt::Refused
    }
}

/// How the walk over a data set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With the stream, behind a whole element.
    End,
    /// Before what does not belong to the data set.
    Over,
    /// Inside a structure; a warning says so.
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// The file meta information: ends before the first tag of another group.
    FileMeta,
    /// The main data set: ends with the file.
    DataSet,
    Sequence,
    Item,
}

/// One open container, and what holds in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) container: Container,
    /// Of a sequence: its tag.
    pub(super) tag: u32,
    /// Where it ends, if its length is defined.
    pub(super) end: Option<u64>,
    /// Where the innermost container of defined length ends; `u64::MAX`: none is open.
    pub(crate) bound: u64,
    pub(crate) encoding: Encoding,
    /// A sequence in UN: its items are implicit VR, unless they show explicit VRs (PS3.5 6.2.2 note 4).
    pub(super) in_un: bool,
    /// A sequence that the depth limit cuts: its items are walked over, not written.
    pub(super) silent: bool,
    pub(super) said_implicit: bool,
    pub(super) charset: CharacterSets,
    pub(super) signed: Option<bool>,
    pub(super) lut_entries: Option<u16>,
    pub(super) last_tag: u32,
}

/// The walk over one file's data sets.
pub(crate) struct Walk<'a> {
    pub(crate) stream: Stream,
    pub(crate) model: Model<'a>,
    pub(crate) syntax: TransferSyntax,
    pub(crate) pixels: PixelFacts,
    pub(super) passed: Vec<Passed>,
    pub(crate) levels: Vec<Level>,
    pub(super) levels_charge: Option<Charge>,
    pub(super) sequences_open: u32,
    pub(super) max_depth: u32,
    pub(super) max_value: u64,
    pub(super) max_inline: u64,
    pub(super) text: String,
    pub(super) pending: Vec<Pending>,
    /// Raw values of the file meta information that the reader of it needs.
    pub(crate) meta: MetaFacts,
}

/// What the file meta information says.
#[derive(Debug, Default)]
pub(crate) struct MetaFacts {
    /// There is some.
    pub(crate) present: bool,
    /// Group length, and where its value ends.
    pub(crate) length: Option<(u32, u64)>,
    /// Transfer Syntax UID as stored, without padding.
    pub(crate) transfer_syntax: Option<String>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(stream: Stream, out: &'a mut Output, options: &Options) -> Self {
        Walk {
            stream,
            model: Model::new(out),
            syntax: TransferSyntax::native(Encoding::EXPLICIT),
            pixels: PixelFacts::default(),
            passed: Vec::new(),
            levels: Vec::new(),
            levels_charge: None,
            sequences_open: 0,
            max_depth: options.max_depth,
            max_value: options.max_value_bytes,
            max_inline: options.max_inline_bytes,
            text: String::new(),
            pending: Vec::new(),
            meta: MetaFacts::default(),
        }
    }

    /// Walks a data set of `headers` from here to its end.
    pub(crate) async fn run(&mut self, name: &str, container: Container, encoding: Encoding) -> Result<Outcome, Halt> {
        self.model.open(name)?;
        self.levels.push(Level {
            container,
            tag: 0,
            end: None,
            bound: u64::MAX,
            encoding,
            in_un: false,
            silent: false,
            said_implicit: false,
            charset: CharacterSets::DEFAULT,
            signed: None,
            lut_entries: None,
            last_tag: 0,
        });
        let halt = loop {
            let stepped = match self.plain_element() {
                Ok(false) => self.step().await,
                stepped => stepped.map(drop),
            };
            if let Err(halt) = stepped {
                break halt;
            }
        };
        let cut = self.conclude(halt);
        // Whatever a closing says, all are closed: the text must be JSON.
        let mut closed = match cut {
            true => {
                self.drop_pending();
                Ok(())
            }
            false => self.write_pending(),
        };
        while self.levels.len() > 1 {
            closed = self.close_level(cut).and(closed);
        }
        self.levels.clear();
        closed = self.write_passed().map_err(|_| Refused).and(closed);
        closed = self.model.close().and(closed);
        match halt {
            Halt::Stop(_) | Halt::Refused => Err(halt),
            _ if closed.is_err() => Err(Halt::Refused),
            Halt::Over => Ok(Outcome::Over),
            _ if cut => Ok(Outcome::Cut),
            _ => Ok(Outcome::End),
        }
    }

    /// Says what the end of the walk means; true if something is cut.
    pub(crate) fn conclude(&mut self, halt: Halt) -> bool {
        let (offset, path) = (self.stream.offset(), self.model.path().to_owned());
        match halt {
            Halt::Over => false,
            Halt::Cut => true,
            Halt::End => match self.stream.ended() {
                Some(Ended::Eof) | None if self.levels.len() > 1 => {
                    self.warn(
                        Code::Truncated,
                        offset,
                        path,
                        "the file ends inside a sequence, before its end or delimiter",
                    );
                    true
                }
                Some(Ended::Eof) | None => false,
                Some(ended) => {
                    self.warn_ended(ended, offset, path);
                    true
                }
            },
            Halt::Stop(stop) => say_stopped(self.model.out, Some(stop), offset, path),
            Halt::Refused => say_stopped(self.model.out, None, offset, path),
        }
    }

    pub(super) fn warn_ended(&mut self, ended: Ended, offset: u64, path: String) {
        match ended {
            Ended::Eof => self.warn(Code::Truncated, offset, path, "the file ends inside this element"),
            Ended::Missing => {
                self.warn(Code::MissingBytes, offset, path, "bytes of the file from here on were not supplied")
            }
            Ended::Corrupt => {
                self.warn(Code::DeflateError, offset, path, "the compressed data set is damaged from here on")
            }
        }
    }

    pub(crate) fn warn(&mut self, code: Code, offset: u64, path: String, message: impl Into<String>) {
        self.model.out.warn(code, offset, path, message);
    }

    /// The innermost open container.
    pub(crate) fn level(&self) -> Level {
        self.levels[self.levels.len() - 1]
    }

    pub(super) fn level_mut(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    async fn step(&mut self) -> Result<(), Halt> {
        let level = self.level();
        if self.stream.offset() >= level.bound {
            if level.end.is_none() {
                self.say_missing_delimiter();
            }
            return Ok(self.close_level(false)?);
        }
        match level.container {
            Container::Sequence => self.item(&level).await,
            _ => self.element(&level).await,
        }
    }

    /// The header at this place; an error where the stream ends before it, or in it.
    pub(super) async fn header(&mut self, encoding: Encoding) -> Result<Header, Halt> {
        if self.stream.buffered().len() < LONGEST_HEADER {
            self.stream.fill(LONGEST_HEADER).await?;
        }
        let bytes = self.stream.buffered();
        if let Some(header) = Header::decode(bytes, encoding) {
            return Ok(header);
        }
        if bytes.is_empty() {
            return Err(Halt::End);
        }
        let (offset, path) = (self.stream.offset(), self.model.path().to_owned());
        let padding = bytes.iter().all(|byte| *byte == 0) && self.stream.ended() == Some(Ended::Eof);
        if padding && self.levels.len() == 1 {
            self.warn(Code::TrailingBytes, offset, path, "zero bytes follow the last element");
            return Err(Halt::Over);
        }
        let ended = self.stream.ended().unwrap_or(Ended::Eof);
        match ended {
            Ended::Eof => self.warn(Code::Truncated, offset, path, "the file ends inside an element header"),
            other => self.warn_ended(other, offset, path),
        }
        Err(Halt::Cut)
    }

    /// How long a value of this VR may be that is shown.
    pub(super) fn limit_of(&self, vr: Vr) -> u64 {
        if matches!(vr.kind(), Kind::Binary(_)) { self.max_inline } else { self.max_value }
    }

    /// One step in a data set: an element, or a delimiter.
    pub(super) async fn element(&mut self, level: &Level) -> Result<(), Halt> {
        let offset = self.stream.offset();
        let mut header = match Header::decode(self.stream.buffered(), level.encoding) {
            Some(header) => header,
            None => self.header(level.encoding).await?,
        };
        if level.bound - offset < header.size as u64 {
            let path = self.model.path().to_owned();
            self.warn(Code::ElementOverrun, offset, path, "too few bytes for an element stand at the end of an item");
            return self.skip_to(level.bound).await;
        }
        if header.tag >> 16 == 0xFFFE {
            return self.delimiter(header, level);
        }
        match level.container {
            Container::FileMeta if header.tag >> 16 != 2 => return Err(Halt::Over),
            Container::DataSet if self.is_trailing(header, level) => {
                let path = self.model.path().to_owned();
                self.warn(Code::TrailingBytes, offset, path, "what follows the last element is no data element");
                return Err(Halt::Over);
            }
            _ => {}
        }
        let mut encoding = level.encoding;
        match header.vr {
            VrField::Unknown => header = self.unknown_vr(header, encoding).await?,
            VrField::Absent => {
                header = self.absent_vr(header, encoding).await?;
                encoding.explicit = false;
                if !std::mem::replace(&mut self.level_mut().said_implicit, true) {
                    let path = self.model.pointer(header.tag);
                    self.warn(Code::UnknownVr, offset, path, "an element shows no VR; it is read as implicit VR");
                }
            }
            _ => {}
        }
        if self.waits_for_sign(header, level) && self.hold_back(header, encoding).await? {
            return Ok(());
        }
        let order = self.order_of(header.tag, offset);
        let (vr, from_un) = self.vr_of(header, level, order);
        if from_un {
            encoding = Encoding::IMPLICIT;
        }
        self.level_mut().last_tag = header.tag;
        self.value(header, vr, encoding, order, offset).await
    }

    /// The value field of an element whose header stands at this place.
    async fn value(
        &mut self,
        header: Header,
        vr: Vr,
        encoding: Encoding,
        order: Order,
        offset: u64,
    ) -> Result<(), Halt> {
        let level = self.level();
        let tag = header.tag;
        let stored_as_un = header.vr == VrField::Known(Vr::UN) || header.vr == VrField::Unknown;
        if header.is_undefined() {
            self.stream.consume(header.size);
            if vr == Vr::SQ || vr == Vr::UN {
                let in_un = stored_as_un || (vr == Vr::UN && !level.encoding.explicit);
                let level = Level { encoding, ..level };
                return self.open_sequence((tag, offset), order, UNDEFINED, level, in_un);
            }
            return self.fragments(tag, vr, order, offset).await;
        }
        let room = level.bound - offset - header.size as u64;
        let mut length = u64::from(header.length);
        if length > room {
            let path = self.model.pointer(tag);
            self.warn(
                Code::ElementOverrun,
                offset,
                path,
                "an element is longer than what it stands in; it is cut there",
            );
            length = room;
        }
        if vr == Vr::SQ {
            self.stream.consume(header.size);
            let level = Level { encoding, ..level };
            return self.open_sequence((tag, offset), order, length as u32, level, stored_as_un);
        }
        if length % 2 == 1 {
            let path = self.model.pointer(tag);
            self.warn(Code::OddLength, offset, path, "the value has an odd length");
        }
        let main = level.container == Container::DataSet;
        let limit = self.limit_of(vr);
        let wanted = main && tag == pixel_data::EXTENDED_OFFSET_TABLE && length <= pixel_data::LONGEST_TABLE;
        let here = offset + header.size as u64;
        if length > limit && !wanted {
            self.stream.consume(header.size);
            if !self.skip_value(length).await? {
                return Err(self.cut_pixels(tag, order, here, offset));
            }
            if main && tag == pixel_data::EXTENDED_OFFSET_TABLE && order != Order::Duplicate {
                self.warn(Code::OffsetTable, offset, self.model.pointer(tag), pixel_data::TABLE_TOO_LONG);
            }
            self.bulk(tag, vr, order, here, length)?;
        } else {
            let size = header.size + length as usize;
            if self.stream.buffered().len() < size && !self.stream.fill(size).await? {
                return Err(self.cut_pixels(tag, order, here, offset));
            }
            self.inline(tag, vr, encoding, order, header.size, length, limit)?;
            self.stream.consume(size);
        }
        if main && pixel_data::is_pixel_data(tag) && order != Order::Duplicate {
            self.pass_native(tag, here, Some(length), offset);
        }
        if main && tag == PIXEL_REPRESENTATION {
            self.write_pending()?;
        }
        Ok(())
    }

    /// Writes an element whose value is buffered behind its header.
    #[allow(clippy::too_many_arguments)] // one call; a struct would only rename them
    pub(super) fn inline(
        &mut self,
        tag: u32,
        vr: Vr,
        encoding: Encoding,
        order: Order,
        header: usize,
        length: u64,
        limit: u64,
    ) -> Result<(), Halt> {
        let offset = self.stream.offset();
        let Walk { stream, model, text, levels, pixels, meta, .. } = self;
        let Some(raw) = stream.buffered().get(header..header + length as usize) else { return Err(Halt::End) };
        let Some(level) = levels.last_mut() else { return Err(Halt::End) };
        if order != Order::Duplicate {
            if tag == pixel_data::EXTENDED_OFFSET_TABLE && level.container == Container::DataSet {
                let charge = Charge::new(model.out.budget(), raw.len()).map_err(|_| Halt::Refused)?;
                pixels.note_table(raw, encoding.big_endian, charge);
            }
            note(level, pixels, meta, tag, raw, encoding, (offset, header), model);
        }
        if element::is_group_length(tag) {
            return Ok(());
        }
        if length > limit {
            let value = offset + header as u64;
            return self.bulk(tag, vr, order, value, length);
        }
        let _charge = match raw.len() > UNCHARGED {
            true => {
                let line = if model.out.sends_records() { 0 } else { json::room(raw) };
                let text = if charset::is_plain(raw) { 0 } else { raw.len() };
                Some(Charge::new(model.out.budget(), text + line).map_err(|_| Halt::Refused)?)
            }
            false => None,
        };
        let how = Reading { vr, big_endian: encoding.big_endian, charset: level.charset };
        let findings = model.element(tag, order, |out| value::write(out, raw, how, text))?;
        if text.capacity() > 0x40000 {
            *text = String::new();
        }
        if let Some(findings) = findings
            && !findings.is_empty()
        {
            self.say(findings, tag, offset);
        }
        Ok(())
    }

    /// Writes an element by the place of its value.
    pub(crate) fn bulk(&mut self, tag: u32, vr: Vr, order: Order, offset: u64, length: u64) -> Result<(), Halt> {
        self.model.element(tag, order, |out| {
            write!(out, "{{\"vr\":\"{}\",\"BulkDataURI\":\"?offset={offset}&length={length}\"}}", vr.name())
        })?;
        Ok(())
    }

    pub(super) fn say(&mut self, findings: Findings, tag: u32, offset: u64) {
        for oddity in findings.text.iter() {
            let code = match oddity {
                Oddity::Undeclared | Oddity::Guessed | Oddity::UndeclaredEscape => Code::CharsetUndeclared,
                _ => Code::CharsetUndecodable,
            };
            self.warn(code, offset, self.model.pointer(tag), oddity.message());
        }
        let path = || self.model.pointer(tag);
        let (ragged, number, groups) =
            (findings.ragged.then(path), findings.bad_number.then(path), findings.many_groups.then(path));
        if let Some(path) = ragged {
            self.warn(
                Code::RaggedLength,
                offset,
                path,
                "the value is no whole number of its VR's numbers; the rest is left out",
            );
        }
        if let Some(path) = number {
            self.warn(Code::BadNumber, offset, path, "a number is not legal by its VR; it stands as a string");
        }
        if let Some(path) = groups {
            self.warn(
                Code::NameGroups,
                offset,
                path,
                "a person name has more than three component groups; three are shown",
            );
        }
    }

    /// Skips a value; false: the stream ends before, and nothing was said yet.
    pub(crate) async fn skip_value(&mut self, length: u64) -> Result<bool, Halt> {
        if !self.stream.skip(length).await? {
            return Ok(false);
        }
        Ok(self.stream.fill(LONGEST_HEADER).await? || !self.stream.is_behind_the_end())
    }

    /// Says that the stream ends inside an element.
    pub(crate) fn cut(&mut self, tag: u32, offset: u64) -> Halt {
        let path = self.model.pointer(tag);
        self.warn_ended(self.stream.ended().unwrap_or(Ended::Eof), offset, path);
        Halt::Cut
    }

    /// The same where that may be pixel data, whose value stands at `here`.
    fn cut_pixels(&mut self, tag: u32, order: Order, here: u64, offset: u64) -> Halt {
        let main = self.level().container == Container::DataSet;
        if main && pixel_data::is_pixel_data(tag) && order != Order::Duplicate {
            self.pass_native(tag, here, None, offset);
        }
        self.cut(tag, offset)
    }

    pub(super) async fn skip_to(&mut self, end: u64) -> Result<(), Halt> {
        let offset = self.stream.offset();
        if end == u64::MAX {
            return Err(Halt::Cut);
        }
        if self.skip_value(end - offset).await? {
            return Ok(());
        }
        let path = self.model.path().to_owned();
        self.warn_ended(self.stream.ended().unwrap_or(Ended::Eof), offset, path);
        Err(Halt::Cut)
    }

    /// Says that what follows can't be read as this element, and goes on behind what it stands in.
    pub(crate) async fn unreadable(&mut self, tag: u32, offset: u64, message: &str) -> Result<(), Halt> {
        let path = self.model.pointer(tag);
        self.warn(Code::Unreadable, offset, path, message);
        let bound = self.level().bound;
        self.skip_to(bound).await
    }

    /// A header that can't stand behind the last element: padding or junk at the end of the file.
    pub(super) fn is_trailing(&self, header: Header, level: &Level) -> bool {
        if header.tag == 0 {
            // The group length of a command set that was stored by mistake is no padding.
            return header.length != 4 || !matches!(header.vr, VrField::Known(Vr::UL) | VrField::None);
        }
        match header.vr {
            VrField::Known(_) => false,
            VrField::None => header.tag <= level.last_tag && !element::is_plausible_after(header.tag, 0),
            VrField::Unknown | VrField::Absent => !element::is_plausible_after(header.tag, level.last_tag),
        }
    }

    /// Where a tag stands among its neighbours; what is odd about that is said.
    pub(super) fn order_of(&mut self, tag: u32, offset: u64) -> Order {
        if self.model.is_muted() {
            return Order::Duplicate;
        }
        let pending = if self.levels.len() == 1 { self.pending.as_slice() } else { &[] };
        let order = match pending.iter().any(|pending| pending.tag == tag) {
            true => Order::Duplicate,
            false => self.model.order(tag),
        };
        let late = pending.iter().any(|pending| pending.tag > tag);
        let path = || self.model.pointer(tag);
        match order {
            Order::Ascending if !late => {}
            Order::Ascending | Order::Lower => {
                let path = path();
                self.warn(Code::TagOrder, offset, path, "the tag is lower than the one before it; it is sorted in");
            }
            Order::Duplicate => {
                let path = path();
                self.warn(Code::DuplicateTag, offset, path, "the tag stands twice; the first one counts");
            }
        }
        order
    }
}

/// Keeps what later elements depend on.
#[allow(clippy::too_many_arguments)] // the parts of a walk, apart because their borrows are
fn note(
    level: &mut Level,
    pixels: &mut PixelFacts,
    meta: &mut MetaFacts,
    tag: u32,
    raw: &[u8],
    encoding: Encoding,
    (offset, header): (u64, usize),
    model: &mut Model<'_>,
) {
    let short = || Cursor::new(raw, encoding.big_endian).u16();
    match tag {
        CHARACTER_SET => {
            let (charset, odd) = CharacterSets::parse(raw);
            level.charset = charset;
            for oddity in odd.iter() {
                let path = model.pointer(tag);
                model.out.warn(Code::CharsetUnknown, offset, path, oddity.message());
            }
        }
        PIXEL_REPRESENTATION => level.signed = short().map(|value| value != 0),
        LUT_DESCRIPTOR => level.lut_entries = short(),
        0x0002_0000 if level.container == Container::FileMeta => {
            meta.length = Cursor::new(raw, false).u32().map(|length| (length, offset + (header + raw.len()) as u64));
        }
        0x0002_0010 if level.container == Container::FileMeta => {
            let text = String::from_utf8_lossy(raw);
            meta.transfer_syntax = Some(text.trim_matches([' ', '\0']).to_owned());
        }
        _ => {}
    }
    if level.container == Container::DataSet {
        pixels.note(tag, raw, encoding.big_endian);
    }
}
