//! Groups of the old form: a symbol table message (IV.A.2.r) leads to a B-tree of version 1 (III.A.1), whose leaves are
//! symbol table nodes (III.B), and to a local heap with the names.

use std::collections::HashSet;
use std::pin::pin;

use super::fault::Fault;
use super::fields::{Address, Fields, Parse};
use super::file::{Bytes, File};
use super::group::Listing;
use super::level;
use super::link::{Link, Target};
use super::local_heap::LocalHeap;
use crate::engine::join::both;

const TREE: &str = "group B-tree node";
const NODE: &str = "symbol table node";
/// How much a tree node takes with the usual K of 16, and a symbol table node with that of 4.
const TREE_AHEAD: u64 = 544;
const NODE_AHEAD: u64 = 328;
/// A higher tree would have more nodes than a file can hold.
const HIGHEST: u8 = 48;

/// Where the members of a group stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SymbolTable {
    tree: Option<Address>,
    heap: Option<Address>,
}

impl SymbolTable {
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<SymbolTable> {
        Ok(SymbolTable { tree: fields.address()?, heap: fields.address()? })
    }

    /// Reads all links: the tree level by level, then the symbol table nodes in one round.
    pub(super) async fn links(&self, file: &File, listing: &mut Listing) -> Result<(), Fault> {
        let (Some(tree), Some(heap)) = (self.tree, self.heap) else { return Ok(()) };
        // Neither waits for the other.
        let (nodes, heap) = {
            let nodes = pin!(async {
                let addresses = leaves(file, tree, listing).await?;
                level::each(file, addresses, |address| node(file, address)).await
            });
            both(nodes, pin!(LocalHeap::open(file, heap))).await
        };
        let (nodes, heap) = (nodes?, heap?);
        // In the order of the tree: of equal names the first counts, whatever came in first.
        for read in nodes {
            let Some((bytes, count)) = listing.pass(read)? else { continue };
            let mut fields = Fields::new(&bytes, file.widths);
            let _ = fields.skip(8);
            for _ in 0..count {
                let offset = bytes.offset + fields.position() as u64;
                let link = entry(&mut fields, &heap).map_err(|why| Fault::malformed(offset, "symbol table entry", why));
                listing.take(link)?;
            }
        }
        Ok(())
    }
}

/// The addresses of the symbol table nodes.
async fn leaves(file: &File, root: Address, listing: &mut Listing) -> Result<Vec<Address>, Fault> {
    let (mut found, mut level, mut highest) = (Vec::new(), vec![root], HIGHEST);
    let mut seen = HashSet::from([root]);
    while !level.is_empty() {
        let mut children = Vec::new();
        for read in level::each(file, level, |address| tree_node(file, address, highest)).await? {
            let Some((height, bytes)) = listing.pass(read)? else { continue };
            let offset = bytes.offset;
            let addresses = file.decode(&bytes, offset, TREE, |fields| tree_children(fields));
            let Some(addresses) = listing.pass(addresses)? else { continue };
            highest = highest.min(height);
            for address in addresses {
                if !seen.insert(address) {
                    listing.damage(Fault::malformed(offset, TREE, "it leads to a node that was there before"))?;
                } else if height == 0 {
                    found.push(address);
                } else {
                    children.push(address);
                }
            }
        }
        level = children;
    }
    Ok(found)
}

/// A node's height and bytes, which reach to its last key in use.
async fn tree_node(file: &File, address: Address, below: u8) -> Result<(u8, Bytes), Fault> {
    let (offsets, lengths) = (u64::from(file.widths.offsets), u64::from(file.widths.lengths));
    let head = 8 + 2 * offsets;
    let bytes = file.read_ahead(address, head, TREE_AHEAD, TREE).await?;
    let (height, entries) = file.decode(&bytes, bytes.offset, TREE, |fields| {
        fields.signature(b"TREE")?;
        fields.version(0..=0).map_err(|_| "it is none of a group")?;
        let height = fields.u8()?;
        if height >= below { Err("it stands too high") } else { Ok((height, u64::from(fields.u16()?))) }
    })?;
    let whole = head + entries * (lengths + offsets) + lengths;
    match bytes.len() as u64 >= whole {
        true => {
            file.source.used((whole - head) as usize);
            Ok((height, bytes))
        }
        false => Ok((height, file.read(address, whole, TREE).await?)),
    }
}

fn tree_children(fields: &mut Fields<'_>) -> Parse<Vec<Address>> {
    fields.skip(6)?;
    let entries = fields.u16()?;
    fields.skip(2 * usize::from(fields.widths().offsets))?; // the siblings
    let mut children = Vec::new();
    for _ in 0..entries {
        fields.skip(fields.widths().lengths.into())?; // the key: a name, which the child has too
        children.push(fields.address()?.ok_or("a child has no address")?);
    }
    Ok(children)
}

/// A symbol table node with how many entries it has; its bytes reach to the last one.
async fn node(file: &File, address: Address) -> Result<(Bytes, u16), Fault> {
    let bytes = file.read_ahead(address, 8, NODE_AHEAD, NODE).await?;
    let count = file.decode(&bytes, bytes.offset, NODE, |fields| {
        fields.signature(b"SNOD")?;
        fields.version(1..=1)?;
        fields.skip(1)?;
        fields.u16()
    })?;
    let widths = file.widths;
    let whole = 8 + u64::from(count) * (24 + u64::from(widths.lengths) + u64::from(widths.offsets));
    match bytes.len() as u64 >= whole {
        true => {
            file.source.used((whole - 8) as usize);
            Ok((bytes, count))
        }
        false => Ok((file.read(address, whole, NODE).await?, count)),
    }
}

/// A symbol table entry (III.C). All of it is read, also where it makes no sense.
fn entry(fields: &mut Fields<'_>, heap: &LocalHeap) -> Parse<Link> {
    let widths = fields.widths();
    let mut fields = Fields::new(fields.take(24 + usize::from(widths.lengths) + usize::from(widths.offsets))?, widths);
    let name = fields.length()?; // as libhdf5 writes it; the specification has an offset here
    let address = fields.address()?;
    let cache = fields.u32()?;
    fields.skip(4)?;
    let name = heap.name(name)?.into();
    let target = match cache {
        2 => Target::Soft(heap.name(fields.u32()?.into())?.into()),
        _ => Target::Hard(address.ok_or("it leads nowhere")?),
    };
    Ok(Link { name, target, creation_order: None })
}
