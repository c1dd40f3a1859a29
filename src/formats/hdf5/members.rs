//! The members of a group. All names of a group stand in one piece: a file may have thousands of groups with thousands of names.

use super::graph::Id;
use super::link::Target;
use crate::budget::OverBudget;

/// The members of a group, sorted by name.
#[derive(Debug, Default)]
pub(in crate::formats) struct Members {
    list: Vec<Entry>,
    names: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    target: Leads,
    order: u32,
    /// Where the name ends; it begins where that of the one before does.
    name_end: u32,
}

/// A member of a group.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats) struct Member<'a> {
    pub(in crate::formats) name: &'a [u8],
    pub(in crate::formats) target: &'a Leads,
    /// When it was made, among the members of this group; 0 where the group does not keep that.
    pub(in crate::formats) order: u32,
}

/// Where a member leads.
#[derive(Debug)]
pub(in crate::formats) enum Leads {
    Object(Id),
    /// A link that is none to an object of this file.
    Link(Box<Target>),
}

impl Members {
    /// No members.
    pub(super) const NONE: Members = Members { list: Vec::new(), names: Vec::new() };

    /// What so many members take with names of so many bytes.
    pub(super) fn cost(members: usize, names: usize) -> usize {
        members * size_of::<Entry>() + names
    }

    /// Room for so many members with names of so many bytes.
    pub(super) fn with_capacity(members: usize, names: usize) -> Members {
        Members { list: Vec::with_capacity(members), names: Vec::with_capacity(names) }
    }

    /// Adds a member, whose name is behind those that are there.
    pub(super) fn push(&mut self, name: &[u8], target: Leads, order: u32) -> Result<(), OverBudget> {
        let name_end = u32::try_from(self.names.len() + name.len()).map_err(|_| OverBudget)?;
        self.names.extend_from_slice(name);
        self.list.push(Entry { target, order, name_end });
        Ok(())
    }

    pub(in crate::formats) fn len(&self) -> usize {
        self.list.len()
    }

    pub(in crate::formats) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(in crate::formats) fn get(&self, index: usize) -> Option<Member<'_>> {
        let Entry { target, order, name_end } = self.list.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.list.get(before)).map_or(0, |before| before.name_end);
        let name = self.names.get(start as usize..*name_end as usize).unwrap_or(&[]);
        Some(Member { name, target, order: *order })
    }

    pub(super) fn last(&self) -> Option<Member<'_>> {
        self.get(self.len().wrapping_sub(1))
    }

    pub(in crate::formats) fn iter(&self) -> impl Iterator<Item = Member<'_>> + Clone {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The member of a name.
    pub(super) fn find(&self, name: &[u8]) -> Option<Member<'_>> {
        let before = |index: usize| self.get(index).is_some_and(|member| member.name < name);
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            (from, to) = if before(middle) { (middle + 1, to) } else { (from, middle) };
        }
        self.get(from).filter(|member| member.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_name() {
        let names: Vec<Vec<u8>> = (10..40).map(|number: u32| number.to_string().into_bytes()).collect();
        let mut members = Members::with_capacity(1, 1);
        for (id, name) in (0..).zip(&names) {
            assert!(members.find(name).is_none() && members.last().is_none_or(|last| last.name < &name[..]));
            members.push(name, Leads::Object(id), 100 - id).expect("room");
        }
        for (id, name) in (0..).zip(&names) {
            let member = members.find(name).expect("a member");
            assert_eq!((member.name, member.order), (&name[..], 100 - id));
            assert!(matches!(member.target, Leads::Object(child) if *child == id));
        }
        assert!([&b""[..], b"1", b"105", b"4"].into_iter().all(|name| members.find(name).is_none()));
        assert_eq!(members.iter().map(|member| member.name).collect::<Vec<_>>(), names);
        assert!(members.get(names.len()).is_none() && Members::NONE.last().is_none());
    }
}
