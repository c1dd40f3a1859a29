//! What can go wrong: one error type, with the place in the file and the structure that stood there.

use std::fmt;

/// The kinds of failure. Each answers another question of a caller: is it my call, my file, or my limit?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument out of its range.
    Argument,
    /// A call that is not allowed now: the extractor ended in an error, or is in use.
    State,
    /// The bytes are of none of the known formats.
    UnknownFormat,
    /// A known format or option that this build does not read.
    Unsupported,
    /// Nothing at all could be read.
    Malformed,
    /// The memory limit was reached before anything could be read.
    Limit,
    /// The host cancelled the extraction.
    Cancelled,
    /// The operating system refused to open or read a file.
    Io,
    /// No value stands at that pointer.
    NotFound,
    /// The value has another type than the one asked for.
    Type,
}

/// An error: its kind, where in the file, and one sentence that names the structure.
///
/// Messages never quote a value from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    offset: Option<u64>,
    message: String,
}

impl Error {
    /// Makes an error that stands nowhere in the file.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, offset: None, message: message.into() }
    }

    /// The same error, at an absolute offset of the file.
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Absolute offset in the stored file, where the error stands at one.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// One sentence: what, and in which structure.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} (offset {offset})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
