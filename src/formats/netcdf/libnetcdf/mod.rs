//! A NetCDF file as libnetcdf shows it: the same model, filled through the C library, for whoever asked for that.
//!
//! - [`calls`]: the library's calls
//! - [`values`]: values as it puts them into memory
//!
//! What the library does not tell stays out of the model: where in the file something stands, and so `properties.arrays`.

mod calls;
mod values;

use std::collections::HashMap;
use std::ffi::c_int;
use std::path::Path;

use netcdf_sys as nc;

use self::calls::{File, Owner, TypeCode};
use self::values::{Class, InMemory, Types};
use super::model::{
    Array, Atomic, Attribute, Attributes, Dimension, DimensionId, Endianness, Field, Group, GroupId, Model, Provenance,
    Storage, StorageFilter, StorageLayout, Type, TypeId, UserClass, UserType, Variable, Variant,
};
use super::value::{Number, Values};
use crate::budget::OverBudget;
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::engine::window::Stop;
use crate::error::Result;
use crate::formats::{name, say_stopped, stopped};
use crate::options::Options;

/// Reads a file through libnetcdf; everything is in `out` then. Gives the name of the reader.
pub(in crate::formats) fn read(path: &Path, out: &mut Output, options: &Options) -> Result<String> {
    let file = File::open(path)?;
    let format = file.format()?;
    let variant = match format {
        nc::NC_FORMAT_CLASSIC => Variant::Classic,
        nc::NC_FORMAT_64BIT_OFFSET => Variant::Offset64,
        nc::NC_FORMAT_64BIT_DATA => Variant::Data64,
        nc::NC_FORMAT_NETCDF4_CLASSIC => Variant::Netcdf4Classic,
        _ => Variant::Netcdf4,
    };
    let model = Model::new(variant, out.budget()).map_err(over_budget)?;
    let mut filler = Filler {
        is_classic: !matches!(variant, Variant::Netcdf4 | Variant::Netcdf4Classic),
        model,
        out,
        options,
        groups: vec![file.root()],
        dimensions: HashMap::new(),
        types: atomic_types(&file)?,
        ids: HashMap::new(),
    };
    filler.groups()?;
    filler.types()?;
    filler.members()?;
    filler.provenance();
    let model = filler.model;
    if super::read::write(model, out, options).is_err() {
        say_stopped(out, None, 0, "/".into());
    }
    Ok(calls::version())
}

fn over_budget(_: OverBudget) -> crate::error::Error {
    stopped(Stop::Limit)
}

const ATOMIC: [(TypeCode, Atomic); 12] = [
    (nc::NC_BYTE, Atomic::Byte),
    (nc::NC_CHAR, Atomic::Char),
    (nc::NC_SHORT, Atomic::Short),
    (nc::NC_INT, Atomic::Int),
    (nc::NC_FLOAT, Atomic::Float),
    (nc::NC_DOUBLE, Atomic::Double),
    (nc::NC_UBYTE, Atomic::Ubyte),
    (nc::NC_USHORT, Atomic::Ushort),
    (nc::NC_UINT, Atomic::Uint),
    (nc::NC_INT64, Atomic::Int64),
    (nc::NC_UINT64, Atomic::Uint64),
    (nc::NC_STRING, Atomic::String),
];

fn atomic(code: TypeCode) -> Option<Atomic> {
    ATOMIC.iter().find(|(known, _)| *known == code).map(|(_, atomic)| *atomic)
}

fn atomic_types(file: &File) -> Result<Types> {
    let all = ATOMIC.iter().map(|(code, atomic)| {
        Ok((*code, InMemory { size: file.root().size_of(*code)?, class: Class::Atomic(*atomic) }))
    });
    all.collect()
}

struct Filler<'a> {
    is_classic: bool,
    model: Model,
    out: &'a mut Output,
    options: &'a Options,
    /// As libnetcdf numbers them, in the model's order.
    groups: Vec<calls::Group>,
    dimensions: HashMap<c_int, DimensionId>,
    types: Types,
    ids: HashMap<TypeCode, TypeId>,
}

impl Filler<'_> {
    fn charge(&mut self, bytes: usize) -> Result<()> {
        self.model.charge(bytes).map_err(over_budget)
    }

    /// The groups and their dimensions.
    fn groups(&mut self) -> Result<()> {
        let mut at: GroupId = 0;
        while let Some(group) = self.groups.get(at).copied() {
            let unlimited = group.unlimited()?;
            for id in group.dimensions()? {
                let (name, length) = group.dimension(id)?;
                self.charge(size_of::<Dimension>() + name.len() + 64)?;
                self.dimensions.insert(id, self.model.dimensions.len());
                self.model.groups[at].dimensions.push(self.model.dimensions.len());
                let unlimited = unlimited.contains(&id);
                self.model.dimensions.push(Dimension { name, group: at, length: Some(length), unlimited });
            }
            // Classic files have none, and libnetcdf an error for who asks.
            for child in if self.is_classic { Vec::new() } else { group.groups()? } {
                let name = child.name()?;
                self.charge(2 * size_of::<Group>() + name.len())?;
                let id = self.model.groups.len();
                self.model.groups.push(Group { name, parent: Some(at), ..Group::default() });
                self.model.groups[at].groups.push(id);
                self.groups.push(child);
            }
            at += 1;
        }
        Ok(())
    }

    /// The user types: first all of their ids, since they are made of one another.
    fn types(&mut self) -> Result<()> {
        if self.is_classic {
            return Ok(());
        }
        let mut all = Vec::new();
        for (id, group) in self.groups.iter().enumerate() {
            for code in group.types()? {
                self.ids.insert(code, all.len());
                all.push((id, code));
            }
        }
        for (group, code) in all {
            let library = self.groups[group];
            let of = library.user_type(code)?;
            let (class, in_memory) = match c_int::from(of.class) {
                class if class == nc::NC_COMPOUND as c_int => {
                    let fields = (0..of.fields).map(|index| library.field(code, index)).collect::<Result<Vec<_>>>()?;
                    let shown = fields.iter().map(|field| Field {
                        name: field.name.clone(),
                        kind: self.kind(field.kind),
                        shape: field.shape.clone(),
                    });
                    (UserClass::Compound(shown.collect()), Class::Compound(fields))
                }
                class if class == nc::NC_ENUM as c_int => {
                    let base = atomic(of.base).unwrap_or(Atomic::Int);
                    let member = |index| {
                        let (name, bytes) = library.member(code, index)?;
                        Ok((name, whole(base, bytes)))
                    };
                    let members = (0..of.fields).map(member).collect::<Result<Vec<_>>>()?;
                    (UserClass::Enum { base, members }, Class::Enum(base))
                }
                class if class == nc::NC_VLEN as c_int => (UserClass::Vlen(self.kind(of.base)), Class::Vlen(of.base)),
                _ => (UserClass::Opaque { size: u32::try_from(of.size).unwrap_or(u32::MAX) }, Class::Opaque),
            };
            self.charge(size_of::<UserType>() + of.name.len() + of.fields * 2 * size_of::<Field>())?;
            self.types.insert(code, InMemory { size: of.size, class: in_memory });
            self.model.groups[group].types.push(self.model.types.len());
            self.model.types.push(UserType { name: of.name, group, class });
        }
        Ok(())
    }

    /// The type of this number, one of libnetcdf's own or of the file's.
    fn kind(&self, code: TypeCode) -> Type {
        match (atomic(code), self.ids.get(&code)) {
            (None, Some(id)) => Type::User(*id),
            (atomic, _) => Type::Atomic(atomic.unwrap_or(Atomic::Int)),
        }
    }

    /// Attributes and variables.
    fn members(&mut self) -> Result<()> {
        for id in 0..self.groups.len() {
            let library = self.groups[id];
            self.model.groups[id].attributes = self.attributes(library.owner())?;
            for variable in library.variables()? {
                let of = library.variable(variable)?;
                let attributes = self.attributes(library.owner_of(variable))?;
                self.charge(2 * size_of::<Variable>() + of.name.len() + 8 * of.dimensions.len())?;
                let dimensions: Vec<_> =
                    of.dimensions.iter().filter_map(|id| self.dimensions.get(id).copied()).collect();
                if dimensions.len() < of.dimensions.len() {
                    let message = "libnetcdf says of a variable that it has a dimension which libnetcdf does not list";
                    self.out.warn(Code::Unsupported, None, name::text(&of.name).into_owned(), message);
                }
                let storage = match self.is_classic {
                    true => None,
                    false => Some(Box::new(storage(library, variable, of.dimensions.len(), of.kind)?)),
                };
                let variable = Variable {
                    name: of.name,
                    offset: 0,
                    kind: self.kind(of.kind),
                    dimensions: dimensions.into(),
                    attributes: Attributes::List(attributes),
                    storage,
                    array: Array::None,
                };
                self.model.groups[id].variables.push(variable);
            }
        }
        Ok(())
    }

    fn attributes(&mut self, owner: Owner) -> Result<Vec<Attribute<'static>>> {
        let mut attributes = Vec::new();
        for attribute in owner.attributes()? {
            let size = self.types.get(&attribute.kind).map_or(0, |of| of.size);
            let most = self.options.longest_value();
            let length = attribute.count.saturating_mul(size);
            // Twice: what libnetcdf gives, and what is made of it.
            self.charge(size_of::<Attribute>() + attribute.name().len() + length.saturating_mul(2))?;
            let values = match values::read(&attribute, &self.types) {
                Ok((_, content)) if content > most => Values::Omitted { offset: None, length: content },
                Ok((values, content)) => {
                    self.charge(usize::try_from(content).unwrap_or(usize::MAX))?;
                    values
                }
                Err(error) => {
                    let message = format!("an attribute can't be read: {}", error.message());
                    self.out.warn(Code::Unsupported, None, name::text(attribute.name()).into_owned(), message);
                    Values::Missing
                }
            };
            let kind = self.kind(attribute.kind);
            attributes.push(Attribute { name: attribute.name().to_vec().into(), kind, values });
        }
        Ok(attributes)
    }

    /// What only `ncdump -s` shows: attributes that libnetcdf does not list.
    fn provenance(&mut self) {
        if self.is_classic {
            return;
        }
        let root = self.groups[0].owner();
        let value = |name: &[u8]| Some(values::read(&root.attribute(name).ok()?, &self.types).ok()?.0);
        let integer = |name: &[u8]| match value(name)? {
            Values::Numbers(numbers) => match numbers.iter().next()? {
                Number::Signed(number) => Some(number),
                _ => None,
            },
            _ => None,
        };
        let properties = match value(b"_NCProperties") {
            Some(Values::Text(text)) => Some(text.into_owned().into()),
            _ => None,
        };
        let superblock = integer(b"_SuperblockVersion").and_then(|version| u8::try_from(version).ok()).unwrap_or(0);
        let marked = integer(b"_IsNetcdf4") == Some(1);
        self.model.provenance = Provenance { properties, superblock, marked, is_doubtful: false };
    }
}

/// A number as it stands in memory.
fn whole(kind: Atomic, bytes: [u8; 8]) -> i128 {
    let bytes = bytes.get(..kind.size()).unwrap_or(&bytes).to_vec().into();
    let numbers = super::value::Numbers { kind, big_endian: cfg!(target_endian = "big"), bytes };
    match numbers.iter().next() {
        Some(Number::Signed(number)) => number.into(),
        Some(Number::Unsigned(number)) => number.into(),
        _ => 0,
    }
}

fn storage(group: calls::Group, variable: c_int, rank: usize, kind: TypeCode) -> Result<Storage> {
    let (layout, chunks) = group.chunking(variable, rank)?;
    let layout = match layout {
        nc::NC_CHUNKED => StorageLayout::Chunked(chunks),
        nc::NC_CONTIGUOUS => StorageLayout::Contiguous,
        nc::NC_COMPACT => StorageLayout::Compact,
        nc::NC_VIRTUAL => StorageLayout::Virtual,
        _ => StorageLayout::Unknown,
    };
    let filter = |(id, parameters)| StorageFilter { id: u16::try_from(id).unwrap_or(u16::MAX), parameters };
    let has_order = !matches!(kind, nc::NC_CHAR | nc::NC_STRING) && atomic(kind).is_some();
    let endianness = match group.endianness(variable)? {
        nc::NC_ENDIAN_LITTLE if has_order => Some(Endianness::Little),
        nc::NC_ENDIAN_BIG if has_order => Some(Endianness::Big),
        _ => None,
    };
    let filters = group.filters(variable)?.into_iter().map(filter).collect();
    Ok(Storage { layout, filters, endianness, no_fill: group.is_unfilled(variable)? })
}
