//! Where an extraction stands.

/// What a call that feeds says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// More input may be wanted.
    Ok,
    /// The metadata is complete; further input is ignored.
    Done,
    /// The document lacks something: truncated, damaged, over a limit. Its warnings say what.
    Partial,
}
