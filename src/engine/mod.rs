//! The sans-IO engine: parsers ask, hosts feed, and nothing here opens a file or waits for one.
//!
//! - [`extractor`]: what a host holds; polls one parser with the bytes that it is fed
//! - [`usage`]: what an extraction counts, and the handles of other threads
//! - [`source`]: the one leaf that parsers await, `Source::read`
//! - [`join`]: many parsers' reads at once, so that a host sees a whole level of a tree as one round
//! - [`boxed`]: futures in boxes, which are heap like all else
//! - [`now`]: what can be had without waiting
//! - [`stream`]: bytes in order over a source, stored or inflated
//! - [`inflate`], [`gzip`]: DEFLATE piece by piece, and the members that gzip wraps it in
//! - [`window`]: the fed bytes that somebody wants, and who wants them
//! - [`pieces`]: the bytes that are held
//! - [`retain`]: what a pipe has carried past, for formats that point backwards
//! - [`wants`]: the ranges that a host is asked for, merged

mod boxed;
pub(crate) mod extractor;
pub(crate) mod gzip;
pub(crate) mod inflate;
pub(crate) mod join;
pub(crate) mod now;
mod pending;
mod pieces;
pub(crate) mod retain;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod usage;
pub(crate) mod wants;
pub(crate) mod window;
