//! Holds the promise.
fn main() {}
