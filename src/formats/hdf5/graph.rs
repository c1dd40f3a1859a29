//! The objects of a file and the hard links between them: which objects there are, and which path each one has.
//!
//! Objects come in any order. What is kept of one waits here until the graph is complete, since an object with several
//! names stands under the one that a depth-first walk in byte-wise order meets first.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use super::fault::Damage;
use super::fields::Address;
use super::link::{Link, Target};
use super::members::{Leads, Members};
use crate::budget::{Budget, OverBudget, SteppedCharge};
use crate::document::warnings::{Class, Code};
use crate::formats::name;

/// An object, by the order in which the first link to it was met.
pub(in crate::formats) type Id = u32;
/// The root group.
pub(in crate::formats) const ROOT: Id = 0;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum ObjectKind {
    Group,
    Dataset,
    NamedType,
}

/// What was read of one object.
#[derive(Debug)]
pub(super) struct Object<T> {
    pub(super) kind: ObjectKind,
    /// What its reader needs of it.
    pub(super) kept: T,
    pub(super) attributes: u32,
    pub(super) links: Vec<Link>,
    /// For the links, and for what was damaged among them.
    pub(super) links_charge: Option<SteppedCharge>,
    /// All links of the group are known.
    pub(super) listed: bool,
    /// How many hard links lead here, where that is known.
    pub(super) reference_count: Option<u32>,
    /// Where a dataset's elements end that stand in one piece, absolute; 0: it has none.
    pub(super) data_end: u64,
    /// One of its attributes is a mark of netCDF-4.
    pub(super) netcdf_mark: bool,
}

#[derive(Debug)]
pub(in crate::formats) struct Node<T> {
    /// Of the object header, absolute.
    pub(in crate::formats) offset: u64,
    /// `None`: not read.
    pub(in crate::formats) kind: Option<ObjectKind>,
    pub(in crate::formats) kept: T,
    /// In a box, since most objects have none.
    members: Option<Box<Members>>,
    pub(in crate::formats) listed: bool,
    reference_count: Option<u32>,
    links_here: u32,
    data_end: u64,
    pub(super) netcdf_mark: bool,
    /// A direct member of the root group.
    pub(super) in_root: bool,
    /// Something of it could not be read.
    loses: bool,
}

impl<T> Node<T> {
    /// Where its links lead.
    pub(in crate::formats) fn members(&self) -> &Members {
        const NONE: &Members = &Members::NONE;
        self.members.as_deref().unwrap_or(NONE)
    }

    /// True if something of the object could not be read.
    pub(in crate::formats) fn is_damaged(&self) -> bool {
        self.kind.is_none() || self.loses
    }
}

#[derive(Debug)]
pub(in crate::formats) struct Graph<T> {
    pub(in crate::formats) nodes: Vec<Node<T>>,
    by_address: BTreeMap<Address, Id>,
    /// What is wrong with objects: with few of them, so that it stands beside them.
    damages: Vec<(Id, Damage)>,
    pub(super) groups: u64,
    pub(super) datasets: u64,
    pub(super) attributes: u64,
    /// The memory limit left no room to note all that is wrong.
    pub(super) unsaid: bool,
    charged: usize,
    budget: Budget,
}

impl<T> Node<T> {
    /// True if it bears a mark of netCDF-4 where that counts.
    pub(super) fn makes_netcdf(&self, id: Id) -> bool {
        self.netcdf_mark && (self.in_root || id == ROOT)
    }
}

/// How many links may lead to one another.
const MOST_LINKS: usize = 16;

impl<T: Default> Graph<T> {
    /// What a node takes beside what it leads to: its place here and in the map.
    const NODE_COST: usize = size_of::<Node<T>>() * 2 + 48;

    pub(super) fn new(budget: &Budget) -> Self {
        Graph {
            nodes: Vec::new(),
            by_address: BTreeMap::new(),
            damages: Vec::new(),
            groups: 0,
            datasets: 0,
            attributes: 0,
            unsaid: false,
            charged: 0,
            budget: budget.clone(),
        }
    }

    fn charge(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.budget.charge(bytes)?;
        self.charged += bytes;
        Ok(())
    }

    /// The object whose header stands at an address; true if it was not known before.
    pub(super) fn object_at(&mut self, address: Address, offset: u64) -> Result<(Id, bool), OverBudget> {
        let place = match self.by_address.entry(address) {
            Entry::Occupied(known) => return Ok((*known.get(), false)),
            Entry::Vacant(place) => place,
        };
        self.budget.charge(Self::NODE_COST)?;
        self.charged += Self::NODE_COST;
        let id = self.nodes.len() as Id;
        place.insert(id);
        self.nodes.push(Node {
            offset,
            kind: None,
            kept: T::default(),
            members: None,
            listed: true,
            reference_count: None,
            links_here: 0,
            data_end: 0,
            netcdf_mark: false,
            in_root: false,
            loses: false,
        });
        Ok((id, true))
    }

    /// Notes what is wrong with an object.
    pub(super) fn damage(&mut self, id: Id, damage: Damage) {
        if let Some(node) = self.nodes.get_mut(id as usize)
            && self.budget.charge_from_reserve(2 * size_of::<(Id, Damage)>() + damage.message.len()).is_ok()
        {
            self.charged += 2 * size_of::<(Id, Damage)>() + damage.message.len();
            node.loses |= damage.code.class() == Class::Loss;
            self.damages.push((id, damage));
        } else {
            self.unsaid = true;
        }
    }

    /// What is wrong with the objects, object by object.
    pub(super) fn damages(&self) -> impl Iterator<Item = (Id, &Damage)> {
        let mut damages: Vec<_> = self.damages.iter().map(|(id, damage)| (*id, damage)).collect();
        damages.sort_by_key(|(id, _)| *id); // stable
        damages.into_iter()
    }

    /// Takes what was read of an object; gives the objects that it leads to and that were not known before, in file order.
    pub(super) fn place(
        &mut self,
        id: Id,
        object: Object<T>,
        offset_of: impl Fn(Address) -> u64,
    ) -> Result<Vec<(Id, Address)>, OverBudget> {
        let Object { kind, kept, attributes, mut links, links_charge: _links_charge, .. } = object;
        let Object { listed, reference_count, data_end, netcdf_mark, .. } = object;
        links.sort_by(|a, b| a.name.cmp(&b.name)); // stable: of equal names the first stays the first
        let names = links.iter().map(|link| link.name.len()).sum();
        self.charge(Members::cost(links.len(), names) + links.len() * size_of::<(Id, Address)>())?;
        let mut members = Members::with_capacity(links.len(), names);
        let mut new = Vec::with_capacity(links.len());
        let offset = self.nodes.get(id as usize).map_or(0, |node| node.offset);
        let mut listed = listed;
        let mut shown = Shown::new(&links);
        for link in links {
            if link.name.is_empty() {
                let message = "a link of this group has no name; it is left out".to_owned();
                self.damage(id, Damage { code: Code::Malformed, offset, message });
                listed = false;
                continue;
            }
            if members.last().is_some_and(|last| *last.name == *link.name) || !shown.is_new(&link.name) {
                let message = "a name stands twice in this group; only its first object is shown".to_owned();
                self.damage(id, Damage { code: Code::DuplicateName, offset, message });
                continue;
            }
            if !matches!(link.target, Target::Hard(_)) {
                self.charge(size_of::<Target>() + link.target.held())?;
            }
            let target = match link.target {
                Target::Hard(address) => {
                    let (child, is_new) = self.object_at(address, offset_of(address))?;
                    if is_new {
                        new.push((child, address));
                    }
                    if let Some(child) = self.nodes.get_mut(child as usize) {
                        child.links_here += 1;
                        child.in_root |= id == ROOT;
                    }
                    Leads::Object(child)
                }
                other => Leads::Link(Box::new(other)),
            };
            let order = link.creation_order.map_or(0, |order| u32::try_from(order).unwrap_or(u32::MAX));
            members.push(&link.name, target, order)?;
        }
        match kind {
            ObjectKind::Group if id != ROOT => self.groups += 1,
            ObjectKind::Dataset => self.datasets += 1,
            _ => {}
        }
        self.attributes += u64::from(attributes);
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.kind = Some(kind);
            node.kept = kept;
            node.members = (!members.is_empty()).then(|| Box::new(members));
            node.listed = listed;
            node.reference_count = reference_count;
            node.data_end = data_end;
            node.netcdf_mark = netcdf_mark;
        }
        new.sort_unstable_by_key(|(_, address)| *address);
        Ok(new)
    }

    /// Where the data end that stand in one piece.
    pub(super) fn data_end(&self) -> u64 {
        self.nodes.iter().map(|node| node.data_end).max().unwrap_or(0)
    }

    /// Notes the datasets whose elements reach over the end of the file.
    pub(super) fn check_data(&mut self, end_of_file: u64) {
        for id in 0..self.nodes.len() as Id {
            if self.nodes.get(id as usize).is_some_and(|node| node.data_end > end_of_file) {
                let message = "the file ends before the data of this dataset".to_owned();
                self.damage(id, Damage { code: Code::Truncated, offset: end_of_file, message });
            }
        }
    }

    /// Gives every object its path: the first that a depth-first walk meets.
    pub(in crate::formats) fn paths(&self, max_depth: usize) -> Paths {
        let mut paths = Paths { parents: vec![None; self.nodes.len()], max_depth, too_deep: Vec::new() };
        let mut stack = vec![(ROOT, 0)];
        while let Some((id, at)) = stack.last_mut() {
            let (parent, index) = (*id, *at);
            let Some(member) = self.nodes.get(parent as usize).and_then(|node| node.members().get(index)) else {
                stack.pop();
                continue;
            };
            *at += 1;
            let Leads::Object(child) = *member.target else { continue };
            let met = child == ROOT || paths.parents.get(child as usize).is_none_or(Option::is_some);
            if met {
                continue;
            }
            paths.parents[child as usize] = Some((parent, index as u32));
            if self.nodes.get(child as usize).is_none_or(|node| node.members().is_empty()) {
                continue;
            }
            if stack.len() < max_depth {
                stack.push((child, 0));
            } else {
                paths.too_deep.push(child);
            }
        }
        paths
    }

    /// The path of an object, as far as it has one.
    pub(in crate::formats) fn path(&self, paths: &Paths, id: Id) -> Option<String> {
        let (mut id, mut names) = (id, Vec::new());
        while id != ROOT {
            let (parent, index) = (*paths.parents.get(id as usize)?)?;
            names.push(self.nodes.get(parent as usize)?.members().get(index as usize)?.name);
            id = parent;
        }
        if names.is_empty() {
            return Some("/".into());
        }
        let mut path = String::new();
        for part in names.into_iter().rev() {
            path.push('/');
            path.push_str(&name::part(part));
        }
        Some(path)
    }

    /// The object of this file that a link which is not hard leads to from a group, or in a few words why it leads to none.
    pub(in crate::formats) fn follow(&self, group: Id, target: &Target) -> Result<Id, &'static str> {
        // What is still to be gone, the next part last.
        let mut parts: Vec<&[u8]> = Vec::new();
        let (mut at, mut next) = (group, target);
        for _ in 0..MOST_LINKS {
            match next {
                Target::Hard(address) => return self.at(*address).ok_or("a link that leads nowhere"),
                Target::External { .. } => return Err("a link into another file, which is not read"),
                Target::UserDefined(_) => return Err("a link of a class of its own, which is not followed"),
                Target::Soft(path) => {
                    if path.first() == Some(&b'/') {
                        at = ROOT;
                    }
                    parts.extend(path.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b"."));
                }
            }
            loop {
                let Some(part) = parts.pop() else { return Ok(at) };
                let member = self.nodes.get(at as usize).and_then(|node| node.members().find(part));
                match member.map(|member| member.target) {
                    Some(Leads::Object(child)) => at = *child,
                    Some(Leads::Link(target)) => {
                        next = target;
                        break;
                    }
                    None => return Err("a link that leads nowhere"),
                }
            }
        }
        Err("a link that leads through too many others")
    }

    /// The object at an address that some hard link leads to.
    pub(in crate::formats) fn at(&self, address: Address) -> Option<Id> {
        self.by_address.get(&address).copied()
    }

    /// The objects that may have more names than were found, and so another path.
    pub(super) fn provisional(&self) -> impl Iterator<Item = Id> {
        let doubtful =
            |node: &Node<T>| node.links_here > 0 && node.reference_count.is_none_or(|count| count > node.links_here);
        self.nodes.iter().enumerate().filter(move |(_, node)| doubtful(node)).map(|(id, _)| id as Id)
    }
}

impl<T> Drop for Graph<T> {
    fn drop(&mut self) {
        self.budget.release(self.charged);
    }
}

/// The names of a group as they are shown, where some are shown otherwise than they are stored.
struct Shown(Option<HashSet<String>>);

impl Shown {
    fn new(links: &[Link]) -> Self {
        let any = links.iter().any(|link| matches!(name::part(&link.name), Cow::Owned(_)));
        Shown(any.then(HashSet::new))
    }

    fn is_new(&mut self, name: &[u8]) -> bool {
        self.0.as_mut().is_none_or(|shown| shown.insert(name::part(name).into_owned()))
    }
}

/// The path of every object: in which group it stands, and as which of its members.
#[derive(Debug)]
pub(in crate::formats) struct Paths {
    pub(super) parents: Vec<Option<(Id, u32)>>,
    /// Groups at this depth show no members.
    pub(super) max_depth: usize,
    /// The groups whose members are left out, for their depth.
    pub(super) too_deep: Vec<Id>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(links: &[(&str, Target)]) -> Object<()> {
        let link = |(name, target): &(&str, Target)| Link {
            name: name.as_bytes().into(),
            target: target.clone(),
            creation_order: None,
        };
        Object {
            kind: ObjectKind::Group,
            kept: (),
            attributes: 0,
            links: links.iter().map(link).collect(),
            links_charge: None,
            listed: true,
            reference_count: Some(1),
            data_end: 0,
            netcdf_mark: false,
        }
    }

    /// / has z and b; b leads back to the root, to itself and to z's object under another name.
    #[test]
    fn the_first_path_of_a_walk_by_name_counts() {
        let budget = Budget::new(1 << 20);
        let mut graph = Graph::new(&budget);
        graph.object_at(96, 96).expect("room");
        let hard = Target::Hard;
        let new =
            graph.place(0, group(&[("z", hard(800)), ("b", hard(200)), ("z", hard(999))]), |at| at).expect("room");
        assert_eq!(new, [(1, 200), (2, 800)], "in file order, and no second z");
        assert_eq!(graph.damages().count(), 1);
        let links = [("up", hard(96)), ("self", hard(200)), ("twin", hard(800)), ("s", Target::Soft(b"x"[..].into()))];
        assert!(graph.place(1, group(&links), |at| at).expect("room").is_empty());
        let paths = graph.paths(64);
        let path = |id| graph.path(&paths, id);
        assert_eq!([path(0), path(1), path(2)].map(Option::unwrap), ["/", "/b", "/b/twin"]);
        assert_eq!(graph.provisional().count(), 1, "z's object is not read");
        drop(graph);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn depth_is_cut() {
        let mut graph = Graph::new(&Budget::new(1 << 20));
        graph.object_at(0, 0).expect("room");
        for id in 0..10 {
            graph.place(id, group(&[("g", Target::Hard(u64::from(id) + 1))]), |at| at).expect("room");
        }
        let paths = graph.paths(3);
        assert_eq!(paths.too_deep, [3]);
        assert_eq!(graph.path(&paths, 3).as_deref(), Some("/g/g/g"));
        assert_eq!(graph.path(&paths, 4), None);
    }

    /// What there is no room to say is not forgotten.
    #[test]
    fn a_damage_without_room_is_remembered() {
        let mut graph = Graph::<()>::new(&Budget::new(2 * Graph::<()>::NODE_COST as u64));
        graph.object_at(96, 96).expect("room");
        for offset in 0..1000 {
            graph.damage(ROOT, Damage { code: Code::Malformed, offset, message: "it is odd".into() });
        }
        assert!(graph.unsaid && graph.damages().count() < 1000);
    }
}
