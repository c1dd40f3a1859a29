//! netCDF-4 files, and HDF5 files with and without the marks that make them netCDF.

use crate::{Case, Check, Check::*};

const TWO_NAMES: Check = Is("variables/again/attributes/units/value", r#""m""#);

pub(crate) const CASES: &[Case] = &[
    (
        "nc4_groups",
        &[
            Clean,
            Is("variant", r#""netcdf-4""#),
            // as long as the longest variable along it, which stands in another group
            Is("dimensions/time", r#"{"size": 5, "unlimited": true}"#),
            Is("variables/a/shape", "[5, 4]"),
            Is("/properties/arrays/0/shape", "[2, 4]"),
            Is("groups/inner/variables/b/shape", "[5, 2]"),
            Is("groups/inner/groups/deep/variables/c/shape", "[2]"),
            Is("groups/empty/attributes/note/value", r#""nothing else""#),
            Is("/properties/counts", r#"{"groups": 3, "variables": 4, "attributes": 1}"#),
            Holds("/properties/arrays", r#""/inner/deep/c""#),
        ],
    ),
    (
        "nc4_types",
        &[
            Clean,
            Is("types/pair/fields/1", r#"{"name": "n", "type": "short", "shape": [2, 2]}"#),
            Is("types/colour", r#"{"class": "enum", "base": "ubyte", "mapping": {"red": 0, "blue": 255}}"#),
            Is("types/ragged", r#"{"class": "vlen", "base": "int"}"#),
            Is("attributes/origin", r#"{"type": "pair", "value": {"x": 1.5, "n": [[1, 2], [3, 4]]}}"#),
            Is("variables/c/attributes/_FillValue", r#"{"type": "colour", "value": 0}"#),
            Is("variables/s/attributes/names", r#"{"type": "string", "value": ["one", "", "zwei ä"]}"#),
            Is("variables/s/attributes/edges/value", "[-9223372036854775808, 9223372036854775807]"),
            Is("variables/s/attributes/most/value", "18446744073709551615"),
            Is("variables/ch/type", r#""char""#),
        ],
    ),
    (
        "nc4_names",
        &[
            Clean,
            Is("variables/x/dimensions", r#"["y"]"#),
            Is("variables/y/dimensions", r#"["y", "x"]"#),
            Absent("variables/_nc4_non_coord_x"),
            Holds("/properties/arrays", r#""path":"/x""#),
        ],
    ),
    ("nc4_classic_model", &[Clean, Is("variant", r#""netcdf-4-classic""#), Absent("attributes/_nc3_strict")]),
    (
        "nc4_order",
        &[
            Clean,
            Text("variables/q/attributes", r#"{"zeta":{"type":"int64","value":1},"alpha":{"type":"int64","value":2}}"#),
            Text(
                "dimensions",
                concat!(
                    r#"{"z":{"size":3,"unlimited":false},"a":{"size":3,"unlimited":false},"#,
                    r#""y":{"size":2,"unlimited":false}}"#
                ),
            ),
        ],
    ),
    (
        "nc4_storage",
        &[
            Clean,
            Absent("variables/packed/storage"),
            Is("/properties/arrays/0/dtype", r#"">i2""#),
            Is("/properties/arrays/0/chunk_shape", "[50, 5]"),
        ],
    ),
    // HDF5
    (
        "mark_on_member",
        &[Clean, Is("dimensions/x/size", "4"), Absent("variables/x"), Is("variables/data/shape", "[4]")],
    ),
    (
        "mark_one_down",
        &[Clean, Is("groups/g/dimensions/x/size", "4"), Is("groups/g/variables/x/dimensions", r#"["x"]"#)],
    ),
    (
        "scales",
        &[
            Clean,
            Absent("attributes/_NCProperties"),
            // of two scales the last one, as netcdf-c has it
            Is("variables/both/dimensions", r#"["y"]"#),
            // a dimension without one is made up, as is one whose scale stands in a group that is not around the variable
            Is("variables/part/dimensions", r#"["x", "phony_dim_4"]"#),
            Is("variables/other/dimensions", r#"["phony_dim_3"]"#),
            // by their ids
            Text(
                "dimensions",
                concat!(
                    r#"{"y":{"size":4,"unlimited":false},"x":{"size":4,"unlimited":false},"#,
                    r#""phony_dim_3":{"size":6,"unlimited":false},"phony_dim_4":{"size":5,"unlimited":false}}"#
                ),
            ),
        ],
    ),
    ("unlimited_only", &[Clean, Is("dimensions/t", r#"{"size": 0, "unlimited": true}"#), Is("variables", "{}")]),
    (
        "texts",
        &[
            Clean,
            Is(
                "attributes/rows/value",
                concat!(
                    r#"[{"one": "a", "long": "hello", "two": ["abc", "d"], "n": 1},"#,
                    r#"{"one": "\u0000", "long": "", "two": ["", "xy"], "n": 2}]"#
                ),
            ),
            Is("attributes/single/value", r#"{"one": "a", "long": "hello", "two": ["abc", "d"], "n": 1}"#),
        ],
    ),
    (
        "links",
        &[
            Note("not-netcdf"),
            Warnings(3),
            Is("variant", r#""netcdf-4-classic""#),
            TWO_NAMES,
            Is("variables/data/attributes/units/value", r#""m""#),
            Is("variables/soft/type", r#""short""#),
            Count("variables", 3),
            Is("groups/g/groups", "{}"),
        ],
    ),
];

/// HDF5 files that bear no marks, or bear them where these change nothing.
pub(crate) const HDF5: &[Case] = &[
    ("unmarked", &[Clean, Count("datasets", 7)]),
    ("no_mark", &[Clean, Holds("datasets", "DIMENSION_SCALE")]),
    ("mark_deep", &[Note("netcdf-marks"), Count("datasets", 2)]),
];

/// The same, where netCDF is asked for.
pub(crate) const ASKED_FOR: &[Case] = &[
    (
        "unmarked",
        &[
            Note("not-netcdf"),
            Is("dimensions/phony_dim_2", r#"{"size": 3, "unlimited": true}"#),
            Is("variables/line/dimensions", r#"["phony_dim_3"]"#),
            Is("variables/square/dimensions", r#"["phony_dim_3", "phony_dim_4"]"#),
            Is("groups/inner/variables/more/dimensions", r#"["phony_dim_0", "phony_dim_1"]"#),
            Is("variables/text/type", r#""string""#),
            Is("attributes/list", r#"{"type": "string", "value": ["a", "bc"]}"#),
            Is("attributes/matrix/value", "[0, 1, 2, 3]"),
            Absent("variables/half"),
            Absent("variables/reference"),
            Absent("groups/inner/attributes/flag"),
        ],
    ),
    ("no_mark", &[Clean, Is("variables/x/dimensions", r#"["x"]"#), Is("variables/data/dimensions", r#"["x"]"#)]),
    (
        "mark_deep",
        &[Clean, Is("groups/g/dimensions/x/size", "4"), Is("variables/data/dimensions", r#"["phony_dim_1"]"#)],
    ),
];
