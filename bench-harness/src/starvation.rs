//! Ten large files under a limit of the address space: all must be complete.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use metaextract::{Options, Status, drivers};
use nix::sys::resource::{Resource, setrlimit};

use crate::data::{dicom, fits, hdf5, netcdf};
use crate::figures::bytes;

/// Limits of the address space: the program itself takes about 20 MB of it.
const LIMITS: [u64; 2] = [280 << 20, 64 << 20];

type Make = fn(&Path) -> io::Result<PathBuf>;

const FILES: [Make; 10] = [
    dicom::native_500mb,
    dicom::frames_10k,
    fits::image_2gb,
    fits::image_100gb,
    fits::hdus_5k,
    hdf5::huge_3gb,
    hdf5::huge_5gb,
    hdf5::gzip_1gb,
    netcdf::classic_1gb,
    hdf5::netcdf4::netcdf4_1gb,
];

/// Reads the files under each limit; true if none is lost.
pub fn run(folder: &Path) -> anyhow::Result<bool> {
    let files = FILES.iter().map(|make| make(folder)).collect::<io::Result<Vec<_>>>()?;
    let mut all = true;
    for limit in LIMITS {
        let output = Command::new(std::env::current_exe()?)
            .args(["starve", &limit.to_string()])
            .args(&files)
            .stdin(Stdio::null())
            .output()?;
        let complete = String::from_utf8_lossy(&output.stdout).lines().count();
        let ok = output.status.success() && complete == files.len();
        let said = if ok { "yes" } else { "NO" };
        println!("{complete} of {} files under {} of address space  {said}", files.len(), bytes(limit as f64));
        if !ok {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        all &= ok;
    }
    Ok(all)
}

/// Reads files under a limit, in this process; a line for each that is complete.
pub fn starve(limit: u64, files: &[PathBuf]) -> anyhow::Result<()> {
    setrlimit(Resource::RLIMIT_AS, limit, limit)?;
    for file in files {
        let document = drivers::extract_file(file, &Options::default()).with_context(|| file.display().to_string())?;
        ensure!(document.status() == Status::Done, "{}: the document is partial", file.display());
        println!("{}", file.display());
    }
    Ok(())
}
