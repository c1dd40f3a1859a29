//! The members of a group, in whichever form they are stored.

use super::dense::{Body, Dense, DenseMessage, Of};
use super::fault::{Damage, Fault, note};
use super::file::File;
use super::link::{Link, LinkInfo};
use super::message::Kind;
use super::object_header::ObjectHeader;
use super::symbol_table::SymbolTable;
use crate::budget::{Budget, SteppedCharge};
use crate::engine::window::Stop;

/// The longest link: an external one, with a file name and a path of 64 KiB, and a name.
const LONGEST_LINK: u64 = 256 << 10;

/// The links of one group, and what could not be read of them: all charged, since a name of 64 KiB may stand in every entry.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) links: Vec<Link>,
    pub(super) damages: Vec<Damage>,
    pub(super) charge: SteppedCharge,
}

impl Listing {
    fn new(budget: &Budget) -> Result<Self, Fault> {
        let charge = SteppedCharge::new(budget).map_err(|_| Stop::Limit)?;
        Ok(Listing { links: Vec::new(), damages: Vec::new(), charge })
    }

    /// What could be read; what could not is noted, and the reading goes on beside it.
    pub(super) fn pass<T>(&mut self, read: Result<T, Fault>) -> Result<Option<T>, Fault> {
        let passed = note(read, &mut self.damages)?;
        if let (None, Some(damage)) = (&passed, self.damages.last()) {
            self.charge.grow_by(2 * size_of::<Damage>() + damage.message.len()).map_err(|_| Stop::Limit)?;
        }
        Ok(passed)
    }

    /// Takes a link that could be read.
    pub(super) fn take(&mut self, link: Result<Link, Fault>) -> Result<(), Fault> {
        if let Some(link) = self.pass(link)? {
            let (count, full) = (self.links.len().max(1), self.links.len() == self.links.capacity());
            let room = if full { count * size_of::<Link>() } else { 0 };
            self.charge.grow_by(room + link.held()).map_err(|_| Stop::Limit)?;
            if full {
                self.links.reserve_exact(count);
            }
            self.links.push(link);
        }
        Ok(())
    }

    /// Notes a damage; a stop is passed on.
    pub(super) fn damage(&mut self, fault: Fault) -> Result<(), Fault> {
        self.pass::<()>(Err(fault)).map(|_| ())
    }
}

/// Lists the members of the group that a header describes.
pub(super) async fn list(file: &File, header: &ObjectHeader) -> Result<Listing, Fault> {
    let mut listing = Listing::new(file.source.budget())?;
    for message in &header.messages {
        let (body, offset) = (header.body(message), header.offset(message));
        match message.kind {
            Kind::Link => {
                let link = file.decode(body, offset, "link message", Link::decode);
                listing.take(link)?;
            }
            Kind::SymbolTable => {
                let table = file.decode(body, offset, "symbol table message", SymbolTable::decode);
                if let Some(table) = listing.pass(table)? {
                    let read = table.links(file, &mut listing).await;
                    listing.pass(read)?;
                }
            }
            Kind::LinkInfo => {
                let info = file.decode(body, offset, "link info message", LinkInfo::decode);
                let Some(info) = listing.pass(info)? else { continue };
                let dense = Dense::read(file, Of::Links, info.heap, info.name_index, LONGEST_LINK);
                let dense = file.source.boxed(dense)?.await;
                if let Some(dense) = listing.pass(dense)? {
                    for damage in dense.damages() {
                        listing.damage(Fault::Damage(Box::new(damage.clone())))?;
                    }
                    for message in dense.messages(file) {
                        listing.take(message.and_then(|message| dense_link(file, message)))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(listing)
}

/// What a link message that stands in a fractal heap tells.
fn dense_link(file: &File, message: DenseMessage) -> Result<Link, Fault> {
    match message.body {
        Body::Here { bytes, .. } => file.decode(&bytes, bytes.offset, "link message", Link::decode),
        Body::Shared(_) => Err(Fault::malformed(file.base, "link message", "it is shared, and can't be")),
    }
}
