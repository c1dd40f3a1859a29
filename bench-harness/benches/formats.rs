//! Times the hot path of each parser, from memory: a small file, where opening counts, and one with a long document.
//! `cargo bench -p bench-harness`; with `-- --test` each runs once.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bench_harness::data::{dicom, fits, hdf5, netcdf};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use metaextract::{Extractor, Options, Status, drivers};

type Make = fn(&Path) -> io::Result<PathBuf>;

const SMALL: &[(&str, &str)] = &[
    ("dicom", "sample.dcm"),
    ("fits", "fits/many_cards.fits"),
    ("hdf5-old", "hdf5/long_value_old.h5"),
    ("hdf5-new", "hdf5/graph_new.h5"),
    ("netcdf-classic", "netcdf/all_types.nc"),
    ("netcdf-4", "netcdf/links.nc"),
];

const LONG: &[(&str, Make)] = &[
    ("dicom", dicom::frames_10k),
    ("fits", fits::hdus_5k),
    ("hdf5-old", hdf5::many_20k_old),
    ("hdf5-new", hdf5::many_20k_new),
    ("netcdf-classic", netcdf::classic_10k_variables),
];

const CHUNK: usize = 64 << 10;

fn slice(file: &[u8]) -> usize {
    let mut extractor = Extractor::new(&Options::default()).expect("defaults");
    drivers::slice::read(&mut extractor, file).expect("a sound file");
    extractor.finish().expect("a document").len()
}

fn push(file: &[u8]) -> usize {
    let mut extractor = Extractor::new(&Options::default()).expect("defaults");
    for chunk in file.chunks(CHUNK) {
        if extractor.feed_chunk(chunk).expect("a sound file") != Status::Ok {
            break;
        }
    }
    extractor.finish().expect("a document").len()
}

fn small(bench: &mut Criterion) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    for (format, name) in SMALL {
        let file = fs::read(fixtures.join(name)).expect("a fixture");
        bench.bench_function(&format!("{format}-small-slice"), |bencher| bencher.iter(|| slice(&file)));
    }
}

fn long(bench: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-data");
    for (format, make) in LONG {
        let file = fs::read(make(&folder).expect("room on the disk")).expect("the file");
        let mut group = bench.benchmark_group(format!("{format}-long"));
        group.throughput(Throughput::Bytes(slice(&file) as u64)); // of the document
        group.bench_function("slice", |bencher| bencher.iter(|| slice(&file)));
        group.bench_function("push", |bencher| bencher.iter(|| push(&file)));
        group.finish();
    }
}

/// Its variables' data are holes, and too many for memory.
fn from_file(bench: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-data");
    let file = hdf5::netcdf4::netcdf4_10k_variables(&folder).expect("room on the disk");
    bench.bench_function("netcdf-4-long-file", |bencher| {
        bencher.iter(|| drivers::extract_file(&file, &Options::default()).expect("a document").len());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = small, long, from_file
}
criterion_main!(benches);
