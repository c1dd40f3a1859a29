//! RFC 6901 pointers into the text of a document: the text is scanned, no tree is built.

use std::borrow::Cow;

use super::Kind;
use super::reader::Reader;
use super::text::Text;
use crate::error::{Error, ErrorKind, Result};

pub(crate) fn kind(text: &Text, pointer: &str) -> Result<(Kind, usize)> {
    Value::find(text.pieces(), pointer)?.kind()
}

pub(crate) fn key_at(text: &Text, pointer: &str, index: usize) -> Result<String> {
    Value::find(text.pieces(), pointer)?.key_at(index)
}

pub(crate) fn get_str(text: &Text, pointer: &str) -> Result<String> {
    Value::find(text.pieces(), pointer)?.get_str()
}

pub(crate) fn get_i64(text: &Text, pointer: &str) -> Result<i64> {
    Value::find(text.pieces(), pointer)?.integer()
}

pub(crate) fn get_u64(text: &Text, pointer: &str) -> Result<u64> {
    Value::find(text.pieces(), pointer)?.integer()
}

pub(crate) fn get_f64(text: &Text, pointer: &str) -> Result<f64> {
    Value::find(text.pieces(), pointer)?.get_f64()
}

pub(crate) fn get_bool(text: &Text, pointer: &str) -> Result<bool> {
    Value::find(text.pieces(), pointer)?.get_bool()
}

pub(crate) fn get_json(text: &Text, pointer: &str) -> Result<String> {
    Value::find(text.pieces(), pointer)?.get_json()
}

/// The value at a pointer, not yet read.
struct Value<'a, 'p, I> {
    pointer: &'p str,
    kind: Kind,
    reader: Reader<'a, I>,
}

impl<'a, 'p, I: Iterator<Item = &'a [u8]> + Clone> Value<'a, 'p, I> {
    fn find(pieces: I, pointer: &'p str) -> Result<Self> {
        let mut reader = Reader::new(pieces);
        let tokens = tokens(pointer)?;
        let kind = tokens.iter().try_for_each(|token| step(&mut reader, token)).and_then(|()| reader.kind());
        let kind = kind.ok_or_else(|| not_found(pointer))?;
        Ok(Value { pointer, kind, reader })
    }

    fn kind(mut self) -> Result<(Kind, usize)> {
        let mut count = 0;
        if matches!(self.kind, Kind::Array | Kind::Object) {
            let mut members = Members::enter(&mut self.reader).ok_or_else(|| not_found(self.pointer))?;
            while members.next(|_| ()).ok_or_else(|| not_found(self.pointer))? {
                members.reader.skip_value().ok_or_else(|| not_found(self.pointer))?;
                count += 1;
            }
        }
        Ok((self.kind, count))
    }

    fn key_at(mut self, index: usize) -> Result<String> {
        self.must_be(Kind::Object)?;
        let key = Members::enter(&mut self.reader).and_then(|mut members| {
            for _ in 0..index {
                members.skip()?;
            }
            let mut key = Vec::new();
            members.next(|part| key.extend_from_slice(part))?.then_some(key)
        });
        self.text(key)
    }

    fn get_str(mut self) -> Result<String> {
        self.must_be(Kind::String)?;
        let mut string = self.room()?;
        let end = self.reader.next().and_then(|_| self.reader.string(|part| string.extend_from_slice(part)));
        self.text(end.map(|()| string))
    }

    fn get_json(mut self) -> Result<String> {
        let (mut json, length) = (self.room()?, self.length()?);
        let taken = self.reader.take(length, |part| json.extend_from_slice(part));
        self.text(taken.map(|()| json))
    }

    /// The length of the value's JSON.
    fn length(&self) -> Result<usize> {
        let mut end = self.reader.clone();
        end.skip_value().ok_or_else(|| not_found(self.pointer))?;
        Ok(end.offset() - self.reader.offset())
    }

    /// Room for the value's text, and for the NUL that C wants behind it. It may be as long as the document.
    fn room(&self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        match text.try_reserve_exact(self.length()? + 1) {
            Ok(()) => Ok(text),
            Err(_) => Err(Error::new(ErrorKind::Limit, format!("pointer {}: no memory for a copy", self.pointer))),
        }
    }

    /// The text of a number, `true` or `false`.
    fn scalar(&mut self) -> Result<String> {
        let mut scalar = Vec::new();
        let end = self.reader.scalar(|part| scalar.extend_from_slice(part));
        self.text(end.map(|()| scalar))
    }

    fn integer<N: std::str::FromStr>(mut self) -> Result<N> {
        self.must_be(Kind::Number)?;
        self.scalar()?.parse().map_err(|_| wrong_type(self.pointer))
    }

    fn get_f64(mut self) -> Result<f64> {
        let pointer = self.pointer;
        if self.kind == Kind::String {
            return match self.get_str()?.as_str() {
                "NaN" => Ok(f64::NAN),
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                _ => Err(wrong_type(pointer)),
            };
        }
        self.must_be(Kind::Number)?;
        // An integer of hundreds of digits is no infinity.
        let number = self.scalar()?.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| wrong_type(pointer))
    }

    fn get_bool(mut self) -> Result<bool> {
        self.must_be(Kind::Bool)?;
        self.scalar()?.parse().map_err(|_| wrong_type(self.pointer))
    }

    fn must_be(&self, kind: Kind) -> Result<()> {
        if self.kind == kind { Ok(()) } else { Err(wrong_type(self.pointer)) }
    }

    fn text(&self, bytes: Option<Vec<u8>>) -> Result<String> {
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| not_found(self.pointer))
    }
}

/// The members of an array or object, in order.
struct Members<'r, 'a, I> {
    reader: &'r mut Reader<'a, I>,
    close: u8,
    first: bool,
}

impl<'r, 'a, I: Iterator<Item = &'a [u8]>> Members<'r, 'a, I> {
    /// Passes the opening bracket; `None` where none stands.
    fn enter(reader: &'r mut Reader<'a, I>) -> Option<Self> {
        let close = match reader.next()? {
            b'{' => b'}',
            b'[' => b']',
            _ => return None,
        };
        Some(Members { reader, close, first: true })
    }

    /// Goes to the next member's value; false behind the last one. The key is given unescaped, in parts.
    fn next(&mut self, key: impl FnMut(&[u8])) -> Option<bool> {
        if self.reader.peek()? == self.close {
            return Some(false);
        }
        if !std::mem::take(&mut self.first) {
            self.reader.expect(b',')?;
        }
        if self.close == b'}' {
            self.reader.expect(b'"')?;
            self.reader.string(key)?;
            self.reader.expect(b':')?;
        }
        Some(true)
    }

    /// Passes a member; `None` behind the last one.
    fn skip(&mut self) -> Option<()> {
        if self.next(|_| ())? { self.reader.skip_value() } else { None }
    }
}

/// Goes from a container to the member that `token` names.
fn step<'a, I: Iterator<Item = &'a [u8]>>(reader: &mut Reader<'a, I>, token: &str) -> Option<()> {
    let mut members = Members::enter(reader)?;
    if members.close == b']' {
        for _ in 0..index(token)? {
            members.skip()?;
        }
        return members.next(|_| ())?.then_some(());
    }
    loop {
        let mut left = Some(token.as_bytes());
        if !members.next(|part| left = left.and_then(|left| left.strip_prefix(part)))? {
            return None;
        }
        if left.is_some_and(<[u8]>::is_empty) {
            return Some(());
        }
        members.reader.skip_value()?;
    }
}

/// The reference tokens of a pointer, unescaped.
fn tokens(pointer: &str) -> Result<Vec<Cow<'_, str>>> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let bad = |what| Error::new(ErrorKind::Argument, format!("pointer {pointer}: {what}"));
    let rest = pointer.strip_prefix('/').ok_or_else(|| bad("does not begin with /"))?;
    rest.split('/').map(|token| unescape(token).ok_or_else(|| bad("a ~ stands without 0 or 1 behind it"))).collect()
}

/// A key as it stands in a pointer: one of its reference tokens.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> Option<Cow<'_, str>> {
    let mut parts = token.split('~');
    let first = parts.next()?;
    let mut whole = Cow::Borrowed(first);
    for part in parts {
        let (char, rest) = match part.as_bytes().first()? {
            b'0' => ("~", &part[1..]),
            b'1' => ("/", &part[1..]),
            _ => return None,
        };
        whole.to_mut().push_str(char);
        whole.to_mut().push_str(rest);
    }
    Some(whole)
}

/// An array index of RFC 6901: digits, without leading zeros.
fn index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = token.len() > 1 && token.starts_with('0');
    if digits && !leading_zero { token.parse().ok() } else { None }
}

fn not_found(pointer: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("pointer {pointer}: no value stands there"))
}

fn wrong_type(pointer: &str) -> Error {
    Error::new(ErrorKind::Type, format!("pointer {pointer}: the value there has another type"))
}

#[cfg(test)]
#[path = "pointer_tests.rs"]
mod tests;
