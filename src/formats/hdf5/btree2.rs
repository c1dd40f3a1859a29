//! Version 2 B-trees (III.A.2): records of one size, in the order of their keys, in the leaves and between them.

use std::collections::HashSet;

use super::fault::{Damage, Fault};
use super::fields::{Address, Fields, Parse, width_of};
use super::file::{Bytes, File};
use super::level;
use crate::budget::Charge;
use crate::engine::window::Stop;

const HEADER: &str = "version 2 B-tree header";
const INTERNAL: &str = "version 2 B-tree internal node";
const LEAF: &str = "version 2 B-tree leaf node";
/// Signature, version, type, and the checksum at the end.
const NODE_OVERHEAD: u64 = 4 + 1 + 1 + 4;
/// What a node takes while the tree is walked, beside its bytes.
const NODE_COST: usize = 160;

/// Which records a tree holds (the header's "type").
pub(super) mod kind {
    pub(in super::super) const HUGE_INDIRECT: u8 = 1;
    pub(in super::super) const HUGE_INDIRECT_FILTERED: u8 = 2;
    pub(in super::super) const LINK_NAME: u8 = 5;
    pub(in super::super) const LINK_ORDER: u8 = 6;
    pub(in super::super) const ATTRIBUTE_NAME: u8 = 8;
    pub(in super::super) const ATTRIBUTE_ORDER: u8 = 9;
    pub(in super::super) const CHUNK: u8 = 10;
    pub(in super::super) const CHUNK_FILTERED: u8 = 11;
}

/// What the header says of a tree.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) kind: u8,
    pub(super) record_size: u16,
    /// How many records are in the whole tree.
    pub(super) total: u64,
    /// Absolute.
    offset: u64,
    root: Option<Child>,
    /// What the nodes of each depth look like; leaves are the first.
    shapes: Vec<Shape>,
}

/// What nodes of one depth look like. Nothing in a node tells it: it follows from the sizes in the header.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// How many records fit in one node.
    most: u64,
    /// How many fit in one node and all below it.
    most_below: u64,
    /// The width of the number of records in the subtree of a child: 0 where the children are leaves.
    total_width: usize,
}

/// Where a node is, and how many records it has itself.
#[derive(Debug, Clone, Copy)]
struct Child {
    address: Address,
    records: u64,
}

impl Header {
    /// Reads the header of a tree that must hold records of one of these kinds.
    pub(super) async fn read(file: &File, address: Address, kinds: &[u8]) -> Result<Header, Fault> {
        let length = 22 + u64::from(file.widths.offsets) + u64::from(file.widths.lengths);
        let bytes = file.read_checked(address, length, HEADER).await?;
        let mut header = file.decode(&bytes, bytes.offset, HEADER, Header::decode)?;
        header.offset = bytes.offset;
        if !kinds.contains(&header.kind) {
            return Err(Fault::malformed(bytes.offset, HEADER, "it holds another kind of records than it should"));
        }
        Ok(header)
    }

    fn decode(fields: &mut Fields<'_>) -> Parse<Header> {
        fields.signature(b"BTHD")?;
        fields.version(0..=0)?;
        let (kind, node_size) = (fields.u8()?, u64::from(fields.u32()?));
        let (record_size, depth) = (fields.u16()?, fields.u16()?);
        fields.skip(2)?; // when to split and to merge
        let address = fields.address()?;
        let (records, total) = (u64::from(fields.u16()?), fields.length()?);
        let root = address.map(|address| Child { address, records });
        if root.is_none() && total > 0 {
            return Err("it has records, but no root");
        }
        let shapes = shapes(node_size, record_size, depth, fields.widths().offsets)?;
        Ok(Header { kind, record_size, total, offset: 0, root, shapes })
    }
}

fn shapes(node_size: u64, record_size: u16, depth: u16, offsets: u8) -> Parse<Vec<Shape>> {
    const SMALL: &str = "its nodes are too small for its records";
    let record_size = u64::from(record_size);
    let room = node_size.checked_sub(NODE_OVERHEAD).ok_or(SMALL)?;
    let most = room.checked_div(record_size).filter(|most| *most > 0).ok_or(SMALL)?;
    let mut shapes = vec![Shape { most, most_below: most, total_width: 0 }];
    for level in 1..=depth {
        let below = shapes[shapes.len() - 1];
        let total_width = if level == 1 { 0 } else { width_of(below.most_below) };
        let pointer = u64::from(offsets) + width_of(shapes[0].most) as u64 + total_width as u64;
        let most = room.checked_sub(pointer).map(|room| room / (record_size + pointer)).filter(|most| *most > 0);
        let most = most.ok_or(SMALL)?;
        // Also what bounds the depth: at least two children a node.
        let most_below = below.most_below.checked_mul(most + 1).and_then(|below| below.checked_add(most));
        let most_below = most_below.ok_or("it is deeper than any file needs")?;
        shapes.push(Shape { most, most_below, total_width });
    }
    Ok(shapes)
}

/// The records of a tree, in the order of their keys, without those of the nodes that could not be read.
#[derive(Debug)]
pub(super) struct Records {
    size: usize,
    bytes: Vec<u8>,
    charge: Charge,
    /// What could not be read.
    pub(super) damages: Vec<Damage>,
}

impl Records {
    fn new(file: &File, size: u16) -> Result<Records, Stop> {
        let charge = Charge::new(file.source.budget(), 0).map_err(|_| Stop::Limit)?;
        Ok(Records { size: usize::from(size).max(1), bytes: Vec::new(), charge, damages: Vec::new() })
    }

    /// No records.
    pub(super) fn none(file: &File) -> Result<Records, Fault> {
        Ok(Records::new(file, 1)?)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.size)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.size
    }

    fn reserve(&mut self, bytes: usize) -> Result<(), Stop> {
        self.charge.grow_to(bytes).map_err(|_| Stop::Limit)?;
        self.bytes.reserve_exact(bytes);
        Ok(())
    }
}

/// A node that was read: its records, and where its children stand in the next level.
#[derive(Debug)]
struct Node {
    records: Bytes,
    children: std::ops::Range<usize>,
}

/// Reads the records of a whole tree: every level is one round. An error only where the reading was stopped.
pub(super) async fn records(file: &File, header: &Header) -> Result<Records, Fault> {
    let mut records = Records::new(file, header.record_size)?;
    let mut charge = Charge::new(file.source.budget(), 0).map_err(|_| Stop::Limit)?;
    let (mut nodes, mut seen) = (0, HashSet::new());
    let mut levels: Vec<Vec<Option<Node>>> = Vec::new();
    let mut level: Vec<Child> = header.root.into_iter().collect();
    for (depth, shape) in header.shapes.iter().enumerate().rev() {
        nodes += level.len();
        charge.grow_to(nodes * NODE_COST).map_err(|_| Stop::Limit)?;
        let fresh: Vec<(Child, bool)> = level.iter().map(|child| (*child, seen.insert(child.address))).collect();
        let read = level::each(file, fresh, |(child, fresh)| node(file, header, *shape, depth, child, fresh)).await?;
        level = Vec::new();
        let mut row = Vec::with_capacity(read.len());
        for result in read {
            row.push(match result {
                Ok((records, children)) => {
                    let first = level.len();
                    level.extend(children);
                    Some(Node { records, children: first..level.len() })
                }
                Err(Fault::Damage(damage)) => {
                    records.damages.push(*damage);
                    None
                }
                Err(stop) => return Err(stop),
            });
        }
        levels.push(row);
    }
    records.reserve(levels.iter().flatten().flatten().map(|node| node.records.len()).sum())?;
    in_order(&levels, usize::from(header.record_size), &mut records.bytes);
    if records.damages.is_empty() && records.len() as u64 != header.total {
        let why = "its nodes hold another number of records than it says";
        if let Fault::Damage(damage) = Fault::malformed(header.offset, HEADER, why) {
            records.damages.push(*damage);
        }
    }
    Ok(records)
}

/// Reads one node: its records, and its children. `depth` 0 is a leaf.
async fn node(
    file: &File,
    header: &Header,
    shape: Shape,
    depth: usize,
    child: Child,
    fresh: bool,
) -> Result<(Bytes, Vec<Child>), Fault> {
    let (what, signature) = if depth == 0 { (LEAF, b"BTLF") } else { (INTERNAL, b"BTIN") };
    let offset = file.offset(child.address);
    if !fresh {
        return Err(Fault::malformed(offset, what, "it stands twice in its tree"));
    }
    if child.records > shape.most {
        return Err(Fault::malformed(offset, what, "it has more records than fit in it"));
    }
    let count_width = header.shapes.first().map_or(1, |leaf| width_of(leaf.most));
    let pointer = u64::from(file.widths.offsets) + count_width as u64 + shape.total_width as u64;
    let pointers = if depth == 0 { 0 } else { (child.records + 1) * pointer };
    let size = child.records * u64::from(header.record_size);
    // The checksum stands right behind what is used, not at the end of the node.
    let bytes = file.read_checked(child.address, NODE_OVERHEAD + size + pointers, what).await?;
    let (from, to) = (6, 6 + size as usize);
    let children = file.decode(&bytes, offset, what, |fields| {
        fields.signature(signature)?;
        fields.version(0..=0)?;
        if fields.u8()? != header.kind {
            return Err("it belongs to another kind of tree");
        }
        fields.skip(to - from)?;
        let mut children = Vec::new();
        while !fields.is_empty() {
            let address = fields.address()?.ok_or("a child has no address")?;
            let records = fields.uint(count_width)?;
            fields.skip(shape.total_width)?;
            children.push(Child { address, records });
        }
        Ok(children)
    })?;
    Ok((bytes.slice(from, to), children))
}

/// Puts the records of all nodes in the order of their keys: those below a node's first child, its first record, and so on.
fn in_order(levels: &[Vec<Option<Node>>], record_size: usize, out: &mut Vec<u8>) {
    // How many of a node's children have been walked, for each node on the way down.
    let mut way: Vec<(usize, usize)> = vec![(0, 0)];
    while let Some((at, walked)) = way.pop() {
        let depth = way.len();
        let Some(node) = levels.get(depth).and_then(|level| level.get(at)?.as_ref()) else { continue };
        if node.children.is_empty() {
            out.extend_from_slice(&node.records);
            continue;
        }
        if let Some(record) = walked.checked_sub(1).and_then(|last| node.records.chunks_exact(record_size).nth(last)) {
            out.extend_from_slice(record);
        }
        let child = node.children.start + walked;
        if child < node.children.end {
            way.push((at, walked + 1));
            way.push((child, 0));
        }
    }
}
