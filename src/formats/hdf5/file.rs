//! One HDF5 file: its widths, its base address, and reads by address.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::cache_image::{CacheImage, Part};
use super::checksum::is_sound;
use super::fault::Fault;
use super::fields::{Address, Fields, Parse, TOO_DEEP, Widths};
use crate::budget::Charge;
use crate::document::warnings::Code;
use crate::engine::source::{Asked, Source};
use crate::engine::window::{Block, End, Stop};

/// What every structure's reader needs.
#[derive(Debug)]
pub(super) struct File {
    pub(super) source: Source,
    pub(super) widths: Widths,
    /// What addresses count from, as an absolute offset.
    pub(super) base: u64,
    /// How long object headers are in this file, as far as they have been seen: so much is asked for at once.
    pub(super) header_ahead: AtomicU64,
    /// The end of the file was asked for.
    end_asked: AtomicBool,
    /// The image of a metadata cache, which takes the place of what stands in the file.
    pub(super) overlay: Option<CacheImage>,
}

/// What is asked for where an object header begins, before any has been seen.
const FIRST_HEADER_AHEAD: u64 = 512;

/// So much of the end of the file is asked for: beside it speculation leaves room for the first objects.
const END: u64 = 20 << 10;

/// Bytes of a structure, and where they stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Bytes {
    block: Block,
    /// Absolute.
    pub(super) offset: u64,
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.block
    }
}

impl Bytes {
    /// Leaves the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.block.truncate(length);
    }

    /// A part of them that was taken as a slice, `part`.
    pub(super) fn within(&self, part: &[u8]) -> Bytes {
        let from = (part.as_ptr() as usize).saturating_sub(self.as_ptr() as usize);
        self.slice(from, from.saturating_add(part.len()))
    }

    /// A part of them, as far as they reach.
    pub(super) fn slice(&self, from: usize, to: usize) -> Bytes {
        Bytes { block: self.block.slice(from, to), offset: self.offset.saturating_add(from as u64) }
    }

    /// Bytes that stand in no file, such as uncompressed ones; `charge` is for them. They count as standing at `offset`.
    pub(super) fn made(bytes: Vec<u8>, charge: Charge, offset: u64) -> Bytes {
        Bytes { block: Block::made(bytes, charge), offset }
    }
}

/// What the image has of bytes that are asked for.
enum InImage {
    /// All of them.
    All(Bytes),
    /// None of them, nor of what is before so many bytes.
    Behind(u64),
}

impl File {
    pub(super) fn new(source: Source, widths: Widths, base: u64) -> Self {
        let header_ahead = AtomicU64::new(FIRST_HEADER_AHEAD);
        File { source, widths, base, header_ahead, end_asked: AtomicBool::new(false), overlay: None }
    }

    /// The absolute offset of an address.
    pub(super) fn offset(&self, address: Address) -> u64 {
        self.base.saturating_add(address)
    }

    /// The bytes at an address, as far as they can be read without waiting, and that is plain to see.
    pub(super) fn at_hand(&self, address: Address) -> Option<Bytes> {
        let offset = self.offset(address);
        let block = if self.overlay.is_none() { self.source.at_hand(offset) } else { None };
        block.map(|block| Bytes { block, offset })
    }

    /// Learns how long an object header is. Groups are read before what they lead to, which mostly are datasets: that these are
    /// short, too, does not follow.
    pub(super) fn saw_header(&self, length: u64, is_group: bool) {
        let ahead = self.header_ahead.load(Ordering::Relaxed);
        let least = if is_group { ahead } else { ahead / 8 * 7 };
        self.header_ahead.store(length.max(least).clamp(64, 4096), Ordering::Relaxed);
    }

    /// Asks for the header of an object that will be read soon.
    pub(super) fn ask_header(&self, address: Address) -> Option<Asked<'_>> {
        let length = self.header_ahead.load(Ordering::Relaxed);
        if self.overlay.is_none() { self.source.ask(self.offset(address), length) } else { None }
    }

    /// Asks once for the end of the file: libhdf5 puts the blocks of fractal heaps there when it closes a file, far from
    /// everything that leads to them.
    pub(super) fn ask_end(&self) -> Option<Asked<'_>> {
        let eof = self.source.eof().filter(|_| !self.end_asked.swap(true, Ordering::Relaxed))?;
        let length = self.source.ahead(END);
        self.source.ask(eof.checked_sub(length)?, length)
    }

    /// True if bytes can be read without waiting, as far as that is plain to see.
    pub(super) fn is_at_hand(&self, address: Address, length: u64) -> bool {
        self.overlay.is_none() && self.source.is_at_hand(self.offset(address), length)
    }

    /// The structure `what` of `length` bytes at an address: all of them, and no more.
    pub(super) async fn read(&self, address: Address, length: u64, what: &str) -> Result<Bytes, Fault> {
        let mut bytes = self.read_ahead(address, length, length, what).await?;
        bytes.block.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// At least `length` bytes of the structure `what`, and as many of `ahead` as are at hand.
    pub(super) async fn read_ahead(
        &self,
        address: Address,
        length: u64,
        ahead: u64,
        what: &str,
    ) -> Result<Bytes, Fault> {
        match self.before_image(address, length, what).await? {
            InImage::All(bytes) => Ok(bytes),
            InImage::Behind(until) => {
                let (mut bytes, end) = self.read_file(address, length, ahead.min(until), what).await?;
                bytes.truncate(usize::try_from(until).unwrap_or(usize::MAX));
                match end {
                    Some(end) => Err(Fault::cut(end, bytes.offset, what)),
                    None => Ok(bytes),
                }
            }
        }
    }

    /// As many of `most` bytes of the structure `what` as there are; why there are fewer.
    pub(super) async fn read_some(
        &self,
        address: Address,
        most: u64,
        what: &str,
    ) -> Result<(Bytes, Option<End>), Fault> {
        match self.before_image(address, most, what).await? {
            InImage::All(bytes) => Ok((bytes, None)),
            InImage::Behind(_) => self.read_file(address, most, most, what).await,
        }
    }

    /// Looks for bytes in the image, if there is one. Where it has some of them, they are put together with those in the file.
    async fn before_image(&self, address: Address, length: u64, what: &str) -> Result<InImage, Fault> {
        let Some(image) = &self.overlay else { return Ok(InImage::Behind(u64::MAX)) };
        match image.at(address) {
            Part::Image(bytes) if bytes.len() as u64 >= length => Ok(InImage::All(bytes)),
            Part::File(until) if until >= length => Ok(InImage::Behind(until)),
            _ => Box::pin(self.put_together(image, address, length, what)).await.map(InImage::All),
        }
    }

    async fn put_together(
        &self,
        image: &CacheImage,
        address: Address,
        length: u64,
        what: &str,
    ) -> Result<Bytes, Fault> {
        let size = self.bounded(length, self.offset(address), what)?;
        let charge = Charge::new(self.source.budget(), size).map_err(|_| Stop::Limit)?;
        let mut bytes = Vec::with_capacity(size);
        while bytes.len() < size {
            let rest = size - bytes.len();
            let at = address.saturating_add(bytes.len() as u64);
            let part = match image.at(at) {
                Part::Image(part) => part,
                Part::File(until) => {
                    let length = until.min(rest as u64);
                    match self.read_file(at, length, length, what).await? {
                        (part, None) => part,
                        (_, Some(end)) => return Err(Fault::cut(end, self.offset(address), what)),
                    }
                }
            };
            bytes.extend_from_slice(&part[..part.len().min(rest)]);
        }
        Ok(Bytes::made(bytes, charge, self.offset(address)))
    }

    /// Reads what stands in the file, whether the image has something else or not.
    async fn read_file(
        &self,
        address: Address,
        length: u64,
        ahead: u64,
        what: &str,
    ) -> Result<(Bytes, Option<End>), Fault> {
        let offset = self.offset(address);
        let size = usize::try_from(length).map_err(|_| Fault::malformed(offset, what, "its length is no length"))?;
        let (block, end) = self.source.read(offset, size, usize::try_from(ahead).unwrap_or(size)).await?;
        self.source.used(block.len().min(size));
        Ok((Bytes { block, offset }, end))
    }

    /// The same as [`File::read`] where the structure ends in a checksum, which is verified. The bytes are those before it.
    pub(super) async fn read_checked(&self, address: Address, length: u64, what: &str) -> Result<Bytes, Fault> {
        self.checked(self.read(address, length, what).await?, what)
    }

    /// Verifies the checksum that a structure ends in; gives the bytes before it.
    pub(super) fn checked(&self, mut bytes: Bytes, what: &str) -> Result<Bytes, Fault> {
        if !is_sound(&bytes) {
            return Err(Fault::checksum(bytes.offset, what));
        }
        let body = bytes.len() - 4;
        bytes.block.truncate(body);
        Ok(bytes)
    }

    /// The same as [`File::read`] where the length is not to be believed: one that the memory limit has no room for is
    /// this structure's damage, and does not stop the reading.
    pub(super) async fn read_bounded(&self, address: Address, length: u64, what: &str) -> Result<Bytes, Fault> {
        self.bounded(length, self.offset(address), what)?;
        self.read(address, length, what).await
    }

    /// A length that the memory limit has room for.
    pub(super) fn bounded(&self, length: u64, offset: u64, what: &str) -> Result<usize, Fault> {
        let most = self.source.budget().limit() / 8;
        usize::try_from(length).ok().filter(|_| length <= most).ok_or_else(|| {
            let message = format!("{what}: it is longer than the memory limit allows, it is not read");
            Fault::new(Code::MemoryLimit, offset, message)
        })
    }

    /// Decodes a structure that stands at an absolute offset.
    pub(super) fn decode<'a, T>(
        &self,
        bytes: &'a [u8],
        offset: u64,
        what: &str,
        decode: impl FnOnce(&mut Fields<'a>) -> Parse<T>,
    ) -> Result<T, Fault> {
        decode(&mut Fields::new(bytes, self.widths)).map_err(|why| match why {
            TOO_DEEP => Fault::new(Code::DepthLimit, offset, format!("{what}: {why}")),
            _ => Fault::malformed(offset, what, why),
        })
    }
}
