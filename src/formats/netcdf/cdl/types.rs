//! The section `types:` of a group.

use std::io;

use super::super::model::{Field, GroupId, Type, TypeId, UserClass};
use super::line::Lines;
use super::names;
use super::values::Style;

/// Writes the definition of a type.
pub(super) fn definition(lines: &mut Lines, style: &Style, group: GroupId, id: TypeId) -> io::Result<()> {
    let Some(kind) = style.model.types.get(id) else { return Ok(()) };
    let own = Type::User(id);
    lines.begin()?;
    match &kind.class {
        UserClass::Compound(fields) => {
            lines.out.write_all(b"compound ")?;
            style.scope.kind(lines.out, group, own)?;
            lines.out.write_all(b" {\n")?;
            fields.iter().try_for_each(|one| field(lines, style, group, one))?;
            lines.begin()?;
            lines.out.write_all(b"}; // ")?;
            style.scope.kind(lines.out, group, own)?;
            lines.out.write_all(b"\n")
        }
        UserClass::Enum { base, members } => {
            lines.piece(|out| {
                write!(out, "{} enum ", base.name())?;
                names::write(out, &kind.name)?;
                out.write_all(b" {")
            })?;
            for (at, (name, number)) in members.iter().enumerate() {
                let end = if at + 1 < members.len() { ", " } else { "} ;\n" };
                lines.piece(|out| {
                    names::write(out, name)?;
                    write!(out, " = {}{end}", *number as i64) // ncdump reads all of them as signed
                })?;
            }
            Ok(())
        }
        UserClass::Vlen(base) => {
            style.scope.kind(lines.out, group, *base)?;
            lines.out.write_all(b"(*) ")?;
            style.scope.kind(lines.out, group, own)?;
            lines.out.write_all(b" ;\n")
        }
        UserClass::Opaque { size } => {
            write!(lines.out, "opaque({size}) ")?;
            style.scope.kind(lines.out, group, own)?;
            lines.out.write_all(b" ;\n")
        }
    }
}

fn field(lines: &mut Lines, style: &Style, group: GroupId, field: &Field) -> io::Result<()> {
    lines.begin()?;
    lines.out.write_all(b"  ")?;
    style.scope.kind(lines.out, group, field.kind)?;
    lines.out.write_all(b" ")?;
    names::write(lines.out, &field.name)?;
    for (at, length) in field.shape.iter().enumerate() {
        write!(lines.out, "{}{length}", if at > 0 { ", " } else { "(" })?;
    }
    lines.out.write_all(if field.shape.is_empty() { b" ;\n" } else { b") ;\n" })
}
