//! Fixed arrays (VII.C): an element for each chunk of an array that can't grow beyond a limit.

use super::super::fault::Fault;
use super::super::fields::{Address, Fields, Parse};
use super::super::layout::Chunked;
use super::array::{self, Array, Element, bit};
use super::grid::Grid;
use super::walk::Walk;

const HEADER: &str = "fixed array header";
const BLOCK: &str = "fixed array data block";
const PAGE: &str = "fixed array data block page";

struct Header {
    element: Element,
    page_bits: u8,
    elements: u64,
    block: Option<Address>,
}

fn header(fields: &mut Fields<'_>) -> Parse<Header> {
    fields.signature(b"FAHD")?;
    fields.version(0..=0)?;
    Ok(Header {
        element: Element::decode(fields)?,
        page_bits: fields.u8()?,
        elements: fields.length()?,
        block: fields.address()?,
    })
}

/// Reads header, block, and the pages of the block where it has pages.
pub(super) async fn walk(walk: &mut Walk<'_>, layout: &Chunked, grid: &Grid, address: Address) -> Result<(), Fault> {
    let file = walk.file;
    let length = 12 + u64::from(file.widths.lengths) + u64::from(file.widths.offsets);
    let bytes = file.read_checked(address, length, HEADER).await?;
    let header = file.decode(&bytes, bytes.offset, HEADER, header)?;
    let Some(block) = header.block else { return Ok(()) };
    let array = Array::new(layout, grid, address, header.element);
    let malformed = |why| Fault::malformed(file.offset(block), BLOCK, why);
    let prefix = Array::prefix_length(file.widths);
    let page = 1u64.checked_shl(header.page_bits.into()).unwrap_or(u64::MAX);
    if header.elements <= page {
        let length = array.length(header.elements).map_err(malformed)?;
        let bytes = array::part(file, block, prefix.saturating_add(length).saturating_add(4), BLOCK).await?;
        let elements = file.decode(&bytes, bytes.offset, BLOCK, |fields| {
            array.prefix(fields, b"FADB")?;
            Ok(fields.rest())
        })?;
        return array.list(walk, elements, 0, bytes.offset, BLOCK);
    }
    let pages = header.elements.div_ceil(page);
    let prefix = prefix + pages.div_ceil(8) + 4;
    let bytes = array::part(file, block, prefix, BLOCK).await?;
    let written = file.decode(&bytes, bytes.offset, BLOCK, |fields| {
        array.prefix(fields, b"FADB")?;
        Ok(fields.rest())
    })?;
    let page_length = array.length(page).map_err(malformed)?.saturating_add(4);
    let reads = (0..pages).filter(|number| bit(written, *number)).map(|number| {
        let elements = page.min(header.elements - number * page);
        let at = number.checked_mul(page_length).and_then(|at| at.checked_add(prefix)?.checked_add(block));
        let length = elements.saturating_mul(header.element.length).saturating_add(4);
        async move {
            let bytes = array::part(file, at.unwrap_or(u64::MAX), length, PAGE).await?;
            Ok((number * page, bytes))
        }
    });
    walk.all(page_length, reads, |walk, (first, bytes)| array.list(walk, &bytes, first, bytes.offset, PAGE)).await
}
