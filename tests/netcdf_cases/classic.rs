//! Classic files that are right.

use crate::{Case, Check, Check::*};

const COUNT_4: Check = Is("dimensions/time", r#"{"size": 4, "unlimited": true}"#);
/// Records of `a` (3 bytes), `b` (3 shorts), `c` (a double), behind `fixed` (3 shorts).
const STREAMED: &[Check] = &[
    Clean,
    Is("dimensions/time", r#"{"size": 4, "unlimited": true}"#),
    Is("variables/b/shape", "[4, 3]"),
    Is("/properties/arrays/1/strided/length", "3"),
    Is("/properties/arrays/1/strided/stride", "20"),
    Is("/properties/arrays/2/strided/length", "6"),
    Is("/properties/arrays/3/strided/count", "4"),
    Is("/properties/arrays/3/size_bytes", "32"),
];

pub(crate) const CASES: &[Case] = &[
    (
        "classic",
        &[
            Clean,
            Is("variant", r#""classic""#),
            Is("dimensions/time", r#"{"size": 0, "unlimited": true}"#),
            Is("dimensions/lat", r#"{"size": 3, "unlimited": false}"#),
            Is("attributes/title", r#"{"type": "char", "value": "all types"}"#),
            Is("attributes/empty", r#"{"type": "char", "value": ""}"#),
            Count("variables", 7),
            Is("variables/b/attributes/edges", r#"{"type": "byte", "value": [-128, 127]}"#),
            Is("variables/s/attributes/one", r#"{"type": "short", "value": 1}"#),
            Text("variables/d/attributes/edges/value", "[-1.7976931348623157e+308,1.7976931348623157e+308]"),
            Is("variables/scalar/attributes/special/value", r#"["NaN", "Infinity", "-Infinity", 0.1]"#),
            Text("variables/scalar/attributes/special32/value", r#"["NaN",0.1,16777216.0]"#),
            Is("variables/scalar/shape", "[]"),
            Is("variables/c/type", r#""char""#),
            Is("/properties/arrays/0/dtype", r#""|i1""#),
            Is("/properties/arrays/1/dtype", r#""|S1""#),
            Is("/properties/arrays/4/dtype", r#"">f4""#),
            Is("/properties/arrays/4/size_bytes", "60"),
            Is("/properties/arrays/6/path", r#""/scalar""#),
            Is("/properties/arrays/6/shape", "[]"),
            Is("/properties/arrays/6/extents/0/1", "8"),
            Is("/properties/counts", r#"{"variables": 7, "attributes": 14}"#),
        ],
    ),
    ("offset64", &[Clean, Is("variant", r#""64-bit-offset""#), Count("variables", 7)]),
    (
        "data64",
        &[
            Clean,
            Is("variant", r#""64-bit-data""#),
            Count("variables", 12),
            Text("variables/ul/attributes/edges/value", "[0,18446744073709551615]"),
            Text("variables/l/attributes/edges/value", "[-9223372036854775808,9223372036854775807]"),
        ],
    ),
    (
        "all_types",
        &[
            Clean,
            Is("attributes/byte", r#"{"type": "byte", "value": [-128, 127]}"#),
            Is("attributes/ubyte", r#"{"type": "ubyte", "value": 255}"#),
            Is("attributes/uint/value", "4294967295"),
            Text("attributes/uint64/value", "18446744073709551615"),
            Is("attributes/none", r#"{"type": "int", "value": []}"#),
            Is("/properties/arrays/5/dtype", r#""|u1""#),
            Is("/properties/arrays/6/dtype", r#"">u2""#),
            Is("/properties/arrays/9/dtype", r#"">u8""#),
            Is("/properties/arrays/9/size_bytes", "32"),
        ],
    ),
    // records: padded each, but where there is only one variable
    (
        "records",
        &[
            Clean,
            COUNT_4,
            Is("/properties/arrays/0/layout", r#""contiguous""#),
            Is("/properties/arrays/1/layout", r#""strided""#),
            Is("/properties/arrays/1/strided/length", "3"),
            Is("/properties/arrays/1/strided/stride", "36"),
            Is("/properties/arrays/2/strided/length", "6"),
            Is("/properties/arrays/3/strided/length", "24"),
            Is("/properties/arrays/3/size_bytes", "96"),
        ],
    ),
    ("records_data64", &[Clean, COUNT_4, Is("/properties/arrays/2/strided/stride", "12")]),
    ("one_record_byte", &[Clean, COUNT_4, Is("/properties/arrays/1/strided/stride", "3")]),
    ("one_record_short", &[Clean, COUNT_4, Is("/properties/arrays/1/strided/stride", "6")]),
    ("one_record_ushort", &[Clean, COUNT_4, Is("/properties/arrays/1/strided/stride", "6")]),
    ("no_records", &[Clean, Is("dimensions/time/size", "0"), Is("/properties/arrays", "[]")]),
    // the library leaves it 4096 bytes long
    ("empty", &[Note("trailing-bytes"), Is("dimensions", "{}"), Is("attributes", "{}"), Is("variables", "{}")]),
    // the number of records is left to the length of the file
    ("streaming", STREAMED),
    ("streaming_offset64", STREAMED),
    ("streaming_data64", STREAMED),
    ("streaming_single", &[Clean, Is("dimensions/time/size", "5"), Is("/properties/arrays/1/strided/stride", "3")]),
    ("streaming_padded", &[Clean, Is("dimensions/time/size", "5")]),
    ("streaming_unpadded", &[Note("short-padding"), Is("dimensions/time/size", "3")]),
    ("streaming_none", &[Clean, Is("dimensions/time/size", "0")]),
    ("streaming_fixed", &[Clean, Is("dimensions/time/size", "0")]),
    (
        "streaming_cut",
        &[
            Loss("truncated"),
            Is("dimensions/time", r#"{"size": null, "unlimited": true}"#),
            Is("variables/b/shape", "[null, 3]"),
            Is("/properties/arrays/1/strided/stride", "20"),
            Is("/properties/arrays/1/strided/count", "null"),
            Is("/properties/arrays/1/size_bytes", "null"),
        ],
    ),
    // in CDF-5 this is a number like any other
    ("numrecs_max_data64", &[Loss("truncated"), Is("dimensions/time/size", "4294967295")]),
    // names and text
    (
        "names_utf8",
        &[
            Clean,
            Is("dimensions/größe/size", "2"),
            Is("attributes/π ~1 τ/value", r#""naïve\n\"quoted\"""#),
            Is("variables/a~0b/attributes/x~1y/value", "1"),
            Is("/properties/arrays/0/path", r#""/a~b""#),
        ],
    ),
    (
        "names_latin1",
        &[
            Note("charset-undecodable"),
            Warnings(4),
            Is("dimensions/gr%F6%DFe/size", "2"),
            Is("attributes/text/value", r#""20 �C""#),
            Is("variables/50%25 %FF/attributes/%E9t%E9/value", "1"),
            Is("variables/50%25 %FF/dimensions", r#"["gr%F6%DFe"]"#),
            Is("/properties/arrays/0/path", r#""/50%25 %FF""#),
        ],
    ),
    (
        "names_nul",
        &[Note("header-padding"), Is("variables/v/dimensions", r#"["x"]"#), Is("variables/v/attributes/a/value", "1")],
    ),
    ("padding", &[Note("header-padding"), Warnings(6), Is("attributes/odd/value", "1")]),
    // where data stands
    ("gap", &[Clean, Is("/properties/arrays/0/extents", "[[584, 40]]")]),
    (
        "order",
        &[Clean, Is("/properties/arrays/0/extents", "[[164, 40]]"), Is("/properties/arrays/1/extents", "[[124, 40]]")],
    ),
    (
        "long_values",
        &[
            Clean,
            Is("attributes/long", r#"{"type": "char", "value": {"omitted": {"offset": 64, "length": 65537}}}"#),
            Holds("attributes/longest_shown/value", "yyyy"),
            Is("attributes/numbers/value/omitted/length", "65544"),
            Is("attributes/behind/value", r#""them all""#),
            Is("variables/v/attributes/a/value", "1"),
        ],
    ),
    (
        "huge_last",
        &[
            Loss("truncated"),
            Is("/properties/arrays/1/size_bytes", "34359738368"),
            Is("/properties/arrays/1/extents", "[[144, 34359738368]]"),
        ],
    ),
];
