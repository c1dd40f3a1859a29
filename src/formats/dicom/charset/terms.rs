//! The values of Specific Character Set (0008,0005), and what they are mistaken for.

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};

use super::sets::Set;

/// What one value of (0008,0005) stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// A set that ISO 2022 can switch to; `extensions` where the term says so.
    Set { set: Set, extensions: bool },
    /// An encoding of its own, which knows no switching.
    Whole(&'static Encoding),
}

/// Reads one value without its padding. Gives what it means, and whether it is spelt as it should be.
pub(super) fn term(raw: &[u8]) -> Option<(Term, bool)> {
    match raw {
        b"ISO_IR 192" => return Some((Term::Whole(UTF_8), true)),
        b"GB18030" => return Some((Term::Whole(GB18030), true)),
        b"GBK" => return Some((Term::Whole(GBK), true)),
        _ => {}
    }
    let mut letters = [0; 24];
    let letters = bare(raw, &mut letters)?;
    let found = registered(letters).or_else(|| by_name(raw, letters))?;
    let well_spelt = match found {
        Term::Set { extensions: true, .. } => raw.strip_prefix(b"ISO 2022 IR "),
        // The multi-byte sets have terms with code extensions only.
        Term::Set { set, .. } => raw.strip_prefix(b"ISO_IR ").filter(|_| !set.is_multi_byte()),
        Term::Whole(_) => None,
    };
    let number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit) && digits != b"14";
    Some((found, well_spelt.is_some_and(number)))
}

/// The letters and digits of a value, in upper case.
fn bare<'a>(raw: &[u8], room: &'a mut [u8; 24]) -> Option<&'a str> {
    let mut used = 0;
    for &byte in raw.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *room.get_mut(used)? = byte.to_ascii_uppercase();
        used += 1;
    }
    std::str::from_utf8(&room[..used]).ok()
}

fn registered(letters: &str) -> Option<Term> {
    let (number, extensions) = match letters.strip_prefix("ISO2022") {
        Some(rest) => (rest.strip_prefix("IR").unwrap_or(rest), true),
        None => (letters.strip_prefix("ISOIR")?, false),
    };
    match number {
        "192" => return Some(Term::Whole(UTF_8)),
        "GBK" => return Some(Term::Whole(GBK)),
        "GB18030" => return Some(Term::Whole(GB18030)),
        "JP" => return Some(Term::Set { set: Set::Kanji, extensions }),
        "KR" => return Some(Term::Set { set: Set::Hangul, extensions }),
        // 14 is the romaji half of JIS X 0201, 13 the katakana half that stands for both.
        "14" => return Some(Term::Set { set: Set::Katakana, extensions }),
        _ => {}
    }
    Set::registered(number.parse().ok()?).map(|set| Term::Set { set, extensions })
}

/// Names that other standards have for character sets.
fn by_name(raw: &[u8], letters: &str) -> Option<Term> {
    let set = match letters {
        "ASCII" | "USASCII" | "ISO646" => Set::Ascii,
        "LATIN1" | "ISO88591" => Set::Latin1,
        "ISO88599" | "LATIN5" => Set::Latin5,
        "ISO885911" | "TIS620" => Set::Thai,
        _ => {
            let found = Encoding::for_label(raw).or_else(|| Encoding::for_label(letters.as_bytes()))?;
            // To the web Latin-1 is Windows-1252; here it must be called so.
            let is_itself = found != WINDOWS_1252 || letters.ends_with("1252");
            return (found.is_ascii_compatible() && is_itself).then_some(Term::Whole(found));
        }
    };
    Some(Term::Set { set, extensions: false })
}
