//! Batch normalisation (Ioffe & Szegedy 2015, 1502.03167) over channels-last activations, fused with
//! the ReLU that follows it. candle's own materialises a dozen tensors per step; this reads each
//! activation twice and writes it once.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, Var, bail};
use candle_nn::{Init, VarBuilder};
use rayon::prelude::*;

use super::slices::{chunk_len, contiguous, rows_per_tile, tile, with_elements};
use super::{Kernels, Mode};

const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics.
const MOMENTUM: f64 = 0.1;

/// Normalises the last axis of `[.., channels]` and, if asked, rectifies.
#[derive(Debug, Clone)]
pub struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Var,
    running_var: Var,
    relu: bool,
    kernels: Kernels,
}

impl BatchNorm {
    /// Takes `weight`, `bias`, `running_mean` and `running_var`, `[channels]` each, from `vb`.
    pub fn new(channels: usize, relu: bool, kernels: Kernels, vb: VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get_with_hints(channels, "weight", Init::Const(1.0))?,
            bias: vb.get_with_hints(channels, "bias", Init::Const(0.0))?,
            running_mean: Var::from_tensor(&vb.get_with_hints(
                channels,
                "running_mean",
                Init::Const(0.0),
            )?)?,
            running_var: Var::from_tensor(&vb.get_with_hints(
                channels,
                "running_var",
                Init::Const(1.0),
            )?)?,
            relu,
            kernels,
        })
    }

    /// Same shape as `x`. In training the statistics are the batch's own and the running ones move.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        match self.kernels {
            Kernels::Fused => self.forward_fused(&x.contiguous()?, mode),
            Kernels::Plain => self.forward_plain(x, mode),
        }
    }

    fn update_running(&self, mean: &Tensor, var: &Tensor, rows: usize) -> Result<()> {
        // Bessel's correction, as everybody's running variance has it.
        let unbiased = MOMENTUM * rows as f64 / (rows.max(2) - 1) as f64;
        let (mean, var) = (mean.detach(), var.detach());
        let running = self.running_mean.as_detached_tensor();
        self.running_mean
            .set(&((running * (1.0 - MOMENTUM))? + (mean * MOMENTUM)?)?)?;
        let running = self.running_var.as_detached_tensor();
        self.running_var
            .set(&((running * (1.0 - MOMENTUM))? + (var * unbiased)?)?)
    }

    fn forward_fused(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let channels = self.weight.elem_count();
        let statistics = match mode {
            Mode::Train => {
                let statistics = with_elements(x, |x| Ok(Statistics::of(x, channels)))?;
                let mean = Tensor::new(statistics.mean.as_slice(), x.device())?;
                let var = Tensor::new(statistics.var.as_slice(), x.device())?;
                self.update_running(&mean, &var, x.elem_count() / channels)?;
                statistics
            }
            Mode::Eval => Statistics {
                mean: self.running_mean.as_detached_tensor().to_vec1()?,
                var: self.running_var.as_detached_tensor().to_vec1()?,
            },
        };
        let of_batch = mode == Mode::Train;
        x.apply_op3(
            &self.weight,
            &self.bias,
            BatchNormOp {
                statistics,
                of_batch,
                relu: self.relu,
            },
        )
    }

    fn forward_plain(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let channels = self.weight.elem_count();
        let (mean, var) = match mode {
            Mode::Train => {
                let rows = x.reshape(((), channels))?;
                let mean = rows.mean(0)?;
                let var = rows.broadcast_sub(&mean)?.sqr()?.mean(0)?;
                self.update_running(&mean, &var, rows.dim(0)?)?;
                (mean, var)
            }
            Mode::Eval => (
                self.running_mean.as_detached_tensor(),
                self.running_var.as_detached_tensor(),
            ),
        };
        let normalised = x
            .broadcast_sub(&mean)?
            .broadcast_div(&(var + EPSILON)?.sqrt()?)?;
        let y = normalised
            .broadcast_mul(&self.weight)?
            .broadcast_add(&self.bias)?;
        if self.relu { y.relu() } else { Ok(y) }
    }
}

/// Mean and (biased) variance of every channel.
#[derive(Debug, Clone)]
struct Statistics {
    mean: Vec<f32>,
    var: Vec<f32>,
}

impl Statistics {
    fn of(x: &[f32], channels: usize) -> Self {
        let rows = (x.len() / channels) as f64;
        let sums = channel_sums(x, x, channels, |sum, square, &v, _| {
            *sum += v;
            *square += v * v;
        });
        let mean: Vec<f64> = sums.0.iter().map(|sum| sum / rows).collect();
        let var = sums
            .1
            .iter()
            .zip(&mean)
            .map(|(square, mean)| (square / rows - mean * mean).max(0.0) as f32);
        Self {
            var: var.collect(),
            mean: mean.iter().map(|&mean| mean as f32).collect(),
        }
    }

    fn inverse_std(&self) -> Vec<f32> {
        self.var
            .iter()
            .map(|&var| (1.0 / (f64::from(var) + EPSILON).sqrt()) as f32)
            .collect()
    }
}

/// Two sums per channel over pairs of elements, in `f32` over a few thousand rows and `f64` beyond.
fn channel_sums(
    a: &[f32],
    b: &[f32],
    channels: usize,
    add: impl Fn(&mut f32, &mut f32, &f32, &f32) + Sync,
) -> (Vec<f64>, Vec<f64>) {
    let width = rows_per_tile(channels) * channels;
    let chunk = chunk_len(channels);
    let partial = |a: &[f32], b: &[f32]| {
        let (mut first, mut second) = (vec![0f32; width], vec![0f32; width]);
        for (a, b) in a.chunks(width).zip(b.chunks(width)) {
            let sums = first.iter_mut().zip(second.iter_mut());
            for ((first, second), (a, b)) in sums.zip(a.iter().zip(b)) {
                add(first, second, a, b);
            }
        }
        let fold = |wide: Vec<f32>| {
            let mut sums = vec![0f64; channels];
            for row in wide.chunks_exact(channels) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += f64::from(value);
                }
            }
            sums
        };
        (fold(first), fold(second))
    };
    // Collected and summed in order: the result does not depend on how the threads were scheduled.
    let partials: Vec<_> = a
        .par_chunks(chunk)
        .zip(b.par_chunks(chunk))
        .map(|(a, b)| partial(a, b))
        .collect();
    let mut total = (vec![0f64; channels], vec![0f64; channels]);
    for (first, second) in partials {
        for (total, value) in total.0.iter_mut().zip(first) {
            *total += value;
        }
        for (total, value) in total.1.iter_mut().zip(second) {
            *total += value;
        }
    }
    total
}

struct BatchNormOp {
    statistics: Statistics,
    /// Whether the statistics depend on the input, so that the gradient runs through them.
    of_batch: bool,
    relu: bool,
}

impl CustomOp3 for BatchNormOp {
    fn name(&self) -> &'static str {
        "batch-norm-relu"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(x, x_layout)?;
        let (weight, bias) = (
            contiguous(weight, weight_layout)?,
            contiguous(bias, bias_layout)?,
        );
        let channels = weight.len();
        if channels == 0 || x_layout.dims().last() != Some(&channels) {
            bail!(
                "batch norm over {channels} channels was given {:?}",
                x_layout.dims()
            );
        }
        let scale: Vec<f32> = self
            .statistics
            .inverse_std()
            .iter()
            .zip(weight)
            .map(|(s, w)| s * w)
            .collect();
        let shift: Vec<f32> = (bias.iter().zip(&scale).zip(&self.statistics.mean))
            .map(|((bias, scale), mean)| bias - scale * mean)
            .collect();
        let (scale, shift) = (tile(&scale), tile(&shift));
        let floor = if self.relu { 0.0 } else { f32::NEG_INFINITY };
        let mut y = vec![0f32; x.len()];
        let chunk = chunk_len(channels);
        y.par_chunks_mut(chunk)
            .zip(x.par_chunks(chunk))
            .for_each(|(y, x)| {
                for (y, x) in y.chunks_mut(scale.len()).zip(x.chunks(scale.len())) {
                    for ((y, x), (scale, shift)) in
                        y.iter_mut().zip(x).zip(scale.iter().zip(&shift))
                    {
                        *y = (x * scale + shift).max(floor);
                    }
                }
            });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let weights: Vec<f32> = weight.to_vec1()?;
        let channels = weights.len();
        let device = grad.device();
        let mean = &self.statistics.mean;
        let inverse_std = self.statistics.inverse_std();
        with_elements(grad, |grad| {
            with_elements(x, |x| {
                with_elements(y, |y| {
                    // The rectifier's share first; without one every element passes.
                    let rectified: Option<Vec<f32>> = self.relu.then(|| {
                        let mut passed = vec![0f32; grad.len()];
                        let chunk = chunk_len(channels);
                        passed
                            .par_chunks_mut(chunk)
                            .zip(grad.par_chunks(chunk))
                            .zip(y.par_chunks(chunk))
                            .for_each(|((passed, grad), y)| {
                                for ((passed, &grad), &y) in passed.iter_mut().zip(grad).zip(y) {
                                    *passed = if y > 0.0 { grad } else { 0.0 };
                                }
                            });
                        passed
                    });
                    let grad = rectified.as_deref().unwrap_or(grad);
                    let rows = (x.len() / channels) as f64;
                    let (bias_grad, weight_grad) =
                        if self.of_batch || weight.track_op() || bias.track_op() {
                            let sums =
                                channel_sums(grad, x, channels, |sum, product, &grad, &x| {
                                    *sum += grad;
                                    *product += grad * x;
                                });
                            let centred = (sums.1.iter().zip(&sums.0))
                                .zip(mean.iter().zip(&inverse_std))
                                .map(|((product, sum), (&mean, &inverse_std))| {
                                    (product - sum * f64::from(mean)) * f64::from(inverse_std)
                                });
                            let centred: Vec<f64> = centred.collect();
                            (sums.0, centred)
                        } else {
                            (vec![0.0; channels], vec![0.0; channels])
                        };
                    // dx = scale * (grad - mean(grad) - normalised * mean(grad * normalised)), as one affine
                    // function of grad and x per channel.
                    let mut of_grad = vec![0f32; channels];
                    let mut of_x = vec![0f32; channels];
                    let mut constant = vec![0f32; channels];
                    for channel in 0..channels {
                        let scale = f64::from(weights[channel]) * f64::from(inverse_std[channel]);
                        of_grad[channel] = scale as f32;
                        if self.of_batch {
                            let slope =
                                -scale * f64::from(inverse_std[channel]) * weight_grad[channel]
                                    / rows;
                            of_x[channel] = slope as f32;
                            constant[channel] = (-scale * bias_grad[channel] / rows
                                - slope * f64::from(mean[channel]))
                                as f32;
                        }
                    }
                    let (of_grad, of_x, constant) = (tile(&of_grad), tile(&of_x), tile(&constant));
                    let mut x_grad = vec![0f32; x.len()];
                    let (chunk, width) = (chunk_len(channels), of_grad.len());
                    x_grad
                        .par_chunks_mut(chunk)
                        .zip(grad.par_chunks(chunk))
                        .zip(x.par_chunks(chunk))
                        .for_each(|((x_grad, grad), x)| {
                            for ((x_grad, grad), x) in x_grad
                                .chunks_mut(width)
                                .zip(grad.chunks(width))
                                .zip(x.chunks(width))
                            {
                                let coefficients = of_grad.iter().zip(&of_x).zip(&constant);
                                let elements = x_grad.iter_mut().zip(grad).zip(x);
                                for (((x_grad, grad), x), ((of_grad, of_x), constant)) in
                                    elements.zip(coefficients)
                                {
                                    *x_grad = of_grad * grad + of_x * x + constant;
                                }
                            }
                        });
                    let to_f32 = |values: Vec<f64>| -> Vec<f32> {
                        values.into_iter().map(|v| v as f32).collect()
                    };
                    Ok((
                        Some(Tensor::from_vec(
                            x_grad,
                            x_shape(grad.len(), channels),
                            device,
                        )?),
                        Some(Tensor::from_vec(to_f32(weight_grad), channels, device)?),
                        Some(Tensor::from_vec(to_f32(bias_grad), channels, device)?),
                    ))
                })
            })
        })
        .and_then(|(x_grad, weight_grad, bias_grad)| {
            let x_grad = x_grad
                .map(|grad: Tensor| grad.reshape(x.shape()))
                .transpose()?;
            Ok((
                x_grad.filter(|_| x.track_op()),
                weight_grad.filter(|_| weight.track_op()),
                bias_grad.filter(|_| bias.track_op()),
            ))
        })
    }
}

fn x_shape(elements: usize, channels: usize) -> (usize, usize) {
    (elements / channels, channels)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use candle_core::{DType, Device};
    use candle_nn::VarMap;

    use super::*;

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        assert_eq!(a.dims(), b.dims());
        (a - b)
            .unwrap()
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar()
            .unwrap()
    }

    fn pair(channels: usize, relu: bool) -> [(VarMap, BatchNorm); 2] {
        [Kernels::Fused, Kernels::Plain].map(|kernels| {
            let vars = VarMap::new();
            let vb = VarBuilder::from_varmap(&vars, DType::F32, &Device::Cpu);
            let norm = BatchNorm::new(channels, relu, kernels, vb).unwrap();
            for (name, value) in [
                ("weight", 1.3f32),
                ("bias", -0.2),
                ("running_mean", 0.4),
                ("running_var", 2.0),
            ] {
                let var = vars.data().lock().unwrap().get(name).unwrap().clone();
                let ramp = Tensor::arange(0f32, channels as f32, &Device::Cpu).unwrap();
                var.set(&((ramp * 0.1).unwrap() + f64::from(value)).unwrap())
                    .unwrap();
            }
            (vars, norm)
        })
    }

    #[test]
    fn fused_and_plain_agree_in_values_gradients_and_running_statistics() {
        let device = Device::Cpu;
        for (rows, channels) in [(5, 1), (40, 3), (700, 24), (300, 130)] {
            for relu in [false, true] {
                for mode in [Mode::Train, Mode::Eval] {
                    let x = (Tensor::randn(0f32, 2.0, (2, rows, channels), &device).unwrap() + 0.7)
                        .unwrap();
                    let x = Var::from_tensor(&x).unwrap();
                    let results = pair(channels, relu).map(|(vars, norm)| {
                        let y = norm.forward(&x, mode).unwrap();
                        let ramp = Tensor::arange(0f32, y.elem_count() as f32, &device).unwrap();
                        let ramp = (ramp * 0.1)
                            .unwrap()
                            .sin()
                            .unwrap()
                            .reshape(y.shape())
                            .unwrap();
                        let grads = (&y * ramp).unwrap().sum_all().unwrap().backward().unwrap();
                        let mut all = vec![y.clone(), grads.get(&x).unwrap().clone()];
                        let vars = vars.data().lock().unwrap();
                        all.extend(
                            ["weight", "bias"].map(|name| grads.get(&vars[name]).unwrap().clone()),
                        );
                        all.extend(
                            ["running_mean", "running_var"]
                                .map(|name| vars[name].as_tensor().clone()),
                        );
                        all
                    });
                    for (part, (fused, plain)) in results[0].iter().zip(&results[1]).enumerate() {
                        let difference = largest_difference(fused, plain);
                        assert!(
                            difference < 2e-3,
                            "part {part} of {rows} x {channels}, {relu}, {mode:?}: {difference}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn running_statistics_move_as_candles_own_do() {
        let x = Tensor::randn(3f32, 2.0, (16, 50, 6), &Device::Cpu).unwrap();
        let vars = VarMap::new();
        let vb = VarBuilder::from_varmap(&vars, DType::F32, &Device::Cpu);
        let ours = BatchNorm::new(6, false, Kernels::Fused, vb.pp("ours")).unwrap();
        let theirs = candle_nn::batch_norm(6, 1e-5, vb.pp("theirs")).unwrap();
        let y = ours.forward(&x, Mode::Train).unwrap();
        let z = theirs
            .forward_train(&x.transpose(1, 2).unwrap())
            .unwrap()
            .transpose(1, 2)
            .unwrap();
        assert!(largest_difference(&y, &z) < 1e-4);
        assert!(largest_difference(ours.running_mean.as_tensor(), theirs.running_mean()) < 1e-5);
        assert!(largest_difference(ours.running_var.as_tensor(), theirs.running_var()) < 1e-4);
    }
}
