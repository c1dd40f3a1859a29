//! Transfer syntaxes (PS3.5 section 10 and Annex A): how a data set is encoded.

/// How elements are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// The VR stands in the element header (PS3.5 7.1.2).
    pub(crate) explicit: bool,
    /// Numbers are big-endian (PS3.5 7.3).
    pub(crate) big_endian: bool,
}

impl Encoding {
    pub(crate) const IMPLICIT: Encoding = Encoding { explicit: false, big_endian: false };
    pub(crate) const EXPLICIT: Encoding = Encoding { explicit: true, big_endian: false };
    pub(crate) const EXPLICIT_BIG_ENDIAN: Encoding = Encoding { explicit: true, big_endian: true };

    /// As a warning names it.
    pub(crate) fn name(self) -> &'static str {
        match (self.explicit, self.big_endian) {
            (true, false) => "explicit VR little endian",
            (true, true) => "explicit VR big endian",
            (false, false) => "implicit VR little endian",
            (false, true) => "implicit VR big endian",
        }
    }
}

/// What a transfer syntax UID says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransferSyntax {
    pub(crate) encoding: Encoding,
    /// The data set is a DEFLATE stream (PS3.5 A.5).
    pub(crate) deflated: bool,
    /// Pixel data is in fragments (PS3.5 A.4).
    pub(crate) encapsulated: bool,
}

impl TransferSyntax {
    pub(crate) const fn native(encoding: Encoding) -> Self {
        TransferSyntax { encoding, deflated: false, encapsulated: false }
    }

    /// The transfer syntax of a UID; `None`: not one of PS3.6 table A-1.
    pub(crate) fn from_uid(uid: &str) -> Option<TransferSyntax> {
        let rest = uid.strip_prefix("1.2.840.10008.1.2")?;
        Some(match rest {
            "" => Self::native(Encoding::IMPLICIT),
            ".1" => Self::native(Encoding::EXPLICIT),
            ".2" => Self::native(Encoding::EXPLICIT_BIG_ENDIAN),
            ".1.98" => TransferSyntax { encapsulated: true, ..Self::native(Encoding::EXPLICIT) },
            // Deflated, and the JPIP references, whose data set may be deflated: pixel data is elsewhere.
            ".1.99" | ".4.95" | ".4.205" => TransferSyntax { deflated: true, ..Self::native(Encoding::EXPLICIT) },
            ".4.94" | ".4.204" => Self::native(Encoding::EXPLICIT),
            _ if rest.starts_with(".4.") || rest.starts_with(".5") || rest.starts_with(".8.") => {
                TransferSyntax { encapsulated: true, ..Self::native(Encoding::EXPLICIT) }
            }
            _ if rest.starts_with(".6.") || rest.starts_with(".7.") => Self::native(Encoding::EXPLICIT),
            _ => return None,
        })
    }

    /// Private transfer syntaxes that are widespread: GE's implicit VR with big-endian pixels.
    pub(crate) fn from_private_uid(uid: &str) -> Option<TransferSyntax> {
        (uid == "1.2.840.113619.5.2").then_some(Self::native(Encoding::IMPLICIT))
    }
}
