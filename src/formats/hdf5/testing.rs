//! Lets a unit test read a file that stands in memory, as a host feeds it: range by range.

use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::cache_image::CacheImage;
use super::fields::Widths;
use super::file::File;
use super::group;
use super::link::Target;
use super::object_header::ObjectHeader;
use super::superblock::Superblock;
use crate::budget::Budget;
use crate::engine::source::Source;

/// What most files have.
pub(super) const WIDTHS: Widths = Widths { offsets: 8, lengths: 8 };

/// Runs a reader on `bytes`, with every range fed that it wants and nothing beside.
pub(super) fn read<T>(bytes: &[u8], reader: impl AsyncFnOnce(&File) -> T) -> T {
    read_within(bytes, 256 << 20, reader)
}

/// The same, with `memory` bytes to hold at most.
pub(super) fn read_within<T>(bytes: &[u8], memory: u64, reader: impl AsyncFnOnce(&File) -> T) -> T {
    run(bytes, memory, WIDTHS, None, reader)
}

fn run<T>(
    bytes: &[u8],
    memory: u64,
    widths: Widths,
    image: Option<CacheImage>,
    reader: impl AsyncFnOnce(&File) -> T,
) -> T {
    let source = Source::new(&Budget::new(memory), 0);
    source.shared().window().ends_at(bytes.len() as u64);
    let mut file = File::new(source.clone(), widths, 0);
    file.overlay = image;
    let mut reading = Box::pin(reader(&file));
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = reading.as_mut().poll(&mut cx) {
            return output;
        }
        source.shared().rounds.fetch_add(1, Ordering::Relaxed);
        let mut window = source.shared().window();
        window.renew();
        let wanted: Vec<_> = window.round.iter().collect();
        assert!(!wanted.is_empty(), "the reader waits for nothing");
        for (start, end) in wanted {
            window.accept(start, &bytes[start as usize..end as usize]);
        }
    }
}

/// The bytes of a fixture.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/hdf5/{name}.h5", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect(&path)
}

/// Runs a reader on a whole file.
pub(super) fn read_file<T>(bytes: &[u8], reader: impl AsyncFnOnce(&File, &Superblock) -> T) -> T {
    let superblock = Superblock::decode(bytes).expect("a superblock");
    run(bytes, 256 << 20, superblock.widths, None, async |file| reader(file, &superblock).await)
}

/// The same, with the image of a metadata cache.
pub(super) fn with_image<T>(bytes: &[u8], image: CacheImage, reader: impl AsyncFnOnce(&File, &Superblock) -> T) -> T {
    let superblock = Superblock::decode(bytes).expect("a superblock");
    run(bytes, 256 << 20, superblock.widths, Some(image), async |file| reader(file, &superblock).await)
}

/// The object header that a path of compact links leads to.
pub(super) async fn object(file: &File, superblock: &Superblock, path: &str) -> ObjectHeader {
    let mut header = ObjectHeader::read(file, superblock.root.expect("a root")).await.expect("the root");
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let links = group::list(file, &header).await.expect("a listing").links;
        let address = links.iter().find_map(|link| match link.target {
            Target::Hard(address) if *link.name == *name.as_bytes() => Some(address),
            _ => None,
        });
        header = ObjectHeader::read(file, address.expect(name)).await.expect(name);
    }
    header
}

/// How many rounds have been asked for.
pub(super) fn rounds(file: &File) -> usize {
    file.source.shared().rounds.load(Ordering::Relaxed) as usize
}
