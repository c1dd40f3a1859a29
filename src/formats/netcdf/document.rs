//! The JSON of a NetCDF file, written from its model.
