//! What an object header looks like from outside: how long it is, and whether its messages make sense.

use super::fields::{Address, Fields, Widths};

/// The prefix of version 1.
pub(super) const PREFIX: usize = 16;
/// The longest first chunk that is believed.
const LONGEST: usize = 4 << 20;
/// The highest type of a message.
const LAST_TYPE: u16 = 0x18;
const CONTINUATION: u16 = 0x10;

/// How long the parts of a header are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    version: u8,
    prefix: usize,
    messages: usize,
    /// Version 1: how many messages there are, in all chunks.
    count: usize,
    creation_order: bool,
}

impl Shape {
    /// The shape that the prefix of version 1 tells, where all of it makes sense.
    pub(super) fn version_1(bytes: &[u8]) -> Option<Shape> {
        let [1, 0, count @ .., 0, 0, 0, 0] = bytes.first_chunk::<PREFIX>()? else { return None };
        let number = |at: usize, width: usize| (0..width).rev().fold(0, |sum, i| sum << 8 | usize::from(count[at + i]));
        let (count, references, messages) = (number(0, 2), number(2, 4), number(6, 4));
        let sane = count > 0 && (1..=0xFFFF).contains(&references) && messages.is_multiple_of(8);
        (sane && (8 * 2..=LONGEST).contains(&messages)).then_some(Shape {
            version: 1,
            prefix: PREFIX,
            messages,
            count,
            creation_order: false,
        })
    }

    /// The shape that a prefix of version 2 tells.
    pub(super) fn version_2(bytes: &[u8]) -> Option<Shape> {
        let flags = *bytes.get(5).filter(|flags| **flags & 0xC0 == 0)?;
        let times = if flags & 0x20 != 0 { 16 } else { 0 };
        let phase = if flags & 0x10 != 0 { 4 } else { 0 };
        let (at, width) = (6 + times + phase, 1 << (flags & 3));
        let size = bytes.get(at..at + width)?;
        let messages =
            size.iter().rev().try_fold(0usize, |sum, byte| Some(sum.checked_mul(256)? + usize::from(*byte)))?;
        let creation_order = flags & 4 != 0;
        (messages <= LONGEST).then_some(Shape { version: 2, prefix: at + width, messages, count: 0, creation_order })
    }

    /// With the checksum.
    pub(super) fn whole(&self) -> usize {
        self.prefix + self.messages + if self.version == 2 { 4 } else { 0 }
    }

    /// Goes through the messages of a whole header: where it goes on, `None` where they make no sense.
    pub(super) fn messages(&self, bytes: &[u8], widths: Widths) -> Option<Vec<Continuation>> {
        let messages = Messages::read(bytes.get(self.prefix..self.prefix + self.messages)?, self.envelope(), widths)?;
        let sane = self.version == 2 || (messages.fills && messages.real > 0 && messages.count <= self.count);
        sane.then_some(messages.continuations)
    }

    /// What stands before each message.
    fn envelope(&self) -> Envelope {
        match (self.version, self.creation_order) {
            (1, _) => Envelope::Version1,
            (_, false) => Envelope::Version2,
            (_, true) => Envelope::Ordered,
        }
    }
}

/// Where a header goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Continuation {
    pub(super) address: Address,
    pub(super) length: u64,
    envelope: Envelope,
}

impl Continuation {
    /// Goes through the messages of its block: where that goes on.
    pub(super) fn messages(&self, bytes: &[u8], widths: Widths) -> Option<Vec<Continuation>> {
        let body = match self.envelope {
            Envelope::Version1 => bytes,
            _ => bytes.strip_prefix(b"OCHK")?.split_last_chunk::<4>()?.0,
        };
        Messages::read(body, self.envelope, widths).map(|messages| messages.continuations)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Envelope {
    Version1,
    Version2,
    /// Version 2 with creation orders.
    Ordered,
}

/// The messages of one block.
struct Messages {
    continuations: Vec<Continuation>,
    count: usize,
    /// Those that are not empty.
    real: usize,
    /// Nothing is left over.
    fills: bool,
}

impl Messages {
    fn read(body: &[u8], envelope: Envelope, widths: Widths) -> Option<Messages> {
        let mut fields = Fields::new(body, widths);
        let mut out = Messages { continuations: Vec::new(), count: 0, real: 0, fills: false };
        let length = match envelope {
            Envelope::Version1 => 8,
            Envelope::Version2 => 4,
            Envelope::Ordered => 6,
        };
        while fields.rest().len() >= length {
            let kind = match envelope {
                Envelope::Version1 => fields.u16().ok()?,
                _ => fields.u8().ok()?.into(),
            };
            let length = fields.u16().ok()?;
            fields.skip(1).ok()?;
            match envelope {
                Envelope::Version1 => {
                    let reserved = fields.take(3).ok()?;
                    let sane = kind <= LAST_TYPE
                        && length.is_multiple_of(8)
                        && reserved == [0; 3]
                        && (kind == 0 || length > 0);
                    if !sane {
                        return None;
                    }
                }
                Envelope::Version2 => {}
                Envelope::Ordered => fields.skip(2).ok()?,
            }
            let body = fields.take(length.into()).ok()?;
            out.count += 1;
            out.real += usize::from(kind != 0);
            if kind == CONTINUATION {
                let mut fields = Fields::new(body, widths);
                if let (Ok(Some(address)), Ok(length)) = (fields.address(), fields.length()) {
                    out.continuations.push(Continuation { address, length, envelope });
                }
            }
        }
        out.fills = fields.is_empty();
        Some(out)
    }
}
