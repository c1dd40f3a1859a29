//! What C cannot bring about: panics inside, messages of any length, strings with U+0000 in them.

#![allow(clippy::panic)] // on purpose

use std::ffi::{CStr, c_char};
use std::io::Write;
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;

use super::guard::guard_on;
use super::mx_status_t::*;
use super::status::Failure;
use super::types::SizedOut;
use super::*;
use crate::budget::Budget;
use crate::document::{Document, text::Text};
use crate::status::Status;

/// Bytes that are not known to be of no format yet (an HDF5 file may begin later), enough to be told of.
static NOT_YET: [u8; 1 << 20] = [0; 1 << 20];

fn open(options: &mx_options_t) -> *mut mx_extractor_t {
    let mut x = null_mut();
    // SAFETY: living options, a place for a pointer.
    assert_eq!(unsafe { mx_open(options, &mut x) }, MX_OK);
    x
}

fn empty_error() -> mx_error_t {
    mx_error_t { struct_size: size_of::<mx_error_t>(), status: 99, offset: 99, message: [1; 240] }
}

fn message(error: &mx_error_t) -> String {
    // SAFETY: the message is NUL-terminated.
    unsafe { CStr::from_ptr(error.message.as_ptr()) }.to_str().expect("UTF-8").into()
}

fn document(json: &str) -> Document {
    let mut text = Text::new(&Budget::new(1 << 20));
    text.write_all(json.as_bytes()).expect("room");
    Document::new(Status::Done, None, text.into(), None)
}

#[test]
fn a_panic_ends_its_extractor_and_no_other() {
    let mut options = mx_options { options: Default::default() };
    let other = open(&options);
    options.options.progress = Some(Arc::new(|_, _| panic!("a bug")));
    let x = open(&options);
    let mut error = empty_error();
    let mut document = null_mut();
    let mut usage = mx_usage_t {
        struct_size: size_of::<mx_usage_t>(),
        memory_now: u64::MAX,
        memory_peak: 0,
        bytes_fed: 0,
        bytes_needed: 0,
        requests: 0,
        rounds: 0,
    };
    // SAFETY: both are open until the end, every place is there.
    unsafe {
        assert_eq!(mx_feed_chunk(x, NOT_YET.as_ptr(), NOT_YET.len()), MX_ERR_PANIC);
        assert_eq!(mx_feed_chunk(x, NOT_YET.as_ptr(), 1), MX_ERR_STATE);
        assert_eq!(mx_finish(x, &mut document), MX_ERR_STATE);
        assert_eq!(mx_wanted(x, null_mut(), 0), 0);
        assert!(document.is_null());

        assert_eq!(mx_last_error(x, &mut error), MX_OK);
        assert_eq!((error.status, error.offset), (MX_ERR_PANIC as i32, u64::MAX));
        assert!(!message(&error).contains("a bug\""), "no message of a panic goes out");
        assert_eq!(mx_usage(x, &mut usage), MX_OK);
        assert_eq!(usage.bytes_fed, NOT_YET.len() as u64);
        mx_cancel(x);
        mx_close(x);

        assert_eq!(mx_feed_chunk(other, NOT_YET.as_ptr(), NOT_YET.len()), MX_OK);
        assert!(mx_wanted(other, null_mut(), 0) > 0);
        mx_close(other);
    }
}

#[test]
fn a_panic_ends_its_document() {
    let doc = mx_document::new(document("{}"));
    // SAFETY: the document is there until it is freed.
    unsafe {
        assert!(!mx_document_json(doc, null_mut()).is_null());
        assert_eq!(guard_on(doc, |_| -> Result<mx_status_t, Failure> { panic!("a bug") }), MX_ERR_PANIC);
        let mut kind = 9;
        assert_eq!(mx_document_kind(doc, c"".as_ptr(), &mut kind, null_mut()), MX_ERR_STATE);
        assert_eq!(kind, 9);
        assert!(mx_document_json(doc, null_mut()).is_null());
        mx_document_free(doc);
    }
}

#[test]
fn messages_are_cut_at_a_character() {
    for room in 1..=240 {
        let failure = Failure::argument("é".repeat(300));
        let mut error = empty_error();
        error.struct_size = std::mem::offset_of!(mx_error_t, message) + room;
        // SAFETY: the struct has that size at least.
        unsafe { SizedOut::error(NonNull::from(&mut error)) }.expect("enough").write(Some(&failure));
        assert_eq!(message(&error), "é".repeat((room - 1) / 2));
        assert!(error.message[room..].iter().all(|byte| *byte == 1), "nothing is written beyond {room}");
    }
}

#[test]
fn strings_may_contain_u0000() {
    let doc = mx_document::new(document(r#"{"text":"a\u0000b"}"#));
    let (mut text, mut len): (*const c_char, usize) = (null(), 0);
    // SAFETY: the document is there until it is freed, and its strings with it.
    unsafe {
        assert_eq!(mx_document_get_string(doc, c"/text".as_ptr(), &mut text, &mut len), MX_OK);
        assert_eq!(std::slice::from_raw_parts(text.cast::<u8>(), len + 1), b"a\0b\0");
        mx_document_free(doc);
    }
}
