//! Holds the project to its promises: heap by dhat, time by criterion, bytes read, resident memory and CPU time.
//!
//! [`criteria`] is the table of promises. Each makes its own file ([`data`]) and is measured in child processes
//! ([`measure`]), so that setting up and measuring never count. [`check`] prints what came out beside the bars.

pub mod budget;
pub mod check;
pub mod criteria;
pub mod data;
mod figures;
pub mod growth;
pub mod measure;
pub mod peers;
mod plot;
pub mod regress;
pub mod report;
pub mod starvation;
