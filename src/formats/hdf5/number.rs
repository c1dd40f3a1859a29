//! Numbers of any width, byte order and layout.

use std::io::{self, Write};

use super::datatype::{Bits, Class, FloatLayout, Norm, Order};
use super::datatype_json::is_ieee;
use crate::document::json;

/// Writes a number that takes all of `bytes`: integers exactly where 64 bits hold them, 32-bit floats as their shortest
/// decimal, everything else as the nearest double. What is no number is null.
pub(super) fn write(out: &mut (impl Write + ?Sized), class: &Class, bytes: &[u8]) -> io::Result<()> {
    match class {
        Class::Fixed { bits, signed } => write_integer(out, *bits, *signed, bytes),
        Class::Time { order, precision } => {
            let bits = Bits { order: *order, offset: 0, precision: *precision, padded: false };
            write_integer(out, bits, true, bytes)
        }
        Class::Float { bits, layout } => write_float(out, bits.order, layout, bytes),
        _ => out.write_all(b"null"),
    }
}

/// An integer of up to 64 bits, its sign extended; wider ones lose their upper bits.
pub(in crate::formats) fn integer(bits: Bits, signed: bool, bytes: &[u8]) -> u64 {
    let precision = u32::from(bits.precision).clamp(1, 64);
    let value = Element { bytes, order: bits.order }.bits(bits.offset.into(), precision);
    if signed { ((value << (64 - precision)) as i64 >> (64 - precision)) as u64 } else { value }
}

/// Any floating-point number as the nearest double.
pub(in crate::formats) fn double(bits: Bits, layout: &FloatLayout, bytes: &[u8]) -> f64 {
    float(Element { bytes, order: bits.order }, layout)
}

fn write_integer(out: &mut (impl Write + ?Sized), bits: Bits, signed: bool, bytes: &[u8]) -> io::Result<()> {
    let element = Element { bytes, order: bits.order };
    let precision = u32::from(bits.precision);
    if precision > 64 {
        return write_wide_integer(out, element, bits, signed);
    }
    let value = element.bits(bits.offset.into(), precision);
    match signed {
        true => json::integer(out, (value << (64 - precision)) as i64 >> (64 - precision)),
        false => json::integer(out, value),
    }
}

fn write_wide_integer(out: &mut (impl Write + ?Sized), element: Element, bits: Bits, signed: bool) -> io::Result<()> {
    let mut limbs = element.limbs(bits.offset.into(), bits.precision.into());
    let last = u32::from(bits.offset) + u32::from(bits.precision) - 1;
    let negative = signed && element.bits(last, 1) == 1;
    if negative {
        // The two's complement. Above the precision the highest limb has zeros: they must stay.
        let mut carry = true;
        for limb in &mut limbs {
            let (value, over) = (!*limb).overflowing_add(carry.into());
            (*limb, carry) = (value, over);
        }
        let used = u32::from(bits.precision) % 64;
        if used > 0
            && let Some(top) = limbs.last_mut()
        {
            *top &= (1 << used) - 1;
        }
    }
    match &*limbs {
        [low, high @ ..] if high.iter().all(|limb| *limb == 0) => match (negative, i64::try_from(*low)) {
            (false, _) => json::integer(out, *low),
            (true, Ok(low)) => json::integer(out, -low),
            (true, Err(_)) => json::integer(out, -i128::from(*low)),
        },
        limbs => json::f64(out, if negative { -nearest(limbs, 0) } else { nearest(limbs, 0) }),
    }
}

fn write_float(out: &mut (impl Write + ?Sized), order: Order, layout: &FloatLayout, bytes: &[u8]) -> io::Result<()> {
    let element = Element { bytes, order };
    if order != Order::Vax && is_ieee(layout, bytes.len() as u32) {
        match bytes.len() {
            4 => return json::f32(out, f32::from_bits(element.bits(0, 32) as u32)),
            8 => return json::f64(out, f64::from_bits(element.bits(0, 64))),
            _ => {}
        }
    }
    json::f64(out, float(element, layout))
}

/// Any floating-point number as the nearest double.
fn float(element: Element, layout: &FloatLayout) -> f64 {
    let exponent = element.bits(layout.exponent_position.into(), layout.exponent_bits.into());
    let mut mantissa = element.limbs(layout.mantissa_position.into(), layout.mantissa_bits.into());
    let mantissa_bits = u32::from(layout.mantissa_bits);
    let negative = element.bits(layout.sign_position.into(), 1) == 1;
    let vax = element.order == Order::Vax;
    let hidden = layout.norm == Norm::Implied;
    let fraction_bits = if hidden { mantissa_bits } else { mantissa_bits - 1 };
    let value = if vax && exponent == 0 {
        // No denormals, and a negative zero is the "reserved operand".
        if negative { f64::NAN } else { 0.0 }
    } else if !vax && exponent == (1 << layout.exponent_bits) - 1 {
        set_bit(&mut mantissa, fraction_bits, false);
        if mantissa.iter().all(|limb| *limb == 0) { f64::INFINITY } else { f64::NAN }
    } else {
        if hidden && exponent > 0 {
            set_bit(&mut mantissa, mantissa_bits, true);
        }
        nearest(&mantissa, exponent.max(1) as i64 - i64::from(layout.bias) - i64::from(fraction_bits))
    };
    if negative { -value } else { value }
}

fn set_bit(limbs: &mut Vec<u64>, position: u32, one: bool) {
    let (limb, mask) = ((position / 64) as usize, 1 << (position % 64));
    if limb >= limbs.len() {
        limbs.push(0); // positions are at most one bit behind the end
    }
    if let Some(limb) = limbs.get_mut(limb) {
        *limb = if one { *limb | mask } else { *limb & !mask };
    }
}

/// The bytes of an element, in its byte order.
#[derive(Debug, Clone, Copy)]
struct Element<'a> {
    bytes: &'a [u8],
    order: Order,
}

impl Element<'_> {
    /// A byte by its significance, from the least.
    fn byte(self, at: usize) -> u64 {
        let length = self.bytes.len();
        let at = match self.order {
            Order::Little => Some(at),
            Order::Big => length.checked_sub(at + 1),
            Order::Vax => length.checked_sub(at + 2 - at % 2 * 2), // the words are reversed, not their bytes
        };
        at.and_then(|at| self.bytes.get(at)).map_or(0, |byte| u64::from(*byte))
    }

    /// The lowest bits of a little-endian element; at most 64.
    fn low(self, count: u32) -> u64 {
        let value = match self.bytes {
            [a] => u64::from(*a),
            [a, b] => u16::from_le_bytes([*a, *b]).into(),
            [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]).into(),
            bytes => match bytes.first_chunk() {
                Some(bytes) => u64::from_le_bytes(*bytes),
                None => bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)),
            },
        };
        value & (u64::MAX >> (64 - count))
    }

    /// Up to 64 bits from a position on.
    fn bits(self, position: u32, count: u32) -> u64 {
        if position == 0 && self.order == Order::Little {
            return self.low(count.clamp(1, 64));
        }
        let first = (position / 8) as usize;
        let shift = position % 8;
        let bytes = (shift + count).div_ceil(8) as usize;
        let value = (0..bytes).rev().fold(0u128, |value, at| value << 8 | u128::from(self.byte(first + at)));
        (value >> shift) as u64 & (u64::MAX >> (64 - count.clamp(1, 64)))
    }

    /// Any number of bits, 64 at a time, the lowest first.
    fn limbs(self, position: u32, count: u32) -> Vec<u64> {
        (0..count).step_by(64).map(|at| self.bits(position + at, (count - at).min(64))).collect()
    }
}

/// The double that is nearest to an integer times a power of two; of two the even one.
fn nearest(limbs: &[u64], exponent: i64) -> f64 {
    let Some(top) = limbs.iter().rposition(|limb| *limb != 0) else { return 0.0 };
    // The highest 64 bits. What is below them only says whether they are exact: the lowest of them can say that.
    let high = limbs.get(top).copied().unwrap_or(0);
    let low = top.checked_sub(1).and_then(|at| limbs.get(at)).copied().unwrap_or(0);
    let zeros = high.leading_zeros();
    let both = (u128::from(high) << 64 | u128::from(low)) << zeros;
    let inexact = both as u64 != 0 || limbs.iter().take(top.saturating_sub(1)).any(|limb| *limb != 0);
    let mantissa = (both >> 64) as u64 | u64::from(inexact);
    let power = exponent.saturating_add(top as i64 * 64 + 63 - i64::from(zeros)); // that of the highest bit
    if power > 1023 {
        return f64::INFINITY;
    }
    let kept = 53 + (power + 1022).min(0);
    if kept < 0 {
        return 0.0;
    }
    let dropped = 64 - kept as u32; // 11 to 64
    let rest = mantissa & (u64::MAX >> (64 - dropped));
    let half = 1 << (dropped - 1);
    let whole = mantissa.checked_shr(dropped).unwrap_or(0);
    let whole = whole + u64::from(rest > half || (rest == half && whole & 1 == 1));
    let power = power - 63 + i64::from(dropped); // of the lowest kept bit; at least -1074
    // Both factors are exact, and so is the product, or it is over the largest double.
    let half_power = power / 2;
    whole as f64 * power_of_two(half_power) * power_of_two(power - half_power)
}

/// A power of two between the smallest and the largest normal one.
fn power_of_two(power: i64) -> f64 {
    f64::from_bits(((power + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(class: &Class, bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write(&mut out, class, bytes).expect("a Vec takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    fn fixed(order: Order, offset: u16, precision: u16, signed: bool) -> Class {
        Class::Fixed { bits: Bits { order, offset, precision, padded: false }, signed }
    }

    #[test]
    fn integers_of_any_width() {
        let le = |precision, signed| fixed(Order::Little, 0, precision, signed);
        assert_eq!(json(&le(8, true), &[0x80]), "-128");
        assert_eq!(json(&le(64, false), &[0xFF; 8]), "18446744073709551615");
        assert_eq!(json(&le(64, true), &[0xFF; 8]), "-1");
        assert_eq!(json(&le(24, true), &[0, 0, 0x80]), "-8388608");
        assert_eq!(json(&fixed(Order::Big, 0, 24, false), &[1, 2, 3]), "66051");
        assert_eq!(json(&fixed(Order::Big, 4, 12, true), &[0x80, 0x1F]), "-2047");
        assert_eq!(json(&fixed(Order::Little, 60, 8, false), &[0, 0, 0, 0, 0, 0, 0, 0xA0, 5]), "90");
        assert_eq!(json(&le(128, true), &[0xFE; 16]), "-1.3344406545919155e+36");
        let mut bytes = [0xFF; 16];
        bytes[0] = 0;
        assert_eq!(json(&le(128, true), &bytes), "-256");
        assert_eq!(json(&le(100, false), &[7; 16]), "5.5677202833553604e+29");
        assert_eq!(json(&le(1600, false), &[0xFF; 200]), "\"Infinity\"");
    }

    #[test]
    fn integers_round_to_the_nearest_double() {
        // 2^70 + 2^17: halfway, to the even one below; one more bit far below decides.
        let tie = [1u64 << 17, 1 << 6];
        assert_eq!(nearest(&tie, 0), 2f64.powi(70));
        assert_eq!(nearest(&[tie[0] | 1, tie[1]], 0), 2f64.powi(70) + 2f64.powi(18));
        assert_eq!(nearest(&[1, 0, 1 << 17, 1 << 6], 0), 2f64.powi(198) + 2f64.powi(146));
        assert_eq!(nearest(&[u64::MAX], -64), 1.0);
    }

    #[test]
    fn the_ends_of_the_doubles() {
        assert_eq!(nearest(&[1], -1074), 5e-324);
        assert_eq!(nearest(&[1], -1075), 0.0, "halfway to zero, which is even");
        assert_eq!(nearest(&[3], -1076), 5e-324);
        assert_eq!(nearest(&[3], -1075), 1e-323);
        assert_eq!(nearest(&[1], -9999), 0.0);
        assert_eq!(nearest(&[u64::MAX], 960), f64::INFINITY);
        assert_eq!(nearest(&[u64::MAX << 11], 960), f64::MAX);
        assert_eq!(nearest(&[1], i64::MAX), f64::INFINITY);
        for value in [1.5, 0.1, 2.2250738585072014e-308, 4.9e-310, 1.7976931348623157e308] {
            let bits = f64::to_bits(value);
            let exponent = (bits >> 52).max(1) as i64 - 1075;
            let hidden = u64::from(bits >> 52 > 0) << 52;
            assert_eq!(nearest(&[(bits & ((1 << 52) - 1)) | hidden], exponent), value);
        }
    }

    #[test]
    fn floats_of_32_bits_are_their_shortest_decimal() {
        let layout = FloatLayout {
            norm: Norm::Implied,
            sign_position: 31,
            exponent_position: 23,
            exponent_bits: 8,
            mantissa_position: 0,
            mantissa_bits: 23,
            bias: 127,
        };
        let of = |order, layout| Class::Float { bits: Bits { order, offset: 0, precision: 32, padded: false }, layout };
        assert_eq!(json(&of(Order::Little, layout), &0.1f32.to_le_bytes()), "0.1");
        assert_eq!(json(&of(Order::Big, layout), &(-1e-40f32).to_be_bytes()), "-1e-40");
        assert_eq!(
            json(&of(Order::Big, FloatLayout { bias: 126, ..layout }), &0.1f32.to_be_bytes()),
            "0.20000000298023224"
        );
    }

    #[test]
    fn vax_floats() {
        let layout = FloatLayout {
            norm: Norm::Implied,
            sign_position: 31,
            exponent_position: 23,
            exponent_bits: 8,
            mantissa_position: 0,
            mantissa_bits: 23,
            bias: 129,
        };
        let class = Class::Float { bits: Bits { order: Order::Vax, offset: 0, precision: 32, padded: false }, layout };
        assert_eq!(json(&class, &[0x80, 0x40, 0, 0]), "1.0");
        assert_eq!(json(&class, &[0x49, 0x41, 0xD0, 0x0F]), "3.141590118408203");
        assert_eq!(json(&class, &[0, 0, 1, 0]), "0.0");
        assert_eq!(json(&class, &[0, 0x80, 0, 0]), "\"NaN\"");
    }
}
