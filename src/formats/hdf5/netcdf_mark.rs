//! The marks that netCDF-4 leaves in an HDF5 file: where one stands in the root group, or in one of its direct members, the
//! file is read as netCDF.

use super::graph::{Graph, ObjectKind, ROOT};
use super::members::Leads;

/// Attributes that netCDF-4 libraries write for themselves.
const NAMES: [&[u8]; 4] = [b"_NCProperties", b"_nc3_strict", b"_Netcdf4Dimid", b"_Netcdf4Coordinates"];
/// What the attribute `NAME` of a dimension scale says that is no variable.
pub(in crate::formats) const DIMENSION_ONLY: &[u8] = b"This is a netCDF dimension but not a netCDF variable";

/// True for an attribute, by its name and its stored value, that netCDF alone writes.
#[inline]
pub(super) fn is_one(name: &[u8], value: &[u8]) -> bool {
    match name.first() {
        Some(b'_') => NAMES.contains(&name),
        Some(b'N') => name == b"NAME" && value.starts_with(DIMENSION_ONLY),
        _ => false,
    }
}

/// Where marks stand that were not met in the root group or its direct members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deeper {
    /// Nowhere.
    No,
    /// One level further down, and the root has no direct datasets: it counts as well.
    Counts,
    /// Where it changes nothing.
    IsNoted,
}

/// Looks through a whole file.
pub(super) fn deeper<T>(graph: &Graph<T>) -> Deeper {
    let members = |id: u32| graph.nodes.get(id as usize).into_iter().flat_map(|node| node.members().iter());
    let objects = |id: u32| {
        members(id).filter_map(|member| match *member.target {
            Leads::Object(child) => graph.nodes.get(child as usize).map(|node| (child, node)),
            Leads::Link(_) => None,
        })
    };
    let has_dataset = objects(ROOT).any(|(_, node)| node.kind == Some(ObjectKind::Dataset));
    let below = || objects(ROOT).any(|(group, _)| objects(group).any(|(_, node)| node.netcdf_mark));
    if !has_dataset && below() {
        Deeper::Counts
    } else if graph.nodes.iter().any(|node| node.netcdf_mark) {
        Deeper::IsNoted
    } else {
        Deeper::No
    }
}
