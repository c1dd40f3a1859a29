//! `mx_document_*`: the result, whole and by pointer.

use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::guard::{Handle, free, guard, guard_on, place, utf8};
use super::options::UserData;
use super::status::{Failure, Outcome, mx_status_t, mx_status_t::*};
use super::types::{format_number, kind_number, mx_document_t, mx_format_t, mx_kind_t, mx_write_fn};
use crate::document::Document;
use crate::error::Result;

/// What `mx_document_t` points to: the document, and the texts that C has been given.
pub struct mx_document {
    document: Document,
    json: OnceLock<CText>,
    texts: Mutex<HashMap<Asked, CText>>,
    ended: AtomicBool,
}

// Many threads may read one document.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<mx_document>();
};

/// What a text was the answer to, so that asking again gives the same text and takes no memory.
#[derive(PartialEq, Eq, Hash)]
enum Asked {
    String(String),
    Json(String),
    Key(String, usize),
}

/// Text with a NUL after it. It stays where it is until the document is freed.
struct CText(Vec<u8>);

impl CText {
    fn new(text: String) -> Self {
        let mut text = text.into_bytes();
        text.reserve_exact(1);
        text.push(0);
        CText(text)
    }

    /// The document's JSON; `None` when there is no memory for it.
    fn json(document: &Document) -> Option<Self> {
        let mut text = Vec::new();
        text.try_reserve_exact(document.len().checked_add(1)?).ok()?;
        document.pieces().for_each(|piece| text.extend_from_slice(piece));
        text.push(0);
        Some(CText(text))
    }

    fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    fn len(&self) -> usize {
        self.0.len() - 1
    }
}

impl mx_document {
    pub(super) fn new(document: Document) -> *mut Self {
        let (json, texts, ended) = (OnceLock::new(), Mutex::default(), AtomicBool::new(false));
        Box::into_raw(Box::new(mx_document { document, json, texts, ended }))
    }

    /// The text that was given to the same question before, or a new one. (pointer to it, its length)
    fn text(&self, asked: Asked, answer: impl FnOnce(&Document) -> Result<String>) -> Result<(*const c_char, usize)> {
        let found = |text: &CText| (text.as_ptr(), text.len());
        if let Some(text) = self.texts().get(&asked) {
            return Ok(found(text));
        }
        // Not under the lock: other threads may go on. Where one of them was first, its text stands.
        let text = CText::new(answer(&self.document)?);
        Ok(found(self.texts().entry(asked).or_insert(text)))
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, HashMap<Asked, CText>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle for mx_document {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// Frees a document and the strings that it returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_free(doc: *mut mx_document_t) {
    // SAFETY: the caller passes NULL or a document that nobody uses any more.
    guard(|| unsafe { free(doc) })
}

/// Tells the format of the file; 0: not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_format(doc: *const mx_document_t) -> mx_format_t {
    // SAFETY: the caller passes NULL or a document that is not freed.
    unsafe { guard_on(doc, |doc| Ok(format_number(doc.document.format()))) }
}

/// Writes the JSON in pieces, without a second copy of it. MX_ERR_CANCELLED: fn returned other than 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_write(
    doc: *const mx_document_t,
    r#fn: mx_write_fn,
    user_data: *mut c_void,
) -> mx_status_t {
    let user_data = UserData::new(user_data);
    let call = |doc: &mx_document| {
        let write = r#fn.ok_or_else(|| Failure::argument("argument fn: NULL"))?;
        let all = doc.document.pieces().all(|piece| {
            // SAFETY: the caller passes a function that takes these; the piece lives as long as the document.
            unsafe { write(user_data.get(), piece.as_ptr().cast(), piece.len()) == 0 }
        });
        Ok(if all { MX_OK } else { MX_ERR_CANCELLED })
    };
    // SAFETY: the caller passes NULL or a document that is not freed.
    unsafe { guard_on(doc, call) }
}

/// Returns the JSON in one piece, made at the first call; NULL when out of memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_json(doc: *const mx_document_t, len_or_null: *mut usize) -> *const c_char {
    let call = |doc: &mx_document| {
        let text = match doc.json.get() {
            Some(text) => text,
            None => match CText::json(&doc.document) {
                Some(text) => doc.json.get_or_init(|| text),
                None => return Ok(std::ptr::null()),
            },
        };
        // SAFETY: the caller passes NULL or a place for the length.
        unsafe { write_or_null(len_or_null, text.len()) };
        Ok(text.as_ptr())
    };
    // SAFETY: the caller passes NULL or a document that is not freed.
    unsafe { guard_on(doc, call) }
}

/// Tells the kind of the value at a pointer, and how many members an array or object has (0 for other values).
///
/// Here and below pointer is an RFC 6901 pointer into the document; "" is the whole.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_kind(
    doc: *const mx_document_t,
    pointer: *const c_char,
    kind: *mut mx_kind_t,
    count_or_null: *mut usize,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| Ok(doc.document.kind(pointer)?);
    // SAFETY: the caller passes, or NULL: a document that is not freed, a C string, places for the results.
    unsafe {
        value(doc, pointer, kind, "kind", get, |out, (kind, count)| {
            out.write(kind_number(kind));
            write_or_null(count_or_null, count);
        })
    }
}

/// Returns the key of member index of the object at a pointer, in the document's order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_key_at(
    doc: *const mx_document_t,
    pointer: *const c_char,
    index: usize,
    key: *mut *const c_char,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| {
        Ok(doc.text(Asked::Key(pointer.into(), index), |document| document.key_at(pointer, index))?)
    };
    // SAFETY: as in mx_document_kind.
    unsafe { value(doc, pointer, key, "key", get, |out, (text, _)| out.write(text)) }
}

/// Returns the string at a pointer, unescaped. Where it contains U+0000, len_or_null tells its true length.
/// MX_ERR_LIMIT: out of memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_get_string(
    doc: *const mx_document_t,
    pointer: *const c_char,
    out: *mut *const c_char,
    len_or_null: *mut usize,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| {
        Ok(doc.text(Asked::String(pointer.into()), |document| document.get_str(pointer))?)
    };
    // SAFETY: as in mx_document_kind.
    unsafe {
        value(doc, pointer, out, "out", get, |out, (text, len)| {
            out.write(text);
            write_or_null(len_or_null, len);
        })
    }
}

/// Reads the integer at a pointer. MX_ERR_TYPE: none, or none that fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_get_int64(
    doc: *const mx_document_t,
    pointer: *const c_char,
    out: *mut i64,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| Ok(doc.document.get_i64(pointer)?);
    // SAFETY: as in mx_document_kind.
    unsafe { value(doc, pointer, out, "out", get, |out, number| out.write(number)) }
}

/// Reads the integer at a pointer. MX_ERR_TYPE: none, or none that fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_get_uint64(
    doc: *const mx_document_t,
    pointer: *const c_char,
    out: *mut u64,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| Ok(doc.document.get_u64(pointer)?);
    // SAFETY: as in mx_document_kind.
    unsafe { value(doc, pointer, out, "out", get, |out, number| out.write(number)) }
}

/// Reads the number at a pointer; "NaN", "Infinity" and "-Infinity" are numbers too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_get_double(
    doc: *const mx_document_t,
    pointer: *const c_char,
    out: *mut f64,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| Ok(doc.document.get_f64(pointer)?);
    // SAFETY: as in mx_document_kind.
    unsafe { value(doc, pointer, out, "out", get, |out, number| out.write(number)) }
}

/// Reads the boolean at a pointer: 0 or 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_get_bool(
    doc: *const mx_document_t,
    pointer: *const c_char,
    out: *mut i32,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| Ok(doc.document.get_bool(pointer)?);
    // SAFETY: as in mx_document_kind.
    unsafe { value(doc, pointer, out, "out", get, |out, flag| out.write(flag.into())) }
}

/// Returns the JSON text of the value at a pointer. MX_ERR_LIMIT: out of memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_document_get_json(
    doc: *const mx_document_t,
    pointer: *const c_char,
    out: *mut *const c_char,
    len_or_null: *mut usize,
) -> mx_status_t {
    let get = |doc: &mx_document, pointer: &str| {
        Ok(doc.text(Asked::Json(pointer.into()), |document| document.get_json(pointer))?)
    };
    // SAFETY: as in mx_document_kind.
    unsafe {
        value(doc, pointer, out, "out", get, |out, (text, len)| {
            out.write(text);
            write_or_null(len_or_null, len);
        })
    }
}

/// What all getters do: look at the pointers, get the value, then write it.
///
/// # Safety
/// `doc` is NULL or not freed during the call, `pointer` is NULL or a C string, `out` is NULL or a place for a `P`.
unsafe fn value<T, P>(
    doc: *const mx_document,
    pointer: *const c_char,
    out: *mut P,
    name: &str,
    get: impl FnOnce(&mx_document, &str) -> Outcome<T>,
    write: impl FnOnce(NonNull<P>, T),
) -> mx_status_t {
    let call = |doc: &mx_document| {
        // SAFETY: the caller's promise is ours.
        let pointer = unsafe { utf8(pointer, "pointer") }?;
        let out = place(out, name)?;
        write(out, get(doc, pointer)?);
        Ok(MX_OK)
    };
    // SAFETY: the caller's promise is ours.
    unsafe { guard_on(doc, call) }
}

/// # Safety
/// `out` is NULL or a place for a `usize`.
unsafe fn write_or_null(out: *mut usize, value: usize) {
    if let Some(out) = NonNull::new(out) {
        // SAFETY: the caller's promise is ours.
        unsafe { out.write(value) };
    }
}
