//! The heap that an extractor says it holds is the heap that dhat sees, in every format and however it is read.
#![allow(clippy::unwrap_used, clippy::panic, unsafe_code)]

use std::ffi::CString;
use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::Arc;

use bench_harness::data::{dicom, fits, hdf5, netcdf};
use metaextract::ffi::{self, mx_usage_t};
use metaextract::{Cdl, Extractor, Options, Records, Status, drivers};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What no account is kept of, however small the file is: the first nodes of maps, the first places of lists.
const AROUND: u64 = 4 << 10;

type Make = fn(&Path) -> io::Result<PathBuf>;

/// Medium and large documents, and large files with small ones.
const MADE: &[Make] = &[
    dicom::native_1mb,
    dicom::frames_10k,
    fits::image_2gb,
    fits::hdus_5k,
    hdf5::huge_3gb,
    hdf5::flat_2k_new,
    hdf5::nested_2k_old,
    hdf5::many_20k_old,
    hdf5::many_20k_new,
    hdf5::netcdf4::netcdf4_1gb,
    hdf5::netcdf4::netcdf4_10k_variables,
    netcdf::classic_1gb,
    netcdf::classic_10k_variables,
];

/// A large file is not pushed: that would only take long.
const PUSHED: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    File,
    Push,
    Records,
    Cdl,
    C,
}

#[test]
fn the_usage_is_what_dhat_sees() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("usage");
    let mut files = fixtures();
    files.extend(MADE.iter().map(|make| make(&folder).unwrap()));
    let mut wrong = Vec::new();
    for file in &files {
        for way in [Way::File, Way::Push, Way::Records, Way::Cdl, Way::C] {
            if way == Way::Push && file.metadata().unwrap().len() > PUSHED {
                continue;
            }
            let (said, seen) = measure(way, file);
            let near = |said: u64, seen: u64| said.abs_diff(seen) <= seen / 10 + AROUND;
            if !near(said.0, seen.0) || !near(said.1, seen.1) {
                wrong.push(format!("{}, {way:?}: (peak, now) is said to be {said:?}, and is {seen:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// Bytes held at most, and at the end with the document: as the extractor says, and as dhat sees.
fn measure(way: Way, file: &Path) -> ((u64, u64), (u64, u64)) {
    let mut buffer = vec![0; 64 << 10]; // the host's
    let path = CString::new(file.to_str().unwrap()).unwrap();
    let records: Records = Arc::new(|_: &str| ControlFlow::Continue(()));
    let options = Options {
        records: (way == Way::Records).then_some(records),
        cdl: (way == Way::Cdl).then(|| Cdl { name: "a file".into() }),
        ..Options::default()
    };
    let _profiler = dhat::Profiler::builder().testing().trim_backtraces(Some(4)).build();
    let seen = || {
        let stats = dhat::HeapStats::get();
        (stats.max_bytes as u64, stats.curr_bytes as u64)
    };
    if way == Way::C {
        return through_c(&path, seen);
    }
    let mut extractor = Extractor::new(&options).unwrap();
    // A broken file is measured as far as it is read.
    if way == Way::Push {
        let mut source = fs::File::open(file).unwrap();
        while let length @ 1.. = source.read(&mut buffer).unwrap()
            && extractor.feed_chunk(&buffer[..length]).is_ok_and(|status| status == Status::Ok)
        {}
    } else {
        let _ = drivers::file::read_file(&mut extractor, file);
    }
    let _document = extractor.finish();
    let usage = extractor.usage();
    ((usage.memory_peak, usage.memory_now), seen())
}

fn through_c(path: &CString, seen: impl Fn() -> (u64, u64)) -> ((u64, u64), (u64, u64)) {
    let (mut extractor, mut document) = (null_mut(), null_mut());
    // SAFETY: a struct of numbers only.
    let mut usage: mx_usage_t = unsafe { std::mem::zeroed() };
    usage.struct_size = size_of::<mx_usage_t>();
    // SAFETY: every pointer is one that was opened here, or a place for one.
    unsafe {
        ffi::mx_open(std::ptr::null(), &mut extractor);
        ffi::mx_read_file(extractor, path.as_ptr());
        ffi::mx_finish(extractor, &mut document);
        ffi::mx_usage(extractor, &mut usage);
        let seen = seen();
        ffi::mx_document_free(document);
        ffi::mx_close(extractor);
        ((usage.memory_peak, usage.memory_now), seen)
    }
}

/// The library's own fixtures: small files of every kind, broken ones among them.
fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut files = Vec::new();
    for format in ["dicom", "fits", "hdf5", "netcdf", "cdl"] {
        for entry in fs::read_dir(root.join(format)).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            if ["dcm", "fits", "gz", "h5", "nc"].contains(&kind) {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 300, "the fixtures are there");
    files.sort();
    files
}
