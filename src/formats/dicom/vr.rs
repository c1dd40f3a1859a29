//! Value representations (PS3.5 6.2).

macro_rules! vrs {
    ($($name:ident)+) => {
        /// A value representation. The names are those of PS3.5 table 6.2-1.
        #[allow(missing_docs, clippy::upper_case_acronyms)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Vr { $($name,)+ }

        impl Vr {
            /// The VR of two bytes, where PS3.5 knows one.
            #[inline]
            pub(crate) fn from_bytes(bytes: [u8; 2]) -> Option<Vr> {
                $(const $name: [u8; 2] = *match stringify!($name).as_bytes().first_chunk() { Some(name) => name, None => b"??" };)+
                match bytes { $($name => Some(Vr::$name),)+ _ => None }
            }

            /// The two letters.
            #[inline]
            pub(crate) fn name(self) -> &'static str {
                match self { $(Vr::$name => stringify!($name),)+ }
            }
        }
    };
}

vrs! { AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV }

/// What kind of value a VR holds, and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of several values with `\` between them; leading spaces are padding where `trim`.
    Text { charset: bool, trim: bool },
    /// One text, in which `\` is a character like any other.
    LongText,
    /// Person names.
    Name,
    /// Decimal strings.
    Decimal,
    /// Integer strings.
    Integer,
    /// Binary numbers of this many bytes.
    Number(u8),
    /// A pair of 16-bit numbers that name a tag.
    AttributeTag,
    /// Bytes, in words of this many.
    Binary(u8),
    /// A sequence of items.
    Sequence,
}

impl Vr {
    /// True where the explicit header has two reserved bytes and a 32-bit length (PS3.5 7.1.2).
    #[inline]
    pub(crate) fn has_long_header(self) -> bool {
        use Vr::*;
        matches!(self, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
    }

    /// How values of this VR are read (PS3.5 6.2, DOCUMENT.md "Text").
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        use Vr::*;
        match self {
            AE | AS | CS | DA | DT | TM | UI => Kind::Text { charset: false, trim: true },
            LO | SH => Kind::Text { charset: true, trim: true },
            UC => Kind::Text { charset: true, trim: false },
            LT | ST | UT | UR => Kind::LongText,
            PN => Kind::Name,
            DS => Kind::Decimal,
            IS => Kind::Integer,
            SS | US => Kind::Number(2),
            FL | SL | UL => Kind::Number(4),
            FD | SV | UV => Kind::Number(8),
            AT => Kind::AttributeTag,
            OB | UN => Kind::Binary(1),
            OW => Kind::Binary(2),
            OF | OL => Kind::Binary(4),
            OD | OV => Kind::Binary(8),
            SQ => Kind::Sequence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_agree() {
        assert_eq!(Vr::from_bytes(*b"OW"), Some(Vr::OW));
        assert_eq!(Vr::from_bytes(*b"ZZ"), None);
        assert_eq!(Vr::UT.name(), "UT");
    }
}
