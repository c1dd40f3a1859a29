//! The shared library as C, C++ and Python see it: the header, the exported symbols, the tests in `tests/c`, the examples.
//!
//! Where there is no C compiler these tests say so and pass; nothing else is skipped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

fn root(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

fn sample() -> PathBuf {
    root("tests/fixtures/sample.dcm")
}

/// The folder of the shared library: cargo builds it beside this test, as the kind of library that the manifest names.
fn library_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let test = std::env::current_exe().expect("path of this test");
        let dir = test.parent().expect("target/debug/deps").to_path_buf();
        let library = dir.join(library_name());
        assert!(library.exists(), "{} is not there", library.display());
        dir
    })
}

fn library_name() -> String {
    format!("{}metaextract{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Those compilers of a language that this machine has.
fn compilers(names: [&'static str; 3]) -> Vec<&'static str> {
    let found: Vec<_> = names.into_iter().filter(|name| runs(name)).collect();
    if found.is_empty() {
        println!("skipped: none of {names:?} is on this machine");
    }
    found
}

fn c_compilers() -> Vec<&'static str> {
    compilers(["cc", "gcc", "clang"])
}

fn cpp_compilers() -> Vec<&'static str> {
    compilers(["c++", "g++", "clang++"])
}

/// Compiles one source to a program that finds the shared library where it was built.
fn compile(compiler: &str, standard: &str, source: &str) -> PathBuf {
    let dir = library_dir().display();
    link(compiler, standard, source, "shared", &[&format!("-L{dir}"), &format!("-Wl,-rpath,{dir}"), "-lmetaextract"])
}

fn link(compiler: &str, standard: &str, source: &str, how: &str, library: &[&str]) -> PathBuf {
    let name = format!("{}-{compiler}-{how}", source.replace(['/', '.'], "-"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(compiler);
    command.arg(standard).args(STRICT).args(["-g", "-pthread", "-I"]).arg(root("include"));
    let output = run(command.arg(root(source)).args(library).arg("-o").arg(&program));
    assert!(output.status.success(), "{compiler} {source}:\n{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn run(command: &mut Command) -> Output {
    // cargo's own value names target/debug first, where an older library of a `cargo build` may lie.
    command.env("LD_LIBRARY_PATH", library_dir()).env("DYLD_LIBRARY_PATH", library_dir());
    command.output().expect("the program starts")
}

/// What the sample's document is, and what every example prints behind it.
fn expected() -> String {
    let document = metaextract::drivers::extract_file(&sample(), &metaextract::Options::default()).expect("the sample");
    format!("{}\nmodality: CT\n", document.to_json())
}

fn assert_prints_sample(output: &Output, who: &str) {
    assert!(output.status.success(), "{who}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected(), "{who}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{who}");
}

/// An example that meets a file it cannot read says what and where, and fails.
fn assert_complains(output: &Output, status: &str, who: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{who}: {said}");
    assert!(said.contains(status) && said.lines().count() == 1, "{who}: {said}");
    assert!(output.stdout.is_empty(), "{who}");
}

/// A file of no known format, a name of its own for each test.
fn garbage(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, [b'?'; 3000]).expect("a file of garbage");
    path
}

#[test]
fn the_header_is_what_was_agreed() {
    let contract = root("tests/c/contract.c");
    let c = c_compilers().into_iter().flat_map(|name| [(name, "c", "-std=c99"), (name, "c", "-std=c11")]);
    let cpp = cpp_compilers().into_iter().flat_map(|name| [(name, "c++", "-std=c++11"), (name, "c++", "-std=c++20")]);
    for (compiler, language, standard) in c.chain(cpp) {
        let mut command = Command::new(compiler);
        command.args(["-x", language, standard]).args(STRICT).args(["-fsyntax-only", "-I"]);
        let output = run(command.arg(root("include")).arg(&contract));
        assert!(output.status.success(), "{compiler} {standard}:\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn only_the_agreed_symbols_are_exported() {
    if !runs("nm") || !runs("readelf") {
        println!("skipped: nm and readelf are not on this machine");
        return;
    }
    let output = run(Command::new(root("ci/symbols")).arg(library_dir().join(library_name())));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_c_tests_hold() {
    for compiler in c_compilers() {
        for test in ["abi", "document", "callbacks", "threads", "batch"] {
            let program = compile(compiler, "-std=c99", &format!("tests/c/{test}.c"));
            let output = run(Command::new(program).arg(sample()));
            assert!(output.status.success(), "{test}:\n{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// Faults of the file system: the program's own reads stand before those of the C library.
#[test]
#[cfg(target_os = "linux")]
fn faults_of_the_file_system_are_told() {
    for compiler in c_compilers() {
        let program = compile(compiler, "-std=c99", "tests/c/faults.c");
        let output = run(Command::new(program).arg(sample()).arg(env!("CARGO_TARGET_TMPDIR")));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Memory that the system refuses ends no program.
#[test]
#[cfg(target_os = "linux")]
fn a_shortage_of_memory_is_told() {
    for compiler in c_compilers().into_iter().take(1) {
        let program = compile(compiler, "-std=c99", "tests/c/shortage.c");
        let output = run(Command::new(program).arg(env!("CARGO_TARGET_TMPDIR")));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn pread_example() {
    for compiler in c_compilers() {
        let program = compile(compiler, "-std=c99", "examples/c/pread.c");
        assert_prints_sample(&run(Command::new(&program).arg(sample())), "pread.c");
        let output = run(Command::new(&program).arg(garbage("pread.garbage")));
        assert_complains(&output, "MX_ERR_UNKNOWN_FORMAT", "pread.c");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_static_library_does_the_same() {
    for compiler in c_compilers().into_iter().take(1) {
        let archive = library_dir().join("libmetaextract.a");
        let library = [archive.to_str().expect("UTF-8"), "-ldl", "-lm"];
        let program = link(compiler, "-std=c99", "examples/c/pread.c", "static", &library);
        assert_prints_sample(&run(Command::new(&program).arg(sample())), "pread.c, static");
    }
}

#[test]
fn stdin_example() {
    for compiler in c_compilers() {
        let program = compile(compiler, "-std=c99", "examples/c/stdin.c");
        let fed = |path: &Path| run(Command::new(&program).stdin(File::open(path).expect("a file to feed")));
        // Its file.size is null: nobody told it how long the stream is before it was complete.
        let output = fed(&sample());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.ends_with("\nmodality: CT\n"), "{said}");
        assert_complains(&fed(&garbage("stdin.garbage")), "MX_ERR_UNKNOWN_FORMAT", "stdin.c");
    }
}

#[test]
fn batch_example() {
    for compiler in c_compilers() {
        let program = compile(compiler, "-std=c99", "examples/c/batch.c");
        let garbage = garbage("batch.garbage");
        let output = run(Command::new(&program).args([&sample(), &garbage, &sample()]));
        let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("batch.garbage: MX_ERR_UNKNOWN_FORMAT: ") && said.lines().count() == 1, "{said}");
        let expected = expected();
        let document = expected.lines().next();
        assert!(printed.lines().count() == 2 && printed.lines().all(|line| Some(line) == document), "{printed}");
    }
}

#[test]
fn cpp_example() {
    for compiler in cpp_compilers() {
        let program = compile(compiler, "-std=c++11", "examples/cpp/extract.cpp");
        assert_prints_sample(&run(Command::new(&program).arg(sample())), "extract.cpp");
        let output = run(Command::new(&program).arg(garbage("cpp.garbage")));
        assert_complains(&output, "MX_ERR_UNKNOWN_FORMAT", "extract.cpp");
    }
}

#[test]
fn python_example() {
    if !runs("python3") {
        println!("skipped: python3 is not on this machine");
        return;
    }
    let python = |file: &Path| {
        let mut command = Command::new("python3");
        command.arg(root("examples/python/extract.py")).arg(file);
        run(command.env("METAEXTRACT", library_dir().join(library_name())).env("PYTHONUTF8", "1"))
    };
    assert_prints_sample(&python(&sample()), "extract.py");
    assert_complains(&python(&garbage("python.garbage")), "MX_ERR_UNKNOWN_FORMAT", "extract.py");
}
