//! How far a long run is, on standard error.

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::args::ProgressWhen;
use crate::run::lock;
use crate::size::human;

/// What ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);
/// So often it is shown where nothing else happens.
const TICK: Duration = Duration::from_millis(100);
const NAME: usize = 32;

/// A bar that appears when a run lasts, if a person is there to see it.
///
/// Of one file it shows the bytes, of many how many are done.
pub(crate) struct Progress {
    wanted: bool,
    started: Instant,
    /// How many files there are, where that is known.
    files: Option<u64>,
    done: u64,
    label: String,
    bar: Option<ProgressBar>,
    /// Whether the bar is made for a total that is known; none: not yet made.
    styled: Option<bool>,
    target: fn() -> ProgressDrawTarget,
}

impl Progress {
    /// Makes the progress of a run over `files` files; `quiet` where the output itself shows how far it is.
    pub(crate) fn new(when: ProgressWhen, quiet: bool, files: Option<u64>) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = when == ProgressWhen::Auto && !quiet && !dumb && io::stderr().is_terminal();
        Progress::to(wanted, files, ProgressDrawTarget::stderr)
    }

    fn to(wanted: bool, files: Option<u64>, target: fn() -> ProgressDrawTarget) -> Self {
        let (label, bar, styled) = (String::new(), None, None);
        Progress { wanted, started: Instant::now(), files, done: 0, label, bar, styled, target }
    }

    /// True where a bar may appear.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Names the only file.
    pub(crate) fn file(&mut self, name: &str) {
        self.label = label(name);
    }

    /// Says how many files there are: that may be known late.
    pub(crate) fn total(&mut self, files: u64) {
        self.files = Some(files);
    }

    /// One more file is done.
    pub(crate) fn done(&mut self) {
        self.done += 1;
        self.tick();
    }

    /// Shows how many files are done by now.
    fn tick(&mut self) {
        if self.files != Some(1) {
            let (done, files) = (self.done, self.files);
            self.show(
                done,
                files,
                ["[{bar:30}] {pos}/{len} files, {rate}, {eta} left", "{pos} files, {rate}"],
                |rate| format!("{rate:.0}/s"),
            );
        }
    }

    /// Says how much of the only file is done, in bytes; total 0: not known.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        let total = (total > 0).then_some(total.max(done));
        let templates =
            ["{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {rate}, {eta} left", "{msg} {binary_bytes} {rate}"];
        self.show(done, total, templates, |rate| format!("{}/s", human(rate as u64)));
    }

    /// Shows a place on the way, by the first template where the total is known.
    fn show(&mut self, done: u64, total: Option<u64>, templates: [&str; 2], rate: fn(f64) -> String) {
        if !self.wanted || (self.bar.is_none() && self.started.elapsed() < PATIENCE) {
            return;
        }
        let style = || style(templates[usize::from(total.is_none())], self.started, rate);
        let bar = self.bar.get_or_insert_with(|| {
            self.styled = Some(total.is_some());
            let bar = ProgressBar::with_draw_target(total, (self.target)());
            bar.with_style(style()).with_message(self.label.clone())
        });
        // The style first: each of these draws.
        if self.styled != Some(total.is_some()) {
            self.styled = Some(total.is_some());
            bar.set_style(style());
        }
        if bar.length() != total
            && let Some(total) = total
        {
            bar.set_length(total);
        }
        bar.set_position(done);
    }

    /// Takes the bar away, so that something else may be written. It comes back by itself.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Shows how many files are done also while none is printed, until it is dropped.
pub(crate) struct Ticker(Option<(mpsc::Sender<()>, JoinHandle<()>)>);

impl Ticker {
    /// Begins where a bar may appear. Without a thread for it, the bar moves with the files.
    pub(crate) fn of(progress: &Arc<Mutex<Progress>>) -> Self {
        if !lock(progress).is_wanted() {
            return Ticker(None);
        }
        let (end, ended) = mpsc::channel();
        let progress = progress.clone();
        let tick = move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                lock(&progress).tick();
            }
        };
        Ticker(thread::Builder::new().spawn(tick).ok().map(|thread| (end, thread)))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}

/// Rate and time left are from the mean over the run: the bar comes late, and knows nothing of the time before it.
fn style(template: &str, since: Instant, rate: fn(f64) -> String) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let per_second = move |state: &ProgressState| state.pos() as f64 / since.elapsed().as_secs_f64().max(0.001);
    style
        .progress_chars("#>-")
        .with_key("rate", move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = out.write_str(&rate(per_second(state)));
        })
        .with_key("eta", move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let left = state.len().unwrap_or(0).saturating_sub(state.pos()) as f64 / per_second(state).max(1e-9);
            let _ = write!(out, "{:#}", HumanDuration(Duration::from_secs(left as u64)));
        })
}

/// The end of a name tells more than its beginning.
fn label(name: &str) -> String {
    let length = name.chars().count();
    match length > NAME {
        true => "…".chars().chain(name.chars().skip(length + 1 - NAME)).collect(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(ago: Duration, files: Option<u64>) -> Progress {
        let mut progress = Progress::to(true, files, ProgressDrawTarget::hidden);
        progress.started = Instant::now().checked_sub(ago).expect("the machine runs long enough");
        progress
    }

    #[test]
    fn a_bar_comes_late_and_goes() {
        let mut progress = started(Duration::ZERO, Some(1));
        progress.file("f");
        progress.at(1, 2);
        assert!(progress.bar.is_none());
        let mut progress = started(PATIENCE, Some(1));
        progress.file("f");
        progress.at(1, 2);
        let bar = progress.bar.clone().expect("a bar");
        assert_eq!((bar.position(), bar.length(), bar.message()), (1, Some(2), "f".into()));
        progress.at(3, 0);
        assert_eq!((bar.position(), progress.styled), (3, Some(false)));
        progress.clear();
        assert!(bar.is_finished() && progress.bar.is_none());
        progress.at(4, 4);
        assert!(progress.bar.is_some());
    }

    #[test]
    fn many_files_are_counted() {
        let mut progress = started(PATIENCE, None);
        progress.done();
        let bar = progress.bar.clone().expect("a bar");
        assert_eq!((bar.position(), bar.length(), progress.styled), (1, None, Some(false)));
        progress.total(5);
        progress.done();
        assert_eq!((bar.position(), bar.length(), progress.styled), (2, Some(5), Some(true)));
    }

    #[test]
    fn files_are_counted_while_none_is_done() {
        let progress = Arc::new(Mutex::new(started(PATIENCE, Some(7))));
        let ticker = Ticker::of(&progress);
        let start = Instant::now();
        while lock(&progress).bar.is_none() && start.elapsed() < Duration::from_secs(60) {
            thread::sleep(TICK);
        }
        drop(ticker);
        let bar = lock(&progress).bar.clone().expect("a bar");
        assert_eq!((bar.position(), bar.length()), (0, Some(7)));
    }

    #[test]
    fn no_bar_where_none_is_wanted() {
        let mut progress = Progress::new(ProgressWhen::Never, false, Some(1));
        progress.started = started(PATIENCE, None).started;
        progress.at(1, 2);
        assert!(progress.bar.is_none() && !progress.is_wanted());
        assert!(!Progress::new(ProgressWhen::Auto, true, Some(1)).is_wanted());
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(label("a.dcm"), "a.dcm");
        let long = label(&format!("{}é.dcm", "x/".repeat(50)));
        assert_eq!(long.chars().count(), NAME);
        assert!(long.starts_with('…') && long.ends_with("é.dcm"));
    }
}
