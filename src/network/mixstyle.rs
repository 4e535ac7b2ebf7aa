//! MixStyle (Zhou et al. 2021, 2104.02008): in training, an instance borrows part of the channel means
//! and standard deviations of an instance from a *different* domain, so that a device's or a hospital's
//! style cannot carry a diagnosis.

use candle_core::{Result, Tensor};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_distr::{Beta, Distribution};

use super::rescale::rescale;
use super::{Kernels, slices::with_elements};

const EPSILON: f32 = 1e-6;

/// How strongly and how often styles are mixed.
#[derive(Debug, Clone, Copy)]
pub struct MixStyle {
    /// Both parameters of the beta distribution that mixing weights are drawn from.
    pub alpha: f64,
    /// Probability that a batch is mixed at all.
    pub probability: f64,
}

impl MixStyle {
    /// Mixes `x [batch, time, channels]`; `domains` names the domain of each instance. An instance with
    /// no partner from another domain keeps its style.
    pub fn forward(
        &self,
        x: &Tensor,
        domains: &[usize],
        kernels: Kernels,
        rng: &mut impl Rng,
    ) -> Result<Tensor> {
        let (batch, time, channels) = x.dims3()?;
        if batch != domains.len() {
            candle_core::bail!("{} domains for a batch of {batch}", domains.len());
        }
        if rng.random::<f64>() >= self.probability {
            return Ok(x.clone());
        }
        let Ok(beta) = Beta::new(self.alpha, self.alpha) else {
            candle_core::bail!("MixStyle needs a positive alpha, got {}", self.alpha);
        };
        let partners: Vec<Option<(usize, f32)>> = (0..batch)
            .map(|own| {
                let others: Vec<usize> = (0..batch)
                    .filter(|&other| domains[other] != domains[own])
                    .collect();
                others
                    .choose(rng)
                    .map(|&other| (other, beta.sample(rng) as f32))
            })
            .collect();
        if partners.iter().all(Option::is_none) {
            return Ok(x.clone());
        }
        let host = x.detach().to_device(&candle_core::Device::Cpu)?;
        let styles = with_elements(&host, |x| {
            Ok(x.chunks_exact(time * channels)
                .map(|x| Style::of(x, channels))
                .collect::<Vec<_>>())
        })?;
        let (mut scale, mut shift) = (vec![1f32; batch * channels], vec![0f32; batch * channels]);
        for (own, partner) in partners.iter().enumerate() {
            let Some((other, weight)) = *partner else {
                continue;
            };
            for channel in 0..channels {
                let mixed = |own: f32, other: f32| weight * own + (1.0 - weight) * other;
                let (mean, std) = (styles[own].mean[channel], styles[own].std[channel]);
                let new_std = mixed(std, styles[other].std[channel]);
                let new_mean = mixed(mean, styles[other].mean[channel]);
                scale[own * channels + channel] = new_std / std;
                shift[own * channels + channel] = new_mean - mean * new_std / std;
            }
        }
        let scale = Tensor::from_vec(scale, (batch, channels), x.device())?;
        let shift = Tensor::from_vec(shift, (batch, 1, channels), x.device())?;
        rescale(x, &scale, kernels)?.broadcast_add(&shift)
    }
}

/// Mean and standard deviation of each channel of one instance over time.
struct Style {
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Style {
    fn of(x: &[f32], channels: usize) -> Self {
        let (mut sum, mut square) = (vec![0f32; channels], vec![0f32; channels]);
        for row in x.chunks_exact(channels) {
            for ((sum, square), &x) in sum.iter_mut().zip(&mut square).zip(row) {
                *sum += x;
                *square += x * x;
            }
        }
        let time = (x.len() / channels) as f32;
        let mean: Vec<f32> = sum.iter().map(|sum| sum / time).collect();
        let var = square
            .iter()
            .zip(&mean)
            .map(|(square, mean)| (square / time - mean * mean).max(0.0));
        Self {
            std: var.map(|var| (var + EPSILON).sqrt()).collect(),
            mean,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use candle_core::Device;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    const ALWAYS: MixStyle = MixStyle {
        alpha: 0.1,
        probability: 1.0,
    };

    fn instances() -> Tensor {
        let x = Tensor::randn(0f32, 1.0, (4, 50, 3), &Device::Cpu).unwrap();
        let gain = Tensor::new(&[1f32, 2.0, 5.0, 9.0], &Device::Cpu)
            .unwrap()
            .reshape((4, 1, 1))
            .unwrap();
        x.broadcast_mul(&gain)
            .unwrap()
            .broadcast_add(&gain)
            .unwrap()
    }

    #[test]
    fn one_domain_alone_is_left_as_it_is() {
        let x = instances();
        let y = ALWAYS
            .forward(
                &x,
                &[3, 3, 3, 3],
                Kernels::Fused,
                &mut StdRng::seed_from_u64(1),
            )
            .unwrap();
        assert_eq!(
            x.flatten_all().unwrap().to_vec1::<f32>().unwrap(),
            y.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        );
    }

    #[test]
    fn a_style_moves_towards_another_domain_and_the_shape_stays() {
        let x = instances();
        for seed in 0..20 {
            // The first three share a domain, so each of them can only borrow from the fourth.
            let y = ALWAYS
                .forward(
                    &x,
                    &[0, 0, 0, 1],
                    Kernels::Fused,
                    &mut StdRng::seed_from_u64(seed),
                )
                .unwrap();
            for own in 0..3 {
                let [before, after, partner] = [(&x, own), (&y, own), (&x, 3)].map(|(x, at)| {
                    let values: Vec<f32> =
                        x.get(at).unwrap().flatten_all().unwrap().to_vec1().unwrap();
                    (Style::of(&values, 3), values)
                });
                for channel in 0..3 {
                    let (low, high) = (before.0.std[channel], partner.0.std[channel]);
                    let std = after.0.std[channel];
                    assert!(std >= low.min(high) - 1e-3 && std <= low.max(high) + 1e-3);
                    for (before_x, after_x) in
                        before.1.iter().zip(&after.1).skip(channel).step_by(3)
                    {
                        let standard = (before_x - before.0.mean[channel]) / low;
                        assert!((standard - (after_x - after.0.mean[channel]) / std).abs() < 1e-3);
                    }
                }
            }
        }
    }

    #[test]
    fn about_half_of_the_batches_are_mixed() {
        let x = instances();
        let half = MixStyle {
            alpha: 0.1,
            probability: 0.5,
        };
        let mut rng = StdRng::seed_from_u64(7);
        let before: Vec<f32> = x.flatten_all().unwrap().to_vec1().unwrap();
        let mixed = (0..200).filter(|_| {
            let y = half
                .forward(&x, &[0, 1, 0, 1], Kernels::Fused, &mut rng)
                .unwrap();
            y.flatten_all().unwrap().to_vec1::<f32>().unwrap() != before
        });
        let mixed = mixed.count();
        assert!((70..130).contains(&mixed), "{mixed} of 200");
    }
}
