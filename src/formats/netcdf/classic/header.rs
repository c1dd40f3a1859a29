//! The header: `magic numrecs dim_list gatt_list var_list`, as the specification of the classic formats names its parts.

use super::fields::{Fields, Lack, Odd};
use super::items::{Att, Var, WholeVar, attr, list, var_head, var_tail, var_whole};
use super::stored::Stored;
use crate::budget::SteppedCharge;
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::engine::stream::{Ended, Stream};
use crate::engine::window::Stop;
use crate::formats::name;
use crate::formats::netcdf::model::{
    Array, Attribute, Attributes, Dimension, DimensionId, Model, Type, Variable, boxed, push,
};

const NC_DIMENSION: u32 = 0x0A;
const NC_VARIABLE: u32 = 0x0B;
pub(super) const NC_ATTRIBUTE: u32 = 0x0C;

/// A header is read ahead by as much as was read of it, from here up to there.
const LEAST_AHEAD: u64 = 64 << 10;
const MOST_AHEAD: u64 = 1 << 20;

/// Why a header is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// Nothing more can be read, which was said.
    Over,
    /// The engine stopped the reading.
    Stop(Stop),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Halt::Stop(stop)
    }
}

/// A header that is being read into a model: dimensions that grow have the length 0 meanwhile, and arrays of records no stride.
pub(super) struct Header<'a> {
    pub(super) stream: &'a mut Stream,
    pub(super) out: &'a mut Output,
    pub(super) model: &'a mut Model,
    /// Longer values are left out.
    pub(super) max_value: u64,
    /// Of all variables; all ones while they are being written.
    pub(super) numrecs: u64,
    /// A variable is left out that may have had a part in each record.
    pub(super) lacks_variables: bool,
}

impl Header<'_> {
    /// What follows the magic.
    pub(super) async fn read(&mut self) -> Result<(), Halt> {
        self.numrecs = self.decode("header", None, |fields, _| fields.non_neg()).await?;
        self.dim_list().await?;
        let mut attributes = Vec::new();
        let read = self.att_list("gatt_list", None, &mut attributes).await;
        self.model.groups[0].attributes = attributes;
        read?;
        self.var_list().await
    }

    /// `ABSENT | NC_DIMENSION nelems [dim ...]`
    async fn dim_list(&mut self) -> Result<(), Halt> {
        const WHAT: &str = "dim_list";
        let count = self.list(WHAT, None, NC_DIMENSION).await?;
        let mut record_dimension = None;
        for id in 0..count {
            let offset = self.stream.offset();
            let (name, length) = self
                .decode(WHAT, None, |fields, charge| {
                    let name = fields.name()?;
                    let length = fields.non_neg()?;
                    charge.grow_by(boxed(name.len()))?;
                    Ok((Box::<[u8]>::from(name), length))
                })
                .await?;
            let unlimited = length == 0 && record_dimension.is_none();
            if length == 0 && record_dimension.replace(id).is_some() {
                let message =
                    "dim_list: a second dimension has no length of its own; only the first is the record dimension";
                self.warn(Code::Malformed, offset, String::new(), message);
            }
            let dimension = Dimension { name, group: 0, length: Some(length), unlimited };
            let Model { dimensions, groups, charge, .. } = &mut *self.model;
            let pushed = push(&mut groups[0].dimensions, dimensions.len(), count, charge)
                .and_then(|()| push(dimensions, dimension, count, charge));
            pushed.map_err(|_| Stop::Limit)?;
        }
        Ok(())
    }

    /// `ABSENT | NC_ATTRIBUTE nelems [attr ...]`
    async fn att_list(
        &mut self,
        what: &'static str,
        owner: Option<&[u8]>,
        list: &mut Vec<Attribute<'static>>,
    ) -> Result<(), Halt> {
        let count = self.list(what, owner, NC_ATTRIBUTE).await?;
        for _ in 0..count {
            let (start, limit) = (self.stream.offset(), self.max_value);
            let att = self.decode(what, owner, |fields, charge| attr(fields, start, limit)?.into_owned(charge)).await?;
            let attribute = match att {
                Att::Whole(attribute) => attribute,
                Att::Long(attribute, length) => {
                    self.stream.skip(length).await?;
                    attribute
                }
                Att::Unknown => {
                    let message = format!("{what}: an attribute is of no type, and so of no known length");
                    return Err(self.lose(start, owner, message));
                }
            };
            push(list, attribute, count, &mut self.model.charge).map_err(|_| Stop::Limit)?;
        }
        Ok(())
    }

    /// `ABSENT | NC_VARIABLE nelems [var ...]`
    async fn var_list(&mut self) -> Result<(), Halt> {
        let count = self.list("var_list", None, NC_VARIABLE).await?;
        for _ in 0..count {
            let offset = self.stream.offset();
            let var = match self.var_at_hand() {
                Some(var) => var,
                None => self.var().await?,
            };
            let Some(variable) = self.check(var, offset) else { continue };
            let Model { groups, charge, .. } = &mut *self.model;
            push(&mut groups[0].variables, variable, count, charge).map_err(|_| Stop::Limit)?;
        }
        Ok(())
    }

    /// A variable that is at hand in whole, as most are, and of which nothing is odd.
    fn var_at_hand(&mut self) -> Option<Var> {
        let charge = &mut self.model.charge;
        let before = charge.held();
        let mut fields = Fields::new(self.stream.buffered(), self.model.variant);
        let known = self.model.dimensions.len() as u64;
        let last = self.model.groups[0].variables.last().map(|last| &last.dimensions);
        let var = var_whole(&mut fields, self.max_value, known, last, charge);
        let Fields { at, odd, .. } = fields;
        let var = var.ok().filter(|_| odd.is_empty()).and_then(|WholeVar { head, attributes, count, tail }| {
            let (block, count) = (self.stream.share(attributes).ok()?, u32::try_from(count).ok()?);
            let attributes = Attributes::Stored(Stored { block, count, variant: self.model.variant });
            Some(Var { name: head.0, dimensions: head.1, attributes, kind: tail.0, begin: tail.1 })
        });
        match var {
            Some(_) => self.stream.consume(at),
            None => charge.shrink_by(charge.held() - before),
        }
        var
    }

    /// `name nelems [dimid ...] vatt_list nc_type vsize begin`, in as many pieces as it comes.
    async fn var(&mut self) -> Result<Var, Halt> {
        const WHAT: &str = "var_list";
        let known = self.model.dimensions.len() as u64;
        let (name, dimensions) =
            self.decode(WHAT, None, |fields, charge| var_head(fields, known, None, charge)).await?;
        let mut attributes = Vec::new();
        self.att_list("vatt_list", Some(&name), &mut attributes).await?;
        let (kind, begin) = self.decode(WHAT, Some(&name), |fields, _| var_tail(fields)).await?;
        Ok(Var { name, dimensions, attributes: Attributes::List(attributes), kind, begin })
    }

    /// The variable for the model. `None`: it makes no sense, which is said, but what follows may.
    fn check(&mut self, var: Var, offset: u64) -> Option<Variable> {
        let Var { name, dimensions, attributes, kind, begin } = var;
        let wrong = match (kind, dimensions) {
            (None, _) => "var_list: the variable is of no type; it is left out",
            (_, None) => "var_list: the variable has a dimension that is not listed; it is left out",
            (Some(kind), Some(dimensions)) => {
                let array = match dimensions.first().is_some_and(|id| is_record(self.model, *id)) {
                    true => Array::Records { offset: begin, stride: 0 },
                    false => Array::Contiguous { offset: begin },
                };
                let kind = Type::Atomic(kind);
                return Some(Variable { name, offset, kind, dimensions, attributes, storage: None, array });
            }
        };
        self.lacks_variables = true;
        self.warn(Code::Malformed, offset, path(Some(&name)), wrong);
        None
    }

    /// The tag and the number of what follows.
    async fn list(&mut self, what: &'static str, owner: Option<&[u8]>, tag: u32) -> Result<u64, Halt> {
        self.decode(what, owner, |fields, _| list(fields, tag)).await
    }

    /// Decodes what stands next, when as much of it is at hand as that takes; says what is odd about it.
    async fn decode<T>(
        &mut self,
        what: &'static str,
        owner: Option<&[u8]>,
        decode: impl Fn(&mut Fields<'_>, &mut SteppedCharge) -> Result<T, Lack>,
    ) -> Result<T, Halt> {
        loop {
            let start = self.stream.offset();
            let mut fields = Fields::new(self.stream.buffered(), self.model.variant);
            match decode(&mut fields, &mut self.model.charge) {
                Ok(item) => {
                    let Fields { at, odd, .. } = fields;
                    self.stream.consume(at);
                    for (at, odd) in odd {
                        self.say(odd, start + at as u64, what, owner);
                    }
                    return Ok(item);
                }
                Err(Lack::More(bytes)) => {
                    self.stream.read_ahead = start.clamp(LEAST_AHEAD, MOST_AHEAD) as usize;
                    if !self.stream.fill(bytes).await? {
                        return Err(self.cut(what, owner));
                    }
                }
                Err(Lack::Bad(at, why)) => {
                    return Err(self.lose(start + at as u64, owner, format!("{what}: {why}")));
                }
                Err(Lack::Limit) => return Err(Halt::Stop(Stop::Limit)),
            }
        }
    }

    fn say(&mut self, odd: Odd, offset: u64, what: &str, owner: Option<&[u8]>) {
        let (code, message) = match odd {
            Odd::Padding => (Code::HeaderPadding, "padding is not zero"),
            Odd::Name => (Code::CharsetUndecodable, "a name is not UTF-8; its bytes that do not decode are %XX"),
            Odd::Text => (Code::CharsetUndecodable, "text is not UTF-8; what does not decode is U+FFFD"),
        };
        self.out.warn(code, offset, path(owner), format!("{what}: {message}"));
    }

    /// Says that the header ends inside a structure, and why.
    fn cut(&mut self, what: &str, owner: Option<&[u8]>) -> Halt {
        let offset = self.stream.offset();
        match self.stream.ended() {
            Some(Ended::Missing) => {
                let message = "bytes of the file from here on were not supplied";
                self.warn(Code::MissingBytes, offset, path(owner), message);
            }
            _ => self.warn(Code::Truncated, offset, path(owner), format!("{what}: the file ends inside it")),
        }
        Halt::Over
    }

    /// Says that nothing can be read from here on.
    fn lose(&mut self, offset: u64, owner: Option<&[u8]>, message: String) -> Halt {
        self.warn(Code::Malformed, offset, path(owner), message + "; what follows is left out");
        Halt::Over
    }

    fn warn(&mut self, code: Code, offset: u64, path: String, message: impl Into<String>) {
        self.out.warn(code, offset, path, message);
    }
}

/// True for a dimension that grows, while the header is read.
pub(super) fn is_record(model: &Model, id: DimensionId) -> bool {
    model.dimensions[id].length == Some(0)
}

/// The path of a variable, of the root, or of the file as such, for warnings.
fn path(owner: Option<&[u8]>) -> String {
    owner.map(variable_path).unwrap_or_default()
}

/// The path of a variable.
pub(super) fn variable_path(name: &[u8]) -> String {
    format!("/{}", name::part(name))
}
