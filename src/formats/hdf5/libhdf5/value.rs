//! Values as libhdf5 puts them into memory, written as JSON: numbers by the writer that our own reader has, all else here.
#![allow(unsafe_code)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::calls::{self, Elements, Id, REGION};
use crate::document::json;
use crate::formats::hdf5::dataspace::Dataspace;
use crate::formats::hdf5::datatype::{Class, Datatype, Padding, Reference};
use crate::formats::hdf5::number;
use crate::formats::hdf5::reference::write_marker;

/// What stands for a value that is longer than the limit: where it stands libhdf5 does not tell.
pub(super) fn write_omitted(out: &mut Vec<u8>, length: u64) {
    put(out, format!("{{\"omitted\":{{\"offset\":null,\"length\":{length}}}}}").as_bytes());
}

/// Writes a value of this type and shape. `None`: its content is longer than `most`, and nothing is written.
pub(super) fn write(
    out: &mut Vec<u8>,
    file: &Id,
    datatype: &Datatype,
    dataspace: &Dataspace,
    elements: &Elements,
    most: u64,
) -> Option<()> {
    let Some(dims) = dataspace.dims() else {
        put(out, b"null");
        return Some(());
    };
    let start = out.len();
    let mut writer = Writer { out, file, elements, left: most };
    // SAFETY: these are elements of this type.
    let written = unsafe { writer.nested(dims, datatype, elements.bytes()) };
    if written.is_none() {
        out.truncate(start);
    }
    written
}

fn put(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    file: &'a Id,
    elements: &'a Elements,
    /// How much content there may still be.
    left: u64,
}

impl Writer<'_> {
    fn count(&mut self, bytes: usize) -> Option<()> {
        self.left = self.left.checked_sub(bytes as u64)?;
        Some(())
    }

    /// # Safety
    /// `raw` is elements of this type, among [`Writer::elements`] or what they point to.
    unsafe fn nested(&mut self, dims: &[u64], datatype: &Datatype, raw: &[u8]) -> Option<()> {
        let Some((count, inner)) = dims.split_first() else {
            // SAFETY: the caller's promise.
            return unsafe { self.element(datatype, raw) };
        };
        let step = inner.iter().fold(datatype.size as usize, |size, dim| size.saturating_mul(*dim as usize));
        put(self.out, b"[");
        for i in 0..*count as usize {
            if i > 0 {
                put(self.out, b",");
            }
            let part = raw.get(i.saturating_mul(step)..).and_then(|rest| rest.get(..step)).unwrap_or_default();
            // SAFETY: a part of what the caller promises.
            unsafe { self.nested(inner, datatype, part)? };
        }
        put(self.out, b"]");
        Some(())
    }

    /// # Safety
    /// As for [`Writer::nested`].
    unsafe fn element(&mut self, datatype: &Datatype, raw: &[u8]) -> Option<()> {
        let Some(raw) = raw.get(..datatype.size as usize) else {
            put(self.out, b"null");
            return Some(());
        };
        match &datatype.class {
            Class::VlenString { .. } => {
                // SAFETY: an element of variable-length text.
                let text = unsafe { self.elements.text(raw) }.unwrap_or_default();
                self.count(text.len())?;
                self.text(text);
            }
            Class::Sequence(base) => {
                // SAFETY: an element of a variable-length type, whose items are of this one.
                let (count, items) = unsafe { self.elements.items(raw, base.size as usize) };
                // SAFETY: so many items of this type.
                unsafe { self.nested(&[count as u64], base, items)? };
            }
            Class::Array { dims, base } => {
                let dims: Vec<u64> = dims.iter().map(|dim| u64::from(*dim)).collect();
                // SAFETY: an array has elements of its base.
                unsafe { self.nested(&dims, base, raw)? };
            }
            Class::Compound(members) => {
                put(self.out, b"{");
                for (i, member) in members.iter().enumerate() {
                    if i > 0 {
                        put(self.out, b",");
                    }
                    let _ = json::string(self.out, &crate::formats::name::text(&member.name));
                    put(self.out, b":");
                    let part = raw.get(member.offset as usize..).unwrap_or_default();
                    // SAFETY: each member stands at its offset.
                    unsafe { self.element(&member.datatype, part)? };
                }
                put(self.out, b"}");
            }
            class => {
                self.count(raw.len())?;
                self.plain(class, raw);
            }
        }
        Some(())
    }

    /// What has all of its bytes in itself.
    fn plain(&mut self, class: &Class, raw: &[u8]) {
        let _ = match class {
            Class::Enum(enumeration) => number::write(self.out, &enumeration.base.class, raw),
            Class::String(text) => {
                let end = match text.padding {
                    Padding::Null => raw.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1),
                    Padding::Space => raw.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1),
                    Padding::NullTerminated | Padding::Unknown => {
                        raw.iter().position(|byte| *byte == 0).unwrap_or(raw.len())
                    }
                };
                self.text(&raw[..end]);
                Ok(())
            }
            Class::Bitfield(_) | Class::Opaque { .. } => json::string(self.out, &STANDARD.encode(raw)),
            Class::Reference(kind) => {
                self.reference(*kind, raw);
                Ok(())
            }
            class => number::write(self.out, class, raw),
        }; // into memory: it can't fail
    }

    fn text(&mut self, text: &[u8]) {
        let _ = json::string(self.out, &String::from_utf8_lossy(text));
    }

    fn reference(&mut self, kind: Reference, raw: &[u8]) {
        match (kind, raw.first_chunk::<8>(), raw.first_chunk::<REGION>()) {
            (Reference::Object, Some(address), _) => match u64::from_ne_bytes(*address) {
                0 | u64::MAX => put(self.out, b"null"),
                address => write_marker(self.out, address),
            },
            (Reference::Region, _, Some(reference)) if reference.iter().any(|byte| *byte != 0) => {
                match calls::region_of(self.file, *reference) {
                    Ok(address) => {
                        put(self.out, b"{\"region_of\":");
                        write_marker(self.out, address);
                        put(self.out, b"}");
                    }
                    Err(_) => put(self.out, b"null"),
                }
            }
            _ => put(self.out, b"null"),
        }
    }
}
