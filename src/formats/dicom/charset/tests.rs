use super::TextKind::{MultiValued, PersonName, SingleValued};
use super::*;

fn read(declared: &str, kind: TextKind, raw: &[u8]) -> (String, Vec<Oddity>) {
    let (sets, _) = CharacterSets::parse(declared.as_bytes());
    let mut text = String::new();
    let odd = sets.decode(raw, kind, &mut text);
    (text, odd.iter().collect())
}

/// Text that is as it should be.
#[track_caller]
fn good(declared: &str, kind: TextKind, raw: &[u8], expected: &str) {
    let (sets, odd) = CharacterSets::parse(declared.as_bytes());
    assert!(odd.is_empty(), "{declared}: {odd:?}");
    assert_eq!(sets.is_declared(), !declared.is_empty());
    assert_eq!(read(declared, kind, raw), (expected.into(), vec![]), "{declared}");
}

/// Text that is not as it should be, under character sets that are.
#[track_caller]
fn odd(declared: &str, kind: TextKind, raw: &[u8], expected: &str, oddities: &[Oddity]) {
    assert_eq!(read(declared, kind, raw), (expected.into(), oddities.to_vec()), "{declared}");
}

#[test]
fn examples_of_ps3_5() {
    // H.3.1, H.3.2
    good(
        r"\ISO 2022 IR 87",
        PersonName,
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    );
    good(
        r"ISO 2022 IR 13\ISO 2022 IR 87",
        PersonName,
        b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    );
    // I.2
    good(
        r"\ISO 2022 IR 149",
        PersonName,
        b"Hong^Gildong=\x1b$)C\xFB\xF3^\x1b$)C\xD1\xCE\xD4\xD7=\x1b$)C\xC8\xAB^\x1b$)C\xB1\xE6\xB5\xBF",
        "Hong^Gildong=洪^吉洞=홍^길동",
    );
    // J.1, J.2, J.3
    let utf_8 = "Wang^XiaoDong=王^小東=";
    good("ISO_IR 192", PersonName, utf_8.as_bytes(), utf_8);
    let gb = b"Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB=";
    good("GB18030", PersonName, gb, "Wang^XiaoDong=王^小东=");
    good("GBK", PersonName, gb, "Wang^XiaoDong=王^小东=");
    // K.2, K.3
    good(
        r"\ISO 2022 IR 58",
        PersonName,
        b"Zhang^XiaoDong=\x1b$)A\xD5\xC5^\x1b$)A\xD0\xA1\xB6\xAB=",
        "Zhang^XiaoDong=张^小东=",
    );
    good(
        r"\ISO 2022 IR 58",
        SingleValued,
        b"1. with \x1b$)A\xD6\xD0\xCE\xC4.\r\n2. \x1b$)A\xD6\xD0\xCE\xC4 too\r\n3. none\r\n",
        "1. with 中文.\r\n2. 中文 too\r\n3. none\r\n",
    );
}

#[test]
fn single_byte_sets() {
    good("ISO_IR 100", PersonName, b"Buc^J\xE9r\xF4me \x96", "Buc^Jérôme \u{96}");
    good("ISO_IR 101", MultiValued, b"W\xB3\xF3d\xBC", "Włódź");
    good("ISO_IR 109", MultiValued, b"Ma\xFDmun \xF8", "Maŭmun ĝ");
    good("ISO_IR 110", MultiValued, b"R\xEEga \xB9", "Rîga š");
    good("ISO_IR 126", PersonName, b"\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος");
    good("ISO_IR 127", PersonName, b"\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1", "قباني^لنزار");
    good("ISO_IR 138", PersonName, b"\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4", "שרון^דבורה");
    good("ISO_IR 144", PersonName, b"\xBB\xEE\xDAce\xDC\xD1yp\xD3", "Люкceмбypг");
    good("ISO_IR 148", PersonName, b"\xC7avu\xFEo\xF0lu \x80", "Çavuşoğlu \u{80}");
    good("ISO_IR 166", PersonName, b"\xB9\xD2\xC1\xCA\xA1\xD8\xC5 \x85", "นามสกุล \u{85}");
    good("ISO_IR 203", PersonName, b"\xA4 \xBD\xA6", "€ œŠ");
    // The yen sign's byte is the delimiter all the same.
    good("ISO_IR 13", MultiValued, b"\xD4\xCF\\\xC0~", "ﾔﾏ\\ﾀ~");
    odd("ISO_IR 166", MultiValued, b"\xA0", "\u{FFFD}", &[Oddity::Undecodable]);
    odd("ISO_IR 126", MultiValued, b"\xFF\xE1", "\u{FFFD}α", &[Oddity::Undecodable]);
}

#[test]
fn delimiters_inside_characters_do_not_split() {
    // Second bytes 0x5C and 0x5E.
    good("GBK", MultiValued, b"\x81\x5C\\\x81\x5E", "乗\\乛");
    good("GB18030", PersonName, b"\x81\x5C^\x81\x5E\\\x81\x30\x81\x30", "乗^乛\\\u{80}");
    // JIS X 0208 0x3D5C, 0x5E5C, 0x5C5C; 0x2140 is a backslash, but none that splits.
    good(r"\ISO 2022 IR 87", PersonName, b"\x1b$B=\\^\\\\\\!@\x1b(B\\\x1b$B=\\\x1b(B", "旬湃樛＼\\旬");
    good(r"\ISO 2022 IR 159", MultiValued, b"\x1b$(D0\\=^\x1b(B\\A", "伙恀\\A");
}

#[test]
fn no_two_bytes_make_a_delimiter() {
    let every = || (0x21..=0x7Eu8).flat_map(|first| (0x21..=0x7Eu8).map(move |second| [first | 0x80, second | 0x80]));
    for (set, defined) in [(Set::Kanji, 7_336), (Set::MoreKanji, 6_067), (Set::Hangul, 8_226), (Set::Hanzi, 8_836)] {
        let found: Vec<char> = every().filter_map(|pair| Some(set.character(&pair)?.0)).collect();
        assert_eq!(found.len(), defined, "{set:?}");
        assert!(found.iter().all(|one| !one.is_ascii() || *one == '~'), "{set:?}");
    }
}

#[test]
fn delimiters_bring_back_the_first_set() {
    let cyrillic_behind_latin = r"ISO 2022 IR 100\ISO 2022 IR 144";
    good(cyrillic_behind_latin, MultiValued, b"\xE4\x1b-L\xD4\\\xE4", "äд\\ä");
    good(cyrillic_behind_latin, MultiValued, b"\x1b-L\xD4^\xD4=\xD4", "д^д=д");
    good(cyrillic_behind_latin, PersonName, b"\x1b-L\xD4^\xD4=\xD4", "д^Ô=Ô");
    good(cyrillic_behind_latin, SingleValued, b"\x1b-L\xD4\\\xD4\t\xD4", "д\\д\tÔ");
    for end in [b'\n', b'\r', 0x0C] {
        good(
            cyrillic_behind_latin,
            MultiValued,
            &[0x1B, b'-', b'L', 0xD4, end, 0xD4],
            &format!("д{}Ô", char::from(end)),
        );
    }
    // The left half returns to ASCII at a line end that forgot to say so, and at a delimiter before an escape sequence.
    good(r"\ISO 2022 IR 87", SingleValued, b"\x1b$B;3ED\nA", "山田\nA");
    good(r"\ISO 2022 IR 87", PersonName, b"\x1b$B;3ED^\x1b$BB@O:", "山田^太郎");
    // Each half is switched for itself.
    good(r"ISO 2022 IR 144\ISO 2022 IR 87", MultiValued, b"\xD4\x1b$B;3\xD4\x1b(B\xD4", "д山дд");
}

#[test]
fn characters_that_a_set_has_in_its_own_way() {
    good(r"\ISO 2022 IR 87", MultiValued, b"\x1b$B!A!B!]!q!r\"L", "\u{301C}‖−¢£¬");
    good(r"\ISO 2022 IR 159", MultiValued, b"\x1b$(D\"7", "~");
    odd(r"\ISO 2022 IR 87", PersonName, b"\x1b$B|byu-!\x1b(B-!", "髙﨑①-!", &[Oddity::Guessed]);
}

#[test]
fn undeclared_text() {
    odd("", PersonName, b"J\xE9r\xF4me", "Jérôme", &[Oddity::Undeclared]);
    odd(r"\ISO 2022 IR 87", PersonName, b"J\xE9r\xF4me", "Jérôme", &[Oddity::Undeclared]);
    odd("ISO 2022 IR 87", PersonName, b"J\xE9", "J\u{FFFD}", &[Oddity::Undecodable]);
    let mut text = String::new();
    let odd = decode_default(b"A\\\xE9", &mut text);
    assert_eq!((text.as_str(), odd.iter().collect()), ("A\\é", vec![Oddity::Undeclared]));
    assert!(decode_default(b"1.2.840", &mut text).is_empty());
    assert_eq!(text, "A\\é1.2.840");
}

#[test]
fn bytes_of_a_likely_set() {
    // No escape sequence, but a declared set that has the characters.
    odd(r"\ISO 2022 IR 58", MultiValued, b"\xD6\xD0 \xCE\xC4", "中 文", &[Oddity::Guessed]);
    odd(r"\ISO 2022 IR 149", PersonName, b"\x1b$)C\xFB\xF3^\xD1\xCE", "洪^吉", &[Oddity::Guessed]);
    odd(r"\ISO 2022 IR 58", MultiValued, b"\xE9t\xE9", "été", &[Oddity::Undeclared]);
    // Shift JIS where JIS X 0201 is declared; its second byte 0x5C is no delimiter.
    odd("ISO_IR 13", MultiValued, b"\x8ER\x93c\\\x95\x5C", "山田\\表", &[Oddity::Guessed]);
}

#[test]
fn escape_sequences_out_of_place() {
    // Not declared, but clear.
    odd(r"\ISO 2022 IR 87", MultiValued, b"\x1b$)C\xFB\xF3", "洪", &[Oddity::UndeclaredEscape]);
    odd(r"ISO 2022 IR 6", MultiValued, b"\x1b(I12\x1b(BA", "ｱｲA", &[Oddity::UndeclaredEscape]);
    // No code extensions: a control character like any other, except where it changes nothing.
    odd("ISO_IR 100", MultiValued, b"\x1b$B;3\xE9", "\x1b$B;3é", &[Oddity::UnknownEscape]);
    odd("ISO_IR 192", MultiValued, b"\x1b-A\xC3\xA9", "\x1b-Aé", &[Oddity::UnknownEscape]);
    good("ISO_IR 100", MultiValued, b"\x1b-A\xE9\x1b(B!", "é!");
    // Unknown, and cut short.
    odd(r"\ISO 2022 IR 87", MultiValued, b"\x1b$B;3\x1b%G;3", "山\x1b%G;3", &[Oddity::UnknownEscape]);
    odd(r"\ISO 2022 IR 87", MultiValued, b"\x1b$B;3\x1b$", "山\x1b$", &[Oddity::UnknownEscape]);
    odd(r"\ISO 2022 IR 87", MultiValued, b"A\x1b", "A\x1b", &[Oddity::UnknownEscape]);
    odd("", MultiValued, b"A\x1b", "A\x1b", &[Oddity::UnknownEscape]);
    odd(r"\ISO 2022 IR 87", MultiValued, b"\x1b$B;3E", "山\u{FFFD}", &[Oddity::Undecodable]);
    odd(r"\ISO 2022 IR 149", MultiValued, b"\x1b$)C\xFBA\xFB", "\u{FFFD}A\u{FFFD}", &[Oddity::Undecodable]);
    odd("ISO_IR 192", MultiValued, b"A\xE9\\B", "A\u{FFFD}\\B", &[Oddity::Undecodable]);
}

#[test]
fn long_text_outgrows_the_first_room() {
    let text = "王小東\\".repeat(5_000);
    good("ISO_IR 192", MultiValued, text.as_bytes(), &text);
    good("GBK", MultiValued, &b"\xCD\xF5".repeat(20_000), &"王".repeat(20_000));
}

#[test]
fn terms_and_their_misspellings() {
    let parse = |raw: &str| {
        let (sets, odd) = CharacterSets::parse(raw.as_bytes());
        (sets.coding, odd.iter().collect::<Vec<_>>())
    };
    for (misspelt, meant) in [
        ("ISO-IR 100", "ISO_IR 100"),
        ("ISO_IR_100", "ISO_IR 100"),
        ("ISO IR 192", "ISO_IR 192"),
        ("UTF8", "ISO_IR 192"),
        ("utf-8", "ISO_IR 192"),
        ("iso_ir 144", "ISO_IR 144"),
        ("ISO8859-1", "ISO_IR 100"),
        ("ISO_IR 14", "ISO_IR 13"),
        ("GB 18030", "GB18030"),
        ("ISO 2022 GBK", "GBK"),
        ("ISO2022IR13", "ISO 2022 IR 13"),
        (r"\ISO 2022 58", r"\ISO 2022 IR 58"),
        (r"\ISO-2022-IR-87", r"\ISO 2022 IR 87"),
    ] {
        assert_eq!(parse(misspelt), (parse(meant).0, vec![Oddity::MisspeltTerm]), "{misspelt}");
        assert!(parse(meant).1.is_empty(), "{meant}");
    }
    assert_eq!(parse(" ISO_IR 100 \0"), parse("ISO_IR 100"));
    assert_eq!(parse(""), (CharacterSets::DEFAULT.coding, vec![]));
    assert_eq!(parse("windows-1251").0, Coding::Whole(encoding_rs::WINDOWS_1251));
    for unknown in ["ISO_IR 999", "ISO_IR 70000", "?", "UTF-16LE", "LATIN-ALPHABET-OF-THE-WEST-EUROPE"] {
        assert_eq!(parse(unknown), (CharacterSets::DEFAULT.coding, vec![Oddity::UnknownTerm]), "{unknown}");
    }
    let japanese = parse(r"ISO 2022 IR 13\ISO 2022 IR 87").0;
    assert_eq!(parse(r"ISO_IR 13\ISO 2022 IR 87"), (japanese, vec![Oddity::MixedTerms]));
    assert_eq!(parse(r"ISO 2022 IR 13\ISO 2022 IR 87\GBK"), (japanese, vec![Oddity::NotExtensible]));
    assert_eq!(parse(r"GB18030\ISO 2022 IR 100"), (parse("GB18030").0, vec![Oddity::NotExtensible]));
    assert_eq!(parse("ISO 2022 IR 149").1, [Oddity::MultiByteFirst]);
    assert_eq!(parse("ISO_IR 149").1, [Oddity::MisspeltTerm, Oddity::MultiByteFirst]);
}

#[test]
fn any_bytes_give_text_and_true_delimiters_only() {
    let declared = [
        "",
        "ISO_IR 13",
        "ISO_IR 166",
        "ISO_IR 192",
        "GB18030",
        "GBK",
        "SHIFT_JIS",
        r"ISO 2022 IR 13\ISO 2022 IR 87\ISO 2022 IR 159",
        r"\ISO 2022 IR 149\ISO 2022 IR 58",
    ];
    let escapes: [&[u8]; 6] = [b"\x1b$B", b"\x1b$(D", b"\x1b$)C", b"\x1b$)A", b"\x1b(B", b"\x1b)I"];
    let mut seed = 1u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    for round in 0..20_000 {
        let mut raw = Vec::new();
        for _ in 0..random(24) {
            match random(8) {
                0 => raw.extend_from_slice(escapes[random(escapes.len())]),
                1 => raw.push(b"\\^=\n\x1b"[random(5)]),
                _ => raw.push(random(256) as u8),
            }
        }
        let declared = declared[round % declared.len()];
        let (text, odd) = read(declared, [SingleValued, MultiValued, PersonName][random(3)], &raw);
        for delimiter in ['\\', '^', '='] {
            let stored = raw.iter().filter(|&&byte| char::from(byte) == delimiter).count();
            assert!(text.matches(delimiter).count() <= stored, "{declared} {raw:02X?} {text:?}");
        }
        assert_eq!(text.contains('\u{FFFD}'), odd.contains(&Oddity::Undecodable), "{declared} {raw:02X?} {text:?}");
    }
}
