//! The calls of libhdf5, each as a function that can't be called wrongly.
//!
//! libhdf5 is mostly built without threads: all of them are made under [`crate::formats::reference::LIBRARIES`].
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr::{addr_of, null_mut};

use h5i::hid_t;
use h5p::H5P_DEFAULT;
use hdf5_metno_sys::h5::{H5_index_t, H5_iter_order_t, H5free_memory, H5get_libversion, haddr_t, herr_t, hsize_t};
use hdf5_metno_sys::{h5a, h5d, h5f, h5g, h5i, h5l, h5o, h5p, h5r, h5s, h5t};

use crate::error::{Error, ErrorKind, Result};
use crate::formats::hdf5::dataspace::{Dataspace, MAX_RANK};
use crate::formats::hdf5::fields::Address;
use crate::formats::hdf5::link::{Link, Target};
use crate::formats::reference;

/// What is open, closed when dropped.
#[derive(Debug)]
pub(super) struct Id(hid_t);

impl Id {
    fn new(id: hid_t, what: &str) -> Result<Id> {
        if id < 0 { Err(refused(what)) } else { Ok(Id(id)) }
    }
}

impl Drop for Id {
    fn drop(&mut self) {
        // SAFETY: the id is valid, and this its only owner.
        unsafe { h5i::H5Idec_ref(self.0) };
    }
}

fn refused(what: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("libhdf5 can't read {what}"))
}

fn checked(status: herr_t, what: &str) -> Result<()> {
    if status < 0 { Err(refused(what)) } else { Ok(()) }
}

/// The library's name and version.
pub(super) fn version() -> String {
    let (mut major, mut minor, mut release) = (0, 0, 0);
    // SAFETY: places for three numbers.
    unsafe { H5get_libversion(&mut major, &mut minor, &mut release) };
    format!("libhdf5 {major}.{minor}.{release}")
}

/// What an object is, and where.
#[derive(Debug)]
pub(super) struct Info {
    pub(super) address: Address,
    pub(super) kind: h5o::H5O_type_t,
    pub(super) hard_links: u32,
    pub(super) attributes: u64,
}

/// Where a dataset's elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Compact,
    Contiguous,
    Chunked,
    Virtual,
}

/// What a file says of itself: version of the superblock, length of the user block, bytes of an address.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) version: u8,
    pub(super) user_block: u64,
    pub(super) offsets: u8,
}

/// Opens a file for reading.
pub(super) fn open(path: &Path) -> Result<Id> {
    let path = reference::c_path(path)?;
    reference::quiet();
    // SAFETY: a NUL-terminated path.
    unsafe { Id::new(h5f::H5Fopen(path.as_ptr(), h5f::H5F_ACC_RDONLY, H5P_DEFAULT), "this file") }
}

pub(super) fn facts(file: &Id) -> Result<Facts> {
    let mut info = h5f::H5F_info2_t::default();
    let (mut user_block, mut offsets, mut lengths) = (0, 0, 0);
    // SAFETY: open ids, and places for what is asked.
    unsafe {
        checked(h5f::H5Fget_info2(file.0, &mut info), "the superblock")?;
        let list = Id::new(h5f::H5Fget_create_plist(file.0), "the superblock")?;
        checked(h5p::H5Pget_userblock(list.0, &mut user_block), "the user block")?;
        checked(h5p::H5Pget_sizes(list.0, &mut offsets, &mut lengths), "the superblock")?;
    }
    let version = u8::try_from(info.super_.version).unwrap_or(u8::MAX);
    Ok(Facts { version, user_block, offsets: u8::try_from(offsets).unwrap_or(8) })
}

pub(super) fn root(file: &Id) -> Result<Id> {
    // SAFETY: an open file and a NUL-terminated path.
    Id::new(unsafe { h5g::H5Gopen2(file.0, c"/".as_ptr(), H5P_DEFAULT) }, "the root group")
}

pub(super) fn object_at(file: &Id, address: Address) -> Result<Id> {
    // SAFETY: an open file; the library looks at what stands at the address.
    #[allow(deprecated)]
    Id::new(unsafe { h5o::H5Oopen_by_addr(file.0, address) }, "an object")
}

#[allow(deprecated)]
pub(super) fn info(object: &Id) -> Result<Info> {
    let mut info = h5o::H5O_info1_t::default();
    // SAFETY: an open object and a place for what is said of it.
    checked(unsafe { h5o::H5Oget_info1(object.0, &mut info) }, "an object")?;
    Ok(Info { address: info.addr, kind: info.type_, hard_links: info.rc, attributes: info.num_attrs })
}

/// The names of a group's members.
fn names(group: &Id) -> Result<Vec<CString>> {
    unsafe extern "C" fn take(_: hid_t, name: *const c_char, _: *const h5l::H5L_info1_t, all: *mut c_void) -> herr_t {
        // SAFETY: the list that is given below, and a NUL-terminated name.
        unsafe { (*all.cast::<Vec<CString>>()).push(CStr::from_ptr(name).to_owned()) };
        0
    }
    let mut names: Vec<CString> = Vec::new();
    let all = (&raw mut names).cast();
    // SAFETY: an open group; the list outlives the call.
    #[allow(deprecated)]
    let done = unsafe {
        h5l::H5Literate1(
            group.0,
            H5_index_t::H5_INDEX_NAME,
            H5_iter_order_t::H5_ITER_NATIVE,
            null_mut(),
            Some(take),
            all,
        )
    };
    checked(done, "the links of a group")?;
    Ok(names)
}

/// The links of a group.
pub(super) fn links(group: &Id) -> Result<Vec<Link>> {
    names(group)?
        .into_iter()
        .map(|name| {
            let target = target(group, &name)?;
            Ok(Link { name: name.as_bytes().into(), target, creation_order: None })
        })
        .collect()
}

fn target(group: &Id, name: &CStr) -> Result<Target> {
    const WHAT: &str = "a link";
    let mut info = MaybeUninit::<h5l::H5L_info1_t>::zeroed();
    // SAFETY: an open group, a NUL-terminated name, a place for what is said of the link. Of that the class is read as the
    // number that it is, since the bindings' enum lacks those of user-defined links; the union is an address or a length.
    let (class, value) = unsafe {
        #[allow(deprecated)]
        checked(h5l::H5Lget_info1(group.0, name.as_ptr(), info.as_mut_ptr(), H5P_DEFAULT), WHAT)?;
        let info = info.as_ptr();
        (addr_of!((*info).type_).cast::<c_int>().read(), addr_of!((*info).u).cast::<u64>().read())
    };
    if class == 0 {
        return Ok(Target::Hard(value));
    }
    let mut bytes = vec![0u8; usize::try_from(value).map_err(|_| refused(WHAT))?];
    if class == 1 || class == 64 {
        // SAFETY: room for as many bytes as the link has.
        checked(
            unsafe { h5l::H5Lget_val(group.0, name.as_ptr(), bytes.as_mut_ptr().cast(), bytes.len(), H5P_DEFAULT) },
            WHAT,
        )?;
    }
    let until_nul = |bytes: &[u8]| Box::from(bytes.split(|byte| *byte == 0).next().unwrap_or_default());
    Ok(match class {
        1 => Target::Soft(until_nul(&bytes)),
        64 => {
            // A byte of version and flags, the file's name, the object's path.
            let file: Box<[u8]> = until_nul(bytes.get(1..).unwrap_or_default());
            let path = until_nul(bytes.get(file.len() + 2..).unwrap_or_default());
            Target::External { file, path }
        }
        class => Target::UserDefined(class as u8),
    })
}

/// Looks whether all attributes of an object can be read: where one can't, to open any by its place crashes libhdf5 1.10 now and
/// then.
pub(super) fn check_attributes(object: &Id) -> Result<()> {
    // SAFETY: an open object and a NUL-terminated name.
    checked(unsafe { h5a::H5Aexists(object.0, c"no attribute has this name".as_ptr()) }, "the attributes of an object")
}

pub(super) fn attribute(object: &Id, index: u64) -> Result<Id> {
    let (by, order) = (H5_index_t::H5_INDEX_NAME, H5_iter_order_t::H5_ITER_INC);
    // SAFETY: an open object and a NUL-terminated path.
    let id = unsafe { h5a::H5Aopen_by_idx(object.0, c".".as_ptr(), by, order, index, H5P_DEFAULT, H5P_DEFAULT) };
    Id::new(id, "an attribute")
}

pub(super) fn attribute_name(attribute: &Id) -> Result<Vec<u8>> {
    // SAFETY: an open attribute, and room for as many bytes as are said.
    text(|at, room| unsafe { h5a::H5Aget_name(attribute.0, room, at) }, "an attribute's name")
}

pub(super) fn attribute_type(attribute: &Id) -> Result<Id> {
    // SAFETY: an open attribute.
    Id::new(unsafe { h5a::H5Aget_type(attribute.0) }, "an attribute's type")
}

pub(super) fn attribute_space(attribute: &Id) -> Result<Id> {
    // SAFETY: an open attribute.
    Id::new(unsafe { h5a::H5Aget_space(attribute.0) }, "an attribute's shape")
}

pub(super) fn dataset_type(dataset: &Id) -> Result<Id> {
    // SAFETY: an open dataset.
    Id::new(unsafe { h5d::H5Dget_type(dataset.0) }, "a dataset's type")
}

pub(super) fn dataset_space(dataset: &Id) -> Result<Id> {
    // SAFETY: an open dataset.
    Id::new(unsafe { h5d::H5Dget_space(dataset.0) }, "a dataset's shape")
}

/// What a dataset was made with.
pub(super) fn dataset_list(dataset: &Id) -> Result<Id> {
    // SAFETY: an open dataset.
    Id::new(unsafe { h5d::H5Dget_create_plist(dataset.0) }, "a dataset's properties")
}

/// Where the elements stand that are in one piece, absolute.
pub(super) fn dataset_offset(dataset: &Id) -> Option<u64> {
    // SAFETY: an open dataset.
    Some(unsafe { h5d::H5Dget_offset(dataset.0) }).filter(|offset| *offset != haddr_t::MAX)
}

pub(super) fn storage_size(dataset: &Id) -> u64 {
    // SAFETY: an open dataset.
    unsafe { h5d::H5Dget_storage_size(dataset.0) }
}

pub(super) fn dataspace(space: &Id) -> Result<Dataspace> {
    // SAFETY: an open dataspace, and room for as many dimensions as the library allows.
    unsafe {
        match h5s::H5Sget_simple_extent_type(space.0) {
            h5s::H5S_class_t::H5S_NULL => return Ok(Dataspace::Null),
            h5s::H5S_class_t::H5S_SCALAR => return Ok(Dataspace::SCALAR),
            h5s::H5S_class_t::H5S_SIMPLE => {}
            h5s::H5S_class_t::H5S_NO_CLASS => return Err(refused("a shape")),
        }
        let (mut dims, mut most) = ([0; MAX_RANK], [0; MAX_RANK]);
        let rank = h5s::H5Sget_simple_extent_dims(space.0, dims.as_mut_ptr(), most.as_mut_ptr());
        let rank = usize::try_from(rank).map_err(|_| refused("a shape"))?;
        let max_dims = most.iter().take(rank).map(|most| Some(*most).filter(|most| *most != hsize_t::MAX)).collect();
        Ok(Dataspace::Simple { dims: dims.iter().take(rank).copied().collect(), max_dims })
    }
}

pub(super) fn layout(list: &Id) -> Result<Layout> {
    // SAFETY: an open property list.
    Ok(match unsafe { h5p::H5Pget_layout(list.0) } {
        h5d::H5D_layout_t::H5D_COMPACT => Layout::Compact,
        h5d::H5D_layout_t::H5D_CONTIGUOUS => Layout::Contiguous,
        h5d::H5D_layout_t::H5D_CHUNKED => Layout::Chunked,
        h5d::H5D_layout_t::H5D_VIRTUAL => Layout::Virtual,
        _ => return Err(refused("a dataset's layout")),
    })
}

pub(super) fn chunk(list: &Id) -> Result<Vec<u64>> {
    let mut dims = [0; MAX_RANK];
    // SAFETY: an open property list, and room for as many dimensions as are said.
    let rank = unsafe { h5p::H5Pget_chunk(list.0, MAX_RANK as c_int, dims.as_mut_ptr()) };
    let rank = usize::try_from(rank).map_err(|_| refused("a chunk's shape"))?;
    Ok(dims.iter().take(rank).copied().collect())
}

/// A filter's number, its name, and its parameters.
pub(super) type Filter = (u16, Vec<u8>, Vec<u32>);

pub(super) fn filters(list: &Id) -> Result<Vec<Filter>> {
    const WHAT: &str = "a filter";
    // SAFETY: an open property list.
    let count = unsafe { h5p::H5Pget_nfilters(list.0) };
    let filter = |index: c_uint| {
        let (mut flags, mut config, mut count) = (0, 0, 0);
        let mut name = [0u8; 256];
        // SAFETY: an open property list, room for a name, and places for the rest; no parameter is asked for, then as many as
        // there are.
        unsafe {
            let at = name.as_mut_ptr().cast();
            let id =
                h5p::H5Pget_filter2(list.0, index, &mut flags, &mut count, null_mut(), name.len(), at, &mut config);
            checked(id, WHAT)?;
            let mut params = vec![0; count];
            let id = h5p::H5Pget_filter2(
                list.0,
                index,
                &mut flags,
                &mut count,
                params.as_mut_ptr(),
                0,
                null_mut(),
                &mut config,
            );
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
            Ok((u16::try_from(id).map_err(|_| refused(WHAT))?, name, params))
        }
    };
    (0..c_uint::try_from(count).map_err(|_| refused(WHAT))?).map(filter).collect()
}

/// Name, offset and size of a file that holds elements; the size may be unlimited.
pub(super) type ExternalFile = (Vec<u8>, u64, Option<u64>);

/// The files that hold the elements.
pub(super) fn external_files(list: &Id) -> Result<Vec<ExternalFile>> {
    // SAFETY: an open property list.
    let count = unsafe { h5p::H5Pget_external_count(list.0) };
    let file = |index: c_uint| {
        let mut name = vec![0u8; 1 << 16];
        let (mut offset, mut size) = (0, 0);
        // SAFETY: room for as long a name as is said, of which a byte is left for its NUL; places for offset and size.
        let got = unsafe {
            h5p::H5Pget_external(list.0, index, name.len() - 1, name.as_mut_ptr().cast(), &mut offset, &mut size)
        };
        checked(got, "an external file")?;
        name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(0));
        Ok((name, offset as u64, Some(size).filter(|size| *size != hsize_t::MAX)))
    };
    (0..c_uint::try_from(count).unwrap_or(0)).map(file).collect()
}

/// File and dataset of each source of a virtual dataset.
pub(super) fn sources(list: &Id) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut count = 0;
    // SAFETY: an open property list and a place for the count.
    checked(unsafe { h5p::H5Pget_virtual_count(list.0, &mut count) }, "the sources of a dataset")?;
    let source = |index| {
        // SAFETY: an open property list, and room for as many bytes as are said.
        let file =
            text(|at, room| unsafe { h5p::H5Pget_virtual_filename(list.0, index, at, room) }, "a source's file")?;
        // SAFETY: the same.
        let of = text(|at, room| unsafe { h5p::H5Pget_virtual_dsetname(list.0, index, at, room) }, "a source's name")?;
        Ok((file, of))
    };
    (0..count).map(source).collect()
}

/// The address of the object that a reference to a region leads to.
pub(super) fn region_of(file: &Id, reference: [u8; REGION]) -> Result<Address> {
    let kind = h5r::H5R_type_t::H5R_DATASET_REGION;
    // SAFETY: an open file, and a reference of the size that its kind has.
    let id = unsafe { h5r::H5Rdereference2(file.0, H5P_DEFAULT, kind, reference.as_ptr().cast()) };
    Ok(info(&Id::new(id, "what a reference leads to")?)?.address)
}

/// Bytes of a reference to a region, in memory.
pub(super) const REGION: usize = 12;

/// What the type calls say, as numbers where they are numbers in the file too.
pub(super) mod types {
    use super::*;

    /// How the bits of a number stand in its bytes.
    #[derive(Debug)]
    pub(in super::super) struct Bits {
        pub(in super::super) order: h5t::H5T_order_t,
        pub(in super::super) offset: u16,
        pub(in super::super) precision: u16,
        pub(in super::super) padded: bool,
    }

    /// A field's position and length, and what they are of, as `H5Tget_fields` gives them.
    #[derive(Debug, Default)]
    pub(in super::super) struct Float {
        pub(in super::super) sign: usize,
        pub(in super::super) exponent: usize,
        pub(in super::super) exponent_bits: usize,
        pub(in super::super) mantissa: usize,
        pub(in super::super) mantissa_bits: usize,
        pub(in super::super) bias: usize,
        /// Bits that no field has are ones.
        pub(in super::super) padded: bool,
    }

    pub(in super::super) fn class(of: &Id) -> h5t::H5T_class_t {
        // SAFETY: an open type.
        unsafe { h5t::H5Tget_class(of.0) }
    }

    /// Bytes of an element in memory.
    pub(in super::super) fn size(of: &Id) -> usize {
        // SAFETY: an open type.
        unsafe { h5t::H5Tget_size(of.0) }
    }

    pub(in super::super) fn bits(of: &Id) -> Bits {
        let (mut low, mut high) = (h5t::H5T_pad_t::H5T_PAD_ZERO, h5t::H5T_pad_t::H5T_PAD_ZERO);
        // SAFETY: an open type, and places for the two paddings.
        unsafe {
            h5t::H5Tget_pad(of.0, &mut low, &mut high);
            let ones = h5t::H5T_pad_t::H5T_PAD_ONE;
            Bits {
                order: h5t::H5Tget_order(of.0),
                offset: u16::try_from(h5t::H5Tget_offset(of.0)).unwrap_or(0),
                precision: u16::try_from(h5t::H5Tget_precision(of.0)).unwrap_or(0),
                padded: low == ones || high == ones,
            }
        }
    }

    pub(in super::super) fn is_signed(of: &Id) -> bool {
        // SAFETY: an open type.
        unsafe { h5t::H5Tget_sign(of.0) == h5t::H5T_sign_t::H5T_SGN_2 }
    }

    pub(in super::super) fn float(of: &Id) -> (Float, h5t::H5T_norm_t) {
        let mut float = Float::default();
        // SAFETY: an open type, and places for the five fields.
        unsafe {
            h5t::H5Tget_fields(
                of.0,
                &mut float.sign,
                &mut float.exponent,
                &mut float.exponent_bits,
                &mut float.mantissa,
                &mut float.mantissa_bits,
            );
            float.bias = h5t::H5Tget_ebias(of.0);
            float.padded = h5t::H5Tget_inpad(of.0) == h5t::H5T_pad_t::H5T_PAD_ONE;
            (float, h5t::H5Tget_norm(of.0))
        }
    }

    pub(in super::super) fn is_variable_text(of: &Id) -> bool {
        // SAFETY: an open type.
        unsafe { h5t::H5Tis_variable_str(of.0) > 0 }
    }

    pub(in super::super) fn text(of: &Id) -> (h5t::H5T_str_t, h5t::H5T_cset_t) {
        // SAFETY: an open type.
        unsafe { (h5t::H5Tget_strpad(of.0), h5t::H5Tget_cset(of.0)) }
    }

    pub(in super::super) fn tag(of: &Id) -> Result<Box<[u8]>> {
        // SAFETY: an open type.
        owned(unsafe { h5t::H5Tget_tag(of.0) }, "an opaque type's tag")
    }

    /// The type of the elements of an array, of a sequence, or of the numbers of an enum.
    pub(in super::super) fn base(of: &Id) -> Result<Id> {
        // SAFETY: an open type.
        Id::new(unsafe { h5t::H5Tget_super(of.0) }, "a type's base")
    }

    pub(in super::super) fn array_dims(of: &Id) -> Result<Vec<u32>> {
        let mut dims = [0; MAX_RANK];
        // SAFETY: an open type, and room for as many dimensions as the library allows.
        let rank = unsafe { h5t::H5Tget_array_dims2(of.0, dims.as_mut_ptr()) };
        let rank = usize::try_from(rank).map_err(|_| refused("an array type"))?;
        let dim = |dim: &hsize_t| u32::try_from(*dim).map_err(|_| refused("an array type"));
        dims.iter().take(rank).map(dim).collect()
    }

    /// How many members a compound or an enum has.
    pub(in super::super) fn members(of: &Id) -> Result<c_uint> {
        // SAFETY: an open type.
        c_uint::try_from(unsafe { h5t::H5Tget_nmembers(of.0) }).map_err(|_| refused("a type's members"))
    }

    pub(in super::super) fn member_name(of: &Id, index: c_uint) -> Result<Box<[u8]>> {
        // SAFETY: an open type.
        owned(unsafe { h5t::H5Tget_member_name(of.0, index) }, "a member's name")
    }

    /// Where a member stands in memory, and its type.
    pub(in super::super) fn member(of: &Id, index: c_uint) -> Result<(usize, Id)> {
        // SAFETY: an open type.
        unsafe {
            let offset = h5t::H5Tget_member_offset(of.0, index);
            Ok((offset, Id::new(h5t::H5Tget_member_type(of.0, index), "a member's type")?))
        }
    }

    /// The number of an enum's member, of `size` bytes.
    pub(in super::super) fn member_value(of: &Id, index: c_uint, size: usize) -> Result<Vec<u8>> {
        let mut value = vec![0u8; size.max(self::size(of))];
        // SAFETY: an open type, and room for a number of its size.
        checked(unsafe { h5t::H5Tget_member_value(of.0, index, value.as_mut_ptr().cast()) }, "an enum")?;
        value.truncate(size);
        Ok(value)
    }

    /// Text that the library made for us.
    fn owned(text: *mut c_char, what: &str) -> Result<Box<[u8]>> {
        if text.is_null() {
            return Err(refused(what));
        }
        // SAFETY: NUL-terminated; it is ours to give back, once.
        unsafe {
            let copy = CStr::from_ptr(text).to_bytes().into();
            H5free_memory(text.cast());
            Ok(copy)
        }
    }
}

/// Elements as the library puts them into memory, given back when dropped.
#[derive(Debug)]
pub(super) struct Elements {
    words: Vec<u64>,
    length: usize,
    of: Id,
    space: Id,
}

impl Elements {
    /// Room for `length` bytes; the words are there for their alignment.
    fn room(length: usize, of: Id, space: Id) -> Elements {
        Elements { words: vec![0; length.div_ceil(8) + 1], length, of, space }
    }

    /// The elements of an attribute: `length` bytes of type `of`.
    pub(super) fn of_attribute(attribute: &Id, of: Id, space: Id, length: usize) -> Result<Elements> {
        let mut elements = Elements::room(length, of, space);
        // SAFETY: an open attribute with its own type, and room for all of its elements.
        checked(
            unsafe { h5a::H5Aread(attribute.0, elements.of.0, elements.words.as_mut_ptr().cast()) },
            "an attribute's value",
        )?;
        Ok(elements)
    }

    /// The fill value that the writer has set.
    pub(super) fn of_fill(list: &Id, of: Id) -> Result<Option<Elements>> {
        let what = "a fill value";
        let mut status = h5d::H5D_fill_value_t::H5D_FILL_VALUE_UNDEFINED;
        // SAFETY: an open property list, and a place for the answer.
        checked(unsafe { h5p::H5Pfill_value_defined(list.0, &mut status) }, what)?;
        if status != h5d::H5D_fill_value_t::H5D_FILL_VALUE_USER_DEFINED {
            return Ok(None);
        }
        // SAFETY: no arguments to get wrong.
        let space = Id::new(unsafe { h5s::H5Screate(h5s::H5S_class_t::H5S_SCALAR) }, what)?;
        let length = types::size(&of);
        let mut elements = Elements::room(length, of, space);
        // SAFETY: an open property list, and room for an element of this type.
        checked(unsafe { h5p::H5Pget_fill_value(list.0, elements.of.0, elements.words.as_mut_ptr().cast()) }, what)?;
        Ok(Some(elements))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: there are at least so many bytes in the words, and bytes may be anything.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }

    /// The text that an element of these points to; `None`: to none.
    ///
    /// # Safety
    /// `element` is one of variable-length text among these elements, or among what they point to.
    pub(super) unsafe fn text<'a>(&'a self, element: &'a [u8]) -> Option<&'a [u8]> {
        // SAFETY: such an element is a pointer to NUL-terminated text that lives until these are dropped.
        unsafe {
            let text = element.as_ptr().cast::<*const c_char>().read_unaligned();
            (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes())
        }
    }

    /// How many items the sequence has that an element of these points to, and their bytes, of `size` each.
    ///
    /// # Safety
    /// `element` is one of a variable-length type among these elements, or among what they point to; its items are of that size.
    pub(super) unsafe fn items<'a>(&'a self, element: &'a [u8], size: usize) -> (usize, &'a [u8]) {
        // SAFETY: such an element says how many items stand where; they live until these are dropped.
        unsafe {
            let sequence = element.as_ptr().cast::<h5t::hvl_t>().read_unaligned();
            match sequence.p.is_null() {
                true => (0, &[]),
                false => (sequence.len, std::slice::from_raw_parts(sequence.p.cast(), sequence.len * size)),
            }
        }
    }
}

impl Drop for Elements {
    fn drop(&mut self) {
        // SAFETY: the library has filled the words with elements of this type and shape; nobody uses them any more.
        unsafe { h5d::H5Dvlen_reclaim(self.of.0, self.space.0, H5P_DEFAULT, self.words.as_mut_ptr().cast()) };
    }
}

/// Text of a length that the library says first.
fn text(call: impl Fn(*mut c_char, usize) -> isize, what: &str) -> Result<Vec<u8>> {
    let length = usize::try_from(call(null_mut(), 0)).map_err(|_| refused(what))?;
    let mut text = vec![0u8; length + 1];
    checked(c_int::try_from(call(text.as_mut_ptr().cast(), text.len())).unwrap_or(0), what)?;
    text.truncate(length);
    Ok(text)
}
