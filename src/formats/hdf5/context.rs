//! What the reading of every object shares: the file, its heaps, its shared messages, the options.

use super::attributes::BESIDE_VALUE;
use super::fault::Fault;
use super::fields::Fields;
use super::file::{Bytes, File};
use super::fractal_heap::Object;
use super::global_heap::GlobalHeap;
use super::known_attributes::KnownAttributes;
use super::known_types::KnownTypes;
use super::message::Kind;
use super::object_header::{Message, ObjectHeader};
use super::shared::Shared;
use super::shared_messages::SharedMessages;
use crate::options::Options;

#[derive(Debug)]
pub(in crate::formats) struct Context<'a> {
    pub(super) file: File,
    pub(super) heap: GlobalHeap,
    pub(super) types: KnownTypes,
    pub(super) attributes: KnownAttributes,
    pub(super) shared: Option<SharedMessages>,
    pub(super) options: &'a Options,
    /// K of the B-trees of version 1 that index chunks.
    pub(super) chunk_tree_k: u16,
}

impl Context<'_> {
    /// The body of a message, from wherever it stands.
    pub(super) async fn body(&self, header: &ObjectHeader, message: &Message) -> Result<Bytes, Fault> {
        match message.is_shared() {
            false => Ok(header.bytes(message)),
            true => self.shared_body(message.kind, &header.bytes(message)).await,
        }
    }

    /// The body that a shared message stands for (IV.A.2, "shared message").
    pub(super) async fn shared_body(&self, kind: Kind, pointer: &Bytes) -> Result<Bytes, Fault> {
        self.shared_object(kind, pointer).await.map(|object| object.bytes)
    }

    /// The same, where only the beginning of a long one may be at hand.
    pub(super) async fn shared_object(&self, kind: Kind, pointer: &Bytes) -> Result<Object, Fault> {
        const WHAT: &str = "shared message";
        let shared =
            self.file.decode(pointer, pointer.offset, WHAT, |fields: &mut Fields<'_>| Shared::decode(fields))?;
        match shared {
            Shared::Committed(address) => {
                let header = self.file.source.boxed(ObjectHeader::read(&self.file, address))?.await?;
                match header.first(kind) {
                    Some(message) if !message.is_shared() => Ok(Object::whole(header.bytes(message))),
                    _ => Err(Fault::malformed(pointer.offset, WHAT, "the object that it names has no such message")),
                }
            }
            Shared::Heap(id) => self.shared_message(kind, id).await,
        }
    }

    /// A message in the heap of shared messages.
    pub(super) async fn shared_message(&self, kind: Kind, id: [u8; 8]) -> Result<Object, Fault> {
        match &self.shared {
            Some(shared) => {
                let most = self.options.max_value_bytes.saturating_add(BESIDE_VALUE);
                let message = shared.message(&self.file, kind.number(), id, most);
                self.file.source.boxed(message)?.await
            }
            None => {
                let why = "the file has no table of shared messages";
                Err(Fault::malformed(self.file.base, "shared message", why))
            }
        }
    }
}
