use super::super::dataspace::Dataspace;
use super::super::datatype::{Charset, Padding, Text};
use super::super::testing::{read, read_within};
use super::super::value::write;
use super::*;
use crate::document::warnings::Code;

/// A collection of 4096 bytes with one object.
fn collection(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"GCOL\x01\0\0\0\0\x10\0\0\0\0\0\0\x01\0\x01\0\0\0\0\0".to_vec();
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
    bytes.resize(4096, 0);
    bytes
}

fn id(length: u32, collection: u64) -> Vec<u8> {
    [&length.to_le_bytes()[..], &collection.to_le_bytes(), &1u32.to_le_bytes()].concat()
}

fn u8s() -> Datatype {
    let bits = super::super::datatype::Bits {
        order: super::super::datatype::Order::Little,
        offset: 0,
        precision: 8,
        padded: false,
    };
    Datatype { size: 1, class: Class::Fixed { bits, signed: false } }
}

fn sequence_of(base: Datatype) -> Datatype {
    Datatype { size: 16, class: Class::Sequence(Box::new(base)) }
}

fn string() -> Datatype {
    let text = Text { padding: Padding::NullTerminated, charset: Charset::Utf8 };
    Datatype { size: 16, class: Class::VlenString { text, base: Box::new(u8s()) } }
}

fn space(dims: &[u64]) -> Dataspace {
    Dataspace::Simple { dims: dims.to_vec(), max_dims: Vec::new() }
}

/// The text of a value, the codes of what was noted, and how much was asked for.
fn value(
    file: &[u8],
    datatype: &Datatype,
    dims: &[u64],
    raw: &[u8],
    limit: u64,
) -> (Result<String, Fault>, Vec<Code>, u64) {
    let dataspace = space(dims);
    let stored = StoredValue { datatype, dataspace: &dataspace, raw, offset: 77 };
    read(file, async |file| {
        let (mut notes, mut out) = (Vec::new(), Vec::new());
        let written = match resolve(file, &GlobalHeap::new(limit), stored, &mut notes).await {
            Ok(resolved) => {
                write(&mut out, stored, &resolved, &mut notes).expect("a Vec takes all");
                Ok(String::from_utf8(out).expect("no markers"))
            }
            Err(fault) => Err(fault),
        };
        let asked = file.source.shared().window().tally.asked;
        (written, notes.into_iter().map(|note| note.code).collect(), asked)
    })
}

#[test]
fn nothing_is_fetched_of_what_is_too_long() {
    let file = [vec![0; 8], collection(b"hello")].concat();
    let raw = id(5, 8);
    let of = |limit| value(&file, &string(), &[], &raw, limit);
    assert_eq!(of(5), (Ok("\"hello\"".into()), vec![], 4096));
    assert_eq!(of(4), (Ok("{\"omitted\":{\"offset\":77,\"length\":16}}".into()), vec![], 0));
    let long = value(&file, &u8s(), &[9], &[1; 9], 8);
    assert_eq!(long.0, Ok("{\"omitted\":{\"offset\":77,\"length\":9}}".into()));
    let claimed = value(&file, &string(), &[], &id(u32::MAX, 8), 65536);
    assert!(claimed.0.is_ok_and(|text| text.contains("omitted")) && claimed.2 == 0);
}

#[test]
fn a_level_is_one_round() {
    // Two strings in two collections, in a sequence in a third.
    let strings = [id(3, 8 + 4096), id(3, 8 + 8192)].concat();
    let file = [vec![0; 8], collection(&strings), collection(b"one"), collection(b"two")].concat();
    let nested = value(&file, &sequence_of(string()), &[1], &id(2, 8), 65536);
    assert_eq!(nested, (Ok("[[\"one\",\"two\"]]".into()), vec![], 3 * 4096));
    let level = value(&file, &string(), &[2], &strings, 65536);
    assert_eq!(level.0, Ok("[\"one\",\"two\"]".into()));
}

#[test]
fn what_is_damaged_is_null_and_what_is_cut_has_no_value() {
    let mut file = [vec![0; 8], collection(b"one"), collection(b"two")].concat();
    let raw = [id(3, 8), id(3, 8 + 4096)].concat();
    let all = |file: &[u8], raw: &[u8]| value(file, &string(), &[2], raw, 65536);
    let mut other = raw.clone();
    other[12] = 2; // no such object
    assert_eq!(all(&file, &other).0, Ok("[null,\"two\"]".into()));
    assert_eq!(all(&file, &other).1, [Code::Malformed]);
    other[12] = 1;
    other[0] = 4; // longer than the object
    assert_eq!(all(&file, &other).0, Ok("[null,\"two\"]".into()));
    let cut = all(&file[..8 + 4096 + 20], &raw).0;
    assert!(matches!(cut, Err(Fault::Damage(damage)) if damage.code == Code::Truncated));
    file[8] = b'g';
    let (text, notes, _) = all(&file, &raw);
    assert_eq!((text, notes), (Ok("[null,\"two\"]".into()), vec![Code::Malformed]));
    let short = value(&file, &u8s(), &[9], &[1; 8], 65536);
    assert!(matches!(short.0, Err(Fault::Damage(damage)) if damage.code == Code::Malformed && damage.offset == 77));
    let endless = value(&file, &u8s(), &[u64::MAX, 2], &[1; 8], 65536);
    assert!(endless.0.is_err());
}

/// One heap object of IDs that lead to itself: each level has as many times more.
#[test]
fn ids_that_multiply_are_stopped() {
    let ids = id(250, 8).repeat(250);
    let file = [vec![0; 8], collection(&ids)].concat();
    let mut datatype = u8s();
    for _ in 0..30 {
        datatype = sequence_of(datatype);
    }
    let (text, notes, _) = value(&file, &datatype, &[250], &ids, 65536);
    assert_eq!((text, notes), (Ok("{\"omitted\":{\"offset\":77,\"length\":4000}}".into()), vec![]));
}

#[test]
fn long_text_of_few_bytes_is_omitted() {
    let empty = value(&[], &u8s(), &[1 << 60, 0], &[], 65536);
    assert_eq!(empty.0, Ok("{\"omitted\":{\"offset\":77,\"length\":0}}".into()));
    assert_eq!(value(&[], &u8s(), &[3, 0], &[], 65536).0, Ok("[[],[],[]]".into()));
    let member = super::super::datatype::Member { name: vec![b'n'; 60000].into(), offset: 0, datatype: u8s() };
    let named = Datatype { size: 1, class: Class::Compound(vec![member]) };
    let (text, ..) = value(&[], &named, &[60000], &[1; 60000], 65536);
    assert_eq!(text, Ok("{\"omitted\":{\"offset\":77,\"length\":60000}}".into()));
}

#[test]
fn undecodable_text_is_noted_once() {
    let text = Text { padding: Padding::Space, charset: Charset::Ascii };
    let datatype = Datatype { size: 3, class: Class::String(text) };
    let (value, notes, _) = value(&[], &datatype, &[3], b"a\xFF \xFEb ok ", 65536);
    assert_eq!((value, notes), (Ok("[\"a\u{FFFD}\",\"\u{FFFD}b\",\"ok\"]".into()), vec![Code::CharsetUndecodable]));
}

#[test]
fn the_memory_limit_stops_the_reading() {
    let ids = id(1, 8).repeat(1 << 14);
    let dataspace = space(&[1 << 14]);
    let datatype = string();
    let stored = StoredValue { datatype: &datatype, dataspace: &dataspace, raw: &ids, offset: 0 };
    let file = [vec![0; 8], collection(b"1")].concat();
    let stopped = read_within(&file, 1 << 17, async |file| {
        resolve(file, &GlobalHeap::new(1 << 20), stored, &mut Vec::new()).await.map(|_| ())
    });
    assert_eq!(stopped, Err(Fault::Stop(Stop::Limit)));
}

/// Attributes as libhdf5 writes them, with every byte changed and cut everywhere: nothing panics.
#[test]
fn changed_types_and_values_do_no_harm() {
    use super::super::attribute::AttributeMessage;
    use super::super::fields::Fields;
    use super::super::testing::WIDTHS;
    let try_one = |message: &[u8]| {
        let Ok(attribute) = AttributeMessage::decode(&mut Fields::new(message, WIDTHS)) else { return };
        let Ok(datatype) = Datatype::decode(&mut Fields::new(attribute.datatype.body, WIDTHS)) else { return };
        let Ok(dataspace) = Dataspace::decode(&mut Fields::new(attribute.dataspace.body, WIDTHS)) else { return };
        let stored = StoredValue { datatype: &datatype, dataspace: &dataspace, raw: attribute.value, offset: 0 };
        let mut out = Vec::new();
        super::super::datatype_json::write(&mut out, &datatype).expect("a Vec takes all");
        super::super::datatype_json::write_dtype(&mut out, &datatype).expect("a Vec takes all");
        read(b"", async |file| {
            let mut notes = Vec::new();
            if let Ok(resolved) = resolve(file, &GlobalHeap::new(100_000), stored, &mut notes).await {
                write(&mut out, stored, &resolved, &mut notes).expect("a Vec takes all");
            }
        });
    };
    for line in include_str!("testdata/attributes.ndjson").lines() {
        let hex = line.split('"').nth(7).expect("the message");
        let message: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect();
        for at in 0..message.len().min(400) {
            try_one(&message[..at]);
            for change in [1, 0x10, 0x80, 0xFF] {
                let mut changed = message.clone();
                changed[at] ^= change;
                try_one(&changed);
            }
        }
    }
}
