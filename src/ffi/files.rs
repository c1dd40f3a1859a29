//! `mx_extract_file`: one file, one call.

use std::ffi::c_char;

use super::document::mx_document;
use super::guard::{guard, path, place};
use super::options::copied;
use super::status::{Failure, Outcome, mx_status_t};
use super::types::{SizedOut, mx_document_t, mx_error_t, mx_options_t};
use crate::document::Document;
use crate::drivers;

/// Extracts a file: mx_open(), mx_read_file(), mx_finish() and mx_close() in one.
///
/// error_or_null, its struct_size set, tells what went wrong; status MX_OK and an empty message where nothing did.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_extract_file(
    path: *const c_char,
    o: *const mx_options_t,
    out: *mut *mut mx_document_t,
    error_or_null: *mut mx_error_t,
) -> mx_status_t {
    guard(|| {
        let error = match error_or_null.is_null() {
            true => None,
            // SAFETY: the caller passes NULL or a struct with its size set.
            false => Some(unsafe { SizedOut::error(place(error_or_null, "error")?) }?),
        };
        // SAFETY: the caller passes a NUL-terminated path and options that nobody changes now, or NULL.
        let extracted = super::guard::catch(|| unsafe { extract(path, o, out) });
        if let Some(error) = error {
            error.write(extracted.as_ref().err());
        }
        extracted
    })
}

/// # Safety
/// As for [`mx_extract_file`].
unsafe fn extract(path: *const c_char, o: *const mx_options_t, out: *mut *mut mx_document_t) -> Outcome<mx_status_t> {
    let out = place(out, "out")?;
    // SAFETY: the caller passes NULL or a NUL-terminated path.
    let path = unsafe { self::path(path) }?;
    // SAFETY: the caller passes NULL or options that nobody changes now.
    let document: Document = drivers::extract_file(path, &unsafe { copied(o) }).map_err(Failure::from)?;
    let status = document.status().into();
    // SAFETY: not NULL; the caller passes a place for a pointer.
    unsafe { out.write(mx_document::new(document)) };
    Ok(status)
}
