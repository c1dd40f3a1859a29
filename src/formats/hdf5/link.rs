//! Link messages (IV.A.2.g) and what a link leads to.

use super::fields::{Address, Fields, Parse};

/// One member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) name: Box<[u8]>,
    pub(super) target: Target,
    /// When it was made, where the group keeps that.
    pub(super) creation_order: Option<u64>,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) enum Target {
    /// The object header at an address.
    Hard(Address),
    /// A path in the same file.
    Soft(Box<[u8]>),
    /// An object in another file.
    External { file: Box<[u8]>, path: Box<[u8]> },
    /// Whatever a program has registered for this class.
    UserDefined(u8),
}

impl Target {
    /// Heap that it takes.
    pub(super) fn held(&self) -> usize {
        match self {
            Target::Hard(_) | Target::UserDefined(_) => 0,
            Target::Soft(path) => path.len(),
            Target::External { file, path } => file.len() + path.len(),
        }
    }
}

impl Link {
    /// Heap that it takes, but for its place in a list.
    pub(super) fn held(&self) -> usize {
        self.name.len() + self.target.held()
    }

    /// Reads the body of a link message.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<Link> {
        fields.version(1..=1)?;
        let flags = fields.u8()?;
        let class = if flags & 0x08 != 0 { fields.u8()? } else { 0 };
        let creation_order = if flags & 0x04 != 0 { Some(fields.u64()?) } else { None };
        if flags & 0x10 != 0 {
            fields.skip(1)?; // the character set: names are shown as UTF-8 in any case
        }
        let length = fields.uint(1 << (flags & 3))?;
        let name = fields.take(usize::try_from(length).map_err(|_| "its name has no length")?)?.into();
        let target = match class {
            0 => Target::Hard(fields.address()?.ok_or("a hard link leads nowhere")?),
            1 => {
                let length = fields.u16()?;
                Target::Soft(fields.take(length.into())?.into())
            }
            64 => {
                let length = fields.u16()?;
                let mut value = Fields::new(fields.take(length.into())?, fields.widths());
                value.version(0..=0)?; // in the upper half of this byte; the flags below are 0 too
                Target::External { file: value.until_nul()?.into(), path: value.until_nul()?.into() }
            }
            65.. => Target::UserDefined(class),
            _ => return Err("its class is reserved"),
        };
        Ok(Link { name, target, creation_order })
    }
}

/// Where the links of a group with many of them stand (link info message, IV.A.2.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkInfo {
    /// Fractal heap of the links; `None`: all links are messages.
    pub(super) heap: Option<Address>,
    /// B-tree v2 of their names.
    pub(super) name_index: Option<Address>,
}

impl LinkInfo {
    pub(super) fn decode(fields: &mut Fields<'_>) -> Parse<LinkInfo> {
        fields.version(0..=0)?;
        let flags = fields.u8()?;
        if flags & 1 != 0 {
            fields.skip(8)?; // the highest creation order
        }
        Ok(LinkInfo { heap: fields.address()?, name_index: fields.address()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Widths;
    use super::*;

    fn link(bytes: &[u8]) -> Parse<Link> {
        Link::decode(&mut Fields::new(bytes, Widths { offsets: 8, lengths: 8 }))
    }

    #[test]
    fn links_of_all_classes() {
        let hard = link(b"\x01\x10\x01\x02ab\x10\0\0\0\0\0\0\0").expect("a hard link");
        assert_eq!((&*hard.name, hard.target), (&b"ab"[..], Target::Hard(16)));
        let soft = link(b"\x01\x0c\x01\x07\0\0\0\0\0\0\0\x01s\x04\0/a/b").expect("a soft link");
        assert_eq!((soft.creation_order, soft.target), (Some(7), Target::Soft(b"/a/b"[..].into())));
        let external = link(b"\x01\x08\x40\x01e\x08\0\0x.h5\0/\0\0").expect("an external link");
        let target = Target::External { file: b"x.h5"[..].into(), path: b"/"[..].into() };
        assert_eq!(external.target, target);
        assert_eq!(link(b"\x01\x08\x46\x01u\0\0").map(|link| link.target), Ok(Target::UserDefined(70)));
        assert!(link(b"\x01\x08\x02\x01u\0\0").is_err());
        assert!(link(b"\x01\x00\x05ab").is_err());
    }
}
