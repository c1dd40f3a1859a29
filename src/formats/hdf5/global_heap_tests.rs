use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::super::testing::read;
use super::*;
use crate::engine::join::Join;

/// A collection of so many bytes; what is left of it is free space.
fn collection(size: usize, objects: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = b"GCOL\x01\0\0\0".to_vec();
    bytes.extend((size as u64).to_le_bytes());
    for (index, content) in objects {
        bytes.extend([index.to_le_bytes(), [1, 0]].concat());
        bytes.extend([0; 4]);
        bytes.extend((content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let free = size - bytes.len();
    if free >= 16 {
        bytes.extend([0; 8]);
        bytes.extend((free as u64).to_le_bytes());
    }
    bytes.resize(size, 0);
    bytes
}

fn object(file: &[u8], limit: u64, index: u32) -> (Option<Vec<u8>>, Option<Fault>) {
    read(file, async |file| {
        let collection = GlobalHeap::new(limit).collection(file, 0).await.expect("a collection");
        (collection.object(index).map(<[u8]>::to_vec), collection.fault.clone())
    })
}

#[test]
fn objects_in_any_order() {
    let long = vec![7; 100];
    let file = collection(4096, &[(3, b"three"), (1, b""), (700, &long), (3, b"later")]);
    assert_eq!(object(&file, 1000, 3), (Some(b"later".to_vec()), None));
    assert_eq!(object(&file, 1000, 1), (Some(Vec::new()), None));
    assert_eq!(object(&file, 1000, 700), (Some(long), None));
    assert_eq!(object(&file, 99, 700), (None, None), "longer than what is held");
    assert_eq!(object(&file, 1000, 2), (None, None));
    assert_eq!(object(&file, 1000, 0), (None, None));
    assert_eq!(object(&file, 1000, 0x1_0003), (None, None));
    let full = collection(16 + 16 + 8 + 8, &[(1, b"12345678")]);
    assert_eq!(object(&full, 1000, 1), (Some(b"12345678".to_vec()), None), "8 bytes of free space have no header");
}

#[test]
fn what_is_long_is_stepped_over() {
    let huge = vec![1; 1 << 20];
    let file = collection((1 << 20) + 4096, &[(1, &huge), (2, b"behind")]);
    read(&file, async |file| {
        let heap = GlobalHeap::new(65536);
        let collection = heap.collection(file, 0).await.expect("a collection");
        assert_eq!((collection.length(1), collection.object(1)), (Some(1 << 20), None));
        assert_eq!(collection.object(2), Some(&b"behind"[..]));
        assert!(file.source.shared().window().tally.asked < 160 << 10, "{}", file.source.shared().window().tally.asked);
        assert_eq!(heap.object(file, 0, 1).await.map(|object| object.len()), Ok(1 << 20));
        assert!(heap.object(file, 0, 3).await.is_err());
    });
}

#[test]
fn damage_leaves_what_stands_before_it() {
    let mut file = collection(4096, &[(1, b"first"), (2, b"second"), (3, b"third")]);
    let cut = object(&file[..60], 1000, 1);
    assert_eq!(cut.0.as_deref(), Some(&b"first"[..]));
    assert!(matches!(cut.1, Some(Fault::Damage(damage)) if damage.is_cut()));
    file[40 + 15] = 0x7F; // the length of the second
    let (second, fault) = object(&file, u64::MAX, 2);
    assert!(
        second.is_none() && matches!(fault, Some(Fault::Damage(damage)) if !damage.is_cut() && damage.offset == 40)
    );
    file[40..56].fill(0); // free space of no length
    assert!(object(&file, 1000, 1).1.is_some());
    assert_eq!(object(&file, 1000, 3).0, None);
    file[4] = 2;
    let refused = read(&file, async |file| GlobalHeap::new(9).collection(file, 0).await.map(|_| ()));
    assert!(matches!(refused, Err(Fault::Damage(damage)) if damage.message.contains("version")));
}

#[test]
fn however_many_ask_it_is_read_once() {
    let objects: Vec<_> = (1..=100).map(|index| (index, &b"content"[..])).collect();
    let file = collection(4096, &objects);
    read(&file, async |file| {
        let heap = GlobalHeap::new(65536);
        let mut join = Join::new(file.source.budget());
        (0..40_000).for_each(|i| {
            let heap = &heap;
            let read = async move { heap.collection(file, 0).await.map(|c| c.object(i % 100 + 1).map(<[u8]>::len)) };
            join.push(read).expect("room");
        });
        let mut found = 0;
        while let Some(length) = join.next().await {
            found += usize::from(length == Ok(Some(7)));
        }
        assert_eq!(found, 40_000);
        assert_eq!(file.source.shared().window().tally.asked, 4096);
    });
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn when_the_first_asker_goes_another_takes_over() {
    let file = collection(4096, &[(1, b"content")]);
    read(&file, async |file| {
        let heap = GlobalHeap::new(65536);
        let (woken, mut noop) = (Arc::new(Count(AtomicUsize::new(0))), Context::from_waker(Waker::noop()));
        let waker = woken.clone().into();
        let mut first = Box::pin(heap.collection(file, 0));
        let mut second = Box::pin(heap.collection(file, 0));
        assert!(first.as_mut().poll(&mut noop).is_pending());
        assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending(), "asked again it waits on");
        drop(first);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(second.await.map(|collection| collection.length(1)), Ok(Some(7)));
    });
}

#[test]
fn what_is_kept_is_bounded_and_charged() {
    const SIZE: usize = 64 << 10;
    let one = collection(SIZE, &[(1, &[7; SIZE - 64])]);
    let file: Vec<u8> = (0..32).flat_map(|_| one.clone()).collect();
    read(&file, async |file| {
        let heap = GlobalHeap::new(1 << 20);
        for i in 0..32 {
            let collection = heap.collection(file, (i * SIZE) as u64).await.expect("a collection");
            assert_eq!(collection.length(1), Some(SIZE as u64 - 64));
        }
        let state = heap.lock();
        assert!(state.held <= KEEP && state.held > KEEP / 2, "{}", state.held);
        assert_eq!((state.slots.len(), state.order.len()), (7, 7));
        drop(state);
        let with = file.source.budget().used();
        drop(heap);
        assert!(with - file.source.budget().used() >= 7 * (SIZE as u64 - 64));
    });
}

#[test]
fn its_futures_can_be_sent() {
    fn is_send(_: impl Send) {}
    read(b"", async |file| is_send(GlobalHeap::new(0).collection(file, 0)));
}
