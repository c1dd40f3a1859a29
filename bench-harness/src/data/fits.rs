//! FITS files, card by card (FITS standard 4.0, section 3.3).
//!
//! Data units are holes in the file: a reader that skips them never sees what is in them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::make;

const BLOCK: usize = 2880;

/// Writes an image of 512 x 1024 x 1024 32-bit floats: 2 GB.
pub fn image_2gb(folder: &Path) -> io::Result<PathBuf> {
    image(folder, "img2g.fits", &[1024, 1024, 512])
}

/// Writes an image of 25 x 1024 x 1024 x 1024 32-bit floats: 100 GB, all of it a hole.
pub fn image_100gb(folder: &Path) -> io::Result<PathBuf> {
    image(folder, "img100g.fits", &[1024, 1024, 1024, 25])
}

/// Writes an image of 32-bit floats that takes so many bytes, all of them a hole.
pub fn image_of(folder: &Path, bytes: u64) -> io::Result<PathBuf> {
    image(folder, &format!("image_{bytes}.fits"), &[1024, bytes / 4096])
}

/// Writes an empty primary HDU and 5,000 image extensions of one block of header and one of data.
pub fn hdus_5k(folder: &Path) -> io::Result<PathBuf> {
    const HDUS: usize = 5000;
    make(folder, "hdus5k.fits", (BLOCK * (1 + 2 * HDUS)) as u64, |out| {
        out.write_all(&header(&[("SIMPLE", "T"), ("BITPIX", "8"), ("NAXIS", "0"), ("EXTEND", "T")]))?;
        for index in 0..HDUS {
            let (name, number) = (format!("'EXT{index}'"), index.to_string());
            out.write_all(&header(&[
                ("XTENSION", "'IMAGE   '"),
                ("BITPIX", "-32"),
                ("NAXIS", "2"),
                ("NAXIS1", "16"),
                ("NAXIS2", "16"),
                ("PCOUNT", "0"),
                ("GCOUNT", "1"),
                ("EXTNAME", &name),
                ("INDEX", &number),
            ]))?;
            out.write_all(&[0; BLOCK])?;
        }
        Ok(())
    })
}

fn image(folder: &Path, name: &str, axes: &[u64]) -> io::Result<PathBuf> {
    let lengths: Vec<(String, String)> =
        axes.iter().enumerate().map(|(axis, length)| (format!("NAXIS{}", axis + 1), length.to_string())).collect();
    let axis_count = axes.len().to_string();
    let mut cards = vec![("SIMPLE", "T"), ("BITPIX", "-32"), ("NAXIS", axis_count.as_str())];
    cards.extend(lengths.iter().map(|(keyword, length)| (keyword.as_str(), length.as_str())));
    cards.extend([("EXTEND", "T"), ("OBJECT", "'BIG     '"), ("CTYPE1", "'RA---TAN'"), ("CTYPE2", "'DEC--TAN'")]);
    let head = header(&cards);
    let data = (axes.iter().product::<u64>() * 4).next_multiple_of(BLOCK as u64);
    let size = head.len() as u64 + data;
    make(folder, name, size, |out| {
        out.write_all(&head)?;
        out.flush()?;
        out.get_ref().set_len(size)
    })
}

/// A header: fixed-format cards, END, and blanks up to the end of the block.
fn header(cards: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (keyword, value) in cards {
        let value = if value.starts_with('\'') { format!("{value:<20}") } else { format!("{value:>20}") };
        out.extend_from_slice(format!("{:<80}", format!("{keyword:<8}= {value}")).as_bytes());
    }
    out.extend_from_slice(format!("{:<80}", "END").as_bytes());
    out.resize(out.len().next_multiple_of(BLOCK), b' ');
    out
}
