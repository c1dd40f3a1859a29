//! RFC 6901 pointers into the text of a document.
use super::Kind;
use super::text::Text;
use crate::error::{Error, ErrorKind, Result};

fn none<T>() -> Result<T> {
    Err(Error::new(ErrorKind::NotFound, "pointers are not built yet"))
}
pub(crate) fn kind(_: &Text, _: &str) -> Result<(Kind, usize)> { none() }
pub(crate) fn key_at(_: &Text, _: &str, _: usize) -> Result<String> { none() }
pub(crate) fn get_str(_: &Text, _: &str) -> Result<String> { none() }
pub(crate) fn get_i64(_: &Text, _: &str) -> Result<i64> { none() }
pub(crate) fn get_u64(_: &Text, _: &str) -> Result<u64> { none() }
pub(crate) fn get_f64(_: &Text, _: &str) -> Result<f64> { none() }
pub(crate) fn get_bool(_: &Text, _: &str) -> Result<bool> { none() }
pub(crate) fn get_json(_: &Text, _: &str) -> Result<String> { none() }
