//! Datatypes as libhdf5 tells them.

use hdf5_metno_sys::h5t::{H5T_class_t::*, H5T_cset_t::*, H5T_norm_t::*, H5T_order_t::*, H5T_str_t::*};

use super::calls::{Id, REGION, types};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::hdf5::datatype::{
    Bits, Charset, Class, Datatype, Enumeration, FloatLayout, Member, Norm, Order, Padding, Reference, Text,
};

/// A type with the sizes and places that its elements have in memory.
pub(super) fn read(of: &Id) -> Result<Datatype> {
    let size = types::size(of);
    let class = match types::class(of) {
        H5T_INTEGER => Class::Fixed { bits: bits(of)?, signed: types::is_signed(of) },
        H5T_FLOAT => float(of)?,
        H5T_TIME => {
            let Bits { order, precision, .. } = bits(of)?;
            Class::Time { order, precision }
        }
        H5T_STRING if types::is_variable_text(of) => {
            let character = Datatype { size: 1, class: Class::String(text(of)) };
            Class::VlenString { text: text(of), base: Box::new(character) }
        }
        H5T_STRING => Class::String(text(of)),
        H5T_BITFIELD => Class::Bitfield(bits(of)?),
        H5T_OPAQUE => Class::Opaque { tag: types::tag(of)? },
        H5T_COMPOUND => {
            let member = |index| {
                let (offset, datatype) = types::member(of, index)?;
                let name = types::member_name(of, index)?;
                Ok(Member { name, offset: small(offset)?, datatype: read(&datatype)? })
            };
            Class::Compound((0..types::members(of)?).map(member).collect::<Result<_>>()?)
        }
        H5T_REFERENCE if size == 8 => Class::Reference(Reference::Object),
        H5T_REFERENCE if size == REGION => Class::Reference(Reference::Region),
        H5T_ENUM => {
            let base = read(&types::base(of)?)?;
            let count = types::members(of)?;
            let names = (0..count).map(|index| types::member_name(of, index)).collect::<Result<_>>()?;
            let value = |index| types::member_value(of, index, base.size as usize);
            let values = (0..count).map(value).collect::<Result<Vec<_>>>()?.concat();
            Class::Enum(Box::new(Enumeration { base, names, values: values.into() }))
        }
        H5T_VLEN => Class::Sequence(Box::new(read(&types::base(of)?)?)),
        H5T_ARRAY => Class::Array { dims: types::array_dims(of)?, base: Box::new(read(&types::base(of)?)?) },
        _ => return Err(unknown("a class")),
    };
    Ok(Datatype { size: small(size)?, class })
}

/// How many bytes an element takes in the file, where addresses take `offsets`: what is of variable length, and references,
/// take as many there as their heap IDs do.
pub(super) fn stored_size(datatype: &Datatype, offsets: u64) -> u64 {
    match &datatype.class {
        Class::VlenString { .. } | Class::Sequence(_) => 4 + offsets + 4,
        Class::Reference(Reference::Object) => offsets,
        Class::Reference(Reference::Region) => offsets + 4,
        Class::Array { dims, base } => {
            dims.iter().fold(stored_size(base, offsets), |size, dim| size.saturating_mul((*dim).into()))
        }
        Class::Compound(members) => members.iter().fold(u64::from(datatype.size), |size, member| {
            let in_memory = u64::from(member.datatype.size);
            (size + stored_size(&member.datatype, offsets)).saturating_sub(in_memory)
        }),
        _ => datatype.size.into(),
    }
}

fn unknown(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("libhdf5 tells {what} of a type that is not known here"))
}

fn small<T>(number: usize) -> Result<T>
where
    T: TryFrom<usize>,
{
    T::try_from(number).map_err(|_| unknown("a number"))
}

fn bits(of: &Id) -> Result<Bits> {
    let types::Bits { order, offset, precision, padded } = types::bits(of);
    let order = match order {
        H5T_ORDER_BE => Order::Big,
        H5T_ORDER_VAX => Order::Vax,
        H5T_ORDER_LE | H5T_ORDER_NONE => Order::Little,
        _ => return Err(unknown("a byte order")),
    };
    Ok(Bits { order, offset, precision, padded })
}

fn float(of: &Id) -> Result<Class> {
    let (float, norm) = types::float(of);
    let layout = FloatLayout {
        norm: match norm {
            H5T_NORM_IMPLIED => Norm::Implied,
            H5T_NORM_MSBSET => Norm::MsbSet,
            H5T_NORM_NONE => Norm::None,
            H5T_NORM_ERROR => return Err(unknown("a normalisation")),
        },
        sign_position: small(float.sign)?,
        exponent_position: small(float.exponent)?,
        exponent_bits: small(float.exponent_bits)?,
        mantissa_position: small(float.mantissa)?,
        mantissa_bits: small(float.mantissa_bits)?,
        bias: small(float.bias)?,
    };
    let mut bits = bits(of)?;
    bits.padded |= float.padded;
    Ok(Class::Float { bits, layout })
}

fn text(of: &Id) -> Text {
    let (padding, charset) = types::text(of);
    Text {
        padding: match padding {
            H5T_STR_NULLTERM => Padding::NullTerminated,
            H5T_STR_NULLPAD => Padding::Null,
            H5T_STR_SPACEPAD => Padding::Space,
            _ => Padding::Unknown,
        },
        charset: match charset {
            H5T_CSET_ASCII => Charset::Ascii,
            H5T_CSET_UTF8 => Charset::Utf8,
            _ => Charset::Unknown,
        },
    }
}
