//! Runs `mx` as people and programs run it.

mod documents;
mod failures;
mod support;
