//! Standard output: documents and records, put out in large pieces.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use metaextract::{Error, ErrorKind};

use crate::pretty::{Harmless, Pretty};

const BUFFER: usize = 64 << 10;

/// Where documents go, and in which shape.
///
/// The first failure to write is kept, and nothing is written after it.
pub(crate) struct Output {
    out: BufWriter<Box<dyn Write + Send>>,
    shape: Shape,
    failure: Option<io::Error>,
}

/// How documents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// A person sees it as it is written.
    pub(crate) terminal: bool,
    pub(crate) pretty: bool,
    pub(crate) with_path: bool,
}

impl Output {
    /// Opens standard output; `pretty` as asked for, or as suits what it is.
    pub(crate) fn stdout(pretty: Option<bool>, with_path: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Output::new(stdout(), Shape { terminal, pretty: pretty.unwrap_or(terminal), with_path })
    }

    pub(crate) fn new(out: Box<dyn Write + Send>, shape: Shape) -> Self {
        Output { out: BufWriter::with_capacity(BUFFER, out), shape, failure: None }
    }

    /// True where a person sees it as it is written.
    pub(crate) fn is_terminal(&self) -> bool {
        self.shape.terminal
    }

    /// Writes a document that comes in pieces. The reader gets it when the buffer is full, or at [`Output::flush`].
    pub(crate) fn document<'a>(&mut self, path: &Path, pieces: impl Iterator<Item = &'a [u8]>) {
        let shape = self.shape;
        self.attempt(|out| {
            let mut harmless;
            let mut pretty;
            let mut text: &mut dyn Write = out;
            if shape.terminal {
                harmless = Harmless::new(text);
                text = &mut harmless;
            }
            if shape.pretty {
                pretty = Pretty::new(text);
                text = &mut pretty;
            }
            if shape.with_path {
                write!(text, "{{\"path\":{},\"document\":", quoted(path))?;
            }
            for piece in pieces {
                text.write_all(piece)?;
            }
            if shape.with_path {
                text.write_all(b"}")?;
            }
            out.write_all(b"\n")
        });
    }

    /// Says in the output which file gave nothing, and why, where each line says which file it is of.
    pub(crate) fn failure(&mut self, path: &Path, error: &Error) {
        if !self.shape.with_path {
            return;
        }
        let offset = error.offset().map_or(String::new(), |offset| format!("\"offset\":{offset},"));
        let (code, message) = (code(error.kind()), serde_json::Value::from(error.message()));
        let line = format!("{{\"error\":{{\"code\":\"{code}\",{offset}\"message\":{message}}}}}");
        self.record(path, &line);
    }

    /// Writes a record, a line of JSON. The reader gets it when the buffer is full, at [`Output::flush`], or at once on
    /// a terminal.
    pub(crate) fn record(&mut self, path: &Path, line: &str) {
        let shape = self.shape;
        self.attempt(|out| {
            let line = line.trim_end_matches('\n');
            let mut harmless;
            let mut text: &mut dyn Write = out;
            if shape.terminal {
                harmless = Harmless::new(text);
                text = &mut harmless;
            }
            match line.strip_prefix('{') {
                Some(rest) if shape.with_path => write!(text, "{{\"path\":{},{rest}", quoted(path))?,
                _ => text.write_all(line.as_bytes())?,
            }
            text.write_all(b"\n")
        });
        if shape.terminal {
            self.flush();
        }
    }

    /// Writes CDL that comes in pieces, as it is but for what could steer a terminal.
    pub(crate) fn cdl<'a>(&mut self, mut pieces: impl Iterator<Item = &'a [u8]>) {
        let terminal = self.shape.terminal;
        self.attempt(|out| match terminal {
            true => {
                let mut harmless = Harmless::cdl(out);
                pieces.try_for_each(|piece| harmless.write_all(piece))
            }
            false => pieces.try_for_each(|piece| out.write_all(piece)),
        });
    }

    /// Writes bytes as they are.
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.attempt(|out| out.write_all(text));
        self.flush();
    }

    /// Lets the reader have what was written.
    pub(crate) fn flush(&mut self) {
        self.attempt(|out| out.flush());
    }

    /// True once writing has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Why writing failed, if it did.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<Box<dyn Write + Send>>) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = write(&mut self.out).err();
        }
    }
}

/// Opens standard output without the standard library's line buffer.
fn stdout() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    if let Ok(own) = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned() {
        return Box::new(File::from(own));
    }
    Box::new(io::stdout())
}

/// A kind of failure as programs read it.
fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnknownFormat => "unknown_format",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Malformed => "malformed",
        ErrorKind::Limit => "limit",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Io => "io",
        _ => "error",
    }
}

/// A path as a JSON string. Where it is not UTF-8, as names in documents: an undecodable byte is `%XX`, `%` is `%25`.
fn quoted(path: &Path) -> String {
    let name = match path.to_str() {
        Some(name) => name.to_owned(),
        None => {
            let mut name = String::new();
            for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
                name += &chunk.valid().replace('%', "%25");
                chunk.invalid().iter().for_each(|byte| name += &format!("%{byte:02X}"));
            }
            name
        }
    };
    serde_json::Value::String(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a lock").extend_from_slice(data);
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(terminal: bool, pretty: bool, with_path: bool, write: impl FnOnce(&mut Output)) -> String {
        let shared = Shared::default();
        let mut output = Output::new(Box::new(shared.clone()), Shape { terminal, pretty, with_path });
        write(&mut output);
        output.flush();
        assert!(!output.has_failed());
        let bytes = shared.0.lock().expect("a lock").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn document(output: &mut Output) {
        output.document(Path::new("a \"b\".dcm"), [&b"{\"a\":[\"\xc2"[..], b"\x9b\"]}"].into_iter());
    }

    #[test]
    fn a_document_is_one_line_in_a_pipe() {
        assert_eq!(written(false, false, false, document), "{\"a\":[\"\u{9b}\"]}\n");
        assert_eq!(
            written(false, false, true, document),
            "{\"path\":\"a \\\"b\\\".dcm\",\"document\":{\"a\":[\"\u{9b}\"]}}\n"
        );
    }

    #[test]
    fn a_document_is_indented_and_harmless_on_a_terminal() {
        assert_eq!(written(true, true, false, document), "{\n  \"a\": [\"\\u009b\"]\n}\n");
        assert_eq!(written(true, false, false, document), "{\"a\":[\"\\u009b\"]}\n");
        let wrapped = written(true, true, true, document);
        assert!(wrapped.ends_with("  \"document\": {\n    \"a\": [\"\\u009b\"]\n  }\n}\n"), "{wrapped}");
    }

    #[test]
    fn cdl_is_harmless_on_a_terminal_only() {
        let cdl = |output: &mut Output| output.cdl([&b"a\t\"\x1b[\xc2"[..], b"\x9b\xc2\xb5\x7f\"\n"].into_iter());
        assert_eq!(written(false, false, false, cdl), "a\t\"\x1b[\u{9b}\u{b5}\x7f\"\n");
        assert_eq!(written(true, true, false, cdl), "a\t\"\\033[\\302\\233\u{b5}\\177\"\n");
    }

    #[test]
    fn a_record_is_a_line_with_or_without_its_path() {
        let record = |output: &mut Output| output.record(Path::new("f"), "{\"pointer\":\"/a\",\"value\":1}");
        assert_eq!(written(false, false, false, record), "{\"pointer\":\"/a\",\"value\":1}\n");
        assert_eq!(written(true, true, true, record), "{\"path\":\"f\",\"pointer\":\"/a\",\"value\":1}\n");
    }

    #[test]
    fn a_failure_stands_in_the_output_where_lines_have_paths() {
        let error = Error::new(ErrorKind::Malformed, "a \"superblock\"").at(12);
        let fail = |output: &mut Output| output.failure(Path::new("f"), &error);
        assert_eq!(written(false, false, false, fail), "");
        let line =
            "{\"path\":\"f\",\"error\":{\"code\":\"malformed\",\"offset\":12,\"message\":\"a \\\"superblock\\\"\"}}\n";
        assert_eq!(written(false, false, true, fail), line);
    }

    #[test]
    #[cfg(unix)]
    fn paths_that_are_not_utf8_stay_apart() {
        use std::os::unix::ffi::OsStrExt;
        let path = |bytes| quoted(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        assert_eq!(path(b"100%.dcm"), "\"100%.dcm\"");
        assert_eq!(path(b"100%\xff.dcm"), "\"100%25%FF.dcm\"");
        assert_eq!(path(b"a\nb"), "\"a\\nb\"");
    }

    #[test]
    fn nothing_is_written_after_a_failure() {
        struct Full(Shared);
        impl Write for Full {
            fn write(&mut self, data: &[u8]) -> io::Result<usize> {
                self.0.write_all(data)?;
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let shared = Shared::default();
        let shape = Shape { terminal: false, pretty: false, with_path: false };
        let mut output = Output::new(Box::new(Full(shared.clone())), shape);
        output.text(b"one");
        output.text(b"two");
        assert_eq!(output.take_failure().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
        assert_eq!(shared.0.lock().expect("a lock").as_slice(), b"one");
    }
}
