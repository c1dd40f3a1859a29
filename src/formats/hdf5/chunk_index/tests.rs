//! Indexes put together by hand, as small as each structure can be; those that libhdf5 writes are among the fixtures.

use super::super::checksum::checksum;
use super::super::testing::{read, read_within};
use super::*;

/// Bytes of little-endian numbers, as they stand in a structure.
#[derive(Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn of(signature: &[u8]) -> Self {
        Bytes(signature.to_vec())
    }

    fn u8s(mut self, numbers: &[u8]) -> Self {
        self.0.extend(numbers);
        self
    }

    fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u64s(mut self, numbers: &[u64]) -> Self {
        numbers.iter().for_each(|number| self.0.extend(number.to_le_bytes()));
        self
    }

    fn sealed(self) -> Self {
        let sum = checksum(&self.0);
        self.u32(sum)
    }

    /// Puts a structure at an address; what is between is no structure.
    fn at(mut self, address: usize, part: Bytes) -> Self {
        assert!(self.0.len() <= address, "{} bytes stand before {address}", self.0.len());
        self.0.resize(address, 0xEE);
        self.0.extend(part.0);
        self
    }
}

const NONE: u64 = u64::MAX;

fn layout(shape: &[u64], index: Index, address: u64) -> Chunked {
    let chunk_bytes = shape.iter().product();
    Chunked { shape: shape.into(), chunk_bytes, index, address: Some(address), edges_unfiltered: false }
}

/// An index in a file: the layout that leads to it, the shape of the array, and as large as it may become.
struct Case {
    bytes: Bytes,
    layout: Chunked,
    shape: Vec<u64>,
    max_shape: Vec<Option<u64>>,
}

impl Case {
    fn manifest(&self, bytes: &[u8]) -> Manifest {
        read(bytes, async |file: &File| chunks(file, &self.layout, &self.shape, &self.max_shape, 2).await)
            .expect("a manifest")
    }

    /// The chunks as text.
    fn text(&self, bytes: &[u8]) -> String {
        text(&self.manifest(bytes))
    }

    fn codes(&self, bytes: &[u8]) -> Vec<Code> {
        self.manifest(bytes).damages.iter().map(|damage| damage.code).collect()
    }
}

fn text(manifest: &Manifest) -> String {
    let mut out = Vec::new();
    manifest.write_chunks(&mut out).expect("a Vec takes all");
    String::from_utf8(out).expect("UTF-8")
}

/// A node of a tree with k 2: keys of an array of two dimensions, with the addresses of children or chunks.
fn node(level: u8, entries: &[(u32, [u64; 2], u64)]) -> Bytes {
    let head = Bytes::of(b"TREE").u8s(&[1, level, entries.len() as u8, 0]).u64s(&[NONE, NONE]);
    let all = entries
        .iter()
        .fold(head, |bytes, (size, at, address)| bytes.u32(*size).u32(0).u64s(&[at[0], at[1], 0, *address]));
    let unused = 4 - entries.len();
    Bytes(all.0.into_iter().chain(vec![0xDD; unused * 40 + 32]).collect())
}

fn tree() -> Case {
    let bytes = Bytes::default()
        .at(0, node(1, &[(0, [0, 0], 500), (0, [6, 3], 1000)]))
        .at(500, node(0, &[(20, [0, 0], 5000), (21, [0, 3], 5100), (22, [2, 0], 5200)]))
        .at(1000, node(0, &[(23, [6, 3], 5300)]));
    let layout = layout(&[2, 3], Index::BTree1, 0);
    Case { bytes, layout, shape: vec![7, 6], max_shape: vec![None, None] }
}

const TREE: &str = "[[[0,0],5000,20,0],[[0,1],5100,21,0],[[1,0],5200,22,0],[[3,1],5300,23,0]]";

#[test]
fn a_tree_is_read_level_by_level() {
    let case = tree();
    read(&case.bytes.0, async |file: &File| {
        let manifest = chunks(file, &case.layout, &case.shape, &case.max_shape, 2).await.expect("a manifest");
        assert_eq!(text(&manifest), TREE);
        assert_eq!((manifest.count(), manifest.stored_bytes()), (Some(4), Some(86)));
        assert_eq!(file.source.shared().window().round.rounds, 2);
        let mut out = Vec::new();
        manifest.write(&mut out).expect("a Vec takes all");
        assert_eq!(out, format!("\"stored_bytes\":86,\"chunk_count\":4,\"chunks\":{TREE}").as_bytes());
    });
}

/// The file may end where the last node is not used any more; before, a node is lost and the others stay.
#[test]
fn a_cut_tree_gives_what_is_left() {
    let case = tree();
    assert_eq!(case.text(&case.bytes.0[..1064]), TREE);
    let cut = case.manifest(&case.bytes.0[..1063]);
    assert_eq!(text(&cut), "[[[0,0],5000,20,0],[[0,1],5100,21,0],[[1,0],5200,22,0]]");
    assert_eq!((cut.count(), cut.stored_bytes(), cut.damages[0].code), (None, None, Code::Truncated));
    assert_eq!(cut.damages[0].offset, 1000);
}

#[test]
fn a_tree_that_makes_no_sense_is_said() {
    let odd = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut case = tree();
        change(&mut case.bytes.0);
        (case.codes(&case.bytes.0), case.text(&case.bytes.0))
    };
    let first = "[[[0,0],5000,20,0],[[0,1],5100,21,0],[[1,0],5200,22,0]]".to_owned();
    let second_child = 24 + 40 + 32;
    let damaged = (vec![Code::Malformed], first);
    assert_eq!(odd(&|bytes| bytes[second_child..second_child + 8].fill(0)), damaged, "the root is its own child");
    assert_eq!(odd(&|bytes| bytes[1005] = 1), damaged, "a leaf that says it is none");
    assert_eq!(odd(&|bytes| bytes[1004] = 0), damaged, "a node of a group");
    assert_eq!(odd(&|bytes| bytes[1006] = 5), damaged, "more children than k allows");
    assert_eq!(odd(&|bytes| bytes[1000 + 24 + 8] = 7), damaged, "a chunk between the places of the grid");
    assert_eq!(
        odd(&|bytes| bytes[5] = 0),
        (vec![], "[[[0,0],500,0,0],[[3,1],1000,0,0]]".to_owned()),
        "the root is a leaf"
    );
}

/// Nodes that overlap could be read again and again: nothing of such an index is used.
#[test]
fn overlapping_nodes_are_refused() {
    let mut case = tree();
    case.bytes = node(1, &[(0, [0, 0], 216), (0, [2, 0], 240), (0, [4, 0], 264), (0, [6, 0], 288)]);
    case.bytes.0.extend([0; 300]);
    (0..4).for_each(|n| case.bytes.0[216 + 24 * n..][..8].copy_from_slice(b"TREE\x01\0\0\0"));
    assert_eq!((case.codes(&case.bytes.0), case.text(&case.bytes.0)), (vec![Code::Malformed], "[]".to_owned()));
}

fn fixed_array() -> Case {
    let header = Bytes::of(b"FAHD").u8s(&[0, 0, 8, 10]).u64s(&[8, 100]).sealed();
    let block = Bytes::of(b"FADB").u8s(&[0, 0]).u64s(&[0, 5000, NONE, 5100, NONE, NONE, 5200, NONE, NONE]).sealed();
    let layout = layout(&[2, 3], Index::FixedArray, 0);
    Case { bytes: header.at(100, block), layout, shape: vec![4, 6], max_shape: vec![Some(4), Some(12)] }
}

/// Nine elements in pages of two, of which the second and third page were never written.
fn paged_fixed_array() -> Case {
    let header = Bytes::of(b"FAHD").u8s(&[0, 1, 14, 1]).u64s(&[9, 100]).sealed();
    let element = |bytes: Bytes, address, size, mask| {
        let bytes = bytes.u64s(&[address]).u8s(&[size, 0]);
        bytes.u32(mask)
    };
    let block = Bytes::of(b"FADB").u8s(&[0, 1]).u64s(&[0]).u8s(&[0b1001_1000]).sealed();
    let page = |one: u64, other: u64| element(element(Bytes::default(), one, 7, 0), other, 9, 1).sealed();
    let pages = Bytes::default().at(0, page(5000, NONE)).at(96, page(5200, 5300));
    let pages = pages.at(128, element(Bytes::default(), 5400, 5, 2).sealed());
    let length = block.0.len();
    let bytes = header.at(100, block).at(100 + length, pages);
    let layout = layout(&[1], Index::FixedArray, 0);
    Case { bytes, layout, shape: vec![9], max_shape: vec![Some(9)] }
}

#[test]
fn a_fixed_array_is_numbered_by_the_largest_shape() {
    let case = fixed_array();
    assert_eq!(case.text(&case.bytes.0), "[[[0,0],5000,6,0],[[0,2],5100,6,0],[[1,1],5200,6,0]]");
    assert_eq!(case.manifest(&case.bytes.0).stored_bytes(), Some(18));
}

#[test]
fn pages_that_were_never_written_are_not_read() {
    let case = paged_fixed_array();
    let expected = "[[[0],5000,7,0],[[6],5200,7,0],[[7],5300,9,1],[[8],5400,5,2]]";
    assert_eq!((case.text(&case.bytes.0).as_str(), case.codes(&case.bytes.0)), (expected, vec![]));
}

/// One element in the index block, then blocks of 1, 2, 2, 2, 4, 4, … elements, from the third on by way of super blocks; more
/// than two elements stand in pages of two.
fn extensible_array(with_size: bool) -> Case {
    let element = |address: u64| match with_size {
        true => Bytes::default().u64s(&[address]).u8s(&[9]).u32(0),
        false => Bytes::default().u64s(&[address]),
    };
    let (client, length) = (u8::from(with_size), if with_size { 13 } else { 8 });
    let prefix = |signature: &[u8]| Bytes::of(signature).u8s(&[0, client]).u64s(&[0]);
    let join = |one: Bytes, other: Bytes| one.u8s(&other.0);
    let header = Bytes::of(b"EAHD").u8s(&[0, client, length, 8, 1, 1, 2, 1]).u64s(&[0, 0, 0, 0, 0, 0, 100]).sealed();
    // to data blocks: of super blocks 0 and 1; then to super blocks 2 to 8
    let index = join(prefix(b"EAIB"), element(5000)).u64s(&[NONE, 300]).u64s(&[400, 500, NONE, NONE, NONE, NONE, NONE]);
    // super block 1: numbers 2 and 3
    let one = join(join(prefix(b"EADB").u8s(&[1]), element(NONE)), element(5100));
    // super block 2: two data blocks of two elements, numbers 4 to 7
    let second = prefix(b"EASB").u8s(&[3]).u64s(&[NONE, 600]);
    let two = join(join(prefix(b"EADB").u8s(&[5]), element(NONE)), element(5200));
    // super block 3: two data blocks of four elements in two pages, numbers 8 to 15; pages 1 and 2 were written
    let third = prefix(b"EASB").u8s(&[7, 0b0110_0000, 0]).u64s(&[700, 900]);
    let paged = prefix(b"EADB").u8s(&[7]).sealed();
    let behind = paged.0.len();
    let page = |one, other| join(element(one), element(other)).sealed();
    let stride = page(1, 2).0.len();
    let bytes = header
        .at(100, index.sealed())
        .at(300, one.sealed())
        .at(400, second.sealed())
        .at(500, third.sealed())
        .at(600, two.sealed())
        .at(700, paged.clone())
        .at(700 + behind + stride, page(5300, NONE))
        .at(900, paged)
        .at(900 + behind, page(NONE, 5400));
    let layout = layout(&[2, 5], Index::ExtensibleArray, 0);
    Case { bytes, layout, shape: vec![4, 100], max_shape: vec![Some(4), None] }
}

#[test]
fn an_extensible_array_has_five_kinds_of_blocks() {
    for (with_size, size) in [(false, 10), (true, 9)] {
        let case = extensible_array(with_size);
        let numbered = [(0, 5000), (3, 5100), (7, 5200), (10, 5300), (13, 5400)];
        let mut places = numbered.map(|(number, address)| ([number % 2, number / 2], address));
        places.sort();
        let expected = places.map(|([row, column], address)| format!("[[{row},{column}],{address},{size},0]"));
        assert_eq!(case.text(&case.bytes.0), format!("[{}]", expected.join(",")));
        assert_eq!(case.codes(&case.bytes.0), []);
    }
}

/// Everything in an array has a checksum: whatever byte is wrong, the chunks are the same or something is said.
#[test]
fn no_wrong_byte_is_believed() {
    for case in [fixed_array(), paged_fixed_array(), extensible_array(false), extensible_array(true)] {
        let whole = case.text(&case.bytes.0);
        for at in 0..case.bytes.0.len() {
            let mut bytes = case.bytes.0.clone();
            bytes[at] ^= 0x11;
            let manifest = case.manifest(&bytes);
            assert_eq!(manifest.damages.is_empty(), text(&manifest) == whole, "byte {at}");
            assert_eq!(manifest.damages.is_empty(), manifest.count().is_some());
        }
    }
}

#[test]
fn a_cut_array_gives_what_is_left() {
    for case in [fixed_array(), paged_fixed_array(), extensible_array(false), extensible_array(true)] {
        let whole = case.text(&case.bytes.0);
        for length in 0..case.bytes.0.len() {
            let cut = case.manifest(&case.bytes.0[..length]);
            assert!(
                cut.damages.iter().all(|damage| damage.code == Code::Truncated) && !cut.damages.is_empty(),
                "{length}"
            );
            let found = text(&cut);
            let rest = found.trim_start_matches("[[").trim_end_matches("]]");
            assert!(
                rest.split("],[[").all(|chunk| whole.contains(chunk.trim_start_matches("[]"))),
                "{length}: {found}"
            );
        }
    }
}

#[test]
fn implicit_chunks_are_counted() {
    let mut case = fixed_array();
    case.layout = layout(&[2, 3], Index::Implicit, 1000);
    let manifest = case.manifest(&[]);
    assert_eq!(text(&manifest), "[[[0,0],1000,6,0],[[0,1],1006,6,0],[[1,0],1024,6,0],[[1,1],1030,6,0]]");
    assert_eq!((manifest.count(), manifest.stored_bytes()), (Some(4), Some(24)));
    case.shape = vec![u64::MAX, u64::MAX];
    assert_eq!((case.codes(&[]), case.text(&[])), (vec![Code::Malformed], "[]".to_owned()));
}

/// Ever so many chunks take no memory.
#[test]
fn implicit_chunks_are_not_kept() {
    let layout = layout(&[1], Index::Implicit, 0);
    let shape = [1 << 60];
    let manifest =
        read_within(&[], 100_000, async |file: &File| chunks(file, &layout, &shape, &[Some(1 << 60)], 32).await);
    assert_eq!(manifest.map(|manifest| manifest.count()), Ok(Some(1 << 60)));
}

#[test]
fn a_single_chunk_stands_in_the_message() {
    let mut case = fixed_array();
    case.layout = layout(&[4, 6], Index::Single(None), 1000);
    assert_eq!(case.text(&[]), "[[[0,0],1000,24,0]]");
    case.layout.index = Index::Single(Some((9, 1)));
    assert_eq!(case.text(&[]), "[[[0,0],1000,9,1]]");
    case.layout.address = None;
    assert_eq!((case.text(&[]), case.manifest(&[]).count()), ("[]".to_owned(), Some(0)));
    case.shape.pop();
    assert_eq!(case.codes(&[]), [Code::Malformed]);
}

/// An index for which there is no memory is left out; the reading goes on.
#[test]
fn too_many_chunks_for_the_memory_are_said() {
    let elements: Vec<u64> = (0..4096).map(|n| 100_000 + n).collect();
    let header = Bytes::of(b"FAHD").u8s(&[0, 0, 8, 12]).u64s(&[4096, 100]).sealed();
    let block = Bytes::of(b"FADB").u8s(&[0, 0]).u64s(&[0]).u64s(&elements).sealed();
    let layout = layout(&[1], Index::FixedArray, 0);
    let bytes = header.at(100, block).0;
    for (memory, fits) in [(1 << 20, true), (150_000, false)] {
        let read = read_within(&bytes, memory, async |file: &File| {
            let manifest = chunks(file, &layout, &[4096], &[Some(4096)], 32).await?;
            Ok::<_, Stop>((manifest.count(), manifest.damages.iter().map(|damage| damage.code).collect::<Vec<_>>()))
        });
        let expected = if fits { (Some(4096), vec![]) } else { (None, vec![Code::MemoryLimit]) };
        assert_eq!(read, Ok(expected));
    }
}
