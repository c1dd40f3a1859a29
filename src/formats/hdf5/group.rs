//! The members of a group, in whichever form they are stored.

use super::context::Context;
use super::fault::{Damage, Fault, note};
use super::fields::Fields;
use super::file::File;
use super::link::{Link, LinkInfo};
use super::message::Kind;
use super::object_header::ObjectHeader;
use super::symbol_table::SymbolTable;

/// The links of one group, and what could not be read of them.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) links: Vec<Link>,
    pub(super) damages: Vec<Damage>,
}

impl Listing {
    /// What could be read; what could not is noted, and the reading goes on beside it.
    pub(super) fn pass<T>(&mut self, read: Result<T, Fault>) -> Result<Option<T>, Fault> {
        note(read, &mut self.damages)
    }

    /// Notes a damage; a stop is passed on.
    pub(super) fn damage(&mut self, fault: Fault) -> Result<(), Fault> {
        self.pass::<()>(Err(fault)).map(|_| ())
    }
}

/// Lists the members of the group that a header describes.
pub(super) async fn list(cx: &Context<'_>, header: &ObjectHeader) -> Result<Listing, Fault> {
    let file = &cx.file;
    let mut listing = Listing::default();
    for message in &header.messages {
        let (body, offset) = (header.body(message), header.offset(message));
        match message.kind {
            Kind::Link => {
                let link = file.decode(body, offset, "link message", Link::decode);
                let link = listing.pass(link)?;
                listing.links.extend(link);
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
                if let Some(LinkInfo { heap: Some(heap), name_index: Some(index) }) = listing.pass(info)? {
                    let _ = (heap, index); // dense links
                }
            }
            _ => {}
        }
    }
    Ok(listing)
}

/// What a link message that stands in a fractal heap tells.
pub(super) fn dense_link(file: &File, bytes: &[u8], offset: u64) -> Result<Link, Fault> {
    file.decode(bytes, offset, "link message", |fields: &mut Fields<'_>| Link::decode(fields))
}
