//! The FITS `headers` of the document: five lists that grow side by side, since HDUs of all kinds come in any order.

use std::fmt;
use std::io::{self, Write};

use super::wcs::Entry;
use crate::budget::Charge;
use crate::document::builder::{Output, Refused};
use crate::document::text::Text;

/// The keys of `headers`, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Primary,
    Image,
    Table,
    Other,
    Wcs,
}

impl Place {
    const ALL: [Place; 5] = [Place::Primary, Place::Image, Place::Table, Place::Other, Place::Wcs];

    fn key(self) -> &'static str {
        match self {
            Place::Primary => "primary_hdu",
            Place::Image => "image_hdu",
            Place::Table => "table_hdu",
            Place::Other => "other_hdu",
            Place::Wcs => "wcs_info",
        }
    }
}

/// JSON pointer of an entry, as text only where it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pointer {
    place: Place,
    entry: u64,
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Primary => write!(f, "/headers/{}", self.place.key()),
            place => write!(f, "/headers/{}/{}", place.key(), self.entry),
        }
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> String {
        pointer.to_string()
    }
}

/// Writes the headers of one file.
pub(crate) struct Model<'a> {
    pub(crate) out: &'a mut Output,
    lists: [List; 5],
}

/// The entries of one key, joined by commas.
struct List {
    text: Text,
    entries: u64,
}

impl<'a> Model<'a> {
    pub(crate) fn new(out: &'a mut Output) -> Self {
        let lists = Place::ALL.map(|_| List { text: Text::new(out.budget()), entries: 0 });
        Model { out, lists }
    }

    /// JSON pointer of the entry that comes next at this place.
    pub(crate) fn pointer(&self, place: Place) -> Pointer {
        Pointer { place, entry: self.lists[place as usize].entries }
    }

    /// Writes one HDU, member by member. Refused: nothing of it was written, but for the records that were sent.
    pub(crate) fn hdu(
        &mut self,
        place: Place,
        members: impl FnOnce(&mut Members<'_>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let pointer = self.pointer(place);
        let list = &mut self.lists[place as usize];
        let before = list.text.end();
        let mut into =
            Members { out: self.out, text: &mut list.text, pointer, open: if list.entries > 0 { ",{" } else { "{" } };
        let written = members(&mut into).and_then(|()| into.close());
        match written {
            Ok(()) => list.entries += 1,
            Err(_) => list.text.truncate(before),
        }
        written
    }

    /// Writes one entry of `wcs_info`.
    pub(crate) fn wcs(&mut self, entry: Entry<'_>) -> Result<(), Refused> {
        let pointer = self.pointer(Place::Wcs);
        let list = &mut self.lists[Place::Wcs as usize];
        list.entries += 1;
        if self.out.sends_records() {
            let mut text = Text::new(self.out.budget());
            entry(&mut text)?;
            let _line = Charge::new(self.out.budget(), text.len()).map_err(|_| Refused)?;
            return send(self.out, &pointer.to_string(), ["", ""], &text);
        }
        let before = list.text.end();
        let comma: &[u8] = if list.entries > 1 { b"," } else { b"" };
        let written = list.text.write_all(comma).and_then(|()| entry(&mut list.text));
        if written.is_err() {
            list.entries -= 1;
            list.text.truncate(before);
        }
        Ok(written?)
    }

    /// Joins the lists.
    pub(crate) fn close(&mut self) -> Result<(), Refused> {
        if self.out.sends_records() {
            for place in Place::ALL {
                if self.lists[place as usize].entries == 0 && place != Place::Primary {
                    self.out.record(&format!("/headers/{}", place.key()), |line| line.write_all(b"[]"))?;
                }
            }
            return Ok(());
        }
        let mut open = "{";
        let mut closed = Ok(());
        for place in Place::ALL {
            let list = &mut self.lists[place as usize];
            if list.entries == 0 && place == Place::Primary {
                continue;
            }
            let (left, right) = if place == Place::Primary { ("", "") } else { ("[", "]") };
            let key = format!("{}\"{}\":{left}", std::mem::replace(&mut open, ","), place.key());
            let empty = Text::new(self.out.budget());
            let text = std::mem::replace(&mut list.text, empty);
            closed = self.out.close_with(key.as_bytes()).and(closed);
            let end = self.out.headers.end();
            closed = self.out.headers.insert(end, text).map_err(Refused::from).and(closed);
            closed = self.out.close_with(right.as_bytes()).and(closed);
        }
        self.out.close_with(if open == "{" { b"{}" } else { b"}" }).and(closed)
    }
}

/// Sends what may be long as a record; the caller has charged the line.
fn send(out: &mut Output, pointer: &str, [left, right]: [&str; 2], text: &Text) -> Result<(), Refused> {
    let length = left.len() + text.len() + right.len();
    out.record(pointer, |line| {
        line.reserve_exact(length + 1);
        line.write_all(left.as_bytes())?;
        text.pieces().try_for_each(|piece| line.write_all(piece))?;
        line.write_all(right.as_bytes())
    })
}

/// The members of one HDU.
pub(crate) struct Members<'m> {
    out: &'m mut Output,
    text: &'m mut Text,
    pointer: Pointer,
    open: &'static str,
}

impl Members<'_> {
    /// Writes a member. As a record it is one of its own.
    pub(crate) fn put(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Refused> {
        if self.out.sends_records() {
            return self.out.record(&format!("{}/{name}", self.pointer), |line| value(line));
        }
        self.key(name)?;
        Ok(value(self.text)?)
    }

    /// Writes the cards, which are joined by commas already.
    pub(crate) fn cards(&mut self, cards: Text) -> Result<(), Refused> {
        if self.out.sends_records() {
            return send(self.out, &format!("{}/cards", self.pointer), ["[", "]"], &cards);
        }
        self.key("cards")?;
        self.text.write_all(b"[")?;
        self.text.append(cards)?;
        Ok(self.text.write_all(b"]")?)
    }

    fn key(&mut self, name: &str) -> io::Result<()> {
        for part in [std::mem::replace(&mut self.open, ","), "\"", name, "\":"] {
            self.text.write_all(part.as_bytes())?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refused> {
        if self.out.sends_records() { Ok(()) } else { Ok(self.text.write_all(b"}")?) }
    }
}
