//! HDF5 files, structure by structure, in the old format and the new one.
//!
//! Metadata stands between the data as libhdf5 puts it: some headers, then the data of their datasets. Data that no reader
//! of metadata may ask for is a hole in the file; where it must pass through a pipe, it is real bytes.

mod layout;
mod messages;
pub mod netcdf4;
mod new;
mod old;

use std::io;
use std::path::{Path, PathBuf};

use super::Noise;
use layout::Layout;
use messages::{Collection, Message, attribute, chunked, contiguous, dataset, deflate, float, in_heap, int16, text};

const GIB: u64 = 1 << 30;

/// Bytes of data in the files of 2,000 datasets.
pub const DATA_2K: u64 = 2000 * 20_480;

/// Which of the two formats.
#[derive(Clone, Copy)]
enum Format {
    Old,
    New,
}

/// What a link leads to: an object header and, for a group of the old format, its B-tree and heap.
struct Object {
    header: u64,
    table: Option<(u64, u64)>,
}

/// Where a group's structures stand that are made with it: before its members.
struct Place {
    header: u64,
    tree: u64,
    heap: u64,
}

/// A file that grows.
struct File {
    format: Format,
    layout: Layout,
}

impl File {
    fn new(format: Format) -> Self {
        let mut layout = Layout::default();
        layout.hole(if matches!(format, Format::Old) { old::SUPERBLOCK } else { new::SUPERBLOCK });
        File { format, layout }
    }

    fn dataset(&mut self, messages: &[Message]) -> Object {
        let header = match self.format {
            Format::Old => old::header(messages),
            Format::New => new::header(messages),
        };
        Object { header: self.layout.place(header), table: None }
    }

    /// Leaves room for a group; its attributes may say other values later.
    fn reserve(&mut self, attributes: &[Message]) -> Place {
        match self.format {
            Format::Old => old::reserve(&mut self.layout, attributes),
            Format::New => new::reserve(&mut self.layout, attributes),
        }
    }

    /// The members are in order of name.
    fn group(&mut self, place: &Place, members: &[(String, Object)], attributes: &[Message]) -> Object {
        match self.format {
            Format::Old => old::group(&mut self.layout, place, members, attributes),
            Format::New => new::group(&mut self.layout, place, members, attributes),
        }
    }

    fn number(&self, name: &str, value: f64) -> Message {
        attribute(self.version(), name, &float(64), &value.to_le_bytes())
    }

    /// An attribute whose text stands in the global heap.
    fn text(&self, name: &str, place: &[u8]) -> Message {
        attribute(self.version(), name, &text(), place)
    }

    fn version(&self) -> u8 {
        match self.format {
            Format::Old => 1,
            Format::New => 3,
        }
    }

    /// Puts these texts into one collection and gives what stands for them.
    fn texts(&mut self, texts: &[String]) -> Vec<Vec<u8>> {
        let mut collection = Collection::default();
        let address = self.layout.end();
        let places = texts.iter().map(|one| in_heap(one.len(), address, collection.add(one.as_bytes()))).collect();
        self.layout.place(collection.take());
        places
    }

    fn finish(mut self, root: &Object, folder: &Path, name: &str) -> io::Result<PathBuf> {
        let end = self.layout.end();
        let superblock = match self.format {
            Format::Old => old::superblock(root, end),
            Format::New => new::superblock(root, end),
        };
        self.layout.fill(0, superblock);
        self.layout.write(folder, name)
    }
}

/// Many datasets of 32-bit floats, in groups, with attributes that are numbers and texts by turns.
struct Many {
    datasets: usize,
    groups: usize,
    attributes: usize,
    bytes: u64,
    /// So many headers stand together.
    batch: usize,
}

fn many(folder: &Path, name: &str, format: Format, many: &Many) -> io::Result<PathBuf> {
    let mut file = File::new(format);
    let title = [file.number("title", 1.0)];
    let root = file.reserve(&title);
    let mut groups = Vec::new();
    let each = many.datasets / many.groups;
    for group in 0..many.groups {
        let place = file.reserve(&[]);
        let mut members = Vec::new();
        for first in (0..each).step_by(many.batch) {
            let numbers = first..(first + many.batch).min(each);
            for index in numbers.clone().map(|index| group * each + index).collect::<Vec<_>>().chunks(50) {
                let of = |index: usize| (1..many.attributes).step_by(2).map(move |a| format!("value {a} of {index}"));
                let texts: Vec<String> = index.iter().copied().flat_map(of).collect();
                let places = file.texts(&texts);
                let mut places = places.iter();
                let headers: u64 = index.iter().map(|_| header_length(&file, many.attributes)).sum();
                let mut data = file.layout.end() + headers;
                for index in index {
                    let shape = [many.bytes / 4];
                    let mut messages = dataset(&shape, float(32), contiguous(data, many.bytes));
                    for a in 0..many.attributes {
                        let name = format!("a{a}");
                        let place = if a % 2 == 1 { places.next() } else { None };
                        messages.push(match place {
                            Some(place) => file.text(&name, place),
                            None => file.number(&name, *index as f64),
                        });
                    }
                    members.push((format!("d{index:06}"), file.dataset(&messages)));
                    data += many.bytes;
                }
                file.layout.hole(many.bytes * index.len() as u64);
            }
        }
        groups.push((format!("g{group:04}"), file.group(&place, &members, &[])));
    }
    let root = file.group(&root, &groups, &title);
    file.finish(&root, folder, name)
}

/// The headers of one file are of one length.
fn header_length(file: &File, attributes: usize) -> u64 {
    let mut messages = dataset(&[1], float(32), contiguous(0, 4));
    for a in 0..attributes {
        let name = format!("a{a}");
        messages.push(if a % 2 == 1 { file.text(&name, &[0; 16]) } else { file.number(&name, 0.0) });
    }
    let header = match file.format {
        Format::Old => old::header(&messages),
        Format::New => new::header(&messages),
    };
    header.len() as u64
}

const fn small(datasets: usize) -> Many {
    Many { datasets, groups: datasets / 100, attributes: 4, bytes: 32, batch: 50 }
}

const fn large(groups: usize) -> Many {
    Many { datasets: 2000, groups, attributes: 2, bytes: 20_480, batch: 5 }
}

/// Writes 20,000 datasets in groups of 100, in the old format.
pub fn many_20k_old(folder: &Path) -> io::Result<PathBuf> {
    many(folder, "many20k_old.h5", Format::Old, &small(20_000))
}

/// Writes 20,000 datasets in groups of 100, in the new format.
pub fn many_20k_new(folder: &Path) -> io::Result<PathBuf> {
    many(folder, "many20k_new.h5", Format::New, &small(20_000))
}

/// Writes 200,000 datasets, and 20,000 beside them to compare with, in the old format.
pub fn many_200k_old(folder: &Path) -> io::Result<PathBuf> {
    many_20k_old(folder)?;
    many(folder, "many200k_old.h5", Format::Old, &small(200_000))
}

/// Writes 200,000 datasets, and 20,000 beside them to compare with, in the new format.
pub fn many_200k_new(folder: &Path) -> io::Result<PathBuf> {
    many_20k_new(folder)?;
    many(folder, "many200k_new.h5", Format::New, &small(200_000))
}

/// Writes 2,000 datasets of 20 KB in one group, in the old format.
pub fn flat_2k_old(folder: &Path) -> io::Result<PathBuf> {
    many(folder, "flat2k_old.h5", Format::Old, &large(1))
}

/// Writes 2,000 datasets of 20 KB in one group, in the new format.
pub fn flat_2k_new(folder: &Path) -> io::Result<PathBuf> {
    many(folder, "flat2k_new.h5", Format::New, &large(1))
}

/// Writes 2,000 datasets of 20 KB in 20 groups, in the old format.
pub fn nested_2k_old(folder: &Path) -> io::Result<PathBuf> {
    many(folder, "nested2k_old.h5", Format::Old, &large(20))
}

/// Writes 2,000 datasets of 20 KB in 20 groups, in the new format.
pub fn nested_2k_new(folder: &Path) -> io::Result<PathBuf> {
    many(folder, "nested2k_new.h5", Format::New, &large(20))
}

/// Writes a dataset of 3 GB, all of it a hole, between 100 small ones and a group.
pub fn huge_3gb(folder: &Path) -> io::Result<PathBuf> {
    huge(folder, "huge3g.h5", 3 * GIB)
}

/// Writes a dataset of 5 GB, all of it a hole, between 100 small ones and a group.
pub fn huge_5gb(folder: &Path) -> io::Result<PathBuf> {
    huge(folder, "huge5g.h5", 5 * GIB)
}

/// Writes a dataset of 100 GB, all of it a hole, between 100 small ones and a group.
pub fn huge_100gb(folder: &Path) -> io::Result<PathBuf> {
    huge_of(folder, 100 * GIB)
}

/// Writes a dataset of so many bytes, all of it a hole, between 100 small ones and a group.
pub fn huge_of(folder: &Path, bytes: u64) -> io::Result<PathBuf> {
    huge(folder, &format!("huge_{bytes}.h5"), bytes)
}

fn huge(folder: &Path, name: &str, bytes: u64) -> io::Result<PathBuf> {
    let mut file = File::new(Format::Old);
    let title = [file.number("title", 1.0)];
    let root = file.reserve(&title);
    let small = file.reserve(&[]);
    let mut members = Vec::new();
    for index in 0..100 {
        let data = file.layout.hole(4000);
        let mut messages = dataset(&[1000], float(32), contiguous(data, 4000));
        messages.push(file.number("a0", f64::from(index)));
        members.push((format!("d{index:06}"), file.dataset(&messages)));
    }
    let small = file.group(&small, &members, &[]);
    let data = file.layout.hole(bytes);
    let huge = file.dataset(&dataset(&[bytes / 4], float(32), contiguous(data, bytes)));
    let x = [file.number("x", 1.0)];
    let after = file.reserve(&x);
    let after = file.group(&after, &[], &x);
    let members = [("after", after), ("g0000", small), ("huge", huge)].map(|(name, object)| (name.to_owned(), object));
    let root = file.group(&root, &members, &title);
    file.finish(&root, folder, name)
}

/// Writes 16 deflated datasets of 4,096 chunks: 1 GB of bytes that look like what deflate makes, and 2.7 MB of chunk indexes.
pub fn gzip_1gb(folder: &Path) -> io::Result<PathBuf> {
    const CHUNKS: u64 = 4096;
    const STORED: u64 = 16_384;
    let mut file = File::new(Format::Old);
    let root = file.reserve(&[]);
    let mut members = Vec::new();
    for index in 0..16 {
        let data = file.layout.data(CHUNKS * STORED, noise);
        let places: Vec<_> = (0..CHUNKS).map(|n| (vec![n * 16, 0], data + n * STORED)).collect();
        let tree = old::chunk_index(&mut file.layout, &places, &[CHUNKS * 16, 0], STORED as u32);
        let mut messages = dataset(&[CHUNKS * 16, 1024], float(32), chunked(tree, &[16, 1024], 4));
        messages.push(deflate(4));
        messages.push(file.number("index", f64::from(index)));
        members.push((format!("d{index:06}"), file.dataset(&messages)));
    }
    let root = file.group(&root, &members, &[]);
    file.finish(&root, folder, "gzip1g.h5")
}

/// Writes 1 GB of labels of 16 bits, as a segmentation has them: long runs of small numbers.
pub fn labels_1gb(folder: &Path) -> io::Result<PathBuf> {
    let mut file = File::new(Format::Old);
    let classes = [file.number("classes", 20.0)];
    let root = file.reserve(&classes);
    let texts = file.texts(&["before".to_owned()]);
    let note = file.text("note", &texts[0]);
    let data = file.layout.data(GIB, labels);
    let mut messages = dataset(&[512, 1024, 1024], int16(), contiguous(data, GIB));
    messages.push(note);
    let labels = file.dataset(&messages);
    let root = file.group(&root, &[("labels".to_owned(), labels)], &classes);
    file.finish(&root, folder, "labels1g.h5")
}

/// Writes 1 GB of texts of variable length: collections of the global heap, then what refers to them.
pub fn texts_1gb(folder: &Path) -> io::Result<PathBuf> {
    const COLLECTIONS: u64 = GIB / 4096;
    const EACH: u64 = 36;
    let mut file = File::new(Format::Old);
    let root = file.reserve(&[file.text("note", &[0; 16])]);
    let before = file.texts(&["before".to_owned()]);
    let heap = file.layout.data(COLLECTIONS * 4096, collection);
    let count = COLLECTIONS * EACH;
    let mut references = Vec::with_capacity(count as usize * 16);
    for n in 0..count {
        references.extend(in_heap(TEXT, heap + n / EACH * 4096, (n % EACH) as u16 + 1));
    }
    let data = file.layout.place(references);
    let mut messages = dataset(&[count], text(), contiguous(data, count * 16));
    messages.push(file.text("note", &before[0]));
    let texts = file.dataset(&messages);
    let after = file.texts(&["behind".to_owned()]);
    let note = file.text("note", &after[0]);
    let root = file.group(&root, &[("texts".to_owned(), texts)], &[note]);
    file.finish(&root, folder, "texts1g.h5")
}

const TEXT: usize = 90;

fn noise(noise: &mut Noise, out: &mut Vec<u8>) {
    (0..8192).for_each(|_| out.extend(noise.next().to_le_bytes()));
}

fn labels(noise: &mut Noise, out: &mut Vec<u8>) {
    while out.len() < 1 << 16 {
        let number = noise.next();
        let (label, run) = ((number % 20) as u16, 1 + (number >> 8) % 40);
        (0..run).for_each(|_| out.extend(label.to_le_bytes()));
    }
}

/// A full collection of texts.
fn collection(noise: &mut Noise, out: &mut Vec<u8>) {
    let mut collection = Collection::default();
    while !collection.is_full_for(TEXT) {
        let letters = (0..TEXT / 6).flat_map(|_| {
            let number = noise.next();
            (0..6).map(move |n| b'a' + (number >> (8 * n) & 15) as u8)
        });
        collection.add(&letters.collect::<Vec<u8>>());
    }
    *out = collection.take();
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaextract::{Options, Status, drivers};

    /// What is measured must be a sound file: one that fails early would be fast.
    #[test]
    fn what_is_written_is_sound() -> Result<(), Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("bench-harness-hdf5-{}", std::process::id()));
        for (name, format) in [("old.h5", Format::Old), ("new.h5", Format::New)] {
            let shape = Many { datasets: 1200, groups: 2, attributes: 2, bytes: 64, batch: 7 };
            let path = many(&folder, name, format, &shape)?;
            let document = drivers::extract_file(&path, &Options::default())?;
            assert_eq!(document.status(), Status::Done, "{name}: {}", document.get_json("/warnings")?);
            assert_eq!(document.get_json("/warnings")?, "[]", "{name}");
            assert_eq!(document.get_u64("/properties/counts/datasets")?, 1200, "{name}");
            assert_eq!(document.get_u64("/headers/groups/~1g0001/member_count")?, 600, "{name}");
            let last = "/headers/datasets/~1g0001~1d001199";
            assert_eq!(document.get_json(&format!("{last}/shape"))?, "[16]", "{name}");
            assert_eq!(document.get_f64(&format!("{last}/attributes/a0/value"))?, 1199.0, "{name}");
            assert_eq!(document.get_str(&format!("{last}/attributes/a1/value"))?, "value 1 of 1199", "{name}");
        }
        std::fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
