//! Averages over time in a fixed number of bins, whatever the length.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::Kernels;
use super::slices::{GRAIN, contiguous, with_elements};

/// Adaptive average pooling, `[batch, time, channels]` to `[batch, bins, channels]`; bin `i` averages
/// samples `floor(i * time / bins)` to `ceil((i + 1) * time / bins)`.
pub fn average(x: &Tensor, bins: usize, kernels: Kernels) -> Result<Tensor> {
    let time = x.dim(1)?;
    if bins == 0 || time == 0 {
        bail!("cannot average {time} samples into {bins} bins");
    }
    match kernels {
        Kernels::Fused => x.contiguous()?.apply_op1(AverageOp { bins }),
        Kernels::Plain => {
            let means = (0..bins).map(|bin| {
                let (from, to) = edges(bin, bins, time);
                x.narrow(1, from, to - from)?.mean_keepdim(1)
            });
            Tensor::cat(&means.collect::<Result<Vec<_>>>()?, 1)
        }
    }
}

/// Average over the whole of time, `[batch, time, channels]` to `[batch, channels]`.
pub fn squeeze(x: &Tensor, kernels: Kernels) -> Result<Tensor> {
    average(x, 1, kernels)?.squeeze(1)
}

fn edges(bin: usize, bins: usize, time: usize) -> (usize, usize) {
    (bin * time / bins, ((bin + 1) * time).div_ceil(bins))
}

struct AverageOp {
    bins: usize,
}

impl CustomOp1 for AverageOp {
    fn name(&self) -> &'static str {
        "average-over-time"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, time, channels) = layout.shape().dims3()?;
        let x = contiguous(x, layout)?;
        let mut y = vec![0f32; batch * self.bins * channels];
        y.par_chunks_mut(self.bins * channels)
            .zip(x.par_chunks(time * channels))
            .with_min_len(GRAIN.div_ceil(time * channels))
            .for_each(|(y, x)| {
                for (bin, y) in y.chunks_exact_mut(channels).enumerate() {
                    let (from, to) = edges(bin, self.bins, time);
                    for row in x[from * channels..to * channels].chunks_exact(channels) {
                        for (y, x) in y.iter_mut().zip(row) {
                            *y += x;
                        }
                    }
                    let share = 1.0 / (to - from) as f32;
                    y.iter_mut().for_each(|y| *y *= share);
                }
            });
        Ok((
            CpuStorage::F32(y),
            Shape::from((batch, self.bins, channels)),
        ))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (_, time, channels) = x.dims3()?;
        let mut x_grad = vec![0f32; x.elem_count()];
        with_elements(grad, |grad| {
            x_grad
                .par_chunks_mut(time * channels)
                .zip(grad.par_chunks(self.bins * channels))
                .with_min_len(GRAIN.div_ceil(time * channels))
                .for_each(|(x_grad, grad)| {
                    for (bin, grad) in grad.chunks_exact(channels).enumerate() {
                        let (from, to) = edges(bin, self.bins, time);
                        let share = 1.0 / (to - from) as f32;
                        for row in x_grad[from * channels..to * channels].chunks_exact_mut(channels)
                        {
                            for (x_grad, grad) in row.iter_mut().zip(grad) {
                                *x_grad += grad * share;
                            }
                        }
                    }
                });
            Ok(())
        })?;
        Ok(Some(Tensor::from_vec(x_grad, x.shape(), grad.device())?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn bins_cover_all_of_time_and_fused_agrees_with_plain() {
        for (time, bins) in [(8, 4), (9, 4), (3, 4), (250, 1), (1, 1)] {
            let x = Var::randn(0f32, 1.0, (2, time, 3), &Device::Cpu).unwrap();
            let [fused, plain] = [Kernels::Fused, Kernels::Plain].map(|kernels| {
                let y = average(&x, bins, kernels).unwrap();
                let grads = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
                (y, grads.get(&x).unwrap().clone())
            });
            assert_eq!(fused.0.dims(), [2, bins, 3]);
            for (fused, plain) in [(fused.0, plain.0), (fused.1, plain.1)] {
                let difference = (fused - plain).unwrap().abs().unwrap().max_all().unwrap();
                assert!(
                    difference.to_scalar::<f32>().unwrap() < 1e-5,
                    "{time} into {bins}"
                );
            }
        }
    }
}
