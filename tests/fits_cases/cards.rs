//! Cards: values, strings and their continuations, names, commentary.
use metaextract::{Extractor, Options, Status, drivers};

use crate::common::{drive::recording, fits_fixture};
use crate::{AFTER, Case, Check::*};

pub(crate) const CASES: &[Case] = &[
    (
        "strings",
        &[
            Clean,
            Is("3", r#"["QUOTE", "O'Brien", null]"#),
            Is("4", r#"["ONLY", "'", null]"#),
            Is("5", r#"["TWO", "''", null]"#),
            Is("6", r#"["SLASH", "a / b", "c"]"#),
            Is("7", r#"["ENDS", "it's", null]"#),
            Is("8", r#"["NULLSTR", "", null]"#),
            Is("9", r#"["BLANK", "", null]"#),
            Is("10", r#"["COMMENTD", "", "nothing"]"#),
            Is("11", r#"["LEADING", "  a", null]"#),
            Is("12", r#"["TRAILING", "b", null]"#),
            Is("13", r#"["INSIDE", "c  d", null]"#),
            Is("14", r#"["FULL", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", null]"#),
            Is("15", r#"["FREE", "far right", "c"]"#),
            Is("16", r#"["TIGHT", "a", "c"]"#),
            Is("17", AFTER),
        ],
    ),
    (
        "strings_open",
        &[
            Warnings(3),
            Done,
            Is("3", r#"["OPEN", "'no end", null]"#),
            OneOf("4", &[r#"["OPENC", "'no end / slash", null]"#, r#"["OPENC", "'no end", "slash"]"#]),
            Is("5", r#"["LONE", "'", null]"#),
            // its last two quotes are one of the text, so none closes it; astropy takes the last for the end
            OneOf("6", &[r#"["ESCAPED", "'all ''escaped''", null]"#, r#"["ESCAPED", "all 'escaped'", null]"#]),
            Is("7", AFTER),
        ],
    ),
    (
        "integers",
        &[
            Clean,
            Is("3", r#"["FIXED", -32768, "by astropy"]"#),
            Is("4", r#"["FREE", 5, null]"#),
            Is("5", r#"["PLUS", 5, null]"#),
            Is("6", r#"["ZEROS", 7, null]"#),
            Text("7/1", "9223372036854775807"),
            Text("8/1", "18446744073709551615"),
            Text("9/1", "-9223372036854775808"),
            Is("10", r#"["TIGHT", 5, "c"]"#),
            Text("11/1", "18446744073709551616"),
            Text("12/1", "-9223372036854775809"),
            Text("13/1", "123456789012345678901234567890123456789012345678901234567890"),
            Is("14", AFTER),
        ],
    ),
    (
        "floats",
        &[
            Clean,
            Is("3", r#"["FIXED", 0.25, "by astropy"]"#),
            Is("4", r#"["DOT", 1.0, null]"#),
            Is("5", r#"["NODOT", 0.5, null]"#),
            Is("6", r#"["MINUS", -0.0005, null]"#),
            Is("7", r#"["NOPOINT", 100000.0, null]"#),
            Is("8", r#"["LOWER", 1500.0, null]"#),
            Is("9", r#"["DOUBLE", 1500.0, null]"#),
            Is("10", r#"["LOWERD", 1500.0, null]"#),
            Is("11", r#"["PLUSEXP", 250.0, null]"#),
            Is("12", r#"["TINY", 5e-324, null]"#),
            Is("13", r#"["DIGITS", 0.1, null]"#),
            Is("14", r#"["LARGEST", 1.7976931348623157e308, null]"#),
            Is("15", r#"["BYTOOL", [1.5, -2.0], "by astropy"]"#),
            Is("16", r#"["INTEGERS", [1, -2], null]"#),
            Is("17", r#"["DOUBLES", [1500.0, -0.2], "c"]"#),
            Is("18", r#"["SPACED", [3, 4], null]"#),
            Is("19", AFTER),
        ],
    ),
    (
        "floats_beyond",
        &[
            Warnings(2),
            Done,
            Is("3", r#"["OVER", "1E400", null]"#),
            Is("4", r#"["OVERD", "-1D400", null]"#),
            Is("5", AFTER),
        ],
    ),
    (
        "logical",
        &[
            Clean,
            Is("3", r#"["YES", true, "yes"]"#),
            Is("4", r#"["NO", false, null]"#),
            Is("5", r#"["FREEYES", true, null]"#),
            Is("6", r#"["FREENO", false, "no"]"#),
            Is("7", r#"["TIGHT", true, "c"]"#),
            Is("8", AFTER),
        ],
    ),
    (
        "undefined",
        &[
            Clean,
            Is("3", r#"["EMPTY", null, null]"#),
            Is("4", r#"["COMMENTD", null, "why"]"#),
            Is("5", r#"["SLASH", null, null]"#),
            Is("6", r#"["BARE", null, null]"#),
            Is("7", AFTER),
        ],
    ),
    (
        "comments",
        &[
            Clean,
            Is("3", r#"["SLASHES", 5, "a / b"]"#),
            Is("4", r#"["BLANK", 5, null]"#),
            Is("5", r#"["SPACES", 5, "in"]"#),
            Is("6", r#"["QUOTE", 5, "it's"]"#),
            Is("7", AFTER),
        ],
    ),
    (
        "bad_values",
        &[
            Warnings(18),
            Done,
            Is("3", r#"["BAD0", "5 6", null]"#),
            Is("4", r#"["BAD1", "abc def", null]"#),
            Is("5", r#"["BAD2", "2020-01-01", null]"#),
            Is("6", r#"["BAD3", "t", null]"#),
            Is("7", r#"["BAD4", "TRUE", null]"#),
            Is("8", r#"["BAD5", "NaN", null]"#),
            Is("9", r#"["BAD6", "0x10", null]"#),
            Is("10", r#"["BAD7", "1D", null]"#),
            Is("11", r#"["BAD8", ".", null]"#),
            Is("12", r#"["BAD9", "(1, 2", null]"#),
            Is("13", r#"["BAD10", "1,5", null]"#),
            Is("14", r#"["BAD11", "--5", null]"#),
            Is("15", r#"["BAD12", "+", null]"#),
            Is("16", r#"["BAD13", "1e", null]"#),
            Is("17", r#"["BAD14", "(1)", null]"#),
            Is("18", r#"["BAD15", "INF", null]"#),
            Is("19", r#"["BAD16", "T F", null]"#),
            Is("20", r#"["BAD17", "\"double\"", null]"#),
            Is("21", AFTER),
        ],
    ),
    (
        "bad_with_comment",
        &[Note("*"), OneOf("3", &[r#"["BAD", "NaN", "why"]"#, r#"["BAD", "NaN / why", null]"#]), Is("4", AFTER)],
    ),
    // CONTINUE
    (
        "continued",
        &[
            Clean,
            Is(
                "3",
                r#"["ASTROPY", "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij", "of one hundred and fifty"]"#,
            ),
            Is("4", r#"["LONG", "one two three", "c1 c2 c3"]"#),
            Is("5", r#"["QUOTES", "x''yz", null]"#),
            Is("6", r#"["BLANKS", "trail    lead", null]"#),
            Is("7", r#"["EMPTY", "a", "only the comment"]"#),
            Is("8", r#"["OFNULL", "b", null]"#),
            Is("9", AFTER),
        ],
    ),
    (
        "cont_literal",
        &[
            Done,
            Is("3", r#"["AMP", "amp&", null]"#),
            // with `LAST`, the last piece's own ampersand (4.2.1.2: `interpreted as the literal ampersand`)
            OneOf("4", &[r#"["LAST", "ab&", null]"#, r#"["LAST", "ab", null]"#]),
            Is("5", r#"["BEFORE", "a&", null]"#),
            Is("6", r#"["COMMENT", "between", null]"#),
            Is("7", r#"["CONTINUE", "  'b'", null]"#),
            Is("8", AFTER),
        ],
    ),
    (
        "cont_orphan",
        &[
            Done,
            Is("3", r#"["CONTINUE", "  'the first card after NAXIS'", null]"#),
            Is("4", r#"["PLAIN", "no ampersand", null]"#),
            Is("5", r#"["CONTINUE", "  'orphan' / c", null]"#),
            Is("6", r#"["NUMBER", 5, null]"#),
            Is("7", r#"["CONTINUE", "  'orphan'", null]"#),
            Is("8", AFTER),
        ],
    ),
    ("cont_no_string", &[Note("*"), Is("3/0", r#""AMP""#), Holds("/headers/primary_hdu/cards", AFTER_TEXT)]),
    ("cont_open", &[Note("*"), Is("3/0", r#""AMP""#), Holds("/headers/primary_hdu/cards", AFTER_TEXT)]),
    // the ampersand is the last character that is no blank: the standard joins, astropy and cfitsio do not
    ("cont_late_amp", &[Done, Holds("3/1", "a"), Holds("/headers/primary_hdu/cards", AFTER_TEXT)]),
    ("cont_long", &[Clean, Holds("3/1", "00111"), Holds("3/1", "888end"), Is("4", AFTER)]),
    ("cont_over_blocks", &[Clean, Is("35", r#"["AMP", "ab", null]"#), Is("36", AFTER)]),
    ("cont_at_end", &[Clean, Is("3", r#"["AMP", "ab", null]"#), Absent("4")]),
    // HIERARCH
    (
        "hierarch",
        &[
            Done,
            Is("3", r#"["ESO TEL AIRM START", 1.5, "by astropy"]"#),
            Is("4", r#"["ESO DET ID", "a", "c"]"#),
            Is("5", r#"["ESO OBS N", 5, "c"]"#),
            Is("6", r#"["lower Case", true, null]"#),
            Is("7", r#"["A.B-C_D", 7, null]"#),
            Is("8", r#"["ESO OBS NAME", "long tail", "c1 c2"]"#),
            Is("9", AFTER),
        ],
    ),
    (
        "hierarch_odd",
        &[
            Done,
            Is("3/0", r#""HIERARCH""#),
            Holds("3/1", "without an equals sign"),
            Is("3/2", "null"),
            Is("4", r#"["HIERARCH", 5, null]"#),
            Is("5", AFTER),
        ],
    ),
    // commentary
    (
        "commentary",
        &[
            Done,
            Is("3", r#"["COMMENT", "by astropy", null]"#),
            Is("4", r#"["HISTORY", "what was done", null]"#),
            Is("5", r#"["", "blank keyword", null]"#),
            Is("6", r#"["", "", null]"#),
            Is("7", r#"["COMMENT", "= 'x'", null]"#),
            Is("8", r#"["HISTORY", "= 5", null]"#),
            Is("9", r#"["COMMENT", " / no comment", null]"#),
            Is("10", r#"["COMMENT", "  indented", null]"#),
            Is(
                "11",
                r#"["COMMENT", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", null]"#,
            ),
            Is("12", AFTER),
        ],
    ),
    (
        "no_indicator",
        &[
            Done,
            Is("3", r#"["KEY", "=5", null]"#),
            Is("4", r#"["TEXTONLY", " that is text", null]"#),
            Is("5", r#"["KEY", "5", null]"#),
            Is("6", AFTER),
        ],
    ),
    // by the standard commentary, each with an illegal keyword; how far such a keyword reaches is open
    ("equals_early", &[Note("*"), Holds("3", "KEY"), Holds("4", "5"), Holds("5/0", "HISTORY"), Is("6", AFTER)]),
    // names
    ("names_lower", &[Note("*"), Is("3", r#"["lower", 5, "c"]"#), Is("4", r#"["Mixed", "x", null]"#), Is("5", AFTER)]),
    (
        "names_odd",
        &[
            Note("*"),
            Is("3", r#"["A.B", 5, null]"#),
            Is("4", r#"["A-B_C", 6, null]"#),
            Is("5", r#"["A B", 7, null]"#),
            Is("6", r#"["$DOLLAR", 8, null]"#),
            Is("7", AFTER),
        ],
    ),
    ("names_like_end", &[Clean, Is("3", r#"["ENDING", 5, null]"#), Is("4", r#"["END-OF", 6, null]"#), Is("5", AFTER)]),
    // bytes that are no text (4.2.1, 3.3.1)
    (
        "bytes_high",
        &[
            Warnings(4),
            Done,
            Is("3", r#"["STRING", "caf\ufffd", null]"#),
            Is("4", r#"["COMMENTD", 5, "caf\ufffd"]"#),
            Is("5", r#"["COMMENT", "caf\ufffd", null]"#),
            Is("6", r#"["CAF%E9", 5, null]"#),
            Is("7", AFTER),
        ],
    ),
    (
        "bytes_utf8",
        &[Note("*"), OneOf("3/1", &["\"caf\\u00e9\"", "\"caf\\ufffd\\ufffd\"", "\"caf\\ufffd\""]), Is("4", AFTER)],
    ),
    (
        "bytes_nul",
        &[
            Warnings(2),
            Done,
            OneOf("3/1", &[r#""a\u0000b""#, r#""a\ufffdb""#, r#""a""#]),
            OneOf("4/2", &[r#""a\u0000b""#, r#""a\ufffdb""#, r#""a""#]),
            Is("5", AFTER),
        ],
    ),
    ("bytes_control", &[Note("*"), Holds("3/1", "a"), Holds("4/1", "a"), Is("5", AFTER)]),
    // repeated, many
    (
        "repeated",
        &[
            Done,
            Is("3", r#"["KEY", 1, "first"]"#),
            Is("4", r#"["OTHER", 5, null]"#),
            Is("5", r#"["KEY", 2, "second"]"#),
            Is("6", AFTER),
        ],
    ),
    (
        "repeated_naxis1",
        &[
            Note("*"),
            Is("3", r#"["NAXIS1", 10, null]"#),
            Is("4", r#"["NAXIS1", 20, null]"#),
            Is("5", AFTER),
            Is("/headers/primary_hdu/data", r#"{"offset": 2880, "length": 10}"#),
            Is("/properties/arrays/0/shape", "[10]"),
            Is("/headers/image_hdu/0/name", r#""LAST""#),
        ],
    ),
    (
        "many_cards",
        &[
            Clean,
            Is("72", r#"["KEY69", 69, null]"#),
            Is("73", AFTER),
            Absent("74"),
            Is("/headers/primary_hdu/header", r#"{"offset": 0, "length": 8640}"#),
        ],
    ),
    ("cards_35", &[Clean, Is("34", AFTER), Is("/headers/primary_hdu/header/length", "2880")]),
    ("cards_36", &[Clean, Is("35", AFTER), Is("/headers/primary_hdu/header/length", "5760")]),
];

/// AFTER as `Value` prints it, somewhere among the cards.
const AFTER_TEXT: &str = r#"["AFTER",2,null]"#;

/// A value that is longer than the limit is named by the place of its cards in the file; shorter ones stand.
#[test]
fn long_values_are_omitted_by_their_place() {
    let bytes = fits_fixture("continued");
    let options = Options { max_value_bytes: 16, ..Options::default() };
    let mut extractor = Extractor::new(&options).unwrap();
    drivers::slice::read(&mut extractor, &bytes).unwrap();
    let document = extractor.finish().unwrap();
    let place =
        |key: &str| document.get_u64(&format!("/headers/primary_hdu/cards/3/1/omitted/{key}")).unwrap() as usize;
    let there = &bytes[place("offset")..][..place("length")];
    assert!(
        there.starts_with(b"ASTROPY = 'abcdefghij") || there.starts_with(b"'abcdefghij"),
        "{}",
        there.escape_ascii()
    );
    assert!(there.windows(8).any(|piece| piece == b"CONTINUE"), "{}", there.escape_ascii());
    assert!(!there.windows(4).any(|piece| piece == b"LONG"), "the next card is in it: {}", there.escape_ascii());
    assert_eq!(document.get_str("/headers/primary_hdu/cards/3/2").unwrap(), "of one hundred and fifty");
    assert_eq!(document.get_str("/headers/primary_hdu/cards/4/1").unwrap(), "one two three");
    assert_eq!(document.status(), Status::Done);
}

/// The card list of an HDU is one record (DOCUMENT.md, Records).
#[test]
fn a_card_list_is_one_record() {
    let (options, lines) = recording(&Options::default());
    let mut extractor = Extractor::new(&options).unwrap();
    drivers::slice::read(&mut extractor, &fits_fixture("mef")).unwrap();
    extractor.finish().unwrap();
    let lines = lines.lock().unwrap();
    let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(count(r#"{"pointer":"/headers/primary_hdu/cards""#), 1);
    assert_eq!(count(r#"{"pointer":"/headers/image_hdu/0/cards""#), 1);
    assert_eq!(count(r#"{"pointer":"/headers/image_hdu/1/cards""#), 1);
    assert_eq!(count(r#"{"pointer":"/properties/arrays/-""#), 2);
}
