//! What the integration tests share: the files, the ways to feed them, and JSON compared leaf by leaf.
#![allow(dead_code, clippy::panic)] // each test crate uses its part

pub(crate) mod checks;
pub(crate) mod drive;
pub(crate) mod json;
pub(crate) mod law;
pub(crate) mod part;
pub(crate) mod random;

use std::io::Read;
use std::path::{Path, PathBuf};

use metaextract::{Document, Extractor, Options};

/// The formats that this build reads, as the folders of fixtures and corpus are named.
pub(crate) const FORMATS: [&str; 4] = ["dicom", "fits", "hdf5", "netcdf"];

/// The document of bytes that are all at hand, and the most heap that it took.
pub(crate) fn extract(bytes: &[u8], options: &Options) -> metaextract::Result<(Document, u64)> {
    let mut extractor = Extractor::new(options)?;
    metaextract::drivers::slice::read(&mut extractor, bytes)?;
    let document = extractor.finish()?;
    Ok((document, extractor.usage().memory_peak))
}

/// A DICOM file with a sequence of so many items, each of ten short elements.
pub(crate) fn many_elements(items: usize) -> Vec<u8> {
    let mut file = fixture("pixel_16");
    file.truncate(file.len() - 48 - 12);
    file.extend_from_slice(b"\xE1\x7F\x00\x10SQ\0\0\xFF\xFF\xFF\xFF");
    for item in 0..items {
        file.extend_from_slice(b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF");
        for number in 0..10u8 {
            file.extend_from_slice(&[0xE1, 0x7F, number, 0x10, b'L', b'O', 32, 0]);
            file.extend_from_slice(format!("{item:016}{number:016}").as_bytes());
        }
        file.extend_from_slice(b"\xFE\xFF\x0D\xE0\0\0\0\0");
    }
    file.extend_from_slice(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    file
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn fixtures() -> PathBuf {
    root().join("tests/fixtures")
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    read(&dicom_path(name))
}

pub(crate) fn dicom_path(name: &str) -> PathBuf {
    fixtures().join("dicom").join(name).with_extension("dcm")
}

pub(crate) fn fits_fixture(name: &str) -> Vec<u8> {
    read(&fits_path(name))
}

pub(crate) fn hdf5_fixture(name: &str) -> Vec<u8> {
    read(&hdf5_path(name))
}

pub(crate) fn hdf5_path(name: &str) -> PathBuf {
    fixtures().join("hdf5").join(name).with_extension("h5")
}

pub(crate) fn netcdf_fixture(name: &str) -> Vec<u8> {
    read(&netcdf_path(name))
}

pub(crate) fn netcdf_path(name: &str) -> PathBuf {
    fixtures().join("netcdf").join(name).with_extension("nc")
}

/// The file of a FITS fixture, by its name without what says how it is stored.
pub(crate) fn fits_path(name: &str) -> PathBuf {
    let plain = fixtures().join("fits").join(format!("{name}.fits"));
    if plain.exists() { plain } else { plain.with_extension("fits.gz") }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// True if the file is HDF5, by its name or by how it begins.
pub(crate) fn is_hdf5(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "h5")
        || path.components().any(|part| part.as_os_str() == "hdf5")
        || std::fs::File::open(path).is_ok_and(|mut file| {
            let mut head = [0; 8];
            file.read_exact(&mut head).is_ok_and(|()| head == *b"\x89HDF\r\n\x1a\n")
        })
}

/// Every fixture, in order of name: the data files under `tests/fixtures`.
pub(crate) fn fixture_files() -> Vec<PathBuf> {
    let code = ["py", "pyc", "md", "txt", "sh", "cdl", "h", "hs"];
    let mut files = Vec::new();
    walk(&fixtures(), &mut files);
    files.retain(|path| !code.contains(&path.extension().and_then(|e| e.to_str()).unwrap_or("")));
    assert!(files.len() > 300, "the fixtures are there");
    files
}

/// Where the shared corpus would be: beside the repository, or at `MX_CORPUS`.
pub(crate) fn corpus() -> PathBuf {
    std::env::var_os("MX_CORPUS").map_or_else(|| root().join("../shared/corpus"), PathBuf::from)
}

/// Files of the shared corpus that this build reads.
pub(crate) fn corpus_files() -> Vec<PathBuf> {
    let corpus = corpus();
    let mut files = Vec::new();
    for format in FORMATS {
        walk(&corpus.join(format), &mut files);
        walk(&corpus.join("malformed").join(format), &mut files);
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder's entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// Runs `check` on every item, on as many threads as there are cores; panics with all that failed.
pub(crate) fn for_each_parallel<T: Sync>(
    items: &[T],
    name: impl Fn(&T) -> String + Sync,
    check: impl Fn(&T) -> Result<(), String> + Sync,
) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(item)));
                    let failure = match checked {
                        Ok(Ok(())) => continue,
                        Ok(Err(failure)) => failure,
                        Err(_) => "panicked".to_owned(),
                    };
                    failures.lock().expect("no panic while it is held").push(format!("{}: {failure}", name(item)));
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no panic while it is held");
    failures.sort();
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), items.len(), failures.join("\n"));
}

/// The last component of a path, for messages.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
