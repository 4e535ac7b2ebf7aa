//! Dropout (Srivastava et al. 2014) with a mask from a generator of ours: candle's CPU generator cannot
//! be seeded, and a training run must be repeatable.

use candle_core::{Result, Tensor};
use rand::Rng;

/// Zeroes each element with probability `p` and scales the others by `1 / (1 - p)`.
pub fn dropout(x: &Tensor, p: f64, rng: &mut impl Rng) -> Result<Tensor> {
    if p <= 0.0 {
        return Ok(x.clone());
    }
    let keep = (1.0 / (1.0 - p)) as f32;
    let limit = (p.min(1.0) * f64::from(u32::MAX)) as u32;
    let mask: Vec<f32> = (0..x.elem_count())
        .map(|_| {
            if rng.random::<u32>() < limit {
                0.0
            } else {
                keep
            }
        })
        .collect();
    x * Tensor::from_vec(mask, x.shape(), x.device())?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use candle_core::Device;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn drops_the_asked_share_keeps_the_mean_and_repeats_by_seed() {
        let x = Tensor::ones((100, 100), candle_core::DType::F32, &Device::Cpu).unwrap();
        let draw = |seed| dropout(&x, 0.3, &mut StdRng::seed_from_u64(seed)).unwrap();
        let values: Vec<f32> = draw(1).flatten_all().unwrap().to_vec1().unwrap();
        let dropped = values.iter().filter(|&&value| value == 0.0).count();
        assert!((2800..3200).contains(&dropped), "{dropped} of 10000");
        let mean = values.iter().sum::<f32>() / 10_000.0;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        assert_eq!(
            values,
            draw(1).flatten_all().unwrap().to_vec1::<f32>().unwrap()
        );
        assert_ne!(
            values,
            draw(2).flatten_all().unwrap().to_vec1::<f32>().unwrap()
        );
    }
}
