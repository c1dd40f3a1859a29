//! Names the shared library, so that what is linked with it finds it by that name.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A plain name, without a version: which ABI a library has is asked of it, with mx_abi_version().
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux" | "android" | "freebsd" | "netbsd" | "openbsd") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libmetaextract.so");
        }
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libmetaextract.dylib");
        }
        _ => {}
    }
}
