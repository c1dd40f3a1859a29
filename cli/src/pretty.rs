//! JSON on its way to a person: indented, and harmless to a terminal.
//!
//! Both are writers around a writer: the text passes through in the pieces in which it comes, and nothing is kept but
//! one byte for each level of nesting.

use std::io::{self, Write};

/// Indents JSON by two spaces a level; an array that begins with a scalar stays on one line.
#[derive(Debug)]
pub(crate) struct Pretty<W> {
    out: W,
    open: Vec<Layout>,
    state: State,
    /// The innermost container was opened, and nothing has been written in it.
    fresh: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Lines,
    OneLine,
    /// An array: what comes first in it decides.
    Undecided,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    String,
    Escape,
}

impl<W: Write> Pretty<W> {
    pub(crate) fn new(out: W) -> Self {
        Pretty { out, open: Vec::new(), state: State::Outside, fresh: false }
    }

    /// Writes what belongs to a string, and returns how many bytes that is.
    fn string(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut end = 0;
        while end < text.len() && self.state != State::Outside {
            self.state = match (self.state, text[end]) {
                (State::String, b'\\') => State::Escape,
                (State::String, b'"') => State::Outside,
                _ => State::String,
            };
            end += 1;
        }
        self.out.write_all(&text[..end])?;
        Ok(end)
    }

    /// Writes one structural byte or one run of a number or word, and returns how many bytes that is.
    fn outside(&mut self, text: &[u8]) -> io::Result<usize> {
        match text[0] {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' => {
                self.begin(false)?;
                self.state = State::String;
                self.out.write_all(b"\"")?;
            }
            byte @ (b'{' | b'[') => {
                self.begin(true)?;
                self.out.write_all(&[byte])?;
                self.open.push(match (self.open.last(), byte) {
                    (Some(Layout::OneLine), _) => Layout::OneLine,
                    (_, b'[') => Layout::Undecided,
                    _ => Layout::Lines,
                });
                self.fresh = true;
            }
            byte @ (b'}' | b']') => {
                let layout = self.open.pop();
                if !std::mem::take(&mut self.fresh) && layout == Some(Layout::Lines) {
                    self.line()?;
                }
                self.out.write_all(&[byte])?;
            }
            b',' => {
                self.out.write_all(b",")?;
                match self.open.last() {
                    Some(Layout::Lines) => self.line()?,
                    _ => self.out.write_all(b" ")?,
                }
            }
            b':' => self.out.write_all(b": ")?,
            _ => {
                self.begin(false)?;
                let end = text.iter().position(|byte| b",:{}[]\" \t\r\n".contains(byte)).unwrap_or(text.len());
                self.out.write_all(&text[..end])?;
                return Ok(end);
            }
        }
        Ok(1)
    }

    /// Comes before each key and value: the first one in a container may start a line.
    fn begin(&mut self, container: bool) -> io::Result<()> {
        if !std::mem::take(&mut self.fresh) {
            return Ok(());
        }
        match self.open.last_mut() {
            Some(layout @ Layout::Undecided) if !container => *layout = Layout::OneLine,
            Some(layout @ Layout::Undecided) => *layout = Layout::Lines,
            _ => {}
        }
        if self.open.last() == Some(&Layout::Lines) { self.line() } else { Ok(()) }
    }

    fn line(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        self.open.iter().try_for_each(|_| self.out.write_all(b"  "))
    }
}

impl<W: Write> Write for Pretty<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut at = 0;
        while at < text.len() {
            at += match self.state {
                State::Outside => self.outside(&text[at..])?,
                _ => self.string(&text[at..])?,
            };
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the controls that JSON lets stand in strings, DEL and U+0080 to U+009F, as `\u00XX`: some terminals obey them.
/// In CDL all controls but tabs and line ends are written as it writes bytes, `\OOO`.
#[derive(Debug)]
pub(crate) struct Harmless<W> {
    out: W,
    cdl: bool,
    /// The last byte was C2, the first half of U+0080 to U+00BF, and was not written.
    held: bool,
}

impl<W: Write> Harmless<W> {
    pub(crate) fn new(out: W) -> Self {
        Harmless { out, cdl: false, held: false }
    }

    pub(crate) fn cdl(out: W) -> Self {
        Harmless { out, cdl: true, held: false }
    }

    fn is_control(&self, byte: u8) -> bool {
        byte == 0x7F || self.cdl && byte < b' ' && !matches!(byte, b'\t' | b'\n')
    }

    fn escape(&mut self, byte: u8) -> io::Result<()> {
        match (self.cdl, byte) {
            (false, _) => write!(self.out, "\\u00{byte:02x}"),
            (true, 0x80..) => write!(self.out, "\\302\\{byte:03o}"),
            (true, _) => write!(self.out, "\\{byte:03o}"),
        }
    }
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut rest = text;
        while let Some(first) = rest.first() {
            match (std::mem::take(&mut self.held), *first) {
                (true, byte @ 0x80..=0x9F) => self.escape(byte)?,
                (false, byte) if self.is_control(byte) => self.escape(byte)?,
                (true, byte) => self.out.write_all(&[0xC2, byte])?,
                (false, 0xC2) => self.held = true,
                (false, _) => {
                    let end = rest.iter().position(|byte| *byte == 0xC2 || self.is_control(*byte));
                    let end = end.unwrap_or(rest.len());
                    self.out.write_all(&rest[..end])?;
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[1..];
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(text: &str, piece: usize) -> String {
        let mut out = Vec::new();
        let mut writer = Pretty::new(&mut out);
        text.as_bytes().chunks(piece).for_each(|piece| writer.write_all(piece).expect("room"));
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn objects_stand_in_lines_and_scalars_in_one() {
        let text =
            r#"{"a":1,"b":{},"c":[],"d":[1,2.5,"x"],"e":{"f":[null,{"g":[1,{}]}]},"h":[[1,2],[3,4]],"i":[{"j":true}]}"#;
        let want = r#"{
  "a": 1,
  "b": {},
  "c": [],
  "d": [1, 2.5, "x"],
  "e": {
    "f": [null, {"g": [1, {}]}]
  },
  "h": [
    [1, 2],
    [3, 4]
  ],
  "i": [
    {
      "j": true
    }
  ]
}"#;
        assert_eq!(pretty(text, text.len()), want);
        assert_eq!(pretty(want, want.len()), want, "what is pretty stays as it is");
    }

    #[test]
    fn pieces_and_strings_change_nothing() {
        let text = r#"{"{\"[,:]\\":"\\\"}","é\u0022":[-1.5e+10,true,"a, b: c"],"":[[[]],[{}]],"x":[{},7]}"#;
        let whole = pretty(text, text.len());
        for piece in 1..text.len() {
            assert_eq!(pretty(text, piece), whole, "pieces of {piece}");
        }
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&whole), value(text));
    }

    #[test]
    fn what_is_no_json_does_not_panic() {
        for text in ["}}]],,::", "[", "\"", "{]", "\u{0}\u{1}", "]\"\\"] {
            pretty(text, 1);
        }
    }

    #[test]
    fn terminal_controls_are_escaped() {
        let text = "{\"a\u{7f}\":\"\u{9b}31m \u{a0}é\u{80}Â\u{c2}x\"}";
        let want = "{\"a\\u007f\":\"\\u009b31m \u{a0}é\\u0080ÂÂx\"}";
        for piece in 1..=text.len() {
            let mut out = Vec::new();
            let mut writer = Harmless::new(&mut out);
            text.as_bytes().chunks(piece).for_each(|piece| writer.write_all(piece).expect("room"));
            assert_eq!(String::from_utf8(out).expect("UTF-8"), want, "pieces of {piece}");
        }
    }
}
