//! Sequences and their items (PS3.5 7.5): where they begin and end, by length or by delimiter, or by neither.

use super::data_set::{Container, Halt, Level, Walk};
use super::element::{Header, ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER, UNDEFINED};
use super::model::{Model, Order};
use super::transfer_syntax::Encoding;
use super::vr::Vr;
use crate::budget::Charge;
use crate::document::builder::Refused;
use crate::document::warnings::Code;

impl Walk<'_> {
    /// One step in a sequence: an item header, or the delimiter (PS3.5 7.5).
    pub(super) async fn item(&mut self, level: &Level) -> Result<(), Halt> {
        let offset = self.stream.offset();
        let header = match Header::decode(self.stream.buffered(), level.encoding) {
            Some(header) => header,
            None => self.header(level.encoding).await?,
        };
        if level.bound - offset < header.size as u64 {
            let path = self.model.path().to_owned();
            self.warn(Code::ItemOverrun, offset, path, "too few bytes for an item stand at the end of a sequence");
            return self.skip_to(level.bound).await;
        }
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
            // Below a sequence that is written nowhere no data set is opened.
            let sets = capacity.min(self.max_depth as usize + 2);
            let bytes = capacity * size_of::<Level>() + sets * Model::SET;
            match &mut self.levels_charge {
                Some(charge) => charge.grow_to(bytes).map_err(|_| Halt::Refused)?,
                none => *none = Some(Charge::new(self.model.out.budget(), bytes).map_err(|_| Halt::Refused)?),
            }
            self.levels.reserve_exact(capacity - self.levels.len());
        }
        Ok(())
    }

    /// Opens a sequence element, whose header stands at `at` and was consumed.
    pub(super) fn open_sequence(
        &mut self,
        (tag, at): (u32, u64),
        order: Order,
        length: u32,
        level: Level,
        in_un: bool,
    ) -> Result<(), Halt> {
        let offset = self.stream.offset();
        self.make_room()?;
        self.model.open_sequence(tag, order)?;
        self.sequences_open += 1;
        let silent = self.sequences_open == self.max_depth + 1 && !self.model.is_muted();
        if silent {
            let path = self.model.path().to_owned();
            self.warn(Code::DepthLimit, at, path, format!("nesting is deeper than {} sequences", self.max_depth));
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
    pub(super) fn close_level(&mut self, cut: bool) -> Result<(), Refused> {
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

    pub(super) fn say_missing_delimiter(&mut self) {
        let (offset, path) = (self.stream.offset(), self.model.path().to_owned());
        let message = match self.level().container {
            Container::Item => "an item of undefined length has no item delimiter",
            _ => "a sequence of undefined length has no sequence delimiter",
        };
        self.warn(Code::MissingDelimiter, offset, path, message);
    }

    /// A delimiter: its length should be 0, and means nothing.
    fn consume_delimiter(&mut self, header: Header) {
        if header.length != 0 {
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
    pub(super) fn delimiter(&mut self, header: Header, level: &Level) -> Result<(), Halt> {
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
}
