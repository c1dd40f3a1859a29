//! Bodies of object header messages (HDF5 File Format Specification 4.0, IV.A.2), in the versions that both formats take.

/// A message: its type and its body.
pub(super) type Message = (u8, Vec<u8>);

pub(super) const UNDEFINED: u64 = u64::MAX;

/// IV.A.2.b, version 1: simple, or scalar where there are no dimensions.
pub(super) fn dataspace(shape: &[u64]) -> Vec<u8> {
    let mut out = vec![1, shape.len() as u8, 0, 0, 0, 0, 0, 0];
    shape.iter().for_each(|length| out.extend(length.to_le_bytes()));
    out
}

/// IV.A.2.d: 32- and 64-bit IEEE floats, little-endian.
pub(super) fn float(bits: u8) -> Vec<u8> {
    let (exponent, bias): (u8, u32) = if bits == 32 { (8, 127) } else { (11, 1023) };
    let mantissa = bits - 1 - exponent;
    let mut out = vec![0x11, 0x20, bits - 1, 0, bits / 8, 0, 0, 0, 0, 0, bits, 0, mantissa, exponent, 0, mantissa];
    out.extend(bias.to_le_bytes());
    out
}

/// 16-bit signed integers, little-endian.
pub(super) fn int16() -> Vec<u8> {
    vec![0x10, 0x08, 0, 0, 2, 0, 0, 0, 0, 0, 16, 0]
}

/// Variable-length UTF-8 strings: 16 bytes each, of which 12 lead to the global heap.
pub(super) fn text() -> Vec<u8> {
    vec![0x19, 0x01, 0x01, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]
}

/// 32-bit signed integers, little-endian.
pub(super) fn int32() -> Vec<u8> {
    vec![0x10, 0x08, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0]
}

/// ASCII strings of this length, the NUL at the end included.
pub(super) fn string(length: usize) -> Vec<u8> {
    let mut out = vec![0x13, 0, 0, 0];
    out.extend((length as u32).to_le_bytes());
    out
}

/// Lists of references to objects: 16 bytes each, of which 12 lead to the global heap.
pub(super) fn references() -> Vec<u8> {
    vec![0x19, 0, 0, 0, 16, 0, 0, 0, 0x17, 0, 0, 0, 8, 0, 0, 0]
}

/// A dataset's own messages: dataspace, datatype, no fill value, and where its data is.
pub(super) fn dataset(shape: &[u64], datatype: Vec<u8>, layout: Vec<u8>) -> Vec<Message> {
    vec![(0x01, dataspace(shape)), (0x03, datatype), (0x05, vec![2, 2, 2, 0]), (0x08, layout)]
}

/// IV.A.2.i, version 3.
pub(super) fn contiguous(address: u64, length: u64) -> Vec<u8> {
    let mut out = vec![3, 1];
    out.extend(address.to_le_bytes());
    out.extend(length.to_le_bytes());
    out
}

/// IV.A.2.i, version 3: the index is a B-tree of version 1.
pub(super) fn chunked(index: u64, chunk: &[u32], element: u32) -> Vec<u8> {
    let mut out = vec![3, 2, chunk.len() as u8 + 1];
    out.extend(index.to_le_bytes());
    chunk.iter().chain([&element]).for_each(|length| out.extend(length.to_le_bytes()));
    out
}

/// IV.A.2.l, version 1: deflate.
pub(super) fn deflate(level: u32) -> Message {
    let mut out = vec![1, 1, 0, 0, 0, 0, 0, 0];
    out.extend([1, 0, 8, 0, 0, 0, 1, 0]);
    out.extend(b"deflate\0");
    out.extend(level.to_le_bytes());
    out.extend([0; 4]);
    (0x0B, out)
}

/// IV.A.2.m: an attribute with a scalar value, in version 1 (padded to 8 bytes) or 3.
pub(super) fn attribute(version: u8, name: &str, datatype: &[u8], value: &[u8]) -> Message {
    array(version, name, datatype, &[], value)
}

/// The same with a value of this shape.
pub(super) fn array(version: u8, name: &str, datatype: &[u8], shape: &[u64], value: &[u8]) -> Message {
    let space = dataspace(shape);
    let name = [name.as_bytes(), b"\0"].concat();
    let mut out = vec![version, 0];
    for length in [name.len(), datatype.len(), space.len()] {
        out.extend((length as u16).to_le_bytes());
    }
    if version == 3 {
        out.push(1); // UTF-8
    }
    for part in [&name[..], datatype, &space] {
        out.extend(part);
        if version == 1 {
            out.resize(out.len().next_multiple_of(8), 0);
        }
    }
    out.extend(value);
    (0x0C, out)
}

/// Objects of a global heap (III.E), gathered until a collection of 4096 bytes is full.
#[derive(Default)]
pub(super) struct Collection {
    objects: Vec<u8>,
    count: u16,
}

impl Collection {
    const SIZE: usize = 4096;

    /// True if `length` bytes have no room any more.
    pub(super) fn is_full_for(&self, length: usize) -> bool {
        16 + self.objects.len() + 16 + length.next_multiple_of(8) + 16 > Self::SIZE
    }

    /// Adds an object and gives its index.
    pub(super) fn add(&mut self, bytes: &[u8]) -> u16 {
        self.count += 1;
        self.objects.extend(self.count.to_le_bytes());
        self.objects.extend([1, 0, 0, 0, 0, 0]);
        self.objects.extend((bytes.len() as u64).to_le_bytes());
        self.objects.extend(bytes);
        self.objects.resize(self.objects.len().next_multiple_of(8), 0);
        self.count
    }

    /// The collection, with what is left of it as free space; this one is empty then.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut out = b"GCOL\x01\0\0\0".to_vec();
        out.extend((Self::SIZE as u64).to_le_bytes());
        out.append(&mut self.objects);
        out.extend([0; 8]);
        out.extend(((Self::SIZE - out.len() + 8) as u64).to_le_bytes());
        out.resize(Self::SIZE, 0);
        self.count = 0;
        out
    }
}

/// What stands in the file for a variable-length string.
pub(super) fn in_heap(length: usize, collection: u64, index: u16) -> Vec<u8> {
    let mut out = (length as u32).to_le_bytes().to_vec();
    out.extend(collection.to_le_bytes());
    out.extend(u32::from(index).to_le_bytes());
    out
}
