//! Many files on threads: each result comes once, and is the one that its file has alone.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use common::{fixture_files, many_elements};
use metaextract::drivers::batch::{self, Batch, Crew, Order, Settings};
use metaextract::drivers::extract_file;
use metaextract::{ErrorKind, Options, Result, Status};

/// No test here takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of one test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("batch").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// What a file gives, as text: its document or its error.
fn text(result: Result<metaextract::Document>) -> String {
    result.map_or_else(|error| format!("{:?} {error}", error.kind()), |document| document.to_json())
}

fn alone(path: &Path, options: &Options) -> String {
    text(extract_file(path, options))
}

/// Ends the test where a call does not return.
fn within<T: Send + 'static>(patience: Duration, call: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, answer) = mpsc::channel();
    std::thread::spawn(move || send.send(call()));
    answer.recv_timeout(patience).expect("the call returns")
}

#[test]
fn each_file_gives_what_it_gives_alone() {
    let options = Options::default();
    let files = fixture_files();
    assert!(files.len() > 100);
    let mut read = 0;
    for one in batch::extract_files(files.clone(), &options, 4).unwrap() {
        assert_eq!(text(one.document), alone(&one.path, &options), "{}", one.path.display());
        read += 1;
    }
    assert_eq!(read, files.len());
}

/// The heart of the shared budget: it delays, and changes nothing.
#[test]
fn a_file_that_fits_alone_fits_among_others() {
    let folder = folder("short");
    let sizes = [2000, 10, 1500, 2000, 1, 700, 2000, 40, 2000, 3];
    let files: Vec<PathBuf> = sizes
        .iter()
        .enumerate()
        .map(|(at, items)| {
            let path = folder.join(at.to_string());
            std::fs::write(&path, many_elements(*items)).unwrap();
            path
        })
        .collect();
    for limit in [3 << 20, 6 << 20, 64 << 20] {
        let options = Options { memory_limit: limit, ..Options::default() };
        let expected: Vec<String> = files.iter().map(|file| alone(file, &options)).collect();
        if limit == 6 << 20 {
            assert!(expected.iter().all(|json| json.contains("\"complete\":true")), "each one fits");
        }
        for order in [Order::Finished, Order::Added] {
            for threads in [1, 2, 5] {
                let (files, options) = (files.clone(), options.clone());
                let read = within(PATIENCE, move || in_crew(&files, &options, order, threads));
                for (at, json) in read {
                    assert_eq!(json, expected[at], "file {at}, {limit} bytes, {order:?}, {threads} threads");
                }
            }
        }
    }
}

/// The document of each file, by its number; in that order where that is asked for. No more memory is held than allowed.
fn in_crew(files: &[PathBuf], options: &Options, order: Order, threads: usize) -> BTreeMap<usize, String> {
    let settings = Settings { threads, memory_limit: options.memory_limit, order };
    let own = options.clone();
    let crew = Crew::open(&settings, move |(_, path): &(usize, PathBuf), attempt| {
        let mut extractor = attempt.open(&own)?;
        attempt.read_file(&mut extractor, path)?;
        extractor.finish()
    });
    files.iter().cloned().enumerate().for_each(|file| crew.add(file).unwrap());
    crew.end();
    let mut read = BTreeMap::new();
    while let Some(((at, _), document)) = crew.next() {
        assert!(order == Order::Finished || at == read.len());
        assert!(read.insert(at, text(document)).is_none(), "file {at} came twice");
    }
    assert_eq!(read.len(), files.len());
    read
}

#[test]
fn a_crew_without_threads_reads_where_results_are_taken() {
    let here = std::thread::current().id();
    for order in [Order::Added, Order::Finished] {
        let settings = Settings { order, ..Settings::default() };
        let crew = Crew::without_threads(&settings, move |_: &usize, _| std::thread::current().id() == here);
        (0..1000).for_each(|number| crew.add(number).unwrap());
        crew.end();
        let read: Vec<_> = crew.try_next().into_iter().chain(std::iter::from_fn(|| crew.next())).collect();
        assert!(read.iter().copied().eq((0..1000).map(|number| (number, true))));
    }
}

#[test]
fn the_results_come_in_the_order_asked_for() {
    let gate = Arc::new((std::sync::Mutex::new(false), std::sync::Condvar::new()));
    let crew = |order| {
        let gate = gate.clone();
        Crew::open(&Settings { threads: 2, order, ..Settings::default() }, move |number: &usize, _| {
            let (open, opened) = &*gate;
            if *number == 0 {
                drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
            }
        })
    };
    let finished = crew(Order::Finished);
    (0..5).for_each(|number| finished.add(number).unwrap());
    finished.end();
    let mut early: Vec<_> = (0..4).map(|_| finished.next().unwrap().0).collect();
    early.sort();
    assert_eq!(early, [1, 2, 3, 4]);
    let added = crew(Order::Added);
    (0..5).for_each(|number| added.add(number).unwrap());
    added.end();
    std::thread::sleep(Duration::from_millis(50));
    assert!(added.try_next().is_none());
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    assert_eq!(std::iter::from_fn(|| added.next()).map(|(number, ())| number).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(finished.next(), Some((0, ())));
    assert_eq!(finished.next(), None);
}

#[test]
fn failures_are_each_files_own() {
    let folder = folder("failures");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample.dcm");
    let garbage = folder.join("garbage");
    std::fs::write(&garbage, [b'?'; 3000]).unwrap();
    let batch = Batch::open(&Options::default(), 2).unwrap();
    for path in [folder.clone(), folder.join("none"), sample.clone(), garbage.clone(), sample.clone()] {
        batch.add(&path, path.clone()).unwrap();
    }
    batch.end();
    assert_eq!(batch.add("late", PathBuf::new()).unwrap_err().kind(), ErrorKind::State);
    let mut kinds = BTreeMap::new();
    while let Some(read) = batch.next() {
        assert_eq!(read.path, read.tag);
        kinds.insert(read.path, read.document.map(|document| document.status()).map_err(|error| error.kind()));
    }
    let expected = [
        (folder.clone(), Err(ErrorKind::Io)),
        (folder.join("none"), Err(ErrorKind::Io)),
        (sample, Ok(Status::Done)),
        (garbage, Err(ErrorKind::UnknownFormat)),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
}

/// Files that are cut, grow and go away while they are read.
#[test]
fn vanishing_files_stop_nothing() {
    let folder = folder("vanishing");
    let bytes = many_elements(300);
    let path = |at: usize| folder.join(at.to_string());
    (0..300).for_each(|at| std::fs::write(path(at), &bytes).unwrap());
    let paths: Vec<_> = (0..300).map(path).collect();
    let files = batch::extract_files(paths, &Options::default(), 3).unwrap();
    let mut results = 0;
    for (at, _) in files.enumerate() {
        results += 1;
        let _ = std::fs::remove_file(path(299 - at));
        let cut = std::fs::OpenOptions::new().write(true).open(path((at + 100) % 300));
        cut.and_then(|file| file.set_len(at as u64 * 50)).ok();
    }
    assert_eq!(results, 300);
}

#[test]
#[cfg(unix)]
fn pipes_are_read_and_hold_nobody_up() {
    let folder = folder("pipes");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample.dcm");
    let (fed, forsaken) = (folder.join("fed"), folder.join("forsaken"));
    for path in [&fed, &forsaken] {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }
    let batch = Batch::open(&Options { memory_limit: 2 << 20, ..Options::default() }, 2).unwrap();
    for _ in 0..20 {
        batch.add(&sample, "sample").unwrap();
    }
    batch.add(&fed, "fed").unwrap();
    batch.add(&forsaken, "forsaken").unwrap(); // nobody will ever write to it
    for _ in 0..20 {
        batch.add(&sample, "sample").unwrap();
    }
    let bytes = std::fs::read(&sample).unwrap();
    let writer = std::thread::spawn(move || std::fs::write(fed, bytes).unwrap());
    let mut tags = BTreeMap::new();
    for _ in 0..41 {
        let read = batch.next().unwrap();
        assert_eq!(read.document.unwrap().status(), Status::Done, "{}", read.tag);
        *tags.entry(read.tag).or_insert(0) += 1;
    }
    assert_eq!(tags, BTreeMap::from([("sample", 40), ("fed", 1)]));
    writer.join().unwrap();
    within(PATIENCE, move || drop(batch)); // the thread that waits is left to itself
}

#[test]
fn a_batch_that_nobody_takes_from_closes() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample.dcm");
    for ended in [false, true] {
        let sample = sample.clone();
        within(PATIENCE, move || {
            let batch = Batch::open(&Options { memory_limit: 1 << 20, ..Options::default() }, 2).unwrap();
            for number in 0..3000 {
                batch.add(&sample, number).unwrap(); // nor does adding wait for ever
            }
            if ended {
                batch.end();
            }
        });
    }
}

/// A task may move from thread to thread: who took a result need not come again.
#[test]
fn adding_waits_for_no_thread_that_took_a_result_earlier() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample.dcm");
    let read = within(PATIENCE, move || {
        let batch = Batch::open(&Options::default(), 2).unwrap();
        batch.add(&sample, ()).unwrap();
        std::thread::scope(|scope| assert!(scope.spawn(|| batch.next()).join().unwrap().is_some()));
        (0..2000).for_each(|_| batch.add(&sample, ()).unwrap());
        batch.end();
        std::iter::from_fn(|| batch.next()).count()
    });
    assert_eq!(read, 2000);
}

/// One that takes as long as a watcher of a folder may.
#[test]
fn results_come_while_names_come_slowly() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample.dcm");
    let named = Arc::new(AtomicUsize::new(0));
    let count = named.clone();
    let names = std::iter::repeat_with(move || {
        std::thread::sleep(Duration::from_millis(20));
        count.fetch_add(1, SeqCst);
        sample.clone()
    });
    let mut files = batch::extract_files(names, &Options::default(), 2).unwrap();
    assert!(files.next().is_some());
    assert!(named.load(SeqCst) < 100, "{} names came first", named.load(SeqCst));
}

#[test]
fn adding_waits_for_a_slow_taker_and_ends_with_the_batch() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample.dcm");
    let batch = Arc::new(Batch::open(&Options::default(), 2).unwrap());
    let added = Arc::new(AtomicUsize::new(0));
    let adder = {
        let (batch, added) = (batch.clone(), added.clone());
        std::thread::spawn(move || {
            loop {
                if let Err(error) = batch.add(&sample, ()) {
                    return error.kind();
                }
                added.fetch_add(1, SeqCst);
            }
        })
    };
    assert!(batch.next().is_some());
    std::thread::sleep(Duration::from_millis(200));
    let before = added.load(SeqCst);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(added.load(SeqCst), before, "the paths that wait are bounded");
    batch.end();
    assert_eq!(adder.join().unwrap(), ErrorKind::State);
    let mut taken = 1;
    while batch.next().is_some() {
        taken += 1;
    }
    assert_eq!(taken, before, "what was added is still read");
}

#[test]
fn dropping_cancels_what_is_under_way() {
    let folder = folder("dropped");
    let file = folder.join("large");
    std::fs::write(&file, many_elements(20_000)).unwrap();
    let started = Instant::now();
    alone(&file, &Options::default());
    let whole = started.elapsed();
    let batch = Batch::open(&Options::default(), 2).unwrap();
    (0..200).for_each(|_| batch.add(&file, ()).unwrap());
    std::thread::sleep(whole / 4);
    let started = Instant::now();
    drop(batch);
    assert!(started.elapsed() < whole * 3, "{:?} of {whole:?}", started.elapsed());
}

#[test]
fn a_panic_goes_on_in_the_taker_and_stops_nobody() {
    let crew = Crew::open(&Settings { threads: 2, ..Settings::default() }, |number: &u32, _| {
        assert_ne!(*number, 3, "on purpose");
    });
    (0..10).for_each(|number| crew.add(number).unwrap());
    crew.end();
    let (mut done, mut panics) = (0, 0);
    loop {
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| crew.next())) {
            Ok(Some(_)) => done += 1,
            Ok(None) => break,
            Err(_) => panics += 1,
        }
    }
    assert_eq!((done, panics), (9, 1));
}

#[test]
fn callbacks_are_for_crews() {
    let options = Options { records: Some(Arc::new(|_| ControlFlow::Continue(()))), ..Options::default() };
    assert_eq!(Batch::<()>::open(&options, 1).unwrap_err().kind(), ErrorKind::Argument);
    let options = Options { statistics: true, ..Options::default() };
    assert_eq!(Batch::<()>::open(&options, 1).unwrap_err().kind(), ErrorKind::Unsupported);
}

/// A reading that is given up begins again, when all before it are finished.
#[test]
fn a_reading_can_be_put_off() {
    let begun = Arc::new(AtomicU64::new(0));
    let counter = begun.clone();
    let settings = Settings { threads: 3, order: Order::Added, ..Settings::default() };
    let crew = Crew::open(&settings, move |_: &u32, attempt| {
        counter.fetch_add(1, SeqCst);
        let put_off = attempt.postponer().postpone();
        if !put_off {
            std::thread::sleep(Duration::from_millis(1));
        }
        put_off
    });
    (0..50).for_each(|number| crew.add(number).unwrap());
    crew.end();
    let results: Vec<_> = std::iter::from_fn(|| crew.next()).collect();
    assert_eq!(results, (0..50).map(|number| (number, false)).collect::<Vec<_>>());
    assert!(begun.load(SeqCst) <= 100, "each file is begun twice at most");
}
