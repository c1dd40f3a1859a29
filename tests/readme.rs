//! The README's C program compiles as it stands, against the shared library, and prints the sample's document.

use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The code block that begins with this line.
fn block(first: &str) -> String {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let (_, rest) = readme.split_once(first).expect("the block begins");
    rest.split_once("\n```").expect("the block ends").0.to_owned()
}

#[test]
#[cfg(unix)]
fn the_c_loop_works() {
    let compiler = "cc";
    if Command::new(compiler).arg("--version").output().is_err() {
        println!("skipped: {compiler} is not on this machine");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("readme.c"), folder.join("readme"));
    fs::write(&source, block("\n```c\n")).expect("room");
    let libraries = std::env::current_exe().expect("this test").parent().expect("its folder").to_path_buf();
    let compiled = Command::new(compiler)
        .args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(Path::new(ROOT).join("include"))
        .arg(&source)
        .arg("-L")
        .arg(&libraries)
        .arg(format!("-Wl,-rpath,{}", libraries.display()))
        .args(["-lmetaextract", "-o"])
        .arg(&program)
        .output()
        .expect("the compiler runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));

    let sample = Path::new(ROOT).join("tests/fixtures/sample.dcm");
    let ran = Command::new(&program).arg(&sample).output().expect("the program runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let document = metaextract::drivers::extract_file(&sample, &metaextract::Options::default()).expect("the sample");
    assert_eq!(String::from_utf8_lossy(&ran.stdout).trim_end(), document.to_json());
    assert!(!Command::new(&program).arg("no such file").output().expect("the program runs").status.success());
}

/// The README names files that are there.
#[test]
fn links_lead_somewhere() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let mut links = 0;
    for (_, rest) in readme.match_indices("](").map(|(at, _)| readme.split_at(at + 2)) {
        let link = rest.split(')').next().unwrap_or_default();
        assert!(Path::new(ROOT).join(link).exists(), "{link}");
        links += 1;
    }
    assert!(links > 3);
    for (_, rest) in
        readme.match_indices("`tests/").chain(readme.match_indices("`ci/")).map(|(at, _)| readme.split_at(at + 1))
    {
        let path = rest.split(['`', ' ']).next().unwrap_or_default();
        assert!(Path::new(ROOT).join(path).exists(), "{path}");
    }
}
