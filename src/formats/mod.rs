//! The formats, and the one table that tells them apart ([`detect`]).

pub(crate) mod detect;
mod dicom;
mod fits;
pub(crate) mod foreign;
mod hdf5;
#[cfg(feature = "fault")]
mod injected;
mod name;
mod netcdf;
#[cfg(feature = "reference")]
pub(crate) mod reference;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::budget::Budget;
use crate::document::builder::{FileFacts, Output, Refused};
use crate::document::text::Text;
use crate::document::warnings::Code;
use crate::engine::source::Source;
use crate::engine::stream::Stream;
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Format, Options};
use crate::status::Status;
use detect::Found;
#[cfg(fuzzing)]
pub(crate) use hdf5::fuzzing;

/// How the stored bytes are compressed, and how many come out: `file.encoding` and `file.inflated_size`.
pub(crate) type Compression = Option<(&'static str, Option<u64>)>;

/// What a parser leaves behind.
pub(crate) struct Extraction {
    pub(crate) format: Format,
    out: Output,
    compression: Compression,
    /// Who read the file, where it is not this library.
    reader: Option<String>,
}

impl Extraction {
    fn new(format: Format, out: Output, compression: Compression) -> Self {
        Extraction { format, out, compression, reader: None }
    }

    pub(crate) fn status(&self) -> Status {
        if self.out.loss() { Status::Partial } else { Status::Done }
    }

    /// The file as CDL, if that was asked for; once.
    pub(crate) fn take_cdl(&mut self) -> Option<Text> {
        let mut cdl = self.out.cdl.take()?;
        cdl.shrink();
        Some(cdl)
    }

    /// Puts the document together; `size` is the length of the stored file, where it is known.
    pub(crate) fn assemble(&mut self, size: Option<u64>) -> std::result::Result<Text, Refused> {
        self.out.assemble(self.format, FileFacts { size, encoding: self.compression, reader: self.reader.as_deref() })
    }
}

/// Says why the reading stopped at a place that the file does not explain: the engine's reason, or else that the output
/// refused. Something is always lost: true. The reserve is open then, for what closes the document.
fn say_stopped(out: &mut Output, stop: Option<Stop>, offset: u64, path: String) -> bool {
    let (code, message) = match stop {
        Some(Stop::Cancelled) => (Code::Cancelled, "the extraction was cancelled here"),
        None if out.cancelled => (Code::Cancelled, "the record callback cancelled the extraction here"),
        _ => (Code::MemoryLimit, "the memory limit was reached here; what follows is left out"),
    };
    out.budget().open_reserve();
    out.warn(code, offset, path, message);
    true
}

/// What a parser writes into.
fn output(source: &Source, options: &Options) -> Output {
    output_of(source.budget(), options)
}

fn output_of(budget: &Budget, options: &Options) -> Output {
    match options.cdl {
        Some(_) => Output::for_cdl(budget),
        None => Output::new(budget, options.records.clone()),
    }
}

/// Reads a file of any format.
pub(crate) async fn extract(source: Source, options: Options) -> Result<Extraction> {
    let mut out = output(&source, &options);
    #[cfg(feature = "fault")]
    let _waste = std::hint::black_box(vec![1u8; 2 << 20]);
    #[cfg(feature = "fault")]
    injected::panic_on_request(&source).await;
    let mut stream = Stream::new(&source, 0);
    let format = options.format;
    let found = match format {
        Some(format) => Found::Format(format),
        None => detect::look(&mut stream).await.map_err(stopped)?,
    };
    let found = if options.cdl.is_some() { has_cdl(found, &source).await? } else { found };
    let compression = match found {
        Found::Format(Format::Dicom) => dicom::read(stream, &mut out, &options).await?,
        Found::Format(Format::Fits) => {
            let compression = fits::read(stream, &mut out, &options).await?;
            return Ok(Extraction::new(Format::Fits, out, compression));
        }
        Found::Format(Format::Hdf5) => {
            drop(stream);
            return hdf5_or_netcdf(source, &options).await;
        }
        Found::Format(Format::Netcdf) => {
            netcdf::read(stream, &mut out, &options).await?;
            return Ok(Extraction::new(Format::Netcdf, out, None));
        }
        Found::IrregularDicom => match irregular(&source, stream, &mut out, &options).await? {
            Some(compression) => compression,
            None => {
                return hdf5_or_netcdf(source, &options).await;
            }
        },
        Found::Foreign(format) => return Err(format.error().at(0)),
        // Gzip and zip were looked into.
        Found::Nothing | Found::Gzip | Found::Zip => {
            let message = match source.eof() {
                Some(0) => "the input is empty: there are no bytes of any format",
                _ => "the bytes are of none of the known formats (DICOM, FITS, HDF5, NetCDF)",
            };
            return Err(Error::new(ErrorKind::UnknownFormat, message).at(0));
        }
    };
    Ok(Extraction::new(Format::Dicom, out, compression))
}

/// Refuses what CDL does not describe.
async fn has_cdl(found: Found, source: &Source) -> Result<Found> {
    let name = match found {
        Found::Format(Format::Dicom) => "DICOM",
        Found::Format(Format::Fits) => "FITS",
        Found::IrregularDicom if detect::has_user_block(source).await.map_err(stopped)? => {
            return Ok(Found::Format(Format::Hdf5));
        }
        Found::IrregularDicom => "DICOM",
        _ => return Ok(found),
    };
    Err(Error::new(ErrorKind::Unsupported, format!("this is {name}, and CDL is of NetCDF (and HDF5) files only")).at(0))
}

/// Reads a file with the signature of HDF5: as netCDF where it bears the marks of netCDF-4, or CDL is asked for, which has words
/// for netCDF only.
async fn hdf5_or_netcdf(source: Source, options: &Options) -> Result<Extraction> {
    let mut out = output(&source, options);
    let is_hdf5 = options.cdl.is_none()
        && source.boxed(hdf5::read(source.clone(), &mut out, options)).map_err(stopped)?.await?
            == hdf5::Outcome::Written;
    if is_hdf5 {
        return Ok(Extraction::new(Format::Hdf5, out, None));
    }
    let mut out = output(&source, options); // what was said of it as HDF5 is said again
    source.boxed(netcdf::read_netcdf4(source.clone(), &mut out, options)).map_err(stopped)?.await?;
    Ok(Extraction::new(Format::Netcdf, out, None))
}

/// Reads a DICOM file without its signature, while it is watched whether an HDF5 signature stands further on, which would
/// count for more. `None`: it does. What is read is held back until that is known.
async fn irregular(
    source: &Source,
    stream: Stream,
    out: &mut Output,
    options: &Options,
) -> Result<Option<Compression>> {
    let held = out.hold();
    let mut watch = pin!(detect::has_user_block(source));
    let mut read = pin!(dicom::read(stream, out, options));
    let (mut watched, mut done) = (None, None);
    let both = poll_fn(|cx| {
        if watched.is_none()
            && let Poll::Ready(found) = watch.as_mut().poll(cx)
        {
            watched = Some(found);
            if matches!(found, Ok(false)) {
                held.release();
            }
        }
        if done.is_none()
            && !matches!(watched, Some(Ok(true)))
            && let Poll::Ready(compression) = read.as_mut().poll(cx)
        {
            done = Some(compression);
        }
        match (watched, &done) {
            (Some(Ok(true)), _) => Poll::Ready(Ok(None)),
            (Some(Err(stop)), _) if done.is_none() => Poll::Ready(Err(stopped(stop))),
            (Some(_), Some(_)) => Poll::Ready(done.take().transpose()),
            _ => Poll::Pending,
        }
    });
    both.await
}

pub(crate) fn stopped(stop: Stop) -> Error {
    match stop {
        Stop::Cancelled => Error::new(ErrorKind::Cancelled, "the extraction was cancelled"),
        Stop::Limit => Error::new(ErrorKind::Limit, "the memory limit was reached before anything could be read").at(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A future that grows without anybody noticing costs every extraction.
    #[test]
    fn the_parsers_are_small() {
        let source = Source::new(&Budget::new(1 << 20), 0);
        let options = Options::default();
        let mut out = Output::new(source.budget(), None);
        let dicom = size_of_val(&dicom::read(Stream::new(&source, 0), &mut out, &options));
        let any = size_of_val(&extract(source.clone(), options.clone()));
        assert!(dicom <= 2048, "DICOM: {dicom} bytes");
        assert!(any <= 6144, "any format: {any} bytes");
    }
}
