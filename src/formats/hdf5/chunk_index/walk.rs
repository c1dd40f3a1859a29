//! The walk through an index: many reads in one round, each structure once, and what is found.

use std::collections::HashSet;
use std::future::Future;

use super::super::fault::{Damage, Fault};
use super::super::fields::Address;
use super::super::file::{Bytes, File};
use super::WHAT;
use super::list::{Chunk, List};
use super::manifest::{Chunks, Manifest};
use crate::budget::Charge;
use crate::engine::join::Join;
use crate::engine::window::Stop;

/// How many reads run at once.
const AT_ONCE: u64 = 16 << 10;
/// How many damages are kept: as many as a document shows.
const MOST_DAMAGES: usize = 1000;
/// What a damage and the address of a structure take.
const DAMAGE_COST: usize = 160;
const ADDRESS_COST: usize = 48;

/// What has been found so far.
pub(super) struct Walk<'a> {
    pub(super) file: &'a File,
    /// Absolute; where the index begins.
    offset: u64,
    pub(super) chunks: Chunks,
    damages: Vec<Damage>,
    seen: HashSet<Address>,
    /// Bytes of all structures.
    bytes: u64,
    overlap: bool,
    charge: Charge,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a File, rank: usize, offset: u64) -> Result<Self, Stop> {
        let budget = file.source.budget();
        let chunks = Chunks::Listed(List::new(budget, rank).map_err(|_| Stop::Limit)?);
        let charge = Charge::new(budget, 0).map_err(|_| Stop::Limit)?;
        Ok(Walk { file, offset, chunks, damages: Vec::new(), seen: HashSet::new(), bytes: 0, overlap: false, charge })
    }

    /// What was read, or `None` and it is a damage.
    pub(super) fn pass<T>(&mut self, read: Result<T, Fault>) -> Result<Option<T>, Stop> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Fault::Stop(stop)) => Err(stop),
            Err(Fault::Damage(damage)) => {
                self.damages.push(*damage);
                if self.damages.len() == 2 * MOST_DAMAGES {
                    self.sort_damages();
                    self.damages.truncate(MOST_DAMAGES);
                }
                self.hold()?;
                Ok(None)
            }
        }
    }

    /// By place, not by the order in which the pieces of the file came.
    fn sort_damages(&mut self) {
        self.damages.sort_by(|one, other| (one.offset, &one.message).cmp(&(other.offset, &other.message)));
    }

    fn hold(&mut self) -> Result<(), Stop> {
        let held = self.damages.len() * DAMAGE_COST + self.seen.len() * ADDRESS_COST;
        self.charge.grow_to(held).map_err(|_| Stop::Limit)
    }

    /// Notes that something leads to a structure at this address, or why it may not.
    pub(super) fn enter(&mut self, address: Address, what: &str) -> Result<(), Fault> {
        if !self.seen.insert(address) {
            return Err(Fault::malformed(self.file.offset(address), what, "it stands twice in its index"));
        }
        Ok(self.hold()?)
    }

    /// Counts the bytes of a structure. Structures don't overlap, so that together they are no longer than the file; an index
    /// where they are was made to keep a reader busy, and nothing of it is used.
    pub(super) fn count(&mut self, bytes: &Bytes) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.overlap |= self.file.source.eof().is_some_and(|eof| self.bytes > eof);
    }

    /// Adds a chunk that stands at a place.
    pub(super) fn chunk(&mut self, place: &[u64], address: Address, size: u64, mask: u32) -> Result<(), Fault> {
        let offset = self.file.offset(address);
        match &mut self.chunks {
            Chunks::Listed(list) => Ok(list.push(place, Chunk { offset, size, mask }).map_err(|_| Stop::Limit)?),
            Chunks::Implicit(_) => Ok(()),
        }
    }

    /// Runs reads of about `length` bytes beside each other and hands out what each gives, in any order. What `take` finds wrong
    /// is a damage beside the others.
    pub(super) async fn all<F, T>(
        &mut self,
        length: u64,
        reads: impl IntoIterator<Item = F>,
        mut take: impl FnMut(&mut Self, T) -> Result<(), Fault>,
    ) -> Result<(), Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let at_once = (self.file.source.budget().limit() / 8 / length.max(1)).clamp(1, AT_ONCE);
        let mut reads = reads.into_iter().fuse();
        let mut join = Join::new(self.file.source.budget());
        for read in reads.by_ref().take(at_once as usize) {
            join.push(read)?;
        }
        while let Some(read) = join.next().await {
            if let Some(read) = self.pass(read)? {
                let taken = take(self, read);
                self.pass(taken)?;
            }
            if self.overlap {
                return Err(Fault::malformed(self.offset, WHAT, "its parts overlap"));
            }
            if let Some(read) = reads.next() {
                join.push(read)?;
            }
        }
        Ok(())
    }

    pub(super) fn into_manifest(mut self) -> Manifest {
        self.sort_damages();
        self.damages.dedup();
        self.damages.truncate(MOST_DAMAGES);
        if let Chunks::Listed(list) = &mut self.chunks {
            list.sort();
        }
        Manifest { damages: self.damages, chunks: self.chunks }
    }
}
