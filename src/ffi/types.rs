//! The types of the header, and what the library says of itself.

use std::ffi::{c_char, c_void};
use std::mem::offset_of;
use std::ptr::NonNull;

use super::guard::{bytes, guard};
use super::status::{Failure, Outcome, mx_status_t};
use crate::document::Kind;
use crate::engine::extractor::Want;
use crate::engine::usage::Usage;
use crate::formats::detect::detect;
use crate::options::Format;

/// Rises when callers must recompile; compare with mx_abi_version().
pub const MX_ABI_VERSION: u32 = 1;

/// Names a format. Passed in as an integer, so that no value from C is undefined behaviour.
pub type mx_format_t = i32;
/// As an answer: not known (yet).
pub const MX_FORMAT_AUTO: mx_format_t = 0;
/// DICOM.
pub const MX_FORMAT_DICOM: mx_format_t = 1;
/// FITS.
pub const MX_FORMAT_FITS: mx_format_t = 2;
/// HDF5.
pub const MX_FORMAT_HDF5: mx_format_t = 3;
/// NetCDF, classic and netCDF-4.
pub const MX_FORMAT_NETCDF: mx_format_t = 4;

/// Names the kind of a value in a document.
pub type mx_kind_t = i32;
/// null
pub const MX_KIND_NULL: mx_kind_t = 0;
/// true, false
pub const MX_KIND_BOOL: mx_kind_t = 1;
/// A number, integer or not.
pub const MX_KIND_NUMBER: mx_kind_t = 2;
/// A string.
pub const MX_KIND_STRING: mx_kind_t = 3;
/// An array.
pub const MX_KIND_ARRAY: mx_kind_t = 4;
/// An object.
pub const MX_KIND_OBJECT: mx_kind_t = 5;

/// Marks a range whose bytes save a round later when fed; it never blocks MX_DONE.
pub const MX_RANGE_HINT: u32 = 1;

/// Holds what to extract, and within which limits. Free with mx_options_free().
pub type mx_options_t = super::options::mx_options;
/// Reads one file. Free with mx_close().
pub type mx_extractor_t = super::extractor::mx_extractor;
/// Holds one extraction's result: immutable, outlives its extractor. Free with mx_document_free().
pub type mx_document_t = super::document::mx_document;
/// Reads many files. Free with mx_batch_close().
pub type mx_batch_t = super::batch::mx_batch;

/// Names bytes that the extractor asks for; any part of them helps.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct mx_range_t {
    /// Absolute offset in the stored file.
    pub offset: u64,
    /// UINT64_MAX: everything from here on.
    pub length: u64,
    /// MX_RANGE_HINT or 0.
    pub flags: u32,
    /// 0.
    pub reserved: u32,
}

/// Counts how a file was read. Set struct_size before the call; no more than that is written.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct mx_usage_t {
    /// sizeof(mx_usage_t), set by the caller.
    pub struct_size: usize,
    /// Heap bytes that this extractor holds.
    pub memory_now: u64,
    /// Heap bytes that it held at most.
    pub memory_peak: u64,
    /// Bytes handed in.
    pub bytes_fed: u64,
    /// Bytes really parsed or copied.
    pub bytes_needed: u64,
    /// Ranges wanted so far.
    pub requests: u64,
    /// Times that the wanted set was renewed.
    pub rounds: u64,
}

/// Says what went wrong, and where. Set struct_size before the call, no more than that is written; nothing to free.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct mx_error_t {
    /// sizeof(mx_error_t), set by the caller.
    pub struct_size: usize,
    /// An mx_status_t; MX_OK: no error.
    pub status: i32,
    /// Where in the file; UINT64_MAX: nowhere.
    pub offset: u64,
    /// NUL-terminated, cut at a character: what, where, which structure.
    pub message: [c_char; 240],
}

/// Hears how far the extraction is: done and total in bytes of the stored file; total 0: not known.
/// Returns 0: go on, else cancel.
pub type mx_progress_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, done: u64, total: u64) -> i32>;

/// Takes one line of NDJSON, {"pointer": "/headers/...", "value": ...}, as soon as it is known: len bytes, no NUL after
/// them, valid during the call. Returns 0: go on, else cancel.
pub type mx_record_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, line: *const c_char, len: usize) -> i32>;

/// Takes a piece of the document's JSON: len bytes, no NUL after them, valid during the call. A piece may end inside a
/// character. Returns 0: go on, else stop.
pub type mx_write_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, data: *const c_char, len: usize) -> i32>;

/// Returns the version of the library: "1.2.3".
#[unsafe(no_mangle)]
pub extern "C" fn mx_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// Returns the MX_ABI_VERSION that the library was built with.
#[unsafe(no_mangle)]
pub extern "C" fn mx_abi_version() -> u32 {
    MX_ABI_VERSION
}

/// Tells the format from a file's first bytes; 0: not known from these. 132 bytes show most files; DICOM without its
/// mark and HDF5 behind a user block need more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_detect(data: *const u8, len: usize) -> mx_format_t {
    guard(|| {
        // SAFETY: the caller passes NULL or len bytes.
        let head = unsafe { bytes(data, len) }?;
        Ok(format_number(detect(head)))
    })
}

pub(super) fn format_number(format: Option<Format>) -> mx_format_t {
    match format {
        None => MX_FORMAT_AUTO,
        Some(Format::Dicom) => MX_FORMAT_DICOM,
        Some(Format::Fits) => MX_FORMAT_FITS,
        Some(Format::Hdf5) => MX_FORMAT_HDF5,
        Some(Format::Netcdf) => MX_FORMAT_NETCDF,
    }
}

pub(super) fn format_from(number: mx_format_t) -> Outcome<Option<Format>> {
    match number {
        MX_FORMAT_AUTO => Ok(None),
        MX_FORMAT_DICOM => Ok(Some(Format::Dicom)),
        MX_FORMAT_FITS => Ok(Some(Format::Fits)),
        MX_FORMAT_HDF5 => Ok(Some(Format::Hdf5)),
        MX_FORMAT_NETCDF => Ok(Some(Format::Netcdf)),
        _ => Err(Failure::argument("argument format: out of range")),
    }
}

pub(super) fn kind_number(kind: Kind) -> mx_kind_t {
    match kind {
        Kind::Null => MX_KIND_NULL,
        Kind::Bool => MX_KIND_BOOL,
        Kind::Number => MX_KIND_NUMBER,
        Kind::String => MX_KIND_STRING,
        Kind::Array => MX_KIND_ARRAY,
        Kind::Object => MX_KIND_OBJECT,
    }
}

impl From<Want> for mx_range_t {
    fn from(want: Want) -> Self {
        let flags = if want.hint { MX_RANGE_HINT } else { 0 };
        mx_range_t { offset: want.offset, length: want.length, flags, reserved: 0 }
    }
}

/// A struct that C passes in to be filled, with its size in front.
pub(super) struct SizedOut<T> {
    out: NonNull<T>,
    size: usize,
}

impl<T> SizedOut<T> {
    /// Reads `struct_size`, and refuses less than `needed` bytes.
    ///
    /// # Safety
    /// `out` begins with `struct_size`, and so many bytes of it are there to be written until the value is dropped.
    unsafe fn new(out: NonNull<T>, needed: usize) -> Outcome<Self> {
        // SAFETY: both structs begin with a size_t, which the caller has set.
        let size = unsafe { out.cast::<usize>().read() };
        match size < needed {
            true => Err(Failure::argument("struct_size: not set, or too small")),
            false => Ok(SizedOut { out, size: size.min(size_of::<T>()) }),
        }
    }

    fn fill(&self, value: &T) {
        let skip = size_of::<usize>(); // struct_size stays the caller's
        // SAFETY: `new` was promised that `size` bytes are there, and the value has no fewer.
        unsafe {
            let from = std::ptr::from_ref(value).cast::<u8>().add(skip);
            self.out.cast::<u8>().add(skip).as_ptr().copy_from_nonoverlapping(from, self.size - skip);
        }
    }
}

impl SizedOut<mx_usage_t> {
    /// Needs the memory counters at least.
    ///
    /// # Safety
    /// `out` has at least the bytes that its `struct_size` says.
    pub(super) unsafe fn usage(out: NonNull<mx_usage_t>) -> Outcome<Self> {
        // SAFETY: the caller's promise is ours.
        unsafe { SizedOut::new(out, offset_of!(mx_usage_t, bytes_fed)) }
    }

    pub(super) fn write(&self, usage: Usage) {
        let Usage { memory_now, memory_peak, bytes_fed, bytes_needed, requests, rounds } = usage;
        let struct_size = self.size;
        self.fill(&mx_usage_t { struct_size, memory_now, memory_peak, bytes_fed, bytes_needed, requests, rounds });
    }
}

impl SizedOut<mx_error_t> {
    /// Needs room for an empty message at least.
    ///
    /// # Safety
    /// `out` has at least the bytes that its `struct_size` says.
    pub(super) unsafe fn error(out: NonNull<mx_error_t>) -> Outcome<Self> {
        // SAFETY: the caller's promise is ours.
        unsafe { SizedOut::new(out, offset_of!(mx_error_t, message) + 1) }
    }

    pub(super) fn write(&self, failure: Option<&Failure>) {
        let mut error = mx_error_t {
            struct_size: self.size,
            status: failure.map_or(mx_status_t::MX_OK, |failure| failure.status) as i32,
            offset: failure.and_then(|failure| failure.offset).unwrap_or(u64::MAX),
            message: [0; 240],
        };
        let room = (self.size - offset_of!(mx_error_t, message)).min(error.message.len()) - 1;
        let message = failure.map_or("", |failure| &failure.message);
        for (to, from) in error.message.iter_mut().zip(cut(message, room).bytes()) {
            *to = from as c_char;
        }
        self.fill(&error);
    }
}

/// The text's beginning of at most `room` bytes, cut between two characters.
fn cut(text: &str, room: usize) -> &str {
    let end = (0..=room.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}
