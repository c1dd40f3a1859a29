//! netCDF-4: what the objects of an HDF5 file mean to netCDF, as netcdf-c reads them.
//!
//! - [`kept`]: what is kept of an object while the HDF5 reader walks over the file
//! - [`element`]: values of HDF5's types as netCDF's
//! - [`types`]: which of netCDF's types an HDF5 type is
//! - [`tree`]: groups and their members, in netCDF's order
//! - [`dimensions`]: dimension scales, and dimensions that have none

mod dimensions;
mod element;
mod kept;
mod tree;
mod types;

use super::model::Model;
use crate::budget::OverBudget;
use crate::document::builder::Output;
use crate::engine::source::Source;
use crate::engine::window::Stop;
use crate::error::Error;
use crate::formats::hdf5::read::objects;
use crate::formats::{say_stopped, stopped};
use crate::options::Options;
use kept::Keeper;

/// What the netCDF library itself stores in attributes is read up to this length, whatever is asked for.
const LEAST_VALUE: u64 = 64 << 10;

/// What was read of a file.
pub(super) struct Read {
    pub(super) model: Model,
    /// Where the superblock stands.
    pub(super) offset: u64,
    /// The reading was stopped, which is said.
    pub(super) is_stopped: bool,
}

/// Reads an HDF5 file as netCDF. What can't be read is said in `out`.
///
/// An error where no superblock can be read.
pub(super) async fn read(source: Source, out: &mut Output, options: &Options) -> Result<Read, Error> {
    let over_budget = |OverBudget| stopped(Stop::Limit);
    let most = options.longest_value();
    let options = &Options { max_value_bytes: most.max(LEAST_VALUE), ..options.clone() };
    let keeper = Keeper::new(source.budget(), most);
    let mut file = objects(&source, out, options, keeper, false).await?;
    file.say_what_is_missing(options, out);
    let (model, built) = tree::model(&mut file, options, out).map_err(over_budget)?;
    let (offset, stop) = (file.offset, file.stop);
    if built.is_err() && stop.is_none() {
        say_stopped(out, Some(Stop::Limit), offset, "/".into());
    }
    Ok(Read { model, offset, is_stopped: stop.is_some() || built.is_err() })
}
