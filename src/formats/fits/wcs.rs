//! World coordinates: the keywords of each description, as they stand (FITS standard 4.0, section 8, table 22).
//!
//! Three forms: of an image (`CTYPE1A`), of a column of arrays (`1CTYP5A`), of columns that are a pixel list (`TCTYP5A`).
//! Each alternate (blank, A-Z) of each form is a description of its own. Distortions and look-up tables are named by
//! the CTYPEs themselves (`-SIP`, `-TAB`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::card::Value;
use super::hdu::Kind;
use super::keywords::Keywords;
use crate::budget::{Budget, Charge};
use crate::document::builder::Refused;
use crate::document::json;

/// Axes are numbered up to this.
const MOST_AXES: i64 = 99;
/// Columns are numbered up to this.
const MOST_COLUMNS: u32 = 999;

/// What is said of every axis, by the names in the document.
const AXIS: [&str; 5] = ["ctype", "crval", "crpix", "cdelt", "cunit"];
/// What is said of every pair of axes.
const MATRIX: [&str; 2] = ["pc", "cd"];

/// Which keywords a description is written in. Their order is that of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Image,
    PixelList,
    /// The arrays in this column.
    Column(u32),
}

/// One keyword: a name of [`AXIS`] with `j` 0, or of [`MATRIX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    form: Form,
    alt: Option<char>,
    name: &'static str,
    i: u32,
    j: u32,
}

/// One description; `index` of its values are axes, in a pixel list columns.
#[derive(Debug, Default)]
struct Description<'a> {
    fields: BTreeMap<&'static str, BTreeMap<(u32, u32), &'a Value<'a>>>,
}

/// What a description takes, each kind of keyword in it, and each keyword.
const TAKES: [usize; 3] = [640, 256, 48];

/// Writes an entry of `wcs_info`.
pub(crate) type Entry<'e> = &'e dyn Fn(&mut dyn Write) -> io::Result<()>;

/// What is odd about the descriptions of an HDU.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// One declares more axes than can be numbered, and was cut to those.
    pub(crate) axes: bool,
    /// A text stands where a number belongs, or the like.
    pub(crate) kind: bool,
}

/// Gives what writes an entry of `wcs_info` to `each`, for each description of an HDU.
pub(crate) fn write(
    index: u64,
    kind: Kind,
    keywords: &Keywords,
    budget: &Budget,
    mut each: impl FnMut(Entry<'_>) -> Result<(), Refused>,
) -> Result<Oddities, Refused> {
    let mut charge = Charge::new(budget, 0).map_err(|_| Refused)?;
    let mut taken = 0;
    let mut found: BTreeMap<(Form, Option<char>), Description<'_>> = BTreeMap::new();
    let mut room = Default::default();
    let mut odd = Oddities::default();
    for (name, value) in keywords.iter() {
        let keyword = name.text(&mut room);
        let table = if kind.has_columns() { of_table(keyword) } else { None };
        if let Some(Field { form, alt, name, i, j }) = of_image(keyword).or(table) {
            let fields = &mut found.entry((form, alt)).or_default().fields;
            let new = [fields.is_empty(), !fields.contains_key(name), true];
            taken += TAKES.iter().zip(new).filter_map(|(takes, new)| new.then_some(takes)).sum::<usize>();
            charge.grow_to(taken).map_err(|_| Refused)?;
            fields.entry(name).or_default().insert((i, j), value);
            odd.kind |= *value != Value::Undefined && !is_of_its_kind(value, is_text(name));
        }
    }
    for ((form, alt), description) in &found {
        each(&|out| description.write(out, index, kind, *form, *alt, keywords))?;
        odd.axes |= declared_axes(kind, *form, *alt, keywords).is_some_and(|axes| axes > MOST_AXES);
    }
    Ok(odd)
}

/// Of the names of [`AXIS`], those that have texts; all others have numbers.
fn is_text(name: &str) -> bool {
    matches!(name, "ctype" | "cunit")
}

fn is_of_its_kind(value: &Value<'_>, text: bool) -> bool {
    matches!((value, text), (Value::Text(_), true) | (Value::Number(_), false))
}

/// The number of axes that the header declares for one description.
fn declared_axes(kind: Kind, form: Form, alt: Option<char>, keywords: &Keywords) -> Option<i64> {
    let letter = alt.map(String::from).unwrap_or_default();
    let said = |name: &str| keywords.integer(name);
    match form {
        Form::PixelList => None,
        Form::Column(column) => said(&format!("WCAX{column}{letter}")),
        Form::Image if kind == Kind::CompressedImage => said(&format!("WCSAXES{letter}")).or(said("ZNAXIS")),
        Form::Image => said(&format!("WCSAXES{letter}")).or(said("NAXIS")),
    }
}

impl Description<'_> {
    fn write(
        &self,
        out: &mut dyn Write,
        index: u64,
        kind: Kind,
        form: Form,
        alt: Option<char>,
        keywords: &Keywords,
    ) -> io::Result<()> {
        let letter = alt.map(String::from).unwrap_or_default();
        let used: BTreeSet<u32> =
            self.fields.values().flat_map(BTreeMap::keys).flat_map(|(i, j)| [*i, *j]).filter(|n| *n > 0).collect();
        let highest = used.last().copied().unwrap_or(0);
        let axes: Vec<u32> = match form {
            Form::PixelList => used.iter().copied().collect(),
            _ => {
                let axes = declared_axes(kind, form, alt, keywords);
                (1..=axes.unwrap_or(0).clamp(highest.into(), MOST_AXES).try_into().unwrap_or(highest)).collect()
            }
        };
        write!(out, "{{\"hdu\":{index},\"alt\":\"{letter}\",\"naxis\":{}", axes.len())?;
        match form {
            Form::Image => {}
            Form::Column(column) => write!(out, ",\"column\":{column}")?,
            Form::PixelList => {
                out.write_all(b",\"columns\":")?;
                list(out, &axes, |out, column| json::integer(out, *column))?;
            }
        }
        for name in AXIS {
            let Some(values) = self.fields.get(name) else { continue };
            write!(out, ",\"{name}\":")?;
            list(out, &axes, |out, n| scalar(out, values.get(&(*n, 0)).copied(), is_text(name)))?;
        }
        for name in MATRIX {
            let Some(values) = self.fields.get(name) else { continue };
            write!(out, ",\"{name}\":")?;
            list(out, &axes, |out, i| list(out, &axes, |out, j| scalar(out, values.get(&(*i, *j)).copied(), false)))?;
        }
        for (name, keyword, short) in [("radesys", "RADESYS", "RADE"), ("equinox", "EQUINOX", "EQUI")] {
            let value = match form {
                Form::Image => keywords.get(&format!("{keyword}{letter}")),
                Form::Column(column) => keywords.get(&format!("{short}{column}{letter}")),
                Form::PixelList => axes.iter().find_map(|column| keywords.get(&format!("{short}{column}{letter}"))),
            };
            match value {
                Some(value @ Value::Text(_)) if name == "radesys" => {
                    write!(out, ",\"{name}\":").and(value.write(out))?
                }
                Some(value @ Value::Number(_)) if name == "equinox" => {
                    write!(out, ",\"{name}\":").and(value.write(out))?
                }
                _ => {}
            }
        }
        out.write_all(b"}")
    }
}

fn list<T>(
    out: &mut dyn Write,
    items: &[T],
    mut each: impl FnMut(&mut dyn Write, &T) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        each(out, item)?;
    }
    out.write_all(b"]")
}

/// A value of the kind that it should be of; else null.
fn scalar(out: &mut dyn Write, value: Option<&Value>, text: bool) -> io::Result<()> {
    match value {
        Some(value) if is_of_its_kind(value, text) => value.write(out),
        _ => out.write_all(b"null"),
    }
}

/// `CTYPEia`, `PCi_ja` and the like.
fn of_image(keyword: &str) -> Option<Field> {
    if !keyword.starts_with(['C', 'P']) {
        return None; // as most are not
    }
    let (name, rest) =
        strip(keyword, &[("CTYPE", 0), ("CRVAL", 1), ("CRPIX", 2), ("CDELT", 3), ("CUNIT", 4), ("PC", 5), ("CD", 6)])?;
    let (i, rest) = number(rest, 2)?;
    let (j, rest) = if MATRIX.contains(&name) { number(rest.strip_prefix('_')?, 2)? } else { (0, rest) };
    Some(Field { form: Form::Image, alt: alternate(rest)?, name, i, j })
}

/// `TCTYPna`, `TPCn_ka`, `iCTYPna`, `ijPCna` and the like, and their short forms.
fn of_table(keyword: &str) -> Option<Field> {
    const NAMES: [(&str, usize); 10] = [
        ("CTYP", 0),
        ("CTY", 0),
        ("CRVL", 1),
        ("CRV", 1),
        ("CRPX", 2),
        ("CRP", 2),
        ("CDLT", 3),
        ("CDE", 3),
        ("CUNI", 4),
        ("CUN", 4),
    ];
    if let Some(rest) = keyword.strip_prefix('T') {
        if let Some((name, rest)) = strip(rest, &NAMES) {
            let (i, rest) = number(rest, 3)?;
            return Some(Field { form: Form::PixelList, alt: alternate(rest)?, name, i, j: 0 });
        }
        let (name, rest) = strip(rest, &[("PC", 5), ("P", 5), ("CD", 6), ("C", 6)])?;
        let (i, rest) = number(rest, 3)?;
        let (j, rest) = number(rest.strip_prefix('_')?, 3)?;
        return Some(Field { form: Form::PixelList, alt: alternate(rest)?, name, i, j });
    }
    let (i, rest) = number(keyword, 1)?;
    let (j, rest) = number(rest, 1).unwrap_or((0, rest));
    let names: &[(&str, usize)] = if j == 0 { &NAMES } else { &[("PC", 5), ("CD", 6)] };
    let (name, rest) = strip(rest, names)?;
    let (column, rest) = number(rest, 3).filter(|(column, _)| *column <= MOST_COLUMNS)?;
    Some(Field { form: Form::Column(column), alt: alternate(rest)?, name, i, j })
}

/// The first of `names` that stands at the front, as its name in the document, and what follows it.
fn strip<'a>(text: &'a str, names: &[(&str, usize)]) -> Option<(&'static str, &'a str)> {
    names.iter().find_map(|(prefix, name)| {
        let rest = text.strip_prefix(prefix)?;
        let name = AXIS.iter().chain(&MATRIX).nth(*name)?;
        rest.starts_with(|c: char| c.is_ascii_digit()).then_some((*name, rest))
    })
}

/// A number of at most so many digits without leading zeros, and what follows it.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take(digits).take_while(u8::is_ascii_digit).count();
    let value: u32 = text[..length].parse().ok().filter(|_| !text.starts_with('0'))?;
    Some((value, &text[length..]))
}

/// The alternate that a keyword ends with.
fn alternate(rest: &str) -> Option<Option<char>> {
    match rest.as_bytes() {
        [] => Some(None),
        [letter] if letter.is_ascii_uppercase() => Some(Some(char::from(*letter))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(kind: Kind, cards: &[&str]) -> Vec<serde_json::Value> {
        let mut out = Vec::new();
        let written = write(3, kind, &Keywords::of(cards), &Budget::new(1 << 20), |entry| {
            let mut text = Vec::new();
            entry(&mut text)?;
            out.push(serde_json::from_slice(&text).expect("JSON"));
            Ok(())
        });
        written.expect("a Vec takes all");
        out
    }

    #[test]
    fn an_image_has_an_entry_for_each_alternate() {
        let cards = [
            "NAXIS   = 2",
            "CTYPE1  = 'RA---TAN-SIP'",
            "CRVAL2  = 5",
            "CD1_2   = 0.5",
            "EQUINOX = 2000.0",
            "RADESYSB= 'FK5'",
            "CTYPE3B = 'WAVE-TAB'",
            "WCSAXESA= 4",
        ];
        let want = serde_json::json!([
            {"hdu": 3, "alt": "", "naxis": 2, "ctype": ["RA---TAN-SIP", null], "crval": [null, 5],
             "cd": [[null, 0.5], [null, null]], "equinox": 2000.0},
            {"hdu": 3, "alt": "B", "naxis": 3, "ctype": [null, null, "WAVE-TAB"], "radesys": "FK5"},
        ]);
        assert_eq!(serde_json::Value::Array(entries(Kind::Image, &cards)), want);
    }

    #[test]
    fn more_axes_than_can_be_numbered_are_told() {
        for (axes, beyond) in [("WCSAXES = 99", false), ("WCSAXES = 1000000000", true)] {
            let keywords = Keywords::of(&[axes, "CRVAL2  = 5"]);
            let written = write(0, Kind::Image, &keywords, &Budget::new(1 << 20), |_| Ok(()));
            assert_eq!(written, Ok(Oddities { axes: beyond, kind: false }), "{axes}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_null_and_told() {
        let odd = |cards: &[&str]| write(0, Kind::Image, &Keywords::of(cards), &Budget::new(1 << 20), |_| Ok(()));
        for card in ["CRVAL2  = '5'", "CTYPE1  = 5", "PC1_2   = T", "CDELT1  = five", "CRPIX1  = (1.0, 2.0)"] {
            assert_eq!(odd(&[card]), Ok(Oddities { axes: false, kind: true }), "{card}");
        }
        assert_eq!(odd(&["CRVAL2  =", "CTYPE1  = ''", "CRVAL1A = 7"]), Ok(Oddities::default()));
        assert_eq!(entries(Kind::Image, &["NAXIS   = 1", "CRVAL1  = '5'"])[0]["crval"], serde_json::json!([null]));
    }

    #[test]
    fn tables_have_pixel_lists_and_columns_of_arrays() {
        let cards = [
            "NAXIS   = 2",
            "TCTYP11 = 'RA---TAN'",
            "TCTY12  = 'DEC--TAN'",
            "TCRVL11 = 1.5",
            "TC11_12 = 2.0",
            "2CTYP5A = 'FREQ'",
            "12PC5A  = 3.0",
            "RADE11  = 'ICRS'",
        ];
        let want = serde_json::json!([
            {"hdu": 3, "alt": "", "naxis": 2, "columns": [11, 12], "ctype": ["RA---TAN", "DEC--TAN"], "crval": [1.5, null],
             "cd": [[null, 2.0], [null, null]], "radesys": "ICRS"},
            {"hdu": 3, "alt": "A", "naxis": 2, "column": 5, "ctype": [null, "FREQ"], "pc": [[null, 3.0], [null, null]]},
        ]);
        assert_eq!(serde_json::Value::Array(entries(Kind::Bintable, &cards)), want);
        assert!(entries(Kind::Image, &cards).is_empty());
    }

    #[test]
    fn many_descriptions_are_charged() {
        let cards: Vec<String> = (1..=999).map(|column| format!("{:<8}= 1", format!("1CRV{column}"))).collect();
        let cards: Vec<&str> = cards.iter().map(String::as_str).collect();
        let budget = Budget::new(2 << 20);
        assert_eq!(write(0, Kind::Bintable, &Keywords::of(&cards), &budget, |_| Ok(())), Ok(Oddities::default()));
        assert!(budget.peak() > 500_000);
        assert_eq!(write(0, Kind::Bintable, &Keywords::of(&cards), &Budget::new(500_000), |_| Ok(())), Err(Refused));
    }

    #[test]
    fn what_only_looks_like_a_keyword_is_none() {
        for keyword in ["CTYPE0", "CTYPE100", "CTYPE01", "CTYPE1a", "CD1", "CD1_", "CD1_2_3", "PCOUNT", "CDELT"] {
            assert_eq!(of_image(keyword), None, "{keyword}");
        }
        for keyword in ["TCOMM1", "TP", "TPC1", "TDIM5", "TC1_", "1CTYP", "12CTYP5"] {
            assert_eq!(of_table(keyword), None, "{keyword}");
        }
    }
}
