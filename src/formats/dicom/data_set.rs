//! The walk over a data set (PS3.5 section 7): elements, sequences and items, however deep, without recursion.
//!
//! Containers stand on a stack of [`Level`]s. Each step reads one element, one item header or one delimiter. Payload is
//! skipped; what follows it tells whether the file reaches so far. Whatever is odd becomes a warning, and the walk goes on.

use std::io::Write;

use super::charset::{CharacterSets, Oddity};
use super::dictionary::{self, DictionaryVr};
use super::element::{self, Header, ITEM, ITEM_DELIMITER, LONGEST_HEADER, SEQUENCE_DELIMITER, UNDEFINED, VrField};
use super::model::{Model, Order};
use super::pixel_data::{self, PixelFacts};
use super::transfer_syntax::{Encoding, TransferSyntax};
use super::value::{self, Findings, Reading};
use super::vr::{Kind, Vr};
use crate::budget::Charge;
use crate::cursor::Cursor;
use crate::document::builder::{Output, Refused};
use crate::document::warnings::Code;
use crate::engine::stream::{Ended, Stream};
use crate::engine::window::Stop;
use crate::options::Options;

/// Specific Character Set.
const CHARACTER_SET: u32 = 0x0008_0005;
/// Pixel Representation.
const PIXEL_REPRESENTATION: u32 = 0x0028_0103;
/// LUT Descriptor.
const LUT_DESCRIPTOR: u32 = 0x0028_3002;
/// Longer values are not held back, in bytes.
const LONGEST_PENDING: u32 = 64;
/// Values of UN from this length on may be UN only because no other VR has so long a value (PS3.5 6.2.2 note 2).
const LONG_UN: u32 = 0xFFFF;

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
    tag: u32,
    /// Where it ends, if its length is defined.
    end: Option<u64>,
    /// Where the innermost container of defined length ends; `u64::MAX`: none is open.
    pub(crate) bound: u64,
    pub(crate) encoding: Encoding,
    /// A sequence in UN: its items are implicit VR, unless they show explicit VRs (PS3.5 6.2.2 note 4).
    in_un: bool,
    /// A sequence that the depth limit cuts: its items are walked over, not written.
    silent: bool,
    said_implicit: bool,
    charset: CharacterSets,
    signed: Option<bool>,
    lut_entries: Option<u16>,
    last_tag: u32,
}

/// The walk over one file's data sets.
pub(crate) struct Walk<'a> {
    pub(crate) stream: Stream,
    pub(crate) model: Model<'a>,
    pub(crate) syntax: TransferSyntax,
    pub(crate) pixels: PixelFacts,
    pub(crate) levels: Vec<Level>,
    levels_charge: Option<Charge>,
    sequences_open: u32,
    max_depth: u32,
    max_value: u64,
    max_inline: u64,
    text: String,
    pending: Vec<Pending>,
    /// Raw values of the file meta information that the reader of it needs.
    pub(crate) meta: MetaFacts,
}

/// An element that is held back until its VR is settled.
struct Pending {
    tag: u32,
    raw: Vec<u8>,
    big_endian: bool,
    offset: u64,
}

/// What the file meta information says.
#[derive(Debug, Default)]
pub(crate) struct MetaFacts {
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
            if let Err(halt) = self.step().await {
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
        closed = self.model.close(cut).and(closed);
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
        let budget = self.model.out.budget().clone();
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
            Halt::Stop(Stop::Cancelled) => {
                self.warn(Code::Cancelled, offset, path, "the extraction was cancelled here");
                true
            }
            Halt::Refused if self.model.out.cancelled => {
                self.warn(Code::Cancelled, offset, path, "the record callback cancelled the extraction here");
                true
            }
            Halt::Stop(Stop::Limit) | Halt::Refused => {
                budget.open_reserve();
                self.warn(
                    Code::MemoryLimit,
                    offset,
                    path,
                    "the memory limit was reached here; what follows is left out",
                );
                true
            }
        }
    }

    fn warn_ended(&mut self, ended: Ended, offset: u64, path: String) {
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

    fn level_mut(&mut self) -> &mut Level {
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

    fn say_missing_delimiter(&mut self) {
        let (offset, path) = (self.stream.offset(), self.model.path().to_owned());
        let message = match self.level().container {
            Container::Item => "an item of undefined length has no item delimiter",
            _ => "a sequence of undefined length has no sequence delimiter",
        };
        self.warn(Code::MissingDelimiter, offset, path, message);
    }

    /// The header at this place; an error where the stream ends before it, or in it.
    async fn header(&mut self, encoding: Encoding) -> Result<Header, Halt> {
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

    // --- sequences -------------------------------------------------------------------------------------------------

    /// One step in a sequence: an item header, or the delimiter (PS3.5 7.5).
    async fn item(&mut self, level: &Level) -> Result<(), Halt> {
        let offset = self.stream.offset();
        let header = match Header::decode(self.stream.buffered(), level.encoding) {
            Some(header) => header,
            None => self.header(level.encoding).await?,
        };
        match header.tag {
            ITEM => {
                self.stream.consume(8);
                let end = self.end_of(header.length, level.bound, Code::ItemOverrun, offset);
                let mut encoding = level.encoding;
                if end != Some(self.stream.offset()) && (level.in_un || encoding.explicit) {
                    encoding = self.encoding_of_item(level, offset).await?;
                }
                self.make_room()?;
                self.model.open_item()?;
                let bound = end.unwrap_or(level.bound);
                self.levels.push(Level { container: Container::Item, end, bound, encoding, last_tag: 0, ..*level });
                Ok(())
            }
            SEQUENCE_DELIMITER => {
                self.consume_delimiter(header);
                if level.end.is_some() {
                    self.say_stray(offset);
                    return Ok(());
                }
                Ok(self.close_level(false)?)
            }
            ITEM_DELIMITER => {
                self.consume_delimiter(header);
                self.say_stray(offset);
                Ok(())
            }
            _ if level.end.is_none() => {
                self.say_missing_delimiter();
                Ok(self.close_level(false)?)
            }
            _ => {
                let path = self.model.path().to_owned();
                self.warn(
                    Code::Unreadable,
                    offset,
                    path,
                    "no item stands where the sequence goes on; the rest of it is left out",
                );
                self.skip_to(level.bound).await
            }
        }
    }

    /// How an item of a sequence is encoded: by the VRs that it shows, where it should show some or could.
    async fn encoding_of_item(&mut self, level: &Level, offset: u64) -> Result<Encoding, Halt> {
        self.stream.fill(8).await?;
        let Some(bytes) = self.stream.buffered().first_chunk::<8>() else { return Ok(level.encoding) };
        let delimiter = bytes[..2] == [0xFE, 0xFF] || bytes[..2] == [0xFF, 0xFE];
        let letters = [bytes[4], bytes[5]];
        let known = Vr::from_bytes(letters).is_some();
        if level.in_un && !level.encoding.explicit && known && !delimiter {
            let path = self.model.path().to_owned();
            self.warn(
                Code::UnEncoding,
                offset,
                path,
                "an item of a sequence in UN shows explicit VRs; it is read with them",
            );
            return Ok(Encoding::EXPLICIT);
        }
        if level.encoding.explicit && !delimiter && !letters.iter().all(u8::is_ascii_uppercase) {
            let path = self.model.path().to_owned();
            self.warn(Code::UnknownVr, offset, path, "an item shows no explicit VRs; it is read as implicit VR");
            return Ok(Encoding { explicit: false, ..level.encoding });
        }
        Ok(level.encoding)
    }

    /// Where a container of this length ends; what is longer than its surroundings is cut to them.
    fn end_of(&mut self, length: u32, bound: u64, code: Code, offset: u64) -> Option<u64> {
        if length == UNDEFINED {
            return None;
        }
        let end = self.stream.offset() + u64::from(length);
        if end > bound {
            let path = self.model.path().to_owned();
            self.warn(code, offset, path, "an item is longer than what it stands in; it is cut there");
        }
        Some(end.min(bound))
    }

    /// Makes room for one more level, before anything is written for it.
    fn make_room(&mut self) -> Result<(), Halt> {
        if self.levels.len() == self.levels.capacity() {
            let capacity = (self.levels.capacity() * 2).max(16);
            let bytes = capacity * size_of::<Level>();
            match &mut self.levels_charge {
                Some(charge) => charge.grow_to(bytes).map_err(|_| Halt::Refused)?,
                none => *none = Some(Charge::new(self.model.out.budget(), bytes).map_err(|_| Halt::Refused)?),
            }
            self.levels.reserve_exact(capacity - self.levels.len());
        }
        Ok(())
    }

    /// Opens a sequence element, whose header was consumed.
    fn open_sequence(&mut self, tag: u32, order: Order, length: u32, level: Level, in_un: bool) -> Result<(), Halt> {
        let offset = self.stream.offset();
        self.make_room()?;
        self.model.open_sequence(tag, order)?;
        self.sequences_open += 1;
        let silent = self.sequences_open == self.max_depth + 1;
        if silent {
            let path = self.model.path().to_owned();
            self.warn(Code::DepthLimit, offset, path, format!("nesting is deeper than {} sequences", self.max_depth));
            self.model.mute();
        }
        let end = self.end_of(length, level.bound, Code::ElementOverrun, offset);
        let bound = end.unwrap_or(level.bound);
        let encoding = if in_un { Encoding::IMPLICIT } else { level.encoding };
        let in_un = level.in_un || in_un;
        self.levels.push(Level { container: Container::Sequence, tag, end, bound, encoding, in_un, silent, ..level });
        Ok(())
    }

    /// Closes the innermost container, which is not the outermost.
    fn close_level(&mut self, cut: bool) -> Result<(), Refused> {
        let Some(level) = self.levels.pop() else { return Ok(()) };
        match level.container {
            Container::Item => self.model.close_item(cut),
            _ => {
                self.sequences_open -= 1;
                if level.silent {
                    self.model.unmute();
                }
                self.model.close_sequence(level.tag)
            }
        }
    }

    /// A delimiter: its length should be 0, and means nothing.
    fn consume_delimiter(&mut self, header: Header) {
        if header.length != 0 && header.length != UNDEFINED || header.is_undefined() {
            let (offset, path) = (self.stream.offset(), self.model.path().to_owned());
            self.warn(Code::DelimiterLength, offset, path, "a delimiter has a length; it is ignored");
        }
        self.stream.consume(8);
    }

    fn say_stray(&mut self, offset: u64) {
        let path = self.model.path().to_owned();
        self.warn(Code::StrayDelimiter, offset, path, "a delimiter or item stands where there is nothing to delimit");
    }

    /// A tag of group FFFE among elements (PS3.5 7.5).
    fn delimiter(&mut self, header: Header, level: &Level) -> Result<(), Halt> {
        let offset = self.stream.offset();
        let undefined_item = level.container == Container::Item && level.end.is_none();
        match header.tag {
            ITEM_DELIMITER if undefined_item => {
                self.consume_delimiter(header);
                Ok(self.close_level(false)?)
            }
            ITEM | SEQUENCE_DELIMITER if undefined_item => {
                self.say_missing_delimiter();
                Ok(self.close_level(false)?)
            }
            _ => {
                self.stream.consume(8);
                self.say_stray(offset);
                Ok(())
            }
        }
    }

    // --- elements --------------------------------------------------------------------------------------------------

    /// One step in a data set: an element, or a delimiter.
    async fn element(&mut self, level: &Level) -> Result<(), Halt> {
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
        let (vr, from_un) = self.vr_of(header, level);
        if from_un {
            encoding = Encoding::IMPLICIT;
        }
        let order = self.order_of(header.tag, offset);
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
                return self.open_sequence(tag, order, UNDEFINED, level, in_un);
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
            return self.open_sequence(tag, order, length as u32, level, stored_as_un);
        }
        if length % 2 == 1 {
            let path = self.model.pointer(tag);
            self.warn(Code::OddLength, offset, path, "the value has an odd length");
        }
        let main = level.container == Container::DataSet;
        let limit = if matches!(vr.kind(), Kind::Binary(_)) { self.max_inline } else { self.max_value };
        let wanted = main && tag == pixel_data::EXTENDED_OFFSET_TABLE && length <= pixel_data::LONGEST_TABLE;
        let here = offset + header.size as u64;
        if length > limit && !wanted {
            self.stream.consume(header.size);
            if !self.skip_value(length).await? {
                if main && pixel_data::is_pixel_data(tag) && order != Order::Duplicate {
                    self.native_pixels(tag, here, None, offset)?;
                }
                return Err(self.cut(tag, offset));
            }
            self.bulk(tag, vr, order, here, length)?;
        } else {
            let size = header.size + length as usize;
            if self.stream.buffered().len() < size && !self.stream.fill(size).await? {
                return Err(self.cut(tag, offset));
            }
            self.inline(tag, vr, encoding, order, header.size, length, limit)?;
            self.stream.consume(size);
        }
        if main && pixel_data::is_pixel_data(tag) && order != Order::Duplicate {
            self.native_pixels(tag, here, Some(length), offset)?;
        }
        if main && tag == PIXEL_REPRESENTATION {
            self.write_pending()?;
        }
        Ok(())
    }

    /// Writes an element whose value is buffered behind its header.
    #[allow(clippy::too_many_arguments)] // one call; a struct would only rename them
    fn inline(
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
            note(level, pixels, meta, tag, raw, encoding, offset + (header + raw.len()) as u64, model);
        }
        if element::is_group_length(tag) {
            return Ok(());
        }
        if length > limit {
            let value = offset + header as u64;
            return self.bulk(tag, vr, order, value, length);
        }
        let _charge = match raw.len() > 0xFFFF {
            true => Some(Charge::new(model.out.budget(), raw.len().saturating_mul(6)).map_err(|_| Halt::Refused)?),
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

    fn say(&mut self, findings: Findings, tag: u32, offset: u64) {
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

    async fn skip_to(&mut self, end: u64) -> Result<(), Halt> {
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
    fn is_trailing(&self, header: Header, level: &Level) -> bool {
        if header.tag == 0 {
            return true;
        }
        match header.vr {
            VrField::Known(_) => false,
            VrField::None => header.tag <= level.last_tag && !element::is_plausible_after(header.tag, 0),
            VrField::Unknown | VrField::Absent => !element::is_plausible_after(header.tag, level.last_tag),
        }
    }

    /// Two letters that are no VR: whether a 16-bit or a 32-bit length follows shows in what stands behind the value.
    async fn unknown_vr(&mut self, header: Header, encoding: Encoding) -> Result<Header, Halt> {
        let offset = self.stream.offset();
        let path = self.model.pointer(header.tag);
        self.warn(Code::UnknownVr, offset, path, "the VR is none of PS3.5; the value is shown as UN");
        if self.lands(header, encoding).await? {
            return Ok(header);
        }
        Ok(header.with_long_length(self.stream.buffered(), encoding).unwrap_or(header))
    }

    /// No VR where one should stand: mostly an implicit header. One of zeros may also be a VR that was left blank; then the
    /// form counts behind whose value an element stands.
    async fn absent_vr(&mut self, header: Header, encoding: Encoding) -> Result<Header, Halt> {
        self.stream.fill(LONGEST_HEADER).await?;
        let Some(&[_, _, _, _, 0, 0, a, b, ref long @ ..]) = self.stream.buffered().first_chunk::<LONGEST_HEADER>()
        else {
            return Ok(header);
        };
        let short = Cursor::new(&[a, b], encoding.big_endian).u16().unwrap_or(0);
        let long = Cursor::new(long, encoding.big_endian).u32().unwrap_or(UNDEFINED);
        let forms = [
            header,
            Header { length: short.into(), ..header },
            Header { length: long, size: LONGEST_HEADER, ..header },
        ];
        for form in forms {
            if form.length <= LONG_UN && self.lands(form, encoding).await? {
                return Ok(form);
            }
        }
        Ok(header)
    }

    /// True if behind the value of this length an element may well stand, or the end of what it stands in.
    async fn lands(&mut self, header: Header, encoding: Encoding) -> Result<bool, Halt> {
        let end = header.size + header.length as usize;
        if self.stream.offset() + end as u64 == self.level().bound {
            return Ok(true);
        }
        let follows = self.stream.fill(end + 4).await?;
        let bytes = self.stream.buffered();
        Ok(match bytes.get(end..end + 4) {
            Some(next) => Header::decode(&[next, &[0; 8]].concat(), Encoding { explicit: false, ..encoding })
                .is_some_and(|next| element::is_plausible_after(next.tag, header.tag)),
            None => !follows && bytes.len() == end,
        })
    }

    /// An element of the main data set whose VR is US or SS by a Pixel Representation that has not come yet.
    fn waits_for_sign(&self, header: Header, level: &Level) -> bool {
        level.container == Container::DataSet
            && level.signed.is_none()
            && header.tag < PIXEL_REPRESENTATION
            && header.length <= LONGEST_PENDING
            && matches!(header.vr, VrField::None | VrField::Absent | VrField::Known(Vr::UN))
            && dictionary::lookup(header.tag) == Some(DictionaryVr::UsOrSs)
    }

    /// Holds such an element back; false: it can't be.
    async fn hold_back(&mut self, header: Header, encoding: Encoding) -> Result<bool, Halt> {
        let (tag, offset) = (header.tag, self.stream.offset());
        if self.order_of(tag, offset) == Order::Duplicate {
            return Ok(false);
        }
        let size = header.size + header.length as usize;
        if !self.stream.fill(size).await? {
            return Err(self.cut(tag, offset));
        }
        let raw = self.stream.buffered().get(header.size..size).unwrap_or(&[]).to_vec();
        let big_endian = encoding.big_endian && header.vr != VrField::Known(Vr::UN);
        self.pending.push(Pending { tag, raw, big_endian, offset });
        self.stream.consume(size);
        self.level_mut().last_tag = tag;
        Ok(true)
    }

    /// Writes what was held back, now that Pixel Representation is known or does not come.
    fn write_pending(&mut self) -> Result<(), Refused> {
        let signed = self.levels.first().and_then(|level| level.signed);
        for Pending { tag, raw, big_endian, offset } in std::mem::take(&mut self.pending) {
            if signed.is_none() {
                self.say_ambiguous(tag, offset);
            }
            let vr = if signed == Some(true) { Vr::SS } else { Vr::US };
            let how = Reading { vr, big_endian, charset: CharacterSets::DEFAULT };
            let text = &mut self.text;
            let findings = self.model.element(tag, Order::Lower, |out| value::write(out, &raw, how, text))?;
            self.say(findings.unwrap_or_default(), tag, offset);
        }
        Ok(())
    }

    /// Names what was held back for an element that is missing.
    fn drop_pending(&mut self) {
        for Pending { tag, offset, .. } in std::mem::take(&mut self.pending) {
            let path = self.model.pointer(tag);
            self.warn(Code::Truncated, offset, path, "the element that settles its VR is missing");
        }
    }

    /// Where a tag stands among its neighbours; what is odd about that is said.
    fn order_of(&mut self, tag: u32, offset: u64) -> Order {
        let pending = self.levels.len() == 1 && self.pending.iter().any(|pending| pending.tag == tag);
        let order = if pending { Order::Duplicate } else { self.model.order(tag) };
        let path = || self.model.pointer(tag);
        match order {
            Order::Ascending => {}
            Order::Lower => {
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

    /// The VR that a value is shown with, and whether it is UN read as what PS3.6 knows (PS3.5 6.2.2).
    fn vr_of(&mut self, header: Header, level: &Level) -> (Vr, bool) {
        let tag = header.tag;
        match header.vr {
            VrField::Known(Vr::UN) if header.length < LONG_UN && !element::is_private(tag) => {
                match dictionary::lookup(tag) {
                    Some(vr) => (self.settle(vr, tag, header, level), true),
                    None => (Vr::UN, false),
                }
            }
            VrField::Known(vr) => (vr, false),
            VrField::Unknown => (Vr::UN, false),
            VrField::Absent | VrField::None if element::is_private_creator(tag) => (Vr::LO, false),
            VrField::Absent | VrField::None => match dictionary::lookup(tag) {
                Some(vr) => (self.settle(vr, tag, header, level), false),
                None => (Vr::UN, false),
            },
        }
    }

    /// One VR of those that PS3.6 leaves open: by the context, else the default and a warning.
    fn settle(&mut self, vr: DictionaryVr, tag: u32, header: Header, level: &Level) -> Vr {
        let (settled, default) = match vr {
            DictionaryVr::Exact(vr) => return vr,
            // PS3.5 A.1 and A.4: implicit VR has OW, fragments are OB.
            DictionaryVr::ObOrOw if header.is_undefined() => return Vr::OB,
            DictionaryVr::ObOrOw => return Vr::OW,
            DictionaryVr::UsOrSs => (level.signed.map(|signed| if signed { Vr::SS } else { Vr::US }), Vr::US),
            // PS3.3 C.11.1.1.1: one entry is US.
            DictionaryVr::UsOrOw => (level.lut_entries.map(|n| if n == 1 { Vr::US } else { Vr::OW }), Vr::OW),
        };
        settled.unwrap_or_else(|| {
            self.say_ambiguous(tag, self.stream.offset());
            default
        })
    }

    fn say_ambiguous(&mut self, tag: u32, offset: u64) {
        let path = self.model.pointer(tag);
        self.warn(Code::AmbiguousVr, offset, path, "nothing in the data set decides the VR; the default is taken");
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
    end: u64,
    model: &mut Model<'_>,
) {
    let short = || Cursor::new(raw, encoding.big_endian).u16();
    match tag {
        CHARACTER_SET => {
            let (charset, odd) = CharacterSets::parse(raw);
            level.charset = charset;
            for oddity in odd.iter() {
                let path = model.pointer(tag);
                model.out.warn(Code::CharsetUnknown, end - raw.len() as u64, path, oddity.message());
            }
        }
        PIXEL_REPRESENTATION => level.signed = short().map(|value| value != 0),
        LUT_DESCRIPTOR => level.lut_entries = short(),
        0x0002_0000 if level.container == Container::FileMeta => {
            meta.length = Cursor::new(raw, false).u32().map(|length| (length, end));
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
