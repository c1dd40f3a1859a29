//! What ncdump prints of the same files, which ncgen made of this CDL.

use super::super::model::{
    Array, Atomic, Attributes, Endianness, Field, Group, Storage, StorageFilter, StorageLayout, Type, UserClass,
    UserType,
};
use super::super::value::Numbers;
use super::*;

fn model(variant: Variant) -> Model {
    Model::new(variant, &Budget::new(1 << 20)).expect("room")
}

fn written(model: &Model, special: bool) -> String {
    let mut out = Vec::new();
    let cdl = Cdl { name: "t".into() };
    write_to(model, &cdl, special, &Budget::new(1 << 20), &mut out).expect("room");
    String::from_utf8(out).expect("UTF-8")
}

fn attribute(name: &str, kind: Type, values: Values<'static>) -> Attribute<'static> {
    Attribute { name: name.as_bytes().to_vec().into(), kind, values }
}

fn text(name: &str, text: &str) -> Attribute<'static> {
    attribute(name, Type::Atomic(Atomic::Char), Values::Text(text.as_bytes().to_vec().into()))
}

fn ints(numbers: &[i32]) -> Values<'static> {
    let bytes = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
    Values::Numbers(Numbers { kind: Atomic::Int, big_endian: true, bytes })
}

fn bytes(numbers: &[i8]) -> Values<'static> {
    let bytes = numbers.iter().map(|number| *number as u8).collect();
    Values::Numbers(Numbers { kind: Atomic::Byte, big_endian: false, bytes })
}

fn floats(numbers: &[f32]) -> Values<'static> {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    Values::Numbers(Numbers { kind: Atomic::Float, big_endian: false, bytes })
}

const INT: Type = Type::Atomic(Atomic::Int);

fn variable(name: &str, kind: Type, dimensions: &[usize]) -> Variable {
    Variable {
        name: name.as_bytes().into(),
        offset: 0,
        kind,
        dimensions: dimensions.into(),
        attributes: Attributes::List(Vec::new()),
        storage: None,
        array: Array::None,
    }
}

fn dimension(model: &mut Model, group: usize, name: &str, length: Option<u64>, unlimited: bool) -> usize {
    model.dimensions.push(Dimension { name: name.as_bytes().into(), group, length, unlimited });
    model.groups[group].dimensions.push(model.dimensions.len() - 1);
    model.dimensions.len() - 1
}

fn kind(model: &mut Model, group: usize, name: &str, class: UserClass) -> Type {
    model.types.push(UserType { name: name.as_bytes().into(), group, class });
    model.groups[group].types.push(model.types.len() - 1);
    Type::User(model.types.len() - 1)
}

fn group(model: &mut Model, parent: usize, name: &str) -> usize {
    model.groups.push(Group { name: name.as_bytes().into(), parent: Some(parent), ..Group::default() });
    let id = model.groups.len() - 1;
    model.groups[parent].groups.push(id);
    id
}

#[test]
fn a_classic_file() {
    let mut model = model(Variant::Classic);
    assert_eq!(written(&model, false), "netcdf t {\n}\n");
    assert_eq!(written(&model, true), "netcdf t {\n\n// global attributes:\n\t\t:_Format = \"classic\" ;\n}\n");
    let time = dimension(&mut model, 0, "time", Some(2), true);
    let lat = dimension(&mut model, 0, "3 lat", Some(4_500_000_000), false);
    let mut data = variable("data", INT, &[time, lat]);
    data.attributes = Attributes::List(vec![text("units", "one\ntwo\0"), attribute("range", INT, ints(&[-1, 2]))]);
    model.groups[0].variables.extend([data, variable("scalar", Type::Atomic(Atomic::Double), &[])]);
    model.groups[0].attributes.push(attribute("none", INT, ints(&[])));
    model.groups[0].attributes.push(attribute("lost", INT, Values::Missing));
    let want = r#"netcdf t {
dimensions:
	time = UNLIMITED ; // (2 currently)
	\3\ lat = 4500000000 ;
variables:
	int data(time, \3\ lat) ;
		data :units = "one\n",
			"two" ;
		data :range = -1, 2 ;
	double scalar ;

// global attributes:
		:none = "" ;
		// :lost was not read
}
"#;
    assert_eq!(written(&model, false), want);
}

#[test]
fn lengths_that_are_not_known_are_no_numbers() {
    let mut model = model(Variant::Netcdf4);
    dimension(&mut model, 0, "a", None, false);
    dimension(&mut model, 0, "b", None, true);
    let want = "netcdf t {\ndimensions:\n\ta = ? ; // not known\n\tb = UNLIMITED ; // (not known)\n}\n";
    assert_eq!(written(&model, false), want);
}

#[test]
fn user_types_and_their_values() {
    let mut model = model(Variant::Netcdf4);
    let members = [("x", -1), ("y sp", 2), ("3z", 3)].map(|(name, number)| (name.as_bytes().into(), number));
    let word = kind(&mut model, 0, "e1", UserClass::Enum { base: Atomic::Byte, members: members.into() });
    let huge = vec![(b"huge"[..].into(), i128::from(u64::MAX))];
    kind(&mut model, 0, "e64", UserClass::Enum { base: Atomic::Uint64, members: huge });
    let opaque = kind(&mut model, 0, "op", UserClass::Opaque { size: 2 });
    let field = |name: &str, kind, shape: &[u32]| Field { name: name.as_bytes().into(), kind, shape: shape.into() };
    let float = Type::Atomic(Atomic::Float);
    let fields = vec![field("i", INT, &[]), field("f", float, &[])];
    let inner = kind(&mut model, 0, "inner", UserClass::Compound(fields));
    let char = Type::Atomic(Atomic::Char);
    let fields = vec![
        field("c", char, &[]),
        field("cs", char, &[2, 3]),
        field("e", word, &[]),
        field("s", Type::Atomic(Atomic::String), &[2]),
        field("in", inner, &[2]),
    ];
    let outer = kind(&mut model, 0, "co", UserClass::Compound(fields));
    let list = kind(&mut model, 0, "vl", UserClass::Vlen(INT));
    let pair = |i, f| vec![ints(&[i]), floats(&[f])];
    let strings = Values::Strings(vec![Some(b"a\x0b"[..].into()), None]);
    let elements = vec![vec![
        Values::Text(b"c"[..].into()),
        Values::Text(b"abcde\0"[..].into()),
        bytes(&[2]),
        Values::Strings(vec![Some(b"a\x0b"[..].into()), Some(Box::default())]),
        Values::Compounds(vec![pair(1, 2.0), pair(3, 0.1)]),
    ]];
    let string = Type::Atomic(Atomic::String);
    let lists = vec![ints(&[1, 2]), ints(&[]), ints(&[3])];
    model.groups[0].attributes = vec![
        attribute("ea", word, bytes(&[-1, 2, 3, 0, 9])),
        attribute("oa", opaque, Values::Opaque(vec![[1, 2].into(), [0xFE, 0xFF].into()])),
        attribute("ia", inner, Values::Compounds(vec![pair(1, 1.5), pair(2, f32::NAN)])),
        attribute("ca", outer, Values::Compounds(elements)),
        attribute("va", list, Values::Sequences(lists)),
        attribute("none", list, Values::Sequences(vec![])),
        attribute("sa", string, strings),
        text("broken", "a\nb"),
    ];
    let want = r#"netcdf t {
types:
  byte enum e1 {x = -1, y\ sp = 2, \3z = 3} ;
  uint64 enum e64 {huge = -1} ;
  opaque(2) op ;
  compound inner {
    int i ;
    float f ;
  }; // inner
  compound co {
    char c ;
    char cs(2, 3) ;
    e1 e ;
    string s(2) ;
    inner in(2) ;
  }; // co
  int(*) vl ;

// global attributes:
		e1 :ea = x, y\ sp, \3z, _UNDEFINED, 9 ;
		op :oa = 0X0102, 0XFEFF ;
		inner :ia = {1, 1.5}, {2, NaNf} ;
		co :ca = 
    {"c", {"abc", "de"}, y sp, {"a\n", ""}, {{1, 2}, {3, 0.1}}} ;
		vl :va = {1, 2}, {}, {3} ;
		vl :none = "" ;
		string :sa = "a\v", NIL ;
		:broken = "a\nb" ;
}
"#;
    // The column goes on from one attribute to the next: so the one element of `ca` has a line of its own.
    assert_eq!(written(&model, false), want);
}

#[test]
fn enumerations_are_broken_into_lines() {
    let mut model = model(Variant::Netcdf4);
    let below = group(&mut model, 0, "g");
    let members = (0..12).map(|number| (format!("member_{number}").as_bytes().into(), number)).collect();
    kind(&mut model, below, "e", UserClass::Enum { base: Atomic::Int, members });
    let want = "
group: g {
  types:
    int enum e {member_0 = 0, member_1 = 1, member_2 = 2, member_3 = 3, 
        member_4 = 4, member_5 = 5, member_6 = 6, member_7 = 7, member_8 = 8, 
        member_9 = 9, member_10 = 10, member_11 = 11} ;
  } // group g
}
";
    assert_eq!(written(&model, false), format!("netcdf t {{\n{want}"));
}

#[test]
fn names_have_a_path_where_another_is_nearer() {
    let mut model = model(Variant::Netcdf4);
    let t = dimension(&mut model, 0, "t", Some(0), true);
    let x = dimension(&mut model, 0, "x", Some(3), false);
    let first = group(&mut model, 0, "g1");
    let (list, opaque) = (UserClass::Vlen(INT), UserClass::Opaque { size: 3 });
    let list = kind(&mut model, first, "vl", list);
    let opaque = kind(&mut model, first, "3op", opaque);
    let x1 = dimension(&mut model, first, "x", Some(5), false);
    model.groups[first].variables = vec![variable("w", INT, &[x, x1, t]), variable("q", list, &[])];
    let below = group(&mut model, first, "3 sub");
    let t1 = dimension(&mut model, below, "t", Some(7), false);
    model.groups[below].variables.push(variable("gg", opaque, &[t, x1, x, t1]));
    let deep = group(&mut model, below, "deep");
    model.groups[deep].variables.push(variable("z", INT, &[t1, t]));
    let second = group(&mut model, 0, "g 2");
    model.groups[second].variables = vec![variable("oo", opaque, &[t1])];
    let at = attribute("at", opaque, Values::Opaque(vec![[1].into()]));
    model.groups[second].variables[0].attributes = Attributes::List(vec![at]);
    let want = r#"netcdf t {
dimensions:
	t = UNLIMITED ; // (0 currently)
	x = 3 ;

group: g1 {
  types:
    int(*) vl ;
    opaque(3) \3op ;
  dimensions:
  	x = 5 ;
  variables:
  	int w(/x, x, t) ;
  	vl q ;

  group: \3\ sub {
    dimensions:
    	t = 7 ;
    variables:
    	\3op gg(/g1/t, x, /x, t) ;

    group: deep {
      variables:
      	int z(t, /g1/t) ;
      } // group deep
    } // group \3\ sub
  } // group g1

group: g\ 2 {
  variables:
  	/g1/\3op oo(/g1/3\ sub/t) ;
  		/g1/\3op oo:at = 0X01 ;
  } // group g\ 2
}
"#;
    assert_eq!(written(&model, false), want);
}

#[test]
fn special_attributes_say_how_variables_are_stored() {
    let mut model = model(Variant::Netcdf4);
    model.provenance.properties = Some(b"version=2,\"x\""[..].into());
    model.provenance.superblock = 2;
    model.provenance.marked = true;
    let filter = |id, parameters: &[u32]| StorageFilter { id, parameters: parameters.into() };
    let filters = vec![
        filter(1, &[5]),
        filter(1, &[7]),
        filter(32015, &[4]),
        filter(2, &[4]),
        filter(3, &[]),
        filter(4, &[169, 8, 32, 20]),
    ];
    let stored = |name: &str, kind, layout, filters, no_fill| {
        let storage = Storage { layout, filters, endianness: Some(Endianness::Big), no_fill };
        Variable { storage: Some(Box::new(storage)), ..variable(name, kind, &[]) }
    };
    let opaque = kind(&mut model, 0, "op", UserClass::Opaque { size: 3 });
    model.groups[0].variables = vec![
        stored("types", INT, StorageLayout::Chunked(vec![100, 20]), filters, true),
        stored("b", Type::Atomic(Atomic::Byte), StorageLayout::Compact, vec![], false),
        stored("o", opaque, StorageLayout::Virtual, vec![], false),
    ];
    group(&mut model, 0, "g");
    let want = r#"netcdf t {
types:
  opaque(3) op ;
variables:
	int types ;
		types:_Storage = "chunked" ;
		types:_ChunkSizes = 100, 20 ;
		types:_Fletcher32 = "true" ;
		types:_Shuffle = "true" ;
		types:_DeflateLevel = 7 ;
		types:_Filter = "32015,4|4,32,8" ;
		types:_Endianness = "big" ;
		types:_NoFill = "true" ;
	byte b ;
		b:_Storage = "compact" ;
	op o ;
		o:_Storage = "unknown" ;

// global attributes:
		:_NCProperties = "version=2,"x"" ;
		:_SuperblockVersion = 2 ;
		:_IsNetcdf4 = 1 ;
		:_Format = "netCDF-4" ;

group: g {

  // group attributes:
  } // group g
}
"#;
    assert_eq!(written(&model, true), want);
}

#[test]
fn what_there_is_no_room_for_is_refused() {
    let mut model = model(Variant::Classic);
    dimension(&mut model, 0, "x", Some(1), false);
    let refused = write_to(&model, &Cdl { name: String::new() }, false, &Budget::new(1), &mut Vec::new());
    assert_eq!(refused.map_err(|error| error.kind()), Err(io::ErrorKind::OutOfMemory));
}
