/// The offset basis of FNV-1a in 64 bits.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits (Fowler, Noll and Vo; <http://www.isthe.com/chongo/tech/comp/fnv/>): a hash that is the same on
/// every machine and in every version.
pub fn fnv1a(text: &str) -> u64 {
    continued(BASIS, text)
}

/// 128 bits of two such sums, the second from another start.
pub fn fnv1a_twice(text: &str) -> u128 {
    let other = continued(BASIS.rotate_left(32), text);
    (u128::from(fnv1a(text)) << 64) | u128::from(other)
}

fn continued(start: u64, text: &str) -> u64 {
    text.bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Test vectors of the authors.
    #[test]
    fn the_hash_is_that_of_its_authors() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(fnv1a_twice("a") >> 64, u128::from(fnv1a("a")));
    }
}
