//! Chunked data, with every index: what is said of it without the index, and each chunk where the manifest is asked for.
use metaextract::{Options, Status};
use serde_json::{Value, json};

use crate::common::{checks::envelope, hdf5_fixture, json::parse};
use crate::{Case, Check, Check::*, LAST, extract};

const ALL: &[Check] = &[
    Clean,
    LAST,
    Count("datasets", 23),
    Is("datasets/~1single/layout", r#""chunked""#),
    Is("datasets/~1single/chunks", "[4, 4]"),
    Is("datasets/~1single_gzip/compression", r#""gzip""#),
    Is("datasets/~1implicit/chunks", "[2, 3]"),
    Is("datasets/~1fixed/max_shape", "[6, 4]"),
    Is("datasets/~1fixed_limited/max_shape", "[8, 8]"),
    Is("datasets/~1extensible/max_shape", "[null, 6]"),
    Is("datasets/~1extensible_inner/max_shape", "[4, null]"),
    Is("datasets/~1tree/max_shape", "[null, null]"),
    Is("datasets/~1tree/size_bytes", "30"),
    Is("datasets/~1edges_unfiltered/chunks", "[4, 4]"),
    Is("datasets/~1edges_unfiltered/filters/0/id", "1"),
];

pub(crate) const CASES: &[Case] = &[
    (
        "chunks_old",
        &[
            Clean,
            LAST,
            Count("datasets", 7),
            Is("datasets/~1four/chunks", "[2, 3]"),
            Is("datasets/~1part/max_shape", "[null, null]"),
            Is("datasets/~1part/size_bytes", "10000"),
            Absent("/properties/arrays/0/chunks"),
            Absent("/properties/arrays/0/chunk_count"),
            Absent("/properties/arrays/0/stored_bytes"),
        ],
    ),
    ("chunks_v4", ALL),
    ("chunks_v5", ALL),
    (
        "chunks_paged",
        &[Clean, Is("datasets/~1fixed_paged/chunks", "[1]"), Is("datasets/~1extensible_paged/shape", "[140000]")],
    ),
    ("chunks_tree_deep", &[Clean, LAST, Is("datasets/~1tree/chunks", "[1, 1]")]),
];

/// What H5Dchunk_iter says: fixture, dataset, and its chunks.
const MANIFESTS: &[(&str, &str, &str)] = &[
    ("chunks_old", "/one", "[[[0, 0], 2048, 32, 0]]"),
    (
        "chunks_old",
        "/four",
        "[[[0, 0], 2080, 12, 0], [[0, 1], 2092, 12, 0], [[1, 0], 2104, 12, 0], [[1, 1], 2116, 12, 0]]",
    ),
    ("chunks_old", "/part", "[[[0, 0], 2200, 100, 0], [[4, 7], 2400, 100, 0], [[9, 0], 2300, 100, 0]]"),
    ("chunks_old", "/unwritten", "[]"),
    ("chunks_old", "/early", "[[[0], 2188, 2, 0], [[1], 2190, 2, 0], [[2], 2192, 2, 0], [[3], 2194, 2, 0]]"),
    ("layouts_old", "/limited", "[]"),
    ("chunks_v4", "/single", "[[[0, 0], 2048, 16, 0]]"),
    ("chunks_v4", "/single_gzip", "[[[0, 0], 2064, 24, 0]]"),
    ("chunks_v4", "/single_unwritten", "[]"),
    (
        "chunks_v4",
        "/implicit",
        "[[[0, 0], 2088, 6, 0], [[0, 1], 2094, 6, 0], [[1, 0], 2100, 6, 0], [[1, 1], 2106, 6, 0]]",
    ),
    (
        "chunks_v4",
        "/fixed",
        "[[[0, 0], 2136, 4, 0], [[0, 1], 2140, 4, 0], [[1, 0], 2144, 4, 0], [[1, 1], 2148, 4, 0],
          [[2, 0], 2152, 4, 0], [[2, 1], 2156, 4, 0]]",
    ),
    ("chunks_v4", "/fixed_gzip", FIXED_GZIP),
    (
        "chunks_v4",
        "/fixed_limited",
        "[[[0, 0], 2232, 4, 0], [[0, 1], 2236, 4, 0], [[1, 0], 2240, 4, 0], [[1, 1], 2244, 4, 0],
          [[2, 0], 2248, 4, 0], [[2, 1], 2252, 4, 0]]",
    ),
    ("chunks_v4", "/fixed_unwritten", "[]"),
    (
        "chunks_v4",
        "/extensible",
        "[[[0, 0], 2328, 6, 0], [[0, 1], 2334, 6, 0], [[1, 0], 2340, 6, 0], [[1, 1], 2346, 6, 0],
          [[2, 0], 2352, 6, 0], [[2, 1], 2358, 6, 0]]",
    ),
    ("chunks_v4", "/extensible_gzip", EXTENSIBLE_GZIP),
    (
        "chunks_v4",
        "/tree",
        "[[[0, 0], 3088, 6, 0], [[0, 1], 3094, 6, 0], [[1, 0], 3100, 6, 0], [[1, 1], 3106, 6, 0],
          [[2, 0], 3112, 6, 0], [[2, 1], 3118, 6, 0]]",
    ),
    ("chunks_v4", "/tree_gzip", TREE_GZIP),
    ("chunks_v4", "/tree_unwritten", "[]"),
    ("chunks_v4", "/edges_unfiltered", EDGES),
    ("chunks_v4", "/edge_single", "[[[0, 0], 3280, 16, 0]]"),
    ("chunks_v5", "/single_gzip", "[[[0, 0], 2064, 24, 0]]"),
    ("chunks_v5", "/fixed_gzip", FIXED_GZIP),
    ("chunks_v5", "/extensible_gzip", EXTENSIBLE_GZIP),
    ("chunks_v5", "/tree_gzip", TREE_GZIP),
    ("chunks_v5", "/edges_unfiltered", EDGES),
    ("chunks_paged", "/fixed_paged", "[[[0], 2048, 1, 0], [[1023], 2049, 1, 0], [[2400], 2050, 1, 0]]"),
    ("chunks_paged", "/fixed_paged_gzip", "[[[1029], 2051, 9, 0]]"),
    (
        "chunks_paged",
        "/extensible",
        "[[[0], 2060, 1, 0], [[3], 2061, 1, 0], [[4], 2062, 1, 0], [[20], 2063, 1, 0], [[60], 2064, 1, 0],
          [[199], 2065, 1, 0]]",
    ),
    ("chunks_paged", "/extensible_paged", "[[[2], 2066, 1, 0], [[131100], 2067, 1, 0], [[133100], 2068, 1, 0]]"),
    // the mask tells which filters were left out
    ("filters_old", "/unknown", "[[[0, 0], 2982, 64, 1], [[1, 0], 3046, 64, 1]]"),
    ("filters_old", "/two", "[[[0, 0], 3110, 49, 1], [[1, 0], 3159, 53, 1]]"),
    ("filters_old", "/fletcher32", "[[[0, 0], 2406, 68, 0], [[1, 0], 2474, 68, 0]]"),
];

const FIXED_GZIP: &str = "[[[0, 0], 2160, 12, 0], [[0, 1], 2172, 12, 0], [[1, 0], 2184, 12, 0], [[1, 1], 2196, 12, 0],
                           [[2, 0], 2208, 12, 0], [[2, 1], 2220, 12, 0]]";
const EXTENSIBLE_GZIP: &str = "[[[0, 0], 2364, 14, 0], [[0, 1], 2378, 14, 0], [[1, 0], 2392, 14, 0],
                                [[1, 1], 2406, 14, 0], [[2, 0], 2420, 14, 0], [[2, 1], 2434, 14, 0]]";
const TREE_GZIP: &str = "[[[0, 0], 3124, 14, 0], [[0, 1], 3138, 14, 0], [[1, 0], 3152, 14, 0], [[1, 1], 3166, 14, 0],
                          [[2, 0], 3180, 14, 0], [[2, 1], 3194, 14, 0]]";
const EDGES: &str = "[[[0, 0], 3208, 24, 0], [[0, 1], 3232, 16, 0], [[1, 0], 3248, 16, 0], [[1, 1], 3264, 16, 0]]";

/// The document of a fixture with the manifest.
fn manifest(name: &str) -> Value {
    let options = Options { chunk_manifest: true, ..Options::default() };
    let (document, _) = extract(&hdf5_fixture(name), &options).unwrap();
    let json = parse(&document.to_json());
    assert_eq!(envelope(&document, &json, "hdf5"), [""; 0], "{name}");
    assert_eq!(document.status(), Status::Done, "{name}: {}", json["warnings"]);
    json
}

fn array<'a>(json: &'a Value, path: &str) -> &'a Value {
    let arrays = json["properties"]["arrays"].as_array().unwrap();
    arrays.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("no array {path}"))
}

#[test]
fn a_manifest_names_every_chunk() {
    let mut failures = Vec::new();
    for (fixture, dataset, chunks) in MANIFESTS {
        let json = manifest(fixture);
        let (array, want) = (array(&json, dataset), parse(chunks));
        let stored: u64 = want.as_array().unwrap().iter().map(|chunk| chunk[2].as_u64().unwrap()).sum();
        let got = json!([array["chunks"], array["chunk_count"], array["stored_bytes"]]);
        if got != json!([want, want.as_array().unwrap().len(), stored]) {
            failures.push(format!("{fixture} {dataset}: {got}"));
        }
        if json["headers"]["datasets"][dataset]["stored_bytes"] != stored {
            failures.push(format!("{fixture} {dataset}: stored_bytes in the headers"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Indexes of several levels: number of chunks, first, last, bytes.
#[test]
fn a_manifest_of_many_chunks_is_whole() {
    for (fixture, dataset, count, first, last, stored) in [
        ("chunks_old", "/deep", 30, json!([[0], 2128, 2, 0]), json!([[29], 2186, 2, 0]), 60),
        ("chunks_tree_deep", "/tree", 300, json!([[0, 0], 2952, 1, 0]), json!([[14, 19], 3251, 1, 0]), 300),
        ("chunks_tree_deep", "/tree_gzip", 100, json!([[0, 0], 2048, 9, 0]), json!([[9, 9], 2939, 9, 0]), 900),
        // by the data: libhdf5 2.0 tells all 40 to be in the first row, since it takes the last dimension for the unlimited one
        ("chunks_v4", "/extensible_inner", 40, json!([[0, 0], 2448, 4, 0]), json!([[1, 19], 2604, 4, 0]), 160),
        ("chunks_v4", "/extensible_inner_gzip", 40, json!([[0, 0], 2608, 12, 0]), json!([[1, 19], 3076, 12, 0]), 480),
    ] {
        let json = manifest(fixture);
        let array = array(&json, dataset);
        let chunks = array["chunks"].as_array().unwrap();
        assert_eq!((chunks.len(), &array["chunk_count"]), (count, &json!(count)), "{fixture} {dataset}");
        assert_eq!((&chunks[0], &chunks[count - 1]), (&first, &last), "{fixture} {dataset}");
        assert_eq!(array["stored_bytes"], stored, "{fixture} {dataset}");
    }
}
