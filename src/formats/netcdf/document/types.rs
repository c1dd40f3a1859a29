//! User types, and how a variable is stored.

use std::io::{self, Write};

use crate::document::json;
use crate::formats::name;
use crate::formats::netcdf::model::{Endianness, Storage, StorageFilter, StorageLayout, Type, UserClass, UserType};

/// Numbers of filters in HDF5, which have names of their own in netCDF.
const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;

/// Writes what a type is called.
pub(super) fn write_name(line: &mut Vec<u8>, kind: Type, types: &[UserType]) -> io::Result<()> {
    match kind {
        Type::Atomic(kind) => {
            line.push(b'"');
            line.extend_from_slice(kind.name().as_bytes());
            line.push(b'"');
            Ok(())
        }
        Type::User(id) => name::write(line, types.get(id).map_or(b"", |kind| &kind.name)),
    }
}

/// Writes what a user type is.
pub(super) fn write(line: &mut Vec<u8>, kind: &UserType, types: &[UserType]) -> io::Result<()> {
    match &kind.class {
        UserClass::Compound(fields) => {
            line.write_all(b"{\"class\":\"compound\",\"fields\":")?;
            json::list(line, fields, |line, field| {
                line.write_all(b"{\"name\":")?;
                name::write(line, &field.name)?;
                line.write_all(b",\"type\":")?;
                write_name(line, field.kind, types)?;
                line.write_all(b",\"shape\":")?;
                json::list(line, &field.shape, |line, length| json::integer(line, *length))?;
                line.write_all(b"}")
            })?;
        }
        UserClass::Enum { base, members } => {
            write!(line, "{{\"class\":\"enum\",\"base\":\"{}\",\"mapping\":{{", base.name())?;
            for (index, (member, number)) in members.iter().enumerate() {
                if index > 0 {
                    line.push(b',');
                }
                name::write(line, member)?;
                json::behind(line, ":", *number)?;
            }
            line.push(b'}');
        }
        UserClass::Vlen(base) => {
            line.write_all(b"{\"class\":\"vlen\",\"base\":")?;
            write_name(line, *base, types)?;
        }
        UserClass::Opaque { size } => write!(line, "{{\"class\":\"opaque\",\"size\":{size}")?,
    }
    line.write_all(b"}")
}

/// Writes how a variable is stored, in the terms of `ncdump -s`; what is not so is left out.
pub(super) fn storage(line: &mut Vec<u8>, storage: &Storage) -> io::Result<()> {
    let (layout, chunks) = match &storage.layout {
        StorageLayout::Contiguous => ("contiguous", None),
        StorageLayout::Compact => ("compact", None),
        StorageLayout::Chunked(chunks) => ("chunked", Some(chunks)),
        StorageLayout::Virtual => ("virtual", None),
        StorageLayout::Unknown => ("unknown", None),
    };
    write!(line, "{{\"layout\":\"{layout}\"")?;
    if let Some(chunks) = chunks {
        line.write_all(b",\"chunks\":")?;
        json::list(line, chunks, |line, length| json::integer(line, *length))?;
    }
    let mut others: Vec<&StorageFilter> = Vec::new();
    for (at, filter) in storage.filters.iter().enumerate() {
        let later = storage.filters.get(at + 1..).unwrap_or(&[]);
        match filter.id {
            // Of a filter that stands twice the last one counts, as for ncdump: a key stands once.
            DEFLATE | SHUFFLE | FLETCHER32 if later.iter().any(|other| other.id == filter.id) => {}
            DEFLATE => json::behind(line, ",\"deflate_level\":", filter.parameters.first().copied().unwrap_or(0))?,
            SHUFFLE => line.write_all(b",\"shuffle\":true")?,
            FLETCHER32 => line.write_all(b",\"fletcher32\":true")?,
            _ => others.push(filter),
        }
    }
    if !others.is_empty() {
        line.write_all(b",\"filters\":")?;
        json::list(line, &others, |line, filter| {
            write!(line, "{{\"id\":{},\"params\":", filter.id)?;
            json::list(line, &filter.parameters, |line, parameter| json::integer(line, *parameter))?;
            line.write_all(b"}")
        })?;
    }
    match storage.endianness {
        Some(Endianness::Little) => line.write_all(b",\"endianness\":\"little\"")?,
        Some(Endianness::Big) => line.write_all(b",\"endianness\":\"big\"")?,
        None => {}
    }
    if storage.no_fill {
        line.write_all(b",\"no_fill\":true")?;
    }
    line.write_all(b"}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_filter_that_stands_twice_the_last_one_counts() {
        let filter = |id, parameters: &[u32]| StorageFilter { id, parameters: parameters.into() };
        let filters = vec![
            filter(DEFLATE, &[5]),
            filter(SHUFFLE, &[4]),
            filter(307, &[1]),
            filter(SHUFFLE, &[4]),
            filter(DEFLATE, &[6]),
            filter(307, &[2]),
        ];
        let mut line = Vec::new();
        storage(&mut line, &Storage { filters, ..Storage::default() }).expect("a Vec takes all");
        let want = concat!(
            r#"{"layout":"contiguous","shuffle":true,"deflate_level":6,"#,
            r#""filters":[{"id":307,"params":[1]},{"id":307,"params":[2]}]}"#
        );
        assert_eq!(String::from_utf8_lossy(&line), want);
    }
}
