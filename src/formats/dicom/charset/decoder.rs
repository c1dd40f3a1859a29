//! Code extension: the switching between character sets inside a value (PS3.5 6.1.2.5, ISO 2022).

use super::sets::{Half, Set, shift_jis};
use super::{ESCAPE, Oddities, Oddity, Right, Switched, TextKind};

/// Decodes one value field.
pub(super) struct Decoder<'a> {
    sets: Switched,
    kind: TextKind,
    /// What bytes below 0x80 are.
    left: Set,
    /// What bytes over 0x7F are.
    right: Right,
    odd: Oddities,
    out: &'a mut String,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(sets: Switched, kind: TextKind, out: &'a mut String) -> Self {
        Decoder { sets, kind, left: Set::Ascii, right: sets.right, odd: Oddities::NONE, out }
    }

    pub(super) fn decode(mut self, mut raw: &[u8]) -> Oddities {
        self.out.reserve(raw.len());
        while let Some(&byte) = raw.first() {
            let length = match byte {
                ESCAPE => self.escape(raw),
                0x21..=0x7E if self.left != Set::Ascii => self.left_half(raw),
                0..=0x7F => self.ascii(byte),
                0x80..=0xFF => self.right_half(raw),
            };
            raw = &raw[length.min(raw.len())..];
        }
        self.odd
    }

    fn reset(&mut self) {
        self.left = Set::Ascii;
        self.right = self.sets.right;
    }

    fn is_delimiter(&self, byte: u8) -> bool {
        match byte {
            b'\t' | b'\n' | b'\r' | 0x0C => true,
            b'\\' => self.kind != TextKind::SingleValued,
            b'^' | b'=' => self.kind == TextKind::PersonName,
            _ => false,
        }
    }

    fn ascii(&mut self, byte: u8) -> usize {
        if self.is_delimiter(byte) {
            self.reset();
        }
        self.out.push(char::from(byte));
        1
    }

    /// Obeys an escape sequence. One that means nothing stays in the text, as every control character does.
    fn escape(&mut self, raw: &[u8]) -> usize {
        match Set::designated(raw) {
            Some((set, half, length)) if self.sets.extensions || self.is_at_hand(set) => {
                if !self.is_at_hand(set) {
                    self.odd |= Oddity::UndeclaredEscape;
                }
                match half {
                    Half::Left => self.left = set,
                    Half::Right => self.right = Right::Set(set),
                }
                length
            }
            _ => {
                self.odd |= Oddity::UnknownEscape;
                self.reset();
                self.out.push(char::from(ESCAPE));
                1
            }
        }
    }

    /// Selecting a set that is declared or ASCII needs no code extensions to be understood.
    fn is_at_hand(&self, set: Set) -> bool {
        set == Set::Ascii || self.sets.declared & set.bit() != 0
    }

    /// A character of a set other than ASCII in bytes below 0x80.
    fn left_half(&mut self, raw: &[u8]) -> usize {
        let width = if self.left.is_multi_byte() { 2 } else { 1 };
        let mut high = [0; 2];
        for (place, byte) in high.iter_mut().zip(raw).take(width) {
            // A character that is cut short; what cuts it may be a delimiter or an escape sequence.
            if !(0x21..=0x7E).contains(byte) {
                return if self.is_delimiter(raw[0]) { self.ascii(raw[0]) } else { self.bad(1) };
            }
            *place = byte | 0x80;
        }
        match self.left.character(&high[..width]) {
            Some((found, _)) => {
                if self.left.is_vendors(high[0]) {
                    self.odd |= Oddity::Guessed;
                }
                self.out.push(found);
            }
            None => {
                self.bad(width);
            }
        }
        width
    }

    fn right_half(&mut self, raw: &[u8]) -> usize {
        let (set, likely) = match self.right {
            Right::Set(set) => (set, false),
            Right::Likely(set) => (set, true),
            Right::Undeclared => return self.undeclared(raw[0]),
            Right::Undefined => return self.bad(1),
        };
        if let Some((found, length)) = set.character(raw) {
            if likely {
                self.odd |= Oddity::Guessed;
            }
            self.out.push(found);
            return length;
        }
        // A declared JIS X 0201 is often Shift JIS, which contains it.
        if set == Set::Katakana
            && let Some(found) = shift_jis(raw)
        {
            self.odd |= Oddity::Guessed;
            self.out.push(found);
            return 2;
        }
        if likely { self.undeclared(raw[0]) } else { self.bad(1) }
    }

    fn undeclared(&mut self, byte: u8) -> usize {
        self.odd |= Oddity::Undeclared;
        self.out.push(char::from(byte));
        1
    }

    fn bad(&mut self, length: usize) -> usize {
        self.odd |= Oddity::Undecodable;
        self.out.push(char::REPLACEMENT_CHARACTER);
        length
    }
}
