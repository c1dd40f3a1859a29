//! The ways to feed a file, each as one function from bytes to an outcome that can be compared.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use metaextract::{ChunkSizes, Document, Error, Extractor, Options, Result, Status, Usage, drivers};

use super::random::Random;

/// What an extraction gave, in a form that is equal exactly when a caller could not tell the two apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Document { status: Status, json: String },
    Failed { kind: String, offset: Option<u64>, message: String },
}

/// An outcome and what it cost.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) usage: Usage,
    /// A feed said that nothing more is needed while the host had not said the length: the size is then null (law 1).
    pub(crate) stopped_unlimited: bool,
}

/// One way to hand a file over.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    Slice,
    Push {
        chunk: usize,
        length: bool,
    },
    /// Answers what is wanted: any wanted range, any piece of it, in any order.
    Shuffled {
        seed: u64,
        length: bool,
        merge_gap: u64,
    },
    /// Pieces of the file in any order that nobody asked for, then what is still wanted.
    Torrent {
        seed: u64,
        length: bool,
    },
    File {
        chunk_size: u64,
    },
    Mmap,
}

impl Way {
    /// All of them, for a file of this size; 1-byte chunks only where they do not take minutes.
    pub(crate) fn all(size: usize, seed: u64) -> Vec<Way> {
        let slow = if cfg!(debug_assertions) { 150_000 } else { 600_000 };
        let mut ways = Vec::new();
        for length in [true, false] {
            for chunk in [1, 2, 3, 7, 4096, usize::MAX] {
                if chunk > 7 || size / chunk <= slow {
                    ways.push(Way::Push { chunk, length });
                }
            }
            ways.push(Way::Shuffled { seed, length, merge_gap: 64 << 10 });
            ways.push(Way::Shuffled { seed: seed + 1, length, merge_gap: 0 });
            ways.push(Way::Torrent { seed: seed + 2, length });
        }
        ways.extend([Way::File { chunk_size: 64 << 10 }, Way::File { chunk_size: 100 }]);
        if cfg!(feature = "mmap") {
            ways.push(Way::Mmap);
        }
        ways
    }

    /// Feeds `bytes`, which are the content of `path`, and finishes.
    pub(crate) fn run(&self, path: &Path, bytes: &[u8], options: &Options) -> Run {
        let mut options = options.clone();
        match self {
            Way::Shuffled { merge_gap, .. } => options.merge_gap = *merge_gap,
            Way::File { chunk_size } => options.chunk_size = ChunkSizes::all(*chunk_size),
            _ => {}
        }
        let mut extractor = match Extractor::new(&options) {
            Ok(extractor) => extractor,
            Err(error) => {
                return Run { outcome: Outcome::failed(&error), usage: Usage::default(), stopped_unlimited: false };
            }
        };
        let fed = self.feed(&mut extractor, path, bytes);
        let says_length = !matches!(
            self,
            Way::Push { length: false, .. } | Way::Shuffled { length: false, .. } | Way::Torrent { length: false, .. }
        );
        let stopped_unlimited = !says_length && matches!(fed, Ok(Status::Done | Status::Partial));
        let outcome = match fed.and_then(|_| extractor.finish()) {
            Ok(document) => Outcome::of(&document),
            Err(error) => Outcome::failed(&error),
        };
        Run { outcome, usage: extractor.usage(), stopped_unlimited }
    }

    fn feed(&self, extractor: &mut Extractor, path: &Path, bytes: &[u8]) -> Result<Status> {
        let size = bytes.len() as u64;
        match *self {
            Way::Slice => drivers::slice::read(extractor, bytes),
            Way::File { .. } => drivers::file::read_file(extractor, path),
            #[cfg(feature = "mmap")]
            Way::Mmap => drivers::mmap::read_file(extractor, path),
            #[cfg(not(feature = "mmap"))]
            Way::Mmap => unreachable!("not in this build"),
            Way::Push { chunk, length } => {
                let mut status = if length { extractor.set_length(size)? } else { Status::Ok };
                for piece in bytes.chunks(chunk.min(bytes.len().max(1))) {
                    if status != Status::Ok {
                        break;
                    }
                    status = extractor.feed_chunk(piece)?;
                }
                Ok(status)
            }
            Way::Shuffled { seed, length, .. } => {
                let status = if length { extractor.set_length(size)? } else { Status::Ok };
                answer(extractor, bytes, status, &mut Random::new(seed))
            }
            Way::Torrent { seed, length } => {
                let mut random = Random::new(seed);
                let mut status = if length { extractor.set_length(size)? } else { Status::Ok };
                let piece = (bytes.len() / 40).max(16);
                let mut starts: Vec<usize> = (0..bytes.len()).step_by(piece).collect();
                random.shuffle(&mut starts);
                for start in starts {
                    if status != Status::Ok {
                        break;
                    }
                    status = extractor.feed_at(start as u64, &bytes[start..(start + piece).min(bytes.len())])?;
                }
                answer(extractor, bytes, status, &mut random)
            }
        }
    }
}

/// Answers wants until there are none: any of them, any part of it. Panics where that would never end.
pub(crate) fn answer(
    extractor: &mut Extractor,
    bytes: &[u8],
    mut status: Status,
    random: &mut Random,
) -> Result<Status> {
    let size = bytes.len() as u64;
    for _ in 0..200_000 + bytes.len() {
        if status != Status::Ok {
            return Ok(status);
        }
        let wants: Vec<_> = extractor.wanted().collect();
        if wants.is_empty() {
            return Ok(status);
        }
        assert!(wants.iter().all(|want| want.length > 0), "an empty want: {wants:?}");
        assert!(
            wants.windows(2).all(|pair| pair[0].offset.saturating_add(pair[0].length) <= pair[1].offset),
            "wants are disjoint and in file order: {wants:?}"
        );
        let want = wants[random.below(wants.len() as u64) as usize];
        if want.offset >= size {
            status = extractor.feed_at(size, &[])?;
            continue;
        }
        let length = want.length.min(size - want.offset);
        let (from, to) = match random.below(4) {
            0 => {
                let from = random.below(length);
                (from, from + 1 + random.below(length - from))
            }
            1 => (0, 1 + random.below(length)),
            2 => (random.below(length), length),
            _ => (0, length),
        };
        let (from, to) = ((want.offset + from) as usize, (want.offset + to) as usize);
        status = extractor.feed_at(from as u64, &bytes[from..to])?;
        if to as u64 == size && want.length > length && status == Status::Ok {
            status = extractor.feed_at(size, &[])?; // what a read past the end tells a host
        }
    }
    panic!("wants never end: {:?}", extractor.wanted().take(4).collect::<Vec<_>>());
}

impl Outcome {
    pub(crate) fn of(document: &Document) -> Self {
        Outcome::Document { status: document.status(), json: document.to_json() }
    }

    pub(crate) fn failed(error: &Error) -> Self {
        Outcome::Failed {
            kind: format!("{:?}", error.kind()),
            offset: error.offset(),
            message: error.message().to_owned(),
        }
    }

    /// The document, where there is one.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        match self {
            Outcome::Document { json, .. } => Some(super::json::parse(json)),
            Outcome::Failed { .. } => None,
        }
    }

    pub(crate) fn status(&self) -> Option<Status> {
        match self {
            Outcome::Document { status, .. } => Some(*status),
            Outcome::Failed { .. } => None,
        }
    }
}

/// Where two outcomes part, for a message.
pub(crate) fn difference(want: &Outcome, got: &Outcome) -> String {
    let (Outcome::Document { json: w, status: ws }, Outcome::Document { json: g, status: gs }) = (want, got) else {
        return format!("got {got:.400?}, want {want:.400?}");
    };
    let at = w.bytes().zip(g.bytes()).take_while(|(l, r)| l == r).count();
    let around = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..(at + 160).min(text.len())]).into_owned()
    };
    format!("status {gs:?}, want {ws:?}; at {at}: got …{}… want …{}…", around(g), around(w))
}

/// Options that collect the records; the lines in the order in which they were sent.
pub(crate) fn recording(options: &Options) -> (Options, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let records: metaextract::Records = Arc::new(move |line: &str| {
        sink.lock().expect("no panic while it is held").push(line.to_owned());
        ControlFlow::Continue(())
    });
    (Options { records: Some(records), ..options.clone() }, lines)
}
