//! Sizes as people write them: `65536`, `64KiB`, `1MiB`.

/// Reads a size: a whole number, and a unit or none.
///
/// `K`, `M`, `G`, `T` and `KiB` … count by 1024, `KB` … by 1000; case does not matter.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err("a size is a whole number with a unit or none, such as 65536, 64KiB or 1MiB".into());
    }
    let number = number.parse::<u64>().map_err(|_| "too large")?;
    let unit = unit.trim().to_ascii_lowercase();
    let (power, base) = match unit.as_bytes() {
        [] | [b'b'] => (0, 1024),
        [prefix] | [prefix, b'i', b'b'] => (power(*prefix)?, 1024),
        [prefix, b'b'] => (power(*prefix)?, 1000),
        _ => return Err(UNKNOWN.into()),
    };
    1_u64.checked_mul(u64::pow(base, power)).and_then(|unit| number.checked_mul(unit)).ok_or_else(|| "too large".into())
}

const UNKNOWN: &str = "unknown unit: use KiB, MiB, GiB or TiB";

fn power(prefix: u8) -> Result<u32, &'static str> {
    b"kmgt".iter().position(|one| *one == prefix).map(|at| at as u32 + 1).ok_or(UNKNOWN)
}

/// Writes a size for people: three or four digits and a unit of 1024.
pub(crate) fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = "KiB";
    for next in ["MiB", "GiB", "TiB"] {
        if value < 1023.95 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let cases = [
            ("0", 0),
            ("65536", 65536),
            ("1b", 1),
            ("64KiB", 65536),
            ("64 kib", 65536),
            ("64k", 65536),
            ("2MB", 2_000_000),
            ("1MiB", 1 << 20),
            ("1GiB", 1 << 30),
            ("3T", 3 << 40),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, size) in cases {
            assert_eq!(parse(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let cases = ["", "KiB", "-1", "1.5GiB", "1XiB", "1KiBs", "18446744073709551616", "16777216TiB", "1 2", "１"];
        for text in cases {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_written_for_people() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (67100, "65.5 KiB"),
            (1_048_575, "1.0 MiB"),
            (500 << 20, "500.0 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(human(bytes), text);
        }
    }
}
