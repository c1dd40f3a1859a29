//! What is kept of an HDF5 object until the whole file is read.

use std::sync::Arc;

use super::LEAST_VALUE;
use super::element::{Converter, TooMuch};
use super::types::{atomic, byte_order};
use crate::budget::{Budget, Charge, OverBudget};
use crate::formats::hdf5::attributes::Attribute;
use crate::formats::hdf5::chunk_index::Manifest;
use crate::formats::hdf5::dataset::{Dataset, Place};
use crate::formats::hdf5::datatype::{Class, Datatype, Order};
use crate::formats::hdf5::fault::Damage;
use crate::formats::hdf5::fields::Address;
use crate::formats::hdf5::fragment::{Fragment, FragmentWriter};
use crate::formats::hdf5::known_types::Type;
use crate::formats::hdf5::netcdf_mark::DIMENSION_ONLY;
use crate::formats::hdf5::object::{Description, Keep};
use crate::formats::hdf5::value::{Items, referenced, until_nul};
use crate::formats::netcdf::model::{self, Atomic, Endianness, Storage, StorageFilter, StorageLayout};
use crate::formats::netcdf::value::{Number, Values};

/// What netCDF makes of an object.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Without those that netCDF hides, in its order.
    pub(super) attributes: Vec<KeptAttribute>,
    pub(super) hidden: Hidden,
    pub(super) dataset: Option<Box<KeptDataset>>,
    /// Of a named datatype.
    pub(super) datatype: Option<Datatype>,
    pub(super) charge: Option<Charge>,
}

#[derive(Debug, Clone)]
pub(super) struct KeptAttribute {
    pub(super) name: Box<[u8]>,
    pub(super) kind: AttributeKind,
    pub(super) values: Values<'static>,
    /// It has several dimensions, and is shown as a list.
    pub(super) is_flattened: bool,
    /// What it takes, in bytes.
    pub(super) cost: usize,
}

/// The type of an attribute, before the user types are known.
#[derive(Debug, Clone)]
pub(super) enum AttributeKind {
    Atomic(Atomic),
    /// One of the file's user types, or none.
    Other(Arc<Type>),
    /// The same, once it was looked up.
    Known(Option<model::Type>),
}

/// What attributes say that netCDF keeps for itself.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// It is a dimension scale.
    pub(super) is_scale: bool,
    /// It is a dimension scale and no variable.
    pub(super) is_dimension_only: bool,
    /// The attribute that says so, or that it is not, is there.
    pub(super) is_named: bool,
    /// The netCDF id of the dimension.
    pub(super) dimension: Option<i64>,
    /// The netCDF ids of the dimensions of a variable.
    pub(super) coordinates: Option<Vec<i64>>,
    /// The scale of each dimension, where there is one.
    pub(super) scales: Vec<Option<Address>>,
    /// What made the file.
    pub(super) properties: Option<Box<[u8]>>,
    /// The file keeps to the classic model.
    pub(super) is_strict: bool,
    /// How many of the attributes that are netCDF's own business it has.
    pub(super) marks: u32,
}

#[derive(Debug, Clone)]
pub(super) struct KeptDataset {
    pub(super) datatype: Arc<Type>,
    /// Length and whether it is unlimited.
    pub(super) dims: Vec<(u64, bool)>,
    pub(super) storage: Storage,
    /// The members of the entry in `properties.arrays`.
    pub(super) array: Fragment,
    pub(super) manifest: Option<Arc<Manifest>>,
}

/// Attributes that are netCDF's own business, in any object.
const RESERVED: [&[u8]; 12] = [
    b"CLASS",
    b"DIMENSION_LIST",
    b"NAME",
    b"REFERENCE_LIST",
    b"_Format",
    b"_IsNetcdf4",
    b"_NCProperties",
    b"_NCZARR_ATTR",
    b"_Netcdf4Coordinates",
    b"_Netcdf4Dimid",
    b"_SuperblockVersion",
    b"_nc3_strict",
];

/// Keeps of each object what netCDF shows of it.
pub(super) struct Keeper {
    arrays: FragmentWriter,
    budget: Budget,
    /// How long the values of attributes may be.
    most: u64,
}

impl Keeper {
    pub(super) fn new(budget: &Budget, most: u64) -> Keeper {
        Keeper { arrays: FragmentWriter::new(budget), budget: budget.clone(), most }
    }

    fn array(&mut self, dataset: &Dataset) -> Result<Fragment, OverBudget> {
        self.arrays.begin();
        self.arrays.end_members();
        let _ = dataset.write_array(&mut self.arrays); // into memory: it can't fail
        self.arrays.end_array()?;
        self.arrays.finish()
    }
}

impl Keep for Keeper {
    type Kept = Kept;
    const SHOWS_NAMES: bool = false; // CDL shows the bytes

    fn keep(
        &mut self,
        object: Description,
        mut attributes: Vec<Attribute>,
        _: &mut Vec<Damage>,
    ) -> Result<Kept, OverBudget> {
        let Description { dataset, manifest, datatype } = object;
        attributes.sort_by_key(Attribute::order);
        let mut charge = Charge::new(&self.budget, datatype.as_ref().map_or(0, Datatype::held))?;
        let mut kept = Kept { datatype, ..Kept::default() };
        for attribute in &attributes {
            if kept.hidden.take(attribute) {
                continue;
            }
            let (kind, values, taken) = self.attribute(attribute)?;
            let of_type = if let AttributeKind::Other(of) = &kind { of.datatype.held() } else { 0 };
            let taken = taken + size_of::<KeptAttribute>() + attribute.name().len() + of_type;
            charge.grow_by(taken)?;
            let is_flattened = attribute.dataspace.dims().is_some_and(|dims| dims.len() > 1);
            let name = attribute.name().into();
            kept.attributes.push(KeptAttribute { name, kind, values, is_flattened, cost: taken });
        }
        if let Some(dataset) = dataset
            && let (Some(datatype), Some(dataspace)) = (&dataset.datatype, &dataset.dataspace)
        {
            let dims = dataspace.extents();
            let array = self.array(&dataset)?;
            charge.grow_by(size_of::<KeptDataset>() + 16 * dims.len() + datatype.datatype.held())?;
            let storage = storage(&dataset, &datatype.datatype);
            let (datatype, manifest) = (datatype.clone(), manifest.map(Arc::from));
            kept.dataset = Some(Box::new(KeptDataset { datatype, dims, storage, array, manifest }));
        }
        kept.charge = Some(charge);
        Ok(kept)
    }
}

impl Keeper {
    /// Type and values of an attribute, and what the values take. Over the budget: they would take more than there is left.
    fn attribute(&self, attribute: &Attribute) -> Result<(AttributeKind, Values<'static>, usize), OverBudget> {
        let stored = attribute.stored();
        let (datatype, resolved) = (stored.datatype, &attribute.resolved);
        let is_array = stored.dataspace.dims().is_some_and(|dims| !dims.is_empty());
        // Text of fixed length is `char`, but several such texts are strings.
        let as_strings = is_array && matches!(datatype.class, Class::String(_));
        let kind = match atomic(datatype) {
            Some(Atomic::Char) if as_strings => AttributeKind::Atomic(Atomic::String),
            Some(atomic) => AttributeKind::Atomic(atomic),
            None => AttributeKind::Other(attribute.datatype.clone()),
        };
        let raw = stored.bytes().unwrap_or(&[]);
        let mut converter = Converter::new(resolved, self.most, self.budget.limit().saturating_sub(self.budget.used()));
        let omitted =
            || Values::Omitted { offset: Some(attribute.offset()), length: stored.length().unwrap_or(u64::MAX) };
        if resolved.omitted || raw.len() as u64 > self.most && !datatype.is_in_heap() {
            return Ok((kind, omitted(), 0));
        }
        let values = match converter.values(datatype, raw, as_strings) {
            Ok(values) if converter.content > self.most => {
                drop(values);
                omitted()
            }
            Ok(values) => values,
            Err(TooMuch::ForTheBudget) => return Err(OverBudget),
            Err(TooMuch::ForTheLimit) => omitted(),
        };
        Ok((kind, values, converter.cost))
    }
}

impl Hidden {
    /// Takes an attribute that netCDF hides; false: it is one to show.
    fn take(&mut self, attribute: &Attribute) -> bool {
        let name = attribute.name();
        if !RESERVED.contains(&name) {
            return false;
        }
        self.marks += 1;
        match name {
            b"CLASS" => self.is_scale = until_nul(attribute.raw()) == b"DIMENSION_SCALE",
            b"NAME" => {
                self.is_dimension_only = attribute.raw().starts_with(DIMENSION_ONLY);
                self.is_named = true;
            }
            b"_Netcdf4Dimid" => self.dimension = numbers(attribute).and_then(|all| all.first().copied()),
            b"_Netcdf4Coordinates" => self.coordinates = numbers(attribute),
            b"DIMENSION_LIST" => self.scales = scales(attribute),
            b"_NCProperties" => self.properties = text(attribute),
            b"_nc3_strict" => self.is_strict = true,
            _ => {}
        }
        true
    }
}

/// The text of an attribute, whether it is of fixed length or not.
fn text(attribute: &Attribute) -> Option<Box<[u8]>> {
    let stored = attribute.stored();
    match Converter::new(&attribute.resolved, LEAST_VALUE, u64::MAX).values(stored.datatype, stored.bytes()?, true) {
        Ok(Values::Strings(strings)) => strings.into_iter().next().flatten(),
        _ => None,
    }
}

/// The integers of an attribute.
fn numbers(attribute: &Attribute) -> Option<Vec<i64>> {
    let stored = attribute.stored();
    let raw = stored.bytes()?;
    let values = Converter::new(&attribute.resolved, raw.len() as u64, u64::MAX).values(stored.datatype, raw, false);
    let Ok(Values::Numbers(numbers)) = values else { return None };
    let integer = |number| match number {
        Number::Signed(value) => Some(value),
        Number::Unsigned(value) => i64::try_from(value).ok(),
        Number::Float(_) | Number::Double(_) => None,
    };
    numbers.iter().map(integer).collect()
}

/// The scale of each dimension: of several the last one, as netcdf-c takes it.
fn scales(attribute: &Attribute) -> Vec<Option<Address>> {
    let stored = attribute.stored();
    let Class::Sequence(base) = &stored.datatype.class else { return Vec::new() };
    let Class::Reference(kind) = base.class else { return Vec::new() };
    let of = |element: &[u8]| match Items::of(element, base, &attribute.resolved) {
        Items::Here { bytes, .. } => {
            let last = bytes.chunks_exact(base.size as usize).next_back()?;
            referenced(kind, last, &attribute.resolved)
        }
        Items::Null | Items::Missing => None,
    };
    stored.bytes().unwrap_or(&[]).chunks_exact(stored.datatype.size as usize).map(of).collect()
}

fn storage(dataset: &Dataset, datatype: &Datatype) -> Storage {
    let layout = match &dataset.layout {
        Some(Place::Compact { .. }) => StorageLayout::Compact,
        // Also in other files: to netCDF that is the same.
        Some(Place::Contiguous { .. } | Place::External(_)) => StorageLayout::Contiguous,
        Some(Place::Chunked(chunked)) => StorageLayout::Chunked(chunked.shape.clone()),
        Some(Place::Virtual(_)) => StorageLayout::Virtual,
        None => StorageLayout::Unknown,
    };
    let filters = dataset.filters.iter().flatten();
    let filters = filters.map(|filter| StorageFilter { id: filter.id, parameters: filter.params.clone() }).collect();
    let endianness = byte_order(datatype).map(|order| match order {
        Order::Big => Endianness::Big,
        _ => Endianness::Little,
    });
    Storage { layout, filters, endianness, no_fill: matches!(dataset.fill_value, Some(None)) }
}
