//! The format of `libver='earliest'`: superblock 0, object headers 1, symbol tables, B-trees 1 (II.A, III.A.1, III.B-D, IV.A.1.a).

use super::layout::Layout;
use super::messages::{Message, UNDEFINED};
use super::{Object, Place};

/// As libhdf5's defaults are: a symbol table node has 2 x 4 entries, a B-tree of groups 2 x 16, one of chunks 2 x 32.
const LEAF: usize = 8;
const GROUP_NODE: usize = 32;
const CHUNK_NODE: usize = 64;
pub(super) const SUPERBLOCK: u64 = 96;

pub(super) fn superblock(root: &Object, end: u64) -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n".to_vec();
    out.extend([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0]);
    for address in [0, UNDEFINED, end, UNDEFINED] {
        out.extend(address.to_le_bytes());
    }
    out.extend(entry(0, root));
    out
}

/// An object header in one chunk.
pub(super) fn header(messages: &[Message]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, data) in messages {
        let length = data.len().next_multiple_of(8);
        body.extend([*kind, 0]);
        body.extend((length as u16).to_le_bytes());
        body.extend([0; 4]);
        body.extend(data);
        body.resize(body.len().next_multiple_of(8), 0);
    }
    let mut out = vec![1, 0];
    out.extend((messages.len() as u16).to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend((body.len() as u32).to_le_bytes());
    out.extend([0; 4]);
    out.extend(body);
    out
}

fn entry(name: u64, object: &Object) -> Vec<u8> {
    let mut out = name.to_le_bytes().to_vec();
    out.extend(object.header.to_le_bytes());
    out.extend(u64::from(object.table.is_some()).to_le_bytes());
    let (tree, heap) = object.table.unwrap_or_default();
    out.extend(tree.to_le_bytes());
    out.extend(heap.to_le_bytes());
    out
}

/// Leaves room for what libhdf5 writes when it makes a group: its header, the root of its B-tree, its heap.
pub(super) fn reserve(layout: &mut Layout, attributes: &[Message]) -> Place {
    let header = layout.hole(group_header(0, 0, attributes).len() as u64);
    let tree = layout.hole(node_size(GROUP_NODE, 8) as u64);
    Place { header, tree, heap: layout.hole(32) }
}

fn group_header(tree: u64, heap: u64, attributes: &[Message]) -> Vec<u8> {
    let mut messages = vec![(0x11, [tree.to_le_bytes(), heap.to_le_bytes()].concat())];
    messages.extend_from_slice(attributes);
    header(&messages)
}

/// A group of these members, which are in order of name.
pub(super) fn group(
    layout: &mut Layout,
    place: &Place,
    members: &[(String, Object)],
    attributes: &[Message],
) -> Object {
    let mut names = vec![0; 8]; // the empty name, the least of keys
    let mut leaves = Vec::new();
    for members in members.chunks(LEAF) {
        let mut node = b"SNOD\x01\0".to_vec();
        node.extend((members.len() as u16).to_le_bytes());
        let mut key = 0;
        for (name, object) in members {
            key = names.len() as u64;
            names.extend(name.as_bytes());
            names.resize((names.len() + 1).next_multiple_of(8), 0);
            node.extend(entry(key, object));
        }
        node.resize(8 + LEAF * 40, 0);
        leaves.push((key.to_le_bytes().to_vec(), layout.place(node)));
    }
    tree(layout, Some(place.tree), 0, &[0; 8], leaves, GROUP_NODE);
    let mut heap = b"HEAP\0\0\0\0".to_vec();
    heap.extend((names.len() as u64).to_le_bytes());
    heap.extend(1u64.to_le_bytes()); // no free block
    let data = layout.place(names);
    heap.extend(data.to_le_bytes());
    layout.fill(place.heap, heap);
    layout.fill(place.header, group_header(place.tree, place.heap, attributes));
    Object { header: place.header, table: Some((place.tree, place.heap)) }
}

/// The size of a node of a B-tree that has room for `most` children.
fn node_size(most: usize, key: usize) -> usize {
    24 + most * 8 + (most + 1) * key
}

/// A B-tree of version 1 over children, each with the key behind it; gives the root's address, for which there may be room.
fn tree(
    layout: &mut Layout,
    root: Option<u64>,
    kind: u8,
    first: &[u8],
    mut children: Vec<(Vec<u8>, u64)>,
    most: usize,
) -> u64 {
    let mut level = 0;
    loop {
        let nodes = children.len().div_ceil(most).max(1);
        let size = node_size(most, first.len()) as u64;
        let start = layout.end();
        let mut above = Vec::new();
        let mut before = first.to_vec();
        for index in 0..nodes {
            let children = &children[index * most..children.len().min((index + 1) * most)];
            let sibling = |at: Option<u64>| at.map_or(UNDEFINED, |index| start + index * size).to_le_bytes();
            let index = index as u64;
            let mut node = vec![b'T', b'R', b'E', b'E', kind, level];
            node.extend((children.len() as u16).to_le_bytes());
            node.extend(sibling(index.checked_sub(1)));
            node.extend(sibling((index + 1 < nodes as u64).then_some(index + 1)));
            node.extend(&before);
            for (key, child) in children {
                node.extend(child.to_le_bytes());
                node.extend(key);
                before.clone_from(key);
            }
            node.resize(size as usize, 0);
            let at = match root {
                Some(root) if nodes == 1 => {
                    layout.fill(root, node);
                    root
                }
                _ => layout.place(node),
            };
            above.push((before.clone(), at));
        }
        if let [(_, root)] = above[..] {
            return root;
        }
        children = above;
        level += 1;
    }
}

/// The index of the chunks of a dataset: `places` gives the offset of each in the dataset and its address; `end` is beyond
/// them all.
pub(super) fn chunk_index(layout: &mut Layout, places: &[(Vec<u64>, u64)], end: &[u64], stored: u32) -> u64 {
    let key = |place: &[u64]| {
        let mut key = stored.to_le_bytes().to_vec();
        key.extend([0; 4]);
        place.iter().chain([&0]).for_each(|offset| key.extend(offset.to_le_bytes()));
        key
    };
    // a chunk's own key stands before it
    let keys: Vec<Vec<u8>> = places.iter().map(|(place, _)| key(place)).chain([key(end)]).collect();
    let children = keys.iter().skip(1).cloned().zip(places.iter().map(|(_, address)| *address)).collect();
    tree(layout, None, 1, &keys[0], children, CHUNK_NODE)
}
