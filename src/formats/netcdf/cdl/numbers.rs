//! Numbers as CDL writes them: in attributes with the suffix of their type, in values of user types without.

use std::io::{self, Write};

use super::super::model::Atomic;
use super::super::value::Number;

/// Significant digits that ncdump shows of a `float`, and of a `double`.
const FLOAT_DIGITS: usize = 7;
const DOUBLE_DIGITS: usize = 15;

/// Writes a number of an attribute: `1b`, `0.5f`, `2.`.
pub(super) fn suffixed(out: &mut dyn Write, kind: Atomic, number: Number) -> io::Result<()> {
    write(out, number, true)?;
    out.write_all(match (kind, number) {
        (Atomic::Byte, _) => b"b",
        (Atomic::Short, _) => b"s",
        (Atomic::Ubyte, _) => b"UB",
        (Atomic::Ushort, _) => b"US",
        (Atomic::Uint, _) => b"U",
        (Atomic::Int64, _) => b"LL",
        (Atomic::Uint64, _) => b"ULL",
        (Atomic::Float, Number::Float(number)) if number.is_finite() => b"f",
        _ => b"",
    })
}

/// Writes a number inside of a value of a user type: `1`, `0.5`, `2`.
pub(super) fn plain(out: &mut dyn Write, number: Number) -> io::Result<()> {
    write(out, number, false)
}

fn write(out: &mut dyn Write, number: Number, point: bool) -> io::Result<()> {
    match number {
        Number::Signed(number) => write!(out, "{number}"),
        Number::Unsigned(number) => write!(out, "{number}"),
        Number::Float(number) if number.is_finite() => general(out, number.into(), FLOAT_DIGITS, point),
        Number::Float(number) => special(out, number.into(), "f"),
        Number::Double(number) if number.is_finite() => general(out, number, DOUBLE_DIGITS, point),
        Number::Double(number) => special(out, number, ""),
    }
}

fn special(out: &mut dyn Write, number: f64, suffix: &str) -> io::Result<()> {
    let name = match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    };
    write!(out, "{name}{suffix}")
}

/// Writes a finite number as C's `%.{digits}g` does; with `point` as `%#.{digits}g`, but without the zeros at its end.
fn general(out: &mut dyn Write, number: f64, digits: usize, point: bool) -> io::Result<()> {
    let scientific = format!("{:.*e}", digits - 1, number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = mantissa.replace('.', "");
    let figures = mantissa.trim_end_matches('0');
    if number.is_sign_negative() {
        out.write_all(b"-")?;
    }
    let (whole, fraction, scale) = match exponent {
        0.. if (exponent as usize) < digits => {
            let (whole, _) = mantissa.split_at(exponent as usize + 1);
            (whole.to_owned(), figures.get(whole.len()..).unwrap_or("").to_owned(), None)
        }
        -4..0 => ("0".to_owned(), "0".repeat(exponent.unsigned_abs() as usize - 1) + figures, None),
        _ => (mantissa[..1].to_owned(), figures.get(1..).unwrap_or("").to_owned(), Some(exponent)),
    };
    let dot = if point || !fraction.is_empty() { "." } else { "" };
    write!(out, "{whole}{dot}{fraction}")?;
    match scale {
        Some(scale) => write!(out, "e{}{:02}", if scale < 0 { '-' } else { '+' }, scale.abs()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: Atomic, number: Number) -> String {
        let mut out = Vec::new();
        suffixed(&mut out, kind, number).expect("room");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn integers_have_the_suffix_of_their_type() {
        assert_eq!(text(Atomic::Byte, Number::Signed(-1)), "-1b");
        assert_eq!(text(Atomic::Short, Number::Signed(3)), "3s");
        assert_eq!(text(Atomic::Int, Number::Signed(3)), "3");
        assert_eq!(text(Atomic::Ubyte, Number::Unsigned(255)), "255UB");
        assert_eq!(text(Atomic::Ushort, Number::Unsigned(1)), "1US");
        assert_eq!(text(Atomic::Uint, Number::Unsigned(1)), "1U");
        assert_eq!(text(Atomic::Int64, Number::Signed(i64::MIN)), "-9223372036854775808LL");
        assert_eq!(text(Atomic::Uint64, Number::Unsigned(u64::MAX)), "18446744073709551615ULL");
    }

    #[test]
    fn what_is_not_finite_has_a_name() {
        assert_eq!(text(Atomic::Float, Number::Float(f32::NAN)), "NaNf");
        assert_eq!(text(Atomic::Float, Number::Float(f32::NEG_INFINITY)), "-Infinityf");
        assert_eq!(text(Atomic::Double, Number::Double(-f64::NAN)), "NaN");
        assert_eq!(text(Atomic::Double, Number::Double(f64::INFINITY)), "Infinity");
    }

    /// Values, and what C's printf makes of them: the number's bits, `%.7g` of a float or `%.15g` of a double, and the
    /// same with `#` and without zeros at the end; see `testdata/make_printf.c`.
    #[test]
    fn general_form_is_that_of_printf() {
        let pairs = include_str!("testdata/printf.txt");
        let mut count = 0;
        for line in pairs.lines() {
            let columns: Vec<&str> = line.split(' ').collect();
            let (bits, digits, plain, pointed) = (columns[0], columns[1], columns[2], columns[3]);
            let number = f64::from_bits(u64::from_str_radix(bits, 16).expect("bits"));
            let digits = digits.parse().expect("digits");
            let written = |point| {
                let mut out = Vec::new();
                general(&mut out, number, digits, point).expect("room");
                String::from_utf8(out).expect("UTF-8")
            };
            assert_eq!((written(false).as_str(), written(true).as_str()), (plain, pointed), "{line}");
            count += 1;
        }
        assert!(count > 500, "{count}");
    }
}
