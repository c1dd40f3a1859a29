//! Dense storage of links and attributes (IV.A.2.c, IV.A.2.v): messages in a fractal heap, and a B-tree of their names.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use super::btree2::{self, Records, kind};
use super::fault::{Damage, Fault};
use super::fields::{Address, Fields};
use super::file::{Bytes, File};
use super::fractal_heap::{self, Heap, Object};
use super::link::{Link, Target};
use super::message;
use crate::engine::join::both;
use crate::engine::source::Asked;

/// So few links are worth being followed before the index is read: the objects of longer lists are better read in long pieces.
const FEW: usize = 32;

/// The messages that a heap and its index give.
#[derive(Debug)]
pub(super) struct Dense {
    heap: Option<Heap>,
    records: Records,
    kind: u8,
}

/// One message; its body is as it would stand in an object header.
#[derive(Debug, Clone)]
pub(super) struct DenseMessage {
    pub(super) body: Body,
    /// When it was made, where the index tells (for links, the message itself does).
    pub(super) creation_order: Option<u64>,
}

/// Where the body of a dense message is.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// Here. `length` is that of all of it, where `bytes` is only its beginning.
    Here { bytes: Bytes, length: u64 },
    /// In the heap of shared messages.
    Shared([u8; 8]),
}

/// What messages a heap holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The links of a group.
    Links,
    /// The attributes of an object.
    Attributes,
}

impl Of {
    /// The kinds of records that an index of them has.
    fn kinds(self) -> &'static [u8] {
        match self {
            Of::Links => &[kind::LINK_NAME, kind::LINK_ORDER],
            Of::Attributes => &[kind::ATTRIBUTE_NAME, kind::ATTRIBUTE_ORDER],
        }
    }
}

impl Dense {
    /// The messages of a heap. `most`: so many bytes are read of one that stands by itself (over 4 KiB).
    /// An error where nothing can be listed.
    pub(super) async fn read(
        file: &File,
        of: Of,
        heap: Option<Address>,
        index: Option<Address>,
        most: u64,
    ) -> Result<Dense, Fault> {
        let (heap, index) = match (heap, index) {
            (Some(heap), Some(index)) => (heap, index),
            (None, None) => return Ok(Dense { heap: None, records: Records::none(file)?, kind: 0 }),
            (Some(address), None) | (None, Some(address)) => {
                let offset = file.offset(address);
                return Err(Fault::malformed(offset, "dense storage", "it has a heap or an index, but not both"));
            }
        };
        // Heap and index don't wait for each other: three rounds for most groups, and not five.
        let indexed = AtomicBool::new(false);
        let (index, heap) = {
            let mut asked = Vec::new();
            let index = pin!(async {
                let header = btree2::Header::read(file, index, of.kinds()).await?;
                let records = btree2::records(file, &header).await?;
                indexed.store(true, Ordering::Relaxed);
                Ok::<_, Fault>((header.kind, records))
            });
            let heap = pin!(async {
                let _end = if of == Of::Links { file.ask_end() } else { None };
                let heap = Heap::read(file, fractal_heap::Header::read(file, heap).await?).await?;
                if of == Of::Links && !indexed.load(Ordering::Relaxed) {
                    asked = ask_targets(file, &heap);
                }
                Ok::<_, Fault>(heap)
            });
            both(index, heap).await
        };
        let (mut heap, (kind, records)) = (heap?, index?);
        let layout = Layout::of(kind);
        let own =
            records.iter().filter_map(|record| layout.decode(record, file)).filter(|(_, flags, _)| !shared(*flags));
        heap.fetch(file, own.map(|(id, _, _)| id), most).await?;
        Ok(Dense { heap: Some(heap), records, kind })
    }

    /// How many messages there are, as far as the index could be read.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// What could not be read of the index. Messages are missing then.
    pub(super) fn damages(&self) -> &[Damage] {
        &self.records.damages
    }

    /// The messages in the order of the index.
    pub(super) fn messages(&self, file: &File) -> impl Iterator<Item = Result<DenseMessage, Fault>> {
        self.heap.iter().flat_map(move |heap| {
            let layout = Layout::of(self.kind);
            self.records.iter().map(move |record| {
                let Some((id, flags, creation_order)) = layout.decode(record, file) else {
                    return Err(Fault::malformed(heap.header.offset, "version 2 B-tree record", "it is too short"));
                };
                let body = match id.first_chunk::<8>() {
                    Some(id) if shared(flags) => Body::Shared(*id),
                    _ => {
                        let Object { bytes, length } = heap.object(file, id)?;
                        Body::Here { bytes, length }
                    }
                };
                Ok(DenseMessage { body, creation_order })
            })
        })
    }
}

/// Asks for the objects that a few links lead to, before the index tells which of these are members and not remains of such:
/// in blocks that nothing was deleted from, they stand one behind the other.
fn ask_targets<'a>(file: &'a File, heap: &Heap) -> Vec<Asked<'a>> {
    let links = heap.managed().flat_map(|objects| {
        let mut fields = Fields::new(objects, file.widths);
        std::iter::from_fn(move || Link::decode(&mut fields).ok())
    });
    let targets: Vec<Target> = links.map(|link| link.target).take(FEW + 1).collect();
    let hard = targets.iter().filter(|_| targets.len() <= FEW).filter_map(|target| match target {
        Target::Hard(address) => Some(*address),
        _ => None,
    });
    hard.filter_map(|address| file.ask_header(address)).collect()
}

fn shared(flags: u8) -> bool {
    flags & message::SHARED != 0
}

/// How an index's records are laid out.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// Type 5: hash, heap ID.
    LinkName,
    /// Type 6: creation order, heap ID.
    LinkOrder,
    /// Types 8 and 9: heap ID, message flags, creation order, and in type 8 a hash.
    Attribute,
}

impl Layout {
    fn of(kind: u8) -> Layout {
        match kind {
            kind::LINK_NAME => Layout::LinkName,
            kind::LINK_ORDER => Layout::LinkOrder,
            _ => Layout::Attribute,
        }
    }

    /// Heap ID, message flags, creation order.
    fn decode<'a>(self, record: &'a [u8], file: &File) -> Option<(&'a [u8], u8, Option<u64>)> {
        let mut fields = Fields::new(record, file.widths);
        match self {
            Layout::LinkName => {
                fields.skip(4).ok()?;
                Some((fields.rest(), 0, None))
            }
            Layout::LinkOrder => {
                let order = fields.u64().ok()?;
                Some((fields.rest(), 0, Some(order)))
            }
            Layout::Attribute => {
                let id = fields.take(8).ok()?;
                let (flags, order) = (fields.u8().ok()?, fields.u32().ok()?);
                Some((id, flags, Some(order.into())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum::{checksum, is_sound};
    use super::super::link::LinkInfo;
    use super::super::message::Kind;
    use super::super::testing::{fixture, object, read_file};
    use super::*;

    /// The links, the damages of the index, and how many rounds the listing took.
    type Listed = Result<(Vec<Result<Link, Fault>>, Vec<Damage>, usize), Fault>;

    impl Body {
        fn here(&self) -> Option<(&Bytes, u64)> {
            match self {
                Body::Here { bytes, length } => Some((bytes, *length)),
                Body::Shared(_) => None,
            }
        }
    }

    fn listed(bytes: &[u8], path: &str, by_order: bool) -> Listed {
        read_file(bytes, async |file, superblock| {
            let header = object(file, superblock, path).await;
            let message = header.first(Kind::LinkInfo).expect("link info");
            let body = header.body(message);
            let info = file.decode(body, 0, "link info", LinkInfo::decode)?;
            let index = match by_order {
                true => file.decode(&body[body.len() - 8..], 0, "order index", Fields::address)?,
                false => info.name_index,
            };
            let rounds = super::super::testing::rounds(file);
            let dense = Dense::read(file, Of::Links, info.heap, index, 1 << 20).await?;
            let rounds = super::super::testing::rounds(file) - rounds;
            let links = dense.messages(file).map(|message| {
                let message = message?;
                let (bytes, length) = message.body.here().expect("links are not shared");
                assert_eq!(bytes.len() as u64, length);
                file.decode(bytes, bytes.offset, "link", Link::decode)
            });
            Ok((links.collect(), dense.damages().to_vec(), rounds))
        })
    }

    fn names(links: &[Result<Link, Fault>]) -> Vec<String> {
        let names = links.iter().flatten().map(|link| String::from_utf8_lossy(&link.name).into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn many_links_by_name_and_by_order() {
        let bytes = fixture("heaps_links");
        let mut expected: Vec<_> = (0..1150).map(|index| format!("link {index:04} of many")).collect();
        expected.insert(0, "huge".to_owned());
        for by_order in [false, true] {
            let (links, damages, rounds) = listed(&bytes, "many", by_order).expect("a listing");
            assert_eq!((names(&links), damages), (expected.clone(), vec![]));
            assert_eq!(rounds, 5, "headers, two levels of nodes and blocks, leaves, the huge object");
            let orders = links.iter().flatten().map(|link| link.creation_order);
            if by_order {
                assert!(orders.eq((0..1151).map(Some)));
            }
            let huge = links.iter().flatten().find(|link| *link.name == *b"huge").expect("huge");
            assert!(matches!(&huge.target, Target::Soft(path) if path.len() == 5001));
            let one = links.iter().flatten().find(|link| *link.name == *b"link 0777 of many").expect("777");
            assert_eq!(one.target, Target::Soft(b"/target 777"[..].into()));
        }
    }

    #[test]
    fn few_links_in_filtered_heaps() {
        let bytes = fixture("heaps_filtered");
        for (path, count) in [("few", 8), ("many", 300), ("huge", 2)] {
            let (links, damages, _) = listed(&bytes, path, false).expect("a listing");
            assert_eq!((names(&links).len(), links.len(), damages), (count, count, vec![]), "{path}");
        }
        let (links, ..) = listed(&bytes, "huge", false).expect("a listing");
        assert!(
            links.iter().flatten().any(|link| link.target == Target::Soft([b"/", &[b'x'; 5000][..]].concat().into()))
        );
    }

    /// Addresses and lengths of 2 bytes: a link fits in its ID, and where a huge one is does, too.
    #[test]
    fn tiny_objects_and_huge_ones_by_their_ids() {
        let (links, damages, _) = listed(&fixture("heaps_narrow"), "tiny", false).expect("a listing");
        assert_eq!((names(&links), damages), (vec!["huge".into(), "longer than an ID".into(), "t".into()], vec![]));
        let targets: Vec<_> =
            links.iter().flatten().filter(|link| *link.name != *b"huge").map(|link| &link.target).collect();
        assert!(matches!(targets[0], Target::Hard(_)) && targets[0] == targets[1]);
    }

    /// Nodes and blocks whose bytes were changed: their links are missing, all others are there, and it is said.
    #[test]
    fn everything_beside_damage_is_listed() {
        let sound = fixture("heaps_links");
        let all = listed(&sound, "many", false).expect("a listing").0.len();
        for (signature, fewest) in [(b"BTLF", all - 60), (b"FHDB", all - 1000), (b"BTIN", 0), (b"FHIB", 0)] {
            let places: Vec<_> = (0..sound.len() - 4).filter(|at| sound[*at..].starts_with(signature)).collect();
            let mut lost = 0;
            for at in places {
                let mut bytes = sound.clone();
                bytes[at + 30] ^= 0x10;
                let (links, damages, _) = listed(&bytes, "many", false).expect("the headers are sound");
                let found = names(&links).len();
                let said = !damages.is_empty() || links.iter().any(Result::is_err);
                assert!(found == all || said && found >= fewest, "{signature:?} at {at}: {found}");
                lost += all - found;
            }
            assert!(lost >= all / 2, "{signature:?}");
        }
        for signature in [b"BTHD", b"FRHP"] {
            let mut bytes = sound.clone();
            let at = (0..sound.len()).find(|at| sound[*at..].starts_with(signature)).expect("a header");
            bytes[at + 10] ^= 1;
            assert!(listed(&bytes, "many", false).is_err() || signature == b"BTHD");
        }
    }

    #[test]
    fn attributes_by_name_and_by_order() {
        let bytes = fixture("heaps_attributes");
        read_file(&bytes, async |file, superblock| {
            let header = object(file, superblock, "ordered").await;
            let message = header.first(Kind::AttributeInfo).expect("attribute info");
            let mut fields = Fields::new(&header.body(message)[4..], file.widths);
            let mut address = || fields.address().expect("an address");
            let (heap, by_name, by_order) = (address(), address(), address());
            for index in [by_name, by_order] {
                let dense = Dense::read(file, Of::Attributes, heap, index, 6000).await.expect("a listing");
                assert_eq!((dense.len(), dense.damages()), (203, &[][..]));
                let mut found: Vec<_> = dense.messages(file).map(|message| message.expect("sound")).collect();
                found.sort_by_key(|message| message.creation_order);
                for (at, message) in found.iter().enumerate() {
                    assert_eq!(message.creation_order, Some(at as u64));
                    let (bytes, length) = message.body.here().expect("not shared");
                    assert_eq!(bytes[0], 3, "version");
                    assert_eq!(bytes.len() as u64, length.min(6000), "as much as was asked for");
                    let name = if at < 200 { format!("a{at:03}\0") } else { "huge".into() };
                    assert_eq!(bytes[9..][..name.len()], *name.as_bytes());
                    assert!(at < 200 || length > 5000);
                }
            }
            let none = Dense::read(file, Of::Attributes, None, None, 6000).await.expect("nothing");
            assert_eq!((none.len(), none.messages(file).count()), (0, 0));
            assert!(Dense::read(file, Of::Attributes, heap, None, 6000).await.is_err());
        });
    }

    /// Any byte of any structure may lie, with a checksum that is right: nothing panics, loops or takes all memory.
    #[test]
    fn nothing_is_believed() {
        for (name, path) in [("heaps_narrow", "tiny"), ("heaps_filtered", "huge"), ("heaps_links", "many")] {
            let sound = fixture(name);
            for signature in [b"FRHP", b"BTHD", b"FHIB", b"BTIN", b"BTLF"] {
                let places = (0..sound.len() - 4).filter(|at| sound[*at..].starts_with(signature));
                let ends = |at| (at + 20..sound.len().min(at + 4000)).find(|end| is_sound(&sound[at..*end]));
                let found = places.filter_map(|at| Some((at, ends(at)?))).next_back();
                let Some((at, end)) = found else { continue };
                let length = end - at;
                for place in (4..length - 4).take(150) {
                    for value in [0, 1, 0x7F, 0xFF, sound[at + place] ^ 0x10] {
                        let mut bytes = sound.clone();
                        bytes[at + place] = value;
                        let sum = checksum(&bytes[at..at + length - 4]).to_le_bytes();
                        bytes[at + length - 4..at + length].copy_from_slice(&sum);
                        if let Ok((links, damages, rounds)) = listed(&bytes, path, false) {
                            assert!(links.len() <= 2000 && damages.len() <= 2000 && rounds < 20);
                        }
                    }
                }
            }
        }
    }
}
