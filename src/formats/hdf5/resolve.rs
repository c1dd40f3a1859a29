//! Finds what a value has in the global heap, before it is written.

use std::sync::Arc;

use super::datatype::{Class, Datatype};
use super::fault::{Damage, Fault};
use super::fields::{Address, Widths};
use super::file::File;
use super::global_heap::{Collection, GlobalHeap};
use super::stored_reference::{HeapId, Stored, sequence};
use super::value::{StoredValue, WHAT};
use crate::budget::{Charge, OverBudget};
use crate::engine::join::Join;
use crate::engine::window::Stop;

/// The text of a value may be this many times as long as the decoded bytes may be: names of members, brackets and escapes
/// count as little else.
const TEXT_FACTOR: u64 = 16;
/// Heap objects that have IDs in them may take this many times as much: such an ID decodes to nothing of its own.
const PASSED_FACTOR: u64 = 4;
/// What the list of all that is found takes, for each byte that is searched: an ID takes 12 bytes at least.
const LIST_FACTOR: usize = size_of::<Found<'_>>() / 8;
const TOO_SHORT: &str = "it is shorter than its type and its shape say";
/// What the text of the shortest values may take in any case.
const LEAST_TEXT: u64 = 4096;
/// The memory limit has room for so many of the longest texts: one is charged when it is written, and takes as much again
/// while it grows.
const TEXT_SHARE: u64 = 4;

/// The heap objects of one value.
#[derive(Debug)]
pub(in crate::formats) struct Resolved {
    /// Sorted by address; `None` where a collection can't be read.
    heaps: Vec<(Address, Option<Arc<Collection>>)>,
    pub(super) widths: Widths,
    /// The value is longer than the limit.
    pub(in crate::formats) omitted: bool,
    /// How long its text may be.
    pub(super) longest_text: usize,
}

impl Resolved {
    /// Of a value that has nothing in the heap.
    pub(super) fn empty(file: &File, heap: &GlobalHeap) -> Self {
        let longest_text = longest_text(file, limit(file, heap));
        Resolved { heaps: Vec::new(), widths: file.widths, omitted: false, longest_text }
    }

    /// For a value that is over the limit, of which not all is at hand.
    pub(super) fn omitted(file: &File) -> Self {
        Resolved { heaps: Vec::new(), widths: file.widths, omitted: true, longest_text: 0 }
    }

    /// The bytes of a heap object, as many as are asked for.
    pub(super) fn object(&self, id: HeapId, length: u64) -> Option<&[u8]> {
        self.collection(id.collection)?.object(id.index)?.get(..usize::try_from(length).ok()?)
    }

    /// Takes a collection; a damaged one is noted.
    fn add(
        &mut self,
        address: Address,
        collection: Result<Arc<Collection>, Fault>,
        notes: &mut Vec<Damage>,
    ) -> Result<(), Fault> {
        let collection = match collection {
            Ok(collection) => Some(collection),
            Err(fault) => {
                note(fault, notes)?;
                None
            }
        };
        if self.heaps.is_empty() {
            self.heaps.reserve_exact(1); // most values have no more
        }
        self.heaps.push((address, collection));
        Ok(())
    }

    /// Takes a collection in the place of all others, if it is at hand.
    fn hold(&mut self, file: &File, heap: &GlobalHeap, address: Address) -> bool {
        if matches!(*self.heaps, [(held, Some(_))] if held == address) {
            return true;
        }
        self.heaps.clear();
        let Some(Ok(collection)) = heap.at_once(file, address) else { return false };
        self.heaps.push((address, Some(collection)));
        true
    }

    fn collection(&self, address: Address) -> Option<&Collection> {
        let found = self.heaps.binary_search_by_key(&address, |(address, _)| *address).ok()?;
        self.heaps.get(found)?.1.as_deref()
    }
}

/// Something in the heap that a value refers to.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    id: HeapId,
    /// How many bytes of the heap object belong to the value.
    length: u64,
    /// The type of its elements, where those have something in the heap themselves.
    items: Option<&'a Datatype>,
}

/// Reads all that `stored` has in the heap, level by level: what a level refers to is asked for at once.
///
/// Nothing is read of a value that decodes to more bytes than the heap's limit: it is `omitted`. What of the heap is damaged is
/// noted, and null in the value; but where bytes are missing there is no value, since they could be any.
pub(super) async fn resolve(
    file: &File,
    heap: &GlobalHeap,
    stored: StoredValue<'_>,
    notes: &mut Vec<Damage>,
) -> Result<Resolved, Fault> {
    if let Some(resolved) = resolve_now(file, heap, stored, notes)? {
        return Ok(resolved);
    }
    // In a box, so that the futures of all the other values stay small.
    let read = async {
        let (mut resolved, search) = begin(file, heap, stored)?;
        let mut levels = Levels::new(file, search, stored);
        while let Some(wanted) = levels.next(&resolved)? {
            fetch(file, heap, wanted, &mut resolved, notes).await?;
            levels.descend(&mut resolved, notes)?;
        }
        resolved.omitted = levels.search.is_over();
        Ok(resolved)
    };
    file.source.boxed(read)?.await
}

/// The same where nothing has to be read for it; `None`: something has to. Only a value that is given has notes.
pub(super) fn resolve_now(
    file: &File,
    heap: &GlobalHeap,
    stored: StoredValue<'_>,
    notes: &mut Vec<Damage>,
) -> Result<Option<Resolved>, Fault> {
    let (mut resolved, search) = begin(file, heap, stored)?;
    if resolved.omitted || !stored.datatype.is_in_heap() {
        return Ok(Some(resolved));
    }
    let mut levels = Levels::new(file, search, stored);
    let noted = notes.len();
    let all = levels.are_known(heap, &mut resolved, notes);
    if !matches!(all, Ok(true)) {
        notes.truncate(noted);
    }
    resolved.omitted = levels.search.is_over();
    Ok(all?.then_some(resolved))
}

/// Whether what a value has in the heap is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtHand {
    Yes,
    /// This collection is not.
    Lacks(Address),
    /// It is not known before more is done, or something has to be said.
    Unknown,
}

/// The same for one value after the other, which `resolved` is for in turn: mostly they have one collection in common.
pub(super) fn at_hand(file: &File, heap: &GlobalHeap, stored: StoredValue<'_>, resolved: &mut Resolved) -> AtHand {
    let Some(raw) = stored.bytes() else { return AtHand::Unknown };
    let known = |is_known| if is_known { AtHand::Yes } else { AtHand::Unknown };
    let limit = limit(file, heap);
    resolved.omitted = false;
    match &stored.datatype.class {
        // A string by itself is what most of them are.
        Class::VlenString { base, .. } if raw.len() == stored.datatype.size as usize && !base.is_in_heap() => {
            let Some((count, id)) = sequence(raw, file.widths) else { return AtHand::Yes };
            let length = u64::from(count) * u64::from(base.size);
            if length <= limit && !resolved.hold(file, heap, id.collection) {
                return AtHand::Lacks(id.collection);
            }
            known(length <= limit && resolved.object(id, length).is_some())
        }
        _ if !stored.datatype.is_in_heap() => known(raw.len() as u64 <= limit),
        _ => {
            let mut notes = Vec::new();
            let new = resolve_now(file, heap, stored, &mut notes);
            let Ok(Some(new)) = new else { return AtHand::Unknown };
            *resolved = new;
            known(notes.is_empty())
        }
    }
}

/// What a value has in the heap, and what that has there, and so on.
struct Levels<'a> {
    file: &'a File,
    search: Search<'a>,
    searched: usize,
    charge: Option<Charge>,
}

impl<'a> Levels<'a> {
    fn new(file: &'a File, mut search: Search<'a>, stored: StoredValue<'a>) -> Self {
        let raw = stored.bytes().unwrap_or(&[]);
        search.elements(stored.datatype, raw);
        Levels { file, search, searched: raw.len(), charge: None }
    }

    /// Takes all levels from the collections that are kept. False: one is not.
    fn are_known(
        &mut self,
        heap: &GlobalHeap,
        resolved: &mut Resolved,
        notes: &mut Vec<Damage>,
    ) -> Result<bool, Fault> {
        if let [Found { id, items: None, .. }] = *self.search.found
            && !self.search.is_over()
        {
            // A string by itself is what most of them are.
            let Some(collection) = heap.at_once(self.file, id.collection) else { return Ok(false) };
            resolved.add(id.collection, collection, notes)?;
            return self.descend(resolved, notes).map(|()| true);
        }
        while let Some(wanted) = self.next(resolved)? {
            for address in wanted {
                let Some(collection) = heap.at_once(self.file, address) else { return Ok(false) };
                resolved.add(address, collection, notes)?;
            }
            self.descend(resolved, notes)?;
        }
        Ok(true)
    }

    /// The collections of the next level that are not there yet, if there is such a level.
    fn next(&mut self, resolved: &Resolved) -> Result<Option<Vec<Address>>, Fault> {
        if self.search.is_over() || self.search.found.is_empty() {
            return Ok(None);
        }
        let passed = usize::try_from(self.search.passed).unwrap_or(usize::MAX);
        let cost = passed.saturating_add(self.searched).saturating_mul(LIST_FACTOR);
        match &mut self.charge {
            Some(charge) => charge.grow_to(cost).map_err(over_budget)?,
            None => self.charge = Some(Charge::new(self.file.source.budget(), cost).map_err(over_budget)?),
        }
        let mut wanted: Vec<Address> = self.search.found.iter().map(|found| found.id.collection).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|address| resolved.heaps.binary_search_by_key(address, |(address, _)| *address).is_err());
        Ok(Some(wanted))
    }

    /// Searches what was found, now that its collections are there.
    fn descend(&mut self, resolved: &mut Resolved, notes: &mut Vec<Damage>) -> Result<(), Fault> {
        if resolved.heaps.len() > 1 {
            resolved.heaps.sort_unstable_by_key(|(address, _)| *address);
        }
        for Found { id, length, items } in std::mem::take(&mut self.search.found) {
            match (resolved.object(id, length), items) {
                (Some(object), Some(items)) => self.search.elements(items, object),
                (Some(_), None) => {}
                (None, _) => missing(self.file, resolved, id, notes)?,
            }
        }
        Ok(())
    }
}

/// What is known before anything of the heap is: whether the value itself is too long.
#[inline]
fn begin<'a>(file: &File, heap: &GlobalHeap, stored: StoredValue<'_>) -> Result<(Resolved, Search<'a>), Fault> {
    let limit = limit(file, heap);
    let datatype = stored.datatype;
    let raw = stored.bytes().ok_or_else(|| Fault::malformed(stored.offset, WHAT, TOO_SHORT))?;
    let decoded = match own_size(datatype) {
        size if size == u64::from(datatype.size) => raw.len() as u64,
        size => (raw.len() as u64 / u64::from(datatype.size)).saturating_mul(size),
    };
    let search = Search { widths: file.widths, limit, decoded, passed: 0, found: Vec::new() };
    let resolved = Resolved {
        heaps: Vec::new(),
        widths: file.widths,
        omitted: search.is_over(),
        longest_text: longest_text(file, limit),
    };
    Ok((resolved, search))
}

/// To how many bytes a value may decode.
fn limit(file: &File, heap: &GlobalHeap) -> u64 {
    heap.limit.min(file.source.budget().limit())
}

fn longest_text(file: &File, limit: u64) -> usize {
    let most = (file.source.budget().limit() / TEXT_SHARE).max(LEAST_TEXT);
    usize::try_from(limit.saturating_mul(TEXT_FACTOR).clamp(LEAST_TEXT, most)).unwrap_or(usize::MAX)
}

fn over_budget(_: OverBudget) -> Fault {
    Fault::Stop(Stop::Limit)
}

/// Notes why a heap object can't be had.
fn missing(file: &File, resolved: &Resolved, id: HeapId, notes: &mut Vec<Damage>) -> Result<(), Fault> {
    const SHORTER: &str = "an object is not as long as the value says that refers to it";
    let Some(collection) = resolved.collection(id.collection) else { return Ok(()) }; // noted when it was read
    let fault = match collection.length(id.index) {
        None => collection.missing(file),
        Some(_) => Fault::malformed(file.offset(id.collection), "global heap collection", SHORTER),
    };
    note(fault, notes)
}

fn note(fault: Fault, notes: &mut Vec<Damage>) -> Result<(), Fault> {
    match fault {
        Fault::Damage(damage) if !damage.is_cut() => {
            if notes.last() != Some(&*damage) {
                notes.push(*damage);
            }
            Ok(())
        }
        fault => Err(fault),
    }
}

/// Reads the collections that are not there yet, all at once.
async fn fetch(
    file: &File,
    heap: &GlobalHeap,
    wanted: Vec<Address>,
    resolved: &mut Resolved,
    notes: &mut Vec<Damage>,
) -> Result<(), Fault> {
    if let [address] = *wanted {
        return resolved.add(address, heap.collection(file, address).await, notes);
    }
    let (mut join, mut read) = (Join::new(file.source.budget()), Vec::new());
    for address in wanted {
        join.push(async move { (address, heap.collection(file, address).await) })?;
    }
    while let Some(one) = join.next().await {
        read.push(one);
    }
    read.sort_unstable_by_key(|(address, _)| *address); // they come as the bytes do
    read.into_iter().try_for_each(|(address, collection)| resolved.add(address, collection, notes))
}

/// What an element of this type takes without its parts in the heap.
fn own_size(datatype: &Datatype) -> u64 {
    let size = u64::from(datatype.size);
    let in_heap = |datatype: &Datatype| u64::from(datatype.size).saturating_sub(own_size(datatype));
    match &datatype.class {
        Class::Sequence(_) | Class::VlenString { .. } => 0,
        Class::Compound(members) => {
            size.saturating_sub(members.iter().map(|member| in_heap(&member.datatype)).fold(0, u64::saturating_add))
        }
        Class::Array { dims, base } => {
            let count = dims.iter().map(|dim| u64::from(*dim)).fold(1, u64::saturating_mul);
            size.saturating_sub(in_heap(base).saturating_mul(count))
        }
        _ => size,
    }
}

/// Goes through elements for what they have in the heap.
struct Search<'a> {
    widths: Widths,
    limit: u64,
    /// How many bytes the value decodes to, as far as is known. IDs of heap objects do not count, their content does.
    decoded: u64,
    /// Bytes of heap objects that have IDs in them themselves.
    passed: u64,
    found: Vec<Found<'a>>,
}

impl<'a> Search<'a> {
    fn is_over(&self) -> bool {
        self.decoded > self.limit || self.passed > self.limit.saturating_mul(PASSED_FACTOR)
    }

    fn elements(&mut self, datatype: &'a Datatype, raw: &[u8]) {
        for element in raw.chunks_exact(datatype.size as usize) {
            if self.is_over() {
                return;
            }
            self.element(datatype, element);
        }
    }

    fn element(&mut self, datatype: &'a Datatype, element: &[u8]) {
        match &datatype.class {
            Class::Sequence(base) | Class::VlenString { base, .. } => {
                let Some((count, id)) = sequence(element, self.widths) else { return };
                let length = u64::from(count) * u64::from(base.size);
                let items = base.is_in_heap().then_some(&**base);
                // The heap holds no longer objects.
                let decodes = if length > self.limit { u64::MAX } else { u64::from(count) * own_size(base) };
                self.decoded = self.decoded.saturating_add(decodes);
                self.passed = self.passed.saturating_add(if items.is_some() { length } else { 0 });
                self.found.push(Found { id, length, items });
            }
            Class::Reference(kind) => {
                if let Ok(Stored::Heap { id, length, .. }) = Stored::decode(*kind, element, self.widths) {
                    let length = u64::from(length);
                    self.decoded = self.decoded.saturating_add(length);
                    self.found.push(Found { id, length, items: None });
                }
            }
            Class::Compound(members) => {
                for member in members.iter().filter(|member| member.datatype.is_in_heap()) {
                    let at = member.offset as usize;
                    let part = at.checked_add(member.datatype.size as usize).and_then(|end| element.get(at..end));
                    self.elements(&member.datatype, part.unwrap_or(&[]));
                }
            }
            Class::Array { dims, base } => {
                let count = dims.iter().fold(1usize, |count, dim| count.saturating_mul(*dim as usize));
                let all = count.saturating_mul(base.size as usize);
                self.elements(base, element.get(..all).unwrap_or(&[]));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
