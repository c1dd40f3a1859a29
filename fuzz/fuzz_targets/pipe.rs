//! A long file through a pipe, in small and in large chunks: one document, a part of the whole one.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| metaextract_fuzz::pipe(data));
