//! NetCDF: the classic formats (CDF-1, CDF-2, CDF-5), and netCDF-4 as a view over HDF5.
//!
//! - [`model`], [`value`]: what a file says, in netCDF's terms
//! - [`document`]: the JSON of `headers` and of `properties.arrays`
//! - [`cdl`]: the same as CDL, as `ncdump -h` prints it
//! - [`classic`]: the header of a classic file
//! - [`netcdf4`]: what HDF5's objects mean to netCDF

mod cdl;
mod classic;
mod document;
mod model;
mod netcdf4;
mod value;

pub(super) async fn read_netcdf4(
    source: crate::engine::source::Source,
    out: &mut crate::document::builder::Output,
    options: &crate::options::Options,
) -> crate::error::Result<()> {
    let model = netcdf4::read(source, out, options).await?;
    let _ = model;
    Ok(())
}
