//! The external data files message (HDF5 File Format Specification, IV.A.2.h): an array's elements stand in other files.

use super::fault::Fault;
use super::fields::{Address, Fields, Parse};
use super::file::File;
use super::local_heap::LocalHeap;

/// One file: the array goes on in the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct ExternalFile {
    /// As stored, of any encoding.
    pub(super) name: Vec<u8>,
    /// Where the array's elements begin in it.
    pub(super) offset: u64,
    /// How many bytes are for the array; `None`: all there may ever be.
    pub(super) size: Option<u64>,
}

/// The message, with places in a local heap for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct ExternalFiles {
    heap: Address,
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    name: u64,
    offset: u64,
    size: Option<u64>,
}

/// Decodes the message.
pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<ExternalFiles> {
    fields.version(1..=1)?;
    fields.skip(5)?; // 3 reserved, the number of slots that are allocated
    let used = fields.u16()?;
    let heap = fields.address()?.ok_or("its local heap has no address")?;
    let slot = |_| Ok(Slot { name: fields.length()?, offset: fields.length()?, size: fields.length_or_all_ones()? });
    Ok(ExternalFiles { heap, slots: (0..used).map(slot).collect::<Parse<_>>()? })
}

impl ExternalFiles {
    /// Reads the names.
    pub(super) async fn read(&self, file: &File) -> Result<Vec<ExternalFile>, Fault> {
        let heap = LocalHeap::open(file, self.heap).await?;
        let named = |slot: &Slot| {
            let name = heap.name(slot.name)?.to_vec();
            Ok(ExternalFile { name, offset: slot.offset, size: slot.size })
        };
        let files = self.slots.iter().map(named).collect::<Parse<_>>();
        files.map_err(|why| Fault::malformed(file.offset(self.heap), "external file list", why))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{WIDTHS, read};
    use super::*;

    fn message(heap: u64, slots: &[[u64; 3]]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 0, 0, 9, 0, slots.len() as u8, 0];
        bytes.extend(heap.to_le_bytes());
        slots.iter().flatten().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes
    }

    fn files(message: &[u8]) -> Result<Vec<ExternalFile>, Fault> {
        let mut heap = b"HEAP\0\0\0\0".to_vec();
        [24, u64::MAX, 32].iter().for_each(|number| heap.extend(number.to_le_bytes()));
        heap.extend(b"\0\0\0\0\0\0\0\0one\0\0\0\0\0two\xFF\0\0\0\0");
        let list =
            decode(&mut Fields::new(message, WIDTHS)).map_err(|why| Fault::malformed(0, "external file list", why))?;
        read(&heap, async |file: &File| list.read(file).await)
    }

    #[test]
    fn names_come_from_the_heap() {
        let found = files(&message(0, &[[8, 0, 100], [16, 512, u64::MAX]])).expect("two files");
        let file = |name: &[u8], offset, size| ExternalFile { name: name.to_vec(), offset, size };
        assert_eq!(found, [file(b"one", 0, Some(100)), file(b"two\xFF", 512, None)]);
        assert_eq!(files(&message(0, &[])), Ok(Vec::new()));
    }

    #[test]
    fn a_list_that_makes_no_sense_is_said() {
        let good = message(0, &[[8, 0, 100]]);
        assert!((0..good.len()).all(|cut| files(&good[..cut]).is_err()));
        assert!(files(&message(0, &[[24, 0, 1]])).is_err(), "a name outside of the heap");
        assert!(files(&message(u64::MAX, &[])).is_err() && files(&message(7, &[])).is_err());
    }
}
