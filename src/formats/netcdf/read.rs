//! Reads one file: which variant it is, its model, and what is written from that.

use super::model::{Model, Variant};
use super::{classic, document};
use crate::budget::OverBudget;
use crate::document::builder::Output;
use crate::engine::stream::Stream;
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind};
use crate::formats::{detect, say_stopped, stopped};
use crate::options::{Format, Options};

/// Reads a NetCDF file. Everything that can be read is in `out` in any case.
///
/// An error where the file does not begin as NetCDF does.
pub(crate) async fn read(mut stream: Stream, out: &mut Output, options: &Options) -> Result<(), Error> {
    stream.fill(classic::MAGIC).await.map_err(stopped)?;
    let Some(variant) = classic::variant(stream.buffered()) else {
        let source = stream.source().clone();
        drop(stream);
        return Err(match detect::find_hdf5(&source).await.map_err(stopped)? {
            Some(_) => detect::not_built(Format::Netcdf),
            None => {
                let message =
                    "nothing can be read as NetCDF: the file begins neither with CDF and a version nor as HDF5 does";
                Error::new(ErrorKind::Malformed, message).at(0)
            }
        });
    };
    read_classic(stream, variant, out, options).await
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
    if document::write(model, out, options).is_err() && read.is_ok() {
        say_stopped(out, None, offset, String::new());
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
