//! Values of HDF5's types as netCDF's.

use super::types::{atomic, byte_order};
use crate::formats::hdf5::datatype::{Class, Datatype, Order};
use crate::formats::hdf5::datatype_json::is_ieee;
use crate::formats::hdf5::number;
use crate::formats::hdf5::resolve::Resolved;
use crate::formats::hdf5::value::{Items, until_nul};
use crate::formats::netcdf::model::Atomic;
use crate::formats::netcdf::value::{Numbers, Values};

/// Values may take this many times the bytes that they decode to: lists of small elements take more than these do.
const COST_FACTOR: u64 = 32;
/// What the shortest values may take in any case.
const LEAST_COST: u64 = 4096;

/// Takes apart the elements of one attribute.
pub(super) struct Converter<'a> {
    resolved: &'a Resolved,
    /// What may still be made of it, in bytes.
    left: u64,
    /// What it means that there is nothing left.
    end: TooMuch,
    /// What has been made.
    pub(super) cost: usize,
    /// How many bytes of that are content.
    pub(super) content: u64,
}

/// The values would take more memory than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// How long a value may be.
    ForTheLimit,
    /// What the budget has left.
    ForTheBudget,
}

impl<'a> Converter<'a> {
    /// `most`: how many bytes the values may decode to; `room`: how many they may take.
    pub(super) fn new(resolved: &'a Resolved, most: u64, room: u64) -> Self {
        let left = most.saturating_mul(COST_FACTOR).max(LEAST_COST);
        let end = if left > room { TooMuch::ForTheBudget } else { TooMuch::ForTheLimit };
        Converter { resolved, left: left.min(room), end, cost: 0, content: 0 }
    }

    /// Before so many bytes are added.
    fn take(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(bytes as u64).ok_or(self.end)?;
        self.cost += bytes;
        Ok(())
    }

    /// The same for bytes that are content.
    fn copy(&mut self, bytes: &[u8]) -> Result<Box<[u8]>, TooMuch> {
        self.take(bytes.len())?;
        self.content += bytes.len() as u64;
        Ok(bytes.into())
    }

    /// All elements of a type. Text is one string of `char`, unless `as_strings` makes each element one.
    pub(super) fn values(
        &mut self,
        datatype: &Datatype,
        raw: &[u8],
        as_strings: bool,
    ) -> Result<Values<'static>, TooMuch> {
        let size = datatype.size as usize;
        let count = raw.len().checked_div(size).unwrap_or(0);
        Ok(match &datatype.class {
            Class::Fixed { .. } | Class::Float { .. } => match atomic(datatype) {
                Some(kind) => Values::Numbers(self.numbers(kind, datatype, raw)?),
                None => Values::Missing,
            },
            Class::Enum(enumeration) => return self.values(&enumeration.base, raw, false),
            Class::String(_) if as_strings => {
                self.take(count * size_of::<Option<Box<[u8]>>>())?;
                let strings = raw.chunks_exact(size).map(|text| self.copy(until_nul(text)).map(Some));
                Values::Strings(strings.collect::<Result<_, _>>()?)
            }
            Class::String(_) => Values::Text(self.copy(raw)?.into_vec().into()),
            Class::VlenString { base, .. } => {
                self.take(count * size_of::<Option<Box<[u8]>>>())?;
                let mut strings = Vec::with_capacity(count);
                for element in raw.chunks_exact(size) {
                    strings.push(match Items::of(element, base, self.resolved) {
                        Items::Here { bytes, .. } => Some(self.copy(until_nul(bytes))?),
                        Items::Null => None,
                        Items::Missing => return Ok(Values::Missing),
                    });
                }
                Values::Strings(strings)
            }
            Class::Sequence(base) => {
                self.take(count * size_of::<Values>())?;
                let mut sequences = Vec::with_capacity(count);
                for element in raw.chunks_exact(size) {
                    sequences.push(match Items::of(element, base, self.resolved) {
                        Items::Here { bytes, .. } => self.values(base, bytes, is_long(base))?,
                        Items::Null => self.values(base, &[], is_long(base))?,
                        Items::Missing => return Ok(Values::Missing),
                    });
                }
                Values::Sequences(sequences)
            }
            Class::Opaque { .. } => {
                self.take(count * size_of::<Box<[u8]>>())?;
                Values::Opaque(raw.chunks_exact(size).map(|element| self.copy(element)).collect::<Result<_, _>>()?)
            }
            Class::Compound(members) => {
                self.take(count * (size_of::<Vec<Values>>() + members.len() * size_of::<Values>()))?;
                let mut elements = Vec::with_capacity(count);
                for element in raw.chunks_exact(size) {
                    let mut fields = Vec::with_capacity(members.len());
                    for member in members {
                        let from = member.offset as usize;
                        let bytes =
                            element.get(from..from.saturating_add(member.datatype.size as usize)).unwrap_or(&[]);
                        fields.push(self.values(&member.datatype, bytes, is_long(&member.datatype))?);
                    }
                    elements.push(fields);
                }
                Values::Compounds(elements)
            }
            Class::Array { base, .. } => return self.values(base, raw, is_long(base)),
            Class::Bitfield(_) | Class::Reference(_) | Class::Time { .. } | Class::Complex(_) => Values::Missing,
        })
    }

    /// Numbers as they are stored, where that is one of netCDF's own ways; else as the native type that they are read into.
    fn numbers(&mut self, kind: Atomic, datatype: &Datatype, raw: &[u8]) -> Result<Numbers<'static>, TooMuch> {
        let size = datatype.size as usize;
        let whole = match &datatype.class {
            Class::Fixed { bits, .. } => bits.offset == 0 && usize::from(bits.precision) == size * 8,
            Class::Float { layout, .. } => is_ieee(layout, datatype.size),
            _ => false,
        };
        if whole
            && kind.size() == size
            && let Some(order) = byte_order(datatype)
        {
            return Ok(Numbers { kind, big_endian: order == Order::Big, bytes: self.copy(raw)?.into_vec().into() });
        }
        let count = raw.len().checked_div(size).unwrap_or(0);
        self.take(count * kind.size())?;
        self.content += raw.len() as u64;
        let mut bytes = Vec::with_capacity(count * kind.size());
        for element in raw.chunks_exact(size) {
            let native = match &datatype.class {
                Class::Fixed { bits, signed } => number::integer(*bits, *signed, element),
                Class::Float { bits, layout } => match (kind, number::double(*bits, layout, element)) {
                    (Atomic::Float, value) => (value as f32).to_bits().into(),
                    (_, value) => value.to_bits(),
                },
                _ => 0,
            };
            bytes.extend(native.to_le_bytes().iter().take(kind.size()));
        }
        Ok(Numbers { kind, big_endian: false, bytes: bytes.into() })
    }
}

/// True for text of more than one character, if it is text: inside of other values each such text is a string, so that
/// several stay apart.
fn is_long(datatype: &Datatype) -> bool {
    datatype.size > 1
}
