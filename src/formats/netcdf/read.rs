//! Reads one file: which variant it is, its model, and what is written from that.

use super::model::{Model, Variant};
use super::{cdl, classic, document, netcdf4};
use crate::budget::OverBudget;
use crate::document::builder::{Output, Refused};
use crate::engine::source::Source;
use crate::engine::stream::Stream;
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind};
use crate::formats::{detect, say_stopped, stopped};
use crate::options::Options;

/// Reads a NetCDF file. Everything that can be read is in `out` in any case.
///
/// An error where the file does not begin as NetCDF does.
pub(crate) async fn read(mut stream: Stream, out: &mut Output, options: &Options) -> Result<(), Error> {
    stream.fill(classic::MAGIC).await.map_err(stopped)?;
    if let Some(variant) = classic::variant(stream.buffered()) {
        return read_classic(stream, variant, out, options).await;
    }
    let source = stream.source().clone();
    drop(stream);
    if detect::find_hdf5(&source).await.map_err(stopped)?.is_none() {
        let message = "nothing can be read as NetCDF: the file begins neither with CDF and a version nor as HDF5 does";
        return Err(Error::new(ErrorKind::Malformed, message).at(0));
    }
    source.boxed(read_netcdf4(source.clone(), out, options)).map_err(stopped)?.await
}

/// Writes what was asked for: the document, or CDL.
pub(super) fn write(model: Model, out: &mut Output, options: &Options) -> Result<(), Refused> {
    match &options.cdl {
        Some(cdl) => cdl::write(&model, cdl, options.special, out),
        None => document::write(model, out, options),
    }
}

async fn read_classic(mut stream: Stream, variant: Variant, out: &mut Output, options: &Options) -> Result<(), Error> {
    let mut model = Model::new(variant, out.budget()).map_err(|OverBudget| stopped(Stop::Limit))?;
    stream.consume(classic::MAGIC);
    let read = classic::read(&mut stream, &mut model, out, options).await;
    let offset = stream.offset();
    drop(stream);
    if let Err(stop) = read {
        say_stopped(out, Some(stop), offset, String::new());
        // What was read is still to be written.
        out.budget().close_reserve();
        make_room(&mut model);
    }
    if write(model, out, options).is_err() && read.is_ok() {
        say_stopped(out, None, offset, String::new());
    }
    Ok(())
}

/// Reads an HDF5 file as netCDF. Everything that can be read is in `out` in any case.
///
/// An error where no superblock can be read.
pub(crate) async fn read_netcdf4(source: Source, out: &mut Output, options: &Options) -> Result<(), Error> {
    let netcdf4::Read { model, offset, is_stopped } = netcdf4::read(source, out, options).await?;
    if is_stopped {
        out.budget().close_reserve(); // what was read is still to be written
    }
    if write(model, out, options).is_err() && !is_stopped {
        say_stopped(out, None, offset, "/".into());
    }
    Ok(())
}

/// Lets a quarter of the variables go: to write the others takes some room.
fn make_room(model: &mut Model) {
    let variables = &mut model.groups[0].variables;
    let keep = variables.len() - variables.len() / 4;
    for variable in variables.drain(keep..) {
        model.charge.shrink_by(variable.held());
    }
}
