//! `mx` prints documents and records.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Folder, command, dicom, mx, mx_from, ran};
use serde_json::Value;

const NAME: &str = "/headers/dataset/00100010/Value/0/Alphabetic";

#[test]
fn a_document_a_line_in_the_order_of_the_files() {
    let folder = Folder::new("order");
    let (a, b) = (folder.file("a", &dicom("A^A ")), folder.file("b", &dicom("B^B ")));
    let ran = mx(&[&b, &a, &b]);
    let names: Vec<_> = ran.lines().iter().map(|line| line.pointer(NAME).cloned()).collect();
    assert_eq!(names, ["B^B", "A^A", "B^B"].map(|name| Some(name.into())));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn pretty_is_the_same_document() {
    let folder = Folder::new("pretty");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let (compact, pretty) = (mx(&[&file]), mx(&["--pretty", &file]));
    assert_eq!(compact.out.lines().count(), 1);
    assert!(pretty.out.starts_with("{\n  \"metaextract\": 1,\n  \"format\": \"dicom\",\n"), "{}", pretty.out);
    assert!(pretty.out.contains("\n        \"Value\": [\"CT\"]\n"), "{}", pretty.out);
    assert_eq!(serde_json::from_str::<Value>(&pretty.out).expect("JSON"), compact.lines()[0]);
    assert_eq!(mx(&["--compact", &file]).out, compact.out);
}

#[test]
fn chunks_and_thresholds_change_no_document() {
    let folder = Folder::new("thresholds");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let whole = mx(&[&file]);
    let many = ["--streaming-threshold", "0", "--chunk-size", "1", "--chunk-size", "dicom=100"];
    for ways in [&["--no-streaming"][..], &many, &["--streaming-threshold", "1GiB"]] {
        let ran = mx(&[ways, &[&file]].concat());
        assert_eq!((ran.code, &ran.out), (0, &whole.out), "{ways:?}: {}", ran.err);
    }
    // A pipe has no name, and is fed.
    let fed = mx_from(&["--no-streaming", "-"], Path::new(&file));
    assert_eq!((fed.code, fed.out.as_str()), (3, ""));
    assert!(fed.error().contains("streaming is off"), "{}", fed.err);
    if cfg!(not(feature = "reference")) {
        let refused = mx(&["--fallback", &file]);
        assert_eq!(refused.code, 2);
        assert!(refused.error().contains("fallback"), "{}", refused.err);
    }
}

#[test]
fn every_way_of_reading_gives_the_same_bytes() {
    let folder = Folder::new("ways");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let whole = mx(&[&file]);
    for io in ["auto", "read", "mmap", "push"] {
        for size in ["1", "7", "64KiB"] {
            let ran = mx(&["--io", io, "--chunk-size", size, &file]);
            assert_eq!((ran.code, &ran.out), (0, &whole.out), "{io}, {size}: {}", ran.err);
        }
    }
    assert_eq!(mx_from(&["-"], Path::new(&file)).out, whole.out);
}

#[test]
fn a_pipe_is_pushed() {
    let bytes = dicom("A^A ");
    let mut child = command(&["-"]).stdin(Stdio::piped()).spawn().expect("mx runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    bytes.chunks(100).for_each(|chunk| stdin.write_all(chunk).expect("mx reads"));
    drop(stdin);
    let ran = ran(child.wait_with_output().expect("mx ends"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.lines()[0].pointer(NAME), Some(&"A^A".into()));
    assert_eq!(ran.lines()[0].pointer("/file/size"), Some(&bytes.len().into()));
}

#[test]
fn paths_come_with_the_documents_when_asked_for() {
    let folder = Folder::new("paths");
    let file = folder.file("a \"b\"é.dcm", &dicom("A^A "));
    let plain = mx(&[&file]).lines().remove(0);
    let lines = mx(&["--with-path", &file, &file]).lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], serde_json::json!({"path": file, "document": plain}));
    let records = mx(&["--with-path", "--records", &file]).lines();
    assert!(!records.is_empty());
    for record in &records {
        assert_eq!(record["path"], file.as_str());
        assert!(record["pointer"].is_string() && record.get("value").is_some(), "{record}");
    }
}

#[test]
fn records_are_lines_and_nothing_else() {
    let folder = Folder::new("records");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let document = mx(&[&file]).lines().remove(0);
    let ran = mx(&["--records", &file]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let records = ran.lines();
    assert!(records.len() >= 4, "{}", ran.out);
    for record in &records {
        let pointer = record["pointer"].as_str().expect("a pointer");
        if !pointer.ends_with("/-") {
            assert_eq!(document.pointer(pointer), record.get("value"), "{pointer}");
        }
    }
    assert!(records.iter().any(|record| record["pointer"] == "/headers/dataset/00100010"));
}

#[test]
fn records_come_while_the_input_is_still_open() {
    let bytes = dicom("A^A ");
    let mut child = command(&["--records", "-"]).stdin(Stdio::piped()).spawn().expect("mx runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let out = child.stdout.take().expect("a pipe");
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || BufReader::new(out).lines().try_for_each(|line| send.send(line.expect("text"))));
    stdin.write_all(&bytes[..bytes.len() - 10]).expect("mx reads");
    stdin.flush().expect("mx reads");
    let line = lines.recv_timeout(Duration::from_secs(20)).expect("a record comes before the input ends");
    assert!(line.starts_with("{\"pointer\":\"/headers/file_meta/"), "{line}");
    stdin.write_all(&bytes[bytes.len() - 10..]).expect("mx reads");
    drop(stdin);
    assert!(lines.iter().any(|line| line.contains("00204000")));
    assert!(child.wait().expect("mx ends").success());
}

#[test]
fn options_change_the_document() {
    let folder = Folder::new("options");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let whole = mx(&[&file]).lines().remove(0);
    let short = mx(&["--max-value-bytes", "32", &file]).lines().remove(0);
    assert!(whole["headers"]["dataset"]["00204000"]["Value"].is_array());
    assert!(short["headers"]["dataset"]["00204000"]["BulkDataURI"].is_string(), "{short}");
    assert_eq!(short["file"]["complete"], true, "what an option leaves out is no loss");
    let forced = mx(&["--format", "fits", &file]);
    assert!(forced.code > 1 && forced.out.is_empty(), "{}", forced.err);
    forced.error();
}

#[test]
fn usage_is_a_line_a_file_on_standard_error() {
    let folder = Folder::new("usage");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let ran = mx(&["--usage", &file]);
    assert_eq!((ran.code, ran.lines().len()), (0, 1));
    let line = ran.error();
    let size = dicom("A^A ").len();
    assert!(line.starts_with(&format!("mx: {file}: {size} B of {size} B read in ")), "{line}");
    for part in [" request", " round", "; peak heap ", " ms"] {
        assert!(line.contains(part), "{line}");
    }
    assert_eq!(mx(&["--usage", &file, &file]).err.lines().count(), 2);
}
