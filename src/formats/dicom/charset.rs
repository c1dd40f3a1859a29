//! Text by Specific Character Set (0008,0005): PS3.3 C.12.1.1.2, PS3.5 6.1 and annexes H to K.
//!
//! The tables are those of `encoding_rs`; switching by ISO 2022 escape sequences is done here.

mod decoder;
mod oddity;
mod sets;
mod terms;
#[cfg(test)]
mod tests;

use encoding_rs::{CoderResult, Encoding};

use decoder::Decoder;
pub(crate) use oddity::{Oddities, Oddity};
use sets::Set;
use terms::Term;

/// What delimits a value: there the character set of value 1 is in force again (PS3.5 6.1.2.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// LT, ST, UT: line and page ends, tabs.
    SingleValued,
    /// LO, SH, UC: backslashes too.
    MultiValued,
    /// PN: `^` and `=` too.
    PersonName,
}

/// The character sets that one value of (0008,0005) declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CharacterSets {
    declared: bool,
    coding: Coding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// Bytes below 0x80 are ASCII, bytes above are of one set at a time.
    Switched(Switched),
    /// An encoding without code extensions.
    Whole(&'static Encoding),
}

/// How a value begins, and what it may switch to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Switched {
    right: Right,
    /// The declared sets, as [`Set::bit`]s.
    declared: u32,
    /// Whether escape sequences are looked for.
    extensions: bool,
}

/// What bytes over 0x7F are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Of this set.
    Set(Set),
    /// Not defined, as no escape sequence has selected anything: likely of this set, which is declared.
    Likely(Set),
    /// Not defined: read as ISO 8859-1.
    Undeclared,
    /// Not defined, and a set is declared that has none.
    Undefined,
}

impl CharacterSets {
    /// Nothing declared: ISO IR 6.
    pub(crate) const DEFAULT: CharacterSets = CharacterSets {
        declared: false,
        coding: Coding::Switched(Switched { right: Right::Undeclared, declared: 0, extensions: false }),
    };

    /// Reads the bytes of (0008,0005). What cannot be understood is told, and read by best guess.
    pub(crate) fn parse(raw: &[u8]) -> (CharacterSets, Oddities) {
        let mut odd = Oddities::NONE;
        let mut first = None;
        let mut others = Others::default();
        for (index, value) in raw.split(|&byte| byte == b'\\').enumerate() {
            let value = trimmed(value);
            if value.is_empty() {
                continue;
            }
            let Some((term, well_spelt)) = terms::term(value) else {
                odd |= Oddity::UnknownTerm;
                continue;
            };
            if !well_spelt {
                odd |= Oddity::MisspeltTerm;
            }
            if index == 0 {
                first = Some(term);
            } else {
                others.add(term);
            }
        }
        let declared = first.is_some() || others.any;
        let coding = match first {
            Some(Term::Whole(encoding)) => {
                if others.any {
                    odd |= Oddity::NotExtensible;
                }
                Coding::Whole(encoding)
            }
            Some(Term::Set { set, extensions }) => Coding::Switched(others.join(Some((set, extensions)), &mut odd)),
            None => Coding::Switched(others.join(None, &mut odd)),
        };
        (CharacterSets { declared, coding }, odd)
    }

    /// Whether (0008,0005) names a character set.
    #[cfg(test)]
    pub(crate) fn is_declared(&self) -> bool {
        self.declared
    }

    /// Appends the text of a whole value field to `out`: all its values, with the delimiters between them.
    ///
    /// Only true delimiters become `\`, `^` and `=`, never a byte inside a multi-byte character: split the result.
    /// Padding stays.
    pub(crate) fn decode(&self, raw: &[u8], kind: TextKind, out: &mut String) -> Oddities {
        if let Some(text) = plain(raw) {
            out.push_str(text);
            return Oddities::NONE;
        }
        match self.coding {
            Coding::Switched(sets) => Decoder::new(sets, kind, out).decode(raw),
            Coding::Whole(encoding) => whole(encoding, raw, out),
        }
    }
}

/// Appends the text of a value that (0008,0005) does not govern: ASCII, and what should not be there as ISO 8859-1.
pub(crate) fn decode_default(raw: &[u8], out: &mut String) -> Oddities {
    let mut odd = Oddities::NONE;
    match plain(raw) {
        Some(text) => out.push_str(text),
        None => {
            out.extend(raw.iter().map(|&byte| char::from(byte)));
            if !raw.is_ascii() {
                odd |= Oddity::Undeclared;
            }
            if raw.contains(&ESCAPE) {
                odd |= Oddity::UnknownEscape;
            }
        }
    }
    odd
}

const ESCAPE: u8 = 0x1B;

/// True for bytes that every character set reads alike: ASCII without escapes. Most values are so.
#[inline]
pub(crate) fn is_plain(raw: &[u8]) -> bool {
    // Without an early end the compiler makes one wide pass of it.
    !raw.iter().fold(false, |odd, &byte| odd | (byte >= 0x80) | (byte == ESCAPE))
}

fn plain(raw: &[u8]) -> Option<&str> {
    if is_plain(raw) { std::str::from_utf8(raw).ok() } else { None }
}

fn whole(encoding: &'static Encoding, mut raw: &[u8], out: &mut String) -> Oddities {
    let mut odd = Oddities::NONE;
    if raw.contains(&ESCAPE) {
        odd |= Oddity::UnknownEscape;
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    loop {
        // Room for ASCII at first: text of three bytes a character comes in a few rounds.
        out.reserve(raw.len() + 32);
        let (result, read, replaced) = decoder.decode_to_string(raw, out, true);
        if replaced {
            odd |= Oddity::Undecodable;
        }
        raw = &raw[read..];
        if result == CoderResult::InputEmpty {
            return odd;
        }
    }
}

fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | 0, rest @ ..] | [rest @ .., b' ' | 0] = value {
        value = rest;
    }
    value
}

/// Values 2 and following of (0008,0005).
#[derive(Default)]
struct Others {
    any: bool,
    declared: u32,
    first_right: Option<Set>,
    with_extensions: bool,
    without_extensions: bool,
    not_extensible: bool,
}

impl Others {
    fn add(&mut self, term: Term) {
        self.any = true;
        match term {
            Term::Whole(_) => self.not_extensible = true,
            Term::Set { set, extensions } => {
                self.declared |= set.bit();
                self.with_extensions |= extensions;
                self.without_extensions |= !extensions;
                if set.is_right() {
                    self.first_right = self.first_right.or(Some(set));
                }
            }
        }
    }

    /// These sets behind that of value 1.
    fn join(self, first: Option<(Set, bool)>, odd: &mut Oddities) -> Switched {
        let (set, with_extensions) = first.unwrap_or((Set::Ascii, false));
        let several = self.with_extensions || self.without_extensions;
        if self.not_extensible {
            *odd |= Oddity::NotExtensible;
        }
        if self.without_extensions || (several && first.is_some() && !with_extensions) {
            *odd |= Oddity::MixedTerms;
        }
        if set.is_multi_byte() {
            *odd |= Oddity::MultiByteFirst;
        }
        let right = match self.first_right {
            _ if set.is_right() => Right::Set(set),
            Some(other) => Right::Likely(other),
            None if set == Set::Ascii => Right::Undeclared,
            None => Right::Undefined,
        };
        Switched {
            right,
            declared: self.declared | first.map_or(0, |(set, _)| set.bit()),
            extensions: several || with_extensions,
        }
    }
}
