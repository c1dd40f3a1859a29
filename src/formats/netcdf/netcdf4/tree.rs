//! Groups and their members in netCDF's order: that in which they were made, where the file keeps it, else that of their names.
//!
//! A group's datasets and types come before what is in its member groups, so that ids are those that netcdf-c gives.

use std::collections::{HashMap, HashSet};

use super::dimensions::Dimensions;
use super::kept::{AttributeKind, Kept, KeptDataset};
use super::types::Types;
use crate::budget::OverBudget;
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::formats::hdf5::graph::{Graph, Id, ObjectKind, ROOT};
use crate::formats::hdf5::members::{Leads, Member};
use crate::formats::hdf5::read::Objects;
use crate::formats::name;
use crate::formats::netcdf::model::{
    Array, Attribute, Attributes, Group, GroupId, Model, Provenance, Type, Variable, Variant,
};
use crate::options::Options;

/// What stands before the name of a variable that is named as a dimension is, and is not its coordinate variable.
const NOT_A_COORDINATE: &[u8] = b"_nc4_non_coord_";

/// A variable whose dimensions and type are not known before all of the file is.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) group: GroupId,
    pub(super) name: Box<[u8]>,
    pub(super) object: Id,
    /// `None`: not looked up yet, or none of netCDF's.
    kind: Option<Type>,
}

/// Makes the model of a file from its objects. Over the budget: the model has what there was room for.
pub(super) fn model(
    file: &mut Objects<Kept>,
    options: &Options,
    out: &mut Output,
) -> Result<(Model, Result<(), OverBudget>), OverBudget> {
    let hidden = |kept: &mut Kept| std::mem::take(&mut kept.hidden.properties);
    let root = file.graph.nodes.get_mut(ROOT as usize);
    let (is_strict, is_doubtful, properties) = root.map_or((false, true, None), |node| {
        let is_strict = node.kept.hidden.is_strict;
        (is_strict, !is_strict && node.is_damaged(), hidden(&mut node.kept))
    });
    let variant = if is_strict { Variant::Netcdf4Classic } else { Variant::Netcdf4 };
    let mut model = Model::new(variant, out.budget())?;
    // As netCDF-C 4.9.0 has it: two of netCDF's attributes on datasets, and no `_nc3_strict`. Later versions take that, and
    // `_NCProperties`, as proof.
    let datasets = file.graph.nodes.iter().filter(|node| node.kept.dataset.is_some());
    let marked = datasets.map(|node| u64::from(node.kept.hidden.marks)).sum::<u64>() >= 2 && !is_strict;
    model.provenance = Provenance { properties, superblock: file.superblock.version, marked, is_doubtful };
    let mut tree = Tree {
        graph: &mut file.graph,
        model: &mut model,
        out,
        types: Types::default(),
        dimensions: Dimensions::default(),
        found: Vec::new(),
        max_depth: options.max_depth as usize,
    };
    let built = tree.build();
    Ok((model, built))
}

/// The object that a link leads to, or in a few words why it leads to none.
type Led = Result<Id, &'static str>;

struct Tree<'a> {
    graph: &'a mut Graph<Kept>,
    model: &'a mut Model,
    out: &'a mut Output,
    types: Types,
    dimensions: Dimensions,
    found: Vec<Found>,
    max_depth: usize,
}

impl Tree<'_> {
    fn build(&mut self) -> Result<(), OverBudget> {
        let objects = self.groups()?;
        for id in self.types.define(self.model)? {
            let Some(path) = self.model.types.get(id).map(|of| self.path(of.group, &of.name)) else { continue };
            self.note(None, path, "a type that netCDF can't express is shown as an opaque one");
        }
        for (group, object) in objects.into_iter().enumerate() {
            let attributes = self.attributes(object, true, &self.path(group, b""))?;
            if let Some(group) = self.model.groups.get_mut(group) {
                group.attributes = attributes;
            }
        }
        self.variables()
    }

    /// Makes the groups, collects types, dimensions and variables; gives the object of each group.
    fn groups(&mut self) -> Result<Vec<Id>, OverBudget> {
        let mut objects = vec![ROOT];
        let mut seen = HashSet::from([ROOT]);
        // The groups that are still to be read, the next one last, with their depth.
        let mut waiting = vec![(0, ROOT, 1)];
        while let Some((group, object, depth)) = waiting.pop() {
            let mut children = Vec::new();
            for (name, leads) in self.members(object) {
                let child = match leads {
                    Ok(child) => child,
                    Err(why) => {
                        let path = self.path(group, &name);
                        self.note(self.offset(object), path, why);
                        continue;
                    }
                };
                let Some(node) = self.graph.nodes.get_mut(child as usize) else { continue };
                if let Some(datatype) = node.kept.datatype.take() {
                    self.types.add(name, group, datatype);
                } else if node.kept.dataset.is_some() {
                    self.dataset(group, name, child)?;
                } else if node.kind == Some(ObjectKind::Group) {
                    if depth > self.max_depth {
                        continue; // which the walk has said
                    }
                    if !seen.insert(child) {
                        let path = self.path(group, &name);
                        let message = "a group with another name in this file; netCDF shows it once";
                        self.note(self.offset(child), path, message);
                        continue;
                    }
                    children.push((name, child));
                }
            }
            let first = self.model.groups.len();
            for (name, child) in children {
                self.model.charge(2 * size_of::<Group>() + name.len())?;
                let id = self.model.groups.len();
                self.model.groups.push(Group { name, parent: Some(group), ..Group::default() });
                if let Some(group) = self.model.groups.get_mut(group) {
                    group.groups.push(id);
                }
                objects.push(child);
            }
            waiting.extend((first..self.model.groups.len()).rev().map(|id| (id, objects[id], depth + 1)));
        }
        Ok(objects)
    }

    /// The members of a group in netCDF's order: names, and the objects that they lead to or why they lead to none.
    fn members(&self, object: Id) -> Vec<(Box<[u8]>, Led)> {
        let Some(node) = self.graph.nodes.get(object as usize) else { return Vec::new() };
        let mut members: Vec<Member<'_>> = node.members().iter().collect();
        members.sort_by_key(|member| member.order); // stable: they are sorted by name
        let lead = |member: &Member<'_>| match member.target {
            Leads::Object(child) => Ok(*child),
            Leads::Link(target) => self.graph.follow(object, target),
        };
        members.into_iter().map(|member| (member.name.into(), lead(&member))).collect()
    }

    /// A dataset is a variable, a dimension, or both.
    fn dataset(&mut self, group: GroupId, name: Box<[u8]>, object: Id) -> Result<(), OverBudget> {
        let Some(node) = self.graph.nodes.get(object as usize) else { return Ok(()) };
        let Kept { hidden, dataset: Some(dataset), .. } = &node.kept else { return Ok(()) };
        if hidden.is_scale
            && let Some(extent) = dataset.dims.first()
        {
            self.dimensions.scale(self.model, group, &name, object, hidden, *extent)?;
            // Without the name that tells whether it is a variable too, it is not known to be one.
            if hidden.is_dimension_only || !hidden.is_named && node.is_damaged() {
                return Ok(());
            }
        }
        let name = name.strip_prefix(NOT_A_COORDINATE).filter(|rest| !rest.is_empty()).map_or(name.clone(), Into::into);
        self.found.push(Found { group, name, object, kind: None });
        Ok(())
    }

    /// Makes the variables, now that all types and dimensions are known.
    fn variables(&mut self) -> Result<(), OverBudget> {
        let whole = !self.out.loss();
        let found = self.with_type(whole);
        let mut all = self.dimensions.of_all(self.model, self.graph, &found, whole)?;
        let mut uses: HashMap<Id, usize> = HashMap::new();
        found.iter().for_each(|found| *uses.entry(found.object).or_default() += 1);
        for (index, Found { group, name, object, kind }) in found.into_iter().enumerate() {
            let path = self.path(group, &name);
            let offset = self.offset(object);
            let Some(dimensions) = all.get_mut(index).and_then(Option::take) else {
                let message = "a variable whose dimensions can't be told, since something of the file is missing";
                self.out.warn(Code::Unresolved, offset, path, message);
                continue;
            };
            // What has several names is taken under the last one.
            let is_last = uses.get_mut(&object).is_none_or(|uses| {
                *uses -= 1;
                *uses == 0
            });
            let Some(node) = self.graph.nodes.get_mut(object as usize) else { continue };
            let dataset = if is_last { node.kept.dataset.take() } else { node.kept.dataset.clone() };
            let Some(dataset) = dataset else { continue };
            let KeptDataset { storage, array, manifest, .. } = *dataset;
            let Some(kind) = kind else { continue };
            let attributes = self.attributes(object, is_last, &path)?;
            self.model.charge(2 * size_of::<Variable>() + name.len() + 8 * dimensions.len())?;
            let variable = Variable {
                name,
                offset: offset.unwrap_or(0),
                kind,
                dimensions: dimensions.into(),
                attributes: Attributes::List(attributes),
                storage: Some(Box::new(storage)),
                array: if array.array().is_empty() { Array::None } else { Array::Written { members: array, manifest } },
            };
            if let Some(group) = self.model.groups.get_mut(group) {
                group.variables.push(variable);
            }
        }
        Ok(())
    }

    /// The variables whose type is one of netCDF's: for others no dimensions are made up.
    fn with_type(&mut self, whole: bool) -> Vec<Found> {
        let mut found = std::mem::take(&mut self.found);
        let mut kinds = HashMap::new(); // of a dataset with many names the type is looked up once
        found.retain_mut(|Found { group, name, object, kind }| {
            *kind = *kinds.entry(*object).or_insert_with(|| {
                let dataset = self.graph.nodes.get(*object as usize)?.kept.dataset.as_ref()?;
                self.types.of_variable(&dataset.datatype.datatype)
            });
            if kind.is_none() {
                self.foreign(*object, self.path(*group, name), "a dataset", whole);
            }
            kind.is_some()
        });
        found
    }

    /// The attributes of an object that netCDF shows; `is_last`: they are not needed again.
    fn attributes(&mut self, object: Id, is_last: bool, path: &str) -> Result<Vec<Attribute<'static>>, OverBudget> {
        let Some(node) = self.graph.nodes.get_mut(object as usize) else { return Ok(Vec::new()) };
        if is_last {
            node.kept.charge = None; // from here on it is the model's
        }
        self.model.charge(node.kept.attributes.iter().map(|attribute| attribute.cost).sum())?;
        for attribute in &mut node.kept.attributes {
            if let AttributeKind::Other(of) = &attribute.kind {
                attribute.kind = AttributeKind::Known(self.types.of(&of.datatype));
            }
        }
        let kept = match is_last {
            true => std::mem::take(&mut node.kept.attributes),
            false => node.kept.attributes.clone(),
        };
        let mut attributes = Vec::with_capacity(kept.len());
        for attribute in kept {
            if attribute.is_flattened {
                let message = "an attribute of several dimensions, which netCDF's do not have: it is shown as a list";
                self.note(self.offset(object), path.to_owned(), message);
            }
            let kind = match &attribute.kind {
                AttributeKind::Atomic(atomic) => Some(Type::Atomic(*atomic)),
                AttributeKind::Known(kind) => *kind,
                AttributeKind::Other(of) => self.types.of(&of.datatype),
            };
            match kind {
                Some(kind) => {
                    let name = attribute.name.into_vec().into();
                    attributes.push(Attribute { name, kind, values: attribute.values });
                }
                None => self.foreign(object, path.to_owned(), "an attribute", !self.out.loss()),
            }
        }
        Ok(attributes)
    }

    /// Says that something is left out for its type. Where the file is not whole that may be one that is missing.
    fn foreign(&mut self, object: Id, path: String, what: &str, whole: bool) {
        let (code, why) = match whole {
            true => (Code::NotNetcdf, "whose type is none of netCDF's"),
            false => (Code::Unresolved, "whose type is none of those that are left of the file"),
        };
        self.out.warn(code, self.offset(object), path, format!("{what} {why}; it is left out"));
    }

    fn note(&mut self, offset: Option<u64>, path: String, message: &str) {
        self.out.warn(Code::NotNetcdf, offset, path, message);
    }

    fn offset(&self, object: Id) -> Option<u64> {
        self.graph.nodes.get(object as usize).map(|node| node.offset)
    }

    /// The path of a member of a group; without a name that of the group.
    fn path(&self, group: GroupId, name: &[u8]) -> String {
        let mut parts = Vec::new();
        let mut at = Some(group);
        while let Some(group) = at.and_then(|at| self.model.groups.get(at)).filter(|group| group.parent.is_some()) {
            parts.push(name::part(&group.name));
            at = group.parent;
        }
        parts.reverse();
        if !name.is_empty() {
            parts.push(name::part(name));
        }
        format!("/{}", parts.join("/"))
    }
}
