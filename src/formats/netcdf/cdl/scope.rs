//! Which dimension or type a name stands for in a group: the one of that name in the nearest group around it.

use std::io::{self, Write};

use super::super::model::{DimensionId, GroupId, Model, Type, TypeId, UserClass};
use super::names;
use crate::budget::{Charge, OverBudget};

/// The names of a model, in order, so that a lookup does not pass all of them.
pub(super) struct Scope<'a> {
    model: &'a Model,
    dimensions: Vec<Named<'a>>,
    types: Vec<Named<'a>>,
    /// For each enumeration its members by number; empty for other types.
    members: Vec<Vec<(i128, u32)>>,
    _charge: Charge,
}

/// A group, a name in it, and the place in the list.
type Named<'a> = (GroupId, &'a [u8], usize);

impl<'a> Scope<'a> {
    pub(super) fn new(model: &'a Model, mut charge: Charge) -> Result<Self, OverBudget> {
        let count = model.dimensions.len() + model.types.len();
        let members = model.types.iter().map(|kind| match &kind.class {
            UserClass::Enum { members, .. } => members.len(),
            _ => 0,
        });
        let members = members.sum::<usize>() * size_of::<(i128, u32)>();
        charge.grow_by(count * size_of::<Named>() + model.types.len() * size_of::<Vec<(i128, u32)>>() + members)?;
        let in_order = |named: Vec<Named<'a>>| {
            let mut named = named;
            named.sort_unstable();
            named
        };
        let dimensions = model.dimensions.iter().enumerate().map(|(id, one)| (one.group, &*one.name, id));
        let types = model.types.iter().enumerate().map(|(id, one)| (one.group, &*one.name, id));
        Ok(Scope {
            model,
            dimensions: in_order(dimensions.collect()),
            types: in_order(types.collect()),
            members: model.types.iter().map(|kind| by_number(&kind.class)).collect(),
            _charge: charge,
        })
    }

    /// A group and those around it, from the inside.
    fn around(&self, group: GroupId) -> impl Iterator<Item = GroupId> + use<'a> {
        let groups = &self.model.groups;
        let outer = |group: &GroupId| groups.get(*group)?.parent.filter(|parent| parent < group);
        std::iter::successors(Some(group), outer)
    }

    /// The dimension that a name stands for in each group around `group`.
    fn visible(&self, group: GroupId, name: &[u8]) -> impl Iterator<Item = (GroupId, DimensionId)> {
        self.around(group).filter_map(move |group| Some((group, find(&self.dimensions, group, name)?)))
    }

    /// Writes the name of a dimension as `group` sees it. Where another of that name is nearer, it has the path of the
    /// nearest group in which the name stands for it.
    pub(super) fn dimension(&self, out: &mut dyn Write, group: GroupId, id: DimensionId) -> io::Result<()> {
        let Some(dimension) = self.model.dimensions.get(id) else { return Ok(()) };
        if dimension.group != group {
            self.dimension_path(out, group, id, &dimension.name)?;
        }
        names::write(out, &dimension.name)
    }

    fn dimension_path(&self, out: &mut dyn Write, group: GroupId, id: DimensionId, name: &[u8]) -> io::Result<()> {
        let mut nearer = None; // the last one that hides it
        for (at, found) in self.visible(group, name) {
            match (found == id, nearer) {
                (false, _) => nearer = Some(at),
                (true, None) => return Ok(()),
                (true, Some(hidden)) => {
                    let outside = self.model.groups[hidden].parent.unwrap_or(0);
                    return self.path(out, outside);
                }
            }
        }
        self.path(out, self.model.dimensions[id].group)
    }

    /// Writes the name of a type as `group` sees it: with its path where no type of that name is around.
    pub(super) fn kind(&self, out: &mut dyn Write, group: GroupId, kind: Type) -> io::Result<()> {
        let id = match kind {
            Type::Atomic(kind) => return out.write_all(kind.name().as_bytes()),
            Type::User(id) => id,
        };
        let Some(kind) = self.model.types.get(id) else { return Ok(()) };
        if kind.group != group && !self.around(group).any(|at| find(&self.types, at, &kind.name).is_some()) {
            self.path(out, kind.group)?;
        }
        names::write(out, &kind.name)
    }

    /// Writes the path of a group with a slash at its end.
    fn path(&self, out: &mut dyn Write, group: GroupId) -> io::Result<()> {
        let mut groups: Vec<_> = self.around(group).collect();
        groups.pop(); // the root has no name
        out.write_all(b"/")?;
        for group in groups.into_iter().rev() {
            write_part(out, &self.model.groups[group].name)?;
            out.write_all(b"/")?;
        }
        Ok(())
    }

    /// The name of an enumeration's member.
    pub(super) fn member(&self, id: TypeId, number: i128) -> Option<&'a [u8]> {
        let UserClass::Enum { members, .. } = &self.model.types.get(id)?.class else { return None };
        let sorted = self.members.get(id)?;
        let first = sorted.partition_point(|(member, _)| *member < number);
        let (found, at) = sorted.get(first)?;
        (*found == number).then(|| &*members[*at as usize].0)
    }
}

/// Writes the name of a group inside of a path, where a digit in front needs no backslash.
fn write_part(out: &mut dyn Write, name: &[u8]) -> io::Result<()> {
    let name = names::c_string(name);
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    out.write_all(&name[..digits])?;
    names::write(out, &name[digits..])
}

fn find(named: &[Named], group: GroupId, name: &[u8]) -> Option<usize> {
    let first = named.partition_point(|(other, other_name, _)| (*other, *other_name) < (group, name));
    named.get(first).filter(|(other, other_name, _)| (*other, *other_name) == (group, name)).map(|(_, _, id)| *id)
}

fn by_number(class: &UserClass) -> Vec<(i128, u32)> {
    let UserClass::Enum { members, .. } = class else { return Vec::new() };
    let mut sorted: Vec<_> = members.iter().zip(0u32..).map(|((_, number), at)| (*number, at)).collect();
    sorted.sort_unstable();
    sorted
}
