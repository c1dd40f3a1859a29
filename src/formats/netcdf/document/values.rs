//! Values of attributes as JSON.

use std::io::{self, Write};
use std::iter::repeat_n;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::json;
use crate::formats::name;
use crate::formats::netcdf::model::{Field, Type, UserClass, UserType};
use crate::formats::netcdf::value::{Number, Values};

/// No type that a library writes nests deeper; what does is null.
const DEEPEST: usize = 64;

/// Writes the value of an attribute: one element stands alone, several are an array; `char` is one string.
pub(super) fn write(line: &mut Vec<u8>, kind: Type, values: &Values, types: &[UserType]) -> io::Result<()> {
    match values {
        Values::Text(text) => return string(line, trimmed(text)),
        Values::Omitted { offset, length } => {
            line.write_all(b"{\"omitted\":{\"offset\":")?;
            json::optional(line, *offset)?;
            return write!(line, ",\"length\":{length}}}}}");
        }
        Values::Missing => return line.write_all(b"null"),
        Values::Numbers(numbers) if numbers.len() == 1 => {
            return numbers.iter().next().map_or(Ok(()), |one| number(line, one));
        }
        _ => {}
    }
    let start = line.len();
    if elements(line, kind, values, &[], types, DEEPEST)? == 1 {
        unwrap(line, start);
    }
    Ok(())
}

/// How long the JSON of values is at most.
pub(super) fn longest(kind: Type, values: &Values, types: &[UserType]) -> usize {
    /// A byte of text, or of a number.
    const BYTE: usize = 6;
    /// What stands around an element.
    const AROUND: usize = 8;
    let user = match kind {
        Type::User(id) => types.get(id).map(|kind| &kind.class),
        Type::Atomic(_) => None,
    };
    match (values, user) {
        (Values::Text(text), _) => json::room(text),
        (Values::Strings(all), _) => {
            all.iter().map(|text| AROUND + text.as_ref().map_or(0, |text| json::room(text))).sum()
        }
        (Values::Opaque(all), _) => all.iter().map(|bytes| AROUND + 2 * bytes.len()).sum(),
        (Values::Compounds(all), Some(UserClass::Compound(fields))) => {
            let field = |(field, values): (&Field, &Values)| {
                2 * AROUND + BYTE * field.name.len() + longest(field.kind, values, types)
            };
            all.iter().map(|values| AROUND + fields.iter().zip(values).map(field).sum::<usize>()).sum()
        }
        (Values::Sequences(all), Some(UserClass::Vlen(base))) => {
            all.iter().map(|values| AROUND + longest(*base, values, types)).sum()
        }
        _ => BYTE * values.held(),
    }
}

/// Takes the brackets away that stand around what begins at `start`.
fn unwrap(line: &mut Vec<u8>, start: usize) {
    line.remove(start);
    line.pop();
}

/// Text without the NULs at its end.
fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &text[..end]
}

fn string(line: &mut Vec<u8>, text: &[u8]) -> io::Result<()> {
    if name::write_plain(line, text) { Ok(()) } else { json::string(line, &String::from_utf8_lossy(text)) }
}

/// Writes all elements as an array, of this shape if it is not empty; returns how many there are.
fn elements(
    line: &mut Vec<u8>,
    kind: Type,
    values: &Values,
    shape: &[u32],
    types: &[UserType],
    deepest: usize,
) -> io::Result<usize> {
    let user = match kind {
        Type::User(id) => types.get(id).map(|kind| &kind.class),
        Type::Atomic(_) => None,
    };
    match values {
        Values::Text(text) => rows(line, shape, text.iter(), |line, byte| string(line, &[*byte])),
        Values::Numbers(numbers) => rows(line, shape, numbers.iter(), number),
        Values::Strings(strings) => {
            rows(line, shape, strings.iter(), |line, text| string(line, text.as_deref().unwrap_or(b"")))
        }
        Values::Opaque(all) => rows(line, shape, all.iter(), |line, bytes| json::string(line, &STANDARD.encode(bytes))),
        Values::Compounds(all) if deepest > 0 => {
            let fields = match user {
                Some(UserClass::Compound(fields)) => &fields[..],
                _ => &[],
            };
            rows(line, shape, all.iter(), |line, values| compound(line, fields, values, types, deepest - 1))
        }
        Values::Sequences(all) if deepest > 0 => {
            let base = match user {
                Some(UserClass::Vlen(base)) => *base,
                _ => kind,
            };
            rows(line, shape, all.iter(), |line, values| {
                elements(line, base, values, &[], types, deepest - 1).map(|_| ())
            })
        }
        _ => line.write_all(b"[null]").map(|()| 1),
    }
}

/// Writes items as an array of rows of rows: flat where the shape is empty. Returns how many there are.
fn rows<T>(
    line: &mut Vec<u8>,
    shape: &[u32],
    items: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut Vec<u8>, T) -> io::Result<()>,
) -> io::Result<usize> {
    let rank = shape.len().max(1);
    let mut count = 0;
    line.extend(repeat_n(b'[', rank));
    for item in items {
        if count > 0 {
            let mut row = 1;
            let ends = |length: &&u32| {
                row *= (**length).max(1) as usize;
                count % row == 0
            };
            let ends = shape.iter().skip(1).rev().take_while(ends).count();
            line.extend(repeat_n(b']', ends));
            line.push(b',');
            line.extend(repeat_n(b'[', ends));
        }
        each(line, item)?;
        count += 1;
    }
    line.extend(repeat_n(b']', rank));
    Ok(count)
}

fn compound(
    line: &mut Vec<u8>,
    fields: &[Field],
    values: &[Values],
    types: &[UserType],
    deepest: usize,
) -> io::Result<()> {
    line.push(b'{');
    for (index, (field, values)) in fields.iter().zip(values).enumerate() {
        if index > 0 {
            line.push(b',');
        }
        name::write(line, &field.name)?;
        line.push(b':');
        let start = line.len();
        let count = elements(line, field.kind, values, &field.shape, types, deepest)?;
        if field.shape.is_empty() && count == 1 {
            unwrap(line, start);
        }
    }
    line.push(b'}');
    Ok(())
}

fn number(line: &mut Vec<u8>, value: Number) -> io::Result<()> {
    match value {
        Number::Signed(value) => json::integer(line, value),
        Number::Unsigned(value) => json::integer(line, value),
        Number::Float(value) => json::f32(line, value),
        Number::Double(value) => json::f64(line, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::netcdf::model::Atomic;
    use crate::formats::netcdf::value::Numbers;

    fn shorts(numbers: &[i16]) -> Values<'static> {
        let bytes = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        Values::Numbers(Numbers { kind: Atomic::Short, big_endian: true, bytes })
    }

    fn json(kind: Type, values: &Values, types: &[UserType]) -> String {
        let mut line = Vec::new();
        write(&mut line, kind, values, types).expect("a Vec takes all");
        String::from_utf8(line).expect("UTF-8")
    }

    #[test]
    fn one_element_stands_alone() {
        let kind = Type::Atomic(Atomic::Short);
        let all = [&[][..], &[-1], &[1, 2]].map(|numbers| json(kind, &shorts(numbers), &[]));
        assert_eq!(all, ["[]", "-1", "[1,2]"]);
        let text = |bytes: &[u8]| json(Type::Atomic(Atomic::Char), &Values::Text(bytes.into()), &[]);
        assert_eq!([text(b""), text(b"a\0b\0\0"), text(b"\xFF")], ["\"\"", "\"a\\u0000b\"", "\"\u{FFFD}\""]);
        let strings = Values::Strings(vec![Some(b"a".as_slice().into()), None]);
        assert_eq!(json(Type::Atomic(Atomic::String), &strings, &[]), r#"["a",""]"#);
    }

    #[test]
    fn user_types_nest() {
        let field = |name: &[u8], kind, shape: &[u32]| Field { name: name.into(), kind, shape: shape.into() };
        let short = Type::Atomic(Atomic::Short);
        let user = |class| UserType { name: (*b"t").into(), group: 0, class };
        let types = [
            user(UserClass::Compound(vec![field(b"a", short, &[]), field(b"m", short, &[2, 1, 2])])),
            user(UserClass::Vlen(Type::User(0))),
        ];
        let one = |n: i16| vec![shorts(&[n]), shorts(&[1, 2, 3, 4])];
        let row = r#""m":[[[1,2]],[[3,4]]]}"#;
        let two = Values::Compounds(vec![one(7), one(8)]);
        assert_eq!(json(Type::User(0), &two, &types), format!("[{{\"a\":7,{row},{{\"a\":8,{row}]"));
        let sequences = Values::Sequences(vec![Values::Compounds(vec![one(7)])]);
        assert_eq!(json(Type::User(1), &sequences, &types), format!("[{{\"a\":7,{row}]"));
    }

    #[test]
    fn what_nests_without_end_is_cut() {
        let values = (0..5000).fold(shorts(&[1]), |values, _| Values::Sequences(vec![values]));
        let text = json(Type::Atomic(Atomic::Short), &values, &[]);
        assert!(text.contains("[null]") && text.len() < 200, "{text}");
        std::mem::forget(values);
    }
}
