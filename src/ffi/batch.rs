//! `mx_batch_*`: many files. Not in this build; the functions are there, so that hosts link and can ask.

use std::ffi::c_char;

use super::guard::{guard, path, place};
use super::status::{Outcome, mx_status_t};
use super::types::{SizedOut, mx_batch_t, mx_document_t, mx_error_t, mx_options_t};
use crate::error::{Error, ErrorKind};

/// What `mx_batch_t` points to.
pub struct mx_batch {
    // No value of it can be made yet.
    _never: std::convert::Infallible,
}

/// Opens a batch: many files on the library's threads, no callbacks. threads_or_0: 0 for as many as fit.
///
/// Add paths from one thread, take results from another or the same. MX_ERR_UNSUPPORTED in this build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_open(
    o: *const mx_options_t,
    threads_or_0: u32,
    out: *mut *mut mx_batch_t,
) -> mx_status_t {
    guard(|| {
        place(out, "out")?;
        let _ = (o, threads_or_0);
        unsupported()
    })
}

/// Adds a file; blocks while enough work is waiting. tag comes back with its result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_add(b: *mut mx_batch_t, path: *const c_char, tag: u64) -> mx_status_t {
    guard(|| {
        place(b, "b")?;
        // SAFETY: the caller passes NULL or a NUL-terminated path.
        unsafe { self::path(path) }?;
        let _ = tag;
        unsupported()
    })
}

/// Says that no more paths come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_end(b: *mut mx_batch_t) -> mx_status_t {
    guard(|| {
        place(b, "b")?;
        unsupported()
    })
}

/// Takes a result. MX_OK: a result. MX_DONE: none will come.
///
/// doc is NULL where error->status < 0; the caller owns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_next(
    b: *mut mx_batch_t,
    tag: *mut u64,
    doc: *mut *mut mx_document_t,
    error: *mut mx_error_t,
) -> mx_status_t {
    guard(|| {
        place(b, "b")?;
        place(tag, "tag")?;
        place(doc, "doc")?;
        // SAFETY: the caller passes NULL or a struct with its size set.
        unsafe { SizedOut::error(place(error, "error")?) }?;
        unsupported()
    })
}

/// Closes a batch; cancels what is left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_close(b: *mut mx_batch_t) {
    let _ = b; // mx_batch_open() has made none
}

fn unsupported() -> Outcome<mx_status_t> {
    Err(Error::new(ErrorKind::Unsupported, "batches: not in this build").into())
}
