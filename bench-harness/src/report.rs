//! One page with plots of what was measured, and the same plots as files.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use metaextract::{Extractor, Options, Status};

use crate::data::{dicom, hdf5};
use crate::figures::{bytes, seconds};
use crate::plot::{self, Axis, Line};
use crate::{growth, peers};

const CHUNK: usize = 1 << 20;
/// As many points as a plot can show.
const POINTS: u64 = 400;

/// Measures, and writes `report.html` and the plots into a folder.
///
/// `peers`: what `peers --json` has written, to show that instead of measuring it anew.
pub fn run(data: &Path, out: &Path, peers: Option<&Path>) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    let known = peers.map(peers::read).transpose()?;
    let mut plots =
        vec![("memory-while-streaming".to_owned(), streaming(data)?), ("memory-by-size".into(), by_size(data)?)];
    let rows = match known {
        Some(rows) => rows,
        None => peers::measure(data, None)?,
    };
    let mut contests: Vec<&str> = rows.iter().map(|row| row.contest.as_str()).collect();
    contests.dedup();
    for (index, contest) in contests.into_iter().enumerate() {
        let of = || rows.iter().filter(|row| row.contest == contest);
        let times: Vec<_> = of().map(|row| (row.tool.clone(), row.seconds)).collect();
        let memory: Vec<_> = of().map(|row| (row.tool.clone(), row.rss)).collect();
        plots.push((format!("time-{index}"), plot::bars(&format!("Time: {contest}"), &times, seconds)));
        plots.push((format!("resident-{index}"), plot::bars(&format!("Resident memory: {contest}"), &memory, bytes)));
    }
    for (name, svg) in &plots {
        fs::write(out.join(format!("{name}.svg")), svg)?;
    }
    let path = out.join("report.html");
    fs::write(&path, page(&plots))?;
    println!("{}", path.display());
    Ok(())
}

fn page(plots: &[(String, String)]) -> String {
    let figures: Vec<String> =
        plots.iter().map(|(name, svg)| format!("<figure id=\"{name}\">{svg}</figure>")).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>metaextract {version}: figures</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <style>body{{font-family:system-ui,sans-serif;max-width:820px;margin:2em auto;color:#222}}\
         figure{{margin:1.5em 0}}svg{{max-width:100%;height:auto;border:1px solid #eee}}</style></head>\n\
         <body><h1>metaextract {version}</h1>\n<p>Measured by bench-harness on this machine, one run after the other. Bars and both \
         axes of memory by size are logarithmic; what each figure means is in bench-harness/README.md.</p>\n{}\n</body></html>\n",
        figures.join("\n"),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// The heap that the library holds, chunk by chunk, while files pass through a pipe.
fn streaming(data: &Path) -> anyhow::Result<String> {
    let files: [(&str, PathBuf); 3] = [
        ("DICOM, 500 MB", dicom::native_500mb(data)?),
        ("HDF5, labels, 1 GB", hdf5::labels_1gb(data)?),
        ("HDF5, gzip, 1 GB", hdf5::gzip_1gb(data)?),
    ];
    let mut lines = Vec::new();
    for (name, file) in files {
        lines.push(Line { name: name.into(), points: streamed(&file)? });
    }
    let fed = Axis { label: "bytes of the file that have passed", is_log: false, write: binary };
    let held = Axis { label: "heap held", is_log: false, write: binary };
    Ok(plot::lines("Memory while a file streams", &fed, &held, &lines, false))
}

fn streamed(path: &Path) -> anyhow::Result<Vec<(f64, f64)>> {
    let mut file = File::open(path)?;
    let step = (file.metadata()?.len() / POINTS).max(1);
    let mut extractor = Extractor::new(&Options::default())?;
    let mut buffer = vec![0; CHUNK];
    let (mut points, mut fed, mut next) = (Vec::new(), 0, 0);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 || extractor.feed_chunk(&buffer[..length])? != Status::Ok {
            break;
        }
        fed += length as u64;
        if fed >= next {
            points.push((fed as f64, extractor.usage().memory_now as f64));
            next = fed + step;
        }
    }
    ensure!(extractor.finish()?.status() == Status::Done, "{}: the document is partial", path.display());
    points.push((fed as f64, extractor.usage().memory_now as f64));
    Ok(points)
}

fn by_size(data: &Path) -> anyhow::Result<String> {
    let lines: Vec<Line> = growth::measure(data)?
        .into_iter()
        .map(|growth| Line {
            name: growth.name.into(),
            points: growth.points.into_iter().map(|(size, heap)| (size as f64, heap)).collect(),
        })
        .collect();
    let size = Axis { label: "size of the file", is_log: true, write: decimal };
    let heap = Axis { label: "peak heap", is_log: true, write: decimal };
    Ok(plot::lines("Peak memory by file size", &size, &heap, &lines, true))
}

/// Bytes on an axis of powers of two.
fn binary(figure: f64) -> String {
    bytes(figure).replace(".00 ", " ").replace(".0 ", " ")
}

/// Bytes on an axis of powers of ten.
fn decimal(bytes: f64) -> String {
    let unit = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")].into_iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(|| format!("{bytes} B"), |(unit, name)| format!("{} {name}", bytes / unit))
}
