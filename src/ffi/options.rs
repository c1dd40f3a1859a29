//! `mx_options_*`: what to extract, and within which limits.

use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::guard::{free, guard, place};
use super::status::{Failure, Outcome, mx_status_t, mx_status_t::MX_OK};
use super::types::{format_from, mx_format_t, mx_options_t, mx_progress_fn, mx_record_fn};
use crate::options::{Options, Progress, Records};

/// What `mx_options_t` points to.
pub struct mx_options {
    pub(super) options: Options,
}

/// The caller's pointer, which the library only hands back.
///
/// Send and Sync are sound since nothing here follows the pointer, and a callback runs on the thread of the call that
/// it interrupts: no thread of the library calls it (`mx_batch_open()` refuses options with callbacks). A host that uses one
/// options handle on several threads is called on each of them; the header says so.
#[derive(Clone, Copy)]
pub(super) struct UserData(*mut c_void);

// SAFETY: see above; the caller vouches for what user_data points to.
unsafe impl Send for UserData {}
// SAFETY: as for Send.
unsafe impl Sync for UserData {}

impl UserData {
    pub(super) fn new(user_data: *mut c_void) -> Self {
        UserData(user_data)
    }

    // A method, so that closures capture the wrapper and not the bare pointer in it.
    pub(super) fn get(self) -> *mut c_void {
        self.0
    }
}

/// Makes options with the default values.
#[unsafe(no_mangle)]
pub extern "C" fn mx_options_new() -> *mut mx_options_t {
    guard(|| Ok(Box::into_raw(Box::new(mx_options { options: Options::default() }))))
}

/// Frees options. Extractors that were opened with them keep their copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_free(o: *mut mx_options_t) {
    // SAFETY: the caller passes NULL or options that nobody uses any more.
    guard(|| unsafe { free(o) })
}

/// Forces a format. Default MX_FORMAT_AUTO: looks at the bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_format(o: *mut mx_options_t, format: mx_format_t) -> mx_status_t {
    // SAFETY: the caller passes NULL or options that only this thread uses now.
    unsafe { set(o, format_from(format), |options, format| options.format = format) }
}

/// Limits the heap that one extraction may hold; in a batch, that of all at once. Default 256 MiB; charged before
/// allocating. Not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_memory_limit(o: *mut mx_options_t, bytes: u64) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, positive(bytes, "memory limit"), |options, bytes| options.memory_limit = bytes) }
}

/// Limits the length of a value that is shown; a longer one is named with its byte range. Default 65536.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_max_value_bytes(o: *mut mx_options_t, bytes: u64) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(bytes), |options, bytes| options.max_value_bytes = bytes) }
}

/// Limits the length of a binary DICOM value that is shown; a longer one is named with its byte range. Default 1024.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_max_inline_bytes(o: *mut mx_options_t, bytes: u64) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(bytes), |options, bytes| options.max_inline_bytes = bytes) }
}

/// Limits nesting; what is deeper is cut with a warning. Default 64; not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_max_depth(o: *mut mx_options_t, levels: u32) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, positive(levels, "depth"), |options, levels| options.max_depth = levels) }
}

/// Lists every chunk of every chunked dataset where on is not 0. Default 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_chunk_manifest(o: *mut mx_options_t, on: i32) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(on != 0), |options, on| options.chunk_manifest = on) }
}

/// Asks for statistics, a full pass over the data, where on is not 0. Default 0. Where this build has none, mx_open()
/// gives MX_ERR_UNSUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_statistics(o: *mut mx_options_t, on: i32) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(on != 0), |options, on| options.statistics = on) }
}

/// Sets what the library's own file reader asks for at once, for all formats. Default 64 KiB; not 0. Over 8 MiB, or an
/// eighth of the memory limit, counts as that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_chunk_size(o: *mut mx_options_t, bytes: u64) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, positive(bytes, "chunk size"), |options, bytes| options.chunk_size.set(None, bytes)) }
}

/// Sets the same for files of one format; MX_FORMAT_AUTO: for all. NetCDF-4 files are read as HDF5 is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_format_chunk_size(
    o: *mut mx_options_t,
    format: mx_format_t,
    bytes: u64,
) -> mx_status_t {
    let size = positive(bytes, "chunk size").and_then(|bytes| Ok((format_from(format)?, bytes)));
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, size, |options, (format, bytes)| options.chunk_size.set(format, bytes)) }
}

/// Joins wanted ranges that are nearer than this. Default 64 KiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_merge_gap(o: *mut mx_options_t, bytes: u64) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(bytes), |options, bytes| options.merge_gap = bytes) }
}

/// Reads each file in one piece where on is 0, and not only what is needed of it. Default 1. The document does not change.
/// A file over a quarter of the memory limit is read in pieces all the same. Only regular files can be read then, by path:
/// mx_feed_chunk() and mx_feed_at() give MX_ERR_STATE.
///
/// In a build with the feature "reference" it does change where on is 0: libhdf5 and libnetcdf then read HDF5 and NetCDF
/// files, and file.reader says so. They crash on files that were made to crash them, and keep to no memory limit: only for
/// files whose writers are trusted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_streaming(o: *mut mx_options_t, on: i32) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(on != 0), |options, on| options.streaming = on) }
}

/// Reads files up to this size in one piece. Default 1 MiB; 0: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_streaming_threshold(o: *mut mx_options_t, bytes: u64) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(bytes), |options, bytes| options.streaming_threshold = bytes) }
}

/// Has libhdf5 or libnetcdf read a file where our reader ended in an error, where on is not 0. Default 0. A file that was
/// made to fail here then reaches C libraries that can be crashed: only for files whose writers are trusted. What was fed
/// has no file to go back to: its error stands. Without the feature "reference" mx_open() gives MX_ERR_UNSUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_fallback(o: *mut mx_options_t, on: i32) -> mx_status_t {
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(on != 0), |options, on| options.fallback = on) }
}

/// Sets the function that hears how far an extraction is. fn NULL: none. user_data is handed to it as it is, and must
/// bear use by each thread that extracts with these options. It is called no more often than once in 256 KiB, and when
/// nothing more is wanted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_progress(
    o: *mut mx_options_t,
    r#fn: mx_progress_fn,
    user_data: *mut c_void,
) -> mx_status_t {
    let user_data = UserData::new(user_data);
    let progress = r#fn.map(|callback| -> Progress {
        // SAFETY: the caller keeps the function and user_data alive as long as an extractor has these options.
        Arc::new(move |done, total| go_on(unsafe { callback(user_data.get(), done, total) }))
    });
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(progress), |options, progress| options.progress = progress) }
}

/// Sets the function that takes each value as soon as it is known; the document then keeps the envelope only. fn NULL:
/// none. user_data as in mx_options_set_progress().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_options_set_records(
    o: *mut mx_options_t,
    r#fn: mx_record_fn,
    user_data: *mut c_void,
) -> mx_status_t {
    let user_data = UserData::new(user_data);
    let records = r#fn.map(|callback| -> Records {
        Arc::new(move |line: &str| {
            // SAFETY: as in mx_options_set_progress; the line lives during the call.
            go_on(unsafe { callback(user_data.get(), line.as_ptr().cast::<c_char>(), line.len()) })
        })
    });
    // SAFETY: as in mx_options_set_format.
    unsafe { set(o, Ok(records), |options, records| options.records = records) }
}

/// The options behind a pointer that may be NULL: the defaults. A copy, since a callback may change them.
///
/// # Safety
/// `o` is NULL, or options that nobody changes during the call.
pub(super) unsafe fn copied(o: *const mx_options_t) -> Options {
    // SAFETY: the caller's promise is ours.
    unsafe { o.as_ref() }.map_or_else(Options::default, |o| o.options.clone())
}

/// # Safety
/// `o` is NULL, or options that only this thread uses now.
unsafe fn set<T>(o: *mut mx_options_t, value: Outcome<T>, put: impl FnOnce(&mut Options, T)) -> mx_status_t {
    guard(|| {
        let mut o = place(o, "o")?;
        // SAFETY: options are made by mx_options_new(), whole; nobody else uses them now.
        put(&mut unsafe { o.as_mut() }.options, value?);
        Ok(MX_OK)
    })
}

fn positive<T: Default + PartialEq>(value: T, name: &str) -> Outcome<T> {
    match value == T::default() {
        true => Err(Failure::argument(format!("{name}: 0 is out of range"))),
        false => Ok(value),
    }
}

fn go_on(answer: i32) -> ControlFlow<()> {
    if answer == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
