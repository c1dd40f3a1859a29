//! `mx --cdl` prints what ncdump prints.

use crate::support::{Folder, command, dicom, mx, mx_from, ran};
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/cdl").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("a text")
}

#[test]
fn files_are_printed_one_after_the_other() {
    let [small, scopes] = ["small.nc", "scopes.nc"].map(|name| fixture(name).to_str().expect("UTF-8").to_owned());
    let ran = mx(&["--cdl", &small, &scopes]);
    assert_eq!((ran.code, ran.out, ran.err), (0, read("small.h") + &read("scopes.h"), String::new()));
    let ran = mx(&["--cdl", "--special", &scopes]);
    assert_eq!((ran.code, ran.out), (0, read("scopes.hs")));
}

#[test]
fn names_are_the_files_or_asked_for() {
    let small = read("small.h");
    let ran = mx_from(&["--cdl", "-"], &fixture("small.nc"));
    assert_eq!((ran.code, ran.out), (0, small.replace("netcdf small {", "netcdf stdin {")));
    let ran = mx_from(&["--cdl", "--name", "1 name", "-"], &fixture("small.nc"));
    assert_eq!(ran.out, small.replace("netcdf small {", "netcdf \\1\\ name {"));
    let folder = Folder::new("cdl-names");
    let file = folder.file("a.b.nc", &std::fs::read(fixture("small.nc")).expect("a file"));
    assert!(mx(&["--cdl", &file]).out.starts_with("netcdf a.b {\n"));
}

#[test]
fn a_cut_file_is_printed_and_told() {
    let folder = Folder::new("cdl-cut");
    let whole = std::fs::read(fixture("small.nc")).expect("a file");
    let file = folder.file("small.nc", &whole[..200]);
    let ran = mx(&["--cdl", &file]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("netcdf small {\ndimensions:\n\ttime = UNLIMITED ; // (2 currently)\n"), "{}", ran.out);
    assert!(ran.error().contains(": partial: "), "{}", ran.err);
}

#[test]
fn other_formats_have_no_cdl() {
    let folder = Folder::new("cdl-other");
    let ran = mx(&["--cdl", &folder.file("a.dcm", &dicom("A^A "))]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.error().ends_with("this is DICOM, and CDL is of NetCDF (and HDF5) files only"), "{}", ran.err);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let small = fixture("small.nc");
    let small = small.to_str().expect("UTF-8");
    for other in ["--records", "--pretty", "--compact", "--with-path", "--chunk-manifest"] {
        let ran = ran(command(&["--cdl", other, small]).output().expect("mx runs"));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{other}");
    }
    assert_eq!(mx(&["--name", "x", small]).code, 2);
}

#[test]
fn stores_of_zarr_are_named() {
    let folder = Folder::new("zarr");
    let file = folder.file("zarr.json", b"{\"node_type\": \"group\"}");
    let store = file.strip_suffix("/zarr.json").expect("its folder");
    for io in ["auto", "mmap", "push"] {
        let ran = mx(&["--io", io, store]);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""));
        assert!(ran.error().contains("this is a folder of Zarr"), "{}", ran.err);
    }
    folder.file(".zattrs", b"{\"_nczarr_attr\": {}}");
    assert!(mx(&[store]).error().contains("this is a folder of NcZarr"));
    let archive = folder.file("a.zip", b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0.zgroup{}");
    assert!(mx(&[&archive]).error().contains("this is a zip archive of Zarr or NcZarr"));
}
