//! Attributes that stay as they stand in the header until they are written.

use super::fields::Fields;
use super::items::{Att, attr};
use crate::engine::window::Block;
use crate::formats::netcdf::model::{Attribute, Variant};

/// The attributes of a variable, which have been read once: nothing is odd about them, none is too long, and no two have the
/// same name.
#[derive(Debug)]
pub(in crate::formats::netcdf) struct Stored {
    /// `[attr ...]`, a part of the header as it was read: it is not copied.
    pub(super) block: Block,
    pub(super) count: u32,
    pub(super) variant: Variant,
}

impl Stored {
    pub(in crate::formats::netcdf) fn len(&self) -> usize {
        self.count as usize
    }

    pub(in crate::formats::netcdf) fn iter(&self) -> impl Iterator<Item = Attribute<'_>> {
        let mut fields = Fields::known(&self.block, self.variant);
        (0..self.count).map_while(move |_| match attr(&mut fields, 0, u64::MAX) {
            Ok(Att::Whole(attribute)) => Some(attribute),
            _ => None,
        })
    }
}
