//! Attributes: dataspaces, many, dense, in long headers, and of more than 64 KB.
use metaextract::Options;

use crate::common::{hdf5_fixture, json::parse};
use crate::{Case, Check, Check::*, LAST, extract};

const I16BE: &str = r#"{"class": "H5T_INTEGER", "base": "H5T_STD_I16BE"}"#;

const SPACES: &[Check] = &[
    Clean,
    LAST,
    Count("attributes", 10),
    Is("attributes/scalar/type", I16BE),
    Is("attributes/scalar/dtype", r#"">i2""#),
    Is("attributes/scalar/shape", "[]"),
    Is("attributes/scalar/value", "7"),
    Is("attributes/one/value", "[7]"),
    Is("attributes/two/shape", "[2, 3]"),
    Is("attributes/two/value", "[[1, 515, 1029], [1543, 2057, 2571]]"),
    Is("attributes/cube/value", "[[[1, 515], [1029, 1543]], [[2057, 2571], [3085, 3599]]]"),
    Is("attributes/none/shape", "[0]"),
    Is("attributes/none/value", "[]"),
    Is("attributes/none_of_two/value", "[[], []]"),
    Is("attributes/null/shape", "null"),
    Is("attributes/null/value", "null"),
    Is("attributes/null/type", I16BE),
    Is("attributes/null_text/value", "null"),
    Is("attributes/none_text/value", "[]"),
    Is("attributes/empty_text/value", r#""""#),
    Is("datasets/~1scalar/shape", "[]"),
    Is("datasets/~1scalar/max_shape", "[]"),
    Is("datasets/~1null/shape", "null"),
    Is("datasets/~1null/max_shape", "null"),
    Is("datasets/~1none/shape", "[0, 3]"),
    Is("datasets/~1none/size_bytes", "0"),
    Is("datasets/~1growing/shape", "[2, 0]"),
    Is("datasets/~1growing/max_shape", "[null, 5]"),
    Is("datasets/~1growing/chunks", "[4, 5]"),
    Count("datasets/~1wide/shape", 32),
    // a null dataspace holds no array
    Count("/properties/arrays", 5),
];

const MANY: &[Check] = &[
    Clean,
    LAST,
    Count("groups/~1g8/attributes", 8),
    Count("groups/~1g9/attributes", 9),
    Count("groups/~1g30/attributes", 30),
    Is("groups/~1g8/attributes/a07/value", "700"),
    Is("groups/~1g9/attributes/a08/value", "800"),
    Is("groups/~1g30/attributes/a00/value", "0"),
    Is("groups/~1g30/attributes/a29/value", "2900"),
    Count("groups/~1changed/attributes", 8),
    Is("groups/~1changed/attributes/a01/value", r#""longer than it was""#),
    Is("groups/~1changed/attributes/a11/value", "11"),
    Absent("groups/~1changed/attributes/a03"),
    Is("/properties/counts/attributes", "56"),
];

const APPENDED: &[Check] = &[
    Clean,
    LAST,
    Count("groups", 23),
    Count("groups/~1chain/attributes", 22),
    Is("groups/~1chain/attributes/session00/value", "[0]"),
    Is("groups/~1chain/attributes/session03/value", "[3, 3, 3, 3]"),
    Is("groups/~1chain/attributes/session21/shape", "[22]"),
    Is("groups/~1chain/attributes/session21/value/21", "21"),
    Is("groups/~1g21/member_count", "0"),
];

pub(crate) const CASES: &[Case] = &[
    ("spaces_old", SPACES),
    ("spaces_new", SPACES),
    ("attributes_old", MANY),
    ("attributes_new", MANY),
    ("appended_old", APPENDED),
    ("appended_new", APPENDED),
    (
        "dense_deep_attributes",
        &[
            Clean,
            LAST,
            Count("groups/~1g/attributes", 560),
            Is("groups/~1g/attributes/000/value", "0"),
            Is("groups/~1g/attributes/301/value", "301"),
            Is("groups/~1g/attributes/559/value", "559"),
        ],
    ),
    (
        "dense_attributes",
        &[
            Clean,
            LAST,
            Count("groups/~1g/attributes", 16),
            Is("groups/~1g/attributes/n9/value", "0.0"),
            Is("groups/~1g/attributes/n1/value", "1.0"),
            Is("groups/~1g/attributes/n8/value", "0.125"),
            // huge objects of the heap
            Is("groups/~1g/attributes/huge/shape", "[1300]"),
            Is("groups/~1g/attributes/huge/value/1299", "1299"),
            Is("groups/~1g/attributes/huge_too/value/1199", "1199.0"),
            Is("groups/~1g/attributes/null/value", "null"),
            Is("groups/~1g/attributes/none/value", "[]"),
            Is("groups/~1g/attributes/text/value", r#""hétérogène""#),
            Is("groups/~1g/attributes/texts/value", r#"["one", "", "three"]"#),
            Is("groups/~1g/attributes/named ü/value", "1"),
        ],
    ),
    (
        "long_values",
        &[
            Done,
            LAST,
            Count("groups/~1g/attributes", 10),
            Is("groups/~1g/attributes/a7/value", "7"),
            Is("groups/~1g/attributes/fits/type/length", "65536"),
            Is("groups/~1g/attributes/omitted/shape", "[65537]"),
            Is("groups/~1g/attributes/omitted/value/omitted/length", "65537"),
        ],
    ),
    ("long_value_old", &[Clean, LAST, Count("attributes/bytes/value", 65000)]),
];

/// What is left out stands where the document says.
#[test]
fn an_omitted_value_is_named_by_its_place() {
    let bytes = hdf5_fixture("attributes_new");
    let options = Options { max_value_bytes: 10, ..Options::default() };
    let (document, _) = extract(&bytes, &options).unwrap();
    let json = parse(&document.to_json());
    let omitted = &json["headers"]["groups"]["/changed"]["attributes"]["a01"]["value"]["omitted"];
    let (at, length) = (omitted["offset"].as_u64().unwrap() as usize, omitted["length"].as_u64().unwrap() as usize);
    assert_eq!(&bytes[at..at + length], b"longer than it was");
    assert_eq!(document.status(), metaextract::Status::Done);
    let bytes = hdf5_fixture("long_values");
    let (document, _) = extract(&bytes, &Options::default()).unwrap();
    let fits = document.get_str("/headers/groups/~1g/attributes/fits/value").unwrap();
    assert_eq!(fits, "a".repeat(65535));
    let place = "/headers/groups/~1g/attributes/omitted/value/omitted/offset";
    let at = usize::try_from(document.get_u64(place).unwrap()).unwrap();
    assert_eq!(bytes[at..at + 65537], [0; 65537]);
}
