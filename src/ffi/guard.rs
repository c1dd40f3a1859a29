//! The guard around every call from C: no panic crosses it, and no NULL is followed.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::NonNull;

use super::status::{Failure, Outcome, mx_status_t};

/// What a C function returns when it fails.
pub(super) trait Answer {
    fn failed(status: mx_status_t) -> Self;
}

impl Answer for mx_status_t {
    fn failed(status: mx_status_t) -> Self {
        status
    }
}

impl Answer for () {
    fn failed(_: mx_status_t) -> Self {}
}

impl Answer for usize {
    fn failed(_: mx_status_t) -> Self {
        0
    }
}

impl Answer for i32 {
    fn failed(_: mx_status_t) -> Self {
        0
    }
}

impl<T> Answer for *const T {
    fn failed(_: mx_status_t) -> Self {
        std::ptr::null()
    }
}

impl<T> Answer for *mut T {
    fn failed(_: mx_status_t) -> Self {
        std::ptr::null_mut()
    }
}

/// Runs the body of a C function; an error or a panic becomes its answer.
pub(super) fn guard<T: Answer>(body: impl FnOnce() -> Outcome<T>) -> T {
    catch(body).unwrap_or_else(|failure| T::failed(failure.status))
}

// Unwind safety is asserted since what a panic may have left half done is never looked at again: `Handle::end`.
pub(super) fn catch<T>(body: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(Failure::panic()))
}

/// A handle that C holds, which a panic ends.
pub(super) trait Handle {
    /// Whether a panic has ended it.
    fn has_ended(&self) -> bool;
    /// Ends it: every later call gives `MX_ERR_STATE`, but those that use [`borrow`] alone.
    fn end(&self);
    /// Keeps an error for the caller to ask for.
    fn remember(&self, _: &Failure) {}
}

/// Runs the body of a C function on its handle, as [`guard`] does; a panic ends the handle.
///
/// # Safety
/// `handle` is NULL, or a handle that is not freed during the call.
pub(super) unsafe fn guard_on<H: Handle, T: Answer>(handle: *const H, body: impl FnOnce(&H) -> Outcome<T>) -> T {
    guard(|| {
        // SAFETY: the caller's promise is ours.
        let handle = unsafe { borrow(handle) }?;
        let outcome = match handle.has_ended() {
            true => Err(Failure::state("a bug in metaextract has ended this handle")),
            false => catch(|| body(handle)),
        };
        outcome.inspect_err(|failure| {
            if failure.status == mx_status_t::MX_ERR_PANIC {
                handle.end();
            }
            handle.remember(failure);
        })
    })
}

/// The handle behind a pointer from C.
///
/// # Safety
/// `handle` is NULL, or a handle that is not freed, or changed by others, as long as the reference lives.
pub(super) unsafe fn borrow<'a, H>(handle: *const H) -> Outcome<&'a H> {
    // SAFETY: handles are made by Box, and the caller promises that this one is NULL or alive.
    unsafe { handle.as_ref() }.ok_or_else(|| null("handle"))
}

/// Frees a handle that `Box::into_raw` made; NULL does nothing.
///
/// # Safety
/// `handle` is NULL, or a handle that nobody uses any more.
pub(super) unsafe fn free<H>(handle: *mut H) -> Outcome<()> {
    if !handle.is_null() {
        // SAFETY: it was made by Box::into_raw, and the caller promises that it is freed once.
        drop(unsafe { Box::from_raw(handle) });
    }
    Ok(())
}

/// A place to write to; not yet initialized, so never borrowed.
pub(super) fn place<T>(out: *mut T, name: &str) -> Outcome<NonNull<T>> {
    NonNull::new(out).ok_or_else(|| null(name))
}

/// The bytes of an input.
///
/// # Safety
/// `data` is NULL, or points to `len` bytes that do not change as long as the slice lives.
pub(super) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Outcome<&'a [u8]> {
    match len {
        0 => Ok(&[]),
        _ if data.is_null() => Err(null("data")),
        _ if isize::try_from(len).is_err() => Err(Failure::argument("argument len: out of range")),
        // SAFETY: not NULL, no longer than an object can be; the caller promises that the bytes are there.
        _ => Ok(unsafe { std::slice::from_raw_parts(data, len) }),
    }
}

/// The text of a C string.
///
/// # Safety
/// `text` is NULL, or NUL-terminated and does not change as long as the reference lives.
pub(super) unsafe fn utf8<'a>(text: *const c_char, name: &str) -> Outcome<&'a str> {
    // SAFETY: the caller's promise is ours.
    let text = unsafe { c_str(text, name) }?;
    text.to_str().map_err(|_| Failure::argument(format!("argument {name}: not UTF-8")))
}

/// The path that a C string names: the system's bytes on POSIX, UTF-8 on Windows.
///
/// # Safety
/// As for [`utf8`].
pub(super) unsafe fn path<'a>(path: *const c_char) -> Outcome<&'a Path> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        // SAFETY: the caller's promise is ours.
        let path = unsafe { c_str(path, "path") }?;
        Ok(Path::new(std::ffi::OsStr::from_bytes(path.to_bytes())))
    }
    #[cfg(not(unix))]
    {
        // SAFETY: the caller's promise is ours.
        unsafe { utf8(path, "path") }.map(Path::new)
    }
}

unsafe fn c_str<'a>(text: *const c_char, name: &str) -> Outcome<&'a CStr> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL; the caller promises that it is NUL-terminated.
    Ok(unsafe { CStr::from_ptr(text) })
}

fn null(name: &str) -> Failure {
    Failure::argument(format!("argument {name}: NULL"))
}
