//! Writes an object as it stands in the document, but for the path.

use super::attributes::Attribute;
use super::attributes_at_hand::{self, Outcome};
use super::chunk_index::Manifest;
use super::context::Context;
use super::datatype_json;
use super::fault::Damage;
use super::fragment::{Fragment, FragmentWriter};
use super::known_datasets::KnownDatasets;
use super::object::{AtHand, Description, Keep};
use super::object_header::ObjectHeader;
use crate::budget::{Budget, OverBudget};
use crate::formats::name;

/// The text of an object, and where its chunks are.
#[derive(Debug, Default)]
pub(in crate::formats) struct ObjectText {
    pub(super) fragment: Fragment,
    pub(super) manifest: Option<Box<Manifest>>,
}

/// Writes objects, one after the other.
#[derive(Debug)]
pub(super) struct ObjectWriter {
    text: FragmentWriter,
    known: KnownDatasets,
}

impl ObjectWriter {
    pub(super) fn new(budget: &Budget) -> Self {
        ObjectWriter { text: FragmentWriter::new(budget), known: KnownDatasets::new(budget) }
    }

    /// Writes the attributes, where nothing but these is missing. The manifest is taken if that can be.
    fn attributes(
        &mut self,
        cx: &Context<'_>,
        header: &ObjectHeader,
        manifest: &mut Option<Box<Manifest>>,
    ) -> Result<AtHand<ObjectText>, OverBudget> {
        Ok(match attributes_at_hand::write(cx, header, &mut self.text)? {
            Outcome::Written(of_attributes) => {
                AtHand::Kept(ObjectText { fragment: self.text.finish()?, manifest: manifest.take() }, of_attributes)
            }
            Outcome::Lacks(heaps) => AtHand::Lacks(heaps),
            Outcome::Unusual => AtHand::Unusual,
        })
    }
}

impl Keep for ObjectWriter {
    type Kept = ObjectText;
    const SHOWS_NAMES: bool = true;

    fn keep(
        &mut self,
        object: Description,
        attributes: Vec<Attribute>,
        damages: &mut Vec<Damage>,
    ) -> Result<ObjectText, OverBudget> {
        let out = &mut self.text;
        damages.append(&mut begin(out, &object)?);
        for attribute in &attributes {
            let name = |out: &mut Vec<u8>| name::write(out, attribute.name());
            out.attribute(name, |out| attribute.write(out, damages))?;
        }
        Ok(ObjectText { fragment: out.finish()?, manifest: object.manifest })
    }

    fn keep_at_hand(
        &mut self,
        cx: &Context<'_>,
        header: &ObjectHeader,
        object: &mut Description,
        damages: &mut Vec<Damage>,
    ) -> Result<AtHand<ObjectText>, OverBudget> {
        let mut noted = begin(&mut self.text, object)?;
        if let Description { dataset: Some(dataset), manifest: None, .. } = object
            && header.is_whole()
            && damages.is_empty()
            && noted.is_empty()
        {
            self.known.learn(&cx.file, header, dataset, &self.text);
        }
        let kept = self.attributes(cx, header, &mut object.manifest)?;
        if matches!(kept, AtHand::Kept(..)) {
            damages.append(&mut noted);
        }
        Ok(kept)
    }

    fn keep_known(&mut self, cx: &Context<'_>, header: &ObjectHeader) -> Result<(AtHand<ObjectText>, u64), OverBudget> {
        let Some((known, address)) = self.known.find(&cx.file, header) else { return Ok((AtHand::Unusual, 0)) };
        let offset = address.map_or(0, |address| cx.file.offset(address));
        let data_end = known.extent().map_or(0, |size| offset.saturating_add(size));
        known.write(&mut self.text, offset)?;
        let kept = self.attributes(cx, header, &mut None)?;
        if data_end > 0 {
            cx.file.source.skip(offset, data_end);
        }
        Ok((kept, data_end))
    }
}

/// Writes what comes before the attributes.
fn begin(out: &mut FragmentWriter, object: &Description) -> Result<Vec<Damage>, OverBudget> {
    let mut damages = Vec::new();
    out.begin();
    if let Some(dataset) = &object.dataset {
        let stored = object.manifest.as_deref().and_then(Manifest::stored_bytes);
        let _ = dataset.write(out, stored, &mut damages); // into memory: it can't fail
    }
    if let Some(datatype) = &object.datatype {
        out.key(",\"type\":");
        let _ = datatype_json::write(&mut out.text, datatype); // it can't fail either
    }
    out.end_members();
    if let Some(dataset) = &object.dataset {
        let _ = dataset.write_array(out);
    }
    out.end_array()?;
    Ok(damages)
}
