//! The checksum of metadata: Bob Jenkins' `lookup3` (`hashlittle`, with 0 as its start).

/// The checksum of a structure's bytes, without those of the checksum itself.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEFu32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let words = |block: &[u8; 12]| {
        let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3] = *block;
        [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]].map(u32::from_le_bytes)
    };
    let mut rest = bytes;
    while let Some((block, behind)) = rest.split_first_chunk::<12>()
        && !behind.is_empty()
    {
        let [first, second, third] = words(block);
        a = a.wrapping_add(first);
        b = b.wrapping_add(second);
        c = c.wrapping_add(third);
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
    let mut last = [0; 12];
    last[..rest.len()].copy_from_slice(rest); // not more than a block
    let [first, second, third] = words(&last);
    a = a.wrapping_add(first);
    b = b.wrapping_add(second);
    c = c.wrapping_add(third);
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
    is_sum(body, u32::from_le_bytes(*stored))
}

/// True if `stored` is the checksum of these bytes. No fuzzer gets past one by chance, so that for fuzzers every sum is right;
/// [`fuzzing`] tells which were not, to make of a finding a file that every reader takes.
pub(super) fn is_sum(bytes: &[u8], stored: u32) -> bool {
    let sum = checksum(bytes);
    #[cfg(fuzzing)]
    fuzzing::note(bytes, stored, sum);
    cfg!(fuzzing) || sum == stored
}

/// The wrong sums that a build for fuzzers lets pass.
#[cfg(fuzzing)]
#[allow(unreachable_pub)] // the crate's root exports it
pub mod fuzzing {
    use std::cell::RefCell;

    /// The bytes that are summed, the sum that is stored, and the right one.
    pub type Wrong = (Vec<u8>, u32, u32);

    thread_local! {
        static WRONG: RefCell<Option<Vec<Wrong>>> = const { RefCell::new(None) };
    }

    /// Runs `read` and returns the wrong sums that it met, on this thread.
    pub fn wrong_sums(read: impl FnOnce()) -> Vec<Wrong> {
        WRONG.set(Some(Vec::new()));
        read();
        WRONG.take().unwrap_or_default()
    }

    pub(super) fn note(bytes: &[u8], stored: u32, sum: u32) {
        WRONG.with_borrow_mut(|wrong| match wrong {
            Some(wrong) if stored != sum => wrong.push((bytes.to_vec(), stored, sum)),
            _ => {}
        });
    }
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
