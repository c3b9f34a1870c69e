//! Bytes that every peer can make by itself.

/// A linear congruential generator. Its high bytes are the payload. All peers make the same bytes.
pub struct Generator(pub u32);

impl Generator {
    pub fn fill(&mut self, target: &mut [u8]) {
        for byte in target {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (self.0 >> 24) as u8;
        }
    }
}
