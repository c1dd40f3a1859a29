//! One structure damaged: what stands beside it comes out whole, and what is lost is named.
use crate::{Case, Check, Check::*, LAST};

const TITLE: Check = Is("attributes/title/value", r#""whole""#);
const TEXT: Check = Is("attributes/text/value", r#""in a global heap""#);
const WORDS: Check = Is("attributes/words/value", r#""in a global heap""#);
const LINKS: Check = Count("links", 3);
const LINKS_OLD: Check = Count("links", 12);
const FIRST: Check = Is("datasets/~1hurt/attributes/first/value", "1");
const SECOND: Check = Is("datasets/~1hurt/attributes/second/value", r#""two""#);
const THIRD: Check = Is("datasets/~1hurt/attributes/third/value", "3");
const SHAPE: Check = Is("datasets/~1hurt/shape", "[2, 3]");

/// All but the dataset is there, and so are its attributes: only one of its messages is not read.
macro_rules! beside {
    ($name:literal $(, $check:expr)*) => { ($name, &[LAST, TITLE, TEXT, LINKS, FIRST, SECOND, THIRD $(, $check)*]) };
}

/// The whole file is read, and the odd message named.
macro_rules! unknown {
    ($name:literal) => {
        beside!($name, Warned, SHAPE, Is("datasets/~1hurt/dtype", r#""<i4""#))
    };
}

/// One attribute of the root is lost with its collection of the global heap.
macro_rules! collection {
    ($name:literal, $links:expr) => {
        ($name, &[LAST, TITLE, $links, Loss("*"), Is("datasets/~1hurt/dtype", r#""<i4""#)])
    };
}

/// A collection that says to be larger than the file: what is in it can be read.
macro_rules! large_collection {
    ($name:literal, $links:expr, $text:expr) => {
        ($name, &[LAST, TITLE, $links, $text])
    };
}

/// Links of `/group` are lost, the rest is there.
macro_rules! group {
    ($name:literal $(, $check:expr)*) => {
        ($name, &[Loss("*"), LAST, TITLE, WORDS, Count("datasets/~1hurt/attributes", 9) $(, $check)*])
    };
}

pub(crate) const CASES: &[Case] = &[
    // messages
    unknown!("unknown_message"),
    unknown!("unknown_message_fail_on_write"),
    unknown!("unknown_message_mark"),
    ("unknown_message_fail", &[LAST, TITLE, TEXT, LINKS, Warned]),
    ("message_overrun", &[LAST, TITLE, TEXT, LINKS, Loss("*"), SHAPE]),
    beside!("dataspace_version", Loss("unsupported|malformed"), Absent("datasets/~1hurt/shape/0")),
    beside!("dataspace_rank", Loss("malformed|unsupported"), Absent("datasets/~1hurt/shape/0")),
    beside!("dataspace_overflow", OneOf("datasets/~1hurt/size_bytes", &["null"])),
    beside!("datatype_class", Loss("unsupported|malformed"), SHAPE),
    beside!("datatype_version", Loss("unsupported|malformed"), SHAPE),
    beside!("datatype_size", Warned, SHAPE),
    beside!("layout_version", Loss("unsupported|malformed"), SHAPE, Is("datasets/~1hurt/dtype", r#""<i4""#)),
    // data that is not there: it is not read, so that only its place is odd
    beside!("layout_beyond", Warned, SHAPE),
    beside!("layout_short", SHAPE),
    ("attribute_name", &[LAST, TITLE, TEXT, LINKS, Loss("*"), FIRST, THIRD, SHAPE]),
    ("attribute_version", &[LAST, TITLE, TEXT, LINKS, Loss("*"), FIRST, THIRD, SHAPE]),
    ("link_name", &[LAST, TITLE, TEXT, Loss("*"), Is("links/~1group~1link0/kind", r#""soft""#), SECOND]),
    ("link_version", &[LAST, TITLE, TEXT, Loss("*"), Is("links/~1group~1link0/kind", r#""soft""#), SECOND]),
    (
        "link_twice",
        &[
            LAST,
            TITLE,
            TEXT,
            Warned,
            Is("links/~1group~1link0/target", r#""/target0""#),
            Is("links/~1group~1link2/target", r#""/target2""#),
            Holds("/warnings", "duplicate-name"),
        ],
    ),
    // checksums
    ("sum_header", &[Loss("checksum"), LAST, TITLE, TEXT, LINKS, Absent("datasets/~1hurt/attributes/first")]),
    ("sum_heap", &[Loss("checksum"), LAST, Is("groups/~1eight/member_count", "8")]),
    ("sum_block", &[Loss("checksum"), LAST, Is("groups/~1eight/member_count", "8")]),
    ("sum_tree", &[Loss("checksum"), LAST, Is("groups/~1eight/member_count", "8")]),
    ("sum_leaf", &[Loss("checksum"), LAST, Is("groups/~1eight/member_count", "8")]),
    ("sum_inner", &[Loss("checksum"), Partial]),
    (
        "sum_chunk",
        &[
            Loss("checksum"),
            LAST,
            Count("groups", 23),
            Count("groups/~1chain/attributes", 21),
            Is("groups/~1chain/attributes/session20/value/20", "20"),
            Absent("groups/~1chain/attributes/session21"),
        ],
    ),
    ("sum_attributes", &[Loss("checksum"), LAST]),
    ("sum_shared_table", &[Loss("checksum"), Partial]),
    // heap ids lead to the messages; the list of them is for writers
    ("sum_shared_list", &[LAST, Count("datasets", 5)]),
    // no index is read unless the manifest is asked for
    ("sum_fixed", &[Clean, LAST, Count("datasets", 23)]),
    // structures that lead to themselves
    ("cycle_continuation", &[Loss("*"), LAST, TITLE, WORDS, LINKS_OLD, SHAPE]),
    ("continuation_beyond", &[Loss("*"), LAST, TITLE, WORDS, LINKS_OLD, SHAPE]),
    ("continuation_huge", &[Loss("*"), LAST, TITLE, WORDS, LINKS_OLD, SHAPE]),
    ("cycle_tree", &[Loss("*"), LAST]),
    ("tree_level", &[LAST]),
    ("tree_twice", &[Loss("*"), LAST]),
    ("cycle_link_tree", &[Loss("*"), Partial]),
    // symbol tables
    group!("node_signature"),
    group!("node_count"),
    group!("node_name"),
    // an empty name
    ("node_name_end", &[LAST, TITLE, WORDS, Is("links/~1group~1link01/kind", r#""soft""#)]),
    group!("heap_signature"),
    group!("heap_beyond"),
    group!("heap_size"),
    group!("tree_signature"),
    group!("tree_entries"),
    group!("tree_kind"),
    ("root_nowhere", &[Loss("*"), Partial, Is("superblock/version", "0")]),
    ("root_no_header", &[Loss("*"), Partial, Is("superblock/version", "0")]),
    // global heaps
    collection!("collection_signature", LINKS),
    large_collection!("collection_size", LINKS, TEXT),
    collection!("collection_object", LINKS),
    collection!("collection_object_size", LINKS),
    collection!("collection_signature_old", LINKS_OLD),
    large_collection!("collection_size_old", LINKS_OLD, WORDS),
    collection!("collection_object_old", LINKS_OLD),
    collection!("collection_object_size_old", LINKS_OLD),
    // sizes that no file has
    ("records_huge", &[Warned, LAST, Is("groups/~1eight/member_count", "8")]),
    ("chunk_zero", &[Warned, LAST, Is("datasets/~1deep/shape", "[60]")]),
    ("chunk_huge", &[LAST, Is("datasets/~1deep/shape", "[60]")]),
    ("nested_deep", &[Loss("depth-limit"), LAST]),
];
