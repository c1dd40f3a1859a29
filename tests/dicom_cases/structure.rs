//! Files, elements, sequences and items.
use crate::{AFTER, BEFORE, Case, Check::*, NAME, SYNTAX_EXPLICIT};

/// The data set's one reference, as `reference(7)` writes it.
const SEVEN: &str = r#"{"00081155": {"vr": "UI", "Value": ["2.25.1000000000000000000000000000007"]}}"#;
const SEVEN_EIGHT: &str = r#"[{"00081155": {"vr": "UI", "Value": ["2.25.1000000000000000000000000000007"]}},
                              {"00081155": {"vr": "UI", "Value": ["2.25.1000000000000000000000000000008"]}}]"#;
const FOUR_ITEMS: &str = r#"{"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["2.25.1000000000000000000000000000007"]}},
    {"00081155": {"vr": "UI", "Value": ["2.25.1000000000000000000000000000008"]}}, {}, {}]}"#;
const CT_ITEM: &str = r#"{"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}, "00100020": {"vr": "LO", "Value": ["in"]}}]}"#;
const STUDY: &str = r#"{"vr": "LO", "Value": ["Study"]}"#;
const CREATOR: &str = r#"{"vr": "LO", "Value": ["METAEXTRACT"]}"#;

pub(crate) const CASES: &[Case] = &[
    // UN
    ("un_undef_implicit", &[BEFORE, NAME, AFTER, Done, Is("00091001", CT_ITEM), Is("00090010", CREATOR)]),
    ("un_undef_explicit", &[BEFORE, NAME, AFTER, Note("un-encoding"), Is("00091001", CT_ITEM)]),
    ("un_undef_known", &[BEFORE, NAME, AFTER, Done, Is("00081140/vr", r#""SQ""#), Is("00081140/Value", SEVEN_EIGHT)]),
    (
        "un_known",
        &[
            Done,
            Is("00080008", r#"{"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]}"#),
            Is("00080060", r#"{"vr": "CS", "Value": ["CT"]}"#),
            Is("00081140/vr", r#""SQ""#),
            Is("00081140/Value/0", SEVEN),
            Is("00089999", r#"{"vr": "UN", "InlineBinary": "bm8gc3VjaCB0YWcg"}"#),
            Is("00091001", r#"{"vr": "UN", "InlineBinary": "AQIDBA=="}"#),
            Is("00280010", r#"{"vr": "US", "Value": [64]}"#),
            Is("00280030", r#"{"vr": "DS", "Value": [0.5, 0.25]}"#),
        ],
    ),
    ("un_known_big", &[BEFORE, Done, AFTER, Is("00280010", r#"{"vr": "US", "Value": [64]}"#)]),
    (
        "un_dataset",
        &[
            Done,
            Is("00080016", r#"{"vr": "UI", "Value": ["2.25.1000000000000000000000000000009"]}"#),
            Is("00100010", r#"{"vr": "PN", "Value": [{"Alphabetic": "Un^Known"}]}"#),
            Is("00280010", r#"{"vr": "US", "Value": [64]}"#),
            Is("00280030", r#"{"vr": "DS", "Value": [0.5, 0.25]}"#),
        ],
    ),
    ("un_long", &[BEFORE, Done, Is("00104000", r#"{"vr": "UN", "BulkDataURI": "?offset=408&length=65536"}"#)]),
    // preamble, magic, file meta group, transfer syntax
    ("plain", &[BEFORE, NAME, AFTER, Clean, Done, SYNTAX_EXPLICIT]),
    ("plain_explicit", &[BEFORE, NAME, AFTER, Clean, Done, SYNTAX_EXPLICIT]),
    ("plain_implicit", &[BEFORE, NAME, AFTER, Clean, Done]),
    ("plain_big", &[BEFORE, NAME, AFTER, Clean, Done]),
    ("meta_nogl", &[BEFORE, NAME, AFTER, Done, SYNTAX_EXPLICIT]),
    ("meta_gl_wrong", &[BEFORE, NAME, AFTER, Note("meta-length"), SYNTAX_EXPLICIT]),
    ("meta_gl_small", &[BEFORE, NAME, AFTER, Note("meta-length"), SYNTAX_EXPLICIT]),
    ("meta_gl_huge", &[BEFORE, NAME, AFTER, Note("meta-length"), SYNTAX_EXPLICIT]),
    ("meta_only", &[Done, SYNTAX_EXPLICIT, Is("/headers/dataset", "{}")]),
    ("meta_ts_lie_explicit", &[BEFORE, NAME, AFTER, Note("transfer-syntax"), SYNTAX_EXPLICIT]),
    ("meta_ts_lie_implicit", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("meta_ts_lie_big", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("meta_ts_lie_to_big", &[BEFORE, NAME, AFTER, Note("transfer-syntax"), SYNTAX_EXPLICIT]),
    (
        "noprebare_explicit",
        &[BEFORE, NAME, AFTER, Note("no-file-meta|no-preamble|no-magic"), Is("/headers/file_meta", "{}")],
    ),
    (
        "noprebare_implicit",
        &[BEFORE, NAME, AFTER, Note("no-file-meta|no-preamble|no-magic"), Is("/headers/file_meta", "{}")],
    ),
    (
        "noprebare_big",
        &[BEFORE, NAME, AFTER, Note("no-file-meta|no-preamble|no-magic"), Is("/headers/file_meta", "{}")],
    ),
    ("meta_nots_explicit", &[BEFORE, NAME, AFTER, Note("transfer-syntax"), Absent("/headers/file_meta/00020010")]),
    ("meta_nots_implicit", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("meta_nots_big", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("meta_ts_unknown_explicit", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("meta_ts_unknown_implicit", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("meta_ts_unknown_big", &[BEFORE, NAME, AFTER, Note("transfer-syntax")]),
    ("nopreamble", &[BEFORE, NAME, AFTER, Note("no-preamble"), SYNTAX_EXPLICIT]),
    ("nodicm_meta", &[BEFORE, NAME, AFTER, Note("no-magic|no-preamble"), SYNTAX_EXPLICIT]),
    ("nodicm_meta_implicit", &[BEFORE, NAME, AFTER, Note("no-magic|no-preamble")]),
    ("tiffpre", &[BEFORE, NAME, AFTER, Clean, Done]),
    // elements
    ("odd", &[BEFORE, NAME, AFTER, Note("odd-length"), Is("00081030", STUDY)]),
    ("odd_binary", &[AFTER, Note("odd-length"), Is("00420011", r#"{"vr": "OB", "InlineBinary": "AQID"}"#)]),
    (
        "at_bad",
        &[
            BEFORE,
            NAME,
            AFTER,
            Note("ragged-length"),
            Is("00280009", r#"{"vr": "AT", "Value": ["00181063"]}"#),
            Is("00280010", r#"{"vr": "US", "Value": [3, 4]}"#),
            Is("00280011", r#"{"vr": "US", "Value": [5]}"#),
        ],
    ),
    ("dup_tag", &[BEFORE, NAME, AFTER, Note("duplicate-tag"), Is("00081030", r#"{"vr": "LO", "Value": ["one"]}"#)]),
    (
        "dup_in_item",
        &[
            BEFORE,
            NAME,
            AFTER,
            Note("duplicate-tag"),
            Is("00081140/Value", r#"[{"00081030": {"vr": "LO", "Value": ["one"]}}]"#),
        ],
    ),
    (
        "disorder",
        &[
            BEFORE,
            NAME,
            AFTER,
            Note("tag-order"),
            Count("/headers/dataset", 6),
            Is("00081030", r#"{"vr": "LO", "Value": ["last"]}"#),
        ],
    ),
    ("disorder_in_item", &[BEFORE, NAME, AFTER, Note("tag-order"), Count("00081140/Value/0", 5)]),
    ("group_lengths", &[BEFORE, NAME, AFTER, Clean, Done, Is("00081140/Value/0", SEVEN)]),
    ("group_lengths_implicit", &[BEFORE, NAME, AFTER, Clean, Done]),
    (
        "private_explicit",
        &[
            AFTER,
            Clean,
            Is("00290010", CREATOR),
            Is("00291001", r#"{"vr": "DS", "Value": [1.5]}"#),
            Is("00291002", r#"{"vr": "OB", "InlineBinary": "AQI="}"#),
        ],
    ),
    (
        "private_implicit",
        &[
            AFTER,
            Done,
            Is("00290010", CREATOR),
            Is("00291001", r#"{"vr": "UN", "InlineBinary": "MS41IA=="}"#),
            Is("00291003/vr", r#""SQ""#),
            Is("00291003/Value/0", SEVEN),
        ],
    ),
    // sequences
    ("sq_explicit", &[BEFORE, NAME, AFTER, Clean, Is("00081140", FOUR_ITEMS), Is("00081199", FOUR_ITEMS)]),
    ("sq_implicit", &[BEFORE, NAME, AFTER, Clean, Is("00081140", FOUR_ITEMS), Is("00081199", FOUR_ITEMS)]),
    ("sq_big", &[BEFORE, NAME, AFTER, Clean, Is("00081140", FOUR_ITEMS), Is("00081199", FOUR_ITEMS)]),
    ("sq_empty", &[BEFORE, NAME, AFTER, Clean, Is("00081115", r#"{"vr": "SQ"}"#), Is("00081140", r#"{"vr": "SQ"}"#)]),
    (
        "sq_item_overrun",
        &[BEFORE, NAME, AFTER, Note("item-overrun"), Count("00081140/Value", 1), Is("00081140/Value/0", SEVEN)],
    ),
    (
        "sq_element_overrun",
        &[
            BEFORE,
            NAME,
            AFTER,
            Warned,
            Count("00081140/Value", 1),
            Is("00081140/Value/0/00080060", r#"{"vr": "CS", "Value": ["OT"]}"#),
        ],
    ),
    ("sq_nested_overrun", &[BEFORE, NAME, AFTER, Warned, Count("00081115/Value", 1)]),
    ("sq_def_delim", &[BEFORE, NAME, AFTER, Done, Is("00081140/Value", SEVEN_EIGHT)]),
    ("sq_def_delim_after", &[BEFORE, NAME, AFTER, Note("stray-delimiter"), Is("00081140/Value", SEVEN_EIGHT)]),
    ("sq_def_item_delim", &[BEFORE, NAME, AFTER, Done, Is("00081140/Value", SEVEN_EIGHT)]),
    (
        "delim_len",
        &[BEFORE, NAME, AFTER, Note("delimiter-length"), Is("00081140/Value/0", SEVEN), Count("00081140/Value", 1)],
    ),
    ("delim_len_undefined", &[BEFORE, NAME, AFTER, Note("delimiter-length"), Is("00081140/Value/0", SEVEN)]),
    ("stray_delim", &[BEFORE, NAME, AFTER, Note("stray-delimiter"), Is("00081030", STUDY)]),
    ("sq_nodelim", &[BEFORE, NAME, AFTER, Warned, Is("00400275/Value", SEVEN_EIGHT)]),
    ("sq_item_nodelim", &[BEFORE, Warned, Is("00081140/Value/0/00081155/vr", r#""UI""#)]),
    // ends
    ("zerotail", &[BEFORE, NAME, AFTER, Note("trailing-bytes"), Count("/headers/dataset", 5)]),
    ("zerotail_short", &[BEFORE, NAME, AFTER, Warned, Count("/headers/dataset", 5)]),
    ("zerotail_implicit", &[BEFORE, NAME, AFTER, Note("trailing-bytes"), Count("/headers/dataset", 5)]),
    ("junktail", &[BEFORE, NAME, AFTER, Note("trailing-bytes"), Count("/headers/dataset", 5)]),
    ("trunc_elem", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Count("/headers/dataset", 5)]),
    ("trunc_header", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Count("/headers/dataset", 5)]),
    ("trunc_meta", &[Loss("truncated"), Partial, Is("/headers/dataset", "{}")]),
    ("trunc_sq", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Is("00400275/Value/0", SEVEN)]),
    ("trunc_sq_undefined", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Is("00400275/Value/0", SEVEN)]),
    ("len_max_text", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Absent("00204000")]),
    ("len_max_text_implicit", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Absent("00204000")]),
    ("len_max_binary", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Absent("00420011")]),
    ("len_max_in_item", &[BEFORE, NAME, AFTER, Warned]),
    ("len_max_sq", &[BEFORE, NAME, AFTER, Loss("truncated"), Partial, Is("00400275/Value/0", SEVEN)]),
    // VRs that are none
    ("badvr", &[BEFORE, NAME, AFTER, Note("unknown-vr")]),
    ("badvr_long", &[BEFORE, NAME, AFTER, Note("unknown-vr")]),
    ("vr_null", &[BEFORE, Warned]),
    ("vr_null_long", &[BEFORE, Warned]),
    ("vr_implicit_amid", &[BEFORE, NAME, AFTER, Note("unknown-vr"), Is("00081030", STUDY)]),
    // nesting
    ("depth60", &[BEFORE, NAME, AFTER, Clean]),
    ("depth60_defined", &[BEFORE, NAME, AFTER, Clean]),
    ("depth500", &[BEFORE, NAME, AFTER, Loss("depth-limit"), Partial]),
    ("depth500_defined", &[BEFORE, NAME, AFTER, Loss("depth-limit"), Partial]),
    (
        "dicomdir",
        &[
            Clean,
            Count("00041220/Value", 2),
            Is("00041220/Value/0/00100010", r#"{"vr": "PN", "Value": [{"Alphabetic": "Direct^Ory"}]}"#),
            Is("00041220/Value/1/00041500", r#"{"vr": "CS", "Value": ["A", "B", "IM1"]}"#),
            Is("00041220/Value/0/00041410", r#"{"vr": "US", "Value": [65535]}"#),
            Is("/properties/arrays", "[]"),
        ],
    ),
];
