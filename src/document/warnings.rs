//! The warnings of one extraction: every skip is said, in a bounded list with a fixed order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use crate::budget::Budget;
use crate::document::json;
use crate::document::text::Text;

/// How many stand in a document; of more, the lowest.
const MOST: usize = 1000;

/// Whether something is missing from the document, or only odd in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The document lacks something.
    Loss,
    /// The file is odd; nothing is lost.
    Note,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $class:ident;)+) => {
        /// What a warning is about. The code is what programs compare.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// The code as it stands in the document.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)+ }
            }

            /// What it means for the document.
            pub(crate) fn class(self) -> Class {
                match self { $(Code::$name => Class::$class,)+ }
            }

            /// Every code.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Code] = &[$(Code::$name,)+];
        }
    };
}

codes! {
    /// The file ends inside a structure.
    Truncated = "truncated", Loss;
    /// The host did not supply these bytes.
    MissingBytes = "missing-bytes", Loss;
    /// Nesting is deeper than the limit.
    DepthLimit = "depth-limit", Loss;
    /// The memory limit cut the document here.
    MemoryLimit = "memory-limit", Loss;
    /// The host cancelled the extraction here.
    Cancelled = "cancelled", Loss;
    /// A structure's bytes make no sense: it is not used.
    Malformed = "malformed", Loss;
    /// A structure's checksum is wrong: it is not used.
    Checksum = "checksum", Loss;
    /// A structure that this library does not read.
    Unsupported = "unsupported", Loss;
    /// Nothing is read of the other files that this one is a part of.
    MemberFile = "member-file", Loss;
    /// The compressed stream is damaged.
    DeflateError = "deflate-error", Loss;
    /// What follows can't be read as data elements.
    Unreadable = "unreadable", Loss;
    /// Objects deep in an HDF5 file bear marks of netCDF-4.
    NetcdfMarks = "netcdf-marks", Note;
    /// What a variable or an attribute needs to be shown is missing from the file: it is left out.
    Unresolved = "unresolved", Loss;
    /// Something that netCDF has no word for; the netCDF view leaves it out.
    NotNetcdf = "not-netcdf", Note;
    /// Bytes behind the last structure of the format.
    TrailingBytes = "trailing-bytes", Note;
    /// A tag stands twice; the first counts.
    DuplicateTag = "duplicate-tag", Note;
    /// A tag is lower than the one before it.
    TagOrder = "tag-order", Note;
    /// A delimiter without an item or sequence to end.
    StrayDelimiter = "stray-delimiter", Note;
    /// An item or sequence of undefined length has no delimiter.
    MissingDelimiter = "missing-delimiter", Note;
    /// A delimiter has a length.
    DelimiterLength = "delimiter-length", Note;
    /// An item is longer than what contains it.
    ItemOverrun = "item-overrun", Note;
    /// An element is longer than what contains it.
    ElementOverrun = "element-overrun", Note;
    /// A VR that PS3.5 does not know.
    UnknownVr = "unknown-vr", Note;
    /// No preamble stands before the DICM prefix.
    NoPreamble = "no-preamble", Note;
    /// The DICM prefix is missing.
    NoMagic = "no-magic", Note;
    /// No file meta information.
    NoFileMeta = "no-file-meta", Note;
    /// The group length of the file meta information is missing or wrong.
    MetaLength = "meta-length", Note;
    /// The transfer syntax is missing, unknown, or not the one that the data set is written in.
    TransferSyntax = "transfer-syntax", Note;
    /// A value has an odd length.
    OddLength = "odd-length", Note;
    /// A value is no whole number of its VR's numbers.
    RaggedLength = "ragged-length", Note;
    /// A character set that PS3.3 does not know.
    CharsetUnknown = "charset-unknown", Note;
    /// Bytes over 0x7F where no character set is declared.
    CharsetUndeclared = "charset-undeclared", Note;
    /// Bytes that the character set can't decode.
    CharsetUndecodable = "charset-undecodable", Note;
    /// A number that is none by its VR's rules.
    BadNumber = "bad-number", Note;
    /// A person name has more than three component groups.
    NameGroups = "name-groups", Note;
    /// An ambiguous VR that nothing in the data set decides.
    AmbiguousVr = "ambiguous-vr", Note;
    /// A sequence in UN is encoded otherwise than PS3.5 says.
    UnEncoding = "un-encoding", Note;
    /// The offset table does not fit the fragments.
    OffsetTable = "offset-table", Note;
    /// Pixel data of undefined length in a native transfer syntax.
    NativeUndefinedLength = "native-undefined-length", Note;
    /// Pixel data of defined length in an encapsulated transfer syntax.
    EncapsulatedDefinedLength = "encapsulated-defined-length", Note;
    /// The pixel data has another length than its attributes say.
    PixelSize = "pixel-size", Note;
    /// A card whose value is of none of FITS's types.
    BadCard = "bad-card", Note;
    /// A keyword that FITS does not allow.
    BadKeyword = "bad-keyword", Note;
    /// A card with bytes that are no printable ASCII.
    NonAscii = "non-ascii", Note;
    /// A CONTINUE card that continues nothing.
    ContinueOrphan = "continue-orphan", Note;
    /// A keyword stands twice in a header; the first counts.
    DuplicateKeyword = "duplicate-keyword", Note;
    /// A keyword that its HDU must have is missing, out of place, or has no legal value.
    MandatoryKeyword = "mandatory-keyword", Note;
    /// Padding in a header, or behind its end, is not blank.
    HeaderPadding = "header-padding", Note;
    /// The file ends before its last block is full.
    ShortPadding = "short-padding", Note;
    /// The data of an array overlaps the header, or another array's.
    DataOverlap = "data-overlap", Note;
    /// The format of a table's column, or the length of its rows, is not legal.
    TableFormat = "table-format", Note;
    /// A gzip member does not fit its checksum or its length.
    GzipCheck = "gzip-check", Note;
    /// A writer has the file open, or did not close it.
    OpenForWrite = "open-for-write", Note;
    /// A header message whose type the specification does not know.
    UnknownMessage = "unknown-message", Note;
    /// A name stands twice in its group or object; the first counts.
    DuplicateName = "duplicate-name", Note;
    /// A reference that leads to no object.
    DanglingReference = "dangling-reference", Note;
    /// An object may have another path in the whole file.
    ProvisionalPath = "provisional-path", Note;
    /// There were more warnings than a document lists.
    MoreWarnings = "more-warnings", Note;
}

/// One warning. The order of the fields is the order of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Warning {
    offset: u64, // u64::MAX: nowhere
    code: &'static str,
    path: String,
    message: String,
    class: Class,
}

impl Warning {
    /// What it takes of the budget, its place in the list included.
    fn cost(&self) -> usize {
        160 + self.path.capacity() + self.message.capacity()
    }
}

impl Drop for Warnings {
    fn drop(&mut self) {
        self.budget.release(self.cost);
    }
}

#[derive(Debug)]
pub(crate) struct Warnings {
    list: BTreeSet<Warning>,
    left_out: BTreeMap<&'static str, u64>,
    /// The gravest class among them: a loss is never without a warning that says so.
    left_out_class: Class,
    /// What the listed ones take of the budget.
    cost: usize,
    /// The memory limit, not the number, left some out.
    limited: bool,
    budget: Budget,
    loss: bool,
}

impl Warnings {
    pub(crate) fn new(budget: &Budget) -> Self {
        Warnings {
            list: BTreeSet::new(),
            left_out: BTreeMap::new(),
            left_out_class: Class::Note,
            cost: 0,
            limited: false,
            budget: budget.clone(),
            loss: false,
        }
    }

    /// True if something is missing from the document.
    pub(crate) fn loss(&self) -> bool {
        self.loss
    }

    pub(crate) fn push(&mut self, code: Code, offset: Option<u64>, path: String, message: String) {
        let class = code.class();
        self.loss |= class == Class::Loss;
        let warning = Warning { offset: offset.unwrap_or(u64::MAX), code: code.as_str(), path, message, class };
        if self.list.len() >= MOST && self.list.last().is_some_and(|last| *last < warning) {
            self.leave_out(&warning);
            return;
        }
        if self.list.contains(&warning) {
            return;
        }
        if self.budget.charge_from_reserve(warning.cost()).is_err() {
            self.say_limited();
            self.leave_out(&warning);
            return;
        }
        self.cost += warning.cost();
        self.list.insert(warning);
        // They are written once more into the document: an eighth of the limit is their share.
        while self.list.len() > MOST || (self.cost as u64 > self.budget.limit() / 8 && self.list.len() > 1) {
            if self.list.len() <= MOST {
                self.say_limited();
            }
            let Some(last) = self.list.pop_last() else { break };
            self.cost -= last.cost();
            self.budget.release(last.cost());
            self.leave_out(&last);
        }
    }

    fn say_limited(&mut self) {
        self.limited = true;
        self.loss = true;
    }

    fn leave_out(&mut self, warning: &Warning) {
        *self.left_out.entry(warning.code).or_default() += 1;
        self.left_out_class = self.left_out_class.min(warning.class);
    }

    /// The warnings as JSON objects, in their order.
    pub(crate) fn write_each(&self, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut line = Vec::new();
        for warning in &self.list {
            line.clear();
            write_warning(&mut line, warning)?;
            each(&line)?;
        }
        if self.limited {
            let limited = Warning {
                offset: u64::MAX,
                code: Code::MemoryLimit.as_str(),
                path: String::new(),
                message: "the memory limit leaves no room for all warnings".into(),
                class: Class::Loss,
            };
            line.clear();
            write_warning(&mut line, &limited)?;
            each(&line)?;
        }
        if !self.left_out.is_empty() {
            let counts: Vec<String> = self.left_out.iter().map(|(code, count)| format!("{code} {count}")).collect();
            let more = Warning {
                offset: u64::MAX,
                code: Code::MoreWarnings.as_str(),
                path: String::new(),
                message: format!("more warnings than are listed: {}", counts.join(", ")),
                class: self.left_out_class,
            };
            line.clear();
            write_warning(&mut line, &more)?;
            each(&line)?;
        }
        Ok(())
    }

    /// The warnings as a JSON array.
    pub(crate) fn write(&self, text: &mut Text) -> io::Result<()> {
        let mut comma: &[u8] = b"[";
        self.write_each(|warning| {
            text.write_all(std::mem::replace(&mut comma, b","))?;
            text.write_all(warning)
        })?;
        text.write_all(if comma == b"[" { b"[]" } else { b"]" })
    }
}

fn write_warning(out: &mut Vec<u8>, warning: &Warning) -> io::Result<()> {
    let class = match warning.class {
        Class::Loss => "loss",
        Class::Note => "note",
    };
    write!(out, "{{\"code\":\"{}\",\"class\":\"{class}\",\"offset\":", warning.code)?;
    match warning.offset {
        u64::MAX => out.write_all(b"null")?,
        offset => write!(out, "{offset}")?,
    }
    out.write_all(b",\"path\":")?;
    json::string(out, &warning.path)?;
    out.write_all(b",\"message\":")?;
    json::string(out, &warning.message)?;
    out.write_all(b"}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_thousand_stand_and_the_rest_is_counted() {
        let mut warnings = Warnings::new(&Budget::new(1 << 24));
        for offset in (0..1200u64).rev() {
            warnings.push(Code::OddLength, Some(offset), "/x".into(), "odd".into());
        }
        warnings.push(Code::OddLength, Some(0), "/x".into(), "odd".into()); // the same again
        let mut lines = Vec::new();
        let keep = |line: &[u8]| {
            lines.push(String::from_utf8_lossy(line).into_owned());
            Ok(())
        };
        warnings.write_each(keep).expect("no limit");
        assert_eq!(lines.len(), 1001);
        assert!(lines[0].contains("\"offset\":0,") && lines[999].contains("\"offset\":999,"));
        assert!(lines[1000].contains("odd-length 200"), "{}", lines[1000]);
        assert!(!warnings.loss() && lines[1000].contains("\"note\""));
        warnings.push(Code::Truncated, Some(5000), "/x".into(), "cut".into());
        let mut last = String::new();
        warnings
            .write_each(|line| {
                last = String::from_utf8_lossy(line).into_owned();
                Ok(())
            })
            .expect("no limit");
        assert!(warnings.loss() && last.contains("\"loss\"") && last.contains("truncated 1"), "{last}");
    }

    #[test]
    fn codes_are_unique_and_in_the_schema() {
        let schema = include_str!("../../include/metaextract.schema.json");
        let mut seen = BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{}", code.as_str());
            assert!(schema.contains(&format!("\"{}\"", code.as_str())), "{} is not in the schema", code.as_str());
        }
    }
}
