//! The walk over a data set (PS3.5 section 7): elements, sequences and items, however deep, without recursion.
//!
//! Containers stand on a stack of [`Level`]s. Each step reads one element, one item header or one delimiter. Payload is
//! skipped; what follows it tells whether the file reaches so far. Whatever is odd becomes a warning, and the walk goes on.

use super::charset::CharacterSets;
use super::element::{self, Header, LONGEST_HEADER, VrField};
use super::element_vr::Pending;
use super::model::{Model, Order};
use super::pixel_data::{Passed, PixelFacts};
use super::transfer_syntax::{Encoding, TransferSyntax};
use super::vr::Vr;
use crate::budget::Charge;
use crate::document::builder::{Output, Refused};
use crate::document::warnings::Code;
use crate::engine::stream::{Ended, Stream};
use crate::engine::window::Stop;
use crate::formats::say_stopped;
use crate::options::Options;

/// Pixel Representation.
pub(super) const PIXEL_REPRESENTATION: u32 = 0x0028_0103;
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
        let (offset, path) = (self.stream.offset(), |model: &Model<'_>| model.path().to_owned());
        match halt {
            Halt::Over => false,
            Halt::Cut => true,
            Halt::End => match self.stream.ended() {
                Some(Ended::Eof) | None if self.levels.len() > 1 => {
                    let message = "the file ends inside a sequence, before its end or delimiter";
                    self.warn(Code::Truncated, offset, path(&self.model), message);
                    true
                }
                Some(Ended::Eof) | None => false,
                Some(ended) => {
                    self.warn_ended(ended, offset, path(&self.model));
                    true
                }
            },
            Halt::Stop(_) | Halt::Refused => {
                let stop = if let Halt::Stop(stop) = halt { Some(stop) } else { None };
                let path = path(&self.model);
                say_stopped(self.model.out, stop, offset, path)
            }
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
