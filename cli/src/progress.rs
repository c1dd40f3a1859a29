//! How far a long run is, on standard error.

use std::fmt;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::args::ProgressWhen;
use crate::size::human;

/// What ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);
const NAME: usize = 32;

/// A bar that appears when a run lasts, if a person is there to see it.
pub(crate) struct Progress {
    wanted: bool,
    started: Instant,
    files: usize,
    index: usize,
    label: String,
    file_started: Instant,
    bar: Option<ProgressBar>,
    /// Whether the bar is made for a total that is known; none: not yet made for this file.
    styled: Option<bool>,
    target: fn() -> ProgressDrawTarget,
}

impl Progress {
    /// Makes the progress of a run over `files` files; `quiet` where the output itself shows how far it is.
    pub(crate) fn new(when: ProgressWhen, quiet: bool, files: usize) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = when == ProgressWhen::Auto && !quiet && !dumb && io::stderr().is_terminal();
        Progress::to(wanted, files, ProgressDrawTarget::stderr)
    }

    fn to(wanted: bool, files: usize, target: fn() -> ProgressDrawTarget) -> Self {
        let now = Instant::now();
        let (label, bar, styled) = (String::new(), None, None);
        Progress { wanted, started: now, files, index: 0, label, file_started: now, bar, styled, target }
    }

    /// True where a bar may appear.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Begins the next file.
    pub(crate) fn file(&mut self, name: &str) {
        if !self.wanted {
            return;
        }
        self.index += 1;
        self.label = label(name, self.index, self.files);
        self.file_started = Instant::now();
        self.styled = None;
        if let Some(bar) = &self.bar {
            bar.set_message(self.label.clone());
        }
    }

    /// Says how much of the file is done, in bytes; total 0: not known.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        if !self.wanted || (self.bar.is_none() && self.started.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            self.styled = None;
            ProgressBar::with_draw_target(None, (self.target)()).with_message(self.label.clone())
        });
        let known = total > 0;
        if known {
            bar.set_length(total.max(done));
        }
        if self.styled != Some(known) {
            self.styled = Some(known);
            bar.set_style(style(known, self.file_started));
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

/// The rate is the mean over the file: the bar comes late, and knows nothing of the time before it.
fn style(known: bool, since: Instant) -> ProgressStyle {
    let template = match known {
        true => "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {rate}",
        false => "{msg} {binary_bytes} {rate}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("#>-").with_key("rate", move |state: &ProgressState, out: &mut dyn fmt::Write| {
        let rate = state.pos() as f64 / since.elapsed().as_secs_f64().max(0.001);
        let _ = write!(out, "{}/s", human(rate as u64));
    })
}

/// The end of a name tells more than its beginning.
fn label(name: &str, index: usize, files: usize) -> String {
    let length = name.chars().count();
    let name = match length > NAME {
        true => "…".chars().chain(name.chars().skip(length + 1 - NAME)).collect(),
        false => name.to_owned(),
    };
    if files > 1 { format!("{index}/{files} {name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(ago: Duration) -> Progress {
        let mut progress = Progress::to(true, 1, ProgressDrawTarget::hidden);
        progress.started = Instant::now().checked_sub(ago).expect("the machine runs long enough");
        progress
    }

    #[test]
    fn a_bar_comes_late_and_goes() {
        let mut progress = started(Duration::ZERO);
        progress.file("f");
        progress.at(1, 2);
        assert!(progress.bar.is_none());
        let mut progress = started(PATIENCE);
        progress.file("f");
        progress.at(1, 2);
        let bar = progress.bar.clone().expect("a bar");
        assert_eq!((bar.position(), bar.length(), bar.message()), (1, Some(2), "f".into()));
        progress.file("g");
        progress.at(3, 0);
        assert_eq!((bar.position(), bar.message(), progress.styled), (3, "g".into(), Some(false)));
        progress.clear();
        assert!(bar.is_finished() && progress.bar.is_none());
        progress.at(4, 4);
        assert!(progress.bar.is_some());
    }

    #[test]
    fn no_bar_where_none_is_wanted() {
        let mut progress = Progress::new(ProgressWhen::Never, false, 1);
        progress.started = started(PATIENCE).started;
        progress.at(1, 2);
        assert!(progress.bar.is_none() && !progress.is_wanted());
        assert!(!Progress::new(ProgressWhen::Auto, true, 1).is_wanted());
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(label("a.dcm", 1, 1), "a.dcm");
        assert_eq!(label("a.dcm", 2, 30), "2/30 a.dcm");
        let long = label(&format!("{}é.dcm", "x/".repeat(50)), 1, 1);
        assert_eq!(long.chars().count(), NAME);
        assert!(long.starts_with('…') && long.ends_with("é.dcm"));
    }
}
