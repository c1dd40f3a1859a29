//! Object headers (IV.A.1): the messages that describe one object, in a first chunk and its continuations.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;

use super::checksum::is_sound;
use super::fault::{Damage, Fault};
use super::fields::{Address, Fields, Parse};
use super::file::{Bytes, File};
use super::message::{self, Kind};
use crate::budget::{Budget, Charge};
use crate::document::warnings::Code;
use crate::engine::window::Stop;

const WHAT: &str = "object header";
const CONTINUATION: &str = "object header continuation block";
/// The fixed part of version 1, with which every header's length is known.
const PREFIX: u64 = 16;
/// Flags of version 2: how wide the first chunk's size is.
const SIZE: u8 = 0x03;
/// The creation order of attributes is kept.
const CREATION_ORDER: u8 = 0x04;
/// It is said when attributes become dense.
const PHASE_CHANGE: u8 = 0x10;
/// Times are kept.
const TIMES: u8 = 0x20;
/// As many messages as most objects have.
const USUAL_MESSAGES: usize = 12;
/// What messages and damages take in a list, which may have twice the room that it needs.
const MESSAGE_COST: usize = 2 * size_of::<Message>();
const DAMAGE_COST: usize = 2 * size_of::<Damage>() + 96;
/// So much is not charged: it is more than nearly all headers take.
const UNCHARGED: usize = 4 << 10;

/// One message; its body stands in a chunk of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: Kind,
    flags: u8,
    /// When an attribute or a link was made, where that is kept.
    pub(super) creation_order: Option<u16>,
    chunk: u32,
    from: u32,
    to: u32,
}

impl Message {
    /// The body stands elsewhere.
    pub(super) fn is_shared(&self) -> bool {
        self.flags & message::SHARED != 0
    }
}

/// The messages of one object.
#[derive(Debug)]
pub(in crate::formats) struct ObjectHeader {
    /// How many hard links lead here, as far as the prefix tells (version 1).
    pub(super) reference_count: Option<u32>,
    chunks: Vec<Bytes>,
    pub(super) messages: Vec<Message>,
    /// A bit for each kind that there is, by its number.
    kinds: u32,
    /// What could not be read of it, or is odd.
    pub(super) damages: Vec<Damage>,
    /// For messages and damages, where they are many: empty ones take four bytes in the file.
    charge: Option<Charge>,
}

/// The continuation blocks of a header that are still to be read, and where its first chunk stands. Blocks are read in the
/// order in which they are named, as libhdf5 does: the order of attributes may follow from that.
#[derive(Debug)]
pub(super) struct Rest {
    first: (Address, Address),
    layout: Layout,
    open: VecDeque<(Address, u64)>,
}

/// How much of a header is at hand.
pub(super) enum AtHand {
    Whole,
    /// It is sound as far as it is there.
    Begun(Rest),
    No,
}

impl ObjectHeader {
    /// A header without anything: room to read into.
    pub(super) fn empty() -> ObjectHeader {
        let (chunks, messages, damages) = (Vec::new(), Vec::new(), Vec::new());
        ObjectHeader { reference_count: None, chunks, messages, kinds: 0, damages, charge: None }
    }

    /// Reads the header at an address in the place of this one, as far as it is sound and at hand.
    pub(super) fn read_at_hand(&mut self, file: &File, address: Address) -> AtHand {
        self.chunks.clear();
        self.messages.clear();
        self.damages.clear();
        self.kinds = 0;
        self.charge = None;
        self.begin_at_hand(file, address).unwrap_or(AtHand::No)
    }

    fn begin_at_hand(&mut self, file: &File, address: Address) -> Option<AtHand> {
        let mut first = file.at_hand(address)?;
        let prefix = Prefix::decode(&mut Fields::new(&first, file.widths)).ok()?;
        let whole = usize::try_from(prefix.whole()).ok().filter(|whole| *whole <= first.len())?;
        first.truncate(whole);
        if prefix.version == 2 && !is_sound(&first) {
            return None;
        }
        self.reference_count = prefix.reference_count;
        let (layout, mut open) = (prefix.layout(), VecDeque::new());
        let (from, to) = (prefix.length as usize, (prefix.length + prefix.messages) as usize);
        self.chunk(file, first, from, to, layout, &mut open).ok().filter(|()| self.damages.is_empty())?;
        let first = (address, address.saturating_add(prefix.whole()));
        // Most have no more than one.
        let mut used = whole;
        if let (Some((at, length)), 1) = (open.front().copied(), open.len()) {
            let apart = at >= first.1 || at.checked_add(length).is_some_and(|end| end <= address);
            if let Some(mut chunk) = file.at_hand(at).filter(|chunk| apart && chunk.len() as u64 >= length) {
                open.clear();
                chunk.truncate(length as usize);
                used += chunk.len();
                self.continued(file, chunk, layout, &mut open).ok()?;
                if !open.is_empty() || !self.damages.is_empty() {
                    return None;
                }
            }
        }
        file.source.used(used);
        file.saw_header(prefix.whole(), self.is_group());
        Some(if open.is_empty() { AtHand::Whole } else { AtHand::Begun(Rest { first, layout, open }) })
    }

    /// Copies it out of the pieces of the file that it stands in, if there is room: they are many times as long, and would stay
    /// as long as it waits for something.
    pub(super) fn detach(&mut self, budget: &Budget) {
        for chunk in &mut self.chunks {
            if let Ok(charge) = Charge::new(budget, chunk.len()) {
                *chunk = Bytes::made(chunk.to_vec(), charge, chunk.offset);
            }
        }
    }

    /// Where it begins, absolute.
    pub(super) fn start(&self) -> u64 {
        self.chunks.first().map_or(0, |chunk| chunk.offset)
    }

    /// Reads the header at an address. A fault where not even the first chunk can be read.
    pub(super) async fn read(file: &File, address: Address) -> Result<ObjectHeader, Fault> {
        let ahead = file.header_ahead.load(Ordering::Relaxed);
        let mut first = file.read_ahead(address, PREFIX, ahead, WHAT).await?;
        let length = Prefix::length(&first);
        if length > first.len() as u64 {
            first = file.read_ahead(address, length, ahead, WHAT).await?;
        }
        let prefix = file.decode(&first, first.offset, WHAT, Prefix::decode)?;
        if prefix.whole() > first.len() as u64 {
            first = file.read_bounded(address, prefix.whole(), WHAT).await?;
        } else {
            first.truncate(prefix.whole() as usize);
            file.source.used(first.len().saturating_sub(PREFIX as usize));
        }
        if prefix.version == 2 && !is_sound(&first) {
            return Err(Fault::checksum(first.offset, WHAT));
        }
        let mut header = ObjectHeader::empty();
        header.reference_count = prefix.reference_count;
        header.messages.reserve_exact(USUAL_MESSAGES);
        let mut open = VecDeque::new();
        let (from, to) = (prefix.length as usize, (prefix.length + prefix.messages) as usize);
        header.chunk(file, first, from, to, prefix.layout(), &mut open)?;
        file.saw_header(prefix.whole(), header.is_group());
        if !open.is_empty() {
            let first = (address, address.saturating_add(prefix.whole()));
            header.continuations(file, Rest { first, layout: prefix.layout(), open }).await?;
        }
        Ok(header)
    }

    /// Reads the continuation blocks, and theirs.
    pub(super) async fn continuations(&mut self, file: &File, rest: Rest) -> Result<(), Fault> {
        let Rest { first, layout, mut open } = rest;
        let mut taken = BTreeMap::new();
        while let Some((address, length)) = open.pop_front() {
            let end = address.saturating_add(length);
            let before = taken.range(..end).next_back();
            let on_another = before.is_some_and(|(_, until)| *until > address);
            let read = match on_another || (first.0 < end && first.1 > address) {
                true => {
                    let why = "it lies on another one of the same header";
                    Err(Fault::malformed(file.offset(address), CONTINUATION, why))
                }
                false => {
                    let read = self.continuation(file, address, length, layout, &mut open).await;
                    if !open.is_empty() {
                        taken.insert(address, end); // else nobody asks any more
                    }
                    read
                }
            };
            match read {
                Err(Fault::Damage(damage)) => self.damages.push(*damage),
                other => other?,
            }
        }
        Ok(())
    }

    async fn continuation(
        &mut self,
        file: &File,
        address: Address,
        length: u64,
        layout: Layout,
        open: &mut VecDeque<(Address, u64)>,
    ) -> Result<(), Fault> {
        let chunk = file.read_bounded(address, length, CONTINUATION).await?;
        self.continued(file, chunk, layout, open)
    }

    /// Takes a continuation block.
    fn continued(
        &mut self,
        file: &File,
        chunk: Bytes,
        layout: Layout,
        open: &mut VecDeque<(Address, u64)>,
    ) -> Result<(), Fault> {
        let length = chunk.len();
        match layout {
            Layout::Version1 => self.chunk(file, chunk, 0, length, layout, open)?,
            Layout::Version2 { .. } if !chunk.starts_with(b"OCHK") || length < 8 => {
                return Err(Fault::malformed(chunk.offset, CONTINUATION, "its signature is missing"));
            }
            Layout::Version2 { .. } if !is_sound(&chunk) => return Err(Fault::checksum(chunk.offset, CONTINUATION)),
            Layout::Version2 { .. } => self.chunk(file, chunk, 4, length - 4, layout, open)?,
        }
        Ok(())
    }

    /// Takes the messages of one chunk; continuation messages go to `open`.
    fn chunk(
        &mut self,
        file: &File,
        bytes: Bytes,
        from: usize,
        to: usize,
        layout: Layout,
        open: &mut VecDeque<(Address, u64)>,
    ) -> Result<(), Stop> {
        let chunk = self.chunks.len() as u32;
        let mut fields = Fields::new(bytes.get(from..to).unwrap_or(&[]), file.widths);
        while fields.rest().len() >= layout.envelope() {
            let at = from + fields.position();
            let held = self.messages.len() * MESSAGE_COST + self.damages.len() * DAMAGE_COST;
            if held > UNCHARGED {
                let charge = self.charge.get_or_insert_with(|| Charge::nothing(file.source.budget()));
                charge.grow_to(held.next_multiple_of(UNCHARGED)).map_err(|_| Stop::Limit)?;
            }
            let (kind, flags, creation_order, body) = match layout.next(&mut fields) {
                Ok(next) => next,
                Err(why) => {
                    let message = format!("{WHAT}: {why}");
                    self.damages.push(Damage { code: Code::Malformed, offset: bytes.offset + at as u64, message });
                    break;
                }
            };
            let body_at = from + fields.position() - body.len();
            let kind = match Kind::from_number(kind) {
                Some(Kind::Nil) => continue,
                Some(Kind::Continuation) => {
                    let mut fields = Fields::new(body, file.widths);
                    let target =
                        fields.address().and_then(|address| Ok((address.ok_or("it leads nowhere")?, fields.length()?)));
                    match target {
                        Ok(target) => open.push_back(target),
                        Err(why) => {
                            let message = format!("object header continuation message: {why}");
                            let offset = bytes.offset + at as u64;
                            self.damages.push(Damage { code: Code::Malformed, offset, message });
                        }
                    }
                    continue;
                }
                Some(kind) => kind,
                None => {
                    // Bit 7: the writer says that who does not know it cannot understand the object.
                    let code =
                        if flags & message::FAIL_IF_UNKNOWN != 0 { Code::Unsupported } else { Code::UnknownMessage };
                    let message = format!("{WHAT}: a message of type {kind}, which is not known, is skipped");
                    self.damages.push(Damage { code, offset: bytes.offset + at as u64, message });
                    continue;
                }
            };
            let to = (body_at + body.len()) as u32;
            self.kinds |= kind.bit();
            self.messages.push(Message { kind, flags, creation_order, chunk, from: body_at as u32, to });
        }
        self.chunks.push(bytes);
        Ok(())
    }

    /// The body of a message.
    pub(super) fn body(&self, message: &Message) -> &[u8] {
        let chunk = self.chunks.get(message.chunk as usize);
        chunk.and_then(|chunk| chunk.get(message.from as usize..message.to as usize)).unwrap_or(&[])
    }

    /// The same, as bytes that stand for themselves.
    pub(super) fn bytes(&self, message: &Message) -> Bytes {
        let chunk = self.chunks.get(message.chunk as usize);
        chunk.map_or_else(Bytes::default, |chunk| chunk.slice(message.from as usize, message.to as usize))
    }

    /// Where the body stands, absolute.
    pub(super) fn offset(&self, message: &Message) -> u64 {
        self.chunks.get(message.chunk as usize).map_or(0, |chunk| chunk.offset) + u64::from(message.from)
    }

    /// All messages are there. Else some that are not may stand in a part that could not be read.
    pub(super) fn is_whole(&self) -> bool {
        self.damages.iter().all(|damage| matches!(damage.code, Code::UnknownMessage | Code::Unsupported))
    }

    /// True if there is a message of a kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.kinds & kind.bit() != 0
    }

    /// True if there are messages that only groups have.
    pub(super) fn is_group(&self) -> bool {
        [Kind::SymbolTable, Kind::LinkInfo, Kind::Link, Kind::GroupInfo].into_iter().any(|kind| self.has(kind))
    }

    /// The first message of a kind.
    pub(super) fn first(&self, kind: Kind) -> Option<&Message> {
        if !self.has(kind) {
            return None;
        }
        self.messages.iter().find(|message| message.kind == kind)
    }
}

/// How messages stand in a chunk.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Version1,
    Version2 { creation_order: bool },
}

type Envelope<'a> = (u16, u8, Option<u16>, &'a [u8]);

impl Layout {
    /// What stands before a message's body. Less than that at a chunk's end is a gap.
    fn envelope(self) -> usize {
        match self {
            Layout::Version1 => 8,
            Layout::Version2 { creation_order } => 4 + 2 * usize::from(creation_order),
        }
    }

    fn next<'a>(self, fields: &mut Fields<'a>) -> Parse<Envelope<'a>> {
        let overrun = |_| "a message is longer than its chunk";
        match self {
            Layout::Version1 => {
                let (kind, length, flags) = (fields.u16()?, fields.u16()?, fields.u8()?);
                fields.skip(3)?;
                Ok((kind, flags, None, fields.take(length.into()).map_err(overrun)?))
            }
            Layout::Version2 { creation_order } => {
                let (kind, length, flags) = (fields.u8()?, fields.u16()?, fields.u8()?);
                let order = if creation_order { Some(fields.u16()?) } else { None };
                Ok((kind.into(), flags, order, fields.take(length.into()).map_err(overrun)?))
            }
        }
    }
}

/// What stands before the messages of the first chunk.
struct Prefix {
    version: u8,
    reference_count: Option<u32>,
    creation_order: bool,
    /// Of the prefix itself.
    length: u64,
    /// Of the messages.
    messages: u64,
}

impl Prefix {
    /// How long it is, from its first bytes.
    fn length(bytes: &[u8]) -> u64 {
        match bytes {
            [b'O', b'H', b'D', b'R', _, flags, ..] => {
                let (times, phase, size) = (flags & TIMES != 0, flags & PHASE_CHANGE != 0, 1 << (flags & SIZE));
                6 + if times { 16 } else { 0 } + if phase { 4 } else { 0 } + size
            }
            _ => PREFIX,
        }
    }

    fn decode(fields: &mut Fields<'_>) -> Parse<Prefix> {
        if !fields.rest().starts_with(b"OHDR") {
            fields.version(1..=1)?;
            fields.skip(3)?; // reserved, and a count of messages that the chunks show themselves
            let (reference_count, messages) = (fields.u32()?, fields.u32()?);
            let reference_count = Some(reference_count);
            return Ok(Prefix {
                version: 1,
                reference_count,
                creation_order: false,
                length: PREFIX,
                messages: messages.into(),
            });
        }
        fields.skip(4)?;
        let version = fields.version(2..=2)?;
        let flags = fields.u8()?;
        if flags & TIMES != 0 {
            fields.skip(16)?;
        }
        if flags & PHASE_CHANGE != 0 {
            fields.skip(4)?;
        }
        let messages = fields.uint(1 << (flags & SIZE))?;
        let length = fields.position() as u64;
        if messages > u64::from(u32::MAX) {
            return Err("its length is no length");
        }
        Ok(Prefix { version, reference_count: None, creation_order: flags & CREATION_ORDER != 0, length, messages })
    }

    fn layout(&self) -> Layout {
        match self.version {
            1 => Layout::Version1,
            _ => Layout::Version2 { creation_order: self.creation_order },
        }
    }

    /// The length of the first chunk, with prefix and checksum.
    fn whole(&self) -> u64 {
        self.length + self.messages + if self.version == 2 { 4 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    /// A length that no memory limit has room for is this header's damage: it does not stop the reading of all others.
    #[test]
    fn a_length_out_of_all_bounds_is_a_damage() {
        let mut header = b"\x01\0\x01\0\x01\0\0\0\xFF\xFF\xFF\x7F\0\0\0\0".to_vec();
        header.resize(64, 0);
        let fault = read(&header, async |file| ObjectHeader::read(file, 0).await.err());
        assert!(matches!(fault, Some(Fault::Damage(damage)) if damage.code == Code::MemoryLimit && damage.offset == 0));
    }

    /// Version 1, with the message of a continuation that stands at 4096, and a dataspace there.
    fn with_a_continuation() -> Vec<u8> {
        let mut file = b"\x01\0\x02\0\x01\0\0\0\x18\0\0\0\0\0\0\0".to_vec();
        file.extend(b"\x10\0\x10\0\0\0\0\0\0\x10\0\0\0\0\0\0\x10\0\0\0\0\0\0\0");
        file.resize(4096, 0);
        file.extend(b"\x01\0\x08\0\0\0\0\0\x01\0\0\0\0\0\0\0");
        file
    }

    /// Messages of version 1 that lead to blocks of as many bytes.
    fn leading_to(blocks: &[(u64, u64)]) -> Vec<u8> {
        let message = |(address, length): &(u64, u64)| {
            [&b"\x10\0\x10\0\0\0\0\0"[..], &address.to_le_bytes(), &length.to_le_bytes()].concat()
        };
        blocks.iter().flat_map(message).collect()
    }

    #[test]
    fn continuations_come_in_the_order_in_which_they_are_named() {
        let comment = b"\x0D\0\x08\0\0\0\0\0comment\0";
        let blocks = [[&comment[..], &leading_to(&[(0x180, 16)])].concat(), comment.to_vec(), comment.to_vec()];
        let mut file = b"\x01\0\x06\0\x01\0\0\0\x30\0\0\0\0\0\0\0".to_vec();
        file.extend(leading_to(&[(0x80, 40), (0x100, 16)]));
        for (block, at) in blocks.iter().zip([0x80, 0x100, 0x180]) {
            file.resize(at, 0);
            file.extend(block);
        }
        file.resize(0x200, 0);
        read(&file, async |file| {
            let mut at_hand = ObjectHeader::empty();
            let read = ObjectHeader::read(file, 0).await.expect("a header");
            file.read_bounded(0, 64, WHAT).await.expect("the first chunk");
            let rest = match at_hand.read_at_hand(file, 0) {
                AtHand::Begun(rest) => Some(rest),
                _ => None,
            };
            at_hand.continuations(file, rest.expect("two continuations")).await.expect("continuations");
            for header in [read, at_hand] {
                let places: Vec<u64> = header.messages.iter().map(|message| header.offset(message)).collect();
                assert_eq!(places, [0x88, 0x108, 0x188], "the block that another one leads to comes last");
            }
        });
    }

    #[test]
    fn what_is_at_hand_is_not_read_again() {
        read(&with_a_continuation(), async |file| {
            let mut header = ObjectHeader::empty();
            assert!(matches!(header.read_at_hand(file, 0), AtHand::No), "nothing was fed");
            file.read_bounded(0, 40, WHAT).await.expect("the first chunk");
            let rest = match header.read_at_hand(file, 0) {
                AtHand::Begun(rest) if header.messages.is_empty() => Some(rest),
                _ => None,
            };
            header.continuations(file, rest.expect("no continuation yet")).await.expect("a continuation");
            let mut again = ObjectHeader::empty();
            assert!(matches!(again.read_at_hand(file, 0), AtHand::Whole));
            let read = ObjectHeader::read(file, 0).await.expect("a header");
            for other in [again, read] {
                assert!(other.has(Kind::Dataspace) && other.damages.is_empty());
                assert_eq!(header.messages, other.messages);
            }
        });
    }
}
