//! The ways in which a file is read.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use metaextract::drivers::file;
use metaextract::{Document, Extractor, Options, Status};

use super::Outcome;

/// Reads by ranges, as the library's own file driver does.
pub(super) fn read_file(path: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut extractor = Extractor::new(&Options::default())?;
    file::read_file(&mut extractor, path)?;
    let document = whole(&mut extractor)?;
    Ok(Outcome { json_bytes: document.len() as u64, bytes_read: extractor.usage().bytes_fed })
}

/// Pushes. The length is not told, as by a socket, so that the whole file must pass.
pub(super) fn push(path: &Path, buffer: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut extractor = Extractor::new(&Options::default())?;
    let mut source = File::open(path)?;
    loop {
        let length = source.read(buffer)?;
        if length == 0 || extractor.feed_chunk(&buffer[..length])? != Status::Ok {
            break;
        }
    }
    let document = whole(&mut extractor)?;
    Ok(Outcome { json_bytes: document.len() as u64, bytes_read: extractor.usage().bytes_fed })
}

/// Only reads: what pushing is compared with.
pub(super) fn read_only(path: &Path, buffer: &mut [u8]) -> anyhow::Result<()> {
    let mut source = File::open(path)?;
    while source.read(buffer)? > 0 {}
    Ok(())
}

/// Reads by ranges, with the values sent as records.
pub(super) fn read_records(path: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
    let sent = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&sent);
    let records: metaextract::Records = Arc::new(move |line: &str| {
        count.fetch_add(line.len() as u64, Ordering::Relaxed);
        ControlFlow::Continue(())
    });
    let mut extractor = Extractor::new(&Options { records: Some(records), ..Options::default() })?;
    file::read_file(&mut extractor, path)?;
    whole(&mut extractor)?;
    let json_bytes = sent.load(Ordering::Relaxed);
    ensure!(json_bytes > 1 << 20, "the records are too few to be those of 10,000 frames");
    Ok(Outcome { json_bytes, bytes_read: extractor.usage().bytes_fed })
}

/// The document, which must be complete: a fast failure is no result.
fn whole(extractor: &mut Extractor) -> anyhow::Result<Document> {
    let document = extractor.finish()?;
    ensure!(document.status() == Status::Done, "the document is partial");
    Ok(document)
}
