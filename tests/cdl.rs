//! CDL: the text of `ncdump -h` and `ncdump -hs`, whatever way the bytes come, and what is said where there is none.

mod common;

use std::path::PathBuf;

use metaextract::{Cdl, Document, Error, ErrorKind, Extractor, Format, Options, Result, Status, drivers};

/// The NetCDF files of the fixtures with a text beside them: `h` of ncdump -h, `hs` of ncdump -hs.
fn with(extension: &str) -> Vec<(String, PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(common::fixtures().join("cdl")).expect("the fixtures are there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|own| own == extension) {
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            let text = std::fs::read(&path).expect("a text");
            files.push((name, path.with_extension("nc"), text));
        }
    }
    assert!(files.len() >= 15, "{}", files.len());
    files
}

fn options(name: &str, special: bool) -> Options {
    Options { cdl: Some(Cdl { name: name.into() }), special, ..Options::default() }
}

fn text(document: &Document) -> Vec<u8> {
    document.cdl().expect("CDL was asked for").flatten().copied().collect()
}

fn from_slice(file: &[u8], options: &Options) -> Result<Document> {
    let mut extractor = Extractor::new(options)?;
    drivers::slice::read(&mut extractor, file)?;
    extractor.finish()
}

fn pushed(file: &[u8], options: &Options, chunk: usize) -> Result<Document> {
    let mut extractor = Extractor::new(options)?;
    for chunk in file.chunks(chunk) {
        if extractor.feed_chunk(chunk)? != Status::Ok {
            break;
        }
    }
    extractor.finish()
}

fn same(name: &str, ours: &[u8], theirs: &[u8]) -> std::result::Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    let (ours, theirs) = (String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs));
    let line = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
    Err(format!("{name}: {line:?} of\n{ours}"))
}

#[test]
fn the_text_is_that_of_ncdump() {
    for (extension, special) in [("h", false), ("hs", true)] {
        common::for_each_parallel(
            &with(extension),
            |(name, ..)| name.clone(),
            |(name, path, theirs)| {
                let options = options(name, special);
                let file = std::fs::read(path).expect("a file");
                let document = from_slice(&file, &options).map_err(|error| error.to_string())?;
                assert_eq!((document.status(), document.format()), (Status::Done, Some(Format::Netcdf)));
                same(name, &text(&document), theirs)?;
                for chunk in [1, 7, 4096] {
                    let document = pushed(&file, &options, chunk).map_err(|error| error.to_string())?;
                    same(&format!("{name} in chunks of {chunk}"), &text(&document), theirs)?;
                }
                let mut extractor = Extractor::new(&options).map_err(|error| error.to_string())?;
                drivers::file::read_file(&mut extractor, path).map_err(|error| error.to_string())?;
                same("from the file", &text(&extractor.finish().map_err(|error| error.to_string())?), theirs)
            },
        );
    }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(common::fixtures().join("cdl").join(name)).expect("a fixture")
}

#[test]
fn the_document_keeps_the_envelope_only() {
    for name in ["types.nc", "small.nc"] {
        let document = from_slice(&fixture(name), &options("x", true)).expect("a document");
        assert_eq!(document.get_json("/headers").expect("headers"), "{}");
        assert_eq!(document.get_json("/properties/arrays").expect("arrays"), "[]");
        assert_eq!(document.get_str("/format").expect("a format"), "netcdf");
        let plain = from_slice(&fixture(name), &Options::default()).expect("a document");
        assert!(plain.cdl().is_none());
        let counts = |document: &Document| document.get_json("/properties/counts").expect("counts");
        assert_eq!(counts(&document), counts(&plain));
    }
}

#[test]
fn a_cut_file_gives_what_stands_before_the_cut() {
    let (file, whole) = (fixture("small.nc"), fixture("small.h"));
    let options = options("small", false);
    for length in 4..file.len() {
        let document = from_slice(&file[..length], &options).expect("a document");
        let text = String::from_utf8(text(&document)).expect("UTF-8");
        assert!(text.starts_with("netcdf small {\n") && text.ends_with("}\n"), "{length}: {text}");
        if document.status() == Status::Partial {
            assert!(text.len() <= whole.len());
            assert!(document.get_json("/warnings").expect("warnings").contains("\"class\":\"loss\""), "{length}");
        } else {
            assert_eq!(text.as_bytes(), whole, "{length}");
        }
    }
}

#[test]
fn values_are_kept_whole() {
    let options = Options { max_value_bytes: 1, max_inline_bytes: 1, ..options("types", false) };
    assert_eq!(text(&from_slice(&fixture("types.nc"), &options).expect("a document")), fixture("types.h"));
    let options = Options { cdl: Some(Cdl { name: "values".into() }), ..options };
    assert_eq!(text(&from_slice(&fixture("values.nc"), &options).expect("a document")), fixture("values.h"));
}

#[test]
fn the_memory_limit_is_said_and_nothing_panics() {
    for limit in (40..400).map(|limit| limit << 10) {
        let options = Options { memory_limit: limit, ..options("types", true) };
        match from_slice(&fixture("types.nc"), &options) {
            Ok(document) if document.status() == Status::Done => {
                assert_eq!(text(&document), fixture("types.hs"), "{limit}");
            }
            Ok(document) => {
                assert!(document.get_json("/warnings").expect("warnings").contains("memory-limit"), "{limit}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Limit, "{limit}: {error}"),
        }
    }
}

#[test]
fn what_is_no_netcdf_is_refused() {
    let refused = |file: &[u8], options: &Options| -> Error { from_slice(file, options).expect_err("no CDL") };
    let options = options("x", false);
    for file in [common::fixture("plain"), common::fits_fixture("integers")] {
        let error = refused(&file, &options);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.message().contains("CDL"), "{error}");
    }
    let dicom = Options { format: Some(Format::Dicom), ..options.clone() };
    assert_eq!(refused(&fixture("small.nc"), &dicom).kind(), ErrorKind::Unsupported);
    let records = Options { records: Some(std::sync::Arc::new(|_| std::ops::ControlFlow::Continue(()))), ..options };
    assert_eq!(Extractor::new(&records).map(|_| ()).expect_err("one of them").kind(), ErrorKind::Argument);
}

#[test]
fn plain_hdf5_is_shown_as_netcdf_sees_it() {
    let document = from_slice(&common::hdf5_fixture("filters_new"), &options("filters", false)).expect("a document");
    let text = String::from_utf8(text(&document)).expect("UTF-8");
    assert!(text.starts_with("netcdf filters {\ndimensions:\n\tphony_dim_0 = "), "{text}");
}

#[test]
fn what_was_missing_can_be_fed_later() {
    let (file, options) = (fixture("small.nc"), options("small", false));
    let mut extractor = Extractor::new(&options).expect("options");
    extractor.set_length(file.len() as u64).expect("a length");
    extractor.feed_at(0, &file[..100]).expect("a feed");
    let cut = extractor.finish().expect("a document");
    assert_eq!(cut.status(), Status::Partial);
    extractor.feed_at(0, &file).expect("a feed");
    let whole = extractor.finish().expect("a document");
    assert_eq!((whole.status(), text(&whole)), (Status::Done, fixture("small.h")));
    assert_ne!(text(&cut), text(&whole), "a document is independent of its extractor");
}
