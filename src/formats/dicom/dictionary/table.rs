//! Generated.
pub(super) static TAGS: [u32; 0] = [];
pub(super) static VRS: &[u8; 0] = b"";
