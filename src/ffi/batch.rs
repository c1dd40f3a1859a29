//! `mx_batch_*`: many files on the library's threads.

use std::ffi::c_char;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::document::mx_document;
use super::guard::{Handle, catch, free, guard, guard_on, path, place};
use super::options::copied;
use super::status::{Failure, Outcome, mx_status_t, mx_status_t::*};
use super::types::{SizedOut, mx_batch_t, mx_document_t, mx_error_t, mx_options_t};
use crate::document::Document;
use crate::drivers::batch::{self, Crew, Settings};

/// What `mx_batch_t` points to.
pub struct mx_batch {
    crew: Crew<(PathBuf, u64), Outcome<Document>>,
    ended: AtomicBool,
}

// Paths come from one thread while results go to another.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<mx_batch>();
};

impl Handle for mx_batch {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// Opens a batch: many files on the library's threads, no callbacks. threads_or_0: 0 for as many as fit. o: NULL for the
/// defaults; copied. Its memory limit is for all files at once: where that is short, a file waits for those that were added
/// before it, and each document is the one that its file has alone.
///
/// MX_ERR_ARGUMENT: options with a callback. MX_ERR_UNSUPPORTED: an option that this build does not have.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_open(
    o: *const mx_options_t,
    threads_or_0: u32,
    out: *mut *mut mx_batch_t,
) -> mx_status_t {
    guard(|| {
        let out = place(out, "out")?;
        // SAFETY: the caller passes NULL or options that nobody changes now.
        let options = unsafe { copied(o) };
        batch::check(&options)?;
        let threads = usize::try_from(threads_or_0).unwrap_or(0);
        let settings = Settings { threads, memory_limit: options.memory_limit, ..Settings::default() };
        // A panic is one file's: the others and the batch go on.
        let crew = Crew::open(&settings, move |(path, _): &(PathBuf, u64), attempt| {
            catch(|| Ok(batch::extract(path, attempt, &options)?))
        });
        let b = Box::new(mx_batch { crew, ended: AtomicBool::new(false) });
        // SAFETY: not NULL; the caller passes a place for a pointer.
        unsafe { out.write(Box::into_raw(b)) };
        Ok(MX_OK)
    })
}

/// Adds a file; blocks while enough work is waiting. tag comes back with its result. path is copied.
///
/// Add from one thread, take results on another or the same. Where both are one thread, adding never waits for a result
/// to be taken; it does once a call of mx_batch_next() has run beside one of mx_batch_add().
/// MX_ERR_STATE: after mx_batch_end(), which also ends an mx_batch_add() that waits.
/// Where the system gives no thread, mx_batch_next() reads the files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_add(b: *mut mx_batch_t, path: *const c_char, tag: u64) -> mx_status_t {
    let call = |b: &mx_batch| {
        // SAFETY: the caller passes NULL or a NUL-terminated path.
        let path = unsafe { self::path(path) }?;
        b.crew.add((path.to_owned(), tag))?;
        Ok(MX_OK)
    };
    // SAFETY: the caller passes NULL or an open batch.
    unsafe { guard_on(b, call) }
}

/// Says that no more paths come. At any time, from any thread; what was added is still read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_end(b: *mut mx_batch_t) -> mx_status_t {
    let call = |b: &mx_batch| {
        b.crew.end();
        Ok(MX_OK)
    };
    // SAFETY: the caller passes NULL or an open batch.
    unsafe { guard_on(b, call) }
}

/// Takes a result; waits for one, and before mx_batch_end() for paths too. MX_OK: a result, in the order in which the files
/// are finished. MX_DONE: none will come.
///
/// error->status is what mx_extract_file() returns for that file: MX_DONE, MX_PARTIAL, or an error; its struct_size is set
/// by the caller. doc is NULL where it is < 0; else the caller owns it, and it outlives the batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_next(
    b: *mut mx_batch_t,
    tag: *mut u64,
    doc: *mut *mut mx_document_t,
    error: *mut mx_error_t,
) -> mx_status_t {
    let call = |b: &mx_batch| {
        let (tag_out, doc_out) = (place(tag, "tag")?, place(doc, "doc")?);
        // SAFETY: the caller passes NULL or a struct with its size set.
        let error_out = unsafe { SizedOut::error(place(error, "error")?) }?;
        let Some(((_, tag), document)) = b.crew.next() else { return Ok(MX_DONE) };
        let (document, ended) = match document {
            Ok(document) => {
                let status = document.status().into();
                (mx_document::new(document), Failure { status, offset: None, message: String::new() })
            }
            Err(failure) => (std::ptr::null_mut(), failure),
        };
        error_out.write(Some(&ended));
        // SAFETY: not NULL; the caller passes places for a number and a pointer.
        unsafe {
            tag_out.write(tag);
            doc_out.write(document);
        }
        Ok(MX_OK)
    };
    // SAFETY: the caller passes NULL or an open batch.
    unsafe { guard_on(b, call) }
}

/// Closes a batch; cancels what is left, and waits for its threads but not for a pipe that one of them reads. No other
/// call may be under way: to stop early from the thread that takes, call mx_batch_end() and wait for the one that adds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_batch_close(b: *mut mx_batch_t) {
    // SAFETY: the caller passes NULL or a batch that nobody uses any more.
    guard(|| unsafe { free(b) })
}
