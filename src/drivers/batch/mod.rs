//! Many files on threads, within one memory limit.
//!
//! Each file's document is the one that it has alone, whatever the others do. Each file is read within the whole memory
//! limit, and all together hold no more than that. Where the memory is short, the file that was added first has the right
//! of way: the others give their memory back, and are read again when they are the first. What a file's document lacks is
//! thus what it lacks alone; only time is lost. The documents that wait to be taken count; one that was taken does not.

mod attempt;
mod crew;
mod plan;

use std::iter::FusedIterator;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use attempt::{Attempt, Postponer};
pub use crew::Crew;
use crew::GATHER;

use crate::document::Document;
use crate::engine::extractor::Extractor;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

/// In which order results come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they finish.
    #[default]
    Finished,
    /// As the files were added; those that finish before their turn wait, and where too much waits no further file is
    /// begun.
    Added,
}

/// How many threads read, how much they hold, and in which order results come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Threads; 0 (the default): as many as the machine runs at once.
    pub threads: usize,
    /// Heap that all extractions hold together, documents that wait to be taken among them. Default 256 MiB.
    pub memory_limit: u64,
    /// The order of the results.
    pub order: Order,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { threads: 0, memory_limit: Options::default().memory_limit, order: Order::default() }
    }
}

/// Reads many files: paths go in from one thread, documents come out on another or the same.
///
/// Each file's failure is its own. Dropping it cancels what is left.
///
/// ```
/// use metaextract::Options;
/// use metaextract::drivers::batch::Batch;
///
/// # let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"));
/// let batch = Batch::open(&Options::default(), 0)?;
/// batch.add(folder.join("sample.dcm"), "a tag")?;
/// batch.add(folder.join("no such file"), "another tag")?;
/// batch.end();
/// while let Some(read) = batch.next() {
///     match read.document {
///         Ok(document) => println!("{}: {} bytes of JSON", read.tag, document.len()),
///         Err(error) => eprintln!("{}: {error}", read.path.display()),
///     }
/// }
/// # Ok::<(), metaextract::Error>(())
/// ```
#[derive(Debug)]
pub struct Batch<T: Send + 'static = ()>(Crew<(PathBuf, T), Result<Document>>);

/// What became of one file.
#[derive(Debug)]
pub struct Read<T = ()> {
    /// The file.
    pub path: PathBuf,
    /// What was added with it.
    pub tag: T,
    /// Its document, or why there is none.
    pub document: Result<Document>,
}

impl<T> Read<T> {
    fn of(((path, tag), document): ((PathBuf, T), Result<Document>)) -> Self {
        Read { path, tag, document }
    }
}

impl<T: Send + 'static> Batch<T> {
    /// Opens a batch with `threads` threads; 0: as many as the machine runs at once. `memory_limit` is for all files.
    ///
    /// Options that call back are refused ([`ErrorKind::Argument`]): what they are called with does not say of which file
    /// it is. A [`Crew`] has options for each file.
    pub fn open(options: &Options, threads: usize) -> Result<Self> {
        check(options)?;
        let settings = Settings { threads, memory_limit: options.memory_limit, ..Settings::default() };
        let options = options.clone();
        let work = move |(path, _): &(PathBuf, T), attempt: &mut Attempt<'_>| extract(path, attempt, &options);
        Ok(Batch(Crew::open(&settings, work)))
    }

    /// Adds a file; waits while enough of them wait, as [`Crew::add`] does.
    pub fn add(&self, path: impl Into<PathBuf>, tag: T) -> Result<()> {
        self.0.add((path.into(), tag))
    }

    /// Says that no more files come, as [`Crew::end`] does.
    pub fn end(&self) {
        self.0.end();
    }

    /// Takes a result, as soon as there is one. `None`: none will come.
    pub fn next(&self) -> Option<Read<T>> {
        self.0.next().map(Read::of)
    }

    /// Takes a result where one is there, as [`Crew::try_next`] does.
    pub fn try_next(&self) -> Option<Read<T>> {
        self.0.try_next().map(Read::of)
    }
}

/// Refuses options that a batch cannot keep, and those that no extraction can.
pub(crate) fn check(options: &Options) -> Result<()> {
    for (set, name) in [(options.records.is_some(), "records"), (options.progress.is_some(), "progress")] {
        if set {
            return Err(Error::new(ErrorKind::Argument, format!("option {name}: a batch calls nobody back")));
        }
    }
    Extractor::new(options).map(drop)
}

/// Reads one file of a batch.
pub(crate) fn extract(path: &Path, attempt: &mut Attempt<'_>, options: &Options) -> Result<Document> {
    let mut extractor = attempt.open(options)?;
    attempt.read_file(&mut extractor, path)?;
    extractor.finish()
}

/// Reads the files that an iterator names, and gives the results as they finish. Paths are asked for as there is need of
/// them, so millions are no more than a few; what is not taken is not read. They are asked for on the thread that takes the
/// results: where one may be long in coming, a [`Batch`] with a thread of its own to add them keeps no result waiting.
///
/// ```
/// use metaextract::{Options, drivers};
///
/// # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
/// let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
/// for read in drivers::batch::extract_files(paths, &Options::default(), 0)? {
///     println!("{}: {}", read.path.display(), read.document.is_ok());
/// }
/// # Ok::<(), metaextract::Error>(())
/// ```
pub fn extract_files<P: IntoIterator<Item = PathBuf>>(
    paths: P,
    options: &Options,
    threads: usize,
) -> Result<Files<P::IntoIter>> {
    Ok(Files { paths: Some(paths.into_iter()), batch: Batch::open(options, threads)? })
}

/// The results of [`extract_files`].
#[derive(Debug)]
pub struct Files<I> {
    /// None: all of them are added.
    paths: Option<I>,
    batch: Batch,
}

impl<I: Iterator<Item = PathBuf>> Iterator for Files<I> {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        let begin = Instant::now();
        while let Some(paths) = &mut self.paths
            && self.batch.0.is_hungry()
        {
            // Where paths come slowly, no result waits for more of them than one.
            if begin.elapsed() >= GATHER
                && let Some(read) = self.batch.try_next()
            {
                return Some(read);
            }
            match paths.next() {
                Some(path) => {
                    if let Err(error) = self.batch.add(path.clone(), ()) {
                        return Some(Read { path, tag: (), document: Err(error) });
                    }
                }
                None => {
                    self.paths = None;
                    self.batch.end();
                }
            }
        }
        self.batch.next()
    }
}

impl<I: Iterator<Item = PathBuf>> FusedIterator for Files<I> {}
