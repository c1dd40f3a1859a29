//! Pixel data and its entry in `properties.arrays`.
use crate::{Case, Check, Check::*};

const EXTENTS: &str = "/properties/arrays/0/extents";
const FRAME_EXTENTS: &str = "/properties/arrays/0/frame_extents";
const FRAMES: &str = "/properties/arrays/0/frames";
const ONE: Check = Count("/properties/arrays", 1);
const PATH: Check = Is("/properties/arrays/0/path", r#""7FE00010""#);
const FRAGMENTS: Check = Is("/properties/arrays/0/layout", r#""fragments""#);
const CONTIGUOUS: Check = Is("/properties/arrays/0/layout", r#""contiguous""#);
const BYTES: Check = OneOf("/properties/arrays/0/dtype", &[r#""|u1""#, r#""<u1""#]);

const fn shape(text: &'static str) -> Check {
    Is("/properties/arrays/0/shape", text)
}
const fn dtype(text: &'static str) -> Check {
    Is("/properties/arrays/0/dtype", text)
}
const fn size(text: &'static str) -> Check {
    Is("/properties/arrays/0/size_bytes", text)
}
const fn stored(text: &'static str) -> Check {
    Is("/properties/arrays/0/stored_bytes", text)
}
const fn bulk(text: &'static str) -> Check {
    Is("7FE00010", text)
}

pub(crate) const CASES: &[Case] = &[
    (
        "pixel_8",
        &[
            Clean,
            ONE,
            PATH,
            CONTIGUOUS,
            BYTES,
            shape("[4, 6]"),
            size("24"),
            stored("24"),
            Is(EXTENTS, "[[420, 24]]"),
            bulk(r#"{"vr": "OB", "InlineBinary": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"}"#),
        ],
    ),
    ("pixel_16", &[Clean, ONE, CONTIGUOUS, dtype(r#""<i2""#), shape("[4, 6]"), size("48"), Is(EXTENTS, "[[420, 48]]")]),
    ("pixel_16_implicit", &[Clean, dtype(r#""<u2""#), Is(EXTENTS, "[[414, 48]]"), Is("7FE00010/vr", r#""OW""#)]),
    (
        "pixel_8_implicit",
        // in implicit VR pixel data are OW whatever the bits allocated (PS3.5 A.1)
        &[Clean, BYTES, bulk(r#"{"vr": "OW", "InlineBinary": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"}"#)],
    ),
    (
        "pixel_16_big",
        // inline binary is little endian; the array's own type is the stored one
        &[
            Clean,
            dtype(r#"">u2""#),
            Is(EXTENTS, "[[420, 48]]"),
            Is("7FE00010/InlineBinary", r#""AAABAAIAAwAEAAUABgAHAAgACQAKAAsADAANAA4ADwAQABEAEgATABQAFQAWABcA""#),
        ],
    ),
    ("pixel_32", &[Clean, dtype(r#""<u4""#), size("96")]),
    ("pixel_1bit", &[Clean, dtype("null"), shape("[4, 6]"), size("3"), OneOf(EXTENTS, &["[[420, 4]]", "[[420, 3]]"])]),
    ("pixel_odd", &[Done, shape("[3, 5]"), size("15"), OneOf(EXTENTS, &["[[420, 16]]", "[[420, 15]]"])]),
    ("pixel_rgb", &[Clean, shape("[4, 6, 3]"), size("72"), BYTES]),
    ("pixel_planar", &[Clean, shape("[2, 3, 4, 6]"), size("144")]),
    ("pixel_422", &[Warned, Done, shape("null"), stored("48"), Is(EXTENTS, "[[430, 48]]")]),
    ("pixel_frames", &[Clean, shape("[3, 4, 6]"), size("72"), Is("00280008/Value", "[3]")]),
    (
        "pixel_float",
        &[
            Clean,
            ONE,
            Is("/properties/arrays/0/path", r#""7FE00008""#),
            dtype(r#""<f4""#),
            shape("[4, 6]"),
            size("96"),
            Is("7FE00008/vr", r#""OF""#),
        ],
    ),
    ("pixel_double", &[Clean, ONE, Is("/properties/arrays/0/path", r#""7FE00009""#), dtype(r#""<f8""#), size("192")]),
    (
        "pixel_undescribed",
        &[Done, ONE, PATH, stored("2000"), bulk(r#"{"vr": "OW", "BulkDataURI": "?offset=408&length=2000"}"#)],
    ),
    ("pixel_short", &[ONE, stored("20"), Is(EXTENTS, "[[420, 20]]")]),
    ("pixel_hostile_shape", &[ONE, stored("20")]),
    ("trunc_pixel", &[Loss("truncated"), Partial, Absent("7FE00010"), Is("00280103/Value", "[0]")]),
    (
        "afterpix",
        &[
            Clean,
            ONE,
            Is("FFFAFFFA/Value/0/04000120", r#"{"vr": "OB", "InlineBinary": "AQIDBA=="}"#),
            Is("FFFCFFFC", r#"{"vr": "OB", "BulkDataURI": "?offset=502&length=2000"}"#),
        ],
    ),
    (
        "encap_single",
        &[
            Clean,
            ONE,
            FRAGMENTS,
            Is(FRAMES, "1"),
            Is(EXTENTS, "[[438, 10]]"),
            stored("10"),
            bulk(r#"{"vr": "OB", "BulkDataURI": "?offset=422&length=34"}"#),
        ],
    ),
    ("encap_split", &[Clean, Is(FRAMES, "1"), Is(EXTENTS, "[[438, 10], [456, 20], [484, 30]]"), stored("60")]),
    (
        "encap_nobot_frames",
        &[
            FRAGMENTS,
            Is(FRAMES, "2"),
            Is(EXTENTS, "[[448, 10], [466, 20], [494, 30]]"),
            Absent(FRAME_EXTENTS),
            shape("[2, 4, 6]"),
        ],
    ),
    ("encap_nobot_equal", &[Done, Is(FRAMES, "2"), Is(EXTENTS, "[[448, 10], [466, 20]]")]),
    (
        "encap_bot",
        &[
            Clean,
            Is(FRAMES, "2"),
            Is(EXTENTS, "[[456, 10], [474, 20], [502, 30]]"),
            Count(FRAME_EXTENTS, 2),
            size("48"),
            stored("60"),
            bulk(r#"{"vr": "OB", "BulkDataURI": "?offset=432&length=108"}"#),
        ],
    ),
    ("encap_bot_wrong", &[Note("offset-table"), Is(EXTENTS, "[[456, 10], [474, 20], [502, 30]]")]),
    ("encap_bot_beyond", &[Note("offset-table"), Is(EXTENTS, "[[456, 10], [474, 20], [502, 30]]")]),
    ("encap_bot_ragged", &[Warned, Done, FRAGMENTS]),
    ("encap_eot", &[Clean, Is(EXTENTS, "[[504, 10], [522, 20]]"), Absent(FRAME_EXTENTS), Is("7FE00001/vr", r#""OV""#)]),
    ("encap_eot_wrong", &[Note("offset-table"), Is(EXTENTS, "[[504, 10], [522, 20]]")]),
    ("encap_bot_eot", &[Note("offset-table"), Is(EXTENTS, "[[512, 10], [530, 20]]"), Absent(FRAME_EXTENTS)]),
    ("encap_bot_eot_differ", &[Note("offset-table"), Is(EXTENTS, "[[508, 10], [526, 20]]"), Absent(FRAME_EXTENTS)]),
    (
        "encap_hidden_delim",
        &[
            Clean,
            Is(EXTENTS, "[[438, 30], [476, 10]]"),
            bulk(r#"{"vr": "OB", "BulkDataURI": "?offset=422&length=72"}"#),
        ],
    ),
    (
        "encap_empty",
        &[FRAGMENTS, Is(EXTENTS, "[]"), stored("0"), bulk(r#"{"vr": "OB", "BulkDataURI": "?offset=422&length=16"}"#)],
    ),
    ("encap_zero_fragment", &[Done, Is(EXTENTS, "[[438, 10], [456, 0], [464, 20]]")]),
    ("encap_odd_fragment", &[Note("odd-length"), Is(EXTENTS, "[[438, 11], [457, 20]]"), stored("31")]),
    ("encap_nodelim", &[Warned, Is("00280103/Value", "[0]"), Is("00280011/Value", "[6]")]),
    ("encap_after", &[Clean, FRAGMENTS, Is("FFFCFFFC/vr", r#""OB""#)]),
    ("encap_native_len", &[Done, Is("7FE00010/vr", r#""OB""#), Is("FFFCFFFC/vr", r#""OB""#)]),
    ("trunc_fragment", &[Loss("truncated"), Partial, Is("00280103/Value", "[0]")]),
    ("encap_no_items", &[Warned, Is("00280103/Value", "[0]")]),
    (
        "native_undef",
        &[
            Note("native-undefined-length"),
            FRAGMENTS,
            Is(EXTENTS, "[[436, 10], [454, 20]]"),
            bulk(r#"{"vr": "OB", "BulkDataURI": "?offset=420&length=62"}"#),
            Is("FFFCFFFC/vr", r#""OB""#),
        ],
    ),
    (
        "pix_in_seq",
        &[
            Clean,
            ONE,
            Is(EXTENTS, "[[564, 24]]"),
            Is("00880200/Value/0/7FE00010", r#"{"vr": "OB", "InlineBinary": "AAAAAA=="}"#),
            size("24"),
        ],
    ),
    (
        "pix_in_seq_encap",
        &[
            ONE,
            Is(EXTENTS, "[[610, 24]]"),
            Is("00091001/Value/0/7FE00010", r#"{"vr": "OB", "BulkDataURI": "?offset=460&length=48"}"#),
        ],
    ),
    ("pix_in_seq_only", &[Clean, Is("/properties/arrays", "[]"), Is("FFFCFFFC/vr", r#""OB""#)]),
    (
        "frames5",
        &[
            Clean,
            Count("52009230/Value", 5),
            Is("52009230/Value/4/00209113/Value/0/00200032", r#"{"vr": "DS", "Value": [0, 0, 7.5]}"#),
            Is("52009230/Value/1/00209111/Value/0/00209157", r#"{"vr": "UL", "Value": [1, 2]}"#),
            Is("52009229/Value/0/00289110/Value/0/00180050", r#"{"vr": "DS", "Value": [1.5]}"#),
            shape("[5, 4, 6]"),
            Is(EXTENTS, "[[962, 240]]"),
        ],
    ),
];
