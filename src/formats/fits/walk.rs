//! The walk from HDU to HDU. Headers are read block by block; data units are skipped, and what follows one tells whether the
//! file reaches so far. Whatever is odd becomes a warning.

use std::io::{self, Write};

use super::card::{self, CARD, Card};
use super::hdu::{self, Data, Kind};
use super::header::{BLOCK, Header, Step};
use super::model::{Model, Place};
use super::{columns, wcs};
use crate::document::builder::{Output, Refused};
use crate::document::json;
use crate::document::warnings::Code;
use crate::engine::gzip;
use crate::engine::stream::{Ended, Stream};
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind};
use crate::formats::{Compression, say_stopped};
use crate::options::Options;

/// Begins the first header.
const SIMPLE: &[u8] = b"SIMPLE";
/// Begins every header but the first.
const XTENSION: &[u8] = b"XTENSION";
/// A header is read ahead by as much as was read of it, up to this.
const MOST_AHEAD: u64 = 16 * BLOCK as u64;
/// Behind a data unit up to this long more short HDUs are likely: it costs less to read on than to ask again.
const SHORT_DATA: u64 = 4 * BLOCK as u64;

/// Why a walk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// The file does not begin as FITS does: it was called FITS, and is not.
    Alien,
    /// Nothing more can be read; what that means was said.
    Over,
    /// The engine stopped the reading.
    Stop(Stop),
    /// The output takes no more.
    Refused,
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Halt::Stop(stop)
    }
}

impl From<Refused> for Halt {
    fn from(_: Refused) -> Self {
        Halt::Refused
    }
}

/// An HDU whose header is being read, or whose data unit is about to be skipped.
struct Open {
    header: Header,
    place: Place,
    /// By the first card.
    first: Kind,
}

struct Walk<'a> {
    stream: Stream,
    model: Model<'a>,
    index: u64,
    open: Option<Open>,
    max_value: u64,
}

/// Reads a FITS file from its first byte to its end. Everything that can be read is in `out` in any case.
///
/// An error where the file does not begin as FITS does.
pub(crate) async fn read(stream: Stream, out: &mut Output, options: &Options) -> Result<Compression, Error> {
    let mut walk = Walk { stream, model: Model::new(out), index: 0, open: None, max_value: options.max_value_bytes };
    match walk.hdus().await {
        Err(Halt::Alien) => {
            let message = "nothing can be read as FITS: the first card is not SIMPLE";
            return Err(Error::new(ErrorKind::Malformed, message).at(0));
        }
        Err(halt) => walk.conclude(halt),
        Ok(()) => {}
    }
    let compression = walk.compression();
    if walk.model.close().is_err() && !walk.model.out.loss() {
        walk.conclude(Halt::Refused);
    }
    let hdus = walk.index;
    walk.model.out.count("hdus", hdus);
    Ok(compression)
}

impl Walk<'_> {
    async fn hdus(&mut self) -> Result<(), Halt> {
        if self.stream.gzip().is_none() {
            self.stream.fill(gzip::MAGIC.len()).await?;
            if self.stream.buffered().starts_with(&gzip::MAGIC) {
                self.stream.start_gunzipping()?;
            } else {
                self.stream.read_ahead = BLOCK;
            }
        }
        self.stream.fill(SIMPLE.len()).await?;
        if !self.stream.buffered().starts_with(SIMPLE) {
            return Err(Halt::Alien);
        }
        loop {
            self.begin().await?;
            let length = self.header().await?;
            let data = self.describe(length)?;
            self.data(data).await?;
            self.open = None;
        }
    }

    /// Opens the HDU that begins here, if one does.
    async fn begin(&mut self) -> Result<(), Halt> {
        self.stream.fill(BLOCK).await?;
        let (offset, head) = (self.stream.offset(), self.stream.buffered());
        if head.is_empty() && self.index > 0 {
            return Err(self.at_end(offset));
        }
        let name = &head[..head.len().min(XTENSION.len())];
        if self.index > 0 && !XTENSION[..name.len()].eq_ignore_ascii_case(name) {
            self.warn(Code::TrailingBytes, offset, String::new(), "what follows the last HDU is none");
            return Err(Halt::Over);
        }
        let Some(first) = head.get(..CARD).map(Card::parse) else {
            return Err(self.cut(offset, String::new(), "the file ends inside a header's first card"));
        };
        let first = Kind::of_first(&first);
        let place = match first {
            _ if self.index == 0 => Place::Primary,
            Kind::Primary | Kind::RandomGroups | Kind::Image => Place::Image,
            Kind::Table | Kind::Bintable | Kind::CompressedImage => Place::Table,
            Kind::Unknown => Place::Other,
        };
        let header = Header::new(self.model.out, offset, self.model.pointer(place), self.max_value)?;
        self.open = Some(Open { header, place, first });
        Ok(())
    }

    /// Reads the header up to END; returns its length.
    async fn header(&mut self) -> Result<u64, Halt> {
        let start = self.stream.offset();
        loop {
            let whole = self.stream.fill(BLOCK).await?;
            let offset = self.stream.offset();
            let Walk { stream, model, open, .. } = &mut *self;
            let Some(Open { header, .. }) = open else { return Err(Halt::Over) };
            let block = stream.buffered();
            let block = &block[..block.len().min(BLOCK)];
            let mut at = 0;
            let mut step = Step::Next;
            while step == Step::Next
                && let Some(image) = block.get(at..at + CARD)
            {
                step = header.take(image, offset + at as u64, model.out)?;
                at += CARD;
            }
            let padded = step != Step::End || card::is_blank(&block[at..]);
            let (size, path) = (block.len(), header.path);
            match step {
                Step::End => {
                    header.flush(model.out)?;
                    stream.consume(size);
                    if !padded {
                        let message = "what stands between END and the end of the header is not blank";
                        self.warn(Code::HeaderPadding, offset + at as u64, path, message);
                    }
                    if !whole && self.stream.ended() == Some(Ended::Eof) {
                        self.warn(
                            Code::ShortPadding,
                            offset,
                            path,
                            "the file ends before the header's last block is full",
                        );
                    }
                    return Ok(offset + BLOCK as u64 - start);
                }
                Step::Unreadable => {
                    self.lose(
                        Code::Unreadable,
                        offset + at as u64,
                        path,
                        "the header has no END: what follows are no cards",
                    );
                    self.show_part();
                    return Err(Halt::Over);
                }
                Step::Next if !whole => {
                    let halt = self.cut(offset, path, "the file ends before the header's END");
                    self.show_part();
                    return Err(halt);
                }
                Step::Next => {
                    stream.consume(size);
                    if stream.gzip().is_none() {
                        stream.read_ahead = (offset - start + 2 * BLOCK as u64).min(MOST_AHEAD) as usize;
                    }
                }
            }
        }
    }

    /// Writes the HDU whose header was read, and its world coordinates. `None`: nothing tells how long its data is.
    fn describe(&mut self, length: u64) -> Result<Option<Data>, Halt> {
        let Walk { model, open, index, .. } = &mut *self;
        let Some(Open { header, place, first }) = open else { return Err(Halt::Over) };
        let (path, start) = (header.path, header.offset);
        let cards = header.take_cards();
        let keywords = &header.keywords;
        let kind = first.of_header(keywords);
        if let Some(message) = hdu::faults(kind, keywords) {
            model.out.warn(Code::MandatoryKeyword, start, path, message);
        }
        let offset = start + length;
        let data = hdu::data_length(kind, keywords).filter(|length| offset.checked_add(*length).is_some());
        let data = data.map(|length| Data { offset, length });
        if kind.has_columns() {
            let astray = data.is_some_and(|data| hdu::heap_is_astray(keywords, data));
            let odd = columns::oddities(kind, keywords);
            let says = [
                (odd.format, "the format of a column is missing or not legal; what depends on it is null"),
                (odd.row, "the columns do not fit the length of the rows"),
                (astray, "the heap does not begin behind the rows, in the data unit"),
            ];
            let messages: Vec<&str> = says.into_iter().filter_map(|(odd, message)| odd.then_some(message)).collect();
            if !messages.is_empty() {
                model.out.warn(Code::TableFormat, start, path, messages.join("; "));
            }
        }
        model.hdu(*place, |members| {
            members.put("index", |out| json::integer(out, *index))?;
            members.put("name", |out| match keywords.text("EXTNAME") {
                Some(name) => json::string(out, name),
                None => out.write_all(b"null"),
            })?;
            members.put("kind", |out| json::string(out, kind.name()))?;
            members.cards(cards)?;
            members.put("header", |out| place_and_length(out, start, Some(length)))?;
            members.put("data", |out| place_and_length(out, offset, data.map(|data| data.length)))?;
            if kind.has_columns() {
                members.put("columns", |out| columns::write(out, kind, keywords))?;
            }
            Ok(())
        })?;
        let budget = model.out.budget().clone();
        let odd = wcs::write(*index, kind, keywords, &budget, |entry| model.wcs(entry))?;
        let says = [
            (odd.axes, "more world coordinate axes are declared than can be numbered; 99 are shown"),
            (odd.kind, "a world coordinate keyword has a text for a number or the like; in wcs_info it is null"),
        ];
        for (_, message) in says.into_iter().filter(|(odd, _)| *odd) {
            model.out.warn(Code::BadKeyword, start, path, message);
        }
        *index += 1;
        Ok(data)
    }

    /// Shows the cards of an HDU whose header has no end, and of the rest what more cards could not change.
    fn show_part(&mut self) {
        let Some(Open { mut header, place, first }) = self.open.take() else { return };
        if !header.has_cards() {
            return;
        }
        let cards = header.take_cards();
        let (keywords, index) = (&header.keywords, self.index);
        // Refused: a warning of the class loss stands already.
        let _ = self.model.hdu(place, |members| {
            members.put("index", |out| json::integer(out, index))?;
            if let Some(name) = keywords.text("EXTNAME") {
                members.put("name", |out| json::string(out, name))?;
            }
            if let Some(kind) = first.of_part(keywords) {
                members.put("kind", |out| json::string(out, kind.name()))?;
            }
            members.cards(cards)?;
            members.put("header", |out| write!(out, "{{\"offset\":{}}}", header.offset))
        });
    }

    /// Goes behind the data unit and its padding, and says where it is.
    async fn data(&mut self, data: Option<Data>) -> Result<(), Halt> {
        let offset = self.stream.offset();
        let Some(data) = data else {
            if !self.stream.fill(1).await? {
                return Err(self.at_end(offset));
            }
            let message = "the header does not tell how long the data is: what follows can't be found";
            self.lose(Code::Unreadable, offset, self.path(), message);
            return Err(Halt::Over);
        };
        if data.length == 0 {
            return Ok(());
        }
        self.show_array(data)?;
        let padding = data.length.next_multiple_of(BLOCK as u64) - data.length;
        if self.stream.gzip().is_none() {
            self.stream.read_ahead = if data.length <= SHORT_DATA { MOST_AHEAD as usize } else { BLOCK };
        }
        let whole = self.stream.skip(data.length).await?
            && (self.stream.fill(padding as usize + BLOCK).await? || !self.stream.is_behind_the_end());
        if !whole {
            return Err(self.cut(data.offset, self.path(), "the file ends inside the data unit"));
        }
        let there = self.stream.buffered().len().min(padding as usize);
        self.stream.consume(there);
        if (there as u64) < padding && self.stream.ended() == Some(Ended::Eof) {
            let end = data.offset + data.length;
            self.warn(Code::ShortPadding, end, self.path(), "the file ends before the data unit's last block is full");
        }
        Ok(())
    }

    fn show_array(&mut self, data: Data) -> Result<(), Refused> {
        let Some(Open { header, first, .. }) = &self.open else { return Ok(()) };
        let kind = first.of_header(&header.keywords);
        let index = self.index - 1;
        self.model.out.array(|out| hdu::write_array(out, index, kind, &header.keywords, data))
    }

    /// JSON pointer of the HDU that is being read, for warnings.
    fn path(&self) -> String {
        self.open.as_ref().map(|open| open.header.path.to_string()).unwrap_or_default()
    }

    fn warn(&mut self, code: Code, offset: u64, path: impl Into<String>, message: &str) {
        self.model.out.warn(code, offset, path, message);
    }

    /// Says that something is lost; reading is over, so that the reserve may be used for it.
    fn lose(&mut self, code: Code, offset: u64, path: impl Into<String>, message: &str) {
        self.model.out.budget().open_reserve();
        self.warn(code, offset, path, message);
    }

    /// The stream ended where an HDU may end.
    fn at_end(&mut self, offset: u64) -> Halt {
        match self.stream.ended() {
            Some(Ended::Eof) | None if self.stream.has_inflated_all() => Halt::Over,
            _ => self.cut(offset, String::new(), "the file ends inside the compressed stream"),
        }
    }

    /// Says that the stream ended inside a structure, and why.
    fn cut(&mut self, offset: u64, path: impl Into<String>, message: &str) -> Halt {
        match self.stream.ended() {
            Some(Ended::Eof) | None => self.lose(Code::Truncated, offset, path, message),
            Some(Ended::Missing) => {
                self.lose(Code::MissingBytes, offset, path, "bytes of the file from here on were not supplied");
            }
            Some(Ended::Corrupt) => {
                self.lose(Code::DeflateError, offset, path, "the compressed stream is damaged from here on");
            }
        }
        Halt::Over
    }

    /// Says what the end of the walk means, where that was not said yet, and shows what stands.
    fn conclude(&mut self, halt: Halt) {
        let offset = self.stream.offset();
        let path = self.path();
        match halt {
            Halt::Over | Halt::Alien => return,
            Halt::Stop(stop) => _ = say_stopped(self.model.out, Some(stop), offset, path),
            Halt::Refused => _ = say_stopped(self.model.out, None, offset, path),
        }
        self.show_part();
    }

    /// Says what is odd about a gzip stream; `file.encoding` and `file.inflated_size`.
    fn compression(&mut self) -> Compression {
        let members = self.stream.gzip()?;
        let end = self.stream.offset() + self.stream.buffered().len() as u64;
        let whole = self.stream.ended() == Some(Ended::Eof) && self.stream.has_inflated_all();
        let (trailing, bad_check) = (members.trailing, members.bad_check);
        if let Some(offset) = bad_check {
            self.warn(Code::GzipCheck, offset, String::new(), "a gzip member does not fit its checksum or its length");
        }
        if trailing {
            self.warn(Code::TrailingBytes, end, String::new(), "stored bytes follow the end of the compressed stream");
        }
        Some(("gzip", whole.then_some(end)))
    }
}

/// Where something is; `None`: how long it is can't be told.
fn place_and_length(out: &mut dyn Write, offset: u64, length: Option<u64>) -> io::Result<()> {
    json::behind(out, "{\"offset\":", offset)?;
    match length {
        Some(length) => json::behind(out, ",\"length\":", length)?,
        None => out.write_all(b",\"length\":null")?,
    }
    out.write_all(b"}")
}
