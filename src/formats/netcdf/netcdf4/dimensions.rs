//! Dimensions: HDF5's dimension scales; where there are none, one is made up for each length ("phony").

use std::collections::HashMap;

use super::kept::{Hidden, Kept};
use super::tree::Found;
use crate::budget::OverBudget;
use crate::formats::hdf5::graph::{Graph, Id};
use crate::formats::netcdf::model::{Dimension, DimensionId, GroupId, Model};

/// The dimensions of a file, while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Dimensions {
    /// netCDF's id of each, in the order of the model's list.
    ids: Vec<i64>,
    by_id: HashMap<i64, DimensionId>,
    by_scale: HashMap<Id, DimensionId>,
    /// Those of a group that are equally long, by their ids: where a variable without scales looks for its own.
    alike: HashMap<Kind, Vec<DimensionId>>,
    /// The next id for a dimension that brings none.
    next: i64,
}

/// A group, a length, and whether it is unlimited.
type Kind = (GroupId, u64, bool);

impl Dimensions {
    /// Adds the dimension that a scale stands for.
    pub(super) fn scale(
        &mut self,
        model: &mut Model,
        group: GroupId,
        name: &[u8],
        object: Id,
        hidden: &Hidden,
        (length, unlimited): (u64, bool),
    ) -> Result<(), OverBudget> {
        let dimension = self.add(model, group, name, hidden.dimension, length, unlimited)?;
        self.by_scale.entry(object).or_insert(dimension);
        Ok(())
    }

    fn add(
        &mut self,
        model: &mut Model,
        group: GroupId,
        name: &[u8],
        id: Option<i64>,
        length: u64,
        unlimited: bool,
    ) -> Result<DimensionId, OverBudget> {
        model.charge(2 * size_of::<Dimension>() + name.len() + 192)?;
        let unlimited = unlimited || length == 0; // to netcdf-c a length of 0 means that there is no limit
        let id = id.filter(|id| *id >= 0).unwrap_or(self.next);
        self.next = self.next.max(id.saturating_add(1));
        let place = model.dimensions.len();
        model.dimensions.push(Dimension { name: name.into(), group, length: Some(length), unlimited });
        self.ids.push(id);
        self.by_id.entry(id).or_insert(place);
        if let Some(group) = model.groups.get_mut(group) {
            group.dimensions.push(place);
        }
        self.alike.entry((group, length, unlimited)).or_default().push(place);
        Ok(place)
    }

    /// Puts the dimensions of each group in the order of their ids. One that is made up later has the highest.
    fn sort(&mut self, model: &mut Model) {
        let id = |place: &DimensionId| self.ids.get(*place).copied();
        model.groups.iter_mut().for_each(|group| group.dimensions.sort_by_key(id));
        self.alike.values_mut().for_each(|alike| alike.sort_by_key(id));
    }

    /// The dimensions of each variable. `None`: not known, since something of the file is missing.
    pub(super) fn of_all(
        &mut self,
        model: &mut Model,
        graph: &Graph<Kept>,
        found: &[Found],
        whole: bool,
    ) -> Result<Vec<Option<Vec<DimensionId>>>, OverBudget> {
        self.sort(model);
        let mut all: Vec<Option<Vec<DimensionId>>> = vec![None; found.len()];
        for index in order(model, found) {
            let (Some(found), Some(slot)) = (found.get(index), all.get_mut(index)) else { continue };
            let Some(kept) = graph.nodes.get(found.object as usize).map(|node| &node.kept) else { continue };
            *slot = self.of_one(model, graph, found, kept, whole)?;
        }
        self.lengths(model, graph, found, &all, whole);
        Ok(all)
    }

    fn of_one(
        &mut self,
        model: &mut Model,
        graph: &Graph<Kept>,
        found: &Found,
        kept: &Kept,
        whole: bool,
    ) -> Result<Option<Vec<DimensionId>>, OverBudget> {
        let Some(dataset) = &kept.dataset else { return Ok(None) };
        let rank = dataset.dims.len();
        let known: Vec<Option<DimensionId>> = match &kept.hidden {
            Hidden { coordinates: Some(ids), .. } if ids.len() == rank => {
                ids.iter().map(|id| self.by_id.get(id).copied()).collect()
            }
            Hidden { is_scale: true, .. } => {
                let mut known = vec![None; rank];
                if let Some(first) = known.first_mut() {
                    *first = self.by_scale.get(&found.object).copied();
                }
                known
            }
            // Only where the first dimension has a scale netcdf-c looks at the others.
            Hidden { scales, .. } if scales.first().is_some_and(Option::is_some) => {
                let scale = |at: usize| {
                    let dimension = *self.by_scale.get(&graph.at((*scales.get(at)?)?)?)?;
                    let of = model.dimensions.get(dimension)?.group;
                    is_within(model, found.group, of).then_some(dimension)
                };
                (0..rank).map(scale).collect()
            }
            _ => vec![None; rank],
        };
        let mut dimensions = Vec::with_capacity(rank);
        for (known, extent) in known.into_iter().zip(&dataset.dims) {
            let dimension = match known {
                Some(known) => known,
                None if !whole => return Ok(None),
                None => self.phony(model, found.group, &dimensions, *extent)?,
            };
            dimensions.push(dimension);
        }
        Ok(Some(dimensions))
    }

    /// A dimension of the group with this length that the variable does not have yet; a new one where there is none. For a fixed
    /// length of 0 there never is: those that were made for one are unlimited.
    fn phony(
        &mut self,
        model: &mut Model,
        group: GroupId,
        taken: &[DimensionId],
        (length, unlimited): (u64, bool),
    ) -> Result<DimensionId, OverBudget> {
        let mut alike = self.alike.get(&(group, length, unlimited)).into_iter().flatten();
        if let Some(known) = alike.find(|id| !taken.contains(id)) {
            return Ok(*known);
        }
        let name = format!("phony_dim_{}", self.next);
        self.add(model, group, name.as_bytes(), None, length, unlimited)
    }

    /// An unlimited dimension is as long as the longest variable along it.
    fn lengths(
        &self,
        model: &mut Model,
        graph: &Graph<Kept>,
        found: &[Found],
        all: &[Option<Vec<DimensionId>>],
        whole: bool,
    ) {
        for dimension in model.dimensions.iter_mut().filter(|dimension| dimension.unlimited) {
            dimension.length = whole.then_some(0);
        }
        for (found, dimensions) in found.iter().zip(all) {
            let dataset = graph.nodes.get(found.object as usize).and_then(|node| node.kept.dataset.as_ref());
            let extents = dataset.map_or(&[][..], |dataset| &dataset.dims);
            for (dimension, (extent, _)) in dimensions.iter().flatten().zip(extents) {
                if let Some(dimension) = model.dimensions.get_mut(*dimension)
                    && dimension.unlimited
                {
                    dimension.length = dimension.length.map(|length| length.max(*extent));
                }
            }
        }
    }
}

/// The order in which netcdf-c looks for dimensions: the variables of a group behind those of the groups in it.
fn order(model: &Model, found: &[Found]) -> Vec<usize> {
    let mut rank = vec![0; model.groups.len()];
    let mut next = 0;
    let mut stack = vec![(0, false)];
    while let Some((group, done)) = stack.pop() {
        if done {
            if let Some(rank) = rank.get_mut(group) {
                *rank = next;
            }
            next += 1;
            continue;
        }
        stack.push((group, true));
        stack.extend(model.groups.get(group).into_iter().flat_map(|of| of.groups.iter().rev()).map(|id| (*id, false)));
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|index| found.get(*index).and_then(|found| rank.get(found.group)).copied());
    order
}

/// True if a group is another one or stands in it.
fn is_within(model: &Model, group: GroupId, of: GroupId) -> bool {
    std::iter::successors(Some(group), |at| model.groups.get(*at)?.parent).any(|at| at == of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::formats::netcdf::model::Variant;

    #[test]
    fn a_fixed_length_of_0_is_unlimited_and_like_no_other() {
        let mut model = Model::new(Variant::Netcdf4, &Budget::new(1 << 20)).expect("room");
        let mut dimensions = Dimensions::default();
        dimensions.scale(&mut model, 0, b"x", 7, &Hidden::default(), (0, false)).expect("room");
        let mut phony = |taken: &[DimensionId], extent| dimensions.phony(&mut model, 0, taken, extent).expect("room");
        // a variable of [0, 3, 0], one of [0], and unlimited ones that are as short
        assert_eq!([phony(&[], (0, false)), phony(&[1], (3, false)), phony(&[1, 2], (0, false))], [1, 2, 3]);
        assert_eq!([phony(&[], (0, false)), phony(&[], (3, false))], [4, 2]);
        assert_eq!([phony(&[], (0, true)), phony(&[0, 1, 3, 4], (0, true))], [0, 5]);
        let unlimited: Vec<bool> = model.dimensions.iter().map(|dimension| dimension.unlimited).collect();
        assert_eq!(unlimited, [true, true, false, true, true, true]);
    }
}
