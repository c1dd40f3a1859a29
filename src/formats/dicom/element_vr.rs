//! Which VR an element has, where its header does not say it, or leaves a choice (PS3.5 6.2.2, PS3.6).

use std::cmp::Ordering;

use super::charset::CharacterSets;
use super::data_set::{Container, Halt, LONG_UN, Level, PIXEL_REPRESENTATION, Walk};
use super::dictionary::{self, DictionaryVr};
use super::element::{self, Header, LONGEST_HEADER, UNDEFINED, VrField};
use super::model::Order;
use super::transfer_syntax::Encoding;
use super::value::{self, Reading};
use super::vr::Vr;
use crate::cursor::Cursor;
use crate::document::builder::Refused;
use crate::document::warnings::Code;

/// Longer values are not held back, in bytes.
const LONGEST_PENDING: u32 = 64;

/// An element that is held back until its VR is settled.
pub(super) struct Pending {
    pub(super) tag: u32,
    raw: Vec<u8>,
    big_endian: bool,
    offset: u64,
}

impl Walk<'_> {
    /// The VR that a value is shown with, and whether it is UN read as what PS3.6 knows (PS3.5 6.2.2).
    pub(super) fn vr_of(&mut self, header: Header, level: &Level, order: Order) -> (Vr, bool) {
        let tag = header.tag;
        match header.vr {
            VrField::Known(Vr::UN) if header.length < LONG_UN && !element::is_private(tag) => {
                match dictionary::lookup(tag) {
                    Some(vr) => (self.settle(vr, header, level, order), true),
                    None => (Vr::UN, false),
                }
            }
            VrField::Known(vr) => (vr, false),
            VrField::Unknown => (Vr::UN, false),
            VrField::Absent | VrField::None if element::is_private_creator(tag) => (Vr::LO, false),
            VrField::Absent | VrField::None => match dictionary::lookup(tag) {
                Some(vr) => (self.settle(vr, header, level, order), false),
                None => (Vr::UN, false),
            },
        }
    }

    /// One VR of those that PS3.6 leaves open: by the context, else the default and a warning.
    fn settle(&mut self, vr: DictionaryVr, header: Header, level: &Level, order: Order) -> Vr {
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
            if order != Order::Duplicate {
                self.say_ambiguous(header.tag, self.stream.offset());
            }
            default
        })
    }

    fn say_ambiguous(&mut self, tag: u32, offset: u64) {
        let path = self.model.pointer(tag);
        self.warn(Code::AmbiguousVr, offset, path, "nothing before it decides the VR; the default is taken");
    }

    /// An element of the main data set whose VR is US or SS by a Pixel Representation that has not come yet.
    pub(super) fn waits_for_sign(&self, header: Header, level: &Level) -> bool {
        level.container == Container::DataSet
            && level.signed.is_none()
            && header.tag < PIXEL_REPRESENTATION
            && header.length <= LONGEST_PENDING
            && matches!(header.vr, VrField::None | VrField::Absent | VrField::Known(Vr::UN))
            && dictionary::lookup(header.tag) == Some(DictionaryVr::UsOrSs)
    }

    /// Holds such an element back; false: it can't be.
    pub(super) async fn hold_back(&mut self, header: Header, encoding: Encoding) -> Result<bool, Halt> {
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
    pub(super) fn write_pending(&mut self) -> Result<(), Refused> {
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
    pub(super) fn drop_pending(&mut self) {
        for Pending { tag, offset, .. } in std::mem::take(&mut self.pending) {
            let path = self.model.pointer(tag);
            self.warn(Code::Truncated, offset, path, "the element that settles its VR is missing");
        }
    }

    /// Two letters that are no VR: whether a 16-bit or a 32-bit length follows shows in what stands behind the value.
    pub(super) async fn unknown_vr(&mut self, header: Header, encoding: Encoding) -> Result<Header, Halt> {
        let offset = self.stream.offset();
        let path = self.model.pointer(header.tag);
        self.warn(Code::UnknownVr, offset, path, "the VR is none of PS3.5; the value is shown as UN");
        self.stream.fill(LONGEST_HEADER).await?;
        if self.lands(header, encoding).await? {
            return Ok(header);
        }
        let room = self.level().bound - offset;
        let long = header.with_long_length(self.stream.buffered(), encoding);
        Ok(long.filter(|long| long.size as u64 <= room).unwrap_or(header))
    }

    /// No VR where one should stand: mostly an implicit header. One of zeros may also be a VR that was left blank; then the
    /// form counts behind whose value an element stands.
    pub(super) async fn absent_vr(&mut self, header: Header, encoding: Encoding) -> Result<Header, Halt> {
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
        match (self.stream.offset() + end as u64).cmp(&self.level().bound) {
            Ordering::Less => {}
            Ordering::Equal => return Ok(true),
            Ordering::Greater => return Ok(false),
        }
        let follows = self.stream.fill(end + 4).await?;
        let bytes = self.stream.buffered();
        Ok(match bytes.get(end..end + 4) {
            Some(next) => Header::decode(&[next, &[0; 8]].concat(), Encoding { explicit: false, ..encoding })
                .is_some_and(|next| element::is_plausible_after(next.tag, header.tag)),
            None => !follows && bytes.len() == end,
        })
    }
}
