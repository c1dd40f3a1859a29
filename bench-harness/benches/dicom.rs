//! Times the criteria of DICOM: `cargo bench -p bench-harness`.

use std::path::Path;

use bench_harness::criteria;
use criterion::{Criterion, criterion_group, criterion_main};

fn all(bench: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-data");
    let mut buffer = vec![0; 1 << 20];
    for case in criteria::all().filter(|case| case.name.starts_with("dicom-")) {
        let file = (case.make)(&folder).expect("the file");
        bench.bench_function(case.name, |bencher| {
            bencher.iter(|| (case.run)(&file, &mut buffer).expect("a document"));
        });
    }
}

/// A small file from memory: what one call costs, without a file system.
fn small(bench: &mut Criterion) {
    let bytes =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample.dcm")).expect("the sample");
    bench.bench_function("dicom-sample-slice", |bencher| {
        bencher.iter(|| {
            let mut extractor = metaextract::Extractor::new(&metaextract::Options::default()).expect("defaults");
            metaextract::drivers::slice::read(&mut extractor, &bytes).expect("a sound file");
            extractor.finish().expect("a document").len()
        });
    });
    bench.bench_function("dicom-sample-push", |bencher| {
        bencher.iter(|| {
            let mut extractor = metaextract::Extractor::new(&metaextract::Options::default()).expect("defaults");
            for chunk in bytes.chunks(4096) {
                extractor.feed_chunk(chunk).expect("a sound file");
            }
            extractor.finish().expect("a document").len()
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = small, all
}
criterion_main!(benches);
