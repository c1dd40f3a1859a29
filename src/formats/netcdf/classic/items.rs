//! Items of the header, decoded from the bytes at hand: `attr`, `var`, and how a list begins.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::fields::{Fields, Lack, MOST_RANK, Odd};
use super::header::NC_ATTRIBUTE;
use crate::budget::SteppedCharge;
use crate::formats::netcdf::model::{Atomic, Attribute, Attributes, DimensionId, Type, boxed};
use crate::formats::netcdf::value::{Numbers, Values};

/// So many attributes of a variable can be left as they stand.
const FEW: usize = 32;

/// An attribute, or one that is too long.
pub(super) enum Att<'a> {
    Whole(Attribute<'a>),
    /// Its values, which follow, take so many bytes with padding.
    Long(Attribute<'a>, u64),
    /// Its type is none, and so its length.
    Unknown,
}

impl Att<'_> {
    /// The same with what it is made of.
    pub(super) fn into_owned(self, charge: &mut SteppedCharge) -> Result<Att<'static>, Lack> {
        let own = |attribute: Attribute<'_>, charge: &mut SteppedCharge| {
            charge.grow_by(attribute.held())?;
            Ok::<_, Lack>(attribute.into_owned())
        };
        Ok(match self {
            Att::Whole(attribute) => Att::Whole(own(attribute, charge)?),
            Att::Long(attribute, length) => Att::Long(own(attribute, charge)?, length),
            Att::Unknown => Att::Unknown,
        })
    }
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

/// `name nc_type nelems [values ...]`. It stands at `start`.
#[inline(always)] // who only checks it needs nothing to be made
pub(super) fn attr<'a>(fields: &mut Fields<'a>, start: u64, limit: u64) -> Result<Att<'a>, Lack> {
    let item = fields.at;
    let name = Cow::Borrowed(fields.name()?);
    let kind = fields.nc_type()?;
    let count_at = fields.at;
    let count = fields.non_neg()?;
    let Some(kind) = kind else { return Ok(Att::Unknown) };
    let length = count.checked_mul(kind.size() as u64).filter(|length| length.checked_add(start + 1024).is_some());
    let Some(length) = length else { return Err(Lack::Bad(count_at, "an attribute is longer than any file")) };
    if length > limit {
        let values = Values::Omitted { offset: Some(start + (fields.at - item) as u64), length };
        let attribute = Attribute { name, kind: Type::Atomic(kind), values };
        return Ok(Att::Long(attribute, length.next_multiple_of(4)));
    }
    let values_at = fields.at;
    let values = fields.padded(usize::try_from(length).map_err(|_| Lack::Limit)?)?;
    let values = match kind {
        Atomic::Char => {
            fields.check_text(values, values_at, Odd::Text);
            Values::Text(values.into())
        }
        kind => Values::Numbers(Numbers { kind, big_endian: true, bytes: values.into() }),
    };
    Ok(Att::Whole(Attribute { name, kind: Type::Atomic(kind), values }))
}

/// What stands in the file for a variable.
pub(super) struct Var {
    pub(super) name: Box<[u8]>,
    /// `None`: one is not listed.
    pub(super) dimensions: Option<Arc<[DimensionId]>>,
    pub(super) attributes: Attributes,
    /// `None`: of no type.
    pub(super) kind: Option<Atomic>,
    pub(super) begin: u64,
}

/// A variable that is at hand in whole.
pub(super) struct WholeVar {
    pub(super) head: VarHead,
    /// Where its attributes stand, and how many they are.
    pub(super) attributes: Range<usize>,
    pub(super) count: u64,
    pub(super) tail: VarTail,
}

/// All of a variable. One of many attributes takes more thought, or where two have the same name, or one is longer than
/// `limit` or of no type.
pub(super) fn var_whole(
    fields: &mut Fields<'_>,
    limit: u64,
    known: u64,
    last: Option<&Arc<[DimensionId]>>,
    charge: &mut SteppedCharge,
) -> Result<WholeVar, Lack> {
    let head = var_head(fields, known, last, charge)?;
    let count = list(fields, NC_ATTRIBUTE)?;
    let start = fields.at;
    let mut names = [&[][..]; FEW];
    for index in 0..count as usize {
        let Att::Whole(Attribute { name: Cow::Borrowed(name), .. }) = attr(fields, 0, limit)? else {
            return Err(Lack::More(0));
        };
        let (before, behind) = names.split_at_mut_checked(index).ok_or(Lack::More(0))?;
        let (Some(place), false) = (behind.first_mut(), before.contains(&name)) else { return Err(Lack::More(0)) };
        *place = name;
    }
    let attributes = start..fields.at;
    Ok(WholeVar { head, attributes, count, tail: var_tail(fields)? })
}

/// `nc_type vsize begin`
pub(super) fn var_tail(fields: &mut Fields<'_>) -> Result<VarTail, Lack> {
    let kind = fields.nc_type()?;
    fields.non_neg()?; // vsize: redundant, and not always right
    Ok((kind, fields.offset()?))
}

/// `None`: of no type.
type VarTail = (Option<Atomic>, u64);

type VarHead = (Box<[u8]>, Option<Arc<[DimensionId]>>);

/// `name nelems [dimid ...]`; no dimensions: one is none of the `known` ones. `last`: dimensions that it may share.
pub(super) fn var_head(
    fields: &mut Fields<'_>,
    known: u64,
    last: Option<&Arc<[DimensionId]>>,
    charge: &mut SteppedCharge,
) -> Result<VarHead, Lack> {
    let name = fields.name()?;
    let rank_at = fields.at;
    let rank = fields.non_neg()?;
    if rank > MOST_RANK {
        return Err(Lack::Bad(rank_at, "a variable has more dimensions than any may have"));
    }
    let first = fields.at;
    fields.whole_list(rank)?;
    let mut listed = true;
    let mut last = last.filter(|last| last.len() as u64 == rank);
    for index in 0..rank as usize {
        let id = fields.non_neg()?;
        listed &= id < known;
        last = last.filter(|last| last[index] as u64 == id);
    }
    charge.grow_by(boxed(name.len()))?;
    let dimensions = match last {
        _ if !listed => None,
        Some(last) => Some(Arc::clone(last)),
        None => {
            charge.grow_by(boxed((rank as usize + 2) * size_of::<DimensionId>()))?; // with what counts its owners
            let end = std::mem::replace(&mut fields.at, first);
            let ids: Result<_, _> = (0..rank).map(|_| fields.non_neg().map(|id| id as DimensionId)).collect();
            fields.at = end;
            Some(ids?)
        }
    };
    Ok((name.into(), dimensions))
}
