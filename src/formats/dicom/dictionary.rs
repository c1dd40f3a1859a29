//! The data dictionary of PS3.6: which VR a public tag has.
//!
//! The table is generated from the crate `dicom-dictionary-std`, sorted and static, so that nothing is built at start.
//! `MX_UPDATE=1 cargo test --lib dictionary` writes it anew; without that the test compares it.

use super::vr::Vr;

#[rustfmt::skip]
mod table;

/// The VR that PS3.6 gives a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DictionaryVr {
    /// This one.
    Exact(Vr),
    /// US or SS, by Pixel Representation.
    UsOrSs,
    /// OB or OW: pixel data, by the transfer syntax and Bits Allocated.
    ObOrOw,
    /// US or OW: LUT data, by the number of its entries.
    UsOrOw,
}

/// The VR of a public tag; `None` where PS3.6 has none. Private tags are not looked up.
pub(crate) fn lookup(tag: u32) -> Option<DictionaryVr> {
    let group = tag >> 16;
    if group & 1 == 1 {
        return None;
    }
    find(tag).or_else(|| find(first_of_repeated(tag)?)).or_else(|| without_keyword(tag))
}

/// The tag that stands in the table for others that repeat it: groups (PS3.5 7.6), and elements, all of them retired.
fn first_of_repeated(tag: u32) -> Option<u32> {
    Some(match tag >> 16 {
        0x5000..=0x50FF | 0x6000..=0x60FF | 0x7F00..=0x7FFF => tag & 0xFF00_FFFF,
        0x0020 if tag & 0xFF00 == 0x3100 => tag & 0xFFFF_FF00,
        0x0028 if matches!(tag >> 8 & 0xFF, 0x04 | 0x08) => tag & 0xFFFF_FF0F,
        0x1000 if tag & 0xFFFF > 0xF => tag & 0xFFFF_000F | 0x10,
        0x1010 if tag & 0xFFFF > 0 => 0x1010_0004,
        _ => return None,
    })
}

/// Retired tags of PS3.6 that have a VR and no keyword, and so are not in the table.
fn without_keyword(tag: u32) -> Option<DictionaryVr> {
    Some(DictionaryVr::Exact(match tag {
        0x0008_0202 | 0x0018_9445 | 0x0028_0020 => Vr::OB,
        0x0018_0061 => Vr::DS,
        0x0400_0315 => Vr::FL,
        0x300A_0782 => Vr::US,
        _ => return None,
    }))
}

/// True if PS3.6 has tags of this group.
pub(crate) fn has_group(group: u32) -> bool {
    let at = table::TAGS.partition_point(|tag| tag >> 16 < group);
    table::TAGS.get(at).is_some_and(|tag| tag >> 16 == group)
}

fn find(tag: u32) -> Option<DictionaryVr> {
    let at = table::TAGS.binary_search(&tag).ok()?;
    Some(match table::VRS.get(2 * at..2 * at + 2)? {
        b"xs" => DictionaryVr::UsOrSs,
        b"ox" => DictionaryVr::ObOrOw,
        b"px" => DictionaryVr::ObOrOw,
        b"lt" => DictionaryVr::UsOrOw,
        &[a, b] => DictionaryVr::Exact(Vr::from_bytes([a, b])?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
    use dicom_core::header::Tag;
    use dicom_dictionary_std::StandardDataDictionary;
    use std::fmt::Write;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/formats/dicom/dictionary/table.rs");

    fn code(vr: VirtualVr) -> String {
        match vr {
            VirtualVr::Exact(vr) => vr.to_string().into(),
            VirtualVr::Xs => "xs".into(),
            VirtualVr::Ox => "ox".into(),
            VirtualVr::Px => "px".into(),
            VirtualVr::Lt => "lt".into(),
            other => unreachable!("{other:?} is new in PS3.6"),
        }
    }

    fn expected(groups: impl Iterator<Item = u16>) -> String {
        let mut entries = Vec::new();
        for group in groups {
            for element in 1..=0xFFFFu16 {
                let repeated = (group, element) != (group & 0xFF00, element)
                    && matches!(group >> 8, 0x50 | 0x60 | 0x7F)
                    || group == 0x0020 && element & 0xFF00 == 0x3100 && element != 0x3100;
                if let Some(entry) = StandardDataDictionary.by_tag(Tag(group, element)) {
                    let own = entry.tag() == Tag(group, element);
                    if own || !repeated {
                        entries.push((u32::from(group) << 16 | u32::from(element), code(entry.vr())));
                    }
                }
            }
        }
        let mut out = String::from("//! Generated from dicom-dictionary-std; see dictionary.rs.\n\n");
        let _ = writeln!(out, "pub(super) static TAGS: [u32; {}] = [", entries.len());
        for line in entries.chunks(10) {
            let line: Vec<String> = line.iter().map(|(tag, _)| format!("0x{tag:08X}")).collect();
            let _ = writeln!(out, "    {},", line.join(", "));
        }
        let _ = writeln!(out, "];\n\npub(super) static VRS: &[u8; {}] = b\"\\", 2 * entries.len());
        for line in entries.chunks(50) {
            let line: String = line.iter().map(|(_, vr)| vr.as_str()).collect();
            let _ = writeln!(out, "    {line}\\");
        }
        out + "\";\n"
    }

    #[test]
    fn the_table_is_the_dictionary() {
        if std::env::var_os("MX_UPDATE").is_some() {
            std::fs::write(FILE, expected((0..=0xFFFE).step_by(2))).expect("written");
            return;
        }
        let groups: std::collections::BTreeSet<u16> = table::TAGS.iter().map(|tag| (tag >> 16) as u16).collect();
        let expected = expected(groups.into_iter());
        assert!(std::fs::read_to_string(FILE).expect("the table") == expected, "MX_UPDATE=1 writes it anew");
    }

    #[test]
    fn repeating_groups_are_found_and_private_ones_are_not() {
        assert_eq!(lookup(0x0010_0010), Some(DictionaryVr::Exact(Vr::PN)));
        assert_eq!(lookup(0x6002_0010), Some(DictionaryVr::Exact(Vr::US)));
        assert_eq!(lookup(0x6002_3000), Some(DictionaryVr::ObOrOw));
        assert_eq!(lookup(0x0028_0106), Some(DictionaryVr::UsOrSs));
        assert_eq!(lookup(0x0028_3006), Some(DictionaryVr::UsOrOw));
        assert_eq!(lookup(0x0028_0818), Some(DictionaryVr::Exact(Vr::AT)));
        assert_eq!(lookup(0x1000_0020), Some(DictionaryVr::Exact(Vr::US)));
        assert_eq!(lookup(0x1010_1234), Some(DictionaryVr::Exact(Vr::US)));
        assert_eq!(lookup(0x0018_0061), Some(DictionaryVr::Exact(Vr::DS)));
        assert_eq!(lookup(0x0009_0010), None);
        assert_eq!(lookup(0x0010_0009), None);
    }
}
