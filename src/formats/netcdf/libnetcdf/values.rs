//! Values as libnetcdf puts them into memory.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::{CStr, c_char};

use netcdf_sys as nc;

use super::calls::{Attribute, Field, TypeCode};
use crate::error::Result;
use crate::formats::netcdf::model::Atomic;
use crate::formats::netcdf::value::{Numbers, Values};

/// What elements of a type look like in memory.
#[derive(Debug)]
pub(super) struct InMemory {
    pub(super) size: usize,
    pub(super) class: Class,
}

#[derive(Debug)]
pub(super) enum Class {
    Atomic(Atomic),
    Enum(Atomic),
    Opaque,
    Vlen(TypeCode),
    Compound(Vec<Field>),
}

/// All types of a file.
pub(super) type Types = HashMap<TypeCode, InMemory>;

/// The values of an attribute, and how many bytes of content they have.
pub(super) fn read(attribute: &Attribute, types: &Types) -> Result<(Values<'static>, u64)> {
    let Some(of) = types.get(&attribute.kind) else { return Ok((Values::Missing, 0)) };
    let words = attribute.elements(of.size)?;
    let mut reader = Reader { types, content: 0 };
    // SAFETY: libnetcdf has filled so many elements of this type, aligned as words are; they are read once, and what they
    // point to is given back with that.
    let values = unsafe { reader.take(of, words.as_ptr().cast(), attribute.count) };
    Ok((values, reader.content))
}

struct Reader<'a> {
    types: &'a Types,
    content: u64,
}

impl Reader<'_> {
    /// Copies `count` elements, and frees what they point to.
    ///
    /// # Safety
    /// At `at` stand so many elements of this type as libnetcdf made them; what they point to is not used any more.
    unsafe fn take(&mut self, of: &InMemory, at: *const u8, count: usize) -> Values<'static> {
        // SAFETY: the caller's promise.
        let bytes = || match count {
            0 => &[],
            _ => unsafe { std::slice::from_raw_parts(at, count * of.size) },
        };
        match &of.class {
            Class::Atomic(Atomic::Char) => {
                self.content += bytes().len() as u64;
                Values::Text(bytes().to_vec().into())
            }
            Class::Atomic(Atomic::String) => {
                let string = |i| {
                    // SAFETY: a string is a pointer; in a compound it need not be aligned.
                    unsafe { self.string(at.cast::<*mut c_char>().add(i).read_unaligned()) }
                };
                Values::Strings((0..count).map(string).collect())
            }
            Class::Atomic(kind) | Class::Enum(kind) => {
                self.content += bytes().len() as u64;
                let big_endian = cfg!(target_endian = "big");
                Values::Numbers(Numbers { kind: *kind, big_endian, bytes: bytes().to_vec().into() })
            }
            Class::Opaque => {
                self.content += bytes().len() as u64;
                Values::Opaque(bytes().chunks_exact(of.size.max(1)).map(Box::from).collect())
            }
            Class::Vlen(base) => {
                let Some(base) = self.types.get(base) else { return Values::Missing };
                let sequence = |i| {
                    // SAFETY: elements of a vlen type are nc_vlen_t; each says where its own elements are.
                    unsafe { self.sequence(base, at.cast::<nc::nc_vlen_t>().add(i).read_unaligned()) }
                };
                Values::Sequences((0..count).map(sequence).collect())
            }
            Class::Compound(fields) => {
                let mut elements = Vec::with_capacity(count);
                for i in 0..count {
                    // SAFETY: each field stands at its offset in each element.
                    elements
                        .push(fields.iter().map(|field| unsafe { self.field(field, at.add(i * of.size)) }).collect());
                }
                Values::Compounds(elements)
            }
        }
    }

    /// # Safety
    /// As for [`Reader::take`].
    unsafe fn field(&mut self, field: &Field, element: *const u8) -> Values<'static> {
        let Some(of) = self.types.get(&field.kind) else { return Values::Missing };
        let count = field.shape.iter().map(|dim| *dim as usize).product();
        // SAFETY: the field, of so many elements, stands there.
        unsafe { self.take(of, element.add(field.offset), count) }
    }

    /// # Safety
    /// As for [`Reader::take`].
    unsafe fn string(&mut self, mut text: *mut c_char) -> Option<Box<[u8]>> {
        if text.is_null() {
            return None;
        }
        // SAFETY: text that ends at a NUL; libnetcdf made it, and nobody uses it after this.
        let copy = unsafe {
            let copy: Box<[u8]> = CStr::from_ptr(text).to_bytes().into();
            nc::nc_free_string(1, &mut text);
            copy
        };
        self.content += copy.len() as u64;
        Some(copy)
    }

    /// # Safety
    /// As for [`Reader::take`].
    unsafe fn sequence(&mut self, base: &InMemory, mut sequence: nc::nc_vlen_t) -> Values<'static> {
        // SAFETY: so many elements stand where it says; they are freed with it.
        unsafe {
            let values = self.take(base, sequence.p.cast(), sequence.len);
            nc::nc_free_vlen(&mut sequence);
            values
        }
    }
}
