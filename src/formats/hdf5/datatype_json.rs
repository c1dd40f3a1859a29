//! A datatype as the document shows it: the form of hdf5-json, and the numpy string.

use std::io::{self, Write};

use super::datatype::{Bits, Charset, Class, Datatype, FloatLayout, Norm, Order, Padding, Reference, Text};
use super::number;
use crate::document::json;
use crate::formats::name;

/// Writes the type as hdf5-json does.
pub(super) fn write(out: &mut (impl Write + ?Sized), datatype: &Datatype) -> io::Result<()> {
    out.write_all(b"{\"class\":\"H5T_")?;
    out.write_all(match &datatype.class {
        Class::Fixed { .. } => b"INTEGER\"",
        Class::Float { .. } => b"FLOAT\"",
        Class::Time { .. } => b"TIME\"",
        Class::String(_) | Class::VlenString { .. } => b"STRING\"",
        Class::Bitfield(_) => b"BITFIELD\"",
        Class::Opaque { .. } => b"OPAQUE\"",
        Class::Compound(_) => b"COMPOUND\"",
        Class::Reference(_) => b"REFERENCE\"",
        Class::Enum(_) => b"ENUM\"",
        Class::Sequence(_) => b"VLEN\"",
        Class::Array { .. } => b"ARRAY\"",
        Class::Complex(_) => b"COMPLEX\"",
    })?;
    match &datatype.class {
        Class::Fixed { bits, .. } | Class::Float { bits, .. } | Class::Bitfield(bits) => {
            bits_item(out, datatype, *bits)?;
        }
        Class::Time { order, precision } => {
            bits_item(out, datatype, Bits { order: *order, offset: 0, precision: *precision, padded: false })?;
        }
        Class::String(text) => string_item(out, *text, Some(datatype.size))?,
        Class::VlenString { text, .. } => string_item(out, *text, None)?,
        Class::Opaque { tag } => {
            out.write_all(b",\"size\":")?;
            json::integer(out, datatype.size)?;
            out.write_all(b",\"tag\":")?;
            json::string(out, &name::text(tag))?;
        }
        Class::Compound(members) => {
            out.write_all(b",\"fields\":")?;
            let mut comma: &[u8] = b"[";
            for member in members {
                out.write_all(std::mem::replace(&mut comma, b","))?;
                out.write_all(b"{\"name\":")?;
                json::string(out, &name::text(&member.name))?;
                out.write_all(b",\"type\":")?;
                write(out, &member.datatype)?;
                out.write_all(b"}")?;
            }
            out.write_all(if members.is_empty() { b"[]" } else { b"]" })?;
        }
        Class::Reference(kind) => out.write_all(match kind {
            Reference::Object => b",\"base\":\"H5T_STD_REF_OBJ\"",
            Reference::Region => b",\"base\":\"H5T_STD_REF_DSETREG\"",
            Reference::Standard => b",\"base\":\"H5T_STD_REF\"",
        })?,
        Class::Enum(enumeration) => {
            base_item(out, &enumeration.base)?;
            out.write_all(b",\"mapping\":")?;
            let mut comma: &[u8] = b"{";
            let values = enumeration.values.chunks_exact(enumeration.base.size as usize);
            for (name, value) in enumeration.names.iter().zip(values) {
                out.write_all(std::mem::replace(&mut comma, b","))?;
                json::string(out, &name::text(name))?;
                out.write_all(b":")?;
                number::write(out, &enumeration.base.class, value)?;
            }
            out.write_all(if enumeration.names.is_empty() { b"{}" } else { b"}" })?;
        }
        Class::Sequence(base) | Class::Complex(base) => base_item(out, base)?,
        Class::Array { dims, base } => {
            base_item(out, base)?;
            out.write_all(b",\"dims\":")?;
            let mut comma: &[u8] = b"[";
            for dim in dims {
                out.write_all(std::mem::replace(&mut comma, b","))?;
                json::integer(out, *dim)?;
            }
            out.write_all(if dims.is_empty() { b"[]" } else { b"]" })?;
        }
    }
    out.write_all(b"}")
}

/// Writes the type as a numpy string, or null where numpy has none.
pub(super) fn write_dtype(out: &mut (impl Write + ?Sized), datatype: &Datatype) -> io::Result<()> {
    let (datatype, complex) = match &datatype.class {
        Class::String(_) | Class::Opaque { .. } => {
            out.write_all(if matches!(datatype.class, Class::String(_)) { b"\"|S" } else { b"\"|V" })?;
            json::integer(out, datatype.size)?;
            return out.write_all(b"\"");
        }
        Class::Complex(base) => (&**base, true),
        _ => (datatype, false),
    };
    let code: &[u8] = match &datatype.class {
        Class::Fixed { signed: true, .. } => b"i",
        Class::Fixed { .. } => b"u",
        Class::Float { .. } if complex && datatype.size > 2 => b"c",
        Class::Float { .. } if !complex => b"f",
        _ => return out.write_all(b"null"),
    };
    let Some(predefined) = Predefined::of(datatype) else { return out.write_all(b"null") };
    out.write_all(match predefined.order {
        _ if datatype.size == 1 => b"\"|",
        Order::Big => b"\">",
        _ => b"\"<",
    })?;
    out.write_all(code)?;
    json::integer(out, if complex { datatype.size * 2 } else { datatype.size })?;
    out.write_all(b"\"")
}

/// The parts of a predefined type's name.
struct Predefined {
    kind: &'static [u8],
    bits: &'static [u8],
    order: Order,
}

impl Predefined {
    fn of(datatype: &Datatype) -> Option<Predefined> {
        let (kind, bits, sizes): (&[u8], Bits, &[u32]) = match &datatype.class {
            Class::Fixed { bits, signed: true } => (b"STD_I", *bits, &[1, 2, 4, 8]),
            Class::Fixed { bits, .. } => (b"STD_U", *bits, &[1, 2, 4, 8]),
            Class::Bitfield(bits) => (b"STD_B", *bits, &[1, 2, 4, 8]),
            Class::Float { bits, layout } if is_ieee(layout, datatype.size) => (b"IEEE_F", *bits, &[2, 4, 8]),
            Class::Time { order, precision } => {
                (b"UNIX_D", Bits { order: *order, offset: 0, precision: *precision, padded: false }, &[4, 8])
            }
            _ => return None,
        };
        let whole = bits.offset == 0 && u32::from(bits.precision) == datatype.size.saturating_mul(8);
        if !whole || bits.padded || bits.order == Order::Vax || !sizes.contains(&datatype.size) {
            return None;
        }
        let width: &[u8] = match datatype.size {
            1 => b"8",
            2 => b"16",
            4 => b"32",
            _ => b"64",
        };
        Some(Predefined { kind, bits: width, order: bits.order })
    }
}

/// True if the fields are those of IEEE 754 for a size of 2, 4 or 8 bytes.
pub(in crate::formats) fn is_ieee(layout: &FloatLayout, size: u32) -> bool {
    let (exponent_bits, mantissa_bits, bias) = match size {
        2 => (5, 10, 15),
        4 => (8, 23, 127),
        8 => (11, 52, 1023),
        _ => return false,
    };
    *layout
        == FloatLayout {
            norm: Norm::Implied,
            sign_position: exponent_bits + mantissa_bits,
            exponent_position: mantissa_bits,
            exponent_bits,
            mantissa_position: 0,
            mantissa_bits,
            bias,
        }
}

fn bits_item(out: &mut (impl Write + ?Sized), datatype: &Datatype, bits: Bits) -> io::Result<()> {
    if let Some(predefined) = Predefined::of(datatype) {
        out.write_all(b",\"base\":\"H5T_")?;
        out.write_all(predefined.kind)?;
        out.write_all(predefined.bits)?;
        return out.write_all(if predefined.order == Order::Big { b"BE\"" } else { b"LE\"" });
    }
    out.write_all(b",\"size\":")?;
    json::integer(out, datatype.size)?;
    out.write_all(b",\"precision\":")?;
    json::integer(out, bits.precision)?;
    out.write_all(b",\"bitOffset\":")?;
    json::integer(out, bits.offset)?;
    out.write_all(match bits.order {
        Order::Little => b",\"byteOrder\":\"H5T_ORDER_LE\"",
        Order::Big => b",\"byteOrder\":\"H5T_ORDER_BE\"",
        Order::Vax => b",\"byteOrder\":\"H5T_ORDER_VAX\"",
    })?;
    match &datatype.class {
        Class::Fixed { signed: true, .. } => out.write_all(b",\"signType\":\"H5T_SGN_2\""),
        Class::Fixed { .. } => out.write_all(b",\"signType\":\"H5T_SGN_NONE\""),
        Class::Float { layout, .. } => float_item(out, layout),
        _ => Ok(()),
    }
}

fn float_item(out: &mut (impl Write + ?Sized), layout: &FloatLayout) -> io::Result<()> {
    let fields: [(&[u8], u32); 6] = [
        (b",\"signBitPos\":", layout.sign_position.into()),
        (b",\"expBitPos\":", layout.exponent_position.into()),
        (b",\"expBits\":", layout.exponent_bits.into()),
        (b",\"mantBitPos\":", layout.mantissa_position.into()),
        (b",\"mantBits\":", layout.mantissa_bits.into()),
        (b",\"expBias\":", layout.bias),
    ];
    for (key, value) in fields {
        out.write_all(key)?;
        json::integer(out, value)?;
    }
    out.write_all(match layout.norm {
        Norm::None => b",\"mantNorm\":\"H5T_NORM_NONE\"",
        Norm::MsbSet => b",\"mantNorm\":\"H5T_NORM_MSBSET\"",
        Norm::Implied => b",\"mantNorm\":\"H5T_NORM_IMPLIED\"",
    })
}

fn string_item(out: &mut (impl Write + ?Sized), text: Text, length: Option<u32>) -> io::Result<()> {
    out.write_all(match text.charset {
        Charset::Ascii => b",\"charSet\":\"H5T_CSET_ASCII\"",
        Charset::Utf8 => b",\"charSet\":\"H5T_CSET_UTF8\"",
        Charset::Unknown => b",\"charSet\":null",
    })?;
    out.write_all(match text.padding {
        Padding::NullTerminated => b",\"strPad\":\"H5T_STR_NULLTERM\"",
        Padding::Null => b",\"strPad\":\"H5T_STR_NULLPAD\"",
        Padding::Space => b",\"strPad\":\"H5T_STR_SPACEPAD\"",
        Padding::Unknown => b",\"strPad\":null",
    })?;
    out.write_all(b",\"length\":")?;
    match length {
        Some(length) => json::integer(out, length),
        None => out.write_all(b"\"H5T_VARIABLE\""),
    }
}

fn base_item(out: &mut (impl Write + ?Sized), base: &Datatype) -> io::Result<()> {
    out.write_all(b",\"base\":")?;
    write(out, base)
}
