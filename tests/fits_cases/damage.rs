//! Files that break the rules of headers and sizes, or end too early or too late; and the first law of damage:
//! everything before a cut comes out.
use metaextract::{Document, Extractor, Options, Status};
use serde_json::Value;

use crate::common::{self, fits_fixture, for_each_parallel, random::Random};
use crate::{AFTER, Case, Check, Check::*, LAST, NO_ARRAYS, document, extract, hdus};

const SCI: Check = Is("/headers/image_hdu/0/name", r#""SCI""#);
const SCI_DATA: Check = Is("/headers/image_hdu/0/data", r#"{"offset": 5760, "length": 2000}"#);

pub(crate) const CASES: &[Case] = &[
    (
        "no_end",
        &[Loss("*"), Is("0/0", r#""SIMPLE""#), Is("34", r#"["KEY31", 31, null]"#), Is("35", AFTER), Absent("36")],
    ),
    ("no_padding", &[Warned, Is("3", AFTER), Absent("4"), Is("/headers/primary_hdu/data/length", "0")]),
    ("nul_padding", &[Note("*"), Is("3", AFTER), Absent("4"), LAST]),
    ("text_after_end", &[Note("*"), Is("3", AFTER), Absent("4"), LAST]),
    ("end_with_text", &[Is("3", AFTER), Absent("4"), LAST]),
    // the first cards
    ("order_wrong", &[Warned, Is("1", r#"["NAXIS", 1, null]"#), Is("4", AFTER)]),
    ("order_late", &[Warned, Is("3", AFTER), Is("4/0", r#""NAXIS1""#), Is("4/1", "10")]),
    ("no_bitpix", &[Loss("*"), Is("3", AFTER), NO_ARRAYS]),
    ("no_naxis", &[Warned, Is("2", AFTER), NO_ARRAYS]),
    ("no_naxis1", &[Loss("*"), Is("3", AFTER), NO_ARRAYS]),
    ("bitpix_float", &[Warned, Is("4", AFTER)]),
    (
        "no_pcount",
        &[Warned, SCI, Is("/headers/image_hdu/0/data/length", "10"), Is("/headers/image_hdu/1/name", r#""LAST""#)],
    ),
    // sizes that no file has: the header is kept, what is behind can't be found
    ("bitpix_9", &[Warned, Is("4", AFTER)]),
    ("naxis_negative", &[Warned, Is("3", AFTER)]),
    ("naxis_1000", &[Loss("*"), Is("4", AFTER)]),
    ("naxis1_negative", &[Loss("*"), Is("4", AFTER)]),
    ("naxis_overflow", &[Loss("*"), Is("6", AFTER), Is("5/1", "4611686018427387904")]),
    ("naxis_wraps", &[Loss("*"), Is("5", AFTER)]),
    ("naxis_beyond_64", &[Loss("*"), Text("3/1", "1180591620717411303424"), Is("4", AFTER)]),
    ("naxis_huge", &[Loss("*"), Is("4", AFTER), Is("/headers/primary_hdu/data/length", "1099511627776")]),
    ("pcount_negative", &[Warned, Is("/headers/table_hdu/0/index", "1"), Is("/headers/table_hdu/0/cards/5/1", "-5")]),
    ("pcount_huge", &[Loss("*"), Is("/headers/table_hdu/0/columns/0/format", r#""1J""#)]),
    ("gcount_huge", &[Loss("*"), Is("/headers/table_hdu/0/columns/0/format", r#""1J""#)]),
    // behind the last HDU
    ("tail_zeros", &[Note("trailing-bytes"), Is("3", AFTER), Is("/properties/counts/hdus", "1")]),
    ("tail_blanks", &[Note("trailing-bytes"), Is("3", AFTER), Is("/properties/counts/hdus", "1")]),
    ("tail_junk", &[Note("trailing-bytes"), Is("3", AFTER), Is("/properties/counts/hdus", "1")]),
    ("tail_special", &[Note("trailing-bytes"), Is("3", AFTER), Is("/properties/counts/hdus", "1")]),
    ("tail_concatenated", &[Note("trailing-bytes"), Is("3", AFTER), Is("/properties/counts/hdus", "1")]),
    ("tail_short", &[Note("trailing-bytes"), Is("3", AFTER), Is("/properties/counts/hdus", "1")]),
    ("tail_xtension_part", &[Warned, Is("3", AFTER)]),
    ("tail_begins_like", &[Warned, Is("3", AFTER)]),
    // the end of the file
    ("cut_in_card", &[Loss("truncated"), Is("3", AFTER), Count("/headers/image_hdu/0/cards", 6)]),
    ("cut_at_card", &[Loss("truncated"), Is("3", AFTER), Count("/headers/image_hdu/0/cards", 6)]),
    ("cut_behind_end", &[Warned, SCI, SCI_DATA, Count("/headers/image_hdu/0/cards", 8)]),
    ("cut_in_data", &[Loss("truncated"), SCI, SCI_DATA]),
    ("cut_before_data", &[Loss("truncated"), SCI, SCI_DATA]),
    ("cut_in_padding", &[Warned, SCI, SCI_DATA, Is("/properties/arrays/0/extents", "[[5760, 2000]]")]),
    ("cut_before_padding", &[Warned, SCI, SCI_DATA, Is("/properties/arrays/0/extents", "[[5760, 2000]]")]),
    // a string that might go on is not shown as one that ends
    ("cut_in_continue", &[Loss("truncated"), Count("/headers/primary_hdu/cards", 3)]),
    ("cut_before_continue", &[Loss("truncated"), Count("/headers/primary_hdu/cards", 3)]),
    ("cut_in_first_card", &[Loss("truncated"), Absent("0")]),
];

/// Files whose cards are each one of 80 bytes.
const WHOLE: [&str; 10] = [
    "mef",
    "bitpix",
    "groups",
    "tile_kinds",
    "table_letters",
    "table_ascii",
    "heaps",
    "wcs_alternates",
    "unknown_xtension",
    "many_cards",
];

/// At 200 places: every card that stands whole before the cut is there, every value that the whole file gives.
#[test]
fn everything_before_a_cut_comes_out() {
    for_each_parallel(
        &WHOLE,
        |name| (*name).to_owned(),
        |name| {
            let bytes = fits_fixture(name);
            let whole = document(&bytes);
            let mut random = Random::new(bytes.len() as u64);
            for _ in 0..200 {
                let cut = 80 + random.below(bytes.len() as u64 - 80) as usize;
                let (part, _) = extract(&bytes[..cut]).map_err(|error| format!("cut at {cut}: {error}"))?;
                let status = part.status();
                let part = common::json::parse(&part.to_json());
                before(&whole, &part, cut as u64).map_err(|why| format!("cut at {cut}: {why}"))?;
                let next = hdus(&whole).iter().any(|hdu| hdu["header"]["offset"] == cut);
                if status != Status::Partial && !next && !only_padding(&whole, cut as u64) {
                    return Err(format!("cut at {cut}: {status:?}"));
                }
            }
            Ok(())
        },
    );
}

fn before(whole: &Value, part: &Value, cut: u64) -> Result<(), String> {
    let parts = hdus(part);
    for (index, hdu) in hdus(whole).iter().enumerate() {
        let offset = hdu["header"]["offset"].as_u64().unwrap();
        if cut < offset + 80 {
            continue; // where the first card is cut, nothing says that there is an HDU
        }
        let cards = hdu["cards"].as_array().unwrap();
        let whole_cards = (((cut - offset) / 80) as usize).min(cards.len());
        let have = parts.get(index).and_then(|hdu| hdu["cards"].as_array()).map_or(&[][..], Vec::as_slice);
        if have != &cards[..whole_cards] {
            return Err(format!("hdu {index} has {} cards, {whole_cards} stand before the cut", have.len()));
        }
        if cut >= offset + hdu["header"]["length"].as_u64().unwrap() && parts[index] != *hdu {
            return Err(format!("hdu {index}, whose header is whole, is {:.300}", parts[index].to_string()));
        }
    }
    Ok(())
}

/// The cut leaves all that has a meaning: it falls behind END or behind the data of an HDU, before the next one.
fn only_padding(whole: &Value, cut: u64) -> bool {
    hdus(whole).iter().any(|hdu| {
        let [header, data] = ["header", "data"].map(|part| &hdu[part]);
        let number = |part: &Value, key: &str| part[key].as_u64().unwrap();
        let start = number(data, "offset");
        let end = start + number(data, "length");
        let last_card = number(header, "offset") + 80 * (hdu["cards"].as_array().unwrap().len() as u64 + 1);
        (number(data, "length") == 0 && (last_card..=start).contains(&cut))
            || (end > start && (end..=end.next_multiple_of(2880)).contains(&cut))
    })
}

/// The memory limit strikes, or the host cancels, at any place: what stands is a part of the whole, each HDU once.
#[test]
fn a_stop_at_any_place_leaves_a_part() {
    for name in ["mef", "bitpix", "heaps", "groups", "gz_stored", "gz_bomb"] {
        let bytes = fits_fixture(name);
        let whole = document(&bytes);
        for (stop, chunk) in (0..60).flat_map(|stop| [(stop, 100), (stop, 3000)]) {
            let limited = Options { memory_limit: 3 << 10 | stop << 9, ..Options::default() };
            let stopped = [push(&bytes, chunk, &limited, None), push(&bytes, chunk, &Options::default(), Some(stop))];
            for part in stopped.into_iter().filter_map(Result::ok) {
                let part = common::json::parse(&part.to_json());
                let indexes: Vec<_> = hdus(&part).iter().map(|hdu| hdu["index"].as_u64().unwrap()).collect();
                let once = (0..indexes.len() as u64).eq(indexes.iter().copied());
                assert!(once, "{name}, stop {stop}, chunks of {chunk}: HDUs {indexes:?}");
                for (have, want) in hdus(&part).into_iter().zip(hdus(&whole)) {
                    let same = have["header"]["offset"] == want["header"]["offset"];
                    let [have, want] = [have, want].map(|hdu| hdu["cards"].as_array().map_or(&[][..], Vec::as_slice));
                    assert!(
                        same && want.starts_with(have),
                        "{name}, stop {stop}, chunks of {chunk}: {:.400}",
                        part["headers"].to_string()
                    );
                }
            }
        }
    }
}

/// Pushes the file in chunks, and cancels after so many of them.
fn push(bytes: &[u8], chunk: usize, options: &Options, cancel: Option<u64>) -> metaextract::Result<Document> {
    let mut extractor = Extractor::new(options)?;
    for (index, piece) in bytes.chunks(chunk).enumerate() {
        if cancel == Some(index as u64) {
            extractor.canceller().cancel();
        }
        if !matches!(extractor.feed_chunk(piece), Ok(Status::Ok)) {
            break;
        }
    }
    extractor.finish()
}

/// A size, a count or a repeat that is hostile allocates nothing.
#[test]
fn hostile_numbers_allocate_nothing() {
    for name in [
        "naxis_overflow",
        "naxis_wraps",
        "naxis_huge",
        "naxis_1000",
        "pcount_huge",
        "gcount_huge",
        "columns_odd",
        "columns_counted_odd",
    ] {
        let (_, peak) = extract(&fits_fixture(name)).unwrap();
        assert!(peak < 256 << 10, "{name}: {peak} bytes");
    }
}

/// Every tool refuses what does not begin with `SIMPLE  =`; so does this one.
#[test]
fn what_does_not_begin_as_fits_is_refused() {
    let good = fits_fixture("primary_only");
    let front = |junk: &[u8]| [junk, &good].concat();
    for bytes in [front(b"\n"), front(b" "), front(b"\xef\xbb\xbf"), front(&[0; 80]), front(&[b'x'; 2880])] {
        let error = extract(&bytes).map(|_| ()).expect_err("no FITS file");
        assert_eq!(error.kind(), metaextract::ErrorKind::UnknownFormat, "{error}");
    }
    // lines ended as text is: no card stands in its place
    let lines: Vec<u8> = good.chunks(80).flat_map(|card| [card, b"\r\n"].concat()).collect();
    assert!(extract(&lines).map_or(true, |(document, _)| document.status() == Status::Partial));
}
