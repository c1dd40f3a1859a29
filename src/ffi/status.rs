//! Status numbers, and what stands behind a negative one.

use std::ffi::{CStr, c_char};

use crate::error::{Error, ErrorKind};
use crate::status::Status;

/// Says how a call went. 0: go on; > 0: nothing left to do; < 0: error. Numbers are never reused.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum mx_status_t {
    /// More input may be wanted.
    MX_OK = 0,
    /// The metadata is complete; further input is ignored.
    MX_DONE = 1,
    /// The document lacks something: truncated, damaged, over a limit, passed in a pipe; it says what.
    MX_PARTIAL = 2,
    /// NULL, out of range, not UTF-8.
    MX_ERR_ARGUMENT = -1,
    /// Not allowed now: re-entry, or an extractor that ended in an error.
    MX_ERR_STATE = -2,
    /// The bytes are of none of the known formats.
    MX_ERR_UNKNOWN_FORMAT = -3,
    /// A known format or option outside this build (HDF4, GRIB, NcZarr, ...): named in the message.
    MX_ERR_UNSUPPORTED = -4,
    /// Nothing at all could be read.
    MX_ERR_MALFORMED = -5,
    /// A limit was reached before anything could be read.
    MX_ERR_LIMIT = -7,
    /// mx_cancel(), or a callback that returned other than 0.
    MX_ERR_CANCELLED = -9,
    /// The operating system refused to open or read a file.
    MX_ERR_IO = -10,
    /// No value at that pointer.
    MX_ERR_NOT_FOUND = -11,
    /// The value is there, with another type.
    MX_ERR_TYPE = -12,
    /// A bug in the library; the handle has ended.
    MX_ERR_PANIC = -13,
}

use mx_status_t::*;

/// Names a status: "MX_ERR_LIMIT". Never NULL; "MX_UNKNOWN" for a number that is none.
#[unsafe(no_mangle)]
pub extern "C" fn mx_status_name(status: i32) -> *const c_char {
    let name = match status {
        0 => c"MX_OK",
        1 => c"MX_DONE",
        2 => c"MX_PARTIAL",
        -1 => c"MX_ERR_ARGUMENT",
        -2 => c"MX_ERR_STATE",
        -3 => c"MX_ERR_UNKNOWN_FORMAT",
        -4 => c"MX_ERR_UNSUPPORTED",
        -5 => c"MX_ERR_MALFORMED",
        -7 => c"MX_ERR_LIMIT",
        -9 => c"MX_ERR_CANCELLED",
        -10 => c"MX_ERR_IO",
        -11 => c"MX_ERR_NOT_FOUND",
        -12 => c"MX_ERR_TYPE",
        -13 => c"MX_ERR_PANIC",
        _ => c"MX_UNKNOWN",
    };
    CStr::as_ptr(name)
}

impl From<Status> for mx_status_t {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => MX_OK,
            Status::Done => MX_DONE,
            Status::Partial => MX_PARTIAL,
        }
    }
}

impl From<ErrorKind> for mx_status_t {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Argument => MX_ERR_ARGUMENT,
            ErrorKind::State => MX_ERR_STATE,
            ErrorKind::UnknownFormat => MX_ERR_UNKNOWN_FORMAT,
            ErrorKind::Unsupported => MX_ERR_UNSUPPORTED,
            ErrorKind::Malformed => MX_ERR_MALFORMED,
            ErrorKind::Limit => MX_ERR_LIMIT,
            ErrorKind::Cancelled => MX_ERR_CANCELLED,
            ErrorKind::Io => MX_ERR_IO,
            ErrorKind::NotFound => MX_ERR_NOT_FOUND,
            ErrorKind::Type => MX_ERR_TYPE,
        }
    }
}

/// An error of the C side: as the library's own, and panics too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: mx_status_t,
    pub(super) offset: Option<u64>,
    pub(super) message: String,
}

/// A result of the C side.
pub(super) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(super) fn argument(message: impl Into<String>) -> Self {
        Failure { status: MX_ERR_ARGUMENT, offset: None, message: message.into() }
    }

    pub(super) fn state(message: impl Into<String>) -> Self {
        Failure { status: MX_ERR_STATE, offset: None, message: message.into() }
    }

    /// Says no more than that: a panic's own message may quote what was read.
    pub(super) fn panic() -> Self {
        Failure { status: MX_ERR_PANIC, offset: None, message: "a bug in metaextract; this handle has ended".into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { status: error.kind().into(), offset: error.offset(), message: error.message().into() }
    }
}
