//! One card image: 80 bytes with a keyword, perhaps a value, perhaps a comment (FITS standard 4.0, section 4).

use std::borrow::Cow;
use std::io::{self, Write};

use crate::document::json;
use crate::document::warnings::Code;

/// The length of a card.
pub(crate) const CARD: usize = 80;
/// The length of a keyword's field.
pub(crate) const KEYWORD: usize = 8;

/// What a card says; its text is that of the image where it can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// No value between the value indicator and the comment.
    Undefined,
    Bool(bool),
    Number(Number),
    /// Apart, since it is rare and twice as large as all others.
    Complex(Box<[Number; 2]>),
    Text(Cow<'a, str>),
    /// The text of a value field that is no value.
    Raw(Cow<'a, str>),
}

/// A number that JSON can show.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    /// An integer beyond 64 bits: a sign where it is negative, then digits without leading zeros.
    Big(Box<str>),
    /// Finite.
    Float(f64),
}

/// One card, or several that CONTINUE joins.
#[derive(Debug, PartialEq)]
pub(crate) struct Card<'a> {
    pub(crate) keyword: Cow<'a, str>,
    pub(crate) value: Value<'a>,
    pub(crate) comment: Cow<'a, str>,
    /// The value is free text behind the keyword.
    pub(crate) commentary: bool,
    /// The string ends in an ampersand: a CONTINUE card may follow (4.2.1.2).
    pub(crate) open: bool,
    /// What is odd about it.
    pub(crate) odd: Vec<(Code, &'static str)>,
}

impl Number {
    pub(crate) fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self {
            Number::Integer(value) => json::integer(out, *value),
            Number::Big(text) => out.write_all(text.as_bytes()),
            Number::Float(value) => json::f64(out, *value),
        }
    }
}

impl Value<'_> {
    /// Writes the value as JSON.
    pub(crate) fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self {
            Value::Undefined => out.write_all(b"null"),
            Value::Bool(true) => out.write_all(b"true"),
            Value::Bool(false) => out.write_all(b"false"),
            Value::Number(number) => number.write(out),
            Value::Complex(pair) => {
                let [re, im] = &**pair;
                out.write_all(b"[")?;
                re.write(out)?;
                out.write_all(b",")?;
                im.write(out)?;
                out.write_all(b"]")
            }
            Value::Text(text) | Value::Raw(text) => json::string(out, text),
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_integer(&self) -> Option<i64> {
        if let Value::Number(Number::Integer(value)) = self { Some(*value) } else { None }
    }

    /// The value by itself, without the image.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Value::Undefined => Value::Undefined,
            Value::Bool(value) => Value::Bool(value),
            Value::Number(number) => Value::Number(number),
            Value::Complex(pair) => Value::Complex(pair),
            Value::Text(text) => Value::Text(owned(text)),
            Value::Raw(text) => Value::Raw(owned(text)),
        }
    }
}

impl<'a> Card<'a> {
    /// Reads a card image.
    pub(crate) fn parse(image: &'a [u8]) -> Card<'a> {
        let mut odd = Vec::new();
        if !is_printable(image) {
            odd.push((Code::NonAscii, "the card has bytes that are no printable ASCII"));
        }
        let field = trimmed(image.get(..KEYWORD).unwrap_or(image));
        let indicator = image.get(KEYWORD..KEYWORD + 2) == Some(b"= ");
        let commentary = matches!(field, b"" | b"COMMENT" | b"HISTORY");
        let (keyword, value) = if indicator && !commentary {
            (name(field), image.get(KEYWORD + 2..).unwrap_or(&[]))
        } else if let Some((name, value)) = hierarch(image) {
            (name, value)
        } else {
            if field == b"HIERARCH" && trimmed(image.get(KEYWORD..).unwrap_or(&[])).starts_with(b"=") {
                odd.push((
                    Code::BadCard,
                    "no keyword stands between HIERARCH and the equals sign: the card is commentary",
                ));
            } else if !commentary && image.iter().take(KEYWORD + 1).any(|byte| *byte == b'=') {
                let message = "the equals sign is not in column 9 with a blank behind it: the card is commentary";
                odd.push((Code::BadCard, message));
            }
            let value = Value::Text(text(trimmed_end(image.get(KEYWORD..).unwrap_or(&[]))));
            return Card { keyword: name(field), value, comment: "".into(), commentary: true, open: false, odd };
        };
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if indicator && !(field.iter().all(|byte| plain(*byte)) && image.first() != Some(&b' ')) {
            odd.push((Code::BadKeyword, "the keyword has characters that the standard does not allow there"));
        }
        let (value, comment, open, bad) = value_in(value);
        odd.extend(bad.map(|message| (Code::BadCard, message)));
        Card { keyword, value, comment, commentary: false, open, odd }
    }

    /// The card by itself, without the image.
    pub(crate) fn into_owned(self) -> Card<'static> {
        let Card { keyword, value, comment, commentary, open, odd } = self;
        let (keyword, value, comment) = (owned(keyword), value.into_owned(), owned(comment));
        Card { keyword, value, comment, commentary, open, odd }
    }

    /// Takes in a CONTINUE card that stands behind an open string; false: it continues nothing.
    pub(crate) fn join(&mut self, image: &[u8]) -> bool {
        let field = image.get(KEYWORD..).unwrap_or(&[]);
        if !self.open || !image.starts_with(b"CONTINUE") || field.starts_with(b"= ") {
            return false;
        }
        let (Value::Text(whole), (Value::Text(piece), comment, open, None)) = (&mut self.value, value_in(field)) else {
            return false;
        };
        let said = (Code::NonAscii, "a CONTINUE card has bytes that are no printable ASCII");
        if !is_printable(image) && !self.odd.contains(&said) {
            self.odd.push(said);
        }
        let whole = whole.to_mut();
        whole.pop();
        whole.push_str(&piece);
        if !open {
            // Blanks before an ampersand are part of the string, but not where nothing follows them.
            whole.truncate(whole.trim_end_matches(' ').len());
        }
        if !comment.is_empty() && !self.comment.is_empty() {
            self.comment.to_mut().push(' ');
        }
        self.comment.to_mut().push_str(&comment);
        self.open = open;
        true
    }

    /// Drops what was joined so far, which is too long to be kept; more can be joined.
    pub(crate) fn forget(&mut self) {
        self.value = Value::Text(if self.open { "&" } else { "" }.into());
        self.comment = "".into();
    }

    /// Bytes of the text that is kept of it.
    pub(crate) fn kept(&self) -> usize {
        let number = |number: &Number| if let Number::Big(text) = number { text.len() } else { 0 };
        self.keyword.len()
            + match &self.value {
                Value::Text(text) | Value::Raw(text) => text.len(),
                Value::Number(one) => number(one),
                Value::Complex(pair) => size_of_val(&**pair) + pair.iter().map(number).sum::<usize>(),
                Value::Undefined | Value::Bool(_) => 0,
            }
    }
}

/// A text of its own.
fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// Keyword and value field of a HIERARCH card: what stands before and behind its first equals sign.
fn hierarch(image: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let rest = image.strip_prefix(b"HIERARCH ")?;
    let equals = rest.iter().position(|byte| *byte == b'=')?;
    let words = name(trimmed(&rest[..equals]));
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    if words.is_empty() {
        return None;
    }
    Some((words.join(" ").into(), &rest[equals + 1..]))
}

/// Value, comment, whether the string is open, and what is wrong with the field.
type Field<'a> = (Value<'a>, Cow<'a, str>, bool, Option<&'static str>);

/// What stands in these bytes. They become text in one go, since all that divides a field is ASCII.
fn value_in(field: &[u8]) -> Field<'_> {
    match text(trimmed(field)) {
        Cow::Borrowed(field) => value_field(field),
        Cow::Owned(field) => {
            let (value, comment, open, bad) = value_field(&field);
            (value.into_owned(), owned(comment), open, bad)
        }
    }
}

/// The parts of a value field without blanks around it (4.2).
fn value_field(field: &str) -> Field<'_> {
    if !field.starts_with('\'') {
        let (raw, rest) = field.split_at(field.bytes().position(|byte| byte == b'/').unwrap_or(field.len()));
        let raw = trim_end(raw);
        return match scalar(raw) {
            Ok(value) => (value, comment(rest), false, None),
            Err(message) => (Value::Raw(raw.into()), comment(rest), false, Some(message)),
        };
    }
    match quoted(field) {
        Some((value, rest)) => {
            let open = value.ends_with('&');
            (Value::Text(value), comment(rest), open, None)
        }
        // As astropy and cfitsio read it.
        None if field.len() > 1 && field.ends_with('\'') => {
            let value = trim_end(&field[1..field.len() - 1]).replace("''", "'");
            let message = "a quote in the string is not doubled, or the last one is";
            (Value::Text(value.into()), "".into(), false, Some(message))
        }
        None => {
            let message = "a string's closing quote is missing, or not followed by a comment";
            (Value::Raw(field.into()), "".into(), false, Some(message))
        }
    }
}

/// The string at the front of a field, quotes undone and without trailing blanks, and what follows it.
fn quoted(field: &str) -> Option<(Cow<'_, str>, &str)> {
    let quote = |from: usize| Some(from + field.as_bytes().get(from..)?.iter().position(|byte| *byte == b'\'')?);
    let mut end = quote(1)?;
    let mut value = Cow::Borrowed(&field[1..end]);
    while field.as_bytes().get(end + 1) == Some(&b'\'') {
        let next = quote(end + 2)?;
        value.to_mut().push_str(&field[end + 1..next]);
        end = next;
    }
    let rest = trim_start(&field[end + 1..]);
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    match &mut value {
        Cow::Borrowed(value) => *value = trim_end(value),
        Cow::Owned(value) => value.truncate(trim_end(value).len()),
    }
    Some((value, rest))
}

/// The comment at the end of a field, which begins with its slash.
fn comment(rest: &str) -> Cow<'_, str> {
    rest.strip_prefix('/').map(trim_start).unwrap_or_default().into()
}

fn scalar(raw: &str) -> Result<Value<'static>, &'static str> {
    match raw {
        "" => return Ok(Value::Undefined),
        "T" => return Ok(Value::Bool(true)),
        "F" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if let Some(pair) = raw.strip_prefix('(').and_then(|raw| raw.strip_suffix(')')) {
        let (re, im) = pair.split_once(',').ok_or("the value is no complex number")?;
        let pair = [number(re.trim_matches(' '))?, number(im.trim_matches(' '))?];
        return Ok(Value::Complex(Box::new(pair)));
    }
    number(raw).map(Value::Number)
}

/// An integer of any size, or a float with an exponent by E or D (4.2.3, 4.2.4).
fn number(raw: &str) -> Result<Number, &'static str> {
    const NONE: &str = "the value is of none of the standard's types; its text is shown";
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (negative, mantissa) = match raw.as_bytes().first() {
        Some(b'-') => (true, &raw[1..]),
        Some(b'+') => (false, &raw[1..]),
        _ => (false, raw),
    };
    let whole = digits(mantissa);
    let mut rest = &mantissa[whole..];
    if rest.is_empty() && whole > 0 {
        if let Ok(value) = raw.parse() {
            return Ok(Number::Integer(value));
        }
        let value = mantissa.trim_start_matches('0');
        return Ok(Number::Big(if negative { format!("-{value}").into() } else { value.into() }));
    }
    let mut fraction = 0;
    if let Some(behind) = rest.strip_prefix('.') {
        fraction = digits(behind);
        rest = &behind[fraction..];
    }
    if let Some(exponent) = rest.strip_prefix(['E', 'e', 'D', 'd']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        rest = if exponent.is_empty() { NONE } else { &exponent[digits(exponent)..] };
    }
    if whole + fraction == 0 || !rest.is_empty() {
        return Err(NONE);
    }
    let plain = match raw.contains(['D', 'd']) {
        true => raw.replace(['D', 'd'], "E").into(),
        false => Cow::Borrowed(raw),
    };
    match plain.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Number::Float(value)),
        Ok(_) => Err("the number is beyond the range of a double; its text is shown"),
        Err(_) => Err(NONE),
    }
}

/// Bytes as text; what is no UTF-8 is U+FFFD.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// True if all are printable ASCII, as the standard wants it (3.3.1).
pub(crate) fn is_printable(bytes: &[u8]) -> bool {
    // without a branch for each byte: most are looked at, and most are right
    bytes.iter().fold(true, |right, byte| right & (0x20..0x7F).contains(byte))
}

/// True if all are blanks.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|chunk| chunk.iter().fold(true, |right, byte| right & (*byte == b' ')))
}

/// A keyword: a byte that is no UTF-8 is `%XX`, and beside such a one `%` is `%25`, so that no two names fall together.
fn name(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut name = String::new();
    for chunk in bytes.utf8_chunks() {
        name.push_str(&chunk.valid().replace('%', "%25"));
        chunk.invalid().iter().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
    }
    name.into()
}

/// How many blanks there are at the end. They are counted by eights: most of a card is blanks.
fn trailing_blanks(bytes: &[u8]) -> usize {
    const BLANKS: u64 = u64::from_ne_bytes(*b"        ");
    let mut rest = bytes;
    while let Some((front, last)) = rest.split_last_chunk() {
        let blanks = (u64::from_le_bytes(*last) ^ BLANKS).leading_zeros() as usize / 8;
        if blanks < 8 {
            return bytes.len() - rest.len() + blanks;
        }
        rest = front;
    }
    bytes.len() - rest.len() + rest.iter().rev().take_while(|byte| **byte == b' ').count()
}

fn trimmed_end(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - trailing_blanks(bytes)]
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let Some((b"        ", rest)) = bytes.split_first_chunk() {
        bytes = rest;
    }
    while let [b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    trimmed_end(bytes)
}

fn trim_end(text: &str) -> &str {
    &text[..text.len() - trailing_blanks(text.as_bytes())]
}

fn trim_start(text: &str) -> &str {
    &text[text.bytes().take_while(|byte| *byte == b' ').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(image: &str) -> Card<'static> {
        Card::parse(format!("{image:<80}").as_bytes()).into_owned()
    }

    /// `[keyword, value, comment]` as JSON.
    fn shown(card: &Card) -> String {
        let mut value = Vec::new();
        card.value.write(&mut value).expect("a Vec takes all");
        format!("{} {} {}", card.keyword, String::from_utf8_lossy(&value), card.comment)
    }

    #[test]
    fn values_of_every_type() {
        for (image, want) in [
            ("SIMPLE  =                    T / ok", "SIMPLE true ok"),
            ("A       = F", "A false "),
            ("N       =           -0012345678901234567890123", "N -12345678901234567890123 "),
            ("N       = +0", "N 0 "),
            ("X       = 1.5D3/c", "X 1500.0 c"),
            ("X       = -.5e-1", "X -0.05 "),
            ("X       = 1.", "X 1.0 "),
            ("C       = (1.0, -2) / z", "C [1.0,-2] z"),
            ("U       =                      / undefined", "U null undefined"),
            ("U       =", "U null "),
            ("S       = 'O''Brien  ' / who", "S \"O'Brien\" who"),
            ("S       = '  lead / slash'", "S \"  lead / slash\" "),
            ("S       = ''", "S \"\" "),
            ("S       = '   '", "S \"\" "),
            ("HIERARCH ESO  TEL NAME= 'VLT'/c", "ESO TEL NAME \"VLT\" c"),
        ] {
            let card = card(image);
            assert_eq!(shown(&card), want, "{image}");
            assert!(card.odd.is_empty() && !card.commentary, "{image}");
        }
    }

    #[test]
    fn what_is_no_value_is_its_text() {
        for (image, want) in [
            ("X       = 5 6 / c", "X \"5 6\" c"),
            ("X       = NaN", "X \"NaN\" "),
            ("X       = 1D", "X \"1D\" "),
            ("X       = .", "X \".\" "),
            ("X       = 0x10", "X \"0x10\" "),
            ("X       = t", "X \"t\" "),
            ("X       = 1E400 / huge", "X \"1E400\" huge"),
            ("X       = (1,2", "X \"(1,2\" "),
            ("X       = 'open / c", "X \"'open / c\" "),
            ("X       = 'a' b", "X \"'a' b\" "),
            ("X       = 'a ''b''", "X \"a 'b'\" "),
            ("X       = '", "X \"'\" "),
        ] {
            let card = card(image);
            assert_eq!(shown(&card), want, "{image}");
            assert_eq!(card.odd.first().map(|odd| odd.0), Some(Code::BadCard), "{image}");
        }
    }

    #[test]
    fn commentary_is_every_card_without_a_value_indicator() {
        for (image, want) in [
            ("COMMENT = 'x'", "COMMENT \"= 'x'\" "),
            ("          = 5", " \"  = 5\" "),
            ("KEY     text", "KEY \"text\" "),
            ("HIERARCH no equals", "HIERARCH \" no equals\" "),
        ] {
            let card = card(image);
            assert_eq!(shown(&card), want, "{image}");
            assert!(card.commentary && card.odd.is_empty(), "{image}");
        }
        for image in ["KEY     =5", "KEY  =5", "KEY = 5", "HISTORY= 5"] {
            let card = card(image);
            assert!(card.commentary && card.odd[0].0 == Code::BadCard, "{image}");
        }
    }

    #[test]
    fn continue_joins_pieces_and_comments() {
        let mut joined = card("S       = 'x''&' / c1");
        assert!(joined.open);
        assert!(joined.join(b"CONTINUE  '''y&  ' / c2"));
        assert!(joined.join(b"CONTINUE  '  z  '"));
        assert_eq!(shown(&joined), "S \"x''y  z\" c1 c2");
        assert!(!joined.join(b"CONTINUE  'more'"), "the last piece had no ampersand");
        let mut blank = card("S       = 'x y &'");
        assert!(blank.join(b"CONTINUE  ' ' / a comment that needs a card of its own"));
        assert_eq!(shown(&blank), "S \"x y\" a comment that needs a card of its own");
        let mut literal = card("S       = 'amp&'");
        assert!(!literal.join(b"CONTINUE  no string"));
        assert_eq!(shown(&literal), "S \"amp&\" ");
    }

    #[test]
    fn many_odd_pieces_are_said_once() {
        let mut joined = card("S       = '&'");
        for _ in 0..100 {
            assert!(joined.join(b"CONTINUE  '\x01&'"));
        }
        assert_eq!(joined.odd.len(), 1);
    }

    #[test]
    fn a_hierarch_card_without_a_keyword_is_commentary() {
        for image in ["HIERARCH  = 5", "HIERARCH =5"] {
            let card = card(image);
            assert!(card.commentary && card.odd[0].0 == Code::BadCard, "{image}");
            assert_eq!(&*card.keyword, "HIERARCH");
        }
    }

    #[test]
    fn odd_bytes_and_keywords_are_said() {
        let code = |image: &[u8]| Card::parse(image).odd.first().map(|odd| odd.0);
        assert_eq!(code(b"lower   = 1"), Some(Code::BadKeyword));
        assert_eq!(code(b"A.B     = 1"), Some(Code::BadKeyword));
        assert_eq!(code(b"S       = '\xE9'"), Some(Code::NonAscii));
        assert_eq!(code(b"S       = 'a\0b'"), Some(Code::NonAscii));
        assert_eq!(&*Card::parse(b"C%F\xE9    = 1").keyword, "C%25F%E9");
        assert_eq!(&*Card::parse(b"C%F\xE9    text").keyword, "C%25F%E9", "commentary too");
    }
}
