//! `mx_open` to `mx_close`: one extraction.

use std::ffi::c_char;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, TryLockError};

use super::document::mx_document;
use super::guard::{Handle, borrow, bytes, free, guard, guard_on, path, place};
use super::options::copied;
use super::status::{Failure, Outcome, mx_status_t, mx_status_t::*};
use super::types::{SizedOut, mx_document_t, mx_error_t, mx_extractor_t, mx_options_t, mx_range_t, mx_usage_t};
use crate::drivers;
use crate::engine::extractor::Extractor;
use crate::engine::usage::{Canceller, UsageReader};
use crate::error::Result;
use crate::options::Options;

/// What `mx_extractor_t` points to.
///
/// The lock is never waited for. Whoever finds it taken is a callback of the call that holds it, or a second thread
/// that has no business here: both are told so. What may be called at any time stands outside of it.
pub struct mx_extractor {
    engine: RwLock<Option<Extractor>>,
    canceller: Canceller,
    usage: UsageReader,
    error: Mutex<Option<Failure>>,
    ended: AtomicBool,
}

// Many threads may hold a const mx_extractor_t, and one extractor may move between threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<mx_extractor>();
    shared::<Options>();
};

impl mx_extractor {
    fn new(options: &Options) -> Result<Self> {
        let engine = Extractor::new(options)?;
        let (canceller, usage) = (engine.canceller(), engine.usage_reader());
        let engine = RwLock::new(Some(engine));
        Ok(mx_extractor { engine, canceller, usage, error: Mutex::default(), ended: AtomicBool::new(false) })
    }

    /// Calls the engine for a function that takes a const handle.
    fn read<T>(&self, call: impl FnOnce(&Extractor) -> T) -> Outcome<T> {
        let engine = self.engine.try_read().map_err(|_| in_use())?;
        engine.as_ref().map(call).ok_or_else(in_use)
    }

    /// Calls the engine for a function that takes a handle for itself.
    fn write<T>(&self, call: impl FnOnce(&mut Extractor) -> Result<T>) -> Outcome<T> {
        let mut engine = self.engine.try_write().map_err(|_| in_use())?;
        Ok(call(engine.as_mut().ok_or_else(in_use)?)?)
    }
}

fn in_use() -> Failure {
    Failure::state("the extractor is in use: by the call that this callback interrupts, or by another thread")
}

impl Handle for mx_extractor {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // The panic left the lock poisoned; nobody but this thread can hold it.
        self.engine.clear_poison();
        if let Ok(mut engine) = self.engine.try_write() {
            *engine = None;
        }
    }

    fn remember(&self, failure: &Failure) {
        let mut last = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        // That an extractor has ended is no news to a caller who asks why.
        let told = last.as_ref().is_some_and(|last| !matches!(last.status, MX_ERR_ARGUMENT | MX_ERR_STATE));
        if !(told && failure.status == MX_ERR_STATE) {
            *last = Some(failure.clone());
        }
    }
}

/// Opens an extractor for one file. o: NULL for the defaults; copied.
///
/// MX_ERR_UNSUPPORTED: an option that this build does not have. MX_ERR_LIMIT: a memory limit that is too low for anything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_open(o: *const mx_options_t, out: *mut *mut mx_extractor_t) -> mx_status_t {
    guard(|| {
        let out = place(out, "out")?;
        // SAFETY: the caller passes NULL or options that nobody changes now.
        let x = mx_extractor::new(&unsafe { copied(o) })?;
        // SAFETY: not NULL; the caller passes a place for a pointer.
        unsafe { out.write(Box::into_raw(Box::new(x))) };
        Ok(MX_OK)
    })
}

/// Says how long the stored file is: at any time, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_set_length(x: *mut mx_extractor_t, length: u64) -> mx_status_t {
    // SAFETY: the caller passes NULL or an open extractor.
    unsafe { guard_on(x, |x| Ok(x.write(|engine| engine.set_length(length))?.into())) }
}

/// Feeds the bytes after those of the previous mx_feed_chunk(). len 0 does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_feed_chunk(x: *mut mx_extractor_t, data: *const u8, len: usize) -> mx_status_t {
    let call = |x: &mx_extractor| {
        // SAFETY: the caller passes NULL or len bytes.
        let data = unsafe { bytes(data, len) }?;
        Ok(x.write(|engine| engine.feed_chunk(data))?.into())
    };
    // SAFETY: the caller passes NULL or an open extractor.
    unsafe { guard_on(x, call) }
}

/// Feeds bytes that stand at offset, in any order, split or overlap. len 0: no byte at or after offset.
///
/// Bytes that nobody wants may be dropped and may be wanted later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_feed_at(x: *mut mx_extractor_t, offset: u64, data: *const u8, len: usize) -> mx_status_t {
    let call = |x: &mx_extractor| {
        // SAFETY: the caller passes NULL or len bytes.
        let data = unsafe { bytes(data, len) }?;
        Ok(x.write(|engine| engine.feed_at(offset, data))?.into())
    };
    // SAFETY: the caller passes NULL or an open extractor.
    unsafe { guard_on(x, call) }
}

/// Writes up to capacity ranges that are wanted, disjoint, in file order; returns how many exist.
///
/// Changes nothing; holds until the next feed. ranges may be NULL where capacity is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_wanted(x: *const mx_extractor_t, ranges: *mut mx_range_t, capacity: usize) -> usize {
    let call = |x: &mx_extractor| {
        let (wanted, count) = x.read(|engine| engine.first_wanted(capacity))?;
        if capacity > 0 {
            let ranges = place(ranges, "ranges")?;
            for (at, want) in wanted.into_iter().enumerate() {
                // SAFETY: the caller passes room for capacity ranges.
                unsafe { ranges.add(at).write(want.into()) };
            }
        }
        Ok(count)
    };
    // SAFETY: the caller passes NULL or an open extractor.
    unsafe { guard_on(x, call) }
}

/// Feeds what is wanted from a file. A pipe or a device is read from its beginning to its end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_read_file(x: *mut mx_extractor_t, path: *const c_char) -> mx_status_t {
    let call = |x: &mx_extractor| {
        // SAFETY: the caller passes NULL or a NUL-terminated path.
        let path = unsafe { self::path(path) }?;
        Ok(x.write(|engine| drivers::file::read_file(engine, path))?.into())
    };
    // SAFETY: the caller passes NULL or an open extractor.
    unsafe { guard_on(x, call) }
}

/// Makes the document of what has been fed. While nothing returned MX_DONE it means that the input has ended.
///
/// After MX_PARTIAL mx_wanted() names what is missing; mx_feed_at() may supply it, and mx_finish() gives a new document.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_finish(x: *mut mx_extractor_t, out: *mut *mut mx_document_t) -> mx_status_t {
    let call = |x: &mx_extractor| {
        let out = place(out, "out")?;
        let document = x.write(Extractor::finish)?;
        let status = document.status().into();
        // SAFETY: not NULL; the caller passes a place for a pointer.
        unsafe { out.write(mx_document::new(document)) };
        Ok(status)
    };
    // SAFETY: the caller passes NULL or an open extractor.
    unsafe { guard_on(x, call) }
}

/// Cancels: feeds then give MX_ERR_CANCELLED, mx_finish() what stands. At any time, from any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_cancel(x: *const mx_extractor_t) {
    guard(|| {
        // SAFETY: the caller passes NULL or an extractor that is not closed during the call.
        unsafe { borrow(x) }?.canceller.cancel();
        Ok(())
    })
}

/// Tells the latest error of this extractor; status MX_OK and an empty message where no call has failed.
///
/// An MX_ERR_STATE does not hide the error that ended the extractor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_last_error(x: *const mx_extractor_t, out: *mut mx_error_t) -> mx_status_t {
    guard(|| {
        // SAFETY: the caller passes NULL or an open extractor.
        let x = unsafe { borrow(x) }?;
        // SAFETY: the caller passes NULL or a struct with its size set.
        let out = unsafe { SizedOut::error(place(out, "out")?) }?;
        out.write(x.error.lock().unwrap_or_else(PoisonError::into_inner).as_ref());
        Ok(MX_OK)
    })
}

/// Counts what has been read so far. At any time, from any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_usage(x: *const mx_extractor_t, out: *mut mx_usage_t) -> mx_status_t {
    guard(|| {
        // SAFETY: the caller passes NULL or an extractor that is not closed during the call.
        let x = unsafe { borrow(x) }?;
        // SAFETY: the caller passes NULL or a struct with its size set.
        unsafe { SizedOut::usage(place(out, "out")?) }?.write(x.usage.read());
        Ok(MX_OK)
    })
}

/// Closes an extractor; its documents live on. Inside a callback of its own it does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_close(x: *mut mx_extractor_t) {
    guard(|| {
        // SAFETY: the caller passes NULL or an open extractor.
        let in_use = matches!(unsafe { borrow(x) }?.engine.try_write(), Err(TryLockError::WouldBlock));
        // SAFETY: no call is under way; the caller never uses it again.
        if in_use { Ok(()) } else { unsafe { free(x) } }
    })
}
