//! A small random number generator with the same numbers everywhere: PCG-XSH-RR 64/32 (O'Neill 2014, "PCG: A Family
//! of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation", pcg-random.org).
//!
//! For sampling, not for secrets.

/// The generator's state.
#[derive(Clone, Debug)]
pub struct Pcg32 {
    state: u64,
    increment: u64,
}

impl Pcg32 {
    /// The generator that `seed` starts.
    pub fn new(seed: u64) -> Self {
        Pcg32::with_stream(seed, 0)
    }

    /// One of 2^63 sequences that differ.
    pub fn with_stream(seed: u64, stream: u64) -> Self {
        let mut pcg = Pcg32 { state: 0, increment: stream << 1 | 1 };
        pcg.next_u32();
        pcg.state = pcg.state.wrapping_add(seed);
        pcg.next_u32();
        pcg
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(self.increment);
        let shifted = ((old >> 18 ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// A number from 0 up to but not 1, of 53 random bits.
    pub fn unit(&mut self) -> f64 {
        let high = u64::from(self.next_u32()) << 21;
        let low = u64::from(self.next_u32()) >> 11;
        (high | low) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_numbers_of_the_reference() {
        // The first round of the author's `pcg32-demo`.
        let mut pcg = Pcg32::with_stream(42, 54);
        let numbers: [u32; 6] = std::array::from_fn(|_| pcg.next_u32());
        assert_eq!(numbers, [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330, 0x83d2_f293, 0xbfa4_784b, 0xcbed_606e]);
    }

    #[test]
    fn unit_is_spread_over_the_unit() {
        let mut pcg = Pcg32::new(7);
        let mut tenths = [0_u32; 10];
        for _ in 0..100_000 {
            tenths[(pcg.unit() * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (9_500..10_500).contains(count)), "{tenths:?}");
    }
}
