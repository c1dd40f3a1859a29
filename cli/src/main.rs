//! The `mx` program.
fn main() {}
