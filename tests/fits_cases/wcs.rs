//! World coordinates: the keywords, one entry an HDU and alternate.
use crate::{AFTER, Case, Check::*, LAST};

pub(crate) const CASES: &[Case] = &[
    (
        "wcs_cdelt",
        &[
            Clean,
            Count("/headers/wcs_info", 1),
            Is("/headers/wcs_info/0/hdu", "0"),
            Is("/headers/wcs_info/0/alt", r#""""#),
            Is("/headers/wcs_info/0/naxis", "2"),
            Is("/headers/wcs_info/0/ctype", r#"["RA---TAN", "DEC--TAN"]"#),
            Is("/headers/wcs_info/0/crval", "[10.5, -45.25]"),
            Is("/headers/wcs_info/0/crpix", "[1.5, 2.5]"),
            Is("/headers/wcs_info/0/cdelt", "[-0.1, 0.1]"),
            Is("/headers/wcs_info/0/cunit", r#"["deg", "deg"]"#),
            Is("/headers/wcs_info/0/radesys", r#""ICRS""#),
            Is("/headers/wcs_info/0/equinox", "2000.0"),
            Absent("/headers/wcs_info/0/pc"),
            Absent("/headers/wcs_info/0/cd"),
        ],
    ),
    (
        "wcs_pc",
        &[
            Clean,
            Is("/headers/wcs_info/0/pc", "[[0.5, -0.5], [0.25, 1]]"),
            Is("/headers/wcs_info/0/cdelt", "[0.1, 0.1]"),
            Absent("/headers/wcs_info/0/cunit"),
            Absent("/headers/wcs_info/0/radesys"),
            Absent("/headers/wcs_info/0/equinox"),
        ],
    ),
    (
        "wcs_cd",
        &[
            Clean,
            Is("/headers/wcs_info/0/cd", "[[0.5, -0.5], [0.25, 1]]"),
            Absent("/headers/wcs_info/0/pc"),
            Absent("/headers/wcs_info/0/cdelt"),
        ],
    ),
    (
        "wcs_holes",
        &[
            Done,
            Is("/headers/wcs_info/0/ctype", r#"["LINEAR", null]"#),
            Is("/headers/wcs_info/0/crval", "[null, 5.0]"),
            Is("/headers/wcs_info/0/pc", "[[0.5, null], [0.25, null]]"),
        ],
    ),
    (
        "wcs_more_axes",
        &[
            Done,
            Is("/headers/wcs_info/0/naxis", "3"),
            Is("/headers/wcs_info/0/ctype", r#"["RA---TAN", "DEC--TAN", "FREQ"]"#),
            Is("/headers/wcs_info/0/crpix", "[1.5, 2.5, null]"),
        ],
    ),
    (
        "wcs_highest_index",
        &[
            Done,
            Is("/headers/wcs_info/0/naxis", "4"),
            Is("/headers/wcs_info/0/ctype", r#"["RA---TAN", "DEC--TAN", null, "STOKES"]"#),
            Is("/headers/wcs_info/0/crval", "[10.5, -45.25, null, null]"),
        ],
    ),
    (
        "wcs_alternates",
        &[
            Clean,
            Count("/headers/wcs_info", 3),
            Is("/headers/wcs_info/0/alt", r#""""#),
            Absent("/headers/wcs_info/0/radesys"),
            Absent("/headers/wcs_info/0/cd"),
            Is("/headers/wcs_info/1/alt", r#""A""#),
            Is("/headers/wcs_info/1/crval", "[1, 2]"),
            Is("/headers/wcs_info/1/radesys", r#""FK5""#),
            Is("/headers/wcs_info/1/equinox", "1950.0"),
            Is("/headers/wcs_info/2/alt", r#""Z""#),
            Is("/headers/wcs_info/2/cd", "[[2.0, null], [null, null]]"),
        ],
    ),
    (
        "wcs_without_data",
        &[
            Done,
            Is("/headers/wcs_info/0/naxis", "1"),
            Is("/headers/wcs_info/0/ctype", r#"["RA---CAR"]"#),
            Is("/headers/wcs_info/0/crval", "[5]"),
        ],
    ),
    (
        "wcs_sip",
        &[
            Done,
            Is("/headers/wcs_info/0/ctype", r#"["RA---TAN-SIP", "DEC--TAN-SIP"]"#),
            Is("/headers/wcs_info/0/cd", "[[1.0, null], [null, null]]"),
        ],
    ),
    ("wcs_tab", &[Done, Is("/headers/wcs_info/0/ctype", r#"["WAVE-TAB", "LINEAR"]"#)]),
    // a value of another type is no value of that axis; the card still says what stands there
    (
        "wcs_bad_values",
        &[
            Note("*"),
            Is("5", r#"["CTYPE1", 5, null]"#),
            OneOf("/headers/wcs_info/0/ctype", &[r#"[null, "LINEAR"]"#, r#"["5", "LINEAR"]"#, r#"[5, "LINEAR"]"#]),
            OneOf("/headers/wcs_info/0/crval", &["[null, 1.5]", r#"["text", 1.5]"#]),
            OneOf("/headers/wcs_info/0/crpix", &["[null, 1]", r#"["NaN", 1]"#]),
            Is("11", AFTER),
        ],
    ),
    (
        "wcs_integers",
        &[
            Done,
            Is("/headers/wcs_info/0/crval", "[5, null]"),
            Is("/headers/wcs_info/0/crpix", "[1, null]"),
            Is("/headers/wcs_info/0/equinox", "2000"),
        ],
    ),
    ("wcs_none", &[Done, Is("/headers/wcs_info", "[]")]),
    // of the image, whose axes ZNAXIS counts; of the columns of a pixel list; of the arrays in a column
    (
        "wcs_tables",
        &[
            LAST,
            Done,
            Count("/headers/wcs_info", 3),
            Is("/headers/wcs_info/0/hdu", "1"),
            Is("/headers/wcs_info/0/naxis", "3"),
            Is("/headers/wcs_info/0/ctype", r#"["RA---TAN", "DEC--TAN", null]"#),
            Is("/headers/wcs_info/1/hdu", "2"),
            Holds("/headers/wcs_info/1/ctype", r#""RA---TAN","DEC--TAN"]"#),
            Holds("/headers/wcs_info/1/crval", "10.5,-45.25]"),
            Is("/headers/wcs_info/2/hdu", "3"),
            Holds("/headers/wcs_info/2/ctype", r#""RA---TAN","DEC--TAN"]"#),
            Holds("/headers/wcs_info/2/crval", "10.5,-45.25]"),
        ],
    ),
];
