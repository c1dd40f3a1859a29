//! Beside the tools of the field: the same files, one run after the other.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io};

use anyhow::{Context, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use crate::data::{dicom, fits, hdf5, netcdf};
use crate::figures::{bytes, seconds, write_json};

/// How often each is run; the fastest counts, as what the machine does beside only adds.
const RUNS: usize = 3;
/// What takes so long is not run again.
const LONG: Duration = Duration::from_secs(5);

type Make = fn(&Path) -> io::Result<PathBuf>;

/// One file or a list of files, and who reads it. `{}` in a command is the file, `{mx}` the program of this project; for python3 the variable PYTHON
/// may name another.
#[derive(Clone, Copy)]
struct Contest {
    name: &'static str,
    make: Make,
    commands: &'static [Program],
}

/// A name and a command.
type Program = (&'static str, &'static [&'static str]);

const PYDICOM: &str = "import pydicom,sys; print(len(pydicom.dcmread(sys.argv[1], stop_before_pixels=True)))";
const PYDICOM_EACH: &str = "import pydicom,sys
for name in open(sys.argv[1]): pydicom.dcmread(name[:-1], stop_before_pixels=True)";
const ASTROPY: &str =
    "import sys; from astropy.io import fits\nwith fits.open(sys.argv[1]) as f: print(sum(len(h.header) for h in f))";
const FITSIO: &str =
    "import fitsio,sys\nwith fitsio.FITS(sys.argv[1]) as f: print(sum(len(h.read_header()) for h in f))";
const H5PY: &str =
    "import h5py,sys\nwith h5py.File(sys.argv[1]) as f: f.visititems(lambda n,o: print(len(dict(o.attrs))))";
const NETCDF4: &str = "import netCDF4,sys; print(netCDF4.Dataset(sys.argv[1]))";
const MX: Program = ("mx", &["{mx}", "{}"]);
const OF_HDF5: &[Program] = &[
    MX,
    ("h5ls", &["h5ls", "-rv", "{}"]),
    ("h5dump", &["h5dump", "-A", "{}"]),
    ("h5py", &["python3", "-c", H5PY, "{}"]),
];
const OF_NETCDF: &[Program] =
    &[MX, ("ncdump", &["ncdump", "-h", "{}"]), ("netCDF4", &["python3", "-c", NETCDF4, "{}"])];

const CONTESTS: [Contest; 7] = [
    Contest {
        name: "DICOM, 500 MB",
        make: dicom::native_500mb,
        commands: &[
            MX,
            ("dcmdump", &["dcmdump", "{}"]),
            ("gdcmdump", &["gdcmdump", "{}"]),
            ("pydicom", &["python3", "-c", PYDICOM, "{}"]),
            ("dicom-dump", &["dicom-dump", "{}"]),
            ("exiftool", &["exiftool", "-j", "{}"]),
        ],
    },
    Contest {
        name: "DICOM, 10,000 small files",
        make: dicom::slices_10k,
        commands: &[
            ("mx", &["{mx}", "--threads", "2", "--files-from", "{}"]),
            ("dcmdump", &["xargs", "-a", "{}", "-n", "100", "dcmdump"]),
            ("pydicom", &["python3", "-c", PYDICOM_EACH, "{}"]),
        ],
    },
    Contest {
        name: "FITS, 5,000 HDUs",
        make: fits::hdus_5k,
        commands: &[
            MX,
            ("fitsio", &["python3", "-c", FITSIO, "{}"]),
            ("astropy", &["python3", "-c", ASTROPY, "{}"]),
            ("exiftool", &["exiftool", "-j", "{}"]),
        ],
    },
    Contest { name: "HDF5, 20,000 datasets, old format", make: hdf5::many_20k_old, commands: OF_HDF5 },
    Contest { name: "HDF5, 20,000 datasets, new format", make: hdf5::many_20k_new, commands: OF_HDF5 },
    Contest { name: "NetCDF classic, 10,000 variables", make: netcdf::classic_10k_variables, commands: OF_NETCDF },
    Contest { name: "netCDF-4, 10,000 variables", make: hdf5::netcdf4::netcdf4_10k_variables, commands: OF_NETCDF },
];

/// What one program took for one file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The file.
    pub contest: String,
    /// The program.
    pub tool: String,
    /// Wall time of the fastest run.
    pub seconds: f64,
    /// Most resident memory, in bytes.
    pub rss: f64,
}

/// What a command took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Took {
    seconds: f64,
    rss: f64,
}

/// Measures all that is installed; `only`: for the files whose name contains this.
pub fn measure(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let mx = mx()?;
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let mut rows = Vec::new();
    let contests: Vec<_> =
        CONTESTS.iter().filter(|contest| only.is_none_or(|only| contest.name.contains(only))).collect();
    ensure!(!contests.is_empty(), "no file has such a name: {}", CONTESTS.map(|contest| contest.name).join("; "));
    for contest in contests {
        eprintln!("{}", contest.name);
        let file = (contest.make)(folder)?;
        for (tool, command) in contest.commands {
            let words: Vec<&str> = command
                .iter()
                .map(|word| match *word {
                    "{}" => file.to_str().unwrap_or_default(),
                    "{mx}" => mx.to_str().unwrap_or_default(),
                    "python3" => &python,
                    word => word,
                })
                .collect();
            match in_child(&words) {
                Ok(Took { seconds: took, rss }) => {
                    eprintln!("  {tool}: {}", seconds(took));
                    rows.push(Row { contest: contest.name.into(), tool: (*tool).into(), seconds: took, rss });
                }
                Err(error) => eprintln!("  {tool}: left out: {error:#}"),
            }
        }
    }
    Ok(rows)
}

/// What an earlier run has measured and written as JSON.
pub fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Measures and prints.
pub fn run(folder: &Path, only: Option<&str>, json: Option<&Path>) -> anyhow::Result<()> {
    let rows = measure(folder, only)?;
    println!("| file | program | time | times mx's | resident memory |\n|---|---|---|---|---|");
    for row in &rows {
        let ours = rows.iter().find(|other| other.contest == row.contest && other.tool == MX.0);
        let ratio = ours.map_or(f64::NAN, |ours| row.seconds / ours.seconds);
        println!("| {} | {} | {} | {ratio:.1} | {} |", row.contest, row.tool, seconds(row.seconds), bytes(row.rss));
    }
    write_json(json, &rows)
}

/// The program that stands beside this one.
fn mx() -> anyhow::Result<PathBuf> {
    let path = env::current_exe()?.with_file_name("mx");
    ensure!(path.exists(), "{} is not there: cargo build --release -p metaextract-cli makes it", path.display());
    Ok(path)
}

/// Runs a command from a process of its own, which has no other child: so its resident memory can be asked for.
fn in_child(words: &[&str]) -> anyhow::Result<Took> {
    let output = Command::new(env::current_exe()?).arg("peer").args(words).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs a command in this process and prints what it took.
pub fn peer(words: &[String]) -> anyhow::Result<()> {
    let (program, arguments) = words.split_first().context("no command")?;
    let mut fastest = f64::INFINITY;
    let begin = Instant::now();
    for run in 0..=RUNS {
        if run > 0 && begin.elapsed() > LONG {
            break;
        }
        let start = Instant::now();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().with_context(|| format!("{program} is not installed"))?;
        ensure!(status.success(), "{program} ended with {status}");
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    let rss = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() as f64 * 1024.0;
    println!("{}", serde_json::to_string(&Took { seconds: fastest, rss })?);
    Ok(())
}
