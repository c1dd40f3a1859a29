//! The dataspace message, 0x01 (IV.A.2.b): how many elements there are, and in which shape.

use super::fields::{Fields, Parse};

/// As many dimensions as libhdf5 allows.
pub(super) const MAX_RANK: usize = 32;

/// The shape of a dataset or of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) enum Dataspace {
    /// No elements, and no shape.
    Null,
    /// A scalar has no dimensions.
    Simple {
        dims: Vec<u64>,
        /// `None` is unlimited. As many as there are dimensions: the current ones where the message has none.
        max_dims: Vec<Option<u64>>,
    },
}

impl Dataspace {
    /// One element and no dimensions.
    pub(super) const SCALAR: Dataspace = Dataspace::Simple { dims: Vec::new(), max_dims: Vec::new() };

    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Dataspace> {
        let version = fields.version(1..=2)?;
        let rank = usize::from(fields.u8()?);
        let flags = fields.u8()?;
        let kind = match version {
            1 => {
                fields.skip(5)?;
                u8::from(rank > 0)
            }
            _ => fields.u8()?,
        };
        match kind {
            0 | 2 if rank > 0 => return Err("a dataspace without dimensions has some"),
            0 | 1 => {}
            2 => return Ok(Dataspace::Null),
            _ => return Err("its class is not known"),
        }
        if rank > MAX_RANK {
            return Err("it has more than 32 dimensions");
        }
        if rank == 0 {
            return Ok(Dataspace::SCALAR);
        }
        let mut dims = Vec::with_capacity(rank);
        for _ in 0..rank {
            dims.push(fields.length_or_all_ones()?.ok_or("a dimension is unlimited, and can't be")?);
        }
        let mut max_dims = Vec::with_capacity(rank);
        for dim in &dims {
            let most = if flags & 1 != 0 { fields.length_or_all_ones()? } else { Some(*dim) };
            if most.is_some_and(|most| most < *dim) {
                return Err("a dimension is over its maximum");
            }
            max_dims.push(most);
        }
        // Flag bit 1 announces the permutation indices of version 1. No library wrote them, and nothing follows them.
        Ok(Dataspace::Simple { dims, max_dims })
    }

    /// The dimensions: none where it is scalar, `None` where it is null.
    pub(in crate::formats) fn dims(&self) -> Option<&[u64]> {
        match self {
            Dataspace::Null => None,
            Dataspace::Simple { dims, .. } => Some(dims),
        }
    }

    /// Length of each dimension, and whether it is unlimited; none where it is null.
    pub(in crate::formats) fn extents(&self) -> Vec<(u64, bool)> {
        match self {
            Dataspace::Null => Vec::new(),
            Dataspace::Simple { dims, max_dims } => {
                dims.iter().zip(max_dims).map(|(dim, most)| (*dim, most.is_none())).collect()
            }
        }
    }

    /// How many elements it has; `None`: more than 64 bits count.
    pub(in crate::formats) fn elements(&self) -> Option<u64> {
        match self {
            Dataspace::Null => Some(0),
            Dataspace::Simple { dims, .. } if dims.contains(&0) => Some(0),
            Dataspace::Simple { dims, .. } => dims.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{ENDS_EARLY, Widths};
    use super::*;

    fn decode(bytes: &[u8], lengths: u8) -> Parse<Dataspace> {
        Dataspace::decode(&mut Fields::new(bytes, Widths { offsets: 8, lengths }))
    }

    fn simple(dims: &[u64], max_dims: &[Option<u64>]) -> Parse<Dataspace> {
        Ok(Dataspace::Simple { dims: dims.to_vec(), max_dims: max_dims.to_vec() })
    }

    #[test]
    fn both_versions_and_widths() {
        let v1 = [1, 2, 1, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0xFF, 0xFF, 5, 0];
        assert_eq!(decode(&v1, 2), simple(&[3, 4], &[None, Some(5)]));
        assert_eq!(decode(&[1, 0, 0, 0, 0, 0, 0, 0], 8), simple(&[], &[]));
        let v2 = [2, 1, 0, 1, 7, 0, 0, 0];
        assert_eq!(decode(&v2, 4), simple(&[7], &[Some(7)]));
        assert_eq!(decode(&[2, 0, 0, 0], 8), simple(&[], &[]));
        assert_eq!(decode(&[2, 0, 0, 2], 8), Ok(Dataspace::Null));
    }

    #[test]
    fn elements_are_counted_without_overflow() {
        let space = |dims: &[u64]| Dataspace::Simple { dims: dims.to_vec(), max_dims: Vec::new() };
        assert_eq!((space(&[]).elements(), Dataspace::Null.elements()), (Some(1), Some(0)));
        assert_eq!((space(&[1 << 40, 1 << 40]).elements(), space(&[1 << 40, 1 << 40, 0]).elements()), (None, Some(0)));
        assert_eq!(space(&[3, 4]).elements(), Some(12));
    }

    #[test]
    fn malformed_ones_are_refused() {
        assert!(decode(&[3, 0, 0, 0], 8).is_err(), "version");
        assert!(decode(&[2, 0, 0, 3], 8).is_err(), "class");
        assert!(decode(&[2, 1, 0, 2, 0, 0], 2).is_err(), "a null one with dimensions");
        assert!(decode(&[[2, 33, 0, 1].as_slice(), &[1; 66]].concat(), 2).is_err(), "rank");
        assert!(decode(&[2, 1, 0, 1, 0xFF, 0xFF], 2).is_err(), "unlimited size");
        assert!(decode(&[2, 1, 1, 1, 3, 0, 2, 0], 2).is_err(), "over the maximum");
        assert_eq!(decode(&[2, 1, 1, 1, 3, 0, 3], 2), Err(ENDS_EARLY));
    }
}
