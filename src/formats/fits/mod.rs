//! FITS (standard 4.0), plain or in gzip: a list of HDUs, each a header of cards and a data unit that is skipped.
//!
//! - [`walk`]: from HDU to HDU, and what the end of the file, wherever it is, means
//! - [`header`]: blocks of cards up to END
//! - [`card`]: one card, or several that CONTINUE joins
//! - [`keywords`]: what a header says, by keyword
//! - [`hdu`]: kinds, lengths of data units, and the entries of `properties.arrays`
//! - [`columns`]: the columns of tables
//! - [`wcs`]: world coordinates
//! - [`model`]: the JSON of `headers`

mod card;
mod columns;
mod hdu;
mod header;
mod keywords;
mod model;
mod walk;
mod wcs;

pub(crate) use walk::read;
