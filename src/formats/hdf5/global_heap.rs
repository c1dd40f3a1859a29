//! Global heap collections (III.E): where values of variable length stand, many in one block.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::fault::Fault;
use super::fields::{Address, Fields, Parse};
use super::file::{Bytes, File};
use crate::budget::{Charge, OverBudget};
use crate::engine::join::Join;
use crate::engine::now::now;
use crate::engine::window::Stop;

const WHAT: &str = "global heap collection";
/// What is asked for at once where a collection begins: most are of this size.
const USUAL_SIZE: u64 = 4096;
/// What is asked for at once of a longer one.
const STEP: u64 = 64 << 10;
/// How many bytes of collections stay when nobody uses them.
const KEEP: usize = 512 << 10;
/// What a collection takes beside its bytes and its objects.
const LEAST_COST: usize = 256;

/// One collection: its objects, without free space, and without those that are too long to be of use.
#[derive(Debug)]
pub(super) struct Collection {
    address: Address,
    /// Sorted by index, of which there is one each.
    objects: Vec<Entry>,
    bytes: Vec<u8>,
    /// Why there may be objects that are not listed.
    pub(super) fault: Option<Fault>,
    charge: Charge,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    index: u16,
    /// In `bytes`; `None`: not held.
    start: Option<u32>,
    /// From the beginning of the collection.
    offset: u64,
    length: u64,
}

impl Collection {
    /// The length of an object.
    pub(super) fn length(&self, index: u32) -> Option<u64> {
        self.entry(index).map(|entry| entry.length)
    }

    /// The bytes of an object, unless it is longer than what is held.
    pub(super) fn object(&self, index: u32) -> Option<&[u8]> {
        let entry = self.entry(index)?;
        let start = entry.start? as usize;
        self.bytes.get(start..start + entry.length as usize)
    }

    /// Why an object is not listed.
    pub(super) fn missing(&self, file: &File) -> Fault {
        let unlisted =
            || Fault::malformed(file.offset(self.address), WHAT, "an object that is referred to is not in it");
        self.fault.clone().unwrap_or_else(unlisted)
    }

    fn entry(&self, index: u32) -> Option<&Entry> {
        let index = u16::try_from(index).ok()?;
        // Most often they are numbered from 1 on without a gap.
        let direct = self.objects.get(usize::from(index).wrapping_sub(1)).filter(|entry| entry.index == index);
        direct.or_else(|| {
            let found = self.objects.binary_search_by_key(&index, |entry| entry.index).ok()?;
            self.objects.get(found)
        })
    }

    fn cost(&self) -> usize {
        LEAST_COST + self.bytes.capacity() + self.objects.capacity() * size_of::<Entry>()
    }

    /// Makes room for so many bytes and objects more.
    fn reserve(&mut self, bytes: usize, objects: usize) -> Result<(), OverBudget> {
        let grown = |length: usize, more: usize, capacity: usize| match length.saturating_add(more) {
            need if need <= capacity => capacity,
            need => need.max(capacity.saturating_mul(2)),
        };
        let bytes = grown(self.bytes.len(), bytes, self.bytes.capacity());
        let objects = grown(self.objects.len(), objects, self.objects.capacity());
        let cost = objects.saturating_mul(size_of::<Entry>()).saturating_add(bytes).saturating_add(LEAST_COST);
        self.charge.grow_to(cost)?;
        self.bytes.reserve_exact(bytes - self.bytes.len());
        self.objects.reserve_exact(objects - self.objects.len());
        Ok(())
    }

    /// Reads a collection, without the bytes of objects longer than `longest`.
    async fn read(file: &File, address: Address, longest: u64) -> Result<Collection, Fault> {
        let head = header_size(file);
        let mut piece = file.read_ahead(address, head, USUAL_SIZE, WHAT).await?;
        let size = file.decode(&piece, piece.offset, WHAT, collection_size)?;
        let first = size.min(piece.len() as u64).min(USUAL_SIZE);
        file.source.used(first.saturating_sub(head) as usize);
        let charge = Charge::new(file.source.budget(), LEAST_COST).map_err(over_budget)?;
        let mut collection = Collection { address, objects: Vec::new(), bytes: Vec::new(), fault: None, charge };
        let mut reader = Reader { file, size, longest, from: 0, at: head };
        let mut end = None;
        while let Some(least) = reader.take(&mut collection, &piece)? {
            if let Some(end) = end {
                // What stands before the end of the file can still be used.
                collection.fault = Some(Fault::cut(end, file.offset(address), WHAT));
                break;
            }
            let most = (size - reader.at).min(STEP).max(least);
            (piece, end) = file.read_some(address.saturating_add(reader.at), most, WHAT).await?;
            reader.from = reader.at;
        }
        collection.objects.sort_by_key(|entry| entry.index); // stable: of two with one index the last counts
        collection.objects.dedup_by(|later, first| {
            let same = later.index == first.index;
            if same {
                *first = *later;
            }
            same
        });
        Ok(collection)
    }
}

/// Goes through a collection, piece by piece.
struct Reader<'a> {
    file: &'a File,
    size: u64,
    longest: u64,
    /// Where the piece begins, and where the next object does, from the beginning of the collection.
    from: u64,
    at: u64,
}

impl Reader<'_> {
    /// Takes the objects of a piece, as far as it reaches; how many bytes the next one needs, if one follows.
    fn take(&mut self, collection: &mut Collection, piece: &Bytes) -> Result<Option<u64>, Fault> {
        let head_size = header_size(self.file);
        // Where no object's header fits is free space, as is an object 0.
        while self.size.saturating_sub(self.at) >= head_size {
            let rest = usize::try_from(self.at - self.from).ok().and_then(|start| piece.get(start..)).unwrap_or(&[]);
            let Some((head, content)) = rest.split_at_checked(head_size as usize) else { return Ok(Some(head_size)) };
            let offset = self.file.offset(collection.address).saturating_add(self.at);
            let (index, length) = self.file.decode(head, offset, WHAT, object_header)?;
            if index == 0 {
                if length < head_size {
                    collection.fault = Some(Fault::malformed(offset, WHAT, "its free space has no size"));
                    break;
                }
                self.at = self.at.saturating_add(length);
                continue;
            }
            let end = self.at.saturating_add(head_size).saturating_add(length);
            if end > self.size || collection.objects.len() > usize::from(u16::MAX) {
                collection.fault = Some(Fault::malformed(offset, WHAT, "an object is not inside it"));
                break;
            }
            let mut start = None;
            if length <= self.longest {
                let Some(content) = content.get(..usize::try_from(length).unwrap_or(usize::MAX)) else {
                    return Ok(Some(head_size + length));
                };
                start = u32::try_from(collection.bytes.len()).ok();
                let inside = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
                let room = if collection.bytes.is_empty() { rest.len().min(inside) } else { content.len() };
                collection.reserve(room, 1).map_err(over_budget)?;
                collection.bytes.extend_from_slice(content);
            } else {
                collection.reserve(0, 1).map_err(over_budget)?;
            }
            collection.objects.push(Entry { index, start, offset: self.at + head_size, length });
            self.at = end.checked_next_multiple_of(8).unwrap_or(end);
        }
        Ok(None)
    }
}

/// Only what stops all reading.
fn stop<T>(read: Result<T, Fault>) -> Result<(), Fault> {
    match read {
        Err(stop @ Fault::Stop(_)) => Err(stop),
        _ => Ok(()),
    }
}

fn over_budget(_: OverBudget) -> Fault {
    Fault::Stop(Stop::Limit)
}

/// Bytes of the header, of the collection as of an object: both end in a length, and are a multiple of eight.
fn header_size(file: &File) -> u64 {
    (8 + u64::from(file.widths.lengths)).next_multiple_of(8)
}

fn collection_size(fields: &mut Fields<'_>) -> Parse<u64> {
    fields.signature(b"GCOL")?;
    fields.version(1..=1)?;
    fields.skip(3)?;
    fields.length()
}

/// Index and length of an object.
fn object_header(fields: &mut Fields<'_>) -> Parse<(u16, u64)> {
    let index = fields.u16()?;
    fields.skip(2 + 4)?; // reference count, reserved
    Ok((index, fields.length()?))
}

/// The collections of a file: each is read once, whoever asks for it first; some are kept.
#[derive(Debug)]
pub(super) struct GlobalHeap {
    /// Longer values are not shown, so longer objects are not held.
    pub(super) limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    slots: BTreeMap<Address, Arc<Slot>>,
    /// Those that have been read, oldest first, and what each costs.
    order: VecDeque<(Address, usize)>,
    held: usize,
}

/// One collection, while it is read and afterwards.
#[derive(Debug, Default)]
struct Slot(Mutex<Progress>);

#[derive(Debug)]
enum Progress {
    /// Somebody reads it; these wait.
    Reading(Vec<Waker>),
    Read(Result<Arc<Collection>, Fault>),
    /// Whoever read it is gone.
    Abandoned,
}

impl Default for Progress {
    fn default() -> Self {
        Progress::Reading(Vec::new())
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, progress: Progress) {
        let before = std::mem::replace(&mut *self.lock(), progress);
        if let Progress::Reading(wakers) = before {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

impl GlobalHeap {
    /// Objects longer than `limit` bytes, those of the longest value that is shown, are listed, but not held.
    pub(super) fn new(limit: u64) -> Self {
        GlobalHeap { limit, state: Mutex::default() }
    }

    /// The collection at an address, if it has been read and is kept.
    pub(super) fn known(&self, address: Address) -> Option<Result<Arc<Collection>, Fault>> {
        let state = self.lock();
        match &*state.slots.get(&address)?.lock() {
            Progress::Read(collection) => Some(collection.clone()),
            Progress::Reading(_) | Progress::Abandoned => None,
        }
    }

    /// The collection at an address, if it is kept or its bytes are at hand.
    pub(super) fn at_once(&self, file: &File, address: Address) -> Option<Result<Arc<Collection>, Fault>> {
        self.known(address).or_else(|| {
            let is_there = file.is_at_hand(address, USUAL_SIZE);
            is_there.then(|| now(self.collection(file, address))).flatten()
        })
    }

    /// The collection at an address. However many ask for it at once, it is read once.
    pub(super) async fn collection(&self, file: &File, address: Address) -> Result<Arc<Collection>, Fault> {
        let turn = match (Ask { heap: self, address, waits: None }).await {
            Answer::Known(collection) => return collection,
            Answer::Turn(turn) => turn,
        };
        let collection = Collection::read(file, address, self.limit).await.map(Arc::new);
        turn.end(&collection);
        collection
    }

    /// Waits until collections have been read, all at once. What is wrong with them is said where they are used.
    pub(super) async fn fetch(&self, file: &File, mut addresses: Vec<Address>) -> Result<(), Fault> {
        addresses.sort_unstable();
        addresses.dedup();
        if let [address] = *addresses {
            return stop(self.collection(file, address).await);
        }
        let mut join = Join::new(file.source.budget());
        for address in addresses {
            join.push(self.collection(file, address))?;
        }
        while let Some(read) = join.next().await {
            stop(read)?;
        }
        Ok(())
    }

    /// One object, however long it is.
    pub(super) async fn object(&self, file: &File, address: Address, index: u32) -> Result<Bytes, Fault> {
        const WHAT: &str = "global heap object";
        let collection = self.collection(file, address).await?;
        let Some(entry) = collection.entry(index) else { return Err(collection.missing(file)) };
        file.read_bounded(address.saturating_add(entry.offset), entry.length, WHAT).await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Answer<'a> {
    Known(Result<Arc<Collection>, Fault>),
    Turn(Turn<'a>),
}

/// Waits for a collection that somebody else reads.
struct Ask<'a> {
    heap: &'a GlobalHeap,
    address: Address,
    /// The collection that it waits for, and its place among those who wait.
    waits: Option<(Arc<Slot>, usize)>,
}

impl<'a> Future for Ask<'a> {
    type Output = Answer<'a>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<'a>> {
        loop {
            let (slot, place) = match self.waits.take() {
                Some((slot, place)) => (slot, Some(place)),
                None => {
                    let mut state = self.heap.lock();
                    let Some(slot) = state.slots.get(&self.address) else {
                        let slot = Arc::<Slot>::default();
                        state.slots.insert(self.address, slot.clone());
                        let turn = Turn { heap: self.heap, address: self.address, slot: Some(slot) };
                        return Poll::Ready(Answer::Turn(turn));
                    };
                    (slot.clone(), None)
                }
            };
            let mut progress = slot.lock();
            match &mut *progress {
                Progress::Read(collection) => return Poll::Ready(Answer::Known(collection.clone())),
                Progress::Abandoned => {} // it is no longer listed: the next round begins anew
                Progress::Reading(wakers) => {
                    let place = place.unwrap_or(wakers.len());
                    match wakers.get_mut(place) {
                        Some(waker) => waker.clone_from(cx.waker()),
                        None => wakers.push(cx.waker().clone()),
                    }
                    drop(progress);
                    self.waits = Some((slot, place));
                    return Poll::Pending;
                }
            }
        }
    }
}

/// The duty to read a collection. Dropped before it is done, it passes to one of those who wait.
struct Turn<'a> {
    heap: &'a GlobalHeap,
    address: Address,
    slot: Option<Arc<Slot>>,
}

impl Turn<'_> {
    fn end(mut self, collection: &Result<Arc<Collection>, Fault>) {
        if matches!(collection, Err(Fault::Stop(_))) {
            return; // says nothing about the collection
        }
        let Some(slot) = self.slot.take() else { return };
        slot.end(Progress::Read(collection.clone()));
        let cost = collection.as_ref().map_or(LEAST_COST, |collection| collection.cost());
        let mut state = self.heap.lock();
        state.order.push_back((self.address, cost));
        state.held += cost;
        while state.held > KEEP
            && let Some((oldest, cost)) = state.order.pop_front()
        {
            state.slots.remove(&oldest);
            state.held -= cost;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.heap.lock().slots.remove(&self.address);
            slot.end(Progress::Abandoned);
        }
    }
}

#[cfg(test)]
#[path = "global_heap_tests.rs"]
mod tests;
