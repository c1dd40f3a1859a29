//! The extractor's contract: its states, its callbacks, and that payload is never asked for.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use common::fixture;
use common::json::parse;
use metaextract::{ChunkSizes, ErrorKind, Extractor, Format, Options, Status, drivers};

/// A gigabyte of pixels that no file need hold: a host answers each want with zeros behind the header.
#[test]
fn payload_is_never_asked_for() {
    const PIXELS: u64 = 1 << 30;
    let mut header = fixture("pixel_16");
    let length_at = header.len() - 48 - 4;
    header[length_at..length_at + 4].copy_from_slice(&(PIXELS as u32).to_le_bytes());
    header.truncate(length_at + 4);
    let size = header.len() as u64 + PIXELS;
    for length_known in [true, false] {
        let mut extractor = Extractor::new(&Options::default()).unwrap();
        let mut status = if length_known { extractor.set_length(size).unwrap() } else { Status::Ok };
        let mut asked = 0;
        while status == Status::Ok {
            let Some(want) = extractor.wanted().next() else { break };
            let end = want.offset.saturating_add(want.length).min(size);
            let bytes: Vec<u8> = (want.offset..end).map(|at| header.get(at as usize).copied().unwrap_or(0)).collect();
            asked += bytes.len() as u64;
            assert!(asked < 256 << 10, "asked for {asked} bytes, now {want:?}");
            status = extractor.feed_at(want.offset, &bytes).unwrap();
        }
        let document = extractor.finish().unwrap();
        assert_eq!(document.status(), Status::Done, "{}", document.to_json());
        let json = parse(&document.to_json());
        assert_eq!(json.pointer("/properties/arrays/0/extents/0/1"), Some(&PIXELS.into()));
        let usage = extractor.usage();
        assert!(usage.memory_peak < 1 << 20, "{usage:?}");
        assert_eq!(usage.bytes_fed, asked);
    }
}

/// Ten thousand fragments: their headers are metadata, what stands between them is not (law 2 of the design).
#[test]
fn fragments_are_passed_over() {
    for (length, merge_gap) in [(100u32, 0), (100, 64 << 10), (3000, 64 << 10), (20_000, 1 << 20)] {
        let mut header = fixture("pixel_16");
        header.truncate(header.len() - 48 - 12);
        header.extend_from_slice(b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\0\0\0\0");
        let mut fragment = b"\xFE\xFF\x00\xE0".to_vec();
        fragment.extend_from_slice(&length.to_le_bytes());
        fragment.resize(8 + length as usize, 7);
        let mut file = [header.clone(), fragment.repeat(10_000)].concat();
        file.extend_from_slice(b"\xFE\xFF\xDD\xE0\0\0\0\0");

        let options = Options { merge_gap, ..Options::default() };
        let mut extractor = Extractor::new(&options).unwrap();
        metaextract::drivers::slice::read(&mut extractor, &file).unwrap();
        let usage = extractor.usage();
        let metadata = header.len() as u64 + 80_000 + 8;
        assert!(usage.bytes_needed <= metadata, "{usage:?}");
        assert!(usage.memory_peak < 900 << 10, "ten thousand small pieces are not kept: {usage:?}");
        assert!(usage.bytes_fed <= 2 * metadata + (64 << 10), "{length}: {usage:?}");
        assert!(extractor.finish().unwrap().to_json().contains(&format!("\"stored_bytes\":{}", 10_000 * length)));
    }
}

/// Pushed, the gigabyte passes by: nothing of it is kept.
#[test]
fn pushed_payload_is_not_kept() {
    let mut header = fixture("pixel_16");
    let length_at = header.len() - 48 - 4;
    header[length_at..length_at + 4].copy_from_slice(&(64u32 << 20).to_le_bytes());
    header.truncate(length_at + 4);
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    extractor.feed_chunk(&header).unwrap();
    let piece = vec![7; 1 << 20];
    for _ in 0..64 {
        assert_eq!(extractor.feed_chunk(&piece).unwrap(), Status::Ok);
        assert!(extractor.usage().memory_now < 512 << 10, "{:?}", extractor.usage());
    }
    assert_eq!(extractor.finish().unwrap().status(), Status::Done);
}

#[test]
fn the_length_is_set_once() {
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    extractor.set_length(10).unwrap();
    assert_eq!(extractor.set_length(10).unwrap_err().kind(), ErrorKind::State);
}

#[test]
fn a_length_below_what_was_fed_is_refused() {
    let file = fixture("pixel_16");
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    extractor.feed_chunk(&file).unwrap();
    assert_eq!(extractor.set_length(100).unwrap_err().kind(), ErrorKind::Argument);
    assert_eq!(extractor.set_length(file.len() as u64).unwrap(), Status::Done);
    assert!(extractor.finish().unwrap().to_json().contains(&format!("\"size\":{}", file.len())));
}

/// A chunk may bring all that was asked for, and not all that is pending, where some of that was fed by offset and let go.
#[test]
fn something_is_wanted_until_the_end() {
    let file = std::fs::read(common::fixtures().join("cdl/scopes.nc")).unwrap();
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    let mut pushed = 0;
    for (at, length) in [(None, 2344), (Some(7416), 2928), (None, 1640), (Some(8211), 2866), (None, 2472), (None, 960)]
    {
        let from = at.unwrap_or(pushed);
        let piece = &file[from..(from + length).min(file.len())];
        let status = match at {
            Some(at) => extractor.feed_at(at as u64, piece),
            None => extractor.feed_chunk(piece),
        };
        pushed += if at.is_none() { piece.len() } else { 0 };
        assert!(status.unwrap() != Status::Ok || extractor.wanted().len() > 0, "fed {length} at {at:?}");
    }
}

/// More metadata than the window keeps: what was read first must be asked for again, and until then the document stands.
#[test]
fn a_partial_document_is_bettered_or_stands() {
    let mut file = fixture("pixel_16");
    file.truncate(file.len() - 48 - 12); // without the pixel data
    for number in 0..6u8 {
        file.extend_from_slice(&[0xE1, 0x7F, 0x10, 0x10 + number, b'U', b'T', 0, 0]);
        file.extend_from_slice(&60_000u32.to_le_bytes());
        file.resize(file.len() + 60_000, b'a' + number);
    }
    let mut whole = Extractor::new(&Options::default()).unwrap();
    metaextract::drivers::slice::read(&mut whole, &file).unwrap();
    let whole = whole.finish().unwrap();
    assert_eq!(whole.status(), Status::Done);

    let mut extractor = Extractor::new(&Options::default()).unwrap();
    extractor.set_length(file.len() as u64).unwrap();
    extractor.feed_chunk(&file[..file.len() - 100_000]).unwrap();
    let partial = extractor.finish().unwrap();
    assert_eq!(partial.status(), Status::Partial);
    let missing = extractor.wanted().next().unwrap();
    let answer = |want: metaextract::Want| {
        let end = want.offset.saturating_add(want.length).min(file.len() as u64);
        &file[want.offset as usize..end as usize]
    };
    assert_eq!(extractor.feed_at(missing.offset, answer(missing)).unwrap(), Status::Ok);
    assert_eq!(extractor.finish().unwrap().to_json(), partial.to_json(), "too little to better it");

    while let Some(want) = extractor.wanted().next() {
        extractor.feed_at(want.offset, answer(want)).unwrap();
    }
    assert_eq!(extractor.finish().unwrap().to_json(), whole.to_json());

    // Cancelled, a partial document stands whatever is fed.
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    extractor.set_length(file.len() as u64).unwrap();
    extractor.feed_chunk(&file[..file.len() - 100_000]).unwrap();
    extractor.finish().unwrap();
    extractor.canceller().cancel();
    assert_eq!(extractor.feed_at(missing.offset, answer(missing)).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(extractor.finish().unwrap().to_json(), partial.to_json());
}

/// Files of length 0 may have content, and a chunk size is a wish: nothing is allocated because it says so.
#[test]
#[cfg(target_os = "linux")]
fn odd_files_are_read_too() {
    use metaextract::drivers::file;
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    let _ = file::read_file(&mut extractor, "/proc/self/maps".as_ref());
    assert!(extractor.usage().bytes_fed > 0);

    #[cfg(feature = "mmap")]
    {
        // Nobody writes to it: opening it would wait for ever.
        let fifo = std::env::temp_dir().join(format!("metaextract-fifo-{}", std::process::id()));
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let mut extractor = Extractor::new(&Options::default()).unwrap();
        let error = metaextract::drivers::mmap::read_file(&mut extractor, &fifo).unwrap_err();
        std::fs::remove_file(&fifo).unwrap();
        assert_eq!(error.kind(), ErrorKind::Io);
    }

    let options = Options { chunk_size: ChunkSizes::all(u64::MAX), memory_limit: 1 << 20, ..Options::default() };
    let mut extractor = Extractor::new(&options).unwrap();
    assert_eq!(
        file::push_reader(&mut extractor, &mut &fixture("pixel_16")[..])
            .and_then(|_| extractor.finish())
            .unwrap()
            .status(),
        Status::Done
    );
    assert!(extractor.usage().memory_peak < 256 << 10, "{:?}", extractor.usage());

    let mut extractor = Extractor::new(&Options::default()).unwrap();
    let error = file::read_file(&mut extractor, "/dev/null".as_ref()).and_then(|_| extractor.finish()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownFormat);
}

#[test]
fn a_file_gives_the_same_document_in_one_piece_and_in_many() {
    for name in ["sample.dcm", "fits/heaps.fits", "hdf5/long_values.h5", "cdl/values.nc", "cdl/values_4.nc"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let read =
            |options: Options| drivers::extract_file(&path, &options).map(|document| document.to_json().to_string());
        let usual = read(Options::default()).unwrap();
        let pieces = ChunkSizes { hdf5: 100, ..ChunkSizes::all(200) };
        for (threshold, chunk_size) in [(0, ChunkSizes::default()), (0, pieces), (u64::MAX, pieces)] {
            let options = Options { streaming_threshold: threshold, chunk_size, ..Options::default() };
            assert_eq!(read(options).unwrap(), usual, "{name}, threshold {threshold}");
        }
        if cfg!(not(feature = "reference")) {
            assert_eq!(read(Options { streaming: false, ..Options::default() }).unwrap(), usual, "{name}");
            // There is no room for all of it: it comes in pieces.
            let little = Options { memory_limit: 300 << 10, ..Options::default() };
            let pieces = read(Options { streaming: false, ..little.clone() });
            assert_eq!(pieces.ok(), read(little).ok(), "{name}");
        }
    }
}

#[test]
fn without_streaming_nothing_is_fed() {
    let options = Options { streaming: false, ..Options::default() };
    let bytes = fixture("pixel_16");
    let mut extractor = Extractor::new(&options).unwrap();
    let refusals = [
        extractor.feed_chunk(&bytes).unwrap_err(),
        extractor.feed_at(0, &bytes).unwrap_err(),
        drivers::slice::read(&mut extractor, &bytes).unwrap_err(),
        drivers::file::push_reader(&mut extractor, &mut &bytes[..]).unwrap_err(),
    ];
    for error in refusals {
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.message().contains("streaming"), "{error}");
    }
    assert_eq!(extractor.usage().bytes_fed, 0);
}

#[test]
fn options_that_are_not_built_are_refused_by_name() {
    if cfg!(not(feature = "reference")) {
        let error = Extractor::new(&Options { fallback: true, ..Options::default() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("fallback"), "{error}");
    }
    let error =
        Extractor::new(&Options { chunk_size: ChunkSizes { fits: 0, ..ChunkSizes::default() }, ..Options::default() });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Argument);
    let error = Extractor::new(&Options { statistics: true, ..Options::default() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("statistics"), "{error}");
    assert_eq!(
        Extractor::new(&Options { memory_limit: 0, ..Options::default() }).unwrap_err().kind(),
        ErrorKind::Limit
    );
}

#[test]
fn an_error_is_the_end_of_an_extraction() {
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    let first = extractor.feed_chunk(&[b'x'; 1 << 16]).err().or_else(|| extractor.finish().err()).expect("no format");
    assert_eq!(first.kind(), ErrorKind::UnknownFormat);
    assert_eq!(extractor.feed_chunk(b"more").unwrap_err().kind(), ErrorKind::State);
    assert_eq!(extractor.finish().unwrap_err(), first);
    assert_eq!(extractor.status().unwrap_err().kind(), ErrorKind::UnknownFormat);
    assert_eq!(extractor.wanted().len(), 0);
}

/// What is wanted changes by feeding only, and feeding nothing that is wanted changes nothing.
#[test]
fn wanted_is_pure() {
    let bytes = fixture("vr_explicit");
    let mut extractor = Extractor::new(&Options { merge_gap: 0, ..Options::default() }).unwrap();
    extractor.set_length(bytes.len() as u64).unwrap();
    let wants: Vec<_> = extractor.wanted().collect();
    assert!(!wants.is_empty());
    assert_eq!(wants, extractor.wanted().collect::<Vec<_>>());
    let behind = wants.iter().map(|want| want.offset.saturating_add(want.length)).max().unwrap();
    if behind < bytes.len() as u64 {
        extractor.feed_at(behind, &bytes[behind as usize..]).unwrap();
        assert_eq!(wants, extractor.wanted().collect::<Vec<_>>());
    }
}

#[test]
fn a_cancelled_extraction_gives_what_stands() {
    let bytes = common::fixture("frames5");
    let mut extractor = Extractor::new(&Options::default()).unwrap();
    let canceller = extractor.canceller();
    extractor.feed_chunk(&bytes[..700]).unwrap();
    canceller.cancel();
    assert_eq!(extractor.feed_chunk(&bytes[700..]).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(extractor.feed_at(700, &bytes[700..]).unwrap_err().kind(), ErrorKind::Cancelled);
    let document = extractor.finish().expect("what stands");
    assert_eq!(document.status(), Status::Partial);
    assert_eq!(document.get_str("/headers/dataset/00080060/Value/0").unwrap(), "OT");
}

#[test]
fn progress_rises_to_the_end_and_can_cancel() {
    let mut bytes = fixture("plain");
    bytes.extend_from_slice(b"\x10\x40\x10\x40OB\0\0\0\0\x30\0"); // a binary element of 3 MiB
    bytes.resize(bytes.len() + (3 << 20), 0);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let progress: metaextract::Progress = Arc::new(move |done, total| {
        sink.lock().unwrap().push((done, total));
        ControlFlow::Continue(())
    });
    let mut extractor = Extractor::new(&Options { progress: Some(progress), ..Options::default() }).unwrap();
    for chunk in bytes.chunks(10_000) {
        assert_eq!(extractor.feed_chunk(chunk).unwrap(), Status::Ok);
    }
    assert_eq!(extractor.finish().unwrap().status(), Status::Done);
    let told = told.lock().unwrap();
    assert!(told.len() > 2 && told.len() < 100, "{} calls", told.len());
    assert!(told.is_sorted() && told.iter().all(|told| told.0 <= bytes.len() as u64 && told.1 == 0), "{told:?}");

    let stop: metaextract::Progress = Arc::new(|_, _| ControlFlow::Break(()));
    let mut extractor = Extractor::new(&Options { progress: Some(stop), ..Options::default() }).unwrap();
    let kinds: Vec<_> =
        bytes.chunks(100_000).filter_map(|chunk| extractor.feed_chunk(chunk).err()).map(|e| e.kind()).collect();
    assert_eq!(kinds.first(), Some(&ErrorKind::Cancelled));
    assert!(kinds.iter().all(|kind| *kind == ErrorKind::Cancelled), "{kinds:?}");
}

#[test]
fn the_record_callback_can_cancel() {
    let count = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&count);
    let records: metaextract::Records = Arc::new(move |_| match seen.fetch_add(1, Ordering::Relaxed) {
        4 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let mut extractor = Extractor::new(&Options { records: Some(records), ..Options::default() }).unwrap();
    let fed = extractor.feed_chunk(&fixture("vr_explicit"));
    let next = extractor.feed_chunk(b"more");
    assert_eq!(fed.err().or(next.err()).map(|error| error.kind()), Some(ErrorKind::Cancelled));
    assert_eq!(count.load(Ordering::Relaxed), 5, "nothing is sent after the cancel");
}

#[test]
fn detection_needs_the_head_only() {
    assert_eq!(metaextract::detect(&fixture("plain")[..132]), Some(Format::Dicom));
    assert_eq!(metaextract::detect(b"\x89HDF\r\n\x1a\n"), Some(Format::Hdf5));
    assert_eq!(metaextract::detect(b"CDF\x01\0\0\0\0"), Some(Format::Netcdf));
    assert_eq!(metaextract::detect(b"SIMPLE  =                    T"), Some(Format::Fits));
    assert_eq!(metaextract::detect(b""), None);
}

/// An extractor may move to another thread between two feeds.
#[test]
fn an_extractor_is_send_and_a_document_is_sync() {
    fn send<T: Send>() {}
    fn sync<T: Send + Sync>() {}
    send::<Extractor>();
    sync::<metaextract::Document>();
    sync::<metaextract::Canceller>();
    sync::<metaextract::UsageReader>();
}

/// A cancel may strike while the format is still looked for, when nothing stands yet.
#[test]
fn every_feed_after_a_cancel_says_so_wherever_it_struck() {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm")).expect("the sample");
    for before in [0, 1, 100, 131, 132, 500, file.len() - 1] {
        let mut extractor = Extractor::new(&Options::default()).expect("defaults");
        for byte in &file[..before] {
            extractor.feed_chunk(std::slice::from_ref(byte)).expect("not cancelled yet");
        }
        extractor.canceller().cancel();
        for byte in &file[before..(before + 300).min(file.len())] {
            let error = extractor.feed_chunk(std::slice::from_ref(byte)).expect_err("cancelled");
            assert_eq!(error.kind(), ErrorKind::Cancelled, "cancelled behind {before} bytes");
        }
    }
}
