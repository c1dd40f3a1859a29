//! The C ABI of metaextract.h: the only code that C calls.
#![allow(unsafe_code)]
