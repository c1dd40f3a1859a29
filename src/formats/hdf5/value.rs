//! Values of attributes, and fill values, as JSON.

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::dataspace::Dataspace;
use super::datatype::{Class, Datatype, Member, Padding, Reference, Text};
use super::fault::Damage;
use super::fields::{Address, Fields};
use super::number;
use super::reference::write_marker;
use super::resolve::Resolved;
use super::stored_reference::{Blob, Form, HeapId, Kind, Stored};
use crate::document::json;
use crate::document::warnings::Code;
use crate::formats::name;

pub(super) const WHAT: &str = "value";
/// So many bytes more than itself a byte takes that is escaped, at most.
const LONGEST_ESCAPE: usize = 5;

/// A value as it is stored.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats) struct StoredValue<'a> {
    pub(in crate::formats) datatype: &'a Datatype,
    pub(in crate::formats) dataspace: &'a Dataspace,
    /// All of it; what stands behind it does not count.
    pub(in crate::formats) raw: &'a [u8],
    /// Where it stands in the file; absolute.
    pub(in crate::formats) offset: u64,
}

impl<'a> StoredValue<'a> {
    /// How many bytes it takes; `None`: more than 64 bits count.
    pub(in crate::formats) fn length(&self) -> Option<u64> {
        self.dataspace.elements()?.checked_mul(self.datatype.size.into())
    }

    /// Its bytes, and no more; `None` where they are too few.
    pub(in crate::formats) fn bytes(&self) -> Option<&'a [u8]> {
        self.raw.get(..usize::try_from(self.length()?).ok()?)
    }
}

/// Writes what stands for a value that is too long.
pub(super) fn write_omitted(out: &mut Vec<u8>, offset: u64, length: u64) -> io::Result<()> {
    out.extend_from_slice(b"{\"omitted\":{\"offset\":");
    json::integer(out, offset)?;
    out.extend_from_slice(b",\"length\":");
    json::integer(out, length)?;
    out.extend_from_slice(b"}}");
    Ok(())
}

/// Writes a value whose parts in the heap are resolved. Where the path of an object belongs, a marker stands (see
/// `reference`).
///
/// Times are the numbers that are stored. A reference to a region is `{"region_of": path}`, one to an attribute
/// `{"attribute_of": path, "name": name}`; in place of the path of an object in another file stands
/// `{"file": name, "address": number}`.
pub(super) fn write(
    out: &mut Vec<u8>,
    stored: StoredValue<'_>,
    resolved: &Resolved,
    notes: &mut Vec<Damage>,
) -> io::Result<()> {
    let Some(dims) = stored.dataspace.dims() else {
        out.extend_from_slice(b"null");
        return Ok(());
    };
    let raw = stored.bytes().unwrap_or(&[]);
    let start = out.len();
    let most = start.saturating_add(resolved.longest_text);
    let mut writer = Writer { out, resolved, most, undecodable: false, unknown: false };
    let written = match resolved.omitted {
        true => Err(Unwritten::TooLong),
        false => writer.nested(dims, stored.datatype, raw),
    };
    let Writer { undecodable, unknown, .. } = writer;
    match written {
        Ok(()) => {
            let mut note = |code, message: &str| {
                notes.push(Damage { code, offset: stored.offset, message: message.into() });
            };
            if undecodable {
                note(Code::CharsetUndecodable, "text that is not UTF-8: what does not decode is U+FFFD");
            }
            if unknown {
                note(Code::Malformed, "a reference is of no known form: it is null");
            }
            Ok(())
        }
        Err(Unwritten::TooLong) => {
            out.truncate(start);
            write_omitted(out, stored.offset, stored.length().unwrap_or(raw.len() as u64))
        }
        Err(Unwritten::Refused(error)) => Err(error),
    }
}

/// Why a value was not written.
enum Unwritten {
    TooLong,
    Refused(io::Error),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Unwritten::Refused(error)
    }
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    resolved: &'a Resolved,
    /// How long `out` may become.
    most: usize,
    /// Some text was not UTF-8.
    undecodable: bool,
    /// Some reference could not be decoded.
    unknown: bool,
}

impl Writer<'_> {
    fn put(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Elements in row-major order; without dimensions the only one.
    fn nested<D: Copy + Into<u64>>(&mut self, dims: &[D], datatype: &Datatype, raw: &[u8]) -> Result<(), Unwritten> {
        let Some((count, inner)) = dims.split_first() else { return self.element(datatype, raw) };
        let count: u64 = (*count).into();
        let step = usize::try_from(count).ok().and_then(|count| raw.len().checked_div(count)).unwrap_or(0);
        self.put(b"[");
        for i in 0..count {
            if i > 0 {
                self.put(b",");
            }
            if self.out.len() > self.most {
                return Err(Unwritten::TooLong);
            }
            let start = (i as usize).saturating_mul(step);
            self.nested(inner, datatype, raw.get(start..start.saturating_add(step)).unwrap_or(&[]))?;
        }
        self.put(b"]");
        Ok(())
    }

    fn element(&mut self, datatype: &Datatype, raw: &[u8]) -> Result<(), Unwritten> {
        let Some(raw) = raw.get(..datatype.size as usize) else {
            self.put(b"null");
            return Ok(());
        };
        match &datatype.class {
            class @ (Class::Fixed { .. } | Class::Float { .. } | Class::Time { .. }) => {
                number::write(self.out, class, raw)?;
            }
            Class::Enum(enumeration) => number::write(self.out, &enumeration.base.class, raw)?,
            Class::String(text) => self.text(fixed_text(*text, raw))?,
            Class::VlenString { base, .. } => match Items::of(raw, base, self.resolved) {
                Items::Null => self.put(b"\"\""),
                Items::Here { bytes, .. } => self.text(until_nul(bytes))?,
                Items::Missing => self.put(b"null"),
            },
            Class::Sequence(base) => match Items::of(raw, base, self.resolved) {
                Items::Null => self.put(b"[]"),
                Items::Here { count, bytes } => self.nested(&[count], base, bytes)?,
                Items::Missing => self.put(b"null"),
            },
            Class::Bitfield(_) | Class::Opaque { .. } => self.base64(raw)?,
            Class::Compound(members) => self.compound(members, raw)?,
            Class::Array { dims, base } => {
                let all = dims.iter().fold(base.size as usize, |all, dim| all.saturating_mul(*dim as usize));
                self.nested(dims, base, raw.get(..all).unwrap_or(&[]))?;
            }
            Class::Complex(base) => {
                let both = (base.size as usize).saturating_mul(2);
                self.nested(&[2u32], base, raw.get(..both).unwrap_or(&[]))?;
            }
            Class::Reference(kind) => self.reference(*kind, raw)?,
        }
        Ok(())
    }

    fn compound(&mut self, members: &[Member], raw: &[u8]) -> Result<(), Unwritten> {
        self.put(b"{");
        for (i, member) in members.iter().enumerate() {
            if i > 0 {
                self.put(b",");
            }
            if self.out.len() > self.most {
                return Err(Unwritten::TooLong);
            }
            name::write(self.out, &member.name)?;
            self.put(b":");
            self.element(&member.datatype, raw.get(member.offset as usize..).unwrap_or(&[]))?;
        }
        self.put(b"}");
        Ok(())
    }

    /// Sees that there is room for so much text in one piece.
    fn has_room(&self, length: usize) -> Result<(), Unwritten> {
        if self.out.len().saturating_add(length) > self.most { Err(Unwritten::TooLong) } else { Ok(()) }
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Unwritten> {
        self.has_room(text.len())?;
        if name::write_plain(self.out, text) {
            return Ok(());
        }
        let escaped = text.iter().filter(|byte| matches!(byte, ..b' ' | b'"' | b'\\')).count();
        self.has_room(text.len() + LONGEST_ESCAPE * escaped)?;
        let text = String::from_utf8_lossy(text);
        self.has_room(text.len() + LONGEST_ESCAPE * escaped)?;
        self.undecodable |= matches!(text, Cow::Owned(_));
        Ok(json::string(self.out, &text)?)
    }

    fn base64(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        let length = bytes.len().div_ceil(3) * 4;
        self.has_room(length)?;
        self.put(b"\"");
        let start = self.out.len();
        self.out.resize(start + length, 0);
        let written = self.out.get_mut(start..).and_then(|room| STANDARD.encode_slice(bytes, room).ok());
        self.out.truncate(start + written.unwrap_or(0));
        self.put(b"\"");
        Ok(())
    }

    fn reference(&mut self, kind: Reference, raw: &[u8]) -> Result<(), Unwritten> {
        let resolved = self.resolved;
        match Stored::decode(kind, raw, resolved.widths) {
            Ok(Stored::Null) => self.put(b"null"),
            Ok(Stored::Object(address)) => write_marker(self.out, address),
            Ok(Stored::Heap { id, length, form }) => match resolved.object(id, length.into()) {
                Some(blob) => self.blob(form, blob)?,
                None => self.put(b"null"),
            },
            Err(_) => {
                self.unknown = true;
                self.put(b"null");
            }
        }
        Ok(())
    }

    fn blob(&mut self, form: Form, blob: &[u8]) -> Result<(), Unwritten> {
        let Ok(blob) = Blob::decode(form, &mut Fields::new(blob, self.resolved.widths)) else {
            self.unknown = true;
            self.put(b"null");
            return Ok(());
        };
        let Some(address) = blob.address else {
            self.put(b"null");
            return Ok(());
        };
        self.put(match blob.kind {
            Kind::Object => b"",
            Kind::Region => b"{\"region_of\":",
            Kind::Attribute => b"{\"attribute_of\":",
        });
        match blob.file {
            None => write_marker(self.out, address),
            Some(file) => {
                self.put(b"{\"file\":");
                name::write(self.out, file)?;
                self.put(b",\"address\":");
                json::integer(self.out, address)?;
                self.put(b"}");
            }
        }
        if let Some(attribute) = blob.attribute {
            self.put(b",\"name\":");
            name::write(self.out, attribute)?;
        }
        self.put(if blob.kind == Kind::Object { b"" } else { b"}" });
        Ok(())
    }
}

/// What an element of variable length has in the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Items<'a> {
    /// Nothing: its ID is null.
    Null,
    /// So many items, one after the other.
    Here { count: u32, bytes: &'a [u8] },
    /// They can't be read.
    Missing,
}

impl<'a> Items<'a> {
    /// Looks up the items of type `base` that an element has.
    pub(in crate::formats) fn of(element: &[u8], base: &Datatype, resolved: &'a Resolved) -> Self {
        let mut fields = Fields::new(element, resolved.widths);
        let (Ok(count), Ok(Some(id))) = (fields.u32(), HeapId::decode(&mut fields)) else { return Items::Null };
        let bytes = match count {
            0 => Some(&[][..]), // an empty one is not null; the heap need not have an object for it
            _ => resolved.object(id, u64::from(count) * u64::from(base.size)),
        };
        bytes.map_or(Items::Missing, |bytes| Items::Here { count, bytes })
    }
}

/// The object of this file that a reference leads to; `None`: it is null, or leads elsewhere.
pub(in crate::formats) fn referenced(kind: Reference, element: &[u8], resolved: &Resolved) -> Option<Address> {
    match Stored::decode(kind, element, resolved.widths).ok()? {
        Stored::Null => None,
        Stored::Object(address) => Some(address),
        Stored::Heap { id, length, form } => {
            let blob = resolved.object(id, length.into())?;
            let blob = Blob::decode(form, &mut Fields::new(blob, resolved.widths)).ok()?;
            blob.address.filter(|_| blob.file.is_none())
        }
    }
}

/// A fixed string without its padding.
fn fixed_text(text: Text, bytes: &[u8]) -> &[u8] {
    let trimmed = |padding: u8| {
        let length = bytes.iter().rposition(|byte| *byte != padding).map_or(0, |last| last + 1);
        bytes.get(..length).unwrap_or(bytes)
    };
    match text.padding {
        Padding::Null => trimmed(0),
        Padding::Space => trimmed(b' '),
        Padding::NullTerminated | Padding::Unknown => until_nul(bytes),
    }
}

/// Text up to its first NUL.
pub(in crate::formats) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
