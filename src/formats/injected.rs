//! A bug on request, for the tests of the guard around the C ABI: only with the feature `fault`.

use crate::engine::source::Source;

/// A file that begins so makes the parser panic.
const REQUEST: &[u8] = b"metaextract: panic";

/// Panics where the file asks for it.
#[allow(clippy::panic)] // on purpose
pub(super) async fn panic_on_request(source: &Source) {
    let head = source.read(0, REQUEST.len(), 0).await;
    if head.is_ok_and(|(head, _)| head.starts_with(REQUEST)) {
        panic!("a bug on request");
    }
}
