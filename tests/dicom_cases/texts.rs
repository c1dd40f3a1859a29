//! Character sets.
use crate::{AFTER, BEFORE, Case, Check::*, NAME};

const YAMADA: &str = r#"[{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}]"#;
const KATAKANA: &str = r#"[{"Alphabetic": "ﾔﾏﾀﾞ^ﾀﾛｳ", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}]"#;
const WANG: &str = r#"[{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东"}]"#;
const JEROME: &str = r#"{"vr": "PN", "Value": [{"Alphabetic": "Jérôme"}]}"#;

pub(crate) const CASES: &[Case] = &[
    ("cs_none", &[Clean, Is("00081030/Value", r#"["plain"]"#)]),
    ("cs_ir6", &[Done, Is("00081030/Value", r#"["plain"]"#)]),
    (
        "cs_ir100",
        &[
            Clean,
            Is("00080005/Value", r#"["ISO_IR 100"]"#),
            Is("00081030/Value", r#"["Schädel", "Röntgen"]"#),
            Is("00100010/Value", r#"[{"Alphabetic": "Buc^Jérôme"}]"#),
        ],
    ),
    (
        "cs_ir192",
        &[
            Clean,
            Is("00081030/Value", r#"["Études 𝄞"]"#),
            Is("00100010/Value", YAMADA),
            Is("00104000/Value", r#"["zwei\\Zeilen\r\nß"]"#),
        ],
    ),
    (
        "cs_gb18030",
        &[
            Clean,
            Is("00081030/Value", r#"["A乗B", "C俓"]"#),
            Is("00100010/Value", WANG),
            Is("00104000/Value", r#"["㐀 four bytes"]"#),
        ],
    ),
    ("cs_gbk", &[Clean, Is("00081030/Value", r#"["A乗B", "C俓"]"#), Is("00100010/Value", WANG)]),
    ("cs_ir13", &[Clean, Is("00100010/Value", r#"[{"Alphabetic": "ﾔﾏﾀﾞ^ﾀﾛｳ"}]"#)]),
    (
        "cs_ir87",
        &[
            Clean,
            Is("00080005/Value", r#"[null, "ISO 2022 IR 87"]"#),
            Is("00100010/Value", YAMADA),
            Is("00081030/Value", r#"["A山田", "B"]"#),
            Is("00104000/Value", r#"["山\r\n田"]"#),
        ],
    ),
    ("cs_ir13_ir87", &[Clean, Is("00100010/Value", KATAKANA)]),
    ("cs_spelling_mix", &[Done, Is("00100010/Value", KATAKANA)]),
    (
        "cs_reset",
        &[
            Done,
            Is("00100010/Value", r#"[{"Alphabetic": "Α^é", "Ideographic": "Α", "Phonetic": "é"}]"#),
            Is("00081030/Value", r#"["Α", "é"]"#),
            Is("00104000/Value", r#"["Α\r\né"]"#),
        ],
    ),
    ("cs_ir159", &[Clean, Is("00081030/Value", r#"["A丂B"]"#)]),
    (
        "cs_ir149",
        &[
            Clean,
            Is(
                "00100010/Value",
                r#"[{"Alphabetic": "Hong^Gildong", "Ideographic": "洪^吉洞", "Phonetic": "홍^길동"}]"#,
            ),
            Is("00104000/Value", r#"["길 a\r\n동"]"#),
        ],
    ),
    ("cs_ir58", &[Clean, Is("00100010/Value", r#"[{"Alphabetic": "Zhang^XiaoDong", "Ideographic": "张^小东"}]"#)]),
    ("cs_ir58_unescaped", &[Done, Is("00100010/Value/0/Alphabetic", r#""Zhang^XiaoDong""#)]),
    ("cs_ir87_open", &[Note("charset-undecodable"), Is("00100010/Value", r#"[{"Alphabetic": "A^B"}]"#)]),
    ("cs_escape_unknown", &[Done, Warned, Is("00100010/Value", r#"[{"Alphabetic": "A^B"}]"#)]),
    (
        "cs_undeclared",
        // ISO 8859-1, not its cousin Windows-1252: 0x92 is a control character
        &[
            Note("charset-undeclared"),
            Is("00081030/Value", r#"["café \u0092"]"#),
            Is("00100010/Value", r#"[{"Alphabetic": "A^Bé"}]"#),
            Absent("00080005"),
        ],
    ),
    (
        "cs_misspelt",
        &[Note("charset-unknown"), Is("00081030/Value", r#"["café"]"#), Is("00080005/Value", r#"["ISO-IR 100"]"#)],
    ),
    ("cs_unknown", &[Note("charset-unknown"), Is("00100010/Value", r#"[{"Alphabetic": "A^B"}]"#)]),
    (
        "cs_bad_utf8",
        &[Note("charset-undecodable"), OneOf("00081030/Value", &[r#"["a\ufffd\ufffdb"]"#, r#"["a\ufffdb"]"#])],
    ),
    ("cs_bad_gb", &[Note("charset-undecodable")]),
    (
        "cs_in_cs",
        &[
            Note("charset-undeclared"),
            Is("00080060/Value", r#"["Ã\u0089"]"#),
            Is("00100010/Value", r#"[{"Alphabetic": "É^B"}]"#),
        ],
    ),
    (
        "cs_item",
        &[
            Clean,
            Is("00081030/Value", r#"["é"]"#),
            Is("00081115/Value/0/00100010", JEROME),
            Is("00081115/Value/1/00100010", JEROME),
            Is("00081140/Value/0/00100010", JEROME),
            Is("00081140/Value/1/00100010", JEROME),
            Is("00081140/Value/1/00081140/Value/0/00100010", JEROME),
            Is("00081140/Value/2/00100010", JEROME),
            Is("00100010", JEROME),
        ],
    ),
    (
        "cs_item_undefined",
        &[
            Clean,
            Is("00081115/Value/0/00100010", JEROME),
            Is("00081115/Value/1/00100010", JEROME),
            Is("00100010", JEROME),
        ],
    ),
    (
        "cs_singles",
        &[
            BEFORE,
            NAME,
            AFTER,
            Clean,
            Is("00081115/Value/0/00100010/Value/0/Alphabetic", r#""ł""#),
            Is("00081115/Value/1/00100010/Value/0/Alphabetic", r#""ĥ""#),
            Is("00081115/Value/2/00100010/Value/0/Alphabetic", r#""ā""#),
            Is("00081115/Value/3/00100010/Value/0/Alphabetic", r#""Лк""#),
            Is("00081115/Value/4/00100010/Value/0/Alphabetic", r#""قب""#),
            Is("00081115/Value/5/00100010/Value/0/Alphabetic", r#""Διο""#),
            Is("00081115/Value/6/00100010/Value/0/Alphabetic", r#""שרון""#),
            Is("00081115/Value/7/00100010/Value/0/Alphabetic", r#""ğ""#),
            Is("00081115/Value/8/00100010/Value/0/Alphabetic", r#""€""#),
            Is("00081115/Value/9/00100010/Value/0/Alphabetic", r#""นามสกุล""#),
            Is("00081115/Value/10/00100010/Value/0/Alphabetic", r#""é""#),
        ],
    ),
    (
        "cs_escapes",
        &[
            BEFORE,
            NAME,
            AFTER,
            Clean,
            Is("00081115/Value/0/00100010/Value/0/Alphabetic", r#""A^ł""#),
            Is("00081115/Value/1/00100010/Value/0/Alphabetic", r#""A^ĥ""#),
            Is("00081115/Value/2/00100010/Value/0/Alphabetic", r#""A^ā""#),
            Is("00081115/Value/3/00100010/Value/0/Alphabetic", r#""A^Лк""#),
            Is("00081115/Value/4/00100010/Value/0/Alphabetic", r#""A^قب""#),
            Is("00081115/Value/5/00100010/Value/0/Alphabetic", r#""A^Διο""#),
            Is("00081115/Value/6/00100010/Value/0/Alphabetic", r#""A^שרון""#),
            Is("00081115/Value/7/00100010/Value/0/Alphabetic", r#""A^ğ""#),
            Is("00081115/Value/8/00100010/Value/0/Alphabetic", r#""A^€""#),
            Is("00081115/Value/9/00100010/Value/0/Alphabetic", r#""A^นามสกุล""#),
            Is("00081115/Value/10/00100010/Value/0/Alphabetic", r#""A^é""#),
        ],
    ),
];
