//! The values of an attribute: a list, whose form depends on the type.

use std::io::{self, Write};

use super::super::model::{Atomic, Field, Type, TypeId, UserClass};
use super::super::value::{Number, Numbers, Values};
use super::line::Lines;
use super::scope::Scope;
use super::{names, numbers, text};
use crate::formats::netcdf::model::Model;

/// What values are written with.
#[derive(Clone, Copy)]
pub(super) struct Style<'a> {
    pub(super) model: &'a Model,
    pub(super) scope: &'a Scope<'a>,
    /// A text has a line of its own for each of its lines.
    pub(super) break_lines: bool,
}

impl Style<'_> {
    /// Writes the values of an attribute of the type `kind`. Those of compound and vlen types are broken into lines.
    pub(super) fn attribute(&self, lines: &mut Lines, kind: Type, values: &Values) -> io::Result<()> {
        let out = &mut *lines.out;
        match values {
            _ if is_empty(values) => out.write_all(b"\"\""),
            Values::Text(chars) => text::attribute(out, chars, self.break_lines),
            Values::Numbers(packed) => match self.enumeration(kind) {
                Some(id) => list(out, packed.iter(), |out, number| self.member(out, id, number, true)),
                None => list(out, packed.iter(), |out, number| numbers::suffixed(out, packed.kind, number)),
            },
            Values::Strings(strings) => list(out, strings.iter(), |out, string| match string {
                Some(string) => text::attribute(out, names::c_string(string), self.break_lines),
                None => out.write_all(b"NIL"),
            }),
            Values::Opaque(elements) => list(out, elements.iter(), |out, element| opaque(out, element)),
            Values::Compounds(elements) => self.pieces(lines, elements, |out, fields| self.compound(out, kind, fields)),
            Values::Sequences(elements) => self.pieces(lines, elements, |out, items| self.sequence(out, kind, items)),
            Values::Omitted { .. } | Values::Missing => Ok(()),
        }
    }

    /// Puts elements that each stay whole in a line, with the comma behind them.
    fn pieces<T>(
        &self,
        lines: &mut Lines,
        elements: &[T],
        write: impl Fn(&mut dyn Write, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        for (at, element) in elements.iter().enumerate() {
            let comma: &[u8] = if at + 1 < elements.len() { b", " } else { b"" };
            lines.piece(|out| {
                write(out, element)?;
                out.write_all(comma)
            })?;
        }
        Ok(())
    }

    /// Writes one element of a compound type.
    fn compound(&self, out: &mut dyn Write, kind: Type, values: &[Values]) -> io::Result<()> {
        let fields = match self.class(kind) {
            Some(UserClass::Compound(fields)) => fields.as_slice(),
            _ => &[],
        };
        out.write_all(b"{")?;
        list(out, fields.iter().zip(values), |out, (field, values)| self.field(out, field, values))?;
        out.write_all(b"}")
    }

    fn field(&self, out: &mut dyn Write, field: &Field, values: &Values) -> io::Result<()> {
        let Some(row) = field.shape.last() else { return self.items(out, field.kind, values) };
        out.write_all(b"{")?;
        match values {
            Values::Text(chars) if *row > 0 => list(out, chars.chunks(*row as usize), text::nested_chars)?,
            _ => self.items(out, field.kind, values)?,
        }
        out.write_all(b"}")
    }

    /// Writes one element of a vlen type.
    fn sequence(&self, out: &mut dyn Write, kind: Type, values: &Values) -> io::Result<()> {
        let Some(UserClass::Vlen(base)) = self.class(kind) else { return Ok(()) };
        out.write_all(b"{")?;
        self.items(out, *base, values)?;
        out.write_all(b"}")
    }

    /// Writes what stands inside of another value: without suffixes and without line breaks.
    fn items(&self, out: &mut dyn Write, kind: Type, values: &Values) -> io::Result<()> {
        match values {
            Values::Text(chars) => text::nested_chars(out, chars),
            Values::Numbers(packed) => self.nested_numbers(out, kind, packed),
            Values::Strings(strings) => list(out, strings.iter(), |out, string| match string {
                Some(string) => text::nested_string(out, names::c_string(string)),
                None => out.write_all(b"NIL"),
            }),
            Values::Opaque(elements) => list(out, elements.iter(), |out, element| opaque(out, element)),
            Values::Compounds(elements) => list(out, elements.iter(), |out, fields| self.compound(out, kind, fields)),
            Values::Sequences(elements) => list(out, elements.iter(), |out, items| self.sequence(out, kind, items)),
            Values::Omitted { .. } | Values::Missing => Ok(()),
        }
    }

    fn nested_numbers(&self, out: &mut dyn Write, kind: Type, packed: &Numbers) -> io::Result<()> {
        match self.enumeration(kind) {
            Some(id) => list(out, packed.iter(), |out, number| self.member(out, id, number, false)),
            None => list(out, packed.iter(), numbers::plain),
        }
    }

    /// Writes the name of an enumeration's member; inside of other values it has no escapes. A number that has no name
    /// stands for itself, but 0, which netCDF has a name for.
    fn member(&self, out: &mut dyn Write, id: TypeId, number: Number, escaped: bool) -> io::Result<()> {
        let value = match number {
            Number::Signed(value) => value.into(),
            Number::Unsigned(value) => value.into(),
            Number::Float(_) | Number::Double(_) => return numbers::plain(out, number),
        };
        match self.scope.member(id, value) {
            Some(name) if escaped => names::write(out, name),
            Some(name) => out.write_all(names::c_string(name)),
            None if value == 0 => out.write_all(b"_UNDEFINED"),
            None => numbers::plain(out, number),
        }
    }

    fn class(&self, kind: Type) -> Option<&UserClass> {
        match kind {
            Type::User(id) => self.model.types.get(id).map(|kind| &kind.class),
            Type::Atomic(_) => None,
        }
    }

    fn enumeration(&self, kind: Type) -> Option<TypeId> {
        match (kind, self.class(kind)?) {
            (Type::User(id), UserClass::Enum { .. }) => Some(id),
            _ => None,
        }
    }
}

/// True if there is no element; ncdump shows such attributes as empty text, whatever their type.
fn is_empty(values: &Values) -> bool {
    match values {
        Values::Text(chars) => chars.is_empty(),
        Values::Numbers(numbers) => numbers.len() == 0,
        Values::Strings(strings) => strings.is_empty(),
        Values::Compounds(elements) => elements.is_empty(),
        Values::Sequences(elements) => elements.is_empty(),
        Values::Opaque(elements) => elements.is_empty(),
        Values::Omitted { .. } | Values::Missing => false,
    }
}

/// True if the type's name stands in front of an attribute: that of other types shows in the form of the values.
pub(super) fn shows_type(kind: Type) -> bool {
    matches!(kind, Type::User(_) | Type::Atomic(Atomic::String))
}

/// Writes items with commas between them.
fn list<T>(
    out: &mut dyn Write,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut dyn Write, T) -> io::Result<()>,
) -> io::Result<()> {
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.write_all(b", ")?;
        }
        write(out, item)?;
    }
    Ok(())
}

fn opaque(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(b"0X")?;
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
}
