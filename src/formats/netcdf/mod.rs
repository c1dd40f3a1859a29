//! NetCDF: the classic formats (CDF-1, CDF-2, CDF-5), and netCDF-4 as a view over HDF5.
//!
//! - [`model`], [`value`]: what a file says, in netCDF's terms
//! - [`document`]: the JSON of `headers` and of `properties.arrays`
//! - [`cdl`]: the same as CDL, as `ncdump -h` prints it
//! - [`classic`]: the header of a classic file
//! - [`netcdf4`]: what HDF5's objects mean to netCDF
//! - [`read`]: from the first bytes to the document

mod cdl;
mod classic;
mod document;
#[cfg(feature = "reference")]
pub(super) mod libnetcdf;
mod model;
mod netcdf4;
mod read;
mod value;

pub(super) use read::{read, read_netcdf4};
