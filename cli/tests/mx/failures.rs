//! `mx` says in one line what went wrong, goes on with the next file, and ends with a code that tells.

use crate::support::{Folder, command, dicom, element, mx, ran};
use std::io::Read;

#[test]
fn files_after_a_failing_one_are_still_done() {
    let folder = Folder::new("after");
    let (good, odd) = (folder.file("good.dcm", &dicom("A^A ")), folder.file("odd.txt", &[b'?'; 5000]));
    let ran = mx(&["/no/such/file", &odd, &good]);
    assert_eq!((ran.code, ran.lines().len()), (3, 1));
    let errors: Vec<_> = ran.err.lines().collect();
    assert_eq!(errors.len(), 2, "{}", ran.err);
    assert!(errors[0].starts_with("mx: /no/such/file: "), "{}", errors[0]);
    assert!(errors[1].starts_with(&format!("mx: {odd}: ")), "{}", errors[1]);
}

#[test]
fn what_gives_nothing_is_one_line() {
    let folder = Folder::new("nothing");
    let here = env!("CARGO_TARGET_TMPDIR");
    let (empty, odd) = (folder.file("empty", b""), folder.file("odd\n\u{1b}[31m", b"odd"));
    for file in ["/no/such/file", here, &empty, &odd] {
        let auto = mx(&[file]);
        for io in ["auto", "read", "mmap", "push"] {
            let ran = mx(&["--io", io, file]);
            assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{file:?} by {io}: {}", ran.err);
            assert!(!ran.error().contains('\u{1b}'));
            assert_eq!(ran.err, auto.err, "{file:?} by {io}");
        }
    }
    let ran = mx(&["-"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.error().starts_with("mx: -: ") && ran.error().contains("empty"), "{}", ran.err);
}

#[test]
fn a_partial_document_is_printed_and_told() {
    let folder = Folder::new("partial");
    let whole = dicom("A^A ");
    let file = folder.file("cut.dcm", &whole[..whole.len() - 10]);
    let ran = mx(&[&file]);
    assert_eq!(ran.code, 1);
    let document = ran.lines().remove(0);
    assert_eq!(document["file"]["complete"], false);
    assert_eq!(document["headers"]["dataset"]["00080060"]["Value"][0], "CT");
    let loss = document["warnings"].as_array().and_then(|all| all.iter().find(|one| one["class"] == "loss"));
    let loss = loss.expect("a loss").clone();
    let (message, path) = (loss["message"].as_str().expect("text"), loss["path"].as_str().expect("a path"));
    let told = format!("mx: {file}: offset {}: partial: {message} ({path})", loss["offset"]);
    assert_eq!(ran.error(), told);
    let records = mx(&["--records", &file]);
    assert_eq!((records.code, records.error()), (1, told.as_str()), "records tell the same");
    let good = folder.file("good.dcm", &whole);
    assert_eq!(mx(&[&file, &good]).code, 1);
    assert_eq!(mx(&["/no/such/file", &file]).code, 3, "the worse one counts");
}

#[test]
fn a_wrong_command_line_is_code_2_and_prints_nothing() {
    let folder = Folder::new("wrong");
    let file = folder.file("a.dcm", &dicom("A^A "));
    for args in [&["--no-such-option", &file][..], &["--io", "magic", &file], &["--max-depth", "0", &file], &[]] {
        let ran = mx(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(!ran.err.is_empty());
    }
    for (args, named) in [
        (&["--statistics", &file][..], "statistics"),
        (&["-", "-"], "standard input"),
        (&["--chunk-size", "0", &file], "chunk_size"),
        (&["--files-from", "/no/such/list"], "/no/such/list: can't open the list"),
    ] {
        let ran = mx(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.error().contains(named), "{}", ran.err);
    }
    let odd = mx(&["--chunk-size", "hdf=1KiB", &file]);
    assert_eq!(odd.code, 2);
    assert!(odd.err.contains("no format is named hdf: auto, dicom, fits, hdf5, netcdf"), "{}", odd.err);
}

#[test]
fn a_reader_that_goes_away_is_no_news() {
    let folder = Folder::new("away");
    let file = folder.file("a.dcm", &dicom("A^A "));
    for option in ["--compact", "--pretty", "--records"] {
        let mut args = vec![option];
        args.resize(2000, &file);
        let mut child = command(&args).spawn().expect("mx runs");
        let mut out = child.stdout.take().expect("a pipe");
        out.read_exact(&mut [0; 10]).expect("some output");
        drop(out);
        let ran = ran(child.wait_with_output().expect("mx ends"));
        assert_eq!((ran.code, ran.err.as_str()), (141, ""), "{option}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_line_and_code_4() {
    let folder = Folder::new("full");
    let file = folder.file("a.dcm", &dicom("A^A "));
    let papers = [&["--man"][..], &["--help"], &["--version"], &["--completions", "bash"]];
    for args in papers.into_iter().chain([&[file.as_str()][..], &["--records", &file, &file]]) {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let ran = ran(command(args).stdout(full).output().expect("mx runs"));
        assert_eq!(ran.code, 4, "{args:?}: {}", ran.err);
        assert!(ran.error().starts_with("mx: standard output: "), "{}", ran.err);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_shortage_of_memory_is_no_crash() {
    let folder = Folder::new("shortage");
    let mut many = dicom("A^A ");
    (0x1000..0xFFFF).for_each(|number| element(&mut many, 0x0021, number, b"LO", b"one of very many"));
    let file = folder.file("many.dcm", &many);
    let mut codes = std::collections::BTreeSet::new();
    for megabytes in (20..=120).step_by(4) {
        let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", megabytes << 10);
        let mx = ["-c", &script, env!("CARGO_BIN_EXE_mx"), "--compact", &file, &file];
        let ran = ran(std::process::Command::new("sh").args(mx).output().expect("sh runs")); // no signal
        assert!([0, 1, 3].contains(&ran.code), "{megabytes} MB: {} {}", ran.code, ran.err);
        assert_eq!(ran.code == 0, ran.err.is_empty(), "{megabytes} MB: {}", ran.err);
        codes.insert(ran.code);
    }
    assert!(codes.len() > 1 && codes.contains(&0), "the limits were too high, or too low: {codes:?}");
}

#[test]
fn mx_prints_its_own_papers() {
    for (args, part) in [
        (&["--help"][..], "Exit codes:"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["--man"], ".SH \"EXIT STATUS\""),
        (&["--completions", "bash"], "--with-path"),
        (&["--completions", "zsh"], "--with-path"),
        (&["--completions", "fish"], "with-path"),
        (&["--completions", "powershell"], "--with-path"),
        (&["--completions", "elvish"], "--with-path"),
    ] {
        let ran = mx(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(ran.out.contains(part), "{args:?}: {}", ran.out);
    }
}
