use super::super::fields::{ENDS_EARLY, Widths};
use super::super::testing::WIDTHS;
use super::*;

fn decode(bytes: &[u8]) -> Parse<Datatype> {
    Datatype::decode(&mut Fields::new(bytes, WIDTHS))
}

const I32: [u8; 12] = [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0];

/// `count` types, each an array of the next, around an integer.
fn nested(count: usize) -> Vec<u8> {
    let array = [0x3A, 0, 0, 0, 4, 0, 0, 0, 1, 1, 0, 0, 0];
    [array.repeat(count), I32.to_vec()].concat()
}

#[test]
fn members_of_version_1_have_dimensions() {
    let mut bytes = vec![0x16, 1, 0, 0, 28, 0, 0, 0];
    bytes.extend(b"a name of 8\0\0\0\0\0"); // 11 bytes, NUL, padding
    bytes.extend([4, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // offset, rank and reserved, permutation, reserved
    bytes.extend([2, 0, 0, 0, 3, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9]); // two dimensions that count
    bytes.extend(I32);
    let Class::Compound(members) = decode(&bytes).expect("a compound").class else { unreachable!("no compound") };
    let [Member { name, offset: 4, datatype: Datatype { size: 24, class: Class::Array { dims, base } } }] =
        &members[..]
    else {
        unreachable!("{members:?}")
    };
    assert_eq!((&**name, &dims[..], base.size), (&b"a name of 8"[..], &[2, 3][..], 4));
    bytes[28] = 5;
    assert_eq!(decode(&bytes), Err("a member has more than four dimensions"));
}

#[test]
fn arrays_of_version_2_have_permutations() {
    let mut bytes = vec![0x2A, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(I32);
    assert!(matches!(decode(&bytes).expect("an array").class, Class::Array { dims, .. } if dims == [2]));
    bytes[12] = 3;
    assert_eq!(decode(&bytes), Err("its elements do not fit in it"));
    bytes[12] = 0;
    assert_eq!(decode(&bytes), Err("it has a dimension of 0"));
}

#[test]
fn nesting_has_a_limit() {
    assert!(decode(&nested(31)).is_ok());
    assert_eq!(decode(&nested(32)), Err("types are nested too deep"));
    assert_eq!(decode(&nested(100_000)), Err("types are nested too deep"));
}

#[test]
fn members_are_inside_and_apart() {
    let compound = |size: u8, offsets: [u8; 2], names: [u8; 2]| {
        let mut bytes = vec![0x36, 2, 0, 0, size, 0, 0, 0];
        for (offset, name) in offsets.into_iter().zip(names) {
            bytes.extend([name, 0, offset]);
            bytes.extend(I32);
        }
        decode(&bytes).map(|datatype| datatype.size)
    };
    assert_eq!(compound(8, [4, 0], *b"ab"), Ok(8));
    assert_eq!(compound(8, [5, 0], *b"ab"), Err("a member is not inside it"));
    assert_eq!(compound(8, [3, 0], *b"ab"), Err("its members overlap"));
    assert_eq!(compound(8, [4, 0], *b"aa"), Err("two members have the same name"));
}

#[test]
fn names_that_are_shown_alike_are_the_same() {
    let compound = |names: [&[u8]; 2]| {
        let mut bytes = vec![0x36, 2, 0, 0, 8, 0, 0, 0];
        for (name, offset) in names.into_iter().zip([0, 4]) {
            bytes.extend([name, &[0, offset], &I32].concat());
        }
        decode(&bytes).map(|datatype| datatype.size)
    };
    let enumeration = |names: [&[u8]; 2]| {
        let head = [&[0x38, 2, 0, 0, 4, 0, 0, 0][..], &I32].concat();
        decode(&[&head[..], names[0], b"\0", names[1], b"\0", &[0; 8]].concat()).map(|datatype| datatype.size)
    };
    let (alike, different) = ([&b"f\xE9"[..], b"f%E9"], [&b"f\xE9"[..], b"f%25E9"]);
    assert_eq!(compound(alike), Err("two members have the same name"));
    assert_eq!(enumeration(alike), Err("two values have the same name"));
    assert_eq!([compound(different), enumeration(different)], [Ok(8), Ok(4)]);
}

#[test]
fn bits_are_inside() {
    let mut bytes = I32;
    bytes[10] = 33;
    assert!(decode(&bytes).is_err());
    bytes[10] = 0;
    assert!(decode(&bytes).is_err());
    let mut float = vec![0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 3, 0, 0];
    assert!(decode(&float).is_ok());
    float[2] = 64;
    assert_eq!(decode(&float), Err("its fields are not inside its bytes"));
    float[2] = 63;
    float[1] = 0x30;
    assert_eq!(decode(&float), Err("its normalisation is not known"));
    float[1] = 0x61;
    assert!(
        matches!(decode(&float), Ok(Datatype { class: Class::Float { bits, .. }, .. }) if bits.order == Order::Big)
    );
    float[0] = 0x31;
    assert!(
        matches!(decode(&float), Ok(Datatype { class: Class::Float { bits, .. }, .. }) if bits.order == Order::Vax)
    );
}

#[test]
fn references_have_room_for_what_they_say() {
    let reference = |size: u8, flags: u8| decode(&[0x47, flags, 0, 0, size, 0, 0, 0]).map(|datatype| datatype.class);
    assert_eq!(reference(8, 0), Ok(Class::Reference(Reference::Object)));
    assert_eq!(reference(12, 1), Ok(Class::Reference(Reference::Region)));
    for kind in 2..=4 {
        assert_eq!(reference(18, 0x10 | kind), Ok(Class::Reference(Reference::Standard)));
    }
    assert!(reference(7, 0).is_err() && reference(17, 0x12).is_err() && reference(18, 0x22).is_err());
    let narrow = Widths { offsets: 4, lengths: 4 };
    let read = Datatype::decode(&mut Fields::new(&[0x17, 0, 0, 0, 4, 0, 0, 0], narrow));
    assert_eq!(read.map(|datatype| datatype.size), Ok(4));
}

/// A count of members that the bytes do not have ends with the bytes.
#[test]
fn counts_are_not_believed() {
    assert_eq!(decode(&[0x36, 0xFF, 0xFF, 0, 4, 0, 0, 0]), Err("a name has no end"));
    let mut bytes = vec![0x38, 0xFF, 0xFF, 0, 4, 0, 0, 0];
    bytes.extend(I32);
    bytes.extend([0; 100]);
    assert_eq!(decode(&bytes), Err("a name has no end"));
    bytes[1..3].copy_from_slice(&[1, 0]);
    assert_eq!(decode(&bytes[..24]), Err(ENDS_EARLY));
}
