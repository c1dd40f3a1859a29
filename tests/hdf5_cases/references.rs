//! References to objects and regions, old and new.
use crate::{Case, Check, Check::*, LAST};

const OBJECT: &str = r#"{"class": "H5T_REFERENCE", "base": "H5T_STD_REF_OBJ"}"#;
const REGION: &str = r#"{"class": "H5T_REFERENCE", "base": "H5T_STD_REF_DSETREG"}"#;
const REVISED: &str = r#"{"class": "H5T_REFERENCE", "base": "H5T_STD_REF"}"#;

const OLD: &[Check] = &[
    Done,
    Warned,
    LAST,
    Count("attributes", 13),
    Is(
        "attributes/group",
        r#"{"type": {"class": "H5T_REFERENCE", "base": "H5T_STD_REF_OBJ"}, "dtype": null, "shape": [], "value": "/g"}"#,
    ),
    Is("attributes/root/value", r#""/""#),
    Is("attributes/type/value", r#""/g/t""#),
    Is("attributes/objects/value", r#"["/g/d", "/g", null]"#),
    Is("attributes/null/value", "null"),
    Is("attributes/null/type", OBJECT),
    Is("attributes/undefined/value", "null"),
    Is("attributes/dangling/value", "null"),
    // an object that lost its name
    Is("attributes/deleted/value", "null"),
    Is("attributes/region/type", REGION),
    Is("attributes/region/value", r#"{"region_of": "/g/d"}"#),
    Is("attributes/regions/value", r#"[{"region_of": "/g/d"}, {"region_of": "/g/d"}, null]"#),
    Is("attributes/null_region/value", "null"),
    Is("attributes/compound/value", r#"{"to": "/g", "n": 5}"#),
    Is("attributes/sequence/value", r#"["/g/d"]"#),
    Is("links", r#"{"/g/other_name": {"kind": "hard", "target": "/g/d"}}"#),
    Is("datasets/~1data/type", OBJECT),
    Is("datasets/~1data/dtype", "null"),
    Is("datasets/~1data/size_bytes", "16"),
    Is("datasets/~1regions/type", REGION),
    Is("datasets/~1regions/size_bytes", "12"),
];

pub(crate) const CASES: &[Case] = &[
    ("references_old", OLD),
    ("references_new", OLD),
    (
        "references_v4",
        &[
            Done,
            LAST,
            Count("attributes", 6),
            Is("attributes/object/type", REVISED),
            Is("attributes/object/dtype", "null"),
            Is("attributes/object/value", r#""/g""#),
            Is("attributes/region/value", r#"{"region_of": "/g/d"}"#),
            Is("attributes/points/value", r#"{"region_of": "/g/d"}"#),
            Holds("attributes/attribute/value", "/g/d"),
            Is("attributes/null/value", "null"),
            Count("attributes/all/value", 3),
            Is("attributes/all/value/0", r#""/g""#),
            Is("attributes/all/value/1", r#"{"region_of": "/g/d"}"#),
            Is("datasets/~1data/type", REVISED),
            Is("datasets/~1data/shape", "[3]"),
            // 18 bytes of each element are in the file
            Is("datasets/~1data/stored_bytes", "54"),
            Is("datasets/~1data/size_bytes", "54"),
        ],
    ),
];
