//! The JSON of a NetCDF file, written from its model, which is given up meanwhile: both at once would take twice the room.
//!
//! - [`arrays`]: the entries of `properties.arrays`
//! - [`types`]: user types, and how a variable is stored
//! - [`values`]: values of attributes

mod arrays;
mod types;
mod values;

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use super::model::{Attribute, Attributes, DimensionId, GroupId, Model, Variable, Variant};
use super::value::Values;
use crate::budget::Charge;
use crate::document::builder::{Output, Refused};
use crate::document::warnings::Code;
use crate::document::{json, pointer};
use crate::formats::name;
use crate::options::Options;

/// The members of a group, in their order.
const SECTIONS: [&str; 5] = ["dimensions", "attributes", "variables", "types", "groups"];
const DIMENSIONS: usize = 0;
const ATTRIBUTES: usize = 1;
const VARIABLES: usize = 2;
const TYPES: usize = 3;
const GROUPS: usize = 4;

/// Up to so many names are compared with each other; of more, a set is made.
const FEW: usize = 16;
/// A longer line is written before more is added to it.
const LONG_LINE: usize = 4 << 10;
/// What a name takes in a set.
const IN_SET: usize = 40;
/// What a byte of a name takes that is not shown as it is stored: three, and the room that a text has to grow.
const AS_SHOWN: usize = 6;

/// Writes the headers, the array entries and the counts. Refused: what came before stands, and is closed.
pub(super) fn write(mut model: Model, out: &mut Output, options: &Options) -> Result<(), Refused> {
    let variant = model.variant;
    let mut writer = Writer {
        out,
        max_depth: options.max_depth as usize,
        special: options.special,
        pointer: "/headers".into(),
        path: "/".into(),
        line: Vec::new(),
        charged: 0,
        last: Dimensions::default(),
        section: DIMENSIONS,
        any: false,
        open: 0,
        groups: 0,
        variables: 0,
        attributes: 0,
    };
    let written = writer.root(&mut model);
    let closed = writer.close();
    let Writer { groups, variables, attributes, .. } = writer;
    if matches!(variant, Variant::Netcdf4 | Variant::Netcdf4Classic) {
        out.count("groups", groups);
    }
    out.count("variables", variables);
    out.count("attributes", attributes);
    written.and(closed)
}

struct Writer<'a> {
    out: &'a mut Output,
    max_depth: usize,
    /// How variables are stored is told.
    special: bool,
    /// JSON pointer of the group that is being written.
    pointer: String,
    /// Its path in the file, with a `/` at its end.
    path: String,
    /// One member, before it goes out in one piece.
    line: Vec<u8>,
    /// How much of the model's charge is for that.
    charged: usize,
    last: Dimensions,
    /// Which section of the group is open, and whether it has a member yet.
    section: usize,
    any: bool,
    /// How many groups are open; of all but the last, `groups` is.
    open: usize,
    groups: u64,
    variables: u64,
    attributes: u64,
}

/// The dimensions of the variable that was written last: mostly the next one has the same.
#[derive(Default)]
struct Dimensions {
    dimensions: Arc<[DimensionId]>,
    /// The members `dimensions` and `shape`, each with a comma before it.
    text: Vec<u8>,
    shape_at: usize,
    /// How much of the model's charge is for that.
    charged: usize,
}

impl Dimensions {
    fn set(&mut self, model: &mut Model, dimensions: &Arc<[DimensionId]>) -> Result<(), Refused> {
        // JSON takes at most six bytes for one, and 20 for a number; and there are the lines that it is copied into
        let text = |id: &DimensionId| 6 * model.dimensions[*id].name.len() + 24;
        let needs = 3 * dimensions.iter().map(text).sum::<usize>();
        model.charge(needs.saturating_sub(self.charged)).map_err(|_| Refused)?;
        self.charged = self.charged.max(needs);
        self.dimensions = Arc::clone(dimensions);
        self.text.clear();
        self.text.write_all(b",\"dimensions\":")?;
        json::list(&mut self.text, dimensions, |text, id| name::write(text, &model.dimensions[*id].name))?;
        self.shape_at = self.text.len();
        self.text.write_all(b",\"shape\":")?;
        Ok(json::list(&mut self.text, dimensions, |text, id| json::optional(text, model.dimensions[*id].length))?)
    }

    fn shape(&self) -> &[u8] {
        self.text.get(self.shape_at..).unwrap_or(&[])
    }
}

impl Writer<'_> {
    fn root(&mut self, model: &mut Model) -> Result<(), Refused> {
        let variant = Some(model.variant.name()).filter(|_| !model.provenance.is_doubtful);
        let mut begun = Ok(());
        if self.out.sends_records() {
            self.out.record("/headers/variant", |line| match variant {
                Some(variant) => json::string(line, variant),
                None => line.write_all(b"null"),
            })?;
            for section in SECTIONS {
                self.out.record(&format!("/headers/{section}"), |line| line.write_all(b"{}"))?;
            }
        } else {
            let variant = variant.map_or("null".into(), |variant| format!("\"{variant}\""));
            let begin = format!("{{\"variant\":{variant},\"{}\":{{", SECTIONS[DIMENSIONS]);
            begun = self.out.close_with(begin.as_bytes());
        }
        self.open = 1;
        begun?;
        self.walk(model)
    }

    /// Every group, depth first.
    fn walk(&mut self, model: &mut Model) -> Result<(), Refused> {
        self.members(model, 0)?;
        // the group, the next of its members, which of them stand twice, and how long pointer and path of the group are
        let doubles = self.double_groups(model, 0)?;
        let mut stack = vec![(0, 0, doubles, self.pointer.len(), self.path.len())];
        while let Some((group, next, doubles, pointer, path)) = stack.last_mut() {
            let (parent, index) = (*group, *next);
            self.pointer.truncate(*pointer);
            self.path.truncate(*path);
            let Some(child) = model.groups[parent].groups.get(index).copied() else {
                stack.pop();
                self.leave()?;
                continue;
            };
            *next += 1;
            if doubles.contains(&index) {
                self.duplicate(None, &model.groups[child].name);
                continue;
            }
            if stack.len() >= self.max_depth {
                let message = format!("the groups in this one are nested deeper than the limit of {}", self.max_depth);
                self.out.warn(Code::DepthLimit, None, self.group_path(), message);
                continue;
            }
            self.enter(&model.groups[child].name)?;
            self.members(model, child)?;
            let doubles = self.double_groups(model, child)?;
            stack.push((child, 0, doubles, self.pointer.len(), self.path.len()));
        }
        Ok(())
    }

    fn double_groups(&self, model: &Model, id: GroupId) -> Result<Vec<usize>, Refused> {
        self.doubles(model.groups[id].groups.iter().map(|id| &*model.groups[*id].name))
    }

    /// The path of the group, for warnings.
    fn group_path(&self) -> String {
        match self.path.trim_end_matches('/') {
            "" => "/".into(),
            path => path.into(),
        }
    }

    /// Begins a group.
    fn enter(&mut self, group: &[u8]) -> Result<(), Refused> {
        self.groups += 1;
        self.push_pointer("groups", group);
        self.path.push_str(&name::part(group));
        self.path.push('/');
        if self.out.sends_records() {
            let empty = SECTIONS.map(|section| format!("\"{section}\":{{}}")).join(",");
            self.out.record(&self.pointer, |line| write!(line, "{{{empty}}}"))?;
        } else {
            self.line.clear();
            self.key(group)?;
            write!(self.line, "{{\"{}\":{{", SECTIONS[DIMENSIONS])?;
            self.flush()?;
        }
        (self.open, self.section, self.any) = (self.open + 1, DIMENSIONS, false);
        Ok(())
    }

    /// Ends a group.
    fn leave(&mut self) -> Result<(), Refused> {
        let mut left = self.close_section(GROUPS);
        if !self.out.sends_records() {
            left = self.out.close_with(b"}}").and(left);
        }
        (self.open, self.section, self.any) = (self.open - 1, GROUPS, true);
        left
    }

    fn push_pointer(&mut self, section: &str, name: &[u8]) {
        self.pointer.push('/');
        self.pointer.push_str(section);
        self.pointer.push('/');
        self.pointer.push_str(&pointer::escape(&name::text(name)));
    }

    /// Goes on to a section.
    fn close_section(&mut self, section: usize) -> Result<(), Refused> {
        let mut closed = Ok(());
        while self.section < section {
            self.section += 1;
            self.any = false;
            if !self.out.sends_records() {
                let text = format!("}},\"{}\":{{", SECTIONS[self.section]);
                closed = self.out.close_with(text.as_bytes()).and(closed);
            }
        }
        closed
    }

    /// What stands in a group, but for its groups.
    fn members(&mut self, model: &mut Model, id: GroupId) -> Result<(), Refused> {
        let ids = std::mem::take(&mut model.groups[id].dimensions);
        let doubles = self.doubles(ids.iter().map(|id| &*model.dimensions[*id].name))?;
        for (index, dimension) in ids.iter().map(|id| &model.dimensions[*id]).enumerate() {
            if doubles.contains(&index) {
                self.duplicate(None, &dimension.name);
                continue;
            }
            self.member(&dimension.name, true, |line| {
                match dimension.length {
                    Some(length) => json::behind(line, "{\"size\":", length)?,
                    None => line.write_all(b"{\"size\":null")?,
                }
                write!(line, ",\"unlimited\":{}}}", dimension.unlimited)
            })?;
        }
        self.close_section(ATTRIBUTES)?;
        let attributes = std::mem::take(&mut model.groups[id].attributes);
        self.listed_attributes(model, None, attributes)?;
        self.close_section(VARIABLES)?;
        let variables = std::mem::take(&mut model.groups[id].variables);
        let doubles = self.doubles(variables.iter().map(|variable| &*variable.name))?;
        for (index, variable) in variables.into_iter().enumerate() {
            if doubles.contains(&index) {
                self.duplicate(Some(variable.offset), &variable.name);
                continue;
            }
            self.variable(model, variable)?;
        }
        self.close_section(TYPES)?;
        let ids = std::mem::take(&mut model.groups[id].types);
        for kind in ids.iter().map(|id| &model.types[*id]) {
            self.member(&kind.name, true, |line| types::write(line, kind, &model.types))?;
        }
        self.close_section(GROUPS)
    }

    /// Writes one member of the open section, which `value` writes; in whole, or else it may wait in the line.
    fn member(
        &mut self,
        name: &[u8],
        whole: bool,
        value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), Refused> {
        if self.out.sends_records() {
            self.line.clear();
            value(&mut self.line)?;
            let length = self.pointer.len();
            self.push_pointer(SECTIONS[self.section], name);
            let sent = self.out.record(&self.pointer, |line| line.write_all(&self.line));
            self.pointer.truncate(length);
            return sent;
        }
        self.key(name)?;
        value(&mut self.line)?;
        self.any = true;
        if whole { self.flush() } else { Ok(()) }
    }

    /// Puts a comma where one belongs, and the name, in the line.
    fn key(&mut self, name: &[u8]) -> io::Result<()> {
        if self.any {
            self.line.push(b',');
        }
        name::write(&mut self.line, name)?;
        self.line.push(b':');
        Ok(())
    }

    /// Writes the line. Refused: nothing of it is written.
    fn flush(&mut self) -> Result<(), Refused> {
        let before = self.out.headers.end();
        let written = self.out.headers.write_all(&self.line);
        self.line.clear();
        if written.is_err() {
            self.out.headers.truncate(before);
        }
        Ok(written?)
    }

    /// Writes a variable and its entry in the arrays, and lets go of it.
    fn variable(&mut self, model: &mut Model, mut variable: Variable) -> Result<(), Refused> {
        let before = self.out.headers.end();
        let held = variable.held();
        let attributes = std::mem::replace(&mut variable.attributes, Attributes::List(Vec::new()));
        let written = self.variable_parts(model, &variable, attributes);
        if written.is_err() && !self.out.sends_records() {
            self.out.headers.truncate(before);
            self.line.clear();
            return written;
        }
        self.any = true;
        self.variables += 1;
        model.charge.shrink_by(held);
        written
    }

    fn variable_parts(
        &mut self,
        model: &mut Model,
        variable: &Variable,
        attributes: Attributes,
    ) -> Result<(), Refused> {
        let sends = self.out.sends_records();
        let (pointer, any) = (self.pointer.len(), self.any);
        self.line.clear();
        if sends {
            self.push_pointer(SECTIONS[VARIABLES], &variable.name);
        } else {
            self.key(&variable.name)?;
        }
        let line = &mut self.line;
        line.write_all(b"{\"type\":")?;
        types::write_name(line, variable.kind, &model.types)?;
        if self.last.dimensions != variable.dimensions || self.last.text.is_empty() {
            self.last.set(model, &variable.dimensions)?;
        }
        line.write_all(&self.last.text)?;
        line.write_all(b",\"attributes\":{")?;
        let mut storage = Vec::new();
        if let Some(stored) = variable.storage.as_deref().filter(|_| self.special) {
            storage.write_all(b",\"storage\":")?;
            types::storage(&mut storage, stored)?;
        }
        if sends {
            self.out.record(&self.pointer, |line| {
                [&self.line, &b"}"[..], &storage, b"}"].into_iter().try_for_each(|part| line.write_all(part))
            })?;
        }
        self.any = false;
        let written = match attributes {
            Attributes::List(list) => self.listed_attributes(model, Some(variable), list),
            Attributes::Stored(stored) => self.attributes(model, Some(variable), stored.iter(), &[]),
        };
        self.any = any;
        self.pointer.truncate(pointer);
        written?;
        if !sends {
            [&b"}"[..], &storage, b"}"].into_iter().for_each(|part| self.line.extend_from_slice(part));
            self.flush()?;
        }
        let length = self.path.len();
        self.path.push_str(&name::part(&variable.name));
        let written = arrays::write(self.out, &mut self.line, model, variable, &self.path, self.last.shape());
        self.line.clear();
        self.path.truncate(length);
        written
    }

    /// The attributes of a variable, or of the group.
    fn listed_attributes(
        &mut self,
        model: &mut Model,
        owner: Option<&Variable>,
        attributes: Vec<Attribute<'_>>,
    ) -> Result<(), Refused> {
        let doubles = self.doubles(attributes.iter().map(|attribute| &*attribute.name))?;
        self.attributes(model, owner, attributes.into_iter(), &doubles)
    }

    /// The same, but for those at the places `doubles`, whose names stand further in front too.
    fn attributes<'v>(
        &mut self,
        model: &mut Model,
        owner: Option<&Variable>,
        attributes: impl Iterator<Item = Attribute<'v>>,
        doubles: &[usize],
    ) -> Result<(), Refused> {
        let section = std::mem::replace(&mut self.section, ATTRIBUTES);
        let mut written = Ok(());
        for (index, attribute) in attributes.enumerate() {
            if doubles.contains(&index) {
                let path =
                    owner.map_or_else(|| self.group_path(), |owner| self.path.clone() + &name::part(&owner.name));
                let message = "an attribute's name stands twice here; the first counts";
                self.out.warn(Code::DuplicateName, owner.map(|owner| owner.offset), path, message);
                continue;
            }
            if attribute.values == Values::Missing {
                continue;
            }
            let text = values::longest(attribute.kind, &attribute.values, &model.types);
            let needs = text.saturating_sub(self.charged);
            let whole = owner.is_none() || self.line.len() > LONG_LINE;
            written = model.charge.grow_by(needs).map_err(|_| Refused).and_then(|()| {
                self.charged += needs;
                self.member(&attribute.name, whole, |line| {
                    line.write_all(b"{\"type\":")?;
                    types::write_name(line, attribute.kind, &model.types)?;
                    line.write_all(b",\"value\":")?;
                    values::write(line, attribute.kind, &attribute.values, &model.types)?;
                    line.write_all(b"}")
                })
            });
            if written.is_err() {
                break;
            }
            self.attributes += 1;
        }
        self.section = section;
        written
    }

    /// The places of the names that stand further in front too, or others that are shown as they are.
    fn doubles<'n>(&self, names: impl ExactSizeIterator<Item = &'n [u8]> + Clone) -> Result<Vec<usize>, Refused> {
        if !names.clone().all(name::is_as_stored) {
            return self.doubles_as_shown(names);
        }
        if names.len() <= FEW {
            let stands = |(index, name): (usize, &[u8])| names.clone().take(index).any(|other| other == name);
            return Ok((0..).zip(names.clone()).filter(|both| stands(*both)).map(|(index, _)| index).collect());
        }
        // Names that ascend, as numbered ones do, are all different.
        if names.clone().is_sorted_by(|before, after| before < after) {
            return Ok(Vec::new());
        }
        let _charge = Charge::new(self.out.budget(), names.len() * IN_SET).map_err(|_| Refused)?;
        let mut seen = HashSet::with_capacity(names.len());
        Ok((0..).zip(names).filter(|(_, name)| !seen.insert(*name)).map(|(index, _)| index).collect())
    }

    /// The same where some are not shown as they are stored.
    fn doubles_as_shown<'n>(
        &self,
        names: impl ExactSizeIterator<Item = &'n [u8]> + Clone,
    ) -> Result<Vec<usize>, Refused> {
        let needs = names.clone().map(|name| IN_SET + AS_SHOWN * name.len()).sum();
        let _charge = Charge::new(self.out.budget(), needs).map_err(|_| Refused)?;
        let mut seen = HashSet::with_capacity(names.len());
        Ok((0..).zip(names).filter(|(_, name)| !seen.insert(name::text(name))).map(|(index, _)| index).collect())
    }

    fn duplicate(&mut self, offset: Option<u64>, name: &[u8]) {
        let path = self.path.clone() + &name::part(name);
        self.out.warn(Code::DuplicateName, offset, path, "the name stands twice; the first counts");
    }

    /// Closes what is open.
    fn close(&mut self) -> Result<(), Refused> {
        let mut closed = Ok(());
        while self.open > 0 {
            closed = self.leave().and(closed);
        }
        closed
    }
}
