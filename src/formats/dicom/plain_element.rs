//! Elements that need no thought (PS3.5 7.1): most of a data set, read without a future for each.
//!
//! What comes of them is what [`Walk::element`] makes of them; the tests of law 1 hold the two together, since elements that come
//! in pieces go the other way.

use super::data_set::{Container, Halt, PIXEL_REPRESENTATION, Walk};
use super::dictionary::{self, DictionaryVr};
use super::element::{Header, VrField};
use super::pixel_data;
use super::vr::Vr;

impl Walk<'_> {
    /// An element of which nothing has to be awaited or decided: its VR is known, its value is short and buffered, and it
    /// stands where it may. False: nothing was done.
    pub(super) fn plain_element(&mut self) -> Result<bool, Halt> {
        let Some(level) = self.levels.last().filter(|level| level.container != Container::Sequence) else {
            return Ok(false);
        };
        let encoding = level.encoding;
        let Some(header) = Header::decode(self.stream.buffered(), encoding) else { return Ok(false) };
        let Header { tag, size, length, .. } = header;
        let vr = match header.vr {
            VrField::Known(vr) => vr,
            VrField::None => match dictionary::lookup(tag) {
                Some(DictionaryVr::Exact(vr)) => vr,
                _ => return Ok(false),
            },
            VrField::Unknown | VrField::Absent => return Ok(false),
        };
        let group = tag >> 16;
        let special = matches!(vr, Vr::SQ | Vr::UN)
            || matches!(tag, PIXEL_REPRESENTATION | pixel_data::EXTENDED_OFFSET_TABLE)
            || pixel_data::is_pixel_data(tag)
            || matches!(group, 0 | 0xFFFE)
            || (group != 2 && level.container == Container::FileMeta);
        let limit = self.limit_of(vr);
        let offset = self.stream.offset();
        let room = level.bound.saturating_sub(offset).min(self.stream.buffered().len() as u64);
        let here = size as u64 + u64::from(length) <= room;
        if special || !here || length % 2 == 1 || u64::from(length) > limit {
            return Ok(false);
        }
        let order = self.order_of(tag, offset);
        self.level_mut().last_tag = tag;
        self.inline(tag, vr, encoding, order, size, length.into(), limit)?;
        self.stream.consume(size + length as usize);
        Ok(true)
    }
}
