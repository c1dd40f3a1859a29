//! A file of any format in one piece and in pieces: one document, or one error.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| metaextract_fuzz::chunking(data));
