//! Elements of the reference datatypes and of the variable-length ones (IV.A.2.d, appendix D), as they are stored.

use super::datatype::Reference;
use super::fields::{Address, Fields, Parse, Widths};

/// An object in the global heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HeapId {
    pub(super) collection: Address,
    pub(super) index: u32,
}

impl HeapId {
    /// `None` where it leads nowhere.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Option<HeapId>> {
        let (address, index) = (fields.address()?, fields.u32()?);
        Ok(address.filter(|address| *address != 0).map(|collection| HeapId { collection, index }))
    }
}

/// How many items a variable-length element has, and where they are; `None`: it is null, or has none.
pub(super) fn sequence(element: &[u8], widths: Widths) -> Option<(u32, HeapId)> {
    let mut fields = Fields::new(element, widths);
    let length = fields.u32().ok().filter(|length| *length > 0)?;
    Some((length, HeapId::decode(&mut fields).ok()??))
}

/// An element of a reference type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Null,
    /// An object's address stands in the element itself.
    Object(Address),
    /// The rest stands in the heap.
    Heap {
        id: HeapId,
        length: u32,
        form: Form,
    },
}

/// What a reference's heap object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The address of a dataset, and a selection.
    OldRegion,
    Standard {
        kind: Kind,
        external: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Region,
    Attribute,
}

/// Flag of a reference into another file.
const EXTERNAL: u8 = 1;

impl Stored {
    pub(super) fn decode(reference: Reference, element: &[u8], widths: Widths) -> Parse<Stored> {
        let mut fields = Fields::new(element, widths);
        match reference {
            Reference::Object => {
                let address = fields.address()?.filter(|address| *address != 0);
                Ok(address.map_or(Stored::Null, Stored::Object))
            }
            Reference::Region => {
                let length = u32::from(widths.offsets);
                let id = HeapId::decode(&mut fields)?;
                Ok(id.map_or(Stored::Null, |id| Stored::Heap { id, length, form: Form::OldRegion }))
            }
            Reference::Standard => Stored::decode_standard(&mut fields),
        }
    }

    fn decode_standard(fields: &mut Fields<'_>) -> Parse<Stored> {
        let kind = match fields.u8()? {
            0 => return Ok(Stored::Null),
            2 => Kind::Object,
            3 => Kind::Region,
            4 => Kind::Attribute,
            _ => return Err("its kind is not known"),
        };
        let external = fields.u8()? & EXTERNAL != 0;
        if kind == Kind::Object && !external {
            return Ok(token(fields)?.map_or(Stored::Null, Stored::Object));
        }
        let length = fields.u32()?;
        let id = HeapId::decode(fields)?;
        Ok(id.map_or(Stored::Null, |id| Stored::Heap { id, length, form: Form::Standard { kind, external } }))
    }
}

/// An object's token: in a file of this format its address.
fn token(fields: &mut Fields<'_>) -> Parse<Option<Address>> {
    let length = usize::from(fields.u8()?);
    if length < usize::from(fields.widths().offsets) {
        return Err("its token is no address");
    }
    let mut token = Fields::new(fields.take(length)?, fields.widths());
    Ok(token.address()?.filter(|address| *address != 0))
}

/// What the heap object of a reference says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob<'a> {
    pub(super) address: Option<Address>,
    /// The file that the address counts in, where it is another one.
    pub(super) file: Option<&'a [u8]>,
    pub(super) attribute: Option<&'a [u8]>,
    pub(super) kind: Kind,
}

impl<'a> Blob<'a> {
    /// Decodes it, without the selection of a region.
    pub(super) fn decode(form: Form, fields: &mut Fields<'a>) -> Parse<Blob<'a>> {
        match form {
            Form::OldRegion => {
                let address = fields.address()?.filter(|address| *address != 0);
                Ok(Blob { address, file: None, attribute: None, kind: Kind::Region })
            }
            Form::Standard { kind, external } => {
                let address = token(fields)?;
                let file = if external { Some(string(fields)?) } else { None };
                let attribute = if kind == Kind::Attribute { Some(string(fields)?) } else { None };
                Ok(Blob { address, file, attribute, kind })
            }
        }
    }
}

fn string<'a>(fields: &mut Fields<'a>) -> Parse<&'a [u8]> {
    let length = fields.u16()?;
    fields.take(length.into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    fn stored(reference: Reference, element: &[u8]) -> Parse<Stored> {
        Stored::decode(reference, element, WIDTHS)
    }

    #[test]
    fn null_has_several_forms() {
        assert_eq!(stored(Reference::Object, &[0; 8]), Ok(Stored::Null));
        assert_eq!(stored(Reference::Object, &[0xFF; 8]), Ok(Stored::Null));
        assert_eq!(stored(Reference::Region, &[0; 12]), Ok(Stored::Null));
        assert_eq!(stored(Reference::Standard, &[0; 18]), Ok(Stored::Null));
        assert_eq!(sequence(&[0; 16], WIDTHS), None);
        assert_eq!(sequence(&[[5, 0, 0, 0].as_slice(), &[0; 12]].concat(), WIDTHS), None);
        let id = HeapId { collection: 7, index: 1 };
        assert_eq!(sequence(&[5, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], WIDTHS), Some((5, id)));
    }

    #[test]
    fn damage_is_said() {
        assert!(stored(Reference::Standard, &[1; 18]).is_err(), "kind");
        assert!(stored(Reference::Standard, &[2, 0, 4, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_err(), "token");
        let form = Form::Standard { kind: Kind::Attribute, external: false };
        let blob = [8, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, b'u'];
        assert!(Blob::decode(form, &mut Fields::new(&blob, WIDTHS)).is_err(), "name");
    }
}
