//! One value field as DICOM JSON (PS3.18 F.2, and DOCUMENT.md where that leaves a choice).

use std::io::{self, Write};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use super::charset::{self, CharacterSets, Oddities, TextKind};
use super::vr::{Kind, Vr};
use crate::cursor::Cursor;
use crate::document::json;

/// What is odd about a value.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Findings {
    /// Of its text.
    pub(crate) text: Oddities,
    /// It is no whole number of its VR's numbers.
    pub(crate) ragged: bool,
    /// A DS or IS that is no legal number.
    pub(crate) bad_number: bool,
    /// A PN of more than three component groups.
    pub(crate) many_groups: bool,
}

impl Findings {
    /// True if nothing is odd.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.ragged && !self.bad_number && !self.many_groups
    }
}

/// How the bytes of a value field are to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) vr: Vr,
    pub(crate) big_endian: bool,
    pub(crate) charset: CharacterSets,
}

/// Writes `{"vr": …, "Value": […]}` for the value field `raw`. `text` is scratch space.
pub(crate) fn write(
    out: &mut (impl Write + ?Sized),
    raw: &[u8],
    how: Reading,
    text: &mut String,
) -> io::Result<Findings> {
    let mut findings = Findings::default();
    let &[a, b] = how.vr.name().as_bytes().first_chunk().unwrap_or(b"UN");
    out.write_all(&[b'{', b'"', b'v', b'r', b'"', b':', b'"', a, b, b'"'])?;
    match how.vr.kind() {
        Kind::Binary(word) => binary(out, raw, if how.big_endian { word.into() } else { 1 })?,
        Kind::Number(size) => {
            findings.ragged = !raw.len().is_multiple_of(usize::from(size));
            numbers(out, raw, how, size.into())?;
        }
        Kind::AttributeTag => {
            findings.ragged = !raw.len().is_multiple_of(4);
            let mut cursor = Cursor::new(raw, how.big_endian);
            let mut values = Values::new(out);
            while let (Some(group), Some(element)) = (cursor.u16(), cursor.u16()) {
                write!(values.next()?, "\"{group:04X}{element:04X}\"")?;
            }
            values.end()?;
        }
        Kind::Sequence => {}
        kind if charset::is_plain(raw) => strings(out, raw, kind, &mut findings)?,
        kind => {
            text.clear();
            findings.text = match kind {
                Kind::Name => how.charset.decode(raw, TextKind::PersonName, text),
                Kind::Text { charset: true, .. } => how.charset.decode(raw, TextKind::MultiValued, text),
                Kind::LongText if how.vr != Vr::UR => how.charset.decode(raw, TextKind::SingleValued, text),
                _ => charset::decode_default(raw, text),
            };
            strings(out, text.as_bytes(), kind, &mut findings)?;
        }
    }
    out.write_all(b"}")?;
    Ok(findings)
}

/// Writes the elements of a `Value` array; nothing at all where there are none.
struct Values<'a, W: Write + ?Sized> {
    out: &'a mut W,
    any: bool,
}

impl<'a, W: Write + ?Sized> Values<'a, W> {
    fn new(out: &'a mut W) -> Self {
        Values { out, any: false }
    }

    fn next(&mut self) -> io::Result<&mut W> {
        self.out.write_all(if self.any { b"," } else { b",\"Value\":[" })?;
        self.any = true;
        Ok(self.out)
    }

    fn end(self) -> io::Result<()> {
        if self.any { self.out.write_all(b"]") } else { Ok(()) }
    }
}

/// `InlineBinary`: base64 of the bytes with little-endian words (PS3.18 F.2.7); `swap` is the size of a big-endian word.
fn binary(out: &mut (impl Write + ?Sized), raw: &[u8], swap: usize) -> io::Result<()> {
    if raw.is_empty() {
        return Ok(());
    }
    let mut swapped = Vec::new();
    let bytes = if swap > 1 {
        swapped.extend_from_slice(raw);
        swapped.chunks_exact_mut(swap).for_each(<[u8]>::reverse);
        &swapped
    } else {
        raw
    };
    write!(out, ",\"InlineBinary\":\"{}\"", Base64Display::new(bytes, &STANDARD))
}

fn numbers(out: &mut (impl Write + ?Sized), raw: &[u8], how: Reading, size: usize) -> io::Result<()> {
    /// Beyond this JSON readers that keep doubles lose digits.
    const EXACT: u64 = 1 << 53;
    let mut values = Values::new(out);
    for bytes in raw.chunks_exact(size) {
        let mut cursor = Cursor::new(bytes, how.big_endian);
        let out = values.next()?;
        match how.vr {
            Vr::US => cursor.u16().map_or(Ok(()), |v| json::integer(out, v))?,
            Vr::SS => cursor.i16().map_or(Ok(()), |v| json::integer(out, v))?,
            Vr::UL => cursor.u32().map_or(Ok(()), |v| json::integer(out, v))?,
            Vr::SL => cursor.i32().map_or(Ok(()), |v| json::integer(out, v))?,
            Vr::FL => cursor.f32().map_or(Ok(()), |v| json::f32(out, v))?,
            Vr::FD => cursor.f64().map_or(Ok(()), |v| json::f64(out, v))?,
            Vr::UV => match cursor.u64() {
                Some(v) if v > EXACT => write!(out, "\"{v}\"")?,
                v => v.map_or(Ok(()), |v| json::integer(out, v))?,
            },
            _ => match cursor.i64() {
                Some(v) if v.unsigned_abs() > EXACT => write!(out, "\"{v}\"")?,
                v => v.map_or(Ok(()), |v| json::integer(out, v))?,
            },
        }
    }
    values.end()
}

/// Without the spaces and NULs at the end (PS3.5 6.2).
fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | 0] = text {
        text = rest;
    }
    text
}

/// Without the spaces and NULs at the front.
fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [b' ' | 0, rest @ ..] = text {
        text = rest;
    }
    text
}

/// Writes UTF-8 text as the values of a text VR. All that parts it is ASCII, so every part is UTF-8.
fn strings(out: &mut (impl Write + ?Sized), text: &[u8], kind: Kind, findings: &mut Findings) -> io::Result<()> {
    let all = trim_end(text);
    let mut values = Values::new(out);
    if kind == Kind::LongText {
        if !all.is_empty() {
            json::utf8(values.next()?, all)?;
        }
        return values.end();
    }
    let nothing_but_padding = trim_start(all).is_empty();
    if nothing_but_padding || (kind == Kind::Name && !all.contains(&b'\\') && is_empty_name(all)) {
        return Ok(());
    }
    for value in all.split(|byte| *byte == b'\\') {
        let value = trim_end(value);
        let trimmed = trim_start(value);
        let out = values.next()?;
        match kind {
            _ if trimmed.is_empty() => out.write_all(b"null")?,
            Kind::Name => name(out, value, findings)?,
            Kind::Decimal => findings.bad_number |= !decimal(out, trimmed)?,
            Kind::Integer => findings.bad_number |= !integer(out, trimmed)?,
            Kind::Text { trim: false, .. } => json::utf8(out, value)?,
            _ => json::utf8(out, trimmed)?,
        }
    }
    values.end()
}

fn component_group(group: &[u8]) -> &[u8] {
    let mut group = trim_end(group);
    while let [rest @ .., b'^'] = group {
        group = rest;
    }
    group
}

fn component_groups(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| *byte == b'=').map(component_group)
}

fn is_empty_name(name: &[u8]) -> bool {
    component_groups(name).all(<[u8]>::is_empty)
}

/// A person name: an object of its component groups (PS3.18 F.2.2), without the empty ones.
fn name(out: &mut (impl Write + ?Sized), value: &[u8], findings: &mut Findings) -> io::Result<()> {
    if is_empty_name(value) {
        return out.write_all(b"null");
    }
    let mut keys = ["\"Alphabetic\":", "\"Ideographic\":", "\"Phonetic\":"].iter();
    let mut before: &[u8] = b"{";
    for group in component_groups(value) {
        let Some(key) = keys.next() else {
            findings.many_groups = true;
            break;
        };
        if !group.is_empty() {
            out.write_all(std::mem::replace(&mut before, b",".as_slice()))?;
            out.write_all(key.as_bytes())?;
            json::utf8(out, group)?;
        }
    }
    out.write_all(if before == b"{" { b"null" } else { b"}" })
}

/// A decimal string as a JSON number; false: it is none, and stands as a string.
fn decimal(out: &mut (impl Write + ?Sized), text: &[u8]) -> io::Result<bool> {
    if is_integer(text) {
        return integer(out, text);
    }
    if is_shortest(text) {
        return out.write_all(text).map(|()| true);
    }
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match number {
        Some(number) if number.is_finite() && is_decimal(text) => json::f64(out, number).map(|()| true),
        _ => json::utf8(out, text).map(|()| false),
    }
}

/// An integer string as a JSON number, exact whatever its size; false: it is none, and stands as a string.
fn integer(out: &mut (impl Write + ?Sized), text: &[u8]) -> io::Result<bool> {
    if !is_integer(text) {
        return json::utf8(out, text).map(|()| false);
    }
    let (minus, digits) = match text {
        [sign @ (b'+' | b'-'), digits @ ..] => (*sign == b'-', digits),
        digits => (false, digits),
    };
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = &digits[zeros..];
    out.write_all(if minus && !digits.is_empty() { b"-" } else { b"" })?;
    out.write_all(if digits.is_empty() { b"0" } else { digits }).map(|()| true)
}

fn is_integer(text: &[u8]) -> bool {
    let ([b'+' | b'-', digits @ ..] | digits) = text;
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// True for a plain decimal that is its own shortest form: a double keeps 15 digits, so it reads back as the same text.
fn is_shortest(text: &[u8]) -> bool {
    let ([b'-', digits @ ..] | digits) = text;
    let Some(point) = digits.iter().position(|byte| *byte == b'.') else { return false };
    let (whole, part) = (&digits[..point], &digits[point + 1..]);
    let all_digits = whole.iter().chain(part).all(u8::is_ascii_digit);
    let canonical = matches!(whole, [b'0'] | [b'1'..=b'9', ..]) && matches!(part, [b'0'] | [.., b'1'..=b'9']);
    // Small numbers have an exponent in their shortest form.
    all_digits && canonical && whole.len() + part.len() <= 15 && (whole != b"0" || part.len() <= 4)
}

/// PS3.5 6.2, DS: fixed or floating point, in the characters `0-9 + - E e .`.
fn is_decimal(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'E' | b'e' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands behind the VR.
    fn json(vr: Vr, raw: &[u8]) -> String {
        json_with(vr, raw, false).0
    }

    fn json_with(vr: Vr, raw: &[u8], big_endian: bool) -> (String, Findings) {
        let mut out = Vec::new();
        let how = Reading { vr, big_endian, charset: CharacterSets::DEFAULT };
        let findings = write(&mut out, raw, how, &mut String::new()).expect("a Vec takes all");
        let text = String::from_utf8(out).expect("UTF-8");
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
        let front = format!("{{\"vr\":\"{}\"", vr.name());
        let rest = text.strip_prefix(&front).and_then(|rest| rest.strip_suffix('}')).expect("an object");
        (rest.trim_start_matches(",\"Value\":").to_owned(), findings)
    }

    #[test]
    fn decimals_are_numbers_where_they_are_legal() {
        let text = json(Vr::DS, b"+1.0E+2\\ 007\\.5\\5.\\-0\\abc\\\\nan\\1e400\\1.50 ");
        assert_eq!(text, "[100.0,7,0.5,5.0,0,\"abc\",null,\"nan\",\"1e400\",1.5]");
        assert!(json_with(Vr::DS, b"abc", false).1.bad_number);
        assert!(!json_with(Vr::DS, b"1\\\\2", false).1.bad_number);
    }

    #[test]
    fn a_plain_decimal_is_written_as_it_stands_only_where_that_is_its_shortest_form() {
        for text in [
            "0.0",
            "-0.0",
            "1.5",
            "-12.25",
            "0.0001",
            "0.0010",
            "0.00001",
            "123456789012345.5",
            "1.50",
            "01.5",
            "100.0",
            "9007199254740993.1",
            "1234567890.12345",
            "0.1234",
            "99999999999999.9",
            "5.",
            ".5",
            "1.5e3",
        ] {
            let mut slow = Vec::new();
            json::f64(&mut slow, text.parse().expect("a number")).expect("a Vec takes all");
            assert!(!is_shortest(text.as_bytes()) || slow == text.as_bytes(), "{text}");
        }
        assert!(is_shortest(b"1.5") && is_shortest(b"-0.0") && !is_shortest(b"1.50"));
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!(json(Vr::IS, b"+00012345678901234567890\\1.0\\-7\\ 8 "), "[12345678901234567890,\"1.0\",-7,8]");
    }

    #[test]
    fn padding_is_no_part_of_a_value() {
        assert_eq!(json(Vr::LO, b"  a b  "), "[\"a b\"]");
        assert_eq!(json(Vr::LT, b"  a\\b \0"), "[\"  a\\\\b\"]");
        assert_eq!(json(Vr::UC, b"  a \\ b "), "[\"  a\",\" b\"]");
        assert_eq!(json(Vr::UI, b"1.2 \0\\\\3.4\0"), "[\"1.2\",null,\"3.4\"]");
        assert_eq!(json(Vr::LO, b" \0 "), "");
        assert_eq!(json(Vr::LO, b"\\"), "[null,null]");
    }

    #[test]
    fn names_have_groups_and_no_trailing_carets() {
        assert_eq!(json(Vr::PN, b"A^B^^^"), "[{\"Alphabetic\":\"A^B\"}]");
        assert_eq!(json(Vr::PN, b"^^^^"), "");
        assert_eq!(
            json(Vr::PN, b"A\\\\B==C "),
            "[{\"Alphabetic\":\"A\"},null,{\"Alphabetic\":\"B\",\"Phonetic\":\"C\"}]"
        );
        assert!(json_with(Vr::PN, b"a=b=c=d", false).1.many_groups);
    }

    #[test]
    fn binary_numbers_of_both_orders() {
        assert_eq!(json_with(Vr::US, &[0, 1, 0, 2], true).0, "[1,2]");
        assert_eq!(json(Vr::AT, &[0x28, 0, 0x10, 0, 9]), "[\"00280010\"]");
        assert!(json_with(Vr::AT, &[0x28, 0, 0x10, 0, 9], false).1.ragged);
        assert_eq!(json(Vr::FL, &0.1f32.to_le_bytes()), "[0.1]");
        assert_eq!(json(Vr::FD, &f64::NAN.to_le_bytes()), "[\"NaN\"]");
        assert_eq!(json(Vr::SV, &(-(1i64 << 53) - 1).to_le_bytes()), "[\"-9007199254740993\"]");
        assert_eq!(json(Vr::UV, &(1u64 << 53).to_le_bytes()), "[9007199254740992]");
        assert_eq!(json_with(Vr::OW, &[1, 2, 3], true).0, ",\"InlineBinary\":\"AgED\"");
    }
}
