//! The document that an extraction returns: JSON text in fragments, in order, and typed getters that read the text.

pub(crate) mod builder;
pub(crate) mod home;
pub(crate) mod json;
pub(crate) mod pointer;
mod reader;
pub(crate) mod text;
pub(crate) mod warnings;

use std::io;
use std::sync::Arc;

use crate::error::Result;
use crate::options::Format;
use crate::status::Status;
use home::Home;
use text::Text;

/// The kind of a value in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, integer or not.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One extraction's result: immutable, and independent of its extractor.
///
/// Canonical form is JSON (UTF-8), kept in pieces. Pointers are RFC 6901, `""` is the whole document.
#[derive(Debug)]
pub struct Document {
    status: Status,
    format: Option<Format>,
    text: Arc<Text>,
    cdl: Option<Arc<Text>>,
    /// Who frees it, where that is a thread of a batch.
    home: Option<Arc<Home>>,
}

impl Document {
    pub(crate) fn new(status: Status, format: Option<Format>, text: Arc<Text>, cdl: Option<Arc<Text>>) -> Self {
        Document { status, format, text, cdl, home: None }
    }

    /// The same document, which that thread frees.
    pub(crate) fn of(mut self, home: Option<Arc<Home>>) -> Self {
        self.home = home;
        self
    }

    /// [`Status::Done`], or [`Status::Partial`] where the document lacks something; its warnings say what.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The format of the file.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Length of the JSON text in bytes.
    #[allow(clippy::len_without_is_empty)] // a document is never empty
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The JSON text in pieces, without a copy. A piece may end inside a character.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.text.pieces()
    }

    /// Writes the JSON text, piece by piece.
    pub fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        self.pieces().try_for_each(|piece| out.write_all(piece))
    }

    /// The file as CDL in pieces, where [`crate::Options::cdl`] asked for it. Where the document is partial this is too.
    pub fn cdl(&self) -> Option<impl Iterator<Item = &[u8]>> {
        self.cdl.as_deref().map(Text::pieces)
    }

    /// The JSON text in one piece: a copy.
    pub fn to_json(&self) -> String {
        let mut all = Vec::with_capacity(self.len());
        self.pieces().for_each(|piece| all.extend_from_slice(piece));
        String::from_utf8_lossy(&all).into_owned()
    }

    /// The kind of the value at `pointer`, and its number of members (0 for scalars).
    pub fn kind(&self, pointer: &str) -> Result<(Kind, usize)> {
        pointer::kind(&self.text, pointer)
    }

    /// The key of member `index` of the object at `pointer`.
    pub fn key_at(&self, pointer: &str, index: usize) -> Result<String> {
        pointer::key_at(&self.text, pointer, index)
    }

    /// The string at `pointer`, unescaped.
    pub fn get_str(&self, pointer: &str) -> Result<String> {
        pointer::get_str(&self.text, pointer)
    }

    /// The integer at `pointer`.
    pub fn get_i64(&self, pointer: &str) -> Result<i64> {
        pointer::get_i64(&self.text, pointer)
    }

    /// The integer at `pointer`.
    pub fn get_u64(&self, pointer: &str) -> Result<u64> {
        pointer::get_u64(&self.text, pointer)
    }

    /// The number at `pointer`; `"NaN"`, `"Infinity"` and `"-Infinity"` are numbers too.
    pub fn get_f64(&self, pointer: &str) -> Result<f64> {
        pointer::get_f64(&self.text, pointer)
    }

    /// The boolean at `pointer`.
    pub fn get_bool(&self, pointer: &str) -> Result<bool> {
        pointer::get_bool(&self.text, pointer)
    }

    /// The JSON text of the value at `pointer`.
    pub fn get_json(&self, pointer: &str) -> Result<String> {
        pointer::get_json(&self.text, pointer)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.keep(&self.text);
            self.cdl.iter().for_each(|cdl| home.keep(cdl));
        }
    }
}
