//! One run of `mx`: many files at once, printed one after the other, and the exit code that says how it went.

use std::io::{self, BufRead, ErrorKind as IoKind};
use std::path::Path;
use std::process::{self, ExitCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use metaextract::drivers::batch::{Attempt, Crew, Order, Settings};
use metaextract::{Document, Error, Extractor, Status};
use serde_json::Value;

use crate::args::{Args, Io};
use crate::message::{self, say};
use crate::output::Output;
use crate::progress::{Progress, Ticker};
use crate::reading::{Job, Read, Reader};
use crate::records::{Turn, most_waiting};
use crate::{about, paths, source};

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

/// Prints what the command line gave instead of work: help, or what is wrong with it.
pub(crate) fn instead(said: &clap::Error) -> ExitCode {
    match said.print() {
        Err(error) if !said.use_stderr() => output_failed(&error).into(),
        _ if said.use_stderr() => Exit::Usage.into(),
        _ => Exit::Complete.into(),
    }
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
    let names = args.files.iter().chain(&args.files_from);
    if names.filter(|path| source::is_stdin(path)).count() > 1 {
        say("standard input (-) can be read once only");
        return Exit::Usage;
    }
    if args.no_streaming && args.io != Io::Auto && args.io != Io::Read {
        say("--no-streaming reads each file in one piece: --io push and --io mmap are ways of streaming");
        return Exit::Usage;
    }
    if args.unordered && args.records && !args.with_path {
        say("--unordered --records: the lines of several files mix; --with-path tells them apart");
        return Exit::Usage;
    }
    let list = match args.files_from.as_deref().map(paths::open).transpose() {
        Ok(list) => list,
        Err(error) => {
            let list = args.files_from.as_deref().map(message::name).unwrap_or_default();
            say(format_args!("{list}: can't open the list: {error}"));
            return Exit::Usage;
        }
    };
    let quiet = args.records && output.is_terminal();
    let known = (args.files_from.is_none() && !args.recursive).then_some(args.files.len() as u64);
    let progress = Arc::new(Mutex::new(Progress::new(args.progress, quiet, known)));
    // The bytes of one file tell how far it is; of many, how many are read.
    let one = known == Some(1);
    // Records that wait for their turn are memory too.
    let waiting = if args.records && !args.unordered && !one { most_waiting(args.memory_limit) } else { 0 };
    let (output, turn) = (Arc::new(Mutex::new(output)), Arc::new(Turn::new(waiting)));
    let telling = one && lock(&progress).is_wanted();
    if let (true, Some(path)) = (telling, args.files.first()) {
        lock(&progress).file(&message::name(path));
    }
    let reader = Reader {
        options,
        io: args.io,
        records: args.records,
        unordered: args.unordered,
        cdl: args.cdl,
        name: args.name.clone(),
        output: output.clone(),
        turn: turn.clone(),
        progress: telling.then(|| progress.clone()),
    };
    let order = if args.unordered { Order::Finished } else { Order::Added };
    let settings = Settings { threads: args.threads, memory_limit: args.memory_limit - waiting, order };
    let work = move |job: &Job, attempt: &mut Attempt<'_>| reader.read(job, attempt);
    let run = Run { args, output, progress, turn };
    match one {
        true => run.one(&Crew::without_threads(&settings, work)),
        false => run.all(&Crew::open(&settings, work), list),
    }
}

/// What the thread that prints has.
struct Run<'a> {
    args: &'a Args,
    output: Arc<Mutex<Output>>,
    progress: Arc<Mutex<Progress>>,
    turn: Arc<Turn>,
}

/// Ends the adding of files, also where a panic does: the other thread would wait for ever.
struct End<'a>(&'a Crew<Job, Read>);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Run<'_> {
    /// Names the files on one thread, and prints what comes of them on this one.
    fn all(&self, crew: &Crew<Job, Read>, list: Option<Box<dyn BufRead + Send>>) -> Exit {
        thread::scope(|scope| {
            let named = scope.spawn(|| self.name(crew, list));
            let ticker = Ticker::of(&self.progress);
            let exit = self.print_all(crew);
            drop(ticker);
            lock(&self.progress).clear();
            // A panic there has been told by now.
            if named.join().unwrap_or(false) { exit } else { exit.max(Exit::Failed) }
        })
    }

    /// The only file is read on this thread too.
    fn one(&self, crew: &Crew<Job, Read>) -> Exit {
        let named = self.name(crew, None);
        let exit = self.print_all(crew);
        if named { exit } else { exit.max(Exit::Failed) }
    }

    /// Names the files to the crew; false: it did not take all of them.
    fn name(&self, crew: &Crew<Job, Read>, list: Option<Box<dyn BufRead + Send>>) -> bool {
        let end = End(crew);
        let (mut index, mut taken) = (0, true);
        let mut add = |found| {
            if let Err(error) = crew.add(Job::new(index, found)) {
                self.say(error.message().to_owned());
                taken = false;
                return false;
            }
            index += 1;
            true
        };
        paths::find(self.args, list, &mut add);
        drop(end);
        lock(&self.progress).total(index);
        taken
    }

    fn print_all(&self, crew: &Crew<Job, Read>) -> Exit {
        let (mut exit, _end) = (Exit::Complete, End(crew));
        while let Some((job, read)) = self.next(crew) {
            exit = exit.max(self.print(&job.path, &read));
            self.turn.pass();
            lock(&self.progress).done();
            self.stop_without_output();
        }
        self.stop_without_output();
        lock(&self.progress).clear();
        exit
    }

    /// Ends the program where the output has failed. Threads may wait for input that never comes: nobody waits for them.
    fn stop_without_output(&self) {
        if let Some(error) = lock(&self.output).take_failure() {
            lock(&self.progress).clear();
            process::exit(output_failed(&error) as i32);
        }
    }

    /// The next result. The reader of the output need not wait for it, and gets what there is.
    fn next(&self, crew: &Crew<Job, Read>) -> Option<(Job, Read)> {
        crew.try_next().or_else(|| {
            lock(&self.output).flush();
            crew.next()
        })
    }

    /// Prints what there is of one file.
    fn print(&self, path: &Path, read: &Read) -> Exit {
        let name = || message::name(path);
        if let Some(lines) = &read.lines {
            lines.settle();
        }
        match &read.extracted {
            Ok((document, _)) => self.document(path, document),
            Err(error) => lock(&self.output).failure(path, error),
        }
        let exit = match &read.extracted {
            _ if lock(&self.output).has_failed() => return Exit::Output,
            Ok((document, fault)) => self.conclude(path, document, fault.as_ref()),
            Err(error) => {
                self.say(message::error(&name(), error));
                Exit::Failed
            }
        };
        if self.args.usage && read.usage.bytes_fed > 0 {
            self.say(message::usage(&name(), source::length(path), &read.usage, read.took));
        }
        exit
    }

    /// Prints the document; records are printed already.
    fn document(&self, path: &Path, document: &Document) {
        if self.args.records {
            return;
        }
        let mut output = lock(&self.output);
        if output.is_terminal() {
            lock(&self.progress).clear();
        }
        match document.cdl() {
            Some(pieces) => output.cdl(pieces),
            None => output.document(path, document.pieces()),
        }
    }

    /// Says what a document lacks, in one line.
    fn conclude(&self, path: &Path, document: &Document, fault: Option<&Error>) -> Exit {
        if let Some(fault) = fault {
            self.say(message::error(&message::name(path), fault));
            return Exit::Partial;
        }
        if document.status() != Status::Partial {
            return Exit::Complete;
        }
        let warnings =
            document.get_json("/warnings").ok().and_then(|json| serde_json::from_str::<Vec<Value>>(&json).ok());
        self.say(message::loss(&message::name(path), &warnings.unwrap_or_default()));
        Exit::Partial
    }

    fn say(&self, line: String) {
        lock(&self.progress).clear();
        say(line);
    }
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
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
