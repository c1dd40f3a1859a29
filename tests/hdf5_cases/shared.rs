//! Shared messages, filtered heaps, cache images.
use crate::{Case, Check, Check::*, LAST};

const POINT: &str = r#"{"class": "H5T_COMPOUND", "fields": [
    {"name": "x", "type": {"class": "H5T_FLOAT", "base": "H5T_IEEE_F32LE"}},
    {"name": "y", "type": {"class": "H5T_FLOAT", "base": "H5T_IEEE_F32LE"}},
    {"name": "z", "type": {"class": "H5T_FLOAT", "base": "H5T_IEEE_F32LE"}}]}"#;

/// The content of all files with shared messages.
macro_rules! shared {
    ($name:literal, $clean:expr) => {
        (
            $name,
            &[
                $clean,
                LAST,
                Count("datasets", 5),
                Is("datasets/~1d0/type", POINT),
                Is("datasets/~1d3/type", POINT),
                Is("datasets/~1d3/shape", "[4]"),
                Is("datasets/~1d3/chunks", "[2]"),
                Is("datasets/~1d3/filters", r#"[{"id": 1, "name": "deflate", "params": [3]}]"#),
                Is("datasets/~1d3/fill_value", r#"{"x": 1.0, "y": 2.0, "z": 3.0}"#),
                Is("datasets/~1d0/attributes/comment/value", r#""the same words on every dataset""#),
                Is("datasets/~1d3/attributes/comment/value", r#""the same words on every dataset""#),
                Is("datasets/~1d1/attributes/at/type", POINT),
                Is("datasets/~1d1/attributes/at/value", r#"{"x": 1.0, "y": 0.0, "z": 0.0}"#),
                Is(
                    "datasets/~1d2/attributes/two/value",
                    r#"[{"x": 0.0, "y": 1.0, "z": 2.0}, {"x": 3.0, "y": 4.0, "z": 5.0}]"#,
                ),
                Count("groups/~1many/attributes", 12),
                Is("groups/~1many/attributes/a00/value", r#""number 0 is its own""#),
                Is("groups/~1many/attributes/a11/value", r#""one of twelve that are alike""#),
            ],
        )
    };
}

const IMAGE: &[Check] = &[
    Done,
    LAST,
    Is("attributes/title/value", r#""in the image""#),
    Is("groups/~1g/member_count", "5"),
    Is("groups/~1g/attributes/a0/value", "0"),
    Is("groups/~1g/attributes/a6/value", "6"),
    Is("groups/~1g/attributes/text/value", r#""in a global heap""#),
    Is("datasets/~1g~1d4/dtype", r#""|i1""#),
    Is("datasets/~1g~1d4/shape", "[]"),
];

pub(crate) const CASES: &[Case] = &[
    shared!("shared_list", Clean),
    shared!("shared_tree", Clean),
    shared!("shared_old", Clean),
    shared!("shared_grown", Clean),
    (
        "filtered_heap",
        &[
            Clean,
            LAST,
            Is("groups/~1few/member_count", "12"),
            Count("links", 12),
            Is("links/~1few~1link00", r#"{"kind": "soft", "target": "/target/0"}"#),
            Is("links/~1few~1link11", r#"{"kind": "soft", "target": "/target/11"}"#),
        ],
    ),
    (
        "filtered_heap_deep",
        &[
            Clean,
            LAST,
            Count("links", 123),
            Is("groups/~1many/member_count", "120"),
            Is(
                "links/~1many~1link119",
                r#"{"kind": "soft", "target": "/a/longer/target/that/is/the/same/for/each/of/the/links"}"#,
            ),
            Is("groups/~1huge/member_count", "2"),
            Holds("links/~1huge~1soft/target", "/xxxxxxxxxxxxxxxx"),
            Holds("links/~1huge~1other/target", "/yyyyyyyyyyyyyyyy"),
            Is("links/~1fletcher~1l/target", r#""/m""#),
        ],
    ),
    (
        "heaps_links",
        &[
            Clean,
            Is("groups/~1many/member_count", "1151"),
            Count("links", 1151),
            Is("links/~1many~1link 0000 of many", r#"{"kind": "soft", "target": "/target 0"}"#),
            Is("links/~1many~1link 1149 of many", r#"{"kind": "soft", "target": "/target 1149"}"#),
            Holds("links/~1many~1huge/target", "/xxxxxxxxxxxxxxxx"),
        ],
    ),
    (
        "heaps_attributes",
        &[
            Clean,
            Count("groups/~1ordered/attributes", 203),
            Is("groups/~1ordered/attributes/a000/value", "0"),
            Is("groups/~1ordered/attributes/a199/value", "199"),
            Is("groups/~1ordered/attributes/huge5000/value/4999", "231"),
            Is("groups/~1ordered/attributes/huge30000/value/29999", "131"),
        ],
    ),
    (
        "heaps_narrow",
        &[
            Clean,
            Is("groups/~1tiny/member_count", "3"),
            Is("groups/~1tiny~1longer than an ID/attributes/x/value", "1"),
            Is("links/~1tiny~1t", r#"{"kind": "hard", "target": "/tiny/longer than an ID"}"#),
            Holds("links/~1tiny~1huge/target", "/yyyyyyyyyyyyyyyy"),
        ],
    ),
    (
        "heaps_filtered",
        &[
            Clean,
            Count("links", 310),
            Is("links/~1few~1link7", r#"{"kind": "soft", "target": "/target/7"}"#),
            Is("links/~1many~1link299/kind", r#""soft""#),
            Holds("links/~1huge~1other/target", "/yyyyyyyyyyyyyyyy"),
        ],
    ),
    (
        "heaps_shared",
        &[
            Clean,
            Count("groups/~1one/attributes", 14),
            Is("groups/~1two/attributes/a00/value", r#""short""#),
            Is("groups/~1two/attributes/a11/value", r#""text number 11 of twelve""#),
            Is("groups/~1two/attributes/pair/value/1", r#"{"first": 0.0, "second": 0}"#),
            Is("groups/~1two/attributes/long/value/4999", "7"),
        ],
    ),
    (
        "heaps_image",
        &[
            Done,
            Is("groups/~1many/member_count", "30"),
            Count("links", 30),
            Is("links/~1many~1link29", r#"{"kind": "soft", "target": "/target 29"}"#),
        ],
    ),
    ("cache_image", IMAGE),
    ("cache_image_dense", IMAGE),
];
