//! Files of one format, whole: in their limits, and with a document that keeps the contract.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| metaextract_fuzz::one_format(data, metaextract::Format::Fits));
