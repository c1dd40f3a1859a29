//! The front of a file (PS3.10 section 7): preamble, prefix, file meta information, and how the data set is encoded.
//!
//! Every part may be missing or wrong; what the bytes of the data set show decides, and a warning says so.

use super::data_set::{Container, Halt, Outcome, Walk};
use super::dictionary;
use super::element::{self, Header, LONGEST_HEADER};
use super::transfer_syntax::{Encoding, TransferSyntax};
use super::vr::Vr;
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::engine::stream::{Ended, Stream};
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind};
use crate::formats::Compression;
use crate::options::Options;

/// How much of a file is looked at to tell a bare data set.
pub(crate) const HEAD: usize = 4096;
/// A preamble and the prefix behind it.
const PREAMBLE: usize = 128;

/// Reads a DICOM file from its first byte to its end. Everything that can be read is in `out` in any case.
///
/// An error where nothing at all is a data element.
pub(crate) async fn read(stream: Stream, out: &mut Output, options: &Options) -> Result<Compression, Error> {
    let mut walk = Walk::new(stream, out, options);
    let mut compression = None;
    let result = headers(&mut walk, &mut compression).await;
    let (elements, sequences) = (walk.model.elements, walk.model.sequences);
    if result.is_ok() && elements == 0 && !walk.meta.present {
        let message = "nothing can be read as DICOM: no data element stands at the front";
        return Err(Error::new(ErrorKind::Malformed, message).at(0));
    }
    if let Err(halt) = result
        && !walk.model.out.loss()
    {
        walk.conclude(halt);
    }
    if walk.model.complete().is_err() && !walk.model.out.loss() {
        walk.conclude(Halt::Refused);
    }
    if !walk.model.out.sends_records() {
        walk.model.out.headers.pop_if(b',');
        if walk.model.out.close_with(b"}").is_err() && !walk.model.out.loss() {
            walk.conclude(Halt::Refused);
        }
    }
    walk.model.out.count("elements", elements);
    walk.model.out.count("sequences", sequences);
    Ok(compression)
}

async fn headers(walk: &mut Walk<'_>, compression: &mut Compression) -> Result<(), Halt> {
    if !walk.model.out.sends_records() {
        walk.model.out.close_with(b"{")?;
    }
    let has_meta = front(walk).await?;
    walk.meta.present = has_meta;
    let meta_start = walk.stream.offset();
    if has_meta {
        let outcome = walk.run("file_meta", Container::FileMeta, Encoding::EXPLICIT).await?;
        if outcome == Outcome::Cut || ends_early(walk, outcome) {
            return Ok(());
        }
        check_length(walk, meta_start);
    } else {
        walk.model.open("file_meta")?;
        walk.model.close()?;
    }
    let encoding = data_set_encoding(walk, has_meta).await?;
    let inflated = walk.syntax.deflated;
    if inflated {
        *compression = Some(("deflate", None));
    }
    let outcome = walk.run("dataset", Container::DataSet, encoding).await?;
    if inflated && outcome == Outcome::End {
        let end = walk.stream.offset();
        if walk.stream.ended() == Some(Ended::Eof) {
            *compression = Some(("deflate", Some(end)));
        }
        if !walk.stream.has_inflated_all() {
            let path = "/headers/dataset".to_owned();
            walk.warn(Code::Truncated, end, path, "the file ends inside the compressed data set");
        } else if walk.stream.has_more_stored().await? {
            let path = "/headers/dataset".to_owned();
            walk.warn(Code::TrailingBytes, end, path, "stored bytes follow the end of the compressed data set");
        }
    }
    Ok(())
}

/// Goes behind preamble and prefix; true if file meta information follows.
async fn front(walk: &mut Walk<'_>) -> Result<bool, Stop> {
    walk.stream.fill(PREAMBLE + LONGEST_HEADER).await?;
    let head = walk.stream.buffered();
    if head.get(PREAMBLE..PREAMBLE + 4) == Some(b"DICM") {
        walk.stream.consume(PREAMBLE + 4);
        return Ok(true);
    }
    let nowhere = String::new;
    if head.starts_with(b"DICM") {
        walk.stream.consume(4);
        walk.warn(Code::NoPreamble, 0, nowhere(), "the file begins with the DICM prefix: the preamble is missing");
        return Ok(true);
    }
    if is_group_2(head) {
        walk.warn(
            Code::NoMagic,
            0,
            nowhere(),
            "the file begins with its meta information: preamble and prefix are missing",
        );
        return Ok(true);
    }
    if head.get(PREAMBLE..).is_some_and(is_group_2) && !looks_like_data_set(head) {
        walk.stream.consume(PREAMBLE);
        walk.warn(Code::NoMagic, PREAMBLE as u64, nowhere(), "the DICM prefix is missing behind the preamble");
        return Ok(true);
    }
    walk.warn(Code::NoFileMeta, 0, nowhere(), "the file is a bare data set without file meta information");
    Ok(false)
}

/// File meta information at the front of `bytes`: an element of group 2 with a VR.
pub(crate) fn is_group_2(bytes: &[u8]) -> bool {
    matches!(bytes, [2, 0, _, 0, a, b, ..] if Vr::from_bytes([*a, *b]).is_some())
        || matches!(bytes, [2, 0, 0, 0, 4, 0, 0, 0, ..])
}

/// The file ends in its meta information: before any of it, or before the end that its group length tells.
fn ends_early(walk: &mut Walk<'_>, outcome: Outcome) -> bool {
    let end = walk.stream.offset();
    let told = walk.meta.length.map(|(length, behind)| behind + u64::from(length));
    let early = outcome == Outcome::End && (walk.model.elements == 0 || told.is_some_and(|told| told > end));
    if early {
        let path = "/headers/file_meta".to_owned();
        walk.warn(Code::Truncated, end, path, "the file ends inside its meta information");
    }
    early
}

/// PS3.10 7.1: the group length counts from behind its own value to the end of the group.
fn check_length(walk: &mut Walk<'_>, start: u64) {
    let end = walk.stream.offset();
    let path = "/headers/file_meta".to_owned();
    match walk.meta.length {
        Some((length, behind)) if behind + u64::from(length) == end => {}
        Some(_) => walk.warn(Code::MetaLength, start, path, "the group length of the file meta information is wrong"),
        None => walk.warn(Code::MetaLength, start, path, "the file meta information has no group length"),
    }
}

/// How the data set is encoded: by the transfer syntax, but where its first bytes contradict that, by them.
async fn data_set_encoding(walk: &mut Walk<'_>, has_meta: bool) -> Result<Encoding, Halt> {
    let uid = walk.meta.transfer_syntax.take();
    let declared = uid.as_deref().and_then(TransferSyntax::from_uid);
    let private = uid.as_deref().and_then(TransferSyntax::from_private_uid);
    let offset = walk.stream.offset();
    let path = || "/headers/file_meta/00020010".to_owned();
    match (&uid, declared, private) {
        (Some(_), None, None) => {
            walk.warn(
                Code::TransferSyntax,
                offset,
                path(),
                "the transfer syntax is unknown; the data set is read as its bytes show",
            );
        }
        (None, ..) if has_meta => {
            walk.warn(
                Code::TransferSyntax,
                offset,
                path(),
                "no transfer syntax is given; the data set is read as its bytes show",
            );
        }
        _ => {}
    }
    walk.syntax = declared.or(private).unwrap_or(TransferSyntax::native(Encoding::EXPLICIT));
    walk.stream.fill(LONGEST_HEADER).await?;
    if walk.syntax.deflated {
        if shows_elements(walk.stream.buffered()) {
            walk.syntax.deflated = false;
            walk.warn(Code::TransferSyntax, offset, path(), "the transfer syntax says deflated, the data set is not");
        } else {
            if walk.stream.start_inflating().await? {
                let message = "the deflated data set stands in a zlib wrapper, which PS3.5 A.5 does not provide for";
                walk.warn(Code::TransferSyntax, offset, path(), message);
            }
            walk.stream.fill(LONGEST_HEADER).await?;
        }
    }
    let said = walk.syntax.encoding;
    let shown = shown_encoding(walk.stream.buffered(), said);
    if shown != said && (declared.is_some() || private.is_some()) {
        let message = format!("the transfer syntax says {}, the data set is {}", said.name(), shown.name());
        walk.warn(Code::TransferSyntax, offset, path(), message);
    }
    walk.syntax.encoding = shown;
    Ok(shown)
}

/// The encoding that the first element shows; `said` where it shows nothing to the contrary.
fn shown_encoding(bytes: &[u8], said: Encoding) -> Encoding {
    let Some(&[a, b, c, d, v, w]) = bytes.first_chunk::<6>() else { return said };
    let letters = v.is_ascii_uppercase() && w.is_ascii_uppercase();
    let explicit = if said.explicit { letters } else { Vr::from_bytes([v, w]).is_some() };
    let (little, big) = (u16::from_le_bytes([a, b]), u16::from_be_bytes([a, b]));
    let likely = |group: u16, element: u16| is_likely_first(u32::from(group) << 16 | u32::from(element));
    let big_endian = match (likely(little, u16::from_le_bytes([c, d])), likely(big, u16::from_be_bytes([c, d]))) {
        (false, true) => true,
        (true, false) => false,
        (true, true) => said.big_endian,
        // Most groups are small numbers: 0008 read in the wrong order is 0800.
        (false, false) => big < little || big == little && said.big_endian,
    };
    Encoding { explicit, big_endian: explicit && big_endian }
}

/// A tag that a data set may well begin with: known to PS3.6, or private.
fn is_likely_first(tag: u32) -> bool {
    let group = tag >> 16;
    match element::is_group_length(tag) {
        true => dictionary::has_group(group),
        false => dictionary::lookup(tag).is_some() || (element::is_private(tag) && group > 8),
    }
}

/// True if the bytes begin with an explicit element of a low group, as no DEFLATE stream is likely to.
fn shows_elements(bytes: &[u8]) -> bool {
    matches!(bytes, [8, 0, _, 0, a, b, ..] if Vr::from_bytes([*a, *b]).is_some())
}

/// True if the front of a file reads as a bare data set: at least three known elements in ascending order.
pub(crate) fn looks_like_data_set(head: &[u8]) -> bool {
    let head = &head[..head.len().min(HEAD)];
    let encoding = shown_encoding(head, Encoding::IMPLICIT);
    let (mut at, mut last, mut found) = (0, 0, 0);
    while found < 3 {
        let Some(header) = head.get(at..).and_then(|bytes| Header::decode(bytes, encoding)) else { return false };
        at += header.size;
        if header.tag >> 16 == 0xFFFE {
            last = 0; // into an item, or out of one
            continue;
        }
        let known = element::is_group_length(header.tag) || dictionary::lookup(header.tag).is_some();
        let has_vr = !encoding.explicit || matches!(header.vr, element::VrField::Known(_));
        if !known || !has_vr || header.tag <= last || header.tag >> 16 == 0 {
            return false;
        }
        found += 1;
        last = header.tag;
        if !header.is_undefined() {
            at = at.saturating_add(header.length as usize);
        }
    }
    true
}

/// True if the front of a file is one of DICOM's that has no prefix where it should be.
pub(crate) fn is_irregular(head: &[u8]) -> bool {
    head.starts_with(b"DICM")
        || is_group_2(head)
        || head.get(PREAMBLE..).is_some_and(is_group_2)
        || looks_like_data_set(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_shows_the_encoding() {
        let shown = |bytes: &[u8], said| shown_encoding(bytes, said);
        let implicit = Encoding::IMPLICIT;
        assert_eq!(shown(b"\x08\0\x05\0CS\x0A\0", implicit), Encoding::EXPLICIT);
        assert_eq!(shown(b"\0\x08\0\x05CS\0\x0A", implicit), Encoding::EXPLICIT_BIG_ENDIAN);
        assert_eq!(shown(b"\0\x08\0\x05CS\0\x0A", Encoding::EXPLICIT), Encoding::EXPLICIT_BIG_ENDIAN);
        assert_eq!(shown(b"\x08\0\x05\0\x0A\0\0\0", Encoding::EXPLICIT), implicit);
        assert_eq!(shown(b"\x08\0\x05\0ZZ\x0A\0", Encoding::EXPLICIT), Encoding::EXPLICIT);
        assert_eq!(shown(b"", Encoding::EXPLICIT), Encoding::EXPLICIT);
        // Groups whose low byte is the smaller one.
        assert_eq!(shown(b"\x00\x52\x29\x92SQ", Encoding::EXPLICIT), Encoding::EXPLICIT);
        assert_eq!(shown(b"\x06\x30\x02\0SH\x02\0", Encoding::EXPLICIT), Encoding::EXPLICIT);
        assert_eq!(shown(b"\x30\x06\0\x02SH\0\x02", Encoding::EXPLICIT), Encoding::EXPLICIT_BIG_ENDIAN);
        assert_eq!(shown(b"\0\x08\0\0UL\0\x04", Encoding::EXPLICIT), Encoding::EXPLICIT_BIG_ENDIAN);
        assert_eq!(shown(b"\x10\x20\0\0UL\x04\0", Encoding::EXPLICIT), Encoding::EXPLICIT);
    }

    #[test]
    fn a_bare_data_set_is_three_known_ascending_elements() {
        let element = |tag: &[u8; 4]| [tag as &[u8], b"\x02\0\0\0ab"].concat();
        let three = [element(b"\x08\0\x05\0"), element(b"\x08\0\x16\0"), element(b"\x08\0\x18\0")].concat();
        assert!(looks_like_data_set(&three));
        assert!(!looks_like_data_set(&three[..three.len() - 10]));
        assert!(!looks_like_data_set(&[0; 400]));
        assert!(!looks_like_data_set(b"plain text, long enough to be looked at"));
    }
}
