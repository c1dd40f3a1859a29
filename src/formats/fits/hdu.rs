//! What kind of HDU a header describes, how long its data is, and where the numbers are (FITS standard 4.0, section 4.4.1,
//! 6, 7 and 10).

use std::io::{self, Write};

use super::card::{Card, Number, Value};
use super::keywords::Keywords;
use crate::document::json;

/// The kinds of HDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Primary,
    Image,
    Table,
    Bintable,
    CompressedImage,
    RandomGroups,
    Unknown,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Primary => "primary",
            Kind::Image => "image",
            Kind::Table => "table",
            Kind::Bintable => "bintable",
            Kind::CompressedImage => "compressed-image",
            Kind::RandomGroups => "random-groups",
            Kind::Unknown => "unknown",
        }
    }

    /// The kind that the first card of a header tells; only what is a table or a primary HDU can turn out to be another.
    pub(crate) fn of_first(card: &Card) -> Kind {
        if !card.keyword.eq_ignore_ascii_case("XTENSION") {
            return Kind::Primary;
        }
        let is = |names: &[&str]| {
            card.value.as_text().is_some_and(|text| names.iter().any(|name| text.eq_ignore_ascii_case(name)))
        };
        match () {
            () if is(&["IMAGE", "IUEIMAGE"]) => Kind::Image,
            () if is(&["TABLE"]) => Kind::Table,
            () if is(&["BINTABLE", "A3DTABLE"]) => Kind::Bintable,
            () => Kind::Unknown,
        }
    }

    /// The kind that a whole header tells.
    pub(crate) fn of_header(self, keywords: &Keywords) -> Kind {
        match self {
            Kind::Bintable if keywords.is_true("ZIMAGE") => Kind::CompressedImage,
            Kind::Primary if keywords.is_true("GROUPS") && keywords.integer("NAXIS1") == Some(0) => Kind::RandomGroups,
            kind => kind,
        }
    }

    /// The kind, if the cards that are missing can't make it another.
    pub(crate) fn of_part(self, keywords: &Keywords) -> Option<Kind> {
        let open = match self {
            Kind::Bintable => keywords.get("ZIMAGE").is_none(),
            Kind::Primary => match (keywords.get("GROUPS"), keywords.get("NAXIS1")) {
                (Some(Value::Bool(true)), axis) => axis.is_none(),
                (Some(_), _) => false,
                (None, axis) => axis.is_none_or(|axis| axis.as_integer() == Some(0)),
            },
            _ => false,
        };
        (!open).then(|| self.of_header(keywords))
    }

    pub(crate) fn has_columns(self) -> bool {
        matches!(self, Kind::Table | Kind::Bintable | Kind::CompressedImage)
    }
}

/// Lengths of the axes, NAXIS1 first, by the keywords with this prefix; `None`: the header does not tell.
pub(crate) fn axes(keywords: &Keywords, prefix: &str) -> Option<Vec<u64>> {
    let count = axis_count(keywords.get(prefix)?)?;
    (1..=count).map(|n| natural(keywords.numbered(prefix, n)?.1)).collect()
}

fn axis_count(naxis: &Value<'_>) -> Option<u64> {
    natural(naxis).filter(|count| *count <= 999)
}

/// A length or a count.
fn natural(value: &Value<'_>) -> Option<u64> {
    u64::try_from(value.as_integer()?).ok()
}

/// Bytes of one value of the array.
fn value_size(bitpix: i64) -> Option<u64> {
    matches!(bitpix, 8 | 16 | 32 | 64 | -32 | -64).then(|| bitpix.unsigned_abs() / 8)
}

fn dtype(bitpix: i64) -> Option<&'static str> {
    [(8, "|u1"), (16, ">i2"), (32, ">i4"), (64, ">i8"), (-32, ">f4"), (-64, ">f8")]
        .into_iter()
        .find_map(|(code, name)| (code == bitpix).then_some(name))
}

fn product(axes: &[u64]) -> Option<u64> {
    if axes.contains(&0) {
        return Some(0);
    }
    axes.iter().try_fold(1u64, |product, axis| product.checked_mul(*axis))
}

fn count(keywords: &Keywords, keyword: &str, default: u64) -> Option<u64> {
    match keywords.get(keyword) {
        None => Some(default),
        Some(value) => natural(value),
    }
}

/// Bytes of the data unit without padding (equations 1, 2 and 4); `None`: the header does not tell.
pub(crate) fn data_length(kind: Kind, keywords: &Keywords) -> Option<u64> {
    if keywords.get("SIMPLE") == Some(&Value::Bool(false)) {
        return None; // not FITS by its own word: what follows may be anything
    }
    let mut axes = axes(keywords, "NAXIS")?;
    if axes.is_empty() {
        return Some(0); // of whatever
    }
    let size = value_size(keywords.integer("BITPIX")?)?;
    if kind == Kind::RandomGroups {
        axes.remove(0);
    }
    let group = count(keywords, "PCOUNT", 0)?.checked_add(product(&axes)?)?;
    size.checked_mul(count(keywords, "GCOUNT", 1)?)?.checked_mul(group)
}

/// The data unit of one HDU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Data {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// Writes the entry of `properties.arrays`.
pub(crate) fn write_array(
    out: &mut dyn Write,
    index: u64,
    kind: Kind,
    keywords: &Keywords,
    data: Data,
) -> io::Result<()> {
    json::behind(out, "{\"path\":\"hdu/", index)?;
    out.write_all(b"\"")?;
    let (bitpix, naxis) = if kind == Kind::CompressedImage { ("ZBITPIX", "ZNAXIS") } else { ("BITPIX", "NAXIS") };
    let bitpix = keywords.integer(bitpix).unwrap_or(0);
    let axes = axes(keywords, naxis);
    let plain = count(keywords, "PCOUNT", 0) == Some(0) && count(keywords, "GCOUNT", 1) == Some(1);
    match kind {
        Kind::Primary | Kind::Image => image(out, dtype(bitpix), axes.as_deref(), bitpix)?,
        Kind::CompressedImage => {
            image(out, dtype(bitpix), axes.as_deref(), bitpix)?;
            out.write_all(b",\"layout\":\"chunked\",\"chunk_shape\":")?;
            shape(out, tile(keywords, axes.as_deref()).as_deref())?;
            out.write_all(b",\"filters\":[")?;
            if let Some(name) = keywords.text("ZCMPTYPE") {
                out.write_all(b"{\"name\":")?;
                json::string(out, name)?;
                out.write_all(b"}")?;
            }
            out.write_all(b"]")?;
        }
        Kind::Table | Kind::Bintable => table(out, keywords, data)?,
        Kind::RandomGroups => {
            let groups = count(keywords, "GCOUNT", 1).unwrap_or(0);
            let size = value_size(bitpix).unwrap_or(1);
            let values = data.length / size.max(1) / groups.max(1);
            let dtype = dtype(bitpix).unwrap_or("|u1");
            write!(out, ",\"dtype\":\"{dtype}\",\"shape\":[{groups},{values}],\"size_bytes\":{}", data.length)?;
            out.write_all(b",\"layout\":\"groups\"")?;
        }
        Kind::Unknown if plain => image(out, dtype(bitpix), axes.as_deref(), bitpix)?,
        Kind::Unknown => {
            write!(out, ",\"dtype\":null,\"shape\":[{0}],\"size_bytes\":{0}", data.length)?;
        }
    }
    if matches!(kind, Kind::Primary | Kind::Image | Kind::Unknown) {
        out.write_all(b",\"layout\":\"contiguous\"")?;
    }
    json::behind(out, ",\"stored_bytes\":", data.length)?;
    json::behind(out, ",\"extents\":[[", data.offset)?;
    json::behind(out, ",", data.length)?;
    out.write_all(b"]]")?;
    if !matches!(kind, Kind::Table | Kind::Bintable) {
        scaling(out, keywords, kind, bitpix)?;
    }
    out.write_all(b"}")
}

fn image(out: &mut dyn Write, dtype: Option<&str>, axes: Option<&[u64]>, bitpix: i64) -> io::Result<()> {
    match dtype {
        Some(name) => [",\"dtype\":\"", name, "\""].iter().try_for_each(|part| out.write_all(part.as_bytes()))?,
        None => out.write_all(b",\"dtype\":null")?,
    }
    out.write_all(b",\"shape\":")?;
    shape(out, axes)?;
    out.write_all(b",\"size_bytes\":")?;
    match axes.and_then(product).zip(value_size(bitpix)).and_then(|(values, size)| values.checked_mul(size)) {
        Some(size) => json::integer(out, size),
        None => out.write_all(b"null"),
    }
}

/// Axes in C order: the slowest first.
fn shape(out: &mut dyn Write, axes: Option<&[u64]>) -> io::Result<()> {
    let Some(axes) = axes else { return out.write_all(b"null") };
    let mut comma: &[u8] = b"[";
    for axis in axes.iter().rev() {
        out.write_all(std::mem::replace(&mut comma, b","))?;
        json::integer(out, *axis)?;
    }
    out.write_all(if comma == b"[" { b"[]" } else { b"]" })
}

/// The tile of a compressed image (10.1.1): by default one row.
fn tile(keywords: &Keywords, axes: Option<&[u64]>) -> Option<Vec<u64>> {
    let axes = axes?.iter().enumerate();
    Some(
        axes.map(|(n, length)| {
            let said = keywords
                .numbered("ZTILE", n as u64 + 1)
                .and_then(|(_, value)| value.as_integer())
                .and_then(|tile| u64::try_from(tile).ok());
            said.unwrap_or(if n == 0 { *length } else { 1 })
        })
        .collect(),
    )
}

fn table(out: &mut dyn Write, keywords: &Keywords, data: Data) -> io::Result<()> {
    let row = count(keywords, "NAXIS1", 0).unwrap_or(0);
    let rows = count(keywords, "NAXIS2", 0).unwrap_or(0);
    let size = row.saturating_mul(rows);
    json::behind(out, ",\"dtype\":null,\"shape\":[", rows)?;
    json::behind(out, "],\"size_bytes\":", size)?;
    json::behind(out, ",\"layout\":\"table\",\"row_bytes\":", row)?;
    if let Some((offset, length)) = heap(keywords, size, data) {
        json::behind(out, ",\"heap\":{\"offset\":", offset)?;
        json::behind(out, ",\"length\":", length)?;
        out.write_all(b"}")?;
    }
    Ok(())
}

/// The heap behind the rows (7.3.5): PCOUNT counts the gap before it too.
fn heap(keywords: &Keywords, rows: u64, data: Data) -> Option<(u64, u64)> {
    let start = count(keywords, "THEAP", rows)?;
    let end = rows.checked_add(count(keywords, "PCOUNT", 0)?)?.min(data.length);
    let length = end.checked_sub(start).filter(|length| *length > 0 && start >= rows)?;
    Some((data.offset + start, length))
}

/// True if THEAP does not point behind the rows, into the data unit.
pub(crate) fn heap_is_astray(keywords: &Keywords, data: Data) -> bool {
    let rows = |n: &str| count(keywords, n, 0).unwrap_or(0);
    keywords.get("THEAP").is_some()
        && rows("PCOUNT") > 0
        && heap(keywords, rows("NAXIS1").saturating_mul(rows("NAXIS2")), data).is_none()
}

/// BSCALE, BZERO and BLANK, where they are not the default.
fn scaling(out: &mut dyn Write, keywords: &Keywords, kind: Kind, bitpix: i64) -> io::Result<()> {
    for (keyword, name, default) in [("BSCALE", "bscale", 1.0), ("BZERO", "bzero", 0.0)] {
        let Some(Value::Number(number)) = keywords.get(keyword) else { continue };
        let plain = match number {
            Number::Integer(value) => *value as f64 == default,
            Number::Big(_) => false,
            Number::Float(value) => *value == default,
        };
        if !plain {
            write!(out, ",\"{name}\":")?;
            number.write(out)?;
        }
    }
    let blank = if kind == Kind::CompressedImage {
        keywords.get("ZBLANK").or(keywords.get("BLANK"))
    } else {
        keywords.get("BLANK")
    };
    if let Some(Value::Number(blank @ (Number::Integer(_) | Number::Big(_)))) = blank
        && bitpix > 0
    {
        out.write_all(b",\"blank\":")?;
        blank.write(out)?;
    }
    Ok(())
}

/// The mandatory keywords that are missing, out of place, or have no legal value (4.4.1).
pub(crate) fn faults(kind: Kind, keywords: &Keywords) -> Option<String> {
    let (bitpix, naxis) = (keywords.placed("BITPIX"), keywords.placed("NAXIS"));
    let size = bitpix.and_then(|(_, value)| value_size(value.as_integer()?));
    // whether the axes are in their order; `None`: they are not all there
    let axes = naxis.and_then(|(_, value)| {
        (1..=axis_count(value)?).try_fold(true, |order, n| {
            let (place, value) = keywords.numbered("NAXIS", n)?;
            natural(value).map(|_| order && place == n + 2)
        })
    });
    let order = bitpix.is_none_or(|(place, _)| place == 1) && naxis.is_none_or(|(place, _)| place == 2);
    let order = order && axes != Some(false);
    let groups = !matches!(kind, Kind::Primary)
        && ["PCOUNT", "GCOUNT"].iter().any(|name| keywords.get(name).and_then(natural).is_none());
    let fields = kind.has_columns() && !keywords.integer("TFIELDS").is_some_and(|fields| (0..=999).contains(&fields));
    let all = [
        (size.is_none(), "BITPIX is missing or has no legal value"),
        (axes.is_none(), "NAXIS or an axis' length is missing or has no legal value"),
        (!order, "the mandatory keywords are not in their order"),
        (groups, "PCOUNT or GCOUNT is missing or has no legal value"),
        (fields, "TFIELDS is missing or has no legal value"),
    ];
    let messages: Vec<&str> = all.into_iter().filter_map(|(wrong, message)| wrong.then_some(message)).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(kind: Kind, cards: &[&str], length: u64) -> String {
        let mut out = Vec::new();
        let data = Data { offset: 2880, length };
        write_array(&mut out, 1, kind, &Keywords::of(cards), data).expect("a Vec takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn lengths_are_those_of_the_equations() {
        let length = |kind, cards: &[&str]| data_length(kind, &Keywords::of(cards));
        let image = ["BITPIX  = -32", "NAXIS   = 2", "NAXIS1  = 3", "NAXIS2  = 5"];
        assert_eq!(length(Kind::Primary, &image), Some(60));
        let table = [&image[..], &["PCOUNT  = 7", "GCOUNT  = 2"]].concat();
        assert_eq!(length(Kind::Unknown, &table), Some(4 * 2 * 22));
        let groups = ["BITPIX  = 16", "NAXIS   = 2", "NAXIS1  = 0", "NAXIS2  = 5", "PCOUNT  = 3", "GCOUNT  = 4"];
        assert_eq!(length(Kind::RandomGroups, &groups), Some(2 * 4 * 8));
        for nothing in [&["BITPIX  = 8", "NAXIS   = 0"][..], &["BITPIX  = 9", "NAXIS   = 0"], &["NAXIS   = 0"]] {
            assert_eq!(length(Kind::Primary, nothing), Some(0));
        }
        assert_eq!(length(Kind::Primary, &["BITPIX  = 9", "NAXIS   = 1", "NAXIS1  = 4"]), None);
        assert_eq!(length(Kind::Primary, &["SIMPLE  = F", "BITPIX  = 8", "NAXIS   = 0"]), None);
        let huge = "9223372036854775807";
        let axes = [format!("NAXIS1  = {huge}"), format!("NAXIS2  = {huge}")];
        assert_eq!(length(Kind::Image, &["BITPIX  = 8", "NAXIS   = 2", &axes[0], &axes[1]]), None);
        assert_eq!(length(Kind::Image, &["BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = -1"]), None);
    }

    #[test]
    fn kinds_that_more_cards_could_change_are_open() {
        let kind = Kind::of_first(&Card::parse(b"XTENSION= 'bintable'"));
        assert_eq!(kind, Kind::Bintable);
        assert_eq!(kind.of_part(&Keywords::of(&[])), None);
        assert_eq!(kind.of_part(&Keywords::of(&["ZIMAGE  = T"])), Some(Kind::CompressedImage));
        assert_eq!(Kind::Primary.of_part(&Keywords::of(&["NAXIS1  = 0"])), None);
        assert_eq!(Kind::Primary.of_part(&Keywords::of(&["NAXIS1  = 2"])), Some(Kind::Primary));
        assert_eq!(Kind::of_first(&Card::parse(b"XTENSION= 'FOOBAR  '")), Kind::Unknown);
    }

    #[test]
    fn a_compressed_image_shows_its_own_shape() {
        let cards =
            ["ZBITPIX = 16", "ZNAXIS  = 2", "ZNAXIS1 = 30", "ZNAXIS2 = 20", "ZTILE1  = 10", "ZCMPTYPE= 'RICE_1'"];
        let array = array(Kind::CompressedImage, &cards, 99);
        for part in [
            r#""dtype":">i2","shape":[20,30],"size_bytes":1200,"layout":"chunked","chunk_shape":[1,10]"#,
            r#""filters":[{"name":"RICE_1"}],"stored_bytes":99,"extents":[[2880,99]]"#,
        ] {
            assert!(array.contains(part), "{array}");
        }
    }

    #[test]
    fn a_heap_begins_behind_the_gap() {
        let cards = ["NAXIS1  = 8", "NAXIS2  = 2", "PCOUNT  = 24", "THEAP   = 20"];
        let array = array(Kind::Bintable, &cards, 40);
        assert!(array.contains(r#""row_bytes":8,"heap":{"offset":2900,"length":20}"#), "{array}");
    }

    #[test]
    fn faults_name_what_is_wrong() {
        let cards = ["SIMPLE  = T", "NAXIS   = 0", "BITPIX  = 8"];
        let order = "the mandatory keywords are not in their order";
        assert_eq!(faults(Kind::Primary, &Keywords::of(&cards)).as_deref(), Some(order));
        let cards = ["XTENSION= 'IMAGE'", "BITPIX  = 8", "NAXIS   = 0"];
        let groups = "PCOUNT or GCOUNT is missing or has no legal value";
        assert_eq!(faults(Kind::Image, &Keywords::of(&cards)).as_deref(), Some(groups));
        assert_eq!(faults(Kind::Primary, &Keywords::of(&["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"])), None);
    }

    #[test]
    fn what_pcount_does_not_count_is_no_heap() {
        let cards = ["NAXIS   = 2", "NAXIS1  = 4", "NAXIS2  = 2", "GCOUNT  = 2"];
        assert!(!array(Kind::Bintable, &cards, 16).contains("heap"));
        let cards = [&cards[..], &["PCOUNT  = 3"]].concat();
        assert!(array(Kind::Bintable, &cards, 22).contains("\"heap\":{\"offset\":2888,\"length\":3}"));
    }

    #[test]
    fn a_heap_lies_behind_the_rows() {
        let astray = |start: &str| {
            let cards = ["NAXIS1  = 8", "NAXIS2  = 3", "PCOUNT  = 100", start];
            heap_is_astray(&Keywords::of(&cards), Data { offset: 2880, length: 124 })
        };
        assert!(astray("THEAP   = 8") && astray("THEAP   = 124"));
        assert!(!astray("THEAP   = 30") && !astray("COMMENT"));
    }
}
