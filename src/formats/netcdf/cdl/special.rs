//! The attributes that `ncdump -s` shows: they stand in no file, but say how it is stored.

use std::io::{self, Write};

use super::super::model::{Endianness, Group, Model, Storage, StorageFilter, StorageLayout, Type, Variable, Variant};
use super::super::value::Values;
use super::line::Lines;
use super::names;

/// Filters that have an attribute of their own, as HDF5 numbers them.
const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
const SZIP: u16 = 4;
/// Of szip's options those that a writer chooses: entropy coding, nearest neighbour. HDF5 adds others, and two parameters.
const SZIP_CHOICES: u32 = 4 | 32;

/// The attribute that says what wrote a file.
pub(super) const PROPERTIES: &[u8] = b"_NCProperties";

/// Writes how a variable is stored.
pub(super) fn variable(lines: &mut Lines, variant: Variant, variable: &Variable) -> io::Result<()> {
    let Some(storage) = &variable.storage else {
        // Of classic files ncdump shows this much of CDF-5 only.
        let shows = if variant == Variant::Data64 { Some(&StorageLayout::Contiguous) } else { None };
        return shows.map_or(Ok(()), |contiguous| layout(lines, &variable.name, contiguous));
    };
    layout(lines, &variable.name, &storage.layout)?;
    let has = |id| storage.filters.iter().rfind(|filter| filter.id == id); // of two the last one counts
    if has(FLETCHER32).is_some() {
        attribute(lines, &variable.name, "_Fletcher32", |out| out.write_all(b"\"true\""))?;
    }
    if has(SHUFFLE).is_some() {
        attribute(lines, &variable.name, "_Shuffle", |out| out.write_all(b"\"true\""))?;
    }
    if let Some(deflate) = has(DEFLATE) {
        let level = deflate.parameters.first().copied().unwrap_or(0);
        attribute(lines, &variable.name, "_DeflateLevel", |out| write!(out, "{level}"))?;
    }
    other_filters(lines, &variable.name, storage)?;
    endianness(lines, variable, storage)?;
    if storage.no_fill {
        attribute(lines, &variable.name, "_NoFill", |out| out.write_all(b"\"true\""))?;
    }
    Ok(())
}

fn layout(lines: &mut Lines, name: &[u8], layout: &StorageLayout) -> io::Result<()> {
    let kind = match layout {
        StorageLayout::Contiguous => "contiguous",
        StorageLayout::Compact => "compact",
        StorageLayout::Chunked(_) => "chunked",
        StorageLayout::Virtual | StorageLayout::Unknown => "unknown",
    };
    attribute(lines, name, "_Storage", |out| write!(out, "\"{kind}\""))?;
    let StorageLayout::Chunked(shape) = layout else { return Ok(()) };
    attribute(lines, name, "_ChunkSizes", |out| joined(out, ", ", shape))
}

/// Writes the filters that are not netCDF's own, each with its number and parameters.
fn other_filters(lines: &mut Lines, name: &[u8], storage: &Storage) -> io::Result<()> {
    let others = || storage.filters.iter().filter(|filter| !matches!(filter.id, DEFLATE | SHUFFLE | FLETCHER32));
    if others().next().is_none() {
        return Ok(());
    }
    attribute(lines, name, "_Filter", |out| {
        out.write_all(b"\"")?;
        for (at, StorageFilter { id, parameters }) in others().enumerate() {
            write!(out, "{}{id}", if at > 0 { "|" } else { "" })?;
            match parameters[..] {
                [options, pixels, ..] if *id == SZIP => write!(out, ",{},{pixels}", options & SZIP_CHOICES)?,
                _ => parameters.iter().try_for_each(|parameter| write!(out, ",{parameter}"))?,
            }
        }
        out.write_all(b"\"")
    })
}

/// Writes the order of bytes of numbers that have more than one.
fn endianness(lines: &mut Lines, variable: &Variable, storage: &Storage) -> io::Result<()> {
    let order = match (variable.kind, storage.endianness) {
        (Type::Atomic(kind), Some(order)) if kind.size() > 1 => order,
        _ => return Ok(()),
    };
    let name = match order {
        Endianness::Little => "little",
        Endianness::Big => "big",
    };
    attribute(lines, &variable.name, "_Endianness", |out| write!(out, "\"{name}\""))
}

/// Writes what there is to say of the whole file.
pub(super) fn file(lines: &mut Lines, model: &Model) -> io::Result<()> {
    if let Some(properties) = properties(model) {
        attribute(lines, b"", "_NCProperties", |out| {
            out.write_all(b"\"")?;
            out.write_all(names::c_string(properties))?; // as they are: ncdump escapes nothing here
            out.write_all(b"\"")
        })?;
    }
    if matches!(model.variant, Variant::Netcdf4 | Variant::Netcdf4Classic) {
        attribute(lines, b"", "_SuperblockVersion", |out| write!(out, "{}", model.provenance.superblock))?;
        attribute(lines, b"", "_IsNetcdf4", |out| write!(out, "{}", u8::from(model.provenance.marked)))?;
    }
    let format = match model.variant {
        Variant::Classic => "classic",
        Variant::Offset64 => "64-bit offset",
        Variant::Data64 => "cdf5",
        Variant::Netcdf4 => "netCDF-4",
        Variant::Netcdf4Classic => "netCDF-4 classic model",
    };
    attribute(lines, b"", "_Format", |out| write!(out, "\"{format}\""))
}

/// What `_NCProperties` says; in classic files it is an attribute as any other.
fn properties(model: &Model) -> Option<&[u8]> {
    let root: &Group = model.groups.first()?;
    let stored = || match &root.attributes.iter().find(|attribute| *attribute.name == *PROPERTIES)?.values {
        Values::Text(text) => Some(&**text),
        _ => None,
    };
    model.provenance.properties.as_deref().or_else(stored)
}

fn attribute(
    lines: &mut Lines,
    owner: &[u8],
    name: &str,
    value: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    lines.begin()?;
    lines.out.write_all(b"\t\t")?;
    names::write(lines.out, owner)?;
    write!(lines.out, ":{name} = ")?;
    value(lines.out)?;
    lines.out.write_all(b" ;\n")
}

fn joined(out: &mut dyn Write, between: &str, numbers: &[u64]) -> io::Result<()> {
    for (at, number) in numbers.iter().enumerate() {
        write!(out, "{}{number}", if at > 0 { between } else { "" })?;
    }
    Ok(())
}
