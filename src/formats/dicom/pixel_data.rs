//! Pixel data: native values, encapsulated fragments (PS3.5 A.4), and their entries in `properties.arrays`.

use std::io::{self, Write};

use super::data_set::{Container, Halt, Walk};
use super::element::{Header, ITEM, SEQUENCE_DELIMITER};
use super::model::Order;
use super::transfer_syntax::Encoding;
use super::vr::Vr;
use crate::budget::Charge;
use crate::cursor::Cursor;
use crate::document::builder::{Output, Refused};
use crate::document::text::Text;
use crate::document::warnings::Code;

/// Extended Offset Table.
pub(crate) const EXTENDED_OFFSET_TABLE: u32 = 0x7FE0_0001;
/// Offset tables longer than this are not read, in bytes.
pub(crate) const LONGEST_TABLE: u64 = 16 << 20;
/// What is said of such tables.
pub(crate) const TABLE_TOO_LONG: &str = "the offset table is longer than is read; it is not used";

const FLOAT_PIXEL_DATA: u32 = 0x7FE0_0008;
const DOUBLE_FLOAT_PIXEL_DATA: u32 = 0x7FE0_0009;
const PIXEL_DATA: u32 = 0x7FE0_0010;

pub(crate) fn is_pixel_data(tag: u32) -> bool {
    matches!(tag, PIXEL_DATA | FLOAT_PIXEL_DATA | DOUBLE_FLOAT_PIXEL_DATA)
}

/// What the main data set says about its pixels (PS3.3 C.7.6.3).
#[derive(Debug, Default)]
pub(crate) struct PixelFacts {
    rows: Option<u64>,
    columns: Option<u64>,
    bits: Option<u64>,
    samples: Option<u64>,
    frames: Option<u64>,
    signed: bool,
    planar: bool,
    half_chroma: bool,
    extended: Option<(Vec<u64>, Charge)>,
}

impl PixelFacts {
    /// Takes the raw value of an element of the main data set.
    pub(crate) fn note(&mut self, tag: u32, raw: &[u8], big_endian: bool) {
        let short = || Cursor::new(raw, big_endian).u16().map(u64::from);
        let text = || String::from_utf8_lossy(raw).trim_matches([' ', '\0']).to_owned();
        match tag {
            0x0028_0002 => self.samples = short(),
            0x0028_0004 => self.half_chroma = text().contains("422"),
            0x0028_0006 => self.planar = short() == Some(1),
            0x0028_0008 => self.frames = text().parse().ok(),
            0x0028_0010 => self.rows = short(),
            0x0028_0011 => self.columns = short(),
            0x0028_0100 => self.bits = short(),
            0x0028_0103 => self.signed = short() == Some(1),
            _ => {}
        }
    }

    /// Takes the raw value of the extended offset table; `charge` is for as many bytes.
    pub(crate) fn note_table(&mut self, raw: &[u8], big_endian: bool, charge: Charge) {
        let mut cursor = Cursor::new(raw, big_endian);
        let mut starts = Vec::with_capacity(raw.len() / 8);
        starts.extend(std::iter::from_fn(|| cursor.u64()));
        self.extended = Some((starts, charge));
    }

    fn frames(&self) -> u64 {
        self.frames.unwrap_or(1)
    }

    fn bits(&self, tag: u32) -> Option<u64> {
        match tag {
            FLOAT_PIXEL_DATA => Some(32),
            DOUBLE_FLOAT_PIXEL_DATA => Some(64),
            _ => self.bits,
        }
    }

    /// In stored order; frames and samples are left out where they are 1.
    fn shape(&self) -> Option<Vec<u64>> {
        let (rows, columns, samples) = (self.rows?, self.columns?, self.samples.unwrap_or(1));
        let frame = if self.planar { [samples, rows, columns] } else { [rows, columns, samples] };
        let at_samples = if self.planar { 0 } else { 2 };
        let mut shape: Vec<u64> = Some(self.frames()).filter(|frames| *frames != 1).into_iter().collect();
        let dimensions = frame.into_iter().enumerate().filter(|(at, count)| *at != at_samples || *count != 1);
        shape.extend(dimensions.map(|(_, count)| count));
        Some(shape)
    }

    /// Size of the decoded samples in bytes.
    fn size(&self, tag: u32) -> Option<u64> {
        let bits = self.bits(tag)?;
        let samples = self.shape()?.into_iter().try_fold(1u64, u64::checked_mul)?;
        samples.checked_mul(bits).map(|bits| bits.div_ceil(8))
    }

    fn dtype(&self, tag: u32, big_endian: bool) -> Option<String> {
        let kind = match (tag, self.signed) {
            (PIXEL_DATA, false) => 'u',
            (PIXEL_DATA, true) => 'i',
            _ => 'f',
        };
        Some(match self.bits(tag)? {
            8 => format!("|{kind}1"),
            bits @ (16 | 32 | 64) => format!("{}{kind}{}", if big_endian { '>' } else { '<' }, bits / 8),
            _ => return None,
        })
    }
}

/// Pixel data that was passed. Its entry is written when the data set has ended: what describes it may stand behind it.
pub(crate) struct Passed {
    tag: u32,
    /// Where the element stands.
    offset: u64,
    stored: Stored,
}

/// How pixel data stands in the file.
enum Stored {
    /// `length` is `None` where the file ends inside it.
    Native { at: u64, length: Option<u64>, big_endian: bool },
    /// `whole` is false where the file ends inside them.
    Fragments { found: Fragments, whole: bool },
}

/// The fragments of one encapsulated value.
struct Fragments {
    extents: Text,
    stored: u64,
    count: u64,
    frames: Option<Frames>,
}

/// The frames that an offset table tells: where each begins.
struct Frames {
    starts: Vec<u64>,
    next: usize,
    text: Text,
    fits: bool,
    _charge: Charge,
}

impl Frames {
    /// A fragment whose item header stands at `item`.
    fn fragment(&mut self, item: u64, payload: u64, length: u64) -> io::Result<()> {
        match self.starts.get(self.next) {
            Some(start) if *start == item => {
                self.text.write_all(if self.next == 0 { b"[" } else { b"],[" })?;
                self.next += 1;
            }
            Some(start) if *start < item => self.fits = false,
            _ if self.next == 0 => self.fits = false,
            _ => self.text.write_all(b",")?,
        }
        write!(self.text, "[{payload},{length}]")
    }
}

impl Walk<'_> {
    /// Pixel data that is no fragments was passed; `length` is `None` where the file ends inside it.
    pub(crate) fn pass_native(&mut self, tag: u32, at: u64, length: Option<u64>, offset: u64) {
        let big_endian = self.level().encoding.big_endian;
        self.passed.push(Passed { tag, offset, stored: Stored::Native { at, length, big_endian } });
    }

    /// Writes the entries of the pixel data that was passed.
    pub(crate) fn write_passed(&mut self) -> Result<(), Halt> {
        for Passed { tag, offset, stored } in std::mem::take(&mut self.passed) {
            match stored {
                Stored::Native { at, length, big_endian } => self.native_entry(tag, offset, at, length, big_endian)?,
                Stored::Fragments { mut found, whole } => {
                    self.check_frames(tag, offset, &mut found, whole);
                    self.fragments_entry(tag, &found, whole)?;
                }
            }
        }
        Ok(())
    }

    fn native_entry(
        &mut self,
        tag: u32,
        offset: u64,
        at: u64,
        length: Option<u64>,
        big_endian: bool,
    ) -> Result<(), Halt> {
        let half = self.pixels.half_chroma && tag == PIXEL_DATA;
        let size = self.pixels.size(tag).filter(|_| !half);
        if self.syntax.encapsulated && tag == PIXEL_DATA {
            let message = "pixel data has a defined length in a transfer syntax of encapsulated pixel data";
            self.warn(Code::EncapsulatedDefinedLength, offset, self.model.pointer(tag), message);
        } else if let (Some(size), Some(length)) = (size, length)
            && length != size + size % 2
            && length != size
        {
            let message = "the pixel data has another length than its attributes say";
            self.warn(Code::PixelSize, offset, self.model.pointer(tag), message);
        } else if half {
            let message = "4:2:2 samples: the stored pixel data has no shape of its own";
            self.warn(Code::PixelSize, offset, self.model.pointer(tag), message);
        }
        let shape = self.pixels.shape().filter(|_| !half);
        let dtype = self.pixels.dtype(tag, big_endian);
        self.model.out.array(|out| {
            head(out, tag, dtype.as_deref(), shape.as_deref(), size)?;
            if let Some(length) = length {
                write!(out, ",\"stored_bytes\":{length}")?;
            }
            out.write_all(b",\"layout\":\"contiguous\"")?;
            if let Some(length) = length {
                write!(out, ",\"extents\":[[{at},{length}]]")?;
            }
            out.write_all(b"}")
        })?;
        Ok(())
    }

    /// A value of undefined length that is no sequence: items of raw bytes, the first of them an offset table (PS3.5 A.4).
    pub(crate) async fn fragments(&mut self, tag: u32, vr: Vr, order: Order, offset: u64) -> Result<(), Halt> {
        let start = self.stream.offset();
        let pixels = self.level().container == Container::DataSet && is_pixel_data(tag) && order != Order::Duplicate;
        if pixels && !self.syntax.encapsulated {
            let message = "pixel data has an undefined length in a native transfer syntax; it is read as fragments";
            self.warn(Code::NativeUndefinedLength, offset, self.model.pointer(tag), message);
        }
        let mut found = Fragments { extents: Text::new(self.model.out.budget()), stored: 0, count: 0, frames: None };
        let (mut items, mut odd) = (0u64, false);
        let end = loop {
            let item = self.stream.offset();
            let room = self.level().bound.saturating_sub(item);
            if room < 8 {
                if !self.skip_value(room).await? {
                    break None;
                }
                let message = "the fragments have no sequence delimiter";
                self.warn(Code::MissingDelimiter, item, self.model.pointer(tag), message);
                break Some(self.stream.offset());
            }
            if !self.stream.fill(8).await? {
                break None;
            }
            let encoding = Encoding { explicit: false, ..self.level().encoding };
            let Some(Header { tag: here, length, .. }) = Header::decode(self.stream.buffered(), encoding) else {
                break None;
            };
            if here == SEQUENCE_DELIMITER {
                self.stream.consume(8);
                if length != 0 {
                    self.warn(
                        Code::DelimiterLength,
                        item,
                        self.model.pointer(tag),
                        "a delimiter has a length; it is ignored",
                    );
                }
                break Some(self.stream.offset());
            }
            if here != ITEM || u64::from(length) > room - 8 {
                if items == 0 {
                    return self
                        .unreadable(tag, item, "no item stands where fragments begin; what follows is left out")
                        .await;
                }
                let message = "the fragments have no sequence delimiter";
                self.warn(Code::MissingDelimiter, item, self.model.pointer(tag), message);
                break Some(item);
            }
            self.stream.consume(8);
            let payload = item + 8;
            if items == 0 {
                if !self.offset_table(tag, pixels, length, &mut found).await? {
                    break None;
                }
            } else {
                if !self.skip_value(length.into()).await? {
                    break None;
                }
                if length % 2 == 1 && !std::mem::replace(&mut odd, true) {
                    self.warn(Code::OddLength, item, self.model.pointer(tag), "a fragment has an odd length");
                }
                let comma: &[u8] = if items == 1 { b"" } else { b"," };
                found.extents.write_all(comma).map_err(Refused::from)?;
                write!(found.extents, "[{payload},{length}]").map_err(Refused::from)?;
                found.stored += u64::from(length);
                found.count += 1;
                if let Some(frames) = &mut found.frames {
                    frames.fragment(item, payload, length.into()).map_err(Refused::from)?;
                }
            }
            items += 1;
        };
        if pixels {
            let whole = end.is_some();
            self.passed.push(Passed { tag, offset, stored: Stored::Fragments { found, whole } });
        }
        match end {
            Some(end) => self.bulk(tag, vr, order, start, end - start),
            None => Err(self.cut(tag, offset)),
        }
    }

    /// The first item: the basic offset table, which may be empty. False: the stream ends inside it.
    async fn offset_table(&mut self, tag: u32, pixels: bool, length: u32, found: &mut Fragments) -> Result<bool, Halt> {
        let (at, first) = (self.stream.offset(), self.stream.offset() + u64::from(length));
        if !length.is_multiple_of(4) && pixels {
            let message = "the basic offset table is no whole number of offsets";
            self.warn(Code::OffsetTable, at, self.model.pointer(tag), message);
        }
        if length == 0 || u64::from(length) > LONGEST_TABLE || !pixels {
            if !self.skip_value(length.into()).await? {
                return Ok(false);
            }
        } else if !self.stream.fill(length as usize).await? {
            return Ok(false);
        }
        let (mut starts, charge) = match self.pixels.extended.take().filter(|_| pixels) {
            Some(table) => {
                if length > 0 {
                    let message = "a basic and an extended offset table stand side by side; the extended one counts";
                    self.warn(Code::OffsetTable, at, self.model.pointer(tag), message);
                }
                table
            }
            None if length == 0 || !pixels => return Ok(true),
            None if u64::from(length) > LONGEST_TABLE => {
                self.warn(Code::OffsetTable, at, self.model.pointer(tag), TABLE_TOO_LONG);
                return Ok(true);
            }
            None => {
                let charge = Charge::new(self.model.out.budget(), 2 * length as usize).map_err(|_| Halt::Refused)?;
                let raw = self.stream.buffered().get(..length as usize).unwrap_or(&[]);
                let mut cursor = Cursor::new(raw, self.level().encoding.big_endian);
                let mut starts = Vec::with_capacity(length as usize / 4);
                starts.extend(std::iter::from_fn(|| cursor.u32()).map(u64::from));
                (starts, charge)
            }
        };
        if length > 0 && self.stream.offset() == at {
            self.stream.consume(length as usize);
        }
        starts.iter_mut().for_each(|start| *start = start.saturating_add(first));
        let fits = !starts.is_empty();
        let text = Text::new(self.model.out.budget());
        found.frames = Some(Frames { starts, next: 0, text, fits, _charge: charge });
        Ok(true)
    }

    /// Drops what the offset table told if it does not fit the fragments.
    fn check_frames(&mut self, tag: u32, offset: u64, found: &mut Fragments, whole: bool) {
        let Some(frames) = &mut found.frames else { return };
        let fits = frames.fits && frames.next == frames.starts.len() && frames.next as u64 == self.pixels.frames();
        if whole && !fits {
            let message = "the offset table does not fit the fragments and the number of frames; it is not used";
            self.warn(Code::OffsetTable, offset, self.model.pointer(tag), message);
        }
        // Of one frame, and of as many fragments as frames, the extents say it already.
        let told = self.pixels.frames() == 1 || self.pixels.frames() == found.count;
        if !whole || !fits || told {
            found.frames = None;
        }
    }

    fn fragments_entry(&mut self, tag: u32, found: &Fragments, whole: bool) -> Result<(), Halt> {
        let dtype = self.pixels.dtype(tag, false);
        let (shape, size, frames) = (self.pixels.shape(), self.pixels.size(tag), self.pixels.frames());
        array(self.model.out, |out| {
            head(out, tag, dtype.as_deref(), shape.as_deref(), size)?;
            if whole {
                write!(out, ",\"stored_bytes\":{}", found.stored)?;
            }
            write!(out, ",\"layout\":\"fragments\",\"frames\":{frames}")?;
            if whole || !found.extents.is_empty() {
                out.write_all(b",\"extents\":[")?;
                found.extents.pieces().try_for_each(|piece| out.write_all(piece))?;
                out.write_all(b"]")?;
            }
            if let Some(frames) = &found.frames {
                out.write_all(b",\"frame_extents\":[")?;
                frames.text.pieces().try_for_each(|piece| out.write_all(piece))?;
                out.write_all(b"]]")?;
            }
            out.write_all(b"}")
        })
    }
}

fn array(out: &mut Output, entry: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Halt> {
    Ok(out.array(entry)?)
}

/// What every entry of pixel data begins with.
fn head(
    out: &mut dyn Write,
    tag: u32,
    dtype: Option<&str>,
    shape: Option<&[u64]>,
    size: Option<u64>,
) -> io::Result<()> {
    write!(out, "{{\"path\":\"{tag:08X}\",\"dtype\":")?;
    match dtype {
        Some(dtype) => write!(out, "\"{dtype}\"")?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b",\"shape\":")?;
    match shape {
        Some(shape) => write!(out, "{}", format!("{shape:?}").replace(' ', ""))?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b",\"size_bytes\":")?;
    match size {
        Some(size) => write!(out, "{size}"),
        None => out.write_all(b"null"),
    }
}
