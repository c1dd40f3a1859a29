//! Runs `mx` as people and programs run it.

mod cdl;
mod documents;
mod failures;
mod many;
mod support;
