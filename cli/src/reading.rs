//! How one file is read, on one of the library's threads.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use metaextract::drivers::batch::Attempt;
use metaextract::{Cdl, Document, Error, ErrorKind, Options, Result, Usage};

use crate::args::Io;
use crate::output::Output;
use crate::paths::Found;
use crate::progress::Progress;
use crate::records::{LineOrder, Lines, Turn};
use crate::run::lock;
use crate::source;

/// A file and its place in the order of the files.
pub(crate) struct Job {
    pub(crate) index: u64,
    pub(crate) path: PathBuf,
    /// Why it is not to be read.
    trouble: Option<Error>,
    /// How many of its records are written, where those of several files mix.
    written: Arc<AtomicU64>,
}

impl Job {
    pub(crate) fn new(index: u64, found: Found) -> Self {
        let (path, trouble) = match found {
            Ok(path) => (path, None),
            Err((path, error)) => (path, Some(error)),
        };
        Job { index, path, trouble, written: Arc::default() }
    }
}

/// What came of a file.
pub(crate) struct Read {
    /// The document and, where reading failed midway, why: what stood before is not lost.
    pub(crate) extracted: Result<(Document, Option<Error>)>,
    pub(crate) usage: Usage,
    pub(crate) took: Duration,
    pub(crate) lines: Option<Arc<Lines>>,
}

/// What all files are read with.
pub(crate) struct Reader {
    pub(crate) options: Options,
    pub(crate) io: Io,
    /// Values are printed one by one.
    pub(crate) records: bool,
    pub(crate) unordered: bool,
    pub(crate) cdl: bool,
    pub(crate) name: Option<String>,
    pub(crate) output: Arc<Mutex<Output>>,
    pub(crate) turn: Arc<Turn>,
    /// Where how far a file is has to be told.
    pub(crate) progress: Option<Arc<Mutex<Progress>>>,
}

impl Reader {
    pub(crate) fn read(&self, job: &Job, attempt: &mut Attempt<'_>) -> Read {
        let started = Instant::now();
        let lines = self.records.then(|| Arc::new(self.lines(job)));
        let mut usage = Usage::default();
        let extracted = match &job.trouble {
            Some(error) => Err(error.clone()),
            // A panic, which is told as it happens, is one file's: the others go on.
            None => catch_unwind(AssertUnwindSafe(|| self.extract(job, attempt, lines.as_ref(), &mut usage)))
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::State, "a bug of this program ended the reading"))),
        };
        Read { extracted, usage, took: started.elapsed(), lines }
    }

    fn extract(
        &self,
        job: &Job,
        attempt: &mut Attempt<'_>,
        lines: Option<&Arc<Lines>>,
        usage: &mut Usage,
    ) -> Result<(Document, Option<Error>)> {
        let options = self.options_of(job, attempt, lines);
        let mut extractor = attempt.open(&options)?;
        let flush = || lines.iter().for_each(|lines| lines.flush());
        let fed = source::feed(attempt, &mut extractor, &job.path, self.io, flush);
        let extracted = match fed {
            Ok(_) => extractor.finish().map(|document| (document, None)),
            Err(fault) if fault.kind() == ErrorKind::Io && extractor.usage().bytes_fed > 0 => {
                let document = extractor.finish().map_err(|_| fault.clone());
                document.map(|document| (document, Some(fault)))
            }
            Err(fault) if fault.kind() == ErrorKind::Io && job.path.is_dir() && !source::is_stdin(&job.path) => {
                Err(Error::new(ErrorKind::Io, format!("{}; --recursive reads what is in it", fault.message())))
            }
            Err(fault) => Err(fault),
        };
        *usage = extractor.usage();
        extracted
    }

    fn lines(&self, job: &Job) -> Lines {
        let order = match self.unordered {
            true => LineOrder::Mixed { written: job.written.clone(), seen: AtomicU64::new(0) },
            false => LineOrder::Turns { turn: self.turn.clone(), index: job.index, waiting: Mutex::default() },
        };
        Lines { path: job.path.clone(), output: self.output.clone(), order }
    }

    fn options_of(&self, job: &Job, attempt: &Attempt<'_>, lines: Option<&Arc<Lines>>) -> Options {
        let mut options = self.options.clone();
        if self.cdl {
            let name = self.name.clone().unwrap_or_else(|| source::dataset_name(&job.path));
            options.cdl = Some(Cdl { name });
        }
        if let Some(lines) = lines {
            let (lines, postponer) = (lines.clone(), attempt.postponer());
            options.records = Some(Arc::new(move |line: &str| lines.take(line, &postponer)));
        }
        if let Some(progress) = &self.progress {
            let progress = progress.clone();
            options.progress = Some(Arc::new(move |done, total| {
                lock(&progress).at(done, total);
                ControlFlow::Continue(())
            }));
        }
        options
    }
}
