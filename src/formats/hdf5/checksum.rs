//! The checksum of metadata: Bob Jenkins' `lookup3` (`hashlittle`, with 0 as its start).

/// The checksum of a structure's bytes, without those of the checksum itself.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEFu32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let word = |bytes: &[u8], at: usize| {
        (at..at + 4).rev().fold(0, |word, at| word << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)))
    };
    let mut rest = bytes;
    while rest.len() > 12 {
        let (block, behind) = rest.split_at(12);
        a = a.wrapping_add(word(block, 0));
        b = b.wrapping_add(word(block, 4));
        c = c.wrapping_add(word(block, 8));
        a = a.wrapping_sub(c) ^ c.rotate_left(4);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(6);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(8);
        b = b.wrapping_add(a);
        a = a.wrapping_sub(c) ^ c.rotate_left(16);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(19);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(4);
        b = b.wrapping_add(a);
        rest = behind;
    }
    if rest.is_empty() {
        return c;
    }
    a = a.wrapping_add(word(rest, 0));
    b = b.wrapping_add(word(rest, 4));
    c = c.wrapping_add(word(rest, 8));
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

/// True if the last four bytes are the checksum of those before.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    let Some((body, stored)) = bytes.split_last_chunk::<4>() else { return false };
    checksum(body) == u32::from_le_bytes(*stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that the algorithm's author gives in his driver.
    #[test]
    fn known_sums() {
        assert_eq!(checksum(b""), 0xDEAD_BEEF);
        assert_eq!(checksum(b"Four score and seven years ago"), 0x1777_0551);
    }

    #[test]
    fn the_last_four_bytes_are_checked() {
        let mut bytes = b"OHDR and more".to_vec();
        bytes.extend(checksum(b"OHDR and more").to_le_bytes());
        assert!(is_sound(&bytes));
        bytes[2] ^= 1;
        assert!(!is_sound(&bytes) && !is_sound(b"abc"));
    }
}
