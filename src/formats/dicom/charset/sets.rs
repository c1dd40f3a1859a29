//! The coded character sets that ISO 2022 switches between (PS3.3 tables C.12-3 and C.12-4), and their characters.

use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8,
    ISO_8859_15, SHIFT_JIS, WINDOWS_874, WINDOWS_1254,
};

/// A graphic character set, as it stands in one half of the code table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Set {
    Ascii,
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Latin5,
    Latin9,
    Cyrillic,
    Arabic,
    Greek,
    Hebrew,
    Thai,
    /// JIS X 0201: katakana; its romaji half is read as ASCII.
    Katakana,
    /// JIS X 0208
    Kanji,
    /// JIS X 0212
    MoreKanji,
    /// KS X 1001
    Hangul,
    /// GB 2312
    Hanzi,
}

use Set::*;

/// By registration number (the number in the defined terms).
const REGISTERED: [(u16, Set); 17] = [
    (6, Ascii),
    (13, Katakana),
    (58, Hanzi),
    (87, Kanji),
    (100, Latin1),
    (101, Latin2),
    (109, Latin3),
    (110, Latin4),
    (126, Greek),
    (127, Arabic),
    (138, Hebrew),
    (144, Cyrillic),
    (148, Latin5),
    (149, Hangul),
    (159, MoreKanji),
    (166, Thai),
    (203, Latin9),
];

/// Which half of the code table an escape sequence fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// G0: bytes 0x21 to 0x7E
    Left,
    /// G1: bytes 0xA0 to 0xFF
    Right,
}

impl Set {
    pub(super) fn registered(number: u16) -> Option<Set> {
        REGISTERED.iter().find(|(registered, _)| *registered == number).map(|&(_, set)| set)
    }

    pub(super) fn is_multi_byte(self) -> bool {
        matches!(self, Kanji | MoreKanji | Hangul | Hanzi)
    }

    /// Whether DICOM uses it in the right half: the bytes over 0x7F.
    pub(super) fn is_right(self) -> bool {
        !matches!(self, Ascii | Kanji | MoreKanji)
    }

    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Reads the escape sequence at the start of `bytes`; gives its set, half and length.
    ///
    /// All that DICOM defines (PS3.3 C.12.1.1.2), and the same sets in the places where ISO 2022 has them too.
    pub(super) fn designated(bytes: &[u8]) -> Option<(Set, Half, usize)> {
        let (set, half, length) = match *bytes.strip_prefix(b"\x1b")? {
            [b'(', last, ..] => (single(last)?, Half::Left, 3),
            [b')', last, ..] => (single(last)?, Half::Right, 3),
            [b'-', last, ..] => (right_half(last)?, Half::Right, 3),
            [b'$', b'(', last, ..] => (double(last)?, Half::Left, 4),
            [b'$', b')', last, ..] => (double(last)?, Half::Right, 4),
            [b'$', last @ b'@'..=b'B', ..] => (double(last)?, Half::Left, 3),
            _ => return None,
        };
        Some((set, half, length))
    }

    /// The character at the start of `bytes`, and its length; all its bytes have the high bit set.
    pub(super) fn character(self, bytes: &[u8]) -> Option<(char, usize)> {
        let first = *bytes.first()?;
        if self.is_multi_byte() {
            let second = *bytes.get(1)?;
            return match (first, second) {
                (0xA1..=0xFE, 0xA1..=0xFE) => self.pair(first, second).map(|found| (found, 2)),
                _ => None,
            };
        }
        let found = match self {
            // C1 controls
            _ if first < 0xA0 && self != Katakana => char::from(first),
            Latin1 => char::from(first),
            Latin2 => one(ISO_8859_2, &[first])?,
            Latin3 => one(ISO_8859_3, &[first])?,
            Latin4 => one(ISO_8859_4, &[first])?,
            Latin5 => one(WINDOWS_1254, &[first])?,
            Latin9 => one(ISO_8859_15, &[first])?,
            Cyrillic => one(ISO_8859_5, &[first])?,
            Arabic => one(ISO_8859_6, &[first])?,
            Greek => one(ISO_8859_7, &[first])?,
            Hebrew => one(ISO_8859_8, &[first])?,
            Thai if first > 0xA0 => one(WINDOWS_874, &[first])?,
            Katakana if matches!(first, 0xA1..=0xDF) => one(SHIFT_JIS, &[first])?,
            _ => return None,
        };
        Some((found, 1))
    }

    /// A character of two bytes.
    fn pair(self, first: u8, second: u8) -> Option<char> {
        match (self, first, second) {
            // Six characters that the table, made for the web, has as Microsoft's; JIS X 0208 has these.
            (Kanji, 0xA1, 0xC1) => Some('\u{301C}'),
            (Kanji, 0xA1, 0xC2) => Some('\u{2016}'),
            (Kanji, 0xA1, 0xDD) => Some('\u{2212}'),
            (Kanji, 0xA1, 0xF1) => Some('\u{A2}'),
            (Kanji, 0xA1, 0xF2) => Some('\u{A3}'),
            (Kanji, 0xA2, 0xCC) => Some('\u{AC}'),
            (Kanji, ..) => one(EUC_JP, &[first, second]),
            (MoreKanji, 0xA2, 0xB7) => Some('~'),
            (MoreKanji, ..) => one(EUC_JP, &[0x8F, first, second]),
            (Hangul, ..) => one(EUC_KR, &[first, second]),
            // GBK has all of GB 2312 in the same places.
            (Hanzi, ..) => one(GBK, &[first, second]),
            _ => None,
        }
    }

    /// Whether the characters that begin with this byte are not the standard's but its vendors' (NEC, IBM): common in
    /// Japanese names.
    pub(super) fn is_vendors(self, first: u8) -> bool {
        self == Kanji && matches!(first, 0xAD | 0xF9..=0xFC)
    }
}

/// A character of Shift JIS, at the start of `bytes`: what often stands where JIS X 0201 is declared.
pub(super) fn shift_jis(bytes: &[u8]) -> Option<char> {
    one(SHIFT_JIS, bytes.get(..2)?)
}

/// The one character that `bytes` are.
fn one(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let mut text = [0; 16];
    let (_, read, written) =
        encoding.new_decoder_without_bom_handling().decode_to_utf8_without_replacement(bytes, &mut text, true);
    let mut found = std::str::from_utf8(text.get(..written)?).ok()?.chars();
    let first = found.next()?;
    (read == bytes.len() && found.next().is_none()).then_some(first)
}

/// Sets of 94 characters, by the last byte of their escape sequence.
fn single(last: u8) -> Option<Set> {
    match last {
        b'B' | b'J' => Some(Ascii),
        b'I' => Some(Katakana),
        _ => None,
    }
}

/// Sets of 96 characters.
fn right_half(last: u8) -> Option<Set> {
    Some(match last {
        b'A' => Latin1,
        b'B' => Latin2,
        b'C' => Latin3,
        b'D' => Latin4,
        b'F' => Greek,
        b'G' => Arabic,
        b'H' => Hebrew,
        b'L' => Cyrillic,
        b'M' => Latin5,
        b'T' => Thai,
        b'b' => Latin9,
        _ => return None,
    })
}

/// Sets of 94 × 94 characters.
fn double(last: u8) -> Option<Set> {
    match last {
        b'@' | b'B' => Some(Kanji),
        b'A' => Some(Hanzi),
        b'C' => Some(Hangul),
        b'D' => Some(MoreKanji),
        _ => None,
    }
}
