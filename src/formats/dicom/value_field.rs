//! The value field of an element (PS3.5 section 7.1): decoded and written, or skipped and told by its place.

use std::io::Write;

use super::charset::{self, CharacterSets, Oddity};
use super::data_set::{Container, Halt, Level, MetaFacts, PIXEL_REPRESENTATION, Walk};
use super::element::{self, Header, LONGEST_HEADER, UNDEFINED, VrField};
use super::model::{Model, Order};
use super::pixel_data::{self, PixelFacts};
use super::transfer_syntax::Encoding;
use super::value::{self, Findings, Reading};
use super::vr::{Kind, Vr};
use crate::budget::Charge;
use crate::cursor::Cursor;
use crate::document::json;
use crate::document::warnings::Code;
use crate::engine::stream::Ended;

/// What a shorter value takes while it is decoded and written is not charged.
const UNCHARGED: usize = 4 << 10;
/// Specific Character Set.
const CHARACTER_SET: u32 = 0x0008_0005;
/// LUT Descriptor.
const LUT_DESCRIPTOR: u32 = 0x0028_3002;

impl Walk<'_> {
    /// How long a value of this VR may be that is shown.
    pub(super) fn limit_of(&self, vr: Vr) -> u64 {
        if matches!(vr.kind(), Kind::Binary(_)) { self.max_inline } else { self.max_value }
    }

    /// The value field of an element whose header stands at this place.
    pub(super) async fn value(
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
