//! The readers that go through libhdf5 and libnetcdf say the same as ours: over fixtures, and the corpus where it is.
//!
//! Only files that our own reader finds whole are handed to these libraries: they may crash on damaged ones.
#![cfg(feature = "reference")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::json::parse;
use metaextract::drivers::{batch, extract_file};
use metaextract::{Cdl, Document, ErrorKind, Extractor, Format, Options, Result, Status};
use serde_json::Value;

/// Takes out what only one of the readers says. docs/reference.md names the same, with the reasons.
fn in_common(document: &Document) -> Value {
    let mut json = parse(&document.to_json());
    json["warnings"].take();
    let file = json["file"].as_object_mut().unwrap();
    file.remove("reader");
    file.remove("complete");
    match json["format"] == "netcdf" {
        true => drop(json["properties"]["arrays"].take()),
        false => {
            json["headers"]["superblock"]["base_address"].take();
            let arrays = json["properties"]["arrays"].as_array_mut().unwrap();
            for array in arrays.iter_mut().filter(|array| array["layout"] == "compact") {
                array.as_object_mut().unwrap().remove("extents");
            }
        }
    }
    forget_offsets(&mut json);
    json
}

/// Where values stand that are too long.
fn forget_offsets(json: &mut Value) {
    match json {
        Value::Object(members) => {
            if let Some(Value::Object(omitted)) = members.get_mut("omitted") {
                omitted.remove("offset");
            }
            members.values_mut().for_each(forget_offsets);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_offsets),
        _ => {}
    }
}

/// Files in which the readers differ, and rightly so.
const KNOWN: [(&str, &str); 5] = [
    (
        "streaming",
        "the number of records is not written yet: we tell it from the file's length, netcdf-c takes the mark for it",
    ),
    ("texts.nc", "netcdf-c gives the first character of a text inside of a compound"),
    ("nc4_groups.nc", "two dimensions have the same id, and netcdf-c takes one for the other"),
    ("vds-percival-unlim-maxmin.h5", "libhdf5 takes the extent from the source files, which are not there"),
    (
        "tmisc38a.h5",
        "damaged: a fill value is shorter than its type, and libhdf5 reads what stands behind it in memory",
    ),
];

/// Where two documents differ first.
fn difference(ours: &Value, theirs: &Value, at: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(a, b, &format!("{at}/{key}")),
                (Some(_), None) => Some(format!("{at}/{key}: only ours")),
                (None, _) => Some(format!("{at}/{key}: only theirs")),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(i, (a, b))| difference(a, b, &format!("{at}/{i}")))
        }
        _ if ours == theirs => None,
        _ => Some(format!("{at}: ours {ours:.80}, theirs {theirs:.80}")),
    }
}

fn options(format: Format, streaming: bool) -> Options {
    Options { format: Some(format), streaming, special: true, ..Options::default() }
}

/// What became of many files.
#[derive(Default)]
struct Compared {
    equal: usize,
    /// By the library, or not all of them: files of later versions than it is.
    unreadable: Vec<String>,
    different: Vec<String>,
    /// Not handed to the library.
    damaged: Vec<String>,
}

/// Damage in the file's bytes, as our reader has it.
fn is_damaged(document: &Result<Document>) -> bool {
    let Ok(document) = document else { return true };
    let losses = ["malformed", "checksum", "truncated"];
    let json = parse(&document.to_json());
    json["warnings"].as_array().unwrap().iter().any(|warning| losses.iter().any(|loss| warning["code"] == *loss))
}

fn compare(compared: &mut Compared, path: &Path, format: Format) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let ours = extract_file(path, &options(format, true));
    if is_damaged(&ours) {
        return compared.damaged.push(name);
    }
    let theirs = match extract_file(path, &options(format, false)) {
        Ok(document) => document,
        Err(error) => return compared.unreadable.push(format!("{name}: {error}")),
    };
    let json = parse(&theirs.to_json());
    let reader = json["file"]["reader"].as_str().unwrap();
    assert!(reader.starts_with(if json["format"] == "hdf5" { "libhdf5 1." } else { "libnetcdf 4." }), "{reader}");
    if theirs.status() == Status::Partial {
        let mut warnings = json["warnings"].as_array().unwrap().iter();
        let why = warnings.find(|warning| warning["code"] == "unsupported").expect("why it is partial");
        return compared.unreadable.push(format!("{name}: {}: {}", why["path"], why["message"]));
    }
    match difference(&in_common(&ours.unwrap()), &in_common(&theirs), "") {
        None => compared.equal += 1,
        Some(difference) => compared.different.push(format!("{name}: {difference}")),
    }
}

impl Compared {
    fn tell(&self, what: &str) {
        let Compared { equal, unreadable, different, damaged } = self;
        println!("{what}: {equal} equal, {} different, of {} readable", different.len(), equal + different.len());
        different.iter().for_each(|line| println!("  different   {line}"));
        unreadable.iter().for_each(|line| println!("  unreadable  {line}"));
        damaged.iter().for_each(|line| println!("  damaged     {line}"));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Fixtures that are damaged where our reader need not look.
const DAMAGED: [&str; 3] = ["collection_size.h5", "collection_size_old.h5", "dataspace_overflow.h5"];

/// Fixtures in which our reader finds nothing odd at all.
fn good_fixtures(folder: &str, format: Format) -> Vec<PathBuf> {
    let mut files = files(&common::fixtures().join(folder));
    files.retain(|path| {
        let is_ours = path.extension().is_some_and(|extension| extension == "nc" || extension == "h5");
        let is_damaged = DAMAGED.iter().any(|name| path.ends_with(name));
        let document = extract_file(path, &Options { chunk_manifest: true, ..options(format, true) });
        is_ours
            && !is_damaged
            && document.is_ok_and(|document| document.get_json("/warnings").is_ok_and(|all| all == "[]"))
    });
    files
}

/// Differences that are not known, and files that our reader finds damaged beside the one that is.
fn unknown(compared: &Compared) -> Vec<&String> {
    let is_known = |line: &str| KNOWN.iter().any(|(file, _)| line.contains(file));
    compared.different.iter().chain(&compared.damaged).filter(|line| !is_known(line)).collect()
}

#[test]
fn fixtures_are_the_same() {
    let mut read = 0;
    for (folder, format) in [("hdf5", Format::Hdf5), ("netcdf", Format::Netcdf), ("cdl", Format::Netcdf)] {
        let mut compared = Compared::default();
        good_fixtures(folder, format).iter().for_each(|path| compare(&mut compared, path, format));
        compared.tell(folder);
        let unknown = unknown(&compared);
        assert!(unknown.is_empty(), "{folder}: {unknown:#?}");
        read += compared.equal;
    }
    assert!(read > 100, "only {read} fixtures were compared");
}

#[test]
fn the_corpus_is_the_same() {
    for (name, format) in [("hdf5", Format::Hdf5), ("netcdf", Format::Netcdf)] {
        let mut compared = Compared::default();
        let folder = format!("/{name}/");
        let corpus = common::corpus_files();
        let of_format = |path: &&PathBuf| {
            path.to_string_lossy().contains(&folder) && !path.to_string_lossy().contains("/malformed/")
        };
        corpus.iter().filter(of_format).for_each(|path| compare(&mut compared, path, format));
        compared.tell(&format!("corpus {name}"));
        let readable = compared.equal + compared.different.len();
        assert!(compared.equal * 100 >= readable * 99, "{name}: {} of {readable} are equal", compared.equal);
        let unknown = unknown(&compared);
        assert!(unknown.is_empty(), "{unknown:#?}");
    }
}

#[test]
fn cdl_is_the_same() {
    for path in good_fixtures("cdl", Format::Netcdf) {
        let cdl = |streaming| {
            let options = Options { cdl: Some(Cdl { name: "file".into() }), ..options(Format::Netcdf, streaming) };
            let document = extract_file(&path, &options).unwrap();
            document.cdl().into_iter().flatten().flatten().copied().collect::<Vec<u8>>()
        };
        let [ours, theirs] = [cdl(true), cdl(false)].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

#[test]
fn documents_are_valid() {
    let schema = serde_json::from_str(include_str!("../include/metaextract.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (folder, format) in [("hdf5", Format::Hdf5), ("netcdf", Format::Netcdf)] {
        for path in good_fixtures(folder, format) {
            let Ok(document) = extract_file(&path, &Options { max_value_bytes: 100, ..options(format, false) }) else {
                continue;
            };
            let json = parse(&document.to_json());
            let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.masked().to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        }
    }
}

/// HDF5 files with the marks of netCDF are netCDF to both; what no library reads is read by us.
#[test]
fn formats_are_told_apart() {
    let read = |name: &str, streaming| {
        let options = Options { streaming, ..Options::default() };
        parse(&extract_file(&common::fixtures().join(name), &options).unwrap().to_json())
    };
    let reader =
        |json: &Value| json["file"]["reader"].as_str().map(|reader| reader.split(' ').next().unwrap().to_owned());
    for (name, library) in [
        ("hdf5/groups_new.h5", Some("libhdf5")),
        ("hdf5/userblock_512.h5", Some("libhdf5")),
        ("netcdf/classic.nc", Some("libnetcdf")),
        ("netcdf/nc4_groups.nc", Some("libnetcdf")),
        ("netcdf/mark_one_down.nc", Some("libnetcdf")),
        ("netcdf/mark_deep.nc", Some("libhdf5")),
        ("netcdf/unmarked.nc", None),
        ("sample.dcm", None),
        ("fits/heaps.fits", None),
    ] {
        let (ours, theirs) = (read(name, true), read(name, false));
        assert_eq!(ours["format"], theirs["format"], "{name}");
        assert_eq!(reader(&ours), None);
        if name != "netcdf/unmarked.nc" {
            assert_eq!(reader(&theirs).as_deref(), library, "{name}");
        }
        if library.is_none() && reader(&theirs).is_none() {
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

#[test]
fn a_batch_reads_them_one_at_a_time() {
    let mut paths = good_fixtures("hdf5", Format::Hdf5);
    paths.extend(good_fixtures("netcdf", Format::Netcdf));
    paths.extend(files(&common::fixtures().join("dicom")).into_iter().take(50));
    let options = Options { streaming: false, memory_limit: 8 << 20, ..Options::default() };
    let mut read = 0;
    for file in batch::extract_files(paths.clone(), &options, 3).unwrap() {
        let text = |document: Result<Document>| document.map(|document| document.to_json().to_string());
        assert_eq!(text(file.document), text(extract_file(&file.path, &options)), "{}", file.path.display());
        read += 1;
    }
    assert_eq!(read, paths.len());
}

#[test]
fn a_host_that_feeds_has_no_name_to_give() {
    let path = common::fixtures().join("hdf5/groups_new.h5");
    let bytes = std::fs::read(&path).unwrap();
    let mut extractor = Extractor::new(&Options { streaming: false, ..Options::default() }).unwrap();
    assert_eq!(extractor.feed_chunk(&bytes).unwrap_err().kind(), ErrorKind::State);
    assert_eq!(metaextract::drivers::file::read_file(&mut extractor, &path).unwrap(), Status::Done);
    assert!(extractor.finish().unwrap().get_str("/file/reader").unwrap().starts_with("libhdf5"));
    // With fallback it feeds as ever.
    let mut extractor = Extractor::new(&Options { fallback: true, ..Options::default() }).unwrap();
    assert_eq!(extractor.feed_chunk(&bytes).unwrap(), Status::Done);
}

#[test]
fn chunks_are_not_listed() {
    let path = common::fixtures().join("hdf5/chunks_v4.h5");
    let options = Options { streaming: false, chunk_manifest: true, ..Options::default() };
    let error = extract_file(&path, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("chunk_manifest"));
}
