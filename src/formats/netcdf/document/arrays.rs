//! The entries of `properties.arrays`.

use std::io::{self, Write};

use crate::document::builder::{Output, Refused};
use crate::document::json;
use crate::formats::name;
use crate::formats::netcdf::model::{Array, Atomic, Model, Type, Variable};

/// The numpy string of a type as classic files store it.
fn dtype(kind: Type) -> Option<&'static str> {
    let Type::Atomic(kind) = kind else { return None };
    Some(match kind {
        Atomic::Byte => "|i1",
        Atomic::Char => "|S1",
        Atomic::Short => ">i2",
        Atomic::Int => ">i4",
        Atomic::Float => ">f4",
        Atomic::Double => ">f8",
        Atomic::Ubyte => "|u1",
        Atomic::Ushort => ">u2",
        Atomic::Uint => ">u4",
        Atomic::Int64 => ">i8",
        Atomic::Uint64 => ">u8",
        Atomic::String => return None,
    })
}

/// Writes the entry of a variable, if it has one; `shape` is the member of that name, with a comma before it.
pub(super) fn write(
    out: &mut Output,
    line: &mut Vec<u8>,
    model: &Model,
    variable: &Variable,
    path: &str,
    shape: &[u8],
) -> Result<(), Refused> {
    line.clear();
    line.write_all(b"{\"path\":")?;
    name::write(line, path.as_bytes())?;
    match &variable.array {
        Array::None => return Ok(()),
        Array::Written { members, manifest } => {
            line.push(b',');
            line.write_all(members.array())?;
            if let Some(manifest) = manifest {
                line.push(b',');
                manifest.write(line)?;
            }
        }
        Array::Contiguous { offset } => {
            let size = bytes(model, variable, &variable.dimensions);
            begin(line, variable, shape, size)?;
            line.write_all(b"\"layout\":\"contiguous\",\"extents\":[")?;
            if let Some(size) = size.filter(|size| *size > 0) {
                json::behind(line, "[", *offset)?;
                json::behind(line, ",", size)?;
                line.push(b']');
            }
            line.push(b']');
        }
        Array::Records { offset, stride } => {
            let count = variable.dimensions.first().and_then(|id| model.dimensions[*id].length);
            let length = bytes(model, variable, variable.dimensions.get(1..).unwrap_or(&[]));
            let size = count.and_then(|count| length?.checked_mul(count));
            begin(line, variable, shape, size)?;
            json::behind(line, "\"layout\":\"strided\",\"strided\":{\"offset\":", *offset)?;
            json::behind(line, ",\"length\":", length.unwrap_or(0))?;
            json::behind(line, ",\"stride\":", *stride)?;
            line.write_all(b",\"count\":")?;
            json::optional(line, count)?;
            line.push(b'}');
        }
    }
    line.push(b'}');
    out.array(|out| out.write_all(line))
}

fn begin(line: &mut Vec<u8>, variable: &Variable, shape: &[u8], size: Option<u64>) -> io::Result<()> {
    match dtype(variable.kind) {
        Some(dtype) => {
            line.write_all(b",\"dtype\":\"")?;
            line.write_all(dtype.as_bytes())?;
            line.push(b'"');
        }
        None => line.write_all(b",\"dtype\":null")?,
    }
    line.write_all(shape)?;
    line.write_all(b",\"size_bytes\":")?;
    json::optional(line, size)?;
    line.write_all(b",\"stored_bytes\":")?;
    json::optional(line, size)?;
    line.push(b',');
    Ok(())
}

/// How long an array of these dimensions is; `None`: that is not known.
fn bytes(model: &Model, variable: &Variable, dimensions: &[usize]) -> Option<u64> {
    let size = match variable.kind {
        Type::Atomic(kind) => kind.size() as u64,
        Type::User(_) => return None,
    };
    dimensions.iter().try_fold(size, |size, id| size.checked_mul(model.dimensions[*id].length?))
}
