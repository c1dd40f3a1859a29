//! Groups, links, names, and the graph that they make.
use crate::{Case, Check, Check::*, LAST};

const LINKS_8: Check = Is("groups/~1eight/member_count", "8");

/// The cases that have the same content in an old and in a new file.
macro_rules! both {
    ($old:literal, $new:literal, [$($check:expr),+ $(,)?]) => {
        [($old, &[$($check),+]), ($new, &[$($check),+])]
    };
}

const GROUPS: [Case; 2] = both!(
    "groups_old",
    "groups_new",
    [
        Clean,
        Count("groups", 7),
        Is("groups/~1B/attributes/name/value", r#""B""#),
        Is("groups/~1a/attributes/name/value", r#""a""#),
        Is("groups/~1a/member_count", "0"),
        Is("groups/~1b/attributes/name/value", r#""b""#),
        Is("groups/~1c/attributes", "{}"),
        Is("groups/~1c/member_count", "3"),
        Is("groups/~1c~1empty/member_count", "0"),
        Is("groups/~1c~1inner/member_count", "2"),
        Is("groups/~1c~1inner~1most/attributes/name/value", r#""c/inner/most""#),
        Is("datasets/~1c~1inner~1d/attributes/after/value", "2"),
        Is("links", r#"{"/c/to_d": {"kind": "soft", "target": "inner/d"}}"#),
    ]
);

const ORDER: [Case; 2] = both!(
    "order_old",
    "order_new",
    [
        Clean,
        LAST,
        Is("groups/~1few/member_count", "3"),
        Is("groups/~1few/attributes/m/value", "109"),
        Is("groups/~1few~1z/member_count", "0"),
        Is("groups/~1many/member_count", "15"),
        Is("links/~1many~1l014", r#"{"kind": "soft", "target": "/x"}"#),
        Count("groups/~1attributes/attributes", 11),
        Is("groups/~1attributes/attributes/a11/value", "11"),
        Is("groups/~1attributes/attributes/a7/value", "7"),
    ]
);

const LINKS: [Case; 2] = both!(
    "links_old",
    "links_new",
    [
        Clean,
        LAST,
        Count("links", 12),
        Is("groups/~1g/member_count", "6"),
        Is("groups/~1others/member_count", "5"),
        Is("groups/~1soft_only/member_count", "2"),
        Is("datasets/~1g~1d/attributes/after/value", "2"),
        Is("links/~1g~1hard", r#"{"kind": "hard", "target": "/g/d"}"#),
        Is("links/~1g~1soft", r#"{"kind": "soft", "target": "/g/d"}"#),
        Is("links/~1g~1soft_relative", r#"{"kind": "soft", "target": "./d"}"#),
        Is("links/~1g~1soft_nowhere", r#"{"kind": "soft", "target": "/no/such"}"#),
        Is("links/~1g~1soft_self", r#"{"kind": "soft", "target": "/g/soft_self"}"#),
        Is("links/~1soft_only~1s", r#"{"kind": "soft", "target": "/g"}"#),
        Is(
            "links/~1soft_only~1t",
            r#"{"kind": "soft", "target": "a target that is a little longer than the heap would like it to be"}"#
        ),
        Is("links/~1others~1external", r#"{"kind": "external", "file": "other.h5", "target": "/y/z"}"#),
        Is("links/~1others~1external_self", r#"{"kind": "external", "file": ".", "target": "/g"}"#),
        Is("links/~1others~1user", r#"{"kind": "user-defined", "class": 70}"#),
        Is("links/~1others~1user_empty", r#"{"kind": "user-defined", "class": 65}"#),
        Is("links/~1others~1user_last", r#"{"kind": "user-defined", "class": 255}"#),
    ]
);

/// A byte that is no UTF-8 is %XX in a name, and then % is %25.
const NAMES: [Case; 2] = both!(
    "names_old",
    "names_new",
    [
        Done,
        LAST,
        Is("groups/~1n/member_count", "13"),
        Count("groups/~1attributes/attributes", 13),
        Is("groups/~1n~1a~0b/attributes/index/value", "0"),
        Is("groups/~1n~1a%b/attributes/index/value", "1"),
        Is("groups/~1n~1caf%E9/attributes/index/value", "2"),
        Is("groups/~1n~1100%25%FF/attributes/index/value", "3"),
        Is("groups/~1n~1ünïcöde 😀/attributes/index/value", "4"),
        Is("groups/~1n~1quote\"back\\slash/attributes/index/value", "5"),
        Is("groups/~1n~1tab\there/attributes/index/value", "6"),
        Is("groups/~1n~1 blank /attributes/index/value", "7"),
        Is("groups/~1n~1../attributes/index/value", "8"),
        Is("groups/~1n~1.../attributes/index/value", "9"),
        Is("groups/~1n~1dot./attributes/index/value", "10"),
        Is("groups/~1n~1new\nline/attributes/index/value", "11"),
        Is("groups/~1attributes/attributes/a~0b/value", "0"),
        Is("groups/~1attributes/attributes/a%b/value", "1"),
        Is("groups/~1attributes/attributes/caf%E9/value", "2"),
        Is("groups/~1attributes/attributes/100%25%FF/value", "3"),
        Is("groups/~1attributes/attributes/ünïcöde 😀/value", "4"),
        Is("groups/~1attributes/attributes/new\nline/value", "11"),
        Is("links/~1soft", r#"{"kind": "soft", "target": "/n/caf%E9"}"#),
    ]
);

/// A depth-first walk in byte-wise order of names: `Z`, `a` and what is in it, `a-`.
const GRAPH: [Case; 2] = both!(
    "graph_old",
    "graph_new",
    [
        Clean,
        LAST,
        Count("groups", 4),
        Is("groups/~1Z/attributes/where/value", r#""below""#),
        Is("groups/~1a/member_count", "2"),
        Is("groups/~1a~1again/member_count", "2"),
        Is("groups/~1m/member_count", "1"),
        Count("datasets", 2),
        Is("datasets/~1a~1again~1shared/attributes/after/value", "2"),
        Is("named_types/~1t/type", r#"{"class": "H5T_INTEGER", "base": "H5T_STD_I32LE"}"#),
        Is(
            "links",
            r#"{"/a-": {"kind": "hard", "target": "/a/again/shared"},
                "/a/again/sub": {"kind": "hard", "target": "/Z"},
                "/a/ahead": {"kind": "hard", "target": "/a/again/shared"},
                "/m/again": {"kind": "hard", "target": "/a/again"},
                "/t2": {"kind": "hard", "target": "/t"},
                "/z": {"kind": "hard", "target": "/a/again"}}"#
        ),
        Is("/properties/arrays/0/path", r#""/a/again/shared""#),
    ]
);

const CYCLE: [Case; 2] = both!(
    "cycle_old",
    "cycle_new",
    [
        Clean,
        LAST,
        Count("groups", 3),
        Is("groups/~1g/member_count", "3"),
        Is("groups/~1g~1inner/member_count", "2"),
        Is("groups/~1g~1inner~1across/member_count", "1"),
        Is(
            "links",
            r#"{"/g/inner/across/g": {"kind": "hard", "target": "/g"}, "/g/inner/up": {"kind": "hard", "target": "/g"},
                "/g/root": {"kind": "hard", "target": "/"}, "/g/self": {"kind": "hard", "target": "/g"},
                "/other": {"kind": "hard", "target": "/g/inner/across"}}"#
        ),
    ]
);

const HEADERS: [Case; 2] = both!(
    "headers_old",
    "headers_new",
    [
        Clean,
        LAST,
        Is("datasets/~1commented/attributes/after/value", "2"),
        Is("groups/~1commented_group/member_count", "0"),
        Is("links", r#"{"/second_name": {"kind": "hard", "target": "/commented"}}"#),
        Count("groups/~1big/attributes", 4),
        Is("groups/~1big/attributes/a1/shape", "[50]"),
        Is("groups/~1big/attributes/a5/value/49", "5"),
        Is("groups/~1big/attributes/a8/value", "8"),
        Is("groups/~1phases/attributes/x/value", "1"),
    ]
);

const DEEP: &[Case] = &[
    (
        "deep_old",
        &[
            Clean,
            LAST,
            Is("groups/~1g/member_count", "60"),
            Count("links", 60),
            Is("links/~1g~1l000", r#"{"kind": "soft", "target": "/x"}"#),
            Is("links/~1g~1l059", r#"{"kind": "soft", "target": "/x"}"#),
        ],
    ),
    (
        "deep_old_hard",
        &[
            Clean,
            LAST,
            Count("groups", 20),
            Is("groups/~1g00/attributes/index/value", "0"),
            Is("groups/~1g13/attributes/index/value", "13"),
            Is("groups/~1g19/attributes/index/value", "19"),
        ],
    ),
    (
        "dense",
        &[
            Clean,
            LAST,
            LINKS_8,
            Is("groups/~1nine/member_count", "9"),
            Is("groups/~1fifty/member_count", "51"),
            Count("links", 67),
            Is("links/~1nine~1l008", r#"{"kind": "soft", "target": "/x"}"#),
            Is("links/~1fifty~1l049", r#"{"kind": "soft", "target": "/x"}"#),
            Is("datasets/~1fifty~1last/attributes/after/value", "2"),
        ],
    ),
    (
        "dense_deep",
        &[
            Clean,
            Is("groups/~1g/member_count", "1201"),
            Count("links", 1200),
            Is("links/~1g~10000", r#"{"kind": "soft", "target": "/x"}"#),
            Is("links/~1g~11199", r#"{"kind": "soft", "target": "/x"}"#),
            Is("datasets/~1g~1last/attributes/after/value", "2"),
        ],
    ),
    (
        "dense_emptied",
        &[
            Clean,
            LAST,
            Is("groups/~1g/member_count", "2"),
            Is("groups/~1none/member_count", "0"),
            Is(
                "links",
                r#"{"/g/l018": {"kind": "soft", "target": "/x"}, "/g/l019": {"kind": "soft", "target": "/x"}}"#,
            ),
        ],
    ),
    ("nested", &[Clean, Count("groups", 40), Count("datasets", 1), Holds("datasets", "/36/37/38/39/d")]),
];

pub(crate) const CASES: &[Case] = &concat();

/// All of them as one table.
const fn concat() -> [Case; 20] {
    let pairs = [GROUPS, ORDER, LINKS, NAMES, GRAPH, CYCLE, HEADERS];
    let mut all: [Case; 20] = [("", &[]); 20];
    let mut at = 0;
    while at < 14 {
        all[at] = pairs[at / 2][at % 2];
        at += 1;
    }
    while at < 20 {
        all[at] = DEEP[at - 14];
        at += 1;
    }
    all
}
