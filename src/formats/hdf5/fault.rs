//! Why a structure can't be read: it is damaged, it is cut, or the reading was stopped.

use crate::document::warnings::Code;
use crate::engine::window::{End, Stop};

/// What stands in the way of one structure. Everything beside it is read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The engine stopped the reading: nothing more can be read.
    Stop(Stop),
    /// This structure can't be used.
    Damage(Box<Damage>),
}

/// A warning that waits for the path of its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Damage {
    pub(in crate::formats) code: Code,
    /// Absolute.
    pub(in crate::formats) offset: u64,
    pub(in crate::formats) message: String,
}

impl Damage {
    /// True if bytes are missing that more of the file could bring.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self.code, Code::Truncated | Code::MissingBytes)
    }
}

impl Fault {
    pub(super) fn new(code: Code, offset: u64, message: impl Into<String>) -> Self {
        Fault::Damage(Box::new(Damage { code, offset, message: message.into() }))
    }

    /// A structure whose bytes make no sense: `what` names it as the specification does, `why` completes "which is wrong: ".
    pub(super) fn malformed(offset: u64, what: &str, why: &str) -> Self {
        Fault::new(Code::Malformed, offset, format!("{what}: {why}"))
    }

    /// A structure whose checksum is wrong.
    pub(super) fn checksum(offset: u64, what: &str) -> Self {
        Fault::new(Code::Checksum, offset, format!("{what}: its checksum is wrong, it is not used"))
    }

    /// A structure that this library does not read.
    pub(super) fn unsupported(offset: u64, what: &str, why: &str) -> Self {
        Fault::new(Code::Unsupported, offset, format!("{what}: {why}"))
    }

    /// A structure that the file, or the input, ends in.
    pub(super) fn cut(end: End, offset: u64, what: &str) -> Self {
        match end {
            End::Eof => Fault::new(Code::Truncated, offset, format!("{what}: the file ends inside it")),
            End::Missing => Fault::new(Code::MissingBytes, offset, format!("{what}: its bytes were not supplied")),
        }
    }
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Fault::Stop(stop)
    }
}

/// What could be read. A damage is noted, and the reading goes on beside it; a stop is passed on.
pub(super) fn note<T>(read: Result<T, Fault>, damages: &mut Vec<Damage>) -> Result<Option<T>, Fault> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Damage(damage)) => {
            damages.push(*damage);
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}
