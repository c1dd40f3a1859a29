//! B-trees of version 1 with chunks in their leaves (III.A.1, node type 1): what all layouts before version 4 have.

use super::super::fault::Fault;
use super::super::fields::{Address, Fields, Parse};
use super::super::file::{Bytes, File};
use super::super::layout::Chunked;
use super::walk::Walk;

const WHAT: &str = "chunk B-tree node";

/// A node, and how many children it has.
struct Node {
    bytes: Bytes,
    level: u8,
    entries: u16,
}

/// What nodes look like. Nothing in a node tells how long it is.
#[derive(Clone, Copy)]
struct Shape {
    head: u64,
    entry: u64,
    most: u16,
    whole: u64,
}

impl Shape {
    fn new(file: &File, rank: usize, k: u16) -> Self {
        let offsets = u64::from(file.widths.offsets);
        let (head, key) = (8 + 2 * offsets, 8 + 8 * (rank as u64 + 1));
        let most = k.saturating_mul(2);
        Shape { head, entry: key + offsets, most, whole: head + u64::from(most) * (key + offsets) + key }
    }
}

/// Walks the tree level by level: each is one round.
pub(super) async fn walk(walk: &mut Walk<'_>, layout: &Chunked, root: Address, k: u16) -> Result<(), Fault> {
    let file = walk.file;
    let shape = Shape::new(file, layout.shape.len(), k);
    let (mut level, mut expected) = (vec![root], None);
    walk.enter(root, WHAT)?;
    while !level.is_empty() {
        let mut below = Vec::new();
        let nodes = level.into_iter().map(|address| node(file, address, shape));
        walk.all(shape.whole, nodes, |walk, node: Node| {
            walk.count(&node.bytes);
            if expected.is_some_and(|expected| node.level != expected) {
                return Err(Fault::malformed(node.bytes.offset, WHAT, "it is on another level than its parent says"));
            }
            expected = Some(node.level);
            children(walk, layout, shape, &node, &mut below)
        })
        .await?;
        expected = expected.and_then(|level| level.checked_sub(1));
        level = below;
    }
    Ok(())
}

/// Reads a node as long as it may be. Of one that the file ends in, what is used may still be there.
async fn node(file: &File, address: Address, shape: Shape) -> Result<Node, Fault> {
    let (bytes, is_whole) = match file.read_bounded(address, shape.whole, WHAT).await {
        Err(Fault::Damage(_)) => (file.read(address, shape.head, WHAT).await?, false),
        whole => (whole?, true),
    };
    let (level, entries) = file.decode(&bytes, bytes.offset, WHAT, |fields| {
        fields.signature(b"TREE")?;
        if fields.u8()? != 1 {
            return Err("it is no node of chunks");
        }
        Ok((fields.u8()?, fields.u16()?))
    })?;
    if entries > shape.most {
        return Err(Fault::malformed(bytes.offset, WHAT, "it has more children than fit in it"));
    }
    let bytes = match is_whole {
        true => bytes,
        false => file.read(address, shape.head + u64::from(entries) * shape.entry, WHAT).await?,
    };
    Ok(Node { bytes, level, entries })
}

/// Lists the chunks of a leaf, or the children of another node.
fn children(
    walk: &mut Walk<'_>,
    layout: &Chunked,
    shape: Shape,
    node: &Node,
    below: &mut Vec<Address>,
) -> Result<(), Fault> {
    let malformed = |why| Fault::malformed(node.bytes.offset, WHAT, why);
    let mut place = vec![0; layout.shape.len()];
    let mut fields = Fields::new(&node.bytes, walk.file.widths);
    fields.skip(shape.head as usize).map_err(malformed)?;
    for _ in 0..node.entries {
        let (size, mask) = key(&mut fields, layout, &mut place).map_err(malformed)?;
        let address =
            fields.address().and_then(|address| address.ok_or("a child has no address")).map_err(malformed)?;
        if node.level == 0 {
            walk.chunk(&place, address, size, mask)?;
        } else {
            let fresh = walk.enter(address, WHAT);
            below.extend(walk.pass(fresh)?.map(|()| address));
        }
    }
    Ok(())
}

/// The size and the filter mask of a chunk; its place is counted in elements, and an offset in the element follows.
fn key(fields: &mut Fields<'_>, layout: &Chunked, place: &mut [u64]) -> Parse<(u64, u32)> {
    let (size, mask) = (fields.u32()?, fields.u32()?);
    for (place, length) in place.iter_mut().zip(&layout.shape) {
        let offset = fields.u64()?;
        if offset % length != 0 {
            return Err("a chunk begins where none can");
        }
        *place = offset / length;
    }
    fields.skip(8)?;
    Ok((size.into(), mask))
}
