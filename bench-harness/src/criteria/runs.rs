//! The ways in which a file is read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use metaextract::drivers::file;
use metaextract::{Document, Extractor, Options, Status, Usage, Want};
use serde_json::Value;

use super::Outcome;

/// Reads by ranges, as the library's own file driver does.
pub(super) fn read_file(path: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut extractor = Extractor::new(&Options::default())?;
    file::read_file(&mut extractor, path)?;
    outcome(&mut extractor, path, 0)
}

/// Reads by ranges, as a remote host does that fetches all that is wanted at once: each time is a round.
pub(super) fn read_rounds(path: &Path, buffer: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut extractor = Extractor::new(&Options::default())?;
    let mut source = File::open(path)?;
    let length = source.metadata()?.len();
    let mut status = extractor.set_length(length)?;
    let mut rounds = 0;
    let mut wants = Vec::new();
    while status == Status::Ok {
        wants.clear();
        wants.extend(extractor.wanted());
        ensure!(!wants.is_empty(), "nothing is wanted, and nothing is done");
        rounds += 1;
        status = feed_wants(&mut extractor, &mut source, &wants, buffer)?;
    }
    outcome(&mut extractor, path, rounds)
}

/// Pushes a file whose structures point backwards; what had passed before it was known to be needed is read again.
pub(super) fn push_and_read_again(path: &Path, buffer: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut extractor = Extractor::new(&Options::default())?;
    let mut source = File::open(path)?;
    let mut status = Status::Ok;
    while status == Status::Ok {
        let length = source.read(buffer)?;
        if length == 0 {
            break;
        }
        status = extractor.feed_chunk(&buffer[..length])?;
    }
    let mut wants = Vec::new();
    while extractor.finish()?.status() == Status::Partial {
        wants.clear();
        wants.extend(extractor.wanted());
        ensure!(!wants.is_empty(), "the document is partial, and nothing is wanted");
        feed_wants(&mut extractor, &mut source, &wants, buffer)?;
    }
    outcome(&mut extractor, path, 0)
}

fn feed_wants(
    extractor: &mut Extractor,
    source: &mut File,
    wants: &[Want],
    buffer: &mut [u8],
) -> anyhow::Result<Status> {
    let end = source.metadata()?.len();
    let mut status = Status::Ok;
    for want in wants {
        let mut at = want.offset;
        let behind = want.offset.saturating_add(want.length).min(end);
        source.seek(SeekFrom::Start(at))?;
        while at < behind {
            let length = buffer.len().min(usize::try_from(behind - at)?);
            source.read_exact(&mut buffer[..length])?;
            status = extractor.feed_at(at, &buffer[..length])?;
            at += length as u64;
        }
        if want.offset >= end {
            status = extractor.feed_at(end, &[])?;
        }
    }
    Ok(status)
}

/// Reads a tenth of the objects ten times: what all of them take if time follows their number.
pub(super) fn ten_tenths(path: &Path, buffer: &mut [u8]) -> anyhow::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().replace("200k", "20k");
    let tenth = path.with_file_name(name);
    ensure!(tenth != path, "it has no tenth");
    for _ in 0..10 {
        read_file(&tenth, buffer)?;
    }
    Ok(())
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
    outcome(&mut extractor, path, 0)
}

fn outcome(extractor: &mut Extractor, path: &Path, rounds: u64) -> anyhow::Result<Outcome> {
    let json_bytes = whole(extractor)?.len() as u64;
    let Usage { bytes_fed: bytes_read, requests, .. } = extractor.usage();
    Ok(Outcome { json_bytes, bytes_read, file_bytes: path.metadata()?.len(), requests, rounds })
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
    let json_bytes = sent.load(Ordering::Relaxed);
    ensure!(json_bytes > 1 << 20, "the records are too few to be those of 10,000 frames");
    Ok(Outcome { json_bytes, ..outcome(&mut extractor, path, 0)? })
}

/// The document, which must be complete: a fast failure is no result.
fn whole(extractor: &mut Extractor) -> anyhow::Result<Document> {
    let document = extractor.finish()?;
    ensure!(document.status() == Status::Done, "the document is partial: {}", first_loss(&document));
    Ok(document)
}

/// What a partial document lacks first, and where.
fn first_loss(document: &Document) -> String {
    let warnings = document.get_json("/warnings").ok().and_then(|json| serde_json::from_str::<Value>(&json).ok());
    let mut all = warnings.as_ref().and_then(Value::as_array).into_iter().flatten();
    let Some(first) = all.find(|warning| warning["class"] == "loss") else {
        return "no warning says why".to_owned();
    };
    let offset = first["offset"].as_u64().map_or(String::new(), |offset| format!("offset {offset}: "));
    let path = first["path"].as_str().map_or(String::new(), |path| format!(" ({path})"));
    format!("{offset}{}{path}", first["message"].as_str().unwrap_or_default())
}
