//! What is tried at random, and the same each time.

/// Numbers that are the same each time, for one seed: what is tried does not change by itself.
#[derive(Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one, below `bound`.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
