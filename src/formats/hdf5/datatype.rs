//! The datatype message, 0x03 (IV.A.2.d), versions 1 to 5.

use super::dataspace::MAX_RANK;
use super::fields::{Fields, Parse, TOO_DEEP, width_of};
use crate::formats::name;

/// How deep types nest in types, whatever `max_depth` allows of groups: they are decoded by recursion.
const MAX_DEPTH: u32 = 32;

/// The type of an element, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::formats) struct Datatype {
    /// Bytes of one element; never 0.
    pub(in crate::formats) size: u32,
    pub(in crate::formats) class: Class,
}

/// The classes of datatypes, with what the message says of each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::formats) enum Class {
    Fixed { bits: Bits, signed: bool },
    Float { bits: Bits, layout: FloatLayout },
    Time { order: Order, precision: u16 },
    String(Text),
    Bitfield(Bits),
    Opaque { tag: Box<[u8]> },
    Compound(Vec<Member>),
    Reference(Reference),
    Enum(Box<Enumeration>),
    Sequence(Box<Datatype>),
    VlenString { text: Text, base: Box<Datatype> },
    Array { dims: Vec<u32>, base: Box<Datatype> },
    Complex(Box<Datatype>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) enum Order {
    Little,
    Big,
    /// Words of two bytes, the most significant first; each word little-endian.
    Vax,
}

/// Where the significant bits are, counted from the least significant one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) struct Bits {
    pub(in crate::formats) order: Order,
    pub(in crate::formats) offset: u16,
    pub(in crate::formats) precision: u16,
    /// Some of the other bits are ones: such a type is none of the predefined ones.
    pub(in crate::formats) padded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) enum Norm {
    None,
    MsbSet,
    Implied,
}

/// The fields of a floating-point number. Positions count from bit 0 of the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) struct FloatLayout {
    pub(in crate::formats) norm: Norm,
    pub(in crate::formats) sign_position: u8,
    pub(in crate::formats) exponent_position: u8,
    pub(in crate::formats) exponent_bits: u8,
    pub(in crate::formats) mantissa_position: u8,
    pub(in crate::formats) mantissa_bits: u8,
    pub(in crate::formats) bias: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) struct Text {
    pub(in crate::formats) padding: Padding,
    pub(in crate::formats) charset: Charset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) enum Padding {
    NullTerminated,
    Null,
    Space,
    /// One of the reserved values.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) enum Charset {
    Ascii,
    Utf8,
    /// One of the reserved values.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::formats) struct Member {
    pub(in crate::formats) name: Box<[u8]>,
    pub(in crate::formats) offset: u32,
    pub(in crate::formats) datatype: Datatype,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats) enum Reference {
    /// The address of an object.
    Object,
    /// A global heap object with an address and a selection.
    Region,
    /// What HDF5 1.12 and later write: each element says itself of which kind it is.
    Standard,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::formats) struct Enumeration {
    pub(in crate::formats) base: Datatype,
    pub(in crate::formats) names: Vec<Box<[u8]>>,
    /// The values one after the other, as they are stored.
    pub(in crate::formats) values: Box<[u8]>,
}

impl Datatype {
    /// Reads one datatype; what a message has behind it is padding.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Datatype> {
        decode(fields, MAX_DEPTH)
    }

    /// What it takes on the heap, in bytes.
    pub(in crate::formats) fn held(&self) -> usize {
        const PIECE: usize = 16;
        let boxed = |base: &Datatype| size_of::<Datatype>() + PIECE + base.held();
        match &self.class {
            Class::Compound(members) => {
                let held = |member: &Member| size_of::<Member>() + PIECE + member.name.len() + member.datatype.held();
                members.iter().map(held).sum()
            }
            Class::Enum(enumeration) => {
                let Enumeration { base, names, values } = &**enumeration;
                let names: usize = names.iter().map(|name| size_of::<Box<[u8]>>() + PIECE + name.len()).sum();
                size_of::<Enumeration>() + PIECE + base.held() + names + values.len()
            }
            Class::Sequence(base) | Class::VlenString { base, .. } | Class::Complex(base) => boxed(base),
            Class::Array { dims, base } => size_of_val(&dims[..]) + boxed(base),
            Class::Opaque { tag } => tag.len(),
            _ => 0,
        }
    }

    /// True if values of this type stand, or have parts that stand, in the global heap.
    pub(in crate::formats) fn is_in_heap(&self) -> bool {
        match &self.class {
            Class::Sequence(_) | Class::VlenString { .. } => true,
            Class::Reference(kind) => *kind != Reference::Object,
            Class::Compound(members) => members.iter().any(|member| member.datatype.is_in_heap()),
            Class::Array { base, .. } => base.is_in_heap(),
            _ => false,
        }
    }
}

fn decode(fields: &mut Fields<'_>, depth: u32) -> Parse<Datatype> {
    let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
    let head = fields.u8()?;
    let flags = fields.uint(3)? as u32;
    let size = fields.u32()?;
    let version = head >> 4;
    if !(1..=5).contains(&version) {
        return Err("its version is not known");
    }
    if size == 0 {
        return Err("its size is 0");
    }
    let class = match head & 15 {
        0 => Class::Fixed { signed: flags & 8 != 0, bits: bits(fields, flags, size)? },
        1 => float(fields, version, flags, size)?,
        2 => Class::Time { order: order(flags), precision: precision(fields.u16()?, 0, size)? },
        3 => Class::String(text(flags, flags >> 4)),
        4 => Class::Bitfield(bits(fields, flags, size)?),
        5 => Class::Opaque { tag: until_nul(fields.take(flags as usize & 0xFF)?).into() },
        6 => Class::Compound(compound(fields, version, flags & 0xFFFF, size, depth)?),
        7 => Class::Reference(reference(flags, size, fields)?),
        8 => Class::Enum(Box::new(enumeration(fields, version, flags & 0xFFFF, size, depth)?)),
        9 => variable_length(fields, flags, size, depth)?,
        10 => array(fields, version, size, depth)?,
        11 => complex(fields, size, depth)?,
        _ => return Err("its class is not known"),
    };
    Ok(Datatype { size, class })
}

fn order(flags: u32) -> Order {
    if flags & 1 == 0 { Order::Little } else { Order::Big }
}

/// A precision that fits into the element.
fn precision(precision: u16, offset: u16, size: u32) -> Parse<u16> {
    let end = u64::from(offset) + u64::from(precision);
    if precision == 0 || end > u64::from(size) * 8 { Err("its bits are not those of its bytes") } else { Ok(precision) }
}

fn bits(fields: &mut Fields<'_>, flags: u32, size: u32) -> Parse<Bits> {
    let offset = fields.u16()?;
    let precision = precision(fields.u16()?, offset, size)?;
    Ok(Bits { order: order(flags), offset, precision, padded: flags & 6 != 0 })
}

fn float(fields: &mut Fields<'_>, version: u8, flags: u32, size: u32) -> Parse<Class> {
    let mut bits = bits(fields, flags, size)?;
    bits.padded |= flags & 8 != 0;
    if version >= 3 && flags & 0x40 != 0 {
        if flags & 1 == 0 || !size.is_multiple_of(2) {
            return Err("its byte order is not known");
        }
        bits.order = Order::Vax;
    }
    let norm = match flags >> 4 & 3 {
        0 => Norm::None,
        1 => Norm::MsbSet,
        2 => Norm::Implied,
        _ => return Err("its normalisation is not known"),
    };
    let layout = FloatLayout {
        norm,
        sign_position: (flags >> 8) as u8,
        exponent_position: fields.u8()?,
        exponent_bits: fields.u8()?,
        mantissa_position: fields.u8()?,
        mantissa_bits: fields.u8()?,
        bias: fields.u32()?,
    };
    let within = |position: u8, bits: u8| u32::from(position) + u32::from(bits) <= size.saturating_mul(8);
    let sound = (1..=32).contains(&layout.exponent_bits)
        && layout.mantissa_bits > 0
        && within(layout.sign_position, 1)
        && within(layout.exponent_position, layout.exponent_bits)
        && within(layout.mantissa_position, layout.mantissa_bits);
    if sound { Ok(Class::Float { bits, layout }) } else { Err("its fields are not inside its bytes") }
}

fn text(padding: u32, charset: u32) -> Text {
    let padding = match padding & 15 {
        0 => Padding::NullTerminated,
        1 => Padding::Null,
        2 => Padding::Space,
        _ => Padding::Unknown,
    };
    let charset = match charset & 15 {
        0 => Charset::Ascii,
        1 => Charset::Utf8,
        _ => Charset::Unknown,
    };
    Text { padding, charset }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)
}

/// A member's name: up to version 2 it fills a multiple of eight bytes, with at least one NUL.
fn name<'a>(fields: &mut Fields<'a>, version: u8) -> Parse<&'a [u8]> {
    let name = fields.until_nul()?;
    if version < 3 {
        fields.skip(7 - name.len() % 8)?;
    }
    Ok(name)
}

/// True if no two names are the same, also not as they are shown: they are keys of one object.
fn are_distinct<'a>(names: impl Iterator<Item = &'a [u8]>) -> bool {
    fn all_differ<T: Ord>(mut names: Vec<T>) -> bool {
        names.sort_unstable();
        names.windows(2).all(|pair| pair.first() != pair.last())
    }
    let names: Vec<&[u8]> = names.collect();
    match names.iter().all(|name| name::is_as_stored(name)) {
        true => all_differ(names),
        false => all_differ(names.into_iter().map(name::text).collect()),
    }
}

fn compound(fields: &mut Fields<'_>, version: u8, count: u32, size: u32, depth: u32) -> Parse<Vec<Member>> {
    let mut members = Vec::new();
    for _ in 0..count {
        let name = name(fields, version)?;
        let offset = match version {
            1 | 2 => fields.u32()?,
            _ => fields.uint(width_of(size.into()))? as u32,
        };
        let dims = if version == 1 { embedded_dims(fields)? } else { Vec::new() };
        let mut datatype = decode(fields, depth)?;
        if !dims.is_empty() {
            datatype = array_of(dims, datatype, None)?;
        }
        if offset.checked_add(datatype.size).is_none_or(|end| end > size) {
            return Err("a member is not inside it");
        }
        members.push(Member { name: name.into(), offset, datatype });
    }
    if !are_distinct(members.iter().map(|member| &*member.name)) {
        return Err("two members have the same name");
    }
    if overlap(&members) { Err("its members overlap") } else { Ok(members) }
}

/// True if a byte belongs to two members: no writer makes such a type, and values of it could be of any length.
fn overlap(members: &[Member]) -> bool {
    let mut extents: Vec<_> = members.iter().map(|member| (member.offset, member.datatype.size)).collect();
    extents.sort_unstable();
    extents.windows(2).any(|pair| matches!(pair, [first, second] if first.0 + first.1 > second.0))
}

/// The dimensions that a member of version 1 has itself, its type being that of one element.
fn embedded_dims(fields: &mut Fields<'_>) -> Parse<Vec<u32>> {
    let rank = usize::from(fields.u8()?);
    fields.skip(3 + 4 + 4)?; // reserved, permutation, reserved
    let all = [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
    all.get(..rank).map(<[u32]>::to_vec).ok_or("a member has more than four dimensions")
}

fn enumeration(fields: &mut Fields<'_>, version: u8, count: u32, size: u32, depth: u32) -> Parse<Enumeration> {
    let base = decode(fields, depth)?;
    if base.size != size || !matches!(base.class, Class::Fixed { .. }) {
        return Err("it does not enumerate integers of its size");
    }
    let mut names: Vec<Box<[u8]>> = Vec::new();
    for _ in 0..count {
        names.push(name(fields, version)?.into());
    }
    let length = u64::from(count) * u64::from(size);
    let values = fields.take(usize::try_from(length).unwrap_or(usize::MAX))?.into();
    match are_distinct(names.iter().map(|name| &**name)) {
        true => Ok(Enumeration { base, names, values }),
        false => Err("two values have the same name"),
    }
}

fn reference(flags: u32, size: u32, fields: &Fields<'_>) -> Parse<Reference> {
    let address = u32::from(fields.widths().offsets);
    let (kind, least) = match flags & 15 {
        0 => (Reference::Object, address),
        1 => (Reference::Region, address + 4),
        2..=4 => (Reference::Standard, 2 + 4 + address + 4),
        _ => return Err("its kind of reference is not known"),
    };
    if kind == Reference::Standard && flags >> 4 & 15 != 1 {
        return Err("its version of references is not known");
    }
    if size < least { Err("it is too small for a reference") } else { Ok(kind) }
}

fn variable_length(fields: &mut Fields<'_>, flags: u32, size: u32, depth: u32) -> Parse<Class> {
    if size < 8 + u32::from(fields.widths().offsets) {
        return Err("it is too small for a heap ID");
    }
    let base = Box::new(decode(fields, depth)?);
    match flags & 15 {
        0 => Ok(Class::Sequence(base)),
        1 => Ok(Class::VlenString { text: text(flags >> 4, flags >> 8), base }),
        _ => Err("its kind of variable length is not known"),
    }
}

fn array(fields: &mut Fields<'_>, version: u8, size: u32, depth: u32) -> Parse<Class> {
    let rank = usize::from(fields.u8()?);
    if rank > MAX_RANK {
        return Err("it has more than 32 dimensions");
    }
    if version < 3 {
        fields.skip(3)?;
    }
    let mut dims = Vec::with_capacity(rank);
    for _ in 0..rank {
        dims.push(fields.u32()?);
    }
    if version < 3 {
        fields.skip(4 * rank)?; // permutation indices, which no library ever used
    }
    let base = decode(fields, depth)?;
    array_of(dims, base, Some(size)).map(|array| array.class)
}

/// An array type; where its size is stored, its elements must fit.
fn array_of(dims: Vec<u32>, base: Datatype, size: Option<u32>) -> Parse<Datatype> {
    let product = dims.iter().try_fold(base.size, |product, dim| product.checked_mul(*dim));
    match product {
        Some(0) => Err("it has a dimension of 0"),
        Some(product) if size.is_none_or(|size| product <= size) => {
            Ok(Datatype { size: size.unwrap_or(product), class: Class::Array { dims, base: Box::new(base) } })
        }
        _ => Err("its elements do not fit in it"),
    }
}

fn complex(fields: &mut Fields<'_>, size: u32, depth: u32) -> Parse<Class> {
    let base = decode(fields, depth)?;
    let fits = base.size.checked_mul(2).is_some_and(|both| both <= size);
    if fits && matches!(base.class, Class::Float { .. }) {
        Ok(Class::Complex(Box::new(base)))
    } else {
        Err("it is not made of two floating-point numbers")
    }
}

#[cfg(test)]
#[path = "datatype_tests.rs"]
mod tests;
