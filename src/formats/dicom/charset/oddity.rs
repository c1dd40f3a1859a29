//! What was odd about a text or its character sets: a set of findings without heap.

use std::ops::BitOrAssign;

/// One thing that is odd about (0008,0005) or about a text that it governs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// (0008,0005) has a term that means nothing: it is passed over.
    UnknownTerm,
    /// (0008,0005) has a term that is misspelt, and was understood.
    MisspeltTerm,
    /// (0008,0005) has several values, and one without code extensions among them ("ISO_IR 13\ISO 2022 IR 87").
    MixedTerms,
    /// (0008,0005) joins UTF-8, GB18030 or GBK with other sets: value 1 alone counts.
    NotExtensible,
    /// (0008,0005) begins with a multi-byte set.
    MultiByteFirst,
    /// The text has bytes that the character set does not define: they became U+FFFD.
    Undecodable,
    /// The text has bytes over 0x7F where no character set for them is declared: they were read as ISO 8859-1.
    Undeclared,
    /// The text has bytes that the set in force does not define but another likely one does.
    Guessed,
    /// The text selects a character set that (0008,0005) does not declare.
    UndeclaredEscape,
    /// The text has an escape sequence that means nothing here: it stays in the text.
    UnknownEscape,
}

use Oddity::*;

const ALL: [Oddity; 10] = [
    UnknownTerm,
    MisspeltTerm,
    MixedTerms,
    NotExtensible,
    MultiByteFirst,
    Undecodable,
    Undeclared,
    Guessed,
    UndeclaredEscape,
    UnknownEscape,
];

impl Oddity {
    /// One sentence for a warning.
    pub(crate) fn message(self) -> &'static str {
        match self {
            UnknownTerm => "the specific character set has an unknown term; it is passed over",
            MisspeltTerm => "the specific character set has a misspelt term; it is read as the term that it resembles",
            MixedTerms => {
                "the specific character set joins terms with and without code extensions; all are read as with"
            }
            NotExtensible => {
                "the specific character set joins a set without code extensions with others; value 1 counts"
            }
            MultiByteFirst => "the specific character set begins with a multi-byte set; ASCII is read beside it",
            Undecodable => "the text has bytes that its character set does not define; they are replaced by U+FFFD",
            Undeclared => {
                "the text has bytes over 0x7F where no character set is declared for them; they are read as ISO 8859-1"
            }
            Guessed => {
                "the text has bytes that the character set in force does not define; they are read by the likeliest other"
            }
            UndeclaredEscape => "the text selects a character set that is not declared; it is read as selected",
            UnknownEscape => "the text has an escape sequence without a meaning here; it is left in the text",
        }
    }
}

/// A set of [`Oddity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Oddities(u16);

impl Oddities {
    pub(crate) const NONE: Oddities = Oddities(0);

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn contains(self, one: Oddity) -> bool {
        self.0 & (1 << one as u16) != 0
    }

    /// The oddities in a fixed order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Oddity> {
        ALL.into_iter().filter(move |one| self.contains(*one))
    }
}

impl BitOrAssign<Oddity> for Oddities {
    fn bitor_assign(&mut self, one: Oddity) {
        self.0 |= 1 << one as u16;
    }
}

impl BitOrAssign for Oddities {
    fn bitor_assign(&mut self, other: Oddities) {
        self.0 |= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oddity_is_told_once() {
        for (index, one) in ALL.into_iter().enumerate() {
            assert_eq!(one as usize, index);
            let mut found = Oddities::NONE;
            assert!(found.is_empty());
            found |= one;
            assert_eq!(found.iter().collect::<Vec<_>>(), [one]);
            assert!(ALL[..index].iter().all(|other| other.message() != one.message()));
        }
    }
}
