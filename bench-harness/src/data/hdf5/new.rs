//! The format of `libver='v110'`: superblock 3, object headers 2, and groups whose links stand in a fractal heap, indexed by a
//! B-tree of version 2 (II.B, III.A.2, III.F, IV.A.1.b).

use super::layout::Layout;
use super::messages::{Message, UNDEFINED};
use super::{Object, Place};

pub(super) const SUPERBLOCK: u64 = 48;
const NODE: usize = 512;
const RECORD: usize = 11; // hash, heap id
const LEAF: usize = (NODE - 10) / RECORD;
const FIRST_BLOCK: u64 = 512;
const MOST_BLOCK: u64 = 64 << 10;
const WIDTH: usize = 4;

pub(super) fn superblock(root: &Object, end: u64) -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n\x03\x08\x08\0".to_vec();
    for address in [0, UNDEFINED, end, root.header] {
        out.extend(address.to_le_bytes());
    }
    sealed(out)
}

/// An object header in one chunk.
pub(super) fn header(messages: &[Message]) -> Vec<u8> {
    let length: usize = messages.iter().map(|(_, data)| 4 + data.len()).sum();
    let mut out = b"OHDR\x02\x02".to_vec();
    out.extend((length as u32).to_le_bytes());
    for (kind, data) in messages {
        out.push(*kind);
        out.extend((data.len() as u16).to_le_bytes());
        out.push(0);
        out.extend(data);
    }
    sealed(out)
}

/// Leaves room for what libhdf5 writes when it makes a group and its first dense link: the headers of group, B-tree and heap.
pub(super) fn reserve(layout: &mut Layout, attributes: &[Message]) -> Place {
    let header = layout.hole(group_header(0, 0, attributes).len() as u64);
    Place { header, heap: layout.hole(146), tree: layout.hole(38) }
}

fn group_header(heap: u64, tree: u64, attributes: &[Message]) -> Vec<u8> {
    let mut info = vec![0, 0];
    [heap, tree].iter().for_each(|address| info.extend(address.to_le_bytes()));
    let mut messages = vec![(0x02, info), (0x0A, vec![0, 0])];
    messages.extend_from_slice(attributes);
    header(&messages)
}

/// A group with a heap and an index of its links, however few they are.
pub(super) fn group(
    layout: &mut Layout,
    place: &Place,
    members: &[(String, Object)],
    attributes: &[Message],
) -> Object {
    let links: Vec<Vec<u8>> = members.iter().map(|(name, object)| link(name, object.header)).collect();
    let ids = heap(layout, place.heap, &links);
    let hashed = members.iter().zip(ids).map(|((name, _), id)| (checksum(name.as_bytes()), id));
    let mut records: Vec<(u32, [u8; 7])> = hashed.collect();
    records.sort_unstable();
    tree(layout, place.tree, &records);
    layout.fill(place.header, group_header(place.heap, place.tree, attributes));
    Object { header: place.header, table: None }
}

/// IV.A.2.g: a hard link.
fn link(name: &str, address: u64) -> Vec<u8> {
    let mut out = vec![1, 0, name.len() as u8];
    out.extend(name.as_bytes());
    out.extend(address.to_le_bytes());
    out
}

/// A fractal heap of managed objects, and their ids. Rows of four direct blocks: 512, 512, 1024, 2048 bytes, …
fn heap(layout: &mut Layout, header: u64, objects: &[Vec<u8>]) -> Vec<[u8; 7]> {
    let size = |index: usize| (FIRST_BLOCK << (index / WIDTH).saturating_sub(1)).min(MOST_BLOCK);
    let head = 4 + 1 + 8 + 4 + 4;
    let (mut blocks, mut ids, mut start) = (vec![Vec::new()], Vec::new(), 0);
    for object in objects {
        let mut last = blocks.len() - 1;
        if (head + blocks[last].len() + object.len()) as u64 > size(last) {
            start += size(last);
            blocks.push(Vec::new());
            last += 1;
        }
        let at = start + (head + blocks[last].len()) as u64;
        let mut id = [0; 7];
        id[1..5].copy_from_slice(&(at as u32).to_le_bytes());
        id[5..].copy_from_slice(&(object.len() as u16).to_le_bytes());
        ids.push(id);
        blocks[last].extend(object);
    }
    let rows = if blocks.len() == 1 { 0 } else { blocks.len().div_ceil(WIDTH) };
    let (mut offset, mut addresses, mut free) = (0u64, Vec::new(), 0);
    for (index, objects) in blocks.iter().enumerate() {
        free += size(index) - (head + objects.len()) as u64;
        addresses.push(layout.place(block(header, offset, objects, size(index) as usize)));
        offset += size(index);
    }
    let root = if rows == 0 { addresses[0] } else { layout.place(indirect(header, &addresses, rows)) };
    let mut out = b"FRHP\0\x07\0\0\0\x02".to_vec(); // ids of 7 bytes, no filters, blocks have checksums
    out.extend(4096u32.to_le_bytes());
    // no huge objects; free space; iterator; managed: space, allocated, where to go on, number; none huge, none tiny
    let end: u64 = if rows == 0 { offset } else { (0..rows * WIDTH).map(size).sum() };
    for number in [0, UNDEFINED, free, UNDEFINED, end, offset, offset, objects.len() as u64, 0, 0, 0, 0] {
        out.extend(number.to_le_bytes());
    }
    out.extend((WIDTH as u16).to_le_bytes());
    out.extend(FIRST_BLOCK.to_le_bytes());
    out.extend(MOST_BLOCK.to_le_bytes());
    out.extend(32u16.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(root.to_le_bytes());
    out.extend((rows as u16).to_le_bytes());
    layout.fill(header, sealed(out));
    ids
}

/// The checksum of a direct block stands in its head and counts as zero.
fn block(header: u64, offset: u64, objects: &[u8], size: usize) -> Vec<u8> {
    let mut out = b"FHDB\0".to_vec();
    out.extend(header.to_le_bytes());
    out.extend((offset as u32).to_le_bytes());
    let at = out.len();
    out.extend([0; 4]);
    out.extend(objects);
    out.resize(size, 0);
    let sum = checksum(&out);
    out[at..at + 4].copy_from_slice(&sum.to_le_bytes());
    out
}

fn indirect(header: u64, blocks: &[u64], rows: usize) -> Vec<u8> {
    let mut out = b"FHIB\0".to_vec();
    out.extend(header.to_le_bytes());
    out.extend(0u32.to_le_bytes());
    for index in 0..rows * WIDTH {
        out.extend(blocks.get(index).unwrap_or(&UNDEFINED).to_le_bytes());
    }
    sealed(out)
}

/// A node that is placed: its address, its records, and all records below and in it.
struct Node {
    address: u64,
    records: usize,
    total: usize,
}

/// A B-tree of version 2, type 5: links by the hash of their names. Between two nodes stands a record in the node above.
fn tree(layout: &mut Layout, header: u64, records: &[(u32, [u8; 7])]) {
    let write = |out: &mut Vec<u8>, record: &(u32, [u8; 7])| {
        out.extend(record.0.to_le_bytes());
        out.extend(record.1);
    };
    let node = |kind: &[u8; 4], layout: &mut Layout, mut body: Vec<u8>| {
        let mut out = kind.to_vec();
        out.extend([0, 5]);
        out.append(&mut body);
        let mut out = sealed(out);
        out.resize(NODE, 0);
        layout.place(out)
    };
    let (mut nodes, mut between) = (Vec::new(), Vec::new());
    let mut rest = records;
    while !rest.is_empty() || nodes.is_empty() {
        let (mut here, mut behind) = rest.split_at(LEAF.min(rest.len()));
        if let [one] = behind {
            // a record between two nodes needs a node behind it
            let (fewer, last) = here.split_at(here.len() - 1);
            let mut body = Vec::new();
            fewer.iter().for_each(|record| write(&mut body, record));
            nodes.push(Node { address: node(b"BTLF", layout, body), records: fewer.len(), total: fewer.len() });
            between.extend(last);
            (here, behind) = (std::slice::from_ref(one), &[]);
        }
        let mut body = Vec::new();
        here.iter().for_each(|record| write(&mut body, record));
        nodes.push(Node { address: node(b"BTLF", layout, body), records: here.len(), total: here.len() });
        if let Some((record, behind)) = behind.split_first() {
            between.push(*record);
            rest = behind;
        } else {
            rest = &[];
        }
    }
    let (mut depth, mut most, mut total_width) = (0u16, LEAF, 0);
    while nodes.len() > 1 {
        depth += 1;
        let pointer = 8 + 1 + total_width;
        let records_here = (NODE - 10 - pointer) / (RECORD + pointer);
        let (mut above, mut above_between) = (Vec::new(), Vec::new());
        let (mut left, mut keys) = (nodes.into_iter().peekable(), between.into_iter());
        while left.peek().is_some() {
            // the last node gets no single child
            let children = match left.len() {
                count if count == records_here + 2 => records_here,
                count => count.min(records_here + 1),
            };
            let children: Vec<Node> = left.by_ref().take(children).collect();
            let mut body = Vec::new();
            let own: Vec<_> = keys.by_ref().take(children.len() - 1).collect();
            own.iter().for_each(|record| write(&mut body, record));
            for child in &children {
                body.extend(child.address.to_le_bytes());
                body.push(child.records as u8);
                body.extend(&child.total.to_le_bytes()[..total_width]);
            }
            let total = own.len() + children.iter().map(|child| child.total).sum::<usize>();
            above.push(Node { address: node(b"BTIN", layout, body), records: own.len(), total });
            above_between.extend(keys.next());
        }
        most = records_here + (records_here + 1) * most;
        total_width = (usize::BITS - most.leading_zeros()).div_ceil(8) as usize;
        (nodes, between) = (above, above_between);
    }
    let mut out = b"BTHD\0\x05".to_vec();
    out.extend((NODE as u32).to_le_bytes());
    out.extend((RECORD as u16).to_le_bytes());
    out.extend(depth.to_le_bytes());
    out.extend([100, 40]);
    out.extend(nodes[0].address.to_le_bytes());
    out.extend((nodes[0].records as u16).to_le_bytes());
    out.extend((records.len() as u64).to_le_bytes());
    layout.fill(header, sealed(out));
}

/// With the checksum behind it that all structures of this format have.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes
}

/// Bob Jenkins's lookup3, over bytes, with an initial value of 0.
fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEF_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let words = |bytes: &[u8]| {
        let mut padded = [0; 12];
        padded[..bytes.len()].copy_from_slice(bytes);
        let word = |at: usize| u32::from_le_bytes([padded[at], padded[at + 1], padded[at + 2], padded[at + 3]]);
        [word(0), word(4), word(8)]
    };
    let mut rest = bytes;
    while rest.len() > 12 {
        let (here, behind) = rest.split_at(12);
        let [x, y, z] = words(here);
        (a, b, c) = (a.wrapping_add(x), b.wrapping_add(y), c.wrapping_add(z));
        for turns in [4, 6, 8, 16, 19, 4] {
            a = a.wrapping_sub(c) ^ c.rotate_left(turns);
            c = c.wrapping_add(b);
            (a, b, c) = (b, c, a);
        }
        rest = behind;
    }
    if rest.is_empty() {
        return c;
    }
    let [x, y, z] = words(rest);
    (a, b, c) = (a.wrapping_add(x), b.wrapping_add(y), c.wrapping_add(z));
    for turns in [14, 11, 25, 16, 4, 14, 24] {
        c = (c ^ b).wrapping_sub(b.rotate_left(turns));
        (a, b, c) = (b, c, a);
    }
    b
}
