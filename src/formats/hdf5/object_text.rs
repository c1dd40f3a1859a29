//! Writes an object as it stands in the document, but for the path.

use super::attributes;
use super::chunk_index::Manifest;
use super::datatype_json;
use super::fault::Damage;
use super::fragment::{Fragment, FragmentWriter};
use super::object::{Description, Keep};
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

    fn keep(&mut self, object: Description, damages: &mut Vec<Damage>) -> Result<ObjectText, OverBudget> {
        let Description { dataset, manifest, datatype, attributes } = object;
        self.begin();
        if let Some(dataset) = &dataset {
            let stored = manifest.as_deref().and_then(Manifest::stored_bytes);
            let _ = dataset.write(self, stored, damages); // into memory: it can't fail
        }
        if let Some(datatype) = &datatype {
            self.key(",\"type\":");
            let _ = datatype_json::write(&mut self.text, datatype); // it can't fail either
        }
        self.end_members();
        if let Some(dataset) = &dataset {
            let _ = dataset.write_array(self);
        }
        self.end_array()?;
        for attribute in &attributes {
            let name = |out: &mut Vec<u8>| name::write(out, attribute.name());
            self.attribute(name, |out| attributes::write(attribute, out, damages))?;
        }
        Ok(ObjectText { fragment: self.finish()?, manifest })
    }
}
