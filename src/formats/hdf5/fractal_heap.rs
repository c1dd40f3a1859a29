//! Fractal heaps (III.G): objects in blocks whose sizes double from row to row, in the file by themselves, or in their IDs.

use std::pin::pin;

use super::btree2::{self, kind};
use super::doubling_table::DoublingTable;
use super::fault::Fault;
use super::fields::{Address, Fields, Parse, Widths, width_of};
use super::file::{Bytes, File};
use super::filter_pipeline::{self, Filter};
use super::filters;
use super::heap_blocks::Blocks;
use super::level;
use crate::budget::Charge;
use crate::engine::join::both;
use crate::engine::window::Stop;

pub(super) const HEADER: &str = "fractal heap header";
const ID: &str = "fractal heap ID";
const HUGE: &str = "huge object of a fractal heap";

/// What the header says of a heap.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) address: Address,
    /// Absolute.
    pub(super) offset: u64,
    pub(super) id_length: u16,
    /// Direct blocks have a checksum.
    pub(super) checksums: bool,
    pub(super) table: DoublingTable,
    pub(super) filters: Option<Filters>,
    huge_index: Option<Address>,
    /// The widths of an object's offset and length in an ID.
    offset_width: usize,
    length_width: usize,
}

/// What a heap's direct blocks and huge objects are compressed with.
#[derive(Debug, Clone)]
pub(super) struct Filters {
    pub(super) pipeline: Vec<Filter>,
    /// Where the root is a direct block: how many bytes it takes in the file, and which filters were left out.
    pub(super) root: (u64, u32),
}

impl Header {
    pub(super) async fn read(file: &File, address: Address) -> Result<Header, Fault> {
        let Widths { offsets, lengths } = file.widths;
        let fixed = 26 + 12 * u64::from(lengths) + 3 * u64::from(offsets);
        let mut bytes = file.read_ahead(address, fixed, fixed + 64, HEADER).await?;
        let filters = file.decode(&bytes, bytes.offset, HEADER, |fields| {
            fields.signature(b"FRHP")?;
            fields.version(0..=0)?;
            fields.skip(2)?;
            fields.u16()
        })?;
        let length = if filters == 0 { fixed } else { fixed + u64::from(lengths) + 4 + u64::from(filters) };
        if (bytes.len() as u64) < length {
            bytes = file.read(address, length, HEADER).await?;
        }
        let bytes = file.checked(bytes.slice(0, length as usize), HEADER)?;
        let header = file.decode(&bytes, bytes.offset, HEADER, |fields| Header::decode(fields, address, filters))?;
        Ok(Header { offset: bytes.offset, ..header })
    }

    fn decode(fields: &mut Fields<'_>, address: Address, filters: u16) -> Parse<Header> {
        fields.skip(5)?;
        let id_length = fields.u16()?;
        fields.skip(2)?;
        let flags = fields.u8()?;
        let most_managed = fields.u32()?;
        fields.length()?; // the next huge object's number
        let huge_index = fields.address()?;
        fields.length()?; // free space, its manager, and how much and how many of each kind there are
        fields.address()?;
        fields.skip(8 * usize::from(fields.widths().lengths))?;
        let table = DoublingTable::decode(fields)?;
        let filters = match filters {
            0 => None,
            length => {
                let root = (fields.length()?, fields.u32()?);
                let pipeline = fields.take(length.into())?;
                Some(Filters { pipeline: filter_pipeline::decode(&mut Fields::new(pipeline, fields.widths()))?, root })
            }
        };
        let offset_width = table.offset_width();
        let length_width = table.length_width().min(width_of(most_managed.into()));
        Ok(Header {
            address,
            offset: 0,
            id_length,
            checksums: flags & 2 != 0,
            table,
            filters,
            huge_index,
            offset_width,
            length_width,
        })
    }

    /// Where the object of an ID is. An ID may be longer than the heap's are: the rest is padding.
    fn place<'a>(&self, id: &'a [u8], widths: Widths) -> Parse<Place<'a>> {
        let id = id.get(..usize::from(self.id_length)).ok_or("it is shorter than the heap's IDs")?;
        let mut fields = Fields::new(id, widths);
        let first = fields.u8()?;
        if first & 0xC0 != 0 {
            return Err("its version is not known");
        }
        match first >> 4 & 3 {
            0 => Ok(Place::Managed(fields.uint(self.offset_width)?, fields.uint(self.length_width)?)),
            1 => self.huge(fields).map(Place::Huge),
            2 => {
                let mut length = usize::from(first & 0x0F);
                if id.len() > 18 {
                    length = length << 8 | usize::from(fields.u8()?);
                }
                fields.take(length + 1).map(Place::Tiny)
            }
            _ => Err("it is of a type that is not known"),
        }
    }

    /// True if the IDs of huge objects say where these are; else they have numbers, and the heap an index.
    fn has_places(&self, widths: Widths) -> bool {
        let Widths { offsets, lengths } = widths;
        let filtered = if self.filters.is_some() { 4 + usize::from(lengths) } else { 0 };
        usize::from(self.id_length) > usize::from(offsets) + usize::from(lengths) + filtered
    }

    fn huge(&self, mut fields: Fields<'_>) -> Parse<Huge> {
        match self.has_places(fields.widths()) {
            true => Stored::decode(&mut fields, self.filters.is_some()).map(Huge::At),
            false => fields.uint(fields.rest().len().min(8)).map(Huge::Number),
        }
    }
}

/// Where an object is, as its ID says.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    /// In the heap's blocks: offset in the heap, length.
    Managed(u64, u64),
    /// In the file by itself.
    Huge(Huge),
    /// In the ID.
    Tiny(&'a [u8]),
}

/// Which huge object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Huge {
    At(Stored),
    /// By the number it has in the heap's B-tree.
    Number(u64),
}

/// Where a huge object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stored {
    address: Address,
    length: u64,
    /// Filters that were left out, and the length without filters.
    filtered: Option<(u32, u64)>,
}

impl Stored {
    fn decode(fields: &mut Fields<'_>, filtered: bool) -> Parse<Stored> {
        let address = fields.address()?.ok_or("a huge object has no address")?;
        let length = fields.length()?;
        let filtered = if filtered { Some((fields.u32()?, fields.length()?)) } else { None };
        Ok(Stored { address, length, filtered })
    }
}

/// An object of a heap.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// All of it, or of a huge one as much as was asked for.
    pub(super) bytes: Bytes,
    /// The length of the whole object.
    pub(super) length: u64,
}

impl Object {
    /// One of which all bytes are at hand.
    pub(super) fn whole(bytes: Bytes) -> Object {
        Object { length: bytes.len() as u64, bytes }
    }
}

/// A heap with all of its blocks.
#[derive(Debug)]
pub(super) struct Heap {
    pub(super) header: Header,
    blocks: Blocks,
    /// Where the huge objects stand that IDs name by number.
    numbered: Result<Vec<(u64, Stored)>, Fault>,
    /// Huge objects that were fetched, in the order of their places.
    huge: Vec<(Huge, Result<Object, Fault>)>,
    charge: Charge,
}

impl Heap {
    /// Reads all blocks of the heap, and the index of its huge objects: every level is one round. An error only where the
    /// reading was stopped.
    pub(super) async fn read(file: &File, header: Header) -> Result<Heap, Fault> {
        let mut charge = Charge::new(file.source.budget(), 0).map_err(|_| Stop::Limit)?;
        let (blocks, numbered) =
            both(pin!(Blocks::read(file, &header)), pin!(numbered(file, &header, &mut charge))).await;
        if let Err(Fault::Stop(stop)) = numbered {
            return Err(stop.into());
        }
        Ok(Heap { blocks: blocks?, header, numbered, huge: Vec::new(), charge })
    }

    /// Fetches those of these objects that are in the file by themselves, and of each `most` bytes at most (where it is
    /// compressed: all or nothing), so that [`Heap::object`] finds them. An error only where the reading was stopped.
    pub(super) async fn fetch(
        &mut self,
        file: &File,
        ids: impl Iterator<Item = &[u8]>,
        most: u64,
    ) -> Result<(), Fault> {
        let huge = ids.filter_map(|id| match self.header.place(id, file.widths) {
            Ok(Place::Huge(huge)) if self.find(&huge).is_err() => Some(huge),
            _ => None,
        });
        let mut wanted: Vec<Huge> = huge.collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        let places = wanted.iter().map(|huge| self.stored(*huge));
        let filters = self.header.filters.as_ref();
        let places: Vec<_> = places.collect();
        let objects =
            level::each(file, places, |place| async move { object(file, filters, place?, most).await }).await?;
        let numbers = self.numbered.as_ref().map_or(0, Vec::len);
        self.charge.grow_to((numbers + self.huge.len() + objects.len()) * HUGE_COST).map_err(|_| Stop::Limit)?;
        self.huge.extend(wanted.into_iter().zip(objects));
        self.huge.sort_unstable_by_key(|(huge, _)| *huge);
        Ok(())
    }

    /// The bytes of each block that may hold managed objects, which are without beginning or end there.
    pub(super) fn managed(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.managed()
    }

    fn stored(&self, huge: Huge) -> Result<Stored, Fault> {
        match (huge, &self.numbered) {
            (Huge::At(stored), _) => Ok(stored),
            (Huge::Number(_), Err(fault)) => Err(fault.clone()),
            (Huge::Number(number), Ok(places)) => match places.binary_search_by_key(&number, |(number, _)| *number) {
                Ok(at) => Ok(places[at].1),
                Err(_) => Err(Fault::malformed(self.header.offset, HUGE, "the heap's index does not have it")),
            },
        }
    }

    fn find(&self, huge: &Huge) -> Result<usize, usize> {
        self.huge.binary_search_by_key(huge, |(huge, _)| *huge)
    }

    /// The object that an ID names; if it is in the file by itself, `most` bytes of it (where it is compressed: all).
    pub(super) async fn get(&self, file: &File, id: &[u8], most: u64) -> Result<Object, Fault> {
        match self.header.place(id, file.widths) {
            Ok(Place::Huge(huge)) => object(file, self.header.filters.as_ref(), self.stored(huge)?, most).await,
            _ => self.object(file, id),
        }
    }

    /// The object that an ID names. One that is in the file by itself must have been fetched.
    pub(super) fn object(&self, file: &File, id: &[u8]) -> Result<Object, Fault> {
        let malformed = |why| Fault::malformed(self.header.offset, ID, why);
        match self.header.place(id, file.widths).map_err(malformed)? {
            Place::Managed(offset, length) => self.blocks.get(offset, length).map(Object::whole),
            Place::Tiny(tiny) => {
                let charge = Charge::new(file.source.budget(), MADE_COST + tiny.len()).map_err(|_| Stop::Limit)?;
                Ok(Object::whole(Bytes::made(tiny.to_vec(), charge, self.header.offset)))
            }
            Place::Huge(huge) => match self.find(&huge) {
                Ok(at) => self.huge[at].1.clone(),
                Err(_) => Err(malformed("its object was not fetched")),
            },
        }
    }
}

/// What a huge object takes beside its bytes.
const HUGE_COST: usize = 192;

/// What bytes take that stand by themselves, beside their own length.
const MADE_COST: usize = 128;

/// Reads the index of the huge objects that IDs name by number, in the order of the numbers.
async fn numbered(file: &File, header: &Header, charge: &mut Charge) -> Result<Vec<(u64, Stored)>, Fault> {
    let Some(index) = header.huge_index.filter(|_| !header.has_places(file.widths)) else { return Ok(Vec::new()) };
    let filtered = header.filters.is_some();
    let kind = if filtered { kind::HUGE_INDIRECT_FILTERED } else { kind::HUGE_INDIRECT };
    let index = btree2::Header::read(file, index, &[kind]).await?;
    let records = btree2::records(file, &index).await?;
    charge.grow_to(records.len() * HUGE_COST).map_err(|_| Stop::Limit)?;
    let mut places = Vec::with_capacity(records.len());
    for record in records.iter() {
        let mut fields = Fields::new(record, file.widths);
        let place = Stored::decode(&mut fields, filtered).and_then(|place| Ok((fields.length()?, place)));
        places.push(place.map_err(|why| Fault::malformed(header.offset, HUGE, why))?);
    }
    places.sort_unstable();
    Ok(places)
}

/// Reads a huge object.
async fn object(file: &File, filters: Option<&Filters>, place: Stored, most: u64) -> Result<Object, Fault> {
    match (place.filtered, filters) {
        (Some((mask, length)), Some(filters)) => {
            let bytes = file.read_bounded(place.address, place.length, HUGE).await?;
            Ok(Object { bytes: filters::undo(file, &filters.pipeline, bytes, mask, length, HUGE)?, length })
        }
        _ => Ok(Object { bytes: file.read(place.address, place.length.min(most), HUGE).await?, length: place.length }),
    }
}
