use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Independent streams of one seed, so that a change in one part leaves the others as they were.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Person = 1,
    Condition = 2,
    Rhythm = 3,
    Device = 4,
    Mixture = 5,
}

/// The random numbers of a simulation.
///
/// `ChaCha8Rng` is documented to give the same numbers in every version (`StdRng` is not); the
/// distributions are our own for the same reason.
#[derive(Debug, Clone)]
pub(crate) struct Rng(ChaCha8Rng);

impl Rng {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream as u64);
        Self(rng)
    }

    /// Uniform in [0, 1), from the upper 53 bits.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number below `count` (0 for an empty range).
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Normal by Box and Muller, not cut off: for noise.
    pub(crate) fn gaussian(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Normal, cut off at two standard deviations: for anything a person has, so that nobody is a monster.
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        loop {
            let value = self.gaussian();
            if value.abs() <= 2.0 {
                return mean + deviation * value;
            }
        }
    }

    /// A factor around 1 with the given coefficient of variation, never below zero.
    pub(crate) fn factor(&mut self, variation: f64) -> f64 {
        self.normal(0.0, variation).exp()
    }
}
