//! The C API: calls in any order, with any arguments that a C program can legally pass.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| metaextract_fuzz::calls::run(data));
