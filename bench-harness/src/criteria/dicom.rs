//! What is promised for DICOM.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use metaextract::drivers::file;
use metaextract::{Document, Extractor, Options, Status};

use super::{Bar, Criterion, Figure, KIB, MIB, Outcome};
use crate::data::dicom as data;

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        name: "dicom-500mb-file",
        what: "a native multi-frame file of 500 MB, read by ranges",
        make: data::native_500mb,
        run: read_file,
        baseline: None,
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 150e6, "proposal, 150 MB"),
            Bar::below(Figure::PeakHeap, |_| MIB, "project"),
            Bar::below(Figure::BytesRead, |_| 256.0 * KIB, "project"),
            Bar::below(Figure::PeakRss, |_| 8.0 * MIB, "project"),
            Bar::report(Figure::Time),
        ],
    },
    Criterion {
        name: "dicom-500mb-push",
        what: "the same file, pushed in chunks of 1 MiB",
        make: data::native_500mb,
        run: push,
        baseline: Some(read_only),
        bars: &[
            Bar::below(Figure::PeakHeap, |_| 150e6, "proposal, 150 MB"),
            Bar::below(Figure::PeakHeap, |_| MIB, "project"),
            Bar::below(Figure::CpuRatio, |_| 1.1, "of a plain read loop"),
            Bar::report(Figure::Time),
        ],
    },
    Criterion {
        name: "dicom-10k-frames-file",
        what: "functional groups of 10,000 frames, read by ranges",
        make: data::frames_10k,
        run: read_file,
        baseline: None,
        bars: &[
            Bar::below(Figure::PeakHeap, |outcome| 1.5 * outcome.json_bytes as f64 + MIB, "1.5 x JSON + 1 MiB"),
            Bar::report(Figure::Time),
        ],
    },
    Criterion {
        name: "dicom-10k-frames-records",
        what: "the same file, its values sent as records",
        make: data::frames_10k,
        run: read_records,
        baseline: None,
        bars: &[Bar::below(Figure::PeakHeap, |_| MIB, "project"), Bar::report(Figure::Time)],
    },
];

fn read_file(path: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
    let mut extractor = Extractor::new(&Options::default())?;
    file::read_file(&mut extractor, path)?;
    let document = whole(&mut extractor)?;
    Ok(Outcome { json_bytes: document.len() as u64, bytes_read: extractor.usage().bytes_fed })
}

/// The length is not told, as by a socket, so that the whole file must pass.
fn push(path: &Path, buffer: &mut [u8]) -> anyhow::Result<Outcome> {
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

fn read_only(path: &Path, buffer: &mut [u8]) -> anyhow::Result<()> {
    let mut source = File::open(path)?;
    while source.read(buffer)? > 0 {}
    Ok(())
}

fn read_records(path: &Path, _: &mut [u8]) -> anyhow::Result<Outcome> {
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
