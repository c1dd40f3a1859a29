//! Classic files that break the rules: what stands before the damage comes out, and what stands beside it where that can be.

use crate::{Case, Check, Check::*};

const DIMENSIONS: Check =
    Is("dimensions", r#"{"time": {"size": 3, "unlimited": true}, "x": {"size": 3, "unlimited": false}}"#);
const FIRST: Check = Is("attributes/first/value", r#""one""#);
const SECOND: Check = Is("attributes/second/value", "2");
/// The last variable is there, and where its data is.
const LAST: Check = Is("variables/last/dimensions", r#"["x"]"#);
const THREE: Check = Count("variables", 3);

pub(crate) const CASES: &[Case] = &[
    // lists
    ("tag_dim", &[Loss("malformed"), Is("dimensions", "{}"), Is("variables", "{}")]),
    ("tag_gatt", &[Loss("malformed"), DIMENSIONS, Is("attributes", "{}")]),
    ("tag_var", &[Loss("malformed"), DIMENSIONS, SECOND, Is("variables", "{}")]),
    ("absent_dim", &[Loss("malformed"), Is("dimensions", "{}")]),
    ("absent_gatt", &[Loss("malformed"), DIMENSIONS, Is("attributes", "{}")]),
    ("absent_var", &[Loss("malformed"), DIMENSIONS, SECOND, Is("variables", "{}")]),
    ("count_dim", &[Loss("*"), Is("dimensions/x/size", "3")]),
    ("count_gatt", &[Loss("*"), DIMENSIONS, FIRST, SECOND]),
    ("count_var", &[Loss("*"), DIMENSIONS, SECOND, THREE]),
    ("rank_huge", &[Loss("malformed"), SECOND, THREE]),
    ("rank_huge_data64", &[Loss("malformed"), SECOND, THREE]),
    ("name_huge", &[Loss("malformed"), DIMENSIONS, FIRST, Absent("attributes/second")]),
    ("att_huge", &[Loss("malformed"), SECOND, Is("variables", "{}")]),
    ("att_long", &[Loss("truncated"), SECOND, Is("attributes/long/value/omitted/length", "8589934592")]),
    ("att_type", &[Loss("malformed"), SECOND, Is("variables", "{}")]),
    // variables
    ("var_type", &[Loss("malformed"), LAST, Absent("variables/odd"), Count("variables", 4)]),
    ("var_type_of_data64", &[Loss("malformed"), LAST, Absent("variables/odd"), Count("variables", 4)]),
    ("dimid", &[Loss("malformed"), LAST, Absent("variables/odd"), Count("variables", 4)]),
    (
        "record_second",
        &[Loss("malformed"), LAST, Is("variables/odd/dimensions", r#"["x", "time"]"#), Count("/properties/arrays", 4)],
    ),
    (
        "two_records",
        &[
            Loss("malformed"),
            Is("dimensions/time/unlimited", "true"),
            Is("dimensions/more", r#"{"size": 2, "unlimited": false}"#),
            Is("variables/last/shape", "[2]"),
        ],
    ),
    (
        "size_overflow",
        &[
            Loss("malformed"),
            LAST,
            Is("variables/odd/shape", "[4611686018427387904, 4611686018427387904]"),
            Count("/properties/arrays", 4),
        ],
    ),
    // what a record is, is not known: of the variables that have records no place is told
    ("size_overflow_record", &[Loss("malformed"), Count("variables", 4), Count("/properties/arrays", 1)]),
    ("record_overflow", &[Loss("malformed"), Count("variables", 8), Count("/properties/arrays", 1)]),
    ("vsize", &[Clean, Is("/properties/arrays/0/size_bytes", "12"), Is("/properties/arrays/1/strided/stride", "12")]),
    // names that stand twice
    (
        "twice",
        &[
            Note("duplicate-name"),
            Warnings(4),
            Is("dimensions/x/size", "3"),
            FIRST,
            Is("variables/fixed/type", r#""int""#),
            Is("variables/c/attributes", r#"{"a": {"type": "int", "value": 1}}"#),
            Count("/properties/arrays", 4),
            Is("/properties/counts", r#"{"variables": 4, "attributes": 5}"#),
        ],
    ),
    // where data stands
    ("begin_in_header", &[Note("data-overlap"), Is("/properties/arrays/0/extents", "[[8, 12]]")]),
    ("begin_overlap", &[Note("data-overlap"), Is("/properties/arrays/3/extents/0/1", "12")]),
    ("begin_overlap_records", &[Note("data-overlap"), THREE]),
    // the end of the file
    ("cut_behind_magic", &[Loss("truncated"), Is("variant", r#""classic""#)]),
    ("cut_in_dims", &[Loss("truncated"), Is("dimensions/time/size", "3"), Count("dimensions", 1)]),
    ("cut_in_atts", &[Loss("truncated"), DIMENSIONS, FIRST, Count("attributes", 1)]),
    (
        "cut_in_vars",
        &[Loss("truncated"), SECOND, Count("variables", 1), Is("/properties/arrays/0/extents", "[[268, 12]]")],
    ),
    ("cut_behind_header", &[Loss("truncated"), Warnings(3), THREE, Count("/properties/arrays", 3)]),
    ("cut_in_fixed", &[Loss("truncated"), Warnings(3), THREE, Is("/properties/arrays/0/extents", "[[268, 12]]")]),
    ("cut_in_record", &[Loss("truncated"), THREE, Is("/properties/arrays/2/strided/count", "3")]),
    ("cut_padding", &[Note("short-padding"), THREE]),
    ("trailing", &[Note("trailing-bytes"), THREE]),
    ("trailing_few", &[Clean, THREE]),
    // how many records there are, nobody knows
    (
        "cut_streaming_header",
        &[Loss("truncated"), Is("dimensions/time/size", "null"), Count("variables", 2), Count("/properties/arrays", 1)],
    ),
];
