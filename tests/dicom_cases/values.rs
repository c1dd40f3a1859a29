//! Values: every VR, padding, numbers, limits, VRs by context.
use crate::{AFTER, BEFORE, Case, Check::*, NAME};

const MINUS_TWO: &str = r#"{"vr": "SS", "Value": [-2]}"#;
const UNSIGNED: &str = r#"{"vr": "US", "Value": [65534]}"#;

pub(crate) const CASES: &[Case] = &[
    (
        "vr_explicit",
        &[
            Clean,
            Done,
            Count("/headers/dataset", 34),
            Is("0008002A", r#"{"vr": "DT", "Value": ["20010203040506.789+0100"]}"#),
            Is("00080030", r#"{"vr": "TM", "Value": ["040506.789"]}"#),
            Is("00080054", r#"{"vr": "AE", "Value": ["AE_TITLE"]}"#),
            Is("00080081", r#"{"vr": "ST", "Value": ["  Street\\1\r\nTown"]}"#),
            Is("00080119", r#"{"vr": "UC", "Value": ["code"]}"#),
            Is("00080120", r#"{"vr": "UR", "Value": ["urn:oid:1.2.3"]}"#),
            Is("0008040C", r#"{"vr": "UV", "Value": ["18446744073709551615"]}"#),
            Is("00081161", r#"{"vr": "UL", "Value": [1, 70000]}"#),
            Is("00081163", r#"{"vr": "FD", "Value": [0.1, 1e300]}"#),
            Is("00089459", r#"{"vr": "FL", "Value": [0.1]}"#),
            Is("00081140/Value/0/00081160", r#"{"vr": "IS", "Value": [1, 2]}"#),
            Is("00081140/Value/1", "{}"),
            Is("00100218", r#"{"vr": "UT", "Value": ["unlimited\\text"]}"#),
            Is("00101010", r#"{"vr": "AS", "Value": ["042Y"]}"#),
            Is("001021B0", r#"{"vr": "LT", "Value": ["long\\text"]}"#),
            Is("00186020", r#"{"vr": "SL", "Value": [-70000]}"#),
            Is("00189219", r#"{"vr": "SS", "Value": [-3]}"#),
            Is("00280009", r#"{"vr": "AT", "Value": ["00181063", "00540080"]}"#),
            Is("00281201", r#"{"vr": "OW", "InlineBinary": "AQIDBA=="}"#),
            Is("00420011", r#"{"vr": "OB", "InlineBinary": "AQIDBA=="}"#),
            Is("00660016", r#"{"vr": "OF", "InlineBinary": "AACAPwAAAEA="}"#),
            Is("00660022", r#"{"vr": "OD", "InlineBinary": "AAAAAAAA8D8AAAAAAAAAQA=="}"#),
            Is("00660040", r#"{"vr": "OL", "InlineBinary": "AQAAAAIAAAA="}"#),
            Is("00720081", r#"{"vr": "OV", "InlineBinary": "AAECAwQFBgcICQoLDA0ODw=="}"#),
            OneOf(
                "00720082",
                &[
                    r#"{"vr": "SV", "Value": ["-9223372036854775808", -5, 9007199254740992]}"#, // 2^53 itself: either
                    r#"{"vr": "SV", "Value": ["-9223372036854775808", -5, "9007199254740992"]}"#,
                ],
            ),
            Is("00720083", r#"{"vr": "UV", "Value": [0, "9007199254740993"]}"#),
        ],
    ),
    ("vr_implicit", &[Clean, Done]),
    ("vr_big", &[Clean, Done]),
    ("vr_deflated", &[Clean, Done, Is("/file/encoding", r#""deflate""#)]),
    (
        "deflate_zlib",
        &[Done, Note("transfer-syntax"), Is("/headers/file_meta/00020010/Value", r#"["1.2.840.10008.1.2.1.99"]"#)],
    ),
    (
        "deflate_trunc",
        &[Partial, Loss("truncated|deflate-error"), Is("00080020", r#"{"vr": "DA", "Value": ["20010203"]}"#)],
    ),
    (
        "deflate_bad",
        &[
            Partial,
            Loss("deflate-error|truncated"),
            Is("/headers/file_meta/00020010/Value", r#"["1.2.840.10008.1.2.1.99"]"#),
        ],
    ),
    ("deflate_tail", &[Done, Is("00660040", r#"{"vr": "OL", "InlineBinary": "AQAAAAIAAAA="}"#)]),
    (
        "deflate_bulk",
        &[
            Clean,
            Is("00420011", r#"{"vr": "OB", "BulkDataURI": "?offset=340&length=3000"}"#),
            Is("/file/inflated_size", "3340"),
        ],
    ),
    (
        "empty_explicit",
        &[
            Clean,
            Count("/headers/dataset", 34),
            Is("00081140", r#"{"vr": "SQ"}"#),
            Is("00100010", r#"{"vr": "PN"}"#),
            Is("00280010", r#"{"vr": "US"}"#),
        ],
    ),
    (
        "empty_implicit",
        &[Clean, Count("/headers/dataset", 34), Is("00660040", r#"{"vr": "OL"}"#), Is("00280009", r#"{"vr": "AT"}"#)],
    ),
    ("empty_dataset", &[Done, Is("/headers/dataset", "{}"), Is("/properties/arrays", "[]")]),
    (
        "ds_is",
        &[
            BEFORE,
            Note("bad-number"),
            Is("00181041", r#"{"vr": "DS", "Value": [100, 7, 0.5, 5, 0, "abc", null, 1.5]}"#),
            Is("00200013", r#"{"vr": "IS", "Value": ["1.0", 3000000000, 7, 5, 0, "abc", null, 12]}"#),
        ],
    ),
    (
        "ds_is_fine",
        &[
            BEFORE,
            Clean,
            Is("00181041", r#"{"vr": "DS", "Value": [1.5, -0.0025, 0.1234567890123456]}"#),
            Is("00200013", r#"{"vr": "IS", "Value": [-2147483648, 2147483647]}"#),
        ],
    ),
    (
        "ds_is_odd",
        &[
            BEFORE,
            Note("bad-number"),
            Is("00181041/Value/0", r#""nan""#),
            Is("00181041/Value/3", r#""0x10""#),
            Is("00181041/Value/4", r#""1,5""#),
            Is("00181041/Value/6", r#""--1""#),
            Is("00181041/Value/8", r#"".""#),
            Is("00181041/Value/10", r#""1e""#),
            Is("00181041/Value/11", "null"),
            Is("00200013/Value/0", r#""nan""#),
            Is("00200013/Value/6", r#""1 2""#),
        ],
    ),
    (
        "float_special",
        &[
            Done,
            Is("00181320", r#"{"vr": "FL", "Value": ["NaN", "Infinity", "-Infinity", 1e-45, 3.4028235e38]}"#),
            Is(
                "00189087",
                r#"{"vr": "FD", "Value": ["NaN", "Infinity", "-Infinity", 5e-324, 1.7976931348623157e308, 0.30000000000000004]}"#,
            ),
        ],
    ),
    (
        "ragged",
        &[
            BEFORE,
            NAME,
            AFTER,
            Note("ragged-length"),
            Is("00181320", r#"{"vr": "FL", "Value": [1.5]}"#),
            Is("00189087", r#"{"vr": "FD"}"#),
        ],
    ),
    (
        "padding",
        &[
            Is("00080008", r#"{"vr": "CS", "Value": ["A  B", "C"]}"#),
            Is("00080018", r#"{"vr": "UI", "Value": ["1.2"]}"#),
            Is("0008001A", r#"{"vr": "UI", "Value": ["1.2", null, "3.4"]}"#),
            Is("00080050", r#"{"vr": "SH", "Value": ["acc"]}"#),
            Is("00080054", r#"{"vr": "AE", "Value": ["TITLE"]}"#),
            Is("00080081", r#"{"vr": "ST", "Value": ["  street"]}"#),
            Is("00080090", r#"{"vr": "PN", "Value": [{"Alphabetic": "A^B"}]}"#),
            Is("00080119", r#"{"vr": "UC", "Value": ["  uc", " two"]}"#),
            Is("00081030", r#"{"vr": "LO", "Value": ["lead"]}"#),
            Is("00081032", r#"{"vr": "LO"}"#),
            Is("0008103E", r#"{"vr": "LO"}"#),
            Is("00081040", r#"{"vr": "LO", "Value": [null, null]}"#),
            Is("00081048", r#"{"vr": "PN", "Value": [{"Alphabetic": "A^B"}, null, {"Alphabetic": "C^D"}]}"#),
            Is("00081050", r#"{"vr": "PN"}"#),
            Is("00081060", r#"{"vr": "PN", "Value": [{"Alphabetic": "A^B", "Phonetic": "C^D"}]}"#),
            Is("00081080", r#"{"vr": "LO", "Value": ["a", null, "b"]}"#),
            Is("00100010", r#"{"vr": "PN", "Value": [{"Alphabetic": "  A^B"}]}"#),
            Is("00100218", r#"{"vr": "UT", "Value": ["  two\\three"]}"#),
            Is("001021B0", r#"{"vr": "LT", "Value": ["  lt\\x"]}"#),
        ],
    ),
    (
        "bulk_1024",
        &[
            BEFORE,
            Is("00281201/vr", r#""OW""#),
            Absent("00281201/BulkDataURI"),
            Is("00281202", r#"{"vr": "OW", "BulkDataURI": "?offset=1444&length=1026"}"#),
            Is("00281203", r#"{"vr": "OW", "BulkDataURI": "?offset=2482&length=1200"}"#),
            Is("00420011", r#"{"vr": "OB", "BulkDataURI": "?offset=3694&length=1025"}"#),
        ],
    ),
    (
        "bulk_65536",
        &[
            BEFORE,
            NAME,
            AFTER,
            Done,
            Count("00081030/Value", 1),
            Is("00081040", r#"{"vr": "UT", "BulkDataURI": "?offset=65956&length=65538"}"#),
        ],
    ),
    (
        "amb_signed",
        &[BEFORE, Is("00280106", MINUS_TWO), Is("00280120", MINUS_TWO), Is("00283000/Value/0/00283002/vr", r#""SS""#)],
    ),
    (
        "amb_unsigned",
        &[
            BEFORE,
            Done,
            Is("00280106", UNSIGNED),
            Is("00280120", UNSIGNED),
            Is("00283000/Value/0/00283002", r#"{"vr": "US", "Value": [2, 65534, 16]}"#),
        ],
    ),
    ("amb_none", &[BEFORE, Note("ambiguous-vr"), Is("00280106", UNSIGNED), Is("00280120", UNSIGNED)]),
    ("amb_late", &[BEFORE, Done, Is("00189810/vr", r#""SS""#), Is("00280106", MINUS_TWO)]),
    ("amb_item", &[BEFORE, Done, Is("00880200/Value/0/00280106", UNSIGNED), Is("00880200/Value/0/00280120", UNSIGNED)]),
    (
        "amb_words",
        &[
            BEFORE,
            Is("54000100/Value/0/54001010/InlineBinary", r#""AQIDBA==""#),
            Is("60000010", r#"{"vr": "US", "Value": [2]}"#),
            Is("60000050", r#"{"vr": "SS", "Value": [-1, 1]}"#),
            Is("60003000/InlineBinary", r#""AQI=""#),
            Is("60020010", r#"{"vr": "US", "Value": [3]}"#),
        ],
    ),
];
