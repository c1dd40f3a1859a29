//! The global heap block of a virtual dataset (HDF5 File Format Specification, III.F): which datasets its elements are in.

use super::checksum::is_sound;
use super::fault::Fault;
use super::fields::{ENDS_EARLY, Fields, Parse, Widths};

const WHAT: &str = "virtual dataset mappings";

/// A part of the virtual dataset is a part of this dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mapping<'a> {
    /// As stored, of any encoding: `.` is the file itself, and `%b` stands for a number that counts up.
    pub(super) file: &'a [u8],
    pub(super) dataset: &'a [u8],
}

/// Decodes the mappings, which are an object in a global heap, at an absolute offset.
pub(super) fn decode(object: &[u8], widths: Widths, offset: u64) -> Result<Vec<Mapping<'_>>, Fault> {
    if !is_sound(object) {
        return Err(Fault::checksum(offset, WHAT));
    }
    let fields = &mut Fields::new(&object[..object.len() - 4], widths);
    mappings(fields).map_err(|why| Fault::malformed(offset, WHAT, why))
}

/// In version 1 (HDF5 2.0) a name may be that of an entry before.
const FILE_IS_SHARED: u8 = 1;
const DATASET_IS_SHARED: u8 = 2;
const FILE_IS_SAME: u8 = 4;

fn mappings<'a>(fields: &mut Fields<'a>) -> Parse<Vec<Mapping<'a>>> {
    let version = fields.version(0..=1)?;
    let count = fields.length()?;
    let mut mappings: Vec<Mapping<'a>> = Vec::new();
    for _ in 0..count {
        let flags = if version == 0 { 0 } else { fields.u8()? };
        if flags & !(FILE_IS_SHARED | DATASET_IS_SHARED | FILE_IS_SAME) != 0 {
            return Err("it has flags that are not known");
        }
        let file = match flags & (FILE_IS_SHARED | FILE_IS_SAME) {
            0 => fields.until_nul()?,
            FILE_IS_SHARED => before(fields, &mappings)?.file,
            _ => b".",
        };
        let dataset = match flags & DATASET_IS_SHARED {
            0 => fields.until_nul()?,
            _ => before(fields, &mappings)?.dataset,
        };
        selection(fields)?;
        selection(fields)?;
        mappings.push(Mapping { file, dataset });
    }
    Ok(mappings)
}

/// An entry that stands before, by its number.
fn before<'a>(fields: &mut Fields<'a>, mappings: &[Mapping<'a>]) -> Parse<Mapping<'a>> {
    let number = usize::try_from(fields.length()?).ok();
    number
        .and_then(|number| mappings.get(number))
        .copied()
        .ok_or("a name is that of an entry that does not stand before")
}

/// Passes over a serialized selection (VIII, Appendix D).
fn selection(fields: &mut Fields<'_>) -> Parse<()> {
    const NONE: u32 = 0;
    const POINTS: u32 = 1;
    const HYPERSLAB: u32 = 2;
    const ALL: u32 = 3;
    let (kind, version) = (fields.u32()?, fields.u32()?);
    // What has a length has had a wrong one: the numbers are counted instead.
    match (kind, version) {
        (NONE | ALL, 1) => fields.skip(8),
        (POINTS | HYPERSLAB, 1) => {
            fields.skip(8)?;
            let (rank, count) = (fields.u32()?, fields.u32()?);
            numbers(fields, count.into(), if kind == POINTS { 1 } else { 2 }, rank, 4)
        }
        (POINTS, 2) => {
            let width = width(fields)?;
            let rank = fields.u32()?;
            let count = fields.uint(width)?;
            numbers(fields, count, 1, rank, width)
        }
        (HYPERSLAB, 2) => {
            fields.skip(5)?;
            let rank = fields.u32()?;
            numbers(fields, 1, 4, rank, 8)
        }
        (HYPERSLAB, 3) => {
            let is_regular = fields.u8()? & 1 != 0;
            let width = width(fields)?;
            let rank = fields.u32()?;
            let (count, each) = if is_regular { (1, 4) } else { (fields.uint(width)?, 2) };
            numbers(fields, count, each, rank, width)
        }
        _ => Err("a selection's type or version is not known"),
    }
}

fn width(fields: &mut Fields<'_>) -> Parse<usize> {
    match fields.u8()? {
        width @ (2 | 4 | 8) => Ok(width.into()),
        _ => Err("a selection's numbers have no width of 2, 4 or 8"),
    }
}

/// Passes over `count` times `each` numbers for every dimension.
fn numbers(fields: &mut Fields<'_>, count: u64, each: u64, rank: u32, width: usize) -> Parse<()> {
    let numbers = count.checked_mul(each * u64::from(rank));
    let bytes = numbers.and_then(|numbers| usize::try_from(numbers.checked_mul(width as u64)?).ok());
    fields.skip(bytes.ok_or(ENDS_EARLY)?)
}

#[cfg(test)]
mod tests {
    use super::super::checksum::checksum;
    use super::super::testing::WIDTHS;
    use super::*;
    use crate::document::warnings::Code;

    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.extend(checksum(&bytes).to_le_bytes());
        bytes
    }

    fn names(bytes: &[u8]) -> Result<Vec<String>, Code> {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        match decode(bytes, WIDTHS, 0) {
            Ok(found) => Ok(found.iter().map(|one| text(one.file) + " " + &text(one.dataset)).collect()),
            Err(Fault::Damage(damage)) => Err(damage.code),
            Err(Fault::Stop(_)) => unreachable!("nothing is read"),
        }
    }

    const ALL: &[u8] = b"\x03\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0";

    /// As libhdf5 writes it, with the ways in which selections are stored.
    #[test]
    fn version_0_spells_every_name() {
        let mut bytes = b"\0\x04\0\0\0\0\0\0\0a%b.h5\0x\0".to_vec();
        bytes.extend([ALL, b"\x02\0\0\0\x01\0\0\0\0\0\0\0\x18\0\0\0\x01\0\0\0\x02\0\0\0"].concat());
        bytes.extend([0; 16]);
        bytes.extend(b".\0y\0");
        bytes.extend(b"\x02\0\0\0\x02\0\0\0\x01\x04\0\0\0\x01\0\0\0");
        bytes.extend([0; 32]);
        bytes.extend(b"\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0");
        bytes.extend(b"p\0z\0");
        bytes.extend(b"\x01\0\0\0\x02\0\0\0\x02\x02\0\0\0\x03\0");
        bytes.extend([0; 12]);
        bytes.extend(b"\x02\0\0\0\x03\0\0\0\x01\x02\x02\0\0\0");
        bytes.extend([0; 16]);
        bytes.extend([b"q\0w\0", ALL].concat());
        bytes.extend(b"\x02\0\0\0\x03\0\0\0\0\x04\x01\0\0\0\x02\0\0\0");
        bytes.extend([0; 16]);
        let expected = ["a%b.h5 x", ". y", "p z", "q w"].map(str::to_owned);
        assert_eq!(names(&sealed(bytes.clone())), Ok(expected.into()));
        for cut in 0..bytes.len() {
            assert_eq!(names(&sealed(bytes[..cut].to_vec())), Err(Code::Malformed), "{cut}");
        }
    }

    #[test]
    fn version_1_shares_names() {
        let mut bytes = b"\x01\x04\0\0\0\0\0\0\0".to_vec();
        bytes.extend([b"\0f.h5\0d\0", ALL, ALL].concat());
        bytes.extend([b"\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", ALL, ALL].concat());
        bytes.extend([b"\x02g.h5\0\0\0\0\0\0\0\0\0", ALL, ALL].concat());
        bytes.extend([b"\x04e\0", ALL, ALL].concat());
        let expected = ["f.h5 d", "f.h5 d", "g.h5 d", ". e"].map(str::to_owned);
        assert_eq!(names(&sealed(bytes.clone())), Ok(expected.into()));
        let first = bytes.len() - 2 * ALL.len() - 3;
        bytes[first] = 1; // the file of entry 0x…65, which is none
        assert_eq!(names(&sealed(bytes)), Err(Code::Malformed));
    }

    #[test]
    fn damage_is_said() {
        let bytes = sealed(b"\0\0\0\0\0\0\0\0\0".to_vec());
        assert_eq!(names(&bytes), Ok(Vec::new()));
        let mut broken = bytes.clone();
        broken[1] = 1;
        assert_eq!(names(&broken), Err(Code::Checksum));
        assert_eq!(names(&[]), Err(Code::Checksum));
        assert_eq!(names(&sealed(b"\x02\0\0\0\0\0\0\0\0".to_vec())), Err(Code::Malformed));
        assert_eq!(names(&sealed([255; 40].to_vec())), Err(Code::Malformed));
    }
}
