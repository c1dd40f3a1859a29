//! How far a long run is, on standard error.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::ProgressWhen;

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
    bar: Option<ProgressBar>,
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
        Progress { wanted, started: Instant::now(), files, index: 0, label: String::new(), bar: None, target }
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
        if let Some(bar) = &self.bar {
            bar.set_message(self.label.clone());
            bar.set_position(0);
        }
    }

    /// Says how much of the file is done, in bytes; total 0: not known.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        if !self.wanted || (self.bar.is_none() && self.started.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, (self.target)());
            bar.set_message(self.label.clone());
            bar.with_elapsed(self.started.elapsed())
        });
        let known = (total > 0).then_some(total.max(done));
        if bar.length() != known {
            match known {
                Some(total) => bar.set_length(total),
                None => bar.unset_length(),
            }
            bar.set_style(style(known.is_some()));
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

fn style(known: bool) -> ProgressStyle {
    let template = match known {
        true => "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}",
        false => "{msg} {spinner} {binary_bytes} {binary_bytes_per_sec}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("#>-")
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
        progress.at(3, 0);
        assert_eq!((bar.position(), bar.length()), (3, None));
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
