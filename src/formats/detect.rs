//! Which format a file is, from its bytes: exact signatures first, in the order of the offsets at which they stand.

use super::dicom;
use super::foreign::{self, Foreign};
use crate::engine::gzip;
use crate::engine::join::Join;
use crate::engine::source::Source;
use crate::engine::stream::Stream;
use crate::engine::window::Stop;
use crate::options::Format;

/// What the bytes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A signature of one of our formats.
    Format(Format),
    /// DICOM without `DICM` at 128.
    IrregularDicom,
    /// Compressed: what comes out counts.
    Gzip,
    /// A format that is not ours, by name.
    Foreign(Foreign),
    /// A zip archive, of which kind is still to be seen.
    Zip,
    /// None that is known.
    Nothing,
}

const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Signatures at offset 0.
const SIGNATURES: &[(&[u8], Found)] = &[
    (HDF5, Found::Format(Format::Hdf5)),
    (b"CDF\x01", Found::Format(Format::Netcdf)),
    (b"CDF\x02", Found::Format(Format::Netcdf)),
    (b"CDF\x05", Found::Format(Format::Netcdf)),
    (b"SIMPLE  =", Found::Format(Format::Fits)),
    (b"\x1f\x8b", Found::Gzip),
    (b"\x0e\x03\x13\x01", Found::Foreign(foreign::HDF4)),
    (b"\xcd\xf3\x00\x01", Found::Foreign(foreign::NASA_CDF)),
    (b"\xcd\xf2\x60\x02", Found::Foreign(foreign::NASA_CDF)),
    (b"\x00\x00\xff\xff\x00\x00\xff\xff", Found::Foreign(foreign::NASA_CDF)),
    (b"GRIB", Found::Foreign(foreign::GRIB)),
    (b"BUFR", Found::Foreign(foreign::BUFR)),
    (b"PK\x03\x04", Found::Zip),
];
/// What is asked for first: the headers of most files, and of an image with little behind them not too much.
const FIRST_READ: usize = 32 << 10;
/// The longest of them.
const LONGEST: usize = 9;
/// HDF5 user blocks are looked for up to here.
const LAST_USER_BLOCK: u64 = 16 << 20;

/// The format that a file's first bytes show; `None`: not known from these.
///
/// ```
/// use metaextract::{Format, detect};
/// let mut head = [0u8; 132];
/// head[128..].copy_from_slice(b"DICM");
/// assert_eq!(detect(&head), Some(Format::Dicom));
/// assert_eq!(detect(b"SIMPLE  =                    T"), Some(Format::Fits));
/// assert_eq!(detect(b"plain text"), None);
/// ```
pub fn detect(head: &[u8]) -> Option<Format> {
    match at_zero(head) {
        Some(Found::Format(format)) => return Some(format),
        Some(Found::Gzip) => {
            let inside = gzip::peek(head, LONGEST)?;
            return (at_zero(&inside) == Some(Found::Format(Format::Fits))).then_some(Format::Fits);
        }
        _ => {}
    }
    if head.get(128..132) == Some(b"DICM") {
        return Some(Format::Dicom);
    }
    if user_blocks().any(|at| usize::try_from(at).is_ok_and(|at| head.get(at..at + 8) == Some(HDF5))) {
        return Some(Format::Hdf5);
    }
    dicom::is_irregular(head).then_some(Format::Dicom)
}

/// The format whose signature stands in a file that `read` reads at an offset, as far as it gets.
#[cfg(feature = "reference")]
pub(crate) fn signature(
    mut read: impl FnMut(u64, &mut [u8]) -> std::io::Result<usize>,
) -> std::io::Result<Option<Format>> {
    let mut head = [0; 132];
    let got = read(0, &mut head)?;
    let head = &head[..got];
    match at_zero(head) {
        Some(Found::Format(format)) => return Ok(Some(format)),
        Some(_) => return Ok(None),
        None if head.get(128..132) == Some(b"DICM") => return Ok(Some(Format::Dicom)),
        None => {}
    }
    for at in user_blocks() {
        let mut front = [0; HDF5.len()];
        if read(at, &mut front)? == front.len() && front == *HDF5 {
            return Ok(Some(Format::Hdf5));
        }
    }
    Ok(None)
}

fn at_zero(head: &[u8]) -> Option<Found> {
    SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)).map(|(_, found)| *found)
}

fn user_blocks() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(512u64), |at| Some(at * 2)).take_while(|at| *at <= LAST_USER_BLOCK)
}

/// Looks at the front of a file, as far as is needed to know.
pub(crate) async fn look(stream: &mut Stream) -> Result<Found, Stop> {
    let usual = std::mem::replace(&mut stream.read_ahead, FIRST_READ);
    let found = look_at(stream).await;
    stream.read_ahead = usual;
    found
}

async fn look_at(stream: &mut Stream) -> Result<Found, Stop> {
    stream.fill(LONGEST).await?;
    match at_zero(stream.buffered()) {
        Some(Found::Gzip) => return look_into_gzip(stream).await,
        Some(Found::Zip) => {
            stream.fill(foreign::ZIP_HEAD).await?;
            return Ok(Found::Foreign(foreign::zip(stream.buffered())));
        }
        Some(found) => return Ok(found),
        None => {}
    }
    stream.fill(132).await?;
    if stream.buffered().get(128..132) == Some(b"DICM") {
        return Ok(Found::Format(Format::Dicom));
    }
    stream.fill(dicom::HEAD).await?;
    if dicom::is_irregular(stream.buffered()) {
        return Ok(Found::IrregularDicom);
    }
    Ok(if has_user_block(stream.source()).await? { Found::Format(Format::Hdf5) } else { Found::Nothing })
}

/// Begins to inflate: only FITS is read so, of the rest the error names what is inside.
async fn look_into_gzip(stream: &mut Stream) -> Result<Found, Stop> {
    stream.start_gunzipping()?;
    stream.fill(LONGEST).await?;
    if let Some(Found::Format(Format::Fits)) = at_zero(stream.buffered()) {
        return Ok(Found::Format(Format::Fits));
    }
    stream.fill(132).await?;
    let inside = stream.buffered();
    Ok(Found::Foreign(Foreign::named(match at_zero(inside) {
        Some(Found::Format(Format::Hdf5)) => "gzip around HDF5",
        Some(Found::Format(Format::Netcdf)) => "gzip around NetCDF",
        _ if inside.get(128..132) == Some(b"DICM") => "gzip around DICOM",
        _ if inside.is_empty() => "gzip, damaged or cut before anything comes out of it",
        _ => "gzip around something else than FITS",
    })))
}

/// True if an HDF5 signature stands behind a user block.
pub(crate) async fn has_user_block(source: &Source) -> Result<bool, Stop> {
    Ok(behind_user_block(source).await?.is_some())
}

/// Where the HDF5 signature stands: at 0, or behind a user block (HDF5 File Format Specification, II.A).
pub(crate) async fn find_hdf5(source: &Source) -> Result<Option<u64>, Stop> {
    let (front, _) = source.read(0, HDF5.len(), FIRST_READ).await?;
    if front.starts_with(HDF5) { Ok(Some(0)) } else { behind_user_block(source).await }
}

async fn behind_user_block(source: &Source) -> Result<Option<u64>, Stop> {
    let mut join = Join::new(source.budget());
    for (index, at) in user_blocks().enumerate() {
        join.push(async move {
            let stands = source.read(at, HDF5.len(), HDF5.len()).await?.0.starts_with(HDF5);
            Ok((index, stands))
        })?;
    }
    // The first one counts: in a pipe it passes, and the rest of the file need not be waited for.
    let mut looked = vec![None; user_blocks().count()];
    while let Some(found) = join.next().await {
        let (index, stands) = found?;
        looked[index] = Some(stands);
        if let Some(first) = looked.iter().position(|looked| *looked != Some(false))
            && looked[first] == Some(true)
        {
            return Ok(user_blocks().nth(first));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_count_in_their_order() {
        assert_eq!(at_zero(b"CDF\x05..."), Some(Found::Format(Format::Netcdf)));
        assert_eq!(at_zero(b"GRIB"), Some(Found::Foreign(foreign::GRIB)));
        let mut late = vec![0u8; 2100];
        late[2048..2056].copy_from_slice(HDF5);
        assert_eq!(detect(&late), Some(Format::Hdf5));
        assert!(SIGNATURES.iter().all(|(signature, _)| signature.len() <= LONGEST));
    }
}
