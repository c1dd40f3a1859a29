//! Items of the header, decoded from the bytes at hand: `attr`, `var`, and how a list begins.

use std::sync::Arc;

use super::fields::{Fields, Lack, MOST_RANK, Odd};
use super::header::NC_ATTRIBUTE;
use crate::budget::SteppedCharge;
use crate::formats::netcdf::model::{Atomic, Attribute, DimensionId, Type, boxed, push};
use crate::formats::netcdf::value::{Numbers, Values};

/// So many names of attributes are remembered.
const MOST_NAMES: usize = 64;

/// An attribute, or one that is too long.
pub(super) enum Att {
    Whole(Attribute),
    /// Its values, which follow, take so many bytes with padding.
    Long(Attribute, u64),
    /// Its type is none, and so its length.
    Unknown,
}

/// The tag and the number of what follows.
pub(super) fn list(fields: &mut Fields<'_>, tag: u32) -> Result<u64, Lack> {
    let start = fields.at;
    let found = fields.int()?;
    match (found, fields.non_neg()?) {
        (0, 0) => Ok(0),
        (0, _) => Err(Lack::Bad(start, "it is absent, and has members all the same")),
        (found, count) if found == tag => Ok(count),
        _ => Err(Lack::Bad(start, "its tag is that of something else")),
    }
}

/// `name nc_type nelems [values ...]`. It stands at `start`; `named`: a name that it may share.
pub(super) fn attr(
    fields: &mut Fields<'_>,
    start: u64,
    limit: u64,
    named: Option<&Arc<[u8]>>,
    charge: &mut SteppedCharge,
) -> Result<Att, Lack> {
    let item = fields.at;
    let name = match named {
        Some(named) if fields.name_is(named) => Name::Shared(named),
        _ => Name::New(fields.name()?),
    };
    let kind = fields.nc_type()?;
    let count_at = fields.at;
    let count = fields.non_neg()?;
    let Some(kind) = kind else { return Ok(Att::Unknown) };
    let length = count.checked_mul(kind.size() as u64).filter(|length| length.checked_add(start + 1024).is_some());
    let Some(length) = length else { return Err(Lack::Bad(count_at, "an attribute is longer than any file")) };
    if length > limit {
        let values = Values::Omitted { offset: start + (fields.at - item) as u64, length };
        let attribute = Attribute { name: name.take(charge)?, kind: Type::Atomic(kind), values };
        return Ok(Att::Long(attribute, length.next_multiple_of(4)));
    }
    let values_at = fields.at;
    let values = fields.padded(usize::try_from(length).map_err(|_| Lack::Limit)?)?;
    charge.grow_by(boxed(values.len()))?;
    let values = match kind {
        Atomic::Char => {
            if std::str::from_utf8(values).is_err() {
                fields.odd.push((values_at, Odd::Text));
            }
            Values::Text(values.into())
        }
        kind => Values::Numbers(Numbers { kind, big_endian: true, bytes: values.into() }),
    };
    Ok(Att::Whole(Attribute { name: name.take(charge)?, kind: Type::Atomic(kind), values }))
}

/// The name of an attribute: new, or that of another one.
enum Name<'a> {
    New(&'a [u8]),
    Shared(&'a Arc<[u8]>),
}

impl Name<'_> {
    fn take(self, charge: &mut SteppedCharge) -> Result<Arc<[u8]>, Lack> {
        match self {
            Name::Shared(name) => Ok(Arc::clone(name)),
            Name::New(name) => {
                charge.grow_by(boxed(name.len() + 2 * size_of::<usize>()))?; // and what counts its owners
                Ok(name.into())
            }
        }
    }
}

/// What stands in the file for a variable.
pub(super) struct Var {
    pub(super) name: Box<[u8]>,
    /// `None`: one is not listed.
    pub(super) dimensions: Option<Vec<DimensionId>>,
    pub(super) attributes: Vec<Attribute>,
    /// `None`: of no type.
    pub(super) kind: Option<Atomic>,
    pub(super) begin: u64,
}

/// All of a variable, which begins at `offset`; `names` are those of the attributes of the one before, and become those of
/// this one.
pub(super) fn var_whole(
    fields: &mut Fields<'_>,
    offset: u64,
    limit: u64,
    known: u64,
    names: &mut Vec<Arc<[u8]>>,
    charge: &mut SteppedCharge,
) -> Result<Var, Lack> {
    let (name, dimensions) = var_head(fields, known, charge)?;
    let mut attributes = Vec::new();
    let count = list(fields, NC_ATTRIBUTE)?;
    for index in 0..count {
        let named = names.get(index as usize);
        let Att::Whole(attribute) = attr(fields, offset + fields.at as u64, limit, named, charge)? else {
            return Err(Lack::More(0)); // what takes more thought is read in pieces
        };
        if (index as usize) < MOST_NAMES && named.is_none_or(|named| !Arc::ptr_eq(named, &attribute.name)) {
            names.truncate(index as usize);
            names.push(Arc::clone(&attribute.name));
        }
        push(&mut attributes, attribute, count, charge)?;
    }
    let (kind, begin) = var_tail(fields)?;
    Ok(Var { name, dimensions, attributes, kind, begin })
}

/// `nc_type vsize begin`
pub(super) fn var_tail(fields: &mut Fields<'_>) -> Result<(Option<Atomic>, u64), Lack> {
    let kind = fields.nc_type()?;
    fields.non_neg()?; // vsize: redundant, and not always right
    Ok((kind, fields.offset()?))
}

type VarHead = (Box<[u8]>, Option<Vec<DimensionId>>);

/// `name nelems [dimid ...]`; no dimensions: one is none of the `known` ones.
pub(super) fn var_head(fields: &mut Fields<'_>, known: u64, charge: &mut SteppedCharge) -> Result<VarHead, Lack> {
    let name = fields.name()?;
    let rank_at = fields.at;
    let rank = fields.non_neg()?;
    if rank > MOST_RANK {
        return Err(Lack::Bad(rank_at, "a variable has more dimensions than any may have"));
    }
    let first = fields.at;
    fields.whole_list(rank)?;
    let mut listed = true;
    for _ in 0..rank {
        listed &= fields.non_neg()? < known;
    }
    let end = std::mem::replace(&mut fields.at, first);
    charge.grow_by(boxed(name.len()) + rank as usize * size_of::<DimensionId>())?;
    let mut dimensions = Vec::with_capacity(if listed { rank as usize } else { 0 });
    while listed && fields.at < end {
        dimensions.push(fields.non_neg()? as DimensionId);
    }
    fields.at = end;
    Ok((name.into(), listed.then_some(dimensions)))
}
