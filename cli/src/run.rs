//! One run of `mx`: file after file, and the exit code that says how it went.

use std::io::{self, ErrorKind as IoKind};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use metaextract::{Cdl, Document, Error, ErrorKind, Extractor, Options, Result, Status};
use serde_json::Value;

use crate::about;
use crate::args::Args;
use crate::message::{self, say};
use crate::output::Output;
use crate::progress::Progress;
use crate::source;

/// How a run ended. The larger one counts; the numbers are those that `--help` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Complete = 0,
    Partial = 1,
    Usage = 2,
    Failed = 3,
    Output = 4,
    /// What a shell reports of a program that SIGPIPE ended: others end so too when the reader goes away.
    BrokenPipe = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Does what the command line says.
pub(crate) fn run(args: &Args) -> Exit {
    let pretty = if args.pretty { Some(true) } else { args.compact.then_some(false) };
    let mut output = Output::stdout(pretty, args.with_path);
    if let Some(shell) = args.completions {
        output.text(&about::completions(shell));
    } else if args.man {
        match about::man() {
            Ok(page) => output.text(&page),
            Err(error) => return output_failed(&error),
        }
    } else {
        return files(args, output);
    }
    output.take_failure().map_or(Exit::Complete, |error| output_failed(&error))
}

fn output_failed(error: &io::Error) -> Exit {
    if error.kind() == IoKind::BrokenPipe {
        return Exit::BrokenPipe;
    }
    say(format_args!("standard output: {error}"));
    Exit::Output
}

fn files(args: &Args, output: Output) -> Exit {
    let options = args.options();
    if let Err(error) = Extractor::new(&options) {
        say(error.message());
        return Exit::Usage;
    }
    if args.files.iter().filter(|path| source::is_stdin(path)).count() > 1 {
        say("standard input (-) can be read once only");
        return Exit::Usage;
    }
    let quiet = args.records && output.is_terminal();
    let progress = Progress::new(args.progress, quiet, args.files.len());
    let run = Run { args, options, output: Arc::new(Mutex::new(output)), progress: Arc::new(Mutex::new(progress)) };
    let mut exit = Exit::Complete;
    for path in &args.files {
        exit = exit.max(run.file(path));
        if let Some(error) = lock(&run.output).take_failure() {
            lock(&run.progress).clear();
            return output_failed(&error);
        }
    }
    lock(&run.progress).clear();
    exit
}

/// What all files of a run share. Callbacks write to it, so it stands behind locks; there is one thread.
struct Run<'a> {
    args: &'a Args,
    options: Options,
    output: Arc<Mutex<Output>>,
    progress: Arc<Mutex<Progress>>,
}

impl Run<'_> {
    /// Extracts one file and prints what there is of it.
    fn file(&self, path: &Path) -> Exit {
        let name = message::name(path);
        lock(&self.progress).file(&name);
        let options = self.with_callbacks(path);
        let started = Instant::now();
        let mut extractor = match Extractor::new(&options) {
            Ok(extractor) => extractor,
            Err(error) => return self.failed(&name, &error),
        };
        let extracted = self.extract(&mut extractor, path);
        let took = started.elapsed();
        self.print(path, extracted.as_ref().ok().map(|(document, _)| document));
        if lock(&self.output).has_failed() {
            return Exit::Output;
        }
        let exit = match &extracted {
            Ok((document, fault)) => self.conclude(&name, document, fault.as_ref()),
            Err(error) => self.failed(&name, error),
        };
        let usage = extractor.usage();
        if self.args.usage && usage.bytes_fed > 0 {
            self.say(message::usage(&name, source::length(path), &usage, took));
        }
        exit
    }

    /// Reads a file. Where reading fails midway there is a document and the fault: what stood before is not lost.
    fn extract(&self, extractor: &mut Extractor, path: &Path) -> Result<(Document, Option<Error>)> {
        let flush = || {
            if self.args.records {
                lock(&self.output).flush();
            }
        };
        match source::feed(extractor, path, self.args.io, flush) {
            Ok(_) => Ok((extractor.finish()?, None)),
            Err(fault) if fault.kind() == ErrorKind::Io && extractor.usage().bytes_fed > 0 => {
                let document = extractor.finish().map_err(|_| fault.clone())?;
                Ok((document, Some(fault)))
            }
            Err(fault) => Err(fault),
        }
    }

    fn with_callbacks(&self, path: &Path) -> Options {
        let mut options = self.options.clone();
        if self.args.cdl {
            let name = self.args.name.clone().unwrap_or_else(|| source::dataset_name(path));
            options.cdl = Some(Cdl { name });
        }
        if self.args.records {
            let (output, path) = (self.output.clone(), path.to_owned());
            options.records = Some(Arc::new(move |line: &str| {
                let mut output = lock(&output);
                output.record(&path, line);
                if output.has_failed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }));
        }
        if lock(&self.progress).is_wanted() {
            let progress = self.progress.clone();
            options.progress = Some(Arc::new(move |done, total| {
                lock(&progress).at(done, total);
                ControlFlow::Continue(())
            }));
        }
        options
    }

    /// Prints the document; records are printed already, and need only be let go.
    fn print(&self, path: &Path, document: Option<&Document>) {
        let mut output = lock(&self.output);
        match document {
            Some(document) if !self.args.records => {
                if output.is_terminal() {
                    lock(&self.progress).clear();
                }
                match document.cdl() {
                    Some(pieces) => output.cdl(pieces),
                    None => output.document(path, document.pieces()),
                }
            }
            _ => output.flush(),
        }
    }

    /// Says what a document lacks, in one line.
    fn conclude(&self, name: &str, document: &Document, fault: Option<&Error>) -> Exit {
        if let Some(fault) = fault {
            self.say(message::error(name, fault));
            return Exit::Partial;
        }
        if document.status() != Status::Partial {
            return Exit::Complete;
        }
        let warnings =
            document.get_json("/warnings").ok().and_then(|json| serde_json::from_str::<Vec<Value>>(&json).ok());
        self.say(message::loss(name, &warnings.unwrap_or_default()));
        Exit::Partial
    }

    fn failed(&self, name: &str, error: &Error) -> Exit {
        self.say(message::error(name, error));
        Exit::Failed
    }

    fn say(&self, line: String) {
        lock(&self.progress).clear();
        say(line);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_that_the_help_names() {
        let named: Vec<u8> = crate::args::EXIT_CODES.iter().filter_map(|(code, _)| code.parse().ok()).collect();
        for exit in [Exit::Complete, Exit::Partial, Exit::Usage, Exit::Failed, Exit::Output, Exit::BrokenPipe] {
            assert!(named.contains(&(exit as u8)), "{exit:?}");
        }
        assert!(Exit::Failed > Exit::Partial && Exit::Partial > Exit::Complete);
    }
}
