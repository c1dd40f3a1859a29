//! The metadata cache image (II.E): structures that a writer left in one block when it closed the file. Where they should be in
//! the file nothing is, or something old.

use super::fault::Fault;
use super::fields::{Address, Fields, Parse};
use super::file::{Bytes, File};
use crate::budget::Charge;
use crate::engine::window::Stop;

const WHAT: &str = "metadata cache image";
/// What an entry takes beside its bytes.
const COST: usize = 64;

/// Where the image is, and how long (metadata cache image message, IV.A.2.x). `None`: there is none.
pub(super) fn decode_message(fields: &mut Fields<'_>) -> Parse<Option<(Address, u64)>> {
    fields.version(0..=0)?;
    let (address, length) = (fields.address()?, fields.length()?);
    Ok(address.map(|address| (address, length)))
}

/// The structures of an image, in the order of their addresses.
#[derive(Debug)]
pub(super) struct CacheImage {
    entries: Vec<(Address, Bytes)>,
    _charge: Charge,
}

/// What of the image stands at an address.
pub(super) enum Part {
    /// All that was asked for, and what the entry has behind it.
    Image(Bytes),
    /// Nothing for so many bytes.
    File(u64),
}

impl CacheImage {
    pub(super) async fn read(file: &File, address: Address, block: u64) -> Result<CacheImage, Fault> {
        let mut bytes = file.read_bounded(address, block, WHAT).await?;
        let length = file.decode(&bytes, bytes.offset, WHAT, |fields| {
            fields.signature(b"MDCI")?;
            fields.version(0..=0)?;
            fields.skip(1)?; // flags: the cache's size was kept too
            let length = fields.length()?;
            usize::try_from(length).ok().filter(|_| length <= block).ok_or("it is longer than its block")
        })?;
        bytes.truncate(length);
        let bytes = file.checked(bytes, WHAT)?;
        let places = file.decode(&bytes, bytes.offset, WHAT, entries)?;
        let _charge = Charge::new(file.source.budget(), places.len() * COST).map_err(|_| Stop::Limit)?;
        let mut entries: Vec<_> =
            places.into_iter().map(|(address, from, to)| (address, bytes.slice(from, to))).collect();
        entries.sort_by_key(|(address, _)| *address);
        Ok(CacheImage { entries, _charge })
    }

    /// What stands at an address: of the image, or of the file.
    pub(super) fn at(&self, address: Address) -> Part {
        let next = self.entries.partition_point(|(start, _)| *start <= address);
        if let Some((start, bytes)) = next.checked_sub(1).and_then(|at| self.entries.get(at)) {
            let from = usize::try_from(address - start).unwrap_or(usize::MAX);
            if from < bytes.len() {
                return Part::Image(bytes.slice(from, bytes.len()));
            }
        }
        Part::File(self.entries.get(next).map_or(u64::MAX, |(start, _)| start - address))
    }
}

/// Where the entries are: address, and where their bytes begin and end in the image.
fn entries(fields: &mut Fields<'_>) -> Parse<Vec<(Address, usize, usize)>> {
    let mut entries = Vec::new();
    fields.skip(6)?;
    fields.length()?;
    let count = fields.u32()?;
    for _ in 0..count {
        // Type, flags, ring, age, how many depend on it: only of use to a writer.
        fields.skip(4 + 2 + 2)?;
        let parents = usize::from(fields.u16()?);
        fields.skip(4)?; // its place among the least recently used
        let address = fields.address()?.ok_or("an entry has no address")?;
        let length = usize::try_from(fields.length()?).map_err(|_| "an entry's length is no length")?;
        fields.skip(parents * usize::from(fields.widths().offsets))?;
        let from = fields.position();
        fields.skip(length).map_err(|_| "an entry is longer than the image")?;
        entries.push((address, from, from + length));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::super::dense::{Body, Dense, Of};
    use super::super::link::LinkInfo;
    use super::super::message::Kind;
    use super::super::object_header::ObjectHeader;
    use super::super::testing::{fixture, object, read_file, with_image};
    use super::*;

    async fn image(file: &File, extension: Option<Address>) -> Result<CacheImage, Fault> {
        let header = ObjectHeader::read(file, extension.expect("an extension")).await.expect("its header");
        let body = header.body(header.first(Kind::CacheImage).expect("an image"));
        let place = file.decode(body, 0, "message", decode_message).expect("a message");
        let (address, length) = place.expect("an image");
        CacheImage::read(file, address, length).await
    }

    #[test]
    fn structures_that_stand_in_the_image_only() {
        let bytes = fixture("heaps_image");
        let found = read_file(&bytes, async |file, superblock| image(file, superblock.extension).await);
        let image = found.expect("an image");
        assert_eq!(image.entries.len(), 10);
        assert!(image.entries.iter().all(|(address, entry)| bytes[*address as usize..][..4] != entry[..4]));
        with_image(&bytes, image, async |file, superblock| {
            let header = object(file, superblock, "many").await;
            let info = header.body(header.first(Kind::LinkInfo).expect("link info"));
            let info = file.decode(info, 0, "link info", LinkInfo::decode).expect("link info");
            let links = Dense::read(file, Of::Links, info.heap, info.name_index, 1000).await.expect("a listing");
            let bodies = links.messages(file).map(|link| link.expect("sound").body);
            assert_eq!(bodies.filter(|body| matches!(body, Body::Here { .. })).count(), 30);
        });
    }

    #[test]
    fn reads_are_put_together_of_image_and_file() {
        let bytes = fixture("heaps_image");
        let image = read_file(&bytes, async |file, superblock| image(file, superblock.extension).await);
        with_image(&bytes, image.expect("an image"), async |file, _| {
            let entry = file.read(48, 131, "entry").await.expect("the root group");
            assert!(entry.starts_with(b"OHDR") && entry.offset > 3000, "where it stands");
            let more = file.read(40, 8 + 131 + 10, "more").await.expect("both");
            assert_eq!((&more[..8], &more[8..139]), (&bytes[40..48], &entry[..]));
            let next = file.read(179, 239, "next").await.expect("the group");
            assert_eq!(more[139..], next[..10], "the next entry");
            let ahead = file.read_ahead(0, 10, 500, "ahead").await.expect("the superblock");
            assert!(ahead.len() <= 48, "what is behind is old");
        });
    }

    #[test]
    fn a_damaged_image_is_not_used() {
        let mut bytes = fixture("heaps_image");
        let at = bytes.windows(4).position(|part| part == b"MDCI").expect("an image");
        bytes[at + 60] ^= 1;
        let found = read_file(&bytes, async |file, superblock| image(file, superblock.extension).await);
        assert!(matches!(found, Err(Fault::Damage(damage)) if damage.message.contains("checksum")));
    }
}
