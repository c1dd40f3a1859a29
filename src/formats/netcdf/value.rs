//! Values of attributes: typed, as they are stored, so that JSON and CDL are written from the same ones.

use std::borrow::Cow;

use super::model::{Atomic, boxed};

/// All elements of an attribute, of a compound's field, or of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values<'a> {
    /// `char`: every byte, padding included.
    Text(Cow<'a, [u8]>),
    Numbers(Numbers<'a>),
    /// `None`: the null string.
    Strings(Vec<Option<Box<[u8]>>>),
    /// Elements of a compound type, each with the values of its fields; a field that is an array has them row by row.
    Compounds(Vec<Vec<Values<'a>>>),
    /// Elements of a vlen type.
    Sequences(Vec<Values<'a>>),
    /// Elements of an opaque type.
    Opaque(Vec<Box<[u8]>>),
    /// Longer than the limit: where it stands, and how long it is. Our own reader always knows where.
    Omitted {
        offset: Option<u64>,
        length: u64,
    },
    /// It could not be read, which a warning says.
    Missing,
}

impl Values<'_> {
    /// What packed bytes and text take on the heap; what nests is left to who builds it.
    pub(super) fn held(&self) -> usize {
        match self {
            Values::Text(bytes) | Values::Numbers(Numbers { bytes, .. }) => boxed(bytes.len()),
            _ => 0,
        }
    }

    /// The same with bytes of its own.
    pub(super) fn into_owned(self) -> Values<'static> {
        let all = |values: Vec<Values<'_>>| values.into_iter().map(Values::into_owned).collect();
        match self {
            Values::Text(text) => Values::Text(text.into_owned().into()),
            Values::Numbers(Numbers { kind, big_endian, bytes }) => {
                Values::Numbers(Numbers { kind, big_endian, bytes: bytes.into_owned().into() })
            }
            Values::Strings(strings) => Values::Strings(strings),
            Values::Compounds(elements) => Values::Compounds(elements.into_iter().map(all).collect()),
            Values::Sequences(elements) => Values::Sequences(all(elements)),
            Values::Opaque(elements) => Values::Opaque(elements),
            Values::Omitted { offset, length } => Values::Omitted { offset, length },
            Values::Missing => Values::Missing,
        }
    }
}

/// Numbers of one type, packed as in the file. Of an enum these are the numbers of its members.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers<'a> {
    pub(super) kind: Atomic,
    pub(super) big_endian: bool,
    /// A whole number of elements.
    pub(super) bytes: Cow<'a, [u8]>,
}

/// One number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f32),
    Double(f64),
}

impl Numbers<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.kind.size()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Number> {
        self.bytes.chunks_exact(self.kind.size()).map(|raw| decode(self.kind, self.big_endian, raw))
    }
}

fn decode(kind: Atomic, big_endian: bool, raw: &[u8]) -> Number {
    let bits = |raw: &[u8]| match big_endian {
        true => raw.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
        false => raw.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
    };
    let bits = bits(raw);
    match kind {
        Atomic::Byte => Number::Signed((bits as i8).into()),
        Atomic::Short => Number::Signed((bits as i16).into()),
        Atomic::Int => Number::Signed((bits as i32).into()),
        Atomic::Int64 => Number::Signed(bits as i64),
        Atomic::Float => Number::Float(f32::from_bits(bits as u32)),
        Atomic::Double => Number::Double(f64::from_bits(bits)),
        Atomic::Char | Atomic::Ubyte | Atomic::Ushort | Atomic::Uint | Atomic::Uint64 | Atomic::String => {
            Number::Unsigned(bits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_order_and_sign_of_their_type() {
        let numbers = |kind, big_endian, bytes: &[u8]| Numbers { kind, big_endian, bytes: bytes.to_vec().into() };
        let all = |numbers: Numbers<'_>| numbers.iter().collect::<Vec<_>>();
        assert_eq!(all(numbers(Atomic::Short, true, &[0xFF, 0xFE, 0, 1])), [Number::Signed(-2), Number::Signed(1)]);
        assert_eq!(all(numbers(Atomic::Ushort, false, &[0xFE, 0xFF])), [Number::Unsigned(0xFFFE)]);
        assert_eq!(all(numbers(Atomic::Float, true, &1.5f32.to_be_bytes())), [Number::Float(1.5)]);
        assert_eq!(all(numbers(Atomic::Int64, false, &i64::MIN.to_le_bytes())), [Number::Signed(i64::MIN)]);
        assert_eq!(numbers(Atomic::Double, false, &[0; 24]).len(), 3);
    }
}
