//! CDL: what `ncdump -h` prints of a file, byte for byte, and with the special attributes what `ncdump -hs` prints.
//!
//! The measure is ncdump of netCDF-C 4.9.0, its oddities included: numbers of an unsigned enumeration are written as
//! signed, a virtual dataset's storage is "unknown". Where ncdump gives up (a name that begins with a blank, a number that its enumeration
//! doesn't have, the special attributes of most CDF-5 variables), the text goes on as CDL's grammar has it.
//!
//! - [`names`], [`numbers`], [`text`]: the smallest parts
//! - [`scope`]: what a name stands for in a group
//! - [`values`], [`types`], [`special`]: attributes, the section `types:`, the attributes of `-s`

mod line;
mod names;
mod numbers;
mod scope;
mod special;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod values;

use std::io::{self, Write};

use super::model::{Attribute, Dimension, GroupId, Model, Variable, Variant};
use super::value::Values;
use crate::budget::{Budget, Charge};
use crate::document::builder::{Output, Refused};
use crate::options::Cdl;
use line::Lines;
use scope::Scope;
use values::Style;

/// Writes a file as CDL, and counts what it has. Refused: what came before stands.
pub(super) fn write(model: &Model, cdl: &Cdl, special: bool, out: &mut Output) -> Result<(), Refused> {
    count(model, out);
    let budget = out.budget().clone();
    let Some(text) = &mut out.cdl else { return Ok(()) };
    Ok(write_to(model, cdl, special, &budget, text)?)
}

fn count(model: &Model, out: &mut Output) {
    if matches!(model.variant, Variant::Netcdf4 | Variant::Netcdf4Classic) {
        out.count("groups", model.groups.len() as u64 - 1);
    }
    let variables = || model.groups.iter().flat_map(|group| &group.variables);
    let of_groups = model.groups.iter().flat_map(|group| &group.attributes);
    let of_groups = of_groups.filter(|one| one.values != Values::Missing).count();
    let attributes = of_groups + variables().map(|one| one.attributes.count()).sum::<usize>();
    out.count("variables", variables().count() as u64);
    out.count("attributes", attributes as u64);
}

/// Refused: the writer has no more room, or the budget has none for what names are looked up in.
fn write_to(model: &Model, cdl: &Cdl, special: bool, budget: &Budget, out: &mut dyn Write) -> io::Result<()> {
    let scope = Charge::new(budget, 0).and_then(|charge| Scope::new(model, charge));
    let scope = scope.map_err(|_| io::ErrorKind::OutOfMemory)?;
    let style = Style { model, scope: &scope, break_lines: model.variant != Variant::Netcdf4 };
    let mut file = File { model, style, special, lines: Lines::new(out) };
    file.lines.out.write_all(b"netcdf ")?;
    names::write(file.lines.out, cdl.name.as_bytes())?;
    file.lines.out.write_all(b" {\n")?;
    file.groups()?;
    file.lines.out.write_all(b"}\n")
}

struct File<'a> {
    model: &'a Model,
    style: Style<'a>,
    special: bool,
    lines: Lines<'a>,
}

impl File<'_> {
    /// Writes the root group and all below it. Groups that are open stand in a list: nesting costs no stack.
    fn groups(&mut self) -> io::Result<()> {
        let Some(root) = self.model.groups.first() else { return Ok(()) };
        self.contents(0)?;
        let mut open = vec![(0, root.groups.iter())];
        while let Some((group, members)) = open.last_mut() {
            let group = *group;
            // A member stands behind its group; anything else would be a circle.
            if let Some(member) = members.find(|member| **member > group && **member < self.model.groups.len()) {
                self.open(*member)?;
                open.push((*member, self.model.groups[*member].groups.iter()));
            } else {
                open.pop();
                if !open.is_empty() {
                    self.close(group)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, group: GroupId) -> io::Result<()> {
        self.lines.out.write_all(b"\n")?;
        self.lines.begin()?;
        self.lines.out.write_all(b"group: ")?;
        names::write(self.lines.out, &self.model.groups[group].name)?;
        self.lines.out.write_all(b" {\n")?;
        self.lines.indent_more();
        self.contents(group)
    }

    fn close(&mut self, group: GroupId) -> io::Result<()> {
        self.lines.begin()?;
        self.lines.out.write_all(b"} // group ")?;
        names::write(self.lines.out, &self.model.groups[group].name)?;
        self.lines.indent_less();
        self.lines.out.write_all(b"\n")
    }

    /// Writes a group without its groups.
    fn contents(&mut self, id: GroupId) -> io::Result<()> {
        let model = self.model;
        let group = &model.groups[id];
        if !group.types.is_empty() {
            self.section("types:\n")?;
            self.lines.indent_more();
            for kind in &group.types {
                types::definition(&mut self.lines, &self.style, id, *kind)?;
            }
            self.lines.indent_less();
        }
        if !group.dimensions.is_empty() {
            self.section("dimensions:\n")?;
            group
                .dimensions
                .iter()
                .filter_map(|id| model.dimensions.get(*id))
                .try_for_each(|one| self.dimension(one))?;
        }
        if !group.variables.is_empty() {
            self.section("variables:\n")?;
            group.variables.iter().try_for_each(|one| self.variable(id, one))?;
        }
        if !group.attributes.is_empty() || self.special {
            self.lines.out.write_all(b"\n")?;
            self.section(if id == 0 { "// global attributes:\n" } else { "// group attributes:\n" })?;
        }
        for attribute in &group.attributes {
            // What wrote the file stands with the special attributes, and nowhere else.
            if id > 0 || *attribute.name != *special::PROPERTIES {
                self.attribute(id, b"", attribute)?;
            }
        }
        if id == 0 && self.special { special::file(&mut self.lines, model) } else { Ok(()) }
    }

    fn section(&mut self, title: &str) -> io::Result<()> {
        self.lines.begin()?;
        self.lines.out.write_all(title.as_bytes())
    }

    fn dimension(&mut self, dimension: &Dimension) -> io::Result<()> {
        self.lines.begin()?;
        self.lines.out.write_all(b"\t")?;
        names::write(self.lines.out, &dimension.name)?;
        match (dimension.unlimited, dimension.length) {
            (true, Some(length)) => writeln!(self.lines.out, " = UNLIMITED ; // ({length} currently)"),
            (true, None) => writeln!(self.lines.out, " = UNLIMITED ; // (not known)"),
            (false, Some(length)) => writeln!(self.lines.out, " = {length} ;"),
            // Not CDL, and must not be: any number would be a wrong one.
            (false, None) => writeln!(self.lines.out, " = ? ; // not known"),
        }
    }

    fn variable(&mut self, group: GroupId, variable: &Variable) -> io::Result<()> {
        self.lines.begin()?;
        self.lines.out.write_all(b"\t")?;
        self.style.scope.kind(self.lines.out, group, variable.kind)?;
        self.lines.out.write_all(b" ")?;
        names::write(self.lines.out, &variable.name)?;
        for (at, dimension) in variable.dimensions.iter().enumerate() {
            self.lines.out.write_all(if at > 0 { b", " } else { b"(" })?;
            self.style.scope.dimension(self.lines.out, group, *dimension)?;
        }
        self.lines.out.write_all(if variable.dimensions.is_empty() { b" ;\n" } else { b") ;\n" })?;
        variable.attributes.try_for_each(|one| self.attribute(group, &variable.name, one))?;
        if self.special { special::variable(&mut self.lines, self.model.variant, variable) } else { Ok(()) }
    }

    /// Writes an attribute of a variable, or with no `owner` of a group.
    fn attribute(&mut self, group: GroupId, owner: &[u8], attribute: &Attribute) -> io::Result<()> {
        // ncdump would end here. A comment says that there is one; the document's warnings say why it was not read.
        let unread = matches!(attribute.values, Values::Missing | Values::Omitted { .. });
        self.lines.begin()?;
        self.lines.out.write_all(if unread { b"\t\t// " } else { b"\t\t" })?;
        if values::shows_type(attribute.kind) {
            self.style.scope.kind(self.lines.out, group, attribute.kind)?;
            self.lines.out.write_all(b" ")?;
        }
        names::write(self.lines.out, owner)?;
        self.lines.out.write_all(if names::begins_section(owner) { b" :" } else { b":" })?;
        names::write(self.lines.out, &attribute.name)?;
        if unread {
            return self.lines.out.write_all(b" was not read\n");
        }
        self.lines.out.write_all(b" = ")?;
        self.style.attribute(&mut self.lines, attribute.kind, &attribute.values)?;
        self.lines.out.write_all(b" ;\n")
    }
}
