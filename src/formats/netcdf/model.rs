//! What a file says in netCDF's own terms, classic and netCDF-4 alike: what the document and CDL are written from.
//!
//! Names and text are as stored; whoever shows them decides how. Groups, dimensions and types stand in lists of the whole
//! file and are named by their places there, as netCDF's own ids do.

use std::borrow::Cow;
use std::sync::Arc;

use super::classic::Stored;
use super::value::Values;
use crate::budget::{Budget, OverBudget, SteppedCharge};
use crate::formats::hdf5::chunk_index::Manifest;
use crate::formats::hdf5::fragment::Fragment;

/// A place in [`Model::groups`]; 0 is the root.
pub(super) type GroupId = usize;
/// A place in [`Model::dimensions`].
pub(super) type DimensionId = usize;
/// A place in [`Model::types`].
pub(super) type TypeId = usize;

/// A whole file.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) variant: Variant,
    /// A group stands behind the one that it is a member of; the root is the first.
    pub(super) groups: Vec<Group>,
    pub(super) dimensions: Vec<Dimension>,
    pub(super) types: Vec<UserType>,
    /// What only `ncdump -s` shows of the file itself.
    pub(super) provenance: Provenance,
    /// What all of it takes.
    pub(super) charge: SteppedCharge,
}

impl Model {
    /// A model with an empty root group.
    pub(super) fn new(variant: Variant, budget: &Budget) -> Result<Model, OverBudget> {
        Ok(Model {
            variant,
            groups: vec![Group::default()],
            dimensions: Vec::new(),
            types: Vec::new(),
            provenance: Provenance::default(),
            charge: SteppedCharge::new(budget)?,
        })
    }

    /// Charges what is about to be added.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.charge.grow_by(bytes)
    }
}

/// What a piece of heap takes beside its bytes.
const PIECE: usize = 16;

/// What so many bytes take in a box of their own.
pub(super) fn boxed(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + PIECE }
}

/// Adds to a list that is said to get `most` entries. What it grows to is charged first, and is never much more than it has.
pub(super) fn push<T>(list: &mut Vec<T>, item: T, most: u64, charge: &mut SteppedCharge) -> Result<(), OverBudget> {
    if list.len() == list.capacity() {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(list.len() + 1);
        let more = (list.len() * 2).max(4).min(most) - list.len();
        charge.grow_by(more * size_of::<T>())?;
        list.reserve_exact(more);
    }
    list.push(item);
    Ok(())
}

/// The five forms of netCDF files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// CDF-1
    Classic,
    /// CDF-2
    Offset64,
    /// CDF-5
    Data64,
    Netcdf4,
    /// netCDF-4 that keeps to the classic data model.
    Netcdf4Classic,
}

impl Variant {
    /// The name that stands in the document.
    pub(super) fn name(self) -> &'static str {
        match self {
            Variant::Classic => "classic",
            Variant::Offset64 => "64-bit-offset",
            Variant::Data64 => "64-bit-data",
            Variant::Netcdf4 => "netcdf-4",
            Variant::Netcdf4Classic => "netcdf-4-classic",
        }
    }
}

/// Where a netCDF-4 file comes from.
#[derive(Debug, Default)]
pub(super) struct Provenance {
    /// The attribute `_NCProperties`.
    pub(super) properties: Option<Box<[u8]>>,
    /// The version of the HDF5 superblock.
    pub(super) superblock: u8,
    /// The variables have netCDF's own marks, so that netCDF seems to have written the file: what `_IsNetcdf4` says.
    pub(super) marked: bool,
    /// Whether it keeps to the classic data model is not known, since a part of the file is missing.
    pub(super) is_doubtful: bool,
}

#[derive(Debug, Default)]
pub(super) struct Group {
    /// Empty for the root.
    pub(super) name: Box<[u8]>,
    pub(super) parent: Option<GroupId>,
    /// Its members, each in its order.
    pub(super) types: Vec<TypeId>,
    pub(super) dimensions: Vec<DimensionId>,
    pub(super) attributes: Vec<Attribute<'static>>,
    pub(super) variables: Vec<Variable>,
    pub(super) groups: Vec<GroupId>,
}

#[derive(Debug)]
pub(super) struct Dimension {
    pub(super) name: Box<[u8]>,
    /// Where it is defined.
    pub(super) group: GroupId,
    /// `None`: not known, since a part of the file is missing.
    pub(super) length: Option<u64>,
    pub(super) unlimited: bool,
}

#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub(super) name: Cow<'a, [u8]>,
    pub(super) kind: Type,
    pub(super) values: Values<'a>,
}

impl Attribute<'_> {
    /// What it takes beside its place in a list.
    pub(super) fn held(&self) -> usize {
        boxed(self.name.len()) + self.values.held()
    }

    /// The same with bytes of its own.
    pub(super) fn into_owned(self) -> Attribute<'static> {
        let Attribute { name, kind, values } = self;
        Attribute { name: name.into_owned().into(), kind, values: values.into_owned() }
    }
}

/// The attributes of a variable.
#[derive(Debug)]
pub(super) enum Attributes {
    List(Vec<Attribute<'static>>),
    /// As they stand in a classic header: to take each of many thousands apart costs more than to read them again.
    Stored(Stored),
}

impl Attributes {
    /// Calls `each` with one after the other.
    pub(super) fn try_for_each<E>(&self, mut each: impl FnMut(&Attribute<'_>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Attributes::List(list) => list.iter().try_for_each(each),
            Attributes::Stored(stored) => stored.iter().try_for_each(|attribute| each(&attribute)),
        }
    }

    /// How many of them could be read.
    pub(super) fn count(&self) -> usize {
        match self {
            Attributes::List(list) => list.iter().filter(|one| one.values != Values::Missing).count(),
            Attributes::Stored(stored) => stored.len(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: Box<[u8]>,
    /// Where it is described in the file, absolute.
    pub(super) offset: u64,
    pub(super) kind: Type,
    /// Shared: mostly the next variable has the same.
    pub(super) dimensions: Arc<[DimensionId]>,
    pub(super) attributes: Attributes,
    /// How it is stored; netCDF-4 only.
    pub(super) storage: Option<Box<Storage>>,
    pub(super) array: Array,
}

impl Variable {
    /// What it takes beside its place in a list, but for its dimensions, which it may share.
    pub(super) fn held(&self) -> usize {
        let attributes = match &self.attributes {
            Attributes::List(list) => {
                list.capacity() * size_of::<Attribute>() + list.iter().map(Attribute::held).sum::<usize>()
            }
            Attributes::Stored(_) => 0, // charged with the block that they are a part of
        };
        boxed(self.name.len()) + attributes
    }
}

/// The type of a variable, of an attribute, or of a part of a user type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Atomic(Atomic),
    User(TypeId),
}

/// netCDF's own types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Atomic {
    Byte,
    Char,
    Short,
    Int,
    Float,
    Double,
    Ubyte,
    Ushort,
    Uint,
    Int64,
    Uint64,
    String,
}

impl Atomic {
    /// The name that CDL and the document give it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Atomic::Byte => "byte",
            Atomic::Char => "char",
            Atomic::Short => "short",
            Atomic::Int => "int",
            Atomic::Float => "float",
            Atomic::Double => "double",
            Atomic::Ubyte => "ubyte",
            Atomic::Ushort => "ushort",
            Atomic::Uint => "uint",
            Atomic::Int64 => "int64",
            Atomic::Uint64 => "uint64",
            Atomic::String => "string",
        }
    }

    /// Bytes of one element, as numbers are packed; 1 for strings, whose elements differ.
    pub(super) fn size(self) -> usize {
        match self {
            Atomic::Byte | Atomic::Char | Atomic::Ubyte | Atomic::String => 1,
            Atomic::Short | Atomic::Ushort => 2,
            Atomic::Int | Atomic::Float | Atomic::Uint => 4,
            Atomic::Double | Atomic::Int64 | Atomic::Uint64 => 8,
        }
    }
}

#[derive(Debug)]
pub(super) struct UserType {
    pub(super) name: Box<[u8]>,
    /// Where it is defined.
    pub(super) group: GroupId,
    pub(super) class: UserClass,
}

#[derive(Debug)]
pub(super) enum UserClass {
    Compound(Vec<Field>),
    Enum { base: Atomic, members: Vec<(Box<[u8]>, i128)> },
    Vlen(Type),
    Opaque { size: u32 },
}

/// A field of a compound type.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Box<[u8]>,
    pub(super) kind: Type,
    /// Empty for a scalar.
    pub(super) shape: Vec<u32>,
}

/// How a variable of a netCDF-4 file is stored: what `ncdump -s` shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Storage {
    pub(super) layout: StorageLayout,
    /// In the order in which a writer applies them.
    pub(super) filters: Vec<StorageFilter>,
    /// Of the stored numbers; `None` where order means nothing.
    pub(super) endianness: Option<Endianness>,
    /// The elements are not filled before they are written.
    pub(super) no_fill: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) enum StorageLayout {
    #[default]
    Contiguous,
    Compact,
    /// With the shape of a chunk.
    Chunked(Vec<u64>),
    Virtual,
    /// It could not be read.
    Unknown,
}

/// A filter by its number in HDF5 (1 deflate, 2 shuffle, 3 fletcher32, 4 szip, others as registered).
#[derive(Debug, Clone)]
pub(super) struct StorageFilter {
    pub(super) id: u16,
    pub(super) parameters: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endianness {
    Little,
    Big,
}

/// Where the numbers are: the variable's entry in `properties.arrays`.
#[derive(Debug)]
pub(super) enum Array {
    /// Classic, in one piece at this offset.
    Contiguous { offset: u64 },
    /// Classic, one piece for each record; the stride is the same for all.
    Records { offset: u64, stride: u64 },
    /// netCDF-4: the members of the entry as JSON, but for the path, and where its chunks are if that was asked for.
    Written { members: Fragment, manifest: Option<Arc<Manifest>> },
    /// There is no entry.
    None,
}
