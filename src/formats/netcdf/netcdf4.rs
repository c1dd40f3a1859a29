//! netCDF-4: what the objects of an HDF5 file mean to netCDF.
