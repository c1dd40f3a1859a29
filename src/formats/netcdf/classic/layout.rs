//! Where the data of the variables is: sizes, the length of a record, the number of records, and what the file's length says.

use super::header::{is_record, variable_path};
use crate::budget::Charge;
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::engine::source::Source;
use crate::engine::window::Stop;
use crate::formats::netcdf::model::{Array, Model, Type, Variable, Variant};

/// No file is so long: to ask for this byte is to ask for the length.
const BEYOND: u64 = u64::MAX - 1;

/// The data of one variable: all of it, or of one record.
#[derive(Debug, Clone, Copy)]
struct Slab {
    variable: usize,
    begin: u64,
    bytes: u64,
    record: bool,
}

impl Slab {
    /// Behind the last byte, of so many records with this stride; saturates.
    fn end(&self, numrecs: u64, stride: u64) -> u64 {
        let before = if self.record { stride.saturating_mul(numrecs.saturating_sub(1)) } else { 0 };
        self.begin.saturating_add(before).saturating_add(self.bytes)
    }
}

/// Fills in what the header leaves to be reckoned. `header_end`: where it ends, or `None` where it could not be read in
/// whole, so that nobody knows what a record is.
pub(super) async fn settle(
    model: &mut Model,
    numrecs: u64,
    header_end: Option<u64>,
    source: &Source,
    out: &mut Output,
) -> Result<(), Stop> {
    let written = match (model.variant, numrecs) {
        (Variant::Data64, u64::MAX) => None,
        (Variant::Classic | Variant::Offset64, numrecs) if numrecs == u64::from(u32::MAX) => None,
        _ => Some(numrecs),
    };
    let measured = measure(model, source, out);
    let (slabs, stride) = match (&measured, header_end) {
        (Ok((_, slabs, true)), Some(_)) => (&slabs[..], record_size(slabs)),
        _ => (&[][..], None),
    };
    if let (Ok((_, _, true)), Some(_), None) = (&measured, header_end, stride) {
        let message = "var_list: by its variables a record is larger than any file; where their data is can't be told";
        out.warn(Code::Malformed, header_end, "", message);
    }
    let counted = match (written, stride) {
        (None, Some(stride)) => count_records(slabs, stride, source, out).await,
        _ => Ok(written),
    };
    for variable in &mut model.groups[0].variables {
        match (&mut variable.array, stride) {
            (Array::Records { stride, .. }, Some(size)) => *stride = size,
            (array @ Array::Records { .. }, None) => *array = Array::None,
            _ => {}
        }
    }
    for dimension in model.dimensions.iter_mut().filter(|dimension| dimension.length == Some(0)) {
        dimension.length = counted.unwrap_or(None);
    }
    measured.as_ref().map_err(|stop| *stop)?;
    if let (Some(header_end), Some(stride), Some(numrecs)) = (header_end, stride, counted?) {
        let reach = Reach { slabs, stride, numrecs, header_end };
        reach.check_begins(model, source, out)?;
        reach.check_length(model, written.is_some(), source, out).await?;
    }
    Ok(())
}

/// The slabs of all variables whose size can be told; false: of one that has a part in each record it can't.
fn measure(model: &mut Model, source: &Source, out: &mut Output) -> Result<(Charge, Vec<Slab>, bool), Stop> {
    let charge = charge(source, model.groups[0].variables.len())?;
    let mut variables = std::mem::take(&mut model.groups[0].variables);
    let mut slabs = Vec::with_capacity(variables.len());
    let mut known = true;
    for (index, variable) in variables.iter_mut().enumerate() {
        let (begin, record) = match variable.array {
            Array::Contiguous { offset } => (offset, false),
            Array::Records { offset, .. } => (offset, true),
            Array::Written { .. } | Array::None => continue,
        };
        match bytes(model, variable, record) {
            Ok(bytes) => slabs.push(Slab { variable: index, begin, bytes, record }),
            Err(why) => {
                known &= !record;
                variable.array = Array::None;
                let message = format!("var_list: {why}; where the variable's data is can't be told");
                out.warn(Code::Malformed, variable.offset, variable_path(&variable.name), message);
            }
        }
    }
    model.groups[0].variables = variables;
    Ok((charge, slabs, known))
}

/// Charges a list of so many slabs.
fn charge(source: &Source, slabs: usize) -> Result<Charge, Stop> {
    Charge::new(source.budget(), slabs * size_of::<Slab>()).map_err(|_| Stop::Limit)
}

/// How long the data of a variable is, or what it has in one record.
fn bytes(model: &Model, variable: &Variable, record: bool) -> Result<u64, &'static str> {
    let size = match variable.kind {
        Type::Atomic(kind) => kind.size() as u64,
        Type::User(_) => return Err("it has a type of its own"),
    };
    let fixed = &variable.dimensions[usize::from(record)..];
    if fixed.iter().any(|id| is_record(model, *id)) {
        return Err("the record dimension is not the first one");
    }
    let product = fixed.iter().try_fold(size, |size, id| size.checked_mul(model.dimensions[*id].length?));
    // what is padded must be a number too
    product.filter(|bytes| *bytes <= u64::MAX - 3).ok_or("its dimensions make it larger than any file")
}

/// The stride of all record variables: the sum of their slabs with padding, but for a single one, which has none.
/// `None`: larger than any file.
fn record_size(slabs: &[Slab]) -> Option<u64> {
    let mut records = slabs.iter().filter(|slab| slab.record);
    match (records.next(), records.next()) {
        (Some(only), None) => Some(only.bytes),
        _ => {
            let mut records = slabs.iter().filter(|slab| slab.record);
            records.try_fold(0u64, |sum, slab| sum.checked_add(slab.bytes.next_multiple_of(4)))
        }
    }
}

/// How many records a file has that does not say it, by its length. `None`: that is not to be had, or ends inside a record.
async fn count_records(slabs: &[Slab], stride: u64, source: &Source, out: &mut Output) -> Result<Option<u64>, Stop> {
    let records = || slabs.iter().filter(|slab| slab.record);
    let (Some(first), Some(last)) =
        (records().map(|slab| slab.begin).min(), records().map(|slab| slab.end(1, stride)).max())
    else {
        return Ok(Some(0));
    };
    source.reach(BEYOND).await?;
    let Some(length) = source.eof().filter(|eof| *eof < BEYOND) else {
        let message = "the header leaves the number of records to the length of the file, which was not supplied";
        out.warn(Code::MissingBytes, first, "", message);
        return Ok(None);
    };
    let (there, one) = (length.saturating_sub(first), last - first);
    let whole = match there.checked_sub(one) {
        Some(more) => more / stride.max(1) + 1,
        None => 0,
    };
    // up to three bytes are padding, which the last record may lack, or have where the others have none
    if there.saturating_sub(whole.saturating_mul(stride)) > 3 {
        let message = "the header leaves the number of records to the length of the file, which ends inside a record";
        out.warn(Code::Truncated, length, "", message);
        return Ok(None);
    }
    Ok(Some(whole))
}

/// All that is known of where data is.
struct Reach<'a> {
    slabs: &'a [Slab],
    stride: u64,
    numrecs: u64,
    header_end: u64,
}

impl Reach<'_> {
    /// The slabs that have any data.
    fn used(&self) -> impl Iterator<Item = &Slab> + Clone {
        self.slabs.iter().filter(|slab| !slab.record || self.numrecs > 0)
    }

    /// Behind the last byte of all that a slab stands for.
    fn end(&self, slab: &Slab) -> u64 {
        slab.end(self.numrecs, self.stride)
    }

    /// Says whose data overlaps the header or other data. Where it is, is shown as the header says all the same.
    fn check_begins(&self, model: &Model, source: &Source, out: &mut Output) -> Result<(), Stop> {
        let order = |slab: &Slab| (slab.begin, slab.variable);
        if self.slabs.is_sorted_by_key(order) {
            self.check_in_order(self.used(), model, out); // as they are in most files: then no other list is needed
            return Ok(());
        }
        let _charge = charge(source, self.slabs.len())?;
        let mut slabs: Vec<Slab> = self.used().copied().collect();
        slabs.sort_unstable_by_key(order);
        self.check_in_order(slabs.iter(), model, out);
        Ok(())
    }

    /// The same of slabs by their offset.
    fn check_in_order<'s>(&self, slabs: impl Iterator<Item = &'s Slab>, model: &Model, out: &mut Output) {
        let records = || self.used().filter(|slab| slab.record);
        let first = records().map(|slab| slab.begin).min().unwrap_or(u64::MAX);
        let last = records().map(|slab| self.end(slab)).max().unwrap_or(0);
        let (mut fixed_end, mut record_end) = (0, 0);
        for slab in slabs {
            let end = slab.end(1, 0);
            let before = if slab.record { &mut record_end } else { &mut fixed_end };
            let overlaps = match slab.record {
                true => self.numrecs > 1 && end - first > self.stride,
                false => slab.begin < last && end > first,
            };
            let overlaps = overlaps || slab.begin < *before;
            *before = end.max(*before);
            let message = match overlaps {
                _ if slab.begin < self.header_end => "by the header this variable's data is in the header itself",
                true => "by the header this variable's data overlaps that of another one",
                false => continue,
            };
            let variable = &model.groups[0].variables[slab.variable];
            out.warn(Code::DataOverlap, slab.begin, variable_path(&variable.name), message);
        }
    }

    /// Says what the file's length means: data behind its end is lost, padding that lacks and what follows is only odd.
    async fn check_length(&self, model: &Model, written: bool, source: &Source, out: &mut Output) -> Result<(), Stop> {
        let single = self.slabs.iter().filter(|slab| slab.record).count() == 1;
        let padded = |slab: &Slab| match self.end(slab) {
            end if single && slab.record => end, // no padding stands between its records, and none is owed behind them
            end => end.checked_next_multiple_of(4).unwrap_or(u64::MAX),
        };
        let data_end = self.used().map(|slab| self.end(slab)).max().unwrap_or(0).max(self.header_end);
        let end = self.used().map(padded).max().unwrap_or(0).max(self.header_end);
        let behind = end.checked_next_multiple_of(4).unwrap_or(u64::MAX);
        // a pipe tells only by going on, or ending
        if source.has(behind).await? == Some(true) && written {
            let message = "more follows than the data of all variables and, by the header, of all records";
            out.warn(Code::TrailingBytes, behind, "", message);
        }
        let Some(length) = source.eof() else { return Ok(()) };
        for slab in self.used().filter(|slab| self.end(slab) > length) {
            let path = variable_path(&model.groups[0].variables[slab.variable].name);
            out.warn(Code::Truncated, length, path, "the file ends before the data of this variable");
        }
        if (data_end..end).contains(&length) {
            out.warn(Code::ShortPadding, length, "", "the file ends before the last variable's padding");
        }
        Ok(())
    }
}
