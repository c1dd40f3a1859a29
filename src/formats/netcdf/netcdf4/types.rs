//! Which of netCDF's types an HDF5 type is.
//!
//! netCDF knows numbers by the native type that they are read into, and its own user types by their definition: a dataset or an
//! attribute is of the first committed type that is equal to its own.

use std::collections::HashMap;
use std::sync::Arc;

use crate::budget::OverBudget;
use crate::formats::hdf5::datatype::{Bits, Class, Datatype, Order};
use crate::formats::hdf5::number;
use crate::formats::netcdf::model::{Atomic, Field, GroupId, Model, Type, TypeId, UserClass, UserType};

/// The atomic type that elements are read as; `None`: they are of a user type, or of none that netCDF has.
pub(super) fn atomic(datatype: &Datatype) -> Option<Atomic> {
    match &datatype.class {
        Class::Fixed { bits, signed } => integer(*bits, *signed),
        Class::Float { .. } => match datatype.size {
            0..=4 => Some(Atomic::Float),
            5..=8 => Some(Atomic::Double),
            _ => None,
        },
        Class::String(_) => Some(Atomic::Char),
        Class::VlenString { .. } => Some(Atomic::String),
        _ => None,
    }
}

fn integer(bits: Bits, signed: bool) -> Option<Atomic> {
    Some(match (bits.precision, signed) {
        (0..=8, true) => Atomic::Byte,
        (0..=8, false) => Atomic::Ubyte,
        (9..=16, true) => Atomic::Short,
        (9..=16, false) => Atomic::Ushort,
        (17..=32, true) => Atomic::Int,
        (17..=32, false) => Atomic::Uint,
        (33..=64, true) => Atomic::Int64,
        (33..=64, false) => Atomic::Uint64,
        _ => return None,
    })
}

/// The byte order of numbers; `None` where they have none that netCDF knows.
pub(super) fn byte_order(datatype: &Datatype) -> Option<Order> {
    match &datatype.class {
        Class::Fixed { bits, .. } | Class::Float { bits, .. } => Some(bits.order).filter(|order| *order != Order::Vax),
        _ => None,
    }
}

/// The committed types of a file, in netCDF's order.
#[derive(Debug, Default)]
pub(super) struct Types {
    committed: Vec<Committed>,
    /// The first of those that are equal.
    ids: HashMap<Arc<Datatype>, TypeId>,
}

#[derive(Debug)]
struct Committed {
    name: Box<[u8]>,
    group: GroupId,
    datatype: Arc<Datatype>,
}

impl Types {
    /// Adds a committed type.
    pub(super) fn add(&mut self, name: Box<[u8]>, group: GroupId, datatype: Datatype) {
        let datatype = Arc::new(datatype);
        self.ids.entry(Arc::clone(&datatype)).or_insert(self.committed.len());
        self.committed.push(Committed { name, group, datatype });
    }

    /// The netCDF type of an HDF5 type; `None`: it has none.
    pub(super) fn of(&self, datatype: &Datatype) -> Option<Type> {
        match atomic(datatype) {
            Some(atomic) => Some(Type::Atomic(atomic)),
            None => self.user(datatype).map(Type::User),
        }
    }

    /// The same for a variable: text longer than one character is a string.
    pub(super) fn of_variable(&self, datatype: &Datatype) -> Option<Type> {
        match self.of(datatype) {
            Some(Type::Atomic(Atomic::Char)) if datatype.size > 1 => Some(Type::Atomic(Atomic::String)),
            of => of,
        }
    }

    fn user(&self, datatype: &Datatype) -> Option<TypeId> {
        self.ids.get(datatype).copied()
    }

    /// Puts all types into the model. Gives those that netCDF can't express: they stand there as opaque ones, so that the places
    /// of the others stay.
    pub(super) fn define(&self, model: &mut Model) -> Result<Vec<TypeId>, OverBudget> {
        let mut inexpressible = Vec::new();
        for Committed { name, group, datatype } in &self.committed {
            let class = self.class(datatype).unwrap_or_else(|| {
                inexpressible.push(model.types.len());
                UserClass::Opaque { size: datatype.size }
            });
            model.charge(cost(name, &class))?;
            if let Some(group) = model.groups.get_mut(*group) {
                group.types.push(model.types.len());
            }
            model.types.push(UserType { name: name.clone(), group: *group, class });
        }
        Ok(inexpressible)
    }

    fn class(&self, datatype: &Datatype) -> Option<UserClass> {
        Some(match &datatype.class {
            Class::Compound(members) => {
                let field = |member: &crate::formats::hdf5::datatype::Member| {
                    let (shape, of) = match &member.datatype.class {
                        Class::Array { dims, base } => (dims.clone(), &**base),
                        _ => (Vec::new(), &member.datatype),
                    };
                    Some(Field { name: member.name.clone(), kind: self.of(of)?, shape })
                };
                UserClass::Compound(members.iter().map(field).collect::<Option<_>>()?)
            }
            Class::Enum(enumeration) => {
                let Class::Fixed { bits, signed } = enumeration.base.class else { return None };
                let values = enumeration.values.chunks_exact(enumeration.base.size as usize).map(|raw| {
                    let value = number::integer(bits, signed, raw);
                    if signed { i128::from(value as i64) } else { i128::from(value) }
                });
                let members = enumeration.names.iter().cloned().zip(values).collect();
                UserClass::Enum { base: integer(bits, signed)?, members }
            }
            Class::Sequence(base) => UserClass::Vlen(self.of(base)?),
            Class::Opaque { .. } => UserClass::Opaque { size: datatype.size },
            _ => return None,
        })
    }
}

fn cost(name: &[u8], class: &UserClass) -> usize {
    let parts = match class {
        UserClass::Compound(fields) => {
            fields.iter().map(|field| size_of::<Field>() + field.name.len() + 4 * field.shape.len()).sum()
        }
        UserClass::Enum { members, .. } => {
            members.iter().map(|(name, _)| size_of::<(Box<[u8]>, i128)>() + name.len()).sum()
        }
        UserClass::Vlen(_) | UserClass::Opaque { .. } => 0,
    };
    size_of::<UserType>() + name.len() + parts
}
