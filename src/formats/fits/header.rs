//! A header: cards in blocks of 2880 bytes, up to END (FITS standard 4.0, section 3.3.1 and 4.1).
//!
//! [`Header`] takes card images one by one, writes each as JSON, and keeps the values that the structure of the HDU may
//! depend on.

use std::collections::btree_map::Entry;
use std::io::{self, Write};

use super::card::{self, CARD, Card, KEYWORD, Value};
use super::keywords::{Keywords, Name};
use super::model::Pointer;
use crate::budget::{Budget, Charge};
use crate::document::builder::{Output, Refused};
use crate::document::json;
use crate::document::text::Text;
use crate::document::warnings::Code;

/// Everything in a FITS file is padded to this.
pub(crate) const BLOCK: usize = 2880;
/// So many cards in succession whose keywords are no text: this is no header any more.
const MOST_BAD: u32 = 8;
/// What a kept keyword takes beside its text: its place in a node of the map that is half full.
const KEPT: usize = 136;
/// What is held is charged in steps of this: to charge takes longer than to keep a keyword.
const STEP: usize = 1024;
/// Strings up to this length are kept for the structure, whatever the options say about showing them.
const STRUCTURAL: u64 = 4096;

/// What a card image did to its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// More cards follow.
    Next,
    /// It was END.
    End,
    /// These bytes are no cards any more.
    Unreadable,
}

/// A header that is being read.
pub(crate) struct Header {
    /// Where it begins.
    pub(crate) offset: u64,
    /// JSON pointer of its HDU, for warnings.
    pub(crate) path: Pointer,
    pub(crate) keywords: Keywords,
    /// The cards as a JSON array, still open.
    pub(crate) cards: Text,
    /// One card, before it goes to `cards` in one piece.
    line: Vec<u8>,
    /// Cards written.
    written: u64,
    pending: Option<Pending>,
    bad: u32,
    max_value: u64,
    budget: Budget,
    /// For all of what follows.
    charge: Charge,
    /// The keywords.
    kept: usize,
    /// The longest value that was joined.
    joined: usize,
    /// The line that the cards are sent in, where records are sent.
    record: usize,
}

/// A card that may go on in the next one.
struct Pending {
    card: Card<'static>,
    offset: u64,
    images: u64,
    /// Too long to be kept.
    long: bool,
}

impl Header {
    pub(crate) fn new(out: &Output, offset: u64, path: Pointer, max_value: u64) -> Result<Self, Refused> {
        Ok(Header {
            offset,
            path,
            keywords: Keywords::default(),
            cards: Text::new(out.budget()),
            line: Vec::with_capacity(2 * CARD),
            written: 0,
            pending: None,
            bad: 0,
            max_value,
            budget: out.budget().clone(),
            charge: Charge::new(out.budget(), 0).map_err(|_| Refused)?,
            kept: 0,
            joined: 0,
            record: 0,
        })
    }

    /// Takes the card image at `offset`.
    pub(crate) fn take(&mut self, image: &[u8], offset: u64, out: &mut Output) -> Result<Step, Refused> {
        if let Some(pending) = &mut self.pending {
            if pending.card.join(image) {
                pending.images += 1;
                let limit = self.max_value.max(STRUCTURAL);
                let long = |text: &str| text.len() as u64 > limit;
                if pending.card.value.as_text().is_some_and(long) || long(&pending.card.comment) {
                    pending.long = true;
                    pending.card.forget();
                }
                let held = pending.card.value.as_text().map_or(0, str::len) + pending.card.comment.len();
                // strings grow by doubling
                self.joined = self.joined.max(2 * held);
                self.charge()?;
                return Ok(Step::Next);
            }
            self.flush(out)?;
        }
        let keyword = image.get(..KEYWORD).unwrap_or(image);
        // some writers pad with NULs
        if keyword.starts_with(b"END") && !keyword[3..].iter().any(u8::is_ascii_graphic) {
            if !card::is_blank(&image[3..]) {
                out.warn(Code::BadCard, offset, self.path, "the END card is not blank behind its keyword");
            }
            return Ok(Step::End);
        }
        self.bad = if card::is_printable(keyword) { 0 } else { self.bad + 1 };
        let card = Card::parse(image);
        if card.commentary && card.keyword == "CONTINUE" {
            let path = self.card_path();
            out.warn(Code::ContinueOrphan, offset, path, "the CONTINUE card continues nothing; it is commentary");
        }
        if card.open {
            self.pending = Some(Pending { card: card.into_owned(), offset, images: 1, long: false });
        } else {
            self.put(card, offset, 1, false, out)?;
        }
        Ok(if self.bad >= MOST_BAD { Step::Unreadable } else { Step::Next })
    }

    /// JSON pointer of the card that is written next.
    fn card_path(&self) -> String {
        format!("{}/cards/{}", self.path, self.written)
    }

    /// Writes the pending card: nothing continues it.
    pub(crate) fn flush(&mut self, out: &mut Output) -> Result<(), Refused> {
        let Some(Pending { mut card, offset, images, long }) = self.pending.take() else { return Ok(()) };
        if long {
            card.forget(); // what is left are the last pieces, which are neither the value nor the comment
        }
        self.put(card, offset, images, long, out)
    }

    /// Writes a card of so many images. `long`: its value is not known.
    fn put(&mut self, card: Card<'_>, offset: u64, images: u64, long: bool, out: &mut Output) -> Result<(), Refused> {
        let length = images * CARD as u64;
        for (code, message) in &card.odd {
            let path = self.card_path();
            out.warn(*code, offset, path, *message);
        }
        let Header { line, cards, max_value, written, .. } = self;
        line.clear();
        write(line, *written == 0, &card, |value| match value {
            Value::Text(text) | Value::Raw(text) if long || text.len() as u64 > *max_value => Some((offset, length)),
            _ => None,
        })?;
        let before = cards.end();
        let mut shown = cards.write_all(line).map_err(Refused::from);
        if out.sends_records() {
            self.record = self.cards.held();
            shown = shown.and_then(|()| self.charge());
        }
        if shown.is_err() {
            self.cards.truncate(before);
            return shown;
        }
        if !card.commentary {
            self.keep(card, long, offset, out)?;
        }
        self.written += 1;
        Ok(())
    }

    fn keep(&mut self, card: Card<'_>, long: bool, offset: u64, out: &mut Output) -> Result<(), Refused> {
        let size = KEPT + card.kept();
        // It is charged before it is known whether it stands there already: at worst one keyword too much.
        self.kept += size;
        self.charge()?;
        match self.keywords.entry(Name::of(&card.keyword)) {
            Entry::Vacant(entry) => {
                let value = if long { Value::Undefined } else { card.value.into_owned() };
                entry.insert((self.written, value));
            }
            Entry::Occupied(_) => {
                self.kept -= size;
                let path = self.card_path();
                out.warn(
                    Code::DuplicateKeyword,
                    offset,
                    path,
                    "the keyword stands twice in this header; the first counts",
                );
            }
        }
        Ok(())
    }

    /// Charges what is held beside the cards.
    fn charge(&mut self) -> Result<(), Refused> {
        let held = self.kept + self.joined + self.record;
        self.charge.grow_to(held.next_multiple_of(STEP)).map_err(|_| Refused)
    }

    /// True if there is a card to show.
    pub(crate) fn has_cards(&self) -> bool {
        self.written > 0
    }

    /// The cards, without those that something missing could change. The keywords stay.
    pub(crate) fn take_cards(&mut self) -> Text {
        self.written = 0;
        let empty = Text::new(&self.budget);
        std::mem::replace(&mut self.cards, empty)
    }
}

/// Writes one card as `[keyword, value, comment]`.
fn write(
    out: &mut Vec<u8>,
    first: bool,
    card: &Card,
    omitted: impl Fn(&Value) -> Option<(u64, u64)>,
) -> io::Result<()> {
    out.write_all(if first { b"[" } else { b",[" })?;
    json::string(out, &card.keyword)?;
    out.write_all(b",")?;
    match omitted(&card.value) {
        Some((offset, length)) => write!(out, "{{\"omitted\":{{\"offset\":{offset},\"length\":{length}}}}}")?,
        None => card.value.write(out)?,
    }
    out.write_all(b",")?;
    match &*card.comment {
        "" => out.write_all(b"null")?,
        comment => json::string(out, comment)?,
    }
    out.write_all(b"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::fits::model::{Model, Place};

    fn header(out: &mut Output, max_value: u64) -> Header {
        let pointer = Model::new(out).pointer(Place::Primary);
        Header::new(out, 0, pointer, max_value).expect("room")
    }

    fn read(images: &[&str], max_value: u64) -> (String, Vec<Step>, Output) {
        let mut out = Output::new(&Budget::new(1 << 20), None);
        let mut header = header(&mut out, max_value);
        let mut steps = Vec::new();
        for (index, image) in images.iter().enumerate() {
            let image = format!("{image:<80}");
            steps.push(header.take(image.as_bytes(), index as u64 * 80, &mut out).expect("room"));
        }
        let cards = header.take_cards();
        (String::from_utf8(cards.pieces().flatten().copied().collect()).expect("UTF-8"), steps, out)
    }

    #[test]
    fn an_open_string_waits_for_what_continues_it() {
        let (cards, ..) = read(&["A       = 'x&'", "CONTINUE  'y&'"], 100);
        assert_eq!(cards, "");
        let (cards, ..) = read(&["A       = 'x&'", "CONTINUE  'y'", "B       = 1"], 100);
        assert_eq!(cards, r#"["A","xy",null],["B",1,null]"#);
        let (cards, ..) = read(&["A       = 'x&'", "COMMENT c", "CONTINUE  'y'"], 100);
        assert_eq!(cards, r#"["A","x&",null],["COMMENT","c",null],["CONTINUE","  'y'",null]"#);
    }

    #[test]
    fn a_long_value_is_named_by_its_cards() {
        let (cards, ..) = read(&["A       = 'x&'", "CONTINUE  'yyyy'", "B       = 'z'"], 4);
        assert_eq!(cards, r#"["A",{"omitted":{"offset":0,"length":160}},null],["B","z",null]"#);
    }

    #[test]
    fn of_a_joined_value_that_is_too_long_nothing_is_shown_as_if_it_were_all() {
        let mut images = vec!["EXTNAME = 'x&' / c"];
        images.extend(["CONTINUE  'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy&' / comment"].repeat(90));
        let mut out = Output::new(&Budget::new(1 << 20), None);
        let mut header = header(&mut out, 100);
        for image in &images {
            header.take(format!("{image:<80}").as_bytes(), 0, &mut out).expect("room");
        }
        header.flush(&mut out).expect("room");
        assert_eq!(header.keywords.text("EXTNAME"), None);
        let cards: Vec<u8> = header.take_cards().pieces().flatten().copied().collect();
        assert_eq!(String::from_utf8_lossy(&cards), r#"["EXTNAME",{"omitted":{"offset":0,"length":7280}},null]"#);
    }

    #[test]
    fn what_is_joined_is_charged() {
        let mut out = Output::new(&Budget::new(100_000), None);
        let mut header = header(&mut out, u64::MAX);
        let first = format!("{:<80}", "A       = '&'");
        let next = format!("CONTINUE  '{:<66}&'", "");
        header.take(first.as_bytes(), 0, &mut out).expect("room");
        assert!((0..2000).any(|_| header.take(next.as_bytes(), 0, &mut out).is_err()));
    }

    #[test]
    fn end_ends_and_garbage_is_no_header() {
        assert_eq!(read(&["A       = 1", "END"], 9).1, [Step::Next, Step::End]);
        assert_eq!(read(&["ENDING  = 1"], 9).1, [Step::Next]);
        assert_eq!(read(&["END\0\0\0\0\0\0"], 9).1, [Step::End]);
        assert_eq!(read(&["\u{1}"; 8], 9).1.last(), Some(&Step::Unreadable));
    }
}
