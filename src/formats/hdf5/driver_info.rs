//! The driver information block (II.B), and the driver info message (IV.A.2.u) that says the same.

use super::fields::{Fields, Parse};

/// How the file is spread over several, each of which holds a part of the address space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Driver {
    /// Members of equal size, one behind the other.
    Family { member_size: u64 },
    /// A member for each kind of data; their names, in which `%s` stands for a common part.
    Multi { members: Vec<Member> },
    /// Nothing that this library knows of is spread.
    Other,
}

/// A member file of the multi and split drivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Where its part of the address space begins.
    pub(super) address: u64,
    pub(super) name: String,
}

impl Driver {
    /// Reads the driver information block.
    pub(super) fn decode_block(fields: &mut Fields<'_>) -> Parse<Driver> {
        fields.version(0..=0)?;
        fields.skip(3)?;
        let length = fields.u32()?;
        let name = fields.take(8)?;
        Driver::decode(name, fields.take(length as usize)?, fields)
    }

    /// Reads the body of the driver info message.
    pub(super) fn decode_message(fields: &mut Fields<'_>) -> Parse<Driver> {
        fields.version(0..=0)?;
        let name = fields.take(8)?;
        let length = fields.u16()?;
        Driver::decode(name, fields.take(length.into())?, fields)
    }

    fn decode(name: &[u8], information: &[u8], outer: &Fields<'_>) -> Parse<Driver> {
        let mut fields = Fields::new(information, outer.widths());
        match name {
            b"NCSAfami" => Ok(Driver::Family { member_size: fields.u64()? }),
            b"NCSAmult" => {
                let kinds = fields.take(6)?; // superblock, B-trees, raw data, global heaps, local heaps, object headers
                fields.skip(2)?;
                let mut distinct: Vec<u8> = Vec::new();
                kinds.iter().for_each(|member| {
                    if !distinct.contains(member) {
                        distinct.push(*member);
                    }
                });
                let mut addresses = Vec::new();
                for _ in &distinct {
                    addresses.push(fields.u64()?);
                    fields.skip(8)?; // where its part ends
                }
                let mut members = Vec::new();
                for address in addresses {
                    let start = fields.position();
                    let name = String::from_utf8_lossy(fields.until_nul()?).into_owned();
                    let length = fields.position() - start;
                    let _ = fields.skip((8 - length % 8) % 8);
                    members.push(Member { address, name });
                }
                Ok(Driver::Multi { members })
            }
            _ => Ok(Driver::Other),
        }
    }

    /// What is missing where only this one file is read.
    pub(super) fn missing(&self) -> Option<String> {
        match self {
            Driver::Other => None,
            Driver::Family { member_size } => Some(format!(
                "driver family: this is the first of several members of {member_size} bytes each; what stands in the others is wanted and not opened"
            )),
            Driver::Multi { members } => {
                let others: Vec<&str> =
                    members.iter().filter(|member| member.address != 0).map(|member| &*member.name).collect();
                let others = others.join(", ");
                Some(format!(
                    "driver multi: a part of this file stands in other members, which are not opened: {others}"
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::WIDTHS;
    use super::*;

    #[test]
    fn members_are_named() {
        let mut block = b"\0\0\0\0".to_vec();
        block.extend(72u32.to_le_bytes());
        block.extend(b"NCSAmult\x01\x01\x02\x01\x01\x01\0\0");
        for number in [0u64, 1 << 20, 1 << 62, 1 << 63] {
            block.extend(number.to_le_bytes());
        }
        block.extend(b"%s.meta\0%s-raw.h5\0\0\0\0\0\0\0");
        block.resize(16 + 72, 0);
        let driver = Driver::decode_block(&mut Fields::new(&block, WIDTHS)).expect("a block");
        assert!(driver.missing().is_some_and(|text| text.ends_with("%s-raw.h5")), "{driver:?}");
        let family = b"\0NCSAfami\x08\0\0\x04\0\0\0\0\0\0";
        let driver = Driver::decode_message(&mut Fields::new(family, WIDTHS));
        assert_eq!(driver, Ok(Driver::Family { member_size: 1024 }));
    }
}
