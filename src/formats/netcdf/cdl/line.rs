//! Where a line of CDL is broken: enumerations and values of user types are put out in pieces that stay whole.

use std::io::{self, Write};

/// A piece that would pass this column stands on a line of its own.
const WIDTH: usize = 78;
const CONTINUED: &str = "    ";

/// Text with the indent of the group it is in, and the column as ncdump counts it: only pieces count, and from one
/// structure to the next the column stays.
pub(super) struct Lines<'a> {
    pub(super) out: &'a mut dyn Write,
    indent: usize,
    column: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Lines { out, indent: 0, column: 0 }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        write!(self.out, "{:1$}", "", self.indent)
    }

    pub(super) fn indent_more(&mut self) {
        self.indent += 2;
    }

    pub(super) fn indent_less(&mut self) {
        self.indent -= 2;
    }

    /// Puts a piece, on a new line where this one is too short for it. `text` is called twice: once to be measured.
    pub(super) fn piece(&mut self, text: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut measured = Measure::default();
        text(&mut measured)?;
        if measured.length + self.column > WIDTH && measured.length > 2 {
            self.out.write_all(b"\n")?;
            self.begin()?;
            self.out.write_all(CONTINUED.as_bytes())?;
            self.column = CONTINUED.len() + self.indent;
        }
        text(self.out)?;
        self.column = if measured.ends_line { self.indent } else { self.column + measured.length };
        Ok(())
    }
}

/// How long a text is. Nothing of it is kept, however long it is.
#[derive(Default)]
struct Measure {
    length: usize,
    ends_line: bool,
}

impl Write for Measure {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.length = self.length.saturating_add(text.len());
        self.ends_line = text.last().map_or(self.ends_line, |last| *last == b'\n');
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
