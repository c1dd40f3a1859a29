//! Writes an object as it stands in the document, but for the path.

use super::attributes::Attribute;
use super::attributes_at_hand::{self, Outcome};
use super::chunk_index::Manifest;
use super::context::Context;
use super::datatype_json;
use super::fault::Damage;
use super::fragment::{Fragment, FragmentWriter};
use super::object::{AtHand, Description, Keep};
use super::object_header::ObjectHeader;
use crate::budget::OverBudget;
use crate::formats::name;

/// The text of an object, and where its chunks are.
#[derive(Debug, Default)]
pub(in crate::formats) struct ObjectText {
    pub(super) fragment: Fragment,
    pub(super) manifest: Option<Box<Manifest>>,
}

impl Keep for FragmentWriter {
    type Kept = ObjectText;

    fn keep(
        &mut self,
        object: Description,
        attributes: Vec<Attribute>,
        damages: &mut Vec<Damage>,
    ) -> Result<ObjectText, OverBudget> {
        damages.append(&mut begin(self, &object)?);
        for attribute in &attributes {
            let name = |out: &mut Vec<u8>| name::write(out, attribute.name());
            self.attribute(name, |out| attribute.write(out, damages))?;
        }
        Ok(ObjectText { fragment: self.finish()?, manifest: object.manifest })
    }

    fn keep_at_hand(
        &mut self,
        cx: &Context<'_>,
        header: &ObjectHeader,
        object: &mut Description,
        damages: &mut Vec<Damage>,
    ) -> Result<AtHand<ObjectText>, OverBudget> {
        let mut noted = begin(self, object)?;
        Ok(match attributes_at_hand::write(cx, header, self)? {
            Outcome::Written(of_attributes) => {
                damages.append(&mut noted);
                let text = ObjectText { fragment: self.finish()?, manifest: object.manifest.take() };
                AtHand::Kept(text, of_attributes)
            }
            Outcome::Lacks(heaps) => AtHand::Lacks(heaps),
            Outcome::Unusual => AtHand::Unusual,
        })
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
