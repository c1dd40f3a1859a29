//! What the tests of `mx` share: running it, and a small DICOM file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What one run of `mx` left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The lines of standard output as JSON: each must be one, and be ended.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        assert!(self.out.is_empty() || self.out.ends_with('\n'), "the last line is not ended: {}", self.out);
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Standard error, which must be one line.
    pub(crate) fn error(&self) -> &str {
        let line = self.err.strip_suffix('\n').expect("an ended line");
        assert!(line.starts_with("mx: ") && !line.contains('\n'), "{}", self.err);
        line
    }
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mx"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn mx(args: &[&str]) -> Ran {
    ran(command(args).output().expect("mx runs"))
}

/// Runs `mx` with standard input from a file.
pub(crate) fn mx_from(args: &[&str], path: &Path) -> Ran {
    ran(command(args).stdin(File::open(path).expect("a file")).output().expect("mx runs"))
}

pub(crate) fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder of one test's own, removed when the test passed.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A Part 10 file, explicit VR little endian: a modality, a patient's name, a comment.
pub(crate) fn dicom(name: &str) -> Vec<u8> {
    let mut meta = Vec::new();
    element(&mut meta, 0x0002, 0x0010, b"UI", b"1.2.840.10008.1.2.1\0");
    let mut file = vec![0; 128];
    file.extend_from_slice(b"DICM");
    element(&mut file, 0x0002, 0x0000, b"UL", &(meta.len() as u32).to_le_bytes());
    file.extend_from_slice(&meta);
    element(&mut file, 0x0008, 0x0060, b"CS", b"CT");
    element(&mut file, 0x0010, 0x0010, b"PN", name.as_bytes());
    element(&mut file, 0x0020, 0x4000, b"LT", b"A comment of sixty-two characters, so that it can be cut apart");
    file
}

pub(crate) fn element(file: &mut Vec<u8>, group: u16, number: u16, vr: &[u8; 2], value: &[u8]) {
    assert!(value.len().is_multiple_of(2), "a value has an even length");
    file.extend_from_slice(&group.to_le_bytes());
    file.extend_from_slice(&number.to_le_bytes());
    file.extend_from_slice(vr);
    file.extend_from_slice(&(value.len() as u16).to_le_bytes());
    file.extend_from_slice(value);
}
