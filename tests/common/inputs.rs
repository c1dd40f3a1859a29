//! Inputs from anywhere, fuzzers and mutations: the options that go with them, and what holds whatever they are.
#![allow(dead_code)] // each crate uses its part

use metaextract::{Cdl, Extractor, Format, Options, Result, drivers};

use super::common::drive::{Outcome, Run};
use super::common::law::sane;
use super::heap;

/// What one extraction of such an input may hold, in bytes.
pub(crate) const LIMIT: u64 = 16 << 20;

/// The options that go with an input: its last byte says which.
pub(crate) fn options_of(data: &[u8], format: Format) -> Options {
    let last = data.last().copied().unwrap_or(0);
    let mut options = variants(format).swap_remove(usize::from(last & 7));
    options.format = Some(format).filter(|_| last & 8 != 0);
    options
}

/// Eight ways to read a file of this format: the limits, and whatever adds code of its own.
pub(crate) fn variants(format: Format) -> Vec<Options> {
    let usual = Options { memory_limit: LIMIT, ..Options::default() };
    let cdl = (format == Format::Netcdf).then(|| Cdl { name: "name".into() });
    let records: metaextract::Records = std::sync::Arc::new(|_: &str| std::ops::ControlFlow::Continue(()));
    vec![
        usual.clone(),
        Options { chunk_manifest: true, ..usual.clone() },
        Options { max_value_bytes: 16, max_inline_bytes: 3, max_depth: 2, ..usual.clone() },
        Options { memory_limit: 64 << 10, ..usual.clone() },
        Options { records: Some(records), ..usual.clone() },
        Options { chunk_manifest: true, special: true, ..usual.clone() },
        Options { cdl: cdl.clone(), ..usual.clone() },
        Options { cdl, special: true, ..usual },
    ]
}

/// Reads an input; says what is wrong with the outcome or with what it took.
pub(crate) fn check(data: &[u8], options: &Options) -> std::result::Result<(), String> {
    let ((result, usage), heap) = heap::peak_of(|| {
        let mut extractor = match Extractor::new(options) {
            Ok(extractor) => extractor,
            Err(error) => return (Err(error), metaextract::Usage::default()),
        };
        let result = drivers::slice::read(&mut extractor, data).and_then(|_| extractor.finish());
        let usage = extractor.usage();
        (keep(result, extractor), usage)
    });
    let outcome = match &result {
        Ok((document, _)) => Outcome::of(document),
        Err(error) => Outcome::failed(error),
    };
    let run = Run { outcome, usage, stopped_unlimited: false };
    sane(&run, data.len(), options)?;
    // The allocator counts both buffers while one grows, and the account does not see every small thing.
    let most = options.memory_limit + options.memory_limit / 4 + (64 << 10);
    if heap > most {
        return Err(format!("{heap} bytes of heap, with a limit of {}: {usage:?}", options.memory_limit));
    }
    let size = data.len() as u64;
    if usage.bytes_needed > NEEDED * size + (64 << 10) || usage.requests > size + 64 || usage.rounds > size + 64 {
        return Err(format!("the effort does not follow the {size} bytes of the input: {usage:?}"));
    }
    Ok(())
}

/// How often a byte may be read, on average.
const NEEDED: u64 = 64;

/// Keeps the extractor as long as its document: a host may.
fn keep(result: Result<metaextract::Document>, extractor: Extractor) -> Result<(metaextract::Document, Extractor)> {
    result.map(|document| (document, extractor))
}
