//! Datasets that come again: most files have thousands that differ only in name, attributes and where their elements are.
//! What is written of the first stands for all of them.

use std::io;
use std::ops::Range;

use super::dataset::{Dataset, Place};
use super::fields::{Address, Fields};
use super::file::File;
use super::fragment::FragmentWriter;
use super::layout::{self, Index};
use super::message::Kind;
use super::object_header::{Message, ObjectHeader};
use crate::budget::{Budget, Charge, OverBudget};
use crate::document::json;

/// How many are kept, and how much is kept of each at most.
const MOST: usize = 8;
const LONGEST: usize = 4 << 10;
/// Fill values up to this length are written in full under any limit.
const SHORT: usize = 16;
/// The kinds of messages that describe a dataset, but for its attributes.
const DESCRIBING: u32 = Kind::Dataspace.bit()
    | Kind::Datatype.bit()
    | Kind::FillValue.bit()
    | Kind::FillValueOld.bit()
    | Kind::FilterPipeline.bit()
    | Kind::DataLayout.bit()
    | Kind::ExternalFiles.bit();

/// The datasets that were written last.
#[derive(Debug)]
pub(super) struct KnownDatasets {
    known: Vec<Known>,
    /// The place of the one that was met last.
    last: usize,
    /// The place of the oldest.
    oldest: usize,
    budget: Budget,
}

/// What datasets have in common.
#[derive(Debug)]
pub(super) struct Known {
    messages: Vec<(Kind, Box<[u8]>)>,
    /// Where the address stands in the layout message.
    address: Range<usize>,
    /// What is written of it.
    members: Box<[u8]>,
    array: Box<[u8]>,
    extent: Option<Extent>,
    _charge: Charge,
}

/// Elements in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extent {
    size: u64,
    /// Where their offset belongs in the text of the array entry.
    at: usize,
}

impl KnownDatasets {
    pub(super) fn new(budget: &Budget) -> Self {
        KnownDatasets { known: Vec::new(), last: 0, oldest: 0, budget: budget.clone() }
    }

    /// The one that a whole header describes, and the address of its elements.
    pub(super) fn find(&mut self, file: &File, header: &ObjectHeader) -> Option<(&Known, Option<Address>)> {
        let found = match self.known.get(self.last) {
            Some(last) if last.describes(header) => self.last,
            _ => self.known.iter().position(|known| known.describes(header))?,
        };
        self.last = found;
        let known = self.known.get(found)?;
        let layout = header.body(header.first(Kind::DataLayout)?);
        let address = Fields::new(layout.get(known.address.clone())?, file.widths).address().ok()?;
        // Where no elements were ever written the text is another one.
        (known.extent.is_none() || address.is_some()).then_some((known, address))
    }

    /// Takes what has been written of a dataset of which nothing is damaged, if it holds for others like it.
    pub(super) fn learn(&mut self, file: &File, header: &ObjectHeader, dataset: &Dataset, written: &FragmentWriter) {
        let Some(known) = Known::of(file, header, dataset, written, &self.budget) else { return };
        match self.known.get_mut(self.oldest) {
            Some(oldest) => *oldest = known,
            None => self.known.push(known),
        }
        self.oldest = (self.oldest + 1) % MOST;
    }
}

impl Known {
    fn of(
        file: &File,
        header: &ObjectHeader,
        dataset: &Dataset,
        written: &FragmentWriter,
        budget: &Budget,
    ) -> Option<Known> {
        let of = dataset.datatype.as_ref()?;
        let fill_value = dataset.fill_value.as_ref()?.as_ref();
        let is_alike = fill_value.is_none_or(|value| value.raw().len() <= SHORT && !of.datatype.is_in_heap());
        let (members, array) = (written.members(), written.array());
        let extent = match dataset.layout.as_ref()? {
            Place::Contiguous { offset: Some(offset), size } if *size > 0 => {
                let behind = format!("{offset},{size}]]");
                let at = array.strip_suffix(behind.as_bytes())?.len();
                Some((Extent { size: *size, at }, at..array.len() - (behind.len() - behind.find(',')?)))
            }
            Place::Chunked(chunked) if !matches!(chunked.index, Index::Single(Some(_))) => None,
            _ => return None,
        };
        let is_here = describing(header).all(|message| !message.is_shared());
        let bodies = || describing(header).map(|message| (message.kind, header.body(message)));
        let length = bodies().map(|(_, body)| body.len()).sum::<usize>() + members.len() + array.len();
        if !is_alike || !is_here || length > LONGEST {
            return None;
        }
        let address = layout::address_in(header.body(header.first(Kind::DataLayout)?), file.widths)?;
        let (extent, offset) = extent.map_or((None, 0..0), |(extent, offset)| (Some(extent), offset));
        Some(Known {
            messages: bodies().map(|(kind, body)| (kind, body.into())).collect(),
            address,
            members: members.into(),
            array: [array.get(..offset.start)?, array.get(offset.end..)?].concat().into(),
            extent,
            _charge: Charge::new(budget, length + size_of::<Known>()).ok()?,
        })
    }

    /// True if a header has the same messages, but for the address of the elements.
    fn describes(&self, header: &ObjectHeader) -> bool {
        let mut known = self.messages.iter();
        let same = describing(header).all(|message| {
            let Some((kind, known)) = known.next() else { return false };
            let body = header.body(message);
            let is_same = match kind {
                Kind::DataLayout if body.len() == known.len() => {
                    let Range { start, end } = self.address;
                    body.get(..start) == known.get(..start) && body.get(end..) == known.get(end..)
                }
                _ => *body == **known,
            };
            is_same && *kind == message.kind && !message.is_shared()
        });
        same && known.next().is_none()
    }

    /// Writes a dataset but for its attributes.
    pub(super) fn write(&self, out: &mut FragmentWriter, offset: u64) -> Result<(), OverBudget> {
        out.begin();
        out.text.extend_from_slice(&self.members);
        out.end_members();
        let (before, behind) = self.array.split_at(self.extent.map_or(0, |extent| extent.at).min(self.array.len()));
        out.text.extend_from_slice(before);
        if self.extent.is_some() {
            let _: io::Result<()> = json::integer(&mut out.text, offset); // into memory: it can't fail
        }
        out.text.extend_from_slice(behind);
        out.end_array()
    }

    /// How many bytes its elements take that stand in one piece; `None`: they do not.
    pub(super) fn extent(&self) -> Option<u64> {
        self.extent.map(|extent| extent.size)
    }
}

fn describing(header: &ObjectHeader) -> impl Iterator<Item = &Message> {
    header.messages.iter().filter(|message| message.kind.bit() & DESCRIBING != 0)
}
