//! Shared object header messages (III.H): a table of indexes, each with a heap for some kinds of messages.
//!
//! What an index (a list or a B-tree of hashes) knows is only of use to a writer that looks for a message it could share:
//! a reader has the heap ID, and the heap.

use super::fault::Fault;
use super::fields::{Address, Fields, Parse};
use super::file::File;
use super::fractal_heap::{Header, Heap, Object};
use super::level;

const TABLE: &str = "shared object header message table";
const MESSAGE: &str = "shared object header message";

/// The messages that are shared in a file.
#[derive(Debug)]
pub(super) struct SharedMessages {
    /// Absolute, of the table.
    offset: u64,
    heaps: Vec<(Index, Result<Heap, Fault>)>,
}

/// What the table says of one index.
#[derive(Debug, Clone, Copy)]
struct Index {
    /// Which kinds of messages are in its heap: a bit for the number of each.
    kinds: u16,
    heap: Option<Address>,
}

impl Index {
    fn decode(fields: &mut Fields<'_>) -> Parse<Index> {
        fields.version(0..=0)?;
        fields.skip(1)?; // a list, or a B-tree
        let kinds = fields.u16()?;
        fields.skip(4 + 2 + 2 + 2)?; // the shortest message; when a list becomes a tree, and the other way; how many there are
        fields.address()?; // of the list or the tree
        Ok(Index { kinds, heap: fields.address()? })
    }
}

impl SharedMessages {
    /// Reads the table and its heaps, all at once. A heap that can't be read is a fault of each message in it.
    pub(super) async fn open(file: &File, table: Address, indexes: u8) -> Result<SharedMessages, Fault> {
        let index = 14 + 2 * u64::from(file.widths.offsets);
        let bytes = file.read_checked(table, 8 + u64::from(indexes) * index, TABLE).await?;
        let indexes = file.decode(&bytes, bytes.offset, TABLE, |fields| {
            fields.signature(b"SMTB")?;
            (0..indexes).map(|_| Index::decode(fields)).collect::<Parse<Vec<_>>>()
        })?;
        let heaps: Vec<_> = indexes.iter().map(|index| index.heap).collect();
        let heaps = level::each(file, heaps, |heap| async move {
            let heap = heap.ok_or_else(|| Fault::malformed(file.offset(table), TABLE, "an index has no heap"))?;
            Heap::read(file, Header::read(file, heap).await?).await
        });
        Ok(SharedMessages { offset: bytes.offset, heaps: indexes.into_iter().zip(heaps.await?).collect() })
    }

    /// The body of a message. `most`: so many bytes are read of one that stands by itself (over 4 KiB).
    pub(super) async fn message(&self, file: &File, kind: u16, id: [u8; 8], most: u64) -> Result<Object, Fault> {
        let bit = 1u16.checked_shl(kind.into()).unwrap_or(0);
        let heap = self.heaps.iter().find(|(index, _)| index.kinds & bit != 0).map(|(_, heap)| heap);
        match heap {
            Some(Ok(heap)) => heap.get(file, &id, most).await,
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::malformed(self.offset, MESSAGE, "no index has messages of its kind")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum::checksum;
    use super::super::dense::{Body, Dense, Of};
    use super::super::message::Kind;
    use super::super::object_header::ObjectHeader;
    use super::super::shared::Shared;
    use super::super::testing::{fixture, object, read_file};
    use super::*;

    const DATATYPE: u16 = 3;
    const ATTRIBUTE: u16 = 12;

    async fn table(file: &File, extension: Option<Address>) -> SharedMessages {
        let header = ObjectHeader::read(file, extension.expect("an extension")).await.expect("its header");
        let message = header.first(Kind::SharedMessageTable).expect("a table");
        let mut fields = Fields::new(&header.body(message)[1..], file.widths);
        let (table, indexes) = (fields.address().expect("an address").expect("a table"), fields.u8().expect("a count"));
        assert_eq!(indexes, 2);
        SharedMessages::open(file, table, indexes).await.expect("the table")
    }

    /// Dense attributes that are shared: the short ones stand in the group's heap, the others in one heap for both groups.
    #[test]
    fn attributes_of_two_groups() {
        read_file(&fixture("heaps_shared"), async |file, superblock| {
            let shared = table(file, superblock.extension).await;
            let mut ids = Vec::new();
            for group in ["one", "two"] {
                let header = object(file, superblock, group).await;
                let body = header.body(header.first(Kind::AttributeInfo).expect("attribute info"));
                let mut fields = Fields::new(&body[body.len() - 16..], file.widths);
                let (heap, index) = (fields.address().expect("a heap"), fields.address().expect("an index"));
                let attributes = Dense::read(file, Of::Attributes, heap, index, 6000).await.expect("a listing");
                let (mut own, mut datatypes) = (0, 0);
                for message in attributes.messages(file) {
                    let body = match message.expect("a message").body {
                        Body::Here { bytes, .. } => {
                            own += 1;
                            bytes
                        }
                        Body::Shared(id) => {
                            ids.push(id);
                            let object = shared.message(file, ATTRIBUTE, id, 1000).await.expect("a message");
                            assert_eq!(object.bytes.len() as u64, object.length.min(1000));
                            object.bytes
                        }
                    };
                    assert_eq!(body[0], 3, "version");
                    let text = |text: &[u8]| body.windows(text.len()).any(|part| part == text);
                    assert!(text(b"long\0") || text(b"pair\0") || text(b"short") || text(b" of twelve"));
                    if body[1] & 1 != 0 {
                        let name = usize::from(u16::from_le_bytes([body[2], body[3]]));
                        let part = &body[9 + name..];
                        let Ok(Shared::Heap(id)) = Shared::decode(&mut Fields::new(part, file.widths)) else {
                            continue;
                        };
                        let datatype = shared.message(file, DATATYPE, id, 1000).await.expect("a datatype");
                        assert!((1..=4).contains(&(datatype.bytes[0] >> 4)), "version of the datatype");
                        datatypes += 1;
                    }
                }
                assert_eq!((attributes.len(), own, datatypes > 0), (14, 6, true));
            }
            let of_one: Vec<_> = ids.iter().take(8).collect();
            assert!(ids.len() == 16 && ids.iter().skip(8).all(|id| of_one.contains(&id)), "one copy for both");
            assert!(shared.message(file, 11, ids[0], 1000).await.is_err());
        });
    }

    /// Of a long one only the beginning is read: its value is left out, which is no damage.
    #[test]
    fn a_long_attribute_is_no_damaged_one() {
        const LENGTH: u64 = 300_000;
        let mut bytes = fixture("heaps_shared");
        let place = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|part| part == what).expect("it");
        let record = place(&bytes, b"BTLF\0\x01") + 6; // of the only huge object: address, length, number
        let at = u64::from_le_bytes(*bytes[record..].first_chunk().expect("an address"));
        let message = at as usize;
        let dims = message + place(&bytes[message..], &[2, 1, 1, 1, 0x88, 0x13]) + 4;
        let value = dims + 16;
        for dim in [dims, dims + 8] {
            bytes[dim..dim + 8].copy_from_slice(&LENGTH.to_le_bytes());
        }
        bytes[record + 8..record + 16].copy_from_slice(&((value - message) as u64 + LENGTH).to_le_bytes());
        let sum = checksum(&bytes[record - 6..record + 24]);
        bytes[record + 24..record + 28].copy_from_slice(&sum.to_le_bytes());
        bytes.resize(value + LENGTH as usize, 0);
        let mut extractor = crate::Extractor::new(&crate::Options::default()).expect("an extractor");
        crate::drivers::slice::read(&mut extractor, &bytes).expect("a file");
        let document = extractor.finish().expect("a document");
        for group in ["one", "two"] {
            let omitted = format!("/headers/groups/~1{group}/attributes/long/value/omitted");
            assert_eq!(
                document.get_u64(&format!("{omitted}/offset")).ok(),
                Some(value as u64),
                "{}",
                document.to_json()
            );
            assert_eq!(document.get_u64(&format!("{omitted}/length")).ok(), Some(LENGTH));
        }
        assert_eq!(document.status(), crate::Status::Done);
    }

    #[test]
    fn damage_is_each_message_s_own() {
        let mut bytes = fixture("heaps_shared");
        let at = bytes.windows(4).position(|part| part == b"FRHP").expect("a heap");
        bytes[at + 20] ^= 1;
        read_file(&bytes, async |file, superblock| {
            let shared = table(file, superblock.extension).await;
            assert_eq!(shared.heaps.iter().filter(|(_, heap)| heap.is_err()).count(), 1);
            let datatype = shared.message(file, DATATYPE, [0; 8], 1000).await;
            assert!(matches!(datatype, Err(Fault::Damage(damage)) if damage.message.contains("checksum")));
        });
    }
}
