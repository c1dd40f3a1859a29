//! The calls of libnetcdf, each as a function that can't be called wrongly.
//!
//! libnetcdf is not thread-safe: all of them are made under [`crate::formats::reference::LIBRARIES`].
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::path::Path;

use netcdf_sys as nc;

use crate::error::{Error, ErrorKind, Result};
use crate::formats::reference;

pub(super) use nc::nc_type as TypeCode;

/// The longest name, and its NUL.
const NAME: usize = nc::NC_MAX_NAME as usize + 1;

/// A group of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(c_int);

/// Whose attributes are meant: the group's own, or those of a variable in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    group: c_int,
    variable: c_int,
}

/// An open file, closed when dropped.
#[derive(Debug)]
pub(super) struct File(c_int);

impl File {
    pub(super) fn open(path: &Path) -> Result<File> {
        let path = reference::c_path(path)?;
        let mut id = 0;
        // SAFETY: a NUL-terminated path and a place for the id.
        let opened = unsafe { nc::nc_open(path.as_ptr(), nc::NC_NOWRITE, &mut id) };
        reference::quiet();
        checked(opened)?;
        Ok(File(id))
    }

    pub(super) fn root(&self) -> Group {
        Group(self.0)
    }

    /// One of `NC_FORMAT_…`.
    pub(super) fn format(&self) -> Result<c_int> {
        // SAFETY: a place for the format.
        number(|format| unsafe { nc::nc_inq_format(self.0, format) })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the file is open, and nothing of it is used any more: groups and owners are numbers.
        unsafe { nc::nc_close(self.0) };
    }
}

/// The library's name and version.
pub(super) fn version() -> String {
    // SAFETY: a static NUL-terminated string.
    let version = unsafe { CStr::from_ptr(nc::nc_inq_libvers()) }.to_string_lossy();
    format!("libnetcdf {}", version.split(' ').next().unwrap_or_default())
}

/// A variable as it is defined.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: Box<[u8]>,
    pub(super) kind: TypeCode,
    pub(super) dimensions: Vec<c_int>,
}

impl Group {
    pub(super) fn name(self) -> Result<Box<[u8]>> {
        // SAFETY: room for the longest name.
        text(|name| unsafe { nc::nc_inq_grpname(self.0, name) })
    }

    pub(super) fn groups(self) -> Result<Vec<Group>> {
        // SAFETY: a place for the count, then room for so many.
        let ids = list(|count, ids| unsafe { nc::nc_inq_grps(self.0, count, ids) })?;
        Ok(ids.into_iter().map(Group).collect())
    }

    pub(super) fn dimensions(self) -> Result<Vec<c_int>> {
        // SAFETY: as in groups.
        list(|count, ids| unsafe { nc::nc_inq_dimids(self.0, count, ids, 0) })
    }

    pub(super) fn unlimited(self) -> Result<Vec<c_int>> {
        // SAFETY: as in groups.
        list(|count, ids| unsafe { nc::nc_inq_unlimdims(self.0, count, ids) })
    }

    pub(super) fn types(self) -> Result<Vec<TypeCode>> {
        // SAFETY: as in groups.
        list(|count, ids| unsafe { nc::nc_inq_typeids(self.0, count, ids) })
    }

    pub(super) fn variables(self) -> Result<Vec<c_int>> {
        // SAFETY: as in groups.
        list(|count, ids| unsafe { nc::nc_inq_varids(self.0, count, ids) })
    }

    pub(super) fn dimension(self, id: c_int) -> Result<(Box<[u8]>, u64)> {
        let mut length = 0;
        // SAFETY: room for the longest name, and a place for the length.
        let name = text(|name| unsafe { nc::nc_inq_dim(self.0, id, name, &mut length) })?;
        Ok((name, length as u64))
    }

    pub(super) fn variable(self, id: c_int) -> Result<Definition> {
        // SAFETY: a place for the rank.
        let rank = number(|rank| unsafe { nc::nc_inq_varndims(self.0, id, rank) })?;
        let mut dimensions = vec![0; usize::try_from(rank).unwrap_or(0)];
        let (mut kind, mut of_attributes) = (0, 0);
        let ids = dimensions.as_mut_ptr();
        let rank: *mut c_int = std::ptr::null_mut();
        // SAFETY: room for the longest name and for as many dimensions as there are; the rank is known.
        let name = text(|name| unsafe { nc::nc_inq_var(self.0, id, name, &mut kind, rank, ids, &mut of_attributes) })?;
        Ok(Definition { name, kind, dimensions })
    }

    pub(super) fn owner(self) -> Owner {
        Owner { group: self.0, variable: nc::NC_GLOBAL }
    }

    pub(super) fn owner_of(self, variable: c_int) -> Owner {
        Owner { group: self.0, variable }
    }

    /// Bytes of one element in memory.
    pub(super) fn size_of(self, kind: TypeCode) -> Result<usize> {
        let mut size = 0;
        // SAFETY: room for the longest name, and a place for the size.
        text(|name| unsafe { nc::nc_inq_type(self.0, kind, name, &mut size) })?;
        Ok(size)
    }

    pub(super) fn user_type(self, kind: TypeCode) -> Result<UserType> {
        let (mut size, mut base, mut fields, mut class) = (0, 0, 0, 0);
        let name = text(|name| {
            // SAFETY: room for the longest name, and places for the rest.
            unsafe { nc::nc_inq_user_type(self.0, kind, name, &mut size, &mut base, &mut fields, &mut class) }
        })?;
        Ok(UserType { name, size, base, fields, class })
    }

    pub(super) fn field(self, kind: TypeCode, index: usize) -> Result<Field> {
        let (mut offset, mut of, mut rank) = (0, 0, 0);
        let index = c_int::try_from(index).unwrap_or(c_int::MAX);
        // No field has more dimensions than a variable may have.
        let mut shape = vec![0; nc::NC_MAX_VAR_DIMS as usize];
        let dims = shape.as_mut_ptr();
        let name = text(|name| {
            // SAFETY: room for the longest name and the most dimensions, and places for the rest.
            unsafe { nc::nc_inq_compound_field(self.0, kind, index, name, &mut offset, &mut of, &mut rank, dims) }
        })?;
        shape.truncate(usize::try_from(rank).unwrap_or(0));
        Ok(Field { name, offset, kind: of, shape: shape.iter().map(|dim| *dim as u32).collect() })
    }

    /// A member of an enum: its name, and its number's bytes in memory.
    pub(super) fn member(self, kind: TypeCode, index: usize) -> Result<(Box<[u8]>, [u8; 8])> {
        let mut value = [0u8; 8];
        let at = value.as_mut_ptr().cast();
        let index = c_int::try_from(index).unwrap_or(c_int::MAX);
        // SAFETY: room for the longest name and the longest number.
        let name = text(|name| unsafe { nc::nc_inq_enum_member(self.0, kind, index, name, at) })?;
        Ok((name, value))
    }

    /// How a variable is stored, one of `NC_CHUNKED` …, and the shape of its chunks.
    pub(super) fn chunking(self, variable: c_int, rank: usize) -> Result<(c_int, Vec<u64>)> {
        let mut chunks = vec![0usize; rank];
        let at = chunks.as_mut_ptr();
        // SAFETY: a place for the layout and room for as many lengths as there are dimensions.
        let layout = number(|layout| unsafe { nc::nc_inq_var_chunking(self.0, variable, layout, at) })?;
        Ok((layout, chunks.into_iter().map(|length| length as u64).collect()))
    }

    pub(super) fn filters(self, variable: c_int) -> Result<Vec<(u32, Vec<u32>)>> {
        let mut count = 0;
        // SAFETY: a place for the count; no room for the ids is NULL.
        checked(unsafe { nc::nc_inq_var_filter_ids(self.0, variable, &mut count, std::ptr::null_mut()) })?;
        let mut ids: Vec<c_uint> = vec![0; count];
        // SAFETY: room for so many ids.
        checked(unsafe { nc::nc_inq_var_filter_ids(self.0, variable, &mut count, ids.as_mut_ptr()) })?;
        let parameters = |id: c_uint| {
            let mut count = 0;
            // SAFETY: a place for the count; no room for the parameters is NULL.
            checked(unsafe { nc::nc_inq_var_filter_info(self.0, variable, id, &mut count, std::ptr::null_mut()) })?;
            let mut all = vec![0; count];
            // SAFETY: room for so many parameters.
            checked(unsafe { nc::nc_inq_var_filter_info(self.0, variable, id, &mut count, all.as_mut_ptr()) })?;
            Ok((id, all))
        };
        ids.into_iter().map(parameters).collect()
    }

    /// One of `NC_ENDIAN_…`.
    pub(super) fn endianness(self, variable: c_int) -> Result<c_int> {
        // SAFETY: a place for the order.
        number(|order| unsafe { nc::nc_inq_var_endian(self.0, variable, order) })
    }

    pub(super) fn is_unfilled(self, variable: c_int) -> Result<bool> {
        // SAFETY: a place for the flag; the value is not asked for.
        let flag = number(|flag| unsafe { nc::nc_inq_var_fill(self.0, variable, flag, std::ptr::null_mut()) })?;
        Ok(flag != 0)
    }
}

/// A user type as it is defined.
#[derive(Debug)]
pub(super) struct UserType {
    pub(super) name: Box<[u8]>,
    pub(super) size: usize,
    pub(super) base: TypeCode,
    /// Fields of a compound, members of an enum.
    pub(super) fields: usize,
    /// One of `NC_COMPOUND` …
    pub(super) class: c_int,
}

/// A field of a compound, and where it stands in memory.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Box<[u8]>,
    pub(super) offset: usize,
    pub(super) kind: TypeCode,
    pub(super) shape: Vec<u32>,
}

/// An attribute's name, the type of its elements, and how many there are.
#[derive(Debug)]
pub(super) struct Attribute {
    owner: Owner,
    name: CString,
    pub(super) kind: TypeCode,
    pub(super) count: usize,
}

impl Owner {
    /// All of its attributes that libnetcdf shows.
    pub(super) fn attributes(self) -> Result<Vec<Attribute>> {
        let count = match self.variable {
            // SAFETY: a place for the count.
            nc::NC_GLOBAL => number(|count| unsafe { nc::nc_inq_natts(self.group, count) }),
            // SAFETY: the same.
            variable => number(|count| unsafe { nc::nc_inq_varnatts(self.group, variable, count) }),
        }?;
        let named = |index| {
            // SAFETY: room for the longest name.
            let name = text(|name| unsafe { nc::nc_inq_attname(self.group, self.variable, index, name) })?;
            self.attribute(&name)
        };
        (0..count).map(named).collect()
    }

    /// The attribute of this name; libnetcdf has some that it does not list.
    pub(super) fn attribute(self, name: &[u8]) -> Result<Attribute> {
        let name = CString::new(name).unwrap_or_default();
        let (mut kind, mut count) = (0, 0);
        // SAFETY: a NUL-terminated name, and places for type and count.
        checked(unsafe { nc::nc_inq_att(self.group, self.variable, name.as_ptr(), &mut kind, &mut count) })?;
        Ok(Attribute { owner: self, name, kind, count })
    }
}

impl Attribute {
    pub(super) fn name(&self) -> &[u8] {
        self.name.to_bytes()
    }

    /// Its elements as libnetcdf puts them into memory, of `size` bytes each; the words are there for their alignment. What
    /// they point to is the caller's.
    pub(super) fn elements(&self, size: usize) -> Result<Vec<u64>> {
        // An element more than there are: a file may change meanwhile, and text may get a NUL.
        let bytes = size.checked_mul(self.count.saturating_add(1));
        let words = bytes.map(|bytes| bytes.div_ceil(8)).filter(|words| *words <= isize::MAX as usize / 8);
        let words = words.ok_or_else(|| Error::new(ErrorKind::Limit, "libnetcdf: an attribute is too long"))?;
        let mut elements = vec![0u64; words];
        let Owner { group, variable } = self.owner;
        // SAFETY: a NUL-terminated name, and room for all elements.
        checked(unsafe { nc::nc_get_att(group, variable, self.name.as_ptr(), elements.as_mut_ptr().cast()) })?;
        Ok(elements)
    }
}

/// What a call says that gives one number.
fn number(call: impl FnOnce(*mut c_int) -> c_int) -> Result<c_int> {
    let mut number = 0;
    checked(call(&mut number))?;
    Ok(number)
}

/// What a call says that gives a name.
fn text(call: impl FnOnce(*mut c_char) -> c_int) -> Result<Box<[u8]>> {
    let mut name = [0u8; NAME];
    checked(call(name.as_mut_ptr().cast()))?;
    Ok(name.split(|byte| *byte == 0).next().unwrap_or_default().into())
}

/// What a call says that gives a count and then, where there is room, so many ids.
fn list(call: impl Fn(*mut c_int, *mut c_int) -> c_int) -> Result<Vec<c_int>> {
    let mut count = 0;
    checked(call(&mut count, std::ptr::null_mut()))?;
    let mut ids = vec![0; usize::try_from(count).unwrap_or(0)];
    if !ids.is_empty() {
        checked(call(&mut count, ids.as_mut_ptr()))?;
    }
    Ok(ids)
}

fn checked(status: c_int) -> Result<()> {
    if status == nc::NC_NOERR {
        return Ok(());
    }
    // SAFETY: a static NUL-terminated string for every number.
    let why = unsafe { CStr::from_ptr(nc::nc_strerror(status)) }.to_string_lossy();
    Err(Error::new(ErrorKind::Malformed, format!("libnetcdf: {why}")))
}
