//! Reads JSON text that stands in pieces: skips values, decodes strings, copies nothing that is not asked for.

use super::Kind;

/// A place in JSON text in pieces. A token may straddle any number of them.
///
/// Every method gives `None` where the text ends or is no JSON in compact form; the place is then of no use.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a, I> {
    piece: &'a [u8],
    at: usize,
    before: usize,
    rest: I,
}

impl<'a, I: Iterator<Item = &'a [u8]>> Reader<'a, I> {
    pub(super) fn new(pieces: I) -> Self {
        Reader { piece: &[], at: 0, before: 0, rest: pieces }
    }

    /// How many bytes stand before this place.
    pub(super) fn offset(&self) -> usize {
        self.before + self.at
    }

    /// The next byte, which stays.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while self.at == self.piece.len() {
            let next = self.rest.next()?;
            self.before += self.piece.len();
            self.piece = next;
            self.at = 0;
        }
        Some(self.piece[self.at])
    }

    /// The next byte, which is passed.
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Passes `byte` where it stands next.
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// The bytes of this piece before the first one that stops the run, which are passed.
    fn run(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        let left = &self.piece[self.at..];
        let length = left.iter().position(|byte| stop(*byte)).unwrap_or(left.len());
        self.at += length;
        &left[..length]
    }

    /// The kind of the value that begins here.
    pub(super) fn kind(&mut self) -> Option<Kind> {
        Some(match self.peek()? {
            b'n' => Kind::Null,
            b't' | b'f' => Kind::Bool,
            b'-' | b'0'..=b'9' => Kind::Number,
            b'"' => Kind::String,
            b'[' => Kind::Array,
            b'{' => Kind::Object,
            _ => return None,
        })
    }

    /// Passes one value. Depth is a counter, so that nesting costs no stack.
    pub(super) fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0usize;
        if !matches!(self.kind()?, Kind::Array | Kind::Object | Kind::String) {
            return self.scalar(|_| ());
        }
        loop {
            match self.next()? {
                b'"' => self.string(|_| ())?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {
                    self.run(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'));
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Passes a number, `true`, `false` or `null`, in parts.
    pub(super) fn scalar(&mut self, mut part: impl FnMut(&[u8])) -> Option<()> {
        let ends = |byte| matches!(byte, b',' | b':' | b'}' | b']' | b'"' | b'{' | b'[');
        while self.peek().is_some_and(|byte| !ends(byte)) {
            part(self.run(ends));
        }
        Some(())
    }

    /// Passes `length` bytes, in parts.
    pub(super) fn take(&mut self, mut length: usize, mut part: impl FnMut(&[u8])) -> Option<()> {
        while length > 0 {
            self.peek()?;
            let left = &self.piece[self.at..];
            let now = &left[..left.len().min(length)];
            part(now);
            self.at += now.len();
            length -= now.len();
        }
        Some(())
    }

    /// Passes a string whose opening quote is passed already; gives it unescaped, in parts.
    ///
    /// A surrogate that has no partner is U+FFFD.
    pub(super) fn string(&mut self, mut part: impl FnMut(&[u8])) -> Option<()> {
        let mut high = None; // the first half of a pair
        loop {
            self.peek()?;
            let plain = self.run(|byte| matches!(byte, b'"' | b'\\'));
            if !plain.is_empty() {
                put_units(high.take(), &mut part);
                part(plain);
                continue;
            }
            if self.next()? == b'"' {
                put_units(high, &mut part);
                return Some(());
            }
            let plain = match self.next()? {
                b'u' => {
                    let unit = self.hex4()?;
                    let leads = (0xD800..0xDC00).contains(&unit);
                    let earlier = if leads { high.replace(unit) } else { high.take() };
                    put_units(earlier.into_iter().chain((!leads).then_some(unit)), &mut part);
                    continue;
                }
                b'b' => 0x08,
                b'f' => 0x0C,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                same @ (b'"' | b'\\' | b'/') => same,
                _ => return None,
            };
            put_units(high.take(), &mut part);
            part(&[plain]);
        }
    }

    fn hex4(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()?).to_digit(16)? as u16;
        }
        Some(unit)
    }
}

fn put_units(units: impl IntoIterator<Item = u16>, part: &mut impl FnMut(&[u8])) {
    for unit in char::decode_utf16(units) {
        let char = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
        part(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
