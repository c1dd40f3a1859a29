//! `mx` reads many files at once: from lists, from folders, in order or not.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use crate::support::{Folder, command, dicom, mx, ran};
use serde_json::Value;

const NAME: &str = "/headers/dataset/00100010/Value/0/Alphabetic";

/// Two hundred files, each with a name of its own.
fn many(folder: &Folder) -> Vec<String> {
    (0..200).map(|at| folder.file(&format!("{at:03}.dcm"), &dicom(&format!("N^{at:04}")))).collect()
}

fn names(lines: &[Value], at: &str) -> Vec<String> {
    lines.iter().filter_map(|line| line.pointer(at)?.as_str().map(str::to_owned)).collect()
}

#[test]
fn threads_change_nothing() {
    let folder = Folder::new("threads");
    let mut files = many(&folder);
    files.insert(7, "/no/such/file".into());
    let run = |options: &[&str]| {
        let args: Vec<&str> = options.iter().copied().chain(files.iter().map(String::as_str)).collect();
        mx(&args)
    };
    for option in ["--compact", "--records", "--with-path", "--memory-limit=400KiB"] {
        let (one, four) = (run(&["--threads", "1", option]), run(&["--threads", "4", option]));
        assert_eq!((one.code, four.code), (3, 3));
        assert!(one.out == four.out && one.err == four.err, "{option}");
    }
    let documents = run(&["--threads", "4"]).lines();
    assert_eq!(names(&documents, NAME), (0..200).map(|at| format!("N^{at:04}")).collect::<Vec<_>>());
    let usage = run(&["--threads", "4", "--usage"]);
    assert_eq!(usage.err.lines().filter(|line| line.contains("peak heap")).count(), 200);
}

#[test]
fn unordered_results_are_the_same_ones() {
    let folder = Folder::new("unordered");
    let files = many(&folder);
    for option in ["--compact", "--records"] {
        let args: Vec<&str> = ["--with-path", option].into_iter().chain(files.iter().map(String::as_str)).collect();
        let (ordered, unordered) = (mx(&args), mx(&[&["--unordered"], &args[..]].concat()));
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!((unordered.code, sorted(&unordered.out)), (0, sorted(&ordered.out)), "{option}");
        assert_eq!(unordered.out.len(), ordered.out.len());
    }
    let ran = mx(&["--unordered", "--records", &files[0]]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "lines that nobody can tell apart");
}

#[test]
fn more_records_than_may_wait_for_their_turn() {
    let folder = Folder::new("turns");
    let mut large = dicom("L^L ");
    for number in 0..30_000u32 {
        let element = [0x21, 0x00, number as u8, (number >> 8) as u8, b'L', b'O', 4, 0, b't', b'e', b'x', b't'];
        large.extend_from_slice(&element);
    }
    let (large, small) = (folder.file("large", &large), folder.file("small", &dicom("S^S ")));
    let files = [&small, &large, &large, &small, &large].map(String::as_str);
    let run = |options: &[&'static str]| mx(&[options, &files].concat());
    let one = run(&["--records", "--threads", "1"]);
    assert!(one.out.len() > 3 * 30_000 * 40, "{} bytes", one.out.len());
    for _ in 0..5 {
        assert!(run(&["--records", "--threads", "4"]).out == one.out);
    }
    let scarce = |threads| run(&["--records", "--memory-limit", "1MiB", "--threads", threads]);
    assert!(scarce("4").out == scarce("1").out);
}

#[test]
fn a_file_that_gives_nothing_stands_in_the_output() {
    let folder = Folder::new("errors");
    let (good, odd) = (folder.file("good", &dicom("A^A ")), folder.file("odd", &[b'?'; 4000]));
    for option in ["--compact", "--records"] {
        let ran = mx(&["--with-path", option, "/no/such/file", &odd, &good]);
        let lines = ran.lines();
        assert_eq!((ran.code, ran.err.lines().count()), (3, 2));
        assert_eq!(lines[0]["path"], "/no/such/file");
        assert_eq!(lines[0].pointer("/error/code"), Some(&"io".into()));
        assert_eq!(lines[1].pointer("/error/code"), Some(&"unknown_format".into()));
        assert!(ran.err.contains(lines[1].pointer("/error/message").and_then(Value::as_str).expect("a message")));
        assert!(lines[2..].iter().all(|line| line["path"] == good.as_str() && line.get("error").is_none()));
    }
}

/// A directory, a file that can't be read, and one that was removed after it was listed: each is said, and the rest is complete.
#[test]
#[cfg(target_os = "linux")]
fn what_is_no_file_any_more_stops_nothing() {
    let folder = Folder::new("no_files");
    let (good, gone) = (folder.file("good", &dicom("A^A ")), folder.file("gone", &dicom("G^G ")));
    let directory = folder.path("directory");
    std::fs::create_dir(&directory).expect("a directory");
    let unreadable = "/proc/self/mem"; // nobody may read its beginning, not even root
    let list = folder.file("list", format!("{directory}\n{good}\n{unreadable}\n{gone}\n{good}\n").as_bytes());
    std::fs::remove_file(&gone).expect("it stood there");
    for threads in ["1", "3"] {
        let ran = mx(&["--threads", threads, "--with-path", "--files-from", &list]);
        let lines = ran.lines();
        let failed: Vec<_> = lines.iter().filter(|line| line.get("error").is_some()).collect();
        assert_eq!((ran.code, lines.len(), ran.err.lines().count()), (3, 5, 3), "{}", ran.err);
        assert_eq!(failed.iter().map(|line| &line["path"]).collect::<Vec<_>>(), [&directory, unreadable, &gone]);
        assert!(failed.iter().all(|line| line.pointer("/error/code") == Some(&"io".into())), "{failed:?}");
    }
}

/// What was done before was written, and the signal is the exit status.
#[test]
#[cfg(unix)]
fn killed_in_the_middle() {
    use std::io::BufRead;
    use std::os::unix::process::ExitStatusExt;
    let folder = Folder::new("killed");
    let file = folder.file("a", &dicom("A^A "));
    let mut child = command(&["--compact", "--files-from", "-"]).stdin(Stdio::piped()).spawn().expect("mx runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    (0..50).for_each(|_| writeln!(stdin, "{file}").expect("mx reads"));
    let out = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    let mut lines = out.lines().map(|line| line.expect("text"));
    for line in lines.by_ref().take(50) {
        let document: Value = serde_json::from_str(&line).expect("a whole document");
        assert_eq!(document.pointer(NAME), Some(&"A^A".into()));
    }
    child.kill().expect("it waits for more of the list");
    assert_eq!((child.wait().expect("it ended").signal(), lines.next()), (Some(9), None));
}

#[test]
fn files_come_from_lists() {
    let folder = Folder::new("lists");
    let (a, b) = (folder.file("a\nx", &dicom("A^A ")), folder.file("b b", &dicom("B^B ")));
    let nulls = folder.file("nulls", format!("{a}\0{b}").as_bytes());
    let ran = mx(&[&b, "--files-from", &nulls, "-0"]);
    assert_eq!(names(&ran.lines(), NAME), ["B^B", "A^A", "B^B"], "{}", ran.err);
    let lines = folder.file("lines", format!("{b}\n\n/no/such/file\n{b}\n").as_bytes());
    let ran = mx(&["--files-from", &lines]);
    assert_eq!((ran.code, names(&ran.lines(), NAME)), (3, vec!["B^B".to_owned(); 2]));
    ran.error();

    for args in [&["--files-from", "/no/such/list"][..], &["--files-from", "-", "-"], &["-0", &b]] {
        assert_eq!(mx(args).code, 2, "{args:?}");
    }
    let empty = mx(&["--files-from", "-"]);
    assert_eq!((empty.code, empty.out.as_str(), empty.err.as_str()), (0, "", ""));
}

#[test]
fn a_list_is_read_while_it_comes() {
    let folder = Folder::new("coming");
    let file = folder.file("a", &dicom("A^A "));
    let mut child = command(&["--files-from", "-"]).stdin(Stdio::piped()).spawn().expect("mx runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut out = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    for _ in 0..3 {
        writeln!(stdin, "{file}").expect("mx reads");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut out, &mut line).expect("a document before the list ends");
        assert!(line.ends_with("}\n"), "{line}");
    }
    drop(stdin);
    assert!(child.wait().expect("mx ends").success());
}

#[test]
#[cfg(unix)]
fn folders_are_walked_and_nothing_is_skipped_in_silence() {
    let folder = Folder::new("walk");
    let top = folder.path("top");
    std::fs::create_dir_all(format!("{top}/in/deep")).expect("folders");
    for at in ["a", "in/b", "in/deep/c"] {
        folder.file(&format!("top/{at}"), &dicom("A^A "));
    }
    std::os::unix::fs::symlink("deep/c", format!("{top}/in/link")).expect("a link");
    let ran = mx(&["--recursive", "--with-path", &top]);
    let paths: BTreeSet<_> = names(&ran.lines(), "/path").into_iter().collect();
    let expected = ["a", "in/b", "in/deep/c", "in/link"].map(|at| format!("{top}/{at}"));
    assert_eq!((ran.code, paths), (0, BTreeSet::from(expected)));
    for io in ["auto", "push", "mmap"] {
        let ran = mx(&["--io", io, &top]);
        assert_eq!(ran.code, 3, "a folder is no file");
        assert_eq!(ran.error(), format!("mx: {top}: this is a directory, not a file; --recursive reads what is in it"));
    }

    std::os::unix::fs::symlink("..", format!("{top}/in/loop")).expect("a link");
    std::os::unix::fs::symlink("nowhere", format!("{top}/in/gone")).expect("a link");
    assert!(std::process::Command::new("mkfifo").arg(format!("{top}/pipe")).status().expect("mkfifo").success());
    let ran = mx(&["-r", "--with-path", &top]);
    let failed: BTreeSet<_> =
        ran.lines().iter().filter(|line| line.get("error").is_some()).map(|line| line["path"].to_string()).collect();
    let expected = ["in/loop", "in/gone", "pipe"].map(|at| format!("\"{top}/{at}\""));
    assert_eq!((ran.code, failed), (3, BTreeSet::from(expected)), "{}", ran.err);
    assert_eq!((ran.err.lines().count(), ran.lines().len()), (3, 7));
}

/// The input of one file may never come: what stands before it does all the same, and it is read once.
#[test]
fn standard_input_has_its_place_among_the_files() {
    let folder = Folder::new("among");
    let (a, b) = (folder.file("a", &dicom("A^A ")), folder.file("b", &dicom("B^B ")));
    let mut child = command(&["--threads", "4", &a, "-", &b]).stdin(Stdio::piped()).spawn().expect("mx runs");
    child.stdin.take().expect("a pipe").write_all(&dicom("I^I ")).expect("mx reads");
    let ran = ran(child.wait_with_output().expect("mx ends"));
    assert_eq!((ran.code, names(&ran.lines(), NAME)), (0, ["A^A", "I^I", "B^B"].map(str::to_owned).to_vec()));
}
