//! Finds places in passing bytes where a structure may begin, at any offset. Payload must not make it slow.

/// How far a place looks ahead.
pub(super) const REACH: usize = 16;
/// As many places are looked at together.
const LANES: usize = 64;

/// Calls `at` for each place from `from` on where a structure may begin, until [`REACH`] bytes before the end. It answers
/// where to go on.
pub(super) fn places(bytes: &[u8], from: usize, mut at: impl FnMut(usize) -> usize) -> usize {
    let end = (bytes.len() + 1).saturating_sub(REACH);
    let mut here = from;
    while here < end {
        let next = match bytes.get(here..).and_then(|rest| rest.first_chunk()) {
            Some(window) if !any_place(window) => {
                here += LANES;
                continue;
            }
            Some(_) => here + LANES,
            None => end,
        };
        while here < next.min(end) {
            let is_place = bytes[here..].first_chunk().is_some_and(is_place);
            here = if is_place { at(here).max(here + 1) } else { here + 1 };
        }
    }
    here
}

/// True if a structure may begin at any of the first 64 places. The compiler makes vector code of this; a few of the bytes
/// rule out most payload, be it compressed, text or small numbers.
fn any_place(window: &[u8; LANES + REACH - 1]) -> bool {
    let lowest = (0..LANES).fold(0xFF, |lowest: u8, at| {
        let signed = (window[at] ^ 0x40) | (window[at + 1] ^ 0x40) | (window[at + 3] ^ 0x40) | window[at + 4];
        let version_1 = (window[at] ^ 1) | window[at + 1] | window[at + 6] | window[at + 12] | window[at + 14];
        lowest.min(signed & 0xE0).min(version_1)
    });
    lowest == 0 && (0..LANES).fold(false, |any, at| any | (signed(window, at) == 0) | (version_1(window, at) == 0))
}

fn is_place(window: &[u8; REACH]) -> bool {
    signed(window, 0) == 0 || version_1(window, 0) == 0
}

/// 0 for four capital letters, or nearly, and a small number behind: a signature and a version, a type or a count.
#[inline(always)]
fn signed<const N: usize>(window: &[u8; N], at: usize) -> u8 {
    let letters = (window[at] ^ 0x40) | (window[at + 1] ^ 0x40) | (window[at + 2] ^ 0x40) | (window[at + 3] ^ 0x40);
    (letters | window[at + 4]) & 0xE0
}

/// 0 for the constant bytes of an object header of version 1: version and reserved byte, the upper halves of the reference
/// count and of the size, and the padding.
#[inline(always)]
fn version_1<const N: usize>(window: &[u8; N], at: usize) -> u8 {
    let front = (window[at] ^ 1) | window[at + 1] | window[at + 6] | window[at + 7];
    front | window[at + 11] | window[at + 12] | window[at + 13] | window[at + 14] | window[at + 15]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8], from: usize) -> Vec<usize> {
        let mut found = Vec::new();
        places(bytes, from, |at| {
            found.push(at);
            at + 5
        });
        found
    }

    #[test]
    fn places_are_found_wherever_they_stand() {
        for at in 0..150 {
            for structure in [&b"OHDR\x02"[..], b"\x01\0\x02\0\x01\0\0\0\x18\0\0\0\0\0\0\0"] {
                let mut bytes = vec![0xEE; 200];
                bytes[at..at + structure.len()].copy_from_slice(structure);
                assert_eq!(found(&bytes, 0), [at]);
                assert!(found(&bytes, at + 1).is_empty());
            }
        }
    }

    #[test]
    fn what_is_read_goes_on_behind_and_the_end_is_left() {
        let mut bytes = b"SNOD\x01TREE\x01".to_vec();
        bytes.resize(70, 0xEE);
        bytes[54..59].copy_from_slice(b"HEAP\0");
        assert_eq!(found(&bytes, 0), [0, 5, 54]);
        assert_eq!(found(&bytes[..69], 0), [0, 5]);
        assert_eq!(places(&bytes, 0, |at| at + 1), 55);
        assert!(found(&[], 0).is_empty());
    }

    #[test]
    fn numbers_and_text_are_no_places() {
        let labels: Vec<u8> = (0..1000).flat_map(|at: u16| (at % 2).to_le_bytes()).collect();
        assert!(found(&labels, 0).is_empty());
        assert!(found(&b"ACGTTGCA".repeat(100), 0).is_empty());
    }
}
