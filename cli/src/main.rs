//! Temporary.
fn main() {
    for path in std::env::args_os().skip(1) {
        match metaextract::drivers::extract_file(std::path::Path::new(&path), &metaextract::Options { memory_limit: 1<<30, ..Default::default() }) {
            Ok(doc) => { let _ = doc.write_to(&mut std::io::stdout().lock()); println!(); }
            Err(e) => { eprintln!("mx: {}: {e}", path.to_string_lossy()); std::process::exit(3) }
        }
    }
}
