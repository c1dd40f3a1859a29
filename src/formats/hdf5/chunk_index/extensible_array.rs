//! Extensible arrays (VII.D): an element for each chunk of an array with one unlimited dimension. The first elements stand in
//! the index block, the next in data blocks that it leads to, all others in data blocks that super blocks lead to.

use super::super::fault::Fault;
use super::super::fields::{Address, Fields, Parse};
use super::super::file::{Bytes, File};
use super::super::layout::Chunked;
use super::array::{self, Array, Element, bit};
use super::grid::Grid;
use super::walk::Walk;

const HEADER: &str = "extensible array header";
const INDEX_BLOCK: &str = "extensible array index block";
const SUPER_BLOCK: &str = "extensible array super block";
const DATA_BLOCK: &str = "extensible array data block";
const PAGE: &str = "extensible array data block page";

/// What the header says, and what follows from it.
struct Header {
    element: Element,
    /// The width of a block's first element number.
    number_width: u64,
    index_elements: u8,
    block_elements: u64,
    page_elements: u64,
    /// Of the index block: to data blocks, and to super blocks.
    pointers: (u64, u64),
    /// The first super block that the index block leads to; the data blocks of those before it, it leads to itself.
    first_super_block: u32,
    index_block: Option<Address>,
}

impl Header {
    fn decode(fields: &mut Fields<'_>) -> Parse<Header> {
        const ODD: &str = "its sizes are no powers of two";
        fields.signature(b"EAHD")?;
        fields.version(0..=0)?;
        let element = Element::decode(fields)?;
        let (bits, index_elements) = (fields.u8()?, fields.u8()?);
        let (block_elements, pointers, page_bits) = (fields.u8()?, fields.u8()?, fields.u8()?);
        for _ in 0..6 {
            fields.length()?; // how much there is of each kind of block
        }
        let index_block = fields.address()?;
        if !block_elements.is_power_of_two() || !pointers.is_power_of_two() || !(1..=64).contains(&bits) {
            return Err(ODD);
        }
        let super_blocks = 1 + u32::from(bits).saturating_sub(block_elements.ilog2());
        let first_super_block = 2 * pointers.ilog2();
        Ok(Header {
            element,
            number_width: u64::from(bits).div_ceil(8),
            index_elements,
            block_elements: block_elements.into(),
            page_elements: 1u64.checked_shl(page_bits.into()).unwrap_or(u64::MAX),
            pointers: (2 * (u64::from(pointers) - 1), super_blocks.saturating_sub(first_super_block).into()),
            first_super_block,
            index_block,
        })
    }

    /// How many elements stand where in a super block. Each has twice as many as the one before it.
    fn super_block(&self, number: u32) -> Parse<SuperBlock> {
        const LARGE: &str = "it has more elements than any file can hold";
        let before = |number| {
            let blocks = 1u64.checked_shl(number)? - 1;
            blocks.checked_mul(self.block_elements)?.checked_add(self.index_elements.into())
        };
        before(number + 1).ok_or(LARGE)?;
        Ok(SuperBlock {
            first: before(number).ok_or(LARGE)?,
            blocks: 1 << (number / 2),
            elements: self.block_elements << number.div_ceil(2),
        })
    }
}

#[derive(Clone, Copy)]
struct SuperBlock {
    /// The number of its first element.
    first: u64,
    blocks: u64,
    /// In each of its data blocks.
    elements: u64,
}

impl SuperBlock {
    /// The numbers of the first elements of its data blocks.
    fn firsts(self) -> impl Iterator<Item = u64> {
        (0..self.blocks).map(move |block| self.first + block * self.elements)
    }
}

/// What is read next.
enum Part {
    SuperBlock(SuperBlock),
    /// `first`: the number of the first element.
    DataBlock {
        first: u64,
    },
    /// A data block whose elements stand in pages behind it. The bits from `from` on tell which of them were written; without
    /// bits all were.
    Paged {
        first: u64,
        pages: u64,
        written: Option<(Bytes, u64)>,
    },
    Page {
        first: u64,
    },
}

struct Pending {
    part: Part,
    address: Address,
    length: u64,
}

struct Reader<'a> {
    header: Header,
    array: Array<'a>,
    /// How long what stands before the elements of a data block, and before the pointers of a super block, is.
    prefix: u64,
    offsets: u64,
}

/// Reads header, index block, then all super blocks in one round, all data blocks and all pages.
pub(super) async fn walk(walk: &mut Walk<'_>, layout: &Chunked, grid: &Grid, address: Address) -> Result<(), Fault> {
    let file = walk.file;
    let (lengths, offsets) = (u64::from(file.widths.lengths), u64::from(file.widths.offsets));
    let bytes = file.read_checked(address, 16 + 6 * lengths + offsets, HEADER).await?;
    let header = file.decode(&bytes, bytes.offset, HEADER, Header::decode)?;
    let Some(index_block) = header.index_block else { return Ok(()) };
    let array = Array::new(layout, grid, address, header.element);
    let prefix = Array::prefix_length(file.widths) + header.number_width;
    let reader = Reader { header, array, prefix, offsets };
    let mut pending = reader.index_block(walk, index_block).await?;
    while !pending.is_empty() {
        let mut next = Vec::new();
        let longest = pending.iter().map(|pending| pending.length).max().unwrap_or(0);
        let reads = pending.into_iter().map(|pending| read(file, pending));
        walk.all(longest, reads, |walk, (pending, bytes)| {
            walk.count(&bytes);
            reader.take(walk, pending, &bytes, &mut next)
        })
        .await?;
        pending = next;
    }
    Ok(())
}

async fn read(file: &File, pending: Pending) -> Result<(Pending, Bytes), Fault> {
    let bytes = array::part(file, pending.address, pending.length, pending.part.what()).await?;
    Ok((pending, bytes))
}

impl Part {
    fn what(&self) -> &'static str {
        match self {
            Part::SuperBlock(_) => SUPER_BLOCK,
            Part::DataBlock { .. } | Part::Paged { .. } => DATA_BLOCK,
            Part::Page { .. } => PAGE,
        }
    }
}

impl Reader<'_> {
    async fn index_block(&self, walk: &mut Walk<'_>, address: Address) -> Result<Vec<Pending>, Fault> {
        let (file, header) = (walk.file, &self.header);
        let elements = u64::from(header.index_elements) * header.element.length;
        let pointers = (header.pointers.0 + header.pointers.1) * self.offsets;
        let length = Array::prefix_length(file.widths) + elements + pointers + 4;
        let bytes = file.read_checked(address, length, INDEX_BLOCK).await?;
        let malformed = |why| Fault::malformed(bytes.offset, INDEX_BLOCK, why);
        let mut fields = Fields::new(&bytes, file.widths);
        self.array.prefix(&mut fields, b"EAIB").map_err(malformed)?;
        let elements = fields.take(elements as usize).map_err(malformed)?;
        self.array.list(walk, elements, 0, bytes.offset, INDEX_BLOCK)?;
        let mut pending = Vec::new();
        for number in 0..header.first_super_block {
            let block = header.super_block(number).map_err(malformed)?;
            for first in block.firsts() {
                if let Some(address) = fields.address().map_err(malformed)? {
                    self.data_block(walk, address, first, block.elements, None, &mut pending)?;
                }
            }
        }
        for number in (header.first_super_block..).take(header.pointers.1 as usize) {
            let Some(address) = fields.address().map_err(malformed)? else { continue };
            let block = header.super_block(number).map_err(malformed)?;
            let pointers = block.blocks.saturating_mul(self.offsets + self.bits_length(block.elements));
            let length = pointers.saturating_add(self.prefix + 4);
            self.enter(walk, Pending { part: Part::SuperBlock(block), address, length }, &mut pending)?;
        }
        Ok(pending)
    }

    /// How many bytes tell which pages of one data block were written.
    fn bits_length(&self, elements: u64) -> u64 {
        self.pages(elements).map_or(0, |pages| pages.div_ceil(8))
    }

    /// How many pages a data block has, if it has any.
    fn pages(&self, elements: u64) -> Option<u64> {
        (elements > self.header.page_elements).then(|| elements / self.header.page_elements)
    }

    fn enter(&self, walk: &mut Walk<'_>, one: Pending, pending: &mut Vec<Pending>) -> Result<(), Fault> {
        let fresh = walk.enter(one.address, one.part.what());
        pending.extend(walk.pass(fresh)?.map(|()| one));
        Ok(())
    }

    fn data_block(
        &self,
        walk: &mut Walk<'_>,
        address: Address,
        first: u64,
        elements: u64,
        written: Option<(Bytes, u64)>,
        pending: &mut Vec<Pending>,
    ) -> Result<(), Fault> {
        let (part, length) = match self.pages(elements) {
            Some(pages) => (Part::Paged { first, pages, written }, 0),
            None => (Part::DataBlock { first }, elements.saturating_mul(self.header.element.length)),
        };
        let length = length.saturating_add(self.prefix + 4);
        self.enter(walk, Pending { part, address, length }, pending)
    }

    /// Lists the chunks of what was read, or what is to be read next.
    fn take(&self, walk: &mut Walk<'_>, from: Pending, bytes: &Bytes, next: &mut Vec<Pending>) -> Result<(), Fault> {
        let malformed = |why| Fault::malformed(bytes.offset, from.part.what(), why);
        let mut fields = Fields::new(bytes, walk.file.widths);
        let signature = match from.part {
            Part::Page { first } => return self.array.list(walk, bytes, first, bytes.offset, PAGE),
            Part::SuperBlock(_) => b"EASB",
            Part::DataBlock { .. } | Part::Paged { .. } => b"EADB",
        };
        self.array.prefix(&mut fields, signature).map_err(malformed)?;
        fields.skip(self.header.number_width as usize).map_err(malformed)?;
        match &from.part {
            Part::SuperBlock(block) => {
                let bits = fields.position();
                fields.skip((block.blocks * self.bits_length(block.elements)) as usize).map_err(malformed)?;
                let written = bytes.slice(bits, fields.position());
                for (number, first) in (0..).zip(block.firsts()) {
                    let Some(address) = fields.address().map_err(malformed)? else { continue };
                    let pages = self.pages(block.elements).map(|pages| (written.clone(), number * pages));
                    self.data_block(walk, address, first, block.elements, pages, next)?;
                }
                Ok(())
            }
            Part::Paged { first, pages, written } => {
                let length = self.array.length(self.header.page_elements).map_err(malformed)?.saturating_add(4);
                let front = from.address.saturating_add(bytes.len() as u64 + 4);
                let is_written = |page: &u64| written.as_ref().is_none_or(|(bits, from)| bit(bits, from + page));
                for page in (0..*pages).filter(is_written) {
                    let part = Part::Page { first: first + page * self.header.page_elements };
                    let address = front.saturating_add(page.saturating_mul(length));
                    self.enter(walk, Pending { part, address, length }, next)?;
                }
                Ok(())
            }
            Part::DataBlock { first } => self.array.list(walk, fields.rest(), *first, bytes.offset, DATA_BLOCK),
            Part::Page { .. } => Ok(()),
        }
    }
}
